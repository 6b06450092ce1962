"""Ideas: brought by members, answered by the organisation, read by others where their writer agreed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone

from verbond.web.people.limits import Limit, spend
from verbond.web.store.models import Community, CommunityMember, Idea, User

__all__ = ["LONGEST", "Told", "answer", "bring", "counts_of", "others_of", "show", "take_back"]

LONGEST = 2000
"""Characters of an idea, and of an answer."""
BRINGING = Limit("bringing an idea", 10, 86_400)
"""Of one member, in a day."""
BRINGING_ALL = Limit("bringing ideas to a community", 500, 86_400)
MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Told:
    """An idea as another member reads it.

    Attributes
    ----------
    text, answer, outcome : str
    name : str
        Of its writer; "" where she did not say that others may read it.
    month : date
        The first day of the month in which it was brought: no more is told.
    """

    text: str
    answer: str
    outcome: str
    name: str
    month: dt.date


def bring(member: CommunityMember, text: str, *, is_shown: bool = False) -> Idea:
    """Keep an idea; it is in the tables at the clock's next turn.

    Raises
    ------
    TooOften
        If she brought too many today, or that cannot be counted.
    """
    spend(BRINGING, str(member.pk))
    spend(BRINGING_ALL, str(member.community_id))
    with transaction.atomic():
        idea = Idea.objects.create(
            community=member.community, member=member, text=text.strip()[:LONGEST], is_shown=is_shown
        )
        _pending(member.community)
    return idea


def take_back(idea: Idea) -> None:
    """Its writer, or the organisation, removes an idea; the contribution goes with it."""
    with transaction.atomic():
        community = idea.community
        idea.delete()
        _pending(community)


def _pending(community: Community) -> None:
    now = Community.objects.select_for_update().get(pk=community.pk)
    Community.objects.filter(pk=community.pk).update(flow={**now.flow, "pending": True})


def answer(idea: Idea, text: str, outcome: str, *, by: User) -> bool:
    """Answer an idea; its writer is told by mail once for each answer that says something else.

    Returns
    -------
    bool
        Whether anything changed.
    """
    text = text.strip()[:LONGEST]
    if (text, outcome) == (idea.answer, idea.outcome):
        return False
    letters = CommunityMember.Letter
    member = idea.member
    tells = bool(text) and bool(member.email) and not member.declined
    changed = Idea.objects.filter(pk=idea.pk).update(
        answer=text,
        outcome=outcome,
        answered_by=by if text else None,
        answered_at=timezone.now() if text else None,
        letter=letters.WAITING if tells else letters.NONE,
        n_tries=0,
        next_try_at=None,
    )
    return bool(changed)


def show(member: CommunityMember, *, name: bool) -> None:
    """Let other members read her name beside her ideas, or no longer."""
    CommunityMember.objects.filter(pk=member.pk).update(shows_name=name)


def counts_of(community: Community) -> dict[str, int]:
    """Outcome -> ideas, with "all"."""
    found = dict(community.ideas.order_by().values_list("outcome").annotate(n=Count("pk")))
    return {**{one: found.get(one, 0) for one in Idea.Outcome.values}, "all": sum(found.values())}


def others_of(member: CommunityMember) -> list[Told]:
    """What others brought and let be read, the newest first; there are no votes, and no rank."""
    rows: QuerySet[Idea] = member.community.ideas.filter(is_shown=True).exclude(member=member)
    return [
        Told(
            one.text,
            one.answer,
            one.outcome,
            one.member.name if one.member.shows_name else "",
            one.made_at.date().replace(day=1),
        )
        for one in rows.select_related("member")[:MOST_SHOWN]
    ]
