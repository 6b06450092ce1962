"""When customers were asked, and what those who were asked and those who were not did before and after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from verbond.errors import NotFoundError
from verbond.tables.engines import bind, load, parse
from verbond.tables.reads.around import days_of, with_acts_around
from verbond.tables.tables import Tables

__all__ = ["MEASURES", "SIDES", "Side", "Sums", "Wave", "asked_or_not", "waves_asked"]

MEASURES: Mapping[str, tuple[str, str | None]] = {
    "bought": ("bought_again", "CASE WHEN n_bought_before > 0 THEN 1 ELSE 0 END"),
    "n_bought": ("n_bought", "n_bought_before"),
    "spent": ("spent", "spent_before"),
    "referred": ("referred", "CASE WHEN n_referred_before > 0 THEN 1 ELSE 0 END"),
    "left": ("left_after", None),
}
"""What is measured: after the day, and in as many days until it (nobody who had left then is counted)."""
SIDES = ("asked", "unasked")


@dataclass(frozen=True, slots=True)
class Wave:
    """A round of asking.

    Attributes
    ----------
    name : str or None
    first_day, last_day : date or None
        None where no answer of it is dated.
    n_asked, n_silent, n_unknown : int
        Respondents; those who did not answer; those who cannot be tied to a customer.
    """

    name: str | None
    first_day: dt.date | None
    last_day: dt.date | None
    n_asked: int
    n_silent: int
    n_unknown: int


@dataclass(frozen=True, slots=True)
class Sums:
    """Over the customers of a side: of a measure after the day (y) and before it (x).

    Attributes
    ----------
    y, yy, x, xx, xy : float
        Sums of y, y squared, x, x squared and x times y.
    """

    y: float
    yy: float
    x: float
    xx: float
    xy: float


@dataclass(frozen=True, slots=True)
class Side:
    """Customers who were asked, or who were not.

    Attributes
    ----------
    n : int
    n_was_asked : int
        Of them, asked until the end of the horizon.
    sums : mapping of str to Sums
        By measure.
    """

    n: int
    n_was_asked: int
    sums: Mapping[str, Sums]


def waves_asked(tables: Tables) -> tuple[Wave, ...]:
    """The rounds of asking customers, in order of their names; none without `responses`."""
    if "responses" not in tables:
        return ()
    found = tables.select("waves_asked")
    first, last = days_of(found["first_day"]).tolist(), days_of(found["last_day"]).tolist()
    counts = [found[name].tolist() for name in ("n_asked", "n_silent", "n_unknown")]
    return tuple(Wave(*row) for row in zip(found["wave"].tolist(), first, last, *counts, strict=True))


def asked_or_not(
    tables: Tables,
    first_day: dt.date,
    last_day: dt.date,
    horizon_days: int,
    control: tuple[str, str] | None = None,
) -> dict[str, Side]:
    """Sum up what both sides did, inside the engine.

    Parameters
    ----------
    tables : Tables
    first_day, last_day : date
        Of the round of asking. Acts from the first day on are after it.
    horizon_days : int
    control : (attribute, value), optional
        Customers with this value were left unasked, those with another known one were not. Without it: asked
        is who was asked for the first time in this round, unasked who was never asked until the horizon is
        over; who may not be approached is in neither.

    Returns
    -------
    dict of "asked" and "unasked" to Side
        Of those who were customers before it and had not left.

    Raises
    ------
    NotFoundError
        If there is no such attribute.
    """
    day = first_day - dt.timedelta(days=1)
    end = day + dt.timedelta(days=horizon_days)
    side = _of_attribute(tables, *control) if control is not None else _of_wave(first_day, last_day, end)
    sides = load("asked_or_not", day=day, side=side, last_day=end)
    around = with_acts_around(sides, horizon_days)
    sums = [
        exp.alias_(exp.Count(this=exp.Star()), "n"),
        exp.alias_(_sum(exp.column("was_asked")), "n_was_asked"),
    ]
    for name, texts in MEASURES.items():
        y, x = (exp.maybe_parse(text or "0", dialect="duckdb") for text in texts)
        pairs = {"y": y, "yy": _times(y, y), "x": x, "xx": _times(x, x), "xy": _times(x, y)}
        sums += [exp.alias_(_sum(part), f"{name}_{key}") for key, part in pairs.items()]
    query = exp.select("side", *sums).from_(around.subquery("around"))
    query = query.where("gone_before = 0", "side IS NOT NULL", dialect="duckdb").group_by("side")
    found = tables.select(query)

    def sums_of(j: int, measure: str) -> Sums:
        return Sums(*(float(found[f"{measure}_{key}"][j]) for key in ("y", "yy", "x", "xx", "xy")))

    return {
        str(name): Side(
            int(found["n"][j]), int(found["n_was_asked"][j]), {m: sums_of(j, m) for m in MEASURES}
        )
        for j, name in enumerate(found["side"].tolist())
    }


def _sum(part: exp.Expr) -> exp.Expr:
    return exp.Sum(this=exp.cast(part, "double"))


def _times(a: exp.Expr, b: exp.Expr) -> exp.Expr:
    return exp.Mul(this=exp.paren(a.copy()), expression=exp.paren(b.copy()))


_OF_WAVE = """
SELECT
  CASE
    WHEN b.willing = 0 OR a.undated = 1 THEN NULL
    WHEN a.first_day BETWEEN $first_day AND $last_day THEN 'asked'
    WHEN a.first_day IS NULL OR a.first_day > $end THEN 'unasked'
  END AS side
"""


def _of_wave(first_day: dt.date, last_day: dt.date, end: dt.date) -> exp.Expr:
    return bind(parse(_OF_WAVE), first_day=first_day, last_day=last_day, end=end).selects[0].this


def _of_attribute(tables: Tables, name: str, value: str) -> exp.Expr:
    if name not in tables.attributes and name not in tables.columns("customers"):
        raise NotFoundError(
            f"no attribute {name!r} in {tables.name}", expected=", ".join(tables.attributes) or "attributes"
        )
    column = exp.column(exp.to_identifier(name, quoted=True), table="c")
    text = exp.cast(column, "text", dialect="duckdb")
    asked = exp.not_(column.copy().is_(exp.null()))
    return (
        exp.Case()
        .when(text.eq(exp.Literal.string(value)), exp.Literal.string("unasked"))
        .when(asked, exp.Literal.string("asked"))
    )
