"""Descriptions of the scores on the five rungs, fitted by maximum likelihood.

*linear*: people stand in one of the six profiles of a ladder (nothing, 1, 1-2, ..., 1-5); *free*: in any of
the 32; *skip_k*: in one of a ladder, or in one of those that leave out rung k alone; *independent*: each
rung is attained or not by itself, in no order; *graded*: there are no groups, only more or less of
everything (one factor). All but the last share how groups look: on each construct a mean for who has not
attained its rung and one for who has, with what the other rungs add to it, spread within groups, and one
disturbance a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.optimize import minimize

from verbond.survey.rung_kernel import people_under, summed

__all__ = ["LINEAR", "PROFILES", "RungModel", "fit_graded", "fit_groups", "profile_covariance"]

PROFILES = np.array(list(product((0, 1), repeat=5)), dtype=np.int8)
"""(32, 5): every combination of attained rungs."""
LINEAR = np.array([(1,) * k + (0,) * (5 - k) for k in range(6)], dtype=np.int8)
"""(6, 5): the profiles of a ladder without gaps."""
N_RUNGS = 5
PSEUDO_PEOPLE = 1.0
"""Spread evenly over the profiles, so that no share falls to nothing for want of data."""
NEAR = 15.0
"""Log-likelihood after the first steps within which a second climb may still overtake the best."""
MOST_OTHERS = 10.0
"""Points that one more attained rung can add to the mean of another construct."""


@dataclass(frozen=True, slots=True)
class RungModel:
    """One fitted description.

    Attributes
    ----------
    name : str
    loglik, bic : float
    n_parameters : int
    profiles : (S, 5) int8
    shares : (S,) float64
        Share of people in each profile.
    low, high, others : (5,) float64
        Mean on each construct just below and just on its rung, and points per other rung attained more (or
        fewer) than the rungs below it.
    variance, loading : (5,) float64
    """

    name: str
    loglik: float
    bic: float
    n_parameters: int
    profiles: np.ndarray
    shares: np.ndarray
    low: np.ndarray
    high: np.ndarray
    others: np.ndarray
    variance: np.ndarray
    loading: np.ndarray

    def means(self) -> np.ndarray:
        """Of each profile on each construct, (S, 5)."""
        return _means(self.profiles, self.low, self.high, self.others)

    def probabilities(self, scores: np.ndarray, errors: np.ndarray) -> np.ndarray:
        """Probability of each profile for each person, (n, S)."""
        shares = np.log(np.maximum(self.shares, 1e-300))
        return people_under(scores, errors, shares, self.means(), self.variance, self.loading)[1]

    def crossings(self) -> np.ndarray:
        """Score on each construct at which attained and not attained fit equally well, (5,)."""
        return (self.low + self.high) / 2


def _means(profiles: np.ndarray, low: np.ndarray, high: np.ndarray, others: np.ndarray) -> np.ndarray:
    return low + profiles * (high - low) + _others(profiles) * others


def _others(profiles: np.ndarray) -> np.ndarray:
    """Other rungs attained, less those below the construct's own rung."""
    return profiles.sum(axis=1, keepdims=True) - profiles - np.arange(N_RUNGS)


class _Free:
    """What is free: low, high (5 each), others (5), log variances (5), loading (1), shares."""

    def __init__(self, profiles: np.ndarray, independent: bool) -> None:
        self.profiles, self.independent = profiles.astype(np.float64), independent
        self.apart = _others(self.profiles)
        self.size = 21 + (N_RUNGS if independent else len(profiles) - 1)
        units = [np.full(10, 2.0), np.ones(5), np.full(5, 0.3), np.ones(self.size - 20)]
        self.scale = np.concatenate(units)  # steps of one move the likelihood about as much

    def log_shares(self, z: np.ndarray) -> np.ndarray:
        free = z[21:]
        if self.independent:
            yes, no = -np.logaddexp(0, -free), -np.logaddexp(0, free)
            return self.profiles @ yes + (1 - self.profiles) @ no
        logits = np.concatenate([[0.0], free])
        return logits - np.logaddexp.reduce(logits)

    def parts(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Log shares, means, variances, loadings."""
        means = self.profiles * z[5:10] + (1 - self.profiles) * z[:5] + self.apart * z[10:15]
        return self.log_shares(z), means, np.exp(z[15:20]), np.full(N_RUNGS, z[20])

    def value(self, z: np.ndarray, scores: np.ndarray, errors: np.ndarray) -> tuple[float, np.ndarray, float]:
        """Penalised log-likelihood, its gradient, and the log-likelihood alone."""
        shares, means, variance, loading = self.parts(z)
        sums = summed(scores, errors, shares, means, variance, loading)
        extra = np.full(len(shares), PSEUDO_PEOPLE / len(shares))
        people = sums.profiles + extra
        if self.independent:
            by_share = self.profiles.T @ people - people.sum() / (1 + np.exp(-z[21:]))
        else:
            by_share = (people - people.sum() * np.exp(shares))[1:]
        slope = np.concatenate([
            (sums.by_mean * (1 - self.profiles)).sum(axis=0), (sums.by_mean * self.profiles).sum(axis=0),
            (sums.by_mean * self.apart).sum(axis=0), sums.by_variance * variance,
            [sums.by_loading.sum()], by_share,
        ])  # fmt: skip
        return float(sums.loglik + extra @ shares), slope, float(sums.loglik)


def fit_groups(
    name: str, scores: np.ndarray, errors: np.ndarray, *, threshold: float, apart: float
) -> RungModel:
    """Fit "linear", "skip_1" .. "skip_4", "free" or "independent".

    Parameters
    ----------
    scores, errors : (n, 5) float64
        NaN where a construct was not measured.
    threshold, apart : float
        The means just below and just on a rung lie on either side of `threshold`, at least `apart` from it.
    """
    profiles = (
        PROFILES
        if name in ("free", "independent")
        else _ladder(int(name[5:]) if name.startswith("skip_") else 0)
    )
    free = _Free(profiles, name == "independent")
    bounds = [(-50, threshold - apart)] * 5 + [(threshold + apart, 150)] * 5 + [(0, MOST_OTHERS)] * 5
    bounds += [(0, 8)] * 5 + [(0, 30)] + [(-15, 15)] * (free.size - 21)
    limits = np.array(bounds, dtype=np.float64).T / free.scale
    climbs = [
        _climb(free, scores, errors, np.clip(start / free.scale, *limits), limits, steps=30)
        for start in _starts(free, scores, threshold)
    ]
    best = min(climb.fun for climb in climbs)
    ends = sorted((c for c in climbs if c.fun < best + NEAR), key=lambda found: found.fun)[:2]
    found = min((_climb(free, scores, errors, end.x, limits, steps=600) for end in ends), key=lambda f: f.fun)
    z = found.x * free.scale
    loglik = free.value(z, scores, errors)[2]
    return RungModel(
        name=name, loglik=loglik, bic=-2 * loglik + free.size * float(np.log(len(scores))),
        n_parameters=free.size, profiles=profiles, shares=np.exp(free.log_shares(z)), low=z[:5], high=z[5:10],
        others=z[10:15], variance=np.exp(z[15:20]), loading=np.full(5, z[20]),
    )  # fmt: skip


def _climb(
    free: _Free, scores: np.ndarray, errors: np.ndarray, start: np.ndarray, limits: np.ndarray, steps: int
):
    def loss(z: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope, _ = free.value(z * free.scale, scores, errors)
        return -value, -slope * free.scale

    return minimize(
        loss, start, jac=True, method="L-BFGS-B", bounds=limits.T,
        options={"maxiter": steps, "ftol": 1e-9, "gtol": 1e-3, "maxcor": 25},
    )  # fmt: skip


def _starts(free: _Free, scores: np.ndarray, threshold: float) -> list[np.ndarray]:
    """Mixtures have many tops: groups alike or as a cut finds them; others add nothing or much."""
    cut = np.where(np.isfinite(scores), scores >= threshold, False)
    rows = (free.profiles[None] == cut[:, None]).all(axis=2).sum(axis=0) + len(scores) / (
        4 * len(free.profiles)
    )
    by_cut = np.log(rows[1:] / rows[0])
    if free.independent:
        by_cut = np.log((cut.sum(axis=0) + 1) / ((~cut).sum(axis=0) + 1))
    side = _side(scores, cut, threshold + 10), _side(scores, ~cut, threshold - 15)
    rest = np.full(5, np.log(30.0)), [4.0]
    return [
        np.concatenate([side[1], side[0], np.full(5, others), *rest, shares])
        for shares in (np.zeros(free.size - 21), by_cut)
        for others in (0.0, 4.0)
    ]


def _ladder(skipped: int) -> np.ndarray:
    """Profiles of a ladder, and those without the rung `skipped` for who stands higher (0: none)."""
    without = LINEAR[skipped + 1 :].copy() if skipped else LINEAR[:0]
    without[:, skipped - 1] = 0
    return np.concatenate([LINEAR, without])


def _side(scores: np.ndarray, there: np.ndarray, otherwise: float) -> np.ndarray:
    chosen = [scores[there[:, c] & np.isfinite(scores[:, c]), c] for c in range(N_RUNGS)]
    return np.array([values.mean() if len(values) else otherwise for values in chosen])


def fit_graded(scores: np.ndarray, errors: np.ndarray) -> RungModel:
    """Fit one factor without groups: means, loadings and variances of the five constructs."""

    def loss(z: np.ndarray) -> tuple[float, np.ndarray]:
        variance = np.exp(z[5:10])
        sums = summed(scores, errors, np.zeros(1), np.ascontiguousarray(z[None, :5]), variance, z[10:])
        slope = np.concatenate([sums.by_mean[0], sums.by_variance * variance, sums.by_loading])
        return -float(sums.loglik), -slope

    start = np.concatenate([np.nanmean(scores, axis=0), np.log(np.full(5, 80.0)), np.full(5, 10.0)])
    found = minimize(
        loss, start, jac=True, method="L-BFGS-B",
        bounds=[(None, None)] * 5 + [(0, 8)] * 5 + [(-60, 60)] * 5, options={"maxiter": 600, "ftol": 1e-11},
    )  # fmt: skip
    z, loglik = found.x, -float(found.fun)
    return RungModel(
        name="graded", loglik=loglik, bic=-2 * loglik + 15 * float(np.log(len(scores))), n_parameters=15,
        profiles=np.zeros((1, 5), dtype=np.int8), shares=np.ones(1), low=z[:5], high=z[:5],
        others=np.zeros(5), variance=np.exp(z[5:10]), loading=z[10:],
    )  # fmt: skip


def profile_covariance(model: RungModel, scores: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """Covariance of the profiles' shares, (S, S), with all else that was estimated allowed for.

    Notes
    -----
    From the outer products of people's own gradients (by central differences of their log-likelihoods), plus
    what the pseudo-people know of the shares.
    """
    free = _Free(model.profiles, False)
    shares = np.maximum(model.shares, 1e-12)
    z = np.concatenate([
        model.low, model.high, model.others, np.log(model.variance), model.loading[:1],
        np.log(shares[1:] / shares[0]),
    ])  # fmt: skip
    gradients = np.empty((len(scores), free.size))
    for p in range(free.size):
        step = np.zeros(free.size)
        step[p] = 1e-4 * max(1.0, abs(z[p]))
        up, down = (people_under(scores, errors, *free.parts(z + s * step))[0] for s in (1, -1))
        gradients[:, p] = (up - down) / (2 * step[p])
    information = gradients.T @ gradients
    spread = np.diag(shares) - np.outer(shares, shares)
    information[21:, 21:] += PSEUDO_PEOPLE * spread[1:, 1:]
    information += np.diag(1e-9 * np.maximum(np.diag(information), 1.0))
    chain = np.zeros((len(shares), free.size))
    chain[:, 21:] = spread[:, 1:]
    return chain @ np.linalg.solve(information, chain.T)
