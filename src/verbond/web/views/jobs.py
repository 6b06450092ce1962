"""How far work in the background is."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from verbond.web.access import for_role
from verbond.web.store.models import Job, Role

__all__ = ["one", "stop"]


@for_role(Role.GUEST)
def one(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """The progress of a job, as a part of a page; where it is over, the page itself is asked for anew."""
    job = get_object_or_404(Job, id=id, organisation=request.organisation)
    answer = render(request, "jobs/progress.html", {"job": job, "organisation": request.organisation})
    if job.is_over:
        answer["HX-Refresh"] = "true"
    return answer


@for_role(Role.ANALYST)
@require_POST
def stop(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Ask a job to stop."""
    job = get_object_or_404(Job, id=id, organisation=request.organisation)
    Job.objects.filter(pk=job.pk).update(asked_to_stop=True)
    return redirect("today", organisation=request.organisation.slug)
