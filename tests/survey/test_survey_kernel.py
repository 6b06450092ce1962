"""Reliability against R's psych, published figures, and the definitions written out by hand."""

import csv
import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verbond.survey.kernel import (
    Moments,
    alpha_interval,
    cronbach_alpha,
    keyed_signs,
    omega_total,
    one_factor,
    pairwise_moments,
    reliability,
)

REFERENCE = Path(__file__).parents[1] / "reference"
KEYS = {"A": "1", "C": "45", "E": "12", "N": "", "O": "25"}  # reversed items of each bfi scale
PSYCH = 1e-6  # psych 2.2.9 printed ten decimals; its factoring stops at about 1e-7
EXACT = 1e-9  # the same arithmetic in another order
PRINTED = 5e-7  # figures published with six decimals
PRINTED_3 = 5e-4  # ... with three


def psych() -> dict[tuple[str, str, str], float]:
    with (REFERENCE / "psych_reliability.csv").open(encoding="utf-8") as file:
        return {(r["scale"], r["item"], r["statistic"]): float(r["value"]) for r in csv.DictReader(file)}


def covariances(name: str) -> tuple[list[str], np.ndarray]:
    data = json.loads((REFERENCE / name).read_text("utf-8"))
    return data["names"], np.array(data["cov"])


def from_covariance(cov: np.ndarray, n: int) -> Moments:
    sd = np.sqrt(np.diag(cov))
    return Moments(np.full(cov.shape, n), np.ones(len(cov)), cov, cov / np.outer(sd, sd))


@pytest.fixture(scope="module")
def bfi(reference_data):
    with reference_data("psychtools_bfi.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    def scale(name: str) -> np.ndarray:
        items = [f"{name}{i}" for i in range(1, 6)]
        raw = np.array([[float(r[i]) if r[i] not in ("", "NA") else np.nan for i in items] for r in rows])
        turned = np.array([i[1] in KEYS[name] for i in items])
        return np.where(turned, 7 - raw, raw)

    return scale


@pytest.mark.parametrize("name", KEYS)
def test_bfi_scales_are_as_psych_computes_them(bfi, name):
    truth = psych()
    answers = bfi(name)
    assert len(answers) == 2800
    found = reliability(pairwise_moments(answers))
    assert found.alpha == pytest.approx(truth[name, "", "alpha"], abs=PSYCH)
    assert found.alpha_standardized == pytest.approx(truth[name, "", "alpha_standardized"], abs=PSYCH)
    assert found.omega == pytest.approx(truth[name, "", "omega"], abs=PSYCH)
    dropped = [truth[name, f"{name}{i}", "alpha_if_dropped"] for i in range(1, 6)]
    assert found.alpha_if_dropped == pytest.approx(dropped, abs=PSYCH)
    interval = alpha_interval(found.alpha, 2800, 5)
    assert interval == pytest.approx(
        (truth[name, "", "feldt_lower_n2800"], truth[name, "", "feldt_upper_n2800"]), abs=PSYCH
    )
    complete = answers[~np.isnan(answers).any(axis=1)]
    listwise = reliability(pairwise_moments(complete))
    assert listwise.alpha == pytest.approx(truth[name, "", "alpha_listwise"], abs=PSYCH)
    rest = [truth[name, f"{name}{i}", "item_rest_listwise"] for i in range(1, 6)]
    assert listwise.item_rest == pytest.approx(rest, abs=PSYCH)


def test_satisfaction_alphas_as_published_with_plspm():
    _, cov = covariances("satisfaction_n250.json")
    ends = np.cumsum([0, 5, 5, 5, 4, 4, 4])
    blocks = [slice(a, b) for a, b in itertools.pairwise(ends)]
    found = [reliability(from_covariance(cov[b, b], 250)).alpha_standardized for b in blocks]
    published = [0.830227, 0.846584, 0.871325, 0.835723, 0.894011, 0.819422]  # plspm 0.5.1
    assert found == pytest.approx(published, abs=PRINTED)


@pytest.mark.parametrize(
    ("block", "published"),  # Tenenhaus et al. 2005, as distributed with semPLS
    [("CUEX", 0.433), ("CUSA", 0.770), ("CUSL", 0.442), ("IMAG", 0.714), ("PERQ", 0.872), ("PERV", 0.817)],
)
def test_mobile_phone_alphas_as_published(block, published):
    names, cov = covariances("mobile_ecsi_n250.json")
    j = [i for i, name in enumerate(names) if name.startswith(block)]
    found = reliability(from_covariance(cov[np.ix_(j, j)], 250)).alpha
    assert found == pytest.approx(published, abs=PRINTED_3)


def test_pairwise_moments_equal_the_definition_pair_by_pair():
    rng = np.random.default_rng(3)
    answers = rng.integers(1, 8, (60, 5)).astype(float)
    answers[rng.random(answers.shape) < 0.3] = np.nan
    found = pairwise_moments(answers)
    for i in range(5):
        for j in range(5):
            both = ~np.isnan(answers[:, i]) & ~np.isnan(answers[:, j])
            x, y = answers[both, i], answers[both, j]
            assert found.n[i, j] == both.sum()
            assert found.cov[i, j] == pytest.approx(np.cov(x, y)[0, 1], abs=EXACT)
            assert found.cor[i, j] == pytest.approx(np.corrcoef(x, y)[0, 1], abs=EXACT)


def test_item_rest_leaves_the_item_itself_out():
    answers = np.random.default_rng(4).integers(1, 6, (40, 4)).astype(float)
    found = reliability(pairwise_moments(answers))
    by_hand = [np.corrcoef(answers[:, j], np.delete(answers, j, axis=1).sum(axis=1))[0, 1] for j in range(4)]
    assert found.item_rest == pytest.approx(by_hand, abs=EXACT)


def test_alpha_is_the_variance_ratio_of_its_definition():
    answers = np.random.default_rng(5).normal(size=(50, 6)) + np.arange(50)[:, None] / 10
    by_hand = 6 / 5 * (1 - answers.var(axis=0, ddof=1).sum() / answers.sum(axis=1).var(ddof=1))
    assert cronbach_alpha(np.cov(answers.T)) == pytest.approx(by_hand, abs=EXACT)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.2, 0.95), min_size=3, max_size=8))
def test_one_factor_is_recovered_where_it_is_true(loadings):
    truth = np.array(loadings)
    cor = np.outer(truth, truth)
    np.fill_diagonal(cor, 1.0)
    assert one_factor(cor) == pytest.approx(truth, abs=1e-4)  # a flat minimum
    by_formula = truth.sum() ** 2 / (truth.sum() ** 2 + (1 - truth**2).sum())
    assert omega_total(cor) == pytest.approx(by_formula, abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 7), st.data())
def test_reversed_keys_are_found_whatever_item_it_is(k, data):
    turned = data.draw(st.sets(st.integers(0, k - 1), max_size=(k - 1) // 2))
    signs = np.array([-1 if j in turned else 1 for j in range(k)])
    cor = 0.5 * np.outer(signs, signs) + 0.5 * np.eye(k)
    assert keyed_signs(cor).tolist() == signs.tolist()


def test_two_items_that_disagree_turn_nothing():
    assert keyed_signs(np.array([[1.0, -0.6], [-0.6, 1.0]])).tolist() == [1, 1]


def test_what_cannot_be_computed_is_none_and_never_a_number():
    constant = np.array([[1.0, 2, 3], [1, 3, 5], [1, 1, 2], [1, 4, 4]])
    found = reliability(pairwise_moments(constant))
    assert np.isnan(found.item_rest[0])
    assert found.alpha == pytest.approx(reliability(pairwise_moments(constant[:, 1:])).alpha, abs=EXACT)
    apart = np.array([[1.0, np.nan], [2, np.nan], [np.nan, 1], [np.nan, 2]])
    assert reliability(pairwise_moments(apart)).alpha is None
    assert reliability(pairwise_moments(np.full((5, 3), np.nan))).alpha is None
    assert reliability(pairwise_moments(np.zeros((0, 3)))).omega is None
    assert reliability(pairwise_moments(np.array([[1.0], [2.0]]))).alpha is None


def test_two_people_give_no_interval():
    assert np.isnan(alpha_interval(0.8, 2, 5)).all()


@pytest.mark.slow
def test_feldt_interval_covers_alpha():
    """1,000 samples of 60 normal answers with equal covariances .4: true alpha 4 * .4 / (1 + 3 * .4)."""
    rng, truth = np.random.default_rng(6), 1.6 / 2.2
    cover = np.linalg.cholesky(np.full((4, 4), 0.4) + 0.6 * np.eye(4))
    inside = 0
    for _ in range(1000):
        found = reliability(pairwise_moments(rng.normal(size=(60, 4)) @ cover.T))
        inside += found.alpha_ci_lower <= truth <= found.alpha_ci_upper
    assert 930 <= inside <= 970  # 950 +- 3 standard errors of 6.9
