"""Numbers of states beside each other."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from ladder_worlds import draw
from scipy.special import xlogy

from verbond.errors import DataError, OptionError
from verbond.ladder import Ladder, compare_states
from verbond.ladder.coding.panels import between
from verbond.ladder.fit.states import _complete
from verbond.ladder.scoring.scoring import on_panel
from verbond.tables import Panel


@pytest.fixture(scope="module")
def three_kinds() -> Panel:
    """Three levels of activity, far apart, between which people move."""
    panel, rng = draw(900, 12, seed=2, surveyed=False).panel, np.random.default_rng(0)
    level = np.empty(panel.n_rows, np.int64)
    for low, high in zip(panel.offsets[:-1], panel.offsets[1:], strict=True):
        level[low] = rng.integers(0, 3)
        for row in range(low + 1, high):
            step = rng.choice([-1, 0, 1], p=[0.08, 0.84, 0.08])
            level[row] = np.clip(level[row - 1] + step, 0, 2)
    counts = {
        "purchase": rng.poisson(np.array([0.1, 1.5, 6.0])[level]).astype(np.uint16),
        "visit": rng.poisson(np.array([0.3, 3.0, 9.0])[level]).astype(np.uint16),
    }
    return replace(panel, counts=counts)


def test_the_true_number_is_found(three_kinds: Panel) -> None:
    found = compare_states(three_kinds, (2, 3, 4), ladder=Ladder(n_classes=1))
    assert found.best_by_bic == found.best_by_icl == 3
    two, three, four = found.fits
    for kind in ("by_customer", "by_time"):
        assert getattr(three, kind).value > getattr(two, kind).value + 0.05
        assert abs(getattr(three, kind).value - getattr(four, kind).value) < 0.01
    assert four.loglik > three.loglik - 20  # its weak priors cost a little
    assert [row["n_states"] for row in found.to_dicts()] == [2, 3, 4]
    for language in ("en", "nl"):
        assert found.reason.sentence(language)  # type: ignore[arg-type]


def test_too_little_to_compare_is_refused(three_kinds: Panel) -> None:
    with pytest.raises(OptionError, match="numbers of states"):
        compare_states(three_kinds, (3,))
    short = replace(between(three_kinds, 0, 3), periods=three_kinds.periods[:3])
    with pytest.raises(DataError, match="periods"):
        compare_states(short, (2, 3))


def test_entropy_of_the_paths_is_that_of_all_paths() -> None:
    drawn = draw(60, 3, seed=5, surveyed=False)
    ladder = Ladder(n_states=3, n_starts=1, n_classes=1, amounts="none", feedback=False, gone=False)
    fitted = ladder.fit(drawn.panel, uncertainty=False)._fitted
    model, theta, encoded = on_panel(fitted, drawn.panel)
    found, tables = model.evaluate(encoded.sequences, theta).statistics, model.tables(theta)
    matrix = np.zeros((len(tables.edges), 3, 3))
    matrix[:, tables.source, tables.target] = tables.edges
    expected, rows = 0.0, encoded.sequences
    for i in range(rows.n_customers):
        here = range(rows.offsets[i], rows.offsets[i + 1])
        chances = []
        for path in product(range(3), repeat=len(here)):
            chance = tables.initial[rows.starts[i], path[0]]
            for t, row in enumerate(here):
                chance *= tables.emission[rows.codes[row], path[t]]
                chance *= matrix[rows.moves[row], path[t - 1], path[t]] if t else 1.0
            chances.append(chance)
        p = np.array(chances) / sum(chances)
        expected -= xlogy(p, p).sum()
    assert found.loglik - _complete(found, tables) == pytest.approx(expected, rel=1e-8)
