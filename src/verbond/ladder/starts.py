"""Where fits start: the survey's step profile, or quantiles of behaviour, each time a little off."""

from __future__ import annotations

import numpy as np
from scipy.special import softmax

from verbond.ladder.emissions import Binary, Counts
from verbond.ladder.encoding import Encoded, Seen
from verbond.ladder.model import LadderModel
from verbond.ladder.scores import SurveyScores

__all__ = ["first_parameters", "with_one_class_more"]

STAY, UP, DOWN, DROP = 0.90, 0.05, 0.04, 0.01
AVERAGE_ROWS = 20.0


def first_parameters(
    model: LadderModel, encoded: Encoded, rng: np.random.Generator, *, jitter: float = 1.0
) -> np.ndarray:
    """A start of a model with one baseline class, a little off by `jitter` (0: the plain one).

    With survey scores, respondents are laid beside the ladder's step profile and everything else is averaged
    over them. Without, rungs are quantiles of how much customers do of the anchoring kind.
    """
    scores = next((e for e in model.emissions if isinstance(e, SurveyScores)), None)
    if scores is not None:
        return _from_scores(model, encoded, scores, rng, jitter)
    return _from_behaviour(model, encoded, rng, jitter)


def _movement(model: LadderModel, rng: np.random.Generator, jitter: float) -> np.ndarray:
    source, target = model.movement.rung_edges
    away = np.where(target == source + 1, UP, np.where(target == source - 1, DOWN, DROP))
    probs = np.where(source == target, STAY, away) * np.exp(jitter * rng.normal(0, 0.2, len(source)))
    return model.movement.theta(probs / np.bincount(source, probs)[source])


def _from_scores(
    model: LadderModel,
    encoded: Encoded,
    scores: SurveyScores,
    rng: np.random.Generator,
    jitter: float,
) -> np.ndarray:
    middle = scores.template.mean(axis=0)
    means = middle + (scores.template - middle) * (1 + jitter * rng.uniform(-0.3, 0.3))
    means = np.sort(means + jitter * rng.normal(0, 0.1, means.shape), axis=0)
    at = scores.theta(means, np.diag(scores.prior_within * (1 + jitter * rng.uniform(-0.3, 0.3))))
    probs = softmax(scores.log_likelihoods(at), axis=1)
    start = np.tile(probs.mean(axis=0) + 0.02, (2, 1))
    pieces = [model.start.theta(start / start.sum(axis=1, keepdims=True)), _movement(model, rng, jitter)]
    seen = {s.name: s for s in encoded.seen}
    for emission in model.emissions:
        if isinstance(emission, SurveyScores):
            pieces.append(at)
            continue
        one = seen[emission.name]
        at_scored = one.index[encoded.base]
        size = (one.values + one.no if one.binary else np.isfinite(one.values).astype(float))[at_scored]
        total = probs.T @ np.nan_to_num(one.values[at_scored]) + AVERAGE_ROWS * one.average
        means = total / (probs.T @ size + AVERAGE_ROWS)
        pieces.append(emission.theta(means * np.exp(jitter * rng.normal(0, 0.15, len(means)))))
    return np.concatenate(pieces)


def _from_behaviour(
    model: LadderModel, encoded: Encoded, rng: np.random.Generator, jitter: float
) -> np.ndarray:
    n_rungs = model.space.n_rungs
    anchor = next(e for e in model.emissions if getattr(e, "monotone", False))
    rates = _rates(next(s for s in encoded.seen if s.name == anchor.name), encoded)
    at = (np.arange(n_rungs) + 0.5) / n_rungs + jitter * rng.uniform(-0.3, 0.3, n_rungs) / n_rungs
    levels = np.quantile(rates, np.clip(at, 0.02, 0.99)) + 0.05 * anchor.average * (1 + np.arange(n_rungs))
    levels = np.sort(levels * np.exp(jitter * rng.normal(0, 0.2, n_rungs)))
    start = np.full((2, n_rungs), 1 / n_rungs)
    pieces = [model.start.theta(start), _movement(model, rng, jitter)]
    for emission in model.emissions:
        follow = 1.0 if emission is anchor else 0.3 + jitter * rng.uniform(-0.5, 0.5)
        relative = (levels / levels.mean()) ** follow
        average = max(_average(emission), 1e-4)
        if isinstance(emission, Binary):
            pieces.append(emission.theta(np.clip(average * relative, 1e-4, 0.95)))
        else:
            pieces.append(emission.theta(levels if emission is anchor else average * relative))
    return np.concatenate(pieces)


def _average(emission: Binary | Counts) -> float:
    return float(emission.average)


def _rates(seen: Seen, encoded: Encoded) -> np.ndarray:
    """How much customers did on average, a row of theirs."""
    sequences = encoded.sequences
    of_code = np.concatenate((np.arange(sequences.n_shared), encoded.base))
    values = np.nan_to_num(seen.values[seen.index[of_code[sequences.codes]]])
    lengths = np.diff(sequences.offsets)
    used = lengths > 0
    sums = np.add.reduceat(values, sequences.offsets[:-1][used])
    return sums / lengths[used]


def with_one_class_more(
    old: LadderModel, theta: np.ndarray, new: LadderModel, rng: np.random.Generator
) -> np.ndarray:
    """Parameters of a model with one more baseline class, from those of a model without it.

    The new class does more of everything that is counted; the others a little less.
    """
    n_old, n_rungs = old.space.n_classes, old.space.n_rungs
    start, movement, *rest = old.slices
    probs = old.start.probs(theta[start]).reshape(-1, n_old, n_rungs)
    share = 1.0 / (n_old + 1)
    grown = np.concatenate(((1 - share) * probs, share * probs.mean(axis=1, keepdims=True) * n_old), axis=1)
    grown = grown.reshape(len(grown), -1)
    pieces = [new.start.theta(grown / grown.sum(axis=1, keepdims=True)), theta[movement]]
    step = rng.uniform(0.5, 1.0)
    for emission, where in zip(old.emissions, rest, strict=True):
        piece = theta[where]
        if isinstance(emission, Counts):
            shifts = piece[n_rungs : n_rungs + n_old - 1]
            piece = np.concatenate(
                (piece[:n_rungs], shifts, [shifts.max(initial=0.0) + step], piece[n_rungs + n_old - 1 :])
            )
            piece[0] -= 0.5 * step
            if not emission.monotone:
                piece[1:n_rungs] -= 0.5 * step
        pieces.append(piece)
    return np.concatenate(pieces)
