"""The table `messages`: own-written words, some of them tied to a customer whose rung fits them."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import numpy as np

from verbond.tables.simulate.behaviour import Histories
from verbond.tables.simulate.draws import stream
from verbond.tables.simulate.people import People
from verbond.tables.simulate.rows import Columns
from verbond.tables.simulate.world import Message, World

__all__ = ["load_messages", "message_rows"]


def load_messages(name: str) -> tuple[Message, ...]:
    """The messages of `NAME.toml` beside this module, in the order of time."""
    entries = tomllib.loads((files(__package__) / f"{name}.toml").read_text("utf-8"))["messages"]
    messages = [Message(**{**entry, "rungs": tuple(entry.get("rungs", ()))}) for entry in entries]
    return tuple(sorted(messages, key=lambda m: (m.period, m.day, m.message_id)))


def message_rows(world: World, people: People, histories: Histories, seed: int) -> Columns:
    """The table `messages`; customers are those of the first block."""
    rng = stream(seed, "speech")
    messages = world.messages
    days = [world.months[m.period] + (m.day - 1) for m in messages]
    seconds = rng.integers(8 * 3_600, 20 * 3_600, len(messages)).astype("timedelta64[s]")
    columns = {
        name: np.array([getattr(m, name) for m in messages], dtype=object)
        for name in (
            "message_id", "channel", "department", "speaker", "action_id", "language", "text", "image",
        )
    }  # fmt: skip
    customer = [_customer(m, people, histories, rng) for m in messages]
    return columns | {
        "occurred_at": np.array(days, dtype="datetime64[s]") + seconds,
        "customer_id": np.array(customer, dtype=object),
    }


def _customer(message: Message, people: People, histories: Histories, rng: np.random.Generator) -> str | None:
    """Somebody who stood on one of the message's rungs, came in before that month and stayed beyond it."""
    if not message.rungs:
        return None
    t = message.period
    there = np.isin(histories.rungs[:, t], message.rungs)
    there &= (people.arrival < t) | people.is_old
    there &= (histories.cancelled < 0) | (histories.cancelled > t)
    fitting = np.flatnonzero(there)
    return people.ids[rng.choice(fitting)] if len(fitting) else None
