"""What lay on a table, typed over: laid on the board, and kept as an edition.

A board holds votes by person; of dots on paper only the totals are known. Those stand with the canvas, and
every edition that is made of it has them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from verbond.canvas import Event, Operation, Outcome
from verbond.canvas.board import LIMITS, Board
from verbond.errors import DataError
from verbond.results import Reason
from verbond.web.store import workshops
from verbond.web.store.canvases import Canvas, Edition, Participant
from verbond.web.store.models import User
from verbond.web.workshop.closing import DOTS, keep_edition
from verbond.web.workshop.joining import join
from verbond.web.workshop.rooms import room_of

__all__ = ["bites", "lay", "lies_there", "named"]

_HARD = ("opposing", "tense")


def named(data: dict[str, Any]) -> dict[str, Any]:
    """The same with an id for everything: the same words get the same ids, other words others.

    Values are meant by their number, from 1, in notes and contradictions; 0 is none.
    """
    stamp = hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:12]
    ids = {kind: [f"paper-{stamp}-{kind}-{n}" for n, _ in enumerate(data[kind], 1)] for kind in _LISTS}

    def value(number: int) -> str:
        return ids["values"][number - 1] if number else ""

    made = {kind: [one | {"id": ids[kind][n]} for n, one in enumerate(data[kind])] for kind in _LISTS}
    for one in made["notes"]:
        one["value"] = value(one["value"])
    for one in made["resolutions"]:
        one |= {side: value(one[side]) for side in ("one", "other", "kept")}
    return data | made


_LISTS = ("notes", "values", "resolutions", "missions", "promises", "steps")


def bites(outcome: Outcome) -> list[list[Reason]]:
    """Why values that were chosen together contradict each other, each pair that nobody decided."""
    from verbond.values import check_values

    decided = {frozenset((one.one, one.other)) for one in outcome.resolutions}
    found = []
    for one, other in combinations(outcome.shared, 2):
        if {one.id, other.id} in decided:
            continue
        places = {value.name: [value.place] for value in (one, other) if value.place}
        pairs = check_values([one.name, other.name], confirmed=places).pairs
        found += [list(pair.reasons) for pair in pairs if pair.verdict in _HARD]
    return found


def lies_there(canvas: Canvas) -> int:
    """How many things lie on a canvas already."""
    room = room_of(canvas)
    with room.lock:
        return sum(1 for _ in room.board.lying())


def lay(canvas: Canvas, user: User, outcome: Outcome) -> Edition:
    """Lay it on the board beside what lies there, and keep an edition.

    A field that is private and in which nobody else wrote is revealed: what lay on a table was seen by all.
    The same words once more lay nothing down twice, and give the newest edition.

    Raises
    ------
    DataError
        If the board does not take it: there is too much.
    NotIn
        If the canvas is closed, or this facilitator was shown the door.
    """
    who = Participant.objects.filter(canvas=canvas, user=user, out=False).first()
    who = who or join(canvas, user.name or user.email, "", user)[0]
    room = room_of(canvas)
    with room.lock:
        there = room.board.things
        wishes = [one for one in _wishes(who.code, outcome, room.board) if one.id not in there]
        if len(there) + len(wishes) > LIMITS.things:
            raise DataError("too much for one canvas", expected=f"at most {LIMITS.things} things")
        if not wishes and (newest := workshops.edition_of(canvas)) is not None:
            return newest
        for became in room.take(who, wishes):
            if not isinstance(became, Event):
                raise DataError("the board does not take this", got=became.code)
    with workshops.changing(canvas) as now:
        now.settings = now.settings | {DOTS: now.settings.get(DOTS, {}) | _dots(outcome)}
        now.save(update_fields=["settings"])
    canvas.refresh_from_db()
    return keep_edition(canvas, user)


def _wishes(by: str, outcome: Outcome, board: Board) -> Iterator[Operation]:
    stamp = hashlib.sha256(json.dumps(outcome.to_json(), sort_keys=True).encode()).hexdigest()[:20]
    things = [one for one in outcome.operations(by) if one.act == "add"]
    touched = {one.values["field"] for one in things if one.kind == "note"}
    for field in sorted(touched & board.private):
        others = [one for one in board.lying() if one.field == field and one.by != by]
        if not others:
            yield Operation(f"paper-{stamp}-{field}-{len(board.events)}", by, "reveal", field, leads=True)
    for n, one in enumerate(things, 1):
        key = f"paper-{stamp}-{n}"
        yield Operation(key, by, one.act, one.id, one.kind, one.values, leads=True)


def _dots(outcome: Outcome) -> dict[str, int]:
    things = (*outcome.values, *outcome.missions, *outcome.promises)
    return {one.id: one.points for one in things if one.points}
