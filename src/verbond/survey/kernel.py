"""Reliability of a scale, from moments.

Everything here works on a covariance matrix, so that raw answers with gaps (`pairwise_moments`) and a
covariance matrix that somebody else published go the same way. Letters: k items, S their covariance matrix,
R their correlation matrix, n the number of respondents.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.stats import f as f_distribution

__all__ = [
    "Moments",
    "Reliability",
    "alpha_interval",
    "cronbach_alpha",
    "keyed_signs",
    "omega_total",
    "one_factor",
    "pairwise_moments",
    "reliability",
]

MIN_UNIQUENESS = 0.005
"""Lower bound of a standardised uniqueness in the one-factor model, as in R's psych::fa."""


@dataclass(frozen=True, slots=True)
class Moments:
    """What reliability needs to know of the answers.

    Attributes
    ----------
    n : (k, k) int64
        Respondents who answered both items of a pair; the diagonal: who answered the item.
    mean : (k,) float64
        Mean of each item over those who answered it; NaN where nobody did.
    cov : (k, k) float64
        Covariance of each pair over those who answered both (divisor n - 1); NaN under two such respondents.
    cor : (k, k) float64
        Correlation over the same respondents; NaN where an item does not vary among them.
    """

    n: np.ndarray
    mean: np.ndarray
    cov: np.ndarray
    cor: np.ndarray


@dataclass(frozen=True, slots=True)
class Reliability:
    """Reliability of the sum of k items; None where it cannot be computed.

    Attributes
    ----------
    alpha, alpha_standardized, omega : float or None
        Cronbach's alpha on covariances; the same with every item divided by its own standard deviation; and
        McDonald's omega total of one factor, on the pairs' own correlations. With gaps in the answers these
        are psych's conventions.
    alpha_ci_lower, alpha_ci_upper : float or None
        Feldt's interval for alpha.
    item_rest : (k,) float64
        Correlation of each item with the sum of the others; NaN where undefined.
    alpha_if_dropped : (k,) float64
        Alpha of the scale without the item; NaN under three items.
    """

    alpha: float | None
    alpha_ci_lower: float | None
    alpha_ci_upper: float | None
    alpha_standardized: float | None
    omega: float | None
    item_rest: np.ndarray
    alpha_if_dropped: np.ndarray


def pairwise_moments(answers: np.ndarray) -> Moments:
    """Means and covariances with every answer used that is there.

    Parameters
    ----------
    answers : (n, k) float
        NaN where there is no answer.

    Returns
    -------
    Moments

    Notes
    -----
    Each pair of items has its own means, over the respondents who answered both: what R's
    ``cov(x, use = "pairwise")`` computes. Three matrix products, no loop over pairs.

    Examples
    --------
    >>> m = pairwise_moments(np.array([[1.0, 2.0], [2.0, 4.0], [3.0, np.nan]]))
    >>> m.n.tolist(), m.cov.tolist()
    ([[3, 2], [2, 2]], [[1.0, 1.0], [1.0, 2.0]])
    """
    answers = np.asarray(answers, dtype=np.float64)
    there = ~np.isnan(answers)
    present = there.astype(np.float64)
    n_each = there.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(there, answers, 0.0).sum(axis=0) / n_each
        centred = np.where(there, answers - mean, 0.0)
        n = present.T @ present
        sums = centred.T @ present  # of item i over those who answered j too
        cov = np.where(n > 1, (centred.T @ centred - sums * sums.T / n) / (n - 1), np.nan)
        variance = ((centred**2).T @ present - sums**2 / n) / (n - 1)  # of i among those who answered j too
        scale = (variance > 1e-12 * np.maximum(mean**2, 1e-12)[:, None]) & (n > 1)
        variance = np.where(scale, variance, np.nan)
        cor = cov / np.sqrt(variance * variance.T)
    return Moments(n.round().astype(np.int64), mean, cov, cor)


def cronbach_alpha(cov: np.ndarray) -> float:
    """Cronbach's alpha of a sum, from its items' covariances (or correlations: the standardised alpha).

    Notes
    -----
    alpha = k / (k - 1) * (1 - trace(S) / sum(S)), Cronbach (1951), eq. 2.

    Examples
    --------
    >>> round(cronbach_alpha(np.array([[1.0, 0.5], [0.5, 1.0]])), 4)
    0.6667
    """
    k = len(cov)
    total = cov.sum()
    return float(k / (k - 1) * (1 - np.trace(cov) / total)) if k > 1 and total > 0 else float("nan")


def alpha_interval(alpha: float, n_obs: int, n_items: int, ci_level: float = 0.95) -> tuple[float, float]:
    """Feldt's interval for alpha.

    Notes
    -----
    (1 - alpha) / (1 - estimate) follows F(n - 1, (n - 1)(k - 1)) for normal answers with equal covariances
    (Feldt, Woodruff & Salih 1987, eq. 6-7).

    Examples
    --------
    >>> [round(bound, 4) for bound in alpha_interval(0.8, 100, 5)]
    [0.7306, 0.8559]
    """
    if not np.isfinite(alpha) or n_obs < 3 or n_items < 2:
        return float("nan"), float("nan")
    tail, df = (1 - ci_level) / 2, (n_obs - 1, (n_obs - 1) * (n_items - 1))
    low, high = f_distribution.ppf([1 - tail, tail], *df)
    return 1 - (1 - alpha) * float(low), 1 - (1 - alpha) * float(high)


def one_factor(cor: np.ndarray) -> np.ndarray:
    """Loadings of one common factor by minimum residuals.

    Parameters
    ----------
    cor : (k, k) float
        Correlations without gaps, k >= 3.

    Returns
    -------
    (k,) float64
        Standardised loadings, their sum not negative, each within +-sqrt(1 - 0.005).

    Notes
    -----
    Minimises the sum of squared residual correlations outside the diagonal (Harman & Jones 1966), which is
    unweighted least squares and the default of R's psych::fa.
    """
    values, vectors = np.linalg.eigh(cor)
    start = vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0.1) / 1.5)
    start *= np.sign(start.sum()) or 1.0
    bound = np.sqrt(1 - MIN_UNIQUENESS)

    def loss(loadings: np.ndarray) -> tuple[float, np.ndarray]:
        residual = cor - np.outer(loadings, loadings)
        np.fill_diagonal(residual, 0.0)
        return 0.5 * float((residual**2).sum()), -2.0 * residual @ loadings

    found = minimize(
        loss, np.clip(start, -bound, bound), jac=True, method="L-BFGS-B", bounds=[(-bound, bound)] * len(cor),
        options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 500},
    ).x  # fmt: skip
    return found * (np.sign(found.sum()) or 1.0)


def omega_total(cor: np.ndarray) -> float:
    """McDonald's omega total of a one-factor scale, on standardised items.

    Notes
    -----
    omega = 1 - sum(u^2) / sum(R), with the uniquenesses u^2 = 1 - loading^2 of `one_factor`; two items do
    not identify a factor, and there omega is the standardised alpha.

    Examples
    --------
    >>> loadings = np.array([0.9, 0.7, 0.5])
    >>> cor = np.outer(loadings, loadings)
    >>> np.fill_diagonal(cor, 1.0)
    >>> bool(np.isclose(omega_total(cor), 2.1**2 / (2.1**2 + 3 - (loadings**2).sum())))
    True
    """
    if len(cor) < 3:
        return cronbach_alpha(cor)
    total = cor.sum()
    if total <= 0:
        return float("nan")
    uniqueness = 1 - one_factor(cor) ** 2
    return float(1 - uniqueness.sum() / total)


def keyed_signs(cor: np.ndarray) -> np.ndarray:
    """Which items run against the rest of their scale.

    Parameters
    ----------
    cor : (k, k) float
        Correlations of the items as they are scored now.

    Returns
    -------
    (k,) int8
        -1 for an item that loads negatively on the first principal component (whose sum is made positive),
        else 1. With two items that correlate negatively no one can tell which is turned: both stay 1.

    Examples
    --------
    >>> keyed_signs(np.array([[1, 0.5, -0.4], [0.5, 1, -0.5], [-0.4, -0.5, 1]])).tolist()
    [1, 1, -1]
    """
    k = len(cor)
    if k < 3 or not np.isfinite(cor).all():
        return np.ones(k, dtype=np.int8)
    first = np.linalg.eigh(cor)[1][:, -1]
    return np.where(first * (np.sign(first.sum()) or 1.0) < 0, -1, 1).astype(np.int8)


def reliability(moments: Moments, *, ci_level: float = 0.95) -> Reliability:
    """All reliability figures of one scale.

    Parameters
    ----------
    moments : Moments
        Items scored in the same direction. Items that do not vary are left out of the figures (their own
        are NaN); a pair that nobody answered together leaves all of them None.
    ci_level : float

    Returns
    -------
    Reliability
        The interval counts the fewest respondents that any pair of items has: cautious where answers miss.
    """
    k = len(moments.cov)
    varies = np.diag(moments.cov) > 1e-12 * np.maximum(moments.mean**2, 1e-12)
    used = np.flatnonzero(varies)
    cov, cor = moments.cov[np.ix_(used, used)], moments.cor[np.ix_(used, used)]
    item_rest, dropped = np.full(k, np.nan), np.full(k, np.nan)
    if len(used) < 2 or not (np.isfinite(cov).all() and np.isfinite(cor).all()):
        return Reliability(None, None, None, None, None, item_rest, dropped)
    item_rest[used] = _item_rest(cov)
    if len(used) > 2:
        keep = [np.delete(np.arange(len(used)), j) for j in range(len(used))]
        dropped[used] = [cronbach_alpha(cov[np.ix_(rest, rest)]) for rest in keep]
    alpha = cronbach_alpha(cov)
    n_obs = int(moments.n[np.ix_(used, used)].min())
    lower, upper = alpha_interval(alpha, n_obs, len(used), ci_level)
    sd = np.sqrt(np.diag(cov))
    figures = (alpha, lower, upper, cronbach_alpha(cov / np.outer(sd, sd)), omega_total(cor))
    return Reliability(*(v if np.isfinite(v) else None for v in figures), item_rest, dropped)


def _item_rest(cov: np.ndarray) -> np.ndarray:
    variance, with_sum = np.diag(cov), cov.sum(axis=1)
    rest_variance = cov.sum() - 2 * with_sum + variance
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(rest_variance > 0, (with_sum - variance) / np.sqrt(variance * rest_variance), np.nan)
