"""The tables behind the report, and the folder that holds them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verbond.errors import OptionError
from verbond.ladder import MoveEffect
from verbond.ladder.model.movement import KINDS
from verbond.numerics.disclosure import hidden_groups
from verbond.reports import html_report, tables_behind, write_report, write_tables
from verbond.results import Estimate, sentence
from verbond.results.groups import MIN_GROUP
from verbond.results.wording import entries

LANGUAGES = ("en", "nl")


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12))
def test_hidden_groups_cannot_be_computed(sizes: list[int]) -> None:
    hidden = hidden_groups(sizes, 5)
    shown = [n for n, hide in zip(sizes, hidden, strict=True) if not hide]
    assert all(n >= MIN_GROUP for n in shown)
    rest = sum(sizes) - sum(shown)  # what subtraction tells
    assert not hidden.any() or rest >= MIN_GROUP or not shown


@given(st.lists(st.integers(5, 400), min_size=1, max_size=12))
def test_nothing_is_hidden_without_need(sizes: list[int]) -> None:
    assert not hidden_groups(sizes, 5).any()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_is_defined_and_filled(make_diagnosis, language: str) -> None:
    tables = tables_behind(make_diagnosis(), language)
    assert len({t.name for t in tables}) == len(tables) >= 15
    for table in tables:
        names = [c.name for c in table.columns]
        assert len(names) == len(set(names))
        assert all(c.label and c.definition for c in table.columns)
        assert all(set(row) <= set(names) for row in table.rows), table.name
        assert table.shown_columns


def test_names_of_columns_are_the_same_in_both_languages(make_diagnosis) -> None:
    english, dutch = (tables_behind(make_diagnosis(), lang) for lang in LANGUAGES)
    assert [[c.name for c in t.columns] for t in english] == [[c.name for c in t.columns] for t in dutch]
    assert [t.caption for t in english] != [t.caption for t in dutch]


def test_every_label_of_the_wording_is_used(make_diagnosis, make_ladder) -> None:
    said = {c.label for t in tables_behind(make_diagnosis()) for c in t.columns}
    levels = make_diagnosis(ladder=make_ladder(anchored=False))
    said |= {c.label for t in tables_behind(levels) for c in t.columns}
    labels = {k: v for k, v in entries("en").items() if k.startswith("report.label_") and "{" not in v}
    assert [code for code, label in labels.items() if label not in said] == []


def test_folder_holds_the_figures_of_the_result(make_diagnosis, tmp_path: Path) -> None:
    diagnosis = make_diagnosis()
    written = write_tables(diagnosis, tmp_path / "new" / "tables")
    assert written[-1].name == "README.md"
    ladder = read(tmp_path / "new" / "tables" / "ladder.csv")
    got = [float(row["share"]) for row in reversed(ladder)]
    np.testing.assert_allclose(got, diagnosis.ladder.shares[-1], rtol=1e-5)  # six digits are written
    shares = read(tmp_path / "new" / "tables" / "shares.csv")
    assert [row["period"] for row in shares] == [str(p) for p in diagnosis.ladder.periods]
    assert shares[0]["moved_up"] == ""
    np.testing.assert_allclose(
        [float(r["moved_up"]) for r in shares[1:]], diagnosis.ladder.moved_up, rtol=1e-5
    )


@pytest.mark.parametrize(
    ("anchored", "first", "last"), [(True, "rung_0", "rung_5"), (False, "level_1", "level_6")]
)
def test_states_are_numbered_alike_in_every_file(
    make_diagnosis, make_ladder, tmp_path: Path, anchored: bool, first: str, last: str
) -> None:
    ladder = make_ladder(anchored=anchored, blocking_rung=None)
    write_tables(make_diagnosis(ladder=ladder), tmp_path)
    kind, number = first.split("_")
    assert read(tmp_path / "ladder.csv")[-1][kind] == number
    before = {"states": "", "transitions": "to_", "shares": "share_", "segments": "share_"}
    for name, prefix in before.items():
        rows = read(tmp_path / f"{name}.csv")
        assert {prefix + first, prefix + last} <= set(rows[0])
        assert not {f"{prefix}0", f"{prefix}level_0", "state_0"} & set(rows[0])
    shares = read(tmp_path / "shares.csv")
    np.testing.assert_allclose(float(shares[-1][f"share_{last}"]), ladder.shares[-1, -1], rtol=1e-5)


def test_formulas_get_an_apostrophe(make_diagnosis, make_ladder, make_segments, tmp_path: Path) -> None:
    ladder = make_ladder(segments=make_segments(4000, 3000, 990, 10))
    write_tables(make_diagnosis(ladder=ladder), tmp_path)
    names = [row["segment"] for row in read(tmp_path / "segments.csv")]
    assert names == ["north", "'=south", "<east>", "west"]


def test_negative_numbers_stay_numbers(make_diagnosis, tmp_path: Path) -> None:
    write_tables(make_diagnosis(), tmp_path)
    differences = [float(row["difference"]) for row in read(tmp_path / "values.csv")]
    assert min(differences) < 0


def test_small_groups_are_not_in_files_either(make_diagnosis, tmp_path: Path) -> None:
    write_tables(make_diagnosis(), tmp_path)
    everything = "".join(f.read_text("utf-8") for f in tmp_path.iterdir())
    assert "west" not in everything
    assert "<east>" not in everything
    assert "990" not in [row["n_customers"] for row in read(tmp_path / "segments.csv")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_readme_defines_every_column_of_every_file(make_diagnosis, tmp_path: Path, language: str) -> None:
    written = write_tables(make_diagnosis(name="# A *company*"), tmp_path, language=language)
    readme = written[-1].read_text("utf-8")
    assert sentence("report.readme_simulated", language) in readme
    assert "\\# A \\*company\\*" in readme
    for file in written[:-1]:
        part = readme.split(f"## {file.name}\n", 1)[1].split("\n## ", 1)[0]
        head = file.read_text("utf-8").splitlines()[0].split(",")
        assert [name for name in head if f"- `{name}`: " not in part] == []


def test_a_bare_diagnosis_still_writes_its_steps(make_diagnosis, tmp_path: Path) -> None:
    gone = ("survey", "ladder", "intentions", "effort", "check", "values", "trial", "expressions", "effects")
    bare = make_diagnosis(**dict.fromkeys(gone), findings=())
    names = [file.name for file in write_tables(bare, tmp_path)]
    assert names == ["steps.csv", "unsaid.csv", "README.md"]


def test_every_kind_of_move_has_a_name(make_diagnosis, make_ladder) -> None:
    """Also those of a ladder with silent leavers, and of one with jumps."""
    kinds = {*KINDS, "higher"}
    effects = tuple(MoveEffect("letter", kind, None, Estimate(0.5, 0.2, 0.8, 900)) for kind in kinds)
    page = html_report(make_diagnosis(ladder=make_ladder(effects=effects)), "nl")
    assert "Weggaan zonder iets te zeggen" in page
    assert "Hoger staan" in page


def test_report_and_tables_stand_in_one_folder(make_diagnosis, tmp_path: Path) -> None:
    page = write_report(make_diagnosis(), tmp_path / "out", language="nl")
    assert page == tmp_path / "out" / "report.html"
    assert '<html lang="nl">' in page.read_text("utf-8")
    assert (tmp_path / "out" / "tables" / "README.md").exists()


def test_a_file_is_no_folder(make_diagnosis, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(OptionError, match="expected a folder"):
        write_tables(make_diagnosis(), file)
