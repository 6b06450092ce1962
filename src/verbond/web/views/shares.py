"""A page for whoever has its link: read-only, without free text, until it is withdrawn or over."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from verbond.results import sentence
from verbond.web import looking
from verbond.web.access import for_role, public
from verbond.web.contexts import frame
from verbond.web.pages import PAGES
from verbond.web.pages.content import Filters
from verbond.web.people.limits import Limit, address_of, spend
from verbond.web.reporting import files
from verbond.web.store import reads, sharing
from verbond.web.store.acts import note
from verbond.web.store.models import Role, Run, ShareLink
from verbond.web.templating import spoken
from verbond.web.views.reports import handed
from verbond.web.views.rooms import rendered

__all__ = ["collection", "one", "report", "revocation"]

READING = Limit("reading a shared page", 240, 3600)
MAKING = Limit("making a shared report", 30, 3600)
GUESSING = Limit("guessing a shared page", 30, 3600)
DAYS = (30, 7, 365, 0)


class ShareForm(forms.Form):
    """Which page, of which diagnosis, and until when."""

    page = forms.ChoiceField()
    query = forms.CharField(max_length=300, required=False, widget=forms.HiddenInput)
    run = forms.ChoiceField(required=False)
    days = forms.TypedChoiceField(coerce=int)
    with_files = forms.BooleanField(required=False)

    def __init__(self, *args: Any, run: Run, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.run, language = run, spoken()

        def say(code: str, **values: Any) -> str:
            return sentence(f"web_rooms.{code}", language, **values)

        self.fields["page"].choices = [(name, sentence(f"web.page_{name}", language)) for name in PAGES]
        self.fields["run"].choices = [
            ("", say("share_run_newest")),
            (str(run.pk), say("share_run_fixed", day=run.created_at.date())),
        ]
        self.fields["days"].choices = [(str(n), say(f"share_days_{n}")) for n in DAYS]
        self.fields["with_files"].label = sentence("web_reporting.share_with_files", language)
        for name, code in (("page", "share_page"), ("run", "share_run"), ("days", "share_until")):
            self.fields[name].label = say(code)
        self.label_suffix = ""


@for_role(Role.ANALYST)
def collection(request: HttpRequest) -> HttpResponse:
    """What is shared; a new link is shown once."""
    run, _ = looking.run_asked_for(request, request.organisation)
    filters, made, status = looking.filters_of(request.GET), "", 200
    form = None
    if run is not None:
        start = {
            "page": request.GET.get("page", "today"),
            "query": looking.query_of(filters),
            "days": DAYS[0],
        }
        form = ShareForm(request.POST if request.method == "POST" else None, run=run, initial=start)
    if request.method == "POST":
        status = 422
        if form is not None and form.is_valid():
            made, status, form = _made(request, form), 201, None
    context = frame(request, "shares") | {
        "form": form,
        "made": made,
        "what": looking.shown(filters, looking.bar_of(run, request.language), request.language)
        if run
        else "",
        "shares": [_row(link, request) for link in reads.shares_of(request.organisation)],
    }
    return render(request, "shares/collection.html", context, status=status)


@for_role(Role.ANALYST)
@require_POST
def revocation(request: HttpRequest, id: int) -> HttpResponse:
    """Withdraw a link."""
    sharing.withdraw_share(request, get_object_or_404(ShareLink, pk=id, organisation=request.organisation))
    return redirect("shares", organisation=request.organisation.slug)


@public
@require_safe
def one(request: HttpRequest, token: str) -> HttpResponse:
    """The page of a link. A wrong one, a withdrawn one and one that is over are all just not there."""
    link = sharing.opened_share(token)
    if link is None or link.page not in PAGES:
        spend(GUESSING, address_of(request))
        raise Http404
    spend(READING, address_of(request))
    run = link.run or reads.last_run(link.organisation)
    request.organisation, request.asked_as = link.organisation, "link"
    filters = (
        looking.filters_of(QueryDict(link.query.lstrip("?"))) if PAGES[link.page].filtered else Filters()
    )
    context = {
        "link": link,
        "organisation": link.organisation,
        "run": run,
        "here": link.page,
        "shown": "",
        "forms": _forms_of(link, token),
    }
    if run is not None:
        bar = looking.bar_of(run, request.language)
        context["shown"] = looking.shown(filters, bar, request.language)
        context["content"] = rendered(run, link.page, request.language, filters, redacted=True)
    answer = render(request, "shares/one.html", context)
    if not link.organisation.memberships.filter(user=request.user.pk).exists():
        request.user = AnonymousUser()  # who of another organisation reads it is nothing for this one
    note(request, "read shared page", str(link.pk), page=link.page)
    return answer


@public
@require_safe
def report(request: HttpRequest, token: str, form: str) -> HttpResponseBase:
    """The diagnosis of a link as a file, read-only, without what people wrote in words of their own.

    Only of a link of which that was said when it was made.
    """
    link = sharing.opened_share(token)
    if link is None or not link.with_files or form not in files.FORMS:
        spend(GUESSING, address_of(request))
        raise Http404
    spend(MAKING, str(link.pk))
    run = link.run or reads.last_run(link.organisation)
    if run is None:
        raise Http404
    request.organisation, request.asked_as = link.organisation, "link"
    answer = handed(run, link.organisation, form, request.language, redacted=True)
    if not link.organisation.memberships.filter(user=request.user.pk).exists():
        request.user = AnonymousUser()
    note(request, "read shared report", str(link.pk), form=form)
    return answer


def _made(request: HttpRequest, form: ShareForm) -> str:
    given = form.cleaned_data
    page = given["page"]
    query = looking.query_of(looking.filters_of(QueryDict(given["query"].lstrip("?"))))
    _, token = sharing.make_share(
        request,
        page=page,
        query=query if PAGES[page].filtered else "",
        run=form.run if given["run"] else None,
        days=given["days"],
        with_files=given["with_files"],
    )
    return request.build_absolute_uri(reverse("share", kwargs={"token": token}))


def _forms_of(link: ShareLink, token: str) -> list[tuple[str, str]]:
    """Each form of the report that a link hands out, and where."""
    if not link.with_files:
        return []
    return [(one, reverse("share_report", kwargs={"token": token, "form": one})) for one in files.FORMS]


def _row(link: ShareLink, request: HttpRequest) -> dict[str, Any]:
    filters = looking.filters_of(QueryDict(link.query.lstrip("?")))
    over = link.expires_at is not None and link.expires_at <= timezone.now()
    state = (
        "revoked" if link.revoked_at else "expired" if over else "expires" if link.expires_at else "active"
    )
    names = looking.Bar((), ())
    return {"link": link, "state": state, "what": looking.shown(filters, names, request.language)}
