"""One fitted ladder that several tests look at, and the company behind it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from ladder_worlds import Drawn, draw

from verbond.ladder import Ladder, LadderResult

EFFECT, LIFT, N_PERIODS = (0.9, -0.6), 0.3, 14


@cache
def company() -> Drawn:
    """Customers of whom one customer-month in five is reached, by lot, by an invitation that works."""
    return draw(2000, N_PERIODS, asked=0.2, seed=23, effect=EFFECT, lift=LIFT)


PLAIN = {"n_starts": 1, "feedback": False, "amounts": "none", "gone": False, "class_movement": False}
"""Nothing left to the data to choose, so that a test knows which parameters there are."""


@cache
def fitted() -> LadderResult:
    """Its ladder, with intervals."""
    return Ladder(n_classes=1, **PLAIN).fit(company().panel)


@cache
def fitted_classes() -> LadderResult:
    """Its ladder with two baseline classes."""
    return Ladder(n_classes=2, **PLAIN).fit(company().panel, uncertainty=False)


@cache
def fitted_rich() -> LadderResult:
    """Its ladder with all there is: classes that move differently, silent leavers, feedback, carry-over."""
    options = PLAIN | {"feedback": True, "gone": True, "class_movement": True, "by_rung": True}
    result = Ladder(n_classes=2, **options).fit(company().panel, uncertainty=False)
    fit = result._fitted
    assert fit is not None
    return replace(result, _fitted=replace(fit, layout=replace(fit.layout, carry_over=0.5)))
