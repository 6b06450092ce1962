"""The first page of a fresh installation: who owns it, and what to begin with."""

from __future__ import annotations

import secrets
import threading
from typing import Any

from django import forms
from django.contrib.auth import login, password_validation
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare

from verbond.results import Language
from verbond.web.access import admin, public
from verbond.web.community.demo import found_community
from verbond.web.expressions import promising
from verbond.web.forms import worded
from verbond.web.jobs import enqueue
from verbond.web.steps.demo import found_steps
from verbond.web.store import reads, workshops
from verbond.web.store.acts import found_organisation
from verbond.web.store.models import Organisation, User
from verbond.web.views.session import make_link
from verbond.web.workshop.demo import hold_workshops

__all__ = ["FIRST", "KEY", "first_address", "owner", "start"]

KEY = secrets.token_urlsafe(16)
"""Only who started the server knows it: nobody else on the network can become the owner."""
FIRST = threading.Lock()
"""Held by who makes the first owner, or begins with a backup: one of the two happens, and once."""
DEMO_NAME = "Zonnewende"
DEMO_ADDRESS = "demo@verbond.invalid"


def first_address(*, demo: bool = False) -> str:
    """The path that `verbond serve` prints.

    With `demo`, a fresh installation gets the demo company, and the path signs in.
    """
    if demo:
        if reads.is_fresh():
            user = User.objects.create_user(DEMO_ADDRESS, name="Demo", is_admin=True)
            begin_demo(user)
        user = User.objects.filter(email=DEMO_ADDRESS).first()
        if user is not None:
            return make_link(user)
    return f"/welcome/?key={KEY}" if reads.is_fresh() else "/"


def begin_demo(user: User) -> Organisation:
    """The demo company, with its workshops and its community, and its diagnosis on the way."""
    organisation = found_organisation(DEMO_NAME, user, kind=Organisation.Kind.DEMO)
    language: Language = "nl" if user.language == "nl" else "en"
    finished, _ = hold_workshops(organisation, user, language)
    edition = workshops.edition_of(finished)
    assert edition is not None
    promising.take_from(edition, language, by=user)
    found_community(organisation, user, language)
    found_steps(organisation, user)
    enqueue("diagnosis", organisation=organisation, by=user)
    return organisation


class OwnerForm(forms.Form):
    """Who owns the installation."""

    name = forms.CharField(max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    password = forms.CharField(
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"})
    )

    def clean(self) -> dict[str, Any]:
        """The password is one that holds."""
        given = super().clean()
        if given.get("password") and given.get("email"):
            user = User(email=given["email"], name=given.get("name", ""))
            try:
                password_validation.validate_password(given["password"], user)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return given


@public
def owner(request: HttpRequest) -> HttpResponse:
    """Create the owner; there is one such page in the life of an installation."""
    if not reads.is_fresh():
        return redirect("home")
    key = request.POST.get("key") or request.GET.get("key", "")
    if not constant_time_compare(key, KEY):
        return render(request, "welcome/key.html", {}, status=403)
    form = worded(OwnerForm(request.POST or None), "owner")
    if request.method == "POST" and form.is_valid():
        with FIRST:
            user = _first_owner(form.cleaned_data, request.language) if reads.is_fresh() else None
        if user is None:
            return redirect("home")
        login(request, user)
        return redirect("start")
    return render(
        request, "welcome/owner.html", {"form": form, "key": key}, status=422 if form.is_bound else 200
    )


def _first_owner(given: dict[str, Any], language: str) -> User:
    return User.objects.create_user(
        given["email"], given["password"], name=given["name"], language=language, is_admin=True
    )


@admin
def start(request: HttpRequest) -> HttpResponse:
    """What to begin with: the demo company, own files, the scan."""
    if request.method == "POST":
        choice = request.POST.get("choice")
        if choice == "demo":
            return redirect("today", organisation=begin_demo(request.user).slug)
        if choice == "files" and (name := request.POST.get("name", "").strip()[:120]):
            return redirect("imports", organisation=found_organisation(name, request.user).slug)
        if choice not in ("demo", "files"):
            raise Http404
    status = 422 if request.method == "POST" else 200
    return render(request, "welcome/start.html", {"missing": status == 422}, status=status)
