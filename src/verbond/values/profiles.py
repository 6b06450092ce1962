"""Value profiles: what people hold dear, and what they see in a company, on the same list of values.

People differ in how high they answer throughout; that is no value. A profile is therefore centred on the
person's mean over all items (Schwartz calls it MRAT), not on the mean of the value means.

References
----------
Schwartz, S. H. (1992). Universals in the content and structure of values. Advances in Experimental Social
Psychology, 25, 1-65.
Schwartz, S. H., & Bardi, A. (2001). Value hierarchies across cultures. Journal of Cross-Cultural Psychology,
32(3), 268-290.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verbond.errors import DataError, OptionError
from verbond.method import CIRCLE, CIRCLE_19, HIGHER_ORDERS, Text
from verbond.numerics.intervals import mean_interval, normal_quantile
from verbond.results import Estimate, Provenance, Reason, Result
from verbond.results.groups import MIN_GROUP
from verbond.values.names import on_circle_of

__all__ = [
    "HigherOrderMean",
    "ProfileResult",
    "Profiles",
    "ValueMean",
    "ValueSpread",
    "association",
    "profile_result",
    "score_profiles",
    "value_names",
]

HIERARCHY = (
    "benevolence", "self_direction", "universalism", "security", "conformity", "achievement", "hedonism",
    "stimulation", "tradition", "power",
)  # fmt: skip
"""What people in most countries hold dear, most first (Schwartz & Bardi 2001, representative samples)."""
RUNS_AGAINST = -0.564
"""Rank correlation with the hierarchy from which the key is asked about: one-sided 5% for ten values."""
LEAST_PAIRS = 10
"""Respondents below which no correlation between values is told."""
NO_SPREAD = 1e-9
"""A standard deviation below this is none."""


@dataclass(frozen=True, slots=True)
class Profiles:
    """Scores of respondents on values, before centring.

    Attributes
    ----------
    values : (v,) tuple of str
        Ids of values, all of the circle of ten or all of nineteen.
    scores : (n, v) float64
        Mean of the value's answered items, on the items' own scale; NaN where none.
    person_means : (n,) float64
        MRAT: the person's mean over all answered items; NaN with fewer than half of them.
    item_correlations : mapping of str to float
        Item: its lowest correlation with another item of the same value, where a value has several.
    groups : (n,) object, or None
        Department or segment of each respondent; None inside where unknown.
    n_items : int
    midpoint : float or None
        Of the items' scale, where all share one.
    provenance : Provenance
    """

    values: tuple[str, ...]
    scores: np.ndarray = field(repr=False)
    person_means: np.ndarray = field(repr=False)
    item_correlations: Mapping[str, float] = field(default_factory=dict, repr=False)
    groups: np.ndarray | None = field(default=None, repr=False)
    n_items: int = 0
    midpoint: float | None = None
    provenance: Provenance = field(default_factory=Provenance)

    @property
    def centred(self) -> np.ndarray:
        """Scores minus the person's mean over all items, shape (n, v)."""
        return self.scores - self.person_means[:, None]

    @property
    def n_obs(self) -> int:
        """Respondents with a profile."""
        return int(np.isfinite(self.person_means).sum())

    def correlation(self, weights: np.ndarray) -> tuple[float, int]:
        """Correlation of two weighted sums of values, shape (2, v), over all who answered what is in them.

        Returns
        -------
        tuple of (float, int)
            NaN where one of the two does not vary; how many people.
        """
        held = np.where(weights[:, None, :] > 0, self.centred[None] * weights[:, None, :], 0.0).sum(axis=2)
        x, y = held[:, np.isfinite(held).all(axis=0)]
        if len(x) < 2 or min(x.std(), y.std()) < NO_SPREAD:
            return float("nan"), len(x)
        return float(np.corrcoef(x, y)[0, 1]), len(x)

    def spread(self) -> ValueSpread | None:
        """How the values go together, without anybody's answers; None with fewer than ten whole profiles."""
        complete = self.centred[np.isfinite(self.centred).all(axis=1)]
        if len(complete) < LEAST_PAIRS:
            return None
        return ValueSpread(self.values, np.cov(complete, rowvar=False), len(complete), self.provenance)


@dataclass(frozen=True, slots=True)
class ValueSpread:
    """How people's values go together, as one matrix: what is kept where the answers are not.

    Attributes
    ----------
    values : (v,) tuple of str
    covariance : (v, v) float64
        Of the centred scores of those who answered every value.
    n_obs : int
        Ten or more.
    provenance : Provenance
    """

    values: tuple[str, ...]
    covariance: np.ndarray = field(repr=False)
    n_obs: int
    provenance: Provenance = field(default_factory=Provenance)

    def correlation(self, weights: np.ndarray) -> tuple[float, int]:
        """As `Profiles.correlation`, over those who answered every value."""
        both = weights @ self.covariance @ weights.T
        if min(both[0, 0], both[1, 1]) < NO_SPREAD**2:
            return float("nan"), self.n_obs
        return float(both[0, 1] / np.sqrt(both[0, 0] * both[1, 1])), self.n_obs


@dataclass(frozen=True, slots=True)
class ValueMean:
    """One value in a group.

    Attributes
    ----------
    value : str
    score : Estimate
        Mean on the items' own scale.
    centred : Estimate
        Mean after taking off each person's mean over all items; for comparing groups.
    rank : int or None
        1 is what the group holds highest, by the centred mean.
    """

    value: str
    score: Estimate
    centred: Estimate
    rank: int | None


@dataclass(frozen=True, slots=True)
class HigherOrderMean:
    """One of the four sides of the circle: the mean of its values' centred scores.

    Attributes
    ----------
    higher_order : str
    centred : Estimate
    """

    higher_order: str
    centred: Estimate


@dataclass(frozen=True, slots=True)
class ProfileResult(Result):
    """The value profile of a group of people.

    Attributes
    ----------
    n_obs : int
    values : tuple of ValueMean
        In the order of the circle.
    higher_orders : tuple of HigherOrderMean
    questions : tuple of Reason
        What only you can know: is the key reversed?
    provenance : Provenance
    """

    n_obs: int
    values: tuple[ValueMean, ...]
    higher_orders: tuple[HigherOrderMean, ...]
    questions: tuple[Reason, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a value."""
        return [
            {
                "value": row.value,
                "score": row.score.value,
                "centred": row.centred.value,
                "ci_lower": row.centred.ci_lower,
                "ci_upper": row.centred.ci_upper,
                "rank": row.rank,
                "n_obs": row.centred.n_obs,
            }
            for row in self.values
        ]


def value_names(values: Sequence[str]) -> Mapping[str, Text]:
    """Names of values by id, of whichever circle they are."""
    every = {v.id: v.name for v in (*CIRCLE_19, *CIRCLE)}
    return {id: every[id] for id in values}


def score_profiles(
    columns: Mapping[str, np.ndarray],
    key: Mapping[str, Sequence[str]],
    *,
    reverse: bool = False,
    ends: tuple[float, float] | None = None,
    groups: np.ndarray | None = None,
    provenance: Provenance | None = None,
) -> Profiles:
    """Score items into value profiles.

    Parameters
    ----------
    columns : mapping of str to (n,) float array
        Answers by item, NaN where missing.
    key : mapping of str to sequence of str
        Value: its items (`verbond.values.keys`).
    reverse : bool
        A low answer means that the value is held dear (1 = "very much like me").
    ends : (float, float), optional
        Lowest and highest answer; by default the lowest and highest that occur. Answers outside are left
        out.
    groups : (n,) object, optional
        Department or segment of each respondent.
    provenance : Provenance, optional

    Returns
    -------
    Profiles

    Raises
    ------
    OptionError
        For a value that is on neither circle, or for ten and nineteen mixed.
    DataError
        Without answers.

    Examples
    --------
    >>> columns = {"a": np.array([5.0, 2.0]), "b": np.array([3.0, 4.0]), "c": np.array([1.0, 6.0])}
    >>> found = score_profiles(columns, {"power": ["a", "b"], "security": ["c"]})
    >>> found.scores.tolist(), found.person_means.tolist()          # MRAT: over three items, not two values
    ([[4.0, 1.0], [3.0, 6.0]], [3.0, 4.0])
    """
    values = _on_one_circle(tuple(key))
    items = [item for value in values for item in key[value]]
    answers = np.column_stack([np.asarray(columns[item], dtype=np.float64) for item in items])
    known = answers[np.isfinite(answers)]
    if not known.size:
        raise DataError("there are no answers about values")
    low, high = ends or (float(known.min()), float(known.max()))
    answers = np.where((answers < low) | (answers > high), np.nan, answers)
    if reverse:
        answers = low + high - answers
    scores, correlations, start = [], {}, 0
    for value in values:
        part = answers[:, start : start + len(key[value])]
        start += part.shape[1]
        scores.append(_row_means(part, 1))
        correlations |= _lowest_correlations(list(key[value]), part)
    return Profiles(
        values=values,
        scores=np.column_stack(scores),
        person_means=_row_means(answers, (answers.shape[1] + 1) // 2),
        item_correlations=correlations,
        groups=groups,
        n_items=len(items),
        midpoint=(low + high) / 2,
        provenance=provenance or Provenance(),
    )


def _on_one_circle(values: tuple[str, ...]) -> tuple[str, ...]:
    for circle in (CIRCLE, CIRCLE_19):
        order = [v.id for v in circle]
        if set(values) <= set(order):
            return tuple(id for id in order if id in values)
    known = {v.id for v in (*CIRCLE, *CIRCLE_19)}
    strange = [v for v in values if v not in known] or list(values)
    raise OptionError(
        "not values of one circle", got=", ".join(map(repr, strange)), expected="ids of method.CIRCLE"
    )


def _row_means(answers: np.ndarray, least: int) -> np.ndarray:
    there = np.isfinite(answers)
    n = there.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n >= least, np.where(there, answers, 0.0).sum(axis=1) / n, np.nan)


def _lowest_correlations(items: list[str], answers: np.ndarray) -> dict[str, float]:
    if len(items) < 2:
        return {}
    complete = answers[np.isfinite(answers).all(axis=1)]
    if len(complete) < LEAST_PAIRS or (complete.std(axis=0) < 1e-12).any():
        return {}
    cor = np.corrcoef(complete, rowvar=False)
    np.fill_diagonal(cor, np.inf)
    return dict(zip(items, cor.min(axis=1).tolist(), strict=True))


def profile_result(profiles: Profiles, *, own: bool = True, ci_level: float = 0.95) -> ProfileResult:
    """Means of a group's profile, with intervals, the four sides, and what has to be asked.

    Parameters
    ----------
    profiles : Profiles
    own : bool
        People's own values, not what they see in a company: only for those is there a known hierarchy.
    ci_level : float

    Returns
    -------
    ProfileResult
        Means over fewer than five people are hidden.
    """
    centred = profiles.centred
    means = [_estimate(centred[:, j], ci_level) for j in range(len(profiles.values))]
    known = [m.value for m in means if m.value is not None]
    rows = tuple(
        ValueMean(
            value,
            _estimate(profiles.scores[:, j], ci_level),
            means[j],
            None if means[j].value is None else 1 + sum(other > means[j].value for other in known),
        )
        for j, value in enumerate(profiles.values)
    )
    return ProfileResult(
        n_obs=profiles.n_obs,
        values=rows,
        higher_orders=_higher_orders(profiles, ci_level),
        questions=_questions(profiles, means, own),
        provenance=profiles.provenance,
    )


def _estimate(values: np.ndarray, ci_level: float) -> Estimate:
    known = values[np.isfinite(values)]
    if len(known) < MIN_GROUP:
        reason = Reason("values.too_small_group", {"least": MIN_GROUP})
        return Estimate(None, ci_level=ci_level, reason=reason)
    mean, lower, upper = mean_interval(known, ci_level=ci_level)
    return Estimate(mean, lower, upper, len(known), ci_level)


def _higher_orders(profiles: Profiles, ci_level: float) -> tuple[HigherOrderMean, ...]:
    circle = {v.id: v for v in (*CIRCLE_19, *CIRCLE)}
    centred = profiles.centred
    found = []
    for order in HIGHER_ORDERS:
        inside = [j for j, value in enumerate(profiles.values) if circle[value].higher_order == order]
        if inside:
            found.append(HigherOrderMean(order, _estimate(centred[:, inside].mean(axis=1), ci_level)))
    return tuple(found)


def _questions(profiles: Profiles, means: Sequence[Estimate], own: bool) -> tuple[Reason, ...]:
    """Is the whole key reversed; is a single item?"""
    asked = []
    level = {v: m.value for v, m in zip(profiles.values, means, strict=True) if m.value is not None}
    if own and set(level) >= set(HIERARCHY) and profiles.n_obs >= LEAST_PAIRS:
        place = np.argsort(np.argsort([-level[value] for value in HIERARCHY]))
        agreement = float(np.corrcoef(place, np.arange(len(HIERARCHY)))[0, 1])
        if agreement <= RUNS_AGAINST:
            asked.append(Reason("values.key_reversed", {"r": agreement}))
    error = normal_quantile(0.95) / max(profiles.n_obs - 3, 1) ** 0.5
    against = [item for item, r in profiles.item_correlations.items() if np.arctanh(max(r, -0.999)) < -error]
    if against:
        asked.append(Reason("values.item_reversed", {"items": against, "n": len(against)}))
    return tuple(asked)


def association(
    profiles: Profiles | ValueSpread, a: Mapping[str, float], b: Mapping[str, float], ci_level: float = 0.95
) -> tuple[Estimate, float] | None:
    """Correlation between two places on the circle among people.

    Parameters
    ----------
    profiles : Profiles or ValueSpread
        The people's own values.
    a, b : mapping of str to float
        Weights by value; what a person holds of a place is the weighted mean of the centred scores.

    Returns
    -------
    estimate, expected : Estimate, float
        Pearson's correlation with Fisher's interval, and what centring alone would give if the values were
        unrelated and varied alike: with k values, w'C v / sqrt(w'C w v'C v) for C = I - 11'/k, which is
        -1/(k-1) for two single values. None where a value was not asked.
    """
    values = list(profiles.values)
    places = [on_circle_of(place, values) for place in (a, b)]
    if None in places:
        return None
    weights = np.array([[place.get(value, 0.0) for value in values] for place in places if place])
    k = len(values)
    centring = np.eye(k) - 1.0 / k
    spread = weights @ centring @ weights.T
    if min(spread[0, 0], spread[1, 1]) < 1e-9:
        return None
    expected = float(spread[0, 1] / np.sqrt(spread[0, 0] * spread[1, 1]))
    r, n = profiles.correlation(weights)
    if n < LEAST_PAIRS or not np.isfinite(r):
        reason = Reason("values.customers_too_few", {"n": n, "least": LEAST_PAIRS})
        return Estimate(None, n_obs=0 if n < MIN_GROUP else n, reason=reason), expected
    half = normal_quantile(ci_level) / np.sqrt(n - 3)
    z = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))
    return Estimate(r, float(np.tanh(z - half)), float(np.tanh(z + half)), n, ci_level), expected
