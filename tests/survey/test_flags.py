"""Answers to look at, put there on purpose and found again; only careless lines are left out of scores."""

from dataclasses import replace

import numpy as np
import pytest

from verbond.method import ITEMS
from verbond.survey import Survey
from verbond.survey.flags import flag_answers, speeders
from verbond.survey.scoring import careless_lines, scales_of, straight_lines, widest_scale
from verbond.tables.items import ItemMeaning
from verbond.tables.reads.answers import answers
from verbond.tables.reads.spans import answer_seconds
from verbond.tables.simulate import WORLDS, simulate
from verbond.tables.tables import Tables

LIKERT = [i for i, item in ITEMS.items() if (item.min, item.max, item.group) == (1, 7, "customer")][:20]


def company(rng, n=60):
    """Answers that agree within a person, a row a person; reversed items answered the other way."""
    level = rng.normal(4, 1.2, (n, 1))
    raw = np.clip(np.round(level + rng.normal(0, 0.9, (n, len(LIKERT)))), 1, 7)
    turned = np.array([ITEMS[i].reversed for i in LIKERT])
    return np.where(turned, 8 - raw, raw)


def opened(values, seconds=None, customers=None, waves=None):
    n, k = values.shape
    start = np.datetime64("2026-03-01T09:00:00", "us")
    pace = np.zeros((n, k)) if seconds is None else np.outer(seconds, np.linspace(0, 1, k))
    table = {
        "respondent_id": np.repeat(np.array([f"r{i:03d}" for i in range(n)], object), k),
        "customer_id": np.repeat(np.array(customers or [f"c{i:03d}" for i in range(n)], object), k),
        "wave": np.repeat(np.array(waves or ["one"] * n, object), k),
        "occurred_at": (start + (1e6 * pace).astype("timedelta64[us]")).ravel(),
        "item": np.tile(np.array(LIKERT, object), n),
        "value": values.ravel(),
    }
    return Tables.from_columns({"responses": table}, items=ITEMS)


def counted(result):
    return {f.flag: f.n_rows for f in result.flags}


def test_each_fault_is_found_where_it_was_put_and_nothing_else_is():
    values = company(np.random.default_rng(1))
    values[3] = 5  # a straight line
    values[7] = values[6]  # identical to somebody
    values[9, 2] = 9  # no such answer
    seconds = np.random.default_rng(2).uniform(200, 320, 60)
    seconds[11] = 60
    customers = [f"c{i:03d}" for i in range(60)]
    customers[20] = "c019"
    tables = opened(values, seconds, customers)
    found = flag_answers(tables)
    expected = {
        "speeder": 1,
        "straight_line": 1,
        "careless": 1,
        "identical": 1,
        "answered_twice": 1,
        "out_of_range": 1,
    }
    assert counted(found) == expected
    by_flag = {f: found.rows["respondent_id"][found.rows[f] == 1].tolist() for f in expected}
    assert by_flag == {
        "speeder": ["r011"], "straight_line": ["r003"], "careless": ["r003"], "identical": ["r007"],
        "answered_twice": ["r020"], "out_of_range": ["r009"],
    }  # fmt: skip
    assert found.n_rows == 60
    assert len(answers(tables).respondent_ids) == 60
    assert Survey().fit(tables).n_respondents == 59  # all but the careless one
    assert Survey(keep_careless=True).fit(tables).n_respondents == 60
    for reason in found.reasons:
        for language in ("en", "nl"):
            assert "{" not in reason.sentence(language)


def test_times_are_read_per_person_and_unknown_without_moments():
    values = company(np.random.default_rng(3), 40)
    seconds = np.linspace(100, 400, 40)
    assert answer_seconds(opened(values, seconds)) == pytest.approx(seconds, abs=1e-3)
    without = flag_answers(opened(values))
    assert counted(without)["speeder"] is None
    assert "survey.no_durations" in {r.code for r in without.reasons}
    assert speeders(np.full(5, 100.0), np.full(5, 10)) is None


def test_the_pace_counts_not_the_length():
    """Somebody who skipped half of the questions in half the time is not fast."""
    seconds, n = np.full(50, 300.0), np.full(50, 31)
    seconds[0], n[0] = 150.0, 16
    seconds[1] = 140.0
    assert np.flatnonzero(speeders(seconds, n)).tolist() == [1]


def test_reversed_items_and_reversed_keys_are_named():
    values = company(np.random.default_rng(4), 200)
    turned = tuple(i for i in LIKERT if ITEMS[i].reversed)
    clean = flag_answers(opened(values))
    assert clean.reversed_items == turned
    assert clean.runs_against == ()
    wrong = LIKERT[0]
    values[:, 0] = 8 - values[:, 0]
    assert flag_answers(opened(values)).runs_against == (wrong,)


def test_the_same_answers_in_another_wave_are_no_copy():
    values = company(np.random.default_rng(5), 40)
    values[1] = values[0]
    assert counted(flag_answers(opened(values, waves=["a", "b"] + ["a"] * 38)))["identical"] == 0


def test_nobody_answered():
    empty = Tables.from_columns({"responses": {"respondent_id": ["a"], "item": [LIKERT[0]], "value": [None]}})
    found = flag_answers(empty)
    assert found.n_rows == 0
    assert found.flags[1].share is None


def honest(world, seed):
    """Answers of a simulated company in which nobody is careless, and what its items mean."""
    world = replace(WORLDS[world], answering=replace(WORLDS[world].answering, careless=0.0))
    tables = simulate(world, 3000, seed=seed).open()
    asked = answers(tables)
    return asked.values, scales_of(asked.items, tables.items)


@pytest.mark.parametrize(("world", "least"), [("zonnewende", 400), ("quiet", 200)])
def test_careless_lines_are_found_and_no_ordinary_respondent_is(world, least):
    """Known truth: nobody in these worlds is careless; then a hundred tick one box all the way."""
    values, scales = honest(world, 31)
    answered = np.isfinite(values).sum(axis=1) > 1
    assert answered.sum() > least
    assert not careless_lines(values, scales).any()  # false alarms: none
    rng = np.random.default_rng(7)
    rows = rng.choice(np.flatnonzero(answered), 100, replace=False)
    columns = widest_scale(scales)
    boxes = rng.integers(1, 8, 100)
    values[np.ix_(rows, columns)] = np.where(np.isnan(values[np.ix_(rows, columns)]), np.nan, boxes[:, None])
    turned = np.concatenate([scale.columns[scale.reversed] for scale in scales])
    sure = (boxes != 4) & np.isfinite(values[np.ix_(rows, turned)]).any(axis=1)
    found = np.flatnonzero(careless_lines(values, scales))
    assert found.tolist() == sorted(rows[sure].tolist())  # all but the middle and who left the opposites open
    assert len(found) > 75  # six boxes of seven
    assert set(rows) == set(np.flatnonzero(straight_lines(values[:, columns])))  # still flagged, all of them


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(lambda turned: np.where(turned, 1, 7), id="as positive as can be"),
        pytest.param(lambda turned: np.where(turned, 7, 1), id="as negative as can be"),
        pytest.param(lambda turned: np.full(len(turned), 4), id="the middle"),
        pytest.param(lambda turned: np.where(turned, np.nan, 7), id="no opposites answered"),
        pytest.param(lambda turned: np.r_[np.full(len(turned) - 1, 6), 5], id="one other answer"),
        pytest.param(
            lambda turned: np.r_[np.full(11, 6), np.full(len(turned) - 11, np.nan)], id="eleven answers"
        ),
    ],
)
def test_lines_that_may_be_meant_are_kept(line):
    values = company(np.random.default_rng(8))
    values[5] = line(np.array([ITEMS[i].reversed for i in LIKERT]))
    result = Survey().fit(opened(values))
    assert result.flags.n_careless == 0
    assert "r005" in result.scores["respondent_id"]


def test_few_constructs_give_no_careless_line():
    """Two scales of six, one answer for all: perhaps somebody misread the turned sentences."""
    values = np.full((30, 12), 6.0)
    means = [ItemMeaning(c, None, 1.0, 7.0, j > 3) for c in ("one", "two", "three") for j in range(6)]
    items = {f"i{j}": meaning for j, meaning in enumerate(means)}
    assert not careless_lines(values, scales_of(list(items)[:12], items)).any()
    assert careless_lines(np.full((30, 18), 6.0), scales_of(list(items), items)).all()


def test_the_careless_are_left_out_of_scores_and_said():
    values = company(np.random.default_rng(9), 80)
    clean = Survey().fit(opened(values[2:]))
    values[:2] = 6
    found = Survey().fit(opened(values))
    assert found.flags.n_straight_lines == found.flags.n_careless == 2
    codes = {r.code: r for r in found.warnings}
    assert "survey.careless" in codes
    assert "survey.straight_lines" not in codes
    assert not {"r000", "r001"} & set(found.scores["respondent_id"])
    assert found.scores["score"] == pytest.approx(clean.scores["score"])  # as if they had never answered
    assert found.scores["standard_error"] == pytest.approx(clean.scores["standard_error"])
    kept = Survey(keep_careless=True).fit(opened(values))
    assert kept.flags.n_careless == 0
    assert "r000" in kept.scores["respondent_id"]
    assert "survey.straight_lines" in {r.code for r in kept.warnings}
