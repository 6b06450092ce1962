"""The ladder over time and per segment: lengths and heights are the shares, gaps stay gaps."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest

from verbond.errors import OptionError
from verbond.plots import draw_segments, draw_shares_over_time

MONTHS = np.arange("2025-10", "2026-02", dtype="datetime64[M]").astype("datetime64[D]")
SHARES = np.array([[0.2, 0.8], [0.4, 0.6], [0.3, 0.7], [0.5, 0.5]])
TOLERANCE = 0.06
"""Pixels: coordinates are written with one decimal."""


def ladder(shares: np.ndarray = SHARES, half: float = 0.1) -> SimpleNamespace:
    return SimpleNamespace(
        n_states=2,
        anchored=False,
        periods=MONTHS[: len(shares)],
        shares=shares,
        shares_ci_lower=shares - half,
        shares_ci_upper=shares + half,
    )


def segment(value: str, *shares: float, half: float = 0.05) -> SimpleNamespace:
    at = np.array(shares)
    return SimpleNamespace(
        attribute="age_band", value=value, n_customers=1200, shares=at, ci_lower=at - half, ci_upper=at + half
    )


def strip(svg: str, state: int) -> str:
    found = re.search(rf'<g class="strip" data-state="{state}">(.*?)</g>', svg)
    assert found
    return found[1]


def points(path: str) -> np.ndarray:
    return np.array([[float(n) for n in pair.split()] for pair in re.split("[ML]", path.strip("MZ"))])


def lines(inside: str) -> list[np.ndarray]:
    return [
        points(d)
        for d in re.findall(r'<path d="([^"]+)" fill="none" stroke="[^"]+" stroke-width="2.2"', inside)
    ]


@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_heights_are_shares_between_nothing_and_the_top_of_the_axis(layout: str) -> None:
    """The axis says where 0% and its top lie; every point of the line lies in between by its share."""
    inside = strip(draw_shares_over_time(ladder(), title="t", layout=layout), 0)
    axis = [float(y) for y in re.findall(r"M[\d.]+ ([\d.]+)H", inside)]
    base, top = axis[0], axis[-1]
    end = int(re.findall(r">(\d+)%</text>", inside)[1]) / 100
    (line,) = lines(inside)
    assert line[:, 1] == pytest.approx(base - (base - top) * SHARES[:, 0] / end, abs=TOLERANCE)
    (band,) = (points(d) for d in re.findall(r'<path d="([^"]+)" class="interval"', inside))
    assert band[:4, 1] == pytest.approx(base - (base - top) * (SHARES[:, 0] + 0.1) / end, abs=TOLERANCE)
    assert band[4:, 1][::-1] == pytest.approx(base - (base - top) * (SHARES[:, 0] - 0.1) / end, abs=TOLERANCE)


def test_an_unknown_period_is_a_gap() -> None:
    shares = np.vstack([SHARES, SHARES])[:4].copy()
    shares[1] = np.nan
    assert [len(line) for line in lines(strip(draw_shares_over_time(ladder(shares), title="t"), 1))] == [1, 2]


@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_bars_are_as_long_as_shares_and_intervals_end_where_they_end(layout: str) -> None:
    given = [segment("18-34", 0.2, 0.5, 0.3), segment("65+", 0.6, 0.1, 0.3)]
    svg = draw_segments(given, title="t", anchored=False, layout=layout)
    bars = re.findall(
        r'<rect x="([\d.]+)" y="[^"]+" width="([\d.]+)" height="12" [^>]*data-share="([\d.]+)"', svg
    )
    shares = np.concatenate([s.shares for s in given])
    assert [float(share) for *_, share in bars] == pytest.approx(shares)
    unit = float(bars[0][1]) / 0.2
    assert [float(width) for _, width, _ in bars] == pytest.approx(unit * shares, abs=TOLERANCE)
    drawn = " ".join(re.findall(r'd="([^"]+)" fill="none" class="interval"', svg))
    ends = re.findall(r"M([\d.]+) [\d.]+v8M[\d.]+ [\d.]+H([\d.]+)", drawn)
    left = np.array([float(x) for x, *_ in bars])
    assert [float(low) for low, _ in ends] == pytest.approx(left + unit * (shares - 0.05), abs=TOLERANCE)
    assert [float(high) for _, high in ends] == pytest.approx(left + unit * (shares + 0.05), abs=TOLERANCE)


def test_words_of_strangers_stay_words() -> None:
    svg = draw_segments([segment("<script>&", 0.5, 0.5)], title="<t>", anchored=False)
    assert "<script" not in svg
    assert "&lt;script&gt;&amp;" in svg


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(OptionError, match="over time"):
        draw_shares_over_time(ladder(SHARES[:1]), title="t")
    with pytest.raises(OptionError, match="no segments"):
        draw_segments([], title="t")
    with pytest.raises(OptionError, match="layout"):
        draw_segments([segment("a", 0.5, 0.5)], title="t", layout="round")  # type: ignore[arg-type]
