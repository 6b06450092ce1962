"""How far people agree when they label the same messages: Krippendorff's alpha."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verbond.results import Estimate, Reason, Result

__all__ = ["Agreement", "agreement"]

FEWEST = 10
"""Messages read by two or more, below which no figure is given an interval."""


@dataclass(frozen=True, slots=True)
class Agreement(Result):
    """How far people agree.

    Attributes
    ----------
    alpha : Estimate
        1 where all agree, 0 where they agree as chance would have it. `n_obs` counts messages that two or
        more people read.
    n_answers : int
        Their answers to these.
    headline : Reason
    """

    alpha: Estimate
    n_answers: int
    headline: Reason

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row."""
        return [
            {
                "alpha": self.alpha.value,
                "ci_lower": self.alpha.ci_lower,
                "ci_upper": self.alpha.ci_upper,
                "n_messages": self.alpha.n_obs,
                "n_answers": self.n_answers,
            }
        ]


def agreement(
    answers: Sequence[Sequence[Hashable | None]], *, n_bootstrap: int = 2000, seed: int = 0
) -> Agreement:
    """Krippendorff's alpha for kinds that have no order, with an interval.

    Parameters
    ----------
    answers : sequence of sequence
        A row a message, with an answer a person; None where somebody did not answer. Who answered does not
        matter, so rows may differ in length.
    n_bootstrap : int
        Times that messages are drawn anew, with replacement, for the interval.
    seed : int

    Notes
    -----
    alpha = 1 - (n - 1) (n - sum_u sum_c n_uc (n_uc - 1) / (m_u - 1)) / (n^2 - sum_c n_c^2), where n_uc people
    of the m_u who read message u answer c, and messages with one answer are left out.

    References
    ----------
    Krippendorff (2011), *Computing Krippendorff's Alpha-Reliability*, University of Pennsylvania.

    Examples
    --------
    >>> round(agreement([["a", "a"], ["b", "b"], ["a", "b"], ["b", "b"]]).alpha.value, 3)
    0.533
    """
    counts = _counts(answers)
    n = len(counts)
    if n == 0:
        return _without(0, 0, Reason("expressions_teaching.alpha_nothing", {"least": FEWEST}))
    value = float(_alpha(counts[None])[0])
    n_answers = int(counts.sum())
    if np.isnan(value):
        return _without(n, n_answers, Reason("expressions_teaching.alpha_all_same", {"n": n}))
    if n < FEWEST:
        few = Reason("expressions_teaching.alpha_few", {"n": n, "more": FEWEST - n})
        return Agreement(Estimate(value, n_obs=n, reason=few), n_answers, few)
    drawn = np.random.default_rng(seed).integers(n, size=(n_bootstrap, n))
    again = _alpha(counts[drawn])
    low, high = np.nanquantile(again, [0.025, 0.975]).tolist()
    told = {"alpha": value, "low": low, "high": high, "n": n}
    return Agreement(
        Estimate(value, min(low, value), max(high, value), n),
        n_answers,
        Reason(f"expressions_teaching.alpha_{_step(value)}", told),
    )


def _step(alpha: float) -> str:
    """Krippendorff (2004): from .800 it can be relied on, from .667 for first conclusions."""
    return "good" if alpha >= 0.8 else "fair" if alpha >= 0.667 else "low"


def _without(n: int, n_answers: int, reason: Reason) -> Agreement:
    return Agreement(Estimate(None, n_obs=n, reason=reason), n_answers, reason)


def _counts(answers: Sequence[Sequence[Hashable | None]]) -> np.ndarray:
    """How many gave each answer, (n, k), of messages with two answers or more."""
    rows = [[one for one in row if one is not None] for row in answers]
    rows = [row for row in rows if len(row) > 1]
    kinds = {one: k for k, one in enumerate(dict.fromkeys(one for row in rows for one in row))}
    counts = np.zeros((len(rows), len(kinds)))
    for i, row in enumerate(rows):
        for one in row:
            counts[i, kinds[one]] += 1
    return counts


def _alpha(counts: np.ndarray) -> np.ndarray:
    """Of sets of messages (b, n, k): (b,); NaN where all answers of a set are the same."""
    together = (counts * (counts - 1)).sum(axis=2) / (counts.sum(axis=2) - 1)
    of_each = counts.sum(axis=1)
    n = of_each.sum(axis=1)
    expected = n**2 - (of_each**2).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected > 0, 1 - (n - 1) * (n - together.sum(axis=1)) / expected, np.nan)
