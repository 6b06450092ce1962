"""What people fill in: the promise, messages, what a file's columns are, what a message should be."""

from __future__ import annotations

import dataclasses
from typing import Any

from django import forms

from verbond.expressions import Promise
from verbond.expressions.prefill import completed
from verbond.expressions.reading import language_of
from verbond.method import CIRCLE, RELATIONSHIP_TYPES
from verbond.results import Language, sentence
from verbond.web.expressions.bringing import ROLES, SUFFIXES, Sheet
from verbond.web.forms import worded
from verbond.web.templating import spoken

__all__ = ["SPEAKERS", "BringForm", "ColumnsForm", "CorrectionForm", "PromiseForm"]

ROOM = "web_expressions"
SPEAKERS = ("company", "employee", "customer")
MOST_EXAMPLES = 40
_LONGEST_EXAMPLE = 2_000
_LINES = ("keeps", "breaks", "words_never", "words_always")
_NONE = "-1"


def _word(key: str, **values: Any) -> str:
    return sentence(f"{ROOM}.{key}", spoken(), **values)


class _Lines(forms.CharField):
    """Texts, one a line, each once."""

    def __init__(self, rows: int) -> None:
        super().__init__(required=False, widget=forms.Textarea(attrs={"rows": rows}))

    def to_python(self, value: Any) -> list[str]:
        lines = (" ".join(line.split()) for line in str(value or "").splitlines())
        return list(dict.fromkeys(filter(None, lines)))

    def validate(self, value: Any) -> None:
        if len(value) > MOST_EXAMPLES:
            raise forms.ValidationError(_word("wrong_lines", n=len(value), most=MOST_EXAMPLES))
        if any(len(one) > _LONGEST_EXAMPLE for one in value):
            raise forms.ValidationError(_word("wrong_line", n=max(map(len, value)), most=_LONGEST_EXAMPLE))

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else "\n".join(value or ())


class PromiseForm(forms.Form):
    """A promise, in words of the company."""

    text = forms.CharField(max_length=600, widget=forms.Textarea(attrs={"rows": 3}))
    relationship = forms.ChoiceField(required=False, widget=forms.RadioSelect)
    values = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    keeps = _Lines(5)
    breaks = _Lines(5)
    words_never = _Lines(3)
    words_always = _Lines(3)

    def __init__(self, data: Any = None, *, promise: Promise | None = None) -> None:
        super().__init__(data, initial={} if promise is None else dataclasses.asdict(promise))
        kinds = [(one.id, f"{one.name.say(spoken())}") for one in RELATIONSHIP_TYPES]
        self.fields["relationship"].choices = [*kinds, ("", _word("relationship_open"))]
        self.fields["values"].choices = [(one.id, one.name.say(spoken())) for one in CIRCLE]
        worded(self, "promise", ROOM)

    @property
    def promise(self) -> Promise:
        """What was filled in."""
        given = self.cleaned_data
        lists = {name: tuple(given[name]) for name in ("values", *_LINES)}
        return Promise(text=" ".join(given["text"].split()), relationship=given["relationship"], **lists)

    @property
    def language(self) -> Language:
        """That it is written in."""
        return language_of(self.cleaned_data["text"]) or spoken()

    def suggested(self) -> PromiseForm | None:
        """The same with suggested examples; None where it has enough, or nothing to suggest them by."""
        promise = self.promise
        more = completed(promise, self.language)
        return None if more == promise else PromiseForm(promise=more)


class BringForm(forms.Form):
    """Messages, pasted or brought."""

    text = forms.CharField(required=False, strip=False, widget=forms.Textarea(attrs={"rows": 9}))
    file = forms.FileField(
        required=False, allow_empty_file=True, widget=forms.FileInput(attrs={"accept": ",".join(SUFFIXES)})
    )
    speaker = forms.ChoiceField()
    name = forms.CharField(max_length=120, required=False)

    def __init__(self, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files)
        self.fields["speaker"].choices = [(one, _word(f"speaker_{one}")) for one in SPEAKERS]
        worded(self, "bring", ROOM)

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        given = super().clean() or {}
        text, file = given.get("text", "").strip(), given.get("file")
        if not text and not file and "file" not in self.errors:
            self.add_error("text", _word("wrong_nothing"))
        elif text and file:
            self.add_error("file", _word("wrong_both"))
        return given


class ColumnsForm(forms.Form):
    """What each column of a table is."""

    def __init__(self, sheet: Sheet, data: Any = None) -> None:
        super().__init__(data)
        columns = [(str(at), _column(name, at)) for at, name in enumerate(sheet.columns)]
        for role in ROLES:
            none = [] if role == "text" else [(_NONE, _word("column_none"))]
            self.fields[role] = forms.ChoiceField(choices=[*none, *columns])
        lengths = [sum(len(row[at]) for row in sheet.rows) for at in range(len(sheet.columns))]
        self.initial = {"text": str(lengths.index(max(lengths))), **dict.fromkeys(ROLES[1:], _NONE)}
        worded(self, "columns", ROOM)

    def clean(self) -> dict[str, Any]:
        """Each column is one thing."""
        given = super().clean() or {}
        taken = [at for at in given.values() if at != _NONE]
        if len(set(taken)) < len(taken):
            raise forms.ValidationError(_word("wrong_columns"))
        return given

    @property
    def roles(self) -> dict[str, int]:
        """Role -> column."""
        return {role: int(at) for role, at in self.cleaned_data.items() if at != _NONE}


def _column(name: str, at: int) -> str:
    return name.strip() or _word("column_n", n=at + 1)


class CorrectionForm(forms.Form):
    """What a message should be, and why."""

    verdict = forms.ChoiceField(choices=[(one, one) for one in ("fits", "check", "conflicts")])
    why = forms.CharField(max_length=500, required=False)
