"""Amounts of money by rung: what an order is worth, given that something was bought.

A row's amount is the mean over its orders. It is looked at in a dozen bins whose bounds are quantiles of the
whole panel, with the exact probability of each bin; so codes stay small integers, and one order of a thousand
times the usual is an order in the highest bin and no more.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import gammainc, gammaincc, gammaln, ndtr

from verbond.ladder.model.emission import PSEUDO_ROWS
from verbond.ladder.model.space import Space

__all__ = ["Amounts"]

FLOOR = 1e-12
"""Added to every probability of a bin: no rung makes an amount impossible."""
LOG_SHAPE_SD = 2.0
STENCIL = 1e-3
LARGEST_LOG_SD, LARGEST_LOG_SHAPE = 1.5, 6.0


_Bins = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True)
class Amounts:
    """Gamma or lognormal amounts in bins, log level by rung plus a shift by baseline class.

    Parameters
    ----------
    name : str
    space : Space
    index : (n_shared,) int64
        Own value of each combination.
    bins : (n_values,) int64
        Which bin each own value is in; -1 where it is not known.
    n_orders : (n_values,) int64
        Orders over which the amount is a mean.
    cuts : (n_bins - 1,) float64
        Bounds between the bins, as logarithms of amounts.
    shares : (n_values,) float64
        Share of each own value among the known rows, which the prior's rows show.
    lognormal : bool
        Else gamma.
    pseudo_rows : float

    Notes
    -----
    *Gamma*: one order has mean m and shape α; the mean of n orders is gamma with mean m and shape nα.
    *Lognormal*: one order has log median a and log standard deviation σ; the mean of n is taken to be
    lognormal with the right mean and variance, σ_n² = log(1 + (exp(σ²) - 1) / n) (Fenton 1960).
    `theta` = log level of each rung (log m, or a), class shifts, log α or log σ.

    References
    ----------
    Fenton (1960), IRE Transactions on Communications Systems 8, 57-67. Heitjan (1989), Statistical Science 4,
    164-179 (grouped data).
    """

    name: str
    space: Space
    index: np.ndarray
    bins: np.ndarray
    n_orders: np.ndarray
    cuts: np.ndarray
    shares: np.ndarray
    lognormal: bool = False
    pseudo_rows: float = PSEUDO_ROWS
    _last: dict[bytes, _Bins] = field(default_factory=dict, init=False, repr=False, compare=False)

    own_rows = False

    @property
    def family(self) -> str:
        return "lognormal" if self.lognormal else "gamma"

    @property
    def n_values(self) -> int:
        return len(self.bins)

    @property
    def n_parameters(self) -> int:
        return self.space.n_rungs + self.space.n_classes

    @property
    def average(self) -> float:
        """A middling amount: the geometric mean of the inner bounds by the shares between them."""
        known = self.bins >= 0
        inner = np.concatenate((self.cuts[:1], (self.cuts[1:] + self.cuts[:-1]) / 2, self.cuts[-1:]))
        return float(np.exp(inner[self.bins[known]] @ self.shares[known] / max(self.shares.sum(), FLOOR)))

    def lower_bounds(self) -> np.ndarray:
        return np.full(self.n_parameters, -np.inf)

    def theta(self, levels: np.ndarray, shifts: np.ndarray | None = None, spread: float = 1.0) -> np.ndarray:
        """Parameters from the rungs' levels (means, or medians), class shifts, and α or σ."""
        shifts = np.zeros(self.space.n_classes - 1) if shifts is None else shifts
        return np.concatenate((np.log(np.maximum(levels, 1e-8)), shifts, [np.log(spread)]))

    def log_levels(self, theta: np.ndarray) -> np.ndarray:
        """(n_states,) log level of each state."""
        n_rungs = self.space.n_rungs
        shifts = np.concatenate(([0.0], theta[n_rungs:-1]))
        return (shifts[:, None] + theta[None, :n_rungs]).ravel()

    def by_state(self, theta: np.ndarray) -> np.ndarray:
        """(n_rungs,) mean amount of an order on each rung, in the first class."""
        more = 0.5 * np.exp(2 * theta[-1]) if self.lognormal else 0.0
        return np.exp(theta[: self.space.n_rungs] + more)

    def log_likelihoods(self, theta: np.ndarray) -> np.ndarray:
        return np.where(self.bins[:, None] >= 0, np.log(self._probs(theta)[0] + FLOOR), 0.0)

    def _probs(self, theta: np.ndarray) -> _Bins:
        """(n_values, n_states) probability of the bin, and its slopes by log level and by log spread.

        Those of the last call are kept: likelihood, prior and gradient ask for the same.
        """
        key = theta.tobytes()
        found = self._last.get(key)
        if found is None:
            found = self._computed(theta)
            self._last.clear()
            self._last[key] = found
        return found

    def _computed(self, theta: np.ndarray) -> _Bins:
        orders, which = np.unique(np.maximum(self.n_orders, 1), return_inverse=True)
        levels = self.log_levels(theta)
        parts = self._lognormal if self.lognormal else self._gamma
        below, above, by_level, by_spread = parts(orders[:, None, None], levels, theta[-1])
        bins = np.maximum(self.bins, 0)
        low, high = (which, bins), (which, bins + 1)
        # the difference of whichever tails are small
        probs = np.where(below[low] > 0.5, above[low] - above[high], below[high] - below[low])
        return probs, by_level[high] - by_level[low], by_spread[high] - by_spread[low]

    def _gamma(
        self, orders: np.ndarray, levels: np.ndarray, log_shape: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """At every bound, (n_orders, n_bins + 1, n_states): share below, above, and slopes of that below."""
        inside = abs(log_shape) < LARGEST_LOG_SHAPE
        shape = orders * np.exp(np.clip(log_shape, -LARGEST_LOG_SHAPE, LARGEST_LOG_SHAPE))
        log_z = np.log(shape) + self.cuts[None, :, None] - levels[None, None, :]
        z = np.exp(np.minimum(log_z, 700.0))
        by_log_z = np.exp(shape * log_z - z - gammaln(shape))
        steps = shape * STENCIL * np.array([-2.0, -1.0, 1.0, 2.0])[:, None, None, None]
        by_shape = np.tensordot([1.0, -8.0, 8.0, -1.0], gammainc(shape + steps, z), 1) / (12 * STENCIL)
        return (
            _ended(gammainc(shape, z), 0.0, 1.0),
            _ended(gammaincc(shape, z), 1.0, 0.0),
            _ended(-by_log_z, 0.0, 0.0),
            _ended((by_shape + by_log_z) * inside, 0.0, 0.0),
        )

    def _lognormal(
        self, orders: np.ndarray, levels: np.ndarray, log_sd: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        variance = np.exp(2 * min(log_sd, LARGEST_LOG_SD))
        of_mean = np.log1p(np.expm1(variance) / orders)
        sd = np.sqrt(of_mean)
        z = (self.cuts[None, :, None] - levels[None, None, :] - (variance - of_mean) / 2) / sd
        density = np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)
        own = 2 * variance * (log_sd < LARGEST_LOG_SD)
        slope = own * np.exp(variance) / (orders + np.expm1(variance))
        by_spread = -density * ((own - slope) / (2 * sd) + z * slope / (2 * of_mean))
        return (
            _ended(ndtr(z), 0.0, 1.0),
            _ended(ndtr(-z), 1.0, 0.0),
            _ended(-density / sd, 0.0, 0.0),
            _ended(by_spread, 0.0, 0.0),
        )

    def log_prior(self, theta: np.ndarray) -> float:
        rows = self.shares @ self.log_likelihoods(theta)
        return float(self.pseudo_rows * rows.sum() - 0.5 * (theta[-1] / LOG_SHAPE_SD) ** 2)

    def _scores(self, stats: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Weights with the prior's rows, and slopes of the log-likelihoods by log level and log spread."""
        probs, by_level, by_spread = self._probs(theta)
        weights = (stats + self.pseudo_rows * self.shares[:, None]) * (self.bins >= 0)[:, None]
        return weights, by_level / (probs + FLOOR), by_spread / (probs + FLOOR)

    def gradient(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        weights, by_level, by_spread = self._scores(stats, theta)
        table = (weights * by_level).sum(axis=0).reshape(self.space.n_classes, -1)
        spread = float((weights * by_spread).sum()) - theta[-1] / LOG_SHAPE_SD**2
        return np.concatenate((table.sum(axis=0), table.sum(axis=1)[1:], [spread]))

    def maximise(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """One scoring step with the rows' own squared scores as information, halved while it goes down."""
        weights, by_level, by_spread = self._scores(stats, theta)
        chosen = self._design()
        information = np.zeros((len(theta),) * 2)
        information[:-1, :-1] = (chosen.T * (weights * by_level**2).sum(axis=0)) @ chosen
        information[:-1, -1] = information[-1, :-1] = chosen.T @ (weights * by_level * by_spread).sum(axis=0)
        information[-1, -1] = (weights * by_spread**2).sum() + 1 / LOG_SHAPE_SD**2
        information[np.diag_indices_from(information)] *= 1.0 + 1e-6
        information[np.diag_indices_from(information)] += 1e-9
        step = np.clip(np.linalg.solve(information, self.gradient(stats, theta)), -1.0, 1.0)
        before = self._expected(stats, theta)
        for _ in range(8):
            if self._expected(stats, theta + step) >= before:
                return theta + step
            step = step / 2
        return theta.copy()

    def _design(self) -> np.ndarray:
        """(n_states, n_parameters - 1): which level and which shift each state has."""
        n_rungs, n_classes = self.space.n_rungs, self.space.n_classes
        klass, rung = np.divmod(np.arange(n_rungs * n_classes), n_rungs)
        return np.hstack((np.eye(n_rungs)[rung], np.eye(n_classes)[klass][:, 1:]))

    def _expected(self, stats: np.ndarray, theta: np.ndarray) -> float:
        return float((stats * self.log_likelihoods(theta)).sum()) + self.log_prior(theta)


def _ended(inner: np.ndarray, first: float, last: float) -> np.ndarray:
    """Values at the bounds between the bins, with those at 0 and infinity around them."""
    ends = np.full((inner.shape[0], 1, inner.shape[2]), 1.0)
    return np.concatenate((first * ends, inner, last * ends), axis=1)
