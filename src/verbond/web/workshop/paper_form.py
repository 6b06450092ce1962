"""The form in which a facilitator types over what lay on the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django import forms

from verbond.canvas.schema import PROGRESSION
from verbond.method import CIRCLE, RUNGS
from verbond.results import sentence
from verbond.results.wording import entries
from verbond.web.templating import spoken
from verbond.web.workshop.paper import named

__all__ = ["N_BITES", "N_STEPS", "N_VALUES", "PaperForm"]

N_VALUES, N_BITES, N_STEPS = 8, 3, 6
LINES = 12
"""So many examples that keep a promise, and that break it."""
_NOTE, _WHERE, _LONG, _TEXT, _NAME = 600, 120, 20_000, 400, 80
_MOST_POINTS = 1000
_NOTED = ("identity", "image")


def _said(code: str, **values: Any) -> str:
    return sentence(f"web_paper.{code}", spoken(), **values)


class PaperForm(forms.Form):
    """Rows for values, contradictions and steps; lines for notes, proposals and examples.

    Every field that is left empty is nothing. `outcome_data` gives what was typed.
    """

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="paper_%s", label_suffix="")
        for name in _NOTED:
            self._add(name, _area(5))
        self._add_values()
        self._add_bites()
        self._add("mission", _line(_NOTE))
        self._add("missions", _area(3))
        self._add("promise_text", _area(2, _TEXT))
        self._add("promise_measure", _area(2, _TEXT))
        self._add("promise_size", _choice("size", ("", "small", "fitting", "too_large")))
        self._add("promise_progression", _choice("progression", PROGRESSION))
        self._add("promise_keeps", _area(3))
        self._add("promise_breaks", _area(3))
        self._add("promises", _area(3))
        self._add_steps()

    def _add(self, name: str, field: forms.Field, code: str = "", **values: Any) -> None:
        field.label = _said(f"field_{code or name}", **values)
        if f"web_paper.field_{code or name}_help" in entries(spoken()):
            field.help_text = _said(f"field_{code or name}_help")
        self.fields[name] = field

    def _add_values(self) -> None:
        places = [("", _said("place_none")), *((one.id, one.name.say(spoken())) for one in CIRCLE)]
        for n in range(1, N_VALUES + 1):
            self._add(f"value_{n}_name", _line(_NAME), "value_name", n=n)
            self._add(f"value_{n}_points", _points(), "value_points", n=n)
            place = forms.ChoiceField(choices=places, required=False)
            self._add(f"value_{n}_place", place, "value_place", n=n)
            self._add(f"value_{n}_meaning", _line(_TEXT), "value_meaning", n=n)
            self._add(f"value_{n}_chosen", forms.BooleanField(required=False), "value_chosen", n=n)

    def _add_bites(self) -> None:
        numbers = [("0", "–"), *((str(n), _said("value_n", n=n)) for n in range(1, N_VALUES + 1))]
        kept = [(one, _said(f"kept_{one or 'both'}")) for one in ("", "one", "other")]
        for n in range(1, N_BITES + 1):
            for side in ("one", "other"):
                field = forms.TypedChoiceField(choices=numbers, coerce=int, required=False, empty_value=0)
                self._add(f"bite_{n}_{side}", field, f"bite_{side}")
            self._add(f"bite_{n}_kept", forms.ChoiceField(choices=kept, required=False), "bite_kept")
            self._add(f"bite_{n}_concession", _area(2, _NOTE), "bite_concession")
            self._add(f"bite_{n}_reason", _area(2, _NOTE), "bite_reason")

    def _add_steps(self) -> None:
        rungs = [("", "–"), *((one.id, one.name.say(spoken())) for one in RUNGS)]
        for n in range(1, N_STEPS + 1):
            self._add(f"step_{n}_text", _line(_TEXT), "step_text", n=n)
            self._add(f"step_{n}_who", _line(_WHERE), "step_who")
            day = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            self._add(f"step_{n}_when", forms.DateField(required=False, widget=day), "step_when")
            self._add(f"step_{n}_rung", forms.ChoiceField(choices=rungs, required=False), "step_rung")

    # for the page

    @property
    def value_rows(self) -> list[list[forms.BoundField]]:
        """The fields of each value."""
        return self._rows("value", N_VALUES, ("name", "points", "place", "meaning", "chosen"))

    @property
    def bite_rows(self) -> list[list[forms.BoundField]]:
        """The fields of each contradiction."""
        return self._rows("bite", N_BITES, ("one", "other", "kept", "concession", "reason"))

    @property
    def step_rows(self) -> list[list[forms.BoundField]]:
        """The fields of each step."""
        return self._rows("step", N_STEPS, ("text", "who", "when", "rung"))

    def _rows(self, noun: str, count: int, names: tuple[str, ...]) -> list[list[forms.BoundField]]:
        return [[self[f"{noun}_{n}_{name}"] for name in names] for n in range(1, count + 1)]

    # what is wrong

    def clean(self) -> dict[str, Any]:
        """Each row for itself, and then whether there is anything at all."""
        given = super().clean() or self.cleaned_data
        for field in _NOTED:
            self._check(field, _note_lines, given)
        for name, most, count in (
            ("missions", _NOTE, 20), ("promises", _TEXT, 20),
            ("promise_keeps", _TEXT, LINES), ("promise_breaks", _TEXT, LINES),
        ):  # fmt: skip
            self._check(name, lambda text, most=most, count=count: _short_lines(text, most, count), given)
        self._check_values(given)
        self._check_bites(given)
        self._check_steps(given)
        if not given.get("promise_text") and any(given.get(f"promise_{one}") for one in _OF_PROMISE):
            self.add_error("promise_text", _said("wrong_promise"))
        if not self.errors and not any(self.outcome_data()[kind] for kind in _KINDS):
            self.add_error(None, _said("wrong_nothing"))
        return given

    def _check(self, name: str, read: Callable[[str], Any], given: dict[str, Any]) -> None:
        try:
            given[name] = read(given.get(name, ""))
        except ValueError as error:
            self.add_error(name, str(error))

    def _check_values(self, given: dict[str, Any]) -> None:
        seen: set[str] = set()
        for n in range(1, N_VALUES + 1):
            name = given.get(f"value_{n}_name", "")
            rest = any(given.get(f"value_{n}_{one}") for one in ("points", "place", "meaning", "chosen"))
            if not name and rest and f"value_{n}_name" not in self.errors:
                self.add_error(f"value_{n}_name", _said("wrong_value_nameless"))
            if name and name.casefold() in seen:
                self.add_error(f"value_{n}_name", _said("wrong_value_twice"))
            seen.add(name.casefold())
        for field in _NOTED:
            for line, (_, _, value) in enumerate(given.get(field, ()), 1):
                if value and not given.get(f"value_{value}_name"):
                    self.add_error(field, _said("wrong_no_value", line=line, n=value))

    def _check_bites(self, given: dict[str, Any]) -> None:
        seen: set[frozenset[int]] = set()
        for n in range(1, N_BITES + 1):
            one, other = (given.get(f"bite_{n}_{side}") or 0 for side in ("one", "other"))
            decided = any(given.get(f"bite_{n}_{name}") for name in ("kept", "concession", "reason"))
            if not (one or other or decided):
                continue
            for side, value in (("one", one), ("other", other)):
                if not value:
                    self.add_error(f"bite_{n}_{side}", _said("wrong_bite_side"))
                elif not given.get(f"value_{value}_name"):
                    self.add_error(f"bite_{n}_{side}", _said("wrong_bite_value", n=value))
            if one and one == other:
                self.add_error(f"bite_{n}_other", _said("wrong_bite_same"))
            elif one and other and frozenset((one, other)) in seen:
                self.add_error(f"bite_{n}_other", _said("wrong_bite_twice"))
            if one and other and not decided:
                self.add_error(f"bite_{n}_concession", _said("wrong_bite_undecided"))
            seen.add(frozenset((one, other)))

    def _check_steps(self, given: dict[str, Any]) -> None:
        for n in range(1, N_STEPS + 1):
            rest = any(given.get(f"step_{n}_{name}") for name in ("who", "when", "rung"))
            if rest and not given.get(f"step_{n}_text") and f"step_{n}_text" not in self.errors:
                self.add_error(f"step_{n}_text", _said("wrong_step"))

    # what was typed

    def outcome_data(self, **heads: Any) -> dict[str, Any]:
        """As `Outcome.from_json` reads it; `heads` are company, name and the like."""
        given = self.cleaned_data
        rows = {name: number for number, name in enumerate(self._filled("value", "name"), 1)}
        values = [self._value(n) for n in rows]
        data: dict[str, Any] = {
            "notes": [one for field in _NOTED for one in self._notes(field, rows)],
            "values": values,
            "resolutions": [self._bite(n, rows) for n in self._bitten()],
            "missions": _proposals(given["mission"], given["missions"]),
            "promises": _proposals(given["promise_text"], given["promises"], self._promise()),
            "steps": [self._step(n) for n in self._filled("step", "text")],
        }
        voted = any(one["points"] for one in values)
        return named(data) | {"voted": voted, "phase": "steps", **heads}

    def _filled(self, noun: str, name: str) -> Iterator[int]:
        count = {"value": N_VALUES, "step": N_STEPS}[noun]
        return (n for n in range(1, count + 1) if self.cleaned_data.get(f"{noun}_{n}_{name}"))

    def _bitten(self) -> Iterator[int]:
        return (n for n in range(1, N_BITES + 1) if self.cleaned_data.get(f"bite_{n}_one"))

    def _notes(self, field: str, rows: dict[int, int]) -> Iterator[dict[str, Any]]:
        where = "department" if field == "identity" else "source"
        for text, of, value in self.cleaned_data[field]:
            yield {"field": field, "text": text, where: of, "value": rows.get(value, 0)}

    def _value(self, n: int) -> dict[str, Any]:
        made = {
            name: self.cleaned_data[f"value_{n}_{name}"] for name in ("name", "place", "meaning", "chosen")
        }
        return made | {"points": self.cleaned_data[f"value_{n}_points"] or 0}

    def _bite(self, n: int, rows: dict[int, int]) -> dict[str, Any]:
        given = {
            name: self.cleaned_data[f"bite_{n}_{name}"] for name in ("one", "other", "concession", "reason")
        }
        sides = {side: rows[given[side]] for side in ("one", "other")}
        kept = self.cleaned_data[f"bite_{n}_kept"]
        return given | sides | {"kept": sides[kept] if kept else 0}

    def _promise(self) -> dict[str, Any]:
        return {name: self.cleaned_data[f"promise_{name}"] for name in _OF_PROMISE}

    def _step(self, n: int) -> dict[str, Any]:
        given = {name: self.cleaned_data[f"step_{n}_{name}"] for name in ("text", "who", "when", "rung")}
        return given | {"when": given["when"].isoformat() if given["when"] else ""}


_OF_PROMISE = ("measure", "size", "progression", "keeps", "breaks")
_KINDS = ("notes", "values", "missions", "promises", "steps")


def _line(most: int) -> forms.Field:
    return forms.CharField(max_length=most, required=False)


def _area(rows: int, most: int = _LONG) -> forms.Field:
    return forms.CharField(max_length=most, required=False, widget=forms.Textarea(attrs={"rows": rows}))


def _points() -> forms.Field:
    return forms.IntegerField(min_value=0, max_value=_MOST_POINTS, required=False)


def _choice(name: str, codes: tuple[str, ...]) -> forms.Field:
    choices = [(code, _said(f"{name}_{code or 'none'}")) for code in codes]
    return forms.ChoiceField(choices=choices, required=False)


def _proposals(chosen: str, others: list[str], more: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    first = [{"text": chosen, "chosen": True} | (more or {})] if chosen else []
    return first + [{"text": one} for one in others]


def _short_lines(text: str, most: int, count: int) -> list[str]:
    """One thing a line; empty lines are nothing."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    for n, line in enumerate(lines, 1):
        if len(line) > most:
            raise ValueError(_said("wrong_long", line=n, n=len(line), most=most))
    found = [line for line in lines if line]
    if len(found) > count:
        raise ValueError(_said("wrong_many", n=len(found), most=count))
    return found


def _note_lines(text: str) -> list[tuple[str, str, int]]:
    """Words, where they come from, and the number of the value that they speak for; 0 for none."""
    found = []
    for n, line in enumerate(text.splitlines(), 1):
        words, *more = (" ".join(part.split()) for part in line.split("|"))
        if not words and not any(more):
            continue
        of, value = (*more, "", "")[:2]
        if not words or len(more) > 2 or (value and not (value.isascii() and value.isdigit())):
            raise ValueError(_said("wrong_line", line=n))
        for part, most in ((words, _NOTE), (of, _WHERE)):
            if len(part) > most:
                raise ValueError(_said("wrong_long", line=n, n=len(part), most=most))
        number = int(value[:4] or 0)
        if number > N_VALUES:
            raise ValueError(_said("wrong_no_value", line=n, n=number))
        found.append((words, of, number))
    return found
