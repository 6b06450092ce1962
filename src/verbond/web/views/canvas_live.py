"""The live board: its page, what is done on it, what its pages hear."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from markupsafe import Markup

from verbond.canvas import FIELDS, Event, Operation, Refusal, Sight
from verbond.method import AGENDAS, RUNGS, canvas_help
from verbond.results.wording import entries
from verbond.web.access import public
from verbond.web.assets import asset_url
from verbond.web.listening.posters import drawn_code, short
from verbond.web.store.canvases import Canvas, Participant
from verbond.web.store.models import Role
from verbond.web.workshop.joining import member_of, taking_part
from verbond.web.workshop.rooms import Closed, TooMuch, room_of

__all__ = ["board", "events", "hidden", "operations", "signals"]

PARTS = (
    "line",
    "slots",
    "panels",
    "choices",
    "notes",
    "table",
    "say",
    "drag",
    "values",
    "decide",
    "heard",
    "promise",
    "phases",
    "timer",
    "people",
    "lead",
    "menu",
)
"""Scripts of the board: `canvas-PART.js`."""
MOST_AT_ONCE = 100


def board(request: HttpRequest, canvas: Canvas, who: Participant) -> HttpResponse:
    """The page on which a participant works."""
    room = room_of(canvas)
    with room.lock:
        whole, people = room.whole(who.code), room.people()
    known = entries(request.language)
    words = {key.split(".", 1)[1]: text for key, text in known.items() if key.startswith("web_canvas")}
    opening = {
        "address": f"/c/{canvas.address}/",
        "me": {"code": who.code, "name": who.name, "leads": who.leads},
        "whole": whole,
        "people": people,
        "language": request.language,
        "words": words,
        "csrf": get_token(request),
        "now": time.time(),
        "help": {field: asdict(canvas_help(field, request.language)) for field in FIELDS},
        "links": _links(request, canvas),
        "rungs": [{"id": rung.id, "name": rung.name.say(request.language)} for rung in RUNGS],
        "agendas": _agendas(request.language) if who.leads else [],
        "modules": {part: asset_url(f"canvas-{part}.js") for part in PARTS},
    }
    if "present" in request.GET:
        link = request.build_absolute_uri(f"/c/{canvas.address}/")
        opening["door"] = {"code": drawn_code(link), "said": short(link)}
    scripts = opening["modules"].values()
    context = {"canvas": canvas, "who": who, "fields": FIELDS, "opening": _data(opening), "scripts": scripts}
    return render(request, "canvas/board.html", context)


def _links(request: HttpRequest, canvas: Canvas) -> dict[str, str]:
    """Where else this person may go."""
    role = member_of(request, canvas)
    if role is None:
        return {}
    links = {"guide": reverse("canvas_guide", args=[canvas.organisation.slug])}
    if role.rank >= Role.FACILITATOR.rank:
        links["manage"] = reverse("canvas", args=[canvas.organisation.slug, canvas.pk])
    return links


def _agendas(language: str) -> list[dict[str, Any]]:
    """Agendas to start from."""
    return [
        {
            "name": agenda.name.say(language),
            "items": [{"phase": phase, "minutes": minutes} for phase, minutes in agenda.phases],
        }
        for agenda in AGENDAS.values()
    ]


def _data(value: Any) -> Markup:
    """JSON that may stand in a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


@public
@require_POST
def operations(request: HttpRequest, address: str) -> HttpResponse:
    """Take what somebody did; each is answered with its number, or why not."""
    canvas, who = taking_part(request, address)
    wishes = _wishes(request, who)
    if wishes is None:
        return JsonResponse({"error": "this is no list of operations"}, status=400)
    room = room_of(canvas)
    try:
        room.spend(who, len(wishes))
        became = room.take(who, wishes)
    except Closed:
        return _later()
    except TooMuch:
        return _later(429)
    return JsonResponse({"answers": [_answer(one) for one in became]})


def _answer(became: Event | Refusal) -> dict[str, Any]:
    if isinstance(became, Event):
        return {"key": became.key, "number": became.number}
    return {"key": became.key, "refused": became.code}


def _wishes(request: HttpRequest, who: Participant) -> list[Operation] | None:
    try:
        given = json.loads(request.body)["operations"]
        return [_wish(one, who) for one in given] if len(given) <= MOST_AT_ONCE else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _wish(one: dict[str, Any], who: Participant) -> Operation:
    words = {name: one.get(name, "") for name in ("key", "act", "id", "kind")}
    values = one.get("values", {})
    if not all(isinstance(word, str) for word in words.values()) or not isinstance(values, dict):
        raise TypeError
    seen = tuple(name for name in ("private", "anonymous") if name in one.get("seen", ()))
    return Operation(**words, by=who.code, values=values, leads=who.leads, seen=seen)


@public
@require_POST
def signals(request: HttpRequest, address: str) -> HttpResponse:
    """Tell the others what is not kept."""
    canvas, who = taking_part(request, address)
    try:
        said = json.loads(request.body)
        fits = room_of(canvas).signal(who, said["signal"], said["value"])
    except TooMuch:
        return _later(429)
    except (ValueError, KeyError, TypeError, RecursionError):
        fits = False
    if not fits:
        return JsonResponse({"error": "this is no signal"}, status=400)
    return HttpResponse(status=204)


def _later(status: int = 503) -> HttpResponse:
    return HttpResponse(status=status, headers={"Retry-After": "2"})


@public
@require_safe
def events(request: HttpRequest, address: str) -> HttpResponse:
    """What happens, as it happens; who comes back says the last number that she heard."""
    canvas, who = taking_part(request, address)
    said = request.headers.get("Last-Event-ID") or request.GET.get("since", "0")
    request.META.pop("HTTP_ACCEPT_ENCODING", None)  # packed, it would stay in the packer until it is full
    room = room_of(canvas)
    number = int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
    try:
        ear = room.listen(who, number)
    except Closed:
        return _later()
    answer = StreamingHttpResponse(ear.stream(), content_type="text/event-stream")
    answer["X-Accel-Buffering"] = "no"
    answer.leaves = lambda: room.leave(ear)  # type: ignore[attr-defined]
    return answer


@public
@require_safe
def hidden(request: HttpRequest, address: str) -> HttpResponse:
    """What facilitators took out of sight, for who leads: without whose it is."""
    canvas, who = taking_part(request, address)
    if not who.leads:
        raise Http404
    room = room_of(canvas)
    with room.lock:
        notes = Sight(room.board, who.code).hidden()
    answer = JsonResponse({"notes": notes})
    answer["Cache-Control"] = "no-store"
    return answer
