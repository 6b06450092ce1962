"""Every refused row, kept in the engine: where it stands, what stands there and why it was refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
from sqlglot import exp

from verbond.errors import ReadError
from verbond.tables.checks import Refusal, RefusedRows, refusal_reason
from verbond.tables.engines.arrays import to_engine
from verbond.tables.readers.conform import Conformed
from verbond.tables.readers.landing import LINE, ROW, Landed, Part, Workbench
from verbond.tables.readers.sql import alias, call, column, first_case, run, table, value

__all__ = ["NAME", "Refusals"]

NAME = "refusals@"
_COLUMNS = ("table", "file", "line", "column", "target", "value", "code", "rows")
_TYPES = ("VARCHAR", "VARCHAR", "BIGINT", "VARCHAR", "VARCHAR", "VARCHAR", "VARCHAR", "BIGINT")
_ANSWER = ("item", "value")
_EXAMPLES = 5
_GROUPS = 1000
_WORDS = 20
"""Of so many unknown words each has a group of its own."""


class Refusals:
    """Collects refusals while tables are read.

    Parameters
    ----------
    bench : Workbench
    strict : bool
        Raise at the first.
    """

    def __init__(self, bench: Workbench, *, strict: bool = False) -> None:
        self.bench, self.strict = bench, strict
        columns = [
            exp.ColumnDef(this=exp.to_identifier(name, quoted=True), kind=exp.DataType.build(kind))
            for name, kind in zip(_COLUMNS, _TYPES, strict=True)
        ]
        run(bench.cursor, exp.Create(this=exp.Schema(this=table(NAME), expressions=columns), kind="TABLE"))

    def add_broken(self, part: Part) -> int:
        """Lines that did not come out as records."""
        broken = sorted(part.broken)
        columns = {
            "line": np.array([r.line for r in broken], dtype=np.int64),
            "value": [_shown(r.text) for r in broken],
            "code": [r.problem for r in broken],
        }
        return self._add(part.source.table, [part.source.name] * len(broken), columns)

    def add_refused(self, conformed: Conformed) -> dict[int, int]:
        """Rows whose cells cannot be; returns how many rows each part loses."""
        if conformed.refused is None:
            return {}
        found = _fetched(self.bench, conformed.refused)
        checks, problem = conformed.checks, found["@problem"].astype(np.int64)
        names = np.array([c.column for c in checks], dtype=object)[problem]
        targets = np.array([c.target for c in checks], dtype=object)[problem]
        if conformed.item_headers:
            of_answer = np.isin(targets.astype(str), _ANSWER)
            names = np.array(
                [
                    conformed.item_headers.get(i, n) if a else n
                    for i, n, a in zip(found["item"], names, of_answer, strict=True)
                ],
                dtype=object,
            )
        columns = {
            "column": names,
            "target": targets,
            "value": found["@value"],
            "code": np.array([c.code for c in checks], dtype=object)[problem],
        }
        return self._add_rows(conformed.landed, found, columns)

    def add_duplicates(self, landed: Landed, query: exp.Query, keys: Sequence[str]) -> dict[int, int]:
        """Rows whose key stands earlier; the query gives row, line and the keys."""
        found = _fetched(self.bench, query)
        n = len(found[ROW])
        if landed.parts[0].n_items > 1:  # a line of answers: the respondent stands twice, not the item
            keys = [key for key in keys if key != "item"]
        shown = [", ".join(str(found[key][i]) for key in keys if found[key][i] is not None) for i in range(n)]
        columns = {
            "column": [" + ".join(keys)] * n,
            "target": [keys[0]] * n,
            "value": shown,
            "code": ["duplicate"] * n,
        }
        return self._add_rows(landed, found, columns)

    def _add_rows(
        self, landed: Landed, found: Mapping[str, np.ndarray], columns: dict[str, Any]
    ) -> dict[int, int]:
        """Give rows their file and line; in a file with a column an item, one refusal for a whole line."""
        if not len(found[ROW]):
            return {}
        rows = found[ROW].astype(np.int64)
        part = landed.part_of(rows)
        lines = np.empty(len(rows), dtype=np.int64)
        for k in np.unique(part):
            here = part == k
            lines[here] = landed.parts[k].lines(rows[here] - landed.parts[k].first_row)
        known = found[LINE]
        if known is not None:
            lines = np.where(np.isnan(known), lines, known).astype(np.int64)
        columns = {"line": lines, "rows": np.ones(len(rows), dtype=np.int64)} | columns
        files = [landed.parts[k].source.name for k in part]
        if landed.parts[0].n_items > 1:
            files, columns = _by_line(files, columns)
        self._add(landed.table, files, columns)
        numbers, counts = np.unique(part, return_counts=True)
        return dict(zip(numbers.tolist(), counts.tolist(), strict=True))

    def _add(self, name: str, files: Sequence[str], columns: Mapping[str, Any]) -> int:
        n = len(files)
        if not n:
            return 0
        given = {"table": [name] * n, "file": list(files), "column": [None] * n, "target": [None] * n}
        given |= {"rows": np.ones(n, dtype=np.int64)} | dict(columns)
        if self.strict:
            raise _first(given)
        arrays = {c: v if isinstance(v, np.ndarray) else _objects(v) for c, v in given.items()}
        self.bench.cursor.register("refused_", to_engine({c: arrays[c] for c in _COLUMNS}))
        query = exp.select(*map(column, _COLUMNS)).from_(table("refused_"))
        run(self.bench.cursor, exp.Insert(this=table(NAME), expression=query))
        self.bench.cursor.unregister("refused_")
        return n

    def summary(self) -> tuple[RefusedRows, ...]:
        """Refusals by file, column and reason, most rows first, with the first few of each."""
        unknown = exp.EQ(this=column("code"), expression=value("unknown_choice"))
        usual = exp.select(column("value")).from_(table(NAME)).where(unknown.copy()).group_by(column("value"))
        usual = usual.order_by(exp.Ordered(this=exp.Count(this=exp.Star()), desc=True)).limit(_WORDS)
        named = exp.and_(unknown, exp.In(this=column("value"), query=usual.subquery()))
        word = first_case([(named, column("value"))])
        keys = [*map(column, ("table", "file", "column", "target", "code")), alias(word, "word")]
        first = [
            alias(
                exp.Anonymous(this="arg_min", expressions=[column(c), column("line"), value(_EXAMPLES)]),
                f"{c}s",
            )
            for c in ("line",)
        ]
        shown = exp.Anonymous(
            this="arg_min",
            expressions=[call("coalesce", column("value"), ""), column("line"), value(_EXAMPLES)],
        )
        query = (
            exp.select(*keys, alias(call("sum", column("rows")), "n"), *first, alias(shown, "shown"))
            .from_(table(NAME))
            .group_by(*(exp.convert(k) for k in range(1, 7)))
            .order_by(exp.Ordered(this=column("n"), desc=True), column("file"), column("code"))
            .limit(_GROUPS)
        )
        return tuple(_group(*row) for row in self.bench.rows(query))


def stored_refusals(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    """Every refusal, by table, file and line."""
    query = (
        exp.select(*map(column, _COLUMNS))
        .from_(table(NAME))
        .order_by(*map(column, ("table", "file", "line")))
    )
    with connection.cursor() as cursor:
        run(cursor, query)
        while block := cursor.fetchmany(10_000):
            yield from block


def _group(
    name: str, file: str, cell_column: str | None, target: str | None, code: str, word: str | None, n: int,
    lines: list[int], shown: list[str],
) -> RefusedRows:  # fmt: skip
    examples = tuple(
        Refusal(file, line, cell_column, text or None) for line, text in zip(lines, shown, strict=True)
    )
    sample = word if word is not None else (shown[0] if shown else None)
    reason = refusal_reason(code, name, cell_column, target, sample)
    return RefusedRows(name, file, cell_column, code, int(n), reason, examples)


def _first(given: Mapping[str, Any]) -> ReadError:
    """The error that strictness raises: the refusal that stands first."""
    at = int(np.lexsort((given["line"], np.asarray(given["file"], dtype=str)))[0])
    one = {name: values[at] for name, values in given.items()}
    reason = refusal_reason(one["code"], one["table"], one["column"], one["target"], one["value"])
    return ReadError(
        reason.sentence("en").rstrip("."),
        file=one["file"],
        line=int(one["line"]),
        column=one["column"],
        value=one["value"],
    )


def _by_line(files: Sequence[str], columns: Mapping[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """Refusals that concern a whole line, once each with the answers that they cost."""
    groups: dict[tuple, list[int]] = {}
    for k, file in enumerate(files):
        of_answer = columns["target"][k] in _ANSWER and columns["code"][k] != "duplicate"
        key = (
            file,
            int(columns["line"][k]),
            columns["code"][k],
            columns["column"][k],
            k if of_answer else -1,
        )
        groups.setdefault(key, []).append(k)
    first = [members[0] for members in groups.values()]
    made = {name: [values[k] for k in first] for name, values in columns.items()}
    made["line"] = np.array(made["line"], dtype=np.int64)
    made["rows"] = np.array([len(members) for members in groups.values()], dtype=np.int64)
    return [files[k] for k in first], made


def _fetched(bench: Workbench, query: exp.Query) -> dict[str, Any]:
    """Arrays of a query: text as objects with None, lines as floats with NaN."""
    found = run(bench.cursor, query).fetchnumpy()
    made: dict[str, Any] = {}
    for name, values in found.items():
        mask = np.ma.getmaskarray(values)
        data = np.asarray(values.data if isinstance(values, np.ma.MaskedArray) else values)
        if name == LINE:
            made[name] = np.where(mask, np.nan, data.astype(np.float64))
        else:
            made[name] = np.where(mask, None, data) if data.dtype == object else data
    return made


def _objects(values: Sequence[Any]) -> np.ndarray:
    made = np.empty(len(values), dtype=object)
    made[:] = values
    return made


def _shown(text: str) -> str:
    """The start of a line; bytes that are no text as their codes."""
    return text[:200].encode("utf-8", "backslashreplace").decode("utf-8")
