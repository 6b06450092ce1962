"""What an engine can do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from sqlglot import exp

from verbond.tables.schema import ColumnType

__all__ = ["FORMS", "Engine", "Form"]

Form = Literal["parquet", "csv"]
FORMS: tuple[Form, ...] = ("parquet", "csv")


class Engine(Protocol):
    """Holds tables and answers queries: `DuckDBEngine`, `SparkEngine`.

    Queries are DuckDB SQL, as text or as a sqlglot tree; they pass the `compile` door.
    """

    name: str

    def new_name(self, stem: str) -> str:
        """Return a table name not given before."""

    def create(
        self, table: str, columns: Mapping[str, Any], types: Mapping[str, ColumnType] | None = None
    ) -> None:
        """Make (or replace) a table of arrays; types not given are read off the arrays."""

    def materialise(self, table: str, query: exp.Query | str) -> None:
        """Make (or replace) a table of a query's rows."""

    def drop(self, table: str) -> None:
        """Forget a table, if it is there."""

    def columns(self, table: str) -> dict[str, ColumnType]:
        """Names and types of a table's columns, in order."""

    def fetch(self, query: exp.Query | str) -> dict[str, np.ndarray]:
        """Return a query's rows as arrays (types: `engines.arrays`)."""

    def stream(self, query: exp.Query | str, rows: int = 1_000_000) -> Iterator[dict[str, np.ndarray]]:
        """Yield a query's rows as arrays, at most `rows` at a time, in the query's order."""

    def copy(self, query: exp.Query | str, path: Path, form: Form = "parquet") -> None:
        """Write a query's rows to one file."""

    def open_parquet(self, table: str, path: Path) -> None:
        """Read a table from a Parquet file or a folder of them, in place."""

    def hash_rows(self, table: str) -> tuple[int, str]:
        """Return how many rows a table has, and a hash of its content.

        The hash is the same for the same rows in another order, and for the same columns in another order.
        """

    def close(self) -> None:
        """Give back memory and temporary files."""
