"""Write a method's rows to one file, and read such a file back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sqlglot import exp

from verbond.errors import OptionError
from verbond.tables.engines import FORMS, DuckDBEngine

__all__ = ["check_writable", "read_columns", "write_columns"]


def check_writable(path: Path | str) -> str:
    """Return the form of a file to be written, by its suffix: "csv" or "parquet".

    Raises
    ------
    OptionError
        If the file's name ends in neither ".csv" nor ".parquet", or its folder is not there.
    """
    path = Path(path)
    form = path.suffix.removeprefix(".").lower()
    if form not in FORMS:
        raise OptionError(
            "cannot tell the form of the file", got=repr(path.name), expected=".csv or .parquet"
        )
    if not path.parent.is_dir():
        raise OptionError("the folder is not there", got=str(path.parent), hint="Make it first.")
    return form


def write_columns(path: Path | str, columns: Mapping[str, Any]) -> None:
    """Write columns of equal length to a CSV or Parquet file (see `check_writable` for errors)."""
    form = check_writable(path)
    with DuckDBEngine() as engine:
        name = engine.new_name("rows")
        engine.create(name, columns)
        query = exp.select("*").from_(exp.Table(this=exp.to_identifier(name, quoted=True)))
        engine.copy(query, Path(path), form)  # type: ignore[arg-type]


def read_columns(path: Path | str, *, offset: int = 0, limit: int | None = None) -> dict[str, np.ndarray]:
    """Read a Parquet file that `write_columns` wrote, or some of its rows, in their order.

    Parameters
    ----------
    path : path
    offset : int
        Rows to pass over.
    limit : int, optional
        Rows to give at most.

    Raises
    ------
    NotFoundError
        If the file is not there.
    """
    path = Path(path)
    with DuckDBEngine(readable=[path.parent]) as engine:
        engine.open_parquet("rows", path)
        query = exp.select("*").from_("rows").offset(offset)
        return engine.fetch(query if limit is None else query.limit(limit))
