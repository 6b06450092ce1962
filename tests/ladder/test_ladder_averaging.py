"""Chances that know that the parameters are estimates: averaged over draws, and the better for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ladder_coverage import run
from ladder_fitted import company, fitted, fitted_classes

from verbond.errors import OptionError
from verbond.ladder import load_ladder, save_ladder
from verbond.ladder.model.fitted import WIDEST, covariance_root, drawn_parameters

ROUNDED = 1e-6  # probabilities are float32


@pytest.mark.parametrize("kind", ["smoothed", "filtered"])
def test_a_chance_is_the_mean_over_the_draws(kind: str) -> None:
    result, panel = fitted(), company().panel.select(slice(0, 200))
    fit = result._fitted
    assert fit is not None
    each = [
        replace(result, _fitted=replace(fit, theta=theta)).score(panel, kind, n_draws=0).probs
        for theta in drawn_parameters(fit, 8)
    ]
    found = result.score(panel, kind).probs
    np.testing.assert_allclose(found, np.mean(each, axis=0), atol=ROUNDED)
    assert np.abs(found - result.score(panel, kind, n_draws=0).probs).max() > 0.005


def test_draws_are_in_pairs_and_as_wide_as_the_covariance() -> None:
    fit = fitted()._fitted
    assert fit is not None
    drawn = drawn_parameters(fit, 4000) - fit.theta
    np.testing.assert_allclose(drawn.mean(axis=0), 0, atol=1e-12)
    values, vectors = np.linalg.eigh(fit.covariance)
    expected = np.sqrt(np.clip(values, 0, WIDEST**2))
    np.testing.assert_allclose((drawn @ vectors).std(axis=0), expected, rtol=0.1, atol=1e-6)


def test_a_root_times_itself_is_the_covariance_and_stays_within_its_bound() -> None:
    rng = np.random.default_rng(0)
    part = rng.standard_normal((5, 5)) * [20, 3, 0.5, 0.1, 0]
    covariance = part @ part.T
    root = covariance_root(covariance)
    assert root is not None
    np.testing.assert_allclose(root @ root, covariance, atol=1e-8 * covariance.max())
    bounded = covariance_root(covariance, WIDEST)
    assert bounded is not None
    assert np.linalg.norm(bounded, 2) <= WIDEST + 1e-9


def test_without_uncertainty_parameters_are_taken_for_known() -> None:
    panel = company().panel.select(slice(0, 50))
    result = fitted_classes()
    np.testing.assert_array_equal(result.score(panel).probs, result.score(panel, n_draws=0).probs)


def test_a_saved_ladder_gives_the_same_bits(tmp_path) -> None:
    panel = company().panel.select(slice(0, 50))
    save_ladder(fitted(), tmp_path / "my.ladder")
    back = load_ladder(tmp_path / "my.ladder")
    np.testing.assert_array_equal(back.score(panel).probs, fitted().score(panel).probs)


def test_the_customer_file_has_the_scores_of_everybodys_last_period() -> None:
    panel = company().panel.select(slice(0, 100))
    rows = fitted().score(panel, "filtered").probs[panel.offsets[1:] - 1]
    np.testing.assert_allclose(fitted().customer_file(panel).probs, rows, atol=ROUNDED)


@pytest.mark.parametrize("n_draws", [-2, 3])
def test_draws_come_in_pairs(n_draws: int) -> None:
    with pytest.raises(OptionError, match="even"):
        fitted().score(company().panel, n_draws=n_draws)


@pytest.mark.slow
def test_chances_are_less_sure_and_more_right() -> None:
    """The truth is that of simulated companies."""
    found = [run(seed).chances for seed in range(8000, 8006)]
    averaged, plain = ([one[name] for one in found] for name in ("averaged", "best parameters"))
    assert np.mean([c.log_score for c in averaged]) > np.mean([c.log_score for c in plain])
    assert np.mean([c.error for c in averaged]) < np.mean([c.error for c in plain])
    assert np.mean([c.error for c in averaged]) < 0.025


@pytest.mark.slow
def test_chances_are_calibrated_over_companies() -> None:
    """At most .02 within a company, on average, and two standard errors below it (40 companies)."""
    errors = np.array([run(seed).chances["averaged"].error for seed in range(1000, 1040)])
    assert errors.mean() + 2 * errors.std() / len(errors) ** 0.5 < 0.02
