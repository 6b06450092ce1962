"""Passkeys: see them, make one, remove one, sign in with one."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from verbond.results import sentence
from verbond.web.access import confirmed, public, signed_in
from verbond.web.people import limits, passkeys, sessions
from verbond.web.people.addresses import back_of
from verbond.web.store import audit

__all__ = ["collection", "removal", "to_keep", "to_show", "with_passkey"]


@signed_in
@confirmed
def collection(request: HttpRequest) -> HttpResponse:
    """Those that there are; a POST brings a new one, as its browser made it."""
    if request.method == "POST":
        return _kept(request)
    context = {
        "passkeys": list(request.user.passkeys.order_by("created_at")),
        "usable": passkeys.can_be_used(request),
    }
    return render(request, "profile/passkeys.html", context)


def _kept(request: HttpRequest) -> HttpResponse:
    name = request.GET.get("name", "").strip()[:80] or "Passkey"
    if len(request.body) > passkeys.LONGEST or passkeys.kept(request, request.body, name) is None:
        return _refused(request)
    audit.note_everywhere(request.user, "passkey_made")
    return JsonResponse({"next": "/profile/passkeys/"}, status=201)


@signed_in
@confirmed
@require_POST
def to_keep(request: HttpRequest) -> HttpResponse:
    """What the browser needs to make one."""
    return JsonResponse(passkeys.options_to_keep(request))


@signed_in
@confirmed
@require_POST
def removal(request: HttpRequest, id: int) -> HttpResponse:
    """Take one away."""
    get_object_or_404(request.user.passkeys, pk=id).delete()
    audit.note_everywhere(request.user, "passkey_removed")
    return redirect("passkeys")


@public
@require_POST
def to_show(request: HttpRequest) -> HttpResponse:
    """What the browser needs to sign in with one."""
    return JsonResponse(passkeys.options_to_show(request))


@public
@require_POST
def with_passkey(request: HttpRequest) -> HttpResponse:
    """Sign in. A passkey is two steps at once: the device, and what opens it."""
    address = limits.address_of(request)
    limits.spend(limits.SIGN_IN_ADDRESS, address)
    user = passkeys.shown(request, request.body) if len(request.body) <= passkeys.LONGEST else None
    if user is None:
        return _refused(request)
    limits.give_back(limits.SIGN_IN_ADDRESS, address)
    sessions.begin(request, user, "passkey")
    return JsonResponse({"next": back_of(request)})


def _refused(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"said": sentence("web_people.passkey_refused", request.language)}, status=422)
