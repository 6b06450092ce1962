"""The graded response model: one scale for short forms, long forms and waves.

>>> rng = np.random.default_rng(3)
>>> level = rng.normal(size=800)
>>> answers = {f"q{j}": np.clip(np.round(4 + 1.3 * level + rng.normal(size=800)), 1, 7) for j in range(4)}
>>> result = GradedModel().fit(answers)
>>> scores = result.scores(answers)
>>> bool(np.corrcoef(scores.theta, level)[0, 1] > 0.85)
True
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verbond.errors import OptionError
from verbond.numerics.checks import check_ci_level
from verbond.numerics.intervals import normal_quantile
from verbond.results import Estimate, Provenance, Reason, Result
from verbond.survey.graded_fit import (
    Fitted,
    Patterns,
    Space,
    answer_matrix,
    climb,
    coded,
    covariance,
    loglik_at,
)
from verbond.survey.graded_kernel import Curves, curves, grid_density, posteriors

__all__ = ["GradedGroup", "GradedItem", "GradedModel", "GradedResult", "GradedScores"]

STEEP = 6.0
"""Slopes beyond this mean that two items say the same, or that too few people answered."""
ENDS = 6.0
"""The grid covers so many standard deviations on both sides."""


@dataclass(frozen=True, slots=True)
class GradedItem:
    """One item.

    Attributes
    ----------
    item : str
    n_obs : int
        Answers.
    categories : tuple of float
        The answers that were used, lowest first.
    slope, slope_se : float
        Discrimination a, on the logistic metric (no 1.7); below zero: worded the other way round.
    thresholds, thresholds_se : tuple of float
        b_c: the level at which half of the people answer category c or higher.
    """

    item: str
    n_obs: int
    categories: tuple[float, ...]
    slope: float
    slope_se: float | None
    thresholds: tuple[float, ...]
    thresholds_se: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class GradedGroup:
    """Level of one group (a wave, a form) on the common scale.

    Attributes
    ----------
    group : str
    n_obs : int
    mean, sd : Estimate
        In standard deviations of the first group, which has mean 0 and sd 1 by definition.
    """

    group: str
    n_obs: int
    mean: Estimate
    sd: Estimate


@dataclass(frozen=True, slots=True)
class GradedScores:
    """Levels of people.

    Attributes
    ----------
    theta : (n,) float64
        Expected level given the answers (EAP); NaN for who answered nothing.
    standard_error : (n,) float64
        Its posterior standard deviation.
    n_items : (n,) int64
        Answers that it rests on.
    """

    theta: np.ndarray
    standard_error: np.ndarray
    n_items: np.ndarray


@dataclass(frozen=True, slots=True)
class GradedResult(Result):
    """A fitted graded response model.

    Attributes
    ----------
    items : tuple of GradedItem
    groups : tuple of GradedGroup
        Empty with one group.
    n_obs, n_patterns, n_parameters : int
        People with an answer; different rows of answers among them.
    loglik, aic, bic : float
    quadrature_error : float
        How much the log-likelihood changes with twice as many grid points.
    reliability : float
        Share of the levels' variance that scores carry, over these people: var(EAP) / (var(EAP) + mean SE^2).
    converged : bool
    reasons : tuple of Reason
    provenance : Provenance
    """

    items: tuple[GradedItem, ...]
    groups: tuple[GradedGroup, ...]
    n_obs: int
    n_patterns: int
    n_parameters: int
    loglik: float
    aic: float
    bic: float
    quadrature_error: float
    reliability: float
    converged: bool
    reasons: tuple[Reason, ...]
    provenance: Provenance
    _grid: np.ndarray = field(repr=False)
    _density: np.ndarray = field(repr=False)  # (G, Q)
    _labels: tuple[str, ...] = field(repr=False, default=())

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row an item: item, n_obs, slope, slope_se, thresholds."""
        return [
            {
                "item": i.item,
                "n_obs": i.n_obs,
                "slope": i.slope,
                "slope_se": i.slope_se,
                "thresholds": " ".join(f"{b:.3f}" for b in i.thresholds),
            }
            for i in self.items
        ]

    def scores(
        self, answers: Mapping[str, np.ndarray] | np.ndarray, *, groups: Sequence[str] | None = None
    ) -> GradedScores:
        """Levels with their errors, also where answers are missing.

        Parameters
        ----------
        answers : mapping of str to (n,) float, or (n, k) float
            NaN where there is no answer; items of the model that are not there count as not answered. An
            answer that nobody gave when the model was fitted is read as the nearest that somebody gave.
        groups : sequence of str, optional
            Each person's group; without it everybody is taken as one of the first.
        """
        codes = coded(
            answer_matrix(answers, [i.item for i in self.items]), [i.categories for i in self.items]
        )
        where = self._groups_of(groups, len(codes))
        table = self._curves()
        found = posteriors(codes, where, table.probs, self._density, self._grid)
        n_items = (codes >= 0).sum(axis=1)
        none = n_items == 0
        theta, error = np.where(none, np.nan, found.mean), np.where(none, np.nan, found.sd)
        return GradedScores(theta, error, n_items)

    def item_information(self, theta: np.ndarray) -> np.ndarray:
        """Fisher information of each item at levels `theta`; (k, t).

        Notes
        -----
        I(theta) = sum_c P_c'(theta)^2 / P_c(theta) (Samejima 1969).
        """
        theta = np.atleast_1d(np.asarray(theta, dtype=np.float64))
        slopes, intercepts = self._parameters()
        table = curves(theta, slopes, intercepts)
        rise = slopes[:, None, None] * (table.by_upper + table.by_lower)  # d log P / d theta
        return (table.probs * rise**2 * (table.by_upper + table.by_lower != 0)).sum(axis=1)

    def information(self, theta: np.ndarray) -> np.ndarray:
        """Information of all items together, (t,); 1 / sqrt of it is the error that answers leave."""
        return self.item_information(theta).sum(axis=0)

    def expected_share(self, theta: np.ndarray) -> np.ndarray:
        """Expected mean answer over all items as a share 0..1 of their scales, at levels `theta`; (t,).

        Reversed items (negative slope) are turned over. This is how a short and a long form are compared.
        """
        slopes, intercepts = self._parameters()
        probs = curves(np.atleast_1d(theta), slopes, intercepts).probs
        shares = []
        for j, item in enumerate(self.items):
            low, high = item.categories[0], item.categories[-1]
            at = (np.array(item.categories) - low) / (high - low)
            at = 1 - at if item.slope < 0 else at
            shares.append(at @ probs[j, : len(at)])
        return np.mean(shares, axis=0)

    def _parameters(self) -> tuple[np.ndarray, np.ndarray]:
        slopes = np.array([i.slope for i in self.items])
        most = max(len(i.thresholds) for i in self.items)
        intercepts = np.full((len(slopes), most), -np.inf)
        for j, item in enumerate(self.items):
            intercepts[j, : len(item.thresholds)] = -item.slope * np.array(item.thresholds)
        return slopes, intercepts

    def _curves(self) -> Curves:
        return curves(self._grid, *self._parameters())

    def _groups_of(self, groups: Sequence[str] | None, n: int) -> np.ndarray:
        if groups is None or not self._labels:
            return np.zeros(n, dtype=np.int64)
        known = {label: g for g, label in enumerate(self._labels)}
        if unknown := sorted({str(g) for g in groups} - set(known)):
            raise OptionError("unknown group", got=unknown[0], expected="one of " + ", ".join(known))
        return np.array([known[str(g)] for g in groups], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class GradedModel:
    """Graded response model by marginal maximum likelihood.

    Use it where people answered different forms or in different waves: items that they share tie all onto one
    scale. For one form answered by everybody, means of items order people nearly the same way.

    Parameters
    ----------
    equal_slopes : bool
        One slope for all items (with two answers an item: the Rasch model with a free variance).
    n_points : int
        Of the grid over the level.
    standard_errors : bool
    ci_level : float
    """

    equal_slopes: bool = False
    n_points: int = 61
    standard_errors: bool = True
    ci_level: float = 0.95

    def __post_init__(self) -> None:
        if self.n_points < 11:
            raise OptionError("too few grid points", got=str(self.n_points), expected="11 or more")
        check_ci_level(self.ci_level)

    def fit(
        self,
        answers: Mapping[str, np.ndarray] | np.ndarray,
        *,
        groups: Sequence[str] | None = None,
        source: str = "",
    ) -> GradedResult:
        """Estimate the items, and the level of each group.

        Parameters
        ----------
        answers : mapping of str to (n,) float, or (n, k) float
            One column an item, NaN where there is no answer. All that is there is used.
        groups : sequence of str, optional
            Each person's wave or form; the first in the order of the alphabet has mean 0 and sd 1.
        source : str

        Returns
        -------
        GradedResult

        Raises
        ------
        DataError
            Fewer than 30 people or two items that vary, or an item with more than 20 different answers.

        Notes
        -----
        Quasi-Newton steps on the exact gradient (Fisher's identity: one pass over the patterns), in the
        metric of the outer products of people's own gradients; the same outer products, or the Hessian by
        differences of the gradient where there are few patterns, give standard errors. Bock & Aitkin (1981)
        for the marginal likelihood, Samejima (1969) for the model.
        """
        data = Patterns.of(answers, groups)
        space = Space(data, self.equal_slopes or len(data.names) == 2)
        grid = np.linspace(-ENDS, ENDS, self.n_points)
        fitted = climb(data, space, grid)
        twice = np.linspace(-ENDS, ENDS, 2 * self.n_points - 1)
        finer = loglik_at(data, space, twice, fitted.x)
        cov = covariance(data, space, grid, fitted) if self.standard_errors else None
        return _result(self, data, space, grid, fitted, finer, cov, source)


def _result(
    model: GradedModel, data: Patterns, space: Space, grid: np.ndarray, fitted: Fitted, finer: float,
    cov: np.ndarray | None, source: str,
) -> GradedResult:  # fmt: skip
    slopes, intercepts, means, sds = space.unpacked(fitted.x)
    density = grid_density(grid, means, sds)
    errors = _item_errors(space, fitted.x, slopes, intercepts, cov)
    items = tuple(
        GradedItem(
            item=name,
            n_obs=int(data.weights[data.codes[:, j] >= 0].sum()),
            categories=data.categories[j],
            slope=float(slopes[j]),
            slope_se=errors[j][0],
            thresholds=tuple((-intercepts[j, :m] / slopes[j]).tolist()),
            thresholds_se=errors[j][1],
        )
        for j, (name, m) in enumerate(zip(data.names, space.n_bounds, strict=True))
    )
    table = curves(grid, slopes, intercepts)
    found = posteriors(data.codes, data.groups, table.probs, density, grid)
    mean = np.average(found.mean, weights=data.weights)
    spread = np.average((found.mean - mean) ** 2, weights=data.weights)
    noise = np.average(found.sd**2, weights=data.weights)
    return GradedResult(
        items=items,
        groups=_groups(model, data, space, means, sds, cov),
        n_obs=data.n_obs,
        n_patterns=len(data.codes),
        n_parameters=space.size,
        loglik=fitted.loglik,
        aic=-2 * fitted.loglik + 2 * space.size,
        bic=-2 * fitted.loglik + space.size * float(np.log(data.n_obs)),
        quadrature_error=abs(finer - fitted.loglik),
        reliability=float(spread / (spread + noise)),
        converged=fitted.converged,
        reasons=tuple(_reasons(model, data, items, fitted, finer, cov)),
        provenance=Provenance(source=source, options=dataclasses.asdict(model)),
        _grid=grid,
        _density=density,
        _labels=data.labels,
    )


def _item_errors(
    space: Space, x: np.ndarray, slopes: np.ndarray, intercepts: np.ndarray, cov: np.ndarray | None
) -> list[tuple[float | None, tuple[float | None, ...]]]:
    """Standard errors of slopes and thresholds, by the delta method."""
    if cov is None:
        return [(None, (None,) * int(m)) for m in space.n_bounds]
    raw = space.chain(x) @ cov @ space.chain(x).T
    found = []
    for j, m in enumerate(space.n_bounds):
        rows = np.concatenate([[j], space.k + j * space.most + np.arange(m)])
        part = raw[np.ix_(rows, rows)]
        turn = np.column_stack([intercepts[j, :m] / slopes[j] ** 2, -np.eye(m) / slopes[j]])
        variances = np.einsum("ij,jk,ik->i", turn, part, turn)
        found.append((float(np.sqrt(part[0, 0])), tuple(np.sqrt(variances).tolist())))
    return found


def _groups(
    model: GradedModel,
    data: Patterns,
    space: Space,
    means: np.ndarray,
    sds: np.ndarray,
    cov: np.ndarray | None,
) -> tuple[GradedGroup, ...]:
    z, level, found = normal_quantile(model.ci_level), model.ci_level, []
    for g, label in enumerate(data.labels):
        n = round(float(data.weights[data.groups == g].sum()))
        at = space.first_mean + g - 1
        if g == 0 or cov is None:
            mean, sd = Estimate(float(means[g]), n_obs=n), Estimate(float(sds[g]), n_obs=n)
        else:
            half, log_half = (
                z * np.sqrt(cov[at, at]),
                z * np.sqrt(cov[at + space.n_groups - 1][at + space.n_groups - 1]),
            )
            mean = Estimate(float(means[g]), float(means[g] - half), float(means[g] + half), n, level)
            ends = (float(sds[g] * np.exp(sign * log_half)) for sign in (-1, 1))
            sd = Estimate(float(sds[g]), *ends, n, level)
        found.append(GradedGroup(label, n, mean, sd))
    return tuple(found)


def _reasons(
    model: GradedModel, data: Patterns, items: Sequence[GradedItem], fitted: Fitted, finer: float,
    cov: np.ndarray | None,
) -> list[Reason]:  # fmt: skip
    reasons = []
    if not fitted.converged or (cov is None and model.standard_errors):
        reasons.append(Reason("survey.not_converged"))
    if data.constant:
        reasons.append(
            Reason("survey.graded_constant", {"items": list(data.constant), "n": len(data.constant)})
        )
    if len(items) == 2 and not model.equal_slopes:
        reasons.append(Reason("survey.graded_two_items"))
    against = [i.item for i in items if i.slope < 0]
    if against:
        reasons.append(Reason("survey.graded_against", {"items": against, "n": len(against)}))
    steep = [i.item for i in items if abs(i.slope) > STEEP]
    if steep:
        reasons.append(Reason("survey.graded_steep", {"items": steep, "n": len(steep)}))
    if abs(finer - fitted.loglik) > 0.5:
        reasons.append(Reason("survey.graded_grid", {"error": abs(finer - fitted.loglik)}))
    if data.n_left_out:
        reasons.append(Reason("survey.graded_left_out", {"n": data.n_left_out}))
    return reasons
