"""From the files of a simulated company to its rungs: the truth that nobody told is found back."""

from __future__ import annotations

import numpy as np
import pytest

from verbond.ladder import Ladder, LadderResult
from verbond.survey import Survey
from verbond.tables import Tables
from verbond.tables.simulate import Company, simulate

LEAST_INSIDE = 0.65
"""Share of 95% intervals that hold the truth in one draw: neighbouring periods err together."""


@pytest.fixture(scope="module")
def company() -> Company:
    return simulate("textbook", 3000, seed=11)


@pytest.fixture(scope="module")
def tables(company: Company) -> Tables:
    opened = company.open()
    return opened.add("scores", Survey().fit(opened).scores)


@pytest.fixture(scope="module")
def result(tables: Tables) -> LadderResult:
    return Ladder(n_starts=4).fit(tables)


def test_shares_of_a_simulated_company_lie_inside(company: Company, result: LadderResult) -> None:
    truth = company.truth.shares[-len(result.periods) :]
    inside = (truth >= result.shares_ci_lower) & (truth <= result.shares_ci_upper)
    assert result.anchored
    assert inside.mean() > LEAST_INSIDE
    assert (result.shares_ci_upper - result.shares_ci_lower).mean() < 0.25  # not wide enough to hold anything


def test_rungs_of_customers_are_told_better_than_naively(
    company: Company, tables: Tables, result: LadderResult
) -> None:
    probs = result.score(tables)
    rungs = company.truth.rungs[company.truth.rungs >= 0]
    assert len(rungs) == len(probs.probs)
    drawn = np.eye(6)[rungs]
    brier = float(((probs.probs - drawn) ** 2).sum(axis=1).mean())
    everybody_alike = float(((drawn.mean(axis=0) - drawn) ** 2).sum(axis=1).mean())
    fifths = _by_purchases(tables, drawn)
    assert brier < min(everybody_alike, fifths) - 0.05


def _by_purchases(tables: Tables, drawn: np.ndarray) -> float:
    """Brier score of the true shares within groups by how much each customer buys in all."""
    from verbond.tables.reads import panel

    rows = panel(tables)
    bought = np.add.reduceat(rows.counts["purchase"].astype(float), rows.offsets[:-1]) / rows.lengths
    groups = np.repeat(np.digitize(bought, np.quantile(bought, [0.2, 0.4, 0.6, 0.8])), rows.lengths)
    means = np.array([drawn[groups == g].mean(axis=0) for g in range(5)])
    return float(((means[groups] - drawn) ** 2).sum(axis=1).mean())
