"""The panel by brute force: plain Python over rows, written from the definition and from nothing else."""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict

import numpy as np

from verbond.tables import EVENT_KINDS, RUNG_CONSTRUCTS, Panel


def period_of(moment: dt.date, period: str) -> dt.date:
    """First day of the period that a day falls in."""
    day = moment.date() if isinstance(moment, dt.datetime) else moment
    if period == "week":
        return day - dt.timedelta(days=day.weekday())
    return dt.date(day.year, day.month if period == "month" else 3 * ((day.month - 1) // 3) + 1, 1)


def after(start: dt.date, period: str) -> dt.date:
    """First day of the next period."""
    return period_of(start + dt.timedelta(days={"week": 7, "month": 31, "quarter": 92}[period]), period)


def periods_between(first: dt.date, last: dt.date, period: str) -> list[dt.date]:
    days = [first]
    while days[-1] < last:
        days.append(after(days[-1], period))
    return days


def expected_rows(tables: dict[str, list[dict]], period: str) -> dict[tuple[str, dt.date], dict]:
    """{(customer, first day of period): what happened} for rows given as dicts."""
    events = tables.get("events", [])
    moments = [e["occurred_at"] for e in events]
    first, last = period_of(min(moments), period), period_of(max(moments), period)
    quiet = (after(last, period) - max(moments).date()).days - 1
    days = periods_between(first, last, period)
    if quiet > 2:
        days = days[:-1]
    since = {c["customer_id"]: c.get("since") for c in tables.get("customers", [])}
    rows: dict[tuple[str, dt.date], dict] = {}
    for customer in sorted(set(since) | {e["customer_id"] for e in events}):
        mine = [e for e in events if e["customer_id"] == customer]
        window, is_new, ended = _window(mine, since.get(customer), days, period)
        for day in window:
            here = [e for e in mine if period_of(e["occurred_at"], period) == day]
            rows[customer, day] = _row(here) | {
                "is_new": is_new,
                "ended": ended,
                "exposures": _exposures(tables, customer, day, period),
                "scores": _scores(tables, customer, day, period, day == days[-1]),
                "asked": _asked(tables, customer, day, period, day == days[-1]),
            }
    return rows


def _window(mine: list[dict], since: dt.date | None, days: list[dt.date], period: str):
    starts = [period_of(e["occurred_at"], period) for e in mine] + (
        [period_of(since, period)] if since else []
    )
    start = max(min(starts), days[0]) if starts else days[0]
    is_new = period_of(since, period) >= days[0] if since else bool(starts) and min(starts) > days[0]
    bought = [e["occurred_at"] for e in mine if e["kind"] == "purchase"]
    left = [
        e["occurred_at"]
        for e in mine
        if e["kind"] == "cancellation" and all(e["occurred_at"] >= b for b in bought)
    ]
    closing = period_of(min(left), period) if left else None
    ended = closing is not None and closing <= days[-1]
    return [d for d in days if d >= start and (not ended or d <= closing)], is_new, ended


def _row(here: list[dict]) -> dict:
    counts, amounts = {}, {}
    for kind in EVENT_KINDS:
        lines = [e for e in here if e["kind"] == kind]
        orders = {e.get("order_id") for e in lines} - {None}
        loose = [e for e in lines if e.get("order_id") is None]
        counts[kind] = len(orders) + len(loose) if kind == "purchase" else len(lines)
        known = [e["amount"] for e in lines if e.get("amount") is not None]
        amounts[kind] = sum(known) if known or not lines else math.nan
    return {
        "counts": counts,
        "amounts": amounts,
        "depth": _depth([e for e in here if e["kind"] == "purchase"]),
    }


def _depth(lines: list[dict]) -> float:
    off = total = 0.0
    for e in lines:
        amount, listed, discount = e.get("amount"), e.get("list_price"), e.get("discount")
        if discount is None and listed is not None and amount is not None:
            discount = listed - amount
        if listed is None and amount is not None and e.get("discount") is not None:
            listed = amount + e["discount"]
        if listed is not None and discount is not None:
            off, total = off + discount, total + listed
    return min(max(off / total, 0.0), 1.0) if total > 0 else math.nan


def _exposures(tables: dict, customer: str, day: dt.date, period: str) -> dict[str, int]:
    kinds = {a["action_id"]: a["kind"] for a in tables.get("actions", [])}
    found: dict[str, int] = defaultdict(int)
    for x in tables.get("exposures", []):
        if (
            x["customer_id"] == customer
            and period_of(x["occurred_at"], period) == day
            and x["action_id"] in kinds
        ):
            found[kinds[x["action_id"]]] += 1
    return dict(found)


def _counts_in(moment: dt.date, day: dt.date, period: str, is_last: bool) -> bool:
    """Whether something was answered in a period, or shortly after the last one."""
    following = after(day, period)
    late = moment.date() if isinstance(moment, dt.datetime) else moment
    return period_of(moment, period) == day or (
        is_last and following <= late < following + dt.timedelta(days=92)
    )


def _scores(
    tables: dict, customer: str, day: dt.date, period: str, is_last: bool
) -> dict[str, tuple[float, float]]:
    found = {}
    for construct in RUNG_CONSTRUCTS:
        here = [
            s
            for s in tables.get("scores", [])
            if s["customer_id"] == customer
            and s["construct"] == construct
            and _counts_in(s["occurred_at"], day, period, is_last)
        ]
        if here:
            mean = sum(s["score"] for s in here) / len(here)
            found[construct] = (mean, math.sqrt(sum(s["standard_error"] ** 2 for s in here)) / len(here))
    return found


def _asked(tables: dict, customer: str, day: dt.date, period: str, is_last: bool) -> int:
    here = [
        r
        for r in tables.get("responses", [])
        if r["customer_id"] == customer and _counts_in(r["occurred_at"], day, period, is_last)
    ]
    return -1 if not here else int(any(r["value"] is not None for r in here))


def check_panel(panel: Panel, expected: dict[tuple[str, dt.date], dict]) -> None:
    """Assert that a panel says what the brute force says, cell by cell."""
    customer_of = np.repeat(np.arange(panel.n_customers), panel.lengths)
    keys = [
        (panel.customer_ids[c], panel.periods[p].item())
        for c, p in zip(customer_of, panel.row_periods, strict=True)
    ]
    assert keys == list(expected)
    rows = list(expected.values())
    for kind in EVENT_KINDS:
        truth = [r["counts"][kind] for r in rows]
        assert panel.counts.get(kind, np.zeros(len(rows))).tolist() == truth, kind
    for kind, values in panel.amounts.items():
        np.testing.assert_allclose(values, [r["amounts"][kind] for r in rows], rtol=1e-6, atol=1e-6)
    for kind in ("purchase", "return"):
        if kind not in panel.amounts:
            assert all(r["amounts"][kind] == 0 or math.isnan(r["amounts"][kind]) for r in rows)
    for kind in {k for r in rows for k in r["exposures"]} | set(panel.exposures):
        assert panel.exposures[kind].tolist() == [r["exposures"].get(kind, 0) for r in rows]
    depths = np.array([r["depth"] for r in rows])
    if panel.discount_depth is None:
        assert np.isnan(depths).all()
    else:
        np.testing.assert_allclose(panel.discount_depth, depths, rtol=1e-5, atol=1e-5)
    assert panel.scored_rows.tolist() == [j for j, r in enumerate(rows) if r["scores"]]
    for values, j in ((panel.scores, 0), (panel.standard_errors, 1)):
        truth = [
            [r["scores"].get(c, (math.nan, math.nan))[j] for c in RUNG_CONSTRUCTS]
            for r in rows
            if r["scores"]
        ]
        np.testing.assert_allclose(values, np.array(truth).reshape(-1, len(RUNG_CONSTRUCTS)), rtol=1e-5)
    asked = [r["asked"] for r in rows]
    assert (panel.asked.tolist() == asked) if panel.asked is not None else (0 not in asked)
    first_rows = panel.offsets[:-1]
    assert [rows[r]["is_new"] for r in first_rows] == panel.is_new.tolist()
    assert [rows[r]["ended"] for r in first_rows] == panel.ended.tolist()


def columns(rows: list[dict], names: tuple[str, ...]) -> dict[str, list]:
    """Rows as columns."""
    return {name: [row.get(name) for row in rows] for name in names}
