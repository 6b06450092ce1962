"""From answers to construct scores with their standard errors.

Every item is put on 0..100 (a reversed item turned over), a score is the mean of the answered items, and its
standard error comes from the reliability of the scale: what a second, equally good questionnaire would have
given differs by about that much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from verbond.survey.kernel import Moments, Reliability, pairwise_moments, reliability

__all__ = [
    "Scale",
    "ScaleScores",
    "careless_lines",
    "identical_answers",
    "on_hundred",
    "scale_scores",
    "scales_of",
    "straight_lines",
    "widest_scale",
]

MIN_FOR_SCORES = 10
"""Under so many respondents neither spread nor reliability is known well enough for a standard error."""
MIN_LINE = 6
"""So many equal answers in a row of different questions make a straight line."""
MIN_IDENTICAL = 12
"""So many equal answers make two people's answers suspect; with fewer, chance makes twins."""
MIN_CARELESS = 12
"""So many equal answers, ..."""
MIN_CONSTRUCTS = 3
"""... about so many different things, are no opinion when statements and their opposites are among them."""


class Meaning(Protocol):
    """What is known of an item (`ItemMeaning` of `tables`, `Item` of `method`)."""

    construct: str
    value: str | None
    min: float
    max: float
    reversed: bool


@dataclass(frozen=True, slots=True)
class Scale:
    """Items that measure one thing.

    Attributes
    ----------
    name : str
        The construct; for the two value constructs "values_own.benevolence".
    construct : str
    value : str or None
    items : tuple of str
    columns : (k,) int64
        Where the items stand in the answer matrix.
    minimum, maximum : (k,) float64
        Ends of each item's answer scale.
    reversed : (k,) bool
        A high answer means little of the construct.
    """

    name: str
    construct: str
    value: str | None
    items: tuple[str, ...]
    columns: np.ndarray
    minimum: np.ndarray
    maximum: np.ndarray
    reversed: np.ndarray


@dataclass(frozen=True, slots=True)
class ScaleScores:
    """Scores of one scale.

    Attributes
    ----------
    score, standard_error : (n,) float64
        On 0..100; NaN where fewer than half of the items were answered.
    n_items : (n,) int64
        Answers that the score rests on.
    reliability_used : float or None
        Of the whole scale; None when there are no scores.
    assumed : bool
        The reliability was assumed, because a single item shows none.
    moments : Moments
    reliability : Reliability
    """

    score: np.ndarray
    standard_error: np.ndarray
    n_items: np.ndarray
    reliability_used: float | None
    assumed: bool
    moments: Moments = field(repr=False)
    reliability: Reliability = field(repr=False)


def scales_of(items: Sequence[str], meanings: Mapping[str, Meaning]) -> tuple[Scale, ...]:
    """Group items into scales; items without a known meaning are left out.

    Returns
    -------
    tuple of Scale
        In the order in which their first item stands in `items`.
    """
    groups: dict[tuple[str, str | None], list[int]] = {}
    for j, item in enumerate(items):
        if item in meanings:
            groups.setdefault((meanings[item].construct, meanings[item].value), []).append(j)
    return tuple(_scale(key, columns, items, meanings) for key, columns in groups.items())


def _scale(
    key: tuple[str, str | None], columns: list[int], items: Sequence[str], meanings: Mapping[str, Meaning]
) -> Scale:
    construct, value = key
    known = [meanings[items[j]] for j in columns]
    return Scale(
        name=construct if value is None else f"{construct}.{value}",
        construct=construct,
        value=value,
        items=tuple(items[j] for j in columns),
        columns=np.array(columns, dtype=np.int64),
        minimum=np.array([m.min for m in known], dtype=np.float64),
        maximum=np.array([m.max for m in known], dtype=np.float64),
        reversed=np.array([m.reversed for m in known], dtype=bool),
    )


def on_hundred(answers: np.ndarray, scale: Scale) -> np.ndarray:
    """A scale's answers on 0..100, high = much of the construct; answers outside the item's ends are NaN.

    Parameters
    ----------
    answers : (n, items) float
        The whole answer matrix.
    scale : Scale

    Returns
    -------
    (n, k) float64
    """
    part = np.asarray(answers[:, scale.columns], dtype=np.float64)
    share = (part - scale.minimum) / (scale.maximum - scale.minimum)
    with np.errstate(invalid="ignore"):
        share[(share < 0) | (share > 1)] = np.nan
    return 100.0 * np.where(scale.reversed, 1.0 - share, share)


def scale_scores(
    hundreds: np.ndarray,
    *,
    steps: np.ndarray,
    single_item_reliability: float = 0.6,
    ci_level: float = 0.95,
) -> ScaleScores:
    """Scores of one scale with their standard errors.

    Parameters
    ----------
    hundreds : (n, k) float64
        Answers on 0..100, NaN where missing.
    steps : (k,) float64
        Distance between two neighbouring answers on 0..100 (100 / (max - min) for whole numbers).
    single_item_reliability : float
        Assumed where k = 1.

    Returns
    -------
    ScaleScores

    Notes
    -----
    With reliability rho of the k-item mean and its variance V, the error variance of the k-item mean is
    V (1 - rho). Under Spearman and Brown's formula the error variance of the mean of m of the items is k/m
    times that. It is never less than the rounding error of the answers, step^2 / 12 per item.
    """
    k = hundreds.shape[1]
    moments = pairwise_moments(hundreds)
    found = reliability(moments, ci_level=ci_level)
    there = ~np.isnan(hundreds)
    n_items = there.sum(axis=1)
    rho, assumed = _reliability_used(found, k, single_item_reliability)
    nothing = np.full(len(hundreds), np.nan)
    if rho is None or (n_items > 0).sum() < MIN_FOR_SCORES:
        return ScaleScores(nothing, nothing.copy(), n_items, None, assumed, moments, found)
    variance = float(np.nansum(moments.cov)) / k**2
    rounding = float(np.mean(steps**2)) / 12.0 / k
    error = max(variance * (1.0 - rho), rounding) * k
    enough = 2 * n_items >= k
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.where(enough, np.where(there, hundreds, 0.0).sum(axis=1) / n_items, np.nan)
        standard_error = np.where(enough, np.sqrt(error / n_items), np.nan)
    return ScaleScores(score, standard_error, n_items, rho, assumed, moments, found)


def _reliability_used(found: Reliability, k: int, single: float) -> tuple[float | None, bool]:
    if k == 1:
        return single, True
    best = found.omega if found.omega is not None else found.alpha
    return (best, False) if best is not None and best > 0 else (None, False)


def straight_lines(answers: np.ndarray) -> np.ndarray:
    """Respondents who gave the same answer to everything.

    Parameters
    ----------
    answers : (n, k) float
        Raw answers (before reversed items are turned), items with the same answer scale.

    Returns
    -------
    (n,) bool
        True for at least six answers, all equal.

    Examples
    --------
    >>> straight_lines(np.array([[4.0] * 7, [4.0] * 6 + [5.0], [4.0] * 5 + [np.nan] * 2])).tolist()
    [True, False, False]
    """
    there = ~np.isnan(answers)
    low = np.where(there, answers, np.inf).min(axis=1, initial=np.inf)
    high = np.where(there, answers, -np.inf).max(axis=1, initial=-np.inf)
    return (there.sum(axis=1) >= MIN_LINE) & (low == high)


def widest_scale(scales: Sequence[Scale]) -> list[int]:
    """Columns of the most items that share an answer scale: where a straight line can be seen."""
    alike: dict[tuple[float, float], list[int]] = {}
    for scale in scales:
        for low, high, column in zip(scale.minimum, scale.maximum, scale.columns, strict=True):
            alike.setdefault((low, high), []).append(int(column))
    return max(alike.values(), key=len, default=[])


def careless_lines(answers: np.ndarray, scales: Sequence[Scale]) -> np.ndarray:
    """Respondents whose straight line contradicts itself: no opinion gives it.

    The same box for statements and for their opposites, in twelve answers or more about three constructs.
    The middle box contradicts nothing, and a line in a questionnaire without reversed items may be meant:
    neither is called careless.

    Parameters
    ----------
    answers : (n, k) float
        Raw answers, before reversed items are turned.
    scales : sequence of Scale

    Returns
    -------
    (n,) bool

    References
    ----------
    Meade & Craig (2012), Psychological Methods 17, 437-455: long strings and contradictions as signs of
    careless answering.
    """
    columns = widest_scale(scales)
    if len(columns) < MIN_CARELESS:
        return np.zeros(len(answers), dtype=bool)
    turned = np.zeros(answers.shape[1], dtype=bool)
    middle, about = np.zeros(answers.shape[1]), np.zeros(answers.shape[1], dtype=np.int64)
    names = sorted({scale.construct for scale in scales})
    for scale in scales:
        turned[scale.columns] = scale.reversed
        middle[scale.columns] = (scale.minimum + scale.maximum) / 2
        about[scale.columns] = names.index(scale.construct)
    line, turned, middle = answers[:, columns], turned[columns], middle[columns]
    there = ~np.isnan(line)
    constructs = there.astype(np.int64) @ np.eye(len(names), dtype=np.int64)[about[columns]]
    return (
        straight_lines(line)
        & (there.sum(axis=1) >= MIN_CARELESS)
        & ((constructs > 0).sum(axis=1) >= MIN_CONSTRUCTS)
        & there[:, turned].any(axis=1)
        & there[:, ~turned].any(axis=1)
        & (there & (line != middle)).any(axis=1)
    )


def identical_answers(answers: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Respondents whose every answer equals somebody else's in the same group.

    Parameters
    ----------
    answers : (n, k) float
    groups : (n,) int
        Wave codes; only people of the same wave are compared.

    Returns
    -------
    (n,) bool
        True for the second and later of each set of equal rows with at least twelve answers that are not a
        straight line.
    """
    varied = (~np.isnan(answers)).sum(axis=1) >= MIN_IDENTICAL
    varied &= ~straight_lines(answers)
    rows = np.flatnonzero(varied)
    keys = np.column_stack([groups[rows].astype(np.float32), answers[rows].astype(np.float32)])
    packed = np.ascontiguousarray(np.nan_to_num(keys, nan=-1e30)).view(f"V{4 * keys.shape[1]}").ravel()
    first = np.unique(packed, return_index=True)[1] if len(rows) else np.zeros(0, dtype=np.int64)
    repeated = np.zeros(len(answers), dtype=bool)
    repeated[np.delete(rows, first)] = True
    return repeated
