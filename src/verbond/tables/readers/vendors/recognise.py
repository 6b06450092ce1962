"""`recognise`: what wrote a file, what its columns are, and what only a person can decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from verbond.errors import NotFoundError, ReadError
from verbond.language.lines import one_line
from verbond.results import Reason, Result
from verbond.tables.items import own_items, read_items
from verbond.tables.mapping import FileMapping, read_mapping, read_toml
from verbond.tables.readers.folder import FORMS_BY_SUFFIX
from verbond.tables.readers.landing import Source
from verbond.tables.readers.names import table_of
from verbond.tables.readers.vendors.generic import propose_by_names, table_by_names
from verbond.tables.readers.vendors.look import Look
from verbond.tables.readers.vendors.peek import Peek, peek
from verbond.tables.readers.vendors.proposals import Proposal, Question, remember, target_of
from verbond.tables.readers.vendors.propose import ask_date_order, propose

__all__ = ["FoundColumn", "Recognition", "recognise"]

N_SAMPLES = 20
SAMPLE_LENGTH = 200


@dataclass(frozen=True, slots=True)
class FoundColumn:
    """One column of a file.

    Attributes
    ----------
    name : str
        As a mapping names it.
    title : str
        As people read it: the text of a question; else the name.
    samples : tuple of str
        The first different cells that are not blank, at most 20, each cut to 200 characters. What stands in a
        file is never trusted: show it as text.
    target : str or None
        Canonical column, attribute, or "item:NAME"; None where the column is left out.
    stated : str, dict or False
        The same as a mapping says it, with its details.
    why : Reason
    """

    name: str
    title: str
    samples: tuple[str, ...]
    target: str | None
    stated: Any
    why: Reason


@dataclass(frozen=True, slots=True)
class Recognition(Result):
    """What a file was recognised as: made by `recognise`.

    Attributes
    ----------
    file : str
    form : str
        "text", "xlsx", "sav" or "parquet".
    product, product_name : str
        "generic" and "" where no known product wrote it.
    kind : str
        "survey", "orders", "customers", "contacts", "reviews", "mailing" or "generic".
    language : str or None
        Of the header.
    table : str or None
        The canonical table that it will fill; None where that is to be said, or nothing can be read.
    n_rows : int
        Rows under the header, blank and broken ones not counted.
    date_order : str or None
        "dmy", "mdy" or "ymd", by the whole columns; None where there is none to tell, or a person is asked.
    columns : tuple of FoundColumn
    questions : tuple of Question
        What only a person can decide.
    ignored : tuple of str
        Columns that were not recognised.
    said : tuple of Reason
        What was taken for what.
    """

    file: str
    form: str
    product: str
    product_name: str
    kind: str
    language: str | None
    table: str | None
    n_rows: int
    date_order: str | None
    columns: tuple[FoundColumn, ...]
    questions: tuple[Question, ...] = ()
    ignored: tuple[str, ...] = ()
    said: tuple[Reason, ...] = ()
    entry: Mapping[str, Any] | None = None

    def mapping(self) -> dict[str, Any]:
        """Return the proposal as a mapping, to be changed and given to `open_tables(folder, mapping=...)`.

        Returns
        -------
        dict
            `{"files": {FILE: entry}}`, every column of the file stated; False leaves one out.
        """
        return {"files": {self.file: dict(self.entry or {})}}

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a column."""
        return [
            {
                "column": one_line(column.name),
                "title": one_line(column.title) if column.title != column.name else "",
                "target": column.target,
                "sample": one_line(column.samples[0]) if column.samples else "",
            }
            for column in self.columns
        ]


def recognise(path: str | Path, *, mapping: str | Path | Mapping[str, Any] | None = None) -> Recognition:
    """Say what wrote a file and what its columns are, before anything of it is used.

    Parameters
    ----------
    path : str or Path
        One file: CSV and its relatives, XLSX, SAV or Parquet.
    mapping : path or dict, optional
        What was stated earlier of such a file (its own entry, or that of a pattern which fits its name). What
        it says of columns that are not there is passed over.

    Returns
    -------
    Recognition

    Raises
    ------
    NotFoundError
        If there is no such file.
    ReadError
        If it cannot be read, or is of another kind.
    """
    path = Path(path)
    if not path.is_file():
        raise NotFoundError(f"no file {path}")
    form = FORMS_BY_SUFFIX.get(path.suffix.lower())
    if form is None:
        raise ReadError(
            "files of this kind cannot be read",
            file=path.name,
            value=path.suffix or None,
            expected=", ".join(FORMS_BY_SUFFIX),
        )
    beside = path.parent / "items.toml"
    items = read_items(beside) if beside.is_file() else own_items()
    stated = read_mapping(mapping).of(path.name)
    seen = peek(path.resolve(), path.name, form, stated)
    source = _source(path, form, stated, seen)
    with Look(source, items) as look:
        names = look.landed.header
        if seen.product is not None:
            proposal = propose(look, seen, items)
        else:
            titles = [seen.title_of(j, name) for j, name in enumerate(names)]
            proposal = propose_by_names(look, table_by_names(source, names, items), items, titles)
        if proposal.date_order is None and not proposal.asks("date_order"):
            ask_date_order(proposal, look, names)
        samples = {name: look.samples(j, N_SAMPLES, SAMPLE_LENGTH) for j, name in enumerate(names)}
        n_rows = look.n_rows
    earlier = _entry_of(mapping, path.name)
    remember(proposal, earlier)
    return _recognition(path, form, proposal, samples, n_rows, earlier)


def _source(path: Path, form: str, stated: FileMapping, seen: Peek) -> Source:
    table = seen.product.table if seen.product else stated.table or table_of(path.stem)
    return Source(path.name, table or "customers", form, path.resolve(), stated, None, seen.product)


def _entry_of(mapping: str | Path | Mapping[str, Any] | None, name: str) -> dict[str, Any]:
    """A file's entry of a mapping as it was written."""
    if mapping is None:
        return {}
    given = mapping if isinstance(mapping, Mapping) else read_toml(Path(mapping))
    files = given.get("files", {})
    entry = files.get(name) or next((e for p, e in files.items() if fnmatchcase(name, p)), {})
    return {"table": entry} if isinstance(entry, str) else dict(entry)


def _recognition(
    path: Path,
    form: str,
    proposal: Proposal,
    samples: Mapping[str, tuple[str, ...]],
    n_rows: int,
    earlier: Mapping[str, Any],
) -> Recognition:
    product = proposal.product
    kept = {key: value for key, value in earlier.items() if key not in ("columns", "product")}
    return Recognition(
        file=path.name,
        form=form,
        product=product.id,
        product_name=product.name,
        kind=product.kind,
        language=proposal.language,
        table=earlier.get("table", product.table),
        n_rows=n_rows,
        date_order=earlier.get("date_order", proposal.date_order),
        columns=tuple(
            FoundColumn(c.name, c.title, samples.get(c.name, ()), target_of(c.target), c.target, c.why)
            for c in proposal.columns
        ),
        questions=tuple(proposal.questions),
        ignored=tuple(proposal.ignored),
        said=tuple(proposal.said),
        entry=proposal.entry() | kept,
    )
