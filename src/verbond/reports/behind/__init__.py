"""From the results of a diagnosis to the tables behind its report, one function a table.

- `ladder`, `survey`, `plan`, `whole`: the tables by subject.
- `shown`: what may be shown, and what things are called.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from verbond.reports.behind.ladder import (
    chances_table,
    effects_table,
    ladder_table,
    name_of_move,
    odds_of,
    rivals_table,
    rungs_table,
    segments_table,
    shares_table,
    transitions_table,
    view_table,
)
from verbond.reports.behind.plan import plan_tables
from verbond.reports.behind.shown import may_be_shown, name_of, segments_shown, type_name, usable_ladder
from verbond.reports.behind.survey import (
    gaps_shown,
    intentions_table,
    items_table,
    levels_table,
    reliability_table,
    scores_table,
    types_table,
    values_table,
)
from verbond.reports.behind.values import (
    contradictions_table,
    departments_table,
    house_table,
    surfaces_table,
    value_map_table,
)
from verbond.reports.behind.whole import (
    data_table,
    effort_table,
    findings_table,
    refused_table,
    steps_table,
    unsaid_table,
)
from verbond.reports.effects import EFFECTS_SECTIONS, effects_sections
from verbond.reports.expressions import EXPRESSIONS_SECTIONS, expressions_section
from verbond.reports.loyalty import LOYALTY_SECTIONS, loyalty_section
from verbond.reports.tables import Table
from verbond.results import Language

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis

__all__ = [
    "chances_table",
    "data_table",
    "effects_table",
    "effort_table",
    "findings_table",
    "gaps_shown",
    "intentions_table",
    "items_table",
    "ladder_table",
    "levels_table",
    "may_be_shown",
    "name_of",
    "name_of_move",
    "odds_of",
    "plan_tables",
    "refused_table",
    "reliability_table",
    "rivals_table",
    "rungs_table",
    "scores_table",
    "segments_shown",
    "segments_table",
    "shares_table",
    "steps_table",
    "tables_behind",
    "transitions_table",
    "type_name",
    "types_table",
    "unsaid_table",
    "usable_ladder",
    "values_table",
    "view_table",
]


def tables_behind(diagnosis: Diagnosis, language: Language = "en") -> tuple[Table, ...]:
    """Every table behind the report of a diagnosis, in the report's order.

    Parameters
    ----------
    diagnosis : Diagnosis
    language : {"en", "nl"}
        Of labels, captions and names; the names of columns in files are English in both.

    Returns
    -------
    tuple of Table
        Without tables that would be empty.
    """
    return tuple(table for table in _all_tables(diagnosis, language) if table.rows)


def _all_tables(d: Diagnosis, language: Language) -> Iterator[Table]:
    ladder = usable_ladder(d)
    if ladder is not None:
        yield ladder_table(ladder, language)
    if d.plan is not None and d.plan.steps:
        yield from plan_tables(d.plan, language)
    else:
        yield steps_table(d, language)
    yield findings_table(d, language)
    if d.survey is not None:
        yield scores_table(d.survey, language)
        yield reliability_table(d.survey, language)
        yield items_table(d.survey, language)
        yield types_table(d.survey, language)
        yield values_table(d.survey, language)
    if d.values is not None:
        yield contradictions_table(d.values, language)
        yield departments_table(d.values, language)
        yield house_table(d.values, language)
        yield surfaces_table(d.values, language)
        yield value_map_table(d.values, language)
    if ladder is not None:
        yield shares_table(ladder, language)
        yield transitions_table(ladder, language)
        yield rungs_table(ladder, language)
        yield effects_table(ladder, language)
        yield segments_table(ladder, language)
    if d.trial is not None:
        yield chances_table(d.trial, language)
        yield rivals_table(d.trial, language)
    if d.intentions is not None:
        yield intentions_table(d.intentions, language)
        yield levels_table(d.intentions, language)
    for part in (loyalty_section(name, d, language) for name in LOYALTY_SECTIONS):
        if part is not None:
            yield from (*part.tables, *part.how_tables)
    for name in EFFECTS_SECTIONS:
        for shown in effects_sections(name, d, language):
            yield from (*shown.tables, *shown.how_tables)
    for part in (expressions_section(name, d, language) for name in EXPRESSIONS_SECTIONS):
        if part is not None:
            yield from (*part.tables, *part.how_tables)
    if d.effort is not None:
        yield effort_table(d.effort, language)
    yield unsaid_table(d, language)
    yield data_table(d, language)
    yield refused_table(d, language)
