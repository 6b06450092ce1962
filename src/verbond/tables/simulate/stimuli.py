"""Texts that are shown by lot at the end of a round of asking, and what people answer about them."""

from __future__ import annotations

import numpy as np
from scipy.special import betaincinv

from verbond.tables.simulate.answers import Sheets
from verbond.tables.simulate.draws import stream
from verbond.tables.simulate.people import People
from verbond.tables.simulate.rows import Columns, text
from verbond.tables.simulate.world import TYPES, Stimulus, World

__all__ = ["stimulus_rows", "true_stimulus_effects"]

_MOST = 10


def stimulus_rows(
    world: World, people: People, sheets: list[Sheets], seed: int, block: int
) -> list[tuple[Columns, Columns]]:
    """Rows of `exposures` and `responses` of each text; who is no customer that is known was not reached.

    Answers stand on the sheet of the round in which the text was shown, and have its moment; their instrument
    is the action.
    """
    by_wave = {one.wave: one for one in sheets}
    rng, missing = stream(seed, "stimuli", block), world.answering.item_missing
    return [_shown(one, people, by_wave[one.wave], missing, rng) for one in world.stimuli]


def _shown(
    stimulus: Stimulus, people: People, sheets: Sheets, missing: float, rng: np.random.Generator
) -> tuple[Columns, Columns]:
    n, names = len(sheets.row), list(stimulus.items)
    place, variant = rng.random((n, 1)), rng.integers(0, len(stimulus.variants), n)
    answers = _answers(stimulus, variant, people.relationship_type[sheets.row], place, rng)
    answers = np.where(rng.random(answers.shape) < missing, np.nan, answers)
    who = {name: np.repeat(column, len(names)) for name, column in sheets.who.items()}
    who["instrument"] = np.full(n * len(names), stimulus.action_id, dtype=object)
    responses = who | {"item": text(names, np.tile(np.arange(len(names)), n)), "value": answers.ravel()}
    known = sheets.who["customer_id"] != None  # noqa: E711  elementwise
    exposures = {
        "customer_id": sheets.who["customer_id"][known],
        "action_id": text([stimulus.action_id], np.zeros(int(known.sum()), dtype=int)),
        "occurred_at": sheets.who["occurred_at"][known],
        "variant": text(list(stimulus.variants), variant[known]),
    }
    return exposures, responses


def _answers(
    stimulus: Stimulus,
    variant: np.ndarray,
    relationship_type: np.ndarray,
    place: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """Whole answers 0..10, shape (n, n_items), whose means are exactly those set: beta-binomial.

    What somebody thinks of it all has one `place` among people, the same for all items.
    """
    mean = stimulus.means()[variant, :, relationship_type] / _MOST
    k = stimulus.concentration
    return rng.binomial(_MOST, betaincinv(mean * k, (1 - mean) * k, place)).astype(float)


def true_stimulus_effects(world: World) -> Columns:
    """What each variant adds to the mean answer of each relationship type: a row a variant, item and type."""
    rows = [
        (one.action_id, variant, item, kind, added)
        for one in world.stimuli
        for variant, by_item in one.effects.items()
        for item, effects in by_item.items()
        for kind, added in zip(TYPES, effects, strict=True)
    ]
    names = ("action_id", "variant", "item", "relationship_type", "effect")
    return {
        name: np.array(column, dtype=float if name == "effect" else object)
        for name, column in zip(names, zip(*rows, strict=True), strict=True)
    }
