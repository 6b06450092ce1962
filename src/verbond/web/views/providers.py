"""OpenID Connect providers: which there are, and signing in through one."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.text import slugify
from django.views.decorators.http import require_POST

from verbond.results import sentence
from verbond.web.access import admin, public
from verbond.web.forms import posted, worded
from verbond.web.people import limits, providers, tokens
from verbond.web.people.addresses import back_of
from verbond.web.store import audit, people
from verbond.web.store.acts import note
from verbond.web.store.models import IdentityProvider, User
from verbond.web.templating import spoken
from verbond.web.views.session import first_step_done

__all__ = ["arrival", "collection", "departure", "removal"]

PURPOSE, SECONDS = "provider", 600


class ProviderForm(forms.Form):
    """A provider, as its own pages describe it."""

    name = forms.CharField(max_length=80)
    issuer = forms.CharField(max_length=300, widget=forms.URLInput)
    client_id = forms.CharField(max_length=200)
    client_secret = forms.CharField(
        max_length=400, strip=False, widget=forms.PasswordInput(render_value=False)
    )

    def clean_issuer(self) -> str:
        """https, and nothing behind it."""
        if not providers.checked_issuer(self.cleaned_data["issuer"]):
            raise forms.ValidationError(sentence("web_people.issuer_wrong", spoken()))
        return self.cleaned_data["issuer"]


@admin
def collection(request: HttpRequest) -> HttpResponse:
    """Those that there are, and one more."""
    form = worded(ProviderForm(posted(request)), "provider", "web_people")
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        slug = _free_slug(given["name"])
        IdentityProvider.objects.create(slug=slug, **given)
        note(request, "provider_made", given["name"])
        return redirect("providers")
    context = {
        "form": form,
        "providers": [(one, _back(request, one)) for one in IdentityProvider.objects.order_by("name")],
    }
    return render(request, "providers/collection.html", context, status=422 if form.is_bound else 200)


def _free_slug(name: str) -> str:
    base = slugify(name)[:34] or "provider"
    taken = set(IdentityProvider.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(s for s in [base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))] if s not in taken)


@admin
@require_POST
def removal(request: HttpRequest, slug: str) -> HttpResponse:
    """Nobody signs in there any more."""
    provider = get_object_or_404(IdentityProvider, slug=slug)
    provider.delete()
    note(request, "provider_removed", provider.name)
    return redirect("providers")


@public
@require_POST
def departure(request: HttpRequest, slug: str) -> HttpResponse:
    """To the provider: by a page that leads on, since our forms may be answered by ourselves only."""
    provider = get_object_or_404(IdentityProvider, slug=slug)
    limits.spend(limits.SIGN_IN_ADDRESS, limits.address_of(request))
    try:
        found = providers.departure(provider, _back(request, provider))
    except providers.ProviderError as error:
        return _refused(request, error.code)
    tokens.remember(
        request,
        PURPOSE,
        provider=provider.pk,
        state=found.state,
        nonce=found.nonce,
        verifier=found.verifier,
        next=back_of(request),
    )
    return render(request, "session/departure.html", {"provider": provider, "address": found.address})


@public
def arrival(request: HttpRequest, slug: str) -> HttpResponse:
    """Back from the provider."""
    provider = get_object_or_404(IdentityProvider, slug=slug)
    left = tokens.recall(request, PURPOSE, seconds=SECONDS)
    if left is None or left["provider"] != provider.pk:
        return _refused(request, "web_people.provider_late")
    code, state = request.GET.get("code", ""), request.GET.get("state", "")
    if not constant_time_compare(state, left["state"]) or not 0 < len(code) <= 4000:
        return _refused(request, "web_people.provider_late")
    try:
        who = providers.person(
            provider, _back(request, provider), code, nonce=left["nonce"], verifier=left["verifier"]
        )
    except providers.ProviderError as error:
        return _refused(request, error.code)
    user = _user_of(request, who)
    if user is None:
        audit.note_refused(who.email, "provider")
        return _refused(request, "web_people.provider_stranger")
    limits.give_back(limits.SIGN_IN_ADDRESS, limits.address_of(request))
    return first_step_done(request, user, "provider", left["next"])


def _user_of(request: HttpRequest, who: providers.Person) -> User | None:
    """Somebody whom we know, or whom somebody here has asked to join."""
    user = User.objects.filter(email=who.email).first()
    if user is not None:
        return people.prove(user) if user.is_active else None
    invitation = people.open_invitation_for(who.email)
    if invitation is None:
        return None
    joined = people.join(invitation, name=who.name, language=request.language)
    return people.prove(joined) if joined is not None else None


def _back(request: HttpRequest, provider: IdentityProvider) -> str:
    return request.build_absolute_uri(reverse("provider_arrival", kwargs={"slug": provider.slug}))


def _refused(request: HttpRequest, code: str) -> HttpResponse:
    return render(request, "session/refused.html", {"why": sentence(code, request.language)}, status=422)
