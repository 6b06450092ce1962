"""An organisation itself: its name, and its end."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from verbond.results import sentence
from verbond.web.access import for_role
from verbond.web.contexts import frame
from verbond.web.forms import worded
from verbond.web.store.acts import close_organisation, note
from verbond.web.store.models import Role

__all__ = ["closure", "one"]


class NameForm(forms.Form):
    """What it is called; its address stays as it is."""

    name = forms.CharField(max_length=120)


class ClosureForm(forms.Form):
    """Its name, typed, so that nobody does this by accident."""

    typed = forms.CharField(max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"}))


@for_role(Role.OWNER)
def one(request: HttpRequest) -> HttpResponse:
    """Rename it."""
    if request.method != "POST":
        return _shown(request)
    form = worded(NameForm(request.POST), "rename", "web_people")
    if not form.is_valid():
        return _shown(request, form=form)
    before, request.organisation.name = request.organisation.name, form.cleaned_data["name"]
    request.organisation.save(update_fields=["name"])
    note(request, "renamed", before)
    return redirect("organisation", organisation=request.organisation.slug)


@for_role(Role.OWNER)
@require_POST
def closure(request: HttpRequest) -> HttpResponse:
    """Delete it, with everything that it keeps."""
    form = worded(ClosureForm(request.POST), "closure", "web_people")
    if form.is_valid() and form.cleaned_data["typed"] != request.organisation.name:
        form.add_error("typed", sentence("web_people.closure_differs", request.language))
    name = request.organisation.name
    if form.is_valid() and not close_organisation(request.organisation):
        form.add_error("typed", sentence("web_people.closure_busy", request.language))
    if not form.is_valid():
        return _shown(request, closure=form)
    request.organisation = None
    note(request, "closed", name)
    return redirect("home")


def _shown(request: HttpRequest, **wrong: Any) -> HttpResponse:
    context = frame(request, "organisation") | {
        "form": worded(NameForm(initial={"name": request.organisation.name}), "rename", "web_people"),
        "closure": worded(ClosureForm(), "closure", "web_people"),
    }
    return render(request, "organisations/one.html", context | wrong, status=422 if wrong else 200)
