"""What people said they would do, joined with what they did around it, counted inside the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlglot import exp

from verbond.tables.engines import load
from verbond.tables.reads.around import days_of, with_acts_around
from verbond.tables.tables import Tables

__all__ = ["INTENTIONS", "IntendedPeople", "Intentions", "answer_of", "intended_people", "intentions"]

INTENTIONS = ("recommend", "stay", "rebuy")
"""Constructs that ask for an intention."""


@dataclass(frozen=True, slots=True)
class Intentions:
    """Counts of people by intention, answer and state of follow-up; a person counts once an intention.

    Attributes
    ----------
    intention : (n,) object
        "recommend", "stay" or "rebuy".
    answer : (n,) float64
        0..1 between the ends of the answer scale, high = more likely.
    follow_up : (n,) object
        "followed": the whole horizon after the answer lies within the data; "too_recent"; "undated";
        "not_linked": no customer is known behind the answer.
    counts : mapping of str to (n,) int64
        n_people, n_referred, n_brought_customer, n_bought_again, n_here (not gone before the answer),
        n_stayed, n_here_referred and n_here_referred_left (of those here). Acts count from the day after the
        answer to the last day of the horizon.
    recorded : mapping of str to int
        Events by kind in the whole data, and under "related" the referrals that name who was brought.
    ends : mapping of str to (min, max)
        The answer scale of each intention; NaN where its items differ.
    """

    intention: np.ndarray
    answer: np.ndarray
    follow_up: np.ndarray
    counts: Mapping[str, np.ndarray] = field(repr=False)
    recorded: Mapping[str, int]
    ends: Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class IntendedPeople:
    """Everybody who said an intention, and what they did around it: a row a person and intention, in order.

    Attributes
    ----------
    intention, answer, follow_up : (n,) arrays
        As in `Intentions`.
    customer_ids : (n,) object
        None where unknown.
    days : (n,) datetime64[D]
        Of the answer.
    here : (n,) bool
        Not gone before the answer.
    did : mapping of str to (n,) bool
        referred, brought_customer, bought_again and stayed, within the horizon after the answer.
    before : mapping of str to (n,) float64
        The same person's own past: n_bought_before (days with a purchase) and n_referred_before, in as many
        days until the answer, and days_since_bought (infinite where nothing was bought).
    recorded, ends : mappings
        As in `Intentions`.
    """

    intention: np.ndarray
    answer: np.ndarray
    follow_up: np.ndarray
    customer_ids: np.ndarray = field(repr=False)
    days: np.ndarray = field(repr=False)
    here: np.ndarray = field(repr=False)
    did: Mapping[str, np.ndarray] = field(repr=False)
    before: Mapping[str, np.ndarray] = field(repr=False)
    recorded: Mapping[str, int]
    ends: Mapping[str, tuple[float, float]]

    def counted(self) -> Intentions:
        """The same as counts by intention, answer and state of follow-up."""
        if not len(self.intention):
            nobody = {"n_people": np.zeros(0, np.int64)}
            return Intentions(self.intention, self.answer, self.follow_up, nobody, self.recorded, self.ends)
        columns = (self.intention.astype(str), self.answer, self.follow_up.astype(str))
        codes = [np.unique(column, return_inverse=True) for column in columns]
        shape = tuple(len(labels) for labels, _ in codes)
        cell = np.ravel_multi_index(tuple(code for _, code in codes), shape)
        cells, group = np.unique(cell, return_inverse=True)
        stayed, here, referred = self.did["stayed"], self.here, self.did["referred"]
        marks = {
            "n_people": np.ones(len(here), bool),
            "n_referred": referred,
            "n_brought_customer": self.did["brought_customer"],
            "n_bought_again": self.did["bought_again"],
            "n_here": here,
            "n_stayed": here & stayed,
            "n_here_referred": here & referred,
            "n_here_referred_left": here & referred & ~stayed,
        }
        counts = {name: np.bincount(group, mark, len(cells)).astype(np.int64) for name, mark in marks.items()}
        places = np.unravel_index(cells, shape)
        intention, answer, follow_up = (labels[at] for (labels, _), at in zip(codes, places, strict=True))
        return Intentions(
            intention.astype(object), answer, follow_up.astype(object), counts, self.recorded, self.ends
        )


def intentions(tables: Tables, horizon_days: int = 180) -> Intentions:
    """Count who intended, and who did.

    Parameters
    ----------
    tables : Tables
        With `responses` and `events`; without either there are no rows.
    horizon_days : int
        How long after an answer behaviour counts.

    Returns
    -------
    Intentions
    """
    return intended_people(tables, horizon_days).counted()


def intended_people(tables: Tables, horizon_days: int = 180) -> IntendedPeople:
    """Who intended, and what each did around it: a row a person who answered, events counted in the engine.

    Parameters
    ----------
    tables : Tables
        With `responses` and `events`; without either there are no rows.
    horizon_days : int
        How long after an answer, and before it, behaviour counts.

    Returns
    -------
    IntendedPeople
    """
    acts = tables.select("recorded_acts")
    recorded = {str(kind): int(n) for kind, n in zip(acts["kind"], acts["n_events"], strict=True)}
    recorded["related"] = int(acts["n_related"].sum())
    meanings = {i: m for i, m in tables.items.items() if m.construct in INTENTIONS}
    if not meanings or not len(acts["kind"]):
        return _nobody(recorded)
    asked = load(
        "asked_intentions",
        intention=_by_item({i: exp.Literal.string(m.construct) for i, m in meanings.items()}),
        answer=_by_item({i: _share(float(m.min), float(m.max), m.reversed) for i, m in meanings.items()}),
        horizon_days=horizon_days,
        last_day=acts["last_day"].max(),
    )
    around = with_acts_around(asked, horizon_days).order_by("a.customer_id", "a.stranger", "a.intention")
    found = tables.select(around)
    present = set(found["intention"].tolist())
    flags = {name: found[name] == 1 for name in ("referred", "brought_customer", "bought_again")}
    since = found["days_since_bought"].astype(np.float64)
    past = {name: found[name].astype(np.float64) for name in ("n_bought_before", "n_referred_before")}
    return IntendedPeople(
        intention=found["intention"],
        answer=found["answer"],
        follow_up=found["follow_up"],
        customer_ids=found["customer_id"],
        days=days_of(found["day"]),
        here=found["gone_before"] == 0,
        did={**flags, "stayed": found["left_after"] == 0},
        before={**past, "days_since_bought": np.where(np.isnan(since), np.inf, since)},
        recorded=recorded,
        ends={
            k: _ends([m for m in meanings.values() if m.construct == k]) for k in INTENTIONS if k in present
        },
    )


def answer_of(tables: Tables, construct: str) -> exp.Expr | None:
    """The answer to a construct's items as SQL, 0..1 between the ends of the scale; None without any."""
    meanings = {i: m for i, m in tables.items.items() if m.construct == construct}
    if not meanings:
        return None
    return _by_item({i: _share(float(m.min), float(m.max), m.reversed) for i, m in meanings.items()})


def _nobody(recorded: Mapping[str, int]) -> IntendedPeople:
    text, flag, days = np.zeros(0, object), np.zeros(0, bool), np.zeros(0, "M8[D]")
    return IntendedPeople(text, np.zeros(0), text, text, days, flag, {}, {}, recorded, {})


def _by_item(values: Mapping[str, exp.Expr]) -> exp.Expr:
    case = exp.Case()
    for item, value in values.items():
        case = case.when(exp.column("item").eq(exp.Literal.string(item)), value)
    return case


def _share(low: float, high: float, turned: bool) -> exp.Expr:
    """The answer between the ends of its scale, 0..1; NULL outside them."""
    value = exp.column("value")
    share = exp.paren(high - value if turned else value - low) / (high - low)
    return exp.Case().when(value.between(low, high), share)


def _ends(items: Sequence[object]) -> tuple[float, float]:
    ends = {(float(m.min), float(m.max)) for m in items}  # type: ignore[attr-defined]
    return ends.pop() if len(ends) == 1 else (float("nan"), float("nan"))
