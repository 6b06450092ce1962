"""The guide for whoever leads a relationship canvas, and the paper kit."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from verbond.canvas import Outcome
from verbond.canvas.examples import EXAMPLES, example
from verbond.errors import DataError
from verbond.method import AGENDAS, BUSINESS_MODEL, CANVAS_FIELDS, CONTRADICTION_GUIDE, MANNERS, RUNGS
from verbond.method.canvas import Agenda
from verbond.results import LANGUAGES, Language
from verbond.web.access import for_role
from verbond.web.contexts import frame
from verbond.web.store.models import Role

__all__ = ["PARTS", "contents", "invented", "paper_kit", "part"]

PARTS = ("agenda", "questions", "contradictions", "manners", "examples", "business-model")
"""The parts of the guide, in the order in which one reads them."""


@for_role(Role.FACILITATOR)
@require_safe
def contents(request: HttpRequest) -> HttpResponse:
    """What the guide holds, and the paper kit."""
    from verbond.reports.canvas.kit import PAPERS

    said = {"papers": PAPERS, "languages": LANGUAGES}
    return render(request, "canvas_guide/contents.html", _framed(request, "") | said)


@for_role(Role.FACILITATOR)
@require_safe
def paper_kit(request: HttpRequest) -> HttpResponse:
    """The kit for a workshop without screens: `paper` is a4 or a3, `language` en or nl."""
    from verbond.reports.canvas.kit import PAPERS, kit

    paper, language = request.GET.get("paper", "a4"), request.GET.get("language", request.language)
    if paper not in PAPERS or language not in LANGUAGES:
        raise Http404
    try:
        made = kit(language, paper, company=request.organisation.name)
    except DataError:  # a name in letters for which this machine has no type: a line to write it on
        made = kit(language, paper)
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="canvas-{paper}-{language}.pdf"'
    return answer


@for_role(Role.FACILITATOR)
@require_safe
def part(request: HttpRequest, part: str) -> HttpResponse:
    """A part of the guide."""
    if part not in PARTS:
        raise Http404
    said: dict[str, Any] = {
        "agendas": [(one, _clocks(one)) for one in AGENDAS.values()],
        "fields": CANVAS_FIELDS.values(),
        "guide": CONTRADICTION_GUIDE,
        "manners": MANNERS,
        "examples": [(name, example(name, request.language)) for name in EXAMPLES],
        "both": BUSINESS_MODEL,
    }
    template = f"canvas_guide/{part.replace('-', '_')}.html"
    return render(request, template, _framed(request, part) | said)


@for_role(Role.FACILITATOR)
@require_safe
def invented(request: HttpRequest, name: str) -> HttpResponse:
    """An example of an invented organisation, as a canvas."""
    if name not in EXAMPLES:
        raise Http404
    made = example(name, request.language)
    said = {
        "name": name,
        "made": made,
        "resolutions": [
            (one, made.value(one.one), made.value(one.other), why)
            for one, why in zip(made.resolutions, _whys(name, request.language), strict=True)
        ],
        "rungs": {rung.id: rung.name for rung in RUNGS},
        "following": EXAMPLES[(EXAMPLES.index(name) + 1) % len(EXAMPLES)],
    }
    return render(request, "canvas_guide/example.html", _framed(request, "examples") | said)


def _framed(request: HttpRequest, here: str) -> dict[str, Any]:
    return frame(request, "canvas") | {"parts": PARTS, "here_part": here}


def _clocks(agenda: Agenda) -> list[str]:
    """When each block begins, from 0:00; nothing in a week in which there is no clock."""
    if any(block.day for block in agenda.blocks):
        return ["" for _ in agenda.blocks]
    begun = [sum(block.minutes for block in agenda.blocks[:n]) for n in range(len(agenda.blocks))]
    return [f"{at // 60}:{at % 60:02}" for at in begun]


@cache
def _whys(name: str, language: Language) -> list[str]:
    """What the circle of values says of each contradiction of an example."""
    return [_why(example(name, language), one.one, one.other) for one in example(name, language).resolutions]


def _why(made: Outcome, one: str, other: str) -> str:
    pair = [value for id in (one, other) if (value := made.value(id)) is not None]
    places = {value.name: [value.place] for value in pair}
    from verbond.values import check_values

    judged = check_values(list(places), confirmed=places).pairs[0]
    language: Language = "nl" if made.language == "nl" else "en"
    return " ".join(reason.sentence(language) for reason in judged.reasons)
