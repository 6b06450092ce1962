"""The log-rank test: do groups leave equally fast?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import chdtrc

from verbond.errors import DataError
from verbond.numerics.survival.spans import Spans, codes_of, event_times

__all__ = ["LogRank", "log_rank"]


@dataclass(frozen=True, slots=True)
class LogRank:
    """Events seen in each group beside those expected if all left equally fast.

    Attributes
    ----------
    groups : tuple
        Labels, sorted.
    observed, expected : (g,) float64
    statistic : float
        Chi-squared; NaN where nothing can be compared.
    df : int
    pvalue : float
    """

    groups: tuple[Any, ...]
    observed: np.ndarray = field(repr=False)
    expected: np.ndarray = field(repr=False)
    statistic: float
    df: int
    pvalue: float


def log_rank(spans: Spans, groups: Any, strata: Any = None) -> LogRank:
    """Compare k groups, with late entry and within strata.

    Parameters
    ----------
    spans : Spans
        Somebody may be in one group in one row and in another in the next.
    groups : (n,) array
        Label of each row.
    strata : (n,) array, optional
        Groups are compared within these only.

    Returns
    -------
    LogRank

    Raises
    ------
    DataError
        With fewer than two groups.

    References
    ----------
    Mantel (1966), Cancer Chemotherapy Reports 50, 163-170; Peto & Peto (1972), JRSS A 135, 185-207.

    Examples
    --------
    >>> spans = Spans.of(None, [1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1])
    >>> round(log_rank(spans, ["a", "a", "a", "b", "b", "b"]).pvalue, 4)
    0.0246
    """
    codes, labels = codes_of(groups, len(spans), "groups")
    n_groups = len(labels)
    if n_groups < 2:
        raise DataError("nothing to compare", got="one group", expected="two or more")
    blocks = codes_of(strata, len(spans), "strata")[0] if strata is not None else None
    times = event_times(spans, blocks)
    n = np.stack([times.at_risk(np.where(codes == j, spans.weight, 0.0)) for j in range(n_groups)], axis=1)
    d = np.stack(
        [times.events(spans.event & (codes == j), spans.weight) for j in range(n_groups)], axis=1
    ).reshape(len(times.time), n_groups)
    all_n, all_d = n.sum(axis=1), d.sum(axis=1)
    share = n / all_n[:, None]
    observed, expected = d.sum(axis=0), (share * all_d[:, None]).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(all_n > 1, all_d * (all_n - all_d) / (all_n - 1), 0.0)
    covariance = np.diag(spread @ share) - (share * spread[:, None]).T @ share
    statistic, df = _quadratic(observed - expected, covariance)
    pvalue = float(chdtrc(df, statistic)) if df else float("nan")
    return LogRank(tuple(labels.tolist()), observed, expected, statistic, df, pvalue)


def _quadratic(difference: np.ndarray, covariance: np.ndarray) -> tuple[float, int]:
    """difference' covariance^- difference and its rank; groups never at risk with others do not count."""
    scale = np.sqrt(np.diag(covariance))
    there = scale > 0
    if there.sum() < 2:
        return float("nan"), 0
    z = difference[there] / scale[there]
    correlation = covariance[np.ix_(there, there)] / np.outer(scale[there], scale[there])
    values, vectors = np.linalg.eigh(correlation)
    kept = values > 1e-9 * values[-1]
    return float(((vectors[:, kept].T @ z) ** 2 / values[kept]).sum()), int(kept.sum())
