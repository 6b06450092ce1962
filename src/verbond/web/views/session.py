"""Signing in and out."""

from __future__ import annotations

import secrets

from django import forms
from django.contrib.auth import authenticate, login, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from verbond.web.access import public
from verbond.web.forms import worded
from verbond.web.store import reads
from verbond.web.store.models import User

__all__ = ["by_link", "end", "make_link", "one"]

_LINKS: dict[str, int] = {}
"""Links that sign in, printed by `verbond serve --demo`; they live as long as the server does."""


class SessionForm(forms.Form):
    """Who one says one is."""

    email = forms.EmailField()
    password = forms.CharField(widget=forms.PasswordInput(render_value=False))


@public
def one(request: HttpRequest) -> HttpResponse:
    """Sign in."""
    if reads.is_fresh():
        return redirect("welcome")
    back = request.POST.get("next") or request.GET.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = "/"
    if request.user.is_authenticated:
        return redirect(back)
    form = worded(SessionForm(request.POST or None), "session")
    failed = False
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        user = authenticate(request, username=given["email"].lower(), password=given["password"])
        if user is not None:
            login(request, user)
            return redirect(back)
        failed = True
    status = 422 if form.is_bound else 200
    return render(
        request, "session/session.html", {"form": form, "failed": failed, "next": back}, status=status
    )


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
    if token not in _LINKS:
        raise Http404
    user = User.objects.get(pk=_LINKS[token])
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect("home")
