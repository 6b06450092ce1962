"""The server through which an organisation's letters go, when they do not, and where bounces are read."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from verbond.errors import VerbondError
from verbond.results import sentence
from verbond.web.access import for_role
from verbond.web.contexts import frame
from verbond.web.forms import posted, worded
from verbond.web.listening import mail, reaching, sending
from verbond.web.store import letters
from verbond.web.store.acts import note
from verbond.web.store.models import Mailbox, Organisation, Role
from verbond.web.templating import spoken
from verbond.web.views.letters import ONE_LINE, handed_over

__all__ = ["MailboxForm", "one", "removal", "trial"]

_FIELDS = ("sender", "sender_name", "host", "port", "security", "user", "password")
_SETTINGS = ("per_minute", "imap_host", "imap_port", "imap_security", "imap_user")


class MailboxForm(forms.Form):
    """Through which server letters go, when they do not, and where those that come back are read."""

    sender = forms.EmailField(max_length=254)
    sender_name = forms.CharField(max_length=120, required=False, validators=[ONE_LINE])
    host = forms.CharField(max_length=200)
    port = forms.TypedChoiceField(coerce=int, choices=[(n, str(n)) for n in mail.PORTS], initial=587)
    security = forms.ChoiceField()
    user = forms.CharField(max_length=200, required=False, widget=forms.TextInput({"autocomplete": "off"}))
    password = forms.CharField(
        max_length=400, required=False, strip=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    per_minute = forms.IntegerField(min_value=1, max_value=600, initial=sending.PER_MINUTE)
    quiet_from = forms.IntegerField(min_value=0, max_value=23, initial=sending.QUIET.start)
    quiet_until = forms.IntegerField(min_value=0, max_value=23, initial=sending.QUIET.end)
    quiet_days = forms.TypedMultipleChoiceField(
        coerce=int, required=False, widget=forms.CheckboxSelectMultiple, initial=list(sending.QUIET.days)
    )
    time_zone = forms.CharField(max_length=60, initial=sending.ZONE)
    rest_days = forms.IntegerField(min_value=0, max_value=730, initial=reaching.REST_DAYS)
    imap_host = forms.CharField(max_length=200, required=False)
    imap_port = forms.TypedChoiceField(
        coerce=int, choices=[(n, str(n)) for n in mail.IMAP_PORTS], initial=993
    )
    imap_security = forms.ChoiceField(initial="tls")
    imap_user = forms.CharField(
        max_length=200, required=False, widget=forms.TextInput({"autocomplete": "off"})
    )
    imap_password = forms.CharField(
        max_length=400, required=False, strip=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
    )  # fmt: skip

    PARTS: ClassVar = {
        "sender": ("sender", "sender_name"),
        "server": ("host", "port", "security", "user", "password", "per_minute"),
        "quiet": ("quiet_from", "quiet_until", "quiet_days", "time_zone", "rest_days"),
        "returned": ("imap_host", "imap_port", "imap_security", "imap_user", "imap_password"),
    }

    def __init__(self, data: Any = None, *, box: Mailbox | None, organisation: Organisation) -> None:
        super().__init__(data, initial=_initial(box, organisation))
        self.box = box
        offered = [(one, _word(f"security_{one}")) for one in mail.SECURITIES]
        self.fields["security"].choices = self.fields["imap_security"].choices = offered
        self.fields["quiet_days"].choices = [(n, _word(f"day_{n}")) for n in range(1, 8)]
        worded(self, "mailbox", "web_letters")
        for name, kept in (("password", box and box.password), ("imap_password", _imap_password(box))):
            if kept:
                self.fields[name].help_text = _word("password_kept")

    def part(self, name: str) -> list[Any]:
        """The fields of a part of the page."""
        return [self[one] for one in self.PARTS[name]]

    def clean_time_zone(self) -> str:
        """One that exists."""
        if self.cleaned_data["time_zone"] not in available_timezones():
            raise forms.ValidationError(_word("zone_unknown"))
        return self.cleaned_data["time_zone"]

    def clean(self) -> dict[str, Any]:
        """Servers that may be reached; a password goes nowhere that it was not given for."""
        given = super().clean() or {}
        self._check(given, "host", "port", "security", mail.PORTS)
        if given.get("imap_host"):
            self._check(given, "imap_host", "imap_port", "imap_security", mail.IMAP_PORTS)
        self._check_password(given, "host", "user", "password")
        self._check_password(given, "imap_host", "imap_user", "imap_password")
        return given

    def _check_password(self, given: dict[str, Any], host: str, user: str, password: str) -> None:
        before = _known(self.box)
        if not before.get(password) or given.get(password) or not given.get(host) or not given.get(user):
            return
        if (given[host], given[user]) != (before.get(host), before.get(user)):
            self.add_error(password, _word("password_again"))

    def _check(self, given: dict[str, Any], host: str, port: str, security: str, ports: Any) -> None:
        if not {host, port, security} <= given.keys():
            return
        try:
            mail.check_server(given[host], given[port], given[security], ports)
        except VerbondError as error:
            self.add_error(host, str(error))

    def put_into(self, box: Mailbox) -> None:
        """Set the mailbox's fields; it is not saved yet. A password that was left empty stays."""
        given = self.cleaned_data
        for name in _FIELDS[:-1]:
            setattr(box, name, given[name])
        box.password = (given["password"] or box.password) if given["user"] else ""
        quiet = {"from": given["quiet_from"], "until": given["quiet_until"], "days": given["quiet_days"]}
        kept = {name: box.settings[name] for name in ("imap_seen", "imap_read_at") if name in box.settings}
        chosen = {name: given[name] for name in _SETTINGS if given[name] not in ("", None)}
        password = given["imap_password"] or _imap_password(box)
        box.settings = {**kept, **chosen, "quiet": quiet}
        if given["imap_host"] and password:
            box.settings["imap_password"] = password


def _imap_password(box: Mailbox | None) -> str:
    return box.settings.get("imap_password", "") if box is not None else ""


def _known(box: Mailbox | None) -> dict[str, Any]:
    """What is kept of a mailbox, passwords too: never for a page."""
    return {} if box is None else {**{name: getattr(box, name) for name in _FIELDS}, **box.settings}


def _initial(box: Mailbox | None, organisation: Organisation) -> dict[str, Any]:
    kept = organisation.settings
    known = {name: kept[name] for name in ("rest_days", "time_zone") if name in kept}
    if box is None:
        return {"sender_name": organisation.name} | known
    quiet = sending.quiet_of(box)
    hours = {"quiet_from": quiet.start, "quiet_until": quiet.end, "quiet_days": list(quiet.days)}
    shown = {name: one for name, one in _known(box).items() if name in (*_FIELDS, *_SETTINGS)}
    return {name: one for name, one in shown.items() if name != "password"} | hours | known


@for_role(Role.OWNER)
@never_cache
def one(request: HttpRequest) -> HttpResponse:
    """Through which server letters go."""
    organisation = request.organisation
    box = letters.mailbox_of(organisation)
    form = MailboxForm(posted(request), box=box, organisation=organisation)
    if request.method == "POST" and form.is_valid():
        box = box or Mailbox(organisation=organisation)
        form.put_into(box)
        box.checked_at = None
        box.save()
        chosen = {name: form.cleaned_data[name] for name in ("rest_days", "time_zone")}
        organisation.settings = {**organisation.settings, **chosen}
        organisation.save(update_fields=["settings"])
        note(request, "mailbox_set", box.host)
        return redirect("mailbox", organisation=organisation.slug)
    return _mailbox_page(request, box, form, status=422 if form.is_bound else 200)


def _mailbox_page(
    request: HttpRequest, box: Mailbox | None, form: MailboxForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = frame(request, "listen") | {"box": box, "form": form, "outcome": None, **more}
    return render(request, "letters/mailbox.html", context, status=status)


@for_role(Role.OWNER)
@require_POST
@never_cache
def trial(request: HttpRequest) -> HttpResponse:
    """A letter to oneself, to see that the server takes it."""
    box = letters.mailbox_of(request.organisation)
    if box is None:
        return redirect("mailbox", organisation=request.organisation.slug)
    letter = EmailMessage()
    letter["From"], letter["To"] = box.sender, request.user.email
    letter["Subject"] = _word("trial_subject")
    letter["Date"], letter["Auto-Submitted"] = timezone.now(), "auto-generated"
    letter.set_content(
        _word("trial_body", organisation=request.organisation.name) + "\n", cte="quoted-printable"
    )
    outcome = handed_over(request, box, letter)
    if outcome.fate == "sent":
        settings = {name: value for name, value in box.settings.items() if name != "trouble"}
        Mailbox.objects.filter(pk=box.pk).update(checked_at=timezone.now(), settings=settings)
        box.refresh_from_db()
    note(request, "mailbox_tried", box.host, fate=outcome.fate)
    form = MailboxForm(box=box, organisation=request.organisation)
    return _mailbox_page(request, box, form, outcome=outcome)


@for_role(Role.OWNER)
@require_POST
def removal(request: HttpRequest) -> HttpResponse:
    """No letters go any more, and the passwords are gone."""
    box = letters.mailbox_of(request.organisation)
    if box is not None:
        box.delete()
        note(request, "mailbox_removed", box.host)
    return redirect("mailbox", organisation=request.organisation.slug)


def _word(code: str, **values: Any) -> str:
    return sentence(f"web_letters.{code}", spoken(), **values)
