"""A survey while it runs and after: how far it is, and its answers out."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from verbond.listen.export import FORMS, export_answers
from verbond.plots import Bar, draw_interval_bars
from verbond.results import Language, sentence
from verbond.web.access import for_role
from verbond.web.listening.exporting import exported, may_export
from verbond.web.listening.flowing import in_steps
from verbond.web.listening.monitor import Standing, standing_of
from verbond.web.store.acts import note
from verbond.web.store.models import Role, Survey
from verbond.web.views.surveys import found, framed

__all__ = ["answers", "one"]

_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "sav": "application/x-spss-sav",
    "parquet": "application/vnd.apache.parquet",
    "json": "application/json; charset=utf-8",
}


@for_role(Role.FACILITATOR)
@require_safe
def one(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """How far a survey is; the page asks for its inside again while answers come."""
    survey = found(request, id)
    if survey.state == Survey.State.DRAFT:
        return redirect("survey_questions", organisation=request.organisation.slug, id=survey.pk)
    return _page(request, survey)


def _page(request: HttpRequest, survey: Survey, *, refused: bool = False) -> HttpResponse:
    stands = standing_of(survey, request.language)
    state = hashlib.sha256(repr((survey.state, stands)).encode()).hexdigest()[:16]
    swapped = bool(request.headers.get("HX-Request")) and not refused
    if swapped and request.GET.get("state") == state:
        return HttpResponse(status=204)  # nothing changed: nothing is swapped, and nothing is said
    context = framed(request, survey, "monitor") | {
        "stands": stands,
        "state": state,
        "swapped": swapped,
        "in_steps": in_steps(survey),
        "scores": _scores(stands, request.language),
        "groups": _groups(stands, request.language),
        "forms": FORMS if may_export(survey) else (),
        "refused": refused,
        "link": request.build_absolute_uri(f"/q/{survey.address}/"),
    }
    template = "monitor/standing.html" if swapped else "monitor/monitor.html"
    return render(request, template, context, status=409 if refused else 200)


def _scores(stands: Standing, language: Language) -> str:
    """A picture of the first scores; "" where there are none."""
    bars = [
        Bar(
            each.name,
            each.mean.value,
            each.mean.ci_lower,
            each.mean.ci_upper,
            note=sentence("web_monitor.n_answers", language, n=each.mean.n_obs),
        )
        for each in stands.scores
    ]
    return _picture(bars, "scores", "score", language)


def _groups(stands: Standing, language: Language) -> list[dict[str, Any]]:
    """The divisions, each with a picture of the part that answered."""
    told = []
    for k, division in enumerate(stands.divisions):
        rows = [row for row in division.rows if row.rate is not None]
        bars = [Bar(row.name, row.rate.value, row.rate.ci_lower, row.rate.ci_upper) for row in rows]  # type: ignore[union-attr]
        told.append({"of": division, "picture": _picture(bars, f"division-{k}", "share", language)})
    return told


def _picture(bars: list[Bar], identity: str, scale: Any, language: Language) -> str:
    if not bars:
        return ""
    title = sentence(f"web_monitor.picture_{scale}", language)
    return "".join(
        f'<div class="monitor__{layout}">'
        + draw_interval_bars(
            bars, title=title, scale=scale, language=language, layout=layout, identity=f"{identity}-{layout}"
        )
        + "</div>"
        for layout in ("wide", "tall")
    )


@for_role(Role.ANALYST)
@require_safe
def answers(request: HttpRequest, id: uuid.UUID, form: str) -> HttpResponse:
    """What was answered, a row a sheet, in an order by lot; who took it is written down."""
    survey = found(request, id)
    if form not in FORMS:
        raise Http404
    if not may_export(survey):
        return _page(request, survey, refused=True)
    rows = exported(survey)
    asked = framed(request, survey, "monitor")["asked"]
    content = export_answers(asked, rows, form, request.language, company=survey.company)  # type: ignore[arg-type]
    note(request, "answers_taken", survey.name, survey=str(survey.pk), form=form, n=len(rows))
    answer = HttpResponse(content, content_type=_TYPES[form])
    name = slugify(survey.name)[:60] or "answers"
    answer["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    return answer
