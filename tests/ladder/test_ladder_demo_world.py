"""The demo world, whose people differ in more ways than the model knows: intervals hold the truth there too.

Its customers are of four relationship types that move differently and answer differently, actions work
differently by type and by rung, some tick the same box all the way, and a seventh of the respondents decides
about rungs whose behaviour hardly differs. The truth comes with the simulated company.
"""

from __future__ import annotations

import numpy as np
import pytest

from verbond.ladder import Ladder
from verbond.survey import Survey
from verbond.tables.reads import panel as read_panel
from verbond.tables.simulate import Company, simulate


def judged(world: str, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whether each true share lies inside, how far off the mean share is, how wide the interval."""
    company = simulate(world, seed=seed)
    tables = company.open()
    panel = read_panel(tables.add("scores", Survey().fit(tables).scores), "month")
    result = Ladder(n_starts=3, amounts="none", feedback=False).fit(panel)
    rungs = company.truth.rungs[:, np.searchsorted(company.truth.periods, panel.periods)]
    counts = np.stack([(rungs == k).sum(axis=0) for k in range(6)], axis=1)
    truth = counts / counts.sum(axis=1, keepdims=True)
    inside = (result.shares_ci_lower <= truth) & (truth <= result.shares_ci_upper)
    width = (result.shares_ci_upper - result.shares_ci_lower).mean(axis=0)
    return inside, (result.shares - truth).mean(axis=0), width


@pytest.mark.slow
@pytest.mark.parametrize("world", ["zonnewende", "textbook"])
def test_shares_of_richer_worlds_lie_inside(world: str) -> None:
    """Three companies other than those used while building; periods of one company err together."""
    inside, off, width = zip(*(judged(world, seed) for seed in (101, 102, 103)), strict=True)
    assert np.mean(inside) > 0.85
    assert np.abs(np.mean(off, axis=0)).max() < 0.06
    assert np.mean(width, axis=0).max() < 0.25


def told(company: Company, *, keep: bool) -> tuple[float, float]:
    """Mean log probability of the true rung, and calibration error of all rung probabilities by tenths."""
    tables = company.open()
    panel = read_panel(tables.add("scores", Survey(keep_careless=keep).fit(tables).scores), "month")
    result = Ladder(n_starts=3, amounts="none", feedback=False).fit(panel, uncertainty=False)
    found = result.score(panel, "smoothed").to_columns()
    probs = np.column_stack([found[f"p{k}"] for k in range(6)]).astype(float)
    people = np.searchsorted(company.truth.customer_ids.astype(str), found["customer_id"].astype(str))
    months = found["period"].astype("datetime64[M]")
    rungs = company.truth.rungs[
        people, np.searchsorted(company.truth.periods.astype("datetime64[M]"), months)
    ]
    probs, true = probs[rungs >= 0], rungs[rungs >= 0]
    hits, tenth = (true[:, None] == np.arange(6)).ravel(), np.minimum(10 * probs.ravel(), 9).astype(int)
    off = np.abs(np.bincount(tenth, hits) - np.bincount(tenth, probs.ravel()))
    return float(np.log(probs[np.arange(len(true)), true]).mean()), float(off.sum() / len(hits))


@pytest.mark.slow
def test_chances_are_better_without_the_careless() -> None:
    """Three of the twelve companies on which the rule was tried; 1.5% tick one box throughout."""
    pairs = [
        (told(company, keep=False), told(company, keep=True))
        for company in (simulate("zonnewende", seed=seed) for seed in (302, 303, 304))
    ]
    without, kept = np.array(pairs).mean(axis=0)
    assert without[0] > kept[0]
    assert without[1] < kept[1]
