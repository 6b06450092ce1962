"""Staying: spans by hand, nothing from after the moment, and reasons where data cannot answer."""

import datetime as dt
import json

import numpy as np
import pytest
from click.testing import CliRunner

from verbond.cli.main import cli
from verbond.errors import NotFoundError, OptionError
from verbond.loyalty.staying import Staying, group_name
from verbond.loyalty.staying_rows import lives_of, main_stretch, pieces_of, window_of
from verbond.numerics.survival import Spans, kaplan_meier
from verbond.plots.survival import SurvivalLine, draw_survival
from verbond.reports.loyalty.staying import section
from verbond.tables.reads.staying import known_groups, stays
from verbond.tables.simulate import simulate
from verbond.tables.tables import Tables

FIRST, LAST = np.datetime64("2024-01-01"), np.datetime64("2025-12-31")


def opened(customers, events, **more):
    """Tables of rows (id, since, shop) and (id, kind, day, discount)."""
    ids, since, shop = (list(c) for c in zip(*customers, strict=True))
    who, kind, day, off = (list(c) for c in zip(*events, strict=True))
    return Tables.from_columns(
        {
            "customers": {
                "customer_id": ids, "since": np.array([np.datetime64(d or "NaT") for d in since], "M8[D]"),
                "shop": shop,
            },
            "events": {
                "customer_id": who, "kind": kind, "occurred_at": np.array(day, "M8[us]"),
                "discount": np.array(off, float),
            },
            **more,
        }
    )  # fmt: skip


def random_company(seed, n=60):
    """A company in two years; a visit on the first and last day keeps the window."""
    rng = np.random.default_rng(seed)
    customers, events = [], [("c0", "visit", FIRST, np.nan), ("c0", "visit", LAST, np.nan)]
    for j in range(n):
        since = FIRST + np.timedelta64(int(rng.integers(-400, 700)), "D")
        customers.append((f"c{j}", str(since), "a" if rng.random() < 0.5 else "b"))
        came = max(since, FIRST)
        for day in came + rng.integers(0, max((LAST - came).astype(int), 1), 3).astype("m8[D]"):
            kind = "complaint" if rng.random() < 0.3 else "purchase"
            events.append((f"c{j}", kind, day, float(rng.random() < 0.4)))
        gone = came + np.timedelta64(int(rng.exponential(500)), "D")
        if gone < LAST:
            events.append((f"c{j}", "cancellation", gone, np.nan))
    return customers, events


@pytest.fixture(scope="module")
def demo():
    with simulate("zonnewende", seed=1).open() as tables:
        yield tables


@pytest.fixture(scope="module")
def found(demo):
    return Staying(by=("region", "complaints")).fit(demo)


# spans by hand


@pytest.mark.parametrize("seed", range(3))
def test_spans_are_those_written_out(seed):
    customers, events = random_company(seed)
    tables = opened(customers, events)
    read = stays(tables)
    window = window_of(read)
    lives = lives_of(read, window)
    first, last = np.datetime64(window.first), np.datetime64(window.last)
    expected = {}
    for who, since, _ in customers:
        began = np.datetime64(since)
        left = min(
            (d for c, k, d, _ in events if c == who and k == "cancellation" and d >= began), default=None
        )
        if began > last or (left is not None and left < first):
            continue
        ended = left if left is not None and left <= last else last
        start = max(int((first - began).astype(int)), 0)
        expected[who] = (start, int((ended - began).astype(int)) + 1, left is not None and left <= last)
    rows = zip(lives.spans.start, lives.spans.stop, lives.spans.event, strict=True)
    assert dict(zip(lives.customer_ids.tolist(), [tuple(r) for r in rows], strict=True)) == expected


@pytest.mark.parametrize("by", ["shop", "complaints", "discount"])
def test_every_day_is_in_the_group_known_the_evening_before(by):
    customers, events = random_company(4, 30)
    tables = opened(customers, events)
    read = stays(tables)
    lives = lives_of(read, window_of(read))
    pieces = pieces_of(lives, [known_groups(tables, by)])
    shops = {c: shop for c, _, shop in customers}
    division = pieces.divisions[0]
    assert pieces.spans.n_events == lives.spans.n_events
    length = pieces.spans.stop - pieces.spans.start
    assert length.sum() == (lives.spans.stop - lives.spans.start).sum()
    for j, owner in enumerate(pieces.owner):
        who = lives.customer_ids[owner]
        for clock in np.arange(pieces.spans.start[j], pieces.spans.stop[j], 17).tolist():
            day = lives.began_on[owner] + np.timedelta64(int(clock), "D")
            before = [(k, off) for c, k, d, off in events if c == who and d < day]
            if by == "shop":
                expected = shops[who]
            elif by == "complaints":
                n = sum(k == "complaint" for k, _ in before)
                expected = "none" if n == 0 else "one" if n == 1 else "more"
            else:
                bought = [off > 0 for k, off in before if k == "purchase"]
                share = np.mean(bought) if bought else None
                expected = (
                    None if share is None else "none" if share == 0 else "some" if share <= 0.5 else "mostly"
                )
            code = division.codes[j]
            assert (division.labels[code] if code >= 0 else None) == expected


def test_the_curve_of_everybody_is_kaplan_meiers(found, demo):
    read = stays(demo)
    lives = lives_of(read, window_of(read))
    curve = kaplan_meier(lives.spans)
    whole = found.curves[0]
    assert (whole.n_customers, whole.n_left) == (len(lives.customer_ids), int(lives.spans.n_events))
    for j in (5, 20, 50):
        assert whole.survival[j] == curve.at(whole.days[j])[0][0]
    assert whole.still_there.value == curve.at(365)[0][0]


# nothing from after the moment


def test_what_happens_after_the_end_changes_nothing():
    """Complaints, purchases and rungs on or after the day of leaving do not move a figure."""
    customers, events = random_company(6, 200)
    left = {c: d for c, k, d, _ in events if k == "cancellation"}
    later = [
        (c, kind, d + np.timedelta64(days, "D"), 1.0)
        for c, d in left.items()
        for kind, days in (("complaint", 0), ("complaint", 3), ("return", 9))
        if d + np.timedelta64(days, "D") <= LAST
    ]
    months = np.arange("2024-01", "2026-01", dtype="M8[M]").astype("M8[D]")

    def rungs(after):
        rows = [
            (c, m, 3 if m < left.get(c, LAST) or not after else 1)
            for c, *_ in customers
            for m in months
        ]  # fmt: skip
        who, period, rung = (list(column) for column in zip(*rows, strict=True))
        return {
            "customer_id": who, "period": np.array(period, "M8[D]"), "rung": rung,
            "probability": np.ones(len(who)),
        }  # fmt: skip

    by = ("complaints", "rung")
    plain = Staying(by=by).fit(opened(customers, events, rungs=rungs(False))).to_dict()
    moved = Staying(by=by).fit(opened(customers, events + later, rungs=rungs(True))).to_dict()
    for name in ("curves", "comparisons", "ratios", "headline"):
        assert plain[name] == moved[name]
    sooner = [(c, k, d - np.timedelta64(200, "D"), o) for c, k, d, o in later]
    told = Staying(by=by).fit(opened(customers, events + sooner, rungs=rungs(False))).to_dict()
    assert told["ratios"] != plain["ratios"]  # the same complaints before it do


def test_a_rung_is_known_once_its_period_is_over():
    customers = [(f"c{j}", "2024-01-01", "a") for j in range(6)]
    events = [("c0", "visit", FIRST, np.nan), ("c0", "cancellation", LAST, np.nan)]
    rungs = {
        "customer_id": ["c0"] * 3, "period": np.array(["2024-01-01", "2024-02-01", "2024-03-01"], "M8[D]"),
        "rung": [1, 4, 4], "probability": [1.0, 1.0, 1.0],
    }  # fmt: skip
    found = known_groups(opened(customers, events, rungs=rungs), "rung")
    assert found.known_on.astype(str).tolist() == ["2024-02-01", "2024-03-01"]
    assert found.label.tolist() == ["1", "4"]


def test_a_slow_group_is_found_and_a_mere_name_is_not():
    """Known hazards: complaints triple leaving from the next day on, the shop does nothing."""
    rng = np.random.default_rng(2)
    customers, events = [], [("c0", "visit", FIRST, np.nan), ("c0", "visit", LAST, np.nan)]
    for j in range(3000):
        since = FIRST + np.timedelta64(int(rng.integers(-600, 600)), "D")
        turn = int(rng.exponential(300)) + 1
        life = rng.exponential(900)
        if life > turn:
            life = turn + (life - turn) / 3
        gone = since + np.timedelta64(int(life), "D")
        if gone < FIRST:
            continue
        customers.append((f"c{j}", str(since), "a" if rng.random() < 0.5 else "b"))
        complained = since + np.timedelta64(turn - 1, "D")
        if turn <= life and complained <= LAST:
            events.append((f"c{j}", "complaint", complained, np.nan))
        if gone <= LAST:
            events.append((f"c{j}", "cancellation", gone, np.nan))
    found = Staying(by=("shop", "complaints")).fit(opened(customers, events))
    shop, complained = found.ratios
    assert (complained.group, complained.reference) in (("one", "none"), ("none", "one"))
    tripled = complained.adjusted.value if complained.group == "one" else 1 / complained.adjusted.value
    assert 2.5 < tripled < 3.6
    assert shop.ratio.ci_lower < 1 < shop.ratio.ci_upper
    assert found.headline.code == "loyalty_staying.headline_ratio"
    assert group_name("complaints", "one") == found.headline.values["sooner"]
    assert found.tone == "caution"
    assert found.reasons[-2].code == "loyalty_staying.association"


def test_the_ratios_of_rungs_are_those_of_the_simulated_company():
    """Its truth: of those on a rung in a month, how many are gone the month after the next."""
    company = simulate("zonnewende", seed=1)
    truth = company.truth
    who, when = np.nonzero(truth.rungs >= 0)
    rungs = {
        "customer_id": truth.customer_ids[who], "period": truth.periods[when],
        "rung": truth.rungs[who, when].astype(int), "probability": np.ones(len(who)),
    }  # fmt: skip
    with company.open() as tables:
        found = Staying(by=("rung",)).fit(tables.add("rungs", rungs))
    here, gone = truth.rungs[:, 1:-1] >= 0, truth.rungs[:, 2:] < 0
    on = [(truth.rungs[:, :-2] == k) & here for k in range(6)]
    monthly = np.array([-np.log(1 - (one & gone).sum() / one.sum()) for one in on])
    assert len(found.ratios) == 5
    for row in found.ratios:
        true = monthly[int(row.group)] / monthly[int(row.reference)]
        assert row.ratio.ci_lower < true < row.ratio.ci_upper
        assert abs(np.log(row.ratio.value / true)) < 0.15


# late entry and the window


def test_those_who_came_before_enter_late(demo):
    lives = lives_of(stays(demo), window_of(stays(demo)))
    before = lives.began_on < np.datetime64(demo.period_range[0])
    assert before.sum() > 2000
    assert (lives.spans.start[before] > 0).all()
    assert (lives.spans.start[~before][lives.began_on[~before] >= FIRST + np.timedelta64(60, "D")] == 0).all()


def test_a_silence_before_the_first_cancellation_is_no_staying():
    """Cancellations recorded in the second year only: the first year does not count as nobody leaving."""
    customers, events = random_company(1, 400)
    half = np.datetime64("2025-01-01")
    kept = [e for e in events if e[1] != "cancellation" or e[2] >= half]
    gone = {c for c, k, d, _ in events if k == "cancellation" and d < half}
    customers = [c for c in customers if c[0] not in gone]
    found = Staying().fit(opened(customers, [e for e in kept if e[0] not in gone or e[0] == "c0"]))
    assert dt.date(2025, 1, 1) < found.observed_from < dt.date(2025, 1, 20)
    assert any(r.code == "loyalty_staying.recorded" for r in found.reasons)


def test_who_is_first_seen_late_without_a_beginning_is_new():
    customers = [(f"c{j}", None, "a") for j in range(20)]
    events = [(f"c{j}", "purchase", FIRST + np.timedelta64(10 * j, "D"), 0.0) for j in range(20)]
    events += [(f"c{j}", "cancellation", FIRST + np.timedelta64(10 * j + 40, "D"), 0.0) for j in range(20)]
    found = Staying().fit(opened(customers, events))
    unknown = next(r for r in found.reasons if r.code == "loyalty_staying.unknown_beginning")
    assert unknown.values["n"] == 9  # on days 0 to 80: since when they buy is not known
    assert found.curves[0].n_customers == 11


def test_the_stretch_where_most_is_known():
    spans = Spans.of([0, 0, 50, 50, 50], [10, 5, 90, 90, 70], [1, 1, 1, 0, 1])
    assert main_stretch(spans, 2) == (50.0, 90.0)
    assert main_stretch(spans, 3) == (50.0, 70.0)
    assert main_stretch(spans, 4) is None


# what data cannot say


def test_no_cancellations_is_a_reason_and_silence_is_no_leaving():
    customers, events = random_company(2)
    found = Staying(by=("shop",)).fit(opened(customers, [e for e in events if e[1] != "cancellation"]))
    assert [r.code for r in found.reasons] == ["loyalty_staying.no_cancellations"]
    assert found.headline is None
    assert found.to_dicts() == []
    assert section(found, "nl").empty.startswith("Er is geen enkele opzegging vastgelegd.")


def test_no_events_at_all_and_no_beginnings():
    assert Staying().fit(Tables.from_columns({"customers": {"customer_id": ["a"]}})).curves == ()
    customers = [(f"c{j}", None, "a") for j in range(9)]
    events = [(f"c{j}", "cancellation", FIRST + np.timedelta64(j, "D"), 0.0) for j in range(9)]
    found = Staying().fit(opened(customers, events))
    assert [r.code for r in found.reasons] == ["loyalty_staying.no_beginnings"]


def test_one_customer_and_everybody_on_one_day():
    alone = Staying().fit(opened([("c0", "2024-01-01", "a")], [("c0", "cancellation", LAST, 0.0)]))
    assert [r.code for r in alone.reasons] == ["loyalty.too_small_group"]
    day = FIRST + np.timedelta64(100, "D")
    customers = [(f"c{j}", "2024-01-01", "a" if j < 20 else "b") for j in range(40)]
    events = [("c0", "visit", FIRST, 0.0), *((f"c{j}", "cancellation", day, 0.0) for j in range(40))]
    found = Staying(by=("shop",)).fit(opened(customers, events))
    assert found.curves[0].survival[-1] == 0
    assert found.curves[0].still_there.value is None
    assert found.headline is None
    assert all(r.ratio.ci_lower is None or r.ratio.ci_lower <= 1 <= r.ratio.ci_upper for r in found.ratios)


def test_a_group_that_nobody_left_has_no_ratio():
    customers, events = random_company(3, 120)
    shops = {c: s for c, _, s in customers}
    events = [e for e in events if e[1] != "cancellation" or shops[e[0]] == "a"]
    found = Staying(by=("shop",)).fit(opened(customers, events))
    (ratio,) = found.ratios
    assert (ratio.group, ratio.reference, ratio.ratio.value) == ("b", "a", None)
    assert ratio.ratio.reason.code == "loyalty_staying.no_ratio"
    curve = next(c for c in found.curves if c.group == "b")
    assert curve.still_there.value == 1
    assert 0 < curve.still_there.ci_lower < 1


def test_small_groups_are_hidden_and_cannot_be_reckoned():
    customers, events = random_company(5, 100)
    customers = [(c, s, "tiny" if j < 3 else "a" if j < 50 else "b") for j, (c, s, _) in enumerate(customers)]
    found = Staying(by=("shop",)).fit(opened(customers, events))
    groups = {c.group for c in found.curves if c.by}
    assert "tiny" not in groups
    assert len(groups) < 2  # the rest of everybody would be the three
    assert any(r.code == "loyalty_staying.hidden" for r in found.reasons)
    assert all(c.n_at_risk.min() >= 5 for c in found.curves)


def test_wrong_calls():
    tables = opened(*random_company(0))
    with pytest.raises(NotFoundError, match="colour"):
        Staying(by=("colour",)).fit(tables)
    with pytest.raises(OptionError):
        Staying(horizon_days=0)
    with pytest.raises(OptionError):
        Staying(ci_level=1)
    many = [(c, s, c) for c, s, _ in random_company(0)[0]]
    with pytest.raises(OptionError, match="too many values"):
        Staying(by=("shop",)).fit(opened(many, random_company(0)[1]))


# what people see


def test_the_section_says_shows_and_explains(found):
    for language in ("en", "nl"):
        shown = section(found, language)
        assert len(shown.said) == 1
        assert len(shown.pictures) == 3
        assert all("<svg" in p.wide and "<svg" in p.tall for p in shown.pictures)
        assert [t.name for t in shown.tables] == ["staying", "staying_ratios"]
        assert len(shown.how) > 4
    rows = shown.tables[0].rows
    names = ["Nog geen klacht", "Tot nu toe één klacht", "Tot nu toe twee of meer klachten"]
    assert [r["group"] for r in rows[-3:]] == names


@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_the_picture_ends_where_the_curve_does(layout):
    days = np.array([0.0, 100, 200])
    line = SurvivalLine("A & <b>", days, np.array([1, 0.8, 0.6]), days / 1e3, 1 - days / 1e3, days + 7)
    drawn = draw_survival([line], title="t", layout=layout)
    assert 'data-end="0.6"' in drawn
    assert "A &amp; &lt;b&gt;" in drawn
    assert ">207<" in drawn or ">187<" in drawn or ">107<" in drawn
    assert "A & <b>: 60% still there" not in drawn
    with pytest.raises(OptionError):
        draw_survival([], title="t")
    with pytest.raises(OptionError):
        draw_survival([line] * 8, title="t")


def test_a_result_is_kept_and_comes_back(found):
    from verbond.loyalty import StayingResult
    from verbond.method import Text
    from verbond.results.packing import pack, types_within, unpack

    types = types_within(StayingResult, Text)
    back = unpack(*pack(found, types), types)
    assert back.to_dict() == found.to_dict()
    assert back.headline.sentence("nl") == found.headline.sentence("nl")


def test_the_command(demo, tmp_path):
    demo.save(tmp_path)
    ran = CliRunner().invoke(cli, ["loyalty", "staying", str(tmp_path), "--by", "region", "--json"])
    assert ran.exit_code == 0
    told = json.loads(ran.stdout)
    assert {c["by"] for c in told["curves"]} == {"", "region"}
    assert "95% interval" in ran.stderr
