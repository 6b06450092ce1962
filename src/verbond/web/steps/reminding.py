"""The owner of a step is reminded by mail on the day to look, once."""

from __future__ import annotations

import datetime as dt
from email.errors import MessageError
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from verbond.results import Language, ProgressFunction, sentence
from verbond.web.jobs import enqueue
from verbond.web.listening.mail import Post, Trouble
from verbond.web.listening.sending import quiet_of, quiet_until, rests
from verbond.web.mailing import message_of
from verbond.web.people.limits import TooOften
from verbond.web.steps.telling import name_of
from verbond.web.store.letters import mailbox_of
from verbond.web.store.models import Job, Mailbox, Membership, Organisation, Role, Undertaking, User

__all__ = ["KIND", "enqueue_due", "remind"]

KIND = "reminders"


def _due(organisation: Organisation | None = None) -> QuerySet[Undertaking]:
    rows = Undertaking.objects.filter(
        state=Undertaking.State.RUNNING, looks_on__lte=timezone.localdate(), reminded_at=None
    )
    return rows.exclude(owner=None) if organisation is None else rows.filter(organisation=organisation)


def enqueue_due(now: dt.datetime | None = None) -> int:
    """Let a job remind, for each organisation whose mail server may be used now; returns for how many."""
    now, n = now or timezone.now(), 0
    for organisation in Organisation.objects.filter(pk__in=_due().values("organisation")):
        box = mailbox_of(organisation)
        if box is not None and not rests(box, now) and not quiet_until(quiet_of(box), now):
            enqueue(KIND, organisation=organisation)
            n += 1
    return n


def remind(job: Job, progress: ProgressFunction) -> None:
    """Remind every owner; each is written down before the letter goes, so that nobody gets a second."""
    organisation, now = job.organisation, timezone.now()
    assert organisation is not None
    box = mailbox_of(organisation)
    if box is None or rests(box, now) or quiet_until(quiet_of(box), now):
        return
    held = Membership.objects.filter(organisation=organisation).exclude(role=Role.GUEST)
    people = {one.user_id: one.user for one in held.select_related("user")}
    with Post(box) as post:
        for one in _due(organisation).select_related("organisation"):
            try:
                post.ready()
            except (Trouble, TooOften):
                return  # the clock puts the next job in the queue
            claimed = Undertaking.objects.filter(pk=one.pk, reminded_at=None).update(reminded_at=now)
            if claimed and one.owner_id in people:
                _send(post, box, one, people[one.owner_id])


def _send(post: Post, box: Mailbox, one: Undertaking, owner: User) -> None:
    language: Language = "en" if owner.language == "en" else "nl"

    def said(code: str, **values: Any) -> str:
        return sentence(f"web_steps.{code}", language, **values)

    address = reverse("step", kwargs={"organisation": one.organisation.slug, "id": one.pk})
    link, name = one.base.rstrip("/") + address, name_of(one, language)
    text = said("mail_text", who=str(owner), name=name, start=one.starts_on, link=link)
    try:
        letter = message_of(
            box, (owner.name, owner.email), said("mail_subject", name=name), text, language,
            sender_name=one.organisation.name,
        )  # fmt: skip
        post.send(letter, owner.email)
    except (Trouble, ValueError, MessageError):
        return
