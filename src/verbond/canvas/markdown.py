"""An outcome in Markdown: for a wiki, a mail, or the next program."""

from __future__ import annotations

import re

from verbond.canvas.outcome import Outcome
from verbond.canvas.telling import Told, tell
from verbond.results import Language

__all__ = ["escaped", "to_markdown"]

_MEANT = re.compile(r"([\\`*_\[\]<>|~&])")
_BEGINS = re.compile(r"^(\d*)([#+\-=.)])")


def to_markdown(outcome: Outcome, language: Language = "en") -> str:
    """An outcome in full, as Markdown with tables (GitHub's).

    What people wrote stays what they wrote: signs that mean something in Markdown are escaped.

    Parameters
    ----------
    outcome : Outcome
    language : {"en", "nl"}
        Of headings.

    Examples
    --------
    >>> made = Outcome.from_json({"company": "Zonnewende", "missions": [{"text": "*Near*", "chosen": True}]})
    >>> print(to_markdown(made).splitlines()[0])
    # Relationship canvas of Zonnewende
    >>> "\\\\*Near\\\\*" in to_markdown(made)
    True
    """
    return "\n\n".join(_block(one) for one in tell(outcome, language)) + "\n"


def _block(one: Told) -> str:
    match one.kind:
        case "heading":
            return f"{'#' * one.level} {_inline(one.words)}"
        case "promise":
            return f"> {escaped(one.words)}"
        case "list":
            return "\n".join(f"- {escaped(row)}" for row in one.rows)
        case "table":
            return _table(one)
        case _:
            return f"**{_inline(one.words)}**" if one.tone == "strong" else escaped(one.words)


def _table(one: Told) -> str:
    rule = ["---:" if n in one.numbers else "---" for n in range(len(one.head))]
    rows = [map(_inline, one.head), rule, *(map(_inline, row) for row in one.rows)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _inline(words: str) -> str:
    return _MEANT.sub(r"\\\1", words)


def escaped(words: str) -> str:
    """Words as they are, on a line of their own: no heading, no list, no markup."""
    return _BEGINS.sub(r"\1\\\2", _inline(words))
