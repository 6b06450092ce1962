"""Steps of the plan that people took on: all of them, a new one, and what came of each."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from verbond.method import play
from verbond.web.access import for_role, may
from verbond.web.contexts import frame
from verbond.web.diagnosing import diagnosis_of
from verbond.web.forms import posted
from verbond.web.people.limits import Limit, spend
from verbond.web.steps import looking, reaching, taking
from verbond.web.steps.forms import LessonForm, ReachForm, TakeForm
from verbond.web.steps.telling import name_of, row_of, words_of
from verbond.web.store import reads
from verbond.web.store.acts import note
from verbond.web.store.models import Job, Organisation, Role, Undertaking
from verbond.web.templating import spoken

__all__ = ["collection", "lesson", "look", "making", "one", "reach", "removal", "stop"]

TAKING = Limit("taking steps on", 60, 3600)
LOOKING = Limit("looking at steps", 60, 3600)
_ORDER = (Undertaking.State.RUNNING, Undertaking.State.LOOKED, Undertaking.State.STOPPED)


def _found(request: HttpRequest, id: uuid.UUID) -> Undertaking:
    rows = Undertaking.objects.select_related("organisation", "owner", "experiment")
    found = rows.filter(organisation=request.organisation, pk=id).first()
    if found is None:
        raise Http404
    return found


def _to_one(request: HttpRequest, one: Undertaking) -> HttpResponse:
    return redirect("step", organisation=request.organisation.slug, id=one.pk)


@for_role(Role.GUEST)
@require_safe
def collection(request: HttpRequest) -> HttpResponse:
    """What runs, what came of what was looked at, and what was stopped."""
    rows = Undertaking.objects.filter(organisation=request.organisation).select_related(
        "owner", "organisation"
    )
    by_state = {
        state.value: [row_of(one, spoken()) for one in rows if one.state == state] for state in _ORDER
    }
    context = frame(request, "plan") | {"by_state": by_state, "n": len(rows), "today": timezone.localdate()}
    return render(request, "steps/collection.html", context)


@for_role(Role.MEMBER)
def making(request: HttpRequest) -> HttpResponse:
    """Take a step of the newest plan on."""
    run = reads.last_run(request.organisation)
    play_id, segment = request.GET.get("play", ""), request.GET.get("segment", "")
    diagnosis = diagnosis_of(run) if run is not None else None
    step = taking.planned(diagnosis, play_id, segment) if diagnosis is not None else None
    if step is None or diagnosis is None:
        raise Http404
    runs = Undertaking.objects.filter(
        organisation=request.organisation, play=play_id, segment=segment, state=Undertaking.State.RUNNING
    ).first()
    if runs is not None:
        return _to_one(request, runs)
    form = TakeForm(posted(request), of=request.organisation, play_id=play_id, by=request.user)
    if form.is_bound and form.is_valid():
        spend(TAKING, str(request.user.pk))
        given = form.cleaned_data
        taken = taking.take(
            request.organisation, step, diagnosis, owner=form.people.get(given["owner"]),
            starts_on=given["starts_on"], looks_on=given["looks_on"], by_lot=given["lot"] == "yes",
            by=request.user, base=request.build_absolute_uri("/"),
        )  # fmt: skip
        note(request, "undertaking_taken", name_of(taken, spoken()), step=str(taken.pk))
        if taken.experiment is not None:
            return redirect(
                "experiment_step", organisation=request.organisation.slug, id=taken.experiment.pk, step="what"
            )
        return _to_one(request, taken)
    known = play(play_id)
    context = frame(request, "plan") | {
        "form": form, "name": known.name.say(spoken()), "what": known.what.say(spoken()),
        "cost": known.costs.say(spoken()), "stop": known.stop.say(spoken()),
        "segment": segment.replace("=", " "),
    }  # fmt: skip
    return render(request, "steps/making.html", context, status=422 if form.is_bound else 200)


@for_role(Role.GUEST)
@require_safe
def one(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """What it is, how far it is, and what came of it."""
    return _one(request, _found(request, id))


def _one(request: HttpRequest, undertaking: Undertaking, **more: Any) -> HttpResponse:
    kinds = (reaching.KIND, looking.KIND)
    jobs = Job.objects.filter(organisation=request.organisation, kind__in=kinds, subject=str(undertaking.pk))
    newest, today = jobs.first(), timezone.localdate()
    is_demo = request.organisation.kind == Organisation.Kind.DEMO
    running = undertaking.state == Undertaking.State.RUNNING
    context = frame(request, "plan") | {
        "step": row_of(undertaking, spoken()), "of": undertaking, "words": words_of(undertaking, spoken()),
        "said": undertaking.outcome.get("said", {}).get(spoken(), []),
        "expects": undertaking.expected.get("climb"), "is_demo": is_demo, "running": running,
        "is_due": running and undertaking.looks_on <= today,
        "job": newest if newest is not None and not newest.is_over else None,
        "failed": newest if newest is not None and newest.state == Job.State.FAILED else None,
        "reach_form": ReachForm(of=undertaking, is_demo=is_demo) if may(request, Role.ANALYST) else None,
        "lesson_form": LessonForm(of=undertaking),
    }  # fmt: skip
    return render(request, "steps/one.html", context | more, status=422 if more else 200)


@for_role(Role.ANALYST)
@require_POST
def reach(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Say whom it reached."""
    undertaking = _found(request, id)
    if undertaking.state != Undertaking.State.RUNNING or undertaking.experiment is not None:
        raise Http404
    demo = request.organisation.kind == Organisation.Kind.DEMO
    form = ReachForm(request.POST, request.FILES, of=undertaking, is_demo=demo)
    if not form.is_valid():
        return _one(request, undertaking, reach_form=form)
    given = form.cleaned_data
    Undertaking.objects.filter(pk=undertaking.pk).update(action="" if given["ids"] else given["action"])
    undertaking.action = "" if given["ids"] else given["action"]
    if given["ids"]:
        reaching.begin(undertaking, given["ids"], by=request.user)
    note(request, "undertaking_reach", name_of(undertaking, spoken()), step=str(id), n=len(given["ids"]))
    return _to_one(request, undertaking)


@for_role(Role.MEMBER)
@require_POST
def look(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """See what came of it, once the day is there and it is known whom it reached."""
    undertaking = _found(request, id)
    running = undertaking.state == Undertaking.State.RUNNING
    if not running or undertaking.looks_on > timezone.localdate() or not undertaking.is_reached:
        raise Http404
    spend(LOOKING, str(request.organisation.pk))
    looking.begin(undertaking, by=request.user)
    note(request, "undertaking_looked", name_of(undertaking, spoken()), step=str(id))
    return _to_one(request, undertaking)


@for_role(Role.MEMBER)
@require_POST
def lesson(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Write down what people learned."""
    undertaking = _found(request, id)
    form = LessonForm(request.POST, of=undertaking)
    if not form.is_valid():
        return _one(request, undertaking, lesson_form=form)
    Undertaking.objects.filter(pk=undertaking.pk).update(lesson=form.cleaned_data["lesson"].strip())
    return _to_one(request, undertaking)


@for_role(Role.MEMBER)
@require_POST
def stop(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Stop it before it was looked at; what was learned is kept."""
    undertaking = _found(request, id)
    rows = Undertaking.objects.filter(pk=undertaking.pk, state=Undertaking.State.RUNNING)
    if rows.update(state=Undertaking.State.STOPPED):
        note(request, "undertaking_stopped", name_of(undertaking, spoken()), step=str(id))
    return _to_one(request, undertaking)


@for_role(Role.ANALYST)
@require_POST
def removal(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Throw it away, with what it brought into the tables and what was learned of it."""
    undertaking = _found(request, id)
    reaching.take_back(undertaking, by=request.user)
    name = name_of(undertaking, spoken())
    undertaking.delete()
    note(request, "undertaking_removed", name)
    return redirect("steps", organisation=request.organisation.slug)
