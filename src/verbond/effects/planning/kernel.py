"""The arithmetic of sizes: clusters, looking at any moment, several variants."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from verbond.effects.experiment.sequential import any_look_width, tuning
from verbond.numerics.power import n_for_means, n_for_shares, power_of_means, power_of_shares, smallest_n

__all__ = ["any_look_bound", "cluster_sd", "clusters_for", "n_at_any_look", "n_once", "power_at"]


def any_look_bound(alpha: float) -> float:
    """Standard errors from zero at which a confidence sequence, tuned to the present size, leaves zero out.

    Notes
    -----
    The boundary of Waudby-Smith et al. (2024, theorem 2.2) at time t with rho chosen for that t: t * rho^2 is
    then the same whatever t, and so is the number of standard errors.

    References
    ----------
    Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas (2024), Time-uniform central limit theory and asymptotic
    confidence sequences, Annals of Statistics 52(6), 2613-2640.

    Examples
    --------
    >>> round(any_look_bound(0.05), 3)
    3.035
    """
    return any_look_width(1, alpha, tuning(alpha, 1))


def cluster_sd(sd: float, icc: float, size: float, size_cv: float = 0.0) -> float:
    """Standard deviation of the mean of a cluster.

    Parameters
    ----------
    sd : float
        Of people.
    icc : float
        Intraclass correlation: the share of the variance that lies between clusters.
    size : float
        People a cluster, on average.
    size_cv : float
        Standard deviation of the sizes divided by their mean.

    References
    ----------
    Eldridge, Ashby & Kerry (2006), International Journal of Epidemiology 35, 1292-1300, for sizes that
    differ; Donner & Klar (2000) for equal ones.

    Examples
    --------
    >>> round(cluster_sd(1.0, 0.05, 20), 4)
    0.3122
    """
    return sd * math.sqrt((1 + ((1 + size_cv**2) * size - 1) * icc) / size)


def clusters_for(effect: float, sd_of_means: float, alpha: float, power: float, ratio: float = 1.0) -> float:
    """Clusters in the control arm: a t-test on the means of clusters."""
    return n_for_means(effect, sd_of_means, alpha, power, ratio)


def n_once(
    effect: float, sd: float | None, baseline: float | None, alpha: float, power: float, ratio: float
) -> float:
    """People in the control arm for one look at the end: means, or shares where a baseline is given."""
    if baseline is not None:
        return n_for_shares(baseline, baseline + effect, alpha, power, ratio)
    assert sd is not None
    return n_for_means(effect, sd, alpha, power, ratio)


def n_at_any_look(
    effect: float, sd: float | None, baseline: float | None, alpha: float, power: float, ratio: float
) -> float:
    """People in the control arm when one may look at any moment; the power is that at the planned end."""

    def power_of(n: float) -> float:
        return power_at(n, effect, sd, baseline, alpha, ratio, any_look=True)

    return smallest_n(power_of, power, 2 * n_once(effect, sd, baseline, alpha, power, ratio), ratio)


def power_at(
    n: float,
    effect: float,
    sd: float | None,
    baseline: float | None,
    alpha: float,
    ratio: float,
    any_look: bool = False,
) -> float:
    """Power with `n` people in the control arm."""
    if any_look:
        shift = abs(effect) / _error(n, effect, sd, baseline, ratio)
        bound = any_look_bound(alpha)
        return float(ndtr(shift - bound) + ndtr(-shift - bound))
    if baseline is not None:
        return power_of_shares(baseline, baseline + effect, n, ratio * n, 1 - alpha)
    assert sd is not None
    return power_of_means(effect, sd, n, ratio * n, alpha)


def _error(n: float, effect: float, sd: float | None, baseline: float | None, ratio: float) -> float:
    if baseline is None:
        assert sd is not None
        return float(sd * np.sqrt((1 + 1 / ratio) / n))
    other = baseline + effect
    return float(np.sqrt((baseline * (1 - baseline) + other * (1 - other) / ratio) / n))
