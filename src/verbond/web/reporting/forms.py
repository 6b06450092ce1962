"""The forms of reports: the brand, and when a report goes to whom."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import RegexValidator

from verbond.results import sentence
from verbond.web.forms import worded
from verbond.web.reporting import branding
from verbond.web.store.models import Branding, Membership, Organisation, ReportSchedule, Role
from verbond.web.templating import spoken

__all__ = ["BrandForm", "ScheduleForm"]

ROOM = "web_reporting"
_ONE_LINE = RegexValidator(r"^[^\x00-\x1f\x7f\u0085\u2028\u2029]*$", code="one_line")


def _word(code: str, **values: Any) -> str:
    return sentence(f"{ROOM}.{code}", spoken(), **values)


class BrandForm(forms.Form):
    """Name, colours and logo."""

    name = forms.CharField(max_length=120, required=False, validators=[_ONE_LINE])
    colour = forms.CharField(max_length=7, widget=forms.TextInput(attrs={"type": "color"}))
    accent = forms.CharField(max_length=7, widget=forms.TextInput(attrs={"type": "color"}))
    logo = forms.FileField(
        required=False,
        max_length=300,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    remove_logo = forms.BooleanField(required=False)

    def __init__(self, data: Any = None, sent: Any = None, *, of: Branding | None, company: str) -> None:
        first = {
            "name": of.name if of is not None else company,
            "colour": (of.colour if of is not None else "") or branding.OURS,
            "accent": (of.accent if of is not None else "") or branding.OUR_ACCENT,
        }
        super().__init__(data, sent, initial=first)
        if of is None or not of.logo:
            del self.fields["remove_logo"]
        worded(self, "brand", ROOM)

    def _colour(self, name: str) -> str:
        given = self.cleaned_data[name].strip().lower()
        if not branding.COLOUR.fullmatch(given):
            raise forms.ValidationError(_word("colour_wrong"))
        return given

    def clean_colour(self) -> str:
        """#rrggbb."""
        return self._colour("colour")

    def clean_accent(self) -> str:
        """#rrggbb."""
        return self._colour("accent")

    def clean_logo(self) -> bytes | None:
        """Drawn anew; None where none was brought."""
        brought = self.cleaned_data["logo"]
        if not brought:
            return None
        try:
            return branding.cleaned_logo(brought.read(branding.MOST_BYTES + 1))
        except branding.Unfit as unfit:
            raise forms.ValidationError(unfit.reason.sentence(spoken())) from None


class ScheduleForm(forms.Form):
    """How often, in which language, to whom."""

    period = forms.ChoiceField(initial="month")
    language = forms.ChoiceField()
    to = forms.TypedMultipleChoiceField(coerce=int, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any = None, *, of: Organisation) -> None:
        super().__init__(data, initial={"language": spoken()})
        held = Membership.objects.filter(organisation=of).exclude(role=Role.GUEST).select_related("user")
        periods = ReportSchedule.Period.values
        self.fields["period"].choices = [(one, _word(f"period_{one}")) for one in periods]
        self.fields["language"].choices = [(one, _word(f"language_{one}")) for one in ("nl", "en")]
        self.fields["to"].choices = [(str(one.user_id), str(one.user)) for one in held]
        worded(self, "schedule", ROOM)
        self.fields["to"].error_messages["required"] = _word("to_nobody")
