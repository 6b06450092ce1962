"""Survey files with a column an item, turned into a row an answer."""

from __future__ import annotations

from sqlglot import exp

from verbond.tables.readers.columns import Columns
from verbond.tables.readers.landing import LINE, ROW, Landed
from verbond.tables.readers.sql import alias, call, cast, column, first_case, lookup, value

__all__ = ["melted", "plain_label"]


def plain_label(label: str) -> str:
    """An answer in words as it is compared: lower case, one blank between words (the macro `vb_label`)."""
    return " ".join(label.split()).lower()


def melted(landed: Landed, columns: Columns) -> tuple[Landed, Columns]:
    """Return the long table that a wide one stands for, and what its columns are.

    Parameters
    ----------
    landed : Landed
        A row a respondent.
    columns : Columns
        With `items`.

    Returns
    -------
    Landed
        A row a respondent and item, in the respondent's row and line; unanswered items are rows without a
        value: they were asked.
    Columns
    """
    kept = sorted(set(columns.canonical.values()))
    place = {j: k for k, j in enumerate(kept)}
    answers = [_answer(landed, j) for j in columns.items.values()]
    names = [alias(column(f"c{j}"), f"c{k}") for k, j in enumerate(kept)]
    unfit = []
    for k, (code, j, condition) in enumerate(landed.unfit):
        names += [alias(column(f"c{j}"), f"c{len(kept) + 2 + k}"), alias(condition, f"@unfit{k}")]
        unfit.append((code, len(kept) + 2 + k, column(f"@unfit{k}")))
    shown = [j for _, j, _ in landed.unfit]
    query = exp.select(
        column(ROW),
        column(LINE),
        *names,
        alias(call("unnest", call("list_value", *columns.items)), f"c{len(kept)}"),
        alias(call("unnest", call("list_value", *answers)), f"c{len(kept) + 1}"),
    ).from_(landed.query.subquery("wide"))
    long = Landed(
        query,
        header=(*(landed.header[j] for j in kept), "item", "value", *(landed.header[j] for j in shown)),
        types=(*(landed.types[j] for j in kept), "VARCHAR", "VARCHAR", *(landed.types[j] for j in shown)),
        parts=landed.parts,
        unfit=unfit,
    )
    for part in long.parts:
        part.n_items = len(columns.items)
    canonical = {name: place[j] for name, j in columns.canonical.items()}
    canonical |= {"item": len(kept), "value": len(kept) + 1}
    return long, Columns(canonical=canonical, items=columns.items, unused=columns.unused)


def _answer(landed: Landed, place: int) -> exp.Expr:
    """One answer as text; words that the mapping gives a number as that number."""
    cell = cast(column(f"c{place}"), "VARCHAR")
    labels = landed.mapping.labels_of(landed.header[place])
    if not labels:
        return cell
    key = call("vb_label", cell)
    numbers = {plain_label(word): str(number) for word, number in labels.items() if number is not None}
    none = [value(plain_label(word)) for word, number in labels.items() if number is None]
    cases = [(exp.In(this=key.copy(), expressions=none), exp.null())] if none else []
    return first_case(cases, call("coalesce", lookup(numbers, key), cell))
