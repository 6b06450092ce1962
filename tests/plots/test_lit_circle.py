"""The circle that lights up: which sectors, where each value lies, and what is said of it in words."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest

from verbond.errors import OptionError
from verbond.method import CIRCLE
from verbond.plots import CircleTie, CircleValue, draw_lit_circle

NS = {"s": "http://www.w3.org/2000/svg"}
CARE = CircleValue("zorg", {"benevolence": 1.0}, chosen=True)
DEAL = CircleValue("deal", {"power": 2 / 3, "achievement": 1 / 3})


def drawn(
    values: list[CircleValue], ties: tuple[CircleTie, ...] = (), language: str = "en"
) -> ElementTree.Element:
    return ElementTree.fromstring(draw_lit_circle(values, ties, language=language))


def sectors(svg: ElementTree.Element) -> dict[str, str]:
    found = svg.findall(".//s:path[@data-value]", NS)
    return {one.get("data-value", ""): one.get("class", "").split("--")[1] for one in found}


def test_exactly_the_sectors_light_up_in_which_a_value_lies() -> None:
    found = sectors(drawn([CARE, DEAL]))
    assert set(found) == {v.id for v in CIRCLE}
    assert {id for id, state in found.items() if state == "chosen"} == {"benevolence"}
    assert {id for id, state in found.items() if state == "lit"} == {"power", "achievement"}


def test_nine_wedges_of_which_one_is_shared_cover_the_disc() -> None:
    """Schwartz (1992): tradition lies behind conformity; every other value has a wedge of its own."""
    areas = {}
    for one in drawn([]).findall(".//s:path[@data-value]", NS):
        a, d, c, b = (
            complex(float(x) - 186, float(y) - 132)
            for x, y in re.findall(r"(?:^M|L| 0 0 [01] )(-?[\d.]+) (-?[\d.]+)", one.get("d", ""))[:4]
        )
        turn = math.degrees(abs(math.atan2((c / d).imag, (c / d).real)))
        assert turn == pytest.approx(40, abs=0.3)  # a tenth of a pixel
        areas[one.get("data-value")] = turn / 360 * (abs(d) ** 2 - abs(a) ** 2)
        assert abs(abs(b) - abs(a)) < 0.2
    assert areas["conformity"] + areas["tradition"] == pytest.approx(areas["security"], rel=0.02)
    assert sum(areas.values()) == pytest.approx(92**2 - 15**2, rel=0.01)


def test_a_dot_lies_in_its_sector() -> None:
    angle = {v.id: v.angle_degrees for v in CIRCLE}
    for v in CIRCLE:
        svg = drawn([CircleValue("a word", {v.id: 1.0})])
        dot = next(one for one in svg.iter(f"{{{NS['s']}}}circle"))
        x, y = float(dot.get("cx", "")) - 186, 132 - float(dot.get("cy", ""))
        apart = abs((math.degrees(math.atan2(x, y)) - angle[v.id] + 180) % 360 - 180)
        assert apart < 20, v.id
        assert (math.hypot(x, y) > 0.6 * 92) == (v.id != "conformity"), v.id


def test_dots_do_not_hide_each_other() -> None:
    svg = drawn([CircleValue(f"word {k}", {"benevolence": 1.0}, k < 3) for k in range(12)])
    dots = [
        (float(d.get("cx", "")), float(d.get("cy", "")))
        for d in svg.findall("./s:g[@class='dots']/s:circle", NS)
    ]
    assert len(dots) == 12
    gaps = [math.dist(a, b) for i, a in enumerate(dots) for b in dots[i + 1 :]]
    assert min(gaps) > 4  # an open dot is seven wide: at most a part of it is hidden


def test_ties_are_told_apart_without_colour() -> None:
    kinds = ("opposing", "tense", "decided")
    styles = set()
    for kind in kinds:
        line = drawn([CARE, DEAL], (CircleTie(0, 1, kind),)).findall("./s:g[@class='ties']/s:line", NS)[0]
        styles.add((line.get("stroke-dasharray"), line.get("stroke-width")))
    assert len(styles) == 3


def test_a_tie_to_a_word_that_is_not_known_is_left_out() -> None:
    svg = drawn([CARE, CircleValue("xyzzy", {})], (CircleTie(0, 1, "tense"),))
    assert not svg.findall("./s:g[@class='ties']/s:line", NS)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Benevolence is lit by a chosen value: zorg."),
        ("nl", "Welwillendheid licht op door een gekozen"),
    ],
)
def test_it_is_told_in_words(language: str, said: str) -> None:
    told = drawn([CARE, DEAL], language=language).find("s:desc", NS)
    assert told is not None
    assert said in (told.text or "")
    assert "deal" in (told.text or "")


def test_what_people_type_stays_text() -> None:
    svg = draw_lit_circle([CircleValue("<script>alert(1)</script>", {"power": 1.0}, chosen=True)])
    assert "<script" not in svg
    ElementTree.fromstring(svg)


def test_a_place_that_is_not_on_the_circle_is_refused() -> None:
    with pytest.raises(OptionError, match="unknown value"):
        draw_lit_circle([CircleValue("a", {"price": 1.0})])
