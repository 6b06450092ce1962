"""The tables behind the ladder."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from verbond.numerics.disclosure import rounded_people
from verbond.plots import crossings, flow_window, state_names
from verbond.reports.behind.shown import may_be_shown, name_of, segments_shown, speaker
from verbond.reports.tables import Column, Table, column, estimate_columns, estimate_values
from verbond.results import Language, sentence
from verbond.results.groups import MIN_GROUP
from verbond.results.wording import entries

if TYPE_CHECKING:
    from verbond.ladder import LadderResult, LadderTrial, MoveEffect
    from verbond.reports.filters import LadderView

__all__ = [
    "ladder_table",
    "rungs_table",
    "segments_table",
    "shares_table",
    "transitions_table",
    "view_table",
]


_OUT_OF = {"answered": "answered", "return": "return"}
"""Variables that are a probability out of something else than periods: of being asked, of a purchase."""


def ladder_table(ladder: LadderResult, language: Language) -> Table:
    """Who stands where now, and who passed each step."""
    say, n_states = speaker(language), ladder.n_states
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


def view_table(ladder: LadderResult, view: LadderView, language: Language) -> Table:
    """Who stands where in a part of the customers, and who passed each step; rounded as it is shown."""
    names = state_names(ladder.n_states, ladder.anchored, language)
    number, suffix = ("rung", "") if ladder.anchored else ("level", "_level")
    rows = []
    for k in reversed(range(ladder.n_states)):
        row: dict[str, Any] = {
            number: k if ladder.anchored else k + 1,
            "name": names[k],
            "share": float(view.shares[k]),
            "ci_lower": float(view.ci_lower[k]),
            "ci_upper": float(view.ci_upper[k]),
        }
        if view.up is not None and view.down is not None and k < ladder.n_states - 1:
            row |= {"climbed": int(view.up[k]), "came_down": int(view.down[k])}
        rows.append(row)
    columns = (
        column(number, language, "count"),
        column("name", language),
        column("share", language, "percent1"),
        column("ci_lower", language, "percent1"),
        column("ci_upper", language, "percent1"),
        column("climbed", language, "count", word=f"climbed{suffix}", window=view.window),
        column("came_down", language, "count", word=f"came_down{suffix}", window=view.window),
    )
    caption = sentence("report.caption_view", language, n=view.n_customers, where=view.where)
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


def odds_of(effect: MoveEffect) -> tuple[float, float, float]:
    """Odds ratio an exposure, with its interval."""
    found = effect.log_odds
    return tuple(float(np.exp(v)) for v in (found.value, found.ci_lower, found.ci_upper))  # type: ignore[arg-type, return-value]


def name_of_move(effect: MoveEffect, ladder: LadderResult, language: Language) -> str:
    """What a move is called: of a rung, or of a level where behaviour alone tells them apart."""
    levels = not ladder.anchored and effect.move in ("up", "down", "drop")
    return sentence(f"report.group_{effect.move}{'_levels' if levels else ''}", language)


def effects_table(ladder: LadderResult, language: Language) -> Table:
    """What an exposure to each kind of action goes with: odds of moving against staying."""
    names = _numbered_names(ladder, language)
    rows = []
    for effect in ladder.effects:
        if not may_be_shown(effect.log_odds):
            continue
        ratio, low, high = odds_of(effect)
        rows.append(
            {
                "action": name_of(effect.action, language),
                "move": name_of_move(effect, ladder, language),
                "origin": sentence(f"report.every_{'rung' if ladder.anchored else 'level'}", language)
                if effect.rung is None
                else names[effect.rung],
                "ratio": ratio,
                "ratio_ci_lower": low,
                "ratio_ci_upper": high,
                "n_obs": effect.log_odds.n_obs,
            }
        )
    columns = (
        column("action", language),
        column("move", language),
        column("origin", language),
        column("ratio", language, "number2"),
        column("ratio_ci_lower", language, "number2", word="ci_lower"),
        column("ratio_ci_upper", language, "number2", word="ci_upper"),
        column("n_obs", language, "count", word="n_reached"),
    )
    return Table(
        "effects", sentence("report.caption_effects", language), columns, tuple(rows), language=language
    )


def segments_table(ladder: LadderResult, language: Language) -> Table:
    """Customers of each segment over the states."""
    shown = segments_shown(ladder)
    rows = []
    for segment in shown:
        row: dict[str, Any] = {
            "attribute": segment.attribute,
            "segment": str(segment.value),
            "n_customers": rounded_people(segment.n_customers),
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


def chances_table(trial: LadderTrial, language: Language) -> Table:
    """Predicted chances of everything that has one, beside what happened."""
    rows = tuple(
        {
            "variable": name_of(one.variable, language),
            "n_predictions": b.n,
            "predicted": b.predicted,
            "observed": b.observed,
            "ci_lower": b.ci_lower,
            "ci_upper": b.ci_upper,
        }
        for one in trial.reliability
        for b in one.bins
    )
    columns = (
        column("variable", language),
        column("n_predictions", language, "count"),
        column("predicted", language, "percent1"),
        column("observed", language, "percent1"),
        column("ci_lower", language, "percent1"),
        column("ci_upper", language, "percent1"),
    )
    return Table(
        "chances", sentence("report.caption_reliability_curve", language), columns, rows, language=language
    )


def rivals_table(trial: LadderTrial, language: Language) -> Table:
    """The ladder and simpler ways, on the same predictions."""
    rows = tuple(
        {
            "way": way_of(score.way, language),
            "log_score": score.log_score,
            "rmse": score.rmse,
            "brier": score.brier,
            "auc": score.auc,
            **estimate_values("gain", score.ladder_gain),
            "n_predictions": score.n,
        }
        for score in trial.rivals
    )
    columns = (
        column("way", language),
        column("log_score", language, "number2"),
        column("rmse", language, "number2"),
        column("brier", language, "number2"),
        column("auc", language, "number2"),
        *estimate_columns("gain", language, "number2"),
        column("n_predictions", language, "count"),
    )
    caption = sentence("report.caption_rivals", language, what=name_of(trial.kind or "", language))
    return Table("rivals", caption, columns, rows, language=language)


def way_of(way: str, language: Language) -> str:
    """What a way of predicting is called; a stranger's keeps its own name."""
    code = f"ladder.way_{way}"
    return sentence(code, language) if code in entries(language) else way


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
