"""Drivers against R's lm over every ordering, and against companies of which the drivers are known."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from verbond.errors import DataError, OptionError
from verbond.survey.drivers import Drivers, latest_scores
from verbond.survey.importance import (
    johnson_weights,
    r_squared_of_subsets,
    shapley_shares,
    variance_inflation,
)

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "relative_importance.json").read_text("utf-8")
)
TEN_DIGITS = 2e-9
"""R wrote ten decimals; correlations rounded there move the figures by as much."""


@pytest.mark.parametrize("data", ["swiss", "attitude"])
def test_equals_r_over_every_ordering(data):
    known = REFERENCE[data]
    cor = np.array(known["cor"])
    assert shapley_shares(cor) == pytest.approx(known["lmg"], abs=TEN_DIGITS)
    assert johnson_weights(cor) == pytest.approx(known["johnson"], abs=TEN_DIGITS)
    assert variance_inflation(cor[:-1, :-1]) == pytest.approx(known["vif"], abs=10 * TEN_DIGITS)


def test_equals_brute_force_by_least_squares():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(80, 4)) @ rng.normal(size=(4, 4))
    y = x @ rng.normal(size=4) + rng.normal(size=80)
    z = np.column_stack([x, y])
    z = (z - z.mean(axis=0)) / z.std(axis=0)

    def explained(chosen):
        if not chosen:
            return 0.0
        return 1 - np.linalg.lstsq(z[:, list(chosen)], z[:, -1], rcond=None)[1][0] / 80

    cor = z.T @ z / 80
    found = r_squared_of_subsets(cor)
    for mask in range(16):
        assert found[mask] == pytest.approx(explained([k for k in range(4) if mask >> k & 1]), abs=1e-10)
    gains = np.zeros(4)
    for order in itertools.permutations(range(4)):
        for i, k in enumerate(order):
            gains[k] += explained(order[: i + 1]) - explained(order[:i])
    assert shapley_shares(cor) == pytest.approx(gains / 24, abs=1e-10)
    assert johnson_weights(cor).sum() == pytest.approx(found[15], abs=1e-10)


def company(rng, n=1500, **more):
    """Trust comes of congruence and a little of experience; satisfaction only goes along with experience."""
    experience, congruence = rng.normal(size=n), rng.normal(size=n)
    satisfaction = 0.8 * experience + 0.6 * rng.normal(size=n)
    trust = 0.6 * congruence + 0.25 * experience + 0.7 * rng.normal(size=n)
    columns = {"experience": experience, "congruence": congruence, "satisfaction": satisfaction}
    return {name: 50 + 12 * values for name, values in (columns | more | {"trust": trust}).items()}


def test_known_drivers_come_first_and_hangers_on_are_not_called_clear():
    found = Drivers(outcomes=("trust",), seed=1).fit_columns(company(np.random.default_rng(2)))
    (trust,) = found.outcomes
    by_name = {d.construct: d for d in trust.drivers}
    assert trust.drivers[0].construct == "congruence"
    assert by_name["congruence"].clear
    assert by_name["experience"].clear
    assert by_name["satisfaction"].importance.value > 0.01  # it shares with experience
    assert not by_name["satisfaction"].clear
    truth = 0.36 / (0.36 + 0.0625 + 0.49)
    assert by_name["congruence"].importance.ci_lower < truth < by_name["congruence"].importance.ci_upper
    assert sum(d.importance.value for d in trust.drivers) == pytest.approx(trust.r_squared.value)
    assert found.reasons[0].code == "survey.drivers_association"
    for reason in (*found.reasons, *trust.reasons):
        for language in ("en", "nl"):
            assert "{" not in reason.sentence(language)


def test_chance_is_seldom_called_a_driver():
    """Five constructs that have nothing to do with trust: any is called clear in about 5% of companies."""
    rng, calls = np.random.default_rng(3), 0
    for _ in range(100):
        noise = {
            name: rng.normal(size=200) for name in ("experience", "congruence", "market", "meaning", "trust")
        }
        (trust,) = Drivers(outcomes=("trust",), n_bootstrap=50).fit_columns(noise).outcomes
        calls += any(d.clear for d in trust.drivers)
    assert calls <= 13  # probability .0005 at 5%


def test_what_is_nearly_the_same_is_said():
    rng = np.random.default_rng(4)
    columns = company(rng)
    columns["closeness"] = columns["experience"] + 0.5 * rng.normal(size=1500)
    (trust,) = Drivers(outcomes=("trust",), n_bootstrap=50).fit_columns(columns).outcomes
    codes = {r.code for r in trust.reasons}
    assert "survey.drivers_collinear" in codes
    assert trust.condition_number > 30
    columns["closeness"] = columns["experience"]
    (trust,) = Drivers(outcomes=("trust",), n_bootstrap=50).fit_columns(columns).outcomes
    assert trust.drivers == ()
    assert trust.reasons[0].code == "survey.drivers_same"


def test_outcomes_look_down_the_ladder_and_never_at_intentions():
    rng = np.random.default_rng(5)
    names = ("experience", "congruence", "commitment", "engagement", "recommend", "values_own.power")
    found = Drivers(n_bootstrap=50).fit_columns(company(rng, **{k: rng.normal(size=1500) for k in names[2:]}))
    told = {o.outcome: {d.construct for d in o.drivers} for o in found.outcomes}
    assert told["trust"] == {"experience", "congruence", "satisfaction"}
    assert told["commitment"] == told["trust"] | {"trust"}
    assert told["engagement"] == told["commitment"] | {"commitment"}


def test_the_latest_wave_counts_whatever_the_order_of_rows():
    table = {
        "respondent_id": np.array(["a", "a", "b", "a"], dtype=object),
        "wave": np.array(["2025", "2026", "2025", "2026"], dtype=object),
        "occurred_at": np.array(["2025-01-01", "2026-01-01", "2025-01-01", "2026-01-01"], "datetime64[us]"),
        "construct": np.array(["trust", "trust", "trust", "experience"], dtype=object),
        "score": np.array([10.0, 20.0, 30.0, 40.0]),
    }
    for order in itertools.permutations(range(4)):
        found = latest_scores({name: values[list(order)] for name, values in table.items()})
        assert found["trust"].tolist() == [20.0, 30.0]
        assert found["experience"][0] == 40.0
        assert np.isnan(found["experience"][1])


def test_bad_input_is_named():
    rng = np.random.default_rng(6)
    few = {name: values[:3] for name, values in company(rng).items()}
    (trust,) = Drivers(outcomes=("trust",)).fit_columns(few).outcomes
    assert trust.drivers == ()
    assert trust.reasons[0].code == "survey.drivers_few"
    constant = company(rng) | {"satisfaction": np.full(1500, 50.0)}
    (trust,) = Drivers(outcomes=("trust",), n_bootstrap=50).fit_columns(constant).outcomes
    assert "satisfaction" not in {d.construct for d in trust.drivers}
    with pytest.raises(DataError, match="none of the outcomes"):
        Drivers().fit_columns({"experience": np.zeros(9)})
    with pytest.raises(OptionError, match="bootstrap"):
        Drivers(n_bootstrap=3)
