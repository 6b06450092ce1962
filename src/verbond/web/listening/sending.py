"""Letters go out: so many a minute, never in quiet hours, each at most once.

A letter is marked before it is handed over, and again when the other side has taken it. What lies between is
in doubt when the power fails or the line breaks: the letter may have arrived. It is not sent again by itself,
neither an invitation nor a reminder. Somebody who is asked twice is annoyed, and that cannot be taken back;
somebody who was missed shows as a number on the page, and who sends decides about it. A letter that is tried
again has the Message-ID that it had, so that most mailboxes would show it once even then.

One job sends what a minute holds and is done; the clock puts the next one in the queue, so that the worker is
free for others in between.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.errors import MessageError
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from verbond.results import Progress, ProgressFunction
from verbond.web.jobs import enqueue
from verbond.web.listening import invitees, reaching
from verbond.web.listening.letters import letter_of, message_id_of
from verbond.web.listening.mail import Outcome, Post, Trouble
from verbond.web.people.limits import Limit, TooOften, spend
from verbond.web.store import letters as store
from verbond.web.store.models import Invitee, Job, Letter, Mailbox, Organisation, Survey

__all__ = [
    "KIND", "PER_MINUTE", "QUIET", "Queued", "Quiet", "enqueue_due", "invite", "quiet_of", "quiet_until",
    "rests", "send_due",
]  # fmt: skip

KIND = "letters"
STEP = "web_letters.step_sending"
PER_MINUTE = 60
ZONE = "Europe/Amsterdam"
WAIT_MINUTES = (15, 60, 240, 720, 1440)
"""Before each try after the first; a server that does not know us yet says "later" at first."""
TROUBLE_MINUTES = (1, 5, 30, 120, 720)
"""So long the server is left alone after it could not be used so many times."""
_IN_A_ROW = 3
"""So many refusals because of us, and the server is left alone."""
_DAYS_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Quiet:
    """When no letters go, in the organisation's time zone.

    Attributes
    ----------
    start, end : int
        Hours: from `start` until `end`, over midnight where `start` is later; never where they are equal.
    days : tuple of int
        Days without letters: 1 is Monday, 7 Sunday.
    zone : str
    """

    start: int = 20
    end: int = 8
    days: tuple[int, ...] = (7,)
    zone: str = ZONE

    def holds(self, at: dt.datetime) -> bool:
        """Whether it is quiet at a moment.

        Examples
        --------
        >>> Quiet().holds(dt.datetime(2026, 3, 2, 7, 30, tzinfo=dt.UTC))  # 8:30 in Amsterdam
        False
        """
        here = at.astimezone(ZoneInfo(self.zone))
        if here.isoweekday() in self.days:
            return True
        if self.start <= self.end:
            return self.start <= here.hour < self.end
        return here.hour >= self.start or here.hour < self.end


QUIET = Quiet()


def quiet_of(box: Mailbox) -> Quiet:
    """What an organisation chose, or what is kind."""
    kept = box.settings.get("quiet", {})
    zone = box.organisation.settings.get("time_zone", ZONE)
    days = tuple(kept.get("days", QUIET.days))
    return Quiet(int(kept.get("from", QUIET.start)), int(kept.get("until", QUIET.end)), days, zone)


def quiet_until(quiet: Quiet, now: dt.datetime) -> dt.datetime | None:
    """When letters may go again; None where they may go now."""
    if not quiet.holds(now):
        return None
    hour = now.replace(minute=0, second=0, microsecond=0)
    hours = (hour + dt.timedelta(hours=n) for n in range(1, 24 * _DAYS_AHEAD))
    return next((one for one in hours if not quiet.holds(one)), hour + dt.timedelta(days=_DAYS_AHEAD))


# whom


@dataclass(frozen=True, slots=True)
class Queued:
    """What became of a request to invite.

    Attributes
    ----------
    n : int
        Letters that wait.
    n_rest : int
        Who was asked something too lately.
    n_declined : int
        Who does not want to be asked.
    """

    n: int = 0
    n_rest: int = 0
    n_declined: int = 0


def invite(survey: Survey, day: dt.date | None = None) -> Queued:
    """Let an invitation wait for everybody who was not sent anything yet and may be asked today."""
    people = list(store.unasked(survey))
    barred = reaching.barred(survey, [one.email for one in people], day)
    may = [one for one in people if one.email not in barred]
    store.make_letters(may, Letter.Kind.INVITATION)
    why = Counter(barred.values())
    return Queued(len(may), why["rest"], why["declined"])


def _remind(organisation: Organisation, now: dt.datetime) -> None:
    for survey in _open_surveys(organisation, now):
        store.make_letters(store.next_to_remind(survey, now), Letter.Kind.REMINDER)


def _open_surveys(organisation: Organisation, now: dt.datetime) -> list[Survey]:
    found = Survey.objects.filter(organisation=organisation, state=Survey.State.OPEN)
    return [one for one in found if not _is_past(one, now)]


def _is_past(survey: Survey, now: dt.datetime) -> bool:
    last = survey.settings.get("last_day")
    return bool(last) and dt.date.fromisoformat(last) < now.date()


# the job and the clock


def enqueue_due(now: dt.datetime | None = None) -> int:
    """Let a job send what is due, for each organisation whose server may be used now."""
    now = now or timezone.now()
    n = 0
    for box in Mailbox.objects.select_related("organisation"):
        if rests(box, now) or quiet_until(quiet_of(box), now):
            continue
        surveys = _open_surveys(box.organisation, now)
        if store.due(box.organisation, now).exists() or any(
            store.next_to_remind(one, now).exists() for one in surveys
        ):
            enqueue(KIND, organisation=box.organisation)
            n += 1
    return n


def send_due(job: Job, progress: ProgressFunction) -> None:
    """Send what a minute holds; doing it again sends nothing twice."""
    organisation, now = job.organisation, timezone.now()
    assert organisation is not None
    box = store.mailbox_of(organisation)
    if box is None or rests(box, now) or quiet_until(quiet_of(box), now):
        return
    _remind(organisation, now)
    limit = Limit("letters", int(box.settings.get("per_minute", PER_MINUTE)), 60)
    waiting = list(store.due(organisation, now).values_list("pk", flat=True)[: limit.n])
    with Post(box) as post:
        _send_all(box, post, waiting, limit, lambda share: progress(Progress(STEP, share, "")))


def _send_all(
    box: Mailbox, post: Post, waiting: list[int], limit: Limit, tell: Callable[[float], None]
) -> None:
    in_a_row = 0
    for number, pk in enumerate(waiting):
        tell(number / len(waiting))
        try:
            post.ready()
            spend(limit, str(box.organisation_id))
        except TooOften:
            return
        except Trouble as trouble:
            _note_trouble(box, trouble.said)
            return
        letter = _claim(pk)
        if letter is None:
            continue
        outcome = _given(post, box, letter)
        _settle(letter, outcome)
        if outcome.fate == "sent":
            in_a_row = 0
            _note_trouble(box, "")
        elif outcome.fate == "trouble":
            in_a_row += 1
            if in_a_row >= _IN_A_ROW:
                _note_trouble(box, outcome.said)
                return


def _given(post: Post, box: Mailbox, letter: Letter) -> Outcome:
    base = letter.invitee.survey.settings.get("base") or "http://localhost"
    try:
        return post.send(letter_of(letter.invitee, letter.kind, box, base=base), letter.invitee.email)
    except Trouble as trouble:
        return Outcome("trouble", None, trouble.said)
    except (ValueError, MessageError) as error:  # an address that cannot stand in a message
        return Outcome("bounced", None, type(error).__name__)


def _claim(pk: int) -> Letter | None:
    """Take a letter out of those that wait, before it goes: it will not be taken twice.

    Who answered meanwhile, declined, or was asked something else too lately, gets none.
    """
    with transaction.atomic():
        rows = Letter.objects.select_for_update(of=("self",)).select_related("invitee__survey__organisation")
        letter = rows.filter(pk=pk, state=Letter.State.WAITING).first()
        if letter is None:
            return None
        if not _still_wanted(letter):
            letter.delete()
            return None
        invitees.renew(letter.invitee)
        letter.state, letter.n_tries = Letter.State.SENDING, letter.n_tries + 1
        letter.save(update_fields=["state", "n_tries"])
        reaching.mark_asked(letter.invitee.survey.organisation_id, [letter.invitee.email])
    return letter


def _still_wanted(letter: Letter) -> bool:
    who = letter.invitee
    if who.answered or who.state in (Invitee.State.DECLINED, Invitee.State.BOUNCED) or not who.email:
        return False
    if who.survey.state != Survey.State.OPEN or _is_past(who.survey, timezone.now()):
        return False
    barred = reaching.may_ask(who.survey, who.email)
    is_first = letter.kind == Letter.Kind.INVITATION and letter.n_tries == 0 and who.n_sent == 0
    return not barred or (barred == "rest" and not is_first)


def _settle(letter: Letter, outcome: Outcome) -> None:
    """Write down what became of a letter that was handed over."""
    now = timezone.now()
    with transaction.atomic():
        if outcome.fate == "sent":
            _keep_message_id(letter)
            store.mark_sent([letter], now, outcome.said)
            return
        rows = Letter.objects.filter(pk=letter.pk)
        if outcome.fate == "doubt":
            rows.update(said=outcome.said[:300])
        elif outcome.fate == "bounced" or letter.n_tries > len(WAIT_MINUTES):
            rows.update(state=Letter.State.FAILED, said=outcome.said[:300], next_try_at=None)
            if outcome.fate == "bounced":
                store.mark_bounced(letter.invitee)
        else:
            wait = dt.timedelta(minutes=WAIT_MINUTES[letter.n_tries - 1])
            rows.update(state=Letter.State.WAITING, said=outcome.said[:300], next_try_at=now + wait)


def _keep_message_id(letter: Letter) -> None:
    who = letter.invitee
    if who.survey.mode != Survey.Mode.ANONYMOUS:
        made = message_id_of(who, letter.kind, who.survey.organisation.mailbox.sender)
        Letter.objects.filter(pk=letter.pk).update(message_id=made[:120])


# a server that cannot be used


def rests(box: Mailbox, now: dt.datetime) -> bool:
    """Whether a server is left alone for now."""
    if box.settings.get("held"):  # it came back from a backup, and an owner has not looked at it yet
        return True
    trouble: Mapping[str, Any] = box.settings.get("trouble") or {}
    return bool(trouble) and now < dt.datetime.fromisoformat(trouble["until"])


def _note_trouble(box: Mailbox, said: str) -> None:
    """Leave a server alone for a while, longer each time; "" where it works again."""
    kept = box.settings.get("trouble")
    if not said and not kept:
        return
    n = (kept or {}).get("n", 0)
    minutes = TROUBLE_MINUTES[min(n, len(TROUBLE_MINUTES) - 1)]
    until = timezone.now() + dt.timedelta(minutes=minutes)
    settings = {name: value for name, value in box.settings.items() if name != "trouble"}
    if said:
        settings["trouble"] = {"said": said, "n": n + 1, "until": until.isoformat()}
    box.settings = settings
    Mailbox.objects.filter(pk=box.pk).update(settings=settings)
