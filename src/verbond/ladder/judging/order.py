"""Does the order of the ladder hold? Asked of the answers alone, on people who were left out.

Four descriptions of the five construct scores compete: *ladder*, groups whose means never fall from one to
the next (as the model has it); *groups*, as many groups with means anywhere; *scattered*, every construct low
or high by itself, whatever the others are; *graded*, no groups at all, only more or less of everything with
whatever correlations (one normal distribution). Each is fitted to four fifths
of the people and judged by the log density of the scores of the last fifth, in turn; a person with several
waves stays in one part. A description with more freedom wins only if the freedom is true.

References
----------
Smyth (2000), Statistics and Computing 10, 63-72 (cross-validated likelihood for mixtures); Croon (1990),
British Journal of Mathematical and Statistical Psychology 43, 171-192 (ordered latent classes).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit, logsumexp

from verbond.ladder.model.emissions import Space
from verbond.ladder.model.scores import SurveyScores
from verbond.results import Estimate, Reason
from verbond.tables import Panel

__all__ = ["OrderVerdict", "judge_order"]

FOLDS = 5
FREE_STARTS = 3
MOST_STEPS = 100
LEAST_GAIN = 2e-5
CERTAIN = 2.0
"""Standard errors by which one description must beat another."""


@dataclass(frozen=True, slots=True)
class OrderVerdict:
    """Whether the answers fall into steps in the order of the ladder.

    Attributes
    ----------
    verdict : {"ladder", "groups", "scattered", "graded", "undecided"}
        The description that the left-out people speak for.
    n_respondents : int
    over_groups, over_scattered, over_graded : Estimate
        Mean gain in log density a person of the ladder over the other description; above 0 speaks for the
        ladder.
    steps_at : tuple of int
        For each construct, the rung at which it rises most.
    reason : Reason
        The verdict in words.
    """

    verdict: str
    n_respondents: int
    over_groups: Estimate
    over_scattered: Estimate
    over_graded: Estimate
    steps_at: tuple[int, ...]
    reason: Reason


@dataclass(frozen=True, slots=True)
class _Mixture:
    scores: SurveyScores
    theta: np.ndarray
    shares: np.ndarray

    def log_density(self, scores: SurveyScores) -> np.ndarray:
        return logsumexp(scores.log_likelihoods(self.theta) + np.log(self.shares), axis=1)


def judge_order(panel: Panel, n_rungs: int, rng: np.random.Generator) -> OrderVerdict:
    """Compare the four descriptions on people who were left out.

    Parameters
    ----------
    panel : Panel
        With survey scores.
    n_rungs : int
    rng : numpy Generator
        Draws the parts and the starts of the groups.
    """
    owner = np.searchsorted(panel.offsets, panel.scored_rows, side="right") - 1
    people, person = np.unique(owner, return_inverse=True)
    part = rng.permutation(len(people))[person] % FOLDS
    names = ("ladder", "groups", "scattered", "graded")
    density = {name: np.empty(len(part)) for name in names}
    start = None
    for fold in range(FOLDS):
        train, test = part != fold, part == fold
        fitted, start = _fit_all(panel.scores[train], panel.standard_errors[train], n_rungs, rng, start)
        for name in names:
            left_out = fitted[name].scores.with_scores(panel.scores[test], panel.standard_errors[test])
            density[name][test] = fitted[name].log_density(left_out)
    by_person = {name: np.bincount(person, values, len(people)) for name, values in density.items()}
    over = {name: _gain(by_person["ladder"] - by_person[name]) for name in names[1:]}
    whole = _fit_ladder(SurveyScores.from_scores(Space(n_rungs), panel.scores, panel.standard_errors))
    rises = np.diff(whole.scores.by_state(whole.theta), axis=0)
    verdict = _verdict(**over)
    values = {"n": len(people), "share": float((by_person["ladder"] > by_person["graded"]).mean())}
    return OrderVerdict(
        verdict, len(people), over["groups"], over["scattered"], over["graded"],
        tuple(int(k) + 1 for k in rises.argmax(axis=0)), Reason(f"ladder.order_{verdict}", values),
    )  # fmt: skip


def _gain(difference: np.ndarray) -> Estimate:
    mean, error = float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(len(difference)))
    return Estimate(mean, mean - 1.96 * error, mean + 1.96 * error, len(difference))


def _verdict(groups: Estimate, scattered: Estimate, graded: Estimate) -> str:
    def clearly(gain: Estimate) -> float:
        """Standard errors from nothing."""
        return gain.value / max((gain.ci_upper - gain.ci_lower) / 3.92, 1e-12)  # type: ignore[operator]

    rivals = {"groups": groups, "scattered": scattered}
    ahead = [n for n, r in rivals.items() if clearly(r) < -CERTAIN and r.value < graded.value]  # type: ignore[operator]
    if ahead:
        return min(ahead, key=lambda name: rivals[name].value)  # type: ignore[arg-type, return-value]
    if min(clearly(scattered), clearly(graded)) > CERTAIN:
        return "ladder"
    return "graded" if clearly(graded) < CERTAIN / 2 else "undecided"


def _fit_ladder(plain: SurveyScores) -> _Mixture:
    return _climb(plain, plain.theta(plain.template, np.diag(plain.prior_within)))


def _fit_all(
    scores: np.ndarray,
    standard_errors: np.ndarray,
    n_rungs: int,
    rng: np.random.Generator,
    start: np.ndarray | None,
) -> tuple[dict[str, _Mixture], np.ndarray]:
    """All four, and where the scattered one ended: a start for most of the same people."""
    plain = SurveyScores.from_scores(Space(n_rungs), scores, standard_errors)
    within, middle = np.diag(plain.prior_within), plain.template.mean(axis=0, keepdims=True)
    ladder = _fit_ladder(plain)
    one = replace(plain, space=Space(1), template=middle)
    free = replace(plain, ordered=False, template=np.repeat(middle, n_rungs, axis=0))
    starts, complete = [ladder.theta], np.flatnonzero(plain.measured.all(axis=1))
    for _ in range(FREE_STARTS if len(complete) >= n_rungs else 0):
        means = plain.scores[rng.choice(complete, n_rungs, replace=False)]
        starts.append(free.theta(means, within))
    found = [_climb(free, start) for start in starts]
    groups = max(found, key=lambda mixture: float(mixture.log_density(free).sum()))
    graded = _climb(one, one.theta(middle, 2.5 * within))
    scattered, end = _fit_scattered(plain, start)
    return {"ladder": ladder, "groups": groups, "scattered": scattered, "graded": graded}, end


def _fit_scattered(plain: SurveyScores, start: np.ndarray | None = None) -> tuple[_Mixture, np.ndarray]:
    """Every construct low or high by itself: all profiles, with products of shares for shares."""
    n = plain.n_constructs
    high = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    all_profiles = replace(plain, space=Space(2**n), ordered=False)
    lower = np.tril_indices(n)

    def parts(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Parameters of the mixture, and the logarithms of its shares."""
        means = at[:n] + high * np.exp(at[n : 2 * n])
        log_shares = (high * log_expit(at[2 * n : 3 * n]) + (1 - high) * log_expit(-at[2 * n : 3 * n])).sum(
            axis=1
        )
        return np.concatenate((np.diff(means, axis=0, prepend=0.0).ravel(), at[3 * n :])), log_shares

    def cost(at: np.ndarray) -> tuple[float, np.ndarray]:
        theta, log_shares = parts(at)
        probs, value = _responsibilities(all_profiles.log_likelihoods(theta) + log_shares)
        means, factor = all_profiles.parts(theta)
        by_mean, outer, precision = all_profiles.pulls_of(probs, means, factor)
        by_factor = plain.by_factor(outer, precision, factor)
        by_odds = (probs @ (high - expit(at[2 * n : 3 * n]))).sum(axis=0)
        by_gap = (by_mean * high).sum(axis=0) * np.exp(at[n : 2 * n])
        value += plain.log_prior_within(factor)
        return -float(value), -np.concatenate((by_mean.sum(axis=0), by_gap, by_odds, by_factor))

    if start is None:
        factor, low = np.diag(0.5 * np.log(plain.prior_within)), plain.template.min(axis=0)
        gap = np.log(np.ptp(plain.template, axis=0) + 1e-3)
        start = np.concatenate((low, gap, np.zeros(n), factor[lower]))
    found = minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    theta, log_shares = parts(found)
    return _Mixture(all_profiles, theta, np.exp(log_shares)), found


def _responsibilities(joint: np.ndarray) -> tuple[np.ndarray, float]:
    """(n, n_profiles) probabilities from joint log densities, and the log-likelihood."""
    most = joint.max(axis=1, keepdims=True)
    probs = np.exp(joint - most)
    total = probs.sum(axis=1, keepdims=True)
    probs /= total
    return probs, float((np.log(total) + most).sum())


def _climb(scores: SurveyScores, theta: np.ndarray) -> _Mixture:
    """Expectation-maximisation of a mixture."""
    shares, before = np.full(scores.space.n_rungs, 1 / scores.space.n_rungs), -np.inf
    for _ in range(MOST_STEPS):
        probs, value = _responsibilities(scores.log_likelihoods(theta) + np.log(shares))
        value += scores.log_prior(theta)
        if value - before < LEAST_GAIN * len(probs):
            break
        before = value
        theta = scores.maximise(probs, theta)
        shares = (probs.sum(axis=0) + 0.5) / (len(probs) + 0.5 * len(shares))
    return _Mixture(scores, theta, shares)
