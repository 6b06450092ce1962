"""The map and the contour: what is drawn is what was found, in both languages, and the same every time."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from verbond.method import CIRCLE, RUNGS
from verbond.plots import draw_circle, draw_contour, draw_value_map
from verbond.values import Profiles, ResponseSurface, ValueCircle

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def found():
    rng = np.random.default_rng(3)
    angles = np.deg2rad([v.angle_degrees for v in CIRCLE])
    scores = np.cos(rng.uniform(0, 2 * np.pi, (200, 1)) - angles) + 0.5 * rng.normal(size=(200, 10))
    return ValueCircle(n_bootstrap=30).fit(Profiles(tuple(v.id for v in CIRCLE), scores, scores.mean(axis=1)))


@pytest.fixture(scope="module")
def surface():
    rng = np.random.default_rng(4)
    own, seen = rng.normal(size=(2, 400))
    return ResponseSurface().fit(own, seen, 5 - (own - seen) ** 2 + 0.1 * rng.normal(size=400))


@pytest.mark.parametrize("language", ["en", "nl"])
def test_map_has_a_dot_a_cloud_and_a_name_for_each_value(found, language: str) -> None:
    root = ET.fromstring(draw_value_map(found, language=language))
    words = [t.text for t in root.iter(f"{SVG}text")]
    assert sorted(words) == sorted(v.name.say(language) for v in CIRCLE)
    assert len(list(root.iter(f"{SVG}ellipse"))) == 10
    assert len(list(root.iter(f"{SVG}circle"))) == 11


def test_dots_stand_where_the_values_were_found(found) -> None:
    root = ET.fromstring(draw_value_map(found))
    dots = [(float(c.get("cx")), float(c.get("cy"))) for c in root.iter(f"{SVG}circle")][1:]
    for row, (x, y) in zip(found.values, dots, strict=True):
        clockwise = np.rad2deg(np.arctan2(x - 186, 150 - y)) % 360
        true = np.rad2deg(np.arctan2(row.y, row.x)) % 360
        assert abs((clockwise - true + 180) % 360 - 180) < 1


def test_names_of_the_map_do_not_lie_on_one_another(found) -> None:
    root = ET.fromstring(draw_value_map(found))
    for anchor in ("start", "end"):
        heights = sorted(float(t.get("y")) for t in root.iter(f"{SVG}text") if t.get("text-anchor") == anchor)
        assert all(np.diff(heights) >= 14.9)


def test_contour_is_darkest_along_the_match(surface) -> None:
    """The surface falls off on both sides of own = seen: the darkest band lies on the dashed line."""
    svg = draw_contour(surface, value=CIRCLE[0].name, outcome=RUNGS[3].name)
    paths = [p for p in ET.fromstring(svg).iter(f"{SVG}path") if p.get("fill-opacity")]
    assert len(paths) == 7
    darkest = max(paths, key=lambda p: float(p.get("fill-opacity")))
    for x, y in re.findall(r"M([\d.]+) ([\d.]+)h", darkest.get("d")):
        along, up = (float(x) - 62) / 236, 1 - (float(y) - 14) / 236
        assert along < up + 0.03  # a run begins left of the line
    assert "trust" in svg


@pytest.mark.parametrize("language", ["en", "nl"])
def test_contour_speaks_and_is_the_same_every_time(surface, language: str) -> None:
    told = {"value": CIRCLE[0].name, "outcome": RUNGS[3].name, "language": language}
    svg = draw_contour(surface, **told)
    assert svg == draw_contour(surface, **told)
    assert CIRCLE[0].name.say(language) in svg
    assert RUNGS[3].name.say(language) in svg
    assert ET.fromstring(draw_contour(surface, language=language)) is not None


def test_other_ends_of_the_circle() -> None:
    profile = {v.id: 10.0 * i for i, v in enumerate(CIRCLE)}
    centred = {key: score - 50 for key, score in profile.items()}
    drawn = draw_circle({"a": profile}), draw_circle({"a": centred}, ends=(-50, 50))
    one, other = (re.findall(r'd="(M[^"]+Z)"', svg) for svg in drawn)
    assert one == other != []
