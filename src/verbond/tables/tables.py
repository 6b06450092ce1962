"""`Tables`: the canonical tables of one company, whatever holds them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlglot import exp

from verbond.errors import DataError, NotFoundError, OptionError
from verbond.results import Provenance
from verbond.tables.engines import FORMS, DuckDBEngine, Engine, Form, SparkEngine, bind, load
from verbond.tables.engines.arrays import SQL_TYPES, infer_type
from verbond.tables.schema import TABLES, ColumnType, Table

if TYPE_CHECKING:
    from verbond.tables.checks import TableCheck, TablesCheck
    from verbond.tables.items import ItemMeaning

__all__ = ["Tables"]

_SEGMENT_TYPES = ("text", "boolean", "integer")
_SEGMENT_VALUES = range(2, 13)


class Tables:
    """The canonical tables of one company; methods read them through `verbond.tables.reads`.

    Made by `open_tables(source)`, by `Tables.from_columns(...)`, or from another by `add`. Never changed.
    Use it as a context manager, or let go of it: the memory and the temporary files go with it.

    Parameters
    ----------
    engine : Engine
        Holds the tables; shared by what `add` makes.
    stored : mapping of str to str
        Canonical table name -> the engine's own name for it.
    name : str
        Where the data came from, as the user named it.
    simulated : bool
        True where the data come from our simulator; every page says so.
    check : TablesCheck, optional
        What reading found; where not given, what a look at the tables tells.
    items : mapping of str to ItemMeaning, optional
        What each item of `responses` measures; our own questionnaire where not given.

    Examples
    --------
    >>> tables = Tables.from_columns({"customers": {"customer_id": ["a", "b"], "region": ["north", "south"]}})
    >>> tables.n_rows("customers"), tables.columns("customers"), "events" in tables
    (2, ('customer_id', 'region'), False)
    """

    def __init__(
        self,
        engine: Engine,
        stored: Mapping[str, str],
        *,
        name: str = "tables",
        simulated: bool = False,
        check: TablesCheck | None = None,
        items: Mapping[str, ItemMeaning] | None = None,
    ) -> None:
        for table in stored:
            _known(table)
        self.engine, self.name, self.simulated, self._check = engine, name, simulated, check
        self._stored = MappingProxyType({table: stored[table] for table in TABLES if table in stored})
        self._types = {table: engine.columns(own) for table, own in self._stored.items()}
        self._items = items
        self._sources: dict[str, exp.Select] = {}

    @classmethod
    def from_columns(
        cls,
        tables: Mapping[str, Mapping[str, Any]],
        *,
        name: str = "arrays",
        simulated: bool = False,
        engine: Engine | None = None,
        items: Mapping[str, ItemMeaning] | None = None,
    ) -> Tables:
        """Make tables of arrays (or lists), a mapping of columns a table.

        Columns of the schema get the schema's types; further columns of `customers` are attributes.

        Raises
        ------
        OptionError
            For a table or column that the schema does not know.
        DataError
            For a required column that is missing, or columns of unequal length.
        """
        engine = engine or DuckDBEngine()
        for table, columns in tables.items():
            engine.create(table, columns, _checked_types(_known(table), columns))
        return cls(engine, {table: table for table in tables}, name=name, simulated=simulated, items=items)

    @classmethod
    def from_parquet(
        cls, folder: Path | str, *, engine: Engine | None = None, name: str | None = None, **options: Any
    ) -> Tables:
        """Read canonical tables in place: `folder/TABLE.parquet`, or `folder/TABLE/` with Parquet files.

        Nothing is copied or checked, so that tables larger than this machine can be read. `options` are those
        of `Tables`.

        Raises
        ------
        NotFoundError
            If there is no such table in the folder.
        """
        folder = Path(folder)
        paths = {t: path for t in TABLES for path in (folder / f"{t}.parquet", folder / t) if path.exists()}
        if not paths:
            raise NotFoundError(
                "no canonical tables as Parquet", got=str(folder), expected=f"{min(TABLES)}.parquet"
            )
        engine = engine or DuckDBEngine(readable=[folder])
        for table, path in paths.items():
            engine.open_parquet(table, path)
        return cls(engine, {table: table for table in paths}, name=name or folder.name, **options)

    def on_spark(self, *, master: str = "local[2]") -> Tables:
        """Return these tables on Spark (extra `spark`): spilled to Parquet, which Spark reads.

        Both share the temporary folder: closing one closes the other.
        """
        if not isinstance(self.engine, DuckDBEngine):
            return self
        engine = SparkEngine(self.engine, master=master)
        for own in self._stored.values():
            engine.adopt(own)
        return self._with(engine, self._stored)

    def _with(self, engine: Engine, stored: Mapping[str, str]) -> Tables:
        return Tables(
            engine, stored, name=self.name, simulated=self.simulated, check=self._check, items=self._items
        )

    # what is there

    def __contains__(self, table: object) -> bool:
        return table in self._stored

    def __iter__(self) -> Iterator[str]:
        return iter(self._stored)

    def __repr__(self) -> str:
        return f"Tables({self.name!r}, {', '.join(self)})"

    @property
    def engine_name(self) -> str:
        """Which engine runs the queries: "duckdb" or "spark"."""
        return self.engine.name

    def columns(self, table: str) -> tuple[str, ...]:
        """Names of the columns that a table has here, in order."""
        return tuple(self.types(table))

    def types(self, table: str) -> Mapping[str, ColumnType]:
        """Types of the columns that a table has here."""
        if table not in self:
            raise NotFoundError(
                f"no table {_known(table).name!r} in {self.name}", got=", ".join(self) or "none"
            )
        return MappingProxyType(self._types[table])

    def n_rows(self, table: str) -> int:
        """How many rows a table has."""
        self.types(table)
        return int(self.select(exp.select("count(*) AS n").from_(table))["n"][0])

    @cached_property
    def attributes(self) -> tuple[str, ...]:
        """Columns of `customers` fit to segment by: text, boolean or integer, 2..12 distinct values."""
        if "customers" not in self:
            return ()
        fit = [
            column
            for column, column_type in self.types("customers").items()
            if column not in TABLES["customers"].columns and column_type in _SEGMENT_TYPES
        ]
        if not fit:
            return ()
        counts = [
            exp.alias_(exp.Count(this=exp.Distinct(expressions=[_column(c)])), f"n{j}")
            for j, c in enumerate(fit)
        ]
        found = self.select(exp.select(*counts).from_("customers"))
        return tuple(c for j, c in enumerate(fit) if int(found[f"n{j}"][0]) in _SEGMENT_VALUES)

    @cached_property
    def period_range(self) -> tuple[dt.date, dt.date]:
        """First and last day on which anything happened: of events, or of answers where there are none."""
        for table in ("events", "responses", "scores"):
            if table in self:
                found = self.select(
                    exp.select(
                        "CAST(min(occurred_at) AS DATE) AS a", "CAST(max(occurred_at) AS DATE) AS b"
                    ).from_(table)
                )
                if not np.isnat(found["a"][0]):
                    return found["a"][0].item(), found["b"][0].item()
        raise DataError(f"nothing in {self.name} has a date", expected="events or dated responses")

    @cached_property
    def check(self) -> TablesCheck:
        """What reading found: rows, dates, what is missing, what was refused."""
        from verbond.tables.checks import TablesCheck

        if self._check is not None:
            return self._check
        return TablesCheck(self.name, self.simulated, tuple(self._look(table) for table in self))

    def _look(self, table: str) -> TableCheck:
        from verbond.tables.checks import TableCheck

        columns, moments = self.columns(table), _moment_column(table, self.columns(table))
        wanted = [exp.alias_(exp.Count(this=_column(c)), f"n{j}") for j, c in enumerate(columns)]
        if moments is not None:
            wanted += [f"CAST(min({moments}) AS DATE) AS first", f"CAST(max({moments}) AS DATE) AS last"]
        found = self.select(exp.select("count(*) AS n", *wanted).from_(table))
        n_rows = int(found["n"][0])
        first, last = (found[k][0].item() if k in found else None for k in ("first", "last"))
        n_missing = {c: n_rows - int(found[f"n{j}"][0]) for j, c in enumerate(columns)}
        return TableCheck(table, n_rows, first, last, n_missing)

    @cached_property
    def items(self) -> Mapping[str, ItemMeaning]:
        """What each item measures: as the source says, else as our own questionnaire does."""
        if self._items is not None:
            return self._items
        from verbond.tables.items import own_items

        return own_items()

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the content; the order of rows and columns is nothing to it."""
        parts = [f"{table} {self.engine.hash_rows(self._stored[table])[1]}" for table in sorted(self)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]

    def provenance(self, options: Mapping[str, Any] | None = None, *, seed: int | None = None) -> Provenance:
        """How a result that is made of these tables comes to be.

        Parameters
        ----------
        options : mapping, optional
            Of the method, all of them.
        seed : int, optional
            Where chance took part.

        Returns
        -------
        Provenance
        """
        return Provenance(
            self.name, self.fingerprint, self.simulated, self.engine_name, dict(options or {}), seed
        )

    # reading and writing

    def fetch(self, table: str, columns: Sequence[str] | None = None) -> dict[str, np.ndarray]:
        """Return a whole table, or some of its columns, as arrays (types: `engines.arrays`).

        Raises
        ------
        NotFoundError
            If the table or a column is not there.
        """
        wanted = self.columns(table) if columns is None else tuple(columns)
        if missing := set(wanted) - set(self.columns(table)):
            raise NotFoundError(
                f"no column {min(missing)!r} in {table}", expected=", ".join(self.columns(table))
            )
        return self.select(exp.select(*(_column(c) for c in wanted)).from_(table))

    def add(self, table: str, columns: Mapping[str, Any]) -> Tables:
        """Return new tables in which `table` holds `columns` (scores, rungs, ...); these stay as they are."""
        own = self.engine.new_name(table)
        self.engine.create(own, columns, _checked_types(_known(table), columns))
        return self._with(self.engine, {**self._stored, table: own})

    def extend(self, more: Tables) -> Tables:
        """Return new tables in which the rows of others stand below these; both stay as they are.

        Examples
        --------
        >>> some = Tables.from_columns({"customers": {"customer_id": ["a"], "region": ["north"]}})
        >>> both = some.extend(Tables.from_columns({"customers": {"customer_id": ["b"]}}))
        >>> both.fetch("customers")
        {'customer_id': array(['a', 'b'], dtype=object), 'region': array(['north', None], dtype=object)}
        """
        stored = dict(self._stored)
        for table in more:
            columns = more.fetch(table)
            if table in self:
                columns = _below(self.fetch(table), columns)
            stored[table] = self.engine.new_name(table)
            self.engine.create(stored[table], columns, _checked_types(_known(table), columns))
        items = {**self.items, **more.items}
        return Tables(self.engine, stored, name=self.name, simulated=self.simulated, items=items)

    def save(self, folder: Path | str, form: Form = "parquet") -> None:
        """Write every table to `folder`, a file each, so that `open_tables(folder)` gives the same again.

        Simulated tables get a file `simulated.toml` beside them, which keeps the mark and their name.
        """
        if form not in FORMS:
            raise OptionError("unknown file form", got=repr(form), expected=" or ".join(map(repr, FORMS)))
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for table in self:
            query = exp.select(*(_column(c) for c in self.columns(table))).from_(table)
            self.engine.copy(self.resolve(query), folder / f"{table}.{form}", form)
        mark = folder / "simulated.toml"
        if self.simulated and not mark.exists():
            mark.write_text(
                "# These data are simulated: no real person is in them.\nsimulated = true\n"
                f"name = {json.dumps(self.name, ensure_ascii=False)}\n",
                "utf-8",
            )

    def close(self) -> None:
        """Give back memory and temporary files, also of what `add` made; closing twice is no harm."""
        self.engine.close()

    def __enter__(self) -> Tables:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # queries, for `tables/reads`

    def select(self, query: exp.Query | str, **values: Any) -> dict[str, np.ndarray]:
        """Run a query over canonical table names and return its rows as arrays.

        Parameters
        ----------
        query : sqlglot query or str
            A tree, or the name of a file in `queries/` (without ".sql").
        **values
            For the query's `$name` placeholders.
        """
        return self.engine.fetch(self.resolve(query, **values))

    def resolve(self, query: exp.Query | str, **values: Any) -> exp.Query:
        """Return a query in which canonical tables stand for what this engine holds.

        Columns of the schema that a table does not have here, and tables that are not here at all, read as
        NULL and as no rows: query texts need no variants.
        """
        tree = load(query, **values) if isinstance(query, str) else bind(query.copy(), **values)
        for node in list(tree.find_all(exp.Table)):
            if node.name in TABLES:
                node.replace(self._source(node.name).subquery(node.alias or node.name))
        return tree

    def _source(self, table: str) -> exp.Select:
        if table not in self._sources:
            self._sources[table] = self._canonical(table)
        return self._sources[table].copy()

    def _canonical(self, table: str) -> exp.Select:
        here = self._types.get(table, {})
        schema = TABLES[table].columns
        columns = [_as_type(c, here[c], schema[c].type if c in schema else here[c]) for c in here]
        columns += [
            exp.alias_(exp.cast(exp.null(), SQL_TYPES[c.type], dialect="duckdb"), c.name, quoted=True)
            for c in schema.values()
            if c.name not in here
        ]
        query = exp.select(*columns)
        return query.from_(_table(self._stored[table])) if table in self else query.where("FALSE")


def _below(columns: Mapping[str, np.ndarray], more: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The rows of one table above those of another; None where one of them has no such column."""
    parts = [(some, len(next(iter(some.values())))) for some in (columns, more)]
    return {
        name: np.concatenate(
            [some[name].astype(object) if name in some else np.full(n, None, object) for some, n in parts]
        )
        for name in {**columns, **more}
    }


def _known(table: str) -> Table:
    if table not in TABLES:
        raise OptionError("unknown table", got=repr(table), expected=", ".join(TABLES))
    return TABLES[table]


def _checked_types(table: Table, columns: Mapping[str, Any]) -> dict[str, ColumnType]:
    for column in table.columns.values():
        if column.required and column.name not in columns:
            raise DataError(f"table {table.name!r} needs a column {column.name!r}", got=", ".join(columns))
    unknown = [name for name in columns if name not in table.columns]
    if unknown and not table.free_columns:
        raise OptionError(
            f"unknown column in table {table.name!r}", got=repr(unknown[0]), expected=", ".join(table.columns)
        )
    return {
        name: table.columns[name].type if name in table.columns else infer_type(values)
        for name, values in columns.items()
    }


def _column(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True))


def _table(name: str) -> exp.Table:
    return exp.Table(this=exp.to_identifier(name, quoted=True))


def _moment_column(table: str, columns: Sequence[str]) -> str | None:
    """The column that tells when a row of a table happened, if it has one."""
    dated = [
        c.name
        for c in TABLES[table].columns.values()
        if c.type in ("date", "timestamp") and c.name in columns
    ]
    return dated[0] if dated else None


def _as_type(column: str, here: ColumnType, wanted: ColumnType) -> exp.Expr:
    if here == wanted:
        return _column(column)
    return exp.alias_(exp.cast(_column(column), SQL_TYPES[wanted], dialect="duckdb"), column, quoted=True)
