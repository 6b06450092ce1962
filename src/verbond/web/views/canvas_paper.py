"""What lay on a table, typed over: looked at first, then laid on the canvas."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from verbond.canvas import Outcome
from verbond.errors import DataError
from verbond.results import sentence
from verbond.web.access import for_role
from verbond.web.forms import posted
from verbond.web.store.acts import note
from verbond.web.store.canvases import Canvas, Edition
from verbond.web.store.models import Role
from verbond.web.views.canvas_outcomes import shown
from verbond.web.views.canvases import found, framed
from verbond.web.workshop.joining import NotIn
from verbond.web.workshop.paper import bites, lay, lies_there
from verbond.web.workshop.paper_form import PaperForm

__all__ = ["one"]


@for_role(Role.FACILITATOR)
def one(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """The form; a POST shows what it comes to, and with `go=lay` lays it down."""
    canvas = found(request, id)
    if canvas.state != Canvas.State.OPEN:
        raise Http404
    form = PaperForm(posted(request))
    context: dict[str, Any] = {"form": form, "n_there": lies_there(canvas)}
    if not form.is_bound or not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(
            request, "canvases/paper.html", framed(request, canvas, "paper", **context), status=status
        )
    heads = {"company": canvas.company, "name": canvas.name, "language": request.language}
    outcome = Outcome.from_json(form.outcome_data(**heads, made_at=timezone.localdate().isoformat()))
    if request.POST.get("go") == "lay":
        try:
            return _laid(request, canvas, outcome)
        except DataError:
            form.add_error(None, sentence("web_paper.wrong_full", request.language))
            return _page(request, canvas, context, 422)
    edition = Edition(canvas=canvas, outcome=outcome.to_json(), number=0, made_at=timezone.now())
    context |= shown(edition) | {"is_preview": True, "bites": bites(outcome)}
    return _page(request, canvas, context)


def _laid(request: HttpRequest, canvas: Canvas, outcome: Outcome) -> HttpResponse:
    try:
        made = lay(canvas, request.user, outcome)
    except NotIn:
        raise Http404 from None
    note(request, "canvas_paper", canvas.name, canvas=str(canvas.pk), edition=made.number)
    return redirect(
        "canvas_edition", organisation=request.organisation.slug, id=canvas.pk, number=made.number
    )


def _page(request: HttpRequest, canvas: Canvas, context: dict[str, Any], status: int = 200) -> HttpResponse:
    page = framed(request, canvas, "paper", **context)
    return render(request, "canvases/paper.html", page, status=status)
