"""The rungs are what the answers say: their profiles come from the answers alone, behaviour comes after.

Fitted together, a few hundred answers stand against a hundred thousand periods of behaviour, and a state that
describes behaviour better takes the name of a rung whose answers it does not have. So the means and the
covariance of the scores are those of an ordered mixture of the answers (step one), and everything else is
estimated with these given (step two). The estimating equations of both steps stand under each other, so that
the sandwich carries the first step's uncertainty into every figure.

References
----------
Bakk & Kuha (2018), Psychometrika 83, 871-892 (two-step estimation of latent class models); Newey & McFadden
(1994), Handbook of Econometrics 4, section 6 (variances of two-step estimators).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

from verbond.ladder.model.model import LadderModel
from verbond.ladder.model.scores import PSEUDO_RESPONDENTS, SurveyScores
from verbond.ladder.model.space import Space

__all__ = ["anchored", "given_parameters", "reanchored"]

EM_STEPS, STEPS = 50, 500
STEP = 1e-5
MOST = 8.0
"""No entry of the factor of W leaves this range on the way: a line search may try any, and exp overflows."""


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    """Respondents and what is assumed of them, equal to others that are equal in everything."""

    plain: SurveyScores

    def parts(self) -> tuple[object, ...]:
        one = self.plain
        return one.space.n_rungs, one.ordered, *(
            part.tobytes() for part in (one.scores, one.pattern, one.patterns, one.template, one.prior_within)
        )  # fmt: skip

    def __hash__(self) -> int:
        return hash(self.parts())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Answers) and self.parts() == other.parts()


def anchored(scores: SurveyScores) -> SurveyScores:
    """The same emission with the profiles and the shares of the rungs that the answers alone have.

    Parameters
    ----------
    scores : SurveyScores
        At least one respondent.
    """
    plain = replace(scores, space=Space(scores.space.n_rungs), given=None, shares=None, by_share=None)
    given, shares, by_share = _from_answers(_Answers(plain))
    return replace(scores, given=given, shares=shares, by_share=by_share)


@lru_cache(maxsize=4)  # one fit asks for the same again and again: for every number of classes it tries
def _from_answers(answers: _Answers) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Profiles (n_parameters,), shares (n_rungs,), and what the first take from the second."""
    plain = answers.plain
    n_rungs, n = plain.space.n_rungs, plain.n_parameters
    theta = plain.theta(plain.template, np.diag(plain.prior_within))
    shares = np.full(n_rungs, 1 / n_rungs)
    for _ in range(EM_STEPS):
        probs = softmax(plain.log_likelihoods(theta) + np.log(shares), axis=1)
        theta = plain.maximise(probs, theta)
        shares = (probs.sum(axis=0) + PSEUDO_RESPONDENTS) / (len(probs) + PSEUDO_RESPONDENTS * n_rungs)

    def cost(at: np.ndarray) -> tuple[float, np.ndarray]:
        log_shares = at[n:] - logsumexp(at[n:])
        joint = plain.log_likelihoods(at[:n]) + log_shares
        value = (
            logsumexp(joint, axis=1).sum() + plain.log_prior(at[:n]) + PSEUDO_RESPONDENTS * log_shares.sum()
        )
        probs = softmax(joint, axis=1)
        by_theta = plain.gradient(probs, at[:n])
        wanted = probs.sum(axis=0) + PSEUDO_RESPONDENTS
        by_share = wanted - wanted.sum() * np.exp(log_shares)
        return -float(value), -np.concatenate((by_theta, by_share))

    bounds = [(None if b == -np.inf else b, None) for b in plain.lower_bounds()] + [(None, None)] * n_rungs
    bounds[n_rungs * plain.n_constructs : n] = [(-MOST, MOST)] * (n - n_rungs * plain.n_constructs)
    options = {"maxiter": STEPS, "maxfun": 2 * STEPS, "gtol": 1e-6, "ftol": 1e-15, "maxcor": 30}
    start = np.concatenate((np.maximum(theta, plain.lower_bounds()), np.log(shares)))
    found = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options).x
    given, log_shares = found[:n], found[n:] - logsumexp(found[n:])
    by_share = _by_share(replace(plain, given=given), given, log_shares)
    return given, np.exp(log_shares), by_share


def _by_share(scores: SurveyScores, theta: np.ndarray, log_shares: np.ndarray) -> np.ndarray:
    """(n_parameters, n_rungs) information of parameters and shares times the inverse of that of the shares.

    Taken off the parameters' equations, the shares' equations with these weights leave what the answers tell
    of the parameters when the shares are not known either (the efficient score).
    """
    all_once = np.full((scores.n_values, scores.space.n_rungs), 1 / scores.space.n_rungs)

    def at(logs: np.ndarray) -> np.ndarray:
        here = replace(scores, shares=softmax(logs))
        return np.append(here.gradient(all_once, theta), here.share_scores(here.respondents(all_once, theta)))

    steps = STEP * np.eye(len(log_shares))
    slopes = np.array([(at(log_shares - d) - at(log_shares + d)) / (2 * STEP) for d in steps]).T
    of_shares = 0.5 * (slopes[len(theta) :] + slopes[len(theta) :].T)
    return slopes[: len(theta)] @ np.linalg.pinv(of_shares, rcond=1e-8, hermitian=True)


def reanchored(model: LadderModel, theta: np.ndarray) -> tuple[LadderModel, np.ndarray]:
    """A model over other respondents: where its rungs were anchored to answers, to those of these people."""
    emissions, theta = list(model.emissions), theta.copy()
    for j, (emission, where) in enumerate(zip(model.emissions, model.slices[2:], strict=True)):
        if isinstance(emission, SurveyScores) and emission.given is not None and emission.n_values:
            emissions[j] = anchored(emission)
            theta[where] = emissions[j].given
    return replace(model, emissions=tuple(emissions)), theta


def given_parameters(model: LadderModel) -> np.ndarray:
    """(n_parameters,) bool: what the answers alone decide."""
    found = np.zeros(model.n_parameters, bool)
    for emission, where in zip(model.emissions, model.slices[2:], strict=True):
        found[where] = isinstance(emission, SurveyScores) and emission.given is not None
    return found
