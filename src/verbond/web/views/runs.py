"""Diagnoses: make one, look at older ones, lay two beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from verbond.plots import draw_ladder_result
from verbond.results import Language
from verbond.web.access import for_role, may
from verbond.web.contexts import frame
from verbond.web.diagnosing import diagnosis_of
from verbond.web.jobs import enqueue
from verbond.web.store import reads
from verbond.web.store.acts import note
from verbond.web.store.models import Role, Run

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis

__all__ = ["collection", "comparison"]


@for_role(Role.GUEST)
def collection(request: HttpRequest) -> HttpResponse:
    """The diagnoses that were made; a new one is made in the background."""
    if request.method == "POST":
        return _made(request)
    context = frame(request, "runs") | {"runs": list(reads.runs_of(request.organisation))}
    return render(request, "runs/collection.html", context)


@for_role(Role.GUEST)
@require_safe
def comparison(request: HttpRequest) -> HttpResponse:
    """Two diagnoses beside each other, the older one first."""
    asked = (request.GET.get(side, "") for side in ("before", "after"))
    runs = [run for run in (reads.run_of(request.organisation, id) for id in asked) if run is not None]
    context = frame(request, "runs") | {"sides": [], "changed": (), "rests_on": ()}
    if len({run.pk for run in runs}) < 2:
        return render(request, "runs/comparison.html", context, status=422)
    from verbond.diagnosis import compare
    from verbond.reports.sections import said_of

    runs.sort(key=lambda run: run.created_at)
    diagnoses, language = [diagnosis_of(run) for run in runs], request.language
    changes = compare(*diagnoses)
    context |= {
        "sides": [_side(run, d, n, language) for n, (run, d) in enumerate(zip(runs, diagnoses, strict=True))],
        "changed": tuple(said_of(f, language) for f in changes.findings),
        "rests_on": tuple(r.sentence(language) for r in changes.rests_on),
    }
    return render(request, "runs/comparison.html", context)


def _side(run: Run, d: Diagnosis, number: int, language: Language) -> dict[str, Any]:
    from verbond.reports.behind import usable_ladder
    from verbond.reports.page import lead
    from verbond.reports.sections import ladder_section

    section, ladder = ladder_section(d, language), usable_ladder(d)
    drawn = draw_ladder_result(ladder, language, layout="tall", identity=f"side-{number}") if ladder else ""
    return {
        "run": run,
        "lead": lead(d, language),
        "pictures": [drawn] if drawn else [],
        "empty": section.empty,
    }


def _made(request: HttpRequest) -> HttpResponse:
    if not may(request, Role.ANALYST):
        raise Http404
    job = enqueue("diagnosis", organisation=request.organisation, by=request.user)
    note(request, "run", str(job.id))
    return redirect("today", organisation=request.organisation.slug)
