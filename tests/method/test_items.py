"""Our questionnaire is complete, in both languages, for customers and employees, short and full."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from verbond.errors import OptionError
from verbond.method import CIRCLE, ITEMS, questionnaire
from verbond.tables.schema import CONSTRUCTS, RUNG_CONSTRUCTS

INTENTIONS = {"recommend", "stay", "rebuy"}
VALUE_CONSTRUCTS = {"values_own", "values_seen"}
FORMS = [("short", "customer"), ("full", "customer"), ("short", "employee"), ("full", "employee")]
EVERY_FORM = pytest.mark.parametrize(("form", "group"), FORMS)


def counts(form: str, group: str) -> Counter[str]:
    return Counter(question.construct for question in questionnaire(form, group).questions)


def test_every_construct_has_items_and_no_other() -> None:
    assert {item.construct for item in ITEMS.values()} == set(CONSTRUCTS)


def test_ids_are_those_of_the_items() -> None:
    assert all(id == item.id for id, item in ITEMS.items())
    assert {"experience_1", "trust_4", "own_power", "seen_power", "inside_trust_1", "recommend_1"} <= set(
        ITEMS
    )


def test_scales_are_one_to_seven_except_recommending() -> None:
    for item in ITEMS.values():
        assert (item.min, item.max) == ((0, 10) if item.construct == "recommend" else (1, 7))


def test_short_form_has_one_or_two_items_a_construct() -> None:
    assert set(counts("short", "customer")) == set(CONSTRUCTS) - VALUE_CONSTRUCTS - {"customer_orientation"}
    for group in ("customer", "employee"):
        assert set(counts("short", group).values()) <= {1, 2}


def test_full_form_has_four_items_a_construct() -> None:
    for construct, n in counts("full", "customer").items():
        assert n == (1 if construct in INTENTIONS else 10 if construct in VALUE_CONSTRUCTS else 4)
    assert counts("full", "employee") == Counter(
        {"values_seen": 10, "customer_orientation": 4} | dict.fromkeys(RUNG_CONSTRUCTS, 4)
    )


@EVERY_FORM
def test_short_is_part_of_full_and_nothing_is_asked_twice(form: str, group: str) -> None:
    asked = [question.item for question in questionnaire(form, group).questions]
    assert len(set(asked)) == len(asked)
    assert set(asked) <= {question.item for question in questionnaire("full", group).questions}


def test_every_item_is_in_a_questionnaire() -> None:
    asked = {q.item for group in ("customer", "employee") for q in questionnaire("full", group).questions}
    assert asked == set(ITEMS)


def test_values_are_asked_as_pairs_in_the_same_words() -> None:
    questions = questionnaire("full", "customer", language="nl", company="Zonnewende").questions
    place = {question.item: question for question in questions}
    for value in CIRCLE:
        own, seen = place[f"own_{value.id}"], place[f"seen_{value.id}"]
        assert (own.value, seen.value) == (value.id, value.id)
        assert seen.number == own.number + 1
        assert own.text.split(": ")[1] == seen.text.split(": ")[1]
        assert "voor jou" in own.text
        assert "bij Zonnewende" in seen.text


def test_full_form_asks_some_items_the_other_way_round_and_never_most() -> None:
    reversed_share = {
        construct: [item.reversed for item in ITEMS.values() if item.construct == construct]
        for construct in CONSTRUCTS
    }
    assert sum(any(flags) for flags in reversed_share.values()) >= 6
    assert all(sum(flags) < len(flags) / 2 for flags in reversed_share.values())


@EVERY_FORM
@pytest.mark.parametrize("language", ["en", "nl"])
def test_company_is_named_wherever_it_belongs(form: str, group: str, language: str) -> None:
    named = questionnaire(form, group, language=language, company="{Zon & Wind}")
    unnamed = questionnaire(form, group, language=language)
    for questions in (named, unnamed):
        assert "{company}" not in questions.introduction + "".join(q.text for q in questions.questions)
    assert "{Zon & Wind}" in named.introduction
    assert {"en": "this company", "nl": "dit bedrijf"}[language] in unnamed.introduction
    assert f" {len(named.questions)} " in named.introduction


@EVERY_FORM
def test_questions_stand_in_blocks_and_constructs_take_turns(form: str, group: str) -> None:
    questions = questionnaire(form, group).questions
    assert [question.number for question in questions] == list(range(1, len(questions) + 1))
    blocks = [question.block for question in questions]
    assert sum(a != b for a, b in pairwise(blocks)) == len(set(blocks)) - 1
    bond = [question.construct for question in questions if question.block == "The bond"]
    assert all(a != b for a, b in pairwise(bond))


def test_questionnaire_gives_a_row_a_question() -> None:
    rows = questionnaire("short", "customer").to_dicts()
    assert len(rows) == 25
    assert rows[0]["item"] == "experience_1"
    assert rows[0]["max_label"] == "agree completely"


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"form": "long"}, "form"), ({"group": "staff"}, "group"), ({"language": "fy"}, "language")],
)
def test_unknown_choice_is_named(wrong: dict[str, str], named: str) -> None:
    with pytest.raises(OptionError, match=f"unknown {named}"):
        questionnaire(**wrong)
