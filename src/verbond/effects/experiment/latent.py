"""Effects on what scores measure: measurement error taken out of the spread."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import stdtrit

from verbond.effects.experiment.reading import Read
from verbond.effects.experiment.results import EffectEstimate, LatentEffect
from verbond.results import Reason

__all__ = ["latent_effect", "latent_effects", "true_spread"]


def true_spread(arms: list[np.ndarray], errors: list[np.ndarray]) -> tuple[float, float, float]:
    """Variance of what scores measure among the units of an arm.

    Parameters
    ----------
    arms : list of (n,) float64
        Scores, arm by arm.
    errors : list of (n,) float64
        Their standard errors.

    Returns
    -------
    variance, reliability, error_variance : float
        Pooled variance of the scores less the mean squared error; its share of the former; and the sampling
        variance of the first, that of the squared errors included.

    Notes
    -----
    Classical test theory: a score is what it measures plus an error of its own, so the variances add up.

    Examples
    --------
    >>> scores = [np.array([40.0, 60.0, 50.0]), np.array([45.0, 65.0, 55.0])]
    >>> variance, reliability, _ = true_spread(scores, [np.full(3, 5.0)] * 2)
    >>> variance, reliability
    (75.0, 0.75)
    """
    n = sum(len(scores) for scores in arms)
    away = np.concatenate([(scores - scores.mean()) ** 2 for scores in arms]) * n / (n - len(arms))
    noise = np.concatenate(errors) ** 2
    variance = float(away.mean() - noise.mean())
    return variance, variance / float(away.mean()), float((away - noise).var() / n)


def latent_effects(read: Read, rows: list[EffectEstimate]) -> tuple[list[LatentEffect], list[Reason]]:
    """Effects of the outcomes whose errors are known, in standard deviations of what they measure."""
    design, found, reasons = read.design, [], []
    for outcome, error in design.errors.items():
        columns = read.units.fetch(design.variant, outcome, error)
        scores, errors = (columns[name].astype(np.float64) for name in (outcome, error))
        known = np.isfinite(scores) & (errors >= 0)
        for row in rows:
            if row.outcome != outcome or row.effect_size is None:
                continue
            here = [known & (columns[design.variant] == arm) for arm in (read.control, row.variant)]
            one = latent_effect(
                row, [scores[arm] for arm in here], [errors[arm] for arm in here], design.ci_level
            )
            if one is None:
                reasons.append(Reason("effects.only_noise", {"outcome": outcome}))
                continue
            found.append(one)
            values = {"outcome": outcome, "variant": row.variant, "control": read.control}
            values |= {"reliability": one.reliability, "effect": one.effect_size}
            values |= {"low": one.effect_size_ci_lower, "high": one.effect_size_ci_upper}
            reasons.append(Reason("effects.latent", values))
    return found, reasons


def latent_effect(
    row: EffectEstimate, arms: list[np.ndarray], errors: list[np.ndarray], ci_level: float
) -> LatentEffect | None:
    """Put one effect in standard deviations of what its scores measure; None where they measure nothing.

    Parameters
    ----------
    row : EffectEstimate
        Of scores; with errors that are the same in both arms it is right as it is.
    arms, errors : lists of (n,) float64
        Scores and their standard errors, in control and in the variant.
    ci_level : float

    Notes
    -----
    Error makes a difference of means less certain, which its interval knows, but not smaller. A difference in
    standard deviations it does make smaller, for scores spread more than what they measure. The interval:
    delta method, the spread taken as estimated; with equal errors of 0 it is Cohen's d with the variance of
    Hedges & Olkin (1985), Statistical Methods for Meta-Analysis, section 5.E, where scores are normal.
    """
    if min(map(len, arms)) < 2 or row.effect_size is None or row.standard_error is None:
        return None
    variance, reliability, of_variance = true_spread(arms, errors)
    if not variance > 0:
        return None
    spread = math.sqrt(variance)
    effect = row.effect_size / spread
    error = math.hypot(row.standard_error / spread, effect / 2 * math.sqrt(of_variance) / variance)
    half = float(stdtrit(math.inf if row.df is None else row.df, 0.5 + ci_level / 2)) * error
    return LatentEffect(
        row.outcome, row.variant, reliability, spread, effect, effect - half, effect + half, error,
        effect * math.sqrt(reliability),
    )  # fmt: skip
