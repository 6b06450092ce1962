"""Reliability of a scale, put into words: item statistics, keys that look wrong, what to keep in mind."""

from __future__ import annotations

import numpy as np

from verbond.method import named
from verbond.results import Reason
from verbond.results.groups import MIN_GROUP
from verbond.survey.kernel import Moments, Reliability, keyed_signs
from verbond.survey.results import ItemStatistics, ScaleReliability
from verbond.survey.scoring import MIN_FOR_SCORES, ScaleScores

__all__ = ["scale_reliability"]


def scale_reliability(
    name: str,
    items: tuple[str, ...],
    answers: np.ndarray,
    reversed_items: np.ndarray,
    scores: ScaleScores,
    *,
    min_reliability: float,
    assumed: float,
) -> ScaleReliability:
    """Describe one scale.

    Parameters
    ----------
    name : str
    items : (k,) tuple of str
    answers : (n, k) float64
        As given (reversed items not turned), NaN where missing.
    reversed_items : (k,) bool
    scores : ScaleScores
        Of the turned answers.
    min_reliability, assumed : float
        Below the first a warning is given; the second is what a single item is assumed to have.

    Returns
    -------
    ScaleReliability
    """
    there = ~np.isnan(answers)
    n_obs = int(there.any(axis=1).sum())
    against = keyed_signs(scores.moments.cor) < 0
    found = scores.reliability
    reason = _reason(name, items, n_obs, against, scores, min_reliability, assumed)
    shown = n_obs >= MIN_GROUP
    return ScaleReliability(
        scale=name,
        n_items=len(items),
        n_obs=n_obs,
        n_complete=int(there.all(axis=1).sum()),
        alpha=found.alpha if shown else None,
        alpha_ci_lower=found.alpha_ci_lower if shown else None,
        alpha_ci_upper=found.alpha_ci_upper if shown else None,
        alpha_standardized=found.alpha_standardized if shown else None,
        omega=found.omega if shown else None,
        items=_items(items, answers, reversed_items, against, found, n_obs),
        reason=reason,
    )


def _items(
    items: tuple[str, ...],
    answers: np.ndarray,
    reversed_items: np.ndarray,
    against: np.ndarray,
    found: Reliability,
    n_obs: int,
) -> tuple[ItemStatistics, ...]:
    rows = []
    for j, item in enumerate(items):
        given = answers[:, j][~np.isnan(answers[:, j])]
        shown = len(given) >= MIN_GROUP
        rows.append(
            ItemStatistics(
                item=item,
                n_obs=len(given),
                n_missing=n_obs - len(given),
                mean=float(given.mean()) if shown else None,
                sd=float(given.std(ddof=1)) if shown else None,
                item_rest=_known(found.item_rest[j], shown),
                alpha_if_dropped=_known(found.alpha_if_dropped[j], shown),
                reversed=bool(reversed_items[j]),
                runs_against=bool(against[j]),
            )
        )
    return tuple(rows)


def _known(value: float, shown: bool) -> float | None:
    return float(value) if shown and np.isfinite(value) else None


def _reason(
    name: str,
    items: tuple[str, ...],
    n_obs: int,
    against: np.ndarray,
    scores: ScaleScores,
    min_reliability: float,
    assumed: float,
) -> Reason | None:
    """The one thing that matters most about this scale."""
    if n_obs < MIN_FOR_SCORES:
        return Reason("survey.few_respondents", {"scale": named(name), "n": MIN_FOR_SCORES - n_obs})
    if len(items) == 1:
        return Reason("survey.single_item", {"scale": named(name), "reliability": assumed})
    spread = np.diag(scores.moments.cov)
    constant = [item for item, variance in zip(items, spread, strict=True) if variance < 1e-12]
    if constant:
        return Reason("survey.constant_item", {"scale": named(name), "items": constant, "n": len(constant)})
    if scores.reliability.alpha is None:
        return _gap(name, items, scores.moments)
    if against.any():
        turned = [item for item, turn in zip(items, against, strict=True) if turn]
        return Reason("survey.runs_against", {"scale": named(name), "items": turned, "n": len(turned)})
    best = scores.reliability_used
    if best is None:
        return Reason("survey.no_common_part", {"scale": named(name), "alpha": scores.reliability.alpha})
    if best < min_reliability:
        return Reason("survey.low_reliability", {"scale": named(name), "reliability": best})
    return None


def _gap(name: str, items: tuple[str, ...], moments: Moments) -> Reason:
    i, j = np.argwhere(~np.isfinite(moments.cor))[0]
    return Reason("survey.never_together", {"scale": named(name), "items": [items[i], items[j]]})
