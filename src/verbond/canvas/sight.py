"""What one person gets to see: of a board as it lies there, and of each thing that happens on it.

What is private is in nothing that goes to somebody else: not its words, not its id, not whose it is; only
how many things lie in a private field. What is anonymous says to nobody whose it is, nor from which
department, but to the one who made it that it is hers; nor when it was written, which says between whose
things. Of votes everybody sees her own, and how many there are in all once they are shown to all. The
facilitator sees what everybody sees.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from verbond.canvas.board import Board, Event, Thing

__all__ = ["Sight"]

Shown = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sight:
    """How one person sees a board.

    Attributes
    ----------
    board : Board
        As it is now; events are shown right after they happened.
    who : str
    """

    board: Board
    who: str

    def whole(self) -> Shown:
        """All that this person may see now, for who comes in: plain values.

        Returns
        -------
        dict
            number (of the last event), what `settled` gives, things, n_private (things of others a private
            field).
        """
        board = self.board
        return {
            "number": len(board.events),
            **self.settled(),
            "things": [self._thing(one) for one in board.lying() if self._sees(one)],
            "n_private": self.board.n_private(self.who),
        }

    def settled(self) -> Shown:
        """What a facilitator has set, the same for everybody: phase, agenda, timer, budget, tallied, and the
        private, anonymous and locked fields.
        """
        board = self.board
        return {
            "phase": board.phase,
            "agenda": [{"phase": phase, "minutes": minutes} for phase, minutes in board.agenda],
            "timer": board.timer,
            "budget": board.budget,
            "tallied": board.tallied,
            "private": sorted(board.private),
            "anonymous": sorted(board.anonymous),
            "locked": sorted(board.locked),
        }

    def hidden(self) -> list[Shown]:
        """What was taken out of sight, for a facilitator who may lay it back: id, field and text of each
        note, and not whose it is. What lies in a private field is nobody's business but its writer's.
        """
        return [
            {"id": one.id, "field": one.field, "text": one.values.get("text", "")}
            for one in self.board.lying()
            if one.values.get("hidden") and (one.by == self.who or one.field not in self.board.private)
        ]

    def of(self, event: Event) -> Iterator[Shown]:
        """What this person is told of an event that has just happened; nothing, one thing, or several.

        Everything that is told carries the event's number; who gets the same twice applies it once.
        """
        told = {"number": event.number}
        thing = self.board.things.get(event.id) if event.kind else None
        if thing is None:
            yield from self._told_of_all(event, told)
        elif self._is_silent(event):
            return
        elif not self._sees(thing):
            yield told | self._gone(event, thing)
        elif thing.removed:
            yield told | {"told": "gone", "id": thing.id, "n_private": self.board.n_private(self.who)}
        else:
            yield told | {"told": "thing", "thing": self._thing(thing), "over": self.who in event.over}
            yield told | {"told": "count", "n_private": self.board.n_private(self.who)}

    def since(self, number: int) -> Iterator[Shown]:
        """What this person has to be told who was away since event `number`: how things stand now."""
        missed = [event for event in self.board.events[number:] if not self._is_silent(event)]
        if not missed:
            return
        if any(not event.kind for event in missed):
            yield {"number": len(self.board.events), "told": "whole", "whole": self.whole()}
            return
        number = len(self.board.events)
        for thing in {event.id: self.board.things[event.id] for event in missed}.values():
            if self._lies(thing):
                yield {"number": number, "told": "thing", "thing": self._thing(thing), "over": False}
            elif thing.removed and self._sees(thing):
                yield {"number": number, "told": "gone", "id": thing.id}
        for event in missed:
            if not self._sees(thing := self.board.things[event.id]):
                yield {"number": number, **self._gone(event, thing)}
        yield {"number": number, "told": "count", "n_private": self.board.n_private(self.who)}

    def _is_silent(self, event: Event) -> bool:
        """Nobody is led by what others gave."""
        return event.act == "vote" and event.by != self.who and not self.board.tallied

    def _told_of_all(self, event: Event, told: Shown) -> Iterator[Shown]:
        if event.act in ("reveal", "privacy", "anonymity", "tally"):
            yield told | {"told": "whole", "whole": self.whole()}
        else:
            yield told | {"told": "settled", **self.settled()}

    def _gone(self, event: Event, thing: Thing) -> Shown:
        """Of what cannot be seen: how many there are; and that it is gone, where it was seen before."""
        before = event.before.get("field", thing.field)
        if event.act == "set" and (before not in self.board.private or "hidden" in event.values):
            return {"told": "gone", "id": thing.id, "n_private": self.board.n_private(self.who)}
        return {"told": "count", "n_private": self.board.n_private(self.who)}

    def _sees(self, thing: Thing) -> bool:
        if thing.values.get("hidden"):
            return False
        return thing.by == self.who or thing.field not in self.board.private

    def _lies(self, thing: Thing) -> bool:
        return not thing.removed and self._sees(thing)

    def _thing(self, thing: Thing) -> Shown:
        shown = {
            "id": thing.id,
            "kind": thing.kind,
            "values": dict(thing.values),
            "mine": thing.by == self.who,
        }
        if thing.nameless and thing.by != self.who and "department" in thing.values:
            shown["values"]["department"] = ""  # where few work, it says whose it is
        unordered = thing.nameless and thing.kind != "resolution"  # of a pair, what was decided last holds
        shown["version"] = 0 if unordered else max(thing.versions.values(), default=0)
        shown["by"] = "" if thing.nameless else thing.by
        shown["given"] = self.board.votes.get(thing.id, {}).get(self.who, 0)
        shown["points"] = self.board.points(thing.id) if self.board.tallied else None
        return shown
