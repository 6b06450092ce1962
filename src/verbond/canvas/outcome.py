"""What came out of a canvas: plain values that are kept, compared, drawn, and laid on a new board."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from verbond.canvas.board import Board, Operation, Thing
from verbond.canvas.items import (
    CLASSES,
    Item,
    Mission,
    Note,
    Promise,
    Resolution,
    Step,
    Value,
    clean,
    name_of,
    sayable,
    says,
)
from verbond.canvas.order import spread
from verbond.canvas.reading import FORM, PLACES, in_order, read
from verbond.canvas.schema import KINDS, PHASES
from verbond.results.groups import MIN_GROUP

__all__ = ["Outcome"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came out of a canvas at a moment.

    Nothing that was private or hidden is in it, and no name of anybody but of who takes a step. Make one with
    `Outcome.of(board)` or `Outcome.from_json(data)`: these check.

    Attributes
    ----------
    company : str
        Whose relationship with its customers it is about.
    name : str
        Of the canvas.
    language : {"", "en", "nl"}
        That it was written in; "" where it is not known, or both.
    made_at : str
        A day or a moment (ISO 8601), or "".
    phase : str
        Where the workshop was.
    voted : bool
        Whether votes were shown to all; else all points are 0.
    notes, values, missions, promises, steps : tuple
        Each in its order on the canvas; at most one mission and one promise are chosen.
    resolutions : tuple of Resolution
        One a pair of values, in the order of the values.

    Examples
    --------
    >>> made = Outcome.from_json({"company": "Zonnewende", "values": [{"name": "near", "chosen": True}],
    ...     "notes": [{"field": "image", "text": "They know my name", "value": "near"}]})
    >>> made.shared[0].name, made.sides(made.shared[0].id)
    ('near', (0, 1))
    """

    company: str
    name: str = ""
    language: str = ""
    made_at: str = ""
    phase: str = PHASES[0]
    voted: bool = False
    notes: tuple[Note, ...] = ()
    values: tuple[Value, ...] = ()
    resolutions: tuple[Resolution, ...] = ()
    missions: tuple[Mission, ...] = ()
    promises: tuple[Promise, ...] = ()
    steps: tuple[Step, ...] = ()

    @classmethod
    def of(
        cls, board: Board, *, company: str, name: str = "", language: str = "", made_at: str = ""
    ) -> Outcome:
        """What lies on a board for everybody to see.

        Left out: what is private or hidden, what is empty, contradictions that nobody decided, and the
        department of an anonymous note unless at least five people of it wrote in that field without a name,
        and of those whose department is not told none or at least five. Where several missions or promises
        are marked as chosen, the last mark counts.

        Parameters
        ----------
        board : Board
        company, name, language, made_at : str
            What a board does not know.
        """
        things = [one for one in board.lying() if _public(one, board)]
        told = _departments(things)
        items: dict[str, list[Any]] = {kind: [] for kind in KINDS}
        for one in things:
            items[one.kind].append(_item(one, board, told))
        for kind in ("mission", "promise"):
            last = _last_chosen(one for one in things if one.kind == kind)
            items[kind] = [dataclasses.replace(one, chosen=one.id == last) for one in items[kind]]
        values = {one.id for one in items["value"]}
        items["note"] = [_attached(one, values) for one in items["note"]]
        items["resolution"] = in_order(_decided(items["resolution"], values, board), items["value"])
        heads = {"company": clean(company), "name": clean(name), "language": language, "made_at": made_at}
        lists = {f"{kind}s": tuple(found) for kind, found in items.items()}
        return cls(**heads, phase=board.phase, voted=board.tallied, **lists)

    @classmethod
    def from_json(cls, data: Any) -> Outcome:
        """From plain values, as `to_json` gives them or as somebody typed them.

        Ids may be left out, and a value may be meant by its name.

        Raises
        ------
        DataError
            If they are no outcome; the message says where.
        """
        made = cls(**read(data))
        return made if made.voted else made.unvoted()

    def to_json(self) -> dict[str, Any]:
        """As plain values, for a file or a database."""
        return {"form": FORM} | _plain(dataclasses.asdict(self))

    def unvoted(self) -> Outcome:
        """Without what was voted: as a new vote would find it."""
        bare = {
            f"{kind}s": tuple(dataclasses.replace(one, points=0) for one in getattr(self, f"{kind}s"))
            for kind in KINDS
            if kind != "resolution"
        }
        return dataclasses.replace(self, voted=False, **bare)

    def operations(self, by: str) -> list[Operation]:
        """What a facilitator does on an empty board to lay this down once more.

        The board then has this outcome again but for its votes, which are everybody's own: see `unvoted`.
        The last operation sets the phase; leave it out to begin anew.

        Parameters
        ----------
        by : str
            The facilitator.

        Examples
        --------
        >>> made = Outcome.from_json({"company": "Zonnewende", "steps": [{"text": "Call back today"}]})
        >>> [(one.act, one.kind, one.values.get("text")) for one in made.operations("ann")]
        [('add', 'step', 'Call back today'), ('phase', '', None)]
        """
        laid = [
            Operation("", by, "add", one.id, kind, values, leads=True)
            for kind in ("value", *(kind for kind in KINDS if kind != "value"))
            for one, values in _laid(kind, getattr(self, f"{kind}s"))
        ]
        laid.append(Operation("", by, "phase", self.phase, leads=True))
        return [dataclasses.replace(one, key=f"laid-{n}") for n, one in enumerate(laid, 1)]

    @property
    def mission(self) -> Mission | None:
        """The one that was chosen."""
        return next((one for one in self.missions if one.chosen), None)

    @property
    def promise(self) -> Promise | None:
        """The one that was chosen."""
        return next((one for one in self.promises if one.chosen), None)

    @property
    def shared(self) -> tuple[Value, ...]:
        """The values that were chosen."""
        return tuple(one for one in self.values if one.chosen)

    def in_field(self, field: str) -> tuple[Note, ...]:
        """The notes in a field, in their order."""
        return tuple(one for one in self.notes if one.field == field)

    def value(self, id: str) -> Value | None:
        """The value of an id."""
        return next((one for one in self.values if one.id == id), None)

    def sides(self, value: str) -> tuple[int, int]:
        """From how many notes on who we are, and on how customers see us, a value comes.

        A value with something on either side lies in the overlap of identity and image.
        """
        fields = [one.field for one in self.notes if one.value == value]
        return fields.count("identity"), fields.count("image")


# from a board


def _public(thing: Thing, board: Board) -> bool:
    unseen = thing.field in board.private or thing.values.get("hidden", False)
    sound = clean(thing.id) == thing.id  # no browser of ours makes another
    return sound and not unseen and says(thing.kind, thing.values)


def _departments(things: Iterable[Thing]) -> set[tuple[str, str]]:
    """Field and department of which enough people wrote to name it beside what is anonymous.

    Whose department is not named are enough people too, or nobody: one that is left out is known by that.
    """
    writers: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in things:
        if one.kind == "note" and one.nameless:
            writers[one.field][one.values["department"]].add(one.by)
    told: set[tuple[str, str]] = set()
    for field, people in writers.items():
        names = sorted(people, key=lambda name: (-len(people[name]), name))
        named = [name for name in names if name and len(people[name]) >= MIN_GROUP]
        rest = set().union(*(people[name] for name in names if name not in named))
        while named and 0 < len(rest) < MIN_GROUP:
            rest |= people[named.pop()]
        told |= {(field, name) for name in named}
    return told


def _item(thing: Thing, board: Board, told: set[tuple[str, str]]) -> Item:
    names = {one.name for one in dataclasses.fields(CLASSES[thing.kind])}
    made = {name_of(thing.kind, slot): sayable(value) for slot, value in thing.values.items()}
    made = {name: value for name, value in made.items() if name in names}
    if thing.kind == "note" and thing.nameless and (thing.field, thing.values["department"]) not in told:
        made["department"] = ""
    if thing.kind == "value" and made["place"] not in PLACES:
        made["place"] = ""
    if "points" in names:
        made["points"] = board.points(thing.id) if board.tallied else 0
    return CLASSES[thing.kind](id=thing.id, **made)


def _last_chosen(things: Iterable[Thing]) -> str:
    marked = [one for one in things if one.values["chosen"]]
    return max(marked, key=lambda one: one.versions["chosen"]).id if marked else ""


def _attached(note: Any, values: set[str]) -> Note:
    return note if note.value in values else dataclasses.replace(note, value="")


def _decided(found: list[Resolution], values: set[str], board: Board) -> Iterable[Resolution]:
    """Of each pair of values that lie there, what was decided last."""
    latest: dict[frozenset[str], Resolution] = {}
    for one in sorted(found, key=lambda one: max(board.things[one.id].versions.values())):
        kept = one.kept if one.kept in (one.one, one.other) else ""
        said = kept or one.concession.strip() or one.reason.strip()
        if said and one.one != one.other and {one.one, one.other} <= values:
            latest[frozenset((one.one, one.other))] = dataclasses.replace(one, kept=kept)
    return latest.values()


# to a board, to a file


def _laid(kind: str, items: tuple[Any, ...]) -> Iterator[tuple[Any, dict[str, Any]]]:
    slots, keys = KINDS[kind].slots, spread(len(items))
    for one, key in zip(items, keys, strict=True):
        values = {name: getattr(one, name_of(kind, name), None) for name in slots}
        if "order" in slots:
            values["order"] = key
        yield one, {name: _plain(value) for name, value in values.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value
