"""People read messages and say what they offer; how sure we are by what they said."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from verbond.expressions.kinds import RELATIONSHIPS, VERDICTS
from verbond.method import CIRCLE, RELATIONSHIP_TYPES
from verbond.results import sentence
from verbond.web.access import for_role
from verbond.web.contexts import frame
from verbond.web.expressions import promising
from verbond.web.labelling import asking, showing, teaching
from verbond.web.labelling.forms import LabelForm
from verbond.web.store.acts import note
from verbond.web.store.audit import note_view
from verbond.web.store.models import Job, Role
from verbond.web.templating import spoken

__all__ = ["beginning", "labelling", "lesson", "sureness"]


def _to(request: HttpRequest, route: str) -> HttpResponse:
    return redirect(route, organisation=request.organisation.slug)


@for_role(Role.MEMBER)
def labelling(request: HttpRequest) -> HttpResponse:
    """One message at a time: what it offers, which values, whether it keeps the promise."""
    made = asking.round_of(request)
    asked = made.current
    form = LabelForm(request.POST) if request.method == "POST" else None
    if form is not None and asked is not None and request.POST.get("message") == f"{made.at}":
        if request.POST.get("go") == "skip":
            made.go_on(said=False)
            return _to(request, "labelling")
        if form.is_valid():
            asking.keep(asked, form.cleaned_data, by=request.user)
            made.go_on(said=True)
            note(request, "message_labelled", str(asked.audit.pk))
            return _to(request, "labelling")
    elif form is not None:  # said already, in another window
        return _to(request, "labelling")
    if asked is None:
        context = _frame(request, made=made, n_left=asking.n_candidates(request.organisation))
        return render(request, "labelling/start.html", context)
    note_view(request, "messages")
    kinds = {one.id: one for one in RELATIONSHIP_TYPES}
    context = _frame(
        request, made=made, asked=asked, form=form, wrong=form is not None,
        kinds=[(name, _kind(name), kinds.get(name)) for name in RELATIONSHIPS], values=CIRCLE,
        verdicts=VERDICTS, promise=promising.newest(request.organisation),
    )  # fmt: skip
    return render(request, "labelling/message.html", context, status=422 if form is not None else 200)


@for_role(Role.MEMBER)
@require_POST
def beginning(request: HttpRequest) -> HttpResponse:
    """Choose messages, and begin with the first."""
    asking.begin(asking.round_of(request), request.organisation, request.user)
    return _to(request, "labelling")


@for_role(Role.MEMBER)
@require_safe
def sureness(request: HttpRequest) -> HttpResponse:
    """How far people agree, whether chances come true, and what was learned."""
    of = request.organisation
    job = Job.objects.filter(organisation=of, kind=teaching.KIND).first()
    context = _frame(
        request, agreements=showing.agreements(of), curves=showing.curves(of, spoken()),
        counts=showing.counts(of), names=_names(), lesson=teaching.lesson_of(of),
        working=job if job is not None and not job.is_over else None,
        broken=job is not None and job.state == Job.State.FAILED,
    )  # fmt: skip
    return render(request, "labelling/sureness.html", context)


@for_role(Role.ANALYST)
@require_POST
def lesson(request: HttpRequest) -> HttpResponse:
    """Let the rater learn from the labels."""
    teaching.begin(request.organisation, by=request.user)
    note(request, "labels_learned")
    return _to(request, "sureness")


def _frame(request: HttpRequest, **more: Any) -> dict[str, Any]:
    return frame(request, "expressions") | {"part": "labelling", **more}


def _names() -> dict[str, str]:
    """Answers in words."""
    named = {one.id: one.name.say(spoken()) for one in (*CIRCLE, *RELATIONSHIP_TYPES)}
    verdicts = {name: sentence(f"web_expressions.state_{name}", spoken()) for name in VERDICTS}
    return {**named, **verdicts, "none": _kind("none")}


def _kind(name: str) -> str:
    kinds = {one.id: one.name.say(spoken()) for one in RELATIONSHIP_TYPES}
    return kinds.get(name) or sentence("web_labelling.kind_none", spoken())
