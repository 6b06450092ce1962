"""Data: bring files, see what was read and what was refused, undo."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any
from urllib.parse import quote

from django.db.models import Model
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from verbond.results import Language, Reason
from verbond.web.access import for_role
from verbond.web.contexts import frame
from verbond.web.data.bringing import begin_reading, bring
from verbond.web.data.columns_form import ColumnsForm
from verbond.web.data.holding import holdings_of, next_file
from verbond.web.data.outcome import outcome_of
from verbond.web.data.recognising import recognised, remembered
from verbond.web.data.targets import GIVEN, told
from verbond.web.data.uploads import MOST_BYTES, SUFFIXES, Unfit, forget, kept_file
from verbond.web.diagnosing import archive_of
from verbond.web.jobs import enqueue
from verbond.web.store import brought
from verbond.web.store.acts import note
from verbond.web.store.models import (
    Community,
    Experiment,
    Import,
    Job,
    Organisation,
    Role,
    Survey,
    Undertaking,
)

__all__ = ["collection", "one", "reading", "refused", "removal", "uploads"]

MOST_FILES = 20
_BLOCK = 1 << 20


@for_role(Role.MEMBER)
@require_GET
def collection(request: HttpRequest) -> HttpResponse:
    """What was brought, what is here now, and where to bring more."""
    return _collection(request)


def _collection(request: HttpRequest, problems: list[Reason] | None = None) -> HttpResponse:
    organisation = request.organisation
    held = holdings_of(organisation)
    context = _frame(request) | {
        "imports": brought.newest(organisation),
        "jobs": brought.jobs_of(organisation),
        "held": held,
        "next": next_file(held),
        "problems": problems or [],
        "is_demo": organisation.kind == Organisation.Kind.DEMO,
    }
    return render(request, "imports/collection.html", context, status=422 if problems else 200)


def _frame(request: HttpRequest) -> dict[str, Any]:
    return frame(request, "data") | {
        "word": partial(_told, request.language),
        "accept": ",".join(SUFFIXES),
        "gigabytes": MOST_BYTES / (1 << 30),
    }


def _told(language: Language, code: str, /, **values: Any) -> str:
    return told(code, language, **values)


@for_role(Role.ANALYST)
@require_POST
def uploads(request: HttpRequest) -> HttpResponse:
    """Take in files; the first that waits for a person is shown next."""
    organisation = request.organisation
    if organisation.kind == Organisation.Kind.DEMO:
        return _collection(request, [Reason("web_data.demo_only")])
    files = request.FILES.getlist("files")[:MOST_FILES]
    problems: list[Reason] = [] if files else [Reason("web_data.no_files")]
    shown: list[Import] = []
    for file in files:
        try:
            found, is_new = bring(organisation, file.name or "", file.chunks(_BLOCK), by=request.user)
        except Unfit as error:
            problems.append(error.reason)
            continue
        if is_new:
            note(request, "upload", str(found.pk), file=found.file_name, sha256=found.sha256)
        if found.state == Import.State.DONE:
            day = found.created_at.date()
            problems.append(Reason("web_data.unfit_again", {"name": found.file_name, "day": day}))
        else:
            shown.append(found)
    if problems:
        return _collection(request, problems)
    return _to(request, _address(shown[0]))


def _address(one: Import) -> str:
    return reverse("import", kwargs={"organisation": one.organisation.slug, "id": one.pk})


def _to(request: HttpRequest, address: str) -> HttpResponse:
    """Go there; a script that sent the files goes itself, so that the page is made once."""
    if request.headers.get("X-Sent-By") == "drop":
        answer = HttpResponse(status=204)
        answer["X-Go-To"] = address
        return answer
    return redirect(address)


def _import(request: HttpRequest, id: uuid.UUID) -> Import:
    return get_object_or_404(
        Import.objects.select_related("organisation", "created_by"), id=id, organisation=request.organisation
    )


_HOMES: dict[str, type[Model]] = {
    "survey": Survey, "experiment": Experiment, "community": Community, "step": Undertaking,
}  # fmt: skip
"""What flows into the tables by itself has a page of its own, by that name."""


def _home_of(one: Import) -> str | None:
    """The page of what it came from: it goes where that is kept. None for a file, and where that is gone."""
    for name, model in _HOMES.items():
        id = one.recognition.get(name)
        if id and model.objects.filter(pk=id, organisation_id=one.organisation_id).exists():
            slug = one.organisation.slug
            return reverse(name, args=[slug] if name == "community" else [slug, id])
    return None


@for_role(Role.ANALYST)
@require_GET
def one(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """A file that was brought: what it is taken for, how far reading is, or what came of it."""
    found = _import(request, id)
    if home := _home_of(found):
        return redirect(home)
    job = brought.jobs_of(request.organisation).get(str(found.pk))
    context = _frame(request) | {"one": found, "outcome": None}
    if job is not None:
        return render(request, "imports/running.html", context | {"job": job})
    if found.state == Import.State.DONE:
        held = holdings_of(request.organisation)
        outcome = outcome_of(found, archive_of(request.organisation), request.language)
        context |= {"outcome": outcome, "next": next_file(held)}
        return render(request, "imports/outcome.html", context)
    if found.state == Import.State.UNDONE or not _is_here(found):
        return render(request, "imports/gone.html", context)
    return _ask(request, found, context)


def _is_here(found: Import) -> bool:
    return kept_file(found.organisation_id, found.pk, found.file_name).exists()


def _ask(request: HttpRequest, found: Import, context: dict[str, Any], sent: Any = None) -> HttpResponse:
    """Show what a file is taken for, and ask what is not known."""
    given = request.GET if sent is None else sent
    table = given.get("table", "") if given.get("table") in GIVEN else ""
    fresh = bool(given.get("fresh"))
    seen = recognised(found, table=table, fresh=fresh)
    waiting = [w for w in brought.awaiting(request.organisation) if w.pk != found.pk]
    context |= {"seen": seen, "as_table": table, "fresh": fresh, "n_waiting": len(waiting), "form": None}
    plain = recognised(found, fresh=True)
    context["earlier"] = None if table or fresh else remembered(request.organisation, plain)
    context["tables"] = GIVEN
    if seen.table is None or "asks_table" in given:
        return render(request, "imports/table.html", context)
    form = ColumnsForm(seen, request.language, request.organisation.name, sent)
    context["form"] = form
    if sent is not None and form.is_valid():
        begin_reading(found, form.entry, by=request.user)
        note(request, "import", str(found.pk), file=found.file_name)
        return redirect(_address(waiting[0] if waiting else found))
    return render(request, "imports/columns.html", context, status=200 if sent is None else 422)


@for_role(Role.ANALYST)
@require_POST
def reading(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Read a file as was decided."""
    found = _import(request, id)
    busy = brought.jobs_of(request.organisation).get(str(found.pk))
    if busy is not None or found.state == Import.State.DONE or not _is_here(found):
        return redirect(_address(found))
    return _ask(request, found, _frame(request) | {"one": found, "outcome": None}, request.POST)


@for_role(Role.ANALYST)
@require_POST
def removal(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Undo an import; throw away a file that was not read. What flows in by itself goes where it is kept."""
    found = _import(request, id)
    if _home_of(found):
        raise Http404
    busy = brought.jobs_of(request.organisation).get(str(found.pk))
    if busy is not None:
        Job.objects.filter(pk=busy.pk).update(asked_to_stop=True)
        note(request, "stop", str(found.pk), file=found.file_name)
    elif found.state == Import.State.DONE:
        enqueue("undo", organisation=request.organisation, subject=found.pk, by=request.user)
        note(request, "undo", str(found.pk), file=found.file_name)
        return redirect(_address(found))
    elif found.state != Import.State.UNDONE:
        forget(found.organisation_id, found.pk)
        note(request, "discard", str(found.pk), file=found.file_name)
        found.delete()
    return redirect("imports", organisation=request.organisation.slug)


@for_role(Role.ANALYST)
@require_GET
def refused(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """The rows that were refused, as a file for a spreadsheet."""
    found = _import(request, id)
    if found.state != Import.State.DONE:
        raise Http404
    path = archive_of(request.organisation).refused(str(found.pk))
    if path is None:
        raise Http404
    note(request, "refused rows", str(found.pk), file=found.file_name)
    answer = FileResponse(path.open("rb"), content_type="text/csv; charset=utf-8")
    stem = found.file_name.rpartition(".")[0]
    answer["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(stem, safe='')}-refused.csv"
    return answer
