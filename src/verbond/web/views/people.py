"""The people of an organisation: who they are, what they may do."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from verbond.results import sentence
from verbond.web.access import for_role, may
from verbond.web.contexts import frame
from verbond.web.store import people
from verbond.web.store.acts import note
from verbond.web.store.models import Membership, Role
from verbond.web.workshop.rooms import put_out_member

__all__ = ["collection", "one", "removal", "shown"]


@for_role(Role.FACILITATOR)
@require_GET
def collection(request: HttpRequest) -> HttpResponse:
    """Members, and who is asked to join."""
    return shown(request)


def shown(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page, perhaps with a link that was just made, or a form with what is wrong in it."""
    from verbond.web.views.invitations import InvitationForm

    owns = may(request, Role.OWNER)
    context = frame(request, "people") | {
        "members": list(people.members_of(request.organisation)),
        "roles": [role for role in Role if role != Role.GUEST],
        "invitations": list(people.invitations_of(request.organisation)) if owns else [],
        "guest_links": list(people.guest_links_of(request.organisation)),
        "form": InvitationForm.worded(),
        "made": None,
        "wrong": "",
    }
    return render(request, "people/collection.html", context | more, status=status)


@for_role(Role.OWNER)
@require_POST
def one(request: HttpRequest, id: int) -> HttpResponse:
    """Give a member another role."""
    member = _member(request, id)
    role = request.POST.get("role", "")
    allowed = [one.value for one in Role if one != Role.GUEST]
    if role not in allowed or member.user.is_guest:
        return _wrong(request, "web_people.role_wrong")
    if not people.change_role(member, Role(role)):
        return _wrong(request, "web_people.last_owner")
    put_out_member(request.organisation.pk, member.user_id)
    note(request, "role_changed", member.user.known_as, role=role)
    return redirect("people", organisation=request.organisation.slug)


@for_role(Role.OWNER)
@require_POST
def removal(request: HttpRequest, id: int) -> HttpResponse:
    """Take somebody out of the organisation."""
    member = _member(request, id)
    who, user_id = member.user.known_as, member.user_id
    if not people.remove(member):
        return _wrong(request, "web_people.last_owner")
    put_out_member(request.organisation.pk, user_id)
    note(request, "member_removed", who)
    if user_id == request.user.pk:
        return redirect("home")
    return redirect("people", organisation=request.organisation.slug)


def _member(request: HttpRequest, id: int) -> Membership:
    members = Membership.objects.select_related("user")
    return get_object_or_404(members, pk=id, organisation=request.organisation)


def _wrong(request: HttpRequest, code: str) -> HttpResponse:
    return shown(request, status=422, wrong=sentence(code, request.language))
