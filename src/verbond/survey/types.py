"""Relationship types per person, with how high somebody answers throughout taken out, and by segment.

The four types share a general factor that has to do with closeness (Zakharin & Bates 2023): whoever feels
close says yes to all of them. So a type is judged against the same person's other types, and closeness is
told apart. Nobody is made to have a preference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from verbond.errors import DataError, OptionError
from verbond.method import named
from verbond.numerics.checks import check_ci_level
from verbond.numerics.disclosure import hidden_crossed
from verbond.numerics.intervals import mean_interval
from verbond.results import Estimate, Provenance, Reason, Result
from verbond.results.groups import MIN_GROUP
from verbond.survey.drivers import latest_scores
from verbond.tables import Tables

__all__ = [
    "RelationshipTypes",
    "SegmentTypes",
    "TypesResult",
    "customer_segments",
    "shown_categories",
    "shown_together",
    "type_probabilities",
]

TYPES = ("market", "authority", "meaning", "equality")
N_DRAWS = 512
MIN_RESPONDENTS = 30
EVERYBODY = ""


@dataclass(frozen=True, slots=True)
class SegmentTypes:
    """Types in one segment.

    Attributes
    ----------
    attribute, value : str
        Both empty for everybody.
    n_obs : int
    shares : dict of str to Estimate
        Expected share of people whose highest type it is; the shares add up to 1.
    no_preference : Estimate
        Share of people of whom no type is probable enough to be called theirs.
    distant : Estimate
        Share who probably want no closeness.
    """

    attribute: str
    value: str
    n_obs: int
    shares: dict[str, Estimate]
    no_preference: Estimate
    distant: Estimate


@dataclass(frozen=True, slots=True)
class TypesResult(Result):
    """Relationship types of the respondents.

    Attributes
    ----------
    n_obs : int
    segments : tuple of SegmentTypes
        Everybody first. Categories of fewer than five people are not shown, nor one more where they could be
        reckoned back from the rest.
    general_share : float
        Part of the types' true variance that all of them share.
    general_with_closeness : Estimate or None
        Correlation of a person's mean over the types with closeness.
    reasons : tuple of Reason
    provenance : Provenance
    people : mapping of str to array
        A row a person: respondent_id, one column of probability a type, general (mean over the types), type
        (its id, or "none"), distant (probability); not in JSON.
    """

    n_obs: int
    segments: tuple[SegmentTypes, ...]
    general_share: float
    general_with_closeness: Estimate | None
    reasons: tuple[Reason, ...]
    provenance: Provenance
    people: Mapping[str, np.ndarray] = field(metadata={"json": False}, repr=False)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a segment."""
        return [
            {
                "attribute": s.attribute, "value": s.value, "n_obs": s.n_obs,
                **{name: share.value for name, share in s.shares.items()},
                "no_preference": s.no_preference.value, "distant": s.distant.value,
            }
            for s in self.segments
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class RelationshipTypes:
    """Which relationship each respondent has with the company, as probabilities.

    Parameters
    ----------
    sure : float
        Probability from which a type is called somebody's; below it they have no preference.
    ci_level : float

    Notes
    -----
    True scores are taken as normal, with means and covariances of the respondents (those of the scores less
    those of their errors); each person's are shrunk accordingly, and the probability that a type is the
    highest is counted over draws from what is left uncertain. How high somebody answers throughout raises
    all types alike and drops out of which one is highest.
    """

    sure: float = 0.8
    ci_level: float = 0.95

    def __post_init__(self) -> None:
        if not 0.5 <= self.sure < 1:
            raise OptionError("sure is out of range", got=repr(self.sure), expected="from 0.5 to below 1")
        check_ci_level(self.ci_level)

    def fit(
        self,
        scores: Mapping[str, np.ndarray],
        *,
        segments: Mapping[str, Mapping[str, str]] | None = None,
        source: str = "",
    ) -> TypesResult:
        """Place everybody at their latest wave.

        Parameters
        ----------
        scores : mapping of str to array
            The canonical `scores` table.
        segments : mapping of str to mapping of str to str, optional
            Attribute -> customer -> category.
        source : str

        Raises
        ------
        DataError
            Fewer than two types were asked, or fewer than 30 people answered about all that were.
        """
        level = latest_scores(scores)
        error = latest_scores({**scores, "score": scores["standard_error"]})
        names = [t for t in TYPES if t in level]
        people = np.array(sorted({str(v) for v in scores["respondent_id"]}), dtype=object)
        if len(names) < 2:
            raise DataError("fewer than two relationship types were asked", got=", ".join(names) or "none")
        x, e = (np.column_stack([part[t] for t in names]) for part in (level, error))
        known = np.isfinite(x).all(axis=1)
        if known.sum() < MIN_RESPONDENTS:
            raise DataError(
                "too few people answered about every type", got=str(int(known.sum())),
                expected=f"{MIN_RESPONDENTS} or more",
            )  # fmt: skip
        x, e, people = x[known], e[known], people[known]
        probs, spread = type_probabilities(x, e)
        distant = _distant(level, error, known)
        rows = {
            "respondent_id": people,
            **{name: probs[:, j] for j, name in enumerate(names)},
            "general": x.mean(axis=1),
            "type": np.where(
                probs.max(axis=1) >= self.sure, np.array(names, object)[probs.argmax(axis=1)], "none"
            ),
            "distant": distant,
        }
        everybody = self._segment("", EVERYBODY, rows, names, np.ones(len(people), dtype=bool))
        found = [everybody, *self._by_segment(rows, names, scores, segments or {})]
        return TypesResult(
            n_obs=len(people),
            segments=tuple(found),
            general_share=_general(spread),
            general_with_closeness=_with_closeness(x.mean(axis=1), level, known, self.ci_level),
            reasons=tuple(self._said(everybody)),
            provenance=Provenance(source=source, options={"sure": self.sure, "ci_level": self.ci_level}),
            people=rows,
        )

    def _segment(
        self,
        attribute: str,
        value: str,
        rows: Mapping[str, np.ndarray],
        names: Sequence[str],
        inside: np.ndarray,
    ) -> SegmentTypes:
        return SegmentTypes(
            attribute, value, int(inside.sum()),
            {name: self._mean(rows[name][inside]) for name in names},
            self._mean((rows["type"][inside] == "none").astype(np.float64)),
            self._mean(rows["distant"][inside]),
        )  # fmt: skip

    def _mean(self, values: np.ndarray) -> Estimate:
        values = values[np.isfinite(values)]
        if len(values) < MIN_GROUP:
            small = Reason("survey.too_small_group", {"least": MIN_GROUP})
            return Estimate(None, ci_level=self.ci_level, reason=small)
        mean, lower, upper = mean_interval(values, ci_level=self.ci_level)
        return Estimate(mean, max(lower, 0.0), min(upper, 1.0), len(values), self.ci_level)

    def _by_segment(
        self, rows: Mapping[str, np.ndarray], names: Sequence[str], scores: Mapping[str, np.ndarray],
        segments: Mapping[str, Mapping[str, str]],
    ):  # fmt: skip
        customer = {
            str(r): c
            for r, c in zip(scores["respondent_id"], scores["customer_id"], strict=True)
            if c is not None
        }
        labels = {
            attribute: np.array(
                [known.get(customer.get(str(r))) for r in rows["respondent_id"]], dtype=object
            )
            for attribute, known in segments.items()
        }
        for attribute, shown in shown_together(labels).items():
            for value in shown:
                yield self._segment(attribute, value, rows, names, labels[attribute] == value)

    def _said(self, everybody: SegmentTypes) -> list[Reason]:
        largest = max(everybody.shares, key=lambda name: everybody.shares[name].value)
        share = everybody.shares[largest]
        values = {
            "n": everybody.n_obs, "type": named(largest), "share": share.value, "low": share.ci_lower,
            "high": share.ci_upper, "none": everybody.no_preference.value,
        }  # fmt: skip
        return [Reason("survey.types_largest", values)]


def type_probabilities(scores: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probability that each type is a person's highest.

    Parameters
    ----------
    scores, errors : (n, t) float64
        Complete.

    Returns
    -------
    probs : (n, t) float64
        Rows sum to 1.
    spread : (t, t) float64
        Covariance of the true scores.
    """
    n, t = scores.shape
    mean = scores.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(scores.T) - np.diag((errors**2).mean(axis=0)))
    spread = (vectors * np.maximum(values, 1e-3)) @ vectors.T
    normal = _even_normals(t)
    probs = np.empty((n, t))
    kinds, kind = np.unique(errors.round(6), axis=0, return_inverse=True)
    for g, error in enumerate(kinds):
        members = np.flatnonzero(kind.ravel() == g)
        gain = spread @ np.linalg.inv(spread + np.diag(error**2))
        left = spread - gain @ spread
        root = np.linalg.cholesky(left + 1e-9 * np.eye(t))
        best = mean + (scores[members] - mean) @ gain.T
        for at in range(0, len(members), 4096):
            drawn = best[at : at + 4096, None, :] + normal @ root.T
            highest = drawn.argmax(axis=2)
            rows = members[at : at + 4096]
            probs[rows] = np.stack([(highest == j).mean(axis=1) for j in range(t)], axis=1)
    return probs, spread


def _even_normals(t: int) -> np.ndarray:
    """The same evenly spread normal draws at every call, (N_DRAWS, t): Kronecker's sequence."""
    golden = 2.0
    for _ in range(60):
        golden = (1 + golden) ** (1 / (t + 1))
    steps = golden ** -np.arange(1, t + 1)
    return ndtri((0.5 + np.arange(1, N_DRAWS + 1)[:, None] * steps) % 1.0)


def _general(spread: np.ndarray) -> float:
    """Mean covariance of different types over the mean variance, not below 0."""
    t = len(spread)
    between = (spread.sum() - np.trace(spread)) / (t * (t - 1))
    return float(max(between / (np.trace(spread) / t), 0.0))


def _distant(
    level: Mapping[str, np.ndarray], error: Mapping[str, np.ndarray], known: np.ndarray
) -> np.ndarray:
    """Probability that somebody's closeness lies below the middle of its scale."""
    if "closeness" not in level:
        return np.full(int(known.sum()), np.nan)
    x, e = level["closeness"][known], error["closeness"][known]
    there = np.isfinite(x)
    if there.sum() < MIN_RESPONDENTS:
        return np.full(len(x), np.nan)
    mean, noise = x[there].mean(), (e[there] ** 2).mean()
    true = max(x[there].var(ddof=1) - noise, 1e-3)
    gain = true / (true + e**2)
    return ndtr((50.0 - mean - gain * (x - mean)) / np.sqrt(np.maximum(true * (1 - gain), 1e-9)))


def _with_closeness(
    general: np.ndarray, level: Mapping[str, np.ndarray], known: np.ndarray, ci_level: float
) -> Estimate | None:
    """Correlation with Fisher's interval."""
    if "closeness" not in level:
        return None
    x = level["closeness"][known]
    there = np.isfinite(x)
    if there.sum() < MIN_RESPONDENTS or x[there].std() < 1e-9 or general[there].std() < 1e-9:
        return None
    r = float(np.corrcoef(general[there], x[there])[0, 1])
    half = ndtri(0.5 + ci_level / 2) / np.sqrt(there.sum() - 3)
    ends = (float(np.tanh(np.arctanh(np.clip(r, -0.999999, 0.999999)) + s * half)) for s in (-1, 1))
    return Estimate(r, *ends, int(there.sum()), ci_level)


def shown_categories(labels: np.ndarray) -> tuple[str, ...]:
    """Categories that may be shown beside a total over everybody.

    Those with five people or more; where the people in none of them (unknown ones included) would be one to
    four, the smallest category is held back as well, and so on.

    Examples
    --------
    >>> shown_categories(np.array(["a"] * 9 + ["b"] * 6 + ["c"] * 2, dtype=object))
    ('a',)
    >>> shown_categories(np.array(["a"] * 9 + ["b"] * 6, dtype=object))
    ('a', 'b')
    """
    known = [str(v) for v in labels if v is not None]
    sizes = {value: known.count(value) for value in dict.fromkeys(sorted(known))}
    shown = sorted((value for value in sizes if sizes[value] >= MIN_GROUP), key=lambda v: (sizes[v], v))
    while shown and 0 < len(labels) - sum(sizes[v] for v in shown) < MIN_GROUP:
        shown.pop(0)
    return tuple(sorted(shown))


def shown_together(labels: Mapping[str, np.ndarray]) -> dict[str, tuple[str, ...]]:
    """Categories of several attributes that may be shown beside each other and a total over everybody.

    Those of `shown_categories`, without the ones from which, together with those of another attribute, the
    figure of one to four people follows.

    Examples
    --------
    Of nine in the north, six have product x, and so nobody may see the figures of the three others:

    >>> region = np.array(["north"] * 9 + ["south"] * 20, dtype=object)
    >>> product = np.array(["x"] * 6 + ["y"] * 13 + ["z"] * 10, dtype=object)
    >>> shown_together({"region": region, "product": product})
    {'region': ('north', 'south'), 'product': ('y',)}
    """
    shown = {attribute: shown_categories(of) for attribute, of in labels.items()}
    code = {a: {value: i for i, value in enumerate(values)} for a, values in shown.items()}
    people = zip(*([code[a].get(v, -1) for v in of] for a, of in labels.items()), strict=True)
    kept = hidden_crossed(Counter(people), [set(range(len(values))) for values in shown.values()], MIN_GROUP)
    return {a: tuple(v for v in shown[a] if code[a][v] in left) for a, left in zip(shown, kept, strict=True)}


def customer_segments(tables: Tables, attributes: Sequence[str]) -> dict[str, dict[str, str]]:
    """Attribute -> customer -> category, for `RelationshipTypes.fit`.

    Raises
    ------
    DataError
        Customers have no such attribute.
    """
    if unknown := [name for name in attributes if name not in tables.attributes]:
        raise DataError(
            f"customers have no attribute {unknown[0]!r}", got=", ".join(tables.attributes) or "none"
        )
    if not attributes:
        return {}
    customers = tables.fetch("customers", ["customer_id", *attributes])
    ids = [str(v) for v in customers["customer_id"]]
    return {
        name: {who: str(v) for who, v in zip(ids, customers[name], strict=True) if v is not None}
        for name in attributes
    }
