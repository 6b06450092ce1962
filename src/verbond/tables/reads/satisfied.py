"""How satisfied people were, what pulled them elsewhere, and what they did around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from verbond.tables.engines import load
from verbond.tables.reads.around import days_of, group_at_answer, with_acts_around
from verbond.tables.reads.intentions import answer_of
from verbond.tables.tables import Tables

__all__ = ["SatisfiedPeople", "asked_constructs", "satisfied_people"]

_HIGHEST_RUNG = 5


@dataclass(frozen=True, slots=True)
class SatisfiedPeople:
    """Customers who answered both questions in one go: their last such answers that were followed.

    Attributes
    ----------
    satisfaction, pull : (n,) float64
        0..1; `pull` is how much draws elsewhere, or how little holds.
    here, left, bought_again, referred : (n,) bool
        Not gone before the answer; cancelled, bought, referred somebody within the horizon after it.
    n_bought_before : (n,) float64
        Days with a purchase in as many days until the answer.
    spent_before : (n,) float64
        Money in the 365 days until the answer.
    days : (n,) datetime64[D]
    n_too_recent : int
        Customers whose horizon is not over.
    recorded : mapping of str to int
        Events by kind in the whole data.
    """

    satisfaction: np.ndarray = field(repr=False)
    pull: np.ndarray = field(repr=False)
    here: np.ndarray = field(repr=False)
    left: np.ndarray = field(repr=False)
    bought_again: np.ndarray = field(repr=False)
    referred: np.ndarray = field(repr=False)
    n_bought_before: np.ndarray = field(repr=False)
    spent_before: np.ndarray = field(repr=False)
    days: np.ndarray = field(repr=False)
    n_too_recent: int
    recorded: Mapping[str, int]


def asked_constructs(tables: Tables) -> set[str]:
    """What customers answered questions about."""
    if "responses" not in tables:
        return set()
    asked = {str(item) for item in tables.select("answered_items", group="customer")["item"]}
    return {meaning.construct for item, meaning in tables.items.items() if item in asked}


def satisfied_people(
    tables: Tables, satisfaction: str, pull: str, horizon_days: int, money_days: int = 365
) -> SatisfiedPeople:
    """Lay two answers of each customer beside each other, and beside what she did.

    Parameters
    ----------
    tables : Tables
        With `responses` and `events`.
    satisfaction : str
        Construct; high is satisfied.
    pull : str
        "alternatives", else a construct of which a low answer means that little holds ("commitment",
        "trust"), or "rung": the lower the rung on the day of the answer, the less holds.
    horizon_days, money_days : int
    """
    acts = tables.select("recorded_acts")
    first = answer_of(tables, satisfaction)
    second = first if pull == "rung" else answer_of(tables, pull)
    asked = load(
        "asked_pairs", satisfaction=first, pull=second, horizon_days=horizon_days,
        last_day=acts["last_day"].max(),
    )  # fmt: skip
    found = tables.select(with_acts_around(asked, horizon_days, money_days).order_by("a.customer_id"))
    pulled = found["pull"].astype(np.float64)
    days = days_of(found["day"])
    if pull == "rung":
        rungs = group_at_answer(tables, "rung", found["customer_id"], days)
        pulled = 1 - np.array([np.nan if r is None else float(r) for r in rungs], float) / _HIGHEST_RUNG
    elif pull != "alternatives":
        pulled = 1 - pulled
    followed = found["follow_up"] == "followed"
    kept = followed & ~np.isnan(pulled)
    return SatisfiedPeople(
        satisfaction=found["satisfaction"].astype(np.float64)[kept],
        pull=pulled[kept],
        here=found["gone_before"][kept] == 0,
        left=found["left_after"][kept] == 1,
        bought_again=found["bought_again"][kept] == 1,
        referred=found["referred"][kept] == 1,
        n_bought_before=found["n_bought_before"][kept].astype(np.float64),
        spent_before=found["spent_before"][kept].astype(np.float64),
        days=days[kept],
        n_too_recent=int((~followed).sum()),
        recorded={str(k): int(n) for k, n in zip(acts["kind"], acts["n_events"], strict=True)},
    )
