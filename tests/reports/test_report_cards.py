"""Action cards as a page shows them: nothing but what the result holds, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from tests.reports.made_cards import alone, card, effects_results, energy_coach, row

from verbond.diagnosis import Diagnosis
from verbond.plots import SpanColumn, SpanFigure, SpanRow, draw_spans
from verbond.reports.effects import effects_sections
from verbond.reports.effects.cards import card_section, sections
from verbond.reports.parts import Section
from verbond.reports.sections import found_among
from verbond.web.pages import PAGES, Filters


def one(made, language="nl", moves=()) -> Section:
    return card_section(made, moves, language, currency="EUR")


def test_short_and_long_stand_side_by_side_with_a_verdict_each() -> None:
    picture = one(card()).pictures[0].wide
    for word in ("Meteen", "de eerste 3 maanden", "Later", "na 6 tot 12 maanden", "Verzwakt"):
        assert word in picture
    assert "−123" in picture  # margin: −1.23 a customer is −123 of a hundred
    assert picture.count('data-told="true"') == 4
    assert "Black Friday &lt;2025&gt;" in picture


def test_the_sentence_tells_gain_and_harm() -> None:
    said = one(card(), "en").said[0]
    assert said.tone == "bad"
    assert "100 customers together made 13 more purchases a month" in said.text
    assert "but you kept €123 less a month of 100 customers together" in said.text
    assert "6 to 12 months later 100 customers complained 3.0 times more a month" in said.text


def test_facts_and_notes_are_written_as_the_language_writes_them() -> None:
    section = one(card(), "nl", effects_results().moves_of(card()))
    assert section.facts == (
        "Kortingen, november 2025", "bereikte 3.580 klanten",
        "kostte €\u00a052.000, dat is €\u00a014,53 per klant", "bedoeld om klanten te winnen",
    )  # fmt: skip
    notes = dict(section.notes)
    assert "omzet +\u2060€\u00a012,40" in notes["Geld"]
    assert "marge −\u2060€\u00a03,70" in notes["Geld"]
    assert "zakten klanten vaker een trede: 1,8 keer zo veel kans (1,2 tot 2,7)" in notes["Ladder"]
    assert "klommen" not in notes["Ladder"]  # its interval holds no difference
    assert "een effect is niet bewezen" in notes["Ladder"]
    assert "nog niet bekeken" in notes["Belofte"]


def test_a_kind_of_the_companys_own_keeps_its_name() -> None:
    section = one(energy_coach(), "en")
    assert section.title == "Energy coach"
    assert section.fold
    assert "not known yet" in section.pictures[0].wide
    assert any("3 actions" in fact for fact in section.facts)


def test_everybody_at_once_gets_no_figure_that_could_pass_for_an_effect() -> None:
    section = one(alone(), "en")
    assert section.pictures == ()
    assert section.tables == ()
    assert "nobody to compare with" in section.said[0].text


def test_fewer_than_five_reached_are_not_counted() -> None:
    section = one(card(n_reached=3, cost_per_customer=None), "nl")
    assert not any("bereikte" in fact or "kostte" in fact for fact in section.facts)


def test_at_a_glance_are_only_groups_that_went_alike() -> None:
    glance = sections(effects_results(card(), energy_coach()), "en")[0]
    assert "Black Friday" in glance.pictures[0].wide
    assert "Energy coach" not in glance.pictures[0].wide
    rows = glance.tables[0].rows
    assert [r["relation_long"] for r in rows] == ["weakens", "not known yet"]
    assert [r["sales_short"] for r in rows] == ["weakens", "cannot tell"]
    assert [r["by_lot"] for r in rows] == ["alike before", "unlike before"]


def test_an_unknown_action_to_a_page_is_text_and_ids_differ() -> None:
    made = effects_results(card(action='x"><script>'), card(action="x y"), energy_coach())
    found = sections(made, "nl")
    assert all(re.fullmatch(r"[A-Za-z0-9-]+", part.id) for part in found)
    assert not any("<script" in picture.wide for part in found for picture in part.pictures)


def test_the_report_and_the_page_hold_the_same_sections(make_diagnosis) -> None:
    d: Diagnosis = make_diagnosis()
    assert effects_sections("cards", d, "nl") == found_among(("cards",), d, "nl")
    content = PAGES["effects"].content(d, "nl", Filters(), None)
    assert content.lead == d.effects.cards.headline.sentence("nl")
    assert [part.id for part in content.sections][:2] == ["cards", "card-bf-2025"]
    nothing = PAGES["effects"].content(replace(d, effects=None), "nl", Filters(), None)
    assert nothing.sections == ()
    assert nothing.lead.startswith("Van geen interventie")


def test_rows_have_a_measure_of_their_own_and_groups_share_one() -> None:
    def half(picture: str, n: int) -> float:
        ends = re.findall(r'class="interval"', picture)
        assert len(ends) == n
        x1, x2 = re.findall(r'<line x1="([\d.]+)" x2="([\d.]+)"[^>]*class="interval"', picture)[0]
        return (float(x2) - float(x1)) / 2

    heads = SpanColumn("short"), SpanColumn("long")
    rows = [
        SpanRow("a", SpanFigure(0.0, -1.0, 1.0), None, scale="own"),
        SpanRow("b", SpanFigure(0.0, -10.0, 10.0), None, scale="other"),
    ]
    words = {"title": "t", "less": "less", "more": "more", "unknown": "?"}
    alone_ = half(draw_spans(rows, heads, **words), 2)
    shared = half(draw_spans([replace(r, scale="one") for r in rows], heads, **words), 2)
    assert alone_ == pytest.approx(10 * shared, rel=0.02)


def test_a_level_of_a_share_is_said_of_a_hundred() -> None:
    section = one(card(rows=(row("purchases", 0.29, (0.1, 0.05, "strengthens"), None),)), "nl")
    assert "ervoor 29" in section.pictures[0].wide
