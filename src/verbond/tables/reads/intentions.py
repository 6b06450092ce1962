"""What people said they would do, joined with what they did after it, counted inside the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlglot import exp

from verbond.tables.tables import Tables

__all__ = ["INTENTIONS", "Intentions", "intentions"]

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


def intentions(tables: Tables, horizon_days: int = 180) -> Intentions:
    """Count who intended, and who did, in one aggregate query.

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
    acts = tables.select("recorded_acts")
    recorded = {str(kind): int(n) for kind, n in zip(acts["kind"], acts["n_events"], strict=True)}
    recorded["related"] = int(acts["n_related"].sum())
    meanings = {i: m for i, m in tables.items.items() if m.construct in INTENTIONS}
    if not meanings or not len(acts["kind"]):
        return _nothing(recorded)
    found = tables.select(
        "intentions",
        intention=_by_item({i: exp.Literal.string(m.construct) for i, m in meanings.items()}),
        answer=_by_item({i: _share(float(m.min), float(m.max), m.reversed) for i, m in meanings.items()}),
        horizon_days=horizon_days,
        last_day=acts["last_day"].max(),
    )
    here = set(found["intention"].tolist())
    return Intentions(
        intention=found["intention"],
        answer=found["answer"],
        follow_up=found["follow_up"],
        counts={name: column for name, column in found.items() if name.startswith("n_")},
        recorded=recorded,
        ends={k: _ends([m for m in meanings.values() if m.construct == k]) for k in INTENTIONS if k in here},
    )


def _nothing(recorded: Mapping[str, int]) -> Intentions:
    no_text = np.zeros(0, dtype=object)
    return Intentions(no_text, np.zeros(0), no_text, {"n_people": np.zeros(0, dtype=np.int64)}, recorded, {})


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
