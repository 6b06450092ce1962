"""The demo company took two steps on: one is due to be looked at, the other runs."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from verbond.method import play
from verbond.web.store.models import Organisation, Undertaking, User

__all__ = ["found_steps"]

_STEPS = (("ten_calls_a_week", "belrondje", dt.date(2026, 3, 2)), ("reason_behind_a_no", "", None))
"""Play, the action of the simulated tables that stands for it, and when it began; None: two weeks ago."""


def found_steps(organisation: Organisation, by: User) -> None:
    """Take them on, as people would have.

    Parameters
    ----------
    organisation : Organisation
        The demo company.
    by : User
        Who does both.
    """
    if Undertaking.objects.filter(organisation=organisation).exists():
        return
    today = timezone.localdate()
    for play_id, action, day in _STEPS:
        one, begun = play(play_id), day or today - dt.timedelta(weeks=2)
        Undertaking.objects.create(
            organisation=organisation, play=play_id, rung=one.rungs[0], owner=by, action=action,
            starts_on=begun, looks_on=begun + dt.timedelta(weeks=one.experiment.weeks), made_by=by,
        )  # fmt: skip
