"""The first rows of a file, quickly: enough to know what wrote it."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from verbond.errors import MissingExtraError, ReadError
from verbond.method import ITEMS
from verbond.tables.mapping import SEPARATORS, FileMapping
from verbond.tables.readers.landing import Source
from verbond.tables.readers.names import closest, column_of
from verbond.tables.readers.stored import sav_meta
from verbond.tables.readers.vendors.layouts import MAX_NAME
from verbond.tables.readers.vendors.products import GENERIC, PRODUCTS, Product, product_of

__all__ = ["Peek", "peek"]

_BYTES = 1 << 20
_ROWS = 30
_FOLLOWING = 3
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@dataclass(frozen=True, slots=True)
class Peek:
    """What the first rows of a file show.

    Attributes
    ----------
    product : Product or None
        What wrote it, where that is known.
    language : str or None
        Of its header.
    names, titles : tuple of str
        Of the columns, as the mapping names them and as people read them.
    scales : mapping of int to (float, float)
        SPSS: the lowest and highest value that a variable has a label for.
    """

    product: Product | None = None
    language: str | None = None
    names: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()

    scales: Mapping[int, tuple[float, float]] = field(default_factory=dict)

    def title_of(self, place: int, name: str) -> str:
        """The title of a column."""
        return self.titles[place] if place < len(self.titles) else name


def peek(path: Path, name: str, form: str, stated: FileMapping) -> Peek:
    """Look at the first rows of a file.

    Parameters
    ----------
    path : Path
    name : str
        As errors call it.
    form : str
        "text", "xlsx", "sav" or "parquet".
    stated : FileMapping

    Raises
    ------
    ReadError
        If a name of a column has more than `MAX_NAME` characters, or the mapping names a product that is not
        known.
    """
    known = _stated_product(name, stated)
    if form == "sav":
        return _spss(path, name, stated)
    if stated.product == GENERIC.id or form not in ("text", "xlsx"):
        return Peek(known)
    tables = _text_rows(path, stated) if form == "text" else [_sheet_rows(path, name, stated)]
    best: Peek | None = None
    most = 0
    for rows in tables:
        for k, cells in enumerate(rows):
            following = rows[k + 1 : k + 1 + _FOLLOWING]
            product, n = product_of(cells, following, [known] if known else PRODUCTS.values())
            if product is not None and n > most:
                header = product.header(cells, following)
                best, most = Peek(product, product.language(cells), header.names, header.titles), n
    if best is None:
        if known is not None:
            raise ReadError(f"no line is the header of an export of {known.name}", file=name)
        return Peek()
    _check_names(best.names, name)
    return best


def _stated_product(name: str, stated: FileMapping) -> Product | None:
    if stated.product is None or stated.product == GENERIC.id:
        return None
    if stated.product not in PRODUCTS:
        near = closest(stated.product, PRODUCTS)
        raise ReadError(
            "the mapping names a product that is not known",
            file=name,
            value=stated.product[:80],
            expected=", ".join((*PRODUCTS, GENERIC.id)),
            hint=f"Did you mean {near!r}?" if near else None,
        )
    return PRODUCTS[stated.product]


def _check_names(header: Sequence[str], name: str) -> None:
    longest = max(map(len, header), default=0)
    if longest > MAX_NAME:
        raise ReadError(
            "the name of a column is too long",
            file=name,
            value=f"{longest} characters",
            expected=f"at most {MAX_NAME}",
        )


def _text_rows(path: Path, stated: FileMapping) -> list[list[list[str]]]:
    """The first records of a text file under each separator."""
    with path.open("rb") as file:
        head = file.read(_BYTES)
    text = _decoded(head, stated.encoding)
    lines = text.splitlines(keepends=True)
    if len(head) == _BYTES and len(lines) > 1:
        lines = lines[:-1]
    separators = (stated.separator,) if stated.separator else SEPARATORS
    return [list(islice(_records(lines, separator), _ROWS)) for separator in separators]


def _records(lines: Sequence[str], separator: str) -> Iterator[list[str]]:
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            continue
        if any(cells):
            yield [cell.strip().lstrip("\ufeff") for cell in cells]


def _decoded(head: bytes, stated: str | None) -> str:
    if stated is not None:
        try:
            return head.decode(stated, "replace")
        except LookupError:
            return ""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return head.decode(encoding, "replace").lstrip("\ufeff")
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start > len(head) - 4:
            return head.decode("utf-8", "ignore")
        return head.decode("cp1252", "replace")


def _sheet_rows(path: Path, name: str, stated: FileMapping) -> list[list[str]]:
    """The first rows of a workbook's sheet: the one that is stated, else the first."""
    from verbond.tables.readers.workbooks import first_rows, open_workbook

    source = Source(name, "", "xlsx", path, stated)
    try:
        workbook = open_workbook(source)
    except MissingExtraError:
        return []
    rows = first_rows(workbook, stated.sheet or workbook.sheet_names[0], source)
    return [row for row in rows if any(row)]


def _spss(path: Path, name: str, stated: FileMapping) -> Peek:
    """The variables of an SPSS file, their texts, and the scales that their labels show.

    A file whose variables are named as ours are is read by these names.
    """
    meta = sav_meta(Source(name, "", "sav", path, stated))
    names = tuple(map(str, meta.column_names))
    titles = tuple(str(meta.column_names_to_labels.get(n) or n) for n in names)
    scales = {}
    for j, variable in enumerate(names):
        values = [v for v in meta.variable_value_labels.get(variable, {}) if isinstance(v, (int, float))]
        left = [v for v in values if not _is_missing(v, meta.missing_ranges.get(variable, ()))]
        if len(left) > 2:
            scales[j] = (min(left), max(left))
    ours = {column_of("responses", n) for n in names} | {n for n in names if n in ITEMS}
    by_name = stated.product == GENERIC.id or ("respondent_id" in ours and bool(ours & set(ITEMS)))
    return Peek(None if by_name else PRODUCTS["spss"], None, names, titles, scales)


def _is_missing(value: float, ranges: Sequence[Mapping[str, Any]]) -> bool:
    return any(isinstance(r["lo"], (int, float)) and r["lo"] <= value <= r["hi"] for r in ranges)
