"""The demo company's workshops: one that is finished, and one that is on."""

from __future__ import annotations

import datetime as dt
import tomllib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files
from typing import Any

from django.utils import timezone

from verbond.canvas import FIELDS, Event, Operation, between
from verbond.errors import DataError
from verbond.results import Language
from verbond.web.store.canvases import Canvas, Participant
from verbond.web.store.models import Organisation, User
from verbond.web.workshop.closing import close_canvas
from verbond.web.workshop.joining import join
from verbond.web.workshop.making import make_canvas
from verbond.web.workshop.rooms import room_of

__all__ = ["hold_workshops"]

LAST_DAY_DAYS = 7
_OWN = ("by", "key", "value", "votes", "nameless", "in_days")
"""What the file says of a thing that is no slot of it."""
_LISTS = {"values": "value", "notes": "note", "resolutions": "resolution", "missions": "mission",
          "promises": "promise", "steps": "step"}  # fmt: skip


def hold_workshops(organisation: Organisation, by: User, language: Language) -> tuple[Canvas, Canvas]:
    """Make both canvases, as people would: each writes, and the finished one is closed.

    Parameters
    ----------
    organisation : Organisation
        The demo company.
    by : User
        Who leads.
    language : {"en", "nl"}
        That the participants write in.
    """
    said = _in(language, tomllib.loads((files(__package__) / "demo.toml").read_text("utf-8")))
    finished = _held(organisation, by, said["finished"], said["people"])
    close_canvas(finished, by)
    running = _held(organisation, by, said["running"], said["people"])
    return finished, running


def _in(language: Language, said: Any) -> Any:
    """The file in one language."""
    if isinstance(said, list):
        return [_in(language, one) for one in said]
    if not isinstance(said, dict):
        return said
    if set(said) == {"en", "nl"}:
        return said[language]
    return {name: _in(language, one) for name, one in said.items()}


def _held(organisation: Organisation, by: User, said: Mapping[str, Any], people: Mapping[str, Any]) -> Canvas:
    canvas = make_canvas(
        organisation, by, name=said["name"], company=organisation.name,
        last_day=(timezone.localdate() + dt.timedelta(days=LAST_DAY_DAYS)).isoformat(),
        departments=[one["department"] for one in people.values()],
    )  # fmt: skip
    leader = Participant.objects.get(canvas=canvas, user=by)
    who = {key: join(canvas, one["name"], one["department"], None)[0] for key, one in people.items()}
    things = list(_things(said))
    for kind, id, entry in things:
        if entry.get("nameless"):
            _do(canvas, leader, [("anonymity", entry["field"], "", {"on": True})])
        author = who.get(entry.get("by", ""), leader)
        _do(canvas, author, [("add", id, kind, _values(kind, entry, author))])
        if entry.get("nameless"):
            _do(canvas, leader, [("anonymity", entry["field"], "", {"on": False})])
    _do(canvas, leader, [("reveal", field, "", {}) for field in ("identity", "image")])
    for kind, id, entry in things:
        for voter, n in entry.get("votes", {}).items():
            _do(canvas, who[voter], [("vote", id, kind, {"n": n})])
    if any("votes" in entry for _, _, entry in things):
        _do(canvas, leader, [("tally", "", "", {"on": True})])
    phases = [field for field in FIELDS if FIELDS.index(field) <= FIELDS.index(said["phase"])]
    _do(canvas, leader, [("phase", phase, "", {}) for phase in phases])
    return canvas


def _things(said: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Kind, id and entry of everything that lies there, each behind the last of its kind."""
    for name, kind in _LISTS.items():
        order = None
        for entry in said.get(name, ()):
            order = between(order)
            yield kind, entry.get("key", uuid.uuid4().hex), {"order": order, **entry}


def _values(kind: str, entry: Mapping[str, Any], author: Participant) -> dict[str, Any]:
    values = {name: value for name, value in entry.items() if name not in _OWN}
    if kind == "resolution":
        values.pop("order")
    if kind == "note":
        values |= {"department": author.department, "group": entry.get("value", "")}
    if "in_days" in entry:
        values["when"] = (timezone.localdate() + dt.timedelta(days=entry["in_days"])).isoformat()
    return values


def _do(canvas: Canvas, who: Participant, wishes: Iterable[tuple[str, str, str, Mapping[str, Any]]]) -> None:
    room = room_of(canvas)
    operations = [
        Operation(f"demo-{len(room.board.events)}-{n}", who.code, act, id, kind, values, leads=who.leads)  # type: ignore[arg-type]
        for n, (act, id, kind, values) in enumerate(wishes)
    ]
    for became in room.take(who, operations):
        if not isinstance(became, Event):
            raise DataError("the board does not take this", got=f"{became.key}: {became.code}")
