"""One person among those who worked on canvases: what is kept of her there, and its erasure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from verbond.canvas import Board
from verbond.web.store.canvases import Canvas, Participant
from verbond.web.store.models import Organisation
from verbond.web.workshop.closing import without_department, write_anew
from verbond.web.workshop.rooms import Room

__all__ = ["erase", "kept_of", "took_part"]


def took_part(
    organisation: Organisation, emails: Iterable[str], names: Iterable[str]
) -> QuerySet[Participant]:
    """Where somebody takes part, as a member with one of these addresses or under one of these names."""
    hers = Q(user__email__in=[one.strip().lower() for one in emails if one.strip()])
    for name in {one.strip() for one in names if one.strip()}:
        hers |= Q(name__iexact=name)
    return Participant.objects.filter(hers, canvas__organisation=organisation).select_related("canvas")


def kept_of(organisation: Organisation, emails: Iterable[str], names: Iterable[str]) -> list[dict[str, Any]]:
    """What is kept of her on canvases, to hand over.

    What she wrote without a name, or for herself yet, stands in it nowhere: who hands this over must not
    read it, nor learn that it is hers.
    """
    boards: dict[Any, Board] = {}
    found = []
    for one in took_part(organisation, emails, names):
        board = boards.setdefault(one.canvas_id, Room(one.canvas_id).board)
        found.append({
            "canvas": one.canvas.name,
            "company": one.canvas.company,
            "name": one.name,
            "department": one.department,
            "facilitator": one.leads,
            "joined_at": one.joined_at.isoformat(),
            "written": list(_written(board, one.code)),
        })  # fmt: skip
    return found


def erase(organisation: Organisation, emails: Iterable[str], names: Iterable[str]) -> int:
    """Erase that she took part; what she wrote is nobody's from then on, and of no department, where she may
    have been alone. Returns on how many canvases.

    The server reads every board of the organisation anew: notes that name her were changed as well.
    """
    with transaction.atomic():
        _leave_departments(took_part(organisation, emails, names))
        n = took_part(organisation, emails, names).delete()[1].get("store.Participant", 0)
        for one in Canvas.objects.filter(organisation=organisation).select_for_update():
            one.settings = one.settings | {"renewed": one.settings.get("renewed", 0) + 1}
            one.save(update_fields=["settings"])
    return n


def _leave_departments(those: QuerySet[Participant]) -> None:
    changed = []
    for one in those:
        for row in one.canvas.events.filter(by=one.code):
            row.values, row.before = (without_department(part, "") for part in (row.values, row.before))
            changed.append(row)
    write_anew(changed)


def _written(board: Board, code: str) -> Iterable[dict[str, Any]]:
    for thing in board.things.values():
        if thing.by == code and not thing.removed and not thing.nameless and thing.field not in board.private:
            values = {name: value for name, value in thing.values.items() if value and name != "order"}
            yield {"kind": thing.kind, "field": thing.field, **values}
