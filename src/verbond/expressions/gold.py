"""The gold set: messages with what they offer and express; promises with messages that keep or break them.

What it is, who made it and what it cannot tell stands in `data/gold/datasheet.md`.
"""

from __future__ import annotations

import csv
import io
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from verbond.expressions.promise import Promise

__all__ = ["GoldMessage", "GoldVerdict", "gold_messages", "gold_promises", "gold_verdicts"]


@dataclass(frozen=True, slots=True)
class GoldMessage:
    """A message as its author meant it, and as a second rater read it.

    Attributes
    ----------
    id, brand, sector, channel, speaker, language, text, split : str
    is_hard : bool
        Words and meaning differ.
    relationship, relationship_second : str
        As meant; the second is "" where it offers one only.
    relationship_read : str
        As the second rater saw it.
    values, values_read : tuple of str
        Ids on the circle, strongest first.
    evidence : tuple of str
        The words that did it.
    """

    id: str
    brand: str
    sector: str
    channel: str
    speaker: str
    language: str
    text: str
    split: str
    is_hard: bool
    relationship: str
    relationship_second: str
    relationship_read: str
    values: tuple[str, ...]
    values_read: tuple[str, ...]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GoldVerdict:
    """A message beside a promise.

    Attributes
    ----------
    id, promise, language, text, split : str
    verdict : str
        "fits", "check" or "conflicts".
    is_hard : bool
    """

    id: str
    promise: str
    language: str
    text: str
    split: str
    verdict: str
    is_hard: bool


def _text(name: str) -> str:
    return (files("verbond.expressions") / "data" / "gold" / name).read_text("utf-8")


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(_text(name), newline="")))


def _parts(cell: str, between: str = ";") -> tuple[str, ...]:
    return tuple(part for part in cell.split(between) if part)


@cache
def gold_messages() -> tuple[GoldMessage, ...]:
    """Every message of the gold set."""
    read = {row["id"]: row for row in _rows("messages_second.csv")}
    return tuple(
        GoldMessage(
            **{name: row[name] for name in ("id", "brand", "sector", "channel", "speaker")},
            **{name: row[name] for name in ("language", "text", "split")},
            is_hard=row["hard"] == "1",
            relationship=row["relationship"],
            relationship_second=row["relationship_second"],
            relationship_read=read[row["id"]]["relationship"],
            values=_parts(row["values"]),
            values_read=_parts(read[row["id"]]["values"]),
            evidence=_parts(row["evidence"], " || "),
        )
        for row in _rows("messages.csv")
    )


@cache
def gold_promises() -> dict[str, Promise]:
    """Promises by id; which split each belongs to stands with its messages."""
    found: list[dict[str, Any]] = tomllib.loads(_text("promises.toml"))["promise"]
    return {
        one["id"]: Promise.of(one | {"relationship": one["relationship"].replace("none", "")})
        for one in found
    }


@cache
def gold_verdicts() -> tuple[GoldVerdict, ...]:
    """Every message that stands beside a promise."""
    return tuple(
        GoldVerdict(
            **{name: row[name] for name in ("id", "promise", "language", "text", "split", "verdict")},
            is_hard=row["hard"] == "1",
        )
        for row in _rows("promise_messages.csv")
    )
