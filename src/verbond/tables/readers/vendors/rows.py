"""Which rows of an export are rows of its table: lines of an order folded, refunds taken off, names known."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePath

from sqlglot import exp

from verbond.results import Reason
from verbond.tables.readers.landing import LINE, ROW, Landed, Part, Steps, Workbench
from verbond.tables.readers.sql import (
    alias,
    any_of,
    call,
    cast,
    column,
    count_where,
    first_case,
    is_null,
    not_null,
    run,
    table,
    value,
)  # fmt: skip
from verbond.tables.readers.typed import as_text, raw_kind
from verbond.tables.readers.vendors.products import Product, key_of

__all__ = ["arranged"]

NAMES = "names@"
_HEAD, _FOLDED = "@head", "@folded"


def _needed(landed: Landed, product: Product, places: dict[str, int]) -> Landed:
    """The raw table with blanks in the columns that nobody reads: exports are wide."""
    mapping = landed.mapping
    rules = [c for rule in product.refuse for c in rule.columns]
    names = [*mapping.columns, product.fold or "", *product.head, *product.sums, *product.minus]
    names += [*product.minus.values(), *product.names.values(), *product.match_names.values(), *rules]
    wanted = {places[key_of(name)] for name in names if key_of(name) in places}
    blank = exp.cast(exp.null(), "VARCHAR")
    cells = [column(f"c{j}") if j in wanted else alias(blank, f"c{j}") for j in range(len(landed.header))]
    landed.query = exp.select(column(ROW), column(LINE), *cells).from_(landed.query.subquery("raw"))
    landed.types = tuple(t if j in wanted else "VARCHAR" for j, t in enumerate(landed.types))
    return landed


def arranged(bench: Workbench, landed: Landed) -> Landed:
    """Return the rows of an export as its product means them.

    Parameters
    ----------
    bench : Workbench
    landed : Landed
        As the file has them.

    Returns
    -------
    Landed
        Columns of the same numbers, with those after them that were made of others (`made`); rows keep the
        numbers they had.
    """
    source = landed.parts[0].source
    product = source.product
    if product is not None:
        places = _places(landed)
        if product.fold or product.minus:
            landed = _needed(landed, product, places)
        if product.fold:
            _fold(bench, landed, product, places)
        if product.minus:
            _take_off(bench, landed, product, places)
        _refuse(landed, product, places)
        if product.names:
            _learn_names(bench, landed, product, places)
        if product.match_names:
            _match_names(bench, landed, product, places)
    for name in source.mapping.per_file:
        _name_by_file(landed, name)
    if source.mapping.numbered:
        _number(landed, source.mapping.numbered)
    return landed


def _places(landed: Landed) -> dict[str, int]:
    found: dict[str, int] = {}
    for j, name in enumerate(landed.header):
        found.setdefault(key_of(name), j)
    return found


def _text(place: int) -> exp.Expr:
    """A raw cell as text, NULL where it is blank."""
    return call("vb_trim", cast(column(f"c{place}"), "VARCHAR"))


def _select(landed: Landed, changed: dict[int, exp.Expr]) -> exp.Select:
    """The raw table with some of its columns made anew, or added after the last."""
    n = max([len(landed.header) - 1, *changed]) + 1
    made = [alias(changed[j], f"c{j}") if j in changed else column(f"c{j}") for j in range(n)]
    return exp.select(column(ROW), column(LINE), *made).from_(landed.query.subquery("raw"))


def _fold(bench: Workbench, landed: Landed, product: Product, places: dict[str, int]) -> None:
    """Keep the first line of each order, with what is summed over all its lines."""
    name = places.get(key_of(product.fold or ""))
    heads = [places[key_of(h)] for h in product.head if key_of(h) in places]
    if name is None or not heads:
        return
    is_head = any_of(*(not_null(_text(j)) for j in heads))
    sums = [places[key_of(s)] for s in product.sums if key_of(s) in places]
    orders = exp.select(alias(_text(name), "@name"), alias(call("bool_or", is_head), "@has_head"))
    for j in sums:
        text, number = _text(j), call("vb_point", _text(j))
        broken = call("min", first_case([(is_null(number), text)]))  # shown where the order is refused
        total = call("coalesce", broken, cast(call("sum", number), "VARCHAR"))
        orders = orders.select(alias(total, f"@sum{j}"))
    orders = orders.from_(landed.query.subquery("raw")).where(not_null(_text(name))).group_by(column("@name"))
    made = [
        alias(call("coalesce", column(f"@sum{j}"), _text(j)) if j in sums else column(f"c{j}"), f"c{j}")
        for j in range(len(landed.header))
    ]
    folded = exp.and_(exp.not_(is_head.copy()), call("coalesce", column("@has_head"), value(False)))
    same = exp.EQ(this=_text(name), expression=column("@name"))
    query = (
        exp.select(column(ROW), column(LINE), *made, alias(folded, _FOLDED))
        .from_(landed.query.subquery("raw"))
        .join(orders.subquery("orders"), on=same, join_type="left")
    )
    raw = bench.new_table(query)
    landed.types = tuple("VARCHAR" if j in sums else t for j, t in enumerate(landed.types))
    for part in landed.parts:
        first, last = value(part.first_row), value(part.first_row + part.n_rows - 1)
        here = exp.and_(column(_FOLDED), exp.Between(this=column(ROW), low=first, high=last))
        part.n_folded = int(bench.rows(exp.select(count_where(here)).from_(table(raw)))[0][0] or 0)
        if part.n_folded:
            part.decisions.append(Reason("tables.folded_lines", {"n": part.n_folded}))
    landed.query = _rows(landed, raw).where(exp.not_(column(_FOLDED)))


def _take_off(bench: Workbench, landed: Landed, product: Product, places: dict[str, int]) -> None:
    """Amounts less what was paid back."""
    for name, less in product.minus.items():
        j, k = places.get(key_of(name)), places.get(key_of(less))
        if j is None or k is None:
            continue
        steps = Steps(landed.query)
        paid, back = steps.add(_text(j)), steps.add(_text(k))
        comma, number = _number_of(steps, paid)
        _, refund = _number_of(steps, back)
        none = any_of(is_null(back), exp.EQ(this=refund.copy(), expression=value(0)), is_null(number))
        rest = exp.Sub(this=number.copy(), expression=call("coalesce", refund, value(0)))
        rest = steps.add(cast(call("round", rest, 2), "VARCHAR"))
        net = first_case([(none, paid), (comma, call("replace", rest, ".", ","))], rest)
        unread, mark = exp.and_(not_null(back), is_null(refund)), f"@unread{k}"
        kept = [column(f"c{i}") for i in range(len(landed.header)) if i != j]
        query = exp.select(column(ROW), column(LINE), *kept, alias(net, f"c{j}"), alias(unread, mark))
        raw = bench.new_table(query.from_(steps.query(net, unread).subquery("raw")))
        landed.query = _rows(landed, raw).select(column(mark))
        landed.unfit.append(("not_a_number", k, column(mark)))
        landed.types = (*landed.types[:j], "VARCHAR", *landed.types[j + 1 :])


def _number_of(steps: Steps, text: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
    """Whether a figure can only have a decimal comma; and the number."""
    figure = steps.add(call("vb_figure", text))
    point = steps.add(call("vb_point", figure))
    return is_null(point), steps.add(call("coalesce", point, steps.add(call("vb_comma", figure))))


def _rows(landed: Landed, name: str) -> exp.Query:
    columns = [column(ROW), column(LINE), *(column(f"c{j}") for j in range(len(landed.header)))]
    return exp.select(*columns).from_(table(name))


def _refuse(landed: Landed, product: Product, places: dict[str, int]) -> None:
    for rule in product.refuse:
        place = next((places[key_of(c)] for c in rule.columns if key_of(c) in places), None)
        if place is None:
            continue
        text = _text(place)
        words = [value(word) for word in rule.values]
        fits = not_null(text) if rule.filled else exp.In(this=call("lower", text), expressions=words)
        landed.unfit.append((rule.code, place, call("coalesce", fits, value(False))))


def _learn_names(bench: Workbench, landed: Landed, product: Product, places: dict[str, int]) -> None:
    """Remember who a name is, for files that know customers by their names only."""
    name, id = (places.get(key_of(product.names[k])) for k in ("name", "id"))
    if name is None or id is None:
        return
    known = exp.select(alias(call("vb_label", _text(name)), "name"), alias(call("vb_email", _text(id)), "id"))
    query = known.from_(landed.query.subquery("raw"))
    if NAMES in bench.kept:
        run(bench.cursor, exp.Insert(this=table(NAMES), expression=query))
        return
    temporary = exp.Properties(expressions=[exp.TemporaryProperty()])
    run(bench.cursor, exp.Create(this=table(NAMES), kind="TABLE", expression=query, properties=temporary))
    bench.kept.add(NAMES)


def _match_names(bench: Workbench, landed: Landed, product: Product, places: dict[str, int]) -> None:
    """The one customer of each name; rows whose name nobody or several have are refused."""
    place, target = places.get(key_of(product.match_names["name"])), product.match_names["column"]
    stated = landed.mapping.columns.values()
    if place is None or target in stated or NAMES not in bench.kept:
        return
    one = exp.EQ(this=exp.Count(this=exp.Distinct(expressions=[column("id")])), expression=value(1))
    named = (
        exp.select(alias(column("name"), "@name"), alias(call("min", column("id")), "@id"))
        .from_(table(NAMES))
        .where(not_null(column("name")))
        .group_by(column("name"))
        .having(one)
    )
    n = len(landed.header)
    raw = [column(ROW), column(LINE), *(column(f"c{j}") for j in range(n))]
    same = exp.EQ(this=call("vb_label", _text(place)), expression=column("@name"))
    landed.query = (
        exp.select(*raw, alias(column("@id"), f"c{n}"))
        .from_(landed.query.subquery("raw"))
        .join(named.subquery("named"), on=same, join_type="left")
    )
    landed.unfit.append(("unknown_name", place, is_null(column(f"c{n}"))))
    _add(landed, target)


def _number(landed: Landed, target: str) -> None:
    """A name for rows that have none: the file's name and the number of the row."""

    def number(part: Part) -> exp.Expr:
        before = value(part.first_row - 1)
        return cast(exp.Sub(this=column(ROW), expression=before), "VARCHAR")

    n = len(landed.header)
    landed.query = _select(landed, {n: _by_file(landed, number)})
    _add(landed, target)


def _name_by_file(landed: Landed, name: str) -> None:
    """Names that count from 1 in each file, with the file's name in front."""
    place = _places(landed).get(key_of(name))
    if place is None:
        return
    text = as_text(column(f"c{place}"), raw_kind(landed.types[place]))
    own = call("vb_id", call("vb_trim", text))
    landed.query = _select(landed, {place: _by_file(landed, lambda part: own)})
    landed.types = (*landed.types[:place], "VARCHAR", *landed.types[place + 1 :])


def _by_file(landed: Landed, name: Callable[[Part], exp.Expr]) -> exp.Expr:
    """The name of a row within its file, with the file's name in front; NULL where it has none."""
    cases = []
    for part in reversed(landed.parts):
        own = name(part)
        label = call("concat", f"{_stem(part.source.name)}:", own)
        here = exp.GTE(this=column(ROW), expression=value(part.first_row))
        cases.append((here, first_case([(not_null(own), label)])))
    return first_case(cases)


def _stem(name: str) -> str:
    """A file's name without its kind and without how many answers or downloads it counts."""
    stem = PurePath(name).stem
    return re.sub(r"\s*\(\d+(-\d+)?\)$", "", stem) or stem


def _add(landed: Landed, target: str) -> None:
    landed.made[target] = len(landed.header)
    landed.header, landed.types = (*landed.header, target), (*landed.types, "VARCHAR")
