"""Words of others on one line of ours."""

from __future__ import annotations

__all__ = ["one_line"]


def one_line(text: str) -> str:
    """Words on one line, without letters that cannot be seen, which would steer a terminal or a header.

    Examples
    --------
    >>> one_line("Anneke\\n\\x1b[31m  de Vries ")
    'Anneke [31m de Vries'
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
