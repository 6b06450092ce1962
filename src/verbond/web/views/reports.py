"""Reports: the diagnosis as a file in every form, the organisation's colours, and reports by mail."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from verbond.results import LANGUAGES, sentence
from verbond.web import looking
from verbond.web.access import for_role, may
from verbond.web.contexts import frame
from verbond.web.forms import posted
from verbond.web.people.limits import Limit, spend
from verbond.web.reporting import branding, files
from verbond.web.reporting.forms import BrandForm, ScheduleForm
from verbond.web.reporting.sending import following, readers_of
from verbond.web.store.acts import note
from verbond.web.store.letters import mailbox_of
from verbond.web.store.models import Organisation, ReportSchedule, Role, Run
from verbond.web.templating import spoken

__all__ = ["brand", "collection", "file", "handed", "logo", "schedule_removal", "schedules"]

MAKING = Limit("making a report", 60, 3600)
MOST_SCHEDULES = 20


def handed(
    run: Run, organisation: Organisation, form: str, language: str, *, redacted: bool = False
) -> HttpResponseBase:
    """The file of a diagnosis, as an answer that is saved and never opened within the application."""
    path = files.report_file(run, organisation, form, "nl" if language == "nl" else "en", redacted=redacted)
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=files.file_name(run, organisation, form),
        content_type=files.media_type(form),
    )


@for_role(Role.MEMBER)
@require_safe
def collection(request: HttpRequest) -> HttpResponse:
    """Every form in which the diagnosis can be had, and what goes out by mail."""
    return _page(request)


def _page(
    request: HttpRequest, *, schedule_form: ScheduleForm | None = None, status: int = 200
) -> HttpResponse:
    run, is_older = looking.run_asked_for(request, request.organisation)
    rows = ReportSchedule.objects.filter(organisation=request.organisation).order_by("next_at")
    may_plan = may(request, Role.ANALYST)
    context = frame(request, "reports") | {
        "run": run,
        "is_older": is_older,
        "forms": tuple(files.FORMS),
        "languages": (spoken(), *(one for one in LANGUAGES if one != spoken())),
        "branding": branding.branding_of(request.organisation),
        "schedules": [{"of": one, "readers": list(readers_of(one))} for one in rows] if may_plan else [],
        "schedule_form": (schedule_form or ScheduleForm(of=request.organisation)) if may_plan else None,
        "box": mailbox_of(request.organisation),
    }
    return render(request, "reports/collection.html", context, status=status)


@for_role(Role.MEMBER)
@require_safe
@never_cache
def file(request: HttpRequest, form: str) -> HttpResponseBase:
    """The diagnosis as a file; it is written down who took it."""
    run, _ = looking.run_asked_for(request, request.organisation)
    language = request.GET.get("language", request.language)
    if run is None or form not in files.FORMS or language not in LANGUAGES:
        raise Http404
    spend(MAKING, str(request.user.pk))
    answer = handed(run, request.organisation, form, language)
    note(request, "report_taken", form, run=str(run.pk))
    return answer


# the brand


@for_role(Role.ANALYST)
def brand(request: HttpRequest) -> HttpResponse:
    """Choose name, colours and logo; where a colour cannot carry words, it says what reports use instead."""
    kept = branding.branding_of(request.organisation)
    sent = request.FILES if request.method == "POST" else None
    form = BrandForm(posted(request), sent, of=kept, company=request.organisation.name)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        logo = given["logo"] if given["logo"] is not None else b"" if given.get("remove_logo") else None
        branding.keep(
            request.organisation,
            name=given["name"],
            colour=given["colour"],
            accent=given["accent"],
            logo=logo,
        )
        note(request, "brand_changed", given["name"])
        return redirect("brand", organisation=request.organisation.slug)
    context = frame(request, "reports") | {
        "form": form,
        "branding": kept,
        "swatches": _swatches(kept.colour, kept.accent) if kept is not None else [],
    }
    return render(request, "reports/brand.html", context, status=422 if form.is_bound else 200)


def _swatches(*colours: str) -> list[dict[str, Any]]:
    """Each colour as chosen, its contrast with white paper, and the one in which words are printed."""
    from verbond.reports.contrast import WORDS, contrast, legible

    return [
        {
            "colour": one,
            "contrast": contrast(one, "#ffffff"),
            "used": legible(one, "#ffffff"),
            "enough": contrast(one, "#ffffff") >= WORDS,
        }
        for one in colours
        if one
    ]


@for_role(Role.MEMBER)
@require_safe
def logo(request: HttpRequest) -> HttpResponse:
    """The logo as it is kept."""
    kept = branding.branding_of(request.organisation)
    if kept is None or not kept.logo:
        raise Http404
    return HttpResponse(bytes(kept.logo), content_type="image/png")


# by mail


@for_role(Role.ANALYST)
@require_POST
def schedules(request: HttpRequest) -> HttpResponse:
    """Let the page for the board go out again and again."""
    form = ScheduleForm(request.POST, of=request.organisation)
    rows = ReportSchedule.objects.filter(organisation=request.organisation)
    if form.is_valid() and rows.count() >= MOST_SCHEDULES:
        form.add_error(None, sentence("web_reporting.schedules_most", spoken(), n=MOST_SCHEDULES))
    if not form.is_valid():
        return _page(request, schedule_form=form, status=422)
    given = form.cleaned_data
    made = ReportSchedule.objects.create(
        organisation=request.organisation,
        period=given["period"],
        language=given["language"],
        to=given["to"],
        base=request.build_absolute_uri("/"),
        next_at=following(given["period"], timezone.now()),
        made_by=request.user,
    )
    note(request, "report_planned", made.period, n=len(given["to"]))
    return redirect("reports", organisation=request.organisation.slug)


@for_role(Role.ANALYST)
@require_POST
def schedule_removal(request: HttpRequest, id: int) -> HttpResponse:
    """Let a report go out no more."""
    found = ReportSchedule.objects.filter(organisation=request.organisation, pk=id)
    if not found.delete()[0]:
        raise Http404
    note(request, "report_stopped", str(id))
    return redirect("reports", organisation=request.organisation.slug)
