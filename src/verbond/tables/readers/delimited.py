"""Text files with separators: CSV, TSV and their relatives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from sqlglot import exp

from verbond.errors import EngineError, ReadError
from verbond.results import Reason
from verbond.tables.mapping import SEPARATORS
from verbond.tables.readers.encoding import DAMAGED, TextForm, examine, transcode
from verbond.tables.readers.landing import LINE, ROW, Landed, Part, Source, Workbench, joined
from verbond.tables.readers.records import Dialect, Record, Structure, read_records, structure, write_clean
from verbond.tables.readers.sql import alias, cast, column, read_csv, table
from verbond.tables.readers.vendors.products import Product

__all__ = ["MAX_COLUMNS", "land_text", "sniff"]

MAX_COLUMNS = 4096
_SAMPLE_RECORDS = 5000
_HEADER_WITHIN = 30
_FOOTER = re.compile(  # Salesforce closes its reports so
    r"\"?(Grand Totals \(|Confidential Information - Do Not|Copyright \(c\) 2000-20\d\d salesforce)"
)
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}

Recognise = Callable[[Sequence[str]], tuple[int, bool]]
"""Cells -> how many are names of columns that are known, and whether all that the table needs are there."""


def sniff(path: Path, form: TextForm, source: Source, recognise: Recognise) -> Dialect:
    """Find the separator, the quote and the header.

    Parameters
    ----------
    path : Path
    form : TextForm
    source : Source
    recognise : function
        See `Recognise`.

    Returns
    -------
    Dialect
        The one under which the header names most columns that are known; among equals, the one under which
        most of the first thousands of records are as wide as the header; then the widest.

    Raises
    ------
    ReadError
        If no record of the file comes out, or there are too many columns.
    """
    first_line = next(_first_lines(path, form), "")
    stated = source.mapping.separator
    if not stated and first_line.lower().startswith("sep=") and len(first_line.rstrip("\r\n")) == 5:
        stated = first_line[4]
    quotes = ('"', "'") if first_line.startswith("'") else ('"',)
    tried = [
        (score, dialect)
        for quote in quotes
        for separator in ((stated,) if stated else SEPARATORS)
        if (found := _try(path, form, Dialect(separator, quote), recognise, source.product))
        for score, dialect in (found,)
    ]
    if not tried:
        raise _no_records(path, form, source)
    _, best = max(tried, key=lambda pair: pair[0])
    if best.width > MAX_COLUMNS:
        raise ReadError(
            "too many columns",
            file=source.name,
            line=1,
            value=str(best.width),
            expected=f"at most {MAX_COLUMNS}",
        )
    return best


def _first_lines(path: Path, form: TextForm) -> Iterator[str]:
    with path.open(encoding=form.encoding, errors=DAMAGED, newline="") as file:
        yield file.readline(1 << 16)


def _try(
    path: Path, form: TextForm, dialect: Dialect, recognise: Recognise, product: Product | None
) -> tuple[tuple[int, float, int], Dialect] | None:
    sample = list(islice(read_records(path, form, dialect), _SAMPLE_RECORDS))
    good = [record for record in sample if record.cells]
    if not good:
        return None
    header = _header_of(good[:_HEADER_WITHIN], recognise)
    after = [record for record in sample if record.line > header.line and (record.cells or record.problem)]
    names, last, of_header = _names(header, after, product)
    n_same = sum(len(record.cells) == len(names) for record in after)
    share = n_same / len(after) if after else 1.0
    found = Dialect(
        dialect.separator,
        dialect.quote,
        header=names,
        n_header_lines=last.last,
        preamble=tuple(
            r._replace(text=r.text or dialect.separator.join(r.cells))
            for r in sample
            if r.line <= last.last
            and r not in of_header
            and not _is_separator_line(r)
            and (r.cells or r.problem)
        ),
    )
    return (recognise(names)[0], share, len(names)), found


def _names(
    header: Record, after: Sequence[Record], product: Product | None
) -> tuple[tuple[str, ...], Record, Sequence[Record]]:
    """Names of the columns, the last record above the data, and the records that are the header."""
    if product is not None:
        following = [record for record in after[:3] if record.cells]
        found = product.header(header.cells, [record.cells for record in following])
        of_header = [header, *following[: found.n_more]]
        return found.names, of_header[-1], of_header
    import_ids = (r for r in reversed(after[:3]) if any(c.startswith('{"ImportId"') for c in r.cells))
    return tuple(name.strip().lstrip("\ufeff") for name in header.cells), next(import_ids, header), [header]


def _is_separator_line(record: Record) -> bool:
    return record.line == 1 and bool(record.cells) and record.cells[0].lower().startswith("sep=")


def _header_of(records: Sequence[Record], recognise: Recognise) -> Record:
    """The first record; or a later one that names all that the table needs, where the first does not."""
    candidates = [r for r in records if not _is_separator_line(r)] or list(records)
    if recognise(candidates[0].cells)[1]:
        return candidates[0]
    return next((r for r in candidates if recognise(r.cells)[1]), candidates[0])


def _no_records(path: Path, form: TextForm, source: Source) -> ReadError:
    first = next((r for r in read_records(path, form, Dialect(",")) if r.problem), None)
    hint = "Look at its first lines in an editor; or state `encoding` and `separator` in the mapping."
    problem = (
        f"no line can be read ({first.problem.replace('_', ' ')})" if first else "there is no text in it"
    )
    return ReadError(problem, file=source.name, line=first.line if first else 1, hint=hint)


def land_text(
    bench: Workbench, sources: Sequence[Source], recognise: Callable[[Source], Recognise]
) -> list[Landed]:
    """Put text files into raw tables; those that have the same header and mapping come side by side.

    Parameters
    ----------
    bench : Workbench
    sources : sequence of Source
        Of one canonical table.
    recognise : function
        Source -> `Recognise`.
    """
    groups: dict[tuple[tuple[str, ...], str], list[tuple[Part, exp.Query]]] = {}
    for source in sources:
        assert source.path is not None
        form = examine(source.path, source.name, source.mapping.encoding)
        dialect = sniff(source.path, form, source, recognise(source))
        alike = (dialect.header, repr(source.mapping))
        groups.setdefault(alike, []).append(_land_file(bench, source, form, dialect))
    return [joined(parts, header, ["VARCHAR"] * len(header)) for (header, _), parts in groups.items()]


def _land_file(bench: Workbench, source: Source, form: TextForm, dialect: Dialect) -> tuple[Part, exp.Query]:
    assert source.path is not None
    path, read_as = source.path, _read_as(form, dialect)
    if not form.plain and not form.mixed and form.encoding not in ("utf-8", "utf-8-sig"):
        copy = bench.folder / f"utf8-{len(bench.raw)}.csv"
        if copied := transcode(path, form, copy):
            path, form = copy, copied
    found, raw = structure(path, form, dialect), None
    if found.as_is and not set(path.name) & set("*?[{"):
        raw = _loaded(bench, path, dialect, found.n_records, copied=False)
    if raw is None:
        copy = bench.folder / f"clean-{len(bench.raw)}.csv"
        found = write_clean(path, form, dialect, copy)
        raw = _loaded(bench, copy, dialect, found.n_records, copied=True)
        copy.unlink()
    if raw is None:
        raise ReadError("the file cannot be read as a table", file=source.name)
    part = Part(
        source,
        n_rows=found.n_records,
        n_blank=found.n_blank,
        broken=[
            *(Record(r.line, [], "before_header", r.text) for r in dialect.preamble),
            *(r._replace(problem="footer") if _FOOTER.match(r.text) else r for r in found.broken),
        ],
        lines=_line_finder(path, form, dialect, found),
        decisions=[read_as],
    )
    columns = [column(LINE), *(column(f"c{j}") for j in range(dialect.width))]
    return part, exp.select(alias(column("rowid"), ROW), *columns).from_(table(raw))


def _read_as(form: TextForm, dialect: Dialect) -> Reason:
    return Reason(f"tables.read_{_NAMES[dialect.separator]}", {"encoding": form.name})


def _loaded(bench: Workbench, path: Path, dialect: Dialect, n_expected: int, *, copied: bool) -> str | None:
    """Let DuckDB read a file; None where it finds other rows than we did."""
    names = [f"c{j}" for j in range(dialect.width)]
    if copied:
        read = read_csv(path, [LINE, *names], ",", 0, ours=True)
        line = cast(column(LINE), "BIGINT")
    else:
        read = read_csv(path, names, dialect.separator, dialect.n_header_lines)
        line = cast(exp.null(), "BIGINT")
    try:
        raw = bench.new_table(exp.select(alias(line, LINE), *map(column, names)).from_(read))
    except EngineError:
        return None
    if bench.count(raw) == n_expected:
        return raw
    bench.drop(raw)
    return None


def _line_finder(
    path: Path, form: TextForm, dialect: Dialect, found: Structure
) -> Callable[[np.ndarray], np.ndarray]:
    """Row numbers to lines: arithmetic where each record has a line of its own, else a second pass."""
    first = dialect.n_header_lines + 1

    def counted(wanted: np.ndarray) -> np.ndarray:
        return wanted + first

    def searched(wanted: np.ndarray) -> np.ndarray:
        good = (r.line for r in read_records(path, form, dialect) if r.cells)
        n = int(wanted[-1]) + 1 if len(wanted) else 0
        return np.fromiter(islice(good, n), dtype=np.int64, count=n)[wanted]

    return counted if found.one_line_each else searched
