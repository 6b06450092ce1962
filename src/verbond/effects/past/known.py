"""What was known of customers before an action, as columns to compare them by."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from verbond.results.wording import Language, sentence
from verbond.tables.reads.targeting import Targeting

__all__ = ["Known", "KnownBefore", "known_before"]

LEAST = 30
"""A value of an attribute that fewer customers have is taken together with the other rare ones."""


@dataclass(frozen=True, slots=True)
class Known:
    """One thing that was known before; it says its own name.

    Attributes
    ----------
    kind : str
        "bought", "money", "since_purchase", "discounted", "complaints", "contacts", "actions", "tenure",
        "rung" or "attribute"; of the outcome, where it is another, "complaints_in", "referrals_in" or
        "contributions_in".
    first, last : int
        Days before the action.
    name, level : str
        Of an attribute; no level where it is not known.

    Examples
    --------
    >>> Known("bought", 1, 30).say("en"), Known("attribute", name="region", level="north").say("nl")
    ('days with a purchase, 1 to 30 days before', 'region: north')
    """

    kind: str
    first: int = 0
    last: int = 0
    name: str = ""
    level: str = ""

    def say(self, language: Language = "en") -> str:
        """In words."""
        values = {"first": self.first, "last": self.last, "name": self.name, "level": self.level}
        kind = "unrecorded" if self.kind == "attribute" and not self.level else self.kind
        return sentence(f"effects_targeted.known_{kind}", language, **values)

    def __str__(self) -> str:
        """A name for tables: "bought 1-30", "region=north"."""
        if self.kind == "attribute":
            return f"{self.name}={self.level}"
        return f"{self.kind} {self.first}-{self.last}" if self.last else self.kind


@dataclass(frozen=True, slots=True)
class KnownBefore:
    """Columns of n customers.

    Attributes
    ----------
    names : tuple of Known
    values : (n, k) float64
        What is compared; what is not known of somebody is the mean.
    design : (n, p) float64
        What models are given: the same, logarithms of what is skewed, and what is not known of whom.
    """

    names: tuple[Known, ...]
    values: np.ndarray = field(repr=False)
    design: np.ndarray = field(repr=False)


def known_before(read: Targeting, *, attributes: bool = True) -> KnownBefore:
    """Lay out what was known before; what is the same for everybody is left out.

    Parameters
    ----------
    read : Targeting
    attributes : bool
        Use attributes of customers too. Only right if they were known before the action.
    """
    _, until = (read.windows[0][0], read.windows[-1][1])
    named: list[tuple[Known, np.ndarray, bool]] = []
    for j, (first, last) in enumerate(read.windows):
        named.append((Known("bought", first, last), read.days_bought[:, j], True))
        named.append((Known("money", first, last), read.money[:, j], True))
        if read.outcome not in ("purchases", "revenue"):
            named.append((Known(f"{read.outcome}_in", first, last), read.measured[:, j], True))
    named += [
        (Known("since_purchase"), read.since_purchase, True),
        (Known("discounted", 1, until), read.discounted, False),
        (Known("complaints", 1, until), read.n_complaints, True),
        (Known("contacts", 1, until), read.n_contacts, True),
        (Known("actions"), read.n_actions, True),
        (Known("tenure"), read.tenure, True),
        (Known("rung"), read.rung, False),
    ]
    if attributes:
        for name, texts in read.attributes.items():
            named += [(one, column, False) for one, column in _levels(name, texts)]
    names, values, more = [], [], []
    for one, column, skewed in named:
        unknown = np.isnan(column)
        if unknown.all() or np.ptp(column[~unknown]) == 0:
            continue
        filled = np.where(unknown, column[~unknown].mean(), column)
        names.append(one)
        values.append(filled)
        if skewed:
            more.append(np.log1p(np.maximum(filled, 0.0)))
        if unknown.any():
            more.append(unknown.astype(np.float64))
    width = (len(read.customer_ids), 0)
    shown = np.column_stack(values) if values else np.empty(width)
    return KnownBefore(tuple(names), shown, np.column_stack([shown, *more]) if more else shown)


def _levels(name: str, texts: np.ndarray) -> list[tuple[Known, np.ndarray]]:
    """A column of 0 and 1 for each value that enough customers have; not known is a value too."""
    labels = np.array(["" if text is None else str(text) for text in texts])
    found, counts = np.unique(labels, return_counts=True)
    return [
        (Known("attribute", name=name, level=str(level)), (labels == level).astype(np.float64))
        for level in found[counts >= LEAST]
    ]
