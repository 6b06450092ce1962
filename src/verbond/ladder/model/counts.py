"""Counts by rung: how often somebody buys, visits, asks."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.special import digamma, gammaln, polygamma

from verbond.ladder.model.emission import PSEUDO_ROWS, SLOPE_SD, scoring_step
from verbond.ladder.model.space import Space
from verbond.numerics import isotonic

__all__ = ["Counts", "best_size"]

LARGEST_SIZE = 1e4  # a negative binomial with this size is Poisson for every purpose here


@dataclass(frozen=True, slots=True)
class Counts:
    """Negative binomial (or Poisson) counts, log mean by rung plus a shift by baseline class and slopes.

    Parameters
    ----------
    name : str
    space : Space
    index : (n_shared,) int64
        Own value of each combination.
    values : (n_values,) float64
        The count that each own value stands for; NaN where it is not known.
    average : float
        Mean of all rows, which the prior's rows show.
    poisson : bool
    monotone : bool
        The mean does not fall from a rung to the next.
    pseudo_rows : float
    design : (n_values, n_slopes)
        What lifts the mean in this row whatever the rung: actions of the period, season.
    slopes : tuple of str
        Their names.

    Notes
    -----
    Density with mean m and size r (variance m + m²/r), as in Hilbe (2011), equation 8.8:
    Γ(y + r) / (Γ(r) y!) · (r / (r + m))^r · (m / (r + m))^y.
    `theta` = first log mean, then either log means or their increments (monotone), class shifts, slopes, log
    size.
    """

    name: str
    space: Space
    index: np.ndarray
    values: np.ndarray
    average: float
    poisson: bool = False
    monotone: bool = False
    pseudo_rows: float = PSEUDO_ROWS
    design: np.ndarray = field(default_factory=lambda: np.zeros((1, 0)))
    slopes: tuple[str, ...] = ()

    own_rows = False

    @property
    def family(self) -> str:
        return "poisson" if self.poisson else "negative_binomial"

    @property
    def n_values(self) -> int:
        return len(self.values)

    @property
    def n_linear(self) -> int:
        """Levels, shifts and slopes."""
        return self.space.n_rungs + self.space.n_classes - 1 + len(self.slopes)

    @property
    def n_parameters(self) -> int:
        return self.n_linear + (not self.poisson)

    def lower_bounds(self) -> np.ndarray:
        bounds = np.full(self.n_parameters, -np.inf)
        if self.monotone:
            bounds[1 : self.space.n_rungs] = 0.0
        return bounds

    def log_means(self, theta: np.ndarray) -> np.ndarray:
        """(n_states,) log mean of each state where nothing lifts it."""
        n_rungs, n_classes = self.space.n_rungs, self.space.n_classes
        levels = np.cumsum(theta[:n_rungs]) if self.monotone else theta[:n_rungs]
        shifts = np.concatenate(([0.0], theta[n_rungs : n_rungs + n_classes - 1]))
        return (shifts[:, None] + levels[None, :]).ravel()

    def slopes_of(self, theta: np.ndarray) -> np.ndarray:
        """(n_slopes,) of the log mean."""
        return theta[self.n_linear - len(self.slopes) : self.n_linear]

    def theta(
        self,
        means: np.ndarray,
        shifts: np.ndarray | None = None,
        slopes: np.ndarray | None = None,
        size: float = 2.0,
    ) -> np.ndarray:
        """Parameters from the rungs' means (of the first class), class shifts, slopes and size."""
        levels = np.log(np.maximum(means, 1e-8))
        if self.monotone:
            levels = np.concatenate((levels[:1], np.maximum(np.diff(levels), 0.0)))
        shifts = np.zeros(self.space.n_classes - 1) if shifts is None else shifts
        slopes = np.zeros(len(self.slopes)) if slopes is None else slopes
        return np.concatenate((levels, shifts, slopes, [] if self.poisson else [np.log(size)]))

    def by_state(self, theta: np.ndarray) -> np.ndarray:
        """(n_rungs,) mean per period of each rung, in the first class, where nothing lifts it."""
        return np.exp(self.log_means(theta)[: self.space.n_rungs])

    def log_likelihoods(self, theta: np.ndarray) -> np.ndarray:
        return self._log_density(self.values, self._eta(theta), theta)

    def _eta(self, theta: np.ndarray) -> np.ndarray:
        return self.log_means(theta)[None, :] + (self.design @ self.slopes_of(theta))[:, None]

    def size_of(self, theta: np.ndarray) -> float:
        """Size of the negative binomial."""
        return float(np.exp(min(theta[-1], np.log(LARGEST_SIZE))))

    def _log_density(self, values: np.ndarray, eta: np.ndarray, theta: np.ndarray) -> np.ndarray:
        known = np.isfinite(values)[:, None]
        y, mean = np.where(known, values[:, None], 0.0), np.exp(eta)
        if self.poisson:
            return np.where(known, y * eta - mean - gammaln(y + 1), 0.0)
        r = self.size_of(theta)
        constant = gammaln(y + r) - gammaln(r) - gammaln(y + 1)
        return np.where(known, constant - r * np.log1p(mean / r) + y * (eta - np.log(r + mean)), 0.0)

    def _cells(
        self, stats: np.ndarray, theta: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Counts, weights, linear predictors and design of all cells, with the prior's rows as the last."""
        known = np.isfinite(self.values)
        values = np.append(self.values[known], self.average)
        weights = np.vstack((stats[known], np.full((1, self.space.n_states), self.pseudo_rows)))
        eta = np.broadcast_to(self._eta(theta), (self.n_values, self.space.n_states))[known]
        eta = np.vstack((eta, self.log_means(theta)[None, :]))
        design = np.zeros((len(values), len(self.slopes)))
        design[:-1] = self.design[known] if len(self.slopes) else 0.0
        return values, weights, eta, design

    def log_prior(self, theta: np.ndarray) -> float:
        rows = self._log_density(np.array([self.average]), self.log_means(theta)[None, :], theta).sum()
        value = self.pseudo_rows * rows - 0.5 * (self.slopes_of(theta) ** 2).sum() / SLOPE_SD**2
        return float(value) + (0.0 if self.poisson else _log_size_prior(theta[-1])[0])

    def _scores(self, y: np.ndarray, weights: np.ndarray, mean: np.ndarray, theta: np.ndarray) -> np.ndarray:
        thinned = 1.0 if self.poisson else 1 + mean / self.size_of(theta)
        return weights * (y - mean) / thinned

    def gradient(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        values, weights, eta, design = self._cells(stats, theta)
        y, mean = values[:, None], np.exp(eta)
        scores = self._scores(y, weights, mean, theta)
        linear = np.concatenate(
            (
                self._chain(scores.sum(axis=0)),
                design.T @ scores.sum(axis=1) - self.slopes_of(theta) / SLOPE_SD**2,
            )
        )
        if self.poisson:
            return linear
        r = self.size_of(theta)
        at = digamma(y + r) - digamma(r) - np.log1p(mean / r) + 1 - (y + r) / (r + mean)
        slope = r * float((weights * at).sum()) if theta[-1] < np.log(LARGEST_SIZE) else 0.0
        return np.append(linear, slope + _log_size_prior(theta[-1])[1])

    def _chain(self, by_state: np.ndarray) -> np.ndarray:
        table = by_state.reshape(self.space.n_classes, self.space.n_rungs)
        levels = table.sum(axis=0)
        if self.monotone:
            levels = np.cumsum(levels[::-1])[::-1]
        return np.concatenate((levels, table.sum(axis=1)[1:]))

    def maximise(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        if self.space.n_classes > 1 or self.slopes:
            found = self._scored(stats, theta)
        else:
            values, weights, _, _ = self._cells(stats, theta)
            n = weights.sum(axis=0)
            means = (weights * values[:, None]).sum(axis=0) / n
            found = self.theta(isotonic(means, n) if self.monotone else means)
        if not self.poisson:
            values, weights, eta, _ = self._cells(stats, found)
            found[-1] = best_size(values, weights, np.exp(eta), theta[-1])
        return found

    def _scored(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """Fisher scoring; under order, levels and the rest in turns, so that pooling stays exact."""
        n_rungs, resting = self.space.n_rungs, np.zeros(self.n_linear - self.space.n_rungs)
        if not self.monotone:
            step = scoring_step(self.space, *self._fisher(stats, theta))
            return self._taken(stats, theta, step[:n_rungs], step[n_rungs:], np.ones(n_rungs))
        information, scores, _, _ = self._fisher(stats, theta)
        weight = information.sum(axis=0).reshape(-1, n_rungs).sum(axis=0)
        step = scores.sum(axis=0).reshape(-1, n_rungs).sum(axis=0) / weight
        found = self._taken(stats, theta, step, resting, weight)
        step = scoring_step(self.space, *self._fisher(stats, found), levels=False)
        return self._taken(stats, found, np.zeros(n_rungs), step[n_rungs:], weight)

    def _fisher(
        self, stats: np.ndarray, theta: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Information and score of each cell, design, and score of the slopes' prior."""
        values, weights, eta, design = self._cells(stats, theta)
        mean = np.exp(eta)
        thinned = 1.0 if self.poisson else 1 + mean / self.size_of(theta)
        scores = self._scores(values[:, None], weights, mean, theta)
        return weights * mean / thinned, scores, design, -self.slopes_of(theta) / SLOPE_SD**2

    def _taken(
        self, stats: np.ndarray, theta: np.ndarray, levels: np.ndarray, others: np.ndarray, weight: np.ndarray
    ) -> np.ndarray:
        """A step of levels and others, halved while it goes down."""
        n_rungs, n_shifts = self.space.n_rungs, self.space.n_classes - 1
        before, size = self._expected(stats, theta), float(np.exp(theta[-1]))
        for _ in range(6):
            new = self.log_means(theta)[:n_rungs] + levels
            new = isotonic(new, weight) if self.monotone else new
            rest = theta[n_rungs : self.n_linear] + others
            found = self.theta(np.exp(new), rest[:n_shifts], rest[n_shifts:], size)
            if self._expected(stats, found) >= before:
                return found
            levels, others = levels / 2, others / 2
        return theta.copy()

    def _expected(self, stats: np.ndarray, theta: np.ndarray) -> float:
        return float((stats * self.log_likelihoods(theta)).sum()) + self.log_prior(theta)


def _log_size_prior(log_size: float) -> tuple[float, float]:
    """log N(log size; log 2, 2²) without its constant, and its slope."""
    away = (log_size - np.log(2.0)) / 4.0
    return -2.0 * away * away, -away


def best_size(values: np.ndarray, weights: np.ndarray, mean: np.ndarray, start: float) -> float:
    """The log size that fits best given the means: Newton steps, halved where they go down."""
    y, log_size = values[:, None], start

    def parts(at: float) -> tuple[float, float, float]:
        r = np.exp(at)
        prior, prior_slope = _log_size_prior(at)
        value = gammaln(y + r) - gammaln(r) - r * np.log1p(mean / r) - y * np.log(r + mean)
        slope = digamma(y + r) - digamma(r) - np.log1p(mean / r) + 1 - (y + r) / (r + mean)
        bend = polygamma(1, y + r) - polygamma(1, r) + 1 / r - 2 / (r + mean) + (y + r) / (r + mean) ** 2
        first = r * float((weights * slope).sum())
        second = r * r * float((weights * bend).sum()) + first - 0.25
        return float((weights * value).sum()) + prior, first + prior_slope, second

    value, first, second = parts(log_size)
    for _ in range(2):
        step = np.clip(-first / second if second < 0 else np.sign(first), -1.0, 1.0)
        for _ in range(8):
            trial = min(log_size + step, np.log(LARGEST_SIZE))
            new = parts(trial)
            if new[0] >= value:
                break
            step /= 2
        else:
            return log_size
        done = abs(trial - log_size) < 1e-6
        log_size, (value, first, second) = trial, new
        if done:
            break
    return float(log_size)
