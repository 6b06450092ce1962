"""Parquet and SPSS files, and frames that the user holds: columns that have a type already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sqlglot import exp

from verbond.errors import DataError, EngineError, MissingExtraError, OptionError, ReadError
from verbond.tables.engines.arrays import SQL_TYPES, infer_type, to_engine
from verbond.tables.readers.delimited import MAX_COLUMNS
from verbond.tables.readers.landing import LINE, ROW, Landed, Part, Source, Workbench, joined
from verbond.tables.readers.sql import alias, cast, column, run, table, value

__all__ = ["frame_columns", "land_arrays", "land_parquet", "land_sav", "sav_meta"]

_ROW_NUMBER = "file_row_number"


def land_parquet(bench: Workbench, sources: list[Source]) -> list[Landed]:
    """Look at Parquet files where they stand; those with the same columns and mapping come side by side.

    Raises
    ------
    ReadError
        If a file is not whole.
    """
    groups: dict[tuple, list[tuple[Part, exp.Query]]] = {}
    for source in sources:
        read = _parquet(source)
        described = _tried(bench, source, exp.Describe(this=exp.select("*").from_(read)))
        columns = {str(row[0]): str(row[1]) for row in described if row[0] != _ROW_NUMBER}
        if len(columns) > MAX_COLUMNS:
            raise ReadError(
                "too many columns",
                file=source.name,
                value=str(len(columns)),
                expected=f"at most {MAX_COLUMNS}",
            )
        n = _tried(bench, source, exp.select(exp.Count(this=exp.Star())).from_(read))[0][0]
        names = [alias(column(name), f"c{j}") for j, name in enumerate(columns)]
        query = exp.select(
            alias(column(_ROW_NUMBER), ROW), alias(cast(exp.null(), "BIGINT"), LINE), *names
        ).from_(read)
        alike = (tuple(columns.items()), repr(source.mapping))
        groups.setdefault(alike, []).append((Part(source, n_rows=n), query))
    landed = [
        joined(parts, [name for name, _ in columns], [kind for _, kind in columns])
        for (columns, _), parts in groups.items()
    ]
    for one in landed:
        one.in_place = True
    return landed


def _parquet(source: Source) -> exp.Expr:
    numbered = exp.PropertyEQ(this=exp.to_identifier(_ROW_NUMBER), expression=value(True))
    return exp.Anonymous(this="read_parquet", expressions=[value(str(source.path)), numbered])


def _tried(bench: Workbench, source: Source, tree: exp.Expr) -> list[tuple[Any, ...]]:
    try:
        return run(bench.cursor, tree).fetchall()
    except EngineError as error:
        raise ReadError(
            "this is not a whole Parquet file",
            file=source.name,
            hint=f"Write or download it again. ({(error.hint or '')[:120]})",
        ) from None


def land_sav(bench: Workbench, source: Source) -> Landed:
    """Put an SPSS file into a raw table: codes as numbers, values that the user marked as missing empty."""
    columns, _ = _sav(source)
    return land_arrays(bench, source, columns)


def sav_meta(source: Source) -> Any:
    """What an SPSS file says of its variables: names, labels, labels of values, missing ranges.

    Raises
    ------
    MissingExtraError
        If pyreadstat is not installed.
    ReadError
        If the file is empty, or no whole SPSS file.
    """
    return _sav(source, metadataonly=True)[1]


def _sav(source: Source, **options: Any) -> tuple[Any, Any]:
    try:
        import pyreadstat
    except ImportError:
        raise MissingExtraError("reading .sav files", extra="files") from None
    assert source.path is not None
    if not source.path.stat().st_size:
        raise ReadError("the file is empty", file=source.name, hint="Remove it, or export it again.")
    if options:
        options["user_missing"] = True
    try:
        return pyreadstat.read_sav(str(source.path), output_format="dict", **options)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, OverflowError) as error:
        raise ReadError("this is not a whole SPSS file", file=source.name, value=str(error)[:120]) from None


def frame_columns(name: str, frame: Any) -> Mapping[str, Any]:
    """Columns of what the user holds: a mapping of arrays, or a pandas, polars or pyarrow frame.

    Raises
    ------
    OptionError
        If it is neither.
    """
    if isinstance(frame, Mapping):
        return frame
    import narwhals as nw

    try:
        known = nw.from_native(frame)
    except TypeError:
        raise OptionError(
            f"table {name!r} is not a frame",
            got=type(frame).__name__,
            expected="a pandas, polars or pyarrow frame, or a mapping of arrays",
        ) from None
    if isinstance(known, nw.LazyFrame):
        known = known.collect()
    if len(set(known.columns)) < len(known.columns):
        raise DataError(f"frame {name!r} has two columns of the same name")
    return {str(column): known[column].to_numpy() for column in known.columns}


def land_arrays(bench: Workbench, source: Source, columns: Mapping[str, Any]) -> Landed:
    """Put arrays into a raw table.

    Raises
    ------
    DataError
        If they are not one-dimensional and of equal length.
    """
    names = [str(name) for name in columns]
    if not names:
        raise ReadError("there are no columns in it", file=source.name)
    if len(names) > MAX_COLUMNS:
        raise ReadError(
            "too many columns", file=source.name, value=str(len(names)), expected=f"at most {MAX_COLUMNS}"
        )
    arrays = [_plain_objects(values) for values in columns.values()]
    types = [SQL_TYPES[infer_type(array)] for array in arrays]
    given = to_engine({f"c{j}": array for j, array in enumerate(arrays)})
    bench.cursor.register("arrays_", given)
    try:
        made = [alias(cast(column(f"c{j}"), kind), f"c{j}") for j, kind in enumerate(types)]
        raw = bench.new_table(exp.select(*made).from_(table("arrays_")))
    finally:
        bench.cursor.unregister("arrays_")
    read = [alias(cast(exp.null(), "BIGINT"), LINE), *(column(f"c{j}") for j in range(len(names)))]
    query = exp.select(alias(column("rowid"), ROW), *read).from_(table(raw))
    part = Part(source, n_rows=bench.count(raw))
    return joined([(part, query)], names, types)


def _plain_objects(values: Any) -> Any:
    """Objects of several kinds as text; None and NaN stay."""
    array = values if isinstance(values, np.ndarray) else np.asarray(values, dtype=object)
    if array.dtype != object or array.ndim != 1:
        return array
    if infer_type(array) != "text":
        return array
    made = np.empty(len(array), dtype=object)
    made[:] = [None if v is None or v != v else v if isinstance(v, str) else _text_of(v) for v in array]
    return made


def _text_of(given: Any) -> str:
    if isinstance(given, bytes):
        return given.decode("utf-8", "replace")
    return str(int(given)) if isinstance(given, float) and given.is_integer() else str(given)
