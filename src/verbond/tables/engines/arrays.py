"""Between numpy arrays and columns: the one place where types, NULLs and dates are converted.

Into an engine: objects that are NaN, NaT or None become NULL. Out of it:

| column | without NULLs | with NULLs |
|---|---|---|
| text | object array of str | None |
| number | float64 (float32 stays) | NaN |
| integer | the integer's own type; sums come as int64 | float64, NaN |
| boolean | bool | object array of True, False, None |
| date | datetime64[D] | NaT |
| timestamp | datetime64[us], UTC | NaT |
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from verbond.errors import DataError, EngineError
from verbond.tables.schema import ColumnType

__all__ = ["SQL_TYPES", "column_type_of", "from_engine", "infer_type", "to_engine"]

SQL_TYPES: Mapping[ColumnType, str] = {
    "text": "VARCHAR",
    "number": "DOUBLE",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
"""How each canonical type is stored."""


def column_type_of(sql_type: str) -> ColumnType:
    """Return the canonical type nearest to an engine's type name.

    Examples
    --------
    >>> column_type_of("DECIMAL(10,2)"), column_type_of("UTINYINT"), column_type_of("TIMESTAMP_NS")
    ('number', 'integer', 'timestamp')
    """
    name = sql_type.upper()
    if name.startswith(("TIMESTAMP", "DATETIME")):
        return "timestamp"
    if name == "DATE":
        return "date"
    if name in ("BOOLEAN", "BOOL"):
        return "boolean"
    if "INT" in name and not name.startswith("INTERVAL"):
        return "integer"
    if name.startswith(("DOUBLE", "FLOAT", "REAL", "DECIMAL", "NUMERIC")):
        return "number"
    return "text"


def infer_type(values: Any) -> ColumnType:
    """Return the canonical type of an array or sequence, from its dtype or else from its values.

    Examples
    --------
    >>> infer_type([1, None, 2]), infer_type(["a", None]), infer_type(np.array(["2026-01-01"], "M8[D]"))
    ('integer', 'text', 'date')
    """
    array = _as_array(values)
    if array.dtype.kind == "M":
        return "date" if np.datetime_data(array.dtype)[0] in ("Y", "M", "W", "D") else "timestamp"
    by_kind: dict[str, ColumnType] = {
        "f": "number",
        "i": "integer",
        "u": "integer",
        "b": "boolean",
        "U": "text",
    }
    if array.dtype.kind in by_kind:
        return by_kind[array.dtype.kind]
    kinds = {type(v) for v in array.tolist() if v is not None and v == v}
    for column_type, classes in _CLASSES:
        if kinds and kinds <= classes:
            return column_type
    return "text"


_CLASSES: tuple[tuple[ColumnType, set[type]], ...] = (
    ("boolean", {bool, np.bool_}),
    ("integer", {int, np.int64, np.int32}),
    ("number", {int, float, np.int64, np.int32, np.float64, np.float32}),
    ("date", {dt.date}),
    ("timestamp", {dt.date, dt.datetime, np.datetime64}),
)


def to_engine(columns: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Return arrays that DuckDB can register: objects are text or None, dates are datetime64[us].

    Raises
    ------
    DataError
        If the columns are not one-dimensional and of equal length.
    """
    arrays = {name: _registered(_as_array(values), name) for name, values in columns.items()}
    lengths = {len(array) for array in arrays.values()}
    if len(lengths) > 1:
        raise DataError(
            "columns of one table differ in length",
            got=", ".join(f"{name}: {len(array)}" for name, array in arrays.items()),
        )
    return arrays


def _as_array(values: Any) -> np.ndarray:
    if isinstance(values, np.ndarray):
        return values
    array = np.asarray(values)
    if array.dtype.kind in "OUS" and isinstance(values, Sequence):  # numpy would make text of [1, "a", None]
        array = np.empty(len(values), dtype=object)
        array[:] = values
    return array


def _registered(array: np.ndarray, name: str) -> np.ndarray:
    if array.ndim != 1:
        raise DataError(f"column {name!r} is not one-dimensional", got=f"shape {array.shape}")
    if isinstance(array, np.ma.MaskedArray):
        data = _contiguous(np.asarray(array.data))
        return np.ma.masked_array(data, np.ascontiguousarray(np.ma.getmaskarray(array)))
    return _contiguous(array)


def _contiguous(array: np.ndarray) -> np.ndarray:
    """The array in a type and layout that DuckDB reads: it does not follow negative strides, for one."""
    kind, itemsize = array.dtype.kind, array.dtype.itemsize
    if kind == "M":
        array = array.astype("datetime64[us]")
    elif kind in "US":
        array = array.astype(str).astype(object)
    elif kind == "f" and itemsize not in (4, 8):
        array = array.astype(np.float64)
    elif not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    elif kind == "O":
        known = np.fromiter((v is not None and v == v for v in array), dtype=bool, count=len(array))
        array = array if known.all() else np.where(known, array, None)
    return np.ascontiguousarray(array)


def from_engine(columns: Mapping[str, np.ndarray], types: Mapping[str, ColumnType]) -> dict[str, np.ndarray]:
    """Return plain arrays for what DuckDB's `fetchnumpy` gave (see the module's table)."""
    return {name: _plain(values, types[name]) for name, values in columns.items()}


def _plain(values: np.ndarray, column_type: ColumnType) -> np.ndarray:
    mask = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
    data = np.asarray(values.data if mask is not None else values)
    if column_type == "date":
        data = data.astype("datetime64[D]")
    elif column_type == "timestamp":
        data = data.astype("datetime64[us]")
    elif column_type == "integer" and data.dtype.kind == "f":
        data = _exact(data, mask)
    if mask is None or not mask.any():
        return data
    if data.dtype.kind == "M":
        return np.where(mask, np.datetime64("NaT"), data)
    if data.dtype.kind == "f":
        return np.where(mask, data.dtype.type(np.nan), data)
    if data.dtype.kind in "iu":
        return np.where(mask, np.nan, data.astype(np.float64))
    return np.where(mask, None, data.astype(object))


def _exact(data: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """Sums of integers, which DuckDB hands over as float64, as int64 again."""
    whole = data if mask is None else np.where(mask, 0.0, data)
    if len(whole) and np.abs(whole).max() >= 2.0**53:
        raise EngineError("a sum of integers is too large to be exact", expected="below 2**53 in size")
    return whole.astype(np.int64)
