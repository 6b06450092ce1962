"""What changed from one outcome of a canvas to a later one."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from verbond.canvas.items import Promise, Resolution, Step
from verbond.canvas.outcome import Outcome
from verbond.canvas.schema import FIELDS
from verbond.canvas.telling import day_text
from verbond.errors import OptionError
from verbond.results import Language, sentence

__all__ = ["Change", "Comparison", "compare"]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing before and after.

    Attributes
    ----------
    before, after : thing of an outcome, or None
        None: it was not there, or is there no more.
    """

    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed on a canvas.

    A thing is the same when it has the same id, else when it has the same words: so editions of one canvas
    can be compared, and canvases that were begun anew.

    Attributes
    ----------
    before, after : Outcome
    mission, promise : Change or None
        Of what was chosen; None where nothing changed.
    values : tuple of Change
        Values chosen before or after: added, no longer chosen, renamed; unchanged ones are left out.
    kept_values : tuple of str
        Names, as they are now, of values that were chosen before and still are.
    resolutions : tuple of Change
        Contradictions decided anew, otherwise, or no longer, by the names of their values.
    steps : tuple of Change
        Steps that are new, gone, done meanwhile, or changed.
    open_steps : tuple of Step
        Steps of before that are still to be done.
    notes : dict of str to (int, int, int)
        By field: notes that were added, that are gone, and that stayed.
    """

    before: Outcome
    after: Outcome
    mission: Change | None
    promise: Change | None
    values: tuple[Change, ...]
    kept_values: tuple[str, ...]
    resolutions: tuple[Change, ...]
    steps: tuple[Change, ...]
    open_steps: tuple[Step, ...]
    notes: dict[str, tuple[int, int, int]]

    @property
    def changed(self) -> bool:
        """Whether anything did."""
        moved = any(new or gone for new, gone, _ in self.notes.values())
        return bool(self.mission or self.promise or self.values or self.resolutions or self.steps or moved)

    def sections(self, language: Language = "en") -> list[tuple[str, list[str]]]:
        """What changed, in sentences under headings; an empty list if nothing did."""
        teller = _Teller(self, language)
        found = [
            (teller.say(f"compare_{name}"), list(getattr(teller, name)()))
            for name in ("values", "choices", "mission", "promise", "steps", "notes")
        ]
        return [(heading, told) for heading, told in found if told] if self.changed else []

    def to_markdown(self, language: Language = "en") -> str:
        """The whole comparison as Markdown."""
        from verbond.canvas.markdown import escaped

        say = _Teller(self, language).say
        lines = [
            f"# {escaped(say('compare_title', company=self.after.company))}",
            "",
            escaped(self.span(language)),
        ]
        if not self.changed:
            lines += ["", say("compare_nothing")]
        for heading, told in self.sections(language):
            lines += ["", f"## {heading}", "", *(f"- {escaped(one)}" for one in told)]
        return "\n".join(lines) + "\n"

    def span(self, language: Language = "en") -> str:
        """From when to when, and from which company to which if they differ."""
        say = _Teller(self, language).say
        before = day_text(self.before.made_at, language) if self.before.made_at else say("compare_undated")
        after = day_text(self.after.made_at, language) if self.after.made_at else say("compare_undated_after")
        told = say("compare_from", before=before, after=after)
        if self.before.company != self.after.company:
            told += " " + say("compare_company", before=self.before.company, after=self.after.company)
        return told


def compare(before: Outcome, after: Outcome) -> Comparison:
    """What changed from one outcome to a later one.

    Parameters
    ----------
    before, after : Outcome
        Of the same canvas, or of one that was begun from it; a change of points alone is none.

    Raises
    ------
    OptionError
        If the later one comes first.

    Examples
    --------
    >>> step = {"text": "Call back today"}
    >>> then = Outcome.from_json({"company": "Zonnewende", "steps": [step]})
    >>> now = Outcome.from_json({"company": "Zonnewende", "steps": [step | {"done": True}]})
    >>> compare(then, now).sections()
    [('Steps', ['Done: Call back today'])]
    """
    if before.made_at and after.made_at and before.made_at[:10] > after.made_at[:10]:
        got = f"{before.made_at} before {after.made_at}"
        raise OptionError("the later outcome comes first", got=got, hint="Turn them around.")
    values = _paired(before.values, after.values, lambda one: _plain(one.name))
    steps = _paired(before.steps, after.steps, lambda one: _plain(one.text))
    return Comparison(
        before=before,
        after=after,
        mission=_one(before.mission, after.mission, lambda one: _plain(one.text)),
        promise=_one(before.promise, after.promise, _promised),
        values=tuple(_values_changed(values)),
        kept_values=tuple(now.name for was, now in values if was and now and was.chosen and now.chosen),
        resolutions=tuple(_decisions(before, after)),
        steps=tuple(Change(was, now) for was, now in steps if not (was and now and _step(was) == _step(now))),
        open_steps=tuple(now for was, now in steps if was and now and not was.done and not now.done),
        notes={field: _counted(before, after, field) for field in FIELDS},
    )


def _plain(words: str) -> str:
    return " ".join(words.casefold().split())


def _paired(
    before: Iterable[_T], after: Iterable[_T], words: Callable[[Any], Hashable]
) -> list[tuple[_T | None, _T | None]]:
    """Each thing of before with the same of after; in the order of after, what is gone at the end."""
    left: list[Any] = list(before)
    found: dict[int, Any] = {}
    now: list[Any] = list(after)
    for same in (lambda one: one.id, words):
        where: dict[Hashable, list[int]] = {}
        for n, one in enumerate(left):
            if one is not None:
                where.setdefault(same(one), []).append(n)
        for n, one in enumerate(now):
            if n not in found and where.get(same(one)):
                at = where[same(one)].pop(0)
                found[n], left[at] = left[at], None
    pairs = [(found.get(n), one) for n, one in enumerate(now)]
    return pairs + [(one, None) for one in left if one is not None]


def _one(before: Any, after: Any, told: Callable[[Any], Any]) -> Change | None:
    same = (told(before) if before else None) == (told(after) if after else None)
    return None if same else Change(before, after)


def _promised(one: Promise) -> tuple[Any, ...]:
    examples = [tuple(map(_plain, side)) for side in (one.keeps, one.breaks)]
    return (_plain(one.text), _plain(one.measure), one.size, one.progression, *examples)


def _step(one: Step) -> tuple[Any, ...]:
    return (_plain(one.text), _plain(one.who), _plain(one.when), one.rung, one.done)


def _values_changed(values: Sequence[tuple[Any, Any]]) -> Iterator[Change]:
    for was, now in values:
        chosen = bool(was and was.chosen), bool(now and now.chosen)
        renamed = all(chosen) and _plain(was.name) != _plain(now.name)
        if chosen[0] != chosen[1] or renamed:
            yield Change(was if chosen[0] else None, now if chosen[1] else None)


def _decisions(before: Outcome, after: Outcome) -> Iterator[Change]:
    def told(one: Resolution | None, made: Outcome) -> Any:
        return one and (_kept(one, made), _plain(one.concession), _plain(one.reason))

    was = {_pair(one, before): one for one in before.resolutions}
    now = {_pair(one, after): one for one in after.resolutions}
    for pair in dict.fromkeys([*now, *was]):
        if told(was.get(pair), before) != told(now.get(pair), after):
            yield Change(was.get(pair), now.get(pair))


def _name(id: str, made: Outcome) -> str:
    value = made.value(id)
    return _plain(value.name) if value else ""


def _kept(one: Resolution, made: Outcome) -> str:
    return _name(one.kept, made)


def _pair(one: Resolution, made: Outcome) -> frozenset[str]:
    return frozenset((_name(one.one, made), _name(one.other, made)))


def _counted(before: Outcome, after: Outcome, field: str) -> tuple[int, int, int]:
    pairs = _paired(before.in_field(field), after.in_field(field), lambda one: _plain(one.text))
    new = sum(was is None for was, _ in pairs)
    gone = sum(now is None for _, now in pairs)
    return new, gone, len(pairs) - new - gone


@dataclass(frozen=True, slots=True)
class _Teller:
    """Says a comparison."""

    made: Comparison
    language: Language

    def say(self, key: str, **values: Any) -> str:
        return sentence(f"canvas_out.{key}", self.language, **values)

    def values(self) -> Iterator[str]:
        changes = self.made.values
        both = [one for one in changes if one.before and one.after]
        new = [one.after.name for one in changes if not one.before]
        gone = [one.before.name for one in changes if not one.after]
        if new:
            yield self.say("compare_value_new", names=new)
        if gone:
            yield self.say("compare_value_gone", names=gone)
        for one in both:
            yield self.say("compare_value_renamed", before=one.before.name, after=one.after.name)
        if changes and self.made.kept_values:
            yield self.say("compare_value_kept", names=self.made.kept_values)

    def choices(self) -> Iterator[str]:
        for one in self.made.resolutions:
            was = self._decided(one.before, self.made.before) if one.before else ""
            now = self._decided(one.after, self.made.after) if one.after else ""
            yield from self._turned(was, now)

    def _decided(self, one: Resolution, made: Outcome) -> str:
        from verbond.canvas.telling import choice_text

        return choice_text(made, one, self.language)

    def _turned(self, was: str, now: str) -> Iterator[str]:
        if was and now:
            yield self.say("compare_was", text=was)
            yield self.say("compare_now", text=now)
        elif now:
            yield self.say("compare_new", text=now)
        elif was:
            yield self.say("compare_gone", text=was)

    def mission(self) -> Iterator[str]:
        if change := self.made.mission:
            yield from self._turned(_text(change.before), _text(change.after))

    def promise(self) -> Iterator[str]:
        if not (change := self.made.promise):
            return
        was, now = change.before, change.after
        if _plain(_text(was)) != _plain(_text(now)):
            yield from self._turned(_text(was), _text(now))
        if not (was and now):
            return
        for detail in ("measure", "size", "progression"):
            old, new = getattr(was, detail), getattr(now, detail)
            if _plain(old) != _plain(new):
                told = {"before": self._detail(detail, old), "after": self._detail(detail, new)}
                yield self.say(f"compare_detail_{detail}", **told)
        for side in ("keeps", "breaks"):
            old, new = ({_plain(one) for one in getattr(end, side)} for end in (was, now))
            if old != new:
                yield self.say(f"compare_detail_{side}", new=len(new - old), gone=len(old - new))

    def _detail(self, name: str, value: str) -> str:
        if not value.strip():
            return self.say("compare_nothing_said")
        return f"“{_line(value)}”" if name == "measure" else self.say(f"{name}_{value}")

    def steps(self) -> Iterator[str]:
        for one in self.made.steps:
            yield from self._step(one.before, one.after)
        for step in self.made.open_steps:
            yield self.say("compare_step_open", text=_line(step.text))

    def _step(self, was: Step | None, now: Step | None) -> Iterator[str]:
        if not (was and now):
            yield from self._turned(_text(was), _text(now))
            return
        if _plain(was.text) != _plain(now.text):
            yield self.say(
                "compare_step_changed", before=f"“{_line(was.text)}”", after=f"“{_line(now.text)}”"
            )
        if now.done and not was.done:
            yield self.say("compare_step_done", text=_line(now.text))
        if not now.done and _plain(was.when) != _plain(now.when):
            days = [
                day_text(one.when, self.language) if one.when.strip() else self.say("compare_nothing_said")
                for one in (was, now)
            ]
            yield self.say("compare_step_moved", text=_line(now.text), before=days[0], after=days[1])

    def notes(self) -> Iterator[str]:
        for field, (new, gone, same) in self.made.notes.items():
            if new or gone:
                name = self.say(f"field_{field}")
                yield self.say("compare_notes_of", field=name, new=new, gone=gone, same=same)


def _text(one: Any) -> str:
    return _line(one.text) if one else ""


def _line(words: str) -> str:
    return " ".join(words.split())
