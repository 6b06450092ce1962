"""Diagnoses: make one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from verbond.web.access import for_role
from verbond.web.jobs import enqueue
from verbond.web.store.acts import note
from verbond.web.store.models import Role

__all__ = ["collection"]


@for_role(Role.ANALYST)
@require_POST
def collection(request: HttpRequest) -> HttpResponse:
    """Make a diagnosis, in the background."""
    job = enqueue("diagnosis", organisation=request.organisation, by=request.user)
    note(request, "run", str(job.id))
    return redirect("today", organisation=request.organisation.slug)
