"""A canvas is closed: what came out is kept, and who wrote what without a name is forgotten for good.

While people work, the log of a board holds who wrote each note: whoever wrote it may change it or take it
back. When the canvas closes nobody needs that any more. So whatever was ever nameless loses its writer in
every row of the log, what was taken away loses its words, and the database's files are written anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.db import OperationalError
from django.db.models import Max
from django.utils import timezone

from verbond.canvas import Board, Outcome
from verbond.web.desk import committed
from verbond.web.store import workshops
from verbond.web.store.canvases import Canvas, CanvasEvent, Edition
from verbond.web.store.models import User
from verbond.web.store.naming import scrub
from verbond.web.workshop.rooms import Room, forget_room, room_of

__all__ = [
    "DOTS", "can_reopen", "close_canvas", "keep_edition", "outcome_now", "remove_canvas", "reopen_canvas",
    "scrub_closed", "without_department", "write_anew",
]  # fmt: skip

_WRITTEN = ("add", "set", "remove")
_PLACES = ("field", "order")
"""Slots that say where something lies, and nothing about what it says."""
_AT_ONCE = 500
DOTS = "points"
"""The setting of a canvas that holds dots on paper: id of a thing, and how many."""
_UNSCRUBBED = "unscrubbed"
"""A setting of a canvas of which the database's files may still know what its rows forgot."""


def outcome_now(canvas: Canvas) -> Outcome:
    """What lies on a canvas now, for everybody to see."""
    room = room_of(canvas)
    with room.lock:
        return _outcome(canvas, room.board)


def keep_edition(canvas: Canvas, by: User | None) -> Edition:
    """Keep what lies there now; work goes on."""
    room = room_of(canvas)
    with room.lock:
        outcome = _outcome(canvas, room.board)
    return committed(lambda: _kept(canvas, outcome, by))


def close_canvas(canvas: Canvas, by: User | None) -> Edition:
    """Take nothing more, keep what lies there, forget who wrote without a name.

    Closing it again gives the edition that was made then.
    """
    room = room_of(canvas)
    with room.lock:
        outcome = _outcome(canvas, room.board)
        edition = committed(lambda: _close(canvas, room, outcome, by))
        forget_room(canvas)
    scrub_closed()
    canvas.refresh_from_db()
    return edition


def scrub_closed() -> int:
    """Let the database's files forget what its rows forgot; what is busy is tried again each minute.

    Returns
    -------
    int
        For how many canvases that was done.
    """
    due = Canvas.objects.filter(state=Canvas.State.CLOSED, settings__has_key=_UNSCRUBBED)
    if not due:
        return 0
    try:
        if not scrub():
            return 0
    except OperationalError:  # somebody writes just now
        return 0
    for canvas in due:
        with workshops.changing(canvas) as now:
            now.settings.pop(_UNSCRUBBED, None)
            now.save(update_fields=["settings"])
    return len(due)


def remove_canvas(canvas: Canvas) -> None:
    """Throw it away: people, notes, and what came out of it."""
    room = room_of(canvas)
    with room.lock:
        Canvas.objects.filter(pk=canvas.pk).delete()
        forget_room(canvas)
    with suppress(OperationalError):  # somebody writes just now
        scrub()


def can_reopen(canvas: Canvas) -> bool:
    """Whether its notes are still there; an empty canvas can be opened too."""
    return not canvas.settings.get("forgotten")


def reopen_canvas(canvas: Canvas) -> bool:
    """Let people work on it again; False where its notes were kept long enough and are gone."""
    with workshops.changing(canvas) as now:
        if not can_reopen(now):
            return False
        now.state, now.closed_at = Canvas.State.OPEN, None
        now.save(update_fields=["state", "closed_at"])
    forget_room(canvas)
    canvas.refresh_from_db()
    return True


def _outcome(canvas: Canvas, board: Board) -> Outcome:
    day = timezone.localdate().isoformat()
    outcome = Outcome.of(board, company=canvas.company, name=canvas.name, made_at=day)
    return _with_dots(outcome, canvas.settings.get(DOTS, {}))


def _with_dots(outcome: Outcome, dots: Mapping[str, int]) -> Outcome:
    """With the dots that were stuck on paper, beside what was voted on the board."""
    if not dots:
        return outcome
    counted = {
        kind: tuple(replace(one, points=one.points + dots.get(one.id, 0)) for one in getattr(outcome, kind))
        for kind in ("values", "missions", "promises")
    }
    return replace(outcome, voted=True, **counted)


def _kept(canvas: Canvas, outcome: Outcome, by: User | None) -> Edition:
    with workshops.changing(canvas):
        last = canvas.editions.aggregate(last=Max("number"))["last"] or 0
        return Edition.objects.create(canvas=canvas, number=last + 1, outcome=outcome.to_json(), made_by=by)


def _close(canvas: Canvas, room: Room, outcome: Outcome, by: User | None) -> Edition:
    with workshops.changing(canvas) as now:
        before = workshops.edition_of(now)
        if now.state == Canvas.State.CLOSED and before is not None:
            return before
        now.state, now.closed_at = Canvas.State.CLOSED, timezone.now()
        now.settings = now.settings | {_UNSCRUBBED: True}
        now.save(update_fields=["state", "closed_at", "settings"])
        _forget_writers(canvas, room.board, outcome)
        return _kept(canvas, outcome, by)


def _forget_writers(canvas: Canvas, board: Board, outcome: Outcome) -> None:
    """Take out of the log who wrote what is nameless, a department that says so, and what was taken away."""
    forgotten = {one.id for one in board.things.values() if one.nameless or one.removed}
    told = {one.id: one.department for one in outcome.notes}
    changed = []
    for row in canvas.events.filter(act__in=_WRITTEN).order_by("number").iterator():
        if row.thing not in forgotten:
            continue
        row.by, row.key, row.over = "", f"{row.number}", []
        removed = bool(board.things[row.thing].removed)
        row.values, row.before = (
            _without_words(values) if removed else without_department(values, told.get(row.thing, ""))
            for values in (row.values, row.before)
        )
        changed.append(row)
    write_anew(changed)


def write_anew(rows: Sequence[CanvasEvent]) -> None:
    """Put changed rows in the place of what stood there: far quicker than to change each row where it is."""
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        CanvasEvent.objects.filter(pk__in=[row.pk for row in part]).delete()
        for row in part:
            row.pk = None
        CanvasEvent.objects.bulk_create(part)


def _without_words(values: Mapping[str, Any]) -> dict[str, Any]:
    empty: dict[type, Any] = {str: "", list: []}
    return {
        name: value if name in _PLACES else empty.get(type(value), value) for name, value in values.items()
    }


def without_department(values: Mapping[str, Any], told: str) -> dict[str, Any]:
    """Values of an event, with what is told of a department in its place; "" for nothing."""
    return {**values, "department": told} if "department" in values else dict(values)
