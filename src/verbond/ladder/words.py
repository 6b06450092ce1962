"""`Word`: a name from the wording files that says itself in either language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from verbond.method import RUNGS
from verbond.results import Language, sentence

__all__ = ["Word", "place"]


@dataclass(frozen=True, slots=True)
class Word:
    """A name that says itself.

    Parameters
    ----------
    code : str
        Of the wording files.
    values : mapping
        Fills its placeholders.

    Examples
    --------
    >>> Word("ladder.way_last").say("en")
    'the last level carried forward'
    """

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def say(self, language: Language) -> str:
        """The name in "en" or "nl"."""
        return sentence(self.code, language, **self.values)


def place(rung: int, anchored: bool) -> Word:
    """A rung by its number and name; a level of behaviour, counted from one, where states are no rungs.

    Examples
    --------
    >>> place(3, anchored=False).say("en")
    'level 4'
    """
    if not anchored or rung >= len(RUNGS):
        return Word("ladder.place_level", {"level": rung + 1})
    return Word("ladder.place_rung", {"rung": rung, "name": RUNGS[rung].name})
