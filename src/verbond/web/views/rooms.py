"""The pages of a diagnosis."""

from __future__ import annotations

from functools import lru_cache

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from markupsafe import Markup

from verbond.results import Language
from verbond.web.access import for_role
from verbond.web.contexts import frame
from verbond.web.diagnosing import diagnosis_of
from verbond.web.pages import PAGES
from verbond.web.pages.content import Filters
from verbond.web.store import reads
from verbond.web.store.models import Role, Run

__all__ = ["rendered", "room", "today"]


@for_role(Role.GUEST)
def today(request: HttpRequest) -> HttpResponse:
    """What changed, what to look at."""
    return _room(request, "today")


@for_role(Role.GUEST)
def room(request: HttpRequest, page: str) -> HttpResponse:
    """A page of a room."""
    if page not in PAGES or page == "today":
        raise Http404
    return _room(request, page)


def _room(request: HttpRequest, page: str) -> HttpResponse:
    run = reads.last_run(request.organisation)
    context = frame(request, page)
    if run is None:
        return render(request, "rooms/empty.html", context)
    context["content"] = rendered(run, page, request.language, Filters())
    context["run"] = run
    return render(request, "rooms/page.html", context)


def rendered(run: Run, page: str, language: Language, filters: Filters) -> Markup:
    """The inside of a page: the same for everybody, so it is made once."""
    return _made(str(run.pk), run.organisation_id, page, language, filters)


@lru_cache(maxsize=512)
def _made(run_id: str, organisation_id: int, page: str, language: Language, filters: Filters) -> Markup:
    run = Run(id=run_id, organisation_id=organisation_id)
    content = PAGES[page].content(diagnosis_of(run), language, filters, None)
    return Markup(render_to_string("rooms/content.html", {"content": content, "page": page}))
