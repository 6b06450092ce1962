# ruff: noqa: E501  (cells and files read best on one line)
"""Dates and numbers against Python's own calendar and arithmetic, over whole columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from verbond.tables.engines import DuckDBEngine
from verbond.tables.readers.landing import Steps, Workbench
from verbond.tables.readers.moments import moment_readings
from verbond.tables.readers.readings import Decision, decide, number_readings
from verbond.tables.readers.sql import alias, call, column, table

FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
MOMENTS = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2099, 12, 31)).map(
    lambda m: m.replace(microsecond=0)
)
DAY_FIRST = ["%d-%m-%Y", "%d/%m/%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%-d-%-m-%Y %H:%M:%S", "%d-%m-%Y %I:%M %p"]
MONTH_FIRST = ["%m/%d/%Y", "%-m/%-d/%Y %I:%M:%S %p", "%m-%d-%Y %H:%M"]
FIXED = [
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y%m%d",
    "%Y%m%d%H%M%S",
    "%d %B %Y",
    "%b %-d, %Y %H:%M",
]


@pytest.fixture(scope="module")
def bench() -> Iterator[Workbench]:
    with DuckDBEngine() as engine, engine.connection.cursor() as cursor:
        yield Workbench(cursor, engine.folder)


def read(
    bench: Workbench, cells: Sequence[str | None], what: str, stated: str | None = None
) -> tuple[Decision | None, list[object]]:
    """How a column is read, and what comes of its cells."""
    given = np.empty(len(cells), dtype=object)
    given[:] = cells
    bench.cursor.register("given", {"c0": given, "n": np.arange(len(cells))})
    raw = bench.new_table(exp.select("*").from_("given"))
    steps = Steps(exp.select("*").from_(table(raw)))
    known = steps.add(call("vb_known", steps.add(call("vb_trim", column("c0")))))
    readings = moment_readings(bench, steps, known) if what == "date" else number_readings(steps, known)
    if not readings:
        return None, [None] * len(cells)
    made = decide(bench, steps, known, readings, stated)
    query = (
        exp.select(alias(made.expression, "made"))
        .from_(steps.query(made.expression).subquery("all"))
        .order_by("n")
    )
    found = [row[0] for row in bench.rows(query)]
    bench.drop(raw)
    return made, found


def as_written(moment: dt.datetime, form: str) -> dt.datetime:
    """What a format keeps of a moment, by Python's own reading."""
    return dt.datetime.strptime(moment.strftime(form), form.replace("%-", "%"))


@FEW
@given(moments=st.lists(MOMENTS, min_size=1, max_size=8), form=st.sampled_from(FIXED))
def test_dates_with_one_reading(bench: Workbench, moments: list[dt.datetime], form: str) -> None:
    made, found = read(bench, [m.strftime(form) for m in moments], "date")
    assert made is not None
    assert made.kind == "one"
    assert found == [as_written(m, form) for m in moments]


@FEW
@given(moments=st.lists(MOMENTS, min_size=1, max_size=8), form=st.sampled_from(DAY_FIRST + MONTH_FIRST))
def test_dates_are_never_guessed(bench: Workbench, moments: list[dt.datetime], form: str) -> None:
    """Read as they were written, or asked: never read otherwise."""
    made, found = read(bench, [m.strftime(form) for m in moments], "date")
    assert made is not None
    if any(m.day > 12 for m in moments):
        assert found == [as_written(m, form) for m in moments]
    elif any(m.day != m.month for m in moments):
        assert made.kind == "open"
    else:
        assert found == [as_written(m, form) for m in moments]


@FEW
@given(moments=st.lists(MOMENTS, min_size=1, max_size=8))
def test_dates_as_stated(bench: Workbench, moments: list[dt.datetime]) -> None:
    _, found = read(bench, [m.strftime("%d-%m-%Y") for m in moments], "date", "dmy")
    assert found == [as_written(m, "%d-%m-%Y") for m in moments]


@FEW
@given(moments=st.lists(MOMENTS, min_size=1, max_size=5), hours=st.integers(-12, 14))
def test_offsets_become_utc(bench: Workbench, moments: list[dt.datetime], hours: int) -> None:
    zone = dt.timezone(dt.timedelta(hours=hours))
    _, found = read(bench, [m.replace(tzinfo=zone).isoformat() for m in moments], "date")
    assert found == [m - dt.timedelta(hours=hours) for m in moments]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("5 januari 2024", dt.datetime(2024, 1, 5)),
        ("12 mrt. 2024", dt.datetime(2024, 3, 12)),
        ("1-mei-2024 09:05", dt.datetime(2024, 5, 1, 9, 5)),
        ("31-12-99", dt.datetime(1999, 12, 31)),
        ("8/20/25 12:51:45", dt.datetime(2025, 8, 20, 12, 51, 45)),
        ("2026/09/20 3:00:00 PM GMT+3", dt.datetime(2026, 9, 20, 12)),
        ("2025-10-02 17:09:34 -0300", dt.datetime(2025, 10, 2, 20, 9, 34)),
        ("2024-01-31T10:00:00.1234567Z", dt.datetime(2024, 1, 31, 10, 0, 0, 123456)),
        ("2024-01-31 12:00 a.m.", dt.datetime(2024, 1, 31)),
        (" 2024-01-31 ", dt.datetime(2024, 1, 31)),
        ("'2024-01-31", dt.datetime(2024, 1, 31)),
        ("10:59\u202fAM", None),
        ("2024-02-30", None),
        ("2024013", None),
        ("45322", None),
        ("31-01-2024 24:30", None),
        ("gisteren", None),
        ("n.v.t.", None),
    ],
)
def test_one_date(bench: Workbench, cell: str, expected: dt.datetime | None) -> None:
    assert read(bench, [cell], "date")[1] == [expected]


def test_a_shape_far_down_the_column_is_seen(bench: Workbench) -> None:
    cells = ["2024-01-31"] * 30_000 + ["31 dec 2023"]
    assert read(bench, cells, "date")[1][-1] == dt.datetime(2023, 12, 31)


def test_years_of_two_digits_are_not_years_of_old(bench: Workbench) -> None:
    cells = ["31-01-2024"] * 30_000 + ["28-02-24"]
    assert read(bench, cells, "date")[1][-1] == dt.datetime(2024, 2, 28)


def dutch(number: int, decimals: int, thousands: str) -> str:
    return (
        f"{number / 10**decimals:,.{decimals}f}".replace(",", "X").replace(".", ",").replace("X", thousands)
    )


@FEW
@given(
    numbers=st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=8),
    thousands=st.sampled_from(["", ".", " ", "'", "\u00a0"]),
)
def test_decimal_commas(bench: Workbench, numbers: list[int], thousands: str) -> None:
    """Two decimals settle the sign for the whole column."""
    made, found = read(bench, [dutch(n, 2, thousands) for n in numbers], "number")
    assert made is not None
    assert found == pytest.approx([n / 100 for n in numbers])


@FEW
@given(numbers=st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=8))
def test_decimal_points(bench: Workbench, numbers: list[int]) -> None:
    assert read(bench, [f"${n / 100:,.2f}" for n in numbers], "number")[1] == pytest.approx(
        [n / 100 for n in numbers]
    )


@FEW
@given(numbers=st.lists(st.integers(1000, 999_999), min_size=1, max_size=8))
def test_thousands_alone_are_asked(bench: Workbench, numbers: list[int]) -> None:
    made, _ = read(bench, [dutch(n, 0, ".") for n in numbers], "number")
    assert made is not None
    assert made.kind == "open"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("€ 12,50", 12.5), ("12,-", 12.0), ("12,50-", -12.5), ("EUR 5", 5.0), ("-€5", -5.0), ("\u22125", -5.0),
        ("'-5", -5.0), ("+5", 5.0), ("0012", 12.0), ("1,5e3", 1500.0), (",5", 0.5), ("-", None), ("NA", None),
        ("1eur5", None), ("12 34", None), ("1.2.3", None), ("--5", None), ("inf", None), ("0x1F", None), ("1_000", None),
    ],
)  # fmt: skip
def test_one_number(bench: Workbench, cell: str, expected: float | None) -> None:
    assert read(bench, [cell], "number")[1] == [expected]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("5", 5), ("5 - helemaal mee eens", 5), ("5 = agree", 5), ("(5) eens", 5), ("5. eens", 5), ("7 Strongly agree", 7),
        ("Helemaal mee eens (7)", 7), ("eens - 7", 7), ("5,0", 5), ("5\nmee eens", 5), ("eens", None), ("Q5", None),
        ("1-2 keer", None), ("tussen 1 en 7", None), ("1 - 2", None), ("", None),
    ],
)  # fmt: skip
def test_one_answer(bench: Workbench, cell: str, expected: float | None) -> None:
    answer = call("vb_answer", call("vb_known", call("vb_trim", exp.convert(cell))))
    assert bench.rows(exp.select(answer))[0][0] == expected


@pytest.mark.parametrize(
    ("cell", "text", "identifier"),
    [
        ("'=1+1", "=1+1", "=1+1"), ("'s-Gravenhage", "'s-Gravenhage", "'s-Gravenhage"), ("'0123", "'0123", "0123"),
        ("NULL", "NULL", None), ("Nathan", "Nathan", "Nathan"), (" \u00a0x\u200b", "x", "x"), ("", None, None),
        ("=1+1", "=1+1", "=1+1"), ("-", "-", "-"),
    ],
)  # fmt: skip
def test_one_text(bench: Workbench, cell: str, text: str | None, identifier: str | None) -> None:
    trimmed = call("vb_trim", exp.convert(cell))
    query = exp.select(call("vb_text", trimmed), call("vb_id", trimmed))
    assert bench.rows(query)[0] == (text, identifier)
