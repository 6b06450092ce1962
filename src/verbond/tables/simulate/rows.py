"""From histories to rows of the canonical tables `customers`, `events`, `actions` and `exposures`."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from verbond.tables.schema import STIMULUS
from verbond.tables.simulate.behaviour import Histories
from verbond.tables.simulate.draws import categories, stream
from verbond.tables.simulate.people import People
from verbond.tables.simulate.world import World

__all__ = [
    "Columns",
    "action_rows",
    "customer_rows",
    "event_rows",
    "exposure_rows",
    "moment",
    "price_index",
    "text",
]

Columns = dict[str, np.ndarray]
_SECOND = "datetime64[s]"


def text(labels: Iterable[str | None], codes: np.ndarray) -> np.ndarray:
    """The labels of codes, as an object array; equal labels share one string."""
    return np.array(list(labels), dtype=object)[codes]


def moment(
    world: World, people: People, histories: Histories, row: np.ndarray, period: np.ndarray, share: np.ndarray
) -> np.ndarray:
    """The second at which a `share` (0..1) of a customer's own part of the month has passed.

    The own part runs from the day a customer came in, in that month, to the cancellation, in that month.
    """
    start, end = _own_month(world, people, histories, row, period)
    return start + ((end - start).astype(np.int64) * share).astype("timedelta64[s]")


def _own_month(
    world: World, people: People, histories: Histories, row: np.ndarray, period: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    edges = np.append(world.months, (world.months[-1].astype("datetime64[M]") + 1).astype("datetime64[D]"))
    edges = edges.astype(_SECOND)
    start = np.maximum(edges[period], people.since[row].astype(_SECOND))
    end = edges[period + 1] - np.timedelta64(1, "s")
    leaving = histories.cancelled[row] == period
    # somewhere in the last twelve days, the same wherever it is asked for
    leaves_at = end - (people.since[row].astype(np.int64) % 12).astype("timedelta64[D]")
    return start, np.where(leaving, leaves_at, end)


def customer_rows(world: World, people: People) -> Columns:
    """The table `customers`, one row a person."""
    labels = {a.name: text(a.shares, people.attributes[a.name]) for a in world.attributes}
    return {
        "customer_id": people.ids,
        "since": people.since,
        "consent": people.consent,
        **labels,
        "acquired_by": text([s.name for s in world.sources], people.source),
    }


def price_index(world: World) -> np.ndarray:
    """List prices against those of the first period, shape (n_periods,)."""
    index = np.ones(world.n_periods)
    for action in world.actions:
        index[min(action.periods) :] *= action.price_factor
    return index


def event_rows(world: World, people: People, histories: Histories, seed: int, block: int) -> Columns:
    """The table `events` of a block, in the order of customer and time."""
    rng = stream(seed, "details", block)
    parts = []
    orders: Columns = {}
    for emission in world.emissions:
        count = histories.counts[emission.kind]
        row, period = np.nonzero(count)
        row, period = (np.repeat(a, count[row, period]) for a in (row, period))
        share = np.ones(len(row)) if emission.kind == "cancellation" else rng.random(len(row))
        part = _blank(len(row))
        part |= {"_row": row, "kind": text([emission.kind], np.zeros(len(row), dtype=int))}
        part["occurred_at"] = moment(world, people, histories, row, period, share)
        part["channel"] = text(emission.channels, categories(rng, emission.channels.values(), len(row)))
        if emission.kind == "purchase":
            part |= _orders(world, people, histories, row, period, rng, block)
            orders = part
        elif emission.kind == "return":
            part |= _returns(part["occurred_at"], row, period, orders, world)
        elif emission.kind == "referral":
            part["related_customer_id"] = _brought(world, people, row, period, rng)
        parts.append(part)
    columns = {name: np.concatenate([part[name] for part in parts]) for name in _blank(0) | {"_row": 0}}
    order = np.lexsort((columns["occurred_at"], columns["_row"]))
    row = columns.pop("_row")[order]
    return {"customer_id": people.ids[row], **{name: column[order] for name, column in columns.items()}}


def _blank(n: int) -> Columns:
    nothing, unknown = np.full(n, None, dtype=object), np.full(n, np.nan)
    return {
        "occurred_at": np.empty(n, dtype=_SECOND), "kind": nothing, "amount": unknown, "channel": nothing,
        "order_id": nothing, "quantity": unknown, "list_price": unknown, "discount": unknown,
        "currency": nothing, "category": nothing, "margin": unknown, "related_customer_id": nothing,
    }  # fmt: skip


def _orders(
    world: World, people: People, histories: Histories, row: np.ndarray, period: np.ndarray,
    rng: np.random.Generator, block: int,
) -> Columns:  # fmt: skip
    """What an order holds; every order is one row."""
    amounts, n = world.amounts, len(row)
    by_class = np.array([c.amount for c in world.classes])[people.behaviour_class[row]]
    mean = np.asarray(amounts.means)[histories.rungs[row, period]] * by_class * price_index(world)[period]
    list_price = np.maximum(np.round(mean * rng.standard_gamma(amounts.shape, n) / amounts.shape, 2), 0.01)
    discount = np.round(list_price * histories.depth[row, period], 2)
    paid = np.round(list_price - discount, 2)
    return {
        "amount": paid,
        "order_id": np.array([f"o{block:04d}-{k:07d}" for k in range(n)], dtype=object),
        "quantity": 1.0 + rng.poisson(0.2, n),
        "list_price": list_price,
        "discount": discount,
        "currency": text([amounts.currency], np.zeros(n, dtype=int)),
        "category": text(amounts.categories, categories(rng, amounts.categories.values(), n)),
        "margin": np.round(paid - amounts.cost_share * list_price, 2),
    }


def _returns(at: np.ndarray, row: np.ndarray, period: np.ndarray, orders: Columns, world: World) -> Columns:
    """The first orders of the month come back: what was paid for them, later in that month or at its end."""
    month = orders["occurred_at"].astype("datetime64[M]").astype(np.int64)
    of_order = orders["_row"] * 2**20 + month
    order = np.argsort(of_order, kind="stable")
    first_month = world.months[0].astype("datetime64[M]").astype(np.int64)
    of_return = row * 2**20 + first_month + period
    rank = np.arange(len(row)) - np.searchsorted(of_return, of_return)
    sent = order[np.searchsorted(of_order[order], of_return) + rank]
    same = {name: orders[name][sent] for name in ("order_id", "amount", "currency", "category", "channel")}
    return {**same, "occurred_at": np.maximum(at, orders["occurred_at"][sent])}


def _brought(
    world: World, people: People, row: np.ndarray, period: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Who was brought in: customers of the block who came by word of mouth in the month of a referral."""
    brought = np.full(len(row), None, dtype=object)
    came = ~people.is_old & np.array([s.brought for s in world.sources])[people.source]
    for t in np.unique(period):
        able = rng.permutation(np.flatnonzero((period == t) & (people.arrival[row] < t)))
        new = rng.permutation(np.flatnonzero(came & (people.arrival == t)))
        k = min(len(able), len(new))
        brought[able[:k]] = people.ids[new[:k]]
    return brought


def action_rows(world: World) -> Columns:
    """The table `actions` of the whole company; what was shown in a survey stands below what was done."""
    last = world.months.astype("datetime64[M]") + 1
    rows = [
        (a.action_id, a.kind, min(a.periods), max(a.periods), a.label, a.aim, a.cost, a.rung, a.randomised,
         a.message_id)
        for a in world.actions
    ]  # fmt: skip
    for one in world.stimuli:
        period = next(wave.period for wave in world.waves if wave.name == one.wave)
        rows.append((one.action_id, STIMULUS, period, period, one.label, "keep", 0.0, one.rung, True, None))
    names = "action_id", "kind", "first", "last", "label", "aim", "cost", "rung", "randomised", "message_id"
    columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())
    return {
        "action_id": np.array(columns["action_id"], dtype=object),
        "kind": np.array(columns["kind"], dtype=object),
        "starts_on": np.array([world.months[t] for t in columns["first"]], dtype="datetime64[D]"),
        "ends_on": np.array(
            [last[t].astype("datetime64[D]") - 1 for t in columns["last"]], dtype="datetime64[D]"
        ),
        "label": np.array(columns["label"], dtype=object),
        "aim": np.array(columns["aim"], dtype=object),
        "cost": np.array(columns["cost"], dtype=float),
        "rung": np.array(columns["rung"], dtype=np.int64),
        "randomised": np.array(columns["randomised"], dtype=bool),
        "message_id": np.array(columns["message_id"], dtype=object),
    }


def exposure_rows(world: World, people: People, histories: Histories, seed: int, block: int) -> Columns:
    """The table `exposures` of a block; actions reach people in the first third of their month."""
    row, number = histories.reached_customer, histories.reached_action
    rng = stream(seed, "timing", block)
    at = moment(world, people, histories, row, histories.reached_period, rng.random(len(row)) / 3)
    order = np.lexsort((at, row))
    names = [a.action_id for a in world.actions] or [None]
    variants = ["treatment" if a.randomised else None for a in world.actions] or [None]
    return {
        "customer_id": people.ids[row[order]],
        "action_id": text(names, number[order]),
        "occurred_at": at[order],
        "variant": text(variants, number[order]),
    }
