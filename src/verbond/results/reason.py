"""A coded sentence with the values that fill it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from verbond.results.wording import Language, sentence

__all__ = ["Reason"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is so, or cannot be said: a code of the wording files and its values.

    Parameters
    ----------
    code : str
        "room.entry", see `verbond.results.wording`.
    values : mapping
        Fills the placeholders; plain Python values, so that it can go into JSON.

    Examples
    --------
    >>> Reason("common.not_enough_data", {"n": 140}).sentence("en")
    'Not enough data: 140 more answers would do.'
    """

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def sentence(self, language: Language = "en") -> str:
        """The sentence in "en" or "nl"."""
        return sentence(self.code, language, **self.values)

    def __str__(self) -> str:
        return self.sentence("en")

    def to_dict(self) -> dict[str, Any]:
        """The code, the values, and the English sentence."""
        return {"code": self.code, "values": dict(self.values), "sentence": self.sentence("en")}
