"""The tables about the diagnosis as a whole: effort, steps, findings, what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verbond.method import RUNGS, handle
from verbond.plots import state_names
from verbond.reports.tables import Table, column
from verbond.results import Language, sentence

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis, Effort

__all__ = [
    "data_table",
    "effort_table",
    "findings_table",
    "refused_table",
    "steps_table",
    "unsaid_table",
]


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
