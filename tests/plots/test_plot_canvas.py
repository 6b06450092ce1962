"""The canvas on a sheet: nothing overlaps or leaves its box, what is left out is said."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from tests.canvas.made_outcomes import CALM, full, outcomes, usual

from verbond.canvas import Outcome
from verbond.plots import as_file, draw_canvas
from verbond.plots.canvas import canvas_sheet
from verbond.plots.lettering import LEADING, PAPER, WIDE, Face, width_of
from verbond.plots.sheet import Area, Box, Rule, Sheet

SVG = "{http://www.w3.org/2000/svg}"
A_HAIR = 0.05
"""Units of the sheet: rounding."""
LONG = "W" * 380
ENDLESS = Outcome.from_json({
    "company": "W" * 120, "name": "M" * 120, "made_at": "2026-11-22", "voted": True,
    "values": [{"name": "W" * 80, "chosen": True, "points": 100_000} for _ in range(12)],
    "notes": [
        {"field": field, "text": LONG, "department": "W" * 120, "points": 3}
        for field in ["identity", "image"] * 20
    ],
    "missions": [{"text": LONG}],
    "promises": [{"text": LONG, "measure": LONG, "progression": "service", "keeps": [LONG] * 12}],
    "steps": [{"text": LONG, "who": "W" * 120, "when": "W" * 40} for _ in range(20)],
})  # fmt: skip
"""One word without an end, everywhere."""


def extents(sheet: Sheet, face: Face = WIDE) -> list[tuple[float, float, float, float, str]]:
    """Left, top, right and foot of every line of words as it was measured, and the words."""
    found = []
    for box in sheet.parts:
        if not isinstance(box, Box):
            continue
        y = box.top
        for one in box.letters:
            y += one.above
            for line in one.lines:
                wide = width_of(line, one.size, bold=one.bold, face=face)
                left = {"start": box.x + box.pad, "middle": box.x + (box.width - wide) / 2,
                        "end": box.x + box.width - box.pad - wide}[one.align]  # fmt: skip
                found.append((left, y, left + wide, y + one.size * LEADING, line))
                y += one.size * LEADING
    return found


def check(sheet: Sheet, face: Face = WIDE) -> None:
    for box in sheet.parts:
        if isinstance(box, Box):
            assert box.width > 0
            assert sum(one.height for one in box.letters) <= box.height + A_HAIR, box
            assert 0 <= box.x <= box.x + box.width <= sheet.width + A_HAIR, box
            assert 0 <= box.y <= box.y + box.height <= sheet.height + A_HAIR, box
            for one in box.letters:
                widest = max(
                    (width_of(line, one.size, bold=one.bold, face=face) for line in one.lines), default=0
                )
                assert widest <= box.width - 2 * box.pad - one.aside + A_HAIR, box
        else:
            assert all(0 <= x <= sheet.width and 0 <= y <= sheet.height for x, y in part_points(box))
    lines = extents(sheet, face)
    for one, other in itertools.combinations(lines, 2):
        wide = min(one[2], other[2]) - max(one[0], other[0])
        tall = min(one[3], other[3]) - max(one[1], other[1])
        assert wide <= A_HAIR or tall <= A_HAIR, (one, other)


def part_points(part: Area | Rule) -> tuple[tuple[float, float], ...]:
    return part.points


def words_on(sheet: Sheet) -> list[str]:
    return [" ".join(one.lines) for box in sheet.parts if isinstance(box, Box) for one in box.letters]


@CALM
@given(outcomes())
def test_nothing_overlaps_whatever_people_wrote(data: dict) -> None:
    outcome = Outcome.from_json(data)
    for language in ("nl", "en"):
        check(canvas_sheet(outcome, language))


SHEETS = {
    "screen": {}, "paper": {"smallest": 9.5, "face": PAPER}, "slide": {"height": 669.0, "smallest": 11.0}
}  # fmt: skip


@pytest.mark.parametrize("size", SHEETS)
@pytest.mark.parametrize(
    "outcome",
    [usual(), full(), full(400), ENDLESS, Outcome.from_json({"company": "Zonnewende"})],
    ids=["usual", "full", "very full", "endless words", "empty"],
)
def test_nothing_overlaps_however_much_there_is(outcome: Outcome, size: str) -> None:
    check(canvas_sheet(outcome, "nl", **SHEETS[size]), SHEETS[size].get("face", WIDE))


def test_all_of_a_usual_workshop_stands_there() -> None:
    outcome = usual()
    there = words_on(canvas_sheet(outcome, "nl"))
    whole = [one.text for one in (*outcome.notes, *outcome.steps)] + [one.name for one in outcome.shared]
    whole += [outcome.mission.text, outcome.promise.text, *outcome.promise.keeps, *outcome.promise.breaks]
    assert not set(whole) - set(there)
    fields = ["Identiteit", "Imago", "Gedeelde waarden", "Missie", "Merkbelofte", "Eerste stappen"]
    assert [one for one in there if one in fields] == fields


def test_most_points_come_first_and_the_rest_is_counted() -> None:
    outcome = full(200)
    sheet = canvas_sheet(outcome, "nl")
    cards = [part for part in sheet.parts if isinstance(part, Box) and part.name == "note"]
    shown = {" ".join(card.letters[0].lines).split(":")[0] for card in cards}
    for field in ("identity", "image"):
        here = outcome.in_field(field)
        on = [one for one in here if one.text.split(":")[0] in shown]
        off = [one for one in here if one not in on]
        assert min(one.points for one in on) >= max(one.points for one in off)
        assert any(re.search(rf"\b{len(off)} briefjes", line) for line in words_on(sheet))
    left = 200 - len(cards)
    assert any(
        line.startswith("Niet op dit blad") and f" {left} briefjes" in line for line in words_on(sheet)
    )


def test_a_letter_leads_from_a_note_to_its_value() -> None:
    outcome = usual()
    root = ET.fromstring(draw_canvas(outcome, "nl"))
    badges = [g for g in root.iter(f"{SVG}g") if g.get("class") == "badge"]
    speaking = [one for one in outcome.notes if outcome.value(one.value) in outcome.shared]
    assert len(badges) == len(outcome.shared) + len(speaking)


def test_what_nobody_chose_is_not_shown_as_chosen() -> None:
    data = {"company": "Zonnewende", "promises": [{"text": "We bellen terug", "chosen": False}]}
    proposed = canvas_sheet(Outcome.from_json(data), "nl")
    data["promises"][0]["chosen"] = True
    chosen = canvas_sheet(Outcome.from_json(data), "nl")
    boxes = [next(one for one in sheet.parts if isinstance(one, Box) and one.name == "promise")
             for sheet in (proposed, chosen)]  # fmt: skip
    assert [box.dashed for box in boxes] == [True, False]
    assert "Voorgesteld, nog niet gekozen" in words_on(proposed)
    assert "Voorgesteld, nog niet gekozen" not in words_on(chosen)


@CALM
@given(outcomes())
def test_whatever_people_wrote_the_picture_is_xml(data: dict) -> None:
    root = ET.fromstring(as_file(draw_canvas(Outcome.from_json(data), "en")))
    assert root.find(f"{SVG}title").text
    assert root.find(f"{SVG}desc").text
    assert "var(" not in ET.tostring(root, encoding="unicode")


def test_who_cannot_see_it_hears_what_came_out() -> None:
    root = ET.fromstring(draw_canvas(usual(), "nl"))
    said = root.find(f"{SVG}desc").text
    for part in (
        "Dichtbij, Eerlijk en Zelf kiezen",
        usual().promise.text,
        usual().mission.text,
        "5 briefjes",
    ):
        assert part in said


def test_identity_and_image_differ_without_colour() -> None:
    areas = [part for part in canvas_sheet(usual()).parts if isinstance(part, Area)]
    assert [(area.name, area.dashed) for area in areas] == [
        ("identity", False),
        ("image", True),
        ("values", False),
    ]
