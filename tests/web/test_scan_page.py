"""The scan in the browser says what the scan itself says; nothing is kept."""

from __future__ import annotations

import html

import pytest

from verbond.method import SCAN

ANSWERS = [3, 1, 3, 1, 1, 4, 2, 3, 2, 1]
GIVEN = {question.id: str(answer) for question, answer in zip(SCAN.questions, ANSWERS, strict=True)}


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_page_says_what_the_scan_says(language: str, cast) -> None:
    bob = cast.people["bob"]
    bob.language = language
    bob.save()
    page = html.unescape(cast.client("bob").post("/scan/", GIVEN).content.decode())
    result = SCAN.score(ANSWERS)
    for reason in (*result.readings, *result.contradictions, *result.warnings):
        assert reason.sentence(language) in page
    for step in result.steps:
        assert step.because.sentence(language) in page
    assert page.count('class="row--here"') == 1


def test_every_question_and_answer_is_a_labelled_group(cast) -> None:
    page = cast.client("bob").get("/scan/").content.decode()
    assert page.count("<fieldset") == page.count("<legend>") == len(SCAN.questions)
    assert page.count('type="radio"') == sum(len(question.options) for question in SCAN.questions)


def test_what_is_not_answered_is_said_and_what_was_stays(cast) -> None:
    few = dict(list(GIVEN.items())[:8])
    answer = cast.client("bob").post("/scan/", few)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count('class="field__wrong"') == 2
    assert page.count(" checked") == 8


def test_an_answer_that_does_not_exist_is_refused(cast) -> None:
    wrong = {**GIVEN, SCAN.questions[0].id: "9"}
    assert cast.client("bob").post("/scan/", wrong).status_code == 422
