"""What an answer is worth: how many did it, answer by answer, and what the answer knows beyond the past."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from verbond.numerics.intervals import mean_interval, wilson_interval
from verbond.numerics.isotonic import isotonic
from verbond.numerics.logit import fit_logit
from verbond.numerics.sorting import difference_of_sortings, sorting
from verbond.results import Estimate, Reason
from verbond.results.groups import MIN_GROUP

__all__ = [
    "FOLDS",
    "LEAST_TO_COMPARE",
    "AnswerShare",
    "AnswerWorth",
    "answer_shares",
    "answer_worth",
]

FOLDS = 10
LEAST_TO_COMPARE = 2 * FOLDS
"""So many who did and who did not, at least, to ask what an answer adds: two of each in every fold."""


@dataclass(frozen=True, slots=True)
class AnswerShare:
    """People who gave the same answer, and how many of them did it.

    Attributes
    ----------
    intention, behaviour : str
    answer_from, answer_to : float
        On the scale as asked, `answer_to` included; equal unless few people gave an answer, who are then
        taken together with those beside them.
    stated : float
        Mean answer, 0..1 between the ends of the scale.
    share : Estimate
        Who did, with Wilson's interval.
    curve : float
        The share on the rising curve nearest to all shares (isotonic regression).
    """

    intention: str
    behaviour: str
    answer_from: float
    answer_to: float
    stated: float
    share: Estimate
    curve: float


@dataclass(frozen=True, slots=True)
class AnswerWorth:
    """How well an answer sorts people, and what it adds to what the same people had done before.

    Attributes
    ----------
    intention, behaviour : str
    n_obs, n_did : int
    auc : Estimate
        Chance that of two people, one who did and one who did not, the first gave the higher answer; 0.5 is
        no better than a coin. DeLong's interval on the logit scale.
    auc_past : Estimate
        The same for a forecast from their own past alone, of people who were not in its fit.
    auc_gain : Estimate
        How much better that forecast sorts when it knows the answer too, with DeLong's paired interval.
    loglik_gain : Estimate
        Mean gain in log-likelihood (nats) a person, with Student's interval over people.
    """

    intention: str
    behaviour: str
    n_obs: int
    n_did: int
    auc: Estimate
    auc_past: Estimate
    auc_gain: Estimate
    loglik_gain: Estimate


def answer_shares(
    intention: str,
    behaviour: str,
    answer: np.ndarray,
    level: np.ndarray,
    did: np.ndarray,
    ends: tuple[float, float],
    ci_level: float,
) -> tuple[AnswerShare, ...]:
    """The share who did, answer by answer, lowest first.

    Parameters
    ----------
    intention, behaviour : str
    answer : (n,) float64
        0..1.
    level : (n,) str
        Promoter, passive, ...: answers are never taken together over their borders.
    did : (n,) bool
    ends : (min, max)
        Of the answer scale; NaN: unknown, and answers are read as percent.
    ci_level : float

    Notes
    -----
    A level with fewer than five people has no row; in the others neighbours are joined until five are there.
    """
    low, high = ends if np.isfinite(ends).all() else (0.0, 100.0)
    asked = np.round(low + answer * (high - low))
    bins = [part for name in np.unique(level) for part in _bins(asked, np.flatnonzero(level == name))]
    bins.sort(key=lambda part: asked[part].min())
    if not bins:
        return ()
    n, hits = (np.array([f(part) for part in bins], float) for f in (len, lambda part: did[part].sum()))
    curve = isotonic(hits / n, n)
    return tuple(
        AnswerShare(
            intention, behaviour, float(asked[part].min()), float(asked[part].max()),
            float(answer[part].mean()),
            Estimate(h / m, *wilson_interval(h, m, ci_level), int(m), ci_level), float(fitted),
        )
        for part, m, h, fitted in zip(bins, n.tolist(), hits.tolist(), curve, strict=True)
    )  # fmt: skip


def _bins(asked: np.ndarray, people: np.ndarray) -> list[np.ndarray]:
    """The people of one level by answer, neighbours joined until there are five."""
    bins: list[np.ndarray] = []
    short = people[:0]
    for value in np.unique(asked[people]):
        short = np.concatenate([short, people[asked[people] == value]])
        if len(short) >= MIN_GROUP:
            bins.append(short)
            short = people[:0]
    if len(short) and bins:
        bins[-1] = np.concatenate([bins[-1], short])
    return bins


def answer_worth(
    intention: str,
    behaviour: str,
    answer: np.ndarray,
    past: np.ndarray,
    did: np.ndarray,
    *,
    ci_level: float,
    seed: int,
) -> AnswerWorth:
    """Set what an answer knows beside what the same people's past knows.

    Parameters
    ----------
    intention, behaviour : str
    answer : (n,) float64
        0..1.
    past : (n, k) float64
        What each had done before.
    did : (n,) bool
    ci_level : float
    seed : int
        Of the lot that puts people into folds.

    Notes
    -----
    Two logistic regressions, from the past and from the past and the answer, each forecasting a tenth of the
    people from the other nine tenths: a forecast of people whom it was fitted to would praise the answer for
    nothing. The gain is of the forecast, not of the answer's effect. Where an answer adds nothing at all the
    interval lies a little low.
    """
    n, n_did = len(did), int(did.sum())
    nothing = Estimate(None, ci_level=ci_level, n_obs=n, reason=_too_few(n, n_did, MIN_GROUP))
    if min(n_did, n - n_did) < MIN_GROUP:
        return AnswerWorth(intention, behaviour, n, n_did, nothing, nothing, nothing, nothing)
    alone = sorting(answer, did)
    auc = Estimate(alone.auc, *alone.interval(ci_level), n, ci_level)
    if min(n_did, n - n_did) < LEAST_TO_COMPARE:
        nothing = Estimate(None, ci_level=ci_level, n_obs=n, reason=_too_few(n, n_did, LEAST_TO_COMPARE))
        return AnswerWorth(intention, behaviour, n, n_did, auc, nothing, nothing, nothing)
    fold = _folds(did, np.random.default_rng(seed))
    without = _forecast(past, did, fold)
    with_answer = _forecast(np.column_stack([past, answer]), did, fold)
    a, b = sorting(without, did), sorting(with_answer, did)
    gain = _log_likelihoods(with_answer, did) - _log_likelihoods(without, did)
    return AnswerWorth(
        intention, behaviour, n, n_did, auc,
        auc_past=Estimate(a.auc, *a.interval(ci_level), n, ci_level),
        auc_gain=Estimate(*difference_of_sortings(a, b, ci_level), n, ci_level),
        loglik_gain=Estimate(*mean_interval(gain, ci_level=ci_level), n, ci_level),
    )  # fmt: skip


def _forecast(design: np.ndarray, did: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Log odds of each person from the people of the other folds."""
    odds = np.empty(len(did))
    for k in range(FOLDS):
        held = fold == k
        middle, spread = design[~held].mean(axis=0), design[~held].std(axis=0)
        scaled = (design - middle) / np.where(spread > 0, spread, 1.0)
        beta = fit_logit(scaled[~held], did[~held])
        odds[held] = beta[0] + scaled[held] @ beta[1:]
    return odds


def _folds(did: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Folds by lot, with as many who did and who did not in each."""
    fold = np.empty(len(did), np.int64)
    for group in (np.flatnonzero(did), np.flatnonzero(~did)):
        fold[rng.permutation(group)] = np.arange(len(group)) % FOLDS
    return fold


def _log_likelihoods(odds: np.ndarray, did: np.ndarray) -> np.ndarray:
    return -np.logaddexp(0.0, np.where(did, -odds, odds))


def _too_few(n: int, n_did: int, least: int) -> Reason:
    return Reason("loyalty_intention.too_few_to_sort", {"least": least, "did": n_did, "others": n - n_did})
