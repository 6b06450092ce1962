"""The tables behind a plan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from verbond.method import RUNGS, play
from verbond.reports.loyalty.columns import columns_of
from verbond.reports.tables import Row, Table, estimate_values
from verbond.results import Language, sentence

if TYPE_CHECKING:
    from verbond.diagnosis.plan import Plan

__all__ = ["plan_tables"]

_ROOM = "report_slides"
_STEP = {
    "step": "count",
    "name": "text",
    "rung": "text",
    "segment": "text",
    "n_reach": "count",
    "because": "text",
    "climb": "number1",
    "climb_ci_lower": "number1",
    "climb_ci_upper": "number1",
    "revenue": "number2",
    "revenue_ci_lower": "number2",
    "revenue_ci_upper": "number2",
    "cost": "number0",
    "weeks": "count",
    "rests_on": "text",
    "promise": "text",
    "mind": "text",
}
_BLOCKING = {
    "attribute": "text",
    "segment": "text",
    "rung": "text",
    "share": "percent",
    "n_customers": "count",
}
_LEFT_OUT = {"name": "text", "reason": "text"}


def plan_tables(plan: Plan, language: Language) -> Iterator[Table]:
    """The steps, where each group of customers is stuck, and what was left out.

    Parameters
    ----------
    plan : Plan
    language : {"en", "nl"}
    """
    yield _table("plan", _STEP, _steps(plan, language), language)
    blocking = tuple(
        {
            "attribute": one.attribute,
            "segment": one.value,
            "rung": _rung(one.rung, language),
            "share": one.share,
            "n_customers": one.n,
        }
        for one in plan.blocking
    )
    yield _table("plan_blocking", _BLOCKING, blocking, language)
    left = tuple(
        {"name": play(one.play_id).name.say(language), "reason": one.reason.sentence(language)}
        for one in plan.left_out
    )
    yield _table("plan_left_out", _LEFT_OUT, left, language)


def _steps(plan: Plan, language: Language) -> tuple[Row, ...]:
    rows = []
    for number, step in enumerate(plan.steps, start=1):
        row: dict[str, Any] = {
            "step": number,
            "name": play(step.play_id).name.say(language),
            "rung": _rung(step.rung, language),
            "segment": step.segment,
            "n_reach": step.n_reach,
            "because": step.because.sentence(language),
            **estimate_values("climb", step.climb),
            **estimate_values("revenue", step.revenue),
            "cost": step.cost,
            "weeks": step.weeks_to_see,
            "rests_on": sentence(f"{_ROOM}.on_{step.rests_on}", language),
            "promise": sentence(f"{_ROOM}.promise_{step.promise}", language) if step.promise else "",
            "mind": step.mind.sentence(language),
        }
        rows.append({name: row.get(name) for name in _STEP})
    return tuple(rows)


def _table(name: str, kinds: dict[str, str], rows: tuple[Row, ...], language: Language) -> Table:
    columns = columns_of(_ROOM, language, **kinds)
    return Table(name, sentence(f"{_ROOM}.caption_{name}", language), columns, rows, language=language)


def _rung(number: int, language: Language) -> str:
    rung = RUNGS[number]
    return f"{number} {rung.name.say(language)}"
