"""Invitations: ask somebody to join, let guests in, and what they see who follow the link."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from verbond.results import sentence
from verbond.web import forms as wording
from verbond.web.access import for_role, may, public
from verbond.web.people import limits, sessions
from verbond.web.store import people
from verbond.web.store.acts import note
from verbond.web.store.models import Invitation, Role, User
from verbond.web.templating import spoken
from verbond.web.views.people import shown

__all__ = ["InvitationForm", "collection", "guest", "guest_links", "one", "withdrawal"]

_NAMES = {"autocomplete": "name"}


class InvitationForm(forms.Form):
    """Whom, and as what."""

    email = forms.EmailField(max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField()

    @classmethod
    def worded(cls, data: Any = None) -> InvitationForm:
        """With its words, in the language of the page."""
        form = wording.worded(cls(data), "invitation", "web_people")
        roles = [Role.MEMBER, Role.FACILITATOR, Role.ANALYST, Role.OWNER]
        form.fields["role"].choices = [(one, sentence(f"web_people.role_{one}", spoken())) for one in roles]
        return form

    def clean_email(self) -> str:
        """As it is kept."""
        return self.cleaned_data["email"].lower()


class JoinForm(forms.Form):
    """Who joins; the address shows that the link came to the right person."""

    email = forms.EmailField(max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    name = forms.CharField(max_length=120, widget=forms.TextInput(attrs=_NAMES))
    password = forms.CharField(
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """The password is one that holds."""
        given = super().clean()
        if given.get("password"):
            user = User(email=given.get("email", ""), name=given.get("name", ""))
            try:
                password_validation.validate_password(given["password"], user)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return given


class GuestForm(forms.Form):
    """A name is enough."""

    name = forms.CharField(max_length=60, widget=forms.TextInput(attrs=_NAMES))


@for_role(Role.OWNER)
@require_POST
def collection(request: HttpRequest) -> HttpResponse:
    """Ask somebody to join; the link is shown once."""
    form = InvitationForm.worded(request.POST)
    if not form.is_valid():
        return shown(request, status=422, form=form)
    email, role = form.cleaned_data["email"], Role(form.cleaned_data["role"])
    if request.organisation.memberships.filter(user__email=email).exists():
        form.add_error("email", sentence("web_people.member_already", request.language))
        return shown(request, status=422, form=form)
    _, token = people.invite(request.organisation, email, role, request.user)
    note(request, "invited", email, role=role)
    return shown(request, made=_link(request, "invitation", token), made_for=email)


@for_role(Role.FACILITATOR)
@require_POST
def guest_links(request: HttpRequest) -> HttpResponse:
    """A link for guests; it is shown once."""
    _, token = people.open_to_guests(request.organisation, request.user)
    note(request, "guest_link_made")
    return shown(request, made=_link(request, "guest", token), made_for="")


@for_role(Role.FACILITATOR)
@require_POST
def withdrawal(request: HttpRequest, id: int) -> HttpResponse:
    """The link works no longer, and its guests leave."""
    found = get_object_or_404(Invitation, pk=id, organisation=request.organisation, accepted_at=None)
    if found.email and not may(request, Role.OWNER):
        raise Http404
    note(request, "invitation_withdrawn" if found.email else "guest_link_withdrawn", found.email)
    people.withdraw(found)
    return redirect("people", organisation=request.organisation.slug)


@public
def one(request: HttpRequest, token: str) -> HttpResponse:
    """What somebody who was asked to join sees. To look is not to accept: mail scanners look too."""
    invitation = _found(request, token, people.INVITATION)
    if isinstance(invitation, HttpResponse):
        return invitation
    if request.method == "POST":
        limits.spend(limits.ACCEPTING, limits.address_of(request))
    if request.user.is_authenticated:
        return _as_user(request, invitation)
    if User.objects.filter(email=invitation.email).exists():
        return _page(request, "invitations/sign_in.html", invitation)
    return _as_somebody_new(request, invitation)


def _as_user(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    if request.user.email != invitation.email:
        return _refused(request, "web_people.invitation_not_yours")
    if request.method != "POST":
        return _page(request, "invitations/accept.html", invitation)
    if not people.accept(invitation, request.user):
        return _refused(request, "web_people.invitation_used")
    return _entered(request, invitation)


def _as_somebody_new(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    form = wording.worded(JoinForm(wording.posted(request)), "join", "web_people")
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if given["email"].lower() != invitation.email:
            form.add_error("email", sentence("web_people.invitation_other_address", request.language))
            return _page(request, "invitations/join.html", invitation, form=form)
        user = people.join(
            invitation, name=given["name"], language=request.language, password=given["password"]
        )
        if user is None:
            return _refused(request, "web_people.invitation_used")
        sessions.begin(request, user, "invitation")
        return _entered(request, invitation)
    return _page(request, "invitations/join.html", invitation, form=form)


@public
def guest(request: HttpRequest, token: str) -> HttpResponse:
    """What a guest sees."""
    link = _found(request, token, people.GUEST_LINK)
    if isinstance(link, HttpResponse):
        return link
    known = request.user if request.user.is_authenticated else None
    if known is not None and link.organisation.memberships.filter(user=known).exists():
        return redirect("today", organisation=link.organisation.slug)
    user = known if known is not None and not known.is_guest else None
    form = None if user else wording.worded(GuestForm(wording.posted(request)), "guest", "web_people")
    if request.method != "POST" or (form is not None and not form.is_valid()):
        return _page(request, "invitations/guest.html", link, form=form)
    limits.spend(limits.ACCEPTING, limits.address_of(request))
    name = form.cleaned_data["name"] if form is not None else ""
    admitted = people.admit_guest(link, user, name, request.language)
    if admitted is None:
        return _refused(request, "web_people.guest_link_over")
    if user is None:
        sessions.begin(request, admitted, "guest_link")
        request.session.set_expiry(link.expires_at)
    return _entered(request, link)


def _found(request: HttpRequest, token: str, purpose: str) -> Invitation | HttpResponse:
    found = people.invitation_by(token, purpose)
    if found is None:
        raise Http404
    if found.accepted_at is not None:
        return _refused(request, "web_people.invitation_used")
    if found.expires_at <= timezone.now():
        return _refused(request, "web_people.invitation_expired")
    return found


def _entered(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    request.organisation = invitation.organisation
    note(request, "joined", role=invitation.role)
    return redirect("today", organisation=invitation.organisation.slug)


def _page(request: HttpRequest, template: str, invitation: Invitation, **more: Any) -> HttpResponse:
    form = more.get("form")
    status = 422 if form is not None and form.is_bound else 200
    return render(request, template, {"invitation": invitation, **more}, status=status)


def _refused(request: HttpRequest, code: str) -> HttpResponse:
    return render(request, "session/refused.html", {"why": sentence(code, request.language)}, status=422)


def _link(request: HttpRequest, name: str, token: str) -> str:
    return request.build_absolute_uri(reverse(name, kwargs={"token": token}))
