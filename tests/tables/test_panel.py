"""The panel against brute force, against polars, and under changes that must not matter."""

from __future__ import annotations

import datetime as dt
import sys

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from panel_truth import check_panel, columns, expected_rows

from verbond.errors import DataError, OptionError
from verbond.tables import EVENT_KINDS, RUNG_CONSTRUCTS, Panel, Tables, reads

NAMES = {
    "customers": ("customer_id", "since", "region"),
    "events": ("customer_id", "occurred_at", "kind", "amount", "order_id", "list_price", "discount"),
    "actions": ("action_id", "kind"),
    "exposures": ("customer_id", "action_id", "occurred_at"),
    "responses": ("respondent_id", "customer_id", "occurred_at", "item", "value"),
    "scores": ("respondent_id", "customer_id", "occurred_at", "construct", "score", "standard_error"),
}
IDS = ["a", "b", "c", "é", "Z"]
FIRST, LAST = dt.datetime(2023, 11, 20), dt.datetime(2024, 4, 10)  # leap day and a turn of the year inside

moments = st.datetimes(FIRST, LAST).map(lambda t: t.replace(microsecond=0)) | st.sampled_from(
    [
        dt.datetime(2024, 1, 31, 23, 59, 59),
        dt.datetime(2024, 2, 1),
        dt.datetime(2024, 2, 29, 12),
        dt.datetime(2024, 3, 31, 23, 59, 59),
        dt.datetime(2024, 1, 1),
        dt.datetime(2023, 12, 31, 23, 59, 59),
    ]
)
money = st.none() | st.integers(0, 400).map(lambda n: n / 4)
people = st.sampled_from(IDS)
event = st.fixed_dictionaries(
    {
        "customer_id": people,
        "occurred_at": moments,
        "kind": st.sampled_from(EVENT_KINDS),
        "amount": money,
        "order_id": st.none() | st.sampled_from(["o1", "o2"]),
        "list_price": money,
        "discount": money,
    }
)
score = st.fixed_dictionaries(
    {
        "respondent_id": people,
        "customer_id": people,
        "occurred_at": moments,
        "construct": st.sampled_from([*RUNG_CONSTRUCTS, "recommend"]),
        "score": st.integers(0, 100).map(float),
        "standard_error": st.integers(1, 20).map(float),
    }
)
response = st.fixed_dictionaries(
    {
        "respondent_id": people,
        "customer_id": people,
        "occurred_at": moments,
        "item": st.sampled_from(["q1", "q2"]),
        "value": st.none() | st.just(3.0),
    }
)
exposure = st.fixed_dictionaries(
    {"customer_id": people, "action_id": st.sampled_from(["x", "y", "lost"]), "occurred_at": moments}
)
ACTIONS = [{"action_id": "x", "kind": "discount"}, {"action_id": "y", "kind": "knitting evening"}]


@st.composite
def companies(draw: st.DrawFn) -> dict[str, list[dict]]:
    since = st.none() | st.dates(dt.date(2023, 6, 1), dt.date(2024, 5, 1))
    known = draw(st.lists(people, unique=True))
    return {
        "customers": [{"customer_id": c, "since": draw(since), "region": None} for c in known],
        "events": draw(st.lists(event, min_size=1, max_size=40)),
        "actions": ACTIONS,
        "exposures": draw(st.lists(exposure, max_size=10)),
        "responses": draw(st.lists(response, max_size=10)),
        "scores": draw(st.lists(score, max_size=10)),
    }


def opened(company: dict[str, list[dict]]) -> Tables:
    return Tables.from_columns({name: columns(rows, NAMES[name]) for name, rows in company.items()})


def at(*days: str) -> np.ndarray:
    return np.array(days, "datetime64[s]")


def events(*rows: tuple) -> dict[str, list]:
    """Events of (customer, day, kind)."""
    return {
        "customer_id": [r[0] for r in rows],
        "occurred_at": at(*(r[1] for r in rows)),
        "kind": [r[2] for r in rows],
    }


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(companies(), st.sampled_from(["month", "week", "quarter"]))
def test_panel_is_what_plain_python_finds(company: dict, period: str) -> None:
    with opened(company) as tables:
        try:
            expected = expected_rows(company, period)
            panel = reads.panel(tables, period)
        except IndexError:  # the brute force has no complete period left
            with pytest.raises(DataError, match="one complete"):
                reads.panel(tables, period)
            return
        check_panel(panel, expected)


@settings(max_examples=15, deadline=None)
@given(companies(), st.randoms(use_true_random=False))
def test_row_order_is_nothing(company: dict, random) -> None:
    shuffled = {name: random.sample(rows, len(rows)) for name, rows in company.items()}
    with opened(company) as tables, opened(shuffled) as others:
        assert tables.fingerprint == others.fingerprint
        try:
            panel = reads.panel(tables)
        except DataError:
            return
        assert_same(panel, reads.panel(others))


def assert_same(a, b) -> None:
    """Every array of two panels is equal; sums of money to float32's precision."""
    for name in ("periods", "customer_ids", "offsets", "first_period", "is_new", "ended", "scored_rows"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)
    for name in ("counts", "amounts", "exposures", "segments"):
        ours, theirs = getattr(a, name), getattr(b, name)
        assert ours.keys() == theirs.keys(), name
        for key in ours:
            assert ours[key].dtype == theirs[key].dtype
            np.testing.assert_allclose(ours[key], theirs[key], rtol=1e-6, err_msg=f"{name} {key}")
    for name in ("discount_depth", "asked", "scores", "standard_errors"):
        ours, theirs = getattr(a, name), getattr(b, name)
        assert (ours is None) == (theirs is None), name
        if ours is not None:
            np.testing.assert_allclose(ours, theirs, rtol=1e-5, err_msg=name)


@pytest.fixture(scope="module")
def many() -> Tables:
    """100,000 events of 5,000 customers over two years, by lot."""
    rng = np.random.default_rng(7)
    n = 100_000
    seconds = rng.integers(0, 731 * 86_400, n)  # 2024 is a leap year
    return Tables.from_columns(
        {
            "customers": {
                "customer_id": [f"c{j:05d}" for j in range(5200)],  # the last 200 do nothing
                "region": rng.choice(np.array(["north", "south", None], dtype=object), 5200),
                "floor": rng.integers(0, 12, 5200),
                "score": rng.normal(size=5200),
            },
            "events": {
                "customer_id": np.array([f"c{j:05d}" for j in rng.integers(0, 5000, n)], dtype=object),
                "occurred_at": np.datetime64("2023-01-01", "s") + seconds,
                "kind": rng.choice(np.array(["purchase", "visit", "complaint"], dtype=object), n),
                "amount": rng.integers(0, 10_000, n) / 100,
                "order_id": np.array([f"o{j}" for j in rng.integers(0, 40_000, n)], dtype=object),
            },
        }
    )


@pytest.mark.parametrize(("period", "every"), [("month", "1mo"), ("week", "1w"), ("quarter", "1q")])
def test_panel_equals_polars(many: Tables, period: str, every: str) -> None:
    """Polars, another engine with another definition of truncation, finds the same cells."""
    frame = pl.DataFrame(many.fetch("events")).with_columns(
        day=pl.col("occurred_at").dt.truncate(every).cast(pl.Date)
    )
    truth = frame.group_by("customer_id", "day").agg(
        purchase=pl.col("order_id").filter(pl.col("kind") == "purchase").n_unique(),
        visit=(pl.col("kind") == "visit").sum(),
        complaint=(pl.col("kind") == "complaint").sum(),
        amount=pl.col("amount").filter(pl.col("kind") == "purchase").sum(),
    )
    panel = reads.panel(many, period)
    truth = truth.filter(pl.col("day") <= panel.periods[-1].item())
    ids = panel.customer_ids[np.repeat(np.arange(panel.n_customers), panel.lengths)]
    found = pl.DataFrame(
        {
            "customer_id": ids,
            "day": panel.periods[panel.row_periods],
            "purchase": panel.counts["purchase"],
            "visit": panel.counts["visit"],
            "complaint": panel.counts["complaint"],
            "amount": panel.amounts["purchase"].astype(float),
        }
    ).filter(pl.sum_horizontal("purchase", "visit", "complaint") > 0)
    truth, found = truth.sort("customer_id", "day"), found.sort("customer_id", "day")
    assert len(truth) > 30_000
    for column in ("customer_id", "day", "purchase", "visit", "complaint"):
        assert truth[column].to_list() == found[column].to_list(), column
    np.testing.assert_allclose(found["amount"], truth["amount"], rtol=1e-6)  # float32
    assert panel.n_customers == 5200
    assert list(panel.counts) == ["purchase", "complaint", "visit"]


def test_segments_are_codes_with_labels(many: Tables) -> None:
    panel = reads.panel(many)
    assert panel.segment_labels == {
        "region": ("north", "south"),
        "floor": tuple(str(j) for j in range(12)),
    }
    customers = many.fetch("customers")
    for name, codes in panel.segments.items():
        labels = np.array([*panel.segment_labels[name], None], dtype=object)
        truth = [None if v is None else str(v) for v in customers[name].tolist()]
        assert labels[codes].tolist() == truth  # both are in the order of customer_id


@pytest.mark.parametrize("customers_per_chunk", [1, 1700, 5200, 10_000])
def test_chunks_laid_end_to_end_are_the_panel(many: Tables, customers_per_chunk: int) -> None:
    if customers_per_chunk == 1:
        some = many.fetch("events")
        keep = np.isin(some["customer_id"], ["c00001", "c00002", "c00003"])
        tables = Tables.from_columns({"events": {k: v[keep] for k, v in some.items()}})
    else:
        tables = many
    whole, first = reads.panel(tables), 0
    for part in reads.panel_chunks(tables, customers_per_chunk=customers_per_chunk):
        assert_same(part, whole.select(slice(first, first + part.n_customers)))
        first += part.n_customers
    assert first == whole.n_customers


def test_some_customers_keep_the_periods_of_all(many: Tables) -> None:
    whole = reads.panel(many)
    some = reads.panel(many, customers=["c00003", "c05199", "nobody"])
    assert_same(some, whole.select(np.isin(whole.customer_ids, ["c00003", "c05199"])))


def test_adding_events_adds_counts() -> None:
    one = events(("a", "2026-01-03", "visit"), ("b", "2026-03-31", "visit"))
    two = events(("a", "2026-01-05", "visit"), ("a", "2026-02-05", "visit"))
    both = {name: np.concatenate([np.asarray(one[name]), np.asarray(two[name])]) for name in one}
    a = reads.panel(Tables.from_columns({"events": one}))
    both = reads.panel(Tables.from_columns({"events": both}))
    assert a.counts["visit"].tolist() == [1, 0, 0, 1]
    assert both.counts["visit"].tolist() == [2, 1, 0, 1]


def test_the_month_ends_at_midnight() -> None:
    rows = events(("a", "2024-02-29T23:59:59", "visit"), ("a", "2024-03-01T00:00:00", "visit"))
    rows = {
        name: [*values, *more]
        for (name, values), more in zip(rows.items(), (["a"], at("2024-03-31"), ["visit"]), strict=True)
    }
    panel = reads.panel(Tables.from_columns({"events": rows}))
    assert panel.periods.astype(str).tolist() == ["2024-02-01", "2024-03-01"]
    assert panel.counts["visit"].tolist() == [1, 2]


def test_weeks_start_on_monday_and_cross_the_year() -> None:
    rows = events(("a", "2024-12-29", "visit"), ("a", "2024-12-30", "visit"), ("a", "2025-01-05", "visit"))
    panel = reads.panel(Tables.from_columns({"events": rows}), "week")
    assert panel.periods.astype(str).tolist() == ["2024-12-23", "2024-12-30"]  # calendar of 2024
    assert panel.counts["visit"].tolist() == [1, 2]


def test_an_incomplete_last_period_is_left_out_and_said() -> None:
    rows = events(("a", "2026-01-10", "visit"), ("a", "2026-02-20", "visit"))
    panel = reads.panel(Tables.from_columns({"events": rows}))
    assert panel.periods.astype(str).tolist() == ["2026-01-01"]
    assert panel.dropped_period == np.datetime64("2026-02-01")


@pytest.mark.parametrize(
    ("last", "complete"), [("2026-02-26", True), ("2026-02-25", False), ("2026-02-28", True)]
)
def test_a_quiet_weekend_at_the_end_is_no_gap(last: str, complete: bool) -> None:
    rows = events(("a", "2026-01-10", "visit"), ("a", last, "visit"))
    panel = reads.panel(Tables.from_columns({"events": rows}))
    assert (len(panel.periods) == 2) == complete
    assert (panel.dropped_period is None) == complete


def test_not_one_complete_period_raises() -> None:
    with pytest.raises(DataError, match="one complete month: found events from 2026-02-01 to 2026-02-20"):
        reads.panel(
            Tables.from_columns(
                {"events": events(("a", "2026-02-01", "visit"), ("a", "2026-02-20", "visit"))}
            )
        )


def test_nothing_with_a_date_raises() -> None:
    with pytest.raises(DataError, match="nothing in arrays has a date"):
        reads.panel(Tables.from_columns({"customers": {"customer_id": ["a"]}}))


def test_unknown_period_raises(many: Tables) -> None:
    with pytest.raises(OptionError, match="'month', 'week', 'quarter'"):
        reads.panel(many, "year")  # type: ignore[arg-type]


def test_cancellation_closes_the_window_until_a_later_purchase_opens_it() -> None:
    rows = events(
        ("back", "2026-01-05", "cancellation"), ("back", "2026-03-05", "purchase"),
        ("gone", "2026-01-05", "purchase"), ("gone", "2026-02-05", "cancellation"),
        ("gone", "2026-03-05", "contact"),
        ("sameday", "2026-02-05", "purchase"), ("sameday", "2026-02-05", "cancellation"),
        ("stays", "2026-03-31", "visit"),
    )  # fmt: skip
    panel = reads.panel(Tables.from_columns({"events": rows}))
    assert panel.customer_ids.tolist() == ["back", "gone", "sameday", "stays"]
    assert panel.ended.tolist() == [False, True, True, False]
    assert panel.lengths.tolist() == [3, 2, 1, 1]
    assert panel.is_new.tolist() == [False, False, True, True]
    assert "contact" not in panel.counts  # it came after the end


def test_since_opens_the_window_and_tells_new_from_old() -> None:
    customers = {
        "customer_id": ["before", "in", "later", "unknown"],
        "since": np.array(["2020-05-01", "2026-02-01", "2026-04-01", "NaT"], "datetime64[D]"),
    }
    rows = events(("x", "2026-01-01", "visit"), ("x", "2026-03-31", "visit"))
    panel = reads.panel(Tables.from_columns({"customers": customers, "events": rows}))
    assert panel.customer_ids.tolist() == ["before", "in", "unknown", "x"]  # "later" comes after the panel
    assert panel.lengths.tolist() == [3, 2, 3, 3]
    assert panel.first_period.tolist() == [0, 1, 0, 0]
    assert panel.is_new.tolist() == [False, True, False, False]


def test_without_events_the_waves_make_the_panel() -> None:
    tables = Tables.from_columns(
        {
            "customers": {"customer_id": ["a", "b"]},
            "responses": {
                "respondent_id": ["r1", "r2", "r2"],
                "customer_id": ["a", "b", "b"],
                "occurred_at": at("2026-01-12", "2026-01-13", "2026-03-02"),
                "item": ["q", "q", "q"],
                "value": [4.0, None, 2.0],
            },
        }
    )
    panel = reads.panel(tables)
    assert panel.periods.astype(str).tolist() == ["2026-01-01", "2026-02-01", "2026-03-01"]
    assert panel.dropped_period is None
    assert panel.counts == {}
    assert panel.asked.tolist() == [1, -1, -1, 0, -1, 1]
    scored = reads.panel(
        tables.add(
            "scores",
            {
                "respondent_id": ["r2", "r2"],
                "customer_id": ["b", "b"],
                "occurred_at": at("2026-03-02", "2026-03-05"),
                "construct": ["trust", "trust"],
                "score": [40.0, 60.0],
                "standard_error": [3.0, 4.0],
            },
        )
    )
    assert scored.scored_rows.tolist() == [5]
    trust = RUNG_CONSTRUCTS.index("trust")
    assert scored.scores[0, trust] == 50.0
    assert scored.standard_errors[0, trust] == 2.5  # sqrt(3² + 4²) / 2
    assert np.isnan(np.delete(scored.scores[0], trust)).all()


@pytest.mark.parametrize(
    ("day", "row"),
    [("2026-01-31", 0), ("2026-02-28", 1), ("2026-03-01", 1), ("2026-05-31", 1), ("2026-06-01", None)],
)
def test_what_is_answered_up_to_92_days_after_the_last_month_counts_in_it(day: str, row: int | None) -> None:
    rows = events(("a", "2026-01-05", "visit"), ("a", "2026-02-28", "visit"))
    answers = {
        "respondent_id": ["r", "r"], "customer_id": ["a", "a"], "occurred_at": at(day, day),
        "item": ["q1", "q2"], "value": [None, None],
    }  # fmt: skip
    told = {"construct": ["trust"], "score": [40.0], "standard_error": [3.0]}
    scores = {name: answers[name][:1] for name in ("respondent_id", "customer_id", "occurred_at")} | told
    panel = reads.panel(Tables.from_columns({"events": rows, "responses": answers, "scores": scores}))
    assert panel.n_rows == 2
    assert panel.scored_rows.tolist() == ([] if row is None else [row])
    assert (panel.asked is None) if row is None else (panel.asked.tolist()[row] == 0)


def test_cells_fetched_in_parts_are_all_there(many: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = reads.panel(many)
    monkeypatch.setattr(sys.modules["verbond.tables.reads.panel"], "_ROWS_PER_FETCH", 9_999)
    assert_same(reads.panel(many), whole)


def test_who_answers_anything_answered() -> None:
    answers = {
        "respondent_id": ["r1", "r1", "r2"],
        "customer_id": ["a", "a", "b"],
        "occurred_at": at("2026-01-12", "2026-01-12", "2026-01-12"),
        "item": ["q1", "q2", "q1"],
        "value": [4.0, None, None],
    }
    rows = events(("a", "2026-01-31", "visit"), ("b", "2026-01-31", "visit"))
    assert reads.panel(Tables.from_columns({"events": rows, "responses": answers})).asked.tolist() == [1, 0]


def test_employees_answers_are_not_their_customers() -> None:
    answers = {
        "respondent_id": ["r1", "r2", "r3"],
        "customer_id": ["a", "a", "b"],
        "group": ["customer", "employee", None],
        "occurred_at": at("2026-01-12", "2026-01-13", "2026-01-14"),
        "item": ["q", "q", "q"],
        "value": [None, 4.0, 5.0],
    }
    rows = events(("a", "2026-01-31", "visit"), ("b", "2026-01-31", "visit"))
    assert reads.panel(Tables.from_columns({"events": rows, "responses": answers})).asked.tolist() == [0, 1]


def test_purchases_without_an_amount_are_unknown_not_free() -> None:
    rows = events(
        ("a", "2026-01-10", "purchase"), ("a", "2026-01-31", "purchase"), ("b", "2026-01-31", "purchase")
    )
    rows["amount"] = [None, None, 5.0]
    panel = reads.panel(Tables.from_columns({"events": rows}))
    assert panel.counts["purchase"].tolist() == [2, 1]
    np.testing.assert_array_equal(panel.amounts["purchase"], np.array([np.nan, 5.0], np.float32))


def test_large_counts_stop_at_the_largest_number() -> None:
    n = 70_000
    rows = {
        "customer_id": ["a"] * n,
        "occurred_at": np.full(n, np.datetime64("2026-01-31")),
        "kind": ["visit"] * n,
    }
    panel = reads.panel(Tables.from_columns({"events": rows}))
    assert panel.counts["visit"].tolist() == [65_535]


def test_hostile_names_and_values_are_only_text() -> None:
    evil = "x'); DROP TABLE events; --"
    customers = {"customer_id": ["a", "b", evil], evil: ["it's", '"q"', None], 'select "': ["1", "2", "2"]}
    rows = events(("a", "2026-01-10", "visit"), (evil, "2026-01-31", "visit"))
    tables = Tables.from_columns({"customers": customers, "events": rows})
    panel = reads.panel(tables, customers=["a", "b", evil])
    assert panel.customer_ids.tolist() == ["a", "b", evil]
    assert panel.segment_labels == {evil: ('"q"', "it's"), 'select "': ("1", "2")}
    assert panel.segments[evil].tolist() == [1, 0, -1]
    assert tables.n_rows("events") == 2


def test_select_takes_masks_slices_and_indices(many: Tables) -> None:
    whole = reads.panel(many)
    mask = np.zeros(whole.n_customers, bool)
    mask[[3, 5]] = True
    assert_same(whole.select(mask), whole.select(np.array([3, 5])))
    assert whole.select(slice(0, 0)).n_rows == 0
    assert dt.date(2023, 1, 1) == whole.periods[0].item()


def test_discount_depth_is_discount_over_list_value_where_both_are_known() -> None:
    n = 8
    rows = events(*(("abcddefg"[j], "2026-01-31", "purchase") for j in range(n)))
    rows["amount"] = [8.0, 6.0, None, 9.0, None, 12.0, 5.0, None]
    rows["discount"] = [2.0, None, 2.0, 1.0, 7.0, None, None, 3.0]
    rows["list_price"] = [None, 8.0, 8.0, None, None, 10.0, None, 2.0]
    panel = reads.panel(Tables.from_columns({"events": rows}))
    # a: 2 / (8 + 2); b: (8 - 6) / 8; c: 2 / 8; d: 1 / 10, its second line has no list value;
    # e: dearer than its list price; f: nothing known; g: more off than it ever cost
    truth = np.array([0.2, 0.25, 0.25, 0.1, 0.0, np.nan, 1.0], np.float32)
    np.testing.assert_allclose(panel.discount_depth, truth, rtol=1e-6)


def test_n_present_counts_who_is_there() -> None:
    months = np.arange("2026-01", "2026-05", dtype="datetime64[M]").astype("datetime64[D]")
    panel = Panel(
        period="month", periods=months, customer_ids=np.array(["a", "b", "c"], object),
        offsets=np.array([0, 4, 6, 7]), first_period=np.array([0, 1, 3], np.int32),
        is_new=np.zeros(3, bool), ended=np.zeros(3, bool), counts={}, amounts={}, exposures={},
        discount_depth=None, scored_rows=np.zeros(0, np.int64), scores=np.zeros((0, 5), np.float32),
        standard_errors=np.zeros((0, 5), np.float32), asked=None, segments={}, segment_labels={},
    )  # fmt: skip
    assert panel.n_present.tolist() == [1, 2, 2, 2]  # a throughout, b in the middle two, c at the end


def test_first_event_opens_the_window_where_nothing_else_does() -> None:
    tables = Tables.from_columns(
        {
            "customers": {"customer_id": ["a", "b"], "since": ["2025-01-01", None]},
            "events": {
                "customer_id": ["a", "b", "c", "c"],
                "occurred_at": ["2026-01-05", "2026-01-06", "2026-02-07", "2026-02-28"],
                "kind": ["purchase"] * 4,
            },
        }
    )
    panel = reads.panel(tables)
    assert dict(zip(panel.customer_ids, panel.starts_with_event, strict=True)) == {
        "a": False,  # since is known
        "b": True,
        "c": True,
    }
    assert panel.select(np.array([0, 2])).starts_with_event.tolist() == [False, True]
