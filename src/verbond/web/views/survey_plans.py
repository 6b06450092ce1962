"""Whom to ask: how many answers are needed, and the sample by lot."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from verbond.errors import DataError
from verbond.results import Spoken, sentence
from verbond.web.access import for_role
from verbond.web.forms import worded
from verbond.web.listening import planning
from verbond.web.listening.planning import Frame, Need
from verbond.web.store.acts import note
from verbond.web.store.models import Role, Survey
from verbond.web.templating import spoken
from verbond.web.views.surveys import found, framed

__all__ = ["PlanForm", "plan", "removal"]


class PlanForm(forms.Form):
    """How many answers, what one expects, and how many are left alone."""

    n_answers = forms.IntegerField(min_value=1, max_value=10_000_000)
    response = forms.IntegerField(min_value=1, max_value=100)
    n_control = forms.IntegerField(min_value=0, max_value=10_000_000, required=False)
    strata = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any = None, *, frame: Frame, needs: tuple[Need, ...], response: float) -> None:
        wanted = max((one.n_short for one in needs), default=0) or needs[0].n_needed
        super().__init__(data, initial={"n_answers": wanted, "response": round(100 * response)})
        self.fields["strata"].choices = [(name, name.replace("_", " ")) for name in frame.attributes]
        if not frame.attributes:
            del self.fields["strata"]
        worded(self, "plan", "web_listen")


@for_role(Role.FACILITATOR)
def plan(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """What is needed, and the sample: drawn once, and shown from then on."""
    survey = found(request, id)
    kept = planning.plan_of(survey)
    if kept is not None:
        context = framed(request, survey, "plan", kept=kept, form=None, n_listed=survey.invitees.count())
        return render(request, "surveys/plan.html", context | _nothing())
    frame = planning.frame_of(survey)
    needs = planning.needs_of(survey, frame)
    rate, n_before = planning.expected_response(survey.organisation)
    posted = request.POST if request.method == "POST" else None
    form = PlanForm(posted, frame=frame, needs=needs, response=rate)
    if form.is_bound and form.is_valid() and _drawn(request, survey, frame, form):
        return redirect("survey_plan", organisation=request.organisation.slug, id=survey.pk)
    context = framed(request, survey, "plan", kept=None, form=form, needs=needs, people=frame)
    context |= {"rate": rate, "n_before": n_before, "wrong_removal": False}
    return render(request, "surveys/plan.html", context, status=422 if form.is_bound else 200)


def _nothing() -> dict[str, Any]:
    return {"needs": (), "people": None, "rate": None, "n_before": 0, "wrong_removal": False}


def _drawn(request: HttpRequest, survey: Survey, frame: Frame, form: PlanForm) -> bool:
    given = form.cleaned_data
    rate = given["response"] / 100
    n_asked = -(-given["n_answers"] * 100 // given["response"])
    if n_asked > len(frame.people):
        values = {"n": len(frame.people), "asked": n_asked}
        form.add_error("n_answers", sentence("web_listen.plan_too_many", spoken(), **values))
        return False
    if given["n_control"] is not None and given["n_control"] > len(frame.people) - n_asked:
        left = len(frame.people) - n_asked
        form.add_error("n_control", sentence("web_listen.plan_control_many", spoken(), n=left))
        return False
    try:
        kept = planning.draw(
            survey, frame, n_answers=given["n_answers"], response_rate=min(rate, 0.99),
            n_control=given["n_control"], strata=tuple(given.get("strata", ())),
        )  # fmt: skip
    except DataError as error:
        form.add_error(None, Spoken(error).say(spoken()))
        return False
    values = {"n": kept.n_asked, "control": kept.n_control, "survey": str(survey.pk)}
    note(request, "survey_sampled", survey.name, **values)
    return True


@for_role(Role.FACILITATOR)
@require_POST
def removal(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Throw the sample away, as long as nobody of it was asked."""
    survey = found(request, id)
    if not planning.undraw(survey):
        kept = planning.plan_of(survey)
        context = framed(request, survey, "plan", kept=kept, form=None, n_listed=survey.invitees.count())
        context |= _nothing() | {"wrong_removal": True}
        return render(request, "surveys/plan.html", context, status=422)
    note(request, "survey_unsampled", survey.name, survey=str(survey.pk))
    return redirect("survey_plan", organisation=request.organisation.slug, id=survey.pk)
