"""The doors of a canvas: joining it, leaving it, contributing beforehand; the code for the room and the wall.

Who has the address may join while the canvas is open. What somebody writes beforehand goes the same way as
what is done on the board; the forms need no script.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from markupsafe import Markup

from verbond.canvas import Board, Event, Operation, Thing, between
from verbond.method import canvas_help
from verbond.results import LANGUAGES, Language, sentence
from verbond.web.access import for_role, public
from verbond.web.forms import posted, worded
from verbond.web.listening.posters import PAPERS, Side, drawn_code, poster, short
from verbond.web.people.limits import address_of, spend
from verbond.web.store import workshops
from verbond.web.store.canvases import Canvas, Participant
from verbond.web.store.models import Role
from verbond.web.templating import spoken
from verbond.web.views import canvas_live
from verbond.web.views.canvas_outcomes import shown
from verbond.web.views.canvases import found
from verbond.web.workshop import joining
from verbond.web.workshop.rooms import Closed, room_of

__all__ = ["beforehand", "departure", "door", "screen", "sheet"]

BEFOREHAND = ("identity", "image")
"""What can be answered before people have met."""
_STATUS = {"closed": 410, "full": 409, "out": 404}


class JoinForm(forms.Form):
    """Who one is on a canvas."""

    name = forms.CharField(max_length=60, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    department = forms.CharField(max_length=120, required=False)

    def __init__(self, data: Any = None, *, departments: list[str], name: str = "") -> None:
        super().__init__(data, initial={"name": name})
        if departments:
            choices = [("", _word("department_none")), *((one, one) for one in departments)]
            self.fields["department"] = forms.ChoiceField(choices=choices, required=False)
        worded(self, "join", "web_workshop")


@dataclass(frozen=True, slots=True)
class Part:
    """A field that is asked beforehand, as one person sees it.

    Attributes
    ----------
    field : str
    notes : list of Thing
        Her own.
    is_locked, is_private, is_anonymous : bool
    wrong, said : str
        What is wrong with what she wrote, and what she wrote; on which note, in `at`.
    at : str
    """

    field: str
    notes: list[Thing]
    is_locked: bool
    is_private: bool
    is_anonymous: bool
    wrong: str = ""
    said: str = ""
    at: str = ""

    @property
    def key(self) -> str:
        """A new key: a form that is sent twice counts once."""
        return uuid.uuid4().hex


@public
@require_http_methods(["GET", "HEAD", "POST"])
def door(request: HttpRequest, address: str) -> HttpResponse:
    """The board for who takes part, else the page to join; of a closed canvas what came out."""
    if address != address.lower():  # as a phone begins what one types
        return redirect("canvas_door", address=address.lower())
    canvas, who = joining.who_comes(request, address)
    if canvas.state != Canvas.State.OPEN:
        return _closed(request, canvas, "closed", knows=who is not None)
    if who is not None and request.method != "POST":
        return canvas_live.board(request, canvas, who)
    if who is None and joining.is_shown_out(request, canvas):
        return _closed(request, canvas, "out")
    if who is not None:
        return redirect("canvas_door", address=canvas.address)
    return _join(request, canvas)


def _join(request: HttpRequest, canvas: Canvas) -> HttpResponse:
    role = joining.member_of(request, canvas)
    user = request.user if role is not None else None
    if not joining.may_join(canvas) and (role is None or role.rank < Role.FACILITATOR.rank):
        return _closed(request, canvas, "closed")
    departments = canvas.settings.get("departments", [])
    form = JoinForm(posted(request), departments=departments, name=user.name if user else "")
    ahead = (request.POST.get("to") or request.GET.get("to")) == "beforehand"
    if form.is_bound:
        spend(joining.JOINING, f"{address_of(request)} {canvas.pk}")
    if not form.is_bound or not form.is_valid():
        context = _context(canvas, form=form, ahead=ahead, left="left" in request.GET)
        return render(request, "canvas/join.html", context, status=422 if form.is_bound else 200)
    try:
        _, token = joining.join(canvas, form.cleaned_data["name"], form.cleaned_data["department"], user)
    except joining.NotIn as refused:
        return _closed(request, canvas, refused.code)
    room_of(canvas).tell_people()
    answer = redirect("canvas_beforehand" if ahead else "canvas_door", address=canvas.address)
    answer.status_code = 303
    if token:
        joining.give_cookie(answer, canvas, token)
    return answer


def _closed(request: HttpRequest, canvas: Canvas, code: str, *, knows: bool = False) -> HttpResponse:
    """Why there is nothing to do here; who took part, and every member, sees what came out."""
    member = joining.member_of(request, canvas)
    edition = workshops.edition_of(canvas) if code == "closed" and (knows or member is not None) else None
    open_still = canvas.state == Canvas.State.OPEN
    context = _context(
        canvas,
        code="not_joining" if code == "closed" and open_still else code,
        shown=edition is not None,
        **(shown(edition) if edition is not None else {}),
    )
    status = 200 if edition is not None else _STATUS.get(code, 410)
    return render(request, "canvas/closed.html", context, status=status)


@public
@require_POST
def departure(request: HttpRequest, address: str) -> HttpResponse:
    """Leave: this browser is nobody here any more; what one wrote stays."""
    canvas, who = joining.who_comes(request, address)
    if who is None:
        raise Http404
    if who.user_id is None:
        Participant.objects.filter(pk=who.pk).update(token_hash="")
    if canvas.state == Canvas.State.OPEN:
        room_of(canvas).put_out(who.code)
    answer = redirect(f"{reverse('canvas_door', kwargs={'address': canvas.address})}?left")
    joining.forget_cookie(answer, canvas)
    return answer


# beforehand


@public
@require_http_methods(["GET", "HEAD", "POST"])
def beforehand(request: HttpRequest, address: str) -> HttpResponse:
    """One's own notes on who we are and how customers see us: to write, change and take away."""
    canvas, who = joining.who_comes(request, address)
    if who is None or canvas.state != Canvas.State.OPEN:
        return redirect(f"{reverse('canvas_door', kwargs={'address': canvas.address})}?to=beforehand")
    room = room_of(canvas)
    with room.lock:
        is_over = _is_over(canvas, room.board)
        parts = [_part(room.board, who, field) for field in BEFOREHAND]
    status = 200
    if request.method == "POST":
        if is_over:
            status = 409
        else:
            try:
                field, wrong = _written(request, canvas, who)
            except Closed:
                return redirect("canvas_door", address=canvas.address)
            if not wrong:
                here = reverse("canvas_beforehand", kwargs={"address": canvas.address})
                return redirect(f"{here}?kept={field}#{field}")
            with room.lock:
                parts = [_part(room.board, who, one) for one in BEFOREHAND]
            status, parts = 422, [_with_wrong(one, field, wrong, request.POST) for one in parts]
    context = _context(
        canvas, who=who, parts=parts, is_over=is_over, last_day=canvas.settings.get("last_day", ""),
        kept=request.GET.get("kept", ""), helps={field: canvas_help(field, spoken()) for field in BEFOREHAND},
    )  # fmt: skip
    return render(request, "canvas/beforehand.html", context, status=status)


def _is_over(canvas: Canvas, board: Board) -> bool:
    """Whether the day is past, and the workshop has not begun, in which these forms serve as well."""
    day = canvas.settings.get("last_day", "")
    return bool(day) and day < timezone.localdate().isoformat() and board.phase == "invite"


def _part(board: Board, who: Participant, field: str) -> Part:
    mine = [one for one in board.lying() if one.kind == "note" and one.field == field and one.by == who.code]
    return Part(
        field,
        [one for one in mine if not one.values.get("hidden")],
        is_locked=field in board.locked and not who.leads,
        is_private=field in board.private,
        is_anonymous=field in board.anonymous,
    )


def _with_wrong(part: Part, field: str, wrong: str, given: Any) -> Part:
    said = given.get(f"text-{part.field}", "")
    if part.field != field:  # what was pressed first is not yet taken, or it was what is wrong
        return replace(part, said=said) if field == given.get("field") else part
    return replace(part, wrong=wrong, said=given.get("text", said), at=given.get("id", ""))


def _written(request: HttpRequest, canvas: Canvas, who: Participant) -> tuple[str, str]:
    """Do what a form asks; the field, and what was wrong or ""."""
    given = request.POST
    field, act = given.get("field", ""), given.get("act", "")
    if field not in BEFOREHAND or act not in ("add", "set", "remove"):
        raise Http404
    if act != "add":
        return field, _taken(canvas, who, act, given, field)
    # one form holds both fields: whoever saves the one does not lose what she wrote in the other
    full = [one for one in BEFOREHAND if _words(given, "text", one)] or [field]
    for one in sorted(full, key=lambda one: one != field):
        if wrong := _taken(canvas, who, act, given, one):
            return one, wrong
    return field, ""


def _words(given: Any, name: str, field: str) -> str:
    said = given.get(f"{name}-{field}", "") or (given.get(name, "") if given.get("field") == field else "")
    return " ".join(said.split())


def _taken(canvas: Canvas, who: Participant, act: str, given: Any, field: str) -> str:
    """Do one thing in one field; what was wrong, or ""."""
    text, source = (_words(given, name, field) for name in ("text", "source"))
    if act != "remove" and not text:
        return sentence("web_workshop.note_empty", spoken())
    if len(text) > 600 or len(source) > 200:
        return sentence("web_workshop.note_long", spoken())
    words = {"text": text, **({"source": source} if field == "image" else {})}
    room = room_of(canvas)
    with room.lock:
        wish = _wish(room.board, who, act, given, field, words)
        became = room.take(who, [wish])[0] if wish is not None else None
    if isinstance(became, Event):
        return ""
    return sentence(f"web_canvas.refused_{became.code if became is not None else 'unknown'}", spoken())


def _wish(
    board: Board, who: Participant, act: str, given: Any, field: str, words: dict[str, str]
) -> Operation | None:
    """The operation; None where it means a note that is not hers."""
    # sent twice it counts once; changed after the back button it is something new
    said = blake2b(json.dumps([act, field, words]).encode(), digest_size=12).hexdigest()
    key, id = f"{given.get('key', '')[:36]}-{said}", given.get("id", "")[:64]
    common: dict[str, Any] = {"by": who.code, "leads": who.leads}
    if act != "remove":
        common["seen"] = tuple(given.get("seen", "").split())
    if act == "add":
        # after her own alone: after all that lie there, it would say after whom she wrote
        there = (one for one in board.lying() if one.field == field and one.by == who.code)
        last = max((one.values["order"] for one in there if "order" in one.values), default=None)
        department = "" if field in board.anonymous else who.department
        values = {"field": field, "department": department, "order": between(last), **words}
        return Operation(key, act="add", id=f"b{key}"[:64], kind="note", values=values, **common)
    thing = board.things.get(id)
    if thing is None or thing.by != who.code or thing.kind != "note" or thing.field != field:
        return None
    return Operation(key, act=act, id=id, values=words if act == "set" else {}, **common)  # type: ignore[arg-type]


# the room and the wall


@for_role(Role.FACILITATOR)
@require_safe
def screen(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """The code as large as the screen, for everybody in the room."""
    canvas = found(request, id)
    if canvas.state != Canvas.State.OPEN:
        raise Http404
    link = request.build_absolute_uri(f"/c/{canvas.address}/")
    context = {"canvas": canvas, "code": Markup(drawn_code(link)), "said": short(link)}
    return render(request, "canvases/screen.html", context)


@for_role(Role.FACILITATOR)
@require_safe
def sheet(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """A sheet for the wall: `paper` is a4 or a3, `language` a language or "both"."""
    canvas = found(request, id)
    paper, wanted = request.GET.get("paper", "a4"), request.GET.get("language", spoken())
    if paper not in PAPERS or wanted not in (*LANGUAGES, "both"):
        raise Http404
    first = spoken() if wanted == "both" else wanted
    languages = [first, *(code for code in LANGUAGES if code != first and wanted == "both")]
    link = request.build_absolute_uri(f"/c/{canvas.address}/")
    made = poster(canvas.company, [_side(canvas, code) for code in languages], link, paper)
    answer = HttpResponse(made, content_type="application/pdf")
    name = slugify(f"{canvas.company} canvas {paper} {wanted}")[:80]
    answer["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return answer


def _side(canvas: Canvas, language: Language) -> Side:
    said = {
        name: sentence(f"web_workshop.sheet_{name}", language, company=canvas.company)
        for name in ("question", "about", "mode")
    }
    return Side(language, **said)


def _context(canvas: Canvas, **more: Any) -> dict[str, Any]:
    return {"canvas": canvas, "company": canvas.company} | more


def _word(key: str) -> str:
    return sentence(f"web_workshop.{key}", spoken())
