"""How many people an experiment takes, and which difference can be seen with those who are there."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from verbond.errors import OptionError
from verbond.web.experiments.settings import BEHAVIOUR, Settings

if TYPE_CHECKING:
    from verbond.effects import ExperimentPlan, ExperimentPlanner

__all__ = [
    "GUESSED_ICC", "Level", "Measured", "as_said", "from_said", "is_relative", "levels_of", "plan_of",
    "planner_of", "seen_with",
]  # fmt: skip

GUESSED_ICC = 0.02
"""How much people of one shop usually resemble one another in what they answer."""
_OF_SPREAD = (0.1, 0.2, 0.4)
"""Small, middle and large, as parts of how far people lie apart (Cohen 1988 calls .2 small)."""
_OF_MEAN = (0.05, 0.10, 0.20)
_OF_RARE = (0.1, 0.25, 0.5)
"""Of what happens to fewer than one in four."""
_RARE = 0.25
_POINTS = (0.005, 0.01, 0.02, 0.05)
_NICE = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


@dataclass(frozen=True, slots=True)
class Measured:
    """One outcome as it is now.

    Attributes
    ----------
    name : str
    n : int
        People that it rests on; 0 where it is a guess.
    mean : float or None
    sd : float
    correlation : float
        With the same before.
    icc, group_size, group_cv : float
        Within wholes, where a lot goes over those.
    n_groups : int
    """

    name: str
    n: int
    mean: float | None
    sd: float
    correlation: float = 0.0
    icc: float = GUESSED_ICC
    group_size: float = math.nan
    group_cv: float = 0.0
    n_groups: int = 0


@dataclass(frozen=True, slots=True)
class Level:
    """A difference that one may want to see.

    Attributes
    ----------
    effect : float
        In the unit of the outcome.
    plan : ExperimentPlan
        What it takes.
    fits : bool
        As many people are there.
    """

    effect: float
    plan: ExperimentPlan
    fits: bool


def planner_of(settings: Settings, measured: Measured, effect: float) -> ExperimentPlanner:
    """The planner of an experiment, filled with what is known.

    Raises
    ------
    OptionError
        If the effect is beyond what the outcome can do.
    """
    from verbond.effects import ExperimentPlanner

    arms = settings.arms
    others = [share for name, share in arms.items() if name != "control"]
    is_share = settings.main == "stays"
    clusters = bool(settings.cluster)
    return ExperimentPlanner(
        effect=effect,
        sd=None if is_share else measured.sd,
        baseline=_baseline(settings, measured),
        ratio=others[0] / arms["control"],
        variants=len(others),
        outcomes=len(settings.outcomes),
        cluster_size=max(2.0, measured.group_size) if clusters else None,
        icc=measured.icc if clusters else 0.0,
        cluster_cv=measured.group_cv if clusters else 0.0,
        covariate_correlation=0.0 if is_share else min(0.95, measured.correlation),
        any_look=settings.any_look,
        response_rate=(settings.response or 1.0) * (1 - settings.unasked) if settings.asks else 1.0,
    )


def _baseline(settings: Settings, measured: Measured) -> float | None:
    """A mean between 0 and 1 would be taken for a share, so only shares have one."""
    if settings.main != "stays":
        return None
    return min(0.999, max(0.001, measured.mean if measured.mean is not None else 0.9))


def plan_of(settings: Settings, measured: Measured) -> ExperimentPlan | None:
    """What the chosen effect takes; None where nothing can be worked out."""
    try:
        return planner_of(settings, measured, settings.effect).plan()
    except OptionError:
        return None


def levels_of(settings: Settings, measured: Measured, holds: Callable[[int], bool]) -> tuple[Level, ...]:
    """A small, a middle and a large difference, each with what it takes; those that can be worked out.

    Parameters
    ----------
    settings : Settings
    measured : Measured
    holds : callable
        Whether so many people are there.
    """
    found = []
    for effect in _effects(settings, measured):
        plan = plan_of(replace(settings, effect=effect), measured)
        if plan is not None and all(one.effect != effect for one in found):
            found.append(Level(effect, plan, holds(plan.n_to_invite)))
    return tuple(found)


def _effects(settings: Settings, measured: Measured) -> list[float]:
    mean = measured.mean
    if settings.main == "stays":
        room = 1 - (mean if mean is not None else 0.9)
        return [one for one in _POINTS if one < room * 0.9][-3:]
    if settings.main in BEHAVIOUR and mean:
        parts = _OF_RARE if mean < _RARE else _OF_MEAN
        return [float(f"{part * mean:.6g}") for part in parts]
    return [_nice(part * measured.sd) for part in _OF_SPREAD]


def _nice(value: float) -> float:
    """The nearest number that one would say."""
    scale = 10.0 ** math.floor(math.log10(value))
    return float(f"{min(_NICE, key=lambda one: abs(one - value / scale)) * scale:.6g}")


def seen_with(settings: Settings, measured: Measured, n: int) -> float | None:
    """The smallest effect that so many people would show; None where none would.

    Parameters
    ----------
    settings : Settings
    measured : Measured
    n : int
        People to start with.
    """
    low, high = 0.0, 10 * measured.sd if settings.main != "stays" else 0.9 * (1 - (measured.mean or 0.9))
    known = plan_of(replace(settings, effect=high), measured)
    if known is None or known.n_to_invite > n:
        return None
    for _ in range(40):
        middle = (low + high) / 2
        plan = plan_of(replace(settings, effect=middle), measured)
        low, high = (low, middle) if plan is not None and plan.n_to_invite <= n else (middle, high)
    return high


def is_relative(settings: Settings, measured: Measured) -> bool:
    """Whether a difference is said as a percentage of what there is now."""
    return settings.main in BEHAVIOUR and settings.main != "stays" and bool(measured.mean)


def as_said(settings: Settings, measured: Measured, effect: float) -> float:
    """An effect as people say it: per cent of what there is now, percentage points, or points on 0..100."""
    if settings.main == "stays":
        return 100 * effect
    if is_relative(settings, measured):
        assert measured.mean
        return 100 * effect / measured.mean
    return effect


def from_said(settings: Settings, measured: Measured, said: float) -> float:
    """The effect in the unit of the outcome, from how people say it."""
    if settings.main == "stays":
        return said / 100
    if is_relative(settings, measured):
        assert measured.mean
        return said / 100 * measured.mean
    return said
