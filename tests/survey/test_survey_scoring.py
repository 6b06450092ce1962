"""Scores and their standard errors against known true scores (simulated), and flags by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verbond.survey.congruence import match_profiles
from verbond.survey.leanings import leanings, surely_below
from verbond.survey.scoring import identical_answers, on_hundred, scale_scores, scales_of, straight_lines

EXACT = 1e-9


def meaning(construct="trust", value=None, low=1, high=7, reversed=False):
    return SimpleNamespace(construct=construct, value=value, min=low, max=high, reversed=reversed)


def simulated(rng, n=4000, k=4, spread=18.0, noise=16.0):
    """True scores and k parallel continuous items on 0..100 (no ends, no rounding)."""
    truth = 50 + spread * rng.normal(size=n)
    return truth, truth[:, None] + noise * rng.normal(size=(n, k))


def test_items_go_to_their_scales_and_unknown_ones_nowhere():
    meanings = {
        "a": meaning(), "b": meaning("values_own", "power"), "c": meaning(reversed=True),
        "d": meaning("values_own", "security"),
    }  # fmt: skip
    scales = scales_of(["b", "a", "x", "c", "d"], meanings)
    assert [(s.name, s.items) for s in scales] == [
        ("values_own.power", ("b",)), ("trust", ("a", "c")), ("values_own.security", ("d",)),
    ]  # fmt: skip
    assert scales[1].columns.tolist() == [1, 3]


def test_answers_go_to_a_hundred_reversed_ones_turned_impossible_ones_out():
    (scale,) = scales_of(["a", "b"], {"a": meaning(), "b": meaning(low=0, high=10, reversed=True)})
    found = on_hundred(np.array([[1.0, 0], [7, 10], [4, 2], [8, -1], [np.nan, 11]]), scale)
    expected = [[0, 100], [100, 0], [50, 80], [np.nan, np.nan], [np.nan, np.nan]]
    assert found == pytest.approx(np.array(expected, dtype=float), nan_ok=True)


def test_standard_error_is_the_error_that_was_simulated():
    """The noise of an item has sd 16: the mean of m of them errs by 16 / sqrt(m), also where answers miss."""
    rng = np.random.default_rng(11)
    truth, items = simulated(rng)
    items[rng.random(items.shape) < 0.25] = np.nan
    found = scale_scores(items, steps=np.full(4, 0.01))
    for m in (2, 3, 4):
        rows = found.n_items == m
        error = np.sqrt(np.mean((found.score - truth)[rows] ** 2))
        assert found.standard_error[rows][0] == pytest.approx(16 / np.sqrt(m), rel=0.06)  # 4,000 people
        assert error == pytest.approx(found.standard_error[rows][0], rel=0.08)
    assert np.isnan(found.score[found.n_items < 2]).all()
    assert not found.assumed


def test_a_single_item_is_given_the_assumed_reliability():
    _, items = simulated(np.random.default_rng(12), k=1)
    found = scale_scores(items, steps=np.array([0.01]), single_item_reliability=0.6)
    assert found.assumed
    assert found.reliability_used == 0.6
    assert found.standard_error[0] == pytest.approx(items.std(ddof=1) * np.sqrt(0.4), rel=1e-9)


def test_standard_error_is_never_less_than_the_rounding_of_the_answers():
    answers = np.repeat(np.random.default_rng(13).integers(0, 7, 50), 2).reshape(50, 2) * 100 / 6.0
    found = scale_scores(answers, steps=np.full(2, 100 / 6.0))
    assert found.standard_error[0] == pytest.approx(100 / 6 / np.sqrt(12) / np.sqrt(2), rel=1e-9)


def test_items_without_a_common_part_get_no_scores():
    a = np.arange(20.0)
    found = scale_scores(np.column_stack([a, a[::-1]]), steps=np.ones(2))
    assert found.reliability_used is None
    assert np.isnan(found.score).all()


def test_nine_people_get_no_scores():
    found = scale_scores(np.random.default_rng(1).random((9, 3)) * 100, steps=np.ones(3))
    assert np.isnan(found.score).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_row_order_is_nothing(seed):
    rng = np.random.default_rng(seed)
    _, items = simulated(rng, n=60, k=4)  # with a common part: in pure noise a factor is not pinned down
    items[rng.random(items.shape) < 0.2] = np.nan
    order = rng.permutation(60)
    a, b = (scale_scores(x, steps=np.ones(4)) for x in (items, items[order]))
    assert a.score[order] == pytest.approx(b.score, nan_ok=True, abs=EXACT)
    assert a.standard_error[order] == pytest.approx(b.standard_error, nan_ok=True, abs=1e-6)


def test_equal_answers_are_found_in_the_same_wave_only():
    rng = np.random.default_rng(2)
    answers = rng.integers(1, 8, (6, 14)).astype(float)
    answers[3] = answers[0]
    answers[4] = answers[0]
    answers[5] = 4.0
    waves = np.array([0, 0, 0, 0, 1, 0])
    assert identical_answers(answers, waves).tolist() == [False, False, False, True, False, False]
    assert not identical_answers(answers[:, :11], waves).any()  # eleven answers: chance makes twins
    assert straight_lines(answers).tolist() == [False] * 5 + [True]
    assert identical_answers(np.zeros((0, 14)), np.zeros(0, int)).shape == (0,)


def test_gaps_are_part_of_the_answers_when_twins_are_sought():
    answers = np.tile(np.arange(14.0), (2, 1))
    answers[1, 13] = np.nan
    assert not identical_answers(answers, np.zeros(2, int)).any()


def test_leanings_are_as_sure_as_they_say():
    """Two equal types, error 10 each: at 1.96 standard errors about 5% are called wrongly."""
    rng = np.random.default_rng(14)
    scores = 50 + 10 * rng.normal(size=(20_000, 2))
    found = leanings(scores, np.full((20_000, 2), 10.0))
    assert (found >= 0).mean() == pytest.approx(0.05, abs=0.005)  # 3 standard errors of 0.0015
    clear = leanings(scores + np.array([40.0, 0.0]), np.full((20_000, 2), 10.0))
    assert (clear == 0).mean() == pytest.approx(0.8074, abs=0.01)  # P(N(40, 200) > 27.72)


def test_missing_types_are_no_evidence():
    nan = np.nan
    assert leanings(np.array([[90.0, nan, 10.0], [nan, nan, 90.0]]), np.full((2, 3), 5.0)).tolist() == [0, -2]
    assert surely_below(np.array([30.3, 30.5]), np.full(2, 10.0)).tolist() == [True, False]


def matched(own, seen, error=10.0):
    return match_profiles(own, seen, np.full(own.shape, error), np.full(own.shape, error))


def test_profiles_that_differ_in_level_have_one_shape():
    own = np.array([[0, 20, 40, 60, 80.0], [50, 50, 50, 50, 50.0], [0, 10, 20, 30, np.nan]])
    match = matched(own, own + 10)
    assert match.correlation == pytest.approx([1.0, np.nan, np.nan], nan_ok=True)  # flat; four pairs
    assert match.difference[0] == pytest.approx([10.0] * 5)
    assert match.relative_difference[0] == pytest.approx([0.0] * 5, abs=EXACT)
    assert match.score == pytest.approx([90.0] * 3)
    assert match.n_items.tolist() == [5, 5, 4]


def test_too_few_pairs_give_no_score():
    own = np.array([[10.0, 20, np.nan, np.nan, np.nan]])
    assert np.isnan(matched(own, own).score).all()
    assert np.isnan(matched(np.full((2, 4), np.nan), np.full((2, 4), 3.0)).score).all()


def test_error_of_the_match_is_the_error_that_was_simulated():
    """Far from zero a gap is linear in the answers, and its error is that of the two together."""
    rng = np.random.default_rng(16)
    own, seen = np.full((5000, 10), 20.0), np.full((5000, 10), 80.0)
    match = matched(own + 8 * rng.normal(size=own.shape), seen + 8 * rng.normal(size=own.shape), error=8.0)
    assert match.score.std() == pytest.approx(match.standard_error[0], rel=0.03)  # 5,000 people
    assert match.score.mean() == pytest.approx(40.0, abs=0.2)


def test_profile_correlation_is_pearsons_over_the_pairs_there_are():
    rng = np.random.default_rng(15)
    own, seen = rng.random((20, 10)) * 100, rng.random((20, 10)) * 100
    seen[rng.random(seen.shape) < 0.2] = np.nan
    match = matched(own, seen)
    for i in range(20):
        both = ~np.isnan(seen[i])
        by_hand = np.corrcoef(own[i, both], seen[i, both])[0, 1]
        assert match.correlation[i] == pytest.approx(by_hand, abs=EXACT)
