"""How the header of an export stands: in one row, or spread over several."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["LAYOUTS", "MAX_NAME", "Header", "distinct"]

MAX_NAME = 20_000
"""Characters in the name of a column beyond which a header is no header."""
_IMPORT = '{"ImportId"'
_LEGACY = re.compile(r"V\d+")
_ALONE = ("", "response", "open-ended response", "antwoord")
_TAG = re.compile(r"<[^>]{0,300}>")


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a file.

    Attributes
    ----------
    names : tuple of str
        One for each column, none twice.
    titles : tuple of str
        What people read: the text of a question.
    n_more : int
        Rows of the header after its first.
    """

    names: tuple[str, ...]
    titles: tuple[str, ...]
    n_more: int = 0


def distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Return names of which none stands twice, however it is written.

    Examples
    --------
    >>> distinct(["Other", "E-mail", "Other", ""])
    ('Other', 'E-mail', 'Other (2)', '(4)')
    """
    from verbond.tables.readers.names import plain_name

    seen: set[str] = set()
    made = []
    for j, name in enumerate(names):
        stem = name.strip().lstrip("\ufeff")
        one, number = stem or f"({j + 1})", 2
        while (plain_name(one) or one) in seen:
            one, number = f"{stem} ({number})".strip(), number + 1
        seen.add(plain_name(one) or one)
        made.append(one)
    return tuple(made)


def _text(cell: str) -> str:
    """A question as people read it: no markup, one line."""
    return " ".join(html.unescape(_TAG.sub(" ", cell)).split())


def _plain(cells: Sequence[str], following: Sequence[Sequence[str]]) -> Header:
    return Header(distinct(cells), tuple(map(_text, cells)))


def _qualtrics(cells: Sequence[str], following: Sequence[Sequence[str]]) -> Header:
    """Ids, texts and import ids; the oldest exports have texts, and ids such as V1 for what is not asked."""
    at = next((k for k, row in enumerate(following) if any(_IMPORT in c for c in row)), None)
    if at is not None:
        texts = following[0] if at else cells
        return Header(distinct(cells), _titles(cells, texts), at + 1)
    if following and _LEGACY.fullmatch(cells[0].strip()):
        texts = following[0]
        named = [t if _LEGACY.fullmatch(c.strip()) else c for c, t in zip(cells, texts, strict=False)]
        return Header(distinct(named), _titles(cells, texts), 1)
    return _plain(cells, following)


def _titles(cells: Sequence[str], texts: Sequence[str]) -> tuple[str, ...]:
    given = [*texts, *[""] * (len(cells) - len(texts))]
    return tuple(_text(t) or c for t, c in zip(given, cells, strict=False))


def _surveymonkey(cells: Sequence[str], following: Sequence[Sequence[str]]) -> Header:
    """Questions, and under them the options or the rows; a question stands once, above its first column."""
    cells = [_text(cell) for cell in cells]
    second = [_text(cell) for cell in following[0]] if following else []
    if not second or second[0]:
        return Header(distinct(cells), tuple(cells))
    names, question = [], ""
    for cell, under in zip(cells, [*second, *[""] * (len(cells) - len(second))], strict=False):
        question = cell or question
        names.append(question if under.casefold() in _ALONE else f"{question} - {under}")
    return Header(distinct(names), tuple(names), 1)


LAYOUTS: Mapping[str, Callable[[Sequence[str], Sequence[Sequence[str]]], Header]] = {
    "plain": _plain,
    "qualtrics": _qualtrics,
    "surveymonkey": _surveymonkey,
}
"""How a header is read: its first row and the rows that follow -> `Header`."""
