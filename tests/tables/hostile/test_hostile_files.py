"""Whatever a file holds: an error that says what and where, or refusals that add up; nothing is lost."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest
from hostile_files import CASES, CUSTOMERS, GOOD, HEAD, TODAY, Case, Fails, Keeps

from verbond.errors import DataError, ReadError, VerbondError
from verbond.tables import open_tables
from verbond.tables.checks import TablesCheck


def put(folder: Path, case: Case) -> Path:
    for name, content in case.make().items():
        (folder / name).write_bytes(content)
    return folder


def codes(check: TablesCheck, table: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for group in check.refused:
        if group.table == table:
            counts[group.code] += group.n_rows
    return dict(counts)


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_hostile(case: Case, tmp_path: Path) -> None:
    folder = put(tmp_path, case)
    if isinstance(case.outcome, Fails):
        with pytest.raises(case.outcome.error, match=f"(?s){case.outcome.saying}") as caught:
            open_tables(folder, today=TODAY, **case.options)
        assert len(str(caught.value)) < 1000
        return
    with open_tables(folder, today=TODAY, **case.options) as tables:
        assert tables.n_rows(case.outcome.table) == case.outcome.rows
        assert codes(tables.check, case.outcome.table) == dict(case.outcome.refused)
        assert tables.check.table(case.outcome.table).n_blank == case.outcome.blank
        adds_up(tables.check)
        written(tables.check, tmp_path / "refusals.csv")


def adds_up(check: TablesCheck) -> None:
    for file in check.files:
        assert file.n_rows == file.n_kept + file.n_refused + file.n_blank
    for table in check.tables:
        files = [file for file in check.files if file.table == table.table]
        assert table.n_rows == sum(file.n_kept for file in files)
        assert table.n_refused == sum(file.n_refused for file in files)
        assert table.n_refused == sum(codes(check, table.table).values())


def written(check: TablesCheck, path: Path) -> None:
    """The file of refusals holds all of them, and nothing that a spreadsheet would run."""
    n = check.write_refusals(path, "nl")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == n
    assert sum(int(row["rows"]) for row in rows) == check.n_refused
    cells = [cell for row in rows for cell in row.values() if cell[:1] in ("=", "+", "-", "@")]
    assert all(re.fullmatch(r"-\d+([.,]\d+)?", cell) for cell in cells), "only a number begins so"
    assert all(row["reason"] and int(row["line"]) >= 1 for row in rows)


@pytest.mark.parametrize(
    "case", [c for c in CASES if isinstance(c.outcome, Keeps) and c.outcome.refused], ids=lambda c: c.name
)
def test_strictness_raises_at_the_first(case: Case, tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"line \d+"):
        open_tables(put(tmp_path, case), today=TODAY, strict=True, **case.options)


def test_link_out_of_the_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_bytes(HEAD + GOOD)
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "customers.csv").write_bytes(CUSTOMERS)
    (folder / "events.csv").symlink_to(outside)
    with pytest.raises(ReadError, match="leads out of the folder"):
        open_tables(folder)


def test_link_inside_the_folder(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_bytes(CUSTOMERS)
    (tmp_path / "export.csv").write_bytes(HEAD + GOOD)
    (tmp_path / "events.csv").symlink_to("export.csv")
    with open_tables(tmp_path, today=TODAY) as tables:
        assert tables.n_rows("events") == 2


def test_an_error_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    data = tmp_path / "data"
    data.mkdir()
    (data / "events.csv").write_bytes(b"customer_id,occurred_at\n")
    with pytest.raises(VerbondError):
        open_tables(data)
    assert not list(temporary.iterdir())


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no folder"):
        open_tables(tmp_path / "nowhere")


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="found no file"):
        open_tables(tmp_path)
