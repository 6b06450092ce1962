"""The pages of a diagnosis."""

from __future__ import annotations

from functools import lru_cache

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from verbond.results import Language
from verbond.web import looking
from verbond.web.access import for_role
from verbond.web.contexts import frame
from verbond.web.diagnosing import diagnosis_of
from verbond.web.packing import Inside, render_around
from verbond.web.pages import PAGES
from verbond.web.pages.content import Filters
from verbond.web.steps.looking import due_of
from verbond.web.steps.taking import planned_of
from verbond.web.store import reads
from verbond.web.store.audit import note_view
from verbond.web.store.models import Role, Run

__all__ = ["address_of", "rendered", "room", "today"]

N_KEPT = 256
"""Insides of pages kept in memory; the largest is some 200 kB."""


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


def address_of(slug: str, page: str) -> str:
    """Where a page stands."""
    if page == "today":
        return reverse("today", kwargs={"organisation": slug})
    return reverse("room", kwargs={"organisation": slug, "page": page})


def _room(request: HttpRequest, page: str) -> HttpResponse:
    run, older = looking.run_asked_for(request, request.organisation)
    context = frame(request, page)
    if run is None:
        return render(request, "rooms/empty.html", context)
    note_view(request, page)
    filters = looking.filters_of(request.GET) if PAGES[page].filtered else Filters()
    bar = looking.bar_of(run, request.language) if PAGES[page].filtered else None
    address = address_of(request.organisation.slug, page)
    inside = rendered(run, page, request.language, filters)
    context |= {
        "run": run,
        "older": older,
        "filters": filters,
        "bar": bar,
        "shown": looking.shown(filters, bar, request.language) if bar is not None else "",
        "address": address,
        "address_of_all": address + looking.query_of(Filters(), run if older else None),
        "query": looking.query_of(filters, run if older else None),
    }
    context["due"] = due_of(request.organisation) if page in ("today", "plan") else 0
    context["planned"] = (
        planned_of(request.organisation, diagnosis_of(run), request.language) if page == "plan" else []
    )
    answer = render_around(request, "rooms/page.html", context, inside)
    if request.headers.get("HX-Request"):
        answer["HX-Push-Url"] = address + context["query"]
    return answer


def rendered(run: Run, page: str, language: Language, filters: Filters, *, redacted: bool = False) -> Inside:
    """The inside of a page: the same for everybody, so it is made once and kept in memory.

    Parameters
    ----------
    run : Run
    page : str
    language : {"en", "nl"}
    filters : Filters
    redacted : bool
        Without what people wrote in words of their own, for readers from outside.
    """
    before = reads.run_before(run.organisation_id, run.created_at) if page == "today" else None
    return _made(
        str(run.pk), str(before.pk) if before is not None else "", run.organisation_id, page, language,
        filters, redacted,
    )  # fmt: skip


@lru_cache(maxsize=N_KEPT)
def _made(
    run_id: str, before_id: str, organisation_id: int, page: str, language: Language, filters: Filters,
    redacted: bool,
) -> Inside:  # fmt: skip
    diagnosis = diagnosis_of(Run(id=run_id, organisation_id=organisation_id))
    before = diagnosis_of(Run(id=before_id, organisation_id=organisation_id)) if before_id else None
    if redacted:
        from verbond.web.pages.redaction import without_free_text

        diagnosis = without_free_text(diagnosis)
        before = without_free_text(before) if before is not None else None
    content = PAGES[page].content(diagnosis, language, filters, before)
    return Inside.of(render_to_string(PAGES[page].template, {"content": content, "page": page}))
