"""Does what people do rise with the ladder? Nothing forces it to: where it falls beyond chance, that is said.

The answers anchor the rungs, and what people do on them is free. A rung on which people answer better and buy
less than on the one below shows people who are frustrated and buy all the same, there or below.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, log_expit

from verbond.ladder.model.emissions import Amounts, Binary, Counts, Emission
from verbond.ladder.model.model import LadderModel
from verbond.ladder.words import place
from verbond.method import named
from verbond.results import Estimate, Reason

__all__ = ["Fall", "falls_of"]

RISING = ("purchase", "amount", "visit", "referral", "contribution", "answered")
"""What the method expects to rise with the rung; complaints, returns and cancellations may fall."""
CERTAIN = 2.58
"""Standard errors below nothing: one in two hundred for each of the few steps that there are."""


@dataclass(frozen=True, slots=True)
class Fall:
    """Something that is done less on a rung than on the one below.

    Attributes
    ----------
    name : str
    low, high : int
        Rungs.
    ratio : Estimate
        Rate on the higher rung divided by that on the lower, in the first baseline class.
    """

    name: str
    low: int
    high: int
    ratio: Estimate

    def reason(self, anchored: bool) -> Reason:
        """In words."""
        return Reason("ladder.falls", {
            "what": named(self.name), "low": place(self.low, anchored), "high": place(self.high, anchored),
            "ratio": self.ratio.value, "lower": self.ratio.ci_lower, "upper": self.ratio.ci_upper,
        })  # fmt: skip


def falls_of(model: LadderModel, theta: np.ndarray, covariance: np.ndarray) -> tuple[Fall, ...]:
    """The surest fall of each emission that the method expects to rise, if it has one.

    Parameters
    ----------
    theta : (n_parameters,)
    covariance : (n_parameters, n_parameters)
        Of `theta`.
    """
    found = []
    for emission, where in zip(model.emissions, model.slices[2:], strict=True):
        if emission.name not in RISING or getattr(emission, "monotone", False):
            continue
        logs, slope = _log_rates(emission, theta[where])
        cover = covariance[where, where][: len(logs), : len(logs)] * np.outer(slope, slope)
        step = np.diff(logs)
        variance = np.diag(cover)[1:] + np.diag(cover)[:-1] - 2 * np.diag(cover, 1)
        error = np.sqrt(np.maximum(variance, 1e-12))
        k = int(np.argmin(step / error))
        if step[k] < -CERTAIN * error[k]:
            wide = 1.96 * error[k]
            low, value, high = np.exp([step[k] - wide, step[k], step[k] + wide]).tolist()
            found.append(Fall(emission.name, k, k + 1, Estimate(value, low, high)))
    return tuple(found)


def _log_rates(emission: Emission, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n_rungs,) logarithm of the rate of each rung, and its slope by the rung's own parameter."""
    levels = theta[: emission.space.n_rungs]
    if isinstance(emission, Binary):
        return log_expit(levels), 1 - expit(levels)
    assert isinstance(emission, Counts | Amounts)
    return levels, np.ones(len(levels))
