"""Surveys: all of them, a new one, its settings, and whether it can be answered."""

from __future__ import annotations

import dataclasses
import json
import uuid
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from verbond.errors import VerbondError
from verbond.listen import own_questionnaire
from verbond.listen.exchange import read_questionnaire
from verbond.method.types import Group
from verbond.results import Reason, Spoken, sentence
from verbond.web.access import for_role
from verbond.web.contexts import frame
from verbond.web.forms import worded
from verbond.web.listening import making, planning
from verbond.web.store import asking
from verbond.web.store.acts import note
from verbond.web.store.models import Role, Survey
from verbond.web.templating import spoken

__all__ = ["closure", "collection", "file", "found", "framed", "is_local", "making_one", "opening", "removal"]

MOST_BYTES = 4 << 20
"""Of a questionnaire's file."""
_STARTS = ("short", "full", "blank", "file", "copy")
_GROUPS = ("customer", "employee")


def found(request: HttpRequest, id: uuid.UUID) -> Survey:
    """The survey of an address.

    Raises
    ------
    Http404
        If this organisation has none such.
    """
    survey = asking.survey_of(request.organisation, id)
    if survey is None:
        raise Http404
    return survey


def framed(request: HttpRequest, survey: Survey, part: str, **more: Any) -> dict[str, Any]:
    """What every page of a survey needs; `part` is the page of it that is shown."""
    asked = making.questionnaire_of(survey)
    return frame(request, "listen") | {"survey": survey, "asked": asked, "part": part} | more


class StartForm(forms.Form):
    """What a new survey begins with.

    Attributes
    ----------
    dropped : tuple of Reason
        What of a file could not be taken over.
    """

    name = forms.CharField(max_length=120)
    start = forms.ChoiceField(widget=forms.RadioSelect)
    group = forms.ChoiceField(widget=forms.RadioSelect, required=False)
    file = forms.FileField(
        required=False, max_length=300, widget=forms.FileInput(attrs={"accept": ".json,.qsf,.lss"})
    )
    copied = forms.ChoiceField(required=False)

    def __init__(self, data: Any = None, files: Any = None, *, earlier: list[Survey]) -> None:
        super().__init__(data, files, initial={"start": "short", "group": "customer"})
        self.earlier = {str(one.pk): one for one in earlier}
        self.dropped: tuple[Reason, ...] = ()
        starts = [one for one in _STARTS if one != "copy" or earlier]
        self.fields["start"].choices = [(one, _word(f"start_{one}")) for one in starts]
        self.fields["group"].choices = [(one, _word(f"group_{one}")) for one in _GROUPS]
        self.fields["copied"].choices = [(str(one.pk), one.name) for one in earlier]
        if not earlier:
            del self.fields["copied"]
        worded(self, "start", "web_listen")

    def clean(self) -> dict[str, Any]:
        """Read the file, where one was chosen; what is wrong with it is said there."""
        given = super().clean() or {}
        start, group = given.get("start"), given.get("group") or _GROUPS[0]
        if start in ("short", "full"):
            self.questionnaire = own_questionnaire(start, group)
        elif start == "blank":
            self.questionnaire = making.blank(group)
        elif start == "file" and "file" in given:
            self._read(given["file"], group)
        elif start == "copy" and given.get("copied") not in self.earlier:
            self.add_error("copied", _word("copied_none"))
        return given

    def _read(self, brought: Any, group: Group) -> None:
        if brought is None:
            self.add_error("file", _word("file_none"))
            return
        if brought.size > MOST_BYTES:
            self.add_error("file", _word("file_large", n=MOST_BYTES >> 20))
            return
        try:
            read = read_questionnaire(brought.read(), brought.name)
        except VerbondError as error:
            self.add_error("file", _word("file_wrong", said=Spoken(error)))
            return
        self.dropped, self.questionnaire = read.dropped, read.questionnaire
        if read.product != "verbond":
            self.questionnaire = dataclasses.replace(read.questionnaire, group=group)

    def make(self, request: HttpRequest) -> Survey:
        """The survey that was asked for."""
        name = self.cleaned_data["name"]
        if self.cleaned_data["start"] == "copy":
            return making.copy_survey(self.earlier[self.cleaned_data["copied"]], request.user, name)
        return making.make_survey(
            request.organisation, request.user, self.questionnaire, name, dropped=self.dropped
        )


@for_role(Role.FACILITATOR)
@require_safe
def collection(request: HttpRequest) -> HttpResponse:
    """All surveys, newest first."""
    surveys = list(asking.surveys_of(request.organisation))
    return render(request, "surveys/collection.html", frame(request, "listen") | {"surveys": surveys})


@for_role(Role.FACILITATOR)
def making_one(request: HttpRequest) -> HttpResponse:
    """A new survey: from ours, from nothing, from a file, or as an earlier one."""
    earlier = list(asking.surveys_of(request.organisation))
    posted = (request.POST, request.FILES) if request.method == "POST" else ()
    form = StartForm(*posted, earlier=earlier)
    if not form.is_bound or not form.is_valid():
        context = frame(request, "listen") | {"form": form}
        return render(request, "surveys/making.html", context, status=422 if form.is_bound else 200)
    survey = form.make(request)
    note(request, "survey_made", survey.name, survey=str(survey.pk))
    return redirect("survey_questions", organisation=request.organisation.slug, id=survey.pk)


@for_role(Role.FACILITATOR)
def opening(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """What is still missing, and the opening itself."""
    survey = found(request, id)
    status = 200
    if request.method == "POST":
        try:
            making.open_survey(survey)
        except making.NotReady:
            status = 422
        else:
            note(request, "survey_opened", survey.name, survey=str(survey.pk), mode=survey.mode)
            return redirect("survey_opening", organisation=request.organisation.slug, id=survey.pk)
    context = framed(request, survey, "opening", checks=making.checks_of(survey), refused=status == 422)
    context |= {"link": request.build_absolute_uri(f"/q/{survey.address}/"), "is_local": is_local(request)}
    return render(request, "surveys/opening.html", context, status=status)


@for_role(Role.FACILITATOR)
def closure(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Ask, and then take no more answers."""
    survey = found(request, id)
    if request.method == "POST":
        making.close_survey(survey)
        note(request, "survey_closed", survey.name, survey=str(survey.pk), n=survey.n_handed_in)
        return redirect("survey_opening", organisation=request.organisation.slug, id=survey.pk)
    return render(request, "surveys/closure.html", framed(request, survey, "opening"))


@for_role(Role.FACILITATOR)
@require_POST
def removal(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Throw away a draft that nobody was asked."""
    survey = found(request, id)
    if survey.state != Survey.State.DRAFT or survey.sheets.exists():
        raise Http404
    planning.forget(survey)
    survey.delete()
    note(request, "survey_removed", survey.name)
    return redirect("surveys", organisation=request.organisation.slug)


@for_role(Role.FACILITATOR)
@require_safe
def file(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """The questionnaire, to be taken elsewhere."""
    survey = found(request, id)
    text = json.dumps(survey.questionnaire, ensure_ascii=False, indent=1)
    answer = HttpResponse(text, content_type="application/json; charset=utf-8")
    name = slugify(survey.name)[:60] or "questionnaire"
    answer["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return answer


def is_local(request: HttpRequest) -> bool:
    """Whether the page is seen under a name that only this machine knows: links would lead nowhere else."""
    name = request.get_host().rpartition(":")[0] or request.get_host()
    return name == "localhost" or name.startswith("127.") or name == "[::1]"


def _word(key: str, **values: Any) -> str:
    return sentence(f"web_listen.{key}", spoken(), **values)
