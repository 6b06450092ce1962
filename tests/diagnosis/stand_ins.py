"""Small results made by hand, so that a rule can be tried on exactly what it looks at."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from verbond.results import Estimate
from verbond.tables.reads.behaviour import Behaviour, KindOfEvent

SHARES = (0.1, 0.5, 0.1, 0.1, 0.1, 0.1)


def ladder(**changes: Any) -> Any:
    """A ladder on which half of the customers wait below rung 2."""
    shares = np.array([changes.pop("shares", SHARES)])
    fields = {
        "anchored": True,
        "shares": shares,
        "shares_ci_lower": shares - 0.05,
        "shares_ci_upper": shares + 0.05,
        "n_customers": 1000,
        "n_present": np.array([800]),
        "blocking_rung": 2,
        "moved_up": np.array([]),
        "moved_down": np.array([]),
        "segments": (),
        "reasons": (),
        "order": None,
        "held_out": None,
        "effects": (),
        "period": "month",
    }
    return SimpleNamespace(**fields | changes)


def segment(attribute: str, value: str, shares: tuple[float, ...], half: float = 0.01) -> Any:
    """Where one segment stands, each rung with an interval of `half` on both sides."""
    there = np.array(shares)
    return SimpleNamespace(
        attribute=attribute, value=value, n_customers=100, shares=there, ci_lower=there - half,
        ci_upper=there + half,
    )  # fmt: skip


def survey(means: dict[str, tuple[float, float, float]], **changes: Any) -> Any:
    """A survey with a mean and its interval for each construct."""
    constructs = tuple(
        SimpleNamespace(construct=c, wave=None, mean=Estimate(*m, n_obs=50)) for c, m in means.items()
    )
    fields = {
        "n_respondents": 50,
        "constructs": constructs,
        "relationship_types": (),
        "scales": (),
        "congruence": None,
        "distant": None,
        "warnings": (),
    }
    return SimpleNamespace(**fields | changes)


def gap(intention: str, share: float, lower: float, upper: float, n_obs: int = 100) -> Any:
    """How many of those who intended to also did."""
    return SimpleNamespace(intention=intention, done_by_intenders=Estimate(share, lower, upper, n_obs))


def behaviour(n_customers: int = 100, **kinds: KindOfEvent) -> Behaviour:
    """What a hundred customers did."""
    return Behaviour(n_customers, kinds)
