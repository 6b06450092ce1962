"""Charts carry the figures of the result, in the house's colours, and say what is missing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import numpy as np
import pytest

from verbond.errors import MissingExtraError
from verbond.ladder import SegmentShares
from verbond.plots import chart_intentions, chart_segments, chart_shares_over_time, to_svg
from verbond.results import Estimate

PERIODS = np.array(["2025-03-01", "2025-04-01", "2025-05-01"], dtype="datetime64[D]")
SHARES = np.array(
    [[0.5, 0.3, 0.1, 0.05, 0.03, 0.02], [0.4] * 2 + [0.05] * 4, [0.3, 0.3, 0.2, 0.1, 0.06, 0.04]]
)
LADDER = SimpleNamespace(  # what the chart reads of a LadderResult
    anchored=True, n_states=6, periods=PERIODS, shares=SHARES, shares_ci_lower=SHARES - 0.01,
    shares_ci_upper=SHARES + 0.01,
)  # fmt: skip
SEGMENTS = [
    SegmentShares("region", value, n, SHARES[i], SHARES[i] - 0.01, SHARES[i] + 0.01)
    for i, (value, n) in enumerate((("north", 1200), ("<south>", 40)))
]
INTENTIONS = SimpleNamespace(
    gaps=(
        SimpleNamespace(behaviour="referred", intended=Estimate(0.4), done=Estimate(0.1, 0.08, 0.13)),
        SimpleNamespace(behaviour="stayed", intended=Estimate(0.8), done=Estimate(0.9, 0.85, 0.93)),
    )
)


def rows(chart) -> list[dict]:
    spec = chart.to_dict()
    found = list(spec.get("datasets", {}).values())
    stack = [spec]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            if isinstance(node.get("data"), dict) and "values" in node["data"]:
                found.append(node["data"]["values"])
            stack += node.values()
        elif isinstance(node, list):
            stack += node
    return found[0]


def test_every_share_is_in_the_chart_over_time() -> None:
    got = {(r["period"], r["state"]): r["share"] for r in rows(chart_shares_over_time(LADDER, "nl"))}
    assert got == {(str(p), k): SHARES[t, k] for t, p in enumerate(PERIODS) for k in range(6)}


def test_every_share_is_in_the_chart_of_segments() -> None:
    got = rows(chart_segments(SEGMENTS))
    assert [r["share"] for r in got] == [*SHARES[0], *SHARES[1]]
    assert got[0]["segment"] == "north (1,200)"


def test_said_and_done_are_in_the_chart_of_intentions() -> None:
    assert [r["share"] for r in rows(chart_intentions(INTENTIONS, "nl"))] == [0.4, 0.1, 0.8, 0.9]


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("make", [chart_shares_over_time, chart_segments, chart_intentions])
def test_svg_takes_part_in_the_page(make, language: str) -> None:
    pytest.importorskip("vl_convert")
    data = {chart_shares_over_time: LADDER, chart_segments: SEGMENTS, chart_intentions: INTENTIONS}[make]
    svg = to_svg(make(data, language), title="a <title>", description="b & c", identity="x", layout="tall")
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "x-title x-desc"
    assert "var(--colour-" in svg
    assert re.findall(r'(?:fill|stroke)="#[0-9a-fA-F]+"', svg) == []  # every colour follows the page
    assert "style=" not in svg  # which the page's policy would drop
    assert svg == to_svg(
        make(data, language), title="a <title>", description="b & c", identity="x", layout="tall"
    )
    sizes = [float(s) for s in re.findall(r'font-size="([\d.]+)px"', svg)]
    assert min(sizes) >= 12


def test_months_are_written_in_the_language() -> None:
    pytest.importorskip("vl_convert")
    dutch, english = (
        to_svg(chart_shares_over_time(LADDER, lang), title="t", description="d", identity="x")
        for lang in ("nl", "en")
    )
    assert "mrt" in dutch
    assert "Mar" in english


def test_months_do_not_depend_on_the_clock_of_the_machine() -> None:
    code = (
        "import vl_convert, json, sys; spec = json.load(sys.stdin); print(vl_convert.vegalite_to_svg(spec))"
    )
    pytest.importorskip("vl_convert")
    spec = json.dumps(chart_shares_over_time(LADDER).to_dict())
    drawn = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=spec,
            env=os.environ | {"TZ": zone},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for zone in ("America/Los_Angeles", "Pacific/Auckland")
    }
    assert len(drawn) == 1


def test_without_the_extra_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(MissingExtraError, match="reports"):
        to_svg(chart_segments(SEGMENTS), title="t", description="d", identity="x")
