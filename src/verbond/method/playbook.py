"""The playbook: small steps that a company can take, each with its first hour, its words and its evidence."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from verbond.errors import OptionError
from verbond.method.circle import CIRCLE
from verbond.method.handles import HANDLES
from verbond.method.relationship import RELATIONSHIP_TYPES, RUNGS
from verbond.method.types import Play, PlayExperiment, PlayPrior, Text, text_of

__all__ = ["PLAYS", "SECTORS", "play", "plays_for"]

SECTORS = ("retail", "finance", "energy", "telecom", "care", "public", "b2b", "travel", "culture", "food")
"""Sectors that a play can be for; one without any is for all."""

ACTION_KINDS = (
    "discount", "loyalty_points", "campaign", "service_recovery", "price_change", "invitation",
    "forced_channel", "personal_contact",
)  # fmt: skip
"""Kinds of actions of which a play can be an example: those of the canonical tables."""
OUTCOMES = (
    "experience", "values_own", "values_seen", "congruence", "trust", "commitment", "engagement", "market",
    "authority", "meaning", "equality", "closeness", "recommend", "stay", "rebuy", "satisfaction",
    "alternatives", "conscious_consumption", "customer_orientation", "purchases", "revenue", "margin",
    "discounted", "stays", "referrals", "complaints", "contributions", "contacts",
)  # fmt: skip
"""What an experiment can look at: constructs, outcomes of action cards, and two acts of customers."""
UNITS = ("customer", "region", "week", "team", "campaign", "none")
"""What a lot can decide over; "none" where before and after are compared without one."""

_EFFORTS = ("small", "medium", "large")
_TEXTS = (
    "name", "what", "why", "owner", "first_hour", "costs", "risk", "not_for", "stop", "evidence", "against",
)  # fmt: skip
_PRIORS = ("climbs", "falls", "revenue")
_NEEDED = (
    *_TEXTS, *_PRIORS, "rungs", "effort", "hours", "cost_per_customer", "weeks_to_see", "experiment",
)  # fmt: skip
_OTHERS = (
    "sectors",
    "action_kinds",
    "not_for_types",
    "keeps",
    "breaks",
    "needs_consent",
    "say",
    "most_reached",
)
_TYPES = tuple(kind.id for kind in RELATIONSHIP_TYPES)
_PROMISED = (*_TYPES, *(value.id for value in CIRCLE))
_RUNGS = tuple(rung.number for rung in RUNGS)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One play of a file, or a table in it; it raises `OptionError` for what is not as it should be."""

    where: str
    told: Mapping[str, Any]

    def checked(self, needed: Iterable[str], others: Iterable[str] = ()) -> _Entry:
        """The same, with all the keys that it needs and no others."""
        needed = tuple(needed)
        if missing := [name for name in needed if name not in self.told]:
            raise OptionError(f"{self.where} lacks keys", expected=", ".join(missing))
        self._only("keys", self.told, (*needed, *others))
        return self

    def table(self, name: str, needed: Iterable[str], others: Iterable[str] = ()) -> _Entry:
        if not isinstance(self.told[name], Mapping):
            raise OptionError(f"{name} of {self.where} is no table", got=repr(self.told[name]))
        return _Entry(f"{name} of {self.where}", self.told[name]).checked(needed, others)

    def text(self, name: str) -> Text:
        return text_of(self.table(name, ("en", "nl")).told)

    def prior(self, name: str) -> PlayPrior:
        told = self.table(name, ("mean", "sd"), ("source",)).told
        return PlayPrior(float(told["mean"]), float(told["sd"]), told.get("source", "ours"))

    def one(self, name: str, known: Sequence[Any]) -> Any:
        self._only(name, [self.told[name]], known)
        return self.told[name]

    def some(self, name: str, known: Sequence[Any]) -> tuple[Any, ...]:
        found = tuple(self.told.get(name, ()))
        self._only(name, found, known)
        return found

    def _only(self, name: str, given: Iterable[Any], known: Sequence[Any]) -> None:
        if unknown := [one for one in given if one not in known]:
            got, expected = (", ".join(map(str, some)) for some in (unknown, known))
            raise OptionError(f"{name} of {self.where}", got=got, expected=expected)


def _play(id: str, handle_id: str, told: Mapping[str, Any]) -> Play:
    """A play of one table of a file.

    Raises
    ------
    OptionError
        For a key that it lacks, and for what a play does not know: a key, a rung, an effort, a sector, a kind
        of action, a relationship type, a value, or a unit or outcome of an experiment.
    """
    entry = _Entry(f"the play {id!r} of {handle_id!r}", told).checked(_NEEDED, _OTHERS)
    test = entry.table("experiment", ("unit", "outcome", "weeks", "arm"))
    rungs = entry.some("rungs", _RUNGS)
    if not rungs:
        raise OptionError(f"rungs of {entry.where}", got="none", expected="one or more")
    return Play(
        id=id,
        handle_id=handle_id,
        rungs=rungs,
        effort=entry.one("effort", _EFFORTS),
        sectors=entry.some("sectors", SECTORS),
        hours=float(told["hours"]),
        cost_per_customer=float(told["cost_per_customer"]),
        weeks_to_see=int(told["weeks_to_see"]),
        most_reached=int(told["most_reached"]) if "most_reached" in told else None,
        action_kinds=entry.some("action_kinds", ACTION_KINDS),
        not_for_types=entry.some("not_for_types", _TYPES),
        keeps=entry.some("keeps", _PROMISED),
        breaks=entry.some("breaks", _PROMISED),
        needs_consent=bool(told.get("needs_consent", False)),
        say=entry.text("say") if "say" in told else Text("", ""),
        experiment=PlayExperiment(
            test.one("unit", UNITS), test.one("outcome", OUTCOMES), int(test.told["weeks"]), test.text("arm")
        ),
        **{name: entry.prior(name) for name in _PRIORS},
        **{name: entry.text(name) for name in _TEXTS},
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
