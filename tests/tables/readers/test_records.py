"""Records of text files: what Python's csv module writes comes back, and damage stays where it is."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verbond.tables.engines import DuckDBEngine
from verbond.tables.readers.delimited import land_text
from verbond.tables.readers.encoding import examine
from verbond.tables.readers.landing import Landed, Source, Workbench
from verbond.tables.readers.records import Dialect, read_records, structure, write_clean

HEADER = ["customer_id", "name", "note"]
CELLS = st.text(st.sampled_from("abé;, '\"\n\t|=-.0€"), max_size=8)
ROWS = st.lists(st.tuples(st.text("ab1", min_size=1, max_size=3), CELLS, CELLS), max_size=12)
FEW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(rows: list[tuple[str, ...]], separator: str, end: str, *, every: bool) -> str:
    buffer = io.StringIO()
    writer = csv.writer(
        buffer, delimiter=separator, lineterminator=end, quoting=csv.QUOTE_ALL if every else csv.QUOTE_MINIMAL
    )
    writer.writerows([HEADER, *rows])
    return buffer.getvalue()


def landed(path: Path, bench: Workbench) -> Landed:
    def recognise(source: Source) -> object:
        return lambda cells: (sum(c in HEADER for c in cells), list(cells) == HEADER)

    return land_text(bench, [Source(path.name, "customers", "text", path)], recognise)[0]


def bare(cell: str) -> str | None:
    """As the readers keep a cell: no blanks around it, NULL for nothing."""
    return cell.strip(" \t\r\n") or None


@FEW
@given(
    rows=ROWS,
    separator=st.sampled_from(",;\t|"),
    every=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-16"]),
)
def test_what_csv_writes_comes_back(
    tmp_path: Path, rows: list[tuple[str, ...]], separator: str, every: bool, encoding: str
) -> None:
    text = written(rows, separator, "\n", every=every)
    path = tmp_path / "customers.csv"
    path.write_bytes(text.encode(encoding))
    with DuckDBEngine([path]) as engine, engine.connection.cursor() as cursor:
        found = landed(path, Workbench(cursor, engine.folder))
        part = found.parts[0]
        read = cursor.execute(found.query.sql("duckdb")).fetchall()
    assert not part.broken
    assert [tuple(map(bare, (c or "" for c in row[2:]))) for row in read] == [
        tuple(map(bare, r)) for r in rows
    ]
    first = text.split("\n", 1)[1]
    starts, line = [], 2
    for record in (
        io.StringIO(first).readlines() if not every and "\n" not in "".join(map("".join, rows)) else ()
    ):
        starts.append(line)
        line += record.count("\n")
    if starts:
        assert part.lines(np.arange(len(rows))).tolist() == starts or encoding != "utf-8"


@FEW
@given(text=st.text(st.sampled_from('ab,"\n\r '), max_size=60))
def test_every_line_is_accounted_for(tmp_path: Path, text: str) -> None:
    """Whatever a file holds: lines of records rise, each line is in one record, and both passes agree."""
    path = tmp_path / "any.csv"
    path.write_text("x,y\n" + text, "utf-8", newline="")
    form = examine(path, path.name)
    dialect = Dialect(",", header=("x", "y"), n_header_lines=1)
    records = list(read_records(path, form, dialect))
    lines = [record.line for record in records]
    assert lines == sorted(set(lines))
    n_lines = len(io.StringIO("x,y\n" + text, newline="").readlines())
    assert all(1 < line <= n_lines for line in lines)
    if n_lines > 1:
        assert lines[0] == 2
    found, copied = structure(path, form, dialect), write_clean(path, form, dialect, tmp_path / "clean.csv")
    assert (found.n_records, found.n_blank, found.broken) == (copied.n_records, copied.n_blank, copied.broken)
    assert found.n_records + found.n_blank + len(found.broken) == len(records)


def test_a_stray_quote_costs_one_line(tmp_path: Path) -> None:
    """However far the next quote is."""
    path = tmp_path / "customers.csv"
    rows = [f'c{k},"n{k}",x' for k in range(500)]
    rows[250] = 'c250,"n250,x'
    path.write_text("\n".join([",".join(HEADER), *rows]) + "\n", "utf-8")
    dialect = Dialect(",", header=tuple(HEADER), n_header_lines=1)
    found = structure(path, examine(path, path.name), dialect)
    assert found.n_records == 499
    assert [(r.line, r.problem) for r in found.broken] == [(252, "stray_quote")]


@pytest.mark.parametrize("n_rows", [10, 100_000])
def test_lines_after_quoted_line_breaks(tmp_path: Path, n_rows: int) -> None:
    path = tmp_path / "customers.csv"
    rows = [f"c{k},n,x" for k in range(n_rows)]
    rows[3] = 'c3,"two\nlines",x'
    path.write_text("\n".join([",".join(HEADER), *rows]) + "\n", "utf-8")
    with DuckDBEngine([path]) as engine, engine.connection.cursor() as cursor:
        part = landed(path, Workbench(cursor, engine.folder)).parts[0]
        assert part.lines(np.array([0, 3, 4, n_rows - 1])).tolist() == [2, 5, 7, n_rows + 2]
