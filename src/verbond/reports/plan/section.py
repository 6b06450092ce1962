"""What the steps of a plan bring soon and later: the picture, what was left out, and how we know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verbond.method import play
from verbond.plots import FrontierDot, draw_frontier
from verbond.reports.behind.plan import plan_tables
from verbond.reports.parts import Picture, Section, both, filled, speaker
from verbond.results import Estimate, Language

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis
    from verbond.diagnosis.plan import Plan

__all__ = ["plan_section"]

_LEAST = 2
"""One step alone needs no picture."""


def plan_section(d: Diagnosis, language: Language) -> Section | None:
    """The section behind the steps; None where the diagnosis has no plan.

    Parameters
    ----------
    d : Diagnosis
    language : {"en", "nl"}
    """
    plan = d.plan
    if plan is None:
        return None
    say = speaker("plan_told", language)
    tables = {table.name: table for table in plan_tables(plan, language)}
    left = [(play(one.play_id).name.say(language), one.reason.sentence(language)) for one in plan.left_out]
    how = [reason.sentence(language) for reason in plan.reasons]
    return Section(
        "plan", say("title_section"), pictures=_pictures(plan, language), tables=filled(tables["plan"]),
        notes=tuple(left), how=(*how, say("how_climb"), say("how_revenue"), say("how_order")),
        how_tables=filled(*(table for name, table in tables.items() if name != "plan")),
        empty="" if plan.steps else say("empty"),
    )  # fmt: skip


def _pictures(plan: Plan, language: Language) -> tuple[Picture, ...]:
    say, numbers = speaker("plan_told", language), {s.play_id: n for n, s in enumerate(plan.steps, start=1)}
    dots = [
        FrontierDot(
            play(one.play_id).name.say(language), _ends(one.revenue), _ends(one.climb),
            numbers.get(one.play_id), one.best,
        )
        for one in plan.frontier
    ]  # fmt: skip
    if len(dots) < _LEAST:
        return ()
    axes = (
        say("axis_revenue", currency=plan.currency or "EUR"),
        say(f"axis_climb_{plan.period}", n=plan.n_periods),
    )
    return both(
        lambda **size: draw_frontier(
            dots, title=say("title_picture"), axes=axes, kinds=("number1", "number1"), others=say("others"),
            description=_in_words(dots, language), language=language, **size,
        ),
        say("see"), "frontier",
    )  # fmt: skip


def _ends(one: Estimate) -> tuple[float, float, float]:
    value = float(one.value or 0.0)
    low, high = (value if end is None else float(end) for end in (one.ci_lower, one.ci_upper))
    return low, value, high


def _in_words(dots: list[FrontierDot], language: Language) -> str:
    say = speaker("plan_told", language)
    return " ".join(
        say("dot", name=dot.name, revenue=dot.across[1], climb=dot.up[1])
        for dot in dots
        if dot.number is not None
    )
