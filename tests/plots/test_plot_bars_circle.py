"""Bars and the value circle: as long, as far out and as many as the figures say."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import pytest

from verbond.errors import OptionError
from verbond.method import CIRCLE
from verbond.plots import Bar, draw_circle, draw_interval_bars, draw_mark

SVG = "{http://www.w3.org/2000/svg}"
BARS = [
    Bar("Experience", 71.0, 68.0, 74.0, note="612 people", group="Rungs"),
    Bar("Trust", 35.5, 30.0, 41.0, note="580 people", group="Rungs"),
    Bar("<b>Own</b> & scale", None, note="too few", group="Other"),
]


def of_class(root: ET.Element, name: str) -> list[ET.Element]:
    return [e for e in root.iter() if name in e.get("class", "").split()]


@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_bars_are_as_long_as_their_value(layout: str) -> None:
    root = ET.fromstring(draw_interval_bars(BARS, title="t", scale="score", layout=layout))
    lengths = [float(b.get("width")) for b in of_class(root, "done")]
    assert lengths[0] / lengths[1] == pytest.approx(2.0, abs=1e-3)
    assert len(of_class(root, "bar")) == 3
    assert len(of_class(root, "interval")) == 2


@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_said_and_done_stand_on_one_scale(layout: str) -> None:
    root = ET.fromstring(
        draw_interval_bars([Bar("all", 0.2, 0.1, 0.3, stated=0.8)], title="t", layout=layout)
    )
    tick, done = of_class(root, "stated")[0], of_class(root, "done")[0]
    start, width = float(done.get("x")), float(done.get("width"))
    assert (float(tick.get("x1")) - start) / width == pytest.approx(4.0, abs=1e-2)
    assert of_class(root, "open")[0].get("stroke-dasharray")  # told apart without colour


@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_more_done_than_said_has_no_open_space(layout: str) -> None:
    root = ET.fromstring(
        draw_interval_bars([Bar("all", 0.9, 0.8, 0.95, stated=0.5)], title="t", layout=layout)
    )
    assert not of_class(root, "open")
    assert of_class(root, "stated")


@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_missing_value_is_said_in_words(layout: str) -> None:
    root = ET.fromstring(draw_interval_bars(BARS, title="t", scale="score", layout=layout))
    said = ["".join(e.itertext()) for e in root.iter(f"{SVG}text")]
    assert "too few" in said
    assert "<b>Own</b> & scale" in said
    assert "too few" in root.find(f"{SVG}desc").text


@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_words_are_large_enough(layout: str) -> None:
    root = ET.fromstring(draw_interval_bars(BARS, title="t", scale="score", layout=layout))
    shrink = 328 / 360 if layout == "tall" else 768 / 880  # see test_plot_ladder
    sizes = [float(e.get("font-size") or 13) for e in root.iter() if e.tag in (f"{SVG}text", f"{SVG}tspan")]
    assert min(sizes) * shrink >= 11


def test_dutch_writes_dutch_numbers() -> None:
    svg = draw_interval_bars([Bar("a", 0.004, 0.001, 0.009)], title="t", language="nl")
    assert "0,4%" in svg
    assert "0,1–0,9%" in svg


def test_wrong_calls_are_named() -> None:
    with pytest.raises(OptionError, match="no bars"):
        draw_interval_bars([], title="t")
    with pytest.raises(OptionError, match="layout"):
        draw_interval_bars(BARS, title="t", layout="round")
    with pytest.raises(OptionError, match="profiles"):
        draw_circle({})
    with pytest.raises(OptionError, match="unknown value"):
        draw_circle({"a": {"money": 3.0}})


@pytest.mark.parametrize("language", ["en", "nl"])
def test_circle_names_every_value(language: str) -> None:
    root = ET.fromstring(draw_circle({"own": {v.id: 50.0 for v in CIRCLE}}, language=language))
    said = ["".join(e.itertext()) for e in root.iter(f"{SVG}text")]
    assert [v.id for v in CIRCLE if v.name.say(language) not in said] == []


def test_profile_reaches_as_far_as_its_score() -> None:
    scores = {v.id: 10.0 * (i + 1) for i, v in enumerate(CIRCLE)}
    root = ET.fromstring(draw_circle({"own": scores}))
    marks = of_class(root, "profile")[0].findall(f"{SVG}circle")
    rings = [c for c in root.iter(f"{SVG}circle") if c.get("fill") == "none"]
    outer = max(float(c.get("r")) for c in rings)
    x0, y0 = float(rings[0].get("cx")), float(rings[0].get("cy"))
    for mark, value in zip(marks, CIRCLE, strict=True):
        dx, dy = float(mark.get("cx")) - x0, y0 - float(mark.get("cy"))
        assert math.hypot(dx, dy) == pytest.approx(outer * scores[value.id] / 100, abs=0.05)
        if value.id != "universalism":
            assert math.degrees(math.atan2(dx, dy)) % 360 == pytest.approx(value.angle_degrees, abs=1)


def test_profiles_differ_in_more_than_colour() -> None:
    root = ET.fromstring(draw_circle({n: {v.id: 50.0 for v in CIRCLE} for n in ("a", "b", "c")}))
    lines = [p.find(f"{SVG}path").get("stroke-dasharray") for p in of_class(root, "profile")]
    assert len(set(lines)) == 3


def test_mark_is_an_ornament() -> None:
    root = ET.fromstring(draw_mark())
    assert root.get("aria-hidden") == "true"
