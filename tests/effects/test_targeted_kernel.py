"""Doubly robust estimates, weights and hidden bias: against other packages and published tables."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, ndtr

from verbond.effects.past.doubly import (
    cross_fit,
    doubly_robust,
    effective_size,
    folds_by_lot,
    odds_weights,
    standardised_differences,
)
from verbond.effects.past.hidden import matched_pairs, rosenbaum_pvalue, undoing_odds
from verbond.errors import OptionError

HERE = Path(__file__).parents[1] / "reference"
PEERS = json.loads((HERE / "effects_targeted.json").read_text("utf-8"))
OF_SOLVERS = 1e-6
"""Their logistic regression stops at a gradient of 1e-12, least squares differ in the last digits."""
OF_NUISANCES = 0.04
"""Stata's and statsmodels' errors count those of both models too, which vanish only where both are right."""


@pytest.fixture(scope="module")
def births() -> dict[str, np.ndarray]:
    with gzip.open(HERE / "effects_cattaneo.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def test_the_effect_on_everybody_is_stata_s_and_statsmodels(births: dict[str, np.ndarray]) -> None:
    """Stata's manual: outcome by prenatal1 mmarried mage fbaby, treatment by a probit."""
    y, d, one = births["bweight"], births["mbsmoke_"] == 1, np.ones(len(births["mage"]))
    mage, married, first = births["mage"], births["mmarried_"], births["fbaby_"]
    chance = ndtr(
        np.column_stack([one, married, mage, mage**2, first, births["medu"]]) @ PEERS["statsmodels"]["probit"]
    )
    x = np.column_stack([one, births["prenatal1_"], married, mage, first])
    without, with_it = (x @ np.linalg.lstsq(x[side], y[side], rcond=None)[0] for side in (~d, d))
    found = doubly_robust(
        y[:, None], d, chance, without[:, None], whom="everybody", expected_reached=with_it[:, None]
    )
    for effect, error in (PEERS["statsmodels"]["aipw"], PEERS["statsmodels"]["stata_aipw"]):
        assert found.effect_size[0] == pytest.approx(effect, rel=5e-6)
        assert found.standard_error[0] == pytest.approx(error, rel=OF_NUISANCES)


def test_cross_fitting_is_that_of_doubleml(births: dict[str, np.ndarray]) -> None:
    design = np.column_stack([v for name, v in births.items() if name not in ("bweight", "mbsmoke_")])
    y, d = births["bweight"][:, None], births["mbsmoke_"] == 1
    folds = np.arange(len(y)) % 5
    fitted = cross_fit(design, d, y, folds)
    with_it = cross_fit(design, ~d, y, folds).expected
    reached = doubly_robust(y, d, fitted.chance, fitted.expected)
    everybody = doubly_robust(
        y, d, fitted.chance, fitted.expected, whom="everybody", expected_reached=with_it
    )
    for ours, theirs in ((reached, PEERS["doubleml"]["ATTE"]), (everybody, PEERS["doubleml"]["ATE"])):
        assert ours.effect_size[0] == pytest.approx(theirs[0], rel=OF_SOLVERS)
        assert ours.standard_error[0] == pytest.approx(theirs[1], rel=OF_SOLVERS)


def world(n: int, rng: np.random.Generator, effect: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who bought more is reached more often, and would buy more anyway."""
    x = rng.standard_normal((n, 3))
    reached = rng.random(n) < expit(0.8 * x[:, 0] - 0.5 * x[:, 1])
    y = 2 * x[:, 0] + x[:, 2] + effect * reached + rng.standard_normal(n)
    return x, reached, y[:, None]


@pytest.mark.parametrize("wrong", ["chance", "expected"])
def test_one_of_both_models_may_be_wrong(wrong: str) -> None:
    x, reached, y = world(40_000, np.random.default_rng(5))
    chance, expected = expit(0.8 * x[:, 0] - 0.5 * x[:, 1]), (2 * x[:, 0] + x[:, 2])[:, None]
    naive = y[reached].mean() - y[~reached].mean()
    assert naive > 2
    if wrong == "chance":
        chance = np.full(len(y), 0.5)
    else:
        expected = np.zeros_like(y)
    found = doubly_robust(y, reached, chance, expected)
    assert abs(found.effect_size[0] - 1) < 3 * found.standard_error[0]


@pytest.mark.slow
def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng, held, runs = np.random.default_rng(17), 0, 500
    for _ in range(runs):
        x, reached, y = world(400, rng)
        fitted = cross_fit(x, reached, y, folds_by_lot(reached, 5))
        found = doubly_robust(y, reached, fitted.chance, fitted.expected)
        held += abs(found.effect_size[0] - 1) < 1.96 * found.standard_error[0]
    assert 0.93 <= held / runs <= 0.97  # 95%, give or take two standard errors of the count


def test_folds_are_equal_parts_of_both() -> None:
    reached = np.arange(103) < 23
    folds = folds_by_lot(reached, 5, seed=3)
    assert set(np.bincount(folds[reached])) <= {4, 5}
    assert set(np.bincount(folds[~reached])) == {16}
    assert not np.array_equal(folds, folds_by_lot(reached, 5, seed=4))


def test_odds_make_the_others_like_those_reached() -> None:
    """Where the chance is the true share in each of some groups, weighed groups are of the same sizes."""
    group, reached = np.repeat([0, 1, 2], [10, 20, 30]), np.zeros(60, dtype=bool)
    reached[[0, 1, *range(10, 18), *range(30, 54)]] = True  # 2 of 10, 8 of 20, 24 of 30
    chance = np.array([0.2, 0.4, 0.8])[group]
    values = (group[:, None] == np.arange(3)).astype(float)
    weights = odds_weights(reached, chance)
    before, after = (standardised_differences(values, reached, w) for w in (None, weights))
    assert np.abs(before).max() > 0.5
    assert np.abs(after).max() < 1e-12
    assert effective_size(weights[~reached]) < 26


def test_hidden_bias_as_published() -> None:
    """Lead in children's blood, 33 pairs (Morton et al. 1982): Rosenbaum (2002), table 4.2, last column."""
    exposed = [38, 23, 41, 18, 37, 36, 23, 62, 31, 34, 24, 14, 21, 17, 16, 20, 15, 10, 45, 39, 22, 35, 49]
    exposed += [48, 44, 35, 43, 39, 34, 13, 73, 25, 27]
    control = [16, 18, 18, 24, 19, 11, 10, 15, 16, 18, 18, 13, 19, 10, 16, 16, 24, 13, 9, 14, 21, 19, 7]
    control += [18, 19, 12, 11, 22, 25, 16, 13, 11, 13]
    differences = np.subtract(exposed, control).astype(float)
    table = {2.0: 0.0018, 3.0: 0.0136, 4.0: 0.0388, 4.25: 0.0468, 5.0: 0.0740}
    for odds, pvalue in table.items():
        assert round(rosenbaum_pvalue(differences, odds), 4) == pvalue
    assert rosenbaum_pvalue(differences, 1.0) < 0.0001
    undone = undoing_odds(differences, 0.05)
    assert undone is not None
    assert 4.25 < undone < 5.0
    assert undoing_odds(-differences) is None
    assert rosenbaum_pvalue(np.zeros(4), 1.0) == 1.0


def test_pairs_are_those_of_looking_at_everybody() -> None:
    rng = np.random.default_rng(8)
    for n in (2, 7, 40, 200):
        score, reached = rng.normal(size=n), rng.random(n) < 0.5
        free, pairs = set(np.flatnonzero(~reached)), []
        for one in sorted(np.flatnonzero(reached), key=lambda i: (-score[i], i)):
            near = [abs(score[one] - score[other]) for other in free]
            if near and min(near) <= 0.3:
                pairs.append((one, min(free, key=lambda other: abs(score[one] - score[other]))))
                free.remove(pairs[-1][1])
        assert list(map(tuple, matched_pairs(score, reached, 0.3).tolist())) == pairs


def test_an_effect_on_everybody_asks_for_both_outcomes() -> None:
    with pytest.raises(OptionError, match="asks for outcomes expected"):
        doubly_robust(
            np.ones((2, 1)), np.array([True, False]), np.full(2, 0.5), np.ones((2, 1)), whom="everybody"
        )
