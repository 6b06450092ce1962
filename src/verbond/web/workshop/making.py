"""A canvas is made: empty, or from what came out of an earlier one."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from verbond.canvas import FIELDS, Event, Operation, Outcome
from verbond.errors import DataError
from verbond.method import AGENDAS
from verbond.web.store.canvases import Canvas, Edition, Participant
from verbond.web.store.models import Organisation, User
from verbond.web.workshop.joining import join
from verbond.web.workshop.rooms import room_of

__all__ = ["PRIVATE", "departments_of", "lead", "make_canvas"]

PRIVATE = ("identity", "image")
"""Fields in which everybody writes for herself at first: nobody is led by who spoke first."""
MOST_DEPARTMENTS = 30
KEEP_MONTHS = 24
"""Advised, so that notes and names do not stay for good."""


def departments_of(text: str) -> list[str]:
    """Departments, one a line, each once.

    Examples
    --------
    >>> departments_of(" Shop \\n\\nCare\\nShop")
    ['Shop', 'Care']
    """
    lines = (" ".join(line.split())[:120] for line in text.splitlines())
    return list(dict.fromkeys(filter(None, lines)))[:MOST_DEPARTMENTS]


def make_canvas(
    organisation: Organisation,
    by: User,
    *,
    name: str,
    company: str,
    agenda: str = "three_hours",
    last_day: str = "",
    departments: Iterable[str] = (),
    edition: Edition | None = None,
    outcome: Outcome | None = None,
    keep_months: int | None = KEEP_MONTHS,
) -> Canvas:
    """Make a canvas, with who makes it as its first facilitator.

    Parameters
    ----------
    organisation : Organisation
    by : User
        A facilitator of the organisation.
    name, company : str
    agenda : str
        An id of `verbond.method.AGENDAS`.
    last_day : str
        ISO date until which contributions are asked beforehand, or "".
    departments : iterable of str
    edition : Edition, optional
        To begin from; of the same organisation.
    outcome : Outcome, optional
        To begin from, where it is no edition of ours.
    keep_months : int, optional

    Raises
    ------
    DataError
        If the edition cannot be laid on a board.
    """
    chosen: dict[str, Any] = {"joining": True, "figures": True, "departments": list(departments)}
    if last_day:
        chosen["last_day"] = last_day
    if edition is not None:
        outcome = Outcome.from_json(edition.outcome)
    canvas = Canvas.objects.create(
        organisation=organisation, name=name, company=company, settings=chosen, keep_months=keep_months,
        follows=edition.canvas if edition is not None else None, created_by=by,
    )  # fmt: skip
    who, _ = join(canvas, by.name or by.email, "", by)
    try:
        lead(canvas, who, _opening(AGENDAS[agenda].phases, outcome))
    except BaseException:
        canvas.delete()
        raise
    return canvas


def lead(canvas: Canvas, who: Participant, wishes: Iterable[tuple[str, str, str, Mapping[str, Any]]]) -> None:
    """Do on a board what a facilitator does: act, id, kind and values each.

    Raises
    ------
    DataError
        If the board refuses one.
    """
    operations = [
        Operation(uuid.uuid4().hex, who.code, act, id, kind, values, leads=True)  # type: ignore[arg-type]
        for act, id, kind, values in wishes
    ]
    for became in room_of(canvas).take(who, operations):
        if not isinstance(became, Event):
            raise DataError("the board does not take this", got=became.code)


def _opening(
    agenda: Iterable[tuple[str, int]], outcome: Outcome | None
) -> Iterable[tuple[str, str, str, Mapping[str, Any]]]:
    """Fields that are private first, so that nothing is seen before; then the agenda, then what lies there.

    What comes from an outcome lies open, under nobody's name: whoever lays it there did not write it.
    """
    items = [{"phase": phase, "minutes": minutes} for phase, minutes in agenda]
    yield "agenda", "", "", {"items": items}
    if outcome is None:
        yield from (("privacy", field, "", {"on": True}) for field in PRIVATE)
        return
    yield from (("anonymity", field, "", {"on": True}) for field in FIELDS)
    for one in outcome.unvoted().operations(""):
        if one.act != "phase":
            yield one.act, one.id, one.kind, one.values
    yield from (("anonymity", field, "", {"on": False}) for field in FIELDS)
