"""Signing in and out."""

from __future__ import annotations

import secrets

from django import forms
from django.contrib.auth import authenticate, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from verbond.web.access import public
from verbond.web.forms import posted, worded
from verbond.web.people import limits, second_step, sessions, tokens
from verbond.web.people.addresses import back_of
from verbond.web.store import audit, reads
from verbond.web.store.models import IdentityProvider, User

__all__ = ["by_link", "code", "end", "first_step_done", "make_link", "one"]

SECOND_STEP, SECOND_STEP_SECONDS = "second step", 600
_LINKS: dict[str, int] = {}
"""Links that sign in, printed by `verbond serve --demo`; they live as long as the server does."""


class SessionForm(forms.Form):
    """Who one says one is."""

    email = forms.EmailField(
        max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username webauthn"})
    )
    password = forms.CharField(
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "current-password"}),
    )


class CodeForm(forms.Form):
    """The second step."""

    code = forms.CharField(
        max_length=40, widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True})
    )


@public
def one(request: HttpRequest) -> HttpResponse:
    """Sign in."""
    if reads.is_fresh():
        return redirect("welcome")
    back = back_of(request)
    if request.user.is_authenticated:
        return redirect(back)
    form = worded(SessionForm(posted(request)), "session")
    failed = False
    if request.method == "POST" and form.is_valid():
        user = _known(request, form.cleaned_data["email"].lower(), form.cleaned_data["password"])
        if user is not None:
            return first_step_done(request, user, "password", back)
        failed = True
    context = {
        "form": form,
        "failed": failed,
        "next": back,
        "providers": list(IdentityProvider.objects.order_by("name")),
    }
    return render(request, "session/session.html", context, status=422 if form.is_bound else 200)


def _known(request: HttpRequest, email: str, password: str) -> User | None:
    """The user of an address and a password; the same work whether the address is known or not."""
    address = limits.address_of(request)
    limits.spend(limits.SIGN_IN_ADDRESS, address)
    limits.spend(limits.SIGN_IN_ACCOUNT, email)
    user = authenticate(request, username=email, password=password)
    if user is None:
        audit.note_refused(email, "password")
    else:
        limits.give_back(limits.SIGN_IN_ADDRESS, address)
    return user


def first_step_done(request: HttpRequest, user: User, how: str, back: str) -> HttpResponse:
    """Sign in, or ask for the second step where one is set."""
    if not user.totp_secret:
        sessions.begin(request, user, how)
        return redirect(back)
    request.session.cycle_key()
    tokens.remember(request, SECOND_STEP, user=user.pk, how=how, next=back, auth=user.get_session_auth_hash())
    return redirect("session_code")


@public
def code(request: HttpRequest) -> HttpResponse:
    """The second step."""
    waiting = tokens.kept(request, SECOND_STEP, seconds=SECOND_STEP_SECONDS)
    user = User.objects.filter(pk=waiting["user"], is_active=True).first() if waiting else None
    if user is None or user.get_session_auth_hash() != waiting["auth"]:
        return redirect("session")
    form = worded(CodeForm(posted(request)), "code", "web_people")
    failed = False
    if request.method == "POST" and form.is_valid():
        limits.spend(limits.SECOND_STEP, str(user.pk))
        if second_step.shown(user, form.cleaned_data["code"]):
            tokens.recall(request, SECOND_STEP, seconds=SECOND_STEP_SECONDS)
            sessions.begin(request, user, f"{waiting['how']}_and_code")
            return redirect(waiting["next"])
        audit.note_refused(user.email, "code")
        failed = True
    status = 422 if form.is_bound else 200
    return render(request, "session/code.html", {"form": form, "failed": failed}, status=status)


@public
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """Sign out."""
    logout(request)
    return redirect("home")


def make_link(user: User) -> str:
    """A path that signs a user in, for as long as this process lives."""
    token = secrets.token_urlsafe(24)
    _LINKS[token] = user.pk
    return f"/session/link/{token}/"


@public
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Sign in by a link of `make_link`."""
    user = User.objects.filter(pk=_LINKS.get(token)).first()
    if user is None:
        raise Http404
    sessions.begin(request, user, "link")
    return redirect("home")
