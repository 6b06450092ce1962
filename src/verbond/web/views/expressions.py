"""What we say and write: the promise, messages held against it, what people say of them."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from verbond.expressions.prefill import is_suggested
from verbond.method import CIRCLE, RELATIONSHIP_TYPES
from verbond.results import sentence
from verbond.results.wording import format_value
from verbond.web.access import for_role, may
from verbond.web.contexts import frame
from verbond.web.expressions import adding, auditing, bringing, promising, showing
from verbond.web.expressions.forms import BringForm, ColumnsForm, CorrectionForm, PromiseForm
from verbond.web.forms import posted
from verbond.web.store import workshops
from verbond.web.store.acts import note
from verbond.web.store.audit import note_view
from verbond.web.store.models import CompanyPromise, ExpressionAudit, Job, Role
from verbond.web.templating import spoken

__all__ = [
    "addition", "audit", "audits", "columns", "file", "from_canvas", "label", "making", "promise", "removal",
    "version", "writing",
]  # fmt: skip

ROOM = "web_expressions"
State = ExpressionAudit.State


def _frame(request: HttpRequest, part: str, **more: Any) -> dict[str, Any]:
    return frame(request, "expressions") | {"part": part, **more}


def _to(request: HttpRequest, route: str, **parts: Any) -> HttpResponse:
    return redirect(route, organisation=request.organisation.slug, **parts)


# the promise


@for_role(Role.GUEST)
@require_safe
def promise(request: HttpRequest) -> HttpResponse:
    """What the organisation promises, or where it can come from."""
    newest = promising.newest(request.organisation)
    if newest is not None:
        return _promise(request, newest, newest)
    found = promising.canvas_promises(request.organisation) if may(request, Role.FACILITATOR) else []
    return render(request, "expressions/no_promise.html", _frame(request, "promise", canvases=found))


@for_role(Role.GUEST)
@require_safe
def version(request: HttpRequest, number: int) -> HttpResponse:
    """An earlier version."""
    found = CompanyPromise.objects.filter(organisation=request.organisation, number=number)
    shown = found.select_related("made_by", "canvas").first()
    newest = promising.newest(request.organisation)
    if shown is None or newest is None:
        raise Http404
    return _promise(request, shown, newest)


def _promise(request: HttpRequest, shown: CompanyPromise, newest: CompanyPromise) -> HttpResponse:
    versions = CompanyPromise.objects.filter(organisation=request.organisation).select_related("made_by")
    places = {one.id: one.name for one in (*CIRCLE, *RELATIONSHIP_TYPES)}
    context = _frame(
        request, "promise", promise=shown, newest=newest, versions=versions, places=places,
        is_suggested=is_suggested,
        has_suggested=any(is_suggested(one) for one in (*shown.keeps, *shown.breaks)),
    )  # fmt: skip
    return render(request, "expressions/promise.html", context)


@for_role(Role.FACILITATOR)
def writing(request: HttpRequest) -> HttpResponse:
    """Write the promise, or a new version of it; examples are suggested where there are few."""
    newest = promising.newest(request.organisation)
    known = promising.promise_in(newest) if newest is not None else None
    form = PromiseForm(posted(request), promise=known)
    suggested = False
    if form.is_bound and form.is_valid():
        more = None if request.POST.get("go") == "keep" else form.suggested()
        if more is None and request.POST.get("go") != "suggest":
            canvas = newest.canvas if newest is not None else None
            made = promising.keep(
                request.organisation, form.promise, form.language, by=request.user, canvas=canvas
            )
            note(request, "promise_written", "", number=made.number)
            return _to(request, "expression_promise")
        form, suggested = more or form, more is not None
    status = 422 if form.is_bound and form.errors else 200
    context = _frame(request, "promise", form=form, newest=newest, suggested=suggested)
    return render(request, "expressions/writing.html", context, status=status)


@for_role(Role.FACILITATOR)
@require_POST
def from_canvas(request: HttpRequest, id: uuid.UUID, number: int) -> HttpResponse:
    """Make the promise of a canvas the organisation's."""
    canvas = workshops.canvas_of(request.organisation, id)
    edition = workshops.edition_of(canvas, number) if canvas is not None else None
    made = promising.take_from(edition, spoken(), by=request.user) if edition is not None else None
    if canvas is None or made is None:
        raise Http404
    note(request, "promise_taken", canvas.name, canvas=str(canvas.pk), number=made.number)
    return _to(request, "expression_promise")


# messages


def found(request: HttpRequest, id: uuid.UUID) -> ExpressionAudit:
    """The audit of an address.

    Raises
    ------
    Http404
        If this organisation has none such.
    """
    one = ExpressionAudit.objects.select_related("promise", "organisation", "made_by").filter(
        organisation=request.organisation, pk=id
    )
    audit = one.first()
    if audit is None:
        raise Http404
    return audit


@for_role(Role.MEMBER)
@require_safe
def audits(request: HttpRequest) -> HttpResponse:
    """All messages that were looked at, the newest first."""
    kept = ExpressionAudit.objects.filter(organisation=request.organisation).defer("messages")
    rows = [
        {"audit": one, "counts": one.outcome.get("counts"), "n": one.n_messages}
        for one in kept.select_related("promise", "made_by")
    ]
    context = _frame(request, "audits", audits=rows, promise=promising.newest(request.organisation))
    return render(request, "expressions/audits.html", context)


@for_role(Role.MEMBER)
def making(request: HttpRequest) -> HttpResponse:
    """Paste messages or bring a file; what is kept of them is cleaned and masked first."""
    newest = promising.newest(request.organisation)
    if newest is None:
        return _to(request, "expression_promise")
    form = BringForm(posted(request), request.FILES if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            return _brought(request, newest, form.cleaned_data)
        except bringing.Unfit as error:
            form.add_error(
                "file" if form.cleaned_data.get("file") else "text", error.reason.sentence(spoken())
            )
    context = _frame(
        request, "audits", form=form, promise=newest, most=bringing.MOST_MESSAGES,
        megabytes=bringing.MOST_BYTES >> 20, kinds=list(bringing.SUFFIXES),
    )  # fmt: skip
    return render(request, "expressions/making.html", context, status=422 if form.is_bound else 200)


def _brought(request: HttpRequest, newest: CompanyPromise, given: dict[str, Any]) -> HttpResponse:
    file, speaker = given["file"], given["speaker"]
    name = _name(given["name"] or (bringing.safe_name(file.name) if file else ""))
    rows = bringing.of_file(file.name, file.read()) if file else bringing.of_text(given["text"])
    if isinstance(rows, bringing.Sheet):
        roles = bringing.recognised(rows.columns)
        if "text" not in roles:
            draft = auditing.begin_draft(newest, name, bringing.masked_sheet(rows), speaker, by=request.user)
            return _to(request, "expression_columns", id=draft.pk)
        rows = bringing.picked(rows, roles)
    if len(rows) > bringing.MOST_MESSAGES:
        raise bringing.Unfit("many", n=len(rows), most=bringing.MOST_MESSAGES)
    made = auditing.begin(newest, name, bringing.messages_of(rows, speaker), by=request.user)
    return _made(request, made)


def _name(given: str) -> str:
    """What an audit is called: as somebody said or as its file is, masked, else the day."""
    if given:
        from verbond.expressions.cleaning import mask

        return mask(given).text[:120]
    day = format_value(timezone.localdate(), "date", spoken())
    return sentence(f"{ROOM}.name_pasted", spoken(), day=day)


def _made(request: HttpRequest, made: ExpressionAudit) -> HttpResponse:
    note(request, "messages_audited", str(made.pk), n=made.n_messages)
    return _to(request, "expression_audit", id=made.pk)


@for_role(Role.MEMBER)
def columns(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Which column holds the messages, where its heading does not say so."""
    draft = found(request, id)
    if draft.state != State.DRAFT:
        return _to(request, "expression_audit", id=draft.pk)
    kept = draft.messages
    sheet = bringing.Sheet(tuple(kept["columns"]), tuple(map(tuple, kept["rows"])))
    form = ColumnsForm(sheet, posted(request))
    if form.is_bound and form.is_valid():
        try:
            rows = bringing.picked(sheet, form.roles)
            brought = bringing.messages_of(rows, kept["speaker"], is_private=True)
            return _made(
                request, auditing.begin(draft.promise, draft.name, brought, by=request.user, audit=draft)
            )
        except bringing.Unfit as error:
            form.add_error("text", error.reason.sentence(spoken()))
    context = _frame(request, "audits", audit=draft, form=form, sheet=sheet, sample=sheet.rows[:3])
    return render(request, "expressions/columns.html", context, status=422 if form.is_bound else 200)


@for_role(Role.MEMBER)
@require_safe
def audit(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """What was found, the messages that conflict first."""
    return _audit(request, found(request, id))


def _audit(
    request: HttpRequest, one: ExpressionAudit, *, wrong: int | None = None, status: int = 200
) -> HttpResponse:
    if one.state == State.DRAFT:
        return _to(request, "expression_columns", id=one.pk)
    note_view(request, "messages")
    job = Job.objects.filter(organisation=request.organisation, subject=str(one.pk)).first()
    base = {
        "audit": one, "working": job if job is not None and not job.is_over else None,
        "broken": job if job is not None and job.state == Job.State.FAILED else None,
        "may_remove": one.made_by_id == request.user.pk or may(request, Role.ANALYST),
        "newest": promising.newest(request.organisation),
    }  # fmt: skip
    if one.state != State.DONE:
        return render(request, "expressions/waiting.html", _frame(request, "audits", **base))
    asked = request.GET.get("state", "")
    state = asked if asked in auditing.STATES else ""
    pages = Paginator(showing.ordered(one, state), showing.PER_PAGE)
    page = pages.get_page(request.GET.get("page"))
    reasons = [showing.reason_said(reason, spoken()) for reason in one.outcome["reasons"]]
    base |= {
        "state": state, "states": auditing.STATES, "counts": one.outcome["counts"], "page": page,
        "notes": one.outcome.get("notes", {}),
        "messages": showing.page_of(one, list(page.object_list), spoken()), "wrong": wrong,
        "reasons": [reason for reason in reasons if reason], "added": adding.import_of(one),
    }  # fmt: skip
    return render(request, "expressions/audit.html", _frame(request, "audits", **base), status=status)


@for_role(Role.MEMBER)
@require_safe
def file(request: HttpRequest, id: uuid.UUID, form: str) -> HttpResponse:
    """An audit as a file."""
    one = found(request, id)
    if form not in showing.FORMS or one.state != State.DONE:
        raise Http404
    answer = HttpResponse(showing.file_of(one, form, spoken()), content_type=showing.FORMS[form])
    name = slugify(one.name)[:80] or "messages"
    answer["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    note(request, "messages_taken", str(one.pk), form=form)
    return answer


@for_role(Role.MEMBER)
@require_POST
def label(request: HttpRequest, id: uuid.UUID, number: int) -> HttpResponse:
    """Say whether a message was judged rightly, and why not."""
    one = found(request, id)
    if one.state != State.DONE or number >= one.n_messages:
        raise Http404
    form = CorrectionForm(request.POST)
    if not form.is_valid():
        return _audit(request, one, wrong=number, status=422)
    auditing.correct(one, number, form.cleaned_data["verdict"], form.cleaned_data["why"], by=request.user)
    note(request, "message_labelled", str(one.pk), verdict=form.cleaned_data["verdict"])
    asked = {name: value for name in ("state", "page") if (value := request.POST.get(name, "")[:20])}
    address = reverse("expression_audit", kwargs={"organisation": request.organisation.slug, "id": one.pk})
    return redirect(f"{address}{'?' + urlencode(asked) if asked else ''}#m{number + 1}")


@for_role(Role.ANALYST)
@require_POST
def addition(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Add the messages to the tables."""
    one = found(request, id)
    if one.state != State.DONE:
        raise Http404
    if adding.begin(one, by=request.user) is not None:
        note(request, "messages_added", str(one.pk), n=one.n_messages)
    return _to(request, "expression_audit", id=one.pk)


@for_role(Role.MEMBER)
@require_POST
def removal(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Throw it away; what was added to the tables stays there until it is undone."""
    one = found(request, id)
    if one.made_by_id != request.user.pk and not may(request, Role.ANALYST):
        raise Http404
    Job.objects.filter(organisation=request.organisation, kind=auditing.KIND, subject=str(one.pk)).update(
        asked_to_stop=True
    )
    note(request, "messages_removed", str(one.pk), n=one.n_messages)
    one.delete()
    return _to(request, "expression_audits")
