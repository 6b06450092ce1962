"""Decide over a whole column how its cells are to be read; never guess.

A cell such as "03-04-2024" or "1.234" has two readings. Each reading is tried on every row; rows that fit one
reading only are the evidence. See `decide`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlglot import exp

from verbond.tables.readers.landing import Steps, Workbench
from verbond.tables.readers.sql import (
    any_of,
    call,
    coalesce,
    count_where,
    first_case,
    is_null,
    not_null,
    value,
)

__all__ = ["Decision", "Reading", "decide", "number_readings"]

SLIPS = 0.01
"""Where both readings are needed for some rows, one is the column's own and the other a slip of the pen if at
most this share of the evidence speaks for the other; a column with more holds both ways of writing."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a column.

    Attributes
    ----------
    name : str
        "dmy", "mdy", "ymd"; "," or "." for the decimal sign.
    expression : sqlglot expression
        The value under this reading, NULL where the cell does not fit.
    """

    name: str
    expression: exp.Expr


@dataclass(frozen=True, slots=True)
class Decision:
    """How a column is read.

    Attributes
    ----------
    kind : str
        "one": all readings agree wherever they fit. "chosen": the evidence speaks for `name`. "stated": the
        user says so. "both": both ways stand in the column, and cells that could be either are refused.
        "open": nothing tells; the user has to say it.
    expression : sqlglot expression
        The value; NULL where it cannot be told.
    unclear : sqlglot expression
        True for cells that have a reading, yet none that can be trusted.
    name : str
        Of the reading chosen.
    example : tuple of str
        Where it is open: a cell, and what the readings make of it.
    ways : tuple of str
        Names of those readings.
    """

    kind: Literal["one", "chosen", "stated", "both", "open"]
    expression: exp.Expr
    unclear: exp.Expr
    name: str = ""
    example: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()


def decide(
    bench: Workbench, steps: Steps, cell: exp.Expr, readings: Sequence[Reading], stated: str | None = None
) -> Decision:
    """Choose between the readings of a column, by all its rows.

    Parameters
    ----------
    bench : Workbench
    steps : Steps
        The raw table, with the columns that the readings are.
    cell : sqlglot expression
        The cell as text.
    readings : sequence of Reading
        All that are possible.
    stated : str, optional
        The reading that the user states.

    Notes
    -----
    Let m_i be the number of rows that some reading fits and reading i does not. Where no row has two values,
    nothing is to be chosen. Where exactly one m_i is 0, reading i explains all rows and wins. Where several
    are 0, nothing tells them apart. Where none is, the smallest m_i wins if it is at most `SLIPS` of the
    next; else both ways of writing are there, and only cells with one possible value are kept.
    """
    made = [reading.expression for reading in readings]
    anything = coalesce(*made)
    stated_reading = next((r for r in readings if r.name == stated), None)
    if stated_reading is not None:
        return _chosen(stated_reading, anything, "stated")
    if len(readings) == 1:
        return Decision("one", made[0], exp.false(), readings[0].name)
    differ = exp.NEQ(this=call("least", *made), expression=call("greatest", *made))
    some = any_of(*map(not_null, made))
    misfits = [count_where(exp.and_(some.copy(), is_null(m))) for m in made]
    tried = steps.query(cell, *made).subquery("tried")
    n_differ, *missed = bench.rows(exp.select(count_where(differ), *misfits).from_(tried))[0]
    if not n_differ:
        return Decision("one", anything, exp.false())
    order = sorted(range(len(readings)), key=lambda j: missed[j])
    best, second = order[0], order[1]
    if missed[best] == missed[second] == 0:
        pair = (readings[best], readings[second])
        shown = (
            exp.select(cell.copy(), *(r.expression.copy() for r in pair)).from_(tried).where(differ).limit(1)
        )
        example = tuple(map(str, bench.rows(shown)[0]))
        return Decision("open", anything, exp.false(), example=example, ways=(pair[0].name, pair[1].name))
    if not missed[best]:
        return Decision("chosen", made[best], exp.false(), readings[best].name)
    if missed[best] <= SLIPS * missed[second]:
        return _chosen(readings[best], anything, "chosen")
    unclear = call("coalesce", differ, value(False))
    return Decision("both", first_case([(unclear, exp.null())], anything), unclear)


def _chosen(reading: Reading, anything: exp.Expr, kind: Literal["chosen", "stated"]) -> Decision:
    unclear = exp.and_(is_null(reading.expression), not_null(anything))
    return Decision(kind, reading.expression, unclear, reading.name)


def number_readings(steps: Steps, known: exp.Expr) -> list[Reading]:
    """The two readings of a number: with a decimal comma, with a decimal point."""
    figure = steps.add(call("vb_figure", known))
    return [
        Reading(",", steps.add(call("vb_comma", figure))),
        Reading(".", steps.add(call("vb_point", figure))),
    ]
