"""The table `responses`: who is asked, who answers, and what they tick."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from verbond.method import CIRCLE, ITEMS, Item
from verbond.tables.schema import RUNG_CONSTRUCTS
from verbond.tables.simulate.behaviour import Histories
from verbond.tables.simulate.draws import stream
from verbond.tables.simulate.people import People, profile
from verbond.tables.simulate.rows import Columns, moment, text
from verbond.tables.simulate.world import N_RUNGS, TYPES, Answering, Wave, World

__all__ = ["Sheets", "customer_answers", "employee_answers", "form_items", "item_loading", "item_location"]


@dataclass(frozen=True, slots=True)
class Sheets:
    """What a block's customers answered in one wave.

    Attributes
    ----------
    wave : str
    row : ndarray of int, shape (n,)
        Rows of the people who answered.
    who : mapping of str to ndarray
        Columns of `responses` that say who and when, one value for each of them.
    responses : mapping of str to ndarray
        Rows of `responses`, with those who were asked and did not answer.
    """

    wave: str
    row: np.ndarray
    who: Columns
    responses: Columns


_VALUE_CONSTRUCTS = ("values_own", "values_seen")


def form_items(world: World, form: str, group: str = "customer") -> tuple[Item, ...]:
    """The items of our own questionnaire that can be answered in this world, in order."""
    known = {*world.answering.levels, *_VALUE_CONSTRUCTS}
    if group == "employee":
        known = {"values_seen"}.union(*(d.levels for d in world.departments))
    return tuple(
        item
        for item in ITEMS.values()
        if form in item.forms and item.group in (group, "both") and item.construct in known
    )


def item_loading(answering: Answering, item: Item) -> float:
    """Loading of an item: the first of a construct is the best, the fourth and later the worst."""
    best, worst = answering.loadings
    return best + (worst - best) * (min(_number(item), 4) - 1) / 3


def item_location(answering: Answering, item: Item) -> float:
    """Location of an item on 0..100: fixed by its id, with the given spread over items."""
    uniform = zlib.crc32(item.id.encode()) / 2**32
    return answering.location_sd * np.sqrt(12) * (uniform - 0.5)


def _number(item: Item) -> int:
    tail = item.id.rpartition("_")[2]
    return int(tail) if tail.isdigit() else 1


def _tick(
    answering: Answering, items: Sequence[Item], levels: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Answers on the items' own scales, shape (n, n_items), NaN where left open.

    Parameters
    ----------
    levels : ndarray, shape (n, n_items)
        Of the person on the item's construct, 0..100.
    """
    n = len(levels)
    low, high = (np.array([getattr(item, end) for item in items], dtype=float) for end in ("min", "max"))
    loading = np.array([item_loading(answering, item) for item in items])
    location = np.array([item_location(answering, item) for item in items])
    turned = np.array([-1.0 if item.reversed else 1.0 for item in items])
    style = answering.style_sd * rng.standard_normal((n, 1))
    noise = answering.noise_sd * rng.standard_normal(levels.shape)
    agreement = 50 + turned * (loading * (levels - 50) + location) + style + noise
    answers = np.clip(np.round(low + (high - low) * agreement / 100), low, high)
    careless = rng.random(n) < answering.careless
    box = rng.random((n, 1))
    answers = np.where(careless[:, None], np.round(low + (high - low) * box), answers)
    return np.where(rng.random(levels.shape) < answering.item_missing, np.nan, answers)


def _long(answers: np.ndarray, items: Sequence[Item], per_row: Columns) -> Columns:
    """Respondents by items to a row an answer; `per_row` has a value per respondent."""
    n, k = answers.shape
    columns = {name: np.repeat(column, k) for name, column in per_row.items()}
    columns["item"] = text([item.id for item in items] or [None], np.tile(np.arange(k), n))
    return columns | {"value": answers.ravel()}


def customer_answers(
    world: World, people: People, histories: Histories, seed: int, block: int
) -> list[Sheets]:
    """The answers of a block's customers, wave by wave.

    Who is invited and does not answer has one row, for the first item, with an empty value: asked, and not
    answered.
    """
    rng = stream(seed, "survey", block)
    answering = world.answering
    personal = answering.person_sd * rng.standard_normal((people.n, len(answering.levels)))
    personal += answering.halo_sd * rng.standard_normal((people.n, 1))
    anonymous = rng.random(people.n) < answering.anonymous
    return [_wave(world, people, histories, wave, personal, anonymous, rng, block) for wave in world.waves]


def _wave(
    world: World, people: People, histories: Histories, wave: Wave, personal: np.ndarray,
    anonymous: np.ndarray, rng: np.random.Generator, block: int,
) -> Sheets:  # fmt: skip
    rung = histories.rungs[:, wave.period]
    asked = (rung >= 0) & people.consent & (rng.random(people.n) < wave.invited)
    willing = rng.random(people.n) < np.asarray(world.answering.response_probs)[rung]
    share = rng.uniform(0.7, 0.95, people.n)
    items = form_items(world, wave.form)
    answered = np.flatnonzero(asked & willing)
    levels = _levels(world, people, rung, answered, personal[answered], items, rng)
    who = _who(world, people, histories, wave, answered, share, anonymous, block)
    rows = _long(_tick(world.answering, items, levels, rng), items, who)
    silent = np.flatnonzero(asked & ~willing)
    nobody = _long(
        np.full((len(silent), 1), np.nan),
        items[:1],
        _who(world, people, histories, wave, silent, share, np.zeros_like(anonymous), block),
    )
    responses = {name: np.concatenate([rows[name], nobody[name]]) for name in rows}
    return Sheets(wave.name, answered, who, responses)


def _who(
    world: World, people: People, histories: Histories, wave: Wave, row: np.ndarray, share: np.ndarray,
    anonymous: np.ndarray, block: int,
) -> Columns:  # fmt: skip
    period = np.full(len(row), wave.period)
    zeros = np.zeros(len(row), dtype=int)
    unknown = anonymous[row]
    ids = [
        f"a{block:04d}-{i:06d}" if hidden else f"r{people.ids[i][1:]}"
        for i, hidden in zip(row.tolist(), unknown.tolist(), strict=True)
    ]
    return {
        "respondent_id": np.array(ids, dtype=object),
        "customer_id": np.where(unknown, None, people.ids[row]),
        "group": text(["customer"], zeros),
        "department": text([None], zeros),
        "wave": text([wave.name], zeros),
        "occurred_at": moment(world, people, histories, row, period, share[row]),
        "instrument": text([f"verbond-{wave.form}"], zeros),
    }


def _levels(
    world: World, people: People, rung: np.ndarray, row: np.ndarray, personal: np.ndarray,
    items: Sequence[Item], rng: np.random.Generator,
) -> np.ndarray:  # fmt: skip
    """Levels 0..100 of the respondents on the items' constructs, shape (n, n_items)."""
    answering, n = world.answering, len(row)
    names = list(answering.levels)
    stands = np.tile(rung[row].astype(np.int64)[:, None], (1, len(names) + 1))
    if answering.follows == "scattered":
        stands = rng.integers(0, N_RUNGS, stands.shape)
    elif world.skipped_rung is not None and RUNG_CONSTRUCTS[world.skipped_rung - 1] in names:
        column = names.index(RUNG_CONSTRUCTS[world.skipped_rung - 1])
        below = people.skips[row] & (stands[:, column] >= world.skipped_rung)
        stands[below, column] = world.skipped_rung - 1
    by_rung = np.array([answering.levels[c] for c in names]).reshape(len(names), N_RUNGS)
    level = by_rung[np.arange(len(names)), stands[:, :-1]]
    shift = [[answering.type_levels.get(t, {}).get(c, 0.0) for c in names] for t in TYPES]
    level = level + np.array(shift)[people.relationship_type[row]] + personal
    level += answering.occasion_sd * rng.standard_normal(level.shape)
    of_value = {
        "values_own": people.own_values[row],
        "values_seen": people.seen_values(world, stands[:, -1], row),
    }
    circle = [v.id for v in CIRCLE]
    columns = [
        of_value[item.construct][:, circle.index(item.value)]
        if item.construct in of_value
        else level[:, names.index(item.construct)]
        for item in items
    ]
    return np.column_stack(columns) if columns else np.zeros((n, 0))


def employee_answers(world: World, seed: int) -> Columns:
    """The answers of the employees, in the first wave."""
    rng = stream(seed, "survey")
    items = form_items(world, "full", "employee")
    wave = world.waves[0]
    at = world.months[wave.period].astype("datetime64[s]") + np.timedelta64(9 * 86_400 + 3_600 * 10, "s")
    circle = [v.id for v in CIRCLE]
    parts = []
    for department in world.departments:
        seen = profile(department.sees, world.values.amplitude)
        base = [
            seen[circle.index(i.value)]
            if i.construct == "values_seen"
            else department.levels.get(i.construct, 50.0)
            for i in items
        ]
        n = department.n_employees
        levels = np.tile(base, (n, 1)) + world.answering.person_sd * rng.standard_normal((n, len(items)))
        zeros = np.zeros(n, dtype=int)
        who = {
            "respondent_id": np.array([f"e-{department.name}-{i:02d}" for i in range(n)], dtype=object),
            "customer_id": text([None], zeros),
            "group": text(["employee"], zeros),
            "department": text([department.name], zeros),
            "wave": text([wave.name], zeros),
            "occurred_at": at + rng.integers(0, 5 * 86_400, n).astype("timedelta64[s]"),
            "instrument": text(["verbond-employee"], zeros),
        }
        parts.append(_long(_tick(world.answering, items, levels, rng), items, who))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
