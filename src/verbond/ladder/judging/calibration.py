"""Are the chances right? Predictions one step ahead, set against what happened.

Three looks, at rows that the parameters have not seen: *reliability* (of all that was given a chance of a
quarter, did a quarter happen?), *pseudo-residuals* (is what was seen spread over its predicted distribution
as it should be?), and, over whole histories drawn from the fit, *paths* (do people stay silent as long, and
are periods as alike, as in the data?).

References
----------
Hosmer & Lemeshow (1980), Communications in Statistics A9, 1043-1069 (bins against chance alone; with a degree
of freedom a bin, because these rows were not fitted). Murphy (1973), Journal of Applied Meteorology 12,
595-600 (decomposition of the Brier score). Stephenson, Coelho & Jolliffe (2008), Weather and Forecasting 23,
752-757 (what is left within bins). Czado, Gneiting & Held (2009), Biometrics 65, 1254-1261 (residuals of
counts). Zucchini, MacDonald & Langrock (2016), Hidden Markov Models for Time Series, second edition, section
6.2 (pseudo-residuals).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from verbond.ladder.ahead.chain import dense
from verbond.ladder.ahead.forecast import Forecast, means, shared_codes
from verbond.ladder.coding.context import BEFORE_LOGS
from verbond.ladder.coding.encoding import Encoded
from verbond.ladder.kernel import Sequences, Tables
from verbond.ladder.model.emissions import Counts
from verbond.ladder.model.model import LadderModel
from verbond.ladder.model.space import Space
from verbond.method import named
from verbond.numerics import wilson_interval
from verbond.numerics.intervals import mean_interval
from verbond.results import Estimate, Reason

__all__ = [
    "PathFigure",
    "Reliability",
    "ReliabilityBin",
    "Residuals",
    "brier_parts",
    "judge_paths",
    "pit_histogram",
    "reliability",
    "residuals",
]

N_BINS = 10
LEAST_ROWS = 50
LARGEST_ERROR = 0.02
"""Mean distance of chances from shares that is still called right."""
LARGEST_GAP = 0.04
"""Distance of the residuals' distribution from the even one that is still called right."""
ALPHA = 0.01
"""Chances are off when their bins differ from what happened less probably than this by chance alone."""
SHIFT = 0.1
N_DRAWS = 60
LAGS = (1, 3, 6)
MATERIAL = 0.1
"""Share of the observed figure by which drawn histories have to differ before it is said."""


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Predictions with about the same chance.

    Attributes
    ----------
    n : int
    predicted : float
        Mean chance.
    observed, ci_lower, ci_upper : float
        Share that happened, with Wilson's interval.
    """

    n: int
    predicted: float
    observed: float
    ci_lower: float
    ci_upper: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """How right the chances of one thing are.

    Attributes
    ----------
    variable : str
        Event kind or "answered".
    n : int
        Predictions.
    bins : tuple of ReliabilityBin
        At most ten, about equally full.
    brier : float
        Mean squared distance; equals reliability - resolution + uncertainty + within_bins.
    reliability, resolution, uncertainty, within_bins : float
        Miscalibration (lower is better), what predictions tell apart (higher is better), what there was to
        tell, and what is left because chances within a bin differ.
    calibration_error : float
        Mean distance of chance and share over the bins (ECE).
    log_score : Estimate
        Mean log mass of what was observed, by customer.
    reason : Reason
        In words.
    """

    variable: str
    n: int
    bins: tuple[ReliabilityBin, ...]
    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    within_bins: float
    calibration_error: float
    log_score: Estimate
    reason: Reason


@dataclass(frozen=True, slots=True)
class Residuals:
    """Where in its predicted distribution each observation fell.

    Attributes
    ----------
    variable : str
        Event kind or construct.
    n : int
    histogram : (10,)
        Shares by tenth of the predicted distribution; all 0.1 when the predictions are right.
    largest_gap : float
        Largest distance of the cumulative histogram from the even one.
    verdict : {"right", "too_sure", "too_unsure", "too_low", "too_high"}
    reason : Reason
    """

    variable: str
    n: int
    histogram: np.ndarray
    largest_gap: float
    verdict: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class PathFigure:
    """A figure of whole histories: as observed, and in histories drawn from the fit.

    Attributes
    ----------
    figure : {"autocorrelation", "silence"}
        Correlation of a month with a later one; mean length of a stretch without the event, in periods.
    lag : int
        In periods; 0 where it does not apply.
    observed, drawn, drawn_lower, drawn_upper : float
        The drawn interval holds 95% of drawn companies, at the estimated parameters.
    agrees : bool
        Inside the interval, or off by less than a tenth.
    """

    figure: str
    lag: int
    observed: float
    drawn: float
    drawn_lower: float
    drawn_upper: float
    agrees: bool


def reliability(forecast: Forecast, customers: np.ndarray) -> Reliability | None:
    """Compare chances with shares; None of scores and of fewer than 50 predictions.

    Parameters
    ----------
    forecast : Forecast
    customers : (n,) int64
        Whose prediction each is.
    """
    if forecast.probability is None or len(forecast.rows) < LEAST_ROWS:
        return None
    chance, happened = np.clip(forecast.probability, 0.0, 1.0), forecast.observed > 0
    bins = _bins(chance)
    n = np.bincount(bins)
    predicted = np.bincount(bins, chance) / n
    share = np.bincount(bins, happened) / n
    parts = brier_parts(chance, happened, bins)
    error = float(n @ np.abs(share - predicted) / len(chance))
    cells = tuple(
        ReliabilityBin(int(m), float(p), float(s), *wilson_interval(float(s * m), float(m)))
        for m, p, s in zip(n, predicted, share, strict=True)
    )
    variance = np.maximum(predicted * (1 - predicted) / n, 1e-12)
    chance_alone = float(chi2.sf(((share - predicted) ** 2 / variance).sum(), len(n)))
    mean, low, high = mean_interval(forecast.log_score, customers)
    n_people = len(np.unique(customers))
    verdict = "right" if error <= LARGEST_ERROR else ("few" if chance_alone > ALPHA else "off")
    values = {
        "what": named(forecast.name), "error": error, "n": len(chance),
        "predicted": float(chance.mean()), "observed": float(happened.mean()),
    }  # fmt: skip
    return Reliability(
        forecast.name, len(chance), cells, float(((chance - happened) ** 2).mean()), *parts, error,
        Estimate(mean, low, high, n_people), Reason(f"ladder.chances_{verdict}", values),
    )  # fmt: skip


def brier_parts(
    chance: np.ndarray, happened: np.ndarray, bins: np.ndarray
) -> tuple[float, float, float, float]:
    """Reliability, resolution, uncertainty and what is left within bins; the Brier score is a - b + c + d.

    Examples
    --------
    >>> chance, happened = np.array([0.2, 0.2, 0.7, 0.7]), np.array([0, 1, 1, 1])
    >>> [round(part, 4) for part in brier_parts(chance, happened, np.array([0, 0, 1, 1]))]
    [0.09, 0.0625, 0.1875, 0.0]
    """
    n = np.bincount(bins)
    mean, share = np.bincount(bins, chance) / n, np.bincount(bins, happened) / n
    base = float(np.mean(happened))
    off = float(n @ (mean - share) ** 2 / len(chance))
    told = float(n @ (share - base) ** 2 / len(chance))
    unsure = base * (1 - base)
    brier = float(((chance - happened) ** 2).mean())
    return off, told, unsure, brier - (off - told + unsure)


def _bins(chance: np.ndarray) -> np.ndarray:
    """Ten groups of about equal size; equal chances stay together."""
    cuts = np.unique(np.quantile(chance, np.arange(1, N_BINS) / N_BINS))
    return np.unique(np.searchsorted(cuts, chance, side="right"), return_inverse=True)[1]


def pit_histogram(below: np.ndarray, up_to: np.ndarray) -> np.ndarray:
    """(10,) shares by tenth of the predicted distribution, counts spread over their step.

    Examples
    --------
    >>> pit_histogram(np.array([0.0]), np.array([0.2])).round(2).tolist()
    [0.5, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    edges = np.linspace(0, 1, N_BINS + 1)
    width = up_to - below
    steps = np.where(width > 1e-12, width, 1.0)
    cumulative = np.array(
        [np.where(width > 1e-12, np.clip((u - below) / steps, 0, 1), up_to <= u).mean() for u in edges[1:-1]]
    )
    return np.diff(np.concatenate(([0.0], cumulative, [1.0])))


def residuals(forecast: Forecast) -> Residuals | None:
    """Judge where observations fell; None for fewer than 50."""
    if len(forecast.rows) < LEAST_ROWS:
        return None
    histogram = pit_histogram(forecast.below, forecast.up_to)
    gap = np.cumsum(histogram) - np.arange(1, N_BINS + 1) / N_BINS
    largest = float(np.abs(gap).max())
    noise = 1.36 / np.sqrt(len(forecast.rows))  # Kolmogorov's 5% bound, too wide for counts: on the safe side
    verdict = "right"
    if largest > max(LARGEST_GAP, noise):
        verdict = _shape(forecast, histogram)
    values = {"what": named(forecast.name), "n": len(forecast.rows)}
    return Residuals(
        forecast.name, len(forecast.rows), histogram, largest, verdict,
        Reason(f"ladder.residuals_{verdict}", values),
    )  # fmt: skip


def _shape(forecast: Forecast, histogram: np.ndarray) -> str:
    """Means that differ by a tenth of a standard deviation are a shift; else it is the width."""
    away = forecast.observed - forecast.expected
    shift = float(away.mean() / max(float(away.std()), 1e-12))
    if abs(shift) > SHIFT:
        return "too_low" if shift > 0 else "too_high"
    middle = (np.arange(N_BINS) + 0.5) / N_BINS
    spread = histogram @ middle**2 - (histogram @ middle) ** 2
    return "too_sure" if spread > (1 - 1 / N_BINS**2) / 12 else "too_unsure"


# whole histories


def judge_paths(
    model: LadderModel, theta: np.ndarray, encoded: Encoded, rng: np.random.Generator
) -> tuple[PathFigure, ...]:
    """Draw histories of the same customers from the fit and compare what lasts in them.

    Looks at purchases, or at the commonest count; empty where nothing is counted.
    """
    counted = [
        (emission, where)
        for emission, where in zip(model.emissions, model.slices[2:], strict=True)
        if isinstance(emission, Counts)
    ]
    if not counted:
        return ()
    emission, where = max(counted, key=lambda pair: (pair[0].name == "purchase", pair[0].average))
    tables, sequences = model.tables(theta), encoded.sequences
    observed = emission.values[emission.index[shared_codes(encoded)]]
    known = np.isfinite(observed)
    figures = _path_figures(np.nan_to_num(observed), known, sequences)
    drawn = []
    for _ in range(N_DRAWS):
        states = draw_states(sequences, tables, rng)
        counts = _draw_counts(emission, theta[where], states, known, encoded, model.space, rng)
        drawn.append(_path_figures(counts, known, sequences))
    mean, sd = np.mean(drawn, axis=0), np.std(drawn, axis=0, ddof=1)
    names = [("autocorrelation", lag) for lag in LAGS] + [("silence", 0)]
    found = []
    for (name, lag), seen, middle, spread in zip(names, figures, mean, sd, strict=True):
        if not np.isfinite(seen + middle):
            continue
        low, high = float(middle - 1.96 * spread), float(middle + 1.96 * spread)
        agrees = low <= seen <= high or abs(seen - middle) < MATERIAL * max(abs(seen), 0.2)
        found.append(PathFigure(name, lag, float(seen), float(middle), low, high, bool(agrees)))
    return tuple(found)


def draw_states(sequences: Sequences, tables: Tables, rng: np.random.Generator) -> np.ndarray:
    """(n_rows,) states drawn for the same customers, windows and actions."""
    lengths = np.diff(sequences.offsets)
    steps = np.cumsum(dense(tables, tables.edges), axis=2)
    start = np.cumsum(tables.initial, axis=1)
    states = np.empty(int(sequences.offsets[-1]), np.int64)
    here = np.flatnonzero(lengths > 0)
    state = _draw(start[sequences.starts[here]], rng)
    states[sequences.offsets[here]] = state
    for t in range(1, int(lengths.max(initial=0))):
        going = lengths[here] > t
        here, state = here[going], state[going]
        rows = sequences.offsets[here] + t
        state = _draw(steps[sequences.moves[rows], state], rng)
        states[rows] = state
    return states


def _draw_counts(
    emission: Counts,
    theta: np.ndarray,
    states: np.ndarray,
    known: np.ndarray,
    encoded: Encoded,
    space: Space,
    rng: np.random.Generator,
) -> np.ndarray:
    """(n_rows,) counts given the states; where the last count speaks in the next, row after row."""
    own = emission.index[shared_codes(encoded)]
    klass, rung = np.divmod(states, space.n_places)
    gone = rung == space.n_rungs
    state = klass * space.n_rungs + np.minimum(rung, space.n_rungs - 1)
    size = None if emission.poisson else emission.size_of(theta)
    varied = 1.0 if size is None else rng.gamma(size, 1 / size, len(states))
    varied = varied * ~gone
    feedback = encoded.layout.feedback.get(emission.name)
    if feedback is None:
        return rng.poisson(means(emission, theta)[own, state] * varied).astype(float)
    slopes = emission.slopes_of(theta)
    eta = emission.log_means(theta)[state] + (emission.design[:, :-1] @ slopes[:-1])[own]
    counts, offsets = np.zeros(len(states)), encoded.sequences.offsets
    lengths = np.diff(offsets)
    for t in range(int(lengths.max(initial=0))):
        rows = offsets[:-1][lengths > t] + t
        before = np.zeros(len(rows))
        if t:
            steps = BEFORE_LOGS[np.searchsorted(BEFORE_LOGS, np.log1p(counts[rows - 1]), side="right") - 1]
            before = np.where(known[rows - 1], slopes[-1] * (steps - feedback), 0.0)
        counts[rows] = rng.poisson(np.exp(eta[rows] + before) * varied[rows])
    return counts


def _draw(cumulative: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    last = cumulative.shape[1] - 1
    return np.minimum((rng.random(len(cumulative))[:, None] > cumulative).sum(axis=1), last)


def _path_figures(values: np.ndarray, known: np.ndarray, sequences: Sequences) -> np.ndarray:
    """Correlations at `LAGS` of the log counts, and the mean length of a stretch of zeros."""
    lengths = np.diff(sequences.offsets)
    position = np.arange(len(values)) - np.repeat(sequences.offsets[:-1], lengths)
    y, found = np.log1p(values), []
    for lag in LAGS:
        later = np.flatnonzero(position >= lag)
        later = later[known[later] & known[later - lag]]
        pair = (y[later - lag], y[later])
        flat = len(later) < LEAST_ROWS or min(pair[0].std(), pair[1].std()) == 0
        found.append(np.nan if flat else np.corrcoef(*pair)[0, 1])
    silent = (values == 0) & known
    begins = silent.copy()
    begins[1:] &= ~(silent[:-1] & (position[1:] > 0))
    found.append(silent.sum() / max(int(begins.sum()), 1))
    return np.array(found)
