"""The builder: pages and questions in order, changed one at a time."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from verbond.web.access import for_role
from verbond.web.store.models import Role
from verbond.web.views.surveys import found, framed

__all__ = ["collection"]


@for_role(Role.FACILITATOR)
@require_safe
def collection(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Everything that is asked, in order."""
    survey = found(request, id)
    return render(request, "surveys/questions.html", framed(request, survey, "questions"))
