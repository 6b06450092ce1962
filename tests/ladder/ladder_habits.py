"""Habit, lasting differences, or neither: what each part of the model is worth where each is true.

`python tests/ladder/ladder_habits.py` prints the table of `docs/guides/ladder.md`.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from ladder_worlds import draw
from test_ladder_looks import log_score, with_counts

from verbond.ladder import Ladder, LadderResult
from verbond.ladder.ahead.forecast import forecasts
from verbond.ladder.coding.panels import between
from verbond.tables import Panel
from verbond.tables.complete_journey import open_complete_journey
from verbond.tables.reads import panel as read_panel

WORLDS = {"a habit of 0.4": (0.4, 0.0), "lasting differences": (0.0, 0.5), "neither": (0.0, 0.0)}
LAST_MONTHS = 3


def fitted(panel: Panel, n_classes: int | None, feedback: bool | None) -> LadderResult:
    ladder = Ladder(
        n_starts=1, n_classes=n_classes, feedback=feedback, amounts="none", gone=False, class_movement=False,
        actions=False,
    )  # fmt: skip
    return ladder.fit(panel, uncertainty=False)


def ahead(panel: Panel, n_classes: int | None, feedback: bool | None) -> float:
    """Mean log score of purchases in the last months, one month ahead."""
    first = len(panel.periods) - LAST_MONTHS
    result = fitted(between(panel, 0, first), n_classes, feedback)
    found = next(f for f in forecasts(result._fitted, panel)[0] if f.name == "purchase")
    begins = np.zeros(panel.n_rows, bool)
    begins[panel.offsets[:-1][panel.lengths > 0]] = True
    return float(found.log_score[((panel.row_periods >= first) & ~begins)[found.rows]].mean())


if __name__ == "__main__":
    ways = [*product((1, 3), (False, True)), (None, None)]
    print("(classes, habit):", *ways)
    drawn = draw(2500, 14, asked=0.12, seed=1)
    for name, (habit, lasting) in WORLDS.items():
        panel = with_counts(drawn, habit=habit, lasting=lasting)
        scores = [log_score(fitted(panel, *way), panel, drawn) for way in ways]
        print(name, *(f"{score:.3f}" for score in scores), flush=True)
    months = read_panel(open_complete_journey(), "month")
    print("complete-journey", *(f"{ahead(months, *way):.3f}" for way in ways))
