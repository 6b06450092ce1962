"""The forms of undertakings."""

from __future__ import annotations

import datetime as dt
from difflib import get_close_matches
from typing import Any

from django import forms
from django.utils import timezone

from verbond.method import play
from verbond.results import sentence
from verbond.web.forms import worded
from verbond.web.steps.reaching import MOST, actions_of, ids_in
from verbond.web.store.models import Mailbox, Membership, Organisation, Role, Undertaking, User
from verbond.web.templating import spoken

__all__ = ["LessonForm", "ReachForm", "TakeForm"]

ROOM = "web_steps"
FAR = dt.timedelta(days=2 * 365)
MOST_BYTES = 10_000_000


def _word(code: str, **values: Any) -> str:
    return sentence(f"{ROOM}.{code}", spoken(), **values)


def _day() -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class TakeForm(forms.Form):
    """Who does it, from when, when to look, and who decides who gets it."""

    owner = forms.TypedChoiceField(coerce=int)
    starts_on = _day()
    looks_on = _day()
    lot = forms.ChoiceField(widget=forms.RadioSelect, initial="no")

    def __init__(self, data: Any = None, *, of: Organisation, play_id: str, by: User) -> None:
        today = timezone.localdate()
        weeks = play(play_id).experiment.weeks
        first = {"owner": by.pk, "starts_on": today, "looks_on": today + dt.timedelta(weeks=weeks)}
        super().__init__(data, initial=first)
        held = Membership.objects.filter(organisation=of).exclude(role=Role.GUEST).select_related("user")
        self.people = {one.user_id: one.user for one in held}
        self.fields["owner"].choices = [(str(pk), str(one)) for pk, one in self.people.items()]
        self.fields["lot"].choices = [(one, _word(f"lot_{one}")) for one in ("no", "yes")]
        worded(self, "step", ROOM)
        told = [_word("looks_on_weeks", n=weeks)]
        if Mailbox.objects.filter(organisation=of).exists():
            told.append(_word("looks_on_mail"))
        self.fields["looks_on"].help_text = " ".join(told)

    def clean_starts_on(self) -> dt.date:
        """Within two years."""
        day = self.cleaned_data["starts_on"]
        if abs(day - timezone.localdate()) > FAR:
            raise forms.ValidationError(_word("starts_far"))
        return day

    def clean(self) -> dict[str, Any]:
        """One looks after it began, and draws a lot before."""
        given = super().clean() or {}
        starts, looks = given.get("starts_on"), given.get("looks_on")
        if starts and looks and not starts < looks <= starts + FAR:
            self.add_error("looks_on", _word("looks_wrong"))
        if starts and given.get("lot") == "yes" and starts < timezone.localdate():
            self.add_error("starts_on", _word("starts_past"))
        return given


class ReachForm(forms.Form):
    """Whom it reached: a file or numbers of customers, or the action that it is in the data."""

    file = forms.FileField(
        required=False, max_length=300, widget=forms.FileInput(attrs={"accept": ".csv,.txt"})
    )
    numbers = forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 5}), max_length=MOST_BYTES)
    action = forms.CharField(required=False, max_length=200)

    def __init__(self, data: Any = None, sent: Any = None, *, of: Undertaking, is_demo: bool) -> None:
        super().__init__(data, sent, initial={"action": of.action})
        self.of = of
        worded(self, "reach", ROOM)
        if is_demo:
            self.fields["action"].label = _word("field_action_alone")
            del self.fields["file"], self.fields["numbers"]

    def clean_file(self) -> list[str]:
        """The numbers in it."""
        brought = self.cleaned_data["file"]
        if not brought:
            return []
        held = brought.read(MOST_BYTES)
        try:
            text = held.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = held.decode("cp1252", errors="replace")  # how Excel writes CSV where it is not asked
        return self._ids(text, "file_wrong")

    def clean_numbers(self) -> list[str]:
        """The same, as pasted."""
        return self._ids(self.cleaned_data["numbers"], "numbers_wrong")

    def _ids(self, text: str, wrong: str) -> list[str]:
        try:
            return ids_in(text)
        except ValueError:
            raise forms.ValidationError(_word(wrong)) from None

    def clean_action(self) -> str:
        """One that the tables have."""
        action = self.cleaned_data["action"].strip()
        if action:
            known = actions_of(self.of.organisation)
            if action not in known:
                near = get_close_matches(action, known, 1) or known[:1]
                raise forms.ValidationError(
                    _word("action_near" if near else "action_unknown", action=action, near="".join(near))
                )
        return action

    def clean(self) -> dict[str, Any]:
        """One of the three, and no more people than fit."""
        given = super().clean() or {}
        ids = [*dict.fromkeys([*given.get("file", []), *given.get("numbers", [])])]
        if len(ids) > MOST:
            raise forms.ValidationError(_word("reach_most", n=MOST))
        if not self.errors and not ids and not given.get("action"):
            raise forms.ValidationError(_word("reach_none" if "file" in self.fields else "reach_unnamed"))
        return given | {"ids": ids}


class LessonForm(forms.Form):
    """What people learned."""

    lesson = forms.CharField(required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, data: Any = None, *, of: Undertaking) -> None:
        super().__init__(data, initial={"lesson": of.lesson})
        worded(self, "lesson", ROOM)
