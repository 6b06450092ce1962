"""Predicted chances beside what happened: as high as the share, as far right as the chance."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from verbond.errors import OptionError
from verbond.plots import Chance, draw_reliability

SVG = "{http://www.w3.org/2000/svg}"
CHANCES = [Chance(0.0, 0.0, 0.0, 0.01), Chance(0.2, 0.2, 0.15, 0.25), Chance(0.4, 0.3, 0.25, 0.36)]


@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_both_axes_have_one_scale(layout: str) -> None:
    root = ET.fromstring(draw_reliability(CHANCES, title="t", layout=layout))
    zero, even, under = ((float(c.get("cx")), float(c.get("cy"))) for c in root.iter(f"{SVG}circle"))
    assert even[0] - zero[0] == pytest.approx(zero[1] - even[1], abs=0.02)
    assert (zero[1] - under[1]) / (under[0] - zero[0]) == pytest.approx(0.75, abs=1e-3)


@pytest.mark.parametrize(("language", "said"), [("en", "given 40%, happened 30%"), ("nl", "voorspeld 40%")])
def test_words_carry_all_that_the_picture_shows(language: str, said: str) -> None:
    root = ET.fromstring(draw_reliability(CHANCES, title="t", language=language))
    assert said in root.findtext(f"{SVG}desc")


@pytest.mark.parametrize(
    "wrong", [{"chances": []}, {"chances": CHANCES, "layout": "x"}, {"chances": [Chance(1.2, 0, 0, 1)]}]
)
def test_wrong_calls_are_named(wrong: dict) -> None:
    with pytest.raises(OptionError):
        draw_reliability(title="t", **wrong)
