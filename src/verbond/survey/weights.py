"""Survey weights: raking to known margins, weighted means and alpha with errors that allow for it.

>>> region = np.array(["north"] * 60 + ["south"] * 40)
>>> found = rake({"region": region}, {"region": {"north": 0.5, "south": 0.5}})
>>> found.weights[[0, -1]].round(4).tolist(), round(found.effective_n, 1)
([0.8333, 1.25], 96.0)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import stdtrit

from verbond.errors import DataError, OptionError
from verbond.results import Estimate, Provenance, Reason, Result
from verbond.results.groups import MIN_GROUP
from verbond.survey.drivers import latest_scores
from verbond.survey.kernel import Moments, reliability
from verbond.survey.types import customer_segments
from verbond.tables import Tables

__all__ = [
    "Raking",
    "WeightedColumn",
    "WeightedFigures",
    "effective_n",
    "rake",
    "weigh_to_customers",
    "weighted_figures",
    "weighted_mean",
    "weighted_moments",
]

TOLERANCE = 1e-9
MOST_ROUNDS = 1000
HIGH_EFFECT = 2.0
"""Weights that double the variance of a mean or more deserve a word."""


@dataclass(frozen=True, slots=True)
class Raking:
    """Weights whose margins are those that were asked for.

    Attributes
    ----------
    weights : (n,) float64
        Mean 1; 0 for who has no answer on one of the margins.
    n_rounds : int
    converged : bool
    effective_n : float
        People whose plain mean would be as exact: (sum w)^2 / sum w^2 (Kish 1965).
    reasons : tuple of Reason
    """

    weights: np.ndarray = field(repr=False)
    n_rounds: int
    converged: bool
    effective_n: float
    reasons: tuple[Reason, ...]
    _margins: tuple[np.ndarray, ...] = field(repr=False, default=())
    _base: np.ndarray | None = field(repr=False, default=None)


def effective_n(weights: np.ndarray) -> float:
    """People whose plain mean would be as exact as the weighted one (Kish 1965).

    Examples
    --------
    >>> effective_n(np.array([1.0, 1.0, 2.0]))
    2.6666666666666665
    """
    return float(weights.sum() ** 2 / (weights**2).sum())


def rake(
    groups: Mapping[str, np.ndarray],
    margins: Mapping[str, Mapping[str, float]],
    *,
    base: np.ndarray | None = None,
    most: float | None = None,
) -> Raking:
    """Weights under which the respondents have the known shares of every margin.

    Parameters
    ----------
    groups : mapping of str to (n,) array of text
        Per margin each respondent's category; None where unknown.
    margins : mapping of str to mapping of str to float
        Per margin each category's share (or number) in the population; they are scaled to 1.
    base : (n,) float, optional
        Design weights to start from.
    most : float, optional
        Weights above so many times the mean are cut to it, and raking goes on; margins are then met less
        exactly, and that is said.

    Returns
    -------
    Raking

    Raises
    ------
    DataError
        A category has a share and no respondents, or respondents and no share.

    Notes
    -----
    Iterative proportional fitting (Deming & Stephan 1940): one margin after the other is scaled to its shares
    until nothing moves. The result equals that of ``survey::rake`` in R.
    """
    if not margins:
        raise OptionError("no margins to rake to", expected="a margin with the share of each category")
    codes, targets = zip(*(_margin(name, groups, shares) for name, shares in margins.items()), strict=True)
    n = len(codes[0])
    start = np.ones(n) if base is None else np.asarray(base, dtype=np.float64)
    if start.shape != (n,) or not (np.isfinite(start).all() and (start >= 0).all()):
        raise OptionError("base weights must be one number from 0 a respondent", got=str(start.shape))
    known = np.all([c >= 0 for c in codes], axis=0)
    weights = np.where(known, start, 0.0)
    if not weights.sum():
        raise DataError("nobody is known on all margins", hint="Name margins that respondents answered.")
    weights *= known.sum() / weights.sum()
    left, n_rounds = np.inf, 0
    while left > TOLERANCE and n_rounds < MOST_ROUNDS:
        n_rounds += 1
        before = weights.copy()
        for code, target in zip(codes, targets, strict=True):
            now = np.bincount(code[known], weights[known], len(target)) / weights.sum()
            factor = np.divide(target, now, out=np.ones_like(target), where=now > 0)
            weights[known] *= factor[code[known]]
        if most is not None:
            weights = np.minimum(weights, most * weights.sum() / known.sum())
        left = float(np.abs(weights - before).max())
    off = max(
        float(np.abs(np.bincount(c[known], weights[known], len(t)) / weights.sum() - t).max())
        for c, t in zip(codes, targets, strict=True)
    )
    reasons = _reasons(weights[known], int((~known).sum()), off)
    return Raking(weights, n_rounds, off < 1e-6, effective_n(weights), tuple(reasons), codes, start)


def _margin(
    name: str, groups: Mapping[str, np.ndarray], shares: Mapping[str, float]
) -> tuple[np.ndarray, np.ndarray]:
    if name not in groups:
        raise OptionError(f"margin {name!r} is not known of the respondents", got=", ".join(groups))
    target = np.array(list(shares.values()), dtype=np.float64)
    if not len(target) or not np.isfinite(target).all() or (target <= 0).any():
        raise OptionError(f"margin {name!r} has a share that is not above 0", got=str(dict(shares)))
    row = {str(label): i for i, label in enumerate(shares)}
    values = [None if v is None or v != v else str(v) for v in groups[name]]
    if strange := sorted({v for v in values if v is not None} - set(row)):
        raise DataError(
            f"margin {name!r} has no share for {strange[0]!r}", got=", ".join(row),
            hint="Give every category that respondents have a share, or merge categories.",
        )  # fmt: skip
    if empty := sorted(set(row) - set(values)):
        raise DataError(
            f"margin {name!r} has no respondents in {empty[0]!r}",
            hint="Merge it with another category: nobody's answers can stand for it.",
        )
    return np.array([-1 if v is None else row[v] for v in values], dtype=np.int64), target / target.sum()


def _reasons(weights: np.ndarray, n_unknown: int, off: float):
    if n_unknown:
        yield Reason("survey.weights_unknown", {"n": n_unknown})
    if off >= 1e-6:
        yield Reason("survey.weights_off", {"off": off})
    worth = effective_n(weights)
    if len(weights) / worth > HIGH_EFFECT:
        yield Reason("survey.weights_dear", {"n": len(weights), "worth": round(worth)})


def weighted_mean(values: np.ndarray, weights: np.ndarray | Raking, *, ci_level: float = 0.95) -> Estimate:
    """Mean with a linearised standard error; of a 0-1 column: a share.

    Parameters
    ----------
    values : (n,) float
        NaN where missing: left out.
    weights : (n,) float, or Raking
        With a Raking, what the margins foretell of the values no longer counts as error.
    ci_level : float

    Notes
    -----
    u_i = w_i (y_i - mean) / sum(w); variance n / (n - 1) sum(u^2) (Taylor linearisation, one stage, with
    replacement). After raking y_i - mean is replaced by its residual from the margins (Deville & Sarndal
    1992). This is what svymean gives for svydesign(ids = ~1) and for its raked design.
    """
    raw = weights.weights if isinstance(weights, Raking) else np.asarray(weights, dtype=np.float64)
    used = np.isfinite(values) & (raw > 0)
    w, y = raw[used], np.asarray(values, dtype=np.float64)[used]
    n = len(y)
    if n < 2:
        return Estimate(float(y[0]) if n else None, n_obs=n, ci_level=ci_level)
    mean = float(w @ y / w.sum())
    residual = y - mean
    if isinstance(weights, Raking):
        base = weights._base[used]
        residual = _without_margins(residual, [c[used] for c in weights._margins], base)
    error = np.sqrt(n / (n - 1) * ((w * residual) ** 2).sum()) / w.sum()
    half = float(stdtrit(n - 1, 0.5 + ci_level / 2) * error)
    return Estimate(mean, mean - half, mean + half, n, ci_level)


def _without_margins(values: np.ndarray, codes: list[np.ndarray], base: np.ndarray) -> np.ndarray:
    dummies = np.column_stack([code[:, None] == np.arange(code.max() + 1) for code in codes]).astype(
        np.float64
    )
    root = np.sqrt(base)
    return values - dummies @ np.linalg.lstsq(dummies * root[:, None], values * root, rcond=None)[0]


def weighted_moments(answers: np.ndarray, weights: np.ndarray) -> Moments:
    """Means, covariances and correlations of items with weights, for `reliability`.

    Parameters
    ----------
    answers : (n, k) float
        NaN where there is no answer; each pair of items uses everybody who answered both.
    weights : (n,) float

    Returns
    -------
    Moments
        Covariances are weighted sums of products over the weight of the pair; alpha does not depend on their
        divisor.
    """
    there = np.isfinite(answers)
    weight = there * weights[:, None]
    total = there.T @ weight
    filled = np.where(there, answers, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (filled * weight).sum(axis=0) / weight.sum(axis=0)
        centred = np.where(there, answers - mean, 0.0)
        first = (centred * weight).T @ there / total  # mean of i among who answered j too
        cov = (centred * weight).T @ centred / total - first * first.T
        variance = ((centred**2) * weight).T @ there / total - first**2
        cor = cov / np.sqrt(variance * variance.T)
    n = there.T.astype(np.int64) @ there
    cor[~np.isfinite(cor)] = np.nan
    return Moments(n, mean, cov, cor)


@dataclass(frozen=True, slots=True)
class WeightedColumn:
    """One column with and without weights.

    Attributes
    ----------
    name : str
    plain, weighted : Estimate
    """

    name: str
    plain: Estimate
    weighted: Estimate


@dataclass(frozen=True, slots=True)
class WeightedFigures(Result):
    """What weights do to a survey.

    Attributes
    ----------
    n_obs : int
        Respondents with a weight.
    effective_n : float
        What they are worth.
    least, most : float
        Weights, as multiples of their mean.
    columns : tuple of WeightedColumn
    alphas : dict of str to float or None
        Weighted alpha of each scale.
    converged : bool
    reasons : tuple of Reason
    provenance : Provenance
    weights : (n,) array
        Not in JSON.
    """

    n_obs: int
    effective_n: float
    least: float
    most: float
    columns: tuple[WeightedColumn, ...]
    alphas: dict[str, float | None]
    converged: bool
    reasons: tuple[Reason, ...]
    provenance: Provenance
    weights: np.ndarray = field(metadata={"json": False}, repr=False)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a column: plain mean, weighted mean and its bounds."""
        return [
            {
                "column": c.name,
                "n_obs": c.weighted.n_obs,
                "mean": c.plain.value,
                "weighted_mean": c.weighted.value,
                "ci_lower": c.weighted.ci_lower,
                "ci_upper": c.weighted.ci_upper,
            }
            for c in self.columns
        ]


def weighted_figures(
    raking: Raking,
    columns: Mapping[str, np.ndarray],
    scales: Mapping[str, Sequence[str]] | None = None,
    *,
    ci_level: float = 0.95,
    source: str = "",
) -> WeightedFigures:
    """Means of columns and alphas of scales under raked weights, and what the weights cost.

    Parameters
    ----------
    raking : Raking
    columns : mapping of str to (n,) float
    scales : mapping of str to sequence of str
        Name of a scale -> columns of its items, reversed ones with a minus.
    ci_level : float
    source : str
    """
    used = raking.weights > 0
    share = raking.weights[used] / raking.weights[used].mean()
    worth = Reason("survey.weights_worth", {"n": int(used.sum()), "worth": round(raking.effective_n)})
    in_scales = {item.removeprefix("-") for items in (scales or {}).values() for item in items}
    rows = []
    for name, values in columns.items():
        if name in in_scales:
            continue
        known = int((np.isfinite(values) & used).sum())
        if known < MIN_GROUP:
            small = Estimate(None, reason=Reason("survey.too_small_group", {"least": MIN_GROUP}))
            rows.append(WeightedColumn(name, small, small))
        else:
            plain = weighted_mean(values, np.ones(len(values)), ci_level=ci_level)
            rows.append(WeightedColumn(name, plain, weighted_mean(values, raking, ci_level=ci_level)))
    alphas = {}
    for name, items in (scales or {}).items():
        signs = np.array([-1.0 if item.startswith("-") else 1.0 for item in items])
        answers = np.column_stack([columns[item.removeprefix("-")] for item in items]) * signs
        alphas[name] = reliability(weighted_moments(answers, raking.weights)).alpha
    return WeightedFigures(
        n_obs=int(used.sum()),
        effective_n=raking.effective_n,
        least=float(share.min()),
        most=float(share.max()),
        columns=tuple(rows),
        alphas=alphas,
        converged=raking.converged,
        reasons=(worth, *raking.reasons),
        provenance=Provenance(source=source),
        weights=raking.weights,
    )


def weigh_to_customers(
    tables: Tables, scores: Mapping[str, np.ndarray], attributes: Sequence[str], *, ci_level: float = 0.95
) -> WeightedFigures:
    """Construct means as if respondents had the attributes that all customers have.

    Use it where some customers answer more readily than others. It mends only what goes with the attributes.

    Parameters
    ----------
    tables : Tables
        Whose customers are the population.
    scores : mapping of str to array
        The canonical `scores` table; each respondent's latest wave counts.
    attributes : sequence of str
    ci_level : float

    Raises
    ------
    DataError
        Customers have no such attribute, or nobody of a category answered.
    """
    segments = customer_segments(tables, attributes)
    customer = {
        str(r): str(c)
        for r, c in zip(scores["respondent_id"], scores["customer_id"], strict=True)
        if c is not None
    }
    people = sorted({str(v) for v in scores["respondent_id"]})
    groups, margins = {}, {}
    for name, categories in segments.items():
        groups[name] = np.array([categories.get(customer.get(who, "")) for who in people], dtype=object)
        margins[name] = {value: float(n) for value, n in Counter(categories.values()).items()}
    raking = rake(groups, margins)
    return weighted_figures(raking, latest_scores(scores), ci_level=ci_level, source=tables.name)
