"""The ladder tried on periods that it has not seen: are its chances right, and does it beat simpler ways?

The last periods are put aside, the model is fitted again to the rest from where it stood, and predicts what
was put aside one step ahead: each prediction knows all that came before, with parameters that never saw it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from verbond.ladder.ahead.forecast import Forecast, forecasts, refitted
from verbond.ladder.coding.panels import between
from verbond.ladder.judging.answered import AnswerScore, judge_answers
from verbond.ladder.judging.calibration import (
    PathFigure,
    Reliability,
    Residuals,
    judge_paths,
    reliability,
    residuals,
)
from verbond.ladder.judging.rivals import Predicted, Rival, RivalScore, Task, judge_rivals, one_class
from verbond.ladder.model.fitted import Fitted
from verbond.ladder.scoring.scoring import on_panel
from verbond.ladder.words import Word
from verbond.method import named
from verbond.results import Reason, Result, plain
from verbond.tables import Panel

__all__ = ["LadderTrial", "try_out"]

MOST_CUSTOMERS, MOST_FOR_PATHS = 20_000, 3_000
"""Customers on whom it is tried, and whose histories are drawn; more tell nothing new."""
MOST_PERIODS, SHARE_OF_PERIODS = 6, 0.2
LEAST_PERIODS = 5


@dataclass(frozen=True, slots=True)
class LadderTrial(Result):
    """How a ladder does on periods that were put aside.

    Attributes
    ----------
    n_customers : int
        On whom it was tried.
    periods : (n,) datetime64[D]
        Those that were put aside; empty where there are too few to spare.
    reliability : tuple of Reliability
        Of everything with a chance: each kind of event, and answering.
    residuals : tuple of Residuals
        Of everything with a distribution, scores of the survey included.
    paths : tuple of PathFigure
        What lasts in whole histories, observed and drawn.
    kind : str or None
        What the rivals predict: purchases, or what is counted most.
    rivals : tuple of RivalScore
        The ladder first.
    answers : tuple of AnswerScore
        The ladder beside the last answer carried forward, on people who answered before; empty where few did.
    reasons : tuple of Reason
        The verdicts in words.
    """

    n_customers: int
    periods: np.ndarray
    reliability: tuple[Reliability, ...]
    residuals: tuple[Residuals, ...]
    paths: tuple[PathFigure, ...]
    kind: str | None
    rivals: tuple[RivalScore, ...]
    answers: tuple[AnswerScore, ...]
    reasons: tuple[Reason, ...]

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a way of predicting."""
        return [
            {
                "way": r.way, "n": r.n, "log_score": r.log_score, "rmse": r.rmse, "brier": r.brier,
                "auc": r.auc, "ladder_gain": r.ladder_gain and r.ladder_gain.value,
                "ci_lower": r.ladder_gain and r.ladder_gain.ci_lower,
                "ci_upper": r.ladder_gain and r.ladder_gain.ci_upper,
            }
            for r in map(_plain_score, self.rivals)
        ]  # fmt: skip


def _plain_score(score: RivalScore) -> RivalScore:
    return RivalScore(**{
        name: getattr(score, name) if name == "ladder_gain" else plain(getattr(score, name))
        for name in score.__slots__
    })  # fmt: skip


def try_out(
    fitted: Fitted,
    panel: Panel,
    rng: np.random.Generator,
    others: Mapping[str, Predicted | Rival] | None = None,
) -> LadderTrial:
    """Put the last periods aside, fit again, and predict them.

    Parameters
    ----------
    fitted : Fitted
        Fitted to this panel: the second fit starts from it.
    panel : Panel
    rng : numpy Generator
        Draws the customers where there are very many, and the histories.
    others : mapping of name to Predicted or Rival, optional
        Further rivals; they see the customers on whom the ladder is tried.
    """
    if panel.n_customers > MOST_CUSTOMERS:
        panel = panel.select(np.sort(rng.permutation(panel.n_customers)[:MOST_CUSTOMERS]))
    n_periods = len(panel.periods)
    if n_periods < LEAST_PERIODS:
        short = Reason("ladder.trial_too_short", {"n": n_periods, "needed": LEAST_PERIODS})
        return LadderTrial(panel.n_customers, panel.periods[:0], (), (), (), None, (), (), (short,))
    first = n_periods - max(1, min(MOST_PERIODS, int(SHARE_OF_PERIODS * n_periods)))
    early = between(panel, 0, first)
    again = refitted(fitted, early)
    found = _predicted(again, panel, first)
    some = np.sort(rng.permutation(panel.n_customers)[:MOST_FOR_PATHS])
    model, theta, encoded = on_panel(fitted, panel.select(some))
    paths = judge_paths(model, theta, encoded, rng)
    owners = [np.searchsorted(panel.offsets, one.rows, side="right") - 1 for one in found]
    chances = tuple(
        r for r in (reliability(one, owner) for one, owner in zip(found, owners, strict=True)) if r
    )
    spread = tuple(r for r in (residuals(one) for one in found) if r)
    kind, rivals = _against_rivals(again, panel, first, found, others or {})
    answers, of_answers = judge_answers(found, panel, first)
    reasons = (
        *_chances_in_words(chances),
        *(r.reason for r in spread if r.verdict != "right"),
        *_paths_in_words(paths),
        *_rivals_in_words(kind, rivals),
        *of_answers,
    )
    return LadderTrial(
        panel.n_customers, panel.periods[first:], chances, spread, paths, kind, rivals, answers, reasons
    )


def _predicted(fitted: Fitted, panel: Panel, first: int) -> list[Forecast]:
    """Forecasts of the rows from period `first` on that have an earlier row."""
    found, _, _ = forecasts(fitted, panel)
    begins = np.zeros(panel.n_rows, bool)
    begins[panel.offsets[:-1][panel.lengths > 0]] = True
    late = (panel.row_periods >= first) & ~begins
    return [_only(one, late[one.rows]) for one in found]


def _only(one: Forecast, kept: np.ndarray) -> Forecast:
    return Forecast(one.name, *(
        None if values is None else values[kept]
        for values in (
            one.rows, one.observed, one.expected, one.probability, one.log_score, one.below, one.up_to
        )
    ))  # type: ignore[arg-type]  # fmt: skip


def _against_rivals(
    again: Fitted,
    panel: Panel,
    first: int,
    found: list[Forecast],
    others: Mapping[str, Predicted | Rival],
) -> tuple[str | None, tuple[RivalScore, ...]]:
    counted = [one for one in found if one.name in panel.counts and len(one.rows)]
    if not counted:
        return None, ()
    ours = max(counted, key=lambda one: (one.name == "purchase", float(one.observed.mean())))
    begins = np.zeros(panel.n_rows, bool)
    begins[panel.offsets[:-1][panel.lengths > 0]] = True
    train = np.flatnonzero((panel.row_periods < first) & ~begins)
    task = Task(panel, ours.name, train, ours.rows)
    if len(train) == 0 or not (task.counts[train] > 0).any():
        return ours.name, ()
    alone = one_class(again)
    more = dict(others)
    if alone is not None:
        plain_ladder = refitted(alone, between(panel, 0, first))
        theirs = next(one for one in _predicted(plain_ladder, panel, first) if one.name == ours.name)
        more["one_class"] = Predicted(theirs.expected, theirs.probability, theirs.log_score)
    return ours.name, judge_rivals(task, ours, more)


def _chances_in_words(chances: tuple[Reliability, ...]) -> list[Reason]:
    """What is right in one sentence, and one for each that is not or cannot be told."""
    right = [r for r in chances if r.reason.code == "ladder.chances_right"]
    others = [r.reason for r in chances if r.reason.code != "ladder.chances_right"]
    if len(right) < 2:
        return [*(r.reason for r in right), *others]
    values = {
        "whats": [named(r.variable) for r in right], "error": max(r.calibration_error for r in right),
        "n": min(r.n for r in right),
    }  # fmt: skip
    return [Reason("ladder.chances_all_right", values), *others]


def _paths_in_words(paths: tuple[PathFigure, ...]) -> list[Reason]:
    found = []
    silence = [p for p in paths if p.figure == "silence"]
    lasting = [p for p in paths if p.figure == "autocorrelation"]
    for code, chosen in (("silence", silence), ("autocorrelation", lasting)):
        off = [p for p in chosen if not p.agrees]
        if off:
            worst = max(off, key=lambda p: abs(p.observed - p.drawn))
            values = {"observed": worst.observed, "drawn": worst.drawn, "lag": worst.lag}
            found.append(Reason(f"ladder.paths_{code}", values))
    return found if found or not paths else [Reason("ladder.paths_right")]


def _rivals_in_words(kind: str | None, rivals: tuple[RivalScore, ...]) -> list[Reason]:
    if kind is None or len(rivals) < 2:
        return []
    judged = [r for r in rivals[1:] if r.ladder_gain is not None]
    lost = [r for r in judged if r.ladder_gain and (r.ladder_gain.ci_upper or 0.0) < 0]
    won = [r for r in judged if r.ladder_gain and (r.ladder_gain.ci_lower or 0.0) > 0]
    even = [r for r in judged if r not in lost and r not in won]
    what, found = named(kind), []
    for code, ways in (("won", won), ("even", even), ("lost", lost)):
        if ways:
            names = [Word(f"ladder.way_{r.way}") if r.way in _KNOWN else r.way for r in ways]
            found.append(Reason(f"ladder.rivals_{code}", {"what": what, "ways": names}))
    ours, best = rivals[0], min(rivals[1:], key=lambda r: r.rmse)
    if best.rmse < ours.rmse * 0.99:
        name = Word(f"ladder.way_{best.way}") if best.way in _KNOWN else best.way
        values = {"what": what, "way": name, "theirs": best.rmse, "ours": ours.rmse}
        found.append(Reason("ladder.rivals_point", values))
    return found


_KNOWN = ("average", "last", "quantiles", "regression", "one_class")
