"""Letters and whom they go to: what pages and jobs ask, and what they write down."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet

from verbond.web.store.models import Invitee, Letter, Mailbox, Organisation, Survey

__all__ = [
    "counts_of", "drop_waiting", "due", "in_doubt", "invitees_of", "leave", "mailbox_of", "make_letters",
    "mark_asked", "mark_bounced", "mark_sent", "next_to_remind", "send_again", "unasked",
]  # fmt: skip

_AT_ONCE = 500
_OPEN = (Letter.State.WAITING, Letter.State.SENDING)


def mailbox_of(organisation: Organisation) -> Mailbox | None:
    """Through which server an organisation sends; None where it has none."""
    return Mailbox.objects.filter(organisation=organisation).select_related("organisation").first()


def invitees_of(survey: Survey) -> QuerySet[Invitee]:
    """Who is asked, by address."""
    return survey.invitees.order_by("email", "pk")


def counts_of(survey: Survey) -> dict[str, int]:
    """How many there are in each state, with "all", "answered", "unasked", and letters: "waiting",
    "sending", "failed"."""
    states = dict(survey.invitees.values_list("state").annotate(n=Count("pk")))
    letters = dict(Letter.objects.filter(invitee__survey=survey).values_list("state").annotate(n=Count("pk")))
    return {
        **{state: states.get(state, 0) for state in Invitee.State.values},
        "all": sum(states.values()),
        "answered": survey.invitees.filter(answered=True).count(),
        "unasked": unasked(survey).count(),
        "waiting": letters.get(Letter.State.WAITING, 0),
        "sending": letters.get(Letter.State.SENDING, 0),
        "failed": letters.get(Letter.State.FAILED, 0),
    }


def unasked(survey: Survey) -> QuerySet[Invitee]:
    """Who was not sent anything yet, and for whom nothing waits."""
    rows = survey.invitees.filter(state=Invitee.State.LISTED, n_sent=0, answered=False).exclude(email="")
    return rows.exclude(letters__state__in=_OPEN).order_by("email", "pk")


def next_to_remind(survey: Survey, now: dt.datetime) -> QuerySet[Invitee]:
    """Who was sent a letter long enough ago, did not answer, and had not all reminders yet."""
    days, most = survey.settings.get("remind_after_days"), survey.settings.get("most_reminders") or 0
    if not days or not most or not survey.settings.get("reminders"):
        return survey.invitees.none()
    return (
        survey.invitees.filter(state=Invitee.State.SENT, answered=False, n_sent__range=(1, int(most)))
        .filter(last_sent_at__lte=now - dt.timedelta(days=int(days)))
        .exclude(Q(email="") | Q(letters__state__in=_OPEN))
    )


def make_letters(invitees: Iterable[Invitee], kind: str) -> int:
    """Let letters wait for people; who has one waiting gets no second."""
    rows = [Letter(invitee=one, kind=kind) for one in invitees]
    Letter.objects.bulk_create(rows, batch_size=_AT_ONCE, ignore_conflicts=True)
    return len(rows)


def due(organisation: Organisation, now: dt.datetime) -> QuerySet[Letter]:
    """Letters that may go now, those that waited longest first."""
    return (
        Letter.objects.filter(invitee__survey__organisation=organisation, state=Letter.State.WAITING)
        .filter(invitee__survey__state=Survey.State.OPEN)
        .filter(Q(next_try_at=None) | Q(next_try_at__lte=now))
        .order_by(F("next_try_at").asc(nulls_first=True), "pk")
    )


def in_doubt(survey: Survey) -> QuerySet[Letter]:
    """Letters that were handed over while somebody or something broke off: they may have arrived or not."""
    return Letter.objects.filter(invitee__survey=survey, state=Letter.State.SENDING)


def mark_sent(letters: Iterable[Letter], at: dt.datetime, said: str = "") -> None:
    """Letters were taken; of an anonymous survey no more is kept than that and when."""
    with transaction.atomic():
        for one in letters:
            Invitee.objects.filter(pk=one.invitee_id).update(n_sent=F("n_sent") + 1, last_sent_at=at)
            Invitee.objects.filter(pk=one.invitee_id, state=Invitee.State.LISTED).update(
                state=Invitee.State.SENT
            )
            rows = Letter.objects.filter(pk=one.pk)
            if one.invitee.survey.mode == Survey.Mode.ANONYMOUS:
                rows.delete()
            else:
                rows.update(state=Letter.State.SENT, next_try_at=None, said=said[:300])


def mark_asked(survey: Survey, ids: Sequence[int], at: dt.datetime) -> None:
    """People were written to by somebody's own hand."""
    for start in range(0, len(ids), _AT_ONCE):
        rows = survey.invitees.filter(pk__in=ids[start : start + _AT_ONCE])
        rows.update(n_sent=F("n_sent") + 1, last_sent_at=at)
        rows.filter(state=Invitee.State.LISTED).update(state=Invitee.State.SENT)


def mark_bounced(invitee: Invitee) -> None:
    """Nothing can be delivered to her address: nothing more goes there."""
    Letter.objects.filter(invitee=invitee, state=Letter.State.WAITING).delete()
    rows = Invitee.objects.filter(pk=invitee.pk).exclude(state=Invitee.State.DECLINED)
    rows.update(state=Invitee.State.BOUNCED)


def send_again(survey: Survey) -> int:
    """Let letters that are in doubt go once more; somebody decided so."""
    return in_doubt(survey).update(state=Letter.State.WAITING, next_try_at=None, said="")


def drop_waiting(survey: Survey) -> int:
    """Letters that wait do not go."""
    return Letter.objects.filter(invitee__survey=survey, state=Letter.State.WAITING).delete()[0]


def leave(survey: Survey, at: dt.datetime) -> int:
    """Take letters that are in doubt for sent."""
    found = list(in_doubt(survey).select_related("invitee__survey"))
    mark_sent(found, at)
    return len(found)
