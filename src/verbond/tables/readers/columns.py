"""Which column of a file is which canonical column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from verbond.errors import ReadError
from verbond.results import Reason
from verbond.tables.items import ItemMeaning
from verbond.tables.readers.landing import Source
from verbond.tables.readers.names import closest, column_of, plain_name, rank
from verbond.tables.schema import TABLES

__all__ = ["Columns", "recognised", "resolve"]

_LONG = ("item", "value")
_OUR_OWN = ("@row", "@line", "@problem", "@value", "rowid")


@dataclass(slots=True)
class Columns:
    """What the columns of a file are.

    Attributes
    ----------
    canonical : dict of str to int
        Canonical column -> number of the column in the file.
    attributes : dict of str to int
        Name -> number, of further columns that are kept.
    items : dict of str to int
        Item -> number, of the columns of a wide survey file.
    unused : list of str
        Columns of the file that are left alone.
    decisions : list of Reason
        Names that were understood although they are not canonical.
    """

    canonical: dict[str, int] = field(default_factory=dict)
    attributes: dict[str, int] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)
    decisions: list[Reason] = field(default_factory=list)


def recognised(source: Source, items: Mapping[str, ItemMeaning], cells: Sequence[str]) -> tuple[int, bool]:
    """How many cells name a column, and whether all that the table needs are among them (see `sniff`)."""
    if source.product is not None and source.product.signatures:
        return source.product.matched(cells)
    table, mapped = TABLES[source.table], source.mapping.columns
    found = {c: mapped.get(c.strip()) or column_of(source.table, c) for c in cells}
    known = {c: column for c, column in found.items() if column is not None}
    n_items = 0
    if source.table == "responses":
        folded = {item.casefold() for item in items}
        n_items = sum(c.strip().casefold() in folded for c, column in found.items() if column is None)
    needed = {c.name for c in table.columns.values() if c.required} - set(source.mapping.constants)
    if n_items and "item" not in known.values():
        needed -= set(_LONG)
    return len(known) + n_items, needed <= set(known.values())


def resolve(
    source: Source,
    header: Sequence[str],
    items: Mapping[str, ItemMeaning],
    made: Mapping[str, int] | None = None,
) -> Columns:
    """Find the canonical columns in a header.

    Parameters
    ----------
    source : Source
    header : sequence of str
        As the file writes it.
    items : mapping
        Items that are known, for wide survey files.
    made : mapping, optional
        Canonical columns that the file does not have and that were made of others: their numbers.

    Raises
    ------
    ReadError
        If a column stands twice, the mapping names one that is not there or does not exist, or one that the
        table needs is missing; names what was found and what looks most like it.
    """
    table, found = TABLES[source.table], Columns()
    taken = _mapped(source, header, items, found)
    left_out = {j for name in source.mapping.left_out for j in _places(name, header)} - taken
    for target, place in (made or {}).items():
        found.canonical.setdefault(target, place)
        taken.add(place)
    taken |= left_out
    if source.product is None:
        _by_name(source, header, found, taken)
    if source.table == "responses" and "item" not in found.canonical:
        _item_columns(source, header, items, found, taken)
    rest = [j for j in range(len(header)) if j not in taken]
    if table.free_columns and source.product is None:
        names = _distinct(header, rest, avoid=[*table.columns, *found.attributes, *_OUR_OWN])
        found.attributes |= names
        rest = []
    found.unused = [header[j] or f"column {j + 1}" for j in sorted({*rest, *left_out})]
    for name in source.mapping.constants:
        if name not in table.columns:
            raise _unknown(source, f"constants.{name}", name, table.columns)
    _require(source, header, found, items)
    return found


def _mapped(
    source: Source, header: Sequence[str], items: Mapping[str, ItemMeaning], found: Columns
) -> set[int]:
    """What the mapping states; it wins over names."""
    table, taken = TABLES[source.table], set()
    for name, target in source.mapping.columns.items():
        places = _places(name, header)
        if not places:
            near = closest(name, header)
            raise ReadError(
                "the mapping names a column that is not there",
                file=source.name,
                column=name,
                expected=_listed(header),
                hint=f"Did you mean {near!r}?" if near else None,
            )
        if len(places) > 1:
            raise _twice(source, name, places)
        place = places[0]
        taken.add(place)
        if target in table.columns:
            if target in found.canonical:
                raise _twice(source, target, [found.canonical[target], place])
            found.canonical[target] = place
        elif source.table == "responses" and target.removeprefix("item:") in items:
            item = target.removeprefix("item:")
            if item in found.items:
                raise _twice(source, item, [found.items[item], place])
            found.items[item] = place
        elif table.free_columns:
            found.attributes[target] = place
        else:
            known = [f"item:{i}" for i in items] if target.startswith("item:") else table.columns
            raise _unknown(source, f"columns.{name!r}", target, known)
    return taken


def _places(name: str, header: Sequence[str]) -> list[int]:
    """Where a column of the mapping stands: as it is written, else but for case and punctuation."""
    exact = [j for j, column in enumerate(header) if column == name]
    return exact or [j for j, column in enumerate(header) if plain_name(column) == plain_name(name) != ""]


def _by_name(source: Source, header: Sequence[str], found: Columns, taken: set[int]) -> None:
    best: dict[str, list[int]] = {}
    for j, name in enumerate(header):
        column = column_of(source.table, name) if j not in taken else None
        if column is not None and column not in found.canonical and column not in source.mapping.constants:
            best.setdefault(column, []).append(j)
    for column, places in best.items():
        lowest = min(rank(source.table, header[j]) for j in places)
        first = [j for j in places if rank(source.table, header[j]) == lowest]
        if len(first) > 1:
            raise _twice(source, header[first[0]], first)
        found.canonical[column] = first[0]
        taken.add(first[0])
        if lowest:
            found.decisions.append(
                Reason("tables.column_understood", {"column": header[first[0]], "canonical": column})
            )


def _item_columns(
    source: Source, header: Sequence[str], items: Mapping[str, ItemMeaning], found: Columns, taken: set[int]
) -> None:
    folded = {item.casefold(): item for item in items}
    answer = found.canonical.get("value")
    for j, name in enumerate(header):
        item = name if name in items else folded.get(name.casefold())
        if item is None or (j in taken and j != answer):
            continue
        if item in found.items:
            raise _twice(source, name, [found.items[item], j])
        found.items[item] = j
        taken.add(j)
    if found.items and answer is not None:  # a word that means "value" in long files, here one column of many
        del found.canonical["value"]
        if answer not in found.items.values():
            taken.discard(answer)


def _require(source: Source, header: Sequence[str], found: Columns, items: Mapping[str, ItemMeaning]) -> None:
    present = {*found.canonical, *source.mapping.constants}
    if found.items:
        present |= set(_LONG)
    missing = [c for c in TABLES[source.table].columns.values() if c.required and c.name not in present]
    if source.table == "responses" and "value" not in present and not missing:
        missing = [TABLES["responses"].columns["value"]]
    if not missing:
        return
    wanted = missing[0].name
    used = set(found.canonical.values())
    free = [name for j, name in enumerate(header) if j not in used and name]
    near = closest(wanted, free)
    key = near or "your column"
    hint = f'Say in the mapping which it is: [files."{source.name}".columns] "{key}" = "{wanted}".'
    if missing[0].choices:
        constant = f'[files."{source.name}".constants] {wanted} = "{missing[0].choices[0]}"'
        hint += f" Or, the same for every row: {constant}."
    if source.table == "responses" and wanted in _LONG:
        hint = (
            "Or, where each question has a column: say in items.toml what the columns measure ([items.NAME])."
        )
    raise ReadError(
        f"column {wanted!r} ({missing[0].description}) is missing",
        file=source.name,
        value=_listed(header),
        hint=hint,
    )


def _distinct(header: Sequence[str], places: Sequence[int], avoid: Sequence[str]) -> dict[str, int]:
    """Names for attributes: none empty, none twice (case does not tell names apart)."""
    seen, names = {name.casefold() for name in avoid}, {}
    for j in places:
        stem = header[j] or f"column_{j + 1}"
        name, number = stem, 2
        while name.casefold() in seen:
            name, number = f"{stem}_{number}", number + 1
        seen.add(name.casefold())
        names[name] = j
    return names


def _twice(source: Source, name: str, places: Sequence[int]) -> ReadError:
    where = " and ".join(str(j + 1) for j in places[:2])
    return ReadError(
        f"two columns are called the same (columns {where})",
        file=source.name,
        column=name,
        hint="Rename one of them in the file.",
    )


def _unknown(source: Source, place: str, got: str, known: Iterable[str]) -> ReadError:
    near = closest(got, known)
    return ReadError(
        f"the mapping's {place} names no column of {source.table!r}",
        file=source.name,
        value=got,
        expected="one of " + ", ".join(known),
        hint=f"Did you mean {near!r}?" if near else None,
    )


def _listed(header: Sequence[str], most: int = 12) -> str:
    names = [name[:40] for name in header[:most]]
    more = f", and {len(header) - most} more" if len(header) > most else ""
    return ", ".join(names) + more
