"""Where fits start: the survey's step profile, or quantiles of behaviour, each time a little off."""

from __future__ import annotations

import numpy as np
from scipy.special import softmax

from verbond.ladder.coding.encoding import Encoded, Seen
from verbond.ladder.model.emissions import Amounts, Binary, Counts
from verbond.ladder.model.model import LadderModel
from verbond.ladder.model.movement import Movement, Moves
from verbond.ladder.model.scores import SurveyScores

__all__ = ["first_parameters", "translated", "with_one_class_less", "with_one_class_more", "with_other_moves"]

STAY, UP, DOWN, DROP, LEAVE = 0.90, 0.05, 0.04, 0.01, 0.005
AVERAGE_ROWS = 20.0
AWAKE = 1.0  # on the log (odds) scale below the rung above


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


def with_other_moves(old: LadderModel, theta: np.ndarray, new: LadderModel) -> np.ndarray:
    """Parameters of a model that differs in its moves alone: what both have is kept.

    Where gone becomes a state the lowest rung wakes up: without that state it may stand for who is gone.
    """
    start, where, *rest = old.slices
    pieces = [theta[start], translated(old.movement, theta[where], new.movement)]
    waking = new.space.gone and not old.space.gone
    for emission, here in zip(old.emissions, rest, strict=True):
        piece = theta[here].copy()
        if waking and isinstance(emission, Binary):
            piece[0] = max(piece[0], piece[1] - AWAKE)
        elif waking and isinstance(emission, Counts) and emission.monotone:
            piece[0], piece[1] = piece[0] + max(piece[1] - AWAKE, 0.0), min(piece[1], AWAKE)
        elif waking and isinstance(emission, Counts):
            piece[0] = max(piece[0], piece[1] - AWAKE)
        pieces.append(piece)
    return np.concatenate(pieces)


def translated(old: Moves, theta: np.ndarray, new: Moves) -> np.ndarray:
    """Parameters of other moves between the same rungs: edge by edge, kind by kind; what is new is small."""
    if not (isinstance(old, Movement) and isinstance(new, Movement)):
        return theta.copy() if _same(old, new) else _from_matrix(old, theta, new)
    before, after = _away(old), _away(new)
    known = {pair: e for e, pair in enumerate(before)}
    intercepts, slopes, deviations = old.parts(theta)
    found, own = np.full(len(new.kinds), np.log(LEAVE / STAY)), np.zeros((len(new.kinds), new.n_covariates))
    shared = np.zeros((len(new.kind_names), new.n_covariates + new.n_blocks - 1))
    columns = [(new.names.index(n), old.names.index(n)) for n in new.names if n in old.names]
    if new.n_blocks == old.n_blocks:
        columns += [(new.n_covariates + j, old.n_covariates + j) for j in range(new.n_blocks - 1)]
    for e, pair in enumerate(after):
        if pair in known:
            found[e] = intercepts[known[pair]]
            for j, k in columns:
                if j < new.n_covariates:
                    own[e, j] = deviations[known[pair], k]
    for kind, name in enumerate(new.kind_names):
        if name in old.kind_names:
            for j, k in columns:
                shared[kind, j] = slopes[old.kind_names.index(name), k]
    return np.concatenate((found, shared.ravel(), own.ravel() if new.deviation_sd else []))


def _same(old: Moves, new: Moves) -> bool:
    same = old.space.gone == new.space.gone and old.n_blocks == new.n_blocks and old.names == new.names
    return same and type(old) is type(new)


def _from_matrix(old: Moves, theta: np.ndarray, new: Moves) -> np.ndarray:
    """Moves with the same transition matrix, as far as their shape can have it, without slopes."""
    matrix = old.class_matrices(theta).mean(axis=0)
    n_places = new.space.n_places
    whole = np.eye(n_places)
    whole[: len(matrix), : len(matrix)] = matrix[:n_places, :n_places]
    if new.space.gone and not old.space.gone:
        whole[:-1, -1] = LEAVE
    source, target = new.rung_edges
    edges = np.maximum(whole[source, target], 1e-6)
    return new.theta(edges / np.bincount(source, edges)[source])


def _away(movement: Movement) -> list[tuple[int, int]]:
    """Source and target of the edges that are no stay."""
    source, target = movement.rung_edges
    return [(i, j) for i, j in zip(source.tolist(), target.tolist(), strict=True) if i != j]


def _movement(model: LadderModel, rng: np.random.Generator, jitter: float) -> np.ndarray:
    source, target = model.movement.rung_edges
    away = np.where(target == source + 1, UP, np.where(target == source - 1, DOWN, DROP))
    away = np.where(target == model.space.n_rungs, LEAVE, away)
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
    at = at if scores.given is None else scores.given
    probs = softmax(scores.log_likelihoods(at), axis=1)
    start = np.tile(probs.mean(axis=0) + 0.02, (2, 1))
    pieces = [model.start.theta(start / start.sum(axis=1, keepdims=True)), _movement(model, rng, jitter)]
    seen = {s.name: s for s in encoded.seen}
    for emission in model.emissions:
        if isinstance(emission, SurveyScores):
            pieces.append(at)
            continue
        if isinstance(emission, Amounts):
            pieces.append(emission.theta(np.full(scores.space.n_rungs, emission.average)))
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
        if isinstance(emission, Amounts):
            pieces.append(emission.theta(np.full(n_rungs, average)))
        elif isinstance(emission, Binary):
            pieces.append(emission.theta(np.clip(average * relative, 1e-4, 0.95)))
        else:
            pieces.append(emission.theta(levels if emission is anchor else average * relative))
    return np.concatenate(pieces)


def _average(emission: Amounts | Binary | Counts) -> float:
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
    probs = old.start.living_probs(theta[start]).reshape(-1, n_old, n_rungs)
    share = 1.0 / (n_old + 1)
    grown = np.concatenate(((1 - share) * probs, share * probs.mean(axis=1, keepdims=True) * n_old), axis=1)
    grown = grown.reshape(len(grown), -1)
    moves = translated(old.movement, theta[movement], new.movement)
    pieces = [new.start.theta(grown / grown.sum(axis=1, keepdims=True)), moves]
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
        elif isinstance(emission, Amounts):
            piece = np.insert(piece, n_rungs + n_old - 1, 0.0)
        pieces.append(piece)
    return np.concatenate(pieces)


def with_one_class_less(old: LadderModel, theta: np.ndarray, new: LadderModel) -> np.ndarray:
    """Parameters of a model with one baseline class less: the two that are most alike become one."""
    n_old, n_rungs = old.space.n_classes, old.space.n_rungs
    start, movement, *rest = old.slices
    probs = old.start.living_probs(theta[start]).reshape(-1, n_old, n_rungs)
    share = probs.sum(axis=(0, 2)) / probs.sum()
    tables = [
        e.log_means(theta[where]).reshape(n_old, n_rungs)[:, 0]
        for e, where in zip(old.emissions, rest, strict=True)
        if isinstance(e, Counts)
    ]
    place = np.stack(tables, axis=1)
    apart = ((place[:, None] - place[None]) ** 2).sum(axis=2) * np.minimum(share[:, None], share[None])
    apart[np.tril_indices(n_old)] = np.inf
    one, other = (int(k) for k in np.unravel_index(np.argmin(apart), apart.shape))
    weight = share[other] / (share[one] + share[other])
    merged = np.delete(probs, other, axis=1)
    merged[:, one] += probs[:, other]
    moves = translated(old.movement, theta[movement], new.movement)
    pieces = [new.start.theta(merged.reshape(len(merged), -1)), moves]
    for emission, where in zip(old.emissions, rest, strict=True):
        piece = theta[where]
        if isinstance(emission, Counts):
            levels, shifts = _together(emission.log_means(piece).reshape(n_old, n_rungs), one, other, weight)
            piece = emission.theta(levels, shifts, emission.slopes_of(piece), float(np.exp(piece[-1])))
        elif isinstance(emission, Amounts):
            levels, shifts = _together(emission.log_levels(piece).reshape(n_old, n_rungs), one, other, weight)
            piece = emission.theta(levels, shifts, float(np.exp(piece[-1])))
        pieces.append(piece)
    return np.concatenate(pieces)


def _together(table: np.ndarray, one: int, other: int, weight: float) -> tuple[np.ndarray, np.ndarray]:
    """Levels of the first class and shifts of the others, once `other` has gone into `one` by its weight."""
    table = table.copy()
    table[one] = (1 - weight) * table[one] + weight * table[other]
    table = np.delete(table, other, axis=0)
    return np.exp(table[0]), table[1:, 0] - table[0, 0]
