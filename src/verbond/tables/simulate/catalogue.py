"""What worlds there are and what each is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from verbond.results import Language, Result, sentence
from verbond.tables.simulate.worlds import WORLDS

__all__ = ["Catalogue", "CatalogueEntry", "catalogue"]


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """One world.

    Attributes
    ----------
    world : str
    n_customers, n_periods, n_waves : int
        Customers by default, months, rounds of asking.
    purpose : str
        What it is for, in the language that was asked for.
    """

    world: str
    n_customers: int
    n_periods: int
    n_waves: int
    purpose: str


@dataclass(frozen=True, slots=True)
class Catalogue(Result):
    """All worlds of `WORLDS`.

    Attributes
    ----------
    worlds : tuple of CatalogueEntry
    """

    worlds: tuple[CatalogueEntry, ...]

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a world."""
        return [{name: getattr(w, name) for name in CatalogueEntry.__slots__} for w in self.worlds]


def catalogue(language: Language = "en") -> Catalogue:
    """List the worlds that can be simulated.

    Examples
    --------
    >>> catalogue().worlds[0].world
    'zonnewende'
    """
    return Catalogue(
        tuple(
            CatalogueEntry(
                w.name, w.n_customers, w.n_periods, len(w.waves), sentence(f"simulate.{w.name}", language)
            )
            for w in WORLDS.values()
        )
    )
