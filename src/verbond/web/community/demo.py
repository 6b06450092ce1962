"""The demo company's community: small, a few months old, with ideas of which each but the last was answered.

Its members are invented and no customers of the simulated tables, so nothing of theirs flows into them.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from importlib.resources import files

from django.utils import timezone

from verbond.results import Language
from verbond.web.community.members import new_number
from verbond.web.store.models import Community, CommunityMember, Idea, Organisation, User

__all__ = ["found_community"]


def found_community(organisation: Organisation, by: User, language: Language) -> Community:
    """Make it, as people would have.

    Parameters
    ----------
    organisation : Organisation
        The demo company.
    by : User
        Who answers.
    language : {"en", "nl"}
    """
    said = tomllib.loads((files(__package__) / "demo.toml").read_text("utf-8"))[language]
    community, fresh = Community.objects.get_or_create(
        organisation=organisation,
        defaults={"name": said["name"], "company": organisation.name, "intro": said["intro"],
                  "language": language, "created_by": by},
    )  # fmt: skip
    if not fresh:
        return community
    now = timezone.now()
    people = {
        one["name"]: CommunityMember.objects.create(
            community=community, name=one["name"], shows_name=one["shows"], why=one["why"], letter="sent",
            asked_at=now - dt.timedelta(days=90), **new_number(community),
        )
        for one in said["members"]
    }  # fmt: skip
    for one in said["ideas"]:
        brought = now - dt.timedelta(days=one["days"])
        answer = one.get("answer", "")
        Idea.objects.create(
            community=community, member=people[one["by"]], text=one["text"], is_shown=one["shown"],
            made_at=brought, answer=answer, outcome=one.get("outcome", "new"),
            answered_by=by if answer else None,
            answered_at=brought + dt.timedelta(days=3) if answer else None,
        )  # fmt: skip
    return community
