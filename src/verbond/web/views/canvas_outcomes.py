"""What came out of a canvas: versions to read, to compare, to take along."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from verbond.canvas import FIELDS, Outcome, compare
from verbond.method import CIRCLE, RUNGS
from verbond.plots import draw_canvas
from verbond.results.wording import format_value
from verbond.web.access import for_role, may
from verbond.web.expressions.promising import newest
from verbond.web.store import workshops
from verbond.web.store.acts import note
from verbond.web.store.canvases import Canvas, Edition
from verbond.web.store.models import Role
from verbond.web.templating import spoken
from verbond.web.views.canvases import found, framed
from verbond.web.workshop import closing

if TYPE_CHECKING:
    from verbond.reports.canvas.files import Form

__all__ = ["FORMS", "comparison", "edition", "editions", "file", "shown"]

FORMS: tuple[Form, ...] = ("pdf", "wall.pdf", "pptx", "png", "svg", "md", "json")
"""Of a file, in the order in which one wants them; who asks for a page does not wait for what makes them."""


def shown(edition: Edition) -> dict[str, Any]:
    """What the summary of an edition needs."""
    outcome = Outcome.from_json(edition.outcome)
    return {
        "outcome": outcome,
        "drawn": draw_canvas(outcome, spoken()),
        "made_at": edition.made_at.date(),
        "number": edition.number,
        "places": {one.id: one.name for one in CIRCLE},
        "rungs": {one.id: one.name for one in RUNGS},
        "days": {one.id: _day(one.when) for one in outcome.steps},
        "notes": [(field, outcome.in_field(field)) for field in FIELDS if outcome.in_field(field)],
        "decided": [(one, outcome.value(one.one), outcome.value(one.other)) for one in outcome.resolutions],
    }


def _day(when: str) -> str:
    """A day as one writes it; words stay as they are."""
    try:
        return format_value(dt.date.fromisoformat(when), "date", spoken())
    except ValueError:
        return when


@for_role(Role.MEMBER)
def editions(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """The newest version, and a list of all; a POST keeps one now."""
    canvas = found(request, id)
    if request.method == "POST":
        if not may(request, Role.FACILITATOR) or canvas.state != Canvas.State.OPEN:
            raise Http404
        made = closing.keep_edition(canvas, request.user)
        note(request, "canvas_edition", canvas.name, canvas=str(canvas.pk), edition=made.number)
        return redirect(
            "canvas_edition", organisation=request.organisation.slug, id=canvas.pk, number=made.number
        )
    return _page(request, canvas, workshops.edition_of(canvas))


@for_role(Role.MEMBER)
@require_safe
def edition(request: HttpRequest, id: uuid.UUID, number: int) -> HttpResponse:
    """One version, to read."""
    canvas = found(request, id)
    one = workshops.edition_of(canvas, number)
    if one is None:
        raise Http404
    return _page(request, canvas, one)


def _page(request: HttpRequest, canvas: Canvas, one: Edition | None) -> HttpResponse:
    known = list(workshops.editions_of(canvas))
    context = framed(
        request, canvas, "editions", editions=known, edition=one, forms=FORMS,
        kept_promise=newest(request.organisation),
        others=[other for other in _comparable(request, canvas) if one is not None and other.pk != one.pk],
        **(shown(one) if one is not None else {}),
    )  # fmt: skip
    return render(request, "canvases/edition.html", context)


def _comparable(request: HttpRequest, canvas: Canvas) -> list[Edition]:
    """All versions that this organisation kept, those of this canvas first."""
    kept = workshops.kept_editions(request.organisation)[:200]
    return sorted(kept, key=lambda one: one.canvas_id != canvas.pk)


@for_role(Role.MEMBER)
@require_safe
def comparison(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """What changed between a version of this canvas and another, of any canvas; the older goes first."""
    canvas = found(request, id)
    one = workshops.edition_of(canvas, _number(request.GET.get("edition", "")))
    known = {str(other.pk): other for other in _comparable(request, canvas)}
    other = known.get(request.GET.get("with", ""))
    if one is None or other is None or one.pk == other.pk:
        raise Http404
    before, after = sorted((one, other), key=lambda edition: (edition.made_at, edition.pk))
    found_changes = compare(Outcome.from_json(before.outcome), Outcome.from_json(after.outcome))
    context = framed(
        request,
        canvas,
        "editions",
        edition=one,
        before=before,
        after=after,
        sections=found_changes.sections(spoken()),
    )
    return render(request, "canvases/comparison.html", context)


@for_role(Role.MEMBER)
@require_safe
def file(request: HttpRequest, id: uuid.UUID, form: str) -> HttpResponse:
    """A version as a file: `edition` is its number, else the newest; for facilitators also "now"."""
    from verbond.reports.canvas.files import FORMS as KINDS
    from verbond.reports.canvas.files import canvas_file

    canvas = found(request, id)
    if form not in FORMS:
        raise Http404
    outcome, number = _asked_for(request, canvas)
    answer = HttpResponse(canvas_file(outcome, form, spoken()), content_type=KINDS[form])
    name = slugify(f"{canvas.company} {canvas.name} {number}")[:80] or "canvas"
    answer["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    note(request, "canvas_taken", canvas.name, canvas=str(canvas.pk), form=form, edition=number)
    return answer


def _number(asked: str) -> int | None:
    """A version that an address names; None for the newest.

    Raises
    ------
    Http404
        If it is no number.
    """
    if asked and not (asked.isascii() and asked.isdigit() and len(asked) < 7):
        raise Http404
    return int(asked) if asked else None


def _asked_for(request: HttpRequest, canvas: Canvas) -> tuple[Outcome, str]:
    """The outcome that an address names, and what it is called."""
    asked = request.GET.get("edition", "")
    if asked == "now":
        if not may(request, Role.FACILITATOR) or canvas.state != Canvas.State.OPEN:
            raise Http404
        return closing.outcome_now(canvas), "now"
    one = workshops.edition_of(canvas, _number(asked))
    if one is None:
        raise Http404
    return Outcome.from_json(one.outcome), str(one.number)
