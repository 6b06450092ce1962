"""Tables behind the sections about values."""

from __future__ import annotations

from verbond.method import Text
from verbond.reports.behind.shown import may_be_shown
from verbond.reports.tables import Table, column, estimate_columns, estimate_values
from verbond.results import Language, sentence
from verbond.values import SurfaceResult, ValuesResult
from verbond.values.model import OUTCOMES, outcome_name
from verbond.values.profiles import value_names

__all__ = [
    "contradictions_table",
    "departments_table",
    "house_table",
    "outcome_text",
    "surfaces_table",
    "value_map_table",
]


def _named(values: ValuesResult, language: Language) -> dict[str, str]:
    known = [row.value for part in (values.own, values.image) if part is not None for row in part.values]
    return {id: name.say(language) for id, name in value_names(known).items()}


def value_map_table(values: ValuesResult, language: Language) -> Table:
    """Where each value lies by the customers' own answers."""
    circle, names = values.circle, _named(values, language)
    rows = tuple(
        {
            "value": names.get(row["value"], row["value"]),
            "angle": row["angle_degrees"],
            "angle_ci_lower": row["angle_ci_lower"],
            "angle_ci_upper": row["angle_ci_upper"],
            "theory": row["theory_degrees"],
        }
        for row in (circle.to_dicts() if circle is not None else ())
    )
    columns = (
        column("value", language),
        *estimate_columns("angle", language, "number0", n_obs=False),
        column("theory", language, "number0"),
    )
    return Table(
        "value_map", sentence("report.caption_value_map", language), columns, rows, language=language
    )


def outcome_text(surface: SurfaceResult) -> Text | None:
    """What the outcome of a surface is called; None for a column of the user's own."""
    return next((t for t in map(outcome_name, (*OUTCOMES, "purchases")) if t.en == surface.outcome), None)


def surfaces_table(values: ValuesResult, language: Language) -> Table:
    """What misfit goes with, for the values of which that can be told."""
    rows = tuple(
        {
            "value": surface.seen.removeprefix("seen_"),
            "outcome": name.say(language) if (name := outcome_text(surface)) else surface.outcome,
            **estimate_values("too_little", surface.too_little),
            **estimate_values("too_much", surface.too_much),
            "n_obs": surface.n_obs,
            "told": surface.reasons[0].sentence(language) if surface.reasons else "",
        }
        for surface in values.surfaces[: values.n_surfaces_told]
    )
    names = _named(values, language)
    rows = tuple(row | {"value": names.get(row["value"], row["value"])} for row in rows)
    columns = (
        column("value", language),
        column("outcome", language),
        column("told", language, word="surface_told"),
        *estimate_columns("too_little", language, "number1", n_obs=False),
        *estimate_columns("too_much", language, "number1"),
    )
    n = len(values.surfaces)
    caption = sentence("report.caption_surfaces", language, n=n)
    return Table("surfaces", caption, columns, rows, language=language)


def house_table(values: ValuesResult, language: Language) -> Table:
    """What the house sees in itself beside what customers see in it."""
    names = _named(values, language)
    seen = values.identity.values if values.identity is not None else ()
    rows = tuple(
        {
            "value": names.get(row.value, row.value),
            **estimate_values("identity", row.identity),
            **estimate_values("image", row.image),
            **estimate_values("house_difference", row.difference),
        }
        for row in seen
        if may_be_shown(row.identity) and may_be_shown(row.image)
    )
    columns = (
        column("value", language),
        *estimate_columns("identity", language, "number1", n_obs=False),
        *estimate_columns("image", language, "number1", n_obs=False),
        *estimate_columns("house_difference", language, "number1"),
    )
    return Table("identity", sentence("report.caption_house", language), columns, rows, language=language)


def departments_table(values: ValuesResult, language: Language) -> Table:
    """Which departments see the company as its customers do."""
    identity, names = values.identity, _named(values, language)
    rows = tuple(
        {
            "department": row.department,
            "highest": ", ".join(names.get(v, v) for v in row.highest),
            **estimate_values("match", row.match),
            "distance": row.distance.value,
        }
        for row in (identity.departments if identity is not None else ())
        if may_be_shown(row.match)
    )
    columns = (
        column("department", language),
        column("highest", language),
        *estimate_columns("match", language, "number2"),
        column("distance", language, "number1"),
    )
    note = " ".join(r.sentence(language) for r in identity.reasons) if identity is not None else ""
    caption = sentence("report.caption_departments", language)
    return Table("departments", caption, columns, rows, note, language)


def contradictions_table(values: ValuesResult, language: Language) -> Table:
    """Every pair of values that lead in the house or with customers, judged."""
    found = values.contradictions
    names = _named(values, language)
    rows = tuple(
        {
            "a": names.get(pair.a, pair.a),
            "b": names.get(pair.b, pair.b),
            "verdict": sentence(f"report.verdict_{pair.verdict}", language),
            "degrees": pair.degrees,
            **estimate_values("correlation", pair.correlation),
            "reason": " ".join(r.sentence(language) for r in pair.reasons),
        }
        for pair in (found.pairs if found is not None else ())
        if pair.verdict is not None
    )
    columns = (
        column("a", language, word="pair_a"),
        column("b", language, word="pair_b"),
        column("verdict", language),
        column("degrees", language, "number0"),
        *estimate_columns("correlation", language, "number2"),
        column("reason", language, word="pair_reason", shown=False),
    )
    caption = sentence("report.caption_contradictions", language)
    return Table("contradictions", caption, columns, rows, language=language)
