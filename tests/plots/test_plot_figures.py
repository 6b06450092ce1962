"""What `result.plot()` and `result.to_frame()` give: the rows of the result, and a picture of them."""

import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import verbond
from verbond.errors import OptionError
from verbond.plots import Figure, kinds_of
from verbond.tables.simulate import simulate


@pytest.fixture(scope="module")
def ladder():
    company = simulate("zonnewende", 300, seed=4)
    return verbond.Ladder(n_states=3, segments=("region",), n_starts=1).fit(company.open())


def test_the_ladder_is_drawn_with_its_table(ladder, tmp_path):
    shown = ladder.plot(language="nl")
    assert isinstance(shown, Figure)
    page = ET.fromstring(f"<div>{shown._repr_html_()}</div>")
    assert page.find("figure").get("lang") == "nl"
    assert len(page.findall(".//tbody/tr")) == len(ladder.to_dicts())
    assert "var(--" not in shown.svg
    assert ET.parse(shown.save(tmp_path / "ladder.svg")).getroot().tag.endswith("svg")
    assert shown.save(tmp_path / "ladder.png").read_bytes().startswith(b"\x89PNG")
    assert shown.save(tmp_path / "ladder.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(OptionError, match=r"\.svg, \.png, \.pdf"):
        shown.save(tmp_path / "ladder.doc")


def test_charts_hold_the_figures_of_the_result(ladder):
    spec = ladder.plot("time").to_dict()
    rows = spec["data"]["values"]
    assert sum(row["share"] for row in rows) == pytest.approx(len(ladder.periods))
    found = {(row["period"], row["state"]): row["share"] for row in rows}
    for t, period in enumerate(ladder.periods):
        for k in range(ladder.n_states):
            assert found[str(period)[:10], k] == ladder.shares[t, k]


def test_what_has_no_picture_says_what_has():
    check = simulate("zonnewende", 60, seed=4).open().check
    with pytest.raises(OptionError, match="LadderResult"):
        check.plot()
    assert kinds_of(check) == ()


def test_another_picture_than_there_are(ladder):
    with pytest.raises(OptionError, match="'ladder' or 'time' or 'segments'"):
        ladder.plot("pie")


@pytest.mark.parametrize(
    ("backend", "kind"), [("polars", pl.DataFrame), ("pandas", pd.DataFrame), ("pyarrow", pa.Table)]
)
def test_a_frame_of_each_library_holds_the_rows(ladder, backend, kind):
    frame = ladder.to_frame(backend)
    assert isinstance(frame, kind)
    rows = ladder.to_dicts()
    assert np.asarray(frame["share"]).tolist() == [row["share"] for row in rows]
    assert list(getattr(frame, "column_names", getattr(frame, "columns", ()))) == list(rows[0])


def test_an_unknown_frame(ladder):
    with pytest.raises(OptionError, match="polars, pandas, pyarrow"):
        ladder.to_frame("excel")
