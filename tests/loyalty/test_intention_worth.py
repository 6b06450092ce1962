"""What an answer is worth: against R, against counting every pair, and where the truth is known."""

import datetime as dt
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from verbond.loyalty import IntentionGap
from verbond.loyalty.calibration import answer_shares, answer_worth
from verbond.method import ITEMS
from verbond.numerics.logit import fit_logit
from verbond.numerics.sorting import difference_of_sortings, sorting
from verbond.tables.reads.around import group_at_answer
from verbond.tables.tables import Tables

R = json.loads((Path(__file__).parents[1] / "reference" / "answers_worth.json").read_text("utf-8"))
PAST, ANSWER, DID = np.array(R["past"]), np.array(R["answer"]), np.array(R["did"]) == 1
DIGITS = 1e-9
"""R's figures are written with twelve digits."""
DAY = dt.date(2026, 1, 15)


def counted_pairs(scores, did):
    """Every pair of one who did and one who did not: 1, 1/2 or 0."""
    pairs = [(a > b) + (a == b) / 2 for a in scores[did] for b in scores[~did]]
    return sum(pairs) / len(pairs)


@pytest.mark.parametrize(("scores", "at"), [(PAST, 0), (ANSWER, 1)], ids=["past", "answer"])
def test_the_area_is_that_of_all_pairs_and_of_r(scores, at):
    found = sorting(scores, DID)
    assert found.auc == pytest.approx(counted_pairs(scores, DID), abs=DIGITS)
    assert found.auc == pytest.approx(R["auc"][at], abs=DIGITS)
    assert found.variance == pytest.approx(R["variance"][at], rel=DIGITS)


def test_the_difference_of_two_areas_is_that_of_r():
    found = difference_of_sortings(sorting(PAST, DID), sorting(ANSWER, DID))
    assert found == pytest.approx(R["difference"], abs=DIGITS)


def test_the_regression_is_that_of_r():
    found = fit_logit(np.column_stack([PAST, ANSWER]), DID, ridge=0.0)
    assert found == pytest.approx(R["glm"], abs=1e-7)  # R stops at a deviance that moves by 1e-14 of itself


def test_the_curve_is_isoreg_and_shares_are_counted():
    level = np.where(ANSWER >= 9, "promoter", np.where(ANSWER >= 7, "passive", "detractor"))
    rows = answer_shares("recommend", "referred", ANSWER / 10, level, DID, (0, 10), 0.95)
    alone = [r for r in rows if r.answer_from == r.answer_to]
    assert len(alone) >= 7
    for row in alone:
        here = row.answer_from == ANSWER
        assert (row.share.n_obs, row.share.value) == (here.sum(), DID[here].mean())
    assert sum(r.share.n_obs for r in rows) == len(DID)
    if len(alone) == len(rows):
        assert [r.curve for r in rows] == pytest.approx(R["isoreg"], abs=DIGITS)
    else:  # what was joined is one answer to isoreg too
        joined = dict(zip(R["isoreg_at"], R["isoreg"], strict=True))
        upper = [r for r in rows if r.answer_from >= 7]
        assert [r.curve for r in upper] == pytest.approx([joined[r.answer_from] for r in upper], abs=0.02)


def test_answers_of_few_are_joined_within_their_level_and_never_across():
    answer = np.array([0] * 2 + [1] * 4 + [6] * 3 + [7] * 9 + [9] * 6 + [10] * 2, float) / 10
    level = np.where(answer > 0.85, "promoter", np.where(answer > 0.65, "passive", "detractor"))
    rows = answer_shares("recommend", "referred", answer, level, answer > 0.5, (0, 10), 0.95)
    found = [(r.answer_from, r.answer_to, r.share.n_obs) for r in rows]
    assert found == [(0, 6, 9), (7, 7, 9), (9, 10, 8)]
    few = answer_shares("recommend", "referred", answer[:4], level[:4], answer[:4] > 0.5, (0, 10), 0.95)
    assert few == ()


def drawn(rng, n, *, adds):
    """The past moves both what people answer and what they do; the answer itself moves it only if it adds."""
    past = rng.standard_normal((n, 1))
    own = rng.standard_normal(n)
    answer = np.clip((past[:, 0] + own + 4) / 8, 0, 1)
    did = rng.random(n) < 1 / (1 + np.exp(0.5 - past[:, 0] - (1.2 * own if adds else 0)))
    return answer, past, did


def worth_of(rng, n, *, adds):
    return answer_worth("rebuy", "bought_again", *drawn(rng, n, adds=adds), ci_level=0.95, seed=1)


def test_an_answer_that_repeats_the_past_adds_nothing_and_one_with_news_does():
    rng = np.random.default_rng(3)
    echo, news = worth_of(rng, 1500, adds=False), worth_of(rng, 1500, adds=True)
    assert echo.auc.ci_lower > 0.55  # it sorts people, by what was known already
    assert echo.auc_gain.ci_lower <= 0
    assert echo.loglik_gain.ci_lower <= 0
    assert news.auc_gain.ci_lower > 0
    assert news.loglik_gain.ci_lower > 0


def test_the_forecast_knows_nobody_whom_it_forecasts():
    """A past of pure noise with many columns: fitted to themselves it would sort people well."""
    rng = np.random.default_rng(5)
    did = rng.random(200) < 0.5
    row = answer_worth(
        "stay", "stayed", rng.random(200), rng.standard_normal((200, 40)), did, ci_level=0.95, seed=0
    )
    assert row.auc_past.ci_lower < 0.5
    own = fit_logit(np.random.default_rng(5).standard_normal((200, 40)), did)
    assert len(own) == 41


def test_too_few_who_did_it_is_said():
    answer, did = np.linspace(0, 1, 60), np.arange(60) >= 56
    row = answer_worth("stay", "stayed", answer, answer[:, None], did, ci_level=0.95, seed=0)
    assert row.auc.value is None
    assert row.auc.reason.code == "loyalty_intention.too_few_to_sort"
    more = answer_worth("stay", "stayed", answer, answer[:, None], np.arange(60) >= 50, ci_level=0.95, seed=0)
    assert more.auc.value == 1.0
    assert (more.auc_gain.value, more.auc_gain.reason.values["least"]) == (None, 20)


@pytest.mark.slow
def test_the_interval_of_the_gain_covers_what_the_answer_adds():
    """200 samples of 400; the truth is the gain of forecasts fitted to 360, on 20,000 others.

    Where the answer adds nothing the interval lies low: it says that it does in fewer than 2.5%.
    """
    rng = np.random.default_rng(11)
    answer, past, did = drawn(rng, 20_000, adds=True)
    everybody = np.column_stack([past, answer])
    gains, found, nothing = [], [], []
    for _ in range(200):
        x, y, z = drawn(rng, 400, adds=True)
        found.append(answer_worth("stay", "stayed", x, y, z, ci_level=0.95, seed=1).auc_gain)
        nothing.append(worth_of(rng, 400, adds=False).auc_gain)
        first, second = (
            sorting(forecast_from(part, z[:360], whole), did).auc
            for part, whole in ((y[:360], past), (np.column_stack([y, x])[:360], everybody))
        )
        gains.append(second - first)
    truth = float(np.mean(gains))
    assert sum(e.ci_lower <= truth <= e.ci_upper for e in found) >= 182  # 91%: two errors below 95%
    assert sum(e.ci_lower > 0 for e in nothing) <= 5


def forecast_from(design, did, whole):
    """Of everybody, from a fit to some."""
    middle, spread = design.mean(axis=0), design.std(axis=0)
    beta = fit_logit((design - middle) / spread, did)
    return beta[0] + (whole - middle) / spread @ beta[1:]


def company(n=120, seed=4):
    """Answers on 0..10 of customers in two regions, with rungs and scores before and after them."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"c{j:03d}" for j in range(n)], object)
    answered = np.array([np.datetime64(DAY) + int(k) for k in rng.integers(0, 120, n)])
    referred = rng.random(n) < 0.4
    periods = np.array(
        ["2025-12-01", "2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01", "2026-05-01"], "M8[D]"
    )
    acted = np.concatenate([answered[referred] + 20, [np.datetime64("2026-12-31")]])
    given = {
        "customers": {"customer_id": ids, "region": rng.choice(np.array(["north", "south"], object), n)},
        "responses": {
            "respondent_id": ids, "customer_id": ids, "item": np.full(n, "recommend_1", object),
            "value": rng.integers(0, 11, n).astype(float), "occurred_at": answered.astype("M8[s]"),
        },
        "events": {
            "customer_id": np.concatenate([ids[referred], ["end"]]),
            "kind": np.array(["referral"] * referred.sum() + ["visit"], object),
            "occurred_at": acted.astype("M8[s]"),
        },
    }  # fmt: skip
    rungs = {
        "customer_id": np.repeat(ids, len(periods)), "period": np.tile(periods, n),
        "rung": rng.integers(0, 6, n * len(periods)), "probability": np.ones(n * len(periods)),
    }  # fmt: skip
    types = rng.choice(np.array(["market", "meaning"], object), 3 * n)
    scores = {
        "respondent_id": np.tile(ids, 3), "customer_id": np.tile(ids, 3), "construct": types,
        "occurred_at": (np.tile(answered, 3) + np.repeat([-30, 0, 30], n)).astype("M8[s]"),
        "score": rng.random(3 * n) * 100, "standard_error": np.ones(3 * n),
    }  # fmt: skip
    tables = Tables.from_columns(given, items=ITEMS).add("rungs", rungs).add("scores", scores)
    return tables, given, rungs, scores


def test_groups_are_as_they_were_on_the_day_of_the_answer_and_never_after():
    tables, given, rungs, scores = company()
    ids = given["responses"]["customer_id"]
    days = given["responses"]["occurred_at"].astype("M8[D]")
    starts = sorted(set(rungs["period"].tolist()))
    rows = list(zip(rungs["customer_id"], rungs["period"].tolist(), rungs["rung"].tolist(), strict=True))
    for one, day, label in zip(ids, days.tolist(), group_at_answer(tables, "rung", ids, days), strict=True):
        over = [p for p, following in pairwise(starts) if following <= day]
        mine = {p: rung for who, p, rung in rows if who == one and p in over}
        assert label == (str(mine[max(mine)]) if mine else None)
    columns = (scores["customer_id"], scores["occurred_at"].astype("M8[D]").tolist(), scores["construct"])
    told = list(zip(*columns, strict=True))
    for one, day, label in zip(ids, days.tolist(), group_at_answer(tables, "type", ids, days), strict=True):
        known = {at: name for who, at, name in told if who == one and at <= day}
        assert label == known[max(known)]


def test_shares_by_group_are_counted_and_small_groups_are_hidden():
    tables, given, _, _ = company()
    result = IntentionGap(90, by=("region", "rung", "type")).fit(tables)
    region = dict(zip(*given["customers"].values(), strict=True))
    did = set(given["events"]["customer_id"])
    whole = [r for r in result.group_rows if (r.by, r.level) == ("region", "all")]
    assert {r.group for r in whole} == {"north", "south"}
    for row in whole:
        here = [one for one in region if region[one] == row.group]
        assert (row.n_obs, row.share.value) == (len(here), sum(one in did for one in here) / len(here))
    assert {r.by for r in result.group_rows} == {"region", "rung", "type"}
    assert all(r.n_obs >= 5 for r in result.group_rows)
    assert "loyalty_intention.group_association" in {r.code for r in result.reasons}
    few = {"customer_id": given["customers"]["customer_id"], "region": ["x"] * 117 + ["y"] * 3}
    small = Tables.from_columns({**given, "customers": few}, items=ITEMS)
    assert IntentionGap(90, by=("region",)).fit(small).group_rows == ()


def test_the_headline_says_how_many_of_those_who_would_did():
    tables, given, _, _ = company()
    result = IntentionGap(90).fit(tables)
    promoters = given["responses"]["customer_id"][given["responses"]["value"] >= 9]
    share = np.mean([one in set(given["events"]["customer_id"]) for one in promoters])
    assert result.headline.code == "loyalty_intention.headline_referred"
    assert (result.headline.values["share"], result.headline.values["n"]) == (share, len(promoters))
    assert {row["by"] for row in result.to_dicts()} == {""}
