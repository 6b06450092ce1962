"""Estimates that several methods share: shares of people, and what differs between two groups of them."""

from __future__ import annotations

from verbond.numerics.intervals import difference_interval, wilson_interval
from verbond.results import Estimate, Reason
from verbond.results.groups import MIN_GROUP

__all__ = ["TOO_SMALL", "difference_of", "hidden", "share_of"]

TOO_SMALL = Reason("loyalty.too_small_group", {"least": MIN_GROUP})


def hidden(ci_level: float, why: Reason = TOO_SMALL) -> Estimate:
    """No figure, and why."""
    return Estimate(None, ci_level=ci_level, reason=why)


def share_of(hits: int, n: int, ci_level: float) -> Estimate:
    """A share of people with Wilson's interval; hidden where they are fewer than five.

    Examples
    --------
    >>> share_of(3, 12, 0.95).value, share_of(3, 4, 0.95).value
    (0.25, None)
    """
    if n < MIN_GROUP:
        return hidden(ci_level)
    return Estimate(hits / n, *wilson_interval(hits, n, ci_level), n, ci_level)


def difference_of(first: Estimate, second: Estimate, ci_level: float) -> Estimate:
    """The second less the first, of groups that share nobody; bounds from those of both.

    Parameters
    ----------
    first, second : Estimate
        With values and bounds of `ci_level`.
    ci_level : float

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 873-890, method 10; Zou & Donner (2008), Statistics in
    Medicine 27, 1693-1702.
    """
    sides = ((one.value, one.ci_lower, one.ci_upper) for one in (first, second))
    n = first.n_obs + second.n_obs
    return Estimate(second.value - first.value, *difference_interval(*sides), n, ci_level)
