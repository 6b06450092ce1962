"""An outcome told in full: headings, sentences, lists and tables in their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from verbond.canvas.items import Note, Promise, Resolution, Value
from verbond.canvas.outcome import Outcome
from verbond.canvas.schema import FIELDS
from verbond.method import CIRCLE, RUNGS
from verbond.results import Language, sentence
from verbond.results.wording import format_value, sentence_case

__all__ = ["Told", "choice_text", "day_text", "tell"]

_PLACES = {value.id: value.name for value in CIRCLE}
_RUNGS = {rung.id: rung.name for rung in RUNGS}


@dataclass(frozen=True, slots=True)
class Told:
    """One part of what is told.

    Attributes
    ----------
    kind : {"heading", "words", "list", "table", "promise"}
    words : str
        Of a heading, of words, of a promise.
    level : int
        Of a heading, 1 to 3.
    tone : {"", "soft", "strong"}
        Of words.
    chosen : bool
        Of a promise.
    head : tuple of str
        Of a table: names of its columns.
    rows : tuple
        Of a list: its points; of a table: tuples of cells.
    numbers : tuple of int
        Columns with numbers.
    widths : tuple of float
        Shares of the width that columns have; 0: as much as they need.
    """

    kind: Literal["heading", "words", "list", "table", "promise"]
    words: str = ""
    level: int = 0
    tone: Literal["", "soft", "strong"] = ""
    chosen: bool = False
    head: tuple[str, ...] = ()
    rows: tuple[Any, ...] = ()
    numbers: tuple[int, ...] = ()
    widths: tuple[float, ...] = ()


def tell(outcome: Outcome, language: Language = "en") -> list[Told]:
    """All that came out of a canvas, in the order of the method, nothing left out.

    Parameters
    ----------
    outcome : Outcome
    language : {"en", "nl"}
        Of headings.
    """
    return list(_Teller(outcome, language).all())


def day_text(day: str, language: Language) -> str:
    """A day as one writes it, where it is one; else the words.

    Examples
    --------
    >>> day_text("2026-12-01", "nl"), day_text("na de zomer", "nl")
    ('1 december 2026', 'na de zomer')
    """
    try:
        return format_value(day, "date", language)
    except ValueError:
        return day


def choice_text(outcome: Outcome, one: Resolution, language: Language) -> str:
    """What was decided about two values, with what it costs and why."""
    names = {value.id: _line(value.name) for value in outcome.values}
    if one.kept:
        other = one.other if one.kept == one.one else one.one
        head = sentence("canvas_out.kept", language, kept=names[one.kept], other=names[other])
    else:
        head = sentence("canvas_out.both", language, one=names[one.one], other=names[one.other])
    told = [head + "."]
    if one.concession.strip():
        told.append(sentence("canvas_out.concession", language, text=sentence_case(_line(one.concession))))
    if one.reason.strip():
        told.append(sentence("canvas_out.reason", language, text=sentence_case(_line(one.reason))))
    return " ".join(told)


@dataclass(frozen=True, slots=True)
class _Teller:
    outcome: Outcome
    language: Language

    def say(self, key: str, **values: Any) -> str:
        return sentence(f"canvas_out.{key}", self.language, **values)

    def all(self) -> Iterator[Told]:
        made = self.outcome
        yield Told("heading", self.say("title", company=made.company), 1)
        day = self.say("made_at", day=made.made_at) if made.made_at else ""
        if told := " · ".join(filter(None, (made.name, day))):
            yield Told("words", told, tone="soft")
        for field in FIELDS:
            yield Told("heading", self.say(f"field_{field}"), 2)
            yield Told("words", self.say(f"asks_{field}"), tone="soft")
            yield from getattr(self, f"_{field}")()
            if field not in ("identity", "image") and made.in_field(field):
                yield Told("heading", self.say("notes_beside"), 3)
                yield from self._notes(field)

    def _identity(self) -> Iterator[Told]:
        return self._notes("identity")

    def _image(self) -> Iterator[Told]:
        return self._notes("image")

    def _values(self) -> Iterator[Told]:
        made = self.outcome
        if made.shared:
            yield self._value_table(made.shared)
        elif not made.values:
            yield Told("words", self.say("empty"), tone="soft")
        if others := [one for one in made.values if not one.chosen]:
            yield Told("heading", self.say("other_values" if made.shared else "proposed"), 3)
            yield self._value_table(others)
        if made.resolutions:
            yield Told("heading", self.say("choices"), 3)
            yield Told("list", rows=tuple(choice_text(made, one, self.language) for one in made.resolutions))

    def _mission(self) -> Iterator[Told]:
        made = self.outcome
        if made.mission:
            yield Told("words", _line(made.mission.text))
        elif not made.missions:
            yield Told("words", self.say("empty"), tone="soft")
        if others := [one for one in made.missions if not one.chosen]:
            yield Told("heading", self.say("other_missions" if made.mission else "proposed"), 3)
            yield Told("list", rows=tuple(self._proposal(one) for one in others))

    def _promise(self) -> Iterator[Told]:
        made = self.outcome
        if made.promise:
            yield from self._whole_promise(made.promise)
        elif not made.promises:
            yield Told("words", self.say("empty"), tone="soft")
        if others := [one for one in made.promises if not one.chosen]:
            yield Told("heading", self.say("other_promises" if made.promise else "proposed"), 3)
            for one in others:
                yield from self._whole_promise(one)

    def _whole_promise(self, promise: Promise) -> Iterator[Told]:
        yield Told("promise", self._proposal(promise), chosen=promise.chosen)
        if promise.measure:
            yield Told("words", self.say("measure", text=_line(promise.measure)))
        if promise.size:
            yield Told("words", self.say("size_label", size=self.say(f"size_{promise.size}")))
        if promise.progression:
            stage = self.say(f"progression_{promise.progression}")
            yield Told("words", self.say("progression", stage=stage))
        for side in ("keeps", "breaks"):
            if examples := getattr(promise, side):
                yield Told("words", self.say(side), tone="strong")
                yield Told("list", rows=tuple(map(_line, examples)))

    def _steps(self) -> Iterator[Told]:
        steps = self.outcome.steps
        if not steps:
            yield Told("words", self.say("empty"), tone="soft")
            return
        rows = []
        for one in steps:
            rung = _RUNGS[one.rung].say(self.language) if one.rung else ""
            day, done = day_text(_line(one.when), self.language), self.say("yes" if one.done else "no")
            rows.append((_line(one.text), _line(one.who), day, rung, done))
        yield self._table(("step", "who", "when", "rung", "done"), rows, (3, 1.3, 1.4, 1.3, 0))

    def _notes(self, field: str) -> Iterator[Told]:
        notes = sorted(self.outcome.in_field(field), key=lambda one: -one.points)
        if not notes:
            yield Told("words", self.say("empty"), tone="soft")
            return
        rows = [(_line(one.text), self._speaks_for(one), _line(one.department or one.source), _n(one.points))
                for one in notes]  # fmt: skip
        yield self._table(("note", "value", "from", "points"), rows, (3.4, 1.2, 1.3, 0), (3,))

    def _speaks_for(self, note: Note) -> str:
        value = self.outcome.value(note.value)
        return _line(value.name) if value else ""

    def _value_table(self, values: Sequence[Value]) -> Told:
        rows = []
        for one in sorted(values, key=lambda one: -one.points):
            identity, image = self.outcome.sides(one.id)
            place = _PLACES[one.place].say(self.language) if one.place else ""
            row = (_line(one.name), _line(one.meaning), place, str(identity), str(image), _n(one.points))
            rows.append(row)
        names = ("value", "meaning", "place", "identity", "image", "points")
        return self._table(names, rows, (1.6, 2.4, 1.4, 0.9, 1.2, 0), (3, 4, 5))

    def _table(
        self, names: Sequence[str], rows: Sequence[tuple[str, ...]], widths: Sequence[float],
        numbers: Sequence[int] = (),
    ) -> Told:  # fmt: skip
        """A table without the columns that are empty everywhere."""
        kept = [n for n in range(len(names)) if n == 0 or any(row[n] for row in rows)]
        return Told(
            "table",
            head=tuple(self.say(f"column_{names[n]}") for n in kept),
            rows=tuple(tuple(row[n] for n in kept) for row in rows),
            numbers=tuple(at for at, n in enumerate(kept) if n in numbers),
            widths=tuple(widths[n] for n in kept),
        )

    def _proposal(self, one: Any) -> str:
        points = self.say("points", n=one.points) if one.points else ""
        return _line(one.text) + (f" ({points})" if points else "")


def _line(words: str) -> str:
    return " ".join(words.split())


def _n(points: int) -> str:
    return str(points) if points else ""
