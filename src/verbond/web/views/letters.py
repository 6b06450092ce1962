"""Letters: their words, sending them, and those that came back."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from email.errors import MessageError
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from verbond.results import sentence
from verbond.web.access import for_role
from verbond.web.forms import posted
from verbond.web.jobs import enqueue
from verbond.web.listening import bounces, mail, sending
from verbond.web.listening import letters as made
from verbond.web.people.limits import Limit, spend
from verbond.web.store import asking, letters, reads
from verbond.web.store.acts import note
from verbond.web.store.models import Invitee, Job, Mailbox, Role, Survey
from verbond.web.templating import spoken
from verbond.web.views.surveys import found, framed

__all__ = [
    "ONE_LINE", "Sending", "WordsForm", "doubt", "handed_over", "returned", "sending_of", "start", "stop",
    "words",
]  # fmt: skip

TRIAL = Limit("trial letter", 20, 3600)
MOST_SUBJECT, MOST_BODY = 200, 6000
ONE_LINE = RegexValidator(r"^[^\x00-\x1f\x7f\u0085\u2028\u2029]*$", code="one_line")


@dataclass(frozen=True, slots=True)
class Sending:
    """How far the letters of a survey are.

    Attributes
    ----------
    box : Mailbox or None
    job : Job or None
        That waits or runs.
    waiting, in_doubt, failed : int
        Letters.
    until : datetime or None
        When letters may go again, where it is quiet now.
    trouble : str
        Why the server could not be used, in its own words.
    """

    box: Mailbox | None
    job: Job | None
    waiting: int
    in_doubt: int
    failed: int
    until: dt.datetime | None
    trouble: str

    @property
    def until_day(self) -> dt.date:
        """The day of `until`, where the organisation is."""
        return self._here.date()

    @property
    def until_hour(self) -> int:
        """The hour of `until`, where the organisation is."""
        return self._here.hour

    @property
    def _here(self) -> dt.datetime:
        assert self.until is not None
        assert self.box is not None
        return self.until.astimezone(ZoneInfo(sending.quiet_of(self.box).zone))


def sending_of(request: HttpRequest, survey: Survey, counts: dict[str, int]) -> Sending:
    """How far the letters of a survey are."""
    box = letters.mailbox_of(request.organisation)
    job = reads.running_job(request.organisation, sending.KIND)
    quiet = sending.quiet_until(sending.quiet_of(box), timezone.now()) if box is not None else None
    trouble = (box.settings.get("trouble") or {}).get("said", "") if box is not None else ""
    running = job is not None and job.state == Job.State.RUNNING
    in_doubt = 0 if running else counts["sending"]
    return Sending(box, job, counts["waiting"], in_doubt, counts["failed"], quiet, trouble)


# words


class WordsForm(forms.Form):
    """Subject and body of the invitation and the reminder, in each language of the survey."""

    def __init__(self, data: Any = None, *, survey: Survey) -> None:
        super().__init__(data)
        self.survey, self.languages = survey, made.spoken_in(survey)
        for kind in made.KINDS:
            for code in self.languages:
                kept = made.kept_words(survey, kind, code)
                self.fields[f"{kind}_{code}_subject"] = forms.CharField(
                    max_length=MOST_SUBJECT,
                    initial=kept.subject,
                    validators=[ONE_LINE],
                    label=_word("field_subject"),
                    widget=forms.TextInput(attrs={"lang": code}),
                )
                self.fields[f"{kind}_{code}_body"] = forms.CharField(
                    max_length=MOST_BODY,
                    initial=kept.body.strip(),
                    label=_word("field_body"),
                    widget=forms.Textarea(attrs={"rows": 12, "lang": code}),
                )
        self.label_suffix = ""

    def clean(self) -> dict[str, Any]:
        """The link is in every letter, and no placeholder that stands for nothing."""
        given = super().clean() or {}
        for name in list(given):
            if unknown := made.unknown_placeholders(given[name]):
                self.add_error(name, _word("unknown_placeholder", given=unknown[0]))
            elif name.endswith("_body") and "{link}" not in given[name]:
                self.add_error(name, _word("link_missing", link="{link}"))
        return given

    @property
    def groups(self) -> list[tuple[str, str, Any, Any]]:
        """Kind, language, and the two fields of each letter."""
        return [
            (kind, code, self[f"{kind}_{code}_subject"], self[f"{kind}_{code}_body"])
            for kind in made.KINDS
            for code in self.languages
        ]

    def words_of(self, kind: str, code: str) -> made.Words:
        """A letter as it was filled in."""
        given = self.cleaned_data
        return made.Words(given[f"{kind}_{code}_subject"], given[f"{kind}_{code}_body"].replace("\r\n", "\n"))

    @property
    def kept(self) -> dict[str, dict[str, dict[str, str]]]:
        """What goes into the survey's settings: only letters with words of one's own."""
        found: dict[str, dict[str, dict[str, str]]] = {}
        for kind in made.KINDS:
            for code in self.languages:
                words = self.words_of(kind, code)
                if words != made.default_words(self.survey, kind, code):
                    own = {"subject": words.subject, "body": words.body}
                    found.setdefault(kind, {})[code] = own
        return found


@for_role(Role.FACILITATOR)
@never_cache
def words(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """What the letters say; a look at them, and one to oneself, before others get them."""
    survey = found(request, id)
    form = WordsForm(posted(request), survey=survey)
    act = request.POST.get("go", "keep")
    if request.method == "POST" and form.is_valid():
        if act == "keep":
            with asking.changing(survey) as fresh:
                fresh.settings = {**fresh.settings, "letters": form.kept}
                fresh.save(update_fields=["settings"])
            note(request, "letters_changed", survey.name, survey=str(survey.pk))
            return redirect("survey_letters", organisation=request.organisation.slug, id=survey.pk)
        if act == "trial":
            return _words_page(request, survey, form, trial=_trial(request, survey, form))
        return _words_page(request, survey, form, shown=_shown(request, survey, form))
    status = 422 if form.is_bound else 200
    shown = [] if form.is_bound else _shown(request, survey, None)
    return _words_page(request, survey, form, shown=shown, status=status)


def _words_page(
    request: HttpRequest,
    survey: Survey,
    form: WordsForm,
    *,
    shown: list[Any] | None = None,
    trial: Any = None,
    status: int = 200,
) -> HttpResponse:
    context = framed(request, survey, "invitees") | {
        "form": form,
        "shown": shown or [],
        "trial": trial,
        "box": letters.mailbox_of(request.organisation),
        "placeholders": made.PLACEHOLDERS,
    }
    return render(request, "letters/words.html", context, status=status)


def _shown(request: HttpRequest, survey: Survey, form: WordsForm | None) -> list[tuple[str, str, str, str]]:
    """Kind, language, subject and text of each letter, as somebody would get it."""
    box = letters.mailbox_of(request.organisation) or Mailbox(sender="you@example.org")
    base, found = request.build_absolute_uri("/"), []
    for kind in made.KINDS:
        for code in made.spoken_in(survey):
            own = form.words_of(kind, code) if form is not None else None
            who = _somebody(survey, code, "bo@example.org")
            letter = made.letter_of(who, kind, box, base=base, words=own, language=code)
            found.append((kind, code, str(letter["Subject"]), _text_of(letter)))
    return found


def _somebody(survey: Survey, language: str, email: str, name: str = "") -> Invitee:
    """Nobody's invitation: its link opens nothing."""
    said = name or sentence("web_letters.somebody", "nl" if language == "nl" else "en")
    return Invitee(survey=survey, number=0, name=said, email=email, language=language)


def _text_of(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    return str(part.get_content()) if part is not None else ""


def _trial(request: HttpRequest, survey: Survey, form: WordsForm) -> mail.Outcome:
    """The invitation, in the reader's language, to oneself."""
    box = letters.mailbox_of(request.organisation)
    if box is None or request.user.is_guest:
        return mail.Outcome("trouble", None, _word("no_mailbox"))
    code = spoken() if spoken() in form.languages else form.languages[0]
    who = _somebody(survey, code, request.user.email, request.user.name)
    own = form.words_of("invitation", code)
    base = request.build_absolute_uri("/")
    letter = made.letter_of(who, "invitation", box, base=base, words=own, language=code)
    return handed_over(request, box, letter)


def handed_over(request: HttpRequest, box: Mailbox, letter: EmailMessage) -> mail.Outcome:
    """Send a letter to who asks for it, at once; not too often."""
    spend(TRIAL, str(request.user.pk))
    try:
        with mail.Post(box) as post:
            return post.send(letter, request.user.email)
    except mail.Trouble as trouble:
        return mail.Outcome("trouble", None, trouble.said)
    except (ValueError, MessageError) as error:
        return mail.Outcome("trouble", None, type(error).__name__)


# sending


@for_role(Role.FACILITATOR)
@require_POST
def start(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Invite everybody who was not asked yet and may be."""
    from verbond.web.views.invitees import page_of

    survey = found(request, id)
    if survey.state != Survey.State.OPEN:
        return page_of(request, survey, wrong=_word("not_open"), status=422)
    if letters.mailbox_of(request.organisation) is None:
        return page_of(request, survey, wrong=_word("no_mailbox"), status=422)
    with asking.changing(survey) as fresh:
        base, reminders = request.build_absolute_uri("/"), request.POST.get("reminders") == "on"
        fresh.settings = {**fresh.settings, "base": base, "reminders": reminders}
        fresh.save(update_fields=["settings"])
    survey.settings = fresh.settings
    queued = sending.invite(survey)
    note(request, "letters_sent", survey.name, survey=str(survey.pk), n=queued.n)
    enqueue(sending.KIND, organisation=request.organisation, by=request.user)
    return page_of(request, survey, queued=queued)


@for_role(Role.FACILITATOR)
@require_POST
def stop(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """What waits is not sent; no reminders go either."""
    survey = found(request, id)
    n = letters.drop_waiting(survey)
    with asking.changing(survey) as fresh:
        fresh.settings = {**fresh.settings, "reminders": False}
        fresh.save(update_fields=["settings"])
    note(request, "letters_stopped", survey.name, survey=str(survey.pk), n=n)
    return redirect("survey_invitees", organisation=request.organisation.slug, id=survey.pk)


@for_role(Role.FACILITATOR)
@require_POST
def doubt(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Letters of which nobody knows whether they arrived: send them again, or leave it."""
    survey = found(request, id)
    if reads.running_job(request.organisation, sending.KIND) is None:
        if request.POST.get("go") == "again":
            n = letters.send_again(survey)
            enqueue(sending.KIND, organisation=request.organisation, by=request.user)
        else:
            n = letters.leave(survey, timezone.now())
        again = request.POST.get("go") == "again"
        note(request, "doubt_settled", survey.name, survey=str(survey.pk), n=n, again=again)
    return redirect("survey_invitees", organisation=request.organisation.slug, id=survey.pk)


class ReturnedForm(forms.Form):
    """Letters that came back, as a file."""

    file = forms.FileField(max_length=300)


@for_role(Role.FACILITATOR)
@require_POST
@never_cache
def returned(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Read letters that came back, out of a file that a mail program saved."""
    from verbond.web.views.invitees import page_of

    survey = found(request, id)
    form = ReturnedForm(request.POST, request.FILES)
    if not form.is_valid():
        return page_of(request, survey, wrong=_word("returned_none"), status=422)
    content = form.cleaned_data["file"].read(mail.MOST_BYTES * 8)
    applied = bounces.apply(request.organisation, bounces.messages_in(content))
    note(request, "bounces_read", survey.name, survey=str(survey.pk), n=applied.n_bounced)
    return page_of(request, survey, applied=applied)


def _word(code: str, **values: Any) -> str:
    return sentence(f"web_letters.{code}", spoken(), **values)
