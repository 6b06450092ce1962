"""Rooms: where a canvas is worked on. The board stands in the server's memory, and is the only authority.

One server runs an installation, so there is one room a canvas. What a room takes is on disk before anybody is
told of it; after a restart the board is made anew from its events, with the same numbers.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from verbond.canvas import Board, Event, Operation, Refusal, Sight
from verbond.web.desk import committed
from verbond.web.store.canvases import Canvas, CanvasEvent, Participant
from verbond.web.workshop.ears import Ear, packet, tell
from verbond.web.workshop.presence import Person, fitting

__all__ = ["Closed", "Room", "TooMuch", "close_rooms", "forget_room", "put_out_member", "room_of"]

MOST_PAGES = 8
"""Of one participant; the page that was opened first is closed."""
NOBODY = "-"
"""The code of none: what was made without one (who wrote it was forgotten) is nobody's own."""
MOST_IDLE = 30
"""Boards that stay in memory with nobody there."""


class Closed(Exception):
    """Nobody works in this room any more."""


class TooMuch(Exception):
    """More, and faster, than anybody works by hand."""


class Room:
    """A canvas with whoever is there.

    Attributes
    ----------
    board : Board
        To be read under `lock`.
    lock : threading.RLock
    renewed : int
        Of which renewal its rows were read: where somebody is erased, rows change.
    """

    def __init__(self, canvas: uuid.UUID, renewed: int = 0) -> None:
        self.canvas, self.renewed = canvas, renewed
        self.lock = threading.RLock()
        self.closed = False
        self.board = self._read()
        self._ears: dict[str, list[Ear]] = {}
        self._people: dict[str, Person] = {}
        self._meet_all()

    # what is done

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

        Raises
        ------
        Closed
        """
        with self.lock:
            if self.closed:
                raise Closed
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

    def spend(self, who: Participant, n: int) -> None:
        """Count what comes over the line.

        Raises
        ------
        TooMuch
        """
        with self.lock:
            if not self._person(who).operations.spend(n):
                raise TooMuch

    def signal(self, who: Participant, signal: str, value: Any) -> bool:
        """Tell what is not kept: where somebody is, that she is done, a reaction, a summons.

        Returns
        -------
        bool
            Whether it fits; what does not is told to nobody.
        """
        with self.lock:
            person = self._person(who)
            if not person.signals.spend(1):
                raise TooMuch
            for fits in fitting(self.board, person, signal, value):
                if signal in ("reaction", "summon"):
                    self._tell_all(packet([{"told": signal, "by": who.code, "value": fits}]))
                elif getattr(person, signal) != fits:
                    setattr(person, signal, fits)
                    self._tell_person(person)
                return True
            return False

    # what is seen

    def whole(self, who: str) -> dict[str, Any]:
        """What a participant may see now."""
        with self.lock:
            return Sight(self.board, who).whole()

    def people(self) -> list[dict[str, Any]]:
        """Who took part, and who is here."""
        with self.lock:
            return [one.shown(len(self._ears.get(one.code, ()))) for one in self._people.values()]

    # who hears

    def listen(self, who: Participant, since: int) -> Ear:
        """An ear of a participant, that first hears what she missed."""
        with self.lock:
            if self.closed:
                raise Closed
            person, ear = self._person(who), Ear(who.code)
            if missed := self._missed(who.code, since):
                ear.hear(packet(missed, len(self.board.events)))
            ears = self._ears.setdefault(who.code, [])
            ears.append(ear)
            if len(ears) > MOST_PAGES:
                ears.pop(0).close()
            if len(ears) == 1:
                self._tell_person(person)
            ear.hear(packet([self._said_of_people()]))
            return ear

    def _missed(self, who: str, since: int) -> list[dict[str, Any]]:
        """What a page missed; all there is where its past is another (a backup, rows written anew)."""
        number, sight = len(self.board.events), Sight(self.board, who)
        if since > number or (self.renewed and since):
            return [{"number": number, "told": "whole", "whole": sight.whole()}]
        return list(sight.since(since))

    def leave(self, ear: Ear) -> None:
        """A page was closed."""
        with self.lock:
            ears = self._ears.get(ear.who, [])
            if ear in ears:
                ears.remove(ear)
            if not ears and ear.who in self._ears:
                del self._ears[ear.who]
                if (person := self._people.get(ear.who)) is not None:
                    person.editing = person.at = ""
                    self._tell_person(person)

    def put_out(self, who: str) -> None:
        """Close every page of a participant."""
        with self.lock:
            for ear in self._ears.get(who, ()):
                ear.close()

    def close(self) -> None:
        """Nothing is taken any more, and every page is closed."""
        with self.lock:
            self.closed = True
            for who in self._ears:
                self.put_out(who)

    def tell_people(self) -> None:
        """Somebody came, went for good, or leads now: tell everybody who is here."""
        with self.lock:
            self._meet_all()
            self._tell_all(packet([self._said_of_people()]))

    @property
    def n_here(self) -> int:
        """People with a page open."""
        return len(self._ears)

    def _meet_all(self) -> None:
        known = Participant.objects.filter(canvas_id=self.canvas, out=False).order_by("joined_at", "pk")
        earlier, self._people = self._people, {}
        for one in known:
            self._people[one.code] = earlier.get(one.code) or Person(one.code)
            self._people[one.code].update(one)

    def _person(self, who: Participant) -> Person:
        person = self._people.setdefault(who.code, Person(who.code))
        person.update(who)
        return person

    # telling

    def _said_of_people(self) -> dict[str, Any]:
        """With the time: a page that comes back from sleep learns by it how late it is."""
        return {"told": "people", "people": self.people(), "now": time.time()}

    def _tell_person(self, person: Person) -> None:
        shown = person.shown(len(self._ears.get(person.code, ())))
        self._tell_all(packet([{"told": "person", "person": shown}]))

    def _tell_all(self, words: bytes) -> None:
        tell((ear, words) for ears in self._ears.values() for ear in ears)

    def _tell(self, before: int) -> None:
        """Who may see the same is told the same words, made once."""
        number, fresh = len(self.board.events), self.board.events[before:]
        special = set().union(*(self.board.special(event) for event in fresh))
        self._hide_writing(fresh)
        words: dict[str, bytes] = {}
        to_tell: list[tuple[Ear, bytes]] = []
        for who, ears in self._ears.items():
            sort = who if who in special else NOBODY
            if sort not in words:
                sight = Sight(self.board, sort)
                said = list(sight.of(fresh[0]) if len(fresh) == 1 else sight.since(before))
                words[sort] = packet(said, number) if said else b""
            to_tell += [(ear, words[sort]) for ear in ears if words[sort]]
        tell(to_tell)

    def _hide_writing(self, fresh: Sequence[Event]) -> None:
        if any(event.act in ("privacy", "anonymity") for event in fresh):
            for person in self._people.values():
                looks = bool(person.at and self.board.anonymous) and not person.leads
                if person.editing or looks:
                    person.editing, person.at = "", "" if looks else person.at
                    self._tell_person(person)

    # what is kept

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


_rooms: OrderedDict[uuid.UUID, Room] = OrderedDict()
_lock = threading.Lock()


def room_of(canvas: Canvas) -> Room:
    """The room of a canvas; its board is read when it is first asked for, and when its rows were renewed."""
    renewed = canvas.settings.get("renewed", 0)
    if (known := _rooms.get(canvas.pk)) is not None and known.renewed < renewed:
        forget_room(canvas)
    with _lock:
        if (known := _rooms.get(canvas.pk)) is not None:
            _rooms.move_to_end(canvas.pk)
            return known
        _rooms[canvas.pk] = room = Room(canvas.pk, renewed)
        idle = (pk for pk, one in _rooms.items() if not one.n_here and one is not room)
        for pk in list(idle)[: max(0, len(_rooms) - MOST_IDLE)]:
            del _rooms[pk]
        return room


def forget_room(canvas: Canvas) -> None:
    """Everybody out, and the board out of memory: it is read anew when somebody comes."""
    with _lock:
        room = _rooms.pop(canvas.pk, None)
    if room is not None:
        room.close()


def put_out_member(organisation_id: int, user_id: int) -> None:
    """Close every page of somebody whose role is another now: what comes back is asked anew who she is."""
    hers = Participant.objects.filter(user_id=user_id, canvas__organisation_id=organisation_id)
    for canvas, code in hers.values_list("canvas_id", "code"):
        if (room := _rooms.get(canvas)) is not None:
            room.put_out(code)
            room.tell_people()


def close_rooms() -> None:
    """The server stops: every page is told to come back later."""
    with _lock:
        rooms = list(_rooms.values())
        _rooms.clear()
    for room in rooms:
        room.close()
