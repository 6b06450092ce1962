"""A board takes operations one after another, and tells what became of each.

The server holds the board; what it took has a number, and everybody applies what was taken in that order. So
all who have the same events see the same board. An operation may come twice (the line broke before the
answer came) or late (somebody was in a tunnel): it is taken once, and field by field the last that arrives
wins. What was overwritten is told, never lost: it stands in the events.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from verbond.canvas.schema import AGENDA, FIELDS, KINDS, PHASES, Kind, field_of, is_agenda, is_text

__all__ = ["LIMITS", "Board", "Event", "Operation", "Refusal", "Thing"]

Act = Literal[
    "add", "set", "remove", "vote", "undo",
    "phase", "privacy", "anonymity", "reveal", "budget", "tally", "lock", "timer", "agenda",
]  # fmt: skip
ACTS: tuple[Act, ...] = get_args(Act)
_LEADS = frozenset(ACTS[5:])
"""What only a facilitator does."""
_OF_OTHERS = frozenset({"order", "group", "field", "hidden"})
"""What others change of what somebody wrote: a facilitator hides it, and rewrites neither its words nor from
which department it is; by that she might learn whose it is."""


@dataclass(frozen=True, slots=True)
class _Limits:
    """So that nobody fills the memory of the server."""

    things: int = 5000
    events: int = 100_000
    id: int = 64
    votes: int = 20


LIMITS = _Limits()


@dataclass(frozen=True, slots=True)
class Operation:
    """What somebody wants to do.

    Attributes
    ----------
    key : str
        Made by who asks, once; the same key again is the same wish.
    by : str
        Who.
    act : Act
        "add" and "set" a thing's values, "remove" it, "vote", "undo" one's own last; and what facilitators
        do: "phase", "privacy", "anonymity", "reveal", "budget", "tally" (all see what was voted), "lock",
        "timer", "agenda".
    id : str
        Of the thing, or the field of the canvas (privacy, anonymity, reveal, lock), or the phase.
    kind : str
        Of an added thing.
    values : mapping
        Slot -> value; of a vote and of a budget `{"n": points}`; of privacy, anonymity, tally and lock
        `{"on": bool}`; of a timer `{"ends": seconds since 1970}`, 0 for none; of an agenda
        `{"items": [{"phase": phase, "minutes": n}, ...]}`.
    leads : bool
        Whether who asks is a facilitator; the server says so, never who asks.
    seen : tuple of str
        What a field was said to be to who wrote in it: "private", "anonymous". Where it is no more, her words
        are not taken.
    """

    key: str
    by: str
    act: Act
    id: str = ""
    kind: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    leads: bool = False
    seen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """What became of an operation.

    Attributes
    ----------
    number : int
        Counts from 1 without gaps.
    key, by, act, id, kind, values
        As in the operation; an undo shows as what it did.
    before : mapping
        What stood there; of an added thing nothing.
    over : tuple of str
        Whose values were overwritten that somebody else had written.
    undoes : int
        The number of the event that it takes back; 0 for none.
    """

    number: int
    key: str
    by: str
    act: Act
    id: str
    kind: str
    values: Mapping[str, Any]
    before: Mapping[str, Any] = field(default_factory=dict)
    over: tuple[str, ...] = ()
    undoes: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an operation was not taken.

    Attributes
    ----------
    key : str
    code : str
        "unknown" (no such thing, kind or slot, or it cannot be seen), "not_fitting" (a value that cannot
        stand there), "there" (the id is taken), "not_yours", "budget", "nothing" (nothing to undo), "changed"
        (somebody changed it since), "full", "locked", "open" (others see more of it than was said).
    """

    key: str
    code: str


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that lies on the canvas.

    Attributes
    ----------
    id, kind : str
    by : str
        Who made it.
    values : mapping of str to value
    versions : mapping of str to int
        Number of the event that wrote each value last.
    writers : mapping of str to str
        Who wrote each value last.
    removed : int
        Number of the event that removed it; 0 while it lies there.
    nameless : bool
        It was in an anonymous field at some moment: nobody is shown whose it is, ever.
    """

    id: str
    kind: str
    by: str
    values: Mapping[str, Any]
    versions: Mapping[str, int]
    writers: Mapping[str, str]
    removed: int = 0
    nameless: bool = False

    @property
    def field(self) -> str:
        """The field of the canvas that it lies in."""
        return self.values.get("field", field_of(self.kind))


@dataclass(slots=True)
class Board:
    """A canvas in the making.

    Attributes
    ----------
    things : dict of str to Thing
        Removed ones too.
    votes : dict of str to dict of str to int
        Thing -> who -> points.
    budget : int
        Points that everybody may give, over all things of one kind together.
    tallied : bool
        Whether all see how many points each thing got; else everybody sees her own only.
    phase : str
    timer : float
        Seconds since 1970 at which it ends; 0 for none.
    agenda : tuple of (str, int)
        Phases in the order of this workshop, and minutes for each; what is skipped is left out.
    private : set of str
        Fields in which everybody sees her own only.
    anonymous : set of str
        Fields in which nobody sees whose a thing is.
    locked : set of str
        Fields in which only facilitators change anything.
    events : list of Event
    """

    things: dict[str, Thing] = field(default_factory=dict)
    votes: dict[str, dict[str, int]] = field(default_factory=dict)
    budget: int = 5
    tallied: bool = False
    phase: str = PHASES[0]
    timer: float = 0
    agenda: tuple[tuple[str, int], ...] = AGENDA
    private: set[str] = field(default_factory=set)
    anonymous: set[str] = field(default_factory=set)
    locked: set[str] = field(default_factory=set)
    events: list[Event] = field(default_factory=list)
    _taken: dict[str, Event] = field(default_factory=dict)
    _undone: set[int] = field(default_factory=set)
    _lying: dict[str, Counter[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, events: Iterable[Event]) -> Board:
        """The board that events make."""
        board = cls()
        for event in events:
            board._happen(event)
        return board

    def take(self, operation: Operation) -> Event | Refusal:
        """Take an operation: what became of it, or why nothing did.

        The same key again gives the same event.
        """
        if (known := self._taken.get(_whose(operation))) is not None:
            return known
        names = (operation.key, operation.id)
        if operation.act not in ACTS or any(len(one) > LIMITS.id or not is_text(one) for one in names):
            return Refusal("", "unknown")
        if not operation.key:
            return Refusal(operation.key, "unknown")
        if operation.act in _LEADS and not operation.leads:
            return Refusal(operation.key, "not_yours")
        if len(self.events) >= LIMITS.events and not operation.leads:
            return Refusal(operation.key, "full")
        found = getattr(self, f"_{operation.act}")(operation)
        if isinstance(found, str):
            return Refusal(operation.key, found)
        self._happen(found)
        return found

    # what may be done

    def _event(self, wish: Operation, **changed: Any) -> Event:
        kind = "" if wish.act in _LEADS else wish.kind  # what has one is told as a thing
        stated = {"act": wish.act, "id": wish.id, "kind": kind, "values": dict(wish.values)}
        return Event(number=len(self.events) + 1, key=wish.key, by=wish.by, **(stated | changed))

    def _add(self, wish: Operation) -> Event | str:
        kind = KINDS.get(wish.kind)
        if kind is None or not 0 < len(wish.id) <= LIMITS.id:
            return "unknown"
        if wish.id in self.things:
            return "there"
        if len(self.things) >= LIMITS.things:
            return "full"
        if kind.facilitator and not wish.leads:
            return "not_yours"
        if code := _misfit(kind, wish):
            return code
        field = wish.values.get("field", field_of(wish.kind))
        if self._shut(wish, field):
            return "locked"
        if self._opened(wish, field):
            return "open"
        return self._event(wish, values={n: s.default for n, s in kind.slots.items()} | dict(wish.values))

    def _set(self, wish: Operation) -> Event | str:
        thing = self._reached(wish)
        if isinstance(thing, str):
            return thing
        kind = KINDS[thing.kind]
        if code := _misfit(kind, wish):
            return code
        if not wish.values:
            return "unknown"
        if self._shut(wish, thing.field, wish.values.get("field", "")):
            return "locked"
        if self._opened(wish, thing.field):
            return "open"
        if kind.own and thing.by != wish.by and not set(wish.values) <= _OF_OTHERS:
            return "not_yours"
        before = {name: thing.values[name] for name in wish.values}
        over = {thing.writers[name] for name in wish.values} - {wish.by}
        return self._event(wish, kind=thing.kind, before=before, over=tuple(sorted(over)))

    def _remove(self, wish: Operation) -> Event | str:
        thing = self._reached(wish)
        if isinstance(thing, str):
            return thing
        if KINDS[thing.kind].own and thing.by != wish.by:
            return "not_yours"
        if self._shut(wish, thing.field):
            return "locked"
        return self._event(wish, kind=thing.kind, values={})

    def _vote(self, wish: Operation) -> Event | str:
        thing, n = self._reached(wish), wish.values.get("n")
        if isinstance(thing, str):
            return thing
        if isinstance(n, bool) or not isinstance(n, int) or n < 0 or set(wish.values) != {"n"}:
            return "not_fitting"
        if self._shut(wish, thing.field):
            return "locked"
        given = self.points_of(wish.by, thing.kind)
        before = self.votes.get(wish.id, {}).get(wish.by, 0)
        if given - before + n > self.budget:
            return "budget"
        return self._event(wish, kind=thing.kind, before={"n": before})

    def _undo(self, wish: Operation) -> Event | str:
        last = next((e for e in reversed(self.events) if self._may_undo(e, wish.by)), None)
        if last is None:
            return "nothing"
        thing = self.things[last.id]
        unseen = thing.field in self.private and thing.by != wish.by
        if unseen or (thing.values.get("hidden") and not wish.leads):
            return "changed"
        if self._shut(wish, thing.field, last.before.get("field", "")):
            return "locked"
        match last.act:
            case "add":
                if thing.removed or any(writer != wish.by for writer in thing.writers.values()):
                    return "changed"
                return self._event(
                    wish, act="remove", id=last.id, kind=last.kind, values={}, undoes=last.number
                )
            case "remove":
                if thing.removed != last.number:
                    return "changed"
                values = dict(thing.values)
                return self._event(
                    wish, act="add", id=last.id, kind=last.kind, values=values, undoes=last.number
                )
            case "vote":
                if thing.removed:
                    return "changed"
                now = {"n": self.votes.get(last.id, {}).get(wish.by, 0)}
                if self.points_of(wish.by, thing.kind) - now["n"] + last.before["n"] > self.budget:
                    return "budget"
                stated = {"values": dict(last.before), "before": now, "undoes": last.number}
                return self._event(wish, act="vote", id=last.id, kind=last.kind, **stated)
            case _:
                if thing.removed or any(thing.versions[name] != last.number for name in last.values):
                    return "changed"
                stated = {"values": dict(last.before), "before": dict(last.values), "undoes": last.number}
                return self._event(wish, act="set", id=last.id, kind=last.kind, **stated)

    def _may_undo(self, event: Event, who: str) -> bool:
        undoable = event.act in ("add", "set", "remove", "vote") and not event.undoes
        return event.by == who and undoable and event.number not in self._undone

    def _phase(self, wish: Operation) -> Event | str:
        if wish.id not in PHASES:
            return "unknown"
        return self._event(wish, values={}, before={"phase": self.phase})

    def _privacy(self, wish: Operation) -> Event | str:
        return self._switch(wish, self.private)

    def _anonymity(self, wish: Operation) -> Event | str:
        return self._switch(wish, self.anonymous)

    def _switch(self, wish: Operation, now: set[str]) -> Event | str:
        if wish.id not in FIELDS:
            return "unknown"
        if set(wish.values) != {"on"} or not isinstance(wish.values["on"], bool):
            return "not_fitting"
        if wish.act == "privacy" and not wish.values["on"]:
            return "not_fitting"  # that is a reveal, and everybody is told
        return self._event(wish, before={"on": wish.id in now})

    def _lock(self, wish: Operation) -> Event | str:
        return self._switch(wish, self.locked)

    def _tally(self, wish: Operation) -> Event | str:
        if set(wish.values) != {"on"} or not isinstance(wish.values["on"], bool):
            return "not_fitting"
        return self._event(wish, id="", before={"on": self.tallied})

    def _timer(self, wish: Operation) -> Event | str:
        ends = wish.values.get("ends")
        if set(wish.values) != {"ends"} or isinstance(ends, bool) or not isinstance(ends, (int, float)):
            return "not_fitting"
        return self._event(wish, id="", before={"ends": self.timer}) if 0 <= ends < 1e11 else "not_fitting"

    def _agenda(self, wish: Operation) -> Event | str:
        if set(wish.values) != {"items"} or not is_agenda(wish.values["items"]):
            return "not_fitting"
        return self._event(wish, id="", before={"items": _items(self.agenda)})

    def _reveal(self, wish: Operation) -> Event | str:
        return self._event(wish, values={}) if wish.id in self.private else "nothing"

    def _budget(self, wish: Operation) -> Event | str:
        n = wish.values.get("n")
        if set(wish.values) != {"n"} or isinstance(n, bool) or not isinstance(n, int):
            return "not_fitting"
        if not 0 <= n <= LIMITS.votes:
            return "not_fitting"
        most = max((self.points_of(who, kind) for who in self._voters() for kind in KINDS), default=0)
        return self._event(wish, before={"n": self.budget}) if n >= most else "budget"

    def _shut(self, wish: Operation, *fields: str) -> bool:
        return not wish.leads and not self.locked.isdisjoint(fields)

    def _opened(self, wish: Operation, field: str) -> bool:
        now = {"private": field in self.private, "anonymous": field in self.anonymous}
        return not all(now.get(one, True) for one in wish.seen)

    def _reached(self, wish: Operation) -> Thing | str:
        """The thing that is meant, if it lies there and who asks can see it."""
        thing = self.things.get(wish.id)
        if thing is None or thing.removed:
            return "unknown"
        if thing.field in self.private and thing.by != wish.by:
            return "unknown"  # nobody learns what is there, a facilitator neither
        if thing.values.get("hidden") and not (wish.leads and wish.act == "set"):
            return "unknown"
        return thing

    # what is there

    def points_of(self, who: str, kind: str) -> int:
        """Points that somebody has given to what lies there of a kind."""
        things = ((self.things[id], given) for id, given in self.votes.items())
        return sum(given.get(who, 0) for one, given in things if one.kind == kind and not one.removed)

    def points(self, id: str) -> int:
        """Points that a thing got."""
        return sum(self.votes.get(id, {}).values())

    def _voters(self) -> set[str]:
        return {who for given in self.votes.values() for who in given}

    def lying(self) -> list[Thing]:
        """What lies there, in its order."""
        here = [thing for thing in self.things.values() if not thing.removed]
        return sorted(here, key=lambda one: (one.values.get("order", ""), one.id))

    def n_private(self, who: str) -> dict[str, int]:
        """Things of others in each private field."""
        counted = {name: self._lying.get(name, Counter()) for name in self.private}
        left = {name: n.total() - n[who] for name, n in counted.items()}
        return {name: n for name, n in left.items() if n}

    def special(self, event: Event) -> set[str]:
        """For whom an event may look otherwise than for anybody else."""
        thing = self.things.get(event.id) if event.kind else None
        if thing is None:
            return {one.by for one in self.things.values()} | self._voters()
        hers = {event.by, thing.by, *event.over, *self.votes.get(thing.id, ())}
        return hers.union(*(self._lying.get(name, ()) for name in self.private))

    # what happened

    def _happen(self, event: Event) -> None:
        """Apply an event that was taken: the one place where a board changes."""
        self.events.append(event)
        self._taken[f"{event.by}\0{event.key}"] = event
        if event.undoes:
            self._undone.add(event.undoes)
        match event.act:
            case "add" if event.undoes:
                self._lay_back(event.id)
            case "add":
                self._lay(_made(event))
            case "set":
                self._lay(_written(self.things[event.id], event))
            case "remove":
                self._put(dataclasses.replace(self.things[event.id], removed=event.number))
            case "vote":
                self._count(event)
            case "phase":
                self.phase = event.id
            case "privacy":
                self.private.add(event.id)
            case "reveal":
                self.private.discard(event.id)
            case "anonymity":
                (self.anonymous.add if event.values["on"] else self.anonymous.discard)(event.id)
                for thing in list(self.things.values()):
                    self._lay(thing)
            case "lock":
                (self.locked.add if event.values["on"] else self.locked.discard)(event.id)
            case "tally":
                self.tallied = event.values["on"]
            case "timer":
                self.timer = event.values["ends"]
            case "agenda":
                self.agenda = tuple((one["phase"], one["minutes"]) for one in event.values["items"])
            case "budget":
                self.budget = event.values["n"]

    def _lay(self, thing: Thing) -> None:
        nameless = thing.nameless or thing.field in self.anonymous
        self._put(dataclasses.replace(thing, nameless=nameless))

    def _put(self, thing: Thing) -> None:
        """The one place where a thing changes; keeps count of what lies where."""
        for one, n in ((self.things.get(thing.id), -1), (thing, 1)):
            if one is not None and not one.removed and not one.values.get("hidden"):
                self._lying.setdefault(one.field, Counter())[one.by] += n
        self.things[thing.id] = thing

    def _lay_back(self, id: str) -> None:
        """A thing comes back with its votes, but for those that were given elsewhere meanwhile."""
        kind, here = self.things[id].kind, self.votes.get(id, {}).items()
        given = {who: n for who, n in here if self.points_of(who, kind) + n <= self.budget}
        self._put(dataclasses.replace(self.things[id], removed=0))
        self.votes.pop(id, None)
        if given:
            self.votes[id] = given

    def _count(self, event: Event) -> None:
        given = self.votes.setdefault(event.id, {})
        given[event.by] = event.values["n"]
        if not given[event.by]:
            del given[event.by]
        if not given:
            del self.votes[event.id]


def _items(agenda: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"phase": phase, "minutes": minutes} for phase, minutes in agenda]


def _whose(wish: Operation) -> str:
    return f"{wish.by}\0{wish.key}"


def _misfit(kind: Kind, wish: Operation) -> str:
    for name, value in wish.values.items():
        slot = kind.slots.get(name)
        if slot is None:
            return "unknown"
        if slot.facilitator and not wish.leads:
            return "not_yours"
        if not slot.fits(value):
            return "not_fitting"
    return ""


def _made(event: Event) -> Thing:
    names = event.values
    versions, writers = dict.fromkeys(names, event.number), dict.fromkeys(names, event.by)
    return Thing(event.id, event.kind, event.by, dict(names), versions, writers)


def _written(thing: Thing, event: Event) -> Thing:
    names = event.values
    return dataclasses.replace(
        thing,
        values={**thing.values, **names},
        versions={**thing.versions, **dict.fromkeys(names, event.number)},
        writers={**thing.writers, **dict.fromkeys(names, event.by)},
    )
