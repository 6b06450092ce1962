"""The playbook: small steps that a company can take, each with its first hour, its words and its evidence."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from verbond.errors import OptionError
from verbond.method.circle import CIRCLE
from verbond.method.handles import HANDLES
from verbond.method.relationship import RELATIONSHIP_TYPES
from verbond.method.types import Play, PlayExperiment, PlayPrior, Text, text_of

__all__ = ["PLAYS", "SECTORS", "play", "plays_for"]

SECTORS = ("retail", "finance", "energy", "telecom", "care", "public", "b2b", "travel", "culture", "food")
"""Sectors that a play can be for; one without any is for all."""

_EFFORTS = ("small", "medium", "large")
_TEXTS = (
    "name", "what", "why", "owner", "first_hour", "costs", "risk", "not_for", "stop", "evidence", "against",
)  # fmt: skip
_PRIORS = ("climbs", "falls", "revenue")
_TYPES = {kind.id for kind in RELATIONSHIP_TYPES}
_PROMISED = _TYPES | {value.id for value in CIRCLE}
_KNOWN = {
    *_TEXTS, *_PRIORS, "rungs", "sectors", "effort", "hours", "cost_per_customer", "weeks_to_see",
    "action_kinds", "not_for_types", "keeps", "breaks", "needs_consent", "say", "experiment",
}  # fmt: skip


def _prior(entry: Mapping[str, Any]) -> PlayPrior:
    return PlayPrior(float(entry["mean"]), float(entry["sd"]), entry.get("source", "ours"))


def _experiment(entry: Mapping[str, Any]) -> PlayExperiment:
    return PlayExperiment(entry["unit"], entry["outcome"], int(entry["weeks"]), text_of(entry["arm"]))


def _play(id: str, handle_id: str, entry: Mapping[str, Any]) -> Play:
    """A play of one table of a file.

    Raises
    ------
    OptionError
        For what a play does not know: a key, an effort, a sector, a relationship type or a value.
    """
    for name, given, known in (
        ("keys", set(entry), _KNOWN),
        ("effort", {entry["effort"]}, set(_EFFORTS)),
        ("sectors", set(entry.get("sectors", ())), set(SECTORS)),
        ("not_for_types", set(entry.get("not_for_types", ())), _TYPES),
        ("keeps", set(entry.get("keeps", ())), _PROMISED),
        ("breaks", set(entry.get("breaks", ())), _PROMISED),
    ):
        if given - known:
            got, expected = ", ".join(sorted(given - known)), ", ".join(sorted(known))
            raise OptionError(f"{name} of the play {id!r} of {handle_id!r}", got=got, expected=expected)
    return Play(
        id=id,
        handle_id=handle_id,
        rungs=tuple(entry["rungs"]),
        effort=entry["effort"],
        sectors=tuple(entry.get("sectors", ())),
        hours=float(entry["hours"]),
        cost_per_customer=float(entry["cost_per_customer"]),
        weeks_to_see=int(entry["weeks_to_see"]),
        action_kinds=tuple(entry.get("action_kinds", ())),
        not_for_types=tuple(entry.get("not_for_types", ())),
        keeps=tuple(entry.get("keeps", ())),
        breaks=tuple(entry.get("breaks", ())),
        needs_consent=bool(entry.get("needs_consent", False)),
        say=text_of(entry["say"]) if "say" in entry else Text("", ""),
        experiment=_experiment(entry["experiment"]),
        **{name: _prior(entry[name]) for name in _PRIORS},
        **{name: text_of(entry[name]) for name in _TEXTS},
    )


def _read() -> tuple[Play, ...]:
    folder, found = files("verbond.method") / "data" / "playbook", []
    for handle in HANDLES:
        file = folder / f"{handle.id}.toml"
        if file.is_file():
            entries = tomllib.loads(file.read_text("utf-8"))
            found += [_play(id, handle.id, entry) for id, entry in entries.items()]
    return tuple(found)


PLAYS: tuple[Play, ...] = _read()
"""Every play, in the order of the handles."""

_BY_ID = MappingProxyType({play.id: play for play in PLAYS})


def play(id: str) -> Play:
    """The play with this id.

    Raises
    ------
    OptionError
        If there is none.
    """
    if id not in _BY_ID:
        raise OptionError("unknown step", got=repr(id), expected=", ".join(_BY_ID))
    return _BY_ID[id]


def plays_for(rung: int, sector: str = "") -> tuple[Play, ...]:
    """The plays that serve a rung, those that serve it most first, then those of least effort.

    Parameters
    ----------
    rung : int
        0 to 5.
    sector : str
        One of `SECTORS`; empty: plays for one sector only are left out.

    Raises
    ------
    OptionError
        If there is no such rung or sector.
    """
    if rung not in range(6):
        raise OptionError("unknown rung", got=str(rung), expected="a whole number from 0 to 5")
    if sector and sector not in SECTORS:
        raise OptionError("unknown sector", got=repr(sector), expected=", ".join(SECTORS))
    serving = [one for one in PLAYS if rung in one.rungs and (not one.sectors or sector in one.sectors)]
    return tuple(sorted(serving, key=lambda one: (one.rungs.index(rung), _EFFORTS.index(one.effort))))
