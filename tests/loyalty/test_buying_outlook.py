"""Who will buy again: simulated companies whose future is known, and what is drawn and said of it."""

import dataclasses
import datetime as dt
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from verbond.errors import OptionError
from verbond.loyalty import BuyTillYouDie, Outlook
from verbond.loyalty.buying.reading import bought_until, held_out
from verbond.plots import draw_frequency_classes, draw_tracking
from verbond.reports.loyalty.buying import section
from verbond.tables import Tables

START = dt.date(2024, 1, 1)
N_DAYS = 448
AHEAD = 91
SVG = "{http://www.w3.org/2000/svg}"


def company(seed, n=1_200, k=1, summer=0.0, n_days=N_DAYS):
    """Days of purchases of customers who buy and leave as MBG/CNBD-k has it; in `summer` fewer of them."""
    rng = np.random.default_rng(seed)
    rate, leave = rng.gamma(1.5, k / 45, n), rng.beta(1.0, 6.0, n)
    now, here = np.floor(rng.random(n) * n_days * 0.7), np.ones(n, bool)
    people, days = [np.arange(n)], [now.copy()]
    while here.any():
        now = now + rng.gamma(k, 1, n) / np.maximum(rate, 1e-12)
        here = here & (rng.random(n) >= leave) & (now < n_days + AHEAD)
        made = here & ~((now > n_days * 2 / 3) & (rng.random(n) < summer))
        people.append(np.flatnonzero(made))
        days.append(np.floor(now[made]))
    return np.concatenate(people), np.concatenate(days)


def opened(people, days):
    return Tables.from_columns(
        {
            "events": {
                "customer_id": np.array([f"c{p:04d}" for p in people], dtype=object),
                "occurred_at": np.datetime64(START, "s") + days.astype(int) * np.timedelta64(86_400, "s"),
                "kind": np.full(len(people), "purchase", dtype=object),
            }
        }
    )


def outlook(seed, **options):
    """What is said at the end of the data, and who and how often bought in the 91 days after it."""
    people, days = company(seed, **options)
    until = days[days < options.get("n_days", N_DAYS)].max()
    seen, later = days <= until, (days > until) & (days <= until + AHEAD)
    with opened(people[seen], days[seen]) as tables:
        found = Outlook().fit(tables)
    pairs = set(zip(people[later].tolist(), days[later].tolist(), strict=True))
    return found, len({who for who, _ in pairs}), len(pairs)


@pytest.fixture(scope="module")
def regular():
    return outlook(4, k=3)


def test_who_buys_after_the_data_is_within_the_interval(regular):
    found, n_buyers, n_purchases = regular
    assert found.buyers.ci_lower < n_buyers < found.buyers.ci_upper
    assert found.purchases.ci_lower < n_purchases < found.purchases.ci_upper
    assert found.buyers.value < found.active.value < found.n_customers == 1_200
    assert found.candidates[0].k in (2, 3, 4)  # days are whole: a little less regular than the moments
    assert found.candidates[0].model.endswith("-k")
    assert found.fit.k == found.candidates[0].k
    assert (found.tone, found.check.code) == ("neutral", "loyalty_buying.held_close")
    assert found.headline.values["buyers"] == round(found.buyers.value)
    assert found.reasons[-1].code == "loyalty_buying.outlook_supposes"


def test_the_last_third_is_held_out(regular):
    """The same as by hand: what came after two thirds of the days, by who had bought before."""
    found, _, _ = regular
    people, days = company(4, k=3)
    until = days[days < N_DAYS].max()
    split = until - (until - days.min()) // 3
    first = {}
    for who, day in zip(people.tolist(), days.tolist(), strict=True):
        first[who] = min(day, first.get(who, np.inf))
    later = {(w, d) for w, d in zip(people.tolist(), days.tolist(), strict=True)
             if split < d <= until and first[w] <= split}  # fmt: skip
    assert found.held.observed == len(later)
    assert found.n_buyers_held_out == len({who for who, _ in later})
    assert found.held.horizon == (until - split) / 7
    assert found.since == START + dt.timedelta(days=int(days.min()))
    assert found.until == START + dt.timedelta(days=int(until))
    assert sum(row.n_obs for row in found.held.rows) == sum(day <= split for day in first.values())
    seen = days <= until
    with opened(people[seen], days[seen]) as tables:
        until_then = START + dt.timedelta(days=int(split))
        again = held_out(tables, found.candidates[0].model, until_then)
        summary = bought_until(tables, until=until_then).summary
    assert again.to_dicts() == found.held.to_dicts()
    bic = {c.model: c.bic for c in found.candidates}
    fit = BuyTillYouDie("bg-nbd").fit(summary)
    assert bic["bg-nbd"] == pytest.approx(4 * np.log(fit.n_customers) - 2 * fit.loglik)
    assert found.candidates[0].bic == min(bic.values())


def test_purchases_at_random_need_no_phases():
    found, n_buyers, _ = outlook(6, n=700)
    assert {c.k for c in found.candidates} == {1}
    assert len(found.candidates) == 3
    assert found.buyers.ci_lower < n_buyers < found.buyers.ci_upper


def test_a_last_third_that_came_out_otherwise_is_said():
    found, _, _ = outlook(5, n=700, summer=0.5)
    assert found.off > 0.1
    assert (found.tone, found.check.code) == ("caution", "loyalty_buying.held_high")
    wide = found.purchases.ci_upper / found.purchases.value
    assert wide > np.exp(1.96 * np.log(found.held.expected.value / found.held.observed))
    (headline, check) = section(found, "nl").said
    assert (headline.tone, check.tone) == ("caution", "caution")


def test_data_that_cannot_answer_say_so():
    found, _, _ = outlook(7, n=60, n_days=70)
    assert found.headline is None
    assert found.reasons[0].code == "loyalty_buying.too_short"
    assert section(found, "en").empty == found.reasons[0].sentence("en")
    visit = {"customer_id": ["a"], "kind": ["visit"], "occurred_at": np.array(["2024-01-01"], "M8[s]")}
    with Tables.from_columns({"events": visit}) as tables:
        nothing = Outlook().fit(tables)
    assert nothing.reasons[0].code == "loyalty_buying.no_purchases"
    assert section(nothing, "en") is None
    few, _, _ = outlook(8, n=12)
    assert (few.headline, few.reasons[0].code) == (None, "loyalty.few_customers")
    assert section(few, "nl").empty
    with pytest.raises(OptionError, match="horizon_days"):
        Outlook(horizon_days=0)


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_section_says_and_shows_it(regular, language):
    found, _, _ = regular
    made = section(found, language)
    assert str(found.n_buyers_held_out) in made.said[1].text
    assert [table.name for table in made.tables] == ["buying_outlook", "buying_classes", "buying_weeks"]
    assert made.tables[0].rows[1]["value"] == found.buyers.value
    assert made.how_tables[0].rows[0]["model"] == found.fit.model
    assert found.fit.model in made.how[0]
    assert len(made.pictures) == 3
    for picture in made.pictures:
        for svg in (picture.wide, picture.tall):
            root = ET.fromstring(svg)
            assert root.find(f"{SVG}title").text
            assert len(root.find(f"{SVG}desc").text) > 30
            assert root.get("aria-labelledby").split()[0] == root.find(f"{SVG}title").get("id")
    ids = [ET.fromstring(s).find(f"{SVG}title").get("id") for p in made.pictures for s in (p.wide, p.tall)]
    assert len(set(ids)) == 6


@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_what_is_drawn_is_what_was_expected_and_made(regular, layout):
    held = regular[0].held
    root = ET.fromstring(draw_tracking(held.tracking, title="x", start=regular[0].since, layout=layout))
    paths = {p.get("class"): p.get("d") for p in root.iter(f"{SVG}path") if p.get("class")}
    points = {
        name: np.array([[float(v) for v in p.split()] for p in paths[name][1:].split("L")])
        for name in ("expected", "observed")
    }
    rows = held.tracking.rows
    made = np.array([row.observed_cumulative for row in rows])
    expected = np.array([row.expected_cumulative.value for row in rows])
    unit = (points["observed"][0, 1] - points["observed"][-1, 1]) / (made[-1] - made[0])
    drawn = points["observed"][0, 1] - points["expected"][:, 1]
    assert drawn / unit + made[0] == pytest.approx(expected, abs=0.2 / unit)  # a tenth of a pixel each
    ground = root.find(f".//{SVG}rect[@class='held-out']")
    last_seen = max(row.ends_at for row in rows if not row.held_out)
    at = float(points["observed"][[r.ends_at == last_seen for r in rows], 0][0])
    assert float(ground.get("x")) == pytest.approx(at, abs=0.1)
    weekly = draw_tracking(held.tracking, title="x", start=regular[0].since, cumulative=False, layout=layout)
    assert weekly.count('class="held-out"') == 1
    classes = ET.fromstring(draw_frequency_classes(held, title="x", layout=layout))
    centre = {name: [float(c.get("cx")) for c in classes.iter(f"{SVG}circle") if c.get("class") == name]
              for name in ("expected", "observed")}  # fmt: skip
    slope, zero = np.polyfit([row.observed for row in held.rows], centre["observed"], 1)
    values = [row.expected.value for row in held.rows]
    assert centre["expected"] == pytest.approx([zero + slope * v for v in values], abs=0.1)


def test_nothing_to_draw_is_refused(regular):
    tracking = regular[0].held.tracking
    with pytest.raises(OptionError, match="nothing to draw"):
        draw_tracking(dataclasses.replace(tracking, rows=tracking.rows[:1]), title="x", start=START)
    with pytest.raises(OptionError, match="no classes"):
        draw_frequency_classes(dataclasses.replace(regular[0].held, rows=()), title="x")
    with pytest.raises(OptionError, match="layout"):
        draw_tracking(tracking, title="x", start=START, layout="round")


@pytest.mark.slow
@pytest.mark.parametrize("k", [1, 3])
def test_what_comes_is_within_the_interval_nineteen_times_in_twenty(k):
    """100 companies of 400: buyers and purchases of the next 91 days; intervals may be a little too wide."""
    inside = []
    for seed in range(100):
        found, n_buyers, n_purchases = outlook(1_000 + seed, n=400, k=k)
        figures = (found.buyers, n_buyers), (found.purchases, n_purchases)
        inside.append([figure.ci_lower <= true <= figure.ci_upper for figure, true in figures])
    assert (np.mean(inside, axis=0) >= 0.92).all(), np.mean(inside, axis=0)
