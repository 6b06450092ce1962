"""Simpler ways to predict the next period, on the same customers and the same periods as the ladder.

- *average*: everybody is like everybody (what a rival has to beat);
- *last*: the last level carried forward;
- *quantiles*: cuts of recency and frequency in a logistic and a negative binomial regression;
- *regression*: both regressions on lags, sums over 3 and 12 periods, time since the last event, time as a
  customer, season, and the actions of the predicted period;
- *one_class*: the ladder without lasting differences between people.

Each learns from the earlier periods and predicts the later ones, one step ahead. Losses are reported like
wins. Other rivals (buy-till-you-die models, gradient boosting) come in as functions of a `Task`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, gammaln
from scipy.stats import rankdata

from verbond.ladder.ahead.forecast import Forecast
from verbond.ladder.coding.panels import window_sums
from verbond.ladder.model.emissions import Emission, best_size
from verbond.ladder.model.fitted import Fitted
from verbond.ladder.model.movement import Movement, Moves
from verbond.numerics.intervals import mean_interval
from verbond.results import Estimate
from verbond.tables import Panel

__all__ = ["Predicted", "Rival", "RivalScore", "Task", "features", "judge_rivals", "one_class"]

RIDGE = 1e-2
NEWTON_STEPS = 25
MOST_LEVELS = 4
N_CUTS = 4
MOST_ROWS = 400_000
"""Rows that a regression learns from; drawn by lot where there are more."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be predicted.

    Attributes
    ----------
    panel : Panel
    kind : str
        Event kind.
    train, test : (n,) int64
        Rows with an earlier row of the same customer; those to predict lie in the last periods. A prediction
        of a row may use the customer's earlier rows, and the actions of the row itself.
    """

    panel: Panel
    kind: str
    train: np.ndarray
    test: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """(n_rows,) float64."""
        return self.panel.counts[self.kind].astype(float)


@dataclass(frozen=True, slots=True)
class Predicted:
    """A rival's predictions of the test rows.

    Attributes
    ----------
    expected : (n,) float64
        Count.
    probability : (n,) float64 or None
        That it happens at least once.
    log_score : (n,) float64 or None
        Log mass of what was observed.
    """

    expected: np.ndarray
    probability: np.ndarray | None = None
    log_score: np.ndarray | None = None


Rival = Callable[[Task], Predicted]


@dataclass(frozen=True, slots=True)
class RivalScore:
    """How well one way predicts.

    Attributes
    ----------
    way : str
    n : int
        Predictions.
    log_score : float
        Mean log mass of the observed count; higher is better. NaN where the way has no distribution.
    rmse : float
        Of the count; lower is better.
    brier, auc : float
        Of whether it happens at all; lower, and higher, is better.
    ladder_gain : Estimate or None
        Mean log mass of the ladder above that of this way, with its interval over customers.
    """

    way: str
    n: int
    log_score: float
    rmse: float
    brier: float
    auc: float
    ladder_gain: Estimate | None = None


def judge_rivals(
    task: Task, ladder: Forecast, others: Mapping[str, Predicted | Rival] | None = None
) -> tuple[RivalScore, ...]:
    """Score the ladder and its rivals; the ladder comes first.

    Parameters
    ----------
    task : Task
    ladder : Forecast
        Of `task.kind`; its rows hold the test rows.
    others : mapping of name to Predicted or Rival, optional
        Further rivals, or their predictions of the test rows.
    """
    place = np.searchsorted(ladder.rows, task.test)
    ours = Predicted(ladder.expected[place], _of(ladder.probability)[place], ladder.log_score[place])
    ways: dict[str, Predicted] = {name: rival(task) for name, rival in _WAYS.items()}
    for name, other in (others or {}).items():
        ways[name] = other if isinstance(other, Predicted) else other(task)
    owner = np.searchsorted(task.panel.offsets, task.test, side="right") - 1
    scores = [_scored("ladder", task, ours, None, owner)]
    scores += [_scored(name, task, found, ours, owner) for name, found in ways.items()]
    return tuple(scores)


def _of(values: np.ndarray | None) -> np.ndarray:
    return np.zeros(0) if values is None else values


def _scored(way: str, task: Task, found: Predicted, ours: Predicted | None, owner: np.ndarray) -> RivalScore:
    y = task.counts[task.test]
    happened, nan = y > 0, float("nan")
    chance = found.probability
    gain = None
    if ours is not None and found.log_score is not None:
        mean, low, high = mean_interval(_of(ours.log_score) - found.log_score, owner)
        gain = Estimate(mean, low, high, len(np.unique(owner)))
    return RivalScore(
        way=way,
        n=len(y),
        log_score=nan if found.log_score is None else float(found.log_score.mean()),
        rmse=float(np.sqrt(((found.expected - y) ** 2).mean())),
        brier=nan if chance is None else float(((chance - happened) ** 2).mean()),
        auc=area_under_curve(found.expected if chance is None else chance, happened),
        ladder_gain=gain,
    )


def area_under_curve(score: np.ndarray, happened: np.ndarray) -> float:
    """Chance that a row in which it happened scores above one in which it did not; ties count half.

    Examples
    --------
    >>> area_under_curve(np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True]))
    0.75
    """
    n_yes = int(happened.sum())
    n_no = len(happened) - n_yes
    if not n_yes or not n_no:
        return float("nan")
    ranks = rankdata(score)[happened].sum()
    return float((ranks - n_yes * (n_yes + 1) / 2) / (n_yes * n_no))


# the ways


def _average(task: Task) -> Predicted:
    return _by_level(task, np.zeros(task.panel.n_rows, np.int64), carried=False)


def _last(task: Task) -> Predicted:
    levels = np.minimum(np.concatenate(([0.0], task.counts[:-1])), MOST_LEVELS - 1).astype(np.int64)
    return _by_level(task, levels, carried=True)


def _by_level(task: Task, levels: np.ndarray, *, carried: bool) -> Predicted:
    """What followed each level before; the expected count is the last one itself when `carried`."""
    y = task.counts
    top = int(y.max(initial=0)) + 1
    table = np.full((int(levels.max()) + 1, top), 0.5 / top)
    np.add.at(table, (levels[task.train], y[task.train].astype(np.int64)), 1.0)
    table /= table.sum(axis=1, keepdims=True)
    level = levels[task.test]
    expected = y[task.test - 1] if carried else table[level] @ np.arange(top)
    return Predicted(expected, 1 - table[level, 0], np.log(table[level, y[task.test].astype(np.int64)]))


def _quantiles(task: Task) -> Predicted:
    lags = _lags(task)
    columns = [np.ones(task.panel.n_rows)]
    for values in (lags["since"], lags["sum_12"] / np.minimum(lags["tenure"], 12.0)):
        cuts = np.unique(np.quantile(values[task.train], np.arange(1, N_CUTS) / N_CUTS))
        group = np.searchsorted(cuts, values, side="right")
        columns += [(group == g).astype(float) for g in range(1, len(cuts) + 1)]
    return _regressed(task, np.column_stack(columns))


def _regression(task: Task) -> Predicted:
    x = features(task)
    spread = x[task.train].std(axis=0)
    x[:, spread > 0] = ((x - x[task.train].mean(axis=0)) / np.where(spread > 0, spread, 1.0))[:, spread > 0]
    return _regressed(task, x)


def features(task: Task) -> np.ndarray:
    """(n_rows, n_features) what a row may be predicted from: its past, the season, and its actions.

    Notes
    -----
    A constant first; time as a customer, time since the last event, the period before and sums over 3 and 12
    periods of every kind, all as log(1 + x); exposures in the period itself; two waves of a year.
    """
    panel = task.panel
    lags = _lags(task)
    columns = [np.ones(panel.n_rows), np.log1p(lags["tenure"]), np.log1p(lags["since"])]
    columns.append(np.repeat(panel.is_new, panel.lengths).astype(float))
    for counts in panel.counts.values():
        before = np.concatenate(([0.0], counts[:-1].astype(float)))
        columns += [np.log1p(before)] + [np.log1p(_before(counts, panel, n)) for n in (3, 12)]
    columns += [np.minimum(values, 3).astype(float) for values in panel.exposures.values()]
    year = {"month": 12, "quarter": 4, "week": 52}[panel.period]
    if len(panel.periods) >= 2 * year:
        angle = 2 * np.pi * (panel.row_periods % year) / year
        columns += [np.cos(angle), np.sin(angle)]
    return np.column_stack(columns)


_WAYS: dict[str, Rival] = {
    "average": _average,
    "last": _last,
    "quantiles": _quantiles,
    "regression": _regression,
}


def _before(counts: np.ndarray, panel: Panel, n_periods: int) -> np.ndarray:
    """Sum over the `n_periods` rows before this one; not meant for first rows."""
    return np.concatenate(([0.0], window_sums(counts, panel, n_periods)[:-1]))


def _lags(task: Task) -> dict[str, np.ndarray]:
    panel = task.panel
    rows, first = np.arange(panel.n_rows), np.repeat(panel.offsets[:-1], panel.lengths)
    last = np.maximum.accumulate(np.where(task.counts > 0, rows, -1))
    before = np.concatenate(([-1], last[:-1]))
    return {
        "since": (rows - np.maximum(before, first - 1)).astype(float),
        "tenure": np.maximum(rows - first, 1).astype(float),
        "sum_12": _before(panel.counts[task.kind], panel, 12),
    }


def _regressed(task: Task, x: np.ndarray) -> Predicted:
    """Logistic and negative binomial regression on the same columns."""
    y, train = task.counts, task.train
    if len(train) > MOST_ROWS:
        train = np.random.default_rng(0).choice(train, MOST_ROWS, replace=False)
    chance = expit(np.clip(x[task.test] @ _logistic(x[train], y[train] > 0), -30, 30))
    slopes, size = _negative_binomial(x[train], y[train])
    mean = np.exp(np.clip(x[task.test] @ slopes, -20, 8))
    return Predicted(mean, chance, _log_mass(y[task.test], mean, size))


def _logistic(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Newton's steps with a light ridge on all but the constant."""
    slopes, ridge = np.zeros(x.shape[1]), _ridge(x)
    for _ in range(NEWTON_STEPS):
        p = expit(x @ slopes)
        step = np.linalg.solve((x.T * (p * (1 - p))) @ x + ridge, x.T @ (y - p) - ridge @ slopes)
        slopes = slopes + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-8:
            break
    return slopes


def _negative_binomial(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    """Fisher scoring for the log mean, in turns with the size that fits best."""
    slopes, ridge, log_size = np.zeros(x.shape[1]), _ridge(x), 0.0
    slopes[0] = np.log(max(y.mean(), 1e-6))
    for _ in range(NEWTON_STEPS):
        mean = np.exp(np.clip(x @ slopes, -20, 8))
        thinned = 1 + mean / np.exp(log_size)
        score = x.T @ ((y - mean) / thinned) - ridge @ slopes
        step = np.linalg.solve((x.T * (mean / thinned)) @ x + ridge, score)
        slopes = slopes + np.clip(step, -1, 1)
        mean = np.exp(np.clip(x @ slopes, -20, 8))
        before = log_size
        log_size = best_size(y, np.ones((len(y), 1)), mean[:, None], log_size)
        if np.abs(step).max() < 1e-6 and abs(log_size - before) < 1e-4:
            break
    return slopes, float(np.exp(log_size))


def _ridge(x: np.ndarray) -> np.ndarray:
    penalty = RIDGE * np.eye(x.shape[1])
    penalty[0, 0] = 1e-9
    return penalty


def _log_mass(y: np.ndarray, mean: np.ndarray, size: float) -> np.ndarray:
    constant = gammaln(y + size) - gammaln(size) - gammaln(y + 1)
    return constant - size * np.log1p(mean / size) + y * (np.log(mean) - np.log(size + mean))


# the ladder without lasting differences


def one_class(fitted: Fitted) -> Fitted | None:
    """The same ladder with one baseline class, as a place to fit from; None where there is one already.

    Levels of counts are moved to where the classes together stand.
    """
    model, theta = fitted.model, fitted.theta
    if model.space.n_classes == 1:
        return None
    space = replace(model.space, n_classes=1)
    start = model.start.living_probs(theta[model.slices[0]])
    share = model.space.living.by_class(start).sum(axis=(0, 2))
    small_start = replace(model.start, space=space)
    small_moves = replace(model.movement, space=space)
    parts = [
        small_start.theta(model.space.living.by_rung(start)),
        _without_class_shifts(model.movement, theta[model.slices[1]]),
    ]
    emissions = []
    for emission, where in zip(model.emissions, model.slices[2:], strict=True):
        alone = replace(emission, space=space.living)
        emissions.append(alone)
        parts.append(_levelled(emission, alone, theta[where], share / share.sum()))
    small = replace(model, space=space, start=small_start, movement=small_moves, emissions=tuple(emissions))
    theta = np.concatenate(parts)
    return replace(fitted, model=small, theta=theta, covariance=np.zeros((len(theta), len(theta))))


def _without_class_shifts(movement: Moves, theta: np.ndarray) -> np.ndarray:
    """Parameters of movement without what is particular to a class, which sums to 0 over classes."""
    if movement.n_blocks == 1:
        return theta
    n_kinds, width, q = len(movement.kind_names), movement.width, movement.n_covariates
    origins = len(movement.kinds) if isinstance(movement, Movement) else movement.space.n_rungs
    last = len(theta) - (origins * q if movement.deviation_sd else 0)
    first = last - n_kinds * width
    slopes = theta[first:last].reshape(n_kinds, width)[:, :q]
    return np.concatenate((theta[:first], slopes.ravel(), theta[last:]))


def _levelled(emission: Emission, alone: Emission, theta: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Parameters of one class that does what all classes do on average: their shifts go into the levels."""
    n_gone = emission.n_parameters - alone.n_parameters
    if n_gone == 0:
        return theta
    n_rungs = alone.space.n_rungs
    shift = np.log(share @ np.exp(np.concatenate(([0.0], theta[n_rungs : n_rungs + n_gone]))))
    levels = theta[:n_rungs].copy()
    levels[slice(0, 1) if getattr(emission, "monotone", False) else slice(None)] += shift
    return np.concatenate((levels, theta[n_rungs + n_gone :]))
