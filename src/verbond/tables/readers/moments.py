"""Dates and times: from the shapes that a column holds to the ways it can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sqlglot import exp

from verbond.tables.mapping import DATE_ORDERS
from verbond.tables.readers.landing import Steps, Workbench
from verbond.tables.readers.readings import Reading
from verbond.tables.readers.sql import (
    alias,
    call,
    cast,
    coalesce,
    column,
    first_case,
    is_null,
    not_null,
    value,
)

__all__ = ["excel_serial", "formats_of", "moment_readings"]

_MANY_SHAPES = 1000
_FIRST_ROWS = 20_000
_MONTHS = (
    "january januari jan", "february februari feb", "march maart mrt mar", "april apr", "may mei",
    "june juni jun", "july juli jul", "august augustus aug", "september sept sep", "october oktober oct okt",
    "november nov",
    "december dec",
)  # fmt: skip
_MONTH_NUMBERS = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_MONTH = re.compile("|".join(sorted(_MONTH_NUMBERS, key=len, reverse=True)))
_SHAPE = re.compile(
    r"""(?P<date>9999(?P<a>[-/. ])99?(?P=a)99?        # year first
        | 99?(?P<b>[-/. ])99?(?P=b)(?:9999|99)        # year last
        | 99?[-/. ]+@99?\.?[-/., ]+(?:9999|99)        # 5 january 2024
        | @99?\.?[ ]99?,?[ ]9999                      # january 5, 2024
        | 99999999)
        (?:(?P<joint>[ ]+|t|,[ ]?)
        (?P<time>99?:99(?::99(?P<fraction>\.9+)?)?|999999|9999)(?P<noon>[ ]?[ap]m)?
        (?P<zone>[ ]?z|[ ]?(?:utc|gmt)|[ ]?(?:utc|gmt)?[+-]99?(?::?99)?)?)?
    | (?P<stamp>99999999999999)""",
    re.VERBOSE,
)


def formats_of(shape: str) -> dict[str, str]:
    """Return the strptime formats that a shape allows, by the order of day, month and year.

    Parameters
    ----------
    shape : str
        Lower case, every digit a 9, the name of a month as "@" and its number.

    Returns
    -------
    dict of str to str
        Order -> format; an order that cannot be is not there; empty if the shape is no date.

    Examples
    --------
    >>> formats_of("9-99-9999 99:99")
    {'dmy': '%d-%m-%Y %H:%M', 'mdy': '%m-%d-%Y %H:%M'}
    >>> formats_of("9999/99/99"), formats_of("99999"), formats_of("9 @9 9999")
    ({'ymd': '%Y/%m/%d'}, {}, {'dmy': '%d @%m %Y'})
    """
    found = _SHAPE.fullmatch(shape)
    if not found:
        return {}
    if found["stamp"]:
        return {"ymd": "%Y%m%d%H%M%S"}
    rest = _time_format(found) if found["time"] else ""
    return {order: date + rest for order, date in _date_formats(found["date"])}


def _date_formats(date: str) -> Iterator[tuple[str, str]]:
    if date == "99999999":
        yield "ymd", "%Y%m%d"
        return
    parts = re.split(r"(@?9+)", date)[1::2]
    joints = re.split(r"@?9+", date)[1:]
    year = {4: "%Y", 2: "%y"}
    if parts[0].startswith("@") or parts[1].startswith("@"):
        letters = ["@%m", "%d"] if parts[0].startswith("@") else ["%d", "@%m"]
        yield (
            "".join("m" if "m" in p else "d" for p in letters) + "y",
            _put([*letters, year[len(parts[2])]], joints),
        )
    elif len(parts[0]) == 4:
        yield "ymd", _put(["%Y", "%m", "%d"], joints)
    else:
        last = year[len(parts[2])]
        yield "dmy", _put(["%d", "%m", last], joints)
        yield "mdy", _put(["%m", "%d", last], joints)
        if len(parts[0]) == len(parts[2]) == 2:
            yield "ymd", _put(["%y", "%m", "%d"], joints)


def _put(letters: list[str], joints: list[str]) -> str:
    return letters[0] + joints[0] + letters[1] + joints[1] + letters[2]


def _time_format(found: re.Match[str]) -> str:
    time = found["time"]
    hour = "%I" if found["noon"] else "%H"
    if ":" in time:
        clock = hour + ":%M" + (":%S" if time.count(":") == 2 else "") + (".%f" if found["fraction"] else "")
    else:
        clock = hour + "%M" + ("%S" if len(time) == 6 else "")
    noon = found["noon"].replace("am", "%p").replace("pm", "%p") if found["noon"] else ""
    zone = re.sub(r"[+-].*", "%z", found["zone"]) if found["zone"] else ""
    return found["joint"] + clock + noon + zone


def moment_readings(bench: Workbench, steps: Steps, known: exp.Expr) -> list[Reading]:
    """Return the ways in which a column of text can be read as moments.

    Parameters
    ----------
    bench : Workbench
    steps : Steps
        The raw table; the readings are added to it.
    known : sqlglot expression
        The cell as text.

    Returns
    -------
    list of Reading
        One for each order of day, month and year that some cell allows and another order does not decide;
        empty where no cell looks like a date. Their values are timestamps, in UTC where the cell names its
        zone.

    Notes
    -----
    The shapes of the first rows give formats; the shapes of all rows that no format fits give more, until
    nothing new is found. So every row is looked at, and few have to be taken apart.
    """
    moment = steps.add(call("vb_keyed", known))
    shapes = _shapes(bench, steps, moment, limit=_FIRST_ROWS)
    readings: list[Reading] = []
    while shapes:
        readings = _readings(steps, moment, shapes)
        left = [is_null(reading.expression) for reading in readings]
        more = [s for s in _shapes(bench, steps, moment, where=left) if s not in shapes]
        if not any(formats_of(_spelled_shape(s, _month_names([s]))) for s in more):
            break
        shapes += more
    return readings


def _shapes(
    bench: Workbench, steps: Steps, moment: exp.Expr, *, limit: int = 0, where: Sequence[exp.Expr] = ()
) -> list[str]:
    rows = exp.select(alias(moment, "moment")).from_(steps.query(moment, *where).subquery("rows"))
    rows = rows.where(exp.and_(not_null(moment), *(w.copy() for w in where)))
    counted = (
        exp.select(alias(call("vb_shape", column("moment")), "shape"), alias(call("count"), "n"))
        .from_((rows.limit(limit) if limit else rows).subquery("shapes"))
        .group_by(column("shape"))
        .order_by(exp.Ordered(this=column("n"), desc=True))
        .limit(_MANY_SHAPES)
    )
    return [str(row[0]) for row in bench.rows(counted)]


def _month_names(shapes: Sequence[str]) -> list[str]:
    return sorted({m for s in shapes for m in _MONTH.findall(s)}, key=len, reverse=True)


def _readings(steps: Steps, moment: exp.Expr, shapes: Sequence[str]) -> list[Reading]:
    names = _month_names(shapes)
    spelled = _prepared(moment, shapes, names)
    orders: dict[str, list[str]] = {order: [] for order in DATE_ORDERS}
    fixed: list[str] = []
    for shape in shapes:
        formats = formats_of(_spelled_shape(shape, names))
        if len(formats) == 1:
            fixed += formats.values()
        for order, form in formats.items() if len(formats) > 1 else ():
            orders[order].append(form)
    if spelled is not moment:
        spelled = steps.add(spelled)
    choices = {order: forms for order, forms in orders.items() if forms}
    if fixed and not choices:
        return [Reading("", steps.add(_first_fit(steps, spelled, fixed)))]
    return [
        Reading(order, steps.add(_first_fit(steps, spelled, fixed + forms)))
        for order, forms in choices.items()
    ]


def _spelled_shape(shape: str, names: Sequence[str]) -> str:
    for name in names:
        shape = shape.replace(name, "@" + re.sub(r"\d", "9", str(_MONTH_NUMBERS[name])))
    shape = shape.replace("a.m.", "am").replace("p.m.", "pm")
    return re.sub(r"([+-])9$", r"\g<1>99", shape) if ":" in shape else shape


def _prepared(moment: exp.Expr, shapes: Sequence[str], names: Sequence[str]) -> exp.Expr:
    """The cell with month names as numbers and oddities levelled; only those that occur."""
    for name in names:
        moment = call("replace", moment, name, f"@{_MONTH_NUMBERS[name]}")
    for noon in ("a.m.", "p.m."):
        if any(noon in s for s in shapes):
            moment = call("replace", moment, noon, noon.replace(".", ""))
    if any(re.search(r"\.9{7,}", s) for s in shapes):  # .NET writes seven digits, some nine
        moment = call("regexp_replace", moment, r"(\.[0-9]{6})[0-9]+", r"\1")
    if any(re.search(r":.*[+-]9$", s) for s in shapes):  # GMT+3
        moment = call("regexp_replace", moment, r"(:.*[+-])([0-9])$", r"\g<1>0\2".replace(r"\g<1>", r"\1"))
    return moment


def _first_fit(steps: Steps, moment: exp.Expr, formats: Sequence[str]) -> exp.Expr:
    """The first format that a cell fits."""
    return coalesce(*(_parsed(steps, moment, form) for form in dict.fromkeys(formats)))


def _parsed(steps: Steps, moment: exp.Expr, form: str) -> exp.Expr:
    """A moment under one format; strptime alone would take "01-02-24" as a day in the year 24."""
    parsed = steps.add(cast(call("try_strptime", moment, form), "TIMESTAMP"))
    if "%y" in form:
        return parsed
    if form.startswith("%Y%m%d"):
        n_digits = 14 if form == "%Y%m%d%H%M%S" else 8
        digits = call("regexp_matches", moment, f"^[0-9]{{{n_digits}}}([^0-9]|$)")
        return first_case([(digits, parsed)])
    four_digits = exp.GTE(this=parsed.copy(), expression=exp.cast(value("1000-01-01"), "TIMESTAMP"))
    return first_case([(four_digits, parsed)])


def excel_serial(number: exp.Expr) -> exp.Expr:
    """The moment that a workbook stores as a number: days since 30 December 1899, from March 1900 on."""
    since = exp.cast(value("1899-12-30"), "TIMESTAMP")
    seconds = cast(call("round", exp.Mul(this=exp.paren(number.copy()), expression=value(86400))), "BIGINT")
    within = exp.Between(this=number.copy(), low=value(61), high=value(2958465))
    return first_case([(within, exp.Add(this=since, expression=call("to_seconds", seconds)))])
