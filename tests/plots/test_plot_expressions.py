"""Shares side by side, circles and months: what is drawn is what was given, to one measure."""

from __future__ import annotations

import datetime as dt
from xml.etree import ElementTree as ET

import pytest

from verbond.errors import OptionError
from verbond.method import CIRCLE
from verbond.plots import (
    CircleSide,
    MonthLine,
    ShareCell,
    ShareColumn,
    ShareRow,
    draw_circles,
    draw_month_lines,
    draw_share_grid,
)
from verbond.results import Estimate

SVG = "{http://www.w3.org/2000/svg}"
ROWS = (
    ShareRow("Market <1>", (ShareCell(None, word="promised", is_good=True), ShareCell(0.6, 0.4, 0.8), None)),
    ShareRow("Meaning", (None, ShareCell(0.3, 0.2, 0.5), ShareCell(0.0, 0.0, 0.1)), colour="rung-3"),
)
COLUMNS = (ShareColumn("Promise"), ShareColumn("Marketing"), ShareColumn("Service"))


def words(svg: str) -> list[str]:
    return ["".join(one.itertext()) for one in ET.fromstring(svg).iter(f"{SVG}text")]


@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_bars_are_as_long_as_their_shares(layout: str) -> None:
    root = ET.fromstring(draw_share_grid(ROWS, COLUMNS, title="t", layout=layout))
    for cell in (one for one in root.iter(f"{SVG}g") if "data-value" in one.attrib):
        track, bar = cell.findall(f"{SVG}rect")
        share = float(cell.attrib["data-value"])
        assert float(bar.attrib["width"]) == pytest.approx(share * float(track.attrib["width"]), abs=0.02)
    assert len(root.findall(f".//{SVG}path[@class='interval']")) == 3


def test_every_figure_is_said_to_who_does_not_see_it() -> None:
    said = ET.fromstring(draw_share_grid(ROWS, COLUMNS, title="t", unknown="?")).find(f"{SVG}desc")
    assert said is not None
    assert said.text == (
        "Market <1>: Promise promised, Marketing 60% (40–80%), Service ?; "
        "Meaning: Promise ?, Marketing 30% (20–50%), Service 0% (0–10%)."
    )


def test_what_is_blank_takes_no_line_on_a_phone() -> None:
    blank = ShareRow("Market", (ShareCell(None, word=" "), ShareCell(0.6, 0.4, 0.8), ShareCell(0.1)))
    drawn = words(draw_share_grid([blank], COLUMNS, title="t", layout="tall"))
    assert drawn == ["Market", "Marketing", "60%", "Service", "10%"]


def test_names_that_are_too_long_are_cut() -> None:
    long = ShareRow("An awfully long name of a department that goes on", (ShareCell(0.5),))
    drawn = words(draw_share_grid([long], [ShareColumn("x")], title="t"))
    assert drawn[1].startswith("An awfully")
    assert drawn[1].endswith("…")


@pytest.mark.parametrize(
    "cells", [(ShareCell(1.2),), (ShareCell(0.5, 0.6, 0.7),), (ShareCell(float("nan")),), ()]
)
def test_what_is_no_share_is_refused(cells: tuple[ShareCell, ...]) -> None:
    with pytest.raises(OptionError):
        draw_share_grid([ShareRow("x", cells)], [ShareColumn("y")], title="t")


def test_circles_have_one_measure_and_light_what_is_promised() -> None:
    shares = {v.id: Estimate(0.1, 0.05, 0.7) for v in CIRCLE} | {"power": Estimate(0.35, 0.3, 0.4)}
    sides = [
        CircleSide("Promise", {}),
        CircleSide("Marketing", shares),
        CircleSide("Service", {"power": shares["power"]}),
    ]
    root = ET.fromstring(draw_circles(sides, ["benevolence"], title="t", language="en"))
    assert len(root.findall(".//*[@data-value='benevolence']")) == len(sides)
    assert len(root.findall(".//*[@class='profile']")) == 2
    drawn = words(draw_circles(sides, ["benevolence"], title="t"))
    assert drawn.count("40%") == 2  # the rim: the next round share above .35, on both circles with figures
    rim = 92.0
    for line in root.findall(".//*[@class='interval']"):
        x, y = float(line.attrib["x2"]) - 186, float(line.attrib["y2"]) - 132
        assert (x * x + y * y) ** 0.5 <= rim + 0.1
    with pytest.raises(OptionError):
        draw_circles(sides, ["kindness"], title="t")


@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_what_is_unknown_is_a_gap(layout: str) -> None:
    months = tuple(
        (dt.date(2025 + k // 12, k % 12 + 1, 1), Estimate(None) if k == 3 else Estimate(0.3, 0.2, 0.4))
        for k in range(14)
    )
    root = ET.fromstring(draw_month_lines([MonthLine("Market", months, "changed")], title="t", layout=layout))
    bands = root.findall(f".//{SVG}path[@class='interval']")
    assert len(bands) == 2
    assert len(root.findall(f".//{SVG}circle")) == 13
    dates = [one for one in words(ET.tostring(root, encoding="unicode")) if "2025" in one or "2026" in one]
    assert dates[0].endswith("2026")  # counted back from the last month


def test_one_month_is_no_line() -> None:
    with pytest.raises(OptionError):
        draw_month_lines([MonthLine("x", ((dt.date(2025, 1, 1), Estimate(0.5)),))], title="t")
