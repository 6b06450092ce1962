"""Who saw and did what."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_GET

from verbond.results import sentence
from verbond.results.wording import entries
from verbond.web.access import for_role
from verbond.web.contexts import frame
from verbond.web.forms import worded
from verbond.web.store import audit
from verbond.web.store.models import AuditEntry, Organisation, Role
from verbond.web.templating import spoken

__all__ = ["collection", "told"]

A_PAGE = 100
_OF_SUBJECTS = {
    "saw": "web.page_",
    "sign_in": "web_people.how_",
    "sign_in_refused": "web_people.how_",
}
"""Verbs of which the subject is a word of ours."""


class AskedForm(forms.Form):
    """What an owner looks for."""

    who = forms.ChoiceField(required=False)
    verb = forms.ChoiceField(required=False)
    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, data: Any, organisation: Organisation) -> None:
        super().__init__(data)
        everybody, everything = (
            [("", sentence(f"web_people.{one}", spoken()))] for one in ("everybody", "all")
        )
        self.fields["who"].choices = everybody + [(one, one) for one in audit.people_in(organisation)]
        verbs = [(one, _verb(one)) for one in audit.verbs_in(organisation)]
        self.fields["verb"].choices = everything + sorted(verbs, key=lambda pair: pair[1].lower())


@for_role(Role.OWNER)
@require_GET
def collection(request: HttpRequest) -> HttpResponse:
    """Everything that was written down of this organisation, newest first."""
    form = worded(AskedForm(request.GET or None, request.organisation), "audit", "web_people")
    asked = (
        audit.Asked(**{k: v for k, v in form.cleaned_data.items() if v}) if form.is_valid() else audit.Asked()
    )
    page = Paginator(audit.entries_of(request.organisation, asked), A_PAGE).get_page(request.GET.get("page"))
    context = frame(request, "audit") | {
        "form": form,
        "lines": [(entry, told(entry)) for entry in page],
        "page": page,
        "query": urlencode({k: v for k, v in request.GET.items() if k != "page"}),
    }
    return render(request, "audit/collection.html", context, status=422 if form.errors else 200)


def told(entry: AuditEntry) -> str:
    """An entry in words, without who and when."""
    known, subject, detail = entries(spoken()), entry.subject, entry.detail
    if entry.verb in _OF_SUBJECTS:
        subject = _word(f"{_OF_SUBJECTS[entry.verb]}{subject}", subject)
    said = f"web_people.did_{_key(entry.verb)}"
    if said not in known:
        return sentence("web_people.did_other", spoken(), verb=entry.verb, subject=subject)
    return sentence(
        said,
        spoken(),
        subject=subject,
        file=detail.get("file", subject),
        page=_word(f"web.page_{detail.get('page')}", subject),
        role=_word(f"web_people.role_{detail.get('role')}", ""),
    )


def _word(code: str, otherwise: str) -> str:
    return sentence(code, spoken()) if code in entries(spoken()) else otherwise


def _verb(verb: str) -> str:
    return _word(f"web_people.verb_{_key(verb)}", verb)


def _key(verb: str) -> str:
    return verb.replace(" ", "_")
