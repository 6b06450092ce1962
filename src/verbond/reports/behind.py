"""From the results of a diagnosis to the tables behind its report, one function a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from verbond.method import CIRCLE, RELATIONSHIP_TYPES, RUNGS, handle, named
from verbond.numerics.intervals import MIN_GROUP
from verbond.plots import crossings, flow_window, state_names
from verbond.reports.groups import hidden_groups
from verbond.reports.tables import Column, Table, column, estimate_columns, estimate_values
from verbond.results import Estimate, Language, sentence

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis, Effort
    from verbond.ladder import LadderResult, SegmentShares
    from verbond.loyalty import IntentionGapRow, IntentionResult
    from verbond.survey import SurveyResult

__all__ = [
    "data_table",
    "effort_table",
    "findings_table",
    "gaps_shown",
    "intentions_table",
    "items_table",
    "ladder_table",
    "levels_table",
    "may_be_shown",
    "name_of",
    "refused_table",
    "reliability_table",
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
]


_OUT_OF = {"answered": "answered", "return": "return"}
"""Variables that are a probability out of something else than periods: of being asked, of a purchase."""


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
    yield steps_table(d, language)
    yield findings_table(d, language)
    if d.survey is not None:
        yield scores_table(d.survey, language)
        yield reliability_table(d.survey, language)
        yield items_table(d.survey, language)
        yield types_table(d.survey, language)
        yield values_table(d.survey, language)
    if ladder is not None:
        yield shares_table(ladder, language)
        yield transitions_table(ladder, language)
        yield rungs_table(ladder, language)
        yield segments_table(ladder, language)
    if d.intentions is not None:
        yield intentions_table(d.intentions, language)
        yield levels_table(d.intentions, language)
    if d.effort is not None:
        yield effort_table(d.effort, language)
    yield unsaid_table(d, language)
    yield data_table(d, language)
    yield refused_table(d, language)


def name_of(id: str, language: Language) -> str:
    """What a construct or an event kind is called; other people's scales keep their own name."""
    name = named(id)
    return name if isinstance(name, str) else name.say(language)


def type_name(type_id: str, language: Language) -> str:
    """What a relationship type is called, "undecided" included."""
    names = {t.id: t.name.say(language) for t in RELATIONSHIP_TYPES}
    return names.get(type_id) or sentence("report.type_undecided", language)


def may_be_shown(estimate: Estimate | None) -> bool:
    """Whether an estimate has a value that rests on a group large enough."""
    return estimate is not None and estimate.value is not None and estimate.n_obs >= MIN_GROUP


def usable_ladder(d: Diagnosis) -> LadderResult | None:
    """The ladder, where it places anybody; None where its figures are missing or the group is too small."""
    ladder = d.ladder
    if ladder is None or not len(ladder.periods) or ladder.n_present[-1] < MIN_GROUP:
        return None
    return ladder if np.isfinite(np.asarray(ladder.shares)[-1]).all() else None


def segments_shown(ladder: LadderResult) -> tuple[SegmentShares, ...]:
    """Segments without groups under five, and without those from which these could be computed."""
    shown: list[SegmentShares] = []
    for attribute in dict.fromkeys(s.attribute for s in ladder.segments):
        group = [s for s in ladder.segments if s.attribute == attribute]
        hidden = hidden_groups([s.n_customers for s in group])
        shown += [
            s for s, hide in zip(group, hidden, strict=True) if not hide and np.isfinite(s.shares).all()
        ]
    return tuple(shown)


def ladder_table(ladder: LadderResult, language: Language) -> Table:
    """Who stands where now, and who passed each step."""
    say, n_states = _speaker(language), ladder.n_states
    up, down = crossings(np.asarray(ladder.flows, dtype=float))
    names = state_names(n_states, ladder.anchored, language)
    number, suffix = ("rung", "") if ladder.anchored else ("level", "_level")
    rows = [
        {
            number: k if ladder.anchored else k + 1,
            "name": names[k],
            "share": float(ladder.shares[-1, k]),
            "ci_lower": float(ladder.shares_ci_lower[-1, k]),
            "ci_upper": float(ladder.shares_ci_upper[-1, k]),
            "customers": float(ladder.shares[-1, k]) * int(ladder.n_present[-1]),
            "climbed": float(up[k]) if k < n_states - 1 else None,
            "came_down": float(down[k]) if k < n_states - 1 else None,
            "stay": float(ladder.dwell_periods[k]),
        }
        for k in reversed(range(n_states))
    ]
    window = flow_window(ladder, language)
    columns = (
        column(number, language, "count"),
        column("name", language),
        column("share", language, "percent"),
        column("ci_lower", language, "percent"),
        column("ci_upper", language, "percent"),
        column("customers", language, "count"),
        column("climbed", language, "count", word=f"climbed{suffix}", window=window),
        column("came_down", language, "count", word=f"came_down{suffix}", window=window),
        column("stay", language, "number", unit=say(f"unit_{ladder.period}")),
    )
    caption = say("caption_ladder" if ladder.anchored else "caption_levels", n=int(ladder.n_present[-1]))
    return Table("ladder", caption, columns, tuple(rows), language=language)


def shares_table(ladder: LadderResult, language: Language) -> Table:
    """Shares and movement per period."""
    rows = []
    for t, period in enumerate(ladder.periods):
        row: dict[str, Any] = {"period": str(period)[:10]}
        for k, state in enumerate(_states(ladder)):
            row[f"share_{state}"] = float(ladder.shares[t, k])
            row[f"share_{state}_ci_lower"] = float(ladder.shares_ci_lower[t, k])
            row[f"share_{state}_ci_upper"] = float(ladder.shares_ci_upper[t, k])
        if t > 0:
            row |= {"moved_up": float(ladder.moved_up[t - 1]), "moved_down": float(ladder.moved_down[t - 1])}
        rows.append(row)
    columns = (
        column("period", language, "month" if ladder.period == "month" else "date"),
        *_share_columns(ladder, language),
        column("moved_up", language, "percent1"),
        column("moved_down", language, "percent1"),
    )
    caption = sentence("report.caption_shares", language)
    return Table("shares", caption, columns, tuple(rows), language=language)


def transitions_table(ladder: LadderResult, language: Language) -> Table:
    """Probability of moving from each state to each other in one period."""
    names, states = _numbered_names(ladder, language), _states(ladder)
    matrix = np.asarray(ladder.transition_matrix, dtype=float)
    rows = tuple(
        {"from": names[i], **{f"to_{state}": float(matrix[i, j]) for j, state in enumerate(states)}}
        for i in range(ladder.n_states)
    )
    columns = (
        column("from", language),
        *(
            column(f"to_{state}", language, "percent1", word="to", label=name, name=name)
            for state, name in zip(states, names, strict=True)
        ),
    )
    unit = sentence(f"report.one_{ladder.period}", language)
    return Table(
        "transitions",
        sentence("report.caption_transitions", language, unit=unit),
        columns,
        rows,
        language=language,
    )


def rungs_table(ladder: LadderResult, language: Language) -> Table:
    """What customers on each state do and answer: what makes the states differ."""
    names, states = _numbered_names(ladder, language), _states(ladder)
    rows = tuple(
        {
            "variable": name_of(e.variable, language),
            "measure": sentence(f"report.measure_{_OUT_OF.get(e.variable, e.family)}", language),
            **{state: float(value) for state, value in zip(states, e.by_state, strict=True)},
        }
        for e in ladder.emissions
    )
    columns = (
        column("variable", language),
        column("measure", language),
        *(
            column(state, language, "number2", word="state", label=name, name=name)
            for state, name in zip(states, names, strict=True)
        ),
    )
    return Table("states", sentence("report.caption_states", language), columns, rows, language=language)


def segments_table(ladder: LadderResult, language: Language) -> Table:
    """Customers of each segment over the states."""
    shown = segments_shown(ladder)
    rows = []
    for segment in shown:
        row: dict[str, Any] = {
            "attribute": segment.attribute,
            "segment": str(segment.value),
            "n_customers": int(segment.n_customers),
        }
        for k, state in enumerate(_states(ladder)):
            row[f"share_{state}"] = float(segment.shares[k])
            row[f"share_{state}_ci_lower"] = float(segment.ci_lower[k])
            row[f"share_{state}_ci_upper"] = float(segment.ci_upper[k])
        rows.append(row)
    columns = (
        column("attribute", language),
        column("segment", language),
        column("n_customers", language, "count"),
        *_share_columns(ladder, language),
    )
    n_hidden = len(ladder.segments) - len(shown)
    note = sentence("report.groups_hidden", language, n=n_hidden, least=MIN_GROUP) if n_hidden else ""
    caption = sentence("report.caption_segments", language)
    return Table("segments", caption, columns, tuple(rows), note, language)


def scores_table(survey: SurveyResult, language: Language) -> Table:
    """Mean of each construct, over all answers and per wave."""
    everything = sentence("report.all_waves", language)
    rows = tuple(
        {
            "construct": name_of(c.construct, language),
            "wave": c.wave if c.wave is not None else everything,
            **estimate_values("mean", c.mean),
        }
        for c in survey.constructs
        if may_be_shown(c.mean)
    )
    columns = (
        column("construct", language),
        column("wave", language),
        *estimate_columns("mean", language, "number0"),
    )
    return Table("scores", sentence("report.caption_scores", language), columns, rows, language=language)


def reliability_table(survey: SurveyResult, language: Language) -> Table:
    """How well the questions of each scale hang together."""
    rows = tuple(
        {
            "scale": name_of(s.scale, language),
            "n_items": s.n_items,
            "n_obs": s.n_obs,
            "alpha": s.alpha,
            "alpha_ci_lower": s.alpha_ci_lower,
            "alpha_ci_upper": s.alpha_ci_upper,
            "omega": s.omega,
            "remark": s.reason.sentence(language) if s.reason is not None else "",
        }
        for s in survey.scales
        if s.n_obs >= MIN_GROUP
    )
    columns = (
        column("scale", language),
        column("n_items", language, "count"),
        column("n_obs", language, "count"),
        column("alpha", language, "number2"),
        column("alpha_ci_lower", language, "number2", word="ci_lower"),
        column("alpha_ci_upper", language, "number2", word="ci_upper"),
        column("omega", language, "number2"),
        column("remark", language),
    )
    caption = sentence("report.caption_reliability", language)
    return Table("reliability", caption, columns, rows, language=language)


def items_table(survey: SurveyResult, language: Language) -> Table:
    """Every question within its scale."""
    names = ("item", "n_obs", "n_missing", "mean", "sd", "item_rest", "alpha_if_dropped")
    rows = tuple(
        {"scale": name_of(s.scale, language), **{name: getattr(i, name) for name in names}}
        for s in survey.scales
        for i in s.items
        if i.n_obs >= MIN_GROUP
    )
    kinds = ("text", "count", "count", "number2", "number2", "number2", "number2")
    words = {"mean": "item_mean"}
    columns = (
        column("scale", language),
        *(column(n, language, kind, word=words.get(n)) for n, kind in zip(names, kinds, strict=True)),
    )
    return Table("items", sentence("report.caption_items", language), columns, rows, language=language)


def types_table(survey: SurveyResult, language: Language) -> Table:
    """Which relationship respondents lean to, and how high each type scores by itself."""
    rows = []
    for t in survey.relationship_types:
        if may_be_shown(t.share) or may_be_shown(t.mean):
            mean = {} if not may_be_shown(t.mean) else estimate_values("mean", t.mean)
            rows.append({"type": type_name(t.type, language), **mean, **estimate_values("leaning", t.share)})
    columns = (
        column("type", language),
        *estimate_columns("leaning", language, "percent", n_obs=False),
        *estimate_columns("mean", language, "number0"),
    )
    caption = sentence("report.caption_types", language)
    return Table("relationship_types", caption, columns, tuple(rows), language=language)


def values_table(survey: SurveyResult, language: Language) -> Table:
    """Customers' own values beside those that they see in the company."""
    names = {v.id: v.name.say(language) for v in CIRCLE}
    matches = survey.congruence.values if survey.congruence is not None else ()
    rows = tuple(
        {
            "value": names.get(m.value, m.value),
            **estimate_values("own", m.own),
            **estimate_values("seen", m.seen),
            **estimate_values("difference", m.difference),
        }
        for m in matches
        if may_be_shown(m.own) and may_be_shown(m.seen)
    )
    columns = (
        column("value", language),
        *estimate_columns("own", language, "number0", n_obs=False),
        *estimate_columns("seen", language, "number0", n_obs=False),
        *estimate_columns("difference", language, "number0"),
    )
    return Table("values", sentence("report.caption_values", language), columns, rows, language=language)


def intentions_table(intentions: IntentionResult, language: Language) -> Table:
    """What people said beside what the same people did."""
    rows = tuple(
        {
            "intention": sentence(f"report.intention_{gap.intention}", language),
            "behaviour": sentence(f"report.behaviour_{gap.behaviour}", language),
            **estimate_values("intended", gap.intended),
            **estimate_values("done", gap.done),
            **estimate_values("done_by_intenders", gap.done_by_intenders),
            **estimate_values("gap", gap.gap),
            "n_obs": gap.n_obs,
        }
        for gap in gaps_shown(intentions)
    )
    columns = (
        column("intention", language),
        column("behaviour", language, days=intentions.horizon_days),
        *estimate_columns("intended", language, "percent", n_obs=False),
        *estimate_columns("done", language, "percent", n_obs=False),
        *estimate_columns("done_by_intenders", language, "percent", n_obs=False),
        *estimate_columns("gap", language, "percent"),
    )
    caption = sentence("report.caption_intentions", language, days=intentions.horizon_days)
    return Table("intentions", caption, columns, rows, language=language)


def levels_table(intentions: IntentionResult, language: Language) -> Table:
    """Who did it, by what they had answered."""
    rows = tuple(
        {
            "intention": sentence(f"report.intention_{row.intention}", language),
            "level": sentence(f"report.level_{row.level}", language),
            "behaviour": sentence(f"report.behaviour_{row.behaviour}", language),
            **estimate_values("done", row.share),
        }
        for row in intentions.rows
        if may_be_shown(row.share)
    )
    columns = (
        column("intention", language),
        column("level", language, word="answer_level"),
        column("behaviour", language, days=intentions.horizon_days),
        *estimate_columns("done", language, "percent"),
    )
    caption = sentence("report.caption_intention_levels", language, days=intentions.horizon_days)
    return Table("intention_levels", caption, columns, rows, language=language)


def gaps_shown(intentions: IntentionResult) -> tuple[IntentionGapRow, ...]:
    """Gaps over groups large enough to show."""
    return tuple(g for g in intentions.gaps if may_be_shown(g.intended) and may_be_shown(g.done))


def effort_table(effort: Effort, language: Language) -> Table:
    """On which rung the company's own actions work."""
    names = state_names(len(RUNGS), True, language)
    rows = tuple(
        {
            "rung": e.rung,
            "name": names[e.rung],
            "n_actions": e.n_actions,
            "share_of_actions": e.share_of_actions,
            "cost": e.cost,
        }
        for e in reversed(effort.rungs)
    )
    columns = (
        column("rung", language, "count"),
        column("name", language),
        column("n_actions", language, "count"),
        column("share_of_actions", language, "percent"),
        column("cost", language, "number0"),
    )
    known = effort.n_actions - effort.n_without_rung
    caption = sentence("report.caption_effort", language, n=known)
    return Table("effort", caption, columns, rows, language=language)


def steps_table(d: Diagnosis, language: Language) -> Table:
    """The three first steps."""
    rows = tuple(
        {
            "step": number,
            "name": handle(s.handle_id).name.say(language),
            "rung": s.rung,
            "first_step": handle(s.handle_id).first_step.say(language),
            "because": s.because.sentence(language),
        }
        for number, s in enumerate(d.steps, start=1)
    )
    columns = (
        column("step", language, "count"),
        column("name", language, word="handle"),
        column("rung", language, "count", word="step_rung"),
        column("first_step", language),
        column("because", language),
    )
    return Table("steps", sentence("report.caption_steps", language), columns, rows, language=language)


def findings_table(d: Diagnosis, language: Language) -> Table:
    """Every finding as a sentence."""
    rows = tuple(
        {
            "room": sentence(f"report.room_{f.room}", language),
            "tone": sentence(f"report.tone_{f.tone}", language),
            "finding": f.reason.sentence(language),
            "n_obs": f.n_obs,
        }
        for f in d.findings
    )
    columns = (
        column("room", language),
        column("tone", language),
        column("finding", language),
        column("n_obs", language, "count"),
    )
    return Table("findings", sentence("report.caption_findings", language), columns, rows, language=language)


def unsaid_table(d: Diagnosis, language: Language) -> Table:
    """What cannot be said."""
    rows = tuple({"unsaid": reason.sentence(language)} for reason in d.unsaid)
    caption = sentence("report.caption_unsaid", language)
    return Table("unsaid", caption, (column("unsaid", language),), rows, language=language)


def data_table(d: Diagnosis, language: Language) -> Table:
    """What was read and what was refused, a row a table."""
    names = ("table", "rows", "refused", "duplicates", "blank", "lost_references", "first", "last")
    kinds = ("text", "count", "count", "count", "count", "count", "date", "date")
    rows = tuple(d.check.to_dicts()) if d.check is not None else ()
    columns = tuple(
        column(name, language, kind, word=f"data_{name}") for name, kind in zip(names, kinds, strict=True)
    )
    return Table("data", sentence("report.caption_data", language), columns, rows, language=language)


def refused_table(d: Diagnosis, language: Language) -> Table:
    """Why rows were refused, a row a reason."""
    refused = d.check.refused if d.check is not None else ()
    rows = tuple(
        {
            "table": r.table,
            "file": r.file,
            "column": r.column,
            "rows": r.n_rows,
            "reason": r.reason.sentence(language),
        }
        for r in refused
    )
    columns = (
        column("table", language, word="data_table"),
        column("file", language, word="data_file"),
        column("column", language, word="data_column"),
        column("rows", language, "count", word="data_refused"),
        column("reason", language, word="data_reason"),
    )
    return Table("refused", sentence("report.caption_refused", language), columns, rows, language=language)


def _share_columns(ladder: LadderResult, language: Language) -> Iterator[Column]:
    for state, name in zip(_states(ladder), _numbered_names(ladder, language), strict=True):
        yield column(f"share_{state}", language, "percent", word="share_of", label=name, name=name)
        for bound in ("ci_lower", "ci_upper"):
            yield column(f"share_{state}_{bound}", language, "percent", word=bound, shown=False)


def _states(ladder: LadderResult) -> list[str]:
    """Names of the states in columns of files, numbered as on the page: rungs from 0, levels from 1."""
    return [f"rung_{k}" if ladder.anchored else f"level_{k + 1}" for k in range(ladder.n_states)]


def _numbered_names(ladder: LadderResult, language: Language) -> list[str]:
    names = state_names(ladder.n_states, ladder.anchored, language)
    return [f"{k} {name}" if ladder.anchored else name for k, name in enumerate(names)]


def _speaker(language: Language) -> Any:
    return lambda code, **values: sentence(f"report.{code}", language, **values)
