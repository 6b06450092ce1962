"""Privacy: what is kept of whom, for how long and why; one person's data, taken along or erased."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from verbond.results import sentence
from verbond.web.access import for_role
from verbond.web.contexts import frame
from verbond.web.jobs import enqueue
from verbond.web.keeping.privacy import Found, begin_erasure, copy_of, find
from verbond.web.keeping.processing import BASES, CLASSES, backups, kept_of, record_csv, record_of
from verbond.web.keeping.retention import expiring
from verbond.web.store import reads
from verbond.web.store.acts import note
from verbond.web.store.models import AuditEntry, Organisation, Role
from verbond.web.templating import spoken

__all__ = ["choices", "collection", "person", "person_copy", "person_erasure", "record", "record_file"]

MOST_MONTHS = 240
_LAST_ERASURES = 20


class ChoicesForm(forms.Form):
    """How long each class of data stays, and on what basis it is there."""

    def __init__(self, data: Any = None, *, organisation: Organisation) -> None:
        super().__init__(data)
        self.label_suffix = ""
        basis = organisation.settings.get("basis", {})
        offered = [("", _word("basis_none")), *((one, _word(f"basis_{one}")) for one in BASES)]
        for one in CLASSES:
            named = _word(f"class_{one.name}")
            if one.least_months:
                self.fields[f"months_{one.name}"] = forms.IntegerField(
                    required=False,
                    min_value=one.least_months,
                    max_value=MOST_MONTHS,
                    initial=organisation.retention.get(one.name),
                    label=_word("field_months", what=named),
                )
            self.fields[f"basis_{one.name}"] = forms.ChoiceField(
                required=False,
                choices=offered,
                initial=basis.get(one.name, ""),
                label=_word("field_basis", what=named),
            )

    @property
    def pairs(self) -> list[tuple[str, Any, Any]]:
        """A class each: its name, the field of its months or None, the field of its basis."""
        return [
            (one.name, self[f"months_{one.name}"] if one.least_months else None, self[f"basis_{one.name}"])
            for one in CLASSES
        ]

    def chosen(self, kind: str) -> dict[str, Any]:
        """Data class -> months, or its basis."""
        found = {one.name: self.cleaned_data.get(f"{kind}_{one.name}") for one in CLASSES}
        return {name: value for name, value in found.items() if value}


class PersonForm(forms.Form):
    """Who is looked for."""

    person = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.label_suffix = ""
        self.fields["person"].label = _word("field_person")
        self.fields["person"].help_text = _word("field_person_help")


class ErasureForm(forms.Form):
    """That it is meant: who is erased is typed once more."""

    person = forms.CharField(max_length=200, widget=forms.HiddenInput)
    typed = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, auto_id="erasure_%s", **options)
        self.label_suffix = ""
        self.fields["typed"].label = _word("field_typed")

    def clean(self) -> dict[str, Any]:
        """The same as was looked for."""
        given = super().clean() or {}
        if "typed" in given and given["typed"].lower() != given.get("person", "").lower():
            self.add_error("typed", _word("typed_differs"))
        return given


@for_role(Role.OWNER)
@require_GET
def collection(request: HttpRequest) -> HttpResponse:
    """What is kept, and what can be done about it."""
    return _page(request)


@for_role(Role.OWNER)
def choices(request: HttpRequest) -> HttpResponse:
    """Show what would go under new choices; once that was seen, hold to them."""
    organisation = request.organisation
    if request.method != "POST":
        return redirect("privacy", organisation=organisation.slug)
    form = ChoicesForm(request.POST, organisation=organisation)
    if not form.is_valid():
        return _page(request, form=form, status=422)
    months = form.chosen("months")
    if request.POST.get("go") != "keep":
        return _page(request, form=form, expiring=expiring(organisation, months), looked=True)
    organisation.settings = {
        **organisation.settings,
        "retention": months,
        "basis": form.chosen("basis"),
    }
    organisation.save(update_fields=["settings"])
    note(request, "privacy_chosen", months=months, basis=form.chosen("basis"))
    if months:
        enqueue("retention", organisation=organisation, by=request.user)
    return redirect("privacy", organisation=organisation.slug)


@for_role(Role.OWNER)
@require_GET
def record(request: HttpRequest) -> HttpResponse:
    """The record of processing, to print."""
    context = frame(request, "privacy") | {"rows": list(record_of(request.organisation, spoken()))}
    return render(request, "privacy/record.html", context)


@for_role(Role.OWNER)
@require_GET
def record_file(request: HttpRequest) -> HttpResponse:
    """The record of processing, as a file."""
    answer = HttpResponse(record_csv(request.organisation, spoken()), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{request.organisation.slug}-record.csv"'
    return answer


@for_role(Role.OWNER)
@never_cache
def person(request: HttpRequest) -> HttpResponse:
    """What is kept of one person; who that is goes by POST and stands in no address."""
    if request.method != "POST":
        return redirect("privacy", organisation=request.organisation.slug)
    found = _looked_for(request)
    if isinstance(found, HttpResponse):
        return found
    note(request, "person_looked_for")
    return _person(request, found)


@for_role(Role.OWNER)
@never_cache
def person_copy(request: HttpRequest) -> HttpResponse:
    """Everything that is kept of one person, as a file to hand over."""
    if request.method != "POST":
        return redirect("privacy", organisation=request.organisation.slug)
    found = _looked_for(request)
    if isinstance(found, HttpResponse):
        return found
    note(request, "person_taken")
    answer = HttpResponse(copy_of(request.organisation, found), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{request.organisation.slug}-person.json"'
    return answer


@for_role(Role.OWNER)
@never_cache
def person_erasure(request: HttpRequest) -> HttpResponse:
    """Erase one person, in the background."""
    if request.method != "POST":
        return redirect("privacy", organisation=request.organisation.slug)
    found = _looked_for(request)
    if isinstance(found, HttpResponse):
        return found
    form = ErasureForm(request.POST)
    if not form.is_valid():
        return _person(request, found, form=form)
    note(request, "person_erasure")
    begin_erasure(request.organisation, found, request.user)
    return redirect("privacy", organisation=request.organisation.slug)


def _looked_for(request: HttpRequest) -> Found | HttpResponse:
    """Whom a form names, or the page with what is wrong with it."""
    form = PersonForm(request.POST)
    if not form.is_valid():
        return _page(request, person_form=form, status=422)
    return find(request.organisation, form.cleaned_data["person"])


def _person(request: HttpRequest, found: Found, form: ErasureForm | None = None) -> HttpResponse:
    context = frame(request, "privacy") | {
        "found": found,
        "form": form or ErasureForm(initial={"person": found.asked}),
        "backups": _backups(request),
    }
    return render(request, "privacy/person.html", context, status=422 if form is not None else 200)


def _page(
    request: HttpRequest,
    *,
    form: ChoicesForm | None = None,
    person_form: PersonForm | None = None,
    expiring: dict[str, int] | None = None,
    looked: bool = False,
    status: int = 200,
) -> HttpResponse:
    organisation = request.organisation
    erased = AuditEntry.objects.filter(organisation=organisation, verb="person_erased")
    context = frame(request, "privacy") | {
        "kept": kept_of(organisation),
        "form": form or ChoicesForm(organisation=organisation),
        "person_form": person_form or PersonForm(),
        "expiring": expiring or {},
        "looked": looked,
        "erasing": _shown(reads.newest_job(organisation, "erasure")),
        "removing": _shown(reads.newest_job(organisation, "retention")),
        "erased": list(erased[:_LAST_ERASURES]),
        "backups": _backups(request),
        "is_demo": organisation.kind == Organisation.Kind.DEMO,
    }
    return render(request, "privacy/collection.html", context, status=status)


def _shown(job: Any) -> Any:
    """A job that waits, runs or failed; nothing is said of one that is done."""
    return job if job is not None and (not job.is_over or job.state == job.State.FAILED) else None


def _backups(request: HttpRequest) -> list[str]:
    """Names of the backups: they hold everybody who was there when they were made."""
    return [file.name for file in backups()] if request.user.is_admin else ["" for _ in backups()]


def _word(code: str, **values: Any) -> str:
    return sentence(f"web_privacy.{code}", spoken(), **values)
