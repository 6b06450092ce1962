"""The tables behind the survey and the intentions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verbond.method import CIRCLE
from verbond.reports.behind.shown import may_be_shown, name_of, type_name
from verbond.reports.tables import Table, column, estimate_columns, estimate_values
from verbond.results import Language, sentence
from verbond.results.groups import MIN_GROUP

if TYPE_CHECKING:
    from verbond.loyalty import IntentionGapRow, IntentionResult
    from verbond.survey import SurveyResult

__all__ = [
    "gaps_shown",
    "intentions_table",
    "items_table",
    "levels_table",
    "reliability_table",
    "scores_table",
    "types_table",
    "values_table",
]


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
