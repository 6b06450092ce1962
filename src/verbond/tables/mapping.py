"""The mapping file: how the user's files, columns and values are called in the canonical tables.

```toml
date_order = "dmy"                      # of every file, unless a file or column says otherwise

[files."orders_*.csv"]                  # a file name, or a pattern
table = "events"
separator = ";"
encoding = "cp1252"
decimal = ","

[files."orders_*.csv".columns]          # the column in the file = the canonical column
"Klantnr." = "customer_id"
"Besteld op" = { column = "occurred_at", date_order = "mdy" }

[files."orders_*.csv".constants]        # canonical columns that the file does not have
kind = "purchase"

[files."log.csv".values.kind]           # values of a canonical column
"aangekocht" = "purchase"
```
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from verbond.errors import NotFoundError, ReadError
from verbond.tables.readers.names import closest
from verbond.tables.schema import TABLES

__all__ = ["DATE_ORDERS", "FileMapping", "TablesMapping", "read_mapping"]

DATE_ORDERS = ("dmy", "mdy", "ymd")
DECIMALS = (",", ".")
SEPARATORS = (",", ";", "\t", "|")
_WAYS = ("date_order", "decimal", "encoding", "separator")


@dataclass(frozen=True, slots=True)
class FileMapping:
    """What the user states about one file.

    Attributes
    ----------
    table : str or None
        Canonical table.
    skip : bool
        Leave the file alone.
    sheet : str or None
        Sheet of a workbook.
    date_order, decimal, encoding, separator : str or None
        How the file is written.
    columns : mapping of str to str
        Column in the file: canonical column (or the name of an attribute, or of an item).
    column_ways : mapping of str to mapping
        Column in the file: its own `date_order` and `decimal`.
    values : mapping of str to mapping
        Canonical column: value in the file -> canonical value.
    constants : mapping of str to value
        Canonical column: its value in every row.
    """

    table: str | None = None
    skip: bool = False
    sheet: str | None = None
    date_order: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    separator: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    column_ways: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)

    def way(self, kind: str, column: str) -> str | None:
        """The `date_order` or `decimal` stated for a column of the file."""
        return self.column_ways.get(column, {}).get(kind) or getattr(self, kind)


@dataclass(frozen=True, slots=True)
class TablesMapping:
    """What the user states about all files.

    Attributes
    ----------
    file : str
        Where it stands, for errors.
    files : mapping of str to FileMapping
        By file name or pattern.
    every : FileMapping
        What holds for files that are not named.
    """

    file: str = "mapping"
    files: Mapping[str, FileMapping] = field(default_factory=dict)
    every: FileMapping = field(default_factory=FileMapping)

    def of(self, name: str) -> FileMapping:
        """What is stated about a file: under its own name, else under the first pattern that fits."""
        if name in self.files:
            return self.files[name]
        return next((m for pattern, m in self.files.items() if fnmatchcase(name, pattern)), self.every)

    def unused(self, names: Iterable[str]) -> tuple[str, ...]:
        """Patterns that fit none of the names."""
        known = list(names)
        return tuple(p for p in self.files if not any(n == p or fnmatchcase(n, p) for n in known))


def read_mapping(mapping: Path | str | Mapping[str, Any] | None) -> TablesMapping:
    """Read a mapping file, or take a dict of the same shape.

    Parameters
    ----------
    mapping : path, dict or None
        A TOML file; None states nothing.

    Returns
    -------
    TablesMapping

    Raises
    ------
    NotFoundError
        If the file is not there.
    ReadError
        If it is not TOML, or states what does not exist; names the key and what would be right.

    Examples
    --------
    >>> orders = {"table": "events", "constants": {"kind": "purchase"}}
    >>> stated = read_mapping({"files": {"orders.csv": orders}})
    >>> stated.of("orders.csv").table
    'events'
    """
    if mapping is None:
        return TablesMapping()
    if isinstance(mapping, Mapping):
        return _Checker("mapping").whole(mapping)
    path = Path(mapping)
    return _Checker(path.name).whole(read_toml(path))


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; what is wrong with it is a ReadError."""
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except (FileNotFoundError, IsADirectoryError):
        raise NotFoundError(f"no file {path}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ReadError("this is not TOML", file=path.name, value=str(error)) from None


class _Checker:
    """Checks each key of a mapping, and says which is wrong."""

    def __init__(self, file: str) -> None:
        self.file = file

    def whole(self, given: Mapping[str, Any]) -> TablesMapping:
        self.known_keys(given, ("files", *_WAYS), "the mapping")
        ways = self.ways(given, _WAYS, "the mapping")
        files = given.get("files", {})
        self.demand(isinstance(files, Mapping), "files", files, 'a table for each file: [files."name.csv"]')
        stated = {str(name): self.one(str(name), entry, ways) for name, entry in files.items()}
        return TablesMapping(self.file, stated, FileMapping(**ways))

    def one(self, name: str, entry: Any, ways: Mapping[str, str]) -> FileMapping:
        place = f"files.{name!r}"
        if isinstance(entry, str):
            entry = {"table": entry}
        self.demand(isinstance(entry, Mapping), place, entry, "a table, or the name of a canonical table")
        self.known_keys(entry, ("table", "skip", "sheet", "columns", "values", "constants", *_WAYS), place)
        table = entry.get("table")
        if table is not None:
            self.choice(table, TABLES, f"{place}.table")
        for part in ("columns", "values", "constants"):
            value = entry.get(part, {})
            self.demand(isinstance(value, Mapping), f"{place}.{part}", value, "a table of names")
        columns, column_ways = self.columns(entry.get("columns", {}), f"{place}.columns")
        for column, values in entry.get("values", {}).items():
            self.demand(isinstance(values, Mapping), f"{place}.values.{column}", values, "a table of values")
        return FileMapping(
            table=table,
            skip=bool(entry.get("skip", False)),
            sheet=entry.get("sheet"),
            columns=columns,
            column_ways=column_ways,
            values={
                str(c): {str(k): v for k, v in values.items()}
                for c, values in entry.get("values", {}).items()
            },
            constants=dict(entry.get("constants", {})),
            **{**ways, **self.ways(entry, _WAYS, place)},
        )

    def columns(
        self, given: Mapping[str, Any], place: str
    ) -> tuple[dict[str, str], dict[str, Mapping[str, str]]]:
        names: dict[str, str] = {}
        own_ways: dict[str, Mapping[str, str]] = {}
        for column, target in given.items():
            if isinstance(target, Mapping):
                self.known_keys(target, ("column", "date_order", "decimal"), f"{place}.{column!r}")
                own_ways[column] = self.ways(target, ("date_order", "decimal"), f"{place}.{column!r}")
                target = target.get("column", column)
            self.demand(isinstance(target, str) and target, f"{place}.{column!r}", target, "a column name")
            names[str(column)] = target
        return names, own_ways

    def ways(self, given: Mapping[str, Any], kinds: tuple[str, ...], place: str) -> dict[str, str]:
        allowed = {"date_order": DATE_ORDERS, "decimal": DECIMALS, "separator": SEPARATORS}
        found = {kind: given[kind] for kind in kinds if kind in given}
        for kind, value in found.items():
            if kind in allowed:
                self.choice(value, allowed[kind], f"{place}.{kind}")
            self.demand(isinstance(value, str), f"{place}.{kind}", value, "text")
        return found

    def known_keys(self, given: Mapping[str, Any], known: tuple[str, ...], place: str) -> None:
        for key in given:
            if key not in known:
                raise self.error(f"{place} has an unknown key", key, known)

    def choice(self, value: Any, known: Iterable[str], place: str) -> None:
        if not isinstance(value, str) or value not in known:
            raise self.error(f"{place} is not one that exists", value, known)

    def demand(self, fine: Any, place: str, got: Any, expected: str) -> None:
        if not fine:
            raise ReadError(f"{place} is not right", file=self.file, value=str(got)[:80], expected=expected)

    def error(self, problem: str, got: Any, known: Iterable[str]) -> ReadError:
        near = closest(str(got), known)
        return ReadError(
            problem,
            file=self.file,
            value=str(got)[:80],
            expected="one of " + ", ".join(map(repr, known)),
            hint=f"Did you mean {near!r}?" if near else None,
        )
