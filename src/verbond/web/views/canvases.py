"""Canvases: all of them, a new one, its door and who takes part, its settings, closing and opening again."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from verbond.canvas import FIELDS, Outcome
from verbond.errors import VerbondError
from verbond.method import AGENDAS, canvas_help
from verbond.results import LANGUAGES, Language, Spoken, sentence
from verbond.web.access import for_role
from verbond.web.contexts import frame
from verbond.web.forms import posted, worded
from verbond.web.listening.posters import PAPERS
from verbond.web.store import workshops
from verbond.web.store.acts import note
from verbond.web.store.canvases import Canvas, Edition, Participant
from verbond.web.store.models import Role
from verbond.web.templating import spoken
from verbond.web.workshop import closing, joining, making
from verbond.web.workshop.rooms import room_of

__all__ = [
    "closure", "collection", "found", "framed", "leading", "making_one", "one", "participant_removal",
    "removal", "reopening", "settings",
]  # fmt: skip

_DAY = {"type": "date"}
_LINES = {"rows": 4}
MOST_BYTES = 4 << 20
"""Of a file of what came out."""


def found(request: HttpRequest, id: uuid.UUID) -> Canvas:
    """The canvas of an address.

    Raises
    ------
    Http404
        If this organisation has none such.
    """
    canvas = workshops.canvas_of(request.organisation, id)
    if canvas is None:
        raise Http404
    return canvas


def framed(request: HttpRequest, canvas: Canvas, part: str, **more: Any) -> dict[str, Any]:
    """What every page of a canvas needs; `part` is the page of it that is shown."""
    return frame(request, "canvas") | {"canvas": canvas, "part": part} | more


class _CanvasForm(forms.Form):
    """What a new canvas and a canvas that is set up have in common."""

    name = forms.CharField(max_length=120)
    company = forms.CharField(max_length=120)
    last_day = forms.DateField(required=False, widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"))
    departments = forms.CharField(
        max_length=4000, required=False, widget=forms.Textarea(attrs=_LINES), strip=False
    )

    def clean_departments(self) -> list[str]:
        """One a line."""
        return making.departments_of(self.cleaned_data["departments"])

    @property
    def last_day_said(self) -> str:
        """The day as it is kept; "" for none."""
        day = self.cleaned_data["last_day"]
        return day.isoformat() if day else ""


class MakeForm(_CanvasForm):
    """What a new canvas begins with."""

    agenda = forms.ChoiceField(widget=forms.RadioSelect)
    edition = forms.ChoiceField(required=False)
    file = forms.FileField(required=False, widget=forms.FileInput(attrs={"accept": ".json"}))

    def __init__(self, data: Any = None, files: Any = None, *, company: str, editions: list[Edition]) -> None:
        super().__init__(data, files, initial={"company": company, "agenda": "three_hours"})
        self.editions = {str(one.pk): one for one in editions}
        self.fields["agenda"].choices = [
            (one.id, f"{one.name.say(spoken())}. {one.meant_for.say(spoken())}") for one in AGENDAS.values()
        ]
        self.fields["edition"].choices = [
            ("", _word("edition_none")),
            *((str(one.pk), _word("edition_of", name=one.canvas.name, n=one.number)) for one in editions),
        ]
        if not editions:
            del self.fields["edition"]
        worded(self, "canvas", "web_workshop")

    def clean_file(self) -> Outcome | None:
        """What came out of a canvas elsewhere; what is wrong with the file is said there."""
        brought = self.cleaned_data["file"]
        if brought is None:
            return None
        if brought.size > MOST_BYTES:
            raise forms.ValidationError(_word("file_large", n=MOST_BYTES >> 20))
        try:
            return Outcome.from_json(json.loads(brought.read()))
        except (ValueError, RecursionError) as error:
            said = Spoken(error) if isinstance(error, VerbondError) else ""
            raise forms.ValidationError(_word("file_wrong", said=said)) from None

    def make(self, request: HttpRequest) -> Canvas:
        """The canvas that was asked for."""
        given = self.cleaned_data
        return making.make_canvas(
            request.organisation,
            request.user,
            name=given["name"],
            company=given["company"],
            agenda=given["agenda"],
            last_day=self.last_day_said,
            departments=given["departments"],
            edition=self.editions.get(given.get("edition", "")),
            outcome=given["file"],
        )


class SettingsForm(_CanvasForm):
    """How a canvas is put before people."""

    joining = forms.BooleanField(required=False)
    figures = forms.BooleanField(required=False)
    keep_months = forms.IntegerField(min_value=1, max_value=240, required=False)

    def __init__(self, data: Any = None, *, canvas: Canvas) -> None:
        kept = canvas.settings
        super().__init__(
            data,
            initial={
                "name": canvas.name,
                "company": canvas.company,
                "last_day": kept.get("last_day", ""),
                "departments": "\n".join(kept.get("departments", ())),
                "joining": kept.get("joining", True),
                "figures": kept.get("figures", True),
                "keep_months": canvas.keep_months,
            },
        )
        worded(self, "canvas", "web_workshop")

    def put_into(self, canvas: Canvas) -> None:
        """Set the canvas's fields; it is not saved yet."""
        given = self.cleaned_data
        canvas.name, canvas.company, canvas.keep_months = (
            given["name"],
            given["company"],
            given["keep_months"],
        )
        chosen = {name: given[name] for name in ("joining", "figures", "departments")}
        kept = {name: value for name, value in canvas.settings.items() if name != "last_day"}
        canvas.settings = kept | chosen | ({"last_day": self.last_day_said} if given["last_day"] else {})


@for_role(Role.MEMBER)
@require_safe
def collection(request: HttpRequest) -> HttpResponse:
    """All canvases, newest first."""
    canvases = list(workshops.canvases_of(request.organisation))
    return render(request, "canvases/collection.html", frame(request, "canvas") | {"canvases": canvases})


@for_role(Role.FACILITATOR)
def making_one(request: HttpRequest) -> HttpResponse:
    """A new canvas: empty, or from what came out of an earlier one."""
    editions = list(workshops.kept_editions(request.organisation)[:100])
    brought = request.FILES if request.method == "POST" else None
    form = MakeForm(posted(request), brought, company=request.organisation.name, editions=editions)
    if not form.is_bound or not form.is_valid():
        context = frame(request, "canvas") | {"form": form}
        return render(request, "canvases/making.html", context, status=422 if form.is_bound else 200)
    canvas = form.make(request)
    note(request, "canvas_made", canvas.name, canvas=str(canvas.pk))
    return redirect("canvas", organisation=request.organisation.slug, id=canvas.pk)


@dataclass(frozen=True, slots=True)
class Counted:
    """How much there is on a canvas.

    Attributes
    ----------
    notes : tuple of (str, int)
        Field, and notes in it.
    writers : frozenset of str
        Who wrote any.
    is_private : bool
        Whether nobody sees yet what is asked beforehand.
    """

    notes: tuple[tuple[str, int], ...] = ()
    writers: frozenset[str] = frozenset()
    is_private: bool = False


@for_role(Role.FACILITATOR)
@require_safe
def one(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Its door, and who takes part; of what they wrote only how much there is."""
    canvas = found(request, id)
    people = list(workshops.participants_of(canvas))
    link, day = request.build_absolute_uri(f"/c/{canvas.address}/"), canvas.settings.get("last_day", "")
    counted = _counted(canvas)
    languages = sorted(LANGUAGES, key=lambda code: code != spoken())
    context = framed(
        request,
        canvas,
        "one",
        people=people,
        counted=counted,
        n_writers=sum(person.code in counted.writers for person in people),
        link=link,
        invitations=[(code, _invitation(canvas, code, link, counted)) for code in languages],
        last_day=day,
        day_is_over=bool(day) and day < timezone.localdate().isoformat(),
        may_join=joining.may_join(canvas),
        papers=PAPERS,
        languages=(*languages, "both"),
        is_local=request.get_host().partition(":")[0] in ("localhost", "127.0.0.1"),
    )
    return render(request, "canvases/one.html", context)


def _counted(canvas: Canvas) -> Counted:
    if canvas.state != Canvas.State.OPEN:
        return Counted()
    room = room_of(canvas)
    with room.lock:
        lying = [one for one in room.board.things.values() if one.kind == "note" and not one.removed]
        is_private = room.board.private.issuperset(making.PRIVATE)
    counts = Counter(one.field for one in lying)
    notes = tuple((field, counts[field]) for field in FIELDS if counts[field])
    return Counted(notes, frozenset(one.by for one in lying), is_private)


def _invitation(canvas: Canvas, language: Language, link: str, counted: Counted) -> str:
    """What to send to who is asked to contribute."""
    day = canvas.settings.get("last_day", "")
    how = f"web_workshop.invitation_how_{'private' if counted.is_private else 'open'}"
    return sentence(
        "web_workshop.invitation_by" if day else "web_workshop.invitation",
        language,
        company=canvas.company,
        name=canvas.name,
        how=sentence(how, language),
        link=f"{link}beforehand/",
        live=link,
        **({"day": day} if day else {}),
    )


@for_role(Role.FACILITATOR)
def settings(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Look at them, change them."""
    canvas = found(request, id)
    form = SettingsForm(posted(request), canvas=canvas)
    if not form.is_bound or not form.is_valid():
        context = framed(request, canvas, "settings", form=form, kept="kept" in request.GET)
        return render(request, "canvases/settings.html", context, status=422 if form.is_bound else 200)
    with workshops.changing(canvas) as now:
        form.put_into(now)
        now.save()
    note(request, "canvas_set_up", now.name, canvas=str(now.pk))
    address = reverse("canvas_settings", kwargs={"organisation": request.organisation.slug, "id": now.pk})
    return redirect(f"{address}?kept")


@for_role(Role.FACILITATOR)
def closure(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Ask, and then take nothing more: what lies there is kept as an edition."""
    canvas = found(request, id)
    if request.method == "POST":
        edition = closing.close_canvas(canvas, request.user)
        note(request, "canvas_closed", canvas.name, canvas=str(canvas.pk), edition=edition.number)
        return redirect(
            "canvas_edition", organisation=request.organisation.slug, id=canvas.pk, number=edition.number
        )
    context = framed(
        request, canvas, "closure", can_reopen=closing.can_reopen(canvas), missing=_missing(canvas)
    )
    return render(request, "canvases/closure.html", context)


def _missing(canvas: Canvas) -> list[str]:
    """What lies there and would not come out: notes still private, proposals of which none is chosen."""
    if canvas.state != Canvas.State.OPEN:
        return []
    room = room_of(canvas)
    with room.lock:
        lying = [one for one in room.board.lying() if not one.values.get("hidden")]
        private = room.board.private
    notes = Counter(one.field for one in lying if one.kind == "note")
    there = Counter(one.kind for one in lying)
    chosen = {one.kind for one in lying if one.values.get("chosen")}
    said = [
        sentence(
            "web_workshop.close_still", spoken(), field=canvas_help(field, spoken()).name, n=notes[field]
        )
        for field in FIELDS
        if field in private and notes[field]
    ]
    unchosen = [kind for kind in ("value", "mission", "promise") if there[kind] and kind not in chosen]
    return said + [sentence(f"web_workshop.close_no_{kind}", spoken()) for kind in unchosen]


@for_role(Role.FACILITATOR)
@require_POST
def reopening(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Let people work on it again."""
    canvas = found(request, id)
    if not closing.reopen_canvas(canvas):
        raise Http404
    note(request, "canvas_reopened", canvas.name, canvas=str(canvas.pk))
    return _back(request, canvas)


@for_role(Role.FACILITATOR)
@require_POST
def removal(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Throw it away: people, notes, and what came out of it."""
    canvas = found(request, id)
    closing.remove_canvas(canvas)
    note(request, "canvas_removed", canvas.name)
    return redirect("canvases", organisation=request.organisation.slug)


@for_role(Role.FACILITATOR)
@require_POST
def leading(request: HttpRequest, id: uuid.UUID, participant: int) -> HttpResponse:
    """Let a participant lead too, or no longer; a guest never does."""
    canvas = found(request, id)
    person = _person(canvas, participant)
    if person.user_id is None:
        raise Http404
    Participant.objects.filter(pk=person.pk).update(leads="on" in request.POST)
    room_of(canvas).tell_people()
    note(request, "canvas_leader", canvas.name, canvas=str(canvas.pk), on="on" in request.POST)
    return _back(request, canvas)


@for_role(Role.FACILITATOR)
@require_POST
def participant_removal(request: HttpRequest, id: uuid.UUID, participant: int) -> HttpResponse:
    """Show somebody the door; what she wrote stays."""
    canvas = found(request, id)
    person = _person(canvas, participant)
    if person.user_id == request.user.pk:
        raise Http404
    Participant.objects.filter(pk=person.pk).update(out=True, leads=False)
    room = room_of(canvas)
    room.put_out(person.code)
    room.tell_people()
    note(request, "canvas_shown_out", canvas.name, canvas=str(canvas.pk))
    return _back(request, canvas)


def _person(canvas: Canvas, id: int) -> Participant:
    person = workshops.participant_of(canvas, id)
    if person is None:
        raise Http404
    return person


def _back(request: HttpRequest, canvas: Canvas) -> HttpResponse:
    return redirect("canvas", organisation=request.organisation.slug, id=canvas.pk)


def _word(key: str, **values: Any) -> str:
    return sentence(f"web_workshop.{key}", spoken(), **values)
