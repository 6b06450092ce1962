"""The page for the board by mail, each week, month or quarter: only to people of the organisation.

Who has left it by then gets none, nor does a guest. Each is written down before it is handed over: who was
sent one is not sent the same again, and one that is in doubt is left so.
"""

from __future__ import annotations

import datetime as dt
from email.errors import MessageError
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from verbond.results import Language, Progress, ProgressFunction, sentence
from verbond.web.jobs import enqueue
from verbond.web.listening.mail import Post, Trouble
from verbond.web.listening.sending import PER_MINUTE, quiet_of, quiet_until, rests
from verbond.web.mailing import Attached, message_of
from verbond.web.people.limits import Limit, TooOften, spend
from verbond.web.reporting import files
from verbond.web.store import reads
from verbond.web.store.letters import mailbox_of
from verbond.web.store.models import Job, Mailbox, Membership, ReportSchedule, Role, Run, User

__all__ = ["KIND", "enqueue_due", "following", "readers_of", "send_reports"]

KIND = "reports"
STEP = "web_reporting.step_sending"
HOUR = 7
"""UTC, on the first day of the week, the month or the quarter."""
MINUTES = 30
"""After one that failed."""
FORM = "board"


def following(period: str, now: dt.datetime) -> dt.datetime:
    """The next turn after a moment.

    Examples
    --------
    >>> following("quarter", dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)).isoformat()
    '2027-01-01T07:00:00+00:00'
    >>> following("week", dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)).isoformat()  # a Monday
    '2026-11-30T07:00:00+00:00'
    """
    day = now.date()
    if period == "week":
        first = day + dt.timedelta(days=7 - day.weekday())
    else:
        months = 1 if period == "month" else 3 - (day.month - 1) % 3
        year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
        first = dt.date(year, month + 1, 1)
    return dt.datetime.combine(first, dt.time(HOUR), tzinfo=dt.UTC)


def readers_of(schedule: ReportSchedule) -> QuerySet[User]:
    """Who gets it: those of the list who belong to the organisation now, and are no guests."""
    asked = [one for one in schedule.to if isinstance(one, int)]
    held = Membership.objects.filter(organisation_id=schedule.organisation_id, user_id__in=asked)
    held = held.exclude(role=Role.GUEST)
    return User.objects.filter(pk__in=held.values("user_id")).order_by("pk")


def enqueue_due(now: dt.datetime | None = None) -> int:
    """Let a job send each report whose turn it is; returns how many."""
    now, n = now or timezone.now(), 0
    busy = Q(state__in=(Job.State.WAITING, Job.State.RUNNING)) | Q(
        state=Job.State.FAILED, created_at__gt=now - dt.timedelta(minutes=MINUTES)
    )
    left = set(Job.objects.filter(busy, kind=KIND).values_list("subject", flat=True))
    for one in ReportSchedule.objects.filter(next_at__lte=now).select_related("organisation"):
        box = mailbox_of(one.organisation)
        if str(one.pk) in left or box is None or rests(box, now) or quiet_until(quiet_of(box), now):
            continue
        enqueue(KIND, organisation=one.organisation, subject=one.pk)
        n += 1
    return n


def send_reports(job: Job, progress: ProgressFunction) -> None:
    """Send one report to everybody who gets it; doing it again sends nobody a second one."""
    schedule = (
        ReportSchedule.objects.select_related("organisation")
        .filter(pk=job.subject, organisation=job.organisation)
        .first()
    )
    now = timezone.now()
    if schedule is None or schedule.next_at > now:
        return
    box, run = mailbox_of(schedule.organisation), reads.last_run(schedule.organisation)
    if box is None or rests(box, now) or quiet_until(quiet_of(box), now):
        return
    if run is not None and not _sent_all(schedule, box, run, progress):
        return
    ReportSchedule.objects.filter(pk=schedule.pk).update(
        next_at=following(schedule.period, now),
        last_at=now if run is not None else schedule.last_at,
        sent={"run": str(run.pk)} if run is not None else schedule.sent,
    )


def _sent_all(schedule: ReportSchedule, box: Mailbox, run: Run, progress: ProgressFunction) -> bool:
    """Whether everybody was seen to; where the server cannot be used, or too much goes, that is for later."""
    language: Language = "nl" if schedule.language == "nl" else "en"
    file = files.report_file(run, schedule.organisation, FORM, language)
    attached = Attached(
        files.file_name(run, schedule.organisation, FORM), files.media_type(FORM), file.read_bytes()
    )
    limit = Limit("letters", int(box.settings.get("per_minute", PER_MINUTE)), 60)
    readers = list(readers_of(schedule))
    with Post(box) as post:
        for number, reader in enumerate(readers):
            progress(Progress(STEP, number / len(readers), ""))
            try:
                post.ready()
                spend(limit, str(schedule.organisation_id))
            except (Trouble, TooOften):
                return False
            if _claimed(schedule, reader):
                _post(post, box, schedule, run, reader, language, attached)
    return True


def _claimed(schedule: ReportSchedule, reader: User) -> bool:
    """Write down that she is sent this turn's report; False where that was done."""
    turn = schedule.next_at.isoformat()
    with transaction.atomic():
        now = ReportSchedule.objects.select_for_update().filter(pk=schedule.pk).first()
        if now is None:
            return False
        done = now.sent.get("to", []) if now.sent.get("turn") == turn else []
        if reader.pk in done:
            return False
        sent = {**now.sent, "turn": turn, "to": [*done, reader.pk]}
        ReportSchedule.objects.filter(pk=schedule.pk).update(sent=sent)
    return True


def _post(
    post: Post,
    box: Mailbox,
    schedule: ReportSchedule,
    run: Run,
    reader: User,
    language: Language,
    of: Attached,
) -> None:
    organisation = schedule.organisation

    def said(code: str, **values: Any) -> str:
        return sentence(f"web_reporting.{code}", language, **values)

    day = run.created_at.date()
    link = schedule.base.rstrip("/") + reverse("reports", kwargs={"organisation": organisation.slug})
    is_new = schedule.sent.get("run") != str(run.pk)
    text = said(
        "mail_text",
        name=str(reader),
        organisation=organisation.name,
        news=said("mail_new" if is_new else "mail_same", day=day),
        link=link,
    )
    subject = said("mail_subject", organisation=organisation.name, day=day)
    try:
        letter = message_of(
            box, (reader.name, reader.email), subject, text, language,
            sender_name=organisation.name, attached=(of,),
        )  # fmt: skip
        post.send(letter, reader.email)
    except (Trouble, ValueError, MessageError):
        return
