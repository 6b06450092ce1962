"""`CompanyPicture`: rate what was said, and look at it from every side."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from verbond.errors import DataError, OptionError
from verbond.expressions.picture.actions import actions_of
from verbond.expressions.picture.comparing import changes_of, differences_of
from verbond.expressions.picture.costly import costly_messages
from verbond.expressions.picture.effort import effort_of
from verbond.expressions.picture.legs import legs_of
from verbond.expressions.picture.names import name_of, side_named
from verbond.expressions.picture.readings import Readings, has_caption, read_said
from verbond.expressions.picture.results import ExpressionPicture, Side
from verbond.expressions.picture.sides import groups_of, promised, side_of
from verbond.expressions.picture.told import told_of
from verbond.expressions.promise import Promise
from verbond.expressions.rating import Rater, find_rater
from verbond.results import ProgressFunction, Reason, silent
from verbond.tables import Tables
from verbond.tables.reads.said import Said, said

__all__ = ["MOST_MESSAGES", "CompanyPicture"]

MOST_MESSAGES = 20_000
"""Messages of each speaker that are rated; of more a lot draws, the same each time."""
_ROOM = "expressions_picture"


@dataclass(frozen=True, slots=True)
class CompanyPicture:
    """What a company promises, says in campaigns and in service, and hears back, side by side.

    Use it on tables with `messages` (speaker, text; department, channel, action and day where known).

    Parameters
    ----------
    rater : Rater, optional
        The best quick one that is installed where not given.
    promise : Promise, optional
        What messages are held against; without one sides are only compared with each other.
    since : date, optional
        Compare before with from this day on; without one a line through time is fitted.
    most : int
        Messages of each speaker to rate at most.
    seed : int
        Of permutations.

    Raises
    ------
    OptionError
        If `most` is too small.

    Examples
    --------
    >>> import verbond
    >>> found = CompanyPicture().fit(verbond.open_tables("demo"))   # doctest: +SKIP
    >>> found.sides["company"].relationship["market"].value        # doctest: +SKIP
    """

    rater: Rater | None = None
    promise: Promise | None = None
    since: dt.date | None = None
    most: int = MOST_MESSAGES
    seed: int = 0

    def __post_init__(self) -> None:
        if self.most < 1:
            raise OptionError("no messages would be rated", got=str(self.most), expected="1 or more")

    def fit(self, tables: Tables, *, progress: ProgressFunction = silent) -> ExpressionPicture:
        """Rate and compare.

        Parameters
        ----------
        tables : Tables
            Reads `messages`, `actions` and `exposures`.
        progress : callable

        Returns
        -------
        ExpressionPicture

        Raises
        ------
        DataError
            If there are no messages with words.
        """
        found = said(tables, self.most)
        if found is None or not len(found):
            raise DataError("there are no messages with words", expected="a table `messages` with texts")
        rater = self.rater or find_rater()
        readings = read_said(found, rater, self.promise, progress)
        return self._gathered(tables, readings, rater)

    def _gathered(self, tables: Tables, readings: Readings, rater: Rater) -> ExpressionPicture:
        error, promise = share_error(rater.name), self.promise
        sides = {"promise": promised(promise)} if promise is not None else {}
        sides |= {
            name: side_of(readings, name, error)
            for name in ("company", "employee", "customer", "said")
            if readings.of_side(name).any()
        }
        groups = groups_of(readings, error)
        worst, by = costly_messages(readings) if promise is not None else ((), "")
        differences = differences_of(readings, sides, promise, error, self.seed)
        return ExpressionPicture(
            name=tables.name,
            promise=promise,
            sides=sides,
            groups=groups,
            differences=differences,
            changes=changes_of(readings, groups, promise, self.since, error, self.seed),
            legs=legs_of(readings, sides, groups, error, self.seed),
            worst=worst,
            worst_by=by,
            untold=told_of(readings, promise, error, self.seed),
            effort=effort_of(readings, readings.said.actions, error),
            n_messages=len(readings.texts),
            n_rated=int(readings.is_rated.sum()),
            rater=f"{rater.name} {rater.version}",
            headline=_headline(sides),
            reasons=tuple(_reasons(readings, rater, error, sides, by)),
            unsaid=tuple(_unsaid(readings.said, sides, promise)),
            provenance=tables.provenance(
                {
                    "promise": None if promise is None else promise.text, "most": self.most,
                    "since": None if self.since is None else self.since.isoformat(), "share_error": error,
                },
                seed=self.seed,
            ),
            actions=actions_of(readings),
        )  # fmt: skip


def share_error(rater: str) -> float:
    """What a share of a rater is off by whatever the number of messages, as a standard error."""
    known = _errors()
    return float(known["raters"].get(rater, known["other"]))


MOSTLY = 1 / 3
"""Share of messages from which a side can be said mostly to offer a relationship."""


@cache
def _errors() -> dict[str, Any]:
    return tomllib.loads((files(__package__) / "share_errors.toml").read_text("utf-8"))


def _headline(sides: dict[str, Side]) -> Reason:
    """The promised relationship, and the likeliest of what campaigns and service say."""
    told: dict[str, Any] = {}
    for name in ("company", "employee"):
        if name in sides and sides[name].reason is None:
            kinds = {k: e.value or 0.0 for k, e in sides[name].relationship.items() if k != "none"}
            top = max(kinds, key=lambda k: kinds[k])
            if kinds[top] < MOSTLY:
                continue
            told |= {f"{name}_offers": name_of("relationship", top), f"{name}_share": kinds[top]}
    code = "headline" + "".join(f"_{n}" for n in ("company", "employee") if f"{n}_share" in told)
    if code == "headline":
        n = sum(side.n_rated for name, side in sides.items() if name not in ("promise", "said"))
        return Reason(f"{_ROOM}.headline_none", {"n": n})
    promise = sides.get("promise")
    kind = next((k for k, e in promise.relationship.items() if e.value), "") if promise is not None else ""
    if kind:
        told["promised"] = name_of("relationship", kind)
        code += "_promised"
    return Reason(f"{_ROOM}.{code}", told)


def _reasons(
    readings: Readings, rater: Rater, error: float, sides: dict[str, Side], by: str
) -> Iterator[Reason]:
    yield from rater.reasons
    yield Reason(f"{_ROOM}.how_shares", {"error": error})
    if "customer" in sides:
        yield Reason(f"{_ROOM}.how_customers")
    drawn = {k: n for k, n in readings.said.n_said.items() if n > (readings.said.speaker == k).sum()}
    for speaker, n in drawn.items():
        told = {"side": side_named(speaker), "n": int((readings.said.speaker == speaker).sum()), "of": n}
        yield Reason(f"{_ROOM}.drawn", told)
    if by:
        yield Reason(f"{_ROOM}.cost_by_{by}")
    yield Reason(f"{_ROOM}.how_effort")


def _unsaid(found: Said, sides: dict[str, Side], promise: Promise | None) -> Iterator[Reason]:
    if promise is None:
        yield Reason(f"{_ROOM}.no_promise")
    elif not promise.relationship:
        yield Reason(f"{_ROOM}.promise_open")
    for name in ("company", "employee", "customer"):
        if name not in sides:
            yield Reason(f"{_ROOM}.silent_side", {"side": side_named(name)})
        elif (why := sides[name].reason) is not None:
            yield Reason(f"{_ROOM}.few_of_side", {"side": side_named(name), "n": why.values["n"]})
    if n := int(np.isin(found.speaker.astype(str), ("company", "employee", "customer"), invert=True).sum()):
        yield Reason(f"{_ROOM}.no_speaker", {"n": n})
    if n := sum(map(has_caption, found.image.tolist())):
        yield Reason(f"{_ROOM}.captions", {"n": n})
    if n := found.n_without_words + sum(bool(one) and not has_caption(one) for one in found.image.tolist()):
        yield Reason(f"{_ROOM}.images", {"n": n})
