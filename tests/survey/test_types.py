"""Relationship types against normal people of whom the truth is drawn, and a company of which it is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal

from verbond.errors import DataError, OptionError
from verbond.survey import Survey
from verbond.survey.types import TYPES, RelationshipTypes, shown_categories, type_probabilities
from verbond.tables.simulate import simulate


def drawn(rng, n, general=10.0, own=9.0, error=8.0):
    true = 50 + general * rng.normal(size=(n, 1)) + own * rng.normal(size=(n, 4)) + np.array([0, -4, 3, -2])
    errors = np.where(rng.random((n, 1)) < 0.5, error, 1.4 * error) * np.ones(4)
    return true, true + errors * rng.normal(size=(n, 4)), errors


def test_probabilities_are_right_as_often_as_they_say():
    rng = np.random.default_rng(1)
    true, scores, errors = drawn(rng, 6000)
    probs, _ = type_probabilities(scores, errors)
    assert probs.sum(axis=1) == pytest.approx(np.ones(6000))
    hit = true.argmax(axis=1)[:, None] == np.arange(4)
    for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 1.01)):
        inside = (probs >= low) & (probs < high)
        assert inside.sum() > 200
        assert hit[inside].mean() == pytest.approx(probs[inside].mean(), abs=0.03)


def test_probabilities_of_two_types_are_the_normal_integral():
    rng = np.random.default_rng(2)
    _, scores, errors = drawn(rng, 400)
    scores, errors = scores[:, :2], np.full((400, 2), 8.0)
    probs, spread = type_probabilities(scores, errors)
    gain = spread @ np.linalg.inv(spread + 64 * np.eye(2))
    best = scores.mean(axis=0) + (scores - scores.mean(axis=0)) @ gain.T
    left = spread - gain @ spread
    contrast = np.array([1.0, -1.0])
    sd = np.sqrt(contrast @ left @ contrast)
    exact = [1 - multivariate_normal(m, sd**2).cdf(0) for m in best @ contrast]
    assert probs[:, 0] == pytest.approx(exact, abs=0.02)  # 512 draws, evenly spread


def test_saying_yes_to_everything_is_no_preference_for_anything():
    """The same differences ten points higher: the same probabilities."""
    rng = np.random.default_rng(3)
    _, scores, errors = drawn(rng, 3000, general=0.01)
    lifted = scores + 15 * rng.normal(size=(3000, 1))
    plain, high = type_probabilities(scores, errors)[0], type_probabilities(lifted, errors)[0]
    assert np.abs(plain - high).mean() < 0.02


def table(scores, errors, closeness=None):
    n = len(scores)
    parts = [(t, scores[:, j], errors[:, j]) for j, t in enumerate(TYPES)]
    if closeness is not None:
        parts.append(("closeness", closeness, np.full(n, 7.0)))
    ids = np.array([f"r{i:05d}" for i in range(n)], dtype=object)
    return {
        "respondent_id": np.tile(ids, len(parts)),
        "customer_id": np.tile(ids, len(parts)),
        "wave": np.full(n * len(parts), None, dtype=object),
        "occurred_at": np.full(n * len(parts), "2026-01-01", dtype="datetime64[us]"),
        "construct": np.repeat(np.array([p[0] for p in parts], dtype=object), n),
        "score": np.concatenate([p[1] for p in parts]),
        "standard_error": np.concatenate([p[2] for p in parts]),
    }


def test_the_general_factor_is_found_and_tied_to_closeness():
    rng = np.random.default_rng(4)
    true, scores, errors = drawn(rng, 3000)
    closeness = 50 + 1.2 * (true.mean(axis=1) - 50) + 8 * rng.normal(size=3000)
    found = RelationshipTypes().fit(table(scores, errors, closeness))
    assert found.general_share == pytest.approx(100 / 181, abs=0.06)  # 10^2 of 10^2 + 9^2
    assert found.general_with_closeness.ci_lower > 0.5
    everybody = found.segments[0]
    assert sum(s.value for s in everybody.shares.values()) == pytest.approx(1)
    truth = (true.argmax(axis=1)[:, None] == np.arange(4)).mean(axis=0)
    for j, name in enumerate(TYPES):
        assert everybody.shares[name].value == pytest.approx(truth[j], abs=0.03)
    decided = found.people["type"] != "none"
    right = np.array(TYPES, object)[true.argmax(axis=1)] == found.people["type"]
    assert right[decided].mean() > 0.8
    assert everybody.no_preference.value == pytest.approx(1 - decided.mean())


def test_types_of_a_company_that_was_made_are_mostly_right_where_they_are_said():
    company = simulate("textbook", seed=1)
    scores = Survey().fit(company.open()).scores
    found = RelationshipTypes().fit(scores)
    kind = dict(zip(company.truth.customer_ids, company.truth.relationship_type, strict=True))
    customer = dict(zip(scores["respondent_id"], scores["customer_id"], strict=True))
    truth = np.array([str(kind.get(customer[r], "")) for r in found.people["respondent_id"]])
    for name in ("market", "authority", "meaning"):
        said = (found.people["type"] == name) & (truth != "")
        assert said.sum() > 30
        assert (truth[said] == name).mean() > 0.7


def test_segments_are_shown_only_where_nobody_can_be_reckoned_back():
    rng = np.random.default_rng(5)
    _, scores, errors = drawn(rng, 100)
    region = {f"r{i:05d}": ("north" if i < 60 else "south" if i < 97 else "west") for i in range(100)}
    found = RelationshipTypes().fit(table(scores, errors), segments={"region": region})
    assert [(s.attribute, s.value) for s in found.segments] == [("", ""), ("region", "north")]


@given(st.lists(st.sampled_from(["a", "b", "c", "d", None]), max_size=60))
def test_categories_shown_never_leave_one_to_four_people(labels):
    shown = shown_categories(np.array(labels, dtype=object))
    assert all(labels.count(value) >= 5 for value in shown)
    rest = len(labels) - sum(labels.count(value) for value in shown)
    assert not shown or rest == 0 or rest >= 5


def test_bad_input_is_named():
    rng = np.random.default_rng(6)
    _, scores, errors = drawn(rng, 40)
    full = table(scores, errors)
    one = {name: values[:40] for name, values in full.items()}
    with pytest.raises(DataError, match="fewer than two"):
        RelationshipTypes().fit(one)
    with pytest.raises(DataError, match="too few people"):
        RelationshipTypes().fit(table(scores[:3], errors[:3]))
    with pytest.raises(OptionError):
        RelationshipTypes(sure=0.2)
