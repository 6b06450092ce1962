"""Cells that go into files which a spreadsheet may open."""

from __future__ import annotations

from typing import Any

__all__ = ["protect_cell"]

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")


def protect_cell(value: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would run as a formula; numbers stay numbers.

    After OWASP ASVS 5.0, 1.2.10.

    Examples
    --------
    >>> protect_cell("=1+1"), protect_cell(-2), protect_cell("north")
    ("'=1+1", -2, 'north')
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(_STARTS) else value
