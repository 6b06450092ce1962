"""People who answered before: does the ladder say more of their next answers than the last ones do?

Of the answers in the periods put aside, those by people who answered about the same construct before. The
ladder has its prediction one step ahead, from all that they answered and did before; *last* has the earlier
answer, normal around it with the spread of such pairs in the earlier periods; *average* has everybody's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from verbond.ladder.ahead.forecast import Forecast
from verbond.numerics.intervals import mean_interval
from verbond.results import Estimate, Reason
from verbond.tables import RUNG_CONSTRUCTS, Panel

__all__ = ["AnswerScore", "judge_answers"]

LEAST_ANSWERS, LEAST_PAIRS = 50, 20


@dataclass(frozen=True, slots=True)
class AnswerScore:
    """How well one way predicts the next answers of people who answered before.

    Attributes
    ----------
    way : {"ladder", "last", "average"}
    n : int
        Scores predicted, a construct of a respondent each.
    explained : float
        Share of their variance around everybody's average; below 0 where it does worse.
    log_score : float
        Mean log density a score.
    ladder_gain : Estimate or None
        Mean log density of the ladder above this way, with its interval over people.
    """

    way: str
    n: int
    explained: float
    log_score: float
    ladder_gain: Estimate | None = None


def judge_answers(
    found: list[Forecast], panel: Panel, first: int
) -> tuple[tuple[AnswerScore, ...], tuple[Reason, ...]]:
    """Compare on scores from period `first` on.

    Parameters
    ----------
    found : list of Forecast
        Of the constructs among others, in the periods from `first` on.
    panel : Panel
    first : int
    """
    parts = [
        part for one in found if one.name in RUNG_CONSTRUCTS
        if (part := _of_construct(one, panel, RUNG_CONSTRUCTS.index(one.name), first)) is not None
    ]  # fmt: skip
    if not parts:
        return (), ()
    rows, truth, expected, density = (np.concatenate(column, axis=-1) for column in zip(*parts, strict=True))
    if len(rows) < LEAST_ANSWERS:
        return (), ()
    people = np.searchsorted(panel.offsets, rows, side="right")
    away = ((truth - expected) ** 2).sum(axis=1)
    scores = []
    for j, way in enumerate(("ladder", "last", "average")):
        gain = None
        if j:
            mean, low, high = mean_interval(density[0] - density[j], people)
            gain = Estimate(mean, low, high, len(np.unique(people)))
        explained = float(1 - away[j] / max(away[2], 1e-12))
        scores.append(AnswerScore(way, len(rows), explained, float(density[j].mean()), gain))
    values = {
        "n": len(rows), "share": max(scores[0].explained, 0.0), "rival_share": max(scores[1].explained, 0.0)
    }  # fmt: skip
    ahead = scores[0].explained >= scores[1].explained
    return tuple(scores), (Reason(f"ladder.answers_{'ahead' if ahead else 'behind'}", values),)


def _of_construct(
    one: Forecast, panel: Panel, construct: int, first: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray] | None:
    """Rows (n), scores (n), and by ladder, last and average what was expected and the log density (3, n)."""
    scores = panel.scores[:, construct].astype(float)
    asked = np.flatnonzero(np.isfinite(scores))
    rows = panel.scored_rows[asked]
    owner = np.searchsorted(panel.offsets, rows, side="right")
    again = np.flatnonzero(owner[1:] == owner[:-1]) + 1  # answered before; the one before is the last
    earlier = panel.row_periods[rows] < first
    known = again[earlier[again]]
    if len(known) < LEAST_PAIRS:
        return None
    spread = float(np.sqrt(((scores[asked[known]] - scores[asked[known - 1]]) ** 2).mean()))
    base, base_sd = float(scores[asked[earlier]].mean()), float(scores[asked[earlier]].std())
    late = again[~earlier[again]]
    place = np.searchsorted(one.rows, rows[late])
    inside = (place < len(one.rows)) & (one.rows[np.minimum(place, len(one.rows) - 1)] == rows[late])
    late, place = late[inside], place[inside]
    truth, last = scores[asked[late]], scores[asked[late - 1]]
    expected = np.stack((one.expected[place], last, np.full(len(late), base)))
    density = np.stack((one.log_score[place], _normal(truth - last, spread), _normal(truth - base, base_sd)))
    return rows[late], truth, expected, density


def _normal(away: np.ndarray, sd: float) -> np.ndarray:
    return -0.5 * (away / sd) ** 2 - np.log(sd) - 0.5 * np.log(2 * np.pi)
