"""How a survey is put before people: in whose name, in which mode, for what and for how long."""

from __future__ import annotations

import re
import uuid
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from verbond.results import LANGUAGES, sentence
from verbond.web.access import for_role
from verbond.web.forms import worded
from verbond.web.keeping.processing import BASES
from verbond.web.listening import making
from verbond.web.store import asking
from verbond.web.store.acts import note
from verbond.web.store.models import Role, Survey
from verbond.web.templating import spoken
from verbond.web.views.surveys import found, framed

__all__ = ["SettingsForm", "origins_of", "settings"]

MOST_ORIGINS = 20
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?(:\d{1,5})?")
_OF_ROW = ("name", "company", "mode", "wave", "basis", "contact", "keep_months")
_SETTINGS = (
    "open_link", "most", "last_day", "rest_days", "remind_after_days", "most_reminders", "embed",
)  # fmt: skip


def origins_of(text: str) -> list[str]:
    """The sites that a text names, one a line, each as a browser says it.

    Raises
    ------
    ValueError
        With the first line that is none.

    Examples
    --------
    >>> origins_of("https://Shop.example.org/\\n\\nhttps://b.example:8443")
    ['https://shop.example.org', 'https://b.example:8443']
    """
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        parts = urlsplit(line)
        host = parts.netloc.lower()
        local = host.partition(":")[0] in ("localhost", "127.0.0.1")
        known = parts.scheme == "https" or (parts.scheme == "http" and local)
        if not known or not _HOST.fullmatch(host) or parts.path not in ("", "/") or parts.query:
            raise ValueError(line)
        found.append(f"{parts.scheme}://{host}")
    return list(dict.fromkeys(found))


class SettingsForm(forms.Form):
    """Everything about a survey but its questions."""

    name = forms.CharField(max_length=120)
    company = forms.CharField(max_length=120)
    contact = forms.CharField(max_length=200)
    mode = forms.ChoiceField(widget=forms.RadioSelect)
    purpose_nl = forms.CharField(
        max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 4, "lang": "nl"})
    )
    purpose_en = forms.CharField(
        max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 4, "lang": "en"})
    )
    basis = forms.ChoiceField(required=False)
    keep_months = forms.IntegerField(min_value=1, max_value=240, required=False)
    wave = forms.CharField(max_length=40)
    open_link = forms.BooleanField(required=False)
    last_day = forms.DateField(
        required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    most = forms.IntegerField(min_value=1, max_value=1_000_000, required=False)
    rest_days = forms.IntegerField(min_value=0, max_value=730)
    most_reminders = forms.IntegerField(min_value=0, max_value=3)
    remind_after_days = forms.IntegerField(min_value=1, max_value=60)
    embed = forms.CharField(max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, data: Any = None, *, survey: Survey) -> None:
        super().__init__(data, initial=_initial(survey))
        self.survey = survey
        self.group = making.questionnaire_of(survey).group
        said = f"web_listen.mode_{{}}_{self.group}"
        self.fields["mode"].choices = [
            (mode.value, sentence(said.format(mode.value), spoken(), company=survey.company))
            for mode in Survey.Mode
        ]
        for name in ("mode", "basis"):  # what who answered was told
            self.fields[name].disabled = survey.opened_at is not None
        bases = [one for one in BASES if one != "consent" or self.group != "employee"]
        if survey.basis == "consent" or (data or {}).get("basis") == "consent":
            bases = list(BASES)  # so that it is refused with its reason
        self.fields["basis"].choices = [
            ("", sentence("web_listen.basis_none", spoken())),
            *((one, sentence(f"web_privacy.basis_{one}", spoken())) for one in bases),
        ]
        worded(self, "settings", "web_listen")
        if survey.opened_at is not None:
            self.fields["mode"].help_text = sentence("web_listen.mode_stays", spoken())
        if self.group == "employee":
            self.fields["basis"].help_text = sentence("web_listen.basis_employee", spoken())

    def clean_basis(self) -> str:
        """Employees cannot freely consent to what their employer asks."""
        basis = self.cleaned_data["basis"]
        if basis == "consent" and self.group == "employee":
            raise ValidationError(sentence("web_listen.basis_consent_refused", spoken()))
        return basis

    def clean_keep_months(self) -> int | None:
        """Once it has been open, answers are kept as long as was said, or shorter."""
        months, promised = self.cleaned_data["keep_months"], self.survey.keep_months
        if self.survey.opened_at is not None and promised and (months is None or months > promised):
            raise ValidationError(sentence("web_listen.keep_promised", spoken(), n=promised))
        return months

    def clean_embed(self) -> list[str]:
        """Sites, one a line."""
        try:
            origins = origins_of(self.cleaned_data["embed"])
        except ValueError as error:
            raise ValidationError(
                sentence("web_listen.embed_wrong", spoken(), line=str(error)[:80])
            ) from None
        if len(origins) > MOST_ORIGINS:
            raise ValidationError(sentence("web_listen.embed_many", spoken(), n=MOST_ORIGINS))
        return origins

    def put_into(self, survey: Survey) -> None:
        """Set the survey's fields; it is not saved yet."""
        given = self.cleaned_data
        for name in _OF_ROW:
            setattr(survey, name, given[name])
        survey.purpose = {code: given[f"purpose_{code}"].strip() for code in LANGUAGES}
        chosen = {name: given[name] for name in _SETTINGS}
        chosen["last_day"] = given["last_day"].isoformat() if given["last_day"] else None
        kept = {name: value for name, value in survey.settings.items() if name not in _SETTINGS}
        survey.settings = kept | {name: one for name, one in chosen.items() if one not in (None, "", [])}


def _initial(survey: Survey) -> dict[str, Any]:
    known = {name: getattr(survey, name) for name in _OF_ROW}
    known |= {f"purpose_{code}": survey.purpose.get(code, "") for code in LANGUAGES}
    known |= {name: survey.settings.get(name) for name in _SETTINGS}
    return known | {"embed": "\n".join(survey.settings.get("embed", ()))}


@for_role(Role.FACILITATOR)
def settings(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Look at them, change them."""
    survey = found(request, id)
    form = SettingsForm(request.POST if request.method == "POST" else None, survey=survey)
    if not form.is_bound or not form.is_valid():
        context = framed(request, survey, "settings", form=form, kept="kept" in request.GET)
        return render(request, "surveys/settings.html", context, status=422 if form.is_bound else 200)
    before = survey.mode
    with asking.changing(survey) as now:
        if now.opened_at is not None:  # it may have been opened since the form was shown
            form.cleaned_data |= {"mode": now.mode, "basis": now.basis}
        form.put_into(now)
        now.save()
    if now.mode != before:
        note(request, "survey_mode", now.name, survey=str(now.pk), before=before, after=now.mode)
    note(request, "survey_set_up", now.name, survey=str(now.pk))
    address = reverse("survey_settings", kwargs={"organisation": request.organisation.slug, "id": now.pk})
    return redirect(f"{address}?kept")
