"""What an answer is worth: answer by answer, beside the past, and by group."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from verbond.loyalty.calibration import AnswerShare, AnswerWorth
from verbond.loyalty.results import IntentionResult, IntentionRow
from verbond.method import RUNGS
from verbond.plots import Chance, draw_reliability
from verbond.reports.behind.shown import type_name
from verbond.reports.parts import (
    Picture,
    Said,
    Section,
    bar,
    bar_pictures,
    both,
    capital,
    filled,
    speaker,
)
from verbond.reports.tables import Column, Table, column, estimate_values
from verbond.results import Language, sentence
from verbond.results.wording import format_value

__all__ = ["section"]

_INTENDS = ("promoter", "likely")
Say = Callable[..., str]


def section(result: IntentionResult, language: Language) -> Section | None:
    """What answers say about behaviour; None where no answer is followed by any.

    Parameters
    ----------
    result : IntentionResult
    language : {"en", "nl"}
    """
    if not result.answers:
        return None
    say = speaker("loyalty_intention", language)
    pictures = [picture for rows in _curves(result) for picture in _curve(rows, result, say, language)]
    pictures += _groups(result, say, language)
    recommend = any(row.intention == "recommend" for row in result.answers)
    return Section(
        "intention",
        say("title"),
        tuple(_said(result, say, language)),
        tuple(pictures),
        filled(
            _answers_table(result, language), _worth_table(result, language), _groups_table(result, language)
        ),
        (
            say("how_curve"),
            say("how_worth"),
            *((say("how_published"),) if recommend else ()),
            *((say("group_association"),) if result.group_rows else ()),
        ),
    )


def _said(result: IntentionResult, say: Say, language: Language) -> Iterator[Said]:
    """How well answers sort people; how many did it stands in the section before."""
    word = sentence("report.tone_neutral", language)
    for worth in result.worth[:1]:
        if worth.auc.value is not None:
            yield Said("neutral", word, _worth_in_words(worth, say))


def _worth_in_words(worth: AnswerWorth, say: Say) -> str:
    auc, gain = worth.auc, worth.auc_gain
    values = {
        "what": say(f"what_{worth.behaviour}"),
        "auc": auc.value,
        "low": auc.ci_lower,
        "high": auc.ci_upper,
    }
    if auc.ci_lower is None or auc.ci_lower <= 0.5:
        return say("worth_coin", **values)
    if gain.value is None or gain.ci_lower is None:
        return say("worth_sorts", **values)
    values |= {"gain": gain.value, "gain_low": gain.ci_lower, "gain_high": gain.ci_upper}
    return say("worth_adds" if gain.ci_lower > 0 else "worth_repeats", **values)


def _curves(result: IntentionResult) -> Iterator[list[AnswerShare]]:
    """Of each intention the answers beside its first behaviour, where there are three or more."""
    for intention in dict.fromkeys(row.intention for row in result.answers):
        rows = [row for row in result.answers if row.intention == intention]
        rows = [row for row in rows if row.behaviour == rows[0].behaviour]
        if len(rows) > 2:
            yield rows


def _curve(
    rows: list[AnswerShare], result: IntentionResult, say: Say, language: Language
) -> tuple[Picture, ...]:
    what, asked = say(f"what_{rows[0].behaviour}"), say(f"asked_{rows[0].intention}")
    chances = [Chance(r.stated, r.share.value, r.share.ci_lower, r.share.ci_upper) for r in rows]
    said = "; ".join(
        f"{_answer(row, language)}: {format_value(row.share.value, 'percent', language)}" for row in rows
    )
    return both(
        lambda **size: draw_reliability(
            chances, title=f"{asked}: {what}", description=f"{said}.", language=language,
            axes=(say("axis_answer"), say("axis_did", what=what)),
            curve=[(row.stated, row.curve) for row in rows], **size,
        ),
        say("see_curve", asked=asked, what=what, days=result.horizon_days),
        f"answers-{rows[0].intention}",
    )  # fmt: skip


def _groups(result: IntentionResult, say: Say, language: Language) -> tuple[Picture, ...]:
    """Those who said they would, of each group, beside the first behaviour."""
    if not result.group_rows:
        return ()
    behaviour = result.group_rows[0].behaviour
    rows = [row for row in result.group_rows if row.behaviour == behaviour]
    intended = [row for row in rows if row.level in _INTENDS]
    see = "see_groups" if intended else "see_groups_all"
    shown = intended or [row for row in rows if row.level == "all"]
    bars = [
        bar(_group(row, language), row.share, language, group=_by(row.by, say), colour="rung-4")
        for row in shown
    ]
    what = say(f"what_{behaviour}")
    return bar_pictures(bars, say("title"), say(see, what=what), "share", "intention-groups", language)


def _answer(row: AnswerShare, language: Language) -> str:
    ends = [format_value(v, "number0", language) for v in (row.answer_from, row.answer_to)]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]}–{ends[1]}"


def _pair(row: AnswerShare | AnswerWorth | IntentionRow, language: Language) -> str:
    names = (f"intention_{row.intention}", f"behaviour_{row.behaviour}")
    asked, did = (sentence(f"report.{name}", language) for name in names)
    return f"{capital(asked)} → {did}"


def _by(by: str, say: Say) -> str:
    return capital(say(f"group_{by}") if by in ("rung", "type") else by.replace("_", " "))


def _group(row: IntentionRow, language: Language) -> str:
    if row.by == "type":
        return type_name(row.group, language)
    names = {str(rung.number): f"{rung.number} {rung.name.say(language)}" for rung in RUNGS}
    return names.get(row.group, row.group) if row.by == "rung" else row.group


def _columns(say: Say, *entries: tuple[str, str]) -> tuple[Column, ...]:
    return tuple(Column(name, say(f"label_{name}"), say(f"define_{name}"), kind) for name, kind in entries)


def _bounds(name: str, kind: str, language: Language) -> tuple[Column, Column]:
    return (
        column(f"{name}_ci_lower", language, kind, word="ci_lower"),
        column(f"{name}_ci_upper", language, kind, word="ci_upper"),
    )


def _answers_table(result: IntentionResult, language: Language) -> Table:
    say = speaker("loyalty_intention", language)
    columns = (
        *_columns(say, ("pair", "text"), ("answers", "text"), ("share", "percent")),
        *_bounds("share", "percent", language),
        column("n_obs", language, "count"),
        *_columns(say, ("curve", "percent")),
    )
    rows = [
        {
            "pair": _pair(row, language), "answers": _answer(row, language), "curve": row.curve,
            **estimate_values("share", row.share),
        }
        for row in result.answers
    ]  # fmt: skip
    caption = say("caption_answers", days=result.horizon_days)
    return Table("intention-answers", caption, columns, tuple(rows), language=language)


def _worth_table(result: IntentionResult, language: Language) -> Table:
    say = speaker("loyalty_intention", language)
    columns = (
        *_columns(say, ("pair", "text")),
        column("n_obs", language, "count"),
        *_columns(say, ("auc", "percent")),
        *_bounds("auc", "percent", language),
        *_columns(say, ("auc_past", "percent")),
        *_bounds("auc_past", "percent", language),
        *_columns(say, ("auc_gain", "points1")),
        *_bounds("auc_gain", "points1", language),
    )
    rows = []
    for worth in result.worth:
        row = {"pair": _pair(worth, language)}
        for name in ("auc", "auc_past", "auc_gain"):
            row |= estimate_values(name, getattr(worth, name))
        rows.append({**row, "n_obs": worth.n_obs})
    return Table("intention-worth", say("caption_worth"), columns, tuple(rows), language=language)


def _groups_table(result: IntentionResult, language: Language) -> Table:
    """A row a group: of those who said they would and of all, beside each intention's first behaviour."""
    say = speaker("loyalty_intention", language)
    columns = (
        *_columns(say, ("pair", "text"), ("by", "text"), ("group", "text"), ("of_intenders", "percent")),
        *_bounds("of_intenders", "percent", language),
        *_columns(say, ("n_intenders", "count"), ("of_all", "percent")),
        *_bounds("of_all", "percent", language),
        column("n_obs", language, "count"),
    )
    first = {row.intention: row.behaviour for row in reversed(result.group_rows)}
    rows: dict[tuple[str, str, str], dict[str, object]] = {}
    for row in result.group_rows:
        if row.behaviour == first[row.intention] and row.level in ("all", *_INTENDS):
            named = {"pair": _pair(row, language), "by": _by(row.by, say), "group": _group(row, language)}
            whole = rows.setdefault((row.intention, row.by, row.group), named)
            if row.level == "all":
                whole |= estimate_values("of_all", row.share)
            else:
                share = estimate_values("of_intenders", row.share)
                whole |= {**share, "n_obs": whole.get("n_obs"), "n_intenders": row.n_obs}
    caption = say("caption_groups", days=result.horizon_days)
    return Table("intention-groups", caption, columns, tuple(rows.values()), language=language)
