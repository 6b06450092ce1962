"""Errors and test statistics that hold where answers are not normal.

`mlr`: Huber's sandwich and Yuan and Bentler's statistic, as Mplus and lavaan scale it, also where answers are
missing. `mlm`: Satorra and Bentler's (1994), from complete answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from verbond.survey.likelihood import (
    At,
    Patterns,
    Point,
    Vech,
    curvature,
    evaluate,
    information,
)
from verbond.survey.reticular import Cells, by_parameter

__all__ = ["Robust", "adf_gamma", "mlm", "mlr", "score_products"]


@dataclass(frozen=True, slots=True)
class Robust:
    """Robust figures of one model.

    Attributes
    ----------
    vcov : (t, t) float64
        Of the parameters.
    trace : float
        tr(U Gamma): what the statistic is expected to be when the model holds. Over df: the scaling factor.
    """

    vcov: np.ndarray
    trace: float


def score_products(patterns: Patterns, answers: np.ndarray, at: At, mu: np.ndarray) -> np.ndarray:
    """Mean product of respondents' scores in (vech Sigma, mu).

    Parameters
    ----------
    patterns : Patterns
    answers : (rows, p) float64
        NaN where missing.
    at : At
        At the moments in question.
    mu : (p,) float64
    """
    p = answers.shape[1]
    vech = Vech.of(p)
    found = np.zeros((len(vech.i) + p,) * 2)
    step = max(64, 4_000_000 // p**2)
    for first in range(0, len(answers), step):
        rows = slice(first, first + step)
        weight = at.weight[patterns.of_row[rows]] if len(patterns.n) > 1 else at.weight
        residual = np.nan_to_num(answers[rows] - mu)
        pull = (weight @ residual[:, :, None])[:, :, 0] if len(patterns.n) > 1 else residual @ weight[0]
        spread = vech(pull[:, :, None] * pull[:, None, :]) - vech(weight)
        scores = np.concatenate([spread * (vech.times / 2), pull], axis=1)
        found += scores.T @ scores
    return found / len(answers)


def _delta(cells: Cells, group) -> np.ndarray:
    """Derivatives of (vech Sigma, mu) by parameter, (t, q + p)."""
    flat = Vech.of(cells.n_observed)(by_parameter(cells, group.by_sigma))
    return np.concatenate([flat, by_parameter(cells, group.by_mu)], axis=1)


def _square(patterns: Patterns, at: At, *, observed: bool) -> np.ndarray:
    on_sigma, across, on_mu = curvature(patterns, at, observed=observed)
    return np.block([[on_sigma, across], [across.T, on_mu]])


def mlr(
    cells: Sequence[Cells],
    patterns: Sequence[Patterns],
    answers: Sequence[np.ndarray],
    at: Point,
    moments: Sequence[tuple[np.ndarray, np.ndarray]],
) -> Robust:
    """Sandwich with the observed information; tr(A1^-1 B1) - tr(A0^-1 B0), saturated and model.

    Parameters
    ----------
    moments : one a group
        Saturated covariances and means.
    """
    n_all = sum(one.n_obs for one in patterns)
    inverse = np.linalg.inv(information(cells, patterns, at, observed=True))
    middle, trace = np.zeros_like(inverse), 0.0
    for own, data, rows, group, (cov, mean) in zip(cells, patterns, answers, at.groups, moments, strict=True):
        free = slice(None) if own.has_means else slice(0, len(cov) * (len(cov) + 1) // 2)
        products = score_products(data, rows, group.at, group.implied.mu if own.has_means else mean)
        delta = _delta(own, group)[:, free]
        middle += group.share * delta @ products[free, free] @ delta.T
        loose = evaluate(data, cov, mean)
        products = score_products(data, rows, loose, mean)[free, free]
        trace += float(np.trace(np.linalg.solve(_square(data, loose, observed=True)[free, free], products)))
    trace -= float((inverse * middle).sum())
    return Robust(inverse @ middle @ inverse / n_all, trace)


def adf_gamma(answers: np.ndarray) -> np.ndarray:
    """Asymptotic covariances of (vech S, means), n times, without assuming a distribution (Browne 1984)."""
    vech = Vech.of(answers.shape[1])
    centred = answers - answers.mean(axis=0)
    mean, found = np.zeros(len(vech.i) + answers.shape[1]), 0.0
    for first in range(0, len(answers), 4096):
        rows = centred[first : first + 4096]
        each = np.concatenate([rows[:, vech.i] * rows[:, vech.j], rows], axis=1)
        mean += each.sum(axis=0)
        found = found + each.T @ each
    mean /= len(answers)
    return found / len(answers) - np.outer(mean, mean)


def mlm(
    cells: Sequence[Cells], patterns: Sequence[Patterns], answers: Sequence[np.ndarray], at: Point
) -> Robust:
    """Satorra and Bentler's errors and trace, with the expected information."""
    n_all = sum(one.n_obs for one in patterns)
    inverse = np.linalg.inv(information(cells, patterns, at, observed=False))
    middle, trace = np.zeros_like(inverse), 0.0
    for own, data, rows, group in zip(cells, patterns, answers, at.groups, strict=True):
        q = own.n_observed * (own.n_observed + 1) // 2
        free = slice(None) if own.has_means else slice(0, q)
        gamma = adf_gamma(rows)[free, free]
        weight = _square(data, group.at, observed=False)[free, free]
        across = weight @ _delta(own, group)[:, free].T
        middle += group.share * across.T @ gamma @ across
        trace += float((weight * gamma).sum())
    return Robust(inverse @ middle @ inverse / n_all, trace - float((inverse * middle).sum()))
