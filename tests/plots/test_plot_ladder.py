"""The ladder's picture tells the figures that it was given, in both languages, on a desk and on a phone."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from verbond.errors import OptionError
from verbond.method import RUNGS
from verbond.plots import as_file, crossings, draw_ladder, state_names
from verbond.plots.people import out_of_hundred
from verbond.results import sentence

SVG = "{http://www.w3.org/2000/svg}"
SHARES = [0.12, 0.31, 0.24, 0.18, 0.10, 0.05]
LOWER = [s - 0.02 for s in SHARES]
UPPER = [s + 0.03 for s in SHARES]
UP = [1240.0, 830.0, 410.0, 220.0, 90.0]
DOWN = [620.0, 700.0, 350.0, 120.0, 0.0]
PHONE = 328 / 360
"""How much a picture of 360 pixels shrinks on a phone of 360 pixels with margins of 16 pixels."""
DESK = 768 / 860
"""How much the wide ladder shrinks on the narrowest screen that shows it (50rem without margins)."""
PEN = 0.006
"""Coordinates are written with two decimals."""
LETTER = 0.62
"""Width of an average letter in font sizes, in DejaVu Sans, the widest of the common system fonts."""

full = {
    "ci_lower": LOWER,
    "ci_upper": UPPER,
    "moved_up": UP,
    "moved_down": DOWN,
    "blocking_rung": 3,
    "window": "12 m",
    "simulated": True,
}


def drawn(shares=SHARES, **options) -> ET.Element:
    return ET.fromstring(draw_ladder(shares, **{**full, **options}))


def of_class(root: ET.Element, name: str) -> list[ET.Element]:
    return [e for e in root.iter() if name in e.get("class", "").split()]


def words(root: ET.Element) -> str:
    return " ".join("".join(e.itertext()) for e in root.iter(f"{SVG}text"))


def feet(state: ET.Element) -> list[float]:
    """Heights at which the people of a state stand."""
    uses = state.iter(f"{SVG}use")
    return [float(re.match(r"translate\([\d.-]+ ([\d.-]+)\)", u.get("transform"))[1]) for u in uses]


@pytest.mark.parametrize("layout", ["wide", "tall"])
@pytest.mark.parametrize("anchored", [True, False])
def test_picture_is_said_to_those_who_do_not_see_it(layout: str, anchored: bool) -> None:
    root = drawn(layout=layout, anchored=anchored, identity="a")
    assert root.get("role") == "img"
    named = {e.get("id"): e.text for e in root.iter() if e.get("id") in root.get("aria-labelledby").split()}
    assert len(named) == 2
    assert all(named.values())
    assert "31%" in named["a-desc"]


def test_a_hundred_people_stand_on_the_ladder() -> None:
    states = of_class(drawn(), "state")
    assert [len(feet(s)) for s in states] == [12, 31, 24, 18, 10, 5]


def test_higher_states_stand_higher() -> None:
    front = [max(feet(state)) for state in of_class(drawn(), "state")]
    assert front == sorted(front, reverse=True)
    assert len(set(front)) == len(front)


@given(arrays(float, 6, elements=st.floats(0, 1)).filter(lambda a: a.sum() > 0.01))
def test_out_of_hundred_adds_up_and_is_within_one(weights: np.ndarray) -> None:
    shares = weights / weights.sum()
    people = out_of_hundred(shares)
    assert sum(people) == 100
    assert np.all(np.abs(np.array(people) - 100 * shares) < 1.0 + 1e-6)


def test_bands_are_as_wide_as_people_are_many() -> None:
    flows = of_class(drawn(), "flow")
    people = np.array([float(f.get("data-people")) for f in flows])
    widths = np.array([float(of_class(f, "band")[0].get("stroke-width")) for f in flows])
    assert people.tolist() == [*UP, *DOWN]
    np.testing.assert_allclose(widths, people * widths.max() / people.max(), atol=PEN)


def test_up_is_drawn_right_and_down_left() -> None:
    root = drawn()
    starts = {
        side: [float(of_class(f, "band")[0].get("d").split(" ")[0][1:]) for f in of_class(root, side)]
        for side in ("flow--up", "flow--down")
    }
    assert min(starts["flow--up"]) > max(starts["flow--down"])


def test_notch_is_the_interval_on_the_scale_of_the_crowd() -> None:
    ends = []
    for state in of_class(drawn(), "state"):
        path = of_class(state, "interval")[0].get("d")
        ends.append((float(re.match(r"M([\d.]+)", path)[1]), float(re.search(r"H([\d.]+)", path)[1])))
    bounds = np.array([LOWER, UPPER]).T
    slope = (ends[1][1] - ends[1][0]) / (bounds[1, 1] - bounds[1, 0])
    np.testing.assert_allclose(np.array(ends), ends[0][0] + slope * (bounds - bounds[0, 0]), atol=4 * PEN)


def test_no_interval_no_notch() -> None:
    missing = [float("nan")] * 6
    assert not of_class(drawn(ci_lower=None, ci_upper=None), "interval")
    assert not of_class(drawn(ci_lower=missing, ci_upper=missing), "interval")


@pytest.mark.parametrize("language", ["en", "nl"])
def test_blocking_rung_is_marked_in_words_under_its_rung(language: str) -> None:
    root = drawn(language=language)
    mark = of_class(root, "blocking")[0]
    assert sentence("report.mark_blocking", language) in words(mark)
    height = float(mark.find(f"{SVG}rect").get("y"))
    states = of_class(root, "state")
    assert max(feet(states[3])) < height < min(feet(states[2]))
    assert RUNGS[3].name.say(language) in root.find(f"{SVG}desc").text.lower()


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_levels_carry_no_name_of_a_rung(language: str, layout: str) -> None:
    names = [r.name.say(language) for r in RUNGS]
    root = drawn(anchored=False, language=language, layout=layout, names=names)
    assert not of_class(root, "rung")
    assert not of_class(root, "blocking")
    everything = " ".join(root.itertext()).lower()
    assert not [name for name in names if name.lower() in everything]
    assert sentence("report.not_rungs", language) in words(root)


@pytest.mark.parametrize("layout", ["wide", "tall"])
@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("anchored", [True, False])
def test_words_are_large_enough_and_inside(layout: str, language: str, anchored: bool) -> None:
    many = [2_400_000.0, 1.0, 0.0, 34_567.0, 999.0]
    root = drawn(layout=layout, language=language, anchored=anchored, moved_up=many, moved_down=many)
    width = float(root.get("width"))
    shrink = PHONE if layout == "tall" else DESK
    for element in root.iter(f"{SVG}text"):
        parts = [(element.text or "", element.get("font-size"))]
        parts += [(s.text, s.get("font-size")) for s in element]
        sizes = [float(size or root.get("font-size")) for said, size in parts if said.strip()]
        assert min(sizes) * shrink >= 11
        length = sum(len(said) * LETTER * float(size or root.get("font-size")) for said, size in parts)
        x = float(element.get("x"))
        start = {"end": x - length, "middle": x - length / 2}.get(element.get("text-anchor"), x)
        assert start >= -1, words(root)
        assert start + length <= width + 1, "".join(element.itertext())


def test_nobody_moved_is_said() -> None:
    root = drawn(moved_up=[0.0] * 5, moved_down=[0.0] * 5)
    assert not of_class(root, "flow")
    assert sentence("report.nothing_moved") in words(root)


def test_names_are_escaped() -> None:
    names = ["<script>alert(1)</script>", 'b" onload="x', "c & d", "e", "f", "g"]
    svg = draw_ladder(SHARES, names=names)
    assert "<script" not in svg
    assert "C & d" in words(ET.fromstring(svg))


def test_same_input_gives_same_picture() -> None:
    assert draw_ladder(SHARES, **full) == draw_ladder(SHARES, **full)


def test_two_pictures_share_no_id() -> None:
    one, other = drawn(identity="one"), drawn(identity="other")
    ids = [{e.get("id") for e in root.iter() if e.get("id")} for root in (one, other)]
    assert not ids[0] & ids[1]
    targets = {u.get("href")[1:] for u in one.iter(f"{SVG}use")}
    assert targets <= ids[0]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_file_stands_alone(theme: str) -> None:
    alone = as_file(draw_ladder(SHARES, **full), theme)
    assert "var(" not in alone
    assert alone.count("http") == 1  # the name of the SVG language
    ET.fromstring(alone)


@pytest.mark.parametrize("n_states", [2, 3, 8])
def test_other_numbers_of_states(n_states: int) -> None:
    root = ET.fromstring(draw_ladder([1 / n_states] * n_states, blocking_rung=1))
    assert len(of_class(root, "state")) == n_states


def test_everybody_on_one_rung_stays_between_the_poles() -> None:
    root = drawn([0.0, 1.0, 0.0, 0.0, 0.0, 0.0], ci_lower=[0.0] * 6, ci_upper=[0.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    xs = [float(re.match(r"translate\(([\d.]+)", u.get("transform"))[1]) for u in root.iter(f"{SVG}use")]
    assert len(xs) == 100
    assert max(xs) < 716


@pytest.mark.parametrize(
    "wrong",
    [
        {"layout": "round"},
        {"moved_up": [1.0] * 6},
        {"ci_lower": [0.1]},
        {"names": ["a", "b"]},
    ],
)
def test_wrong_calls_are_named(wrong: dict) -> None:
    with pytest.raises(OptionError):
        draw_ladder(SHARES, **{**full, **wrong})


def test_no_states_is_a_wrong_call() -> None:
    with pytest.raises(OptionError, match="two states"):
        draw_ladder([])


@settings(max_examples=50)
@given(st.integers(2, 7).flatmap(lambda k: arrays(float, (k, k), elements=st.floats(0, 1000))))
def test_crossings_count_every_step_of_every_move(flows: np.ndarray) -> None:
    up, down = crossings(flows)
    k = len(flows)
    expected_up, expected_down = np.zeros(k - 1), np.zeros(k - 1)
    for i in range(k):
        for j in range(k):
            for step in range(min(i, j), max(i, j)):
                (expected_up if j > i else expected_down)[step] += flows[i, j]
    np.testing.assert_allclose(up, expected_up, atol=1e-6)
    np.testing.assert_allclose(down, expected_down, atol=1e-6)


def test_state_names_know_when_they_are_rungs() -> None:
    assert state_names(6, True, "nl")[5] == "Betrokkenheid"
    assert state_names(6, False, "nl")[5] == "Niveau 6"
    assert state_names(4, True, "en") == ("0", "1", "2", "3")
