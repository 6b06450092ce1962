"""The rules of thumb beside judgements by hand.

`judged_promises.csv` holds 64 promises of invented companies, half of them Dutch, judged by one hand before
there was any rule; the word lists were written with it in view. `judged_promises_later.csv` holds 32 more,
judged before the rules too and not looked at until these stood: what the rules make of them is what to expect
of a promise that nobody has seen. The columns: is it larger than a customer would believe; does anything in
promise or measure tell how one would see that it is kept; does it speak for the deal and for care at once?
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verbond.canvas.credibility import TOO_LARGE, Chosen, check_promise, count_signs, size_of
from verbond.language import Placer
from verbond.method import CIRCLE
from verbond.results import Estimate, sentence
from verbond.results.wording import LANGUAGES

PLACER = Placer(use_encoder=False)
"""What everybody has; with an encoder other figures would come out."""
AGREED = {
    "judged_promises": {"too_large": (23, 0, 24), "measurable": (29, 1, 29), "two_legs": (4, 2, 5)},
    "judged_promises_later": {"too_large": (2, 0, 13), "measurable": (8, 0, 14), "two_legs": (2, 0, 3)},
}
"""Of each judgement: rightly said by the rules, wrongly said by them, and how many there are by hand."""


def judged(name: str) -> list[dict[str, str]]:
    with (Path(__file__).parent / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def codes(promise: str, **told: object) -> list[str]:
    found = check_promise(promise, placer=PLACER, **told)  # type: ignore[arg-type]
    return [check.reason.code.removeprefix("canvas.") for check in found]


def by_rule(row: dict[str, str]) -> dict[str, bool]:
    said = codes(row["promise"], measure=row["measure"])
    return {
        "too_large": size_of(row["promise"]).points >= TOO_LARGE,
        "measurable": "measure_named" in said,
        "two_legs": "promise_two_legs" in said,
    }


@pytest.mark.parametrize("name", AGREED)
def test_how_often_the_rules_agree_with_a_reader(name: str) -> None:
    rows = judged(name)
    for judgement, stated in AGREED[name].items():
        pairs = [(row[judgement] == "1", by_rule(row)[judgement]) for row in rows]
        right, wrong = sum(a and b for a, b in pairs), sum(b and not a for a, b in pairs)
        assert (right, wrong, sum(a for a, _ in pairs)) == stated, judgement


def test_people_are_told_how_little_the_list_hears() -> None:
    """The sentence beside the checks states what the promises that were put aside showed."""
    rows = judged("judged_promises_later")
    large = [row["promise"] for row in rows if row["too_large"] == "1"]
    small = [row["promise"] for row in rows if row["too_large"] == "0"]

    def called(promises: list[str]) -> int:
        return sum(size_of(promise).points >= TOO_LARGE for promise in promises)

    def asked(promises: list[str]) -> int:
        found = (check_promise(promise, placer=PLACER) for promise in promises)
        return sum(any(c.aspect == "size" and c.kind == "look" for c in checks) for checks in found)

    stated = [len(rows), len(large), called(large), asked(large), len(small), called(small), asked(small)]
    for language in LANGUAGES:
        note = re.sub(r"\(.*?\)", "", sentence("canvas.promise_note", language))
        assert list(map(int, re.findall(r"\d+", note))) == stated


def test_promises_were_judged_in_both_languages() -> None:
    for name, least in (("judged_promises", 40), ("judged_promises_later", 30)):
        languages = [row["language"] for row in judged(name)]
        assert len(languages) >= least
        assert languages.count("nl") == languages.count("en")


@pytest.mark.parametrize(
    ("promise", "code"),
    [
        ("Altijd de laagste prijs, voor iedereen", "size_large"),
        ("Je mag altijd opzeggen", "size_absolute"),
        ("De slimste keuze", "size_superlative"),
        ("We work for your peace of mind", "size_outcome"),
        ("Een betere wereld", "size_large"),
        ("We bellen je terug", "size_small"),
        ("Wij beloven niet dat alles goed komt", "size_small"),
        ("Aandacht voor mens, dier, natuur en buurt", "size_many"),
    ],
)
def test_size(promise: str, code: str) -> None:
    assert code in codes(promise)


def test_who_calls_it_too_large_hears_no_praise() -> None:
    said = codes("We bellen je terug", size="too_large")
    assert "size_said" in said
    assert "size_small" not in said


@pytest.mark.parametrize(
    ("measure", "code"),
    [
        ("", "measure_missing"),
        ("Klanten voelen het", "measure_vague"),
        ("Een ander soort gesprek", "measure_not_counted"),
        ("Aandeel klanten dat binnen een dag antwoord heeft", "measure_named"),
        ("Minder dan 3 dagen", "measure_named"),
        ("By the first of June, for a start: how many we called", "measure_named"),
    ],
)
def test_measure(measure: str, code: str) -> None:
    assert code in codes("We zijn er voor je", measure=measure)


@pytest.mark.parametrize(
    ("keeps", "breaks", "code"),
    [
        ((), ("",), "examples_none"),
        (("a",), (), "examples_no_breaks"),
        ((), ("a",), "examples_no_keeps"),
        (("a", "b"), ("c",), "examples_some"),
        (("a", "b", "c", "d"), ("e", "f", "g", "h"), "examples_enough"),
    ],
)
def test_examples(keeps: tuple[str, ...], breaks: tuple[str, ...], code: str) -> None:
    assert code in codes("We zijn er voor je", keeps=keeps, breaks=breaks)


CARE = Chosen("zorg voor elkaar", {"benevolence": 1.0}, "meaning")
DEAL = Chosen("laagste prijs", {"power": 2 / 3, "achievement": 1 / 3}, "market")


def test_the_promise_is_laid_beside_the_chosen_values() -> None:
    promise = "Altijd de laagste prijs"
    assert "promise_fits" in codes(promise, values=[DEAL])
    assert "promise_market_leg" in codes(promise, values=[CARE])
    assert "promise_against" in codes(promise, values=[Chosen("natuur", {"universalism": 1.0}, "meaning")])
    assert "promise_elsewhere" in codes("Zorg voor elkaar", values=[Chosen("lef", {"stimulation": 1.0})])
    assert "promise_not_placed" in codes("Xyzzy plugh", values=[CARE])
    assert not [code for code in codes(promise) if code.startswith("promise_")]  # nothing was chosen yet


def test_a_promise_about_two_things_fits_each_of_them() -> None:
    said = codes("De laagste prijs en zorg voor elkaar", values=[CARE, DEAL])
    assert "promise_fits" in said
    assert "promise_two_legs" in said
    assert not {"promise_against", "promise_elsewhere"} & set(said)


def test_a_part_of_a_word_is_no_leg() -> None:
    """There is "reken" in "rekening", and no counting on one another."""
    assert "promise_meaning_leg" not in codes("We leggen je rekening uit", values=[DEAL])
    assert "promise_meaning_leg" in codes("We zorgen voor elkaar", values=[DEAL])


def test_for_everybody_is_no_leg_to_stand_on() -> None:
    assert "promise_two_legs" not in codes("Laagste prijs voor iedereen")
    assert "promise_two_legs" in codes("De laagste prijs en zorg voor elkaar")


def test_distance_from_what_customers_see_now() -> None:
    def seen(value: float, half: float) -> dict[str, Estimate]:
        return {"benevolence": Estimate(value, value - half, value + half, 120)}

    promise = "Zorg voor elkaar"
    assert "far_from_now" in codes(promise, seen=seen(-9, 3))
    assert "near_to_now" in codes(promise, seen=seen(9, 3))
    assert not {"far_from_now", "near_to_now"} & set(codes(promise, seen=seen(-2, 3)))  # chance would do
    assert not {"far_from_now", "near_to_now"} & set(codes(promise, seen={"benevolence": Estimate(None)}))


def test_every_check_can_be_said() -> None:
    seen = {v.id: Estimate(-5.0, -8.0, -2.0, 90) for v in CIRCLE}
    for row in judged("judged_promises") + judged("judged_promises_later"):
        found = check_promise(row["promise"], measure=row["measure"], values=[CARE, DEAL], seen=seen)
        assert {check.aspect for check in found} >= {"size", "measure", "examples"}
        for check in found:
            for language in LANGUAGES:
                assert "{" not in check.reason.sentence(language)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=400), st.text(max_size=400))
def test_whatever_is_typed_is_checked(promise: str, measure: str) -> None:
    for check in check_promise(promise, measure=measure, placer=PLACER, values=[CARE]):
        assert check.reason.sentence("nl")
    assert size_of(promise).points >= 0
    assert all(count_signs(measure))
