"""Examples of what keeps a promise and what breaks it, to begin with: by its values and relationship."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain, zip_longest
from typing import Any

from verbond.expressions.promise import Promise
from verbond.results.wording import LANGUAGES, Language

__all__ = ["ENOUGH", "Suggested", "completed", "is_suggested", "suggested"]

ENOUGH = 4
"""So many examples on either side teach most of what can be taught so."""
_SIDES = ("keeps", "breaks")


@dataclass(frozen=True, slots=True)
class Suggested:
    """Examples that nobody of the company wrote yet.

    Attributes
    ----------
    keeps, breaks : tuple of str
    """

    keeps: tuple[str, ...]
    breaks: tuple[str, ...]


def suggested(values: Iterable[str], relationship: str, language: Language, *, n: int = ENOUGH) -> Suggested:
    """Examples for a promise, the first of each of its values and of its relationship before the second.

    Parameters
    ----------
    values : iterable of str
        Ids on the circle.
    relationship : str
        A relationship type, or "".
    language : {"en", "nl"}
    n : int
        At most so many on either side.

    Examples
    --------
    >>> suggested(["universalism"], "", "nl", n=1).breaks
    ('Alleen dit weekend: haal er drie voor de prijs van één.',)
    """
    known = _data()
    sources = [known["value"][one] for one in values]
    if relationship:
        sources.append(known["relationship"][relationship])

    def side(name: str) -> tuple[str, ...]:
        in_turn = chain.from_iterable(zip_longest(*(one[name][language] for one in sources)))
        return tuple(dict.fromkeys(one for one in in_turn if one))[:n]

    return Suggested(side("keeps"), side("breaks"))


def completed(promise: Promise, language: Language) -> Promise:
    """A promise with suggested examples behind its own, up to `ENOUGH` on either side."""
    found = suggested(promise.values, promise.relationship, language)

    def side(own: tuple[str, ...], ours: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*own, *ours[: max(0, ENOUGH - len(own))])))

    return dataclasses.replace(
        promise, keeps=side(promise.keeps, found.keeps), breaks=side(promise.breaks, found.breaks)
    )


def is_suggested(example: str) -> bool:
    """Whether an example is one of ours, as we wrote it.

    Examples
    --------
    >>> is_suggested("Decide now, tomorrow it may be gone."), is_suggested("Decide now, or tomorrow.")
    (True, False)
    """
    return " ".join(example.split()) in _all()


@cache
def _all() -> frozenset[str]:
    lists: list[Mapping[str, Any]] = [*_data()["value"].values(), *_data()["relationship"].values()]
    return frozenset(
        text for one in lists for side in _SIDES for lang in LANGUAGES for text in one[side][lang]
    )


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((files("verbond.expressions") / "data" / "prefill.toml").read_text("utf-8"))
