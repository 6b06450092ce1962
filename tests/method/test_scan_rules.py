"""The scan follows its own rules; every expected value here was worked out by hand from them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verbond.errors import OptionError
from verbond.method import HANDLES, SCAN, ScanResult, handle
from verbond.method.scan import CONTRADICTIONS
from verbond.results import LANGUAGES, Reason

answers = st.tuples(*(st.integers(1, len(question.options)) for question in SCAN.questions))
HARMLESS = (3, 3, 3, 1, 2, 4, 4, 4, 4, 4)
"""Meaning on all three, effort on rung 1 only, every rung climbed: nothing clashes, nothing is skipped."""


def codes(reasons: tuple[Reason, ...]) -> list[str]:
    return [reason.code.removeprefix("scan.") for reason in reasons]


def handles(result: ScanResult) -> list[str]:
    return [step.handle_id for step in result.steps]


def changed(**places: int) -> tuple[int, ...]:
    ids = [question.id for question in SCAN.questions]
    return tuple(places.get(id, answer) for id, answer in zip(ids, HARMLESS, strict=True))


def test_there_are_ten_questions_of_four_or_five_options() -> None:
    assert len(SCAN.questions) == len({question.id for question in SCAN.questions}) == 10
    assert {len(question.options) for question in SCAN.questions} == {4, 5}


def test_lowest_answer_to_everything() -> None:
    result = SCAN.score([1] * 10)
    assert result.type_votes == {"market": 3, "authority": 0, "meaning": 0}
    assert result.relationship_type == "market"
    assert result.effort == (0.5, 0.5, 0, 0, 0, 0)
    assert result.guesses == (1, 1, 1, 1, 1)
    assert result.standing == 0
    assert result.skipped_rung is None
    assert codes(result.contradictions) == ["nothing_at_the_back"]
    assert codes(result.readings) == ["type_market", "attention_1", "money_1", "standing_0"]
    assert handles(result) == ["keep_budget", "fix_experience", "solve_problems"]


def test_highest_answer_to_everything() -> None:
    result = SCAN.score([4, 4, 4, 5, 5, 5, 5, 5, 5, 5])
    assert result.type_votes == {"market": 0, "authority": 0, "meaning": 0}
    assert result.relationship_type is None
    assert result.effort == (0, 0, 0, 0, 0, 1)
    assert result.standing == 5
    assert result.skipped_rung is None
    assert codes(result.contradictions) == ["many_voices"]
    assert codes(result.readings) == ["type_unclear", "attention_5", "money_5", "standing_5"]
    assert handles(result) == ["service_on_values", "involve", "intention_to_deed"]
    assert [step.because.code for step in result.steps[1:]] == ["scan.hold_5", "scan.hold_5"]


def test_an_answer_that_names_two_rungs_splits_its_half() -> None:
    assert SCAN.score(changed(attention=2, money=4)).effort == (0, 0, 0.5, 0.25, 0.25, 0)
    assert SCAN.score(changed(attention=4, money=4)).effort == (0, 0, 0, 0.25, 0.75, 0)


@pytest.mark.parametrize(
    ("headline", "keeping", "tone", "type"),
    [
        (1, 1, 4, "market"),
        (2, 4, 2, "authority"),
        (3, 3, 1, "meaning"),
        (1, 2, 3, None),
        (3, 4, 4, None),
        (1, 4, 3, None),
    ],
)
def test_type_needs_two_of_three_votes(headline: int, keeping: int, tone: int, type: str | None) -> None:
    assert SCAN.score(changed(headline=headline, keeping=keeping, tone=tone)).relationship_type == type


@pytest.mark.parametrize(
    ("guesses", "standing"),
    [
        ((3, 5, 5, 5, 5), 0),
        ((4, 3, 5, 5, 5), 1),
        ((5, 4, 1, 1, 1), 2),
        ((4, 4, 4, 3, 4), 3),
        ((4, 4, 4, 4, 3), 4),
        ((4, 4, 4, 4, 4), 5),
    ],
)
def test_customers_stand_below_the_first_gap(guesses: tuple[int, ...], standing: int) -> None:
    assert SCAN.score(HARMLESS[:5] + guesses).standing == standing


@pytest.mark.parametrize(
    ("attention", "money", "guesses", "skipped", "code"),
    [
        (1, 2, (4, 2, 4, 1, 1), 2, "skipped_by_customers_2"),
        (1, 2, (3, 3, 3, 3, 4), 1, "skipped_by_customers_1"),
        (1, 2, (4, 4, 4, 3, 4), 4, "skipped_by_customers_4"),
        (1, 4, (4, 3, 3, 3, 1), 2, "skipped_by_us_2"),
        (1, 5, (4, 4, 3, 3, 1), 3, "skipped_by_us_3"),
        (2, 1, (3, 3, 3, 3, 3), 1, "skipped_by_us_1"),
        (1, 2, (3, 3, 3, 3, 3), None, None),
        (1, 1, (4, 4, 3, 3, 3), None, None),
    ],
)
def test_skipped_rung(
    attention: int, money: int, guesses: tuple[int, ...], skipped: int | None, code: str | None
) -> None:
    result = SCAN.score((3, 3, 3, attention, money, *guesses))
    assert result.skipped_rung == skipped
    assert codes(result.readings[4:]) == ([] if code is None else [code])


@pytest.mark.parametrize(
    ("code", "given"),
    [
        ("roof_before_floor", changed(attention=2, money=3, experience=2)),
        ("two_legs", changed(tone=1)),
        ("nothing_at_the_back", changed(headline=2, tone=2, keeping=4, money=1)),
        ("unseen_values", changed(shared_values=2)),
        ("cold_letter", changed(headline=4, tone=2)),
        ("many_voices", changed(tone=4)),
    ],
)
def test_contradiction_shows_and_no_other_and_comes_first(code: str, given: tuple[int, ...]) -> None:
    result = SCAN.score(given)
    against = next(one for one in CONTRADICTIONS if one.reason.code == f"scan.{code}")
    assert codes(result.contradictions) == [code]
    assert result.steps[0].handle_id == against.handle_id
    assert result.steps[0].because == against.reason


@pytest.mark.parametrize(
    "given",
    [
        HARMLESS,
        changed(attention=1, money=3, experience=2),  # rung 1 gets attention
        changed(money=1),  # winning, but customers are kept by contact
        changed(keeping=4, money=2),  # little to keep them, but the money does not go to winning
        changed(headline=4, shared_values=2),  # values are not what the message is about
        changed(headline=2, keeping=2, tone=2),  # authority throughout
    ],
)
def test_what_does_not_clash(given: tuple[int, ...]) -> None:
    assert SCAN.score(given).contradictions == ()


def test_steps_come_in_the_order_of_the_rules() -> None:
    """First contradiction, rung 2 as skipped, rung 2 as next (the same handle), second contradiction."""
    result = SCAN.score((3, 1, 3, 1, 1, 4, 2, 4, 2, 1))
    assert codes(result.contradictions) == ["two_legs", "nothing_at_the_back", "unseen_values"]
    assert result.skipped_rung == 2
    assert handles(result) == ["stop_contradictions", "ask_values", "keep_budget"]
    assert result.steps[1].because.code == "scan.skipped_by_customers_2"


@given(answers)
def test_whatever_the_answers_there_are_three_steps_and_sentences(given: tuple[int, ...]) -> None:
    result = SCAN.score(given)
    assert sum(result.effort) == pytest.approx(1)
    assert sum(result.type_votes.values()) <= 3
    assert len(set(handles(result))) == 3
    for step in result.steps:
        assert step.rung in handle(step.handle_id).rungs
    for reason in (
        *result.readings,
        *result.contradictions,
        *result.warnings,
        *(s.because for s in result.steps),
    ):
        assert all(reason.sentence(language) for language in LANGUAGES)
    assert result.skipped_rung is None or result.guesses[result.skipped_rung - 1] < 4
    json.dumps(result.to_dict(), allow_nan=False)


@given(answers, st.integers(5, 9))
def test_a_higher_guess_never_lowers_where_customers_stand(given: tuple[int, ...], place: int) -> None:
    higher = (*given[:place], min(given[place] + 1, 5), *given[place + 1 :])
    assert SCAN.score(higher).standing >= SCAN.score(given).standing


def test_handles_against_contradictions_exist_and_serve_their_rung() -> None:
    assert len({one.reason.code for one in CONTRADICTIONS}) == len(CONTRADICTIONS)
    for one in CONTRADICTIONS:
        assert one.rung in handle(one.handle_id).rungs


def test_result_says_that_it_is_a_guess() -> None:
    assert codes(SCAN.score(HARMLESS).warnings) == ["is_a_guess"]
    assert "No customer was asked" in str(SCAN.score(HARMLESS).warnings[0])


def test_rows_are_the_three_steps() -> None:
    rows = SCAN.score(HARMLESS).to_dicts()
    assert [row["step"] for row in rows] == [1, 2, 3]
    assert {row["handle_id"] for row in rows} <= {one.id for one in HANDLES}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((), "found 0, expected 10"),
        ((1,) * 11, "found 11, expected 10"),
        (changed(tone=5), r"answer 3 \(tone\) is no option: found 5, expected a whole number from 1 to 4"),
        (changed(engagement=0), r"answer 10 \(engagement\) is no option: found 0"),
        ((True, *HARMLESS[1:]), r"answer 1 \(headline\) is no option: found True"),
        ((1.5, *HARMLESS[1:]), r"answer 1 \(headline\) is no option: found 1.5"),
        (("1", *HARMLESS[1:]), r"answer 1 \(headline\) is no option: found '1'"),
    ],
)
def test_bad_answers_are_named(given: tuple[object, ...], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        SCAN.score(given)  # type: ignore[arg-type]
