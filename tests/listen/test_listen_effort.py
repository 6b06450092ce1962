"""How long a questionnaire takes, against the published reading rates and plain sums."""

import dataclasses

import pytest

from verbond.errors import OptionError
from verbond.listen import (
    Condition,
    Option,
    Page,
    Question,
    Questionnaire,
    Test,
    effort,
    minutes,
    own_questionnaire,
)
from verbond.listen.effort import reading_seconds
from verbond.method.types import Text
from verbond.results import LANGUAGES

# Brysbaert, Sui, Duyck & Dirix (2021), abstract: Dutch words of so many letters, read so many a minute.
PUBLISHED_DUTCH = [(51, 10, 238), (45, 10, 270), (60, 10, 202)]


def _said(words: str) -> Text:
    return Text(en=words, nl=words)


def _asking(*questions: Question) -> Questionnaire:
    pages = tuple(Page(f"page_{n}", (one,)) for n, one in enumerate(questions, start=1))
    return Questionnaire(_said("title"), _said(""), _said(""), pages)


@pytest.mark.parametrize(("letters", "words", "rate"), PUBLISHED_DUTCH)
def test_reading_rates_are_the_published_ones(letters, words, rate):
    seconds = reading_seconds("a" * letters, "nl")
    assert words / (seconds / 60) == pytest.approx(rate, abs=0.5)  # the table rounds to whole words


def test_english_reads_238_words_a_minute_at_its_usual_word_length():
    assert 10 / (reading_seconds("a" * 46, "en") / 60) == pytest.approx(238)


def test_a_stand_alone_question_takes_about_the_ten_seconds_that_pew_found():
    words = "How satisfied are you with how things are going in the place where you live?"
    options = ["very satisfied", "mostly satisfied", "mostly dissatisfied", "very dissatisfied"]
    question = Question(
        "q",
        "choice",
        _said(words),
        options=tuple(Option(f"o{n}", _said(one)) for n, one in enumerate(options)),
    )
    assert effort(_asking(question)).seconds_by_page["page_1"] == pytest.approx(
        10, abs=3
    )  # "10 seconds or so"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("group", ["customer", "employee"])
def test_the_full_form_takes_longer_than_the_short_one_and_the_range_holds_the_figure(group, language):
    short, full = (effort(own_questionnaire(form, group), language) for form in ("short", "full"))
    assert short.minutes < full.minutes
    for one in (short, full):
        assert 0 < one.low < one.minutes < one.high
        assert not one.reasons


def test_ways_that_exclude_each_other_are_not_added_up():
    def branch(n):
        condition = Condition((Test("first", "at_least" if n else "at_most", 4 if n else 3),))
        return Question(f"words_{n}", "text", _said("Why is that so, would you say?"), asked_if=condition)

    first = Question("first", "scale", _said("How is it going with all of this?"))
    one, both = _asking(first, branch(0)), _asking(first, branch(0), branch(1))
    always = _asking(first, dataclasses.replace(branch(0), asked_if=None))
    assert effort(both).minutes == pytest.approx(effort(always).minutes, rel=1e-9)
    assert effort(one).minutes < effort(always).minutes


def test_two_hundred_questions_are_too_long_and_seventy_are_long():
    words = _said("I would say that the people who work there listen well to what I have to tell them.")

    def asking(n):
        return _asking(*(Question(f"q{i}", "scale", words) for i in range(n)))

    assert [one.code for one in effort(asking(200)).reasons] == ["listen.effort_too_long"]
    assert [one.code for one in effort(asking(70)).reasons] == ["listen.effort_long"]
    assert effort(asking(20)).reasons == ()


def test_many_own_words_are_said():
    asked = _asking(*(Question(f"q{i}", "text", _said("Why?")) for i in range(5)))
    (reason,) = effort(asked).reasons
    assert reason.code == "listen.effort_texts"
    assert "5" in reason.sentence("nl")


def test_a_text_that_is_missing_in_a_language_is_counted_in_the_other():
    words = "a" * 460
    dutch = _asking(Question("q", "scale", Text(en="", nl=words)))
    english = _asking(Question("q", "scale", Text(en=words, nl="")))
    assert effort(dutch, "en").minutes == pytest.approx(effort(english, "en").minutes)


def test_minutes_are_whole_and_at_least_one():
    assert minutes(_asking(Question("q", "scale", _said("Well?")))) == 1
    assert minutes(own_questionnaire("full"), "nl") == -int(
        -effort(own_questionnaire("full"), "nl").minutes // 1
    )


def test_another_language_is_refused():
    with pytest.raises(OptionError, match="unknown language"):
        effort(own_questionnaire(), "de")
