"""Letters to members go out: so many a minute, never in quiet hours, each at most once.

As with questionnaires a letter is marked before it is handed over, and one that is in doubt afterwards is not
sent again by itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from email.errors import MessageError
from email.message import EmailMessage

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from verbond.results import Progress, ProgressFunction
from verbond.web.community import members
from verbond.web.community.letters import answer_to, invitation_to
from verbond.web.jobs import enqueue
from verbond.web.listening import reaching
from verbond.web.listening.mail import Outcome, Post, Trouble
from verbond.web.listening.sending import PER_MINUTE, WAIT_MINUTES, quiet_of, quiet_until, rests
from verbond.web.people.limits import Limit, TooOften, spend
from verbond.web.store.letters import mailbox_of
from verbond.web.store.models import Community, CommunityMember, Idea, Job, Mailbox, Organisation

__all__ = ["KIND", "enqueue_due", "invite", "send_again", "send_due"]

KIND = "community_letters"
STEP = "web_community.step_letters"
Letter = CommunityMember.Letter


def invite(community: Community, *, base: str) -> int:
    """Let an invitation wait for everybody who was not asked yet; returns for how many."""
    with transaction.atomic():
        Community.objects.filter(pk=community.pk).update(base=base)
        rows = community.members.filter(letter=Letter.NONE, asked_at=None, declined=False).exclude(email="")
        return rows.update(letter=Letter.WAITING, n_tries=0, next_try_at=None)


def send_again(row: CommunityMember | Idea, *, base: str) -> bool:
    """Let a letter wait once more that failed, or of which it is not known whether it arrived.

    Returns
    -------
    bool
        False where it is another letter, or who would get it has declined meanwhile.
    """
    who = row if isinstance(row, CommunityMember) else row.member
    if who.declined or not who.email:
        return False
    with transaction.atomic():
        Community.objects.filter(pk=row.community_id).update(base=base)
        rows = type(row)._default_manager.filter(pk=row.pk, letter__in=(Letter.FAILED, Letter.SENDING))
        return bool(rows.update(letter=Letter.WAITING, n_tries=0, next_try_at=None))


def _due(model: type[models.Model], organisation: Organisation, now: dt.datetime) -> models.QuerySet:
    rows = model._default_manager.filter(community__organisation=organisation, letter=Letter.WAITING)
    return rows.filter(Q(next_try_at=None) | Q(next_try_at__lte=now))


def enqueue_due(now: dt.datetime | None = None) -> int:
    """Let a job send what is due, for each organisation whose server may be used now."""
    now, n = now or timezone.now(), 0
    waits = Q(members__letter=Letter.WAITING) | Q(ideas__letter=Letter.WAITING)
    for community in Community.objects.filter(waits).select_related("organisation").distinct():
        box = mailbox_of(community.organisation)
        if box is None or rests(box, now) or quiet_until(quiet_of(box), now):
            continue
        if any(_due(model, community.organisation, now).exists() for model in (CommunityMember, Idea)):
            enqueue(KIND, organisation=community.organisation)
            n += 1
    return n


def send_due(job: Job, progress: ProgressFunction) -> None:
    """Send what a minute holds; doing it again sends nothing twice."""
    organisation, now = job.organisation, timezone.now()
    assert organisation is not None
    box = mailbox_of(organisation)
    if box is None or rests(box, now) or quiet_until(quiet_of(box), now):
        return
    limit = Limit("letters", int(box.settings.get("per_minute", PER_MINUTE)), 60)
    waiting: list[tuple[type[models.Model], int]] = [
        (model, pk)
        for model in (Idea, CommunityMember)  # who waits for an answer comes first
        for pk in _due(model, organisation, now).values_list("pk", flat=True)[: limit.n]
    ]
    with Post(box) as post:
        for number, (model, pk) in enumerate(waiting[: limit.n]):
            progress(Progress(STEP, number / len(waiting), ""))
            try:
                post.ready()
                spend(limit, str(organisation.pk))
            except (TooOften, Trouble):
                return  # the clock puts the next job in the queue
            if (row := _claimed(model, pk)) is not None:
                _settle(row, _given(post, box, row))


def _claimed(model: type[models.Model], pk: int) -> CommunityMember | Idea | None:
    """Take a letter out of those that wait, before it goes; who declined meanwhile gets none."""
    with transaction.atomic():
        path = "community__organisation" if model is CommunityMember else "member__community__organisation"
        rows = model._default_manager.select_for_update(of=("self",)).select_related(path)
        row = rows.filter(pk=pk, letter=Letter.WAITING).first()
        if row is None:
            return None
        who: CommunityMember = row if isinstance(row, CommunityMember) else row.member
        organisation_id = who.community.organisation_id
        never = reaching.reached_hash(organisation_id, who.email) in reaching.declined(organisation_id)
        wanted = not (who.declined or never) and bool(who.email)
        model._default_manager.filter(pk=pk).update(
            letter=Letter.SENDING if wanted else Letter.NONE, n_tries=F("n_tries") + 1
        )
        if not wanted:
            return None
        members.renew(who)
        if row is who:
            CommunityMember.objects.filter(pk=who.pk).update(asked_at=timezone.now())
            reaching.mark_asked(organisation_id, [who.email])
    row.refresh_from_db(fields=["n_tries"])
    return row


def _given(post: Post, box: Mailbox, row: CommunityMember | Idea) -> Outcome:
    who = row if isinstance(row, CommunityMember) else row.member
    make: Callable[..., EmailMessage] = invitation_to if isinstance(row, CommunityMember) else answer_to
    try:
        return post.send(make(row, box, base=who.community.base or "http://localhost"), who.email)
    except Trouble as trouble:
        return Outcome("trouble", None, trouble.said)
    except (ValueError, MessageError) as error:  # an address that cannot stand in a message
        return Outcome("bounced", None, type(error).__name__)


def _settle(row: CommunityMember | Idea, outcome: Outcome) -> None:
    """Write down what became of a letter that was handed over."""
    changed: dict[str, object] = {}
    if outcome.fate == "sent":
        changed = {"letter": Letter.SENT, "next_try_at": None}
    elif outcome.fate == "bounced" or row.n_tries > len(WAIT_MINUTES):
        changed = {"letter": Letter.FAILED, "next_try_at": None}
    elif outcome.fate != "doubt":
        wait = dt.timedelta(minutes=WAIT_MINUTES[min(row.n_tries, len(WAIT_MINUTES)) - 1])
        changed = {"letter": Letter.WAITING, "next_try_at": timezone.now() + wait}
    if isinstance(row, CommunityMember):
        changed["said"] = outcome.said[:300]
    if changed:
        type(row)._default_manager.filter(pk=row.pk).update(**changed)
