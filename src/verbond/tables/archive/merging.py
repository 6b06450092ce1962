"""The merged tables that are diagnosed: what all imports say together.

Where a table has a key, the newest import that names the key and has the column decides, cell by cell. Where
it has none, a row is known by all of its cells and by its number among equal rows of one import: two equal
purchases in one export are two, and the same two in the next export are still two.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import duckdb
from sqlglot import exp

from verbond.results import Progress, ProgressFunction
from verbond.tables.archive.kept import KeptImport
from verbond.tables.archive.statements import copy_to, read_parquet, types_of, union
from verbond.tables.engines import DuckDBEngine
from verbond.tables.engines.arrays import SQL_TYPES, column_type_of
from verbond.tables.readers.sql import alias, call, cast, column, value
from verbond.tables.schema import TABLES, ColumnType

__all__ = ["merge"]

STEP = "tables.step_merge"
_ROWS = 1 << 40
"""More than one file can hold: `number * _ROWS + row` orders rows by import and then by place."""


def merge(
    engine: DuckDBEngine, folders: Mapping[Path, KeptImport], draft: Path, progress: ProgressFunction
) -> dict[str, int]:
    """Write the merged tables of imports, in the order of their numbers, to `draft`; returns rows a table."""
    found = {
        t: {k.number: f for p, k in folders.items() if (f := p / f"{t}.parquet").exists()} for t in TABLES
    }
    found = {t: files for t, files in found.items() if files}
    weights = {t: sum(k.n_rows.get(t, 0) for k in folders.values()) + 1 for t in found}
    n_rows, done = {}, 0
    for name, files in found.items():

        def tell(share: float, name: str = name, before: int = done) -> None:
            progress(Progress(STEP, (before + share * weights[name]) / sum(weights.values()), name))

        tell(0.0)
        place = draft / f"{name}.parquet"
        n_rows[name] = _merge_table(engine.connection, engine.folder, name, files, place, tell)
        done += weights[name]
    progress(Progress(STEP, 1.0))
    return n_rows


def _merge_table(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    name: str,
    files: Mapping[int, Path],
    place: Path,
    tell: Callable[[float], None],
) -> int:
    types = {number: types_of(connection, file) for number, file in files.items()}
    if len(files) == 1:
        (file,) = files.values()
        _link(file, place)
        count = exp.select("count(*)").from_(read_parquet(file))
        return int(connection.execute(count.sql("duckdb")).fetchone()[0])
    query = _newest(name, files, types) if TABLES[name].key else _most(files, types)
    made = folder / place.name
    n_rows = copy_to(connection, query, made, tell)
    shutil.move(made, place)
    return n_rows


def _newest(name: str, files: Mapping[int, Path], types: Mapping[int, Mapping[str, str]]) -> exp.Query:
    """The newest import decides; one row of it, should the key stand twice in it."""
    common = _common_types(types)
    key = [c for c in TABLES[name].key if c in common]
    parts = []
    for number, file in files.items():
        at = exp.Add(this=value(number * _ROWS), expression=column("file_row_number"))
        cells = _cells(common, types[number])
        parts.append(
            exp.select(*cells, alias(value(number), "@number"), alias(at, "@at")).from_(
                read_parquet(file, numbered=True)
            )
        )
    chosen = [column(c) if c in key else alias(_decided(c, types), c) for c in common]
    return exp.select(*chosen).from_(union(parts).subquery("every")).group_by(*map(column, key))


def _decided(name: str, types: Mapping[int, Mapping[str, str]]) -> exp.Expr:
    newest = call("arg_max_null", column(name), column("@at"))
    having = [number for number, columns in types.items() if name in columns]
    if len(having) == len(types):
        return newest
    known = exp.In(this=column("@number"), expressions=[value(number) for number in having])
    return exp.Filter(this=newest, expression=exp.Where(this=known))


def _most(files: Mapping[int, Path], types: Mapping[int, Mapping[str, str]]) -> exp.Query:
    """Each row as often as the import that has it most often."""
    common = _common_types(types)
    columns = [column(c) for c in common]
    count = alias(exp.Count(this=exp.Star()), "@n")
    parts = [
        exp.select(*map(column, common), count.copy())
        .from_(exp.select(*_cells(common, types[number])).from_(read_parquet(file)).subquery("cells"))
        .group_by(*map(column, common))
        for number, file in files.items()
    ]
    most = alias(exp.Max(this=column("@n")), "@n")
    once = exp.select(*columns, most).from_(union(parts).subquery("every")).group_by(*map(column, common))
    again = alias(call("unnest", call("range", column("@n"))), "@again")
    every = exp.select(*map(column, common), again).from_(once.subquery("once"))
    return exp.select(*map(column, common)).from_(every.subquery("again"))


def _cells(common: Mapping[str, str], here: Mapping[str, str]) -> list[exp.Expr]:
    return [alias(cast(column(c) if c in here else exp.null(), kind), c) for c, kind in common.items()]


def _common_types(types: Mapping[int, Mapping[str, str]]) -> dict[str, str]:
    """Columns of all imports, each of a type that holds what every import has in it."""
    found: dict[str, list[ColumnType]] = {}
    for columns in types.values():
        for c, kind in columns.items():
            found.setdefault(c, []).append(column_type_of(kind))
    return {c: SQL_TYPES[_widest(kinds)] for c, kinds in found.items()}


def _widest(kinds: Sequence[ColumnType]) -> ColumnType:
    seen = set(kinds)
    if len(seen) == 1:
        return kinds[0]
    if seen == {"integer", "number"}:
        return "number"
    return "timestamp" if seen == {"date", "timestamp"} else "text"


def _link(file: Path, place: Path) -> None:
    """The same file under a second name; files are replaced and never changed."""
    try:
        os.link(file, place)
    except OSError:
        shutil.copyfile(file, place)
