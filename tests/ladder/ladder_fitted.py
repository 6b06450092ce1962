"""One fitted ladder that several tests look at, and the company behind it."""

from __future__ import annotations

from functools import cache

from ladder_worlds import Drawn, draw

from verbond.ladder import Ladder, LadderResult

EFFECT, LIFT, N_PERIODS = (0.9, -0.6), 0.3, 14


@cache
def company() -> Drawn:
    """Customers of whom one customer-month in five is reached, by lot, by an invitation that works."""
    return draw(2000, N_PERIODS, asked=0.2, seed=23, effect=EFFECT, lift=LIFT)


@cache
def fitted() -> LadderResult:
    """Its ladder, with intervals."""
    return Ladder(n_starts=1, n_classes=1).fit(company().panel)


@cache
def fitted_classes() -> LadderResult:
    """Its ladder with two baseline classes."""
    return Ladder(n_starts=1, n_classes=2).fit(company().panel, uncertainty=False)
