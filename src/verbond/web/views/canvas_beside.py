"""What lies beside a board: asked for again and again, worked out anew only where something changed."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import parse_etags
from django.views.decorators.http import require_safe

from verbond.results import Language, sentence
from verbond.web.access import public
from verbond.web.store import reads
from verbond.web.store.canvases import Canvas, Participant
from verbond.web.store.models import Role, Run
from verbond.web.workshop import beside as beside_board
from verbond.web.workshop.customers_said import image_of, known_of, quotes_told
from verbond.web.workshop.joining import member_of, taking_part
from verbond.web.workshop.quotes import quotes_of, state_of
from verbond.web.workshop.rooms import room_of

__all__ = ["beside"]

_MOST_KEPT = 200
"""Answers of some fifty kilobytes."""
_lock = threading.Lock()
_answers: OrderedDict[tuple[Any, ...], tuple[str, bytes]] = OrderedDict()
_bodies: OrderedDict[tuple[Any, ...], tuple[str, str]] = OrderedDict()


@public
@require_safe
def beside(request: HttpRequest, address: str) -> HttpResponse:
    """What bites, what lights up, whether a promise holds, and what customers said, for who asks."""
    canvas, who = taking_part(request, address)
    tag, body = _answer(request, canvas, who)
    brought = parse_etags(request.headers.get("If-None-Match", ""))
    if tag in (one.removeprefix("W/") for one in brought):  # on its way it may have been compressed
        answer = HttpResponse(status=304)
    else:
        answer = HttpResponse(body, content_type="application/json; charset=utf-8")
    answer["ETag"] = tag
    answer["Cache-Control"] = "private, no-cache"
    return answer


def _answer(request: HttpRequest, canvas: Canvas, who: Participant) -> tuple[str, bytes]:
    """The answer and its tag, kept until something changes; shared by all who see the same."""
    shows = bool(canvas.settings.get("figures"))
    run = reads.last_run(canvas.organisation) if shows else None
    hears = shows and _may_hear(request, canvas)
    words = state_of(canvas.organisation) if run is not None and hears else None
    link = _link(request, canvas) if shows else ""
    rest = (canvas.pk, request.language, shows, run.pk if run is not None else None, words, link)
    room = room_of(canvas)
    with room.lock:  # what she sees, and whether others see the same, at one moment
        eyes = who.code if room.board.private else ""
        waits = "image" in room.board.private
        asked = (*rest, eyes, room.renewed, len(room.board.events))
        if (known := _remembered(_answers, asked)) is not None:
            return known
        whole = room.whole(who.code)
    things = [one for one in whole["things"] if _is_looked_at(one)]
    seen = (*rest, waits, hashlib.sha256(repr([_matters(one) for one in things]).encode()).hexdigest())
    if (found := _remembered(_bodies, seen)) is None:
        found = _remember(
            _bodies, seen, _worked_out(canvas, things, run, request.language, link, shows, hears, waits)
        )
    tag, body = found
    return _remember(_answers, asked, (tag, f'{{"number":{whole["number"]},{body[1:]}'.encode()))


def _is_looked_at(one: dict[str, Any]) -> bool:
    return one["kind"] in beside_board.KINDS and (one["kind"] != "note" or bool(one["values"]["group"]))


def _matters(one: dict[str, Any]) -> Any:
    """What of a thing can change the answer: of a note no word."""
    told = one["values"]
    if one["kind"] == "note":
        return one["id"], told["field"], told["group"]
    return one["id"], one["version"], sorted(told.items())


def _worked_out(
    canvas: Canvas,
    things: list[dict[str, Any]],
    run: Run | None,
    language: Language,
    link: str,
    shows: bool,
    hears: bool,
    waits: bool,
) -> tuple[str, str]:
    told = beside_board.of(things, language, known_of(run))
    told["image"] = _image(canvas, run, language, link, hears) if shows else {"off": True}
    if waits and not {"off", "empty"} & set(told["image"]):  # whoever has read the figures repeats them
        told["image"] = {"empty": sentence("web_beside.image_waits", language)}
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"', body


def _remembered(kept: OrderedDict[Any, Any], key: Any) -> Any:
    with _lock:
        if key in kept:
            kept.move_to_end(key)
            return kept[key]
    return None


def _remember(kept: OrderedDict[Any, Any], key: Any, value: Any) -> Any:
    with _lock:
        kept[key] = value
        while len(kept) > _MOST_KEPT:
            kept.popitem(last=False)
    return value


def _image(canvas: Canvas, run: Run | None, language: Language, link: str, hears: bool) -> dict[str, Any]:
    told = image_of(run, language)
    if "empty" in told:
        told["link"] = link
    else:
        told["quotes"] = quotes_told(quotes_of(canvas.organisation), language) if hears else None
    return told


def _may_hear(request: HttpRequest, canvas: Canvas) -> bool:
    """Words that customers wrote are for members, as on every page; for guests where the canvas says so."""
    return bool(canvas.settings.get("words")) or member_of(request, canvas) is not None


def _link(request: HttpRequest, canvas: Canvas) -> str:
    """Where customers can be asked, for who may do that."""
    role = member_of(request, canvas)
    if role is None or role.rank < Role.FACILITATOR.rank:
        return ""
    return reverse("surveys", kwargs={"organisation": canvas.organisation.slug})
