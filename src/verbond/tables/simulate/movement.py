"""How customers move over the rungs: logits of up, down and drop against staying."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from verbond.errors import OptionError
from verbond.tables.simulate.people import People
from verbond.tables.simulate.world import MOVES, N_RUNGS, TYPES, World

__all__ = ["Mover", "move_probs", "transition_matrix"]


def move_probs(
    world: World,
    *,
    exposures: Mapping[str, float] | None = None,
    relationship_type: str | None = None,
    labels: Mapping[str, str] | None = None,
) -> np.ndarray:
    """Probabilities of the moves from each rung in one month.

    Parameters
    ----------
    world : World
    exposures : mapping of str to float, optional
        Action kind -> exposures that work this month (ad-stock included).
    relationship_type : str, optional
        Of `TYPES`; without it, what holds for all types alike.
    labels : mapping of str to str, optional
        Attribute -> label.

    Returns
    -------
    ndarray, shape (6, 3)
        Columns up, down, drop; what is left is staying.

    Raises
    ------
    OptionError
        If an action kind has no effect set in this world.

    Notes
    -----
    P(m | rung j) = exp(eta_mj) / (1 + sum over m' of exp(eta_m'j)), with
    eta_mj = a_mj + type_m + sum over labels + sum over kinds of z (b_m + c_mj + type deviation).
    """
    logits = np.array([world.up, world.down, world.drop]).T
    logits = logits + np.array(world.type_moves.get(relationship_type or "", (0.0, 0.0, 0.0)))
    for attribute in world.attributes:
        label = (labels or {}).get(attribute.name)
        logits = logits + np.array(attribute.moves.get(label or "", (0.0, 0.0, 0.0)))
    effects = {e.kind: e for e in world.effects}
    for kind, z in (exposures or {}).items():
        if kind not in effects:
            raise OptionError("no effect of this action kind", got=repr(kind), expected=", ".join(effects))
        effect = effects[kind]
        deviations = np.array([effect.by_rung.get(j, (0.0, 0.0, 0.0)) for j in range(N_RUNGS)])
        by_type = np.array(effect.by_type.get(relationship_type or "", (0.0, 0.0, 0.0)))
        logits = logits + z * (np.array(effect.moves) + deviations + by_type)
    odds = np.exp(logits)
    return odds / (1 + odds.sum(axis=1, keepdims=True))


def transition_matrix(
    world: World,
    *,
    exposures: Mapping[str, float] | None = None,
    relationship_type: str | None = None,
    labels: Mapping[str, str] | None = None,
    skips: bool = False,
) -> np.ndarray:
    """The true transition matrix of one month under given exposures.

    Parameters
    ----------
    world, exposures, relationship_type, labels
        As in `move_probs`.
    skips : bool
        For people who never stand on `world.skipped_rung`; its own row is then never used.

    Returns
    -------
    ndarray, shape (6, 6)
        Rows sum to 1.

    Examples
    --------
    >>> from verbond.tables.simulate import WORLDS
    >>> matrix = transition_matrix(WORLDS["textbook"])
    >>> bool((matrix.sum(axis=1).round(12) == 1).all()), bool(matrix[1, 2] > matrix[1, 3])
    (True, True)
    """
    probs = move_probs(world, exposures=exposures, relationship_type=relationship_type, labels=labels)
    matrix = np.zeros((N_RUNGS, N_RUNGS))
    for j in range(N_RUNGS):
        for m in range(len(MOVES)):
            if probs[j, m] > 0:
                matrix[j, _land(world, np.array([j]), m, np.array([skips]))[0]] += probs[j, m]
        matrix[j, j] += 1 - probs[j].sum()
    return matrix


def _land(world: World, rung: np.ndarray, move: np.ndarray | int, skips: np.ndarray) -> np.ndarray:
    """The rung on which a move (0 up, 1 down, 2 drop, 3 stay) ends."""
    step = np.array([1, -1, 0, 0])[move]
    landed = np.where(np.asarray(move) == 2, 0, rung + step)
    if world.skipped_rung is not None:
        landed = np.where(skips & (landed == world.skipped_rung), landed + step, landed)
    return landed


@dataclass(frozen=True, slots=True)
class Mover:
    """The movement of one block of people, with what does not change over time worked out once.

    Attributes
    ----------
    world : World
    people : People
    personal : ndarray, shape (n, 3)
        What relationship type and attributes add to the logits.
    effect_tables : tuple of ndarray, shape (6, n_types, 3)
        Per kind of action: b + c + type deviation, by rung and type.
    """

    world: World
    people: People
    personal: np.ndarray
    effect_tables: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, world: World, people: People) -> Mover:
        nothing = (0.0, 0.0, 0.0)
        personal = np.array([world.type_moves.get(t, nothing) for t in TYPES])[people.relationship_type]
        for attribute in world.attributes:
            table = np.array([attribute.moves.get(label, nothing) for label in attribute.shares])
            personal = personal + table[people.attributes[attribute.name]]
        tables = tuple(
            np.array(effect.moves)
            + np.array([effect.by_rung.get(j, nothing) for j in range(N_RUNGS)])[:, None, :]
            + np.array([effect.by_type.get(t, nothing) for t in TYPES])[None, :, :]
            for effect in world.effects
        )
        return cls(world, people, personal, tables)

    def step(self, rung: np.ndarray, stock: np.ndarray, uniform: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Where customers `rows` stand after one move.

        Parameters
        ----------
        rung : ndarray of int, shape (m,)
            Where they stood.
        stock : ndarray of float, shape (m, n_effects)
            Exposures that work in this move.
        uniform : ndarray, shape (m,)
            In 0..1.
        rows : ndarray of int, shape (m,)
        """
        base = np.array([self.world.up, self.world.down, self.world.drop]).T
        logits = base[rung] + self.personal[rows]
        for k, table in enumerate(self.effect_tables):
            hit = np.flatnonzero(stock[:, k])
            kind = self.people.relationship_type[rows[hit]]
            logits[hit] += stock[hit, k, None] * table[rung[hit], kind]
        odds = np.exp(logits)
        bounds = np.cumsum(odds, axis=1) / (1 + odds.sum(axis=1, keepdims=True))
        move = (uniform[:, None] >= bounds).sum(axis=1)
        return _land(self.world, rung, move, self.people.skips[rows]).astype(np.int8)
