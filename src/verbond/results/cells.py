"""Cells that go into files which a spreadsheet may open."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["protect_cell"]

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")
_NUMBER = re.compile(r"-\d+(?:[.,]\d+)?", re.ASCII)


def protect_cell(value: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would run as a formula.

    Numbers stay numbers, also where they are given as text.

    References
    ----------
    OWASP ASVS 5.0, 1.2.10.

    Examples
    --------
    >>> protect_cell("=1+1"), protect_cell(-2), protect_cell("-2,50"), protect_cell("north")
    ("'=1+1", -2, '-2,50', 'north')
    >>> [protect_cell(text) for text in ("-2+3", "+31612345678", "-", "-2\\n")]
    ["'-2+3", "'+31612345678", "'-", "'-2\\n"]
    """
    if not isinstance(value, str) or not value.startswith(_STARTS) or _NUMBER.fullmatch(value):
        return value
    return f"'{value}"
