"""A number with its interval."""

from __future__ import annotations

from dataclasses import dataclass

from verbond.results.reason import Reason

__all__ = ["Estimate"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its uncertainty and what it rests on.

    Attributes
    ----------
    value : float or None
        None where `reason` says why it cannot be told.
    ci_lower, ci_upper : float or None
        Bounds of the interval at `ci_level`.
    n_obs : int
        How many answers, people or events it rests on.
    ci_level : float
        Between 0 and 1.
    reason : Reason or None
        Why there is no value, or what to keep in mind.
    """

    value: float | None
    ci_lower: float | None = None
    ci_upper: float | None = None
    n_obs: int = 0
    ci_level: float = 0.95
    reason: Reason | None = None
