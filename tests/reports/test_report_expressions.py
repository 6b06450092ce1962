"""What is said and written, as a report says it: marks that need no colour, no small groups."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from tests.reports.made_cards import card, effects_results, energy_coach
from tests.reports.made_expressions import PROMISE, expression_picture, legs, message

from verbond.diagnosis import Diagnosis
from verbond.diagnosis.marks import with_marks
from verbond.expressions import Evidence
from verbond.expressions.picture import ActionMessages, ExpressionPicture
from verbond.reports import html_report, tables_behind
from verbond.reports.effects.cards import card_section
from verbond.reports.expressions import EXPRESSIONS_SECTIONS, expressions_section
from verbond.reports.expressions.worst import pieces_of
from verbond.reports.parts import Section
from verbond.reports.sections import found_among
from verbond.results import Reason
from verbond.web.pages import PAGES, Filters
from verbond.web.pages.redaction import without_free_text


@pytest.fixture
def made(make_diagnosis):
    return lambda **changes: make_diagnosis(expressions=expression_picture(**changes))


def section(name: str, d: Diagnosis, language: str = "nl") -> Section:
    found = expressions_section(name, d, language)
    assert found is not None
    return found


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("name", EXPRESSIONS_SECTIONS)
def test_each_picture_has_a_table_and_one_for_a_phone(made, name: str, language: str) -> None:
    found = section(name, made(), language)
    assert found.title
    assert all(picture.wide and picture.tall and picture.see for picture in found.pictures)
    assert not found.pictures or found.tables
    assert not found.empty
    for table in found.tables:
        assert {key for row in table.rows for key in row} <= {column.name for column in table.columns}


def test_two_legs_are_said_and_seen(made) -> None:
    found = section("legs", made())
    assert found.said[0].tone == "bad"
    assert found.said[0].text.startswith("Twee benen:")
    wide = found.pictures[0].wide
    assert wide.index("Marketing &lt;north&gt;") < wide.index("Klantenservice")  # most of the market first
    assert [float(v) for v in re.findall(r'data-value="([^"]+)"', wide)] == [0.71, 0.1, 0.06, 0.58]


def test_legs_that_may_be_chance_are_no_verdict(made) -> None:
    maybe = replace(legs()[0], is_clear=False, pvalue_holm=0.3)
    assert section("legs", made(legs=(maybe,))).said[0].tone == "caution"
    assert section("legs", made(legs=())).empty


def test_promise_stands_beside_what_is_said(made) -> None:
    found = section("sides", made())
    wide = found.pictures[0].wide
    heads = ("Belofte", "Eigen uitingen", "Service", "Klanten")
    assert [wide.index(f">{head}<") for head in heads] == sorted(wide.index(f">{head}<") for head in heads)
    assert wide.count("beloofd") == 2  # drawn, and in words for who does not see it
    assert dict(found.notes)["Belofte"] == PROMISE.text
    assert {said.tone for said in found.said} == {"bad"}


def test_without_a_promise_each_part_says_what_to_do(made) -> None:
    sides = {k: v for k, v in expression_picture().sides.items() if k != "promise"}
    d = made(promise=None, sides=sides, worst=(), worst_by="", untold=(), differences=())
    assert "Schrijf haar op bij Onze belofte" in section("worst", d).empty
    assert expressions_section("told", d, "nl") is None
    assert "nog niet" in dict(section("sides", d).notes)["Belofte"]
    assert "Belofte" not in section("sides", d).pictures[0].wide


def test_the_word_list_alone_is_said_first(made) -> None:
    d = made(reasons=(Reason("expressions.words_only"),), rater="words 0123456789ab")
    content = PAGES["expressions"].content(d, "nl", Filters(), None)
    assert "geen encoder" in content.said[0].text
    assert content.said[0].tone == "caution"
    assert "Geleerd van" not in dict(section("how", d).notes)


def test_too_few_messages_in_a_month_are_said_and_not_drawn(made) -> None:
    found = section("months", made(changes=()))
    assert not found.pictures
    assert "vijf" in found.empty


def test_small_groups_are_counted_and_never_named(made) -> None:
    for name in EXPRESSIONS_SECTIONS:
        found = section(name, made())
        said = repr((found.pictures, found.tables, found.said))
        assert "Directie" not in said
        assert "Telefoon" not in said
    assert section("groups", made()).tables[0].note.startswith("2 groepen")


def test_marked_words_are_said_in_words_too(made) -> None:
    first, second = section("worst", made()).quotes
    assert [p.text for p in first.pieces if p.mark == "counts"] == ["korting", "OP = OP"]
    assert [p.text for p in second.pieces if p.mark == "refused"] == ["discount"]
    assert first.words[0] == ("korting", "marktrelatie")
    assert "afgewezen" in second.words[0][1]
    assert (first.tone, second.tone) == ("bad", "caution")
    assert first.told == ("91% kans dat het botst", "bereikte 3.580 klanten")
    assert second.told == ("40% kans dat het botst",)  # one customer is no reach
    assert second.language == "en"


@pytest.mark.parametrize(
    ("places", "marked"),
    [
        ([(0, 3), (2, 5)], ["abc"]),
        ([(4, 99)], []),
        ([(-1, 2)], []),
        ([(3, 3)], []),
        ([(5, 6), (0, 1)], ["a", "f"]),
    ],
)
def test_a_text_in_pieces_is_the_text(places: list[tuple[int, int]], marked: list[str]) -> None:
    pieces = list(pieces_of("abcdef", [Evidence(a, b, "?", "market") for a, b in places]))
    assert "".join(piece.text for piece in pieces) == "abcdef"
    assert [piece.text for piece in pieces if piece.mark] == marked


@pytest.mark.parametrize("language", ["nl", "en"])
def test_what_others_wrote_is_escaped_in_the_report(made, language: str) -> None:
    text = '<img src=x onerror="alert(1)"> korting'
    html = html_report(made(worst=(message(text, ("korting", False)),)), language)
    assert "<img" not in html
    assert "&lt;img src=x" in html
    assert '<mark class="quote__mark quote__mark--counts">korting</mark>' in html


def test_tables_of_what_is_said_go_with_the_report(made) -> None:
    names = {table.name for table in tables_behind(made())}
    assert {
        "expressions-legs",
        "expressions-relationship",
        "expressions-worst",
        "expressions-months",
    } <= names


def test_without_messages_the_page_says_what_to_bring(make_diagnosis) -> None:
    d = make_diagnosis(expressions=None)
    assert all(expressions_section(name, d, "nl") is None for name in EXPRESSIONS_SECTIONS)
    content = PAGES["expressions"].content(d, "nl", Filters(), None)
    (only,) = content.sections
    assert "tabel met berichten" in only.empty


def test_a_page_for_outside_has_no_message_and_no_words_of_the_promise(made) -> None:
    shared = without_free_text(made())
    sections = found_among([f"expressions_{name}" for name in EXPRESSIONS_SECTIONS], shared, "nl")
    page = repr((sections, PAGES["expressions"].content(shared, "nl", Filters(), None)))
    for words in ("korting!", "OP = OP", "geld heen ging", "Nu 25%", "discount this time"):
        assert words not in page
    assert "log in" in section("worst", shared).empty
    assert "1 voorbeelden" in page  # how many examples teach it is no secret


@pytest.mark.parametrize(
    ("counts", "kept", "said"),
    [
        ((0, 1, 3, 0), False, "3 van de 4 berichten ervan gaan in"),
        ((0, 0, 1, 0), False, "Het ene bericht ervan gaat in"),
        ((2, 0, 0, 1), True, "Alle 2 berichten ervan passen"),
        ((1, 1, 1, 0), None, "passen er 1"),
        ((0, 0, 0, 2), None, "geen van de berichten"),
    ],
)
def test_a_card_says_whether_its_action_keeps_the_promise(counts, kept, said: str) -> None:
    picture = expression_picture(actions=(ActionMessages("bf-2025", "discount", *counts),))
    effects = with_marks(effects_results(card()), picture)
    assert effects is not None
    (marked,) = effects.cards.cards
    assert marked.promise.kept is kept
    notes = dict(card_section(marked, (), "nl", currency="EUR").notes)
    assert said in notes["Belofte"]


def test_a_kind_has_the_messages_of_all_its_actions() -> None:
    said = tuple(ActionMessages(name, "energy_coach", 1, 0, 0, 0) for name in ("a", "b"))
    effects = with_marks(effects_results(card(), energy_coach()), expression_picture(actions=said))
    assert effects is not None
    first, kind = effects.cards.cards
    assert first.promise is None
    assert kind.promise.reason.values["n"] == 2


def test_without_messages_cards_stay_as_they_are() -> None:
    effects = effects_results()
    silent: ExpressionPicture = expression_picture(actions=())
    assert with_marks(effects, silent) is effects
    assert with_marks(None, silent) is None
    assert with_marks(effects, None) is effects
