"""Standing sources: watched folders and saved queries; an owner's."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from verbond.errors import VerbondError
from verbond.tables.readers.postgres import SECONDS, check_address, check_query
from verbond.web.access import for_role
from verbond.web.contexts import frame
from verbond.web.data.fetching import allowed_folders, check_not_own, inbox, shown_address
from verbond.web.data.targets import told
from verbond.web.forms import worded
from verbond.web.jobs import enqueue
from verbond.web.store.acts import note
from verbond.web.store.models import Organisation, Role, Source

__all__ = ["collection", "fetching", "removal"]


class _SourceForm(forms.Form):
    name = forms.CharField(max_length=80)
    every_hours = forms.IntegerField(min_value=1, max_value=720, initial=24)


class FolderForm(_SourceForm):
    """A folder of the inbox."""

    folder = forms.ChoiceField()
    field_order = ("name", "folder", "every_hours")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["folder"].choices = [(name, name) for name in allowed_folders()]

    def source(self) -> dict[str, Any]:
        """What is kept of it."""
        given = self.cleaned_data
        return {"kind": Source.Kind.FOLDER, "address": given["folder"]}


class SqlForm(_SourceForm):
    """A query on a PostgreSQL database."""

    address = forms.CharField(max_length=500, widget=forms.PasswordInput(render_value=False))
    query = forms.CharField(
        max_length=20_000, widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"})
    )
    field_order = ("name", "address", "query", "every_hours")

    def _checked(self, field: str, check: Any) -> str:
        try:
            check(self.cleaned_data[field])
        except VerbondError as error:
            raise forms.ValidationError(str(error)) from None
        return self.cleaned_data[field].strip()

    def clean_address(self) -> str:
        """It is an address of a database that is not our own."""

        def check(address: str) -> None:
            check_address(address)
            check_not_own(address)

        return self._checked("address", check)

    def clean_query(self) -> str:
        """It only reads."""
        return self._checked("query", check_query)

    def source(self) -> dict[str, Any]:
        """What is kept of it."""
        given = self.cleaned_data
        return {"kind": Source.Kind.SQL, "address": given["address"], "query": given["query"]}


FORMS = {"folder": FolderForm, "sql": SqlForm}


@for_role(Role.OWNER)
def collection(request: HttpRequest) -> HttpResponse:
    """The sources, and forms for new ones."""
    if request.organisation.kind == Organisation.Kind.DEMO:
        raise Http404
    kind = request.POST.get("kind", "")
    made = {
        name: worded(form(request.POST if kind == name else None, prefix=name), name, "web_data")
        for name, form in FORMS.items()
    }
    if request.method == "POST":
        if kind not in FORMS or (kind == "folder" and not request.user.is_admin):
            raise Http404
        form = made[kind]
        if form.is_valid():
            source = Source.objects.create(
                organisation=request.organisation,
                name=form.cleaned_data["name"],
                every_hours=form.cleaned_data["every_hours"],
                **form.source(),
            )
            note(request, "add source", source.name, kind=kind)
            enqueue("fetch", organisation=request.organisation, subject=source.pk, by=request.user)
            return redirect("sources", organisation=request.organisation.slug)
    sources = Source.objects.filter(organisation=request.organisation).order_by("name")
    context = frame(request, "data") | {
        "word": partial(_told, request.language),
        "sources": [(one, shown_address(one.address)) for one in sources],
        "forms": made,
        "folders": allowed_folders(),
        "inbox": str(inbox()) if request.user.is_admin else inbox().name,
        "seconds": SECONDS,
    }
    return render(request, "imports/sources.html", context, status=422 if request.method == "POST" else 200)


def _told(language: Any, code: str, /, **values: Any) -> str:
    return told(code, language, **values)


@for_role(Role.OWNER)
@require_POST
def fetching(request: HttpRequest, id: int) -> HttpResponse:
    """Fetch from a source now."""
    source = get_object_or_404(Source, pk=id, organisation=request.organisation)
    enqueue("fetch", organisation=request.organisation, subject=source.pk, by=request.user)
    note(request, "fetch", source.name)
    return redirect("sources", organisation=request.organisation.slug)


@for_role(Role.OWNER)
@require_POST
def removal(request: HttpRequest, id: int) -> HttpResponse:
    """Watch a source no longer; what was read of it stays."""
    source = get_object_or_404(Source, pk=id, organisation=request.organisation)
    note(request, "remove source", source.name)
    source.delete()
    return redirect("sources", organisation=request.organisation.slug)
