"""The picture of steps: a dot lies where its figures say, and its words are there for who does not see it."""

import re
import xml.etree.ElementTree as ET

import pytest

from verbond.errors import OptionError
from verbond.plots import FrontierDot, draw_frontier

SVG = "{http://www.w3.org/2000/svg}"
DOTS = (
    FrontierDot("Call back", (-1.0, 2.0, 5.0), (1.0, 3.0, 5.0), 1, True),
    FrontierDot("Tell why", (-2.0, 0.0, 2.0), (2.0, 6.0, 9.0), 2, True),
    FrontierDot("Discount", (3.0, 4.0, 5.0), (-4.0, -2.0, 0.0), None, True),
    FrontierDot("Points", (-1.0, 1.0, 3.0), (-1.0, 1.0, 3.0)),
)


def drawn(dots=DOTS, **more):
    return ET.fromstring(draw_frontier(dots, title="Steps", axes=("soon", "later"), others="others", **more))


def places(svg):
    found = {}
    for one in svg.iter(f"{SVG}g"):
        if one.get("data-name"):
            circle = one.find(f"{SVG}circle")
            found[one.get("data-name")] = (float(circle.get("cx")), float(circle.get("cy")))
    return found


@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_dots_lie_where_their_figures_say(layout):
    """One line through what they bring and where they lie: the scale is the same everywhere."""
    at = places(drawn(layout=layout))
    a, b = DOTS[0], DOTS[2]
    unit_x = (at[b.name][0] - at[a.name][0]) / (b.across[1] - a.across[1])
    unit_y = (at[b.name][1] - at[a.name][1]) / (b.up[1] - a.up[1])
    assert unit_x > 0 > unit_y
    for dot in DOTS:
        assert at[dot.name][0] == pytest.approx(
            at[a.name][0] + unit_x * (dot.across[1] - a.across[1]), abs=0.02
        )
        assert at[dot.name][1] == pytest.approx(at[a.name][1] + unit_y * (dot.up[1] - a.up[1]), abs=0.02)


def test_the_line_goes_through_the_best_from_left_to_right():
    svg = drawn()
    (line,) = [one for one in svg.iter(f"{SVG}path") if one.get("class") == "frontier"]
    found = [tuple(map(float, pair)) for pair in re.findall(r"([\d.]+) ([\d.]+)", line.get("d"))]
    at = places(svg)
    assert found == [pytest.approx(at[name], abs=0.02) for name in ("Tell why", "Call back", "Discount")]


def test_numbers_stand_with_their_names():
    words = [one.text for one in drawn().iter(f"{SVG}text")]
    assert words.count("1") == words.count("2") == 2
    assert {"Call back", "Tell why", "others"} <= set(words)
    assert "Discount" not in words


@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_one_step_without_any_effect_is_a_picture_too(layout):
    svg = drawn((FrontierDot("Wait", (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 1),), layout=layout)
    assert float(svg.get("height")) > 0


def test_nothing_to_draw():
    with pytest.raises(OptionError, match="no steps"):
        drawn(())
    with pytest.raises(OptionError, match="no numbers"):
        drawn((FrontierDot("Wait", (0.0, float("nan"), 0.0), (0.0, 0.0, 0.0)),))


def test_numbers_of_steps_that_lie_together_can_all_be_read():
    dots = tuple(FrontierDot(f"Step {n}", (-1.0, 0.1, 1.0), (0.0, 0.7, 2.0), n) for n in range(1, 6))
    svg = drawn((*dots, FrontierDot("Far", (0.0, 9.0, 9.0), (0.0, 9.0, 9.0))))
    discs = [
        [float(circle.get(name)) for name in ("cx", "cy")]
        for one in svg.iter(f"{SVG}g")
        if one.get("class") == "step"
        for circle in one.findall(f"{SVG}circle")[1:]
    ]
    assert len(discs) == 5
    for i, (x, y) in enumerate(discs):
        for other in discs[:i]:
            assert ((x - other[0]) ** 2 + (y - other[1]) ** 2) ** 0.5 > 18
