"""Odds ratios: a point where the ratio is, open where there may be no difference."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import pytest

from verbond.errors import OptionError
from verbond.plots import Odds, draw_odds

SVG = "{http://www.w3.org/2000/svg}"
SURE, UNSURE = Odds("Invitation", 2.0, 1.5, 2.6, group="Up"), Odds("<b>Call</b>", 0.8, 0.5, 1.3, group="Up")


@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_points_stand_on_a_ratio_scale(layout: str) -> None:
    twice, half, same = (Odds(str(r), r, r * 0.9, r * 1.1) for r in (2.0, 0.5, 1.0))
    root = ET.fromstring(draw_odds([twice, half, same], title="t", layout=layout))
    x = [float(c.get("cx")) for c in root.iter(f"{SVG}circle")]
    assert x[0] - x[2] == pytest.approx(x[2] - x[1], abs=0.02)
    assert x[0] > x[2]


def test_what_may_be_no_difference_is_open() -> None:
    root = ET.fromstring(draw_odds([SURE, UNSURE], title="t"))
    sure, unsure = root.iter(f"{SVG}circle")
    assert sure.get("fill") == sure.get("stroke")
    assert unsure.get("fill") != unsure.get("stroke")


def test_more_is_good_or_bad_as_it_is_said() -> None:
    up, down = (Odds("a", 2.0, 1.5, 2.6, good=good).colour for good in (True, False))
    assert up != down
    assert Odds("a", 0.5, 0.4, 0.6, good=False).colour == up


@pytest.mark.parametrize(("language", "figure"), [("en", "× 2.0"), ("nl", "× 2,0")])
def test_words_carry_all_that_the_picture_shows(language: str, figure: str) -> None:
    root = ET.fromstring(draw_odds([SURE, UNSURE], title="t", language=language))
    said = ["".join(e.itertext()) for e in root.iter(f"{SVG}text")]
    assert any(figure in words for words in said)
    assert "<b>Call</b>" in said
    assert figure in root.findtext(f"{SVG}desc")


@pytest.mark.parametrize(
    "wrong",
    [
        {"odds": []},
        {"odds": [SURE], "layout": "round"},
        {"odds": [Odds("a", 0.0, 0.0, 1.0)]},
        {"odds": [Odds("a", 1.0, 0.5, math.inf)]},
        {"odds": [Odds("a", 2.0, 0.5, 1.5)]},
    ],
)
def test_wrong_calls_are_named(wrong: dict) -> None:
    with pytest.raises(OptionError):
        draw_odds(title="t", **wrong)
