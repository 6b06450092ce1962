"""Who the customers of a block are, before anything happens to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from verbond.method import CIRCLE
from verbond.tables.simulate.draws import categories, categories_by_row, stream
from verbond.tables.simulate.world import N_RUNGS, TYPES, Values, World

__all__ = ["People", "draw_people", "image_levels", "profile", "unit_vectors"]


@dataclass(frozen=True, slots=True)
class People:
    """The customers of one block; every array has one row a customer.

    Attributes
    ----------
    ids : ndarray of object, shape (n,)
    arrival : ndarray of int16
        Period in which they come in; 0 for those present at the start.
    is_old : ndarray of bool
        Present at the start.
    since : ndarray of datetime64[D]
        Before the first period for the old ones, else day 1..7 of the month of arrival.
    source, relationship_type, behaviour_class : ndarray of int8
        Codes into `world.sources`, `TYPES`, `world.classes`.
    attributes : mapping of str to ndarray of int8
        Codes into the labels.
    skips : ndarray of bool
        Never stands on `world.skipped_rung`.
    initial_rung : ndarray of int8
    consent : ndarray of bool
    own_values : ndarray of float32, shape (n, 10)
        0..100, in the order of `CIRCLE`.
    seen_noise : ndarray of float32, shape (n, 10)
        What a person sees differently from what its rung says, for good.
    """

    ids: np.ndarray
    arrival: np.ndarray
    is_old: np.ndarray
    since: np.ndarray
    source: np.ndarray
    relationship_type: np.ndarray
    behaviour_class: np.ndarray
    attributes: Mapping[str, np.ndarray]
    skips: np.ndarray
    initial_rung: np.ndarray
    consent: np.ndarray
    own_values: np.ndarray
    seen_noise: np.ndarray

    @property
    def n(self) -> int:
        return len(self.ids)

    def seen_values(
        self, world: World, rung: np.ndarray, rows: np.ndarray | slice = slice(None)
    ) -> np.ndarray:
        """The values that customers `rows` see in the company when on `rung`, shape (len(rung), 10)."""
        effective = np.asarray(rung).astype(np.int64)
        if world.skipped_rung == 2:
            effective = np.where(self.skips[rows] & (effective >= 2), 1, effective)
        w = np.asarray(world.values.overlap)[effective][:, None]
        seen = w * self.own_values[rows] + (1 - w) * image_levels(world.values) + self.seen_noise[rows]
        return np.clip(seen, 0, 100).astype(np.float32)


def draw_people(world: World, seed: int, block: int, first: int, n: int) -> People:
    """Draw the `n` customers of block number `block`, whose running numbers begin at `first`."""
    rng = stream(seed, "people", block)
    n_moments = world.arrival_probs.shape[1]
    door = categories(rng, world.arrival_probs.ravel(), n)
    source, moment = np.divmod(door, n_moments)
    is_old = moment == 0
    arrival = np.maximum(moment - 1, 0)
    type_shares = np.array([[s.types.get(t, 0.0) for t in TYPES] for s in world.sources])
    kind = categories_by_row(rng, type_shares, source)
    behaviour_class = categories(rng, (c.share for c in world.classes), n)
    attributes = {a.name: categories(rng, a.shares.values(), n).astype(np.int8) for a in world.attributes}
    skips = rng.random(n) < (world.skipper_share if world.skipped_rung is not None else 0.0)
    rung = categories_by_row(rng, _initial_shares(world), kind + len(TYPES) * ~is_old)
    if world.skipped_rung is not None:
        rung = np.where(skips & (rung == world.skipped_rung), world.skipped_rung - 1, rung)
    since_old = world.months[0] - (1 + rng.exponential(world.tenure_months * 30.4, n).astype(np.int64))
    since_new = world.months[arrival] + rng.integers(0, 7, n)
    own, noise = _draw_values(world.values, stream(seed, "values", block), kind)
    return People(
        ids=np.array([f"c{number:08d}" for number in range(first, first + n)], dtype=object),
        arrival=arrival.astype(np.int16),
        is_old=is_old,
        since=np.where(is_old, since_old, since_new),
        source=source.astype(np.int8),
        relationship_type=kind.astype(np.int8),
        behaviour_class=behaviour_class.astype(np.int8),
        attributes=attributes,
        skips=skips,
        initial_rung=rung.astype(np.int8),
        consent=rng.random(n) < world.consent,
        own_values=own,
        seen_noise=noise,
    )


def _initial_shares(world: World) -> np.ndarray:
    """Rows: the types of old customers, then those of new ones."""
    bottom = (1.0,) + (0.0,) * (N_RUNGS - 1)
    rows = [shares.get(t, bottom) for shares in (world.initial_old, world.initial_new) for t in TYPES]
    return np.array(rows)


def unit_vectors() -> np.ndarray:
    """Where the ten values lie on the circle, shape (10, 2)."""
    angles = np.deg2rad([v.angle_degrees for v in CIRCLE])
    return np.column_stack([np.cos(angles), np.sin(angles)])


def profile(value_ids: tuple[str, ...], amplitude: float) -> np.ndarray:
    """Levels 0..100 of the ten values of somebody who points at the mean direction of `value_ids`."""
    vectors = unit_vectors()
    rows = [i for i, v in enumerate(CIRCLE) if v.id in value_ids]
    centre = vectors[rows].mean(axis=0)
    return 50 + amplitude * (vectors @ (centre / np.linalg.norm(centre)))


def image_levels(values: Values) -> np.ndarray:
    """The image that a customer sees who sees nothing of his own, shape (10,)."""
    return np.array([values.image.get(v.id, 50.0) for v in CIRCLE])


def _draw_values(values: Values, rng: np.random.Generator, kind: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    vectors = unit_vectors()
    n = len(kind)
    angle = rng.uniform(0, 2 * np.pi, n)
    spread = np.deg2rad(values.direction_sd_degrees) * rng.standard_normal(n)
    for code, name in enumerate(TYPES):
        if name in values.directions:
            rows = [i for i, v in enumerate(CIRCLE) if v.id in values.directions[name]]
            centre = vectors[rows].mean(axis=0)
            angle = np.where(kind == code, np.arctan2(centre[1], centre[0]) + spread, angle)
    own = 50 + values.amplitude * (np.column_stack([np.cos(angle), np.sin(angle)]) @ vectors.T)
    own += values.noise_sd * rng.standard_normal(own.shape)
    noise = values.noise_sd * rng.standard_normal(own.shape)
    return np.clip(own, 0, 100).astype(np.float32), noise.astype(np.float32)
