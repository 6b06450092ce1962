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

[files."forms.xlsx".columns]
"ID" = { column = "respondent_id", as = "per_file" }   # counted from 1 in each file
"E-mail" = { column = "customer_id", as = "email" }    # trimmed and in lower case, so that files meet
"Opmerkingen" = false                                  # left out
"Hoe vaak raad je ons aan?" = "item:recommend_1"       # an item that is known
"Ik vertrouw ze" = { item = "V1", construct = "trust", min = 1, max = 5, labels = { "Eens" = 4 } }
```

A file may name the `product` that wrote it (see `recognise`; "generic" takes it as it stands), say that its
rows have no name of their own (`numbered = "respondent_id"`), and fill a second table (`also`, of the same
shape).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from verbond.errors import NotFoundError, ReadError
from verbond.tables.readers.names import closest, plain_name
from verbond.tables.schema import TABLES

__all__ = ["DATE_ORDERS", "FileMapping", "TablesMapping", "read_mapping"]

DATE_ORDERS = ("dmy", "mdy", "ymd")
DECIMALS = (",", ".")
SEPARATORS = (",", ";", "\t", "|")
_WAYS = ("date_order", "decimal", "encoding", "separator")
_OF_A_FILE = ("table", "skip", "sheet", "columns", "values", "constants", "product", "numbered", "also")
_OF_A_COLUMN = ("column", "date_order", "decimal", "as", "item", "labels")
_OF_AN_ITEM = ("construct", "value", "min", "max", "reversed")


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
    product : str or None
        What wrote the file (see `verbond.tables.readers.vendors`).
    left_out : tuple of str
        Columns in the file that are not read.
    emails : tuple of str
        Columns in the file that are read as e-mail addresses: trimmed, in lower case.
    per_file : tuple of str
        Columns in the file whose values name a row within it only: the file's name goes in front.
    items : mapping of str to mapping
        Item -> what it measures, as `items.toml` says it.
    labels : mapping of str to mapping
        Column in the file: answer in words -> number; None where it says that there is no answer.
    numbered : str or None
        Canonical column that the rows are numbered in, since the file has none.
    also : FileMapping or None
        The second table that the file fills.
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
    product: str | None = None
    left_out: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    per_file: tuple[str, ...] = ()
    items: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)
    numbered: str | None = None
    also: FileMapping | None = None

    def way(self, kind: str, column: str) -> str | None:
        """The `date_order` or `decimal` stated for a column of the file."""
        return self.column_ways.get(column, {}).get(kind) or getattr(self, kind)

    def labels_of(self, column: str) -> Mapping[str, float | None]:
        """The numbers of a column's answers in words."""
        found = (v for name, v in self.labels.items() if name == column)
        alike = (v for name, v in self.labels.items() if plain_name(name) == plain_name(column))
        return next(found, None) or next(alike, {})

    def reads_email(self, column: str) -> bool:
        """Whether a column of the file is read as e-mail addresses."""
        return column in self.emails or plain_name(column) in filter(None, map(plain_name, self.emails))


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
        self.known_keys(entry, (*_OF_A_FILE, *_WAYS), place)
        table, product, numbered = entry.get("table"), entry.get("product"), entry.get("numbered")
        if table is not None:
            self.choice(table, TABLES, f"{place}.table")
        for key, text in (("product", product), ("numbered", numbered)):
            self.demand(text is None or isinstance(text, str), f"{place}.{key}", text, "a name")
        for part in ("columns", "values", "constants"):
            value = entry.get(part, {})
            self.demand(isinstance(value, Mapping), f"{place}.{part}", value, "a table of names")
        columns = _Columns(self, f"{place}.columns")
        for column, target in entry.get("columns", {}).items():
            columns.add(str(column), target)
        for column, values in entry.get("values", {}).items():
            self.demand(isinstance(values, Mapping), f"{place}.values.{column}", values, "a table of values")
        return FileMapping(
            table=table,
            skip=bool(entry.get("skip", False)),
            sheet=entry.get("sheet"),
            columns=columns.names,
            column_ways=columns.ways,
            left_out=tuple(columns.left_out),
            emails=tuple(columns.read_as["email"]),
            per_file=tuple(columns.read_as["per_file"]),
            items=columns.items,
            labels=columns.labels,
            product=product,
            numbered=numbered,
            also=self.one(f"{name}.also", entry["also"], ways) if "also" in entry else None,
            values={
                str(c): {str(k): v for k, v in values.items()}
                for c, values in entry.get("values", {}).items()
            },
            constants=dict(entry.get("constants", {})),
            **{**ways, **self.ways(entry, _WAYS, place)},
        )

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


class _Columns:
    """What is stated about the columns of a file, one after another."""

    def __init__(self, checker: _Checker, place: str) -> None:
        self.checker, self.place = checker, place
        self.names: dict[str, str] = {}
        self.ways: dict[str, Mapping[str, str]] = {}
        self.left_out: list[str] = []
        self.read_as: dict[str, list[str]] = {"email": [], "per_file": [], "text": []}
        self.items: dict[str, dict[str, Any]] = {}
        self.labels: dict[str, dict[str, float | None]] = {}

    def add(self, column: str, target: Any) -> None:
        place = f"{self.place}.{column!r}"
        if target is False:
            self.left_out.append(column)
            return
        if isinstance(target, Mapping):
            target = self._stated(column, target, place)
        self.checker.demand(
            isinstance(target, str) and target, place, target, "a column name, or false to leave it out"
        )
        self.names[column] = target

    def _stated(self, column: str, entry: Mapping[str, Any], place: str) -> Any:
        self.checker.known_keys(entry, (*_OF_A_COLUMN, *_OF_AN_ITEM), place)
        self.ways[column] = self.checker.ways(entry, ("date_order", "decimal"), place)
        if "as" in entry:
            self.checker.choice(entry["as"], self.read_as, f"{place}.as")
            self.read_as[entry["as"]].append(column)
        labels = entry.get("labels", {})
        fine = isinstance(labels, Mapping) and all(v is False or _is_number(v) for v in labels.values())
        self.checker.demand(fine, f"{place}.labels", labels, "a number for each answer in words, or false")
        if labels:
            self.labels[column] = {str(k): None if v is False else v for k, v in labels.items()}
        meaning = {key: entry[key] for key in _OF_AN_ITEM if key in entry}
        if "item" not in entry and not meaning:
            return entry.get("column", column)
        item = entry.get("item", plain_name(column))
        self.checker.demand(isinstance(item, str) and item, f"{place}.item", item, "the name of an item")
        if meaning:
            if numbers := [v for v in labels.values() if v is not False]:
                meaning = {"min": min(numbers), "max": max(numbers)} | meaning
            self.items[item] = meaning
        return f"item:{item}"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
