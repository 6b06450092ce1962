"""Rooms: where a canvas is worked on. The board stands in the server's memory, and is the only authority.

One server runs an installation, so there is one room a canvas. What a room takes is on disk before anybody is
told of it; after a restart the board is made anew from its events, with the same numbers.
"""

from __future__ import annotations

import threading
import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from verbond.canvas import Board, Event, Operation, Refusal, Sight
from verbond.web.listening.desk import committed
from verbond.web.store.canvases import Canvas, CanvasEvent, Participant
from verbond.web.workshop.ears import Ear, packet

__all__ = ["Room", "forget_room", "room_of"]


class Room:
    """A canvas with whoever is there.

    Attributes
    ----------
    board : Board
        To be read under `lock`.
    lock : threading.RLock
    is_over : bool
        It was forgotten: whoever still holds it does nothing more in it.
    renewed : int
        Which rows its board was read from: they are changed where somebody is erased.
    """

    def __init__(self, canvas: uuid.UUID, renewed: int = 0) -> None:
        self.canvas, self.renewed, self.is_over = canvas, renewed, False
        self.lock = threading.RLock()
        self.board = self._read()
        self.ears: dict[str, list[Ear]] = defaultdict(list)
        self.signals: dict[str, dict[str, Any]] = {}

    def take(self, who: Participant, wishes: Sequence[Operation]) -> list[Event | Refusal]:
        """Take operations, write down what they did, tell everybody.

        Parameters
        ----------
        who : Participant
            `by` and `leads` of every operation are hers.
        wishes : sequence of Operation

        Returns
        -------
        list of Event or Refusal
            In the order of the wishes.
        """
        with self.lock:
            if self.is_over:
                return [Refusal(wish.key, "locked") for wish in wishes]
            before = len(self.board.events)
            became = [self.board.take(wish) for wish in wishes]
            fresh = self.board.events[before:]
            if fresh:
                try:
                    committed(lambda: self._write(fresh))
                except BaseException:
                    self.board = self._read()
                    raise
                self._tell(before)
            return became

    def whole(self, who: str) -> dict[str, Any]:
        """What a participant may see now."""
        with self.lock:
            return Sight(self.board, who).whole()

    def listen(self, who: str, since: int) -> Ear:
        """An ear of a participant, that first hears what she missed."""
        with self.lock:
            ear = Ear(who)
            if missed := list(Sight(self.board, who).since(since)):
                ear.hear(packet(missed, len(self.board.events)))
            ear.hear(packet([self.people()]))
            self.ears[who].append(ear)
            self.tell_people()
            return ear

    def leave(self, ear: Ear) -> None:
        """A page was closed."""
        with self.lock:
            if ear in self.ears[ear.who]:
                self.ears[ear.who].remove(ear)
            if not self.ears[ear.who]:
                del self.ears[ear.who]
                self.signals.get(ear.who, {}).pop("editing", None)
            self.tell_people()

    def put_out(self, who: str) -> None:
        """Close every page of a participant."""
        with self.lock:
            for ear in self.ears.get(who, ()):
                ear.close()

    def signal(self, who: Participant, said: dict[str, Any]) -> None:
        """What is told and not kept: where somebody is, that she is done, a reaction, a summons."""
        with self.lock:
            if said["signal"] in ("at", "editing", "done"):
                self.signals.setdefault(who.code, {})[said["signal"]] = said["value"]
                self.tell_people()
            else:
                self._tell_all(packet([{"told": said["signal"], "by": who.code, "value": said["value"]}]))

    def people(self) -> dict[str, Any]:
        """Who took part, and who is here."""
        known = Participant.objects.filter(canvas_id=self.canvas).order_by("joined_at", "pk")
        rows = [
            {
                "code": one.code,
                "name": one.name,
                "department": one.department,
                "leads": one.leads,
                "here": bool(self.ears.get(one.code)),
                **{key: self.signals.get(one.code, {}).get(key) for key in ("at", "editing", "done")},
            }
            for one in known
            if not one.out
        ]
        return {"told": "people", "people": rows}

    def tell_people(self) -> None:
        """Tell everybody who is here."""
        self._tell_all(packet([self.people()]))

    def _tell_all(self, words: bytes) -> None:
        for ears in self.ears.values():
            for ear in ears:
                ear.hear(words)

    def _tell(self, before: int) -> None:
        number = len(self.board.events)
        for who, ears in self.ears.items():
            if not ears:
                continue
            sight = Sight(self.board, who)
            one = number - before == 1
            said = list(sight.of(self.board.events[-1]) if one else sight.since(before))
            if said:
                words = packet(said, number)
                for ear in ears:
                    ear.hear(words)

    def _write(self, events: Sequence[Event]) -> None:
        CanvasEvent.objects.bulk_create(
            CanvasEvent(
                canvas_id=self.canvas,
                number=one.number,
                key=one.key,
                by=one.by,
                act=one.act,
                thing=one.id,
                kind=one.kind,
                values=dict(one.values),
                before=dict(one.before),
                over=list(one.over),
                undoes=one.undoes,
            )
            for one in events
        )

    def _read(self) -> Board:
        rows = CanvasEvent.objects.filter(canvas_id=self.canvas).order_by("number")
        return Board.of(
            Event(
                row.number, row.key, row.by, row.act, row.thing, row.kind, row.values, row.before,
                tuple(row.over), row.undoes,
            )
            for row in rows.iterator()
        )  # fmt: skip


_rooms: dict[uuid.UUID, Room] = {}
_lock = threading.Lock()


def room_of(canvas: Canvas) -> Room:
    """The room of a canvas; its board is read when it is first asked for, and when its rows were changed."""
    renewed = canvas.settings.get("renewed", 0)
    with _lock:
        known = _rooms.get(canvas.pk)
    if known is not None and known.renewed < renewed:
        forget_room(canvas)
    with _lock:
        if canvas.pk not in _rooms:
            _rooms[canvas.pk] = Room(canvas.pk, renewed)
        return _rooms[canvas.pk]


def forget_room(canvas: Canvas) -> None:
    """Everybody out, and the board out of memory: it is read anew when somebody comes."""
    with _lock:
        room = _rooms.pop(canvas.pk, None)
    if room is not None:
        with room.lock:
            room.is_over = True
            for who in list(room.ears):
                room.put_out(who)
