"""The gold set: messages with what they offer and express; promises with messages that keep or break them.

What it is, who made it and what it cannot tell stands in `data/gold/datasheet.md`.
"""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from verbond.expressions.promise import Promise

__all__ = ["GoldMessage", "GoldVerdict", "gold_messages", "gold_promises", "gold_verdicts"]


_CONFLICT = {"fits": 0.0, "check": 0.5, "conflicts": 1.0}


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
    brand, origin : str
        Of the promise; that the message was written for.
    verdict, verdict_read : str
        "fits", "check" or "conflicts": of the first rater and of the second.
    touches : float
        Whether it has to do with the promise: 0, 1, or 0.5 where the two raters differ.
    is_hard : bool
    is_own : bool
        Written for this promise; the others were written for something else, and stand beside it by lot.
    """

    id: str
    promise: str
    language: str
    text: str
    split: str
    brand: str
    origin: str
    verdict: str
    verdict_read: str
    touches: float
    is_hard: bool
    is_own: bool

    @property
    def conflict(self) -> float:
        """0 fits, 1 conflicts, and between: the mean of both raters."""
        return (_CONFLICT[self.verdict] + _CONFLICT[self.verdict_read]) / 2


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
    return {
        one["id"]: Promise.of(one | {"relationship": one["relationship"].replace("none", "")})
        for one in _promises()
    }


@cache
def gold_verdicts() -> tuple[GoldVerdict, ...]:
    """Every message that stands beside a promise: those written for it, and those put there by lot."""
    return (*_verdicts("promise_messages", is_own=True), *_verdicts("promise_swapped", is_own=False))


def _verdicts(name: str, *, is_own: bool) -> Iterator[GoldVerdict]:
    brands = {one["id"]: one["brand"] for one in _promises()}
    read = {row["id"]: row for row in _rows(f"{name}_second.csv")}
    for row in _rows(f"{name}.csv"):
        second = read[row["id"]]
        yield GoldVerdict(
            **{key: row[key] for key in ("id", "promise", "language", "text", "split", "verdict")},
            brand=brands[row["promise"]],
            origin=row.get("origin") or brands[row["promise"]],
            verdict_read=second["verdict"],
            touches=(float(row["touches"]) + float(second.get("touches") or row["touches"])) / 2,
            is_hard=row.get("hard") == "1",
            is_own=is_own,
        )


def _promises() -> list[dict[str, Any]]:
    return tomllib.loads(_text("promises.toml"))["promise"]  # type: ignore[no-any-return]
