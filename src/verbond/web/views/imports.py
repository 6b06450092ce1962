"""Data: bring files, see what was read and what was refused, undo."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from verbond.web.access import for_role
from verbond.web.contexts import frame
from verbond.web.store import reads
from verbond.web.store.models import Role

__all__ = ["collection"]


@for_role(Role.MEMBER)
def collection(request: HttpRequest) -> HttpResponse:
    """What was brought, and where to bring more."""
    context = frame(request, "data") | {"imports": list(reads.imports_of(request.organisation))}
    return render(request, "imports/collection.html", context)
