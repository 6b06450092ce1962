"""One row a unit of an experiment: which arm it was in and what came of it, ready for aggregates.

A file is read as `ColumnFile` reads it. Parquet stays where it is; text is read once, only the columns that
are asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from sqlglot import exp

from verbond.errors import NotFoundError, ReadError
from verbond.tables.column_file import ColumnFile
from verbond.tables.engines import DuckDBEngine, Engine
from verbond.tables.readers.landing import ROW
from verbond.tables.readers.sql import alias, call, cast, column, run, table
from verbond.tables.readers.stored import frame_columns

__all__ = ["Units", "open_units"]

_TABLE = "units"
_NUMBERS = ("DOUBLE", "FLOAT", "DECIMAL", "BOOLEAN", "INT", "HUGEINT")


class Units:
    """Rows of units in an engine, some columns read as numbers and some as text; a context manager.

    Parameters
    ----------
    engine : Engine
    rows : sqlglot query
        The columns that were asked for, under their own names: numbers as DOUBLE, texts as VARCHAR.
    name : str
        What the user calls the data.
    numbers, texts : tuple of str
    owned : object with `close`, optional
        Closed together with this.
    fingerprint : str
        Hash of the content; "" where it was not taken.
    """

    def __init__(
        self,
        engine: Engine,
        rows: exp.Query,
        name: str,
        numbers: Sequence[str],
        texts: Sequence[str],
        owned: Any = None,
        fingerprint: str = "",
    ) -> None:
        self.engine, self._rows, self.name, self.fingerprint = engine, rows, name, fingerprint
        self.numbers, self.texts = tuple(numbers), tuple(texts)
        self._owned = owned

    @property
    def rows(self) -> exp.Query:
        """A query of the rows; a copy."""
        return self._rows.copy()

    def fetch(self, *names: str) -> dict[str, Any]:
        """Some columns as arrays, in the order of the rows."""
        return self.engine.fetch(exp.select(*map(column, names)).from_(self.rows.subquery("units_")))

    def close(self) -> None:
        """Give back memory and temporary files."""
        if self._owned is not None:
            self._owned.close()

    def __enter__(self) -> Units:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @classmethod
    def of_table(cls, engine: Engine, name: str, numbers: Sequence[str], texts: Sequence[str]) -> Units:
        """Rows of a table that an engine holds already.

        Raises
        ------
        NotFoundError
            If a column is not there.
        """
        types = engine.columns(name)
        _check_there(name, list(types), [*numbers, *texts])
        picked = [_as(column(c), "DOUBLE", types[c] == "number", c) for c in numbers]
        picked += [_as(column(c), "VARCHAR", types[c] == "text", c) for c in texts]
        return cls(engine, exp.select(*picked).from_(table(name)), name, numbers, texts)


def _as(expression: exp.Expr, sql_type: str, is_so: bool, name: str) -> exp.Expr:
    return alias(expression if is_so else cast(expression, sql_type), name)


def open_units(source: Any, numbers: Sequence[str], texts: Sequence[str]) -> Units:
    """Open a file, or columns in memory, of one row a unit.

    Parameters
    ----------
    source : path, Units, mapping of arrays or frame
        CSV, TSV, Parquet, XLSX or SAV with a header; or a mapping of names to arrays; or a pandas, polars or
        pyarrow frame. `Units` are given back as they are.
    numbers, texts : sequence of str
        Columns wanted, each once.

    Raises
    ------
    NotFoundError
        If the file or a column is not there.
    ReadError
        If the file cannot be read, or a cell of a column of numbers holds none; names its line.
    """
    numbers, texts = list(dict.fromkeys(numbers)), list(dict.fromkeys(texts))
    if isinstance(source, Units):
        return source
    if isinstance(source, (str, Path)):
        return _from_file(Path(source), numbers, texts)
    return _from_columns(frame_columns("units", source), numbers, texts)


def _check_there(where: str, names: Sequence[str], wanted: Sequence[str]) -> None:
    for name in wanted:
        if name not in names:
            shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
            raise NotFoundError(f"{where} has no column {name!r}", got=shown, expected="one of them")


def _from_columns(columns: Mapping[str, Any], numbers: Sequence[str], texts: Sequence[str]) -> Units:
    _check_there("the data", [str(name) for name in columns], [*numbers, *texts])
    engine = DuckDBEngine()
    try:
        engine.create(_TABLE, {name: columns[name] for name in (*numbers, *texts)})
        kinds = engine.columns(_TABLE)
        for name in numbers:
            if kinds[name] in ("text", "date", "timestamp"):
                raise ReadError("these are no numbers", file="the data", column=name, value=kinds[name])
        units = Units.of_table(engine, _TABLE, numbers, texts)
    except BaseException:
        engine.close()
        raise
    return Units(engine, units.rows, "the data", numbers, texts, engine, engine.hash_rows(_TABLE)[1][:16])


class _UnitFile(ColumnFile):
    """A file of columns whose rows stay in the engine."""

    def rows(self, numbers: Sequence[str], texts: Sequence[str]) -> exp.Query:
        landed = self._landed
        _check_there(landed.name, landed.header, [*numbers, *texts])
        kinds = dict(zip(landed.header, landed.types, strict=True))
        places = {name: column(f"c{j}") for j, name in enumerate(landed.header)}
        typed = all(kinds[name].upper().startswith(_NUMBERS) or "INT" in kinds[name] for name in numbers)
        if not (landed.in_place and typed):
            return self._copied(numbers, texts)
        picked = [_as(places[c], "DOUBLE", kinds[c] == "DOUBLE", c) for c in numbers]
        picked += [_as(places[c], "VARCHAR", kinds[c] == "VARCHAR", c) for c in texts]
        run(
            self._bench.cursor,
            exp.Create(this=table("parts_"), kind="VIEW", expression=landed.query.copy()),
        )
        return exp.select(*picked).from_(table("parts_"))

    def _copied(self, numbers: Sequence[str], texts: Sequence[str]) -> exp.Query:
        """Read cells as numbers and texts once, checked, into a table that every cursor sees."""
        self._engine.create(_TABLE, {**self.numbers(numbers), **self._names(texts)})
        return Units.of_table(self._engine, _TABLE, numbers, texts).rows

    def _names(self, names: Sequence[str]) -> dict[str, Any]:
        """Columns as text, without the blanks around it: an arm may be called "none" or "NA"."""
        if not names:
            return {}
        places = [column(f"c{self.names.index(name)}") for name in names]
        cells = [alias(call("vb_trim", cast(place, "VARCHAR")), f"t{k}") for k, place in enumerate(places)]
        query = exp.select(*cells).from_(self._landed.query.subquery("raw")).order_by(column(ROW))
        rows = run(self._bench.cursor, query).fetchall()
        return {name: np.array([row[k] for row in rows], dtype=object) for k, name in enumerate(names)}


def _from_file(path: Path, numbers: Sequence[str], texts: Sequence[str]) -> Units:
    file = _UnitFile(path)
    try:
        with path.open("rb") as content:
            fingerprint = hashlib.file_digest(content, "sha256").hexdigest()[:16]
        return Units(file._engine, file.rows(numbers, texts), path.name, numbers, texts, file, fingerprint)
    except BaseException:
        file.close()
        raise
