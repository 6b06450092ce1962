"""One's own: name, language, password, second step, sessions."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib.auth import logout, password_validation
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from verbond.results import sentence
from verbond.results.wording import LANGUAGES
from verbond.web.access import confirmed, signed_in
from verbond.web.forms import posted, worded
from verbond.web.keeping.privacy import account_of
from verbond.web.people import limits, second_step, sessions, tokens
from verbond.web.people.addresses import back_of
from verbond.web.store import audit, people
from verbond.web.store.models import SignIn, User
from verbond.web.templating import spoken

__all__ = [
    "closure", "codes", "confirmation", "copy", "one", "other_sessions", "password", "step", "step_removal",
]  # fmt: skip

PROPOSED, PROPOSED_SECONDS = "second step proposed", 3600
_LANGUAGES = {"en": "English", "nl": "Nederlands"}


class ProfileForm(forms.ModelForm):
    """What one is called, and in which language."""

    name = forms.CharField(max_length=120)
    language = forms.ChoiceField(choices=[(code, _LANGUAGES[code]) for code in LANGUAGES])

    class Meta:
        model = User
        fields = ("name", "language")


class ConfirmationForm(forms.Form):
    """That it is really you."""

    password = forms.CharField(
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "current-password"}),
    )


class PasswordForm(forms.Form):
    """A new password."""

    password = forms.CharField(
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, data: Any, user: User) -> None:
        super().__init__(data)
        self.user = user

    def clean_password(self) -> str:
        """One that holds."""
        password_validation.validate_password(self.cleaned_data["password"], self.user)
        return self.cleaned_data["password"]


class ClosureForm(forms.Form):
    """That it is meant: the own address is typed once more."""

    typed = forms.CharField(max_length=254, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, data: Any, user: User) -> None:
        super().__init__(data)
        self.user = user

    def clean_typed(self) -> str:
        """The address of the account."""
        if self.cleaned_data["typed"].lower() != self.user.email:
            raise forms.ValidationError(sentence("web_privacy.close_differs", spoken()))
        return self.cleaned_data["typed"]


class StepForm(forms.Form):
    """The first code of the app."""

    secret = forms.CharField(max_length=1000, widget=forms.HiddenInput)
    code = forms.CharField(max_length=12, widget=forms.TextInput(attrs={"autocomplete": "one-time-code"}))


@signed_in
def one(request: HttpRequest) -> HttpResponse:
    """Everything at a glance."""
    form = worded(ProfileForm(posted(request), instance=request.user), "profile", "web_people")
    if request.method == "POST" and form.is_valid():
        request.user.save(update_fields=["name", "language"])
        return redirect("profile")
    status = 422 if form.is_bound else 200
    if status == 422:
        request.user.refresh_from_db()
    return render(request, "profile/profile.html", {"form": form, **_own(request)}, status=status)


def _own(request: HttpRequest) -> dict[str, Any]:
    return {
        "sessions": [_session(request, one) for one in sessions.listed(request.user)],
        "has_password": request.user.has_usable_password(),
        "passkeys": request.user.passkeys.count(),
        "codes_left": second_step.n_left(request.user),
    }


def _session(request: HttpRequest, one: SignIn) -> dict[str, Any]:
    browser, system = sessions.named(one.browser)
    known = sentence("web_people.browser_on", request.language, browser=browser, system=system)
    return {
        "browser": known if browser and system else sentence("web_people.session_unknown", request.language),
        "since": one.created_at.date(),
        "is_this": one.session_key == request.session.session_key,
    }


@signed_in
def confirmation(request: HttpRequest) -> HttpResponse:
    """Show once more who one is, before anything is changed by which one signs in."""
    if request.user.is_guest:
        raise Http404
    back = back_of(request, "/profile/")
    form = worded(ConfirmationForm(posted(request)), "confirmation", "web_people")
    if request.method == "POST" and form.is_valid():
        limits.spend(limits.CONFIRMATION, str(request.user.pk))
        if request.user.check_password(form.cleaned_data["password"]):
            sessions.confirm(request)
            return redirect(back)
        form.add_error("password", sentence("web_people.password_wrong", request.language))
    context = {"form": form, "next": back, "has_password": request.user.has_usable_password()}
    return render(request, "profile/confirmation.html", context, status=422 if form.is_bound else 200)


@signed_in
@confirmed
def password(request: HttpRequest) -> HttpResponse:
    """Change it; every other session ends."""
    form = worded(PasswordForm(posted(request), request.user), "new", "web_people")
    if request.method == "POST" and form.is_valid():
        request.user.set_password(form.cleaned_data["password"])
        request.user.save(update_fields=["password"])
        sessions.renew(request)
        audit.note_everywhere(request.user, "password_changed")
        return redirect("profile")
    return render(request, "profile/password.html", {"form": form}, status=422 if form.is_bound else 200)


@signed_in
@confirmed
def step(request: HttpRequest) -> HttpResponse:
    """The second step: set it, with an app that shows codes."""
    user = request.user
    if user.totp_secret:
        return render(request, "profile/step.html", {"form": None, "codes_left": second_step.n_left(user)})
    given = request.POST.get("secret", "")
    secret = tokens.opened(PROPOSED, user.pk, given, seconds=PROPOSED_SECONDS)
    known = request.method == "POST" and secret is not None
    secret = secret or second_step.new_secret()
    form = worded(StepForm(request.POST if known else None), "step", "web_people")
    if known and form.is_valid():
        limits.spend(limits.SECOND_STEP, str(user.pk))
        if second_step.begin_with(user, secret, form.cleaned_data["code"]):
            sessions.end_others(request)
            audit.note_everywhere(request.user, "step_set")
            return render(request, "profile/codes.html", {"codes": second_step.new_codes(user)})
        form.add_error("code", sentence("web_people.code_wrong", request.language))
    form.initial["secret"] = sealed = given if known else tokens.sealed(PROPOSED, user.pk, secret)
    context = {
        "form": form,
        "sealed": sealed,
        "secret": " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        "picture": second_step.drawn(user, secret),
    }
    return render(request, "profile/step.html", context, status=422 if request.method == "POST" else 200)


@signed_in
@confirmed
@require_POST
def step_removal(request: HttpRequest) -> HttpResponse:
    """Ask no second step any more."""
    second_step.drop(request.user)
    audit.note_everywhere(request.user, "step_removed")
    return redirect("profile")


@signed_in
@confirmed
@require_POST
def codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes, shown once."""
    if not request.user.totp_secret:
        raise Http404
    audit.note_everywhere(request.user, "codes_made")
    return render(request, "profile/codes.html", {"codes": second_step.new_codes(request.user)})


@signed_in
@require_GET
def copy(request: HttpRequest) -> HttpResponse:
    """Everything that is kept of oneself."""
    said = json.dumps(account_of(request.user), ensure_ascii=False, indent=1)
    answer = HttpResponse(said, content_type="application/json")
    answer["Content-Disposition"] = 'attachment; filename="verbond-account.json"'
    return answer


@signed_in
@confirmed
def closure(request: HttpRequest) -> HttpResponse:
    """Close one's account; who would leave something without an owner gives it to somebody first."""
    user = request.user
    owned = [one.organisation.name for one in user.memberships.select_related("organisation")
             if people.is_last_owner(one)]  # fmt: skip
    only_admin = user.is_admin and not User.objects.filter(is_admin=True).exclude(pk=user.pk).exists()
    form = worded(ClosureForm(posted(request), user), "close", "web_privacy")
    if form.is_valid() and not owned and not only_admin:
        sentence_after = sentence("web_privacy.close_who", request.language)
        logout(request)
        people.close_account(user, sentence_after)
        return redirect("session")
    context = {"form": form, "owned": owned, "only_admin": only_admin}
    return render(request, "profile/closure.html", context, status=422 if form.is_bound else 200)


@signed_in
@require_POST
def other_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere else."""
    sessions.end_others(request)
    audit.note_everywhere(request.user, "sessions_ended")
    return redirect("/profile/#sessions")
