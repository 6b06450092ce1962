"""Which words bite each other: the verdicts that the method demands, and input as people type it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from verbond.errors import OptionError
from verbond.language import Placer
from verbond.method import CIRCLE, CIRCLE_19, opposition
from verbond.values import Profiles, check_values
from verbond.values.contradictions import mean_opposition
from verbond.values.names import TEN, TEN_OF_NINETEEN, circle_place

WITHOUT = Placer(use_encoder=False)


def verdict(*words: str, **options) -> list[str | None]:
    return [pair.verdict for pair in check_values(words, placer=WITHOUT, **options).pairs]


@pytest.mark.parametrize(
    ("a", "b", "wanted"),
    [
        ("laagste prijs", "bijdragen aan een duurzame wereld", "opposing"),
        ("laagste prijs", "zorg voor de aarde", "opposing"),
        ("lowest price", "care for each other", "opposing"),
        ("Black Friday", "duurzaamheid", "opposing"),
        ("exclusief", "voor iedereen", "opposing"),
        ("partnerschap", "zorg voor elkaar", "supporting"),
        ("partnership", "caring for each other", "supporting"),
        ("zorg voor elkaar", "zorg voor de aarde", "supporting"),
        ("vakmanschap", "ambitie", "supporting"),
        ("avontuur", "veiligheid", "opposing"),
        ("vrijheid", "gehoorzaamheid", "tense"),
        ("duurzaam", "avontuurlijk", "neutral"),
    ],
)
def test_verdicts(a: str, b: str, wanted: str) -> None:
    assert verdict(a, b) == [wanted]
    assert verdict(b, a) == [wanted]


def test_the_ten_by_name_are_judged_by_their_angle_and_their_side() -> None:
    """Straight from the circle: neighbours support, self-enhancement against self-transcendence opposes."""
    side = {v.id: v.higher_order for v in CIRCLE}
    found = check_values(TEN, placer=WITHOUT)
    assert len(found.pairs) == 45
    for pair in found.pairs:
        assert pair.degrees == opposition(pair.a, pair.b)
        if {side[pair.a], side[pair.b]} == {"self_enhancement", "self_transcendence"}:
            assert pair.verdict == "opposing"
        elif pair.degrees <= 40:
            assert pair.verdict == "supporting"
        elif pair.degrees == 160:
            assert pair.verdict == "opposing"


def test_every_sentence_is_said_in_both_languages() -> None:
    words = ["laagste prijs", "duurzaam", "avontuur", "fooblitz", "geen korting", "macht", "orde"]
    for language in ("nl", "en"):
        found = check_values(words, placer=WITHOUT, language=language).to_dict()
        assert all(row["reason"] and "{" not in row["reason"] for row in found["pairs"])
        assert all(row["sentence"] for row in found["words"])
        json.dumps(found)
    dutch = check_values(["laagste prijs", "duurzaam"], placer=WITHOUT, language="nl").to_dict()["pairs"][0]
    assert "spreken elkaar tegen" in dutch["reason"]
    assert "marktrelatie" in dutch["reason"]


def test_circle_names_in_every_form() -> None:
    for value in CIRCLE:
        assert circle_place(value.id) == circle_place(value.name.nl) == {value.id: 1.0}
    for value in CIRCLE_19:
        if value.id not in TEN and value.name.nl not in {v.name.nl for v in CIRCLE}:
            assert set(circle_place(value.name.nl)) == set(TEN_OF_NINETEEN[value.id])
    assert sum(len(ten) == 0 for ten in TEN_OF_NINETEEN.values()) == 0


def test_an_unknown_word_has_no_verdict_and_gets_a_hint() -> None:
    found = check_values(["duurzaamheit", "macht"], placer=WITHOUT)
    assert found.pairs[0].verdict in (None, "opposing")  # a compound may still be found in it
    found = check_values(["sustainabel", "power"], placer=WITHOUT)
    assert found.pairs[0].verdict is None
    assert "sustainable" in found.words[0].suggestions
    assert "Did you mean" in found.pairs[0].reasons[0].sentence("en")
    assert check_values(["xqzzy", "power"], placer=WITHOUT).words[0].taken_for.code == "values.word_unknown"


def test_saying_what_one_does_not_want_places_nothing() -> None:
    found = check_values(["geen korting", "no discount", "duurzaam"], placer=WITHOUT)
    assert [w.how for w in found.words] == ["negated", "negated", "list"]
    assert all(pair.verdict is None for pair in found.pairs)


def test_one_word_and_the_same_word_twice() -> None:
    alone = check_values(["partnerschap"], placer=WITHOUT)
    assert alone.pairs == ()
    assert [w.code for w in alone.warnings] == ["values.one_word"]
    twice = check_values(["Partnerschap", "partnerschap ", "macht"], placer=WITHOUT)
    assert len(twice.words) == 2
    assert [w.code for w in twice.warnings] == ["values.same_word_twice"]
    for wrong in ([], ["", "macht"], ["  "]):
        with pytest.raises(OptionError):
            check_values(wrong)


def test_what_somebody_confirmed_goes_before_what_we_think() -> None:
    found = check_values(
        ["laagste prijs", "duurzaam"], placer=WITHOUT, confirmed={"laagste prijs": ["universalisme"]}
    )
    assert found.pairs[0].verdict == "supporting"
    assert (found.words[0].how, found.words[0].sureness) == ("confirmed", 1.0)
    with pytest.raises(OptionError, match=r"Did you mean 'benevolence'"):
        check_values(["x", "y"], confirmed={"x": ["benevolance"]})


def customers(n: int, seed: int = 0, sign: float = 1.0) -> Profiles:
    rng = np.random.default_rng(seed)
    angles = np.deg2rad([v.angle_degrees for v in CIRCLE])
    at = rng.uniform(0, 2 * np.pi, (n, 1))
    scores = np.cos(sign * at - angles) + 0.7 * rng.normal(size=(n, 10))
    return Profiles(TEN, scores, scores.mean(axis=1))


def test_customers_confirm_or_contradict_and_never_overrule() -> None:
    found = check_values(["macht", "universalisme", "prestatie"], placer=WITHOUT, customers=customers(500))
    opposed, near = found.pairs[0], found.pairs[1]
    assert opposed.correlation.ci_upper < opposed.expected_correlation
    assert opposed.reasons[-1].code == "values.customers_bite"
    assert near.reasons[-1].code == "values.customers_fit"
    rng = np.random.default_rng(1)
    shared = rng.normal(size=(400, 1))
    scores = rng.normal(size=(400, 10))
    scores[:, [TEN.index("power"), TEN.index("universalism")]] += 2 * shared
    odd = Profiles(TEN, scores, scores.mean(axis=1))
    pair = check_values(["macht", "universalisme"], placer=WITHOUT, customers=odd).pairs[0]
    assert pair.verdict == "opposing"
    assert pair.reasons[-1].code == "values.customers_fit_after_all"
    noise = Profiles(TEN, rng.normal(size=(60, 10)), np.zeros(60))
    silent = check_values(["macht", "hedonisme"], placer=WITHOUT, customers=noise).pairs[0]
    assert silent.reasons[-1].code in ("values.customers_silent", "values.customers_fit")


def test_customers_who_were_asked_nineteen_values_say_it_too() -> None:
    rng = np.random.default_rng(3)
    angles = np.deg2rad([v.angle_degrees for v in CIRCLE_19])
    scores = np.cos(rng.uniform(0, 2 * np.pi, (300, 1)) - angles) + 0.7 * rng.normal(size=(300, 19))
    asked = Profiles(tuple(v.id for v in CIRCLE_19), scores, scores.mean(axis=1))
    pair = check_values(["macht", "universalisme"], placer=WITHOUT, customers=asked).pairs[0]
    assert pair.correlation.ci_upper < pair.expected_correlation


def test_three_customers_say_nothing() -> None:
    pair = check_values(["macht", "universalisme"], placer=WITHOUT, customers=customers(3)).pairs[0]
    assert pair.correlation.value is None
    assert pair.reasons[-1].code == "values.customers_too_few"


def test_mean_opposition_is_symmetric_and_bounded() -> None:
    for a in CIRCLE:
        for b in CIRCLE:
            one, other = {a.id: 0.4, "power": 0.6}, {b.id: 1.0}
            assert mean_opposition(one, other) == pytest.approx(mean_opposition(other, one))
            assert 0 <= mean_opposition(one, other) <= 180
