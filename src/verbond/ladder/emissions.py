"""What is seen of a customer in a period, given the rung: counts, yes-or-no, categories.

Each emission knows its own small set of values (`index` maps an observation code to one of them), a flat
parameter vector `theta`, and four things about it: log-likelihoods by value and state, the maximisation
step, the gradient, and a weak prior. An emission with `own_rows` speaks of rows that have a code of their
own. The prior is data that nobody brought: every state is taken to have seen half an average row more than
it did, which keeps empty states finite.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from scipy.special import digamma, expit, gammaln, log_expit, polygamma

from verbond.numerics import isotonic

__all__ = ["Binary", "Categories", "Counts", "Emission", "Space"]

PSEUDO_ROWS = 0.5
SLOPE_SD = 1.0
"""Of the prior of a lift or a season on the log (odds) scale: e^1 is already a strong action."""
LARGEST_SIZE = 1e4  # a negative binomial with this size is Poisson for every purpose here


@dataclass(frozen=True, slots=True)
class Space:
    """Hidden states: a rung, and a baseline class where stable differences between people are kept apart.

    Attributes
    ----------
    n_rungs, n_classes : int
        State number is `klass * n_rungs + rung`.
    """

    n_rungs: int
    n_classes: int = 1

    @property
    def n_states(self) -> int:
        return self.n_rungs * self.n_classes

    def by_rung(self, states: np.ndarray) -> np.ndarray:
        """Sum the last axis over classes: (…, n_states) -> (…, n_rungs)."""
        return states.reshape(*states.shape[:-1], self.n_classes, self.n_rungs).sum(axis=-2)

    def over_classes(self, rungs: np.ndarray) -> np.ndarray:
        """Repeat the last axis for every class: (…, n_rungs) -> (…, n_states)."""
        return np.tile(rungs, self.n_classes)


class Emission(Protocol):
    """What the model asks of every emission. `stats` are expected rows by own value and state."""

    name: str
    family: str
    own_rows: bool
    index: np.ndarray

    @property
    def n_values(self) -> int: ...

    @property
    def n_parameters(self) -> int: ...

    def log_likelihoods(self, theta: np.ndarray) -> np.ndarray: ...

    def maximise(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray: ...

    def gradient(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray: ...

    def log_prior(self, theta: np.ndarray) -> float: ...

    def lower_bounds(self) -> np.ndarray: ...

    def by_state(self, theta: np.ndarray) -> np.ndarray: ...


def _scoring_step(
    space: Space,
    weights: np.ndarray,
    residuals: np.ndarray,
    design: np.ndarray,
    prior: np.ndarray,
    *,
    levels: bool = True,
) -> np.ndarray:
    """One Fisher-scoring step for rung levels, class shifts and slopes.

    Parameters
    ----------
    weights, residuals : (n_values, n_states)
        Expected information and score of each cell's linear predictor.
    design : (n_values, n_slopes)
    prior : (n_slopes,)
        Score of the slopes' prior.
    levels : bool
        Move the levels too; otherwise their step is 0.
    """
    n_rungs, n_classes, q = space.n_rungs, space.n_classes, design.shape[1]
    w = weights.reshape(len(weights), n_classes, n_rungs)
    by_rung, by_class = w.sum(axis=1), w.sum(axis=2)[:, 1:]
    information = np.zeros((n_rungs + n_classes - 1 + q,) * 2)
    rungs, classes, slopes = (
        slice(0, n_rungs),
        slice(n_rungs, n_rungs + n_classes - 1),
        slice(n_rungs + n_classes - 1, None),
    )
    information[rungs, rungs] = np.diag(by_rung.sum(axis=0))
    information[classes, classes] = np.diag(by_class.sum(axis=0))
    information[classes, rungs] = w.sum(axis=0)[1:]
    information[slopes, rungs] = design.T @ by_rung
    information[slopes, classes] = design.T @ by_class
    information[slopes, slopes] = (design.T * w.sum(axis=(1, 2))) @ design + np.eye(q) / SLOPE_SD**2
    information = np.tril(information) + np.tril(information, -1).T
    information[np.diag_indices_from(information)] += 1e-9 + 1e-9 * np.diag(information)
    r = residuals.reshape(w.shape)
    score = (r.sum(axis=(0, 1)), r.sum(axis=(0, 2))[1:], design.T @ r.sum(axis=(1, 2)) + prior)
    step, moving = np.zeros(len(information)), slice(0 if levels else n_rungs, None)
    step[moving] = np.linalg.solve(information[moving, moving], np.concatenate(score)[moving])
    return np.clip(step, -2.0, 2.0)


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

    def _size(self, theta: np.ndarray) -> float:
        return float(np.exp(min(theta[-1], np.log(LARGEST_SIZE))))

    def _log_density(self, values: np.ndarray, eta: np.ndarray, theta: np.ndarray) -> np.ndarray:
        known = np.isfinite(values)[:, None]
        y, mean = np.where(known, values[:, None], 0.0), np.exp(eta)
        if self.poisson:
            return np.where(known, y * eta - mean - gammaln(y + 1), 0.0)
        r = self._size(theta)
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
        thinned = 1.0 if self.poisson else 1 + mean / self._size(theta)
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
        r = self._size(theta)
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
            found[-1] = _best_size(values, weights, np.exp(eta), theta[-1])
        return found

    def _scored(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """Fisher scoring; under order, levels and the rest in turns, so that pooling stays exact."""
        n_rungs, resting = self.space.n_rungs, np.zeros(self.n_linear - self.space.n_rungs)
        if not self.monotone:
            step = _scoring_step(self.space, *self._fisher(stats, theta))
            return self._taken(stats, theta, step[:n_rungs], step[n_rungs:], np.ones(n_rungs))
        information, scores, _, _ = self._fisher(stats, theta)
        weight = information.sum(axis=0).reshape(-1, n_rungs).sum(axis=0)
        step = scores.sum(axis=0).reshape(-1, n_rungs).sum(axis=0) / weight
        found = self._taken(stats, theta, step, resting, weight)
        step = _scoring_step(self.space, *self._fisher(stats, found), levels=False)
        return self._taken(stats, found, np.zeros(n_rungs), step[n_rungs:], weight)

    def _fisher(
        self, stats: np.ndarray, theta: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Information and score of each cell, design, and score of the slopes' prior."""
        values, weights, eta, design = self._cells(stats, theta)
        mean = np.exp(eta)
        thinned = 1.0 if self.poisson else 1 + mean / self._size(theta)
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


def _best_size(values: np.ndarray, weights: np.ndarray, mean: np.ndarray, start: float) -> float:
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


@dataclass(frozen=True, slots=True)
class Binary:
    """Yes or no by rung: rare kinds of events, answering when asked, returns of what was bought.

    Parameters
    ----------
    name : str
    space : Space
    index : (n_shared,) int64
        Own value of each combination.
    yes, no : (n_values,) float64
        How often yes and no each own value shows; both 0 where it is not known.
    average : float
        Share of yes.
    pseudo_rows : float
    design : (n_values, n_slopes)
        What lifts the odds in this row whatever the rung.
    slopes : tuple of str
        Their names.

    Notes
    -----
    `theta` is the log odds of each rung, then the slopes.
    """

    name: str
    space: Space
    index: np.ndarray
    yes: np.ndarray
    no: np.ndarray
    average: float
    pseudo_rows: float = PSEUDO_ROWS
    design: np.ndarray = field(default_factory=lambda: np.zeros((1, 0)))
    slopes: tuple[str, ...] = ()

    own_rows = False
    family = "bernoulli"

    @property
    def n_values(self) -> int:
        return len(self.yes)

    @property
    def n_parameters(self) -> int:
        return self.space.n_rungs + len(self.slopes)

    def lower_bounds(self) -> np.ndarray:
        return np.full(self.n_parameters, -np.inf)

    def theta(self, probs: np.ndarray, slopes: np.ndarray | None = None) -> np.ndarray:
        """Parameters from the rungs' probabilities and the slopes."""
        probs = np.clip(probs, 1e-6, 1 - 1e-6)
        slopes = np.zeros(len(self.slopes)) if slopes is None else slopes
        return np.concatenate((np.log(probs) - np.log1p(-probs), slopes))

    def slopes_of(self, theta: np.ndarray) -> np.ndarray:
        """(n_slopes,) of the log odds."""
        return theta[self.space.n_rungs :]

    def by_state(self, theta: np.ndarray) -> np.ndarray:
        """(n_rungs,) probability of yes where nothing lifts it."""
        return expit(theta[: self.space.n_rungs])

    def _eta(self, theta: np.ndarray) -> np.ndarray:
        return theta[None, : self.space.n_rungs] + (self.design @ self.slopes_of(theta))[:, None]

    def log_likelihoods(self, theta: np.ndarray) -> np.ndarray:
        eta = self._eta(theta)
        rungs = self.yes[:, None] * log_expit(eta) + self.no[:, None] * log_expit(-eta)
        return self.space.over_classes(rungs)

    def log_prior(self, theta: np.ndarray) -> float:
        levels = theta[: self.space.n_rungs]
        average = self.average * log_expit(levels) + (1 - self.average) * log_expit(-levels)
        away = (self.slopes_of(theta) ** 2).sum() / SLOPE_SD**2
        return float(self.pseudo_rows * average.sum() - 0.5 * away)

    def _cells(self, stats: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Yes and all by own value and rung, with the prior's rows as the last, and the design."""
        rungs = self.space.by_rung(stats)
        prior = np.full((1, self.space.n_rungs), self.pseudo_rows)
        yes = np.vstack((self.yes[:, None] * rungs, prior * self.average))
        n = np.vstack(((self.yes + self.no)[:, None] * rungs, prior))
        design = np.zeros((len(yes), len(self.slopes)))
        design[:-1] = self.design if len(self.slopes) else 0.0
        return yes, n, design

    def gradient(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        yes, n, design = self._cells(stats)
        eta = theta[None, : self.space.n_rungs] + (design @ self.slopes_of(theta))[:, None]
        scores = yes - n * expit(eta)
        slopes = design.T @ scores.sum(axis=1) - self.slopes_of(theta) / SLOPE_SD**2
        return np.concatenate((scores.sum(axis=0), slopes))

    def maximise(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        yes, n, design = self._cells(stats)
        if not self.slopes:
            return self.theta(yes.sum(axis=0) / n.sum(axis=0))
        p = expit(theta[None, : self.space.n_rungs] + (design @ self.slopes_of(theta))[:, None])
        prior = -self.slopes_of(theta) / SLOPE_SD**2
        step = _scoring_step(Space(self.space.n_rungs), n * p * (1 - p), yes - n * p, design, prior)
        before = self._expected(stats, theta)
        for _ in range(6):
            if self._expected(stats, theta + step) >= before:
                return theta + step
            step = step / 2
        return theta.copy()

    def _expected(self, stats: np.ndarray, theta: np.ndarray) -> float:
        return float((stats * self.log_likelihoods(theta)).sum()) + self.log_prior(theta)


@dataclass(frozen=True, slots=True)
class Categories:
    """One of a few unordered answers by rung.

    Parameters
    ----------
    name : str
    space : Space
    index : (n_shared,) int64
    n_values : int
    pseudo_rows : float
        Rows of the prior, spread evenly.

    Notes
    -----
    `theta` holds (n_rungs, n_values - 1) log odds against the first answer.
    """

    name: str
    space: Space
    index: np.ndarray
    n_values: int
    pseudo_rows: float = PSEUDO_ROWS

    own_rows = False
    family = "categorical"

    @property
    def n_parameters(self) -> int:
        return self.space.n_rungs * (self.n_values - 1)

    def lower_bounds(self) -> np.ndarray:
        return np.full(self.n_parameters, -np.inf)

    def theta(self, probs: np.ndarray) -> np.ndarray:
        """Parameters from (n_rungs, n_values) probabilities."""
        logs = np.log(np.maximum(probs, 1e-12))
        return (logs[:, 1:] - logs[:, :1]).ravel()

    def by_state(self, theta: np.ndarray) -> np.ndarray:
        """(n_rungs,) mean answer, the answers numbered from 0."""
        return np.exp(self._log_probs(theta)) @ np.arange(self.n_values)

    def _log_probs(self, theta: np.ndarray) -> np.ndarray:
        logits = np.zeros((self.space.n_rungs, self.n_values))
        logits[:, 1:] = theta.reshape(self.space.n_rungs, -1)
        logits -= logits.max(axis=1, keepdims=True)
        return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))

    def log_likelihoods(self, theta: np.ndarray) -> np.ndarray:
        return self.space.over_classes(self._log_probs(theta).T)

    def log_prior(self, theta: np.ndarray) -> float:
        return float(self.pseudo_rows / self.n_values * self._log_probs(theta).sum())

    def gradient(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        weights = self.space.by_rung(stats).T + self.pseudo_rows / self.n_values
        return (weights - weights.sum(axis=1, keepdims=True) * np.exp(self._log_probs(theta)))[:, 1:].ravel()

    def maximise(self, stats: np.ndarray, theta: np.ndarray) -> np.ndarray:
        weights = self.space.by_rung(stats).T + self.pseudo_rows / self.n_values
        return self.theta(weights / weights.sum(axis=1, keepdims=True))
