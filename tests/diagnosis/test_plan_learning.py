"""Looking again: beliefs weighed, a simulated company whose actions are known, and the history on disk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from verbond.diagnosis import Diagnosis, make_plan
from verbond.diagnosis.effort import count_effort
from verbond.diagnosis.plan import Learned, Seen
from verbond.diagnosis.plan.expecting import HIDDEN_SD, push_of
from verbond.diagnosis.plan.learning import add_lesson, learned_from, look_again, read_lessons
from verbond.errors import DataError, NotFoundError, OptionError, ReadError
from verbond.ladder import Ladder
from verbond.method import PLAYS, play
from verbond.survey import Survey
from verbond.tables import Tables
from verbond.tables.reads import action_reach
from verbond.tables.simulate import simulate

CALLS, OLD = "ten_calls_a_week", "not_in_the_playbook_any_more"


def seen(mean: float = 0.6, sd: float = 0.4, *, by_lot: bool = True, action: str = "visits") -> Seen:
    return Seen(action, mean, sd, n_reached=400, n_beside=500, by_lot=by_lot)


@pytest.mark.parametrize("by_lot", [True, False], ids=["a lot", "no lot"])
def test_what_is_learned_is_the_product_of_all_that_was_seen(by_lot: bool) -> None:
    """Normal densities multiplied on a grid; without a lot a hidden cause spreads what was seen."""
    one, axis = play(CALLS).climbs, np.linspace(-6, 6, 200_001)
    some = [seen(0.9, 0.5, by_lot=by_lot), seen(-0.2, 0.3, by_lot=by_lot)]
    density = stats.norm.pdf(axis, one.mean, one.sd)
    for each in some:
        density *= stats.norm.pdf(axis, each.mean, np.hypot(each.sd, 0.0 if by_lot else HIDDEN_SD))
    density /= density.sum()
    mean = density @ axis
    found = learned_from([(CALLS, each) for each in some] + [(OLD, seen())])
    assert list(found) == [CALLS]
    assert found[CALLS].climbs_mean == pytest.approx(mean, abs=1e-9)
    assert found[CALLS].climbs_sd == pytest.approx(np.sqrt(density @ (axis - mean) ** 2), abs=1e-9)
    assert found[CALLS].n_times == 2


def test_what_was_learned_speaks_where_it_is_the_surer() -> None:
    assert push_of(play(CALLS), None, {}, Learned(0.7, 0.2, 1)).up == (0.7, 0.2)
    assert push_of(play(CALLS), None, {}, Learned(0.7, 0.2, 1)).rests_on == "learned"
    vague = Learned(0.7, play(CALLS).climbs.sd + 0.1, 1)
    assert push_of(play(CALLS), None, {}, vague).rests_on == "prior"
    assert push_of(play(CALLS), None, {}, Learned(0.7, 0.2, 0)).rests_on == "prior"


def test_a_history_is_read_as_it_was_written(tmp_path: Path, looked: tuple) -> None:
    diagnosis, tables = looked
    file = tmp_path / "steps.jsonl"
    assert read_lessons(file) == []
    first = look_again(diagnosis, tables, CALLS, "visits")
    assert add_lesson(file, first)
    assert add_lesson(file, replace(first, action="more", seen=replace(first.seen, action="more")))
    assert add_lesson(file, first)  # the same action again counts once
    assert read_lessons(file) == [(CALLS, replace(first.seen, action="more")), (CALLS, first.seen)]
    assert not add_lesson(file, replace(first, seen=None))
    for wrong in ("{}", "[]", "x", '{"play": 1, "mean": "much"}'):
        file.write_text(wrong)
        with pytest.raises(ReadError, match="holds no lessons"):
            read_lessons(file)


# a company of which the actions are known


@pytest.fixture(scope="module")
def looked() -> tuple[Diagnosis, Tables]:
    """A textbook company: visits by lot, log odds of up 0.5 (1.0 from rung 2)."""
    tables = simulate("textbook", 2000, seed=5).open()
    survey = Survey().fit(tables)
    tables = tables.add("scores", survey.scores)
    quick = {"n_starts": 1, "n_classes": 1, "feedback": False, "gone": False, "class_movement": False}
    bare = Diagnosis(
        name="Textbook", simulated=True, check=tables.check, survey=survey,
        ladder=Ladder(**quick).fit(tables), intentions=None, effort=count_effort(tables), findings=(),
        unsaid=(), steps=(), provenance=tables.provenance(),
    )  # fmt: skip
    return replace(bare, plan=make_plan(bare, tables)), tables


def test_an_action_by_lot_is_seen_beside_who_did_not_get_it(looked: tuple) -> None:
    diagnosis, tables = looked
    lesson = look_again(diagnosis, tables, CALLS, "visits")
    reach = action_reach(tables, "visits")
    assert reach.by_lot
    assert lesson.seen.by_lot
    assert 0 < lesson.seen.n_reached <= len(reach.customer_id)
    assert abs(lesson.seen.mean - 0.6) < 2.5 * lesson.seen.sd
    # what is expected now lies between what was expected and what was seen, and is surer than both
    low, high = sorted((lesson.before[0], lesson.seen.mean))
    assert low < lesson.after[0] < high
    assert lesson.after[1] < min(lesson.before[1], lesson.seen.sd)
    assert lesson.before == (play(CALLS).climbs.mean, play(CALLS).climbs.sd)
    climbs = (lesson.climb_before.value, lesson.climb_after.value)
    assert (climbs[1] > climbs[0]) == (lesson.after[0] > lesson.before[0])


def test_what_was_seen_before_is_believed_already(looked: tuple) -> None:
    diagnosis, tables = looked
    once = look_again(diagnosis, tables, CALLS, "visits")
    twice = look_again(diagnosis, tables, CALLS, "visits", before=[once.seen])
    assert twice.before == pytest.approx(once.after)
    assert twice.after == pytest.approx(
        tuple(vars_of(learned_from([(CALLS, once.seen), (CALLS, once.seen)])[CALLS]))
    )


def vars_of(one: Learned) -> tuple[float, float]:
    return one.climbs_mean, one.climbs_sd


def test_the_next_plan_rests_on_it(looked: tuple) -> None:
    diagnosis, tables = looked
    one = diagnosis.plan.steps[0]
    known = {one.play_id: Learned(1.5, 0.05, 2)}
    again = {step.play_id: step for step in make_plan(diagnosis, tables, learned=known).steps}
    assert again[one.play_id].rests_on == "learned"
    assert again[one.play_id].climb.value > one.climb.value
    never = {one.play_id: Learned(-1.0, 0.05, 2)}
    plan = make_plan(diagnosis, tables, learned=never)
    assert one.play_id not in {step.play_id for step in plan.steps}
    left = {out.play_id: out.reason for out in plan.left_out}
    assert left[one.play_id].code == "plan_learned.left_no_gain"


def test_everything_is_said_in_both_languages(looked: tuple) -> None:
    diagnosis, tables = looked
    for lesson in (
        look_again(diagnosis, tables, CALLS, "visits"),
        look_again(replace(diagnosis, ladder=None), tables, CALLS, "visits"),
    ):
        for language in ("en", "nl"):
            said = lesson.sentences(language)
            assert len(said) >= 2
            assert all(one and "{" not in one for one in said)
    assert lesson.seen is None
    assert lesson.after == lesson.before
    assert [reason.code for reason in lesson.reasons] == ["plan_learned.no_ladder"]


def test_too_early_and_too_few_are_told(looked: tuple) -> None:
    diagnosis, tables = looked
    last = np.datetime64(tables.period_range[1], "D")
    late = {
        "actions": {"action_id": ["late", "few"], "kind": ["campaign"] * 2},
        "exposures": {
            "customer_id": [*tables.fetch("customers", ["customer_id"])["customer_id"][:40], "x"],
            "action_id": ["late"] * 40 + ["few"],
            "occurred_at": np.full(41, last, "datetime64[s]"),
        },
        "events": tables.fetch("events"),
        "customers": tables.fetch("customers"),
    }
    with Tables.from_columns(late, name="late") as newer:
        lesson = look_again(diagnosis, newer, CALLS, "late")
        assert lesson.verdict == "cannot_tell"
        assert lesson.reasons[0].code == "plan_learned.too_early"
        with pytest.raises(DataError, match="reached too few"):
            look_again(diagnosis, newer, CALLS, "few")
        with pytest.raises(NotFoundError, match="no action"):
            look_again(diagnosis, newer, CALLS, "never")


@pytest.mark.parametrize(
    "wrong", [{"play_id": "nothing"}, {"rung": 6}, {"n_periods": 0}], ids=["play", "rung", "periods"]
)
def test_impossible_looks_are_named(wrong: dict, looked: tuple) -> None:
    asked = {"play_id": CALLS, "action": "visits"} | wrong
    with pytest.raises(OptionError):
        look_again(*looked, **asked)


def test_arms_come_before_exposures() -> None:
    """A lot is read as it was dealt, reached or not; without an arm that got nothing nobody was drawn."""
    day = np.array(["2026-01-05"] * 4, "datetime64[s]")
    dealt = {
        "actions": {"action_id": ["a", "b"], "kind": ["campaign"] * 2, "randomised": np.array([True, False])},
        "assignments": {
            "customer_id": ["1", "2", "3", "4"], "action_id": ["a"] * 4, "occurred_at": day,
            "variant": ["action", "control", "action", "control"],
        },
        "exposures": {"customer_id": ["1", "2"], "action_id": ["a", "b"], "occurred_at": day[:2]},
    }  # fmt: skip
    with Tables.from_columns(dealt, name="dealt") as tables:
        found = action_reach(tables, "a")
        assert (found.customer_id.tolist(), found.gets_it.tolist()) == (list("1234"), [True, False] * 2)
        assert found.by_lot
        assert found.is_dealt
        other = action_reach(tables, "b")
        assert (other.customer_id.tolist(), other.by_lot, other.has_control) == (["2"], False, False)


def test_the_playbook_has_what_these_tests_take() -> None:
    assert CALLS in {one.id for one in PLAYS}
    assert OLD not in {one.id for one in PLAYS}
