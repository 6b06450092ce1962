"""Which files of a folder hold which canonical table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from verbond.errors import DataError, NotFoundError, ReadError
from verbond.tables.items import ItemMeaning, own_items
from verbond.tables.mapping import FileMapping, TablesMapping
from verbond.tables.readers.landing import Source
from verbond.tables.readers.names import table_of
from verbond.tables.readers.vendors.look import Look
from verbond.tables.readers.vendors.peek import peek
from verbond.tables.readers.vendors.products import Product
from verbond.tables.readers.vendors.propose import merged, propose, stated_by
from verbond.tables.readers.workbooks import sheet_names
from verbond.tables.schema import TABLES

__all__ = ["FORMS_BY_SUFFIX", "Found", "find_sources"]

FORMS_BY_SUFFIX = {
    ".csv": "text",
    ".tsv": "text",
    ".txt": "text",
    ".tab": "text",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".sav": "sav",
    ".zsav": "sav",
}
_OUR_OWN = ("items.toml", "mapping.toml", "simulated.toml")


@dataclass(slots=True)
class Found:
    """What a folder holds.

    Attributes
    ----------
    sources : list of Source
    unused : list of str
        Files that mean no canonical table.
    """

    sources: list[Source] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)


def find_sources(
    folder: Path, mapping: TablesMapping, items: Mapping[str, ItemMeaning] | None = None
) -> Found:
    """Find the files that hold tables, by their headers, their names and what the mapping states.

    Parameters
    ----------
    folder : Path
        A folder, or one file.
    mapping : TablesMapping
    items : mapping of str to ItemMeaning, optional
        Items that are known; our own where not given.

    Returns
    -------
    Found
        Sources in the order of the canonical tables, then of their names.

    Raises
    ------
    NotFoundError
        If the folder is not there, or the mapping names a file that is not.
    DataError
        If no file holds a table, or one table stands in two forms side by side.
    ReadError
        If a link leads out of the folder.
    """
    if not folder.exists():
        raise NotFoundError(f"no folder {folder}", hint="Name a folder, or 'demo' or 'complete-journey'.")
    root = folder if folder.is_dir() else folder.parent
    files = _files(folder) if folder.is_dir() else [folder]
    names = {file: file.relative_to(root).as_posix() for file in files}
    if unused := mapping.unused(names.values()):
        raise NotFoundError(
            f"{mapping.file} names a file that is not there",
            got=repr(unused[0]),
            expected=", ".join(sorted(names.values())[:20]) or "a file in the folder",
        )
    found = Found()
    for file, name in names.items():
        _check_link(file, root.resolve(), name)
        _add(found, file, name, mapping.of(name), own_items() if items is None else items)
    if not found.sources:
        raise DataError(
            f"no file in {folder} is named after a table",
            got=", ".join(sorted(names.values())[:12]) or "no file",
            expected=", ".join(f"{t}.csv" for t, table in TABLES.items() if table.given),
            hint='Rename the files, or say in mapping.toml which is which: [files] "orders.csv" = "events".',
        )
    _check_forms(found.sources)
    order = {table: k for k, table in enumerate(TABLES)}
    found.sources.sort(key=lambda source: (order[source.table], source.name))
    return found


def _files(folder: Path) -> list[Path]:
    """Files of the folder, and of its folders that are named after a table."""
    found = []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith((".", "~$")) or entry.name in _OUR_OWN:
            continue
        if entry.is_file():
            found.append(entry)
        elif entry.is_dir() and table_of(entry.name):
            found += _parts(entry)
    return found


def _parts(folder: Path) -> list[Path]:
    """Files of a folder that is a table, however deep; hidden ones and what writers leave behind apart.

    Raises
    ------
    DataError
        If a column of the table stands in the names of the folders only.
    """
    columns = TABLES[str(table_of(folder.name))].columns
    found = []
    for file in sorted(folder.rglob("*")):
        inside = file.relative_to(folder).parts
        if not file.is_file() or any(part.startswith((".", "_", "~$")) for part in inside):
            continue
        lost = next((part for part in inside[:-1] if part.partition("=")[0] in columns and "=" in part), None)
        if lost:
            raise DataError(
                f"a column of {folder.name} stands in the names of its folders and not in its files",
                got=lost,
                expected="files that hold every column",
                hint="Write the table without partitioning by this column, or partition by a copy of it.",
            )
        found.append(file)
    return found


def _check_link(file: Path, root: Path, name: str) -> None:
    if not file.resolve().is_relative_to(root):
        raise ReadError(
            "the file is a link that leads out of the folder", file=name, hint="Put the file itself there."
        )


def _add(found: Found, file: Path, name: str, stated: FileMapping, items: Mapping[str, ItemMeaning]) -> None:
    form = FORMS_BY_SUFFIX.get(file.suffix.lower())
    if stated.skip or form is None:
        if stated.table and not stated.skip:
            raise ReadError(
                "files of this kind cannot be read",
                file=name,
                value=file.suffix,
                expected=", ".join(FORMS_BY_SUFFIX),
            )
        found.unused.append(name)
        return
    inside = name.partition("/")[0] if "/" in name else ""
    table = stated.table or (table_of(inside) if inside else table_of(file.stem))
    if vendor := _of_a_product(file, name, form, stated, items, table):
        found.sources += vendor
    elif table:
        first = Source(name, table, form, file.resolve(), stated)
        found.sources += [first, *_further(first)]
    elif form == "xlsx" and (sheets := _sheets(file, name, stated)):
        found.sources += sheets
    else:
        found.unused.append(name)


def _of_a_product(
    file: Path, name: str, form: str, stated: FileMapping, items: Mapping[str, ItemMeaning], table: str | None
) -> list[Source]:
    """The tables that an export of a known product fills; none where it is none, or named after another."""
    seen = peek(file.resolve(), name, form, stated)
    if seen.product is None or not _may_be(seen.product, table, stated):
        return []
    source = Source(name, seen.product.table or "customers", form, file.resolve(), stated, None, seen.product)
    with Look(source, items) as look:
        proposal = propose(look, seen, items)
    made = merged(stated_by(proposal, name), stated)
    if made.table is None or made.skip:
        return []
    if seen.product.kind == "survey" and not any(t.startswith("item:") for t in made.columns.values()):
        raise _no_question(
            name, [column.name for column in proposal.columns if column.name in proposal.ignored]
        )
    first = replace(source, table=made.table, mapping=made, said=tuple(proposal.said))
    return [first, *_further(first)]


def _no_question(name: str, questions: Sequence[str]) -> ReadError:
    meaning = '{ construct = "trust", min = 1, max = 5 }'
    asked = questions[0][:60] if questions else "the question"
    return ReadError(
        "no question of this survey is known to measure something",
        file=name,
        hint=f'Say in the mapping what it measures: [files."{name}".columns] "{asked}" = {meaning}.'
        " Or leave the file out: skip = true.",
    )


def _further(source: Source) -> list[Source]:
    """The other tables that a file is stated to fill."""
    also = source.mapping.also
    if also is None or also.table is None:
        return []
    return [replace(source, table=also.table, mapping=also)]


def _may_be(product: Product, table: str | None, stated: FileMapping) -> bool:
    """What is stated comes first, then a header that only one product writes, then the name of the file."""
    if stated.product is not None or table in (None, product.table):
        return True
    return stated.table is None and not product.is_weak


def _sheets(file: Path, name: str, stated: FileMapping) -> list[Source]:
    """The sheets of a workbook that are named after tables."""
    book = Source(name, "", "xlsx", file.resolve(), stated)
    named = [(sheet, table_of(sheet)) for sheet in sheet_names(book)]
    return [
        Source(f"{name}#{sheet}", table, "xlsx", file.resolve(), stated, sheet)
        for sheet, table in named
        if table
    ]


def _check_forms(sources: Sequence[Source]) -> None:
    """The same name with two suffixes is the same table twice."""
    seen: dict[tuple[str, str], str] = {}
    for source in sources:
        assert source.path is not None
        stem = source.name[: -len(source.path.suffix)] if source.sheet is None else source.name
        other = seen.setdefault((source.table, stem.casefold()), source.name)
        if other != source.name:
            raise DataError(
                f"table {source.table!r} stands in two files of the same name",
                got=f"{other} and {source.name}",
                expected="one of them",
                hint="Move one away, or leave it out in mapping.toml: skip = true.",
            )
