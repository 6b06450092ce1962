"""Past actions: shares and staying, few clusters, lines from before, who was never reached, and groups."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from verbond.effects import PastAction, PastResult, read_past
from verbond.effects.past.clusters import cluster_sums, wild_estimate
from verbond.effects.past.did import event_study, group_time_effects
from verbond.errors import NotFoundError, OptionError
from verbond.tables import Tables

WILD = json.loads((Path(__file__).parents[1] / "reference" / "effects_wild.json").read_text("utf-8"))
SAME = 1e-9
"""Relative and absolute: the same formulas in another order."""
MONTHS, START = 24, 8


def staggered(n: int = 60, seed: int = 5) -> tuple[np.ndarray, np.ndarray, np.random.Generator]:
    rng = np.random.default_rng(seed)
    starts = rng.choice([2, 4, 6], n)
    since = np.arange(6) - starts[:, None]
    return rng.normal(size=(n, 6)) + np.where(since >= 0, 0.5, 0.0), starts, rng


def test_shares_are_those_counted_by_hand() -> None:
    _, starts, rng = staggered()
    among = rng.integers(0, 4, (60, 6)).astype(float)
    some = rng.binomial(among.astype(int), 0.4).astype(float)
    found = group_time_effects(some, starts, among=among)
    for g, t, effect in zip(found.start, found.period, found.effect_size, strict=True):
        own, pool = starts == g, (starts > max(t, g - 1)) & (starts != g)
        change = [
            some[who, t].sum() / among[who, t].sum() - some[who, g - 1].sum() / among[who, g - 1].sum()
            for who in (own, pool)
        ]
        assert effect == pytest.approx(change[0] - change[1], abs=SAME)


def test_errors_of_shares_are_those_of_leaving_customers_out_one_by_one() -> None:
    rng = np.random.default_rng(8)
    starts = np.repeat([2, 6], 150)
    among = rng.poisson(2.0, (300, 4)).astype(float)
    some = rng.binomial(among.astype(int), 0.3).astype(float)
    found = group_time_effects(some, np.minimum(starts, 4), among=among)
    without = np.array([
        group_time_effects(
            np.delete(some, i, 0), np.minimum(np.delete(starts, i), 4), among=np.delete(among, i, 0)
        ).effect_size
        for i in range(300)
    ])  # fmt: skip
    jackknife = np.sqrt(299 / 300 * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    assert found.standard_error == pytest.approx(jackknife, rel=0.03)  # equal but for terms of order 1 / n


def left_and_reached(
    n: int, rng: np.random.Generator, hazards: tuple[float, float]
) -> tuple[np.ndarray, ...]:
    """Who leaves before the action would reach her is never reached; eight periods."""
    intended = rng.choice([3, 5, 8], n, p=[0.3, 0.2, 0.5])
    there, starts = np.ones((n, 8), bool), intended.copy()
    for t in range(8):
        hazard = np.where(t >= starts, hazards[1], hazards[0])
        there[:, t] = (there[:, t - 1] if t else True) & (rng.random(n) >= hazard)
        starts[(t == starts - 1) & ~there[:, t]] = 8
    return there, starts


def test_staying_compares_those_who_were_at_risk() -> None:
    """Of those not reached: the product over periods, by whoever was still there and not reached by then."""
    there, starts = left_and_reached(600, np.random.default_rng(6), (0.08, 0.04))
    found = group_time_effects(there.astype(float), starts, staying=True)
    assert (found.period > found.start - 1).all()
    for g, t, effect in zip(found.start, found.period, found.effect_size, strict=True):
        own = there[starts == g, t].mean()
        others = 1.0
        for s in range(g, t + 1):
            risk = (starts > s) & there[:, s - 1]
            others *= there[risk, s].mean()
        assert effect == pytest.approx(own - others, abs=SAME)


def test_errors_of_staying_with_one_start_are_binomial() -> None:
    rng = np.random.default_rng(7)
    starts = np.repeat([2, 6], 200)
    left = np.maximum(rng.integers(1, 9, 400), np.where(starts == 2, 2, 1))
    there = (np.arange(6) < left[:, None]).astype(float)
    found = group_time_effects(there, starts, staying=True)
    for t, error in zip(found.period, found.standard_error, strict=True):
        groups = [there[(starts == h) & (there[:, 1] > 0), t] for h in (2, 6)]
        assert error == pytest.approx(
            np.sqrt(sum(y.mean() * (1 - y.mean()) / len(y) for y in groups)), abs=SAME
        )


@pytest.mark.parametrize("name", ["whole", "mixed"])
def test_the_wild_bootstrap_is_that_of_wildboottest(name: str) -> None:
    data = {key: np.array(value) for key, value in WILD[name].items()}
    starts = np.where(data["reached"] == 1, 1, 2)
    outcome = np.column_stack([np.zeros(len(starts)), data["change"]])
    study = event_study(group_time_effects(outcome, starts))
    sums = cluster_sums(outcome, starts, data["cluster"])
    signs = np.array(list(itertools.product([-1.0, 1.0], repeat=sums.n_clusters)))
    found = wild_estimate(study, sums, np.ones(1), 0, 0, multipliers=signs)
    few = np.sqrt(sums.n_clusters / (sums.n_clusters - 1))
    assert found.effect_size == pytest.approx(data["coefficient"], abs=SAME)
    assert found.standard_error == pytest.approx(few * data["error_uncorrected"], rel=1e-6)
    assert found.pvalue == pytest.approx(float(data["pvalue"]), abs=1e-12)


def test_the_wild_bootstrap_of_staggered_starts_is_that_of_outcomes_drawn_anew() -> None:
    """An effect b is taken off, what is left is multiplied by cluster, and everything is estimated again."""
    outcome, starts, rng = staggered()
    clusters = rng.integers(0, 7, 60)
    study = event_study(group_time_effects(outcome, starts)).between(-2, 2)
    weights = study.mean_weights(0, 2)
    sums = cluster_sums(outcome, starts, clusters)
    draws = rng.normal(size=(20, 7))
    supposed = 0.3
    effect = np.where((np.arange(6) >= starts[:, None]) & (starts[:, None] < 6), supposed, 0.0)
    effect[np.arange(6) - starts[:, None] > 2] = 0.0
    left = outcome - effect
    left = left - left.mean(axis=1, keepdims=True) - left.mean(axis=0) + left.mean()
    told = wild_estimate(study, sums, weights, 0, 2)
    tried = []
    for draw in draws:
        again = left * draw[clusters][:, None]
        anew = event_study(group_time_effects(again, starts)).between(-2, 2)
        error = np.linalg.norm(cluster_sums(again, starts, clusters).shift(anew) @ weights)
        tried.append(abs(anew.effect_size @ weights) / error)
    t = abs(told.effect_size - supposed) / np.linalg.norm(sums.shift(study) @ weights)
    from verbond.effects.past.clusters import _tried

    assert (_tried(study, sums, weights, 0, 2, draws).farther(supposed, t) == (np.array(tried) >= t)).all()


def company(
    *, n: int = 1200, lift: float = 0.0, stays: float = 0.0, saving: float = 0.0, lot: bool = True,
    drift: float = 0.0, leaving: float = 0.02, shops: int = 0, seed: int = 3,
) -> Tables:  # fmt: skip
    """Purchases, rows on discount and leaving with effects that are known, half of everybody reached."""
    rng = np.random.default_rng(seed)
    shop = rng.integers(0, max(shops, 1), n)
    reached = (shop % 2 == 0) if shops else rng.random(n) < 0.5
    new = rng.random(n) < 0.4
    after = np.arange(MONTHS) >= START
    level = rng.gamma(4, 0.25, n)
    rate = 0.6 * level[:, None] + (lift * new * reached)[:, None] * after
    rate = rate + drift * np.arange(MONTHS) * reached[:, None]
    rate = rate + 0.1 * (shop % 3)[:, None] * after * (shops > 0)
    hazard = leaving - stays * reached[:, None] * after
    there = (rng.random((n, MONTHS)) < hazard).cumsum(axis=1) == 0
    counts = rng.poisson(rate) * there
    who, month = np.nonzero(counts)
    who, month = (np.repeat(values, counts[who, month]) for values in (who, month))
    off = rng.random(len(who)) < 0.3 - saving * reached[who] * (month > START)
    gone, left = np.nonzero(np.diff(~there, axis=1, prepend=False))
    names = np.array([f"c{i:04d}" for i in range(n)], dtype=object)
    since = np.where(new, np.datetime64("2024-01-15"), np.datetime64("2022-06-01"))

    def day(months: np.ndarray, size: int) -> np.ndarray:
        return (np.datetime64("2024-02", "M") + months).astype("datetime64[D]") + rng.integers(0, 28, size)

    return Tables.from_columns({
        "customers": {"customer_id": names, "since": since, "shop": [f"s{k}" for k in shop]},
        "events": {
            "customer_id": np.concatenate([names[who], names[gone]]),
            "occurred_at": np.concatenate([day(month, len(who)), day(left, len(gone))]),
            "kind": ["purchase"] * len(who) + ["cancellation"] * len(gone),
            "discount": np.concatenate([off * 1.0, np.full(len(gone), np.nan)]),
        },
        "actions": {"action_id": ["folder"], "kind": ["campaign"], "randomised": [lot]},
        "exposures": {
            "customer_id": names[reached], "action_id": ["folder"] * int(reached.sum()),
            "occurred_at": np.full(reached.sum(), np.datetime64("2024-10-01")),
        },
    })  # fmt: skip


def codes(result: PastResult) -> set[str]:
    return {reason.code.removeprefix("effects_past.") for reason in result.reasons}


def in_both(result: PastResult) -> None:
    for reason in (result.headline, *(one.headline for one in result.effects), *result.reasons):
        assert reason.sentence("nl") != reason.sentence("en")


def holds(result: PastResult, span: str, truth: float) -> bool:
    one = result.effect(span)
    return one.effect_size_ci_lower < truth < one.effect_size_ci_upper


def test_only_new_customers_moved_and_only_they_are_told_to() -> None:
    with company(lift=0.5) as tables:
        by = {one.only: one for one in read_past(tables, "folder", ("purchases", "stays"), by="tenure")
              if one.outcome == "purchases"}  # fmt: skip
        alone = PastAction("folder", only=("tenure", "new")).fit(tables)
    established, new = by["tenure", "established"], by["tenure", "new"]
    assert (established.verdict, new.verdict) == ("cannot_tell", "strengthens")
    assert alone.effects[0].effect_size == new.effects[0].effect_size
    assert alone.effects[0].pvalue_holm <= new.effects[0].pvalue_holm  # fewer comparisons were made
    assert ({"only_new"} <= codes(new), {"only_established"} <= codes(established)) == (True, True)
    for one in by.values():
        in_both(one)


def test_everything_is_read_in_one_go_with_one_correction() -> None:
    with company(lift=0.5, stays=0.01) as tables:
        results = read_past(tables, "folder")
    found = {one.outcome: one for one in results}
    assert found["revenue"].headline.code == "effects_past.unrecorded_revenue"
    assert found["margin"].headline.code == "effects_past.unrecorded_margin"
    assert found["complaints"].headline.code == "effects_past.constant"
    spans = [one for result in results for one in result.effects]
    smallest = min(one.pvalue for one in spans)
    assert min(one.pvalue_holm for one in spans) == pytest.approx(smallest * len(spans))
    for one in results:
        in_both(one)


def test_staying_after_a_lot_has_its_known_effect() -> None:
    with company(n=4000, stays=0.015) as tables:
        result = PastAction("folder", "stays").fit(tables)
    short, long = (np.mean([0.995**k - 0.98**k for k in months]) for months in (range(1, 4), range(7, 14)))
    assert result.verdict == "strengthens"
    assert holds(result, "short", short)
    assert holds(result, "long", long)
    in_both(result)


def test_staying_without_a_lot_gets_no_verdict() -> None:
    with company(n=4000, stays=0.015, lot=False) as tables:
        result = PastAction("folder", "stays").fit(tables)
    assert result.verdict == "cannot_tell"
    assert "before_unseen_stays" in codes(result)


def test_buying_on_discount_has_its_known_effect() -> None:
    with company(n=4000, saving=0.15) as tables:
        result = PastAction("folder", "discounted").fit(tables)
    assert result.verdict == "strengthens"  # less dependent on discounts
    assert (result.effects[0].first, result.effects[0].last) == (1, 2)
    assert holds(result, "short", -0.15)
    assert holds(result, "long", -0.15)
    in_both(result)


def test_what_a_drift_from_before_leaves() -> None:
    """An effect on top of a drift apart: the difference is too large, less the line it is not."""
    with company(lift=0.5, drift=0.03, leaving=0.0, lot=False) as tables:
        result = PastAction("folder", only=("tenure", "new")).fit(tables)
    trended = {one.span: one for one in result.trended}
    truth = 0.5 * 0.95  # days with a purchase are a little fewer than purchases, about one in twenty here
    for span in ("short", "long"):
        one = trended[f"{span}_trended"]
        assert one.effect_size_ci_lower < truth < one.effect_size_ci_upper
    assert result.effect("long").effect_size > trended["long_trended"].effect_size
    assert "trended" in codes(result)
    in_both(result)


def test_the_line_is_that_of_a_segmented_regression() -> None:
    outcome, starts, _ = staggered()
    starts = np.where(starts == 2, 4, 6)
    outcome = outcome + 0.2 * np.arange(6) * (starts < 6)[:, None]
    study = event_study(group_time_effects(outcome, starts))
    difference = outcome[starts < 6].mean(axis=0) - outcome[starts == 6].mean(axis=0)
    months = np.arange(6)
    design = np.column_stack([np.ones(6), months, months == 4, months == 5])
    ours = _trended_of(study, 0, 1)
    assert ours == pytest.approx(np.linalg.lstsq(design, difference)[0][2:].mean(), abs=SAME)


def _trended_of(study, first: int, last: int) -> float:
    from verbond.effects.past.reading import _Source, _trended
    from verbond.effects.past.results import PastEffect

    source = _Source(study, None, 0.95)
    span = PastEffect("short", first, last, 0.0, 0.0, 0.0, 1.0, 1)
    return next(_trended(source, (span,))).effect_size


def test_customers_never_reached_give_away_that_large_ones_rose_anyway() -> None:
    """Nothing was done: large customers rose, and those whom it reached are the large ones."""
    rng = np.random.default_rng(4)
    n, after = 3000, np.arange(MONTHS) >= START
    large = rng.random(n) < 0.5
    reached = rng.random(n) < np.where(large, 0.6, 0.2)
    rate = np.where(large, 1.2, 0.4)[:, None] + 0.6 * large[:, None] * after
    tables = _bought(rng.poisson(rate), reached, rng)
    with tables:
        result = PastAction("folder").fit(tables)
    assert "untouched_found" in codes(result)
    assert result.untouched.effect_size_ci_lower > 0
    in_both(result)


def test_customers_never_reached_find_nothing_where_nothing_is() -> None:
    found = []
    for seed in range(8):
        with company(seed=seed, n=800) as tables:
            found.append(PastAction("folder").fit(tables).untouched.pvalue)
    assert sum(one < 0.05 for one in found) <= 2  # 5% each: more than two of eight in 1 of 170


def _bought(counts: np.ndarray, reached: np.ndarray, rng: np.random.Generator) -> Tables:
    who, month = np.nonzero(counts)
    who, month = (np.repeat(values, counts[who, month]) for values in (who, month))
    names = np.array([f"c{i:04d}" for i in range(len(counts))], dtype=object)
    days = (np.datetime64("2024-02", "M") + month).astype("datetime64[D]") + rng.integers(0, 28, len(who))
    return Tables.from_columns({
        "customers": {"customer_id": names, "since": np.full(len(names), np.datetime64("2022-06-01"))},
        "events": {"customer_id": names[who], "occurred_at": days, "kind": ["purchase"] * len(who)},
        "actions": {"action_id": ["folder"], "kind": ["campaign"], "randomised": [False]},
        "exposures": {
            "customer_id": names[reached], "action_id": ["folder"] * int(reached.sum()),
            "occurred_at": np.full(reached.sum(), np.datetime64("2024-10-01")),
        },
    })  # fmt: skip


def test_shops_that_differ_widen_the_interval() -> None:
    with company(shops=8, lot=False) as tables:
        one_by_one = PastAction("folder").fit(tables)
        by_shop = PastAction("folder", cluster="shop").fit(tables)
    assert by_shop.n_clusters == 8
    assert by_shop.effects[0].effect_size == pytest.approx(one_by_one.effects[0].effect_size)
    widths = [one.effects[0].effect_size_ci_upper - one.effects[0].effect_size_ci_lower
              for one in (one_by_one, by_shop)]  # fmt: skip
    assert widths[1] > 1.5 * widths[0]
    assert "by_cluster" in codes(by_shop)
    in_both(by_shop)


def test_too_few_shops_and_wrong_options() -> None:
    with company(shops=4, n=400) as tables:
        assert (
            PastAction("folder", cluster="shop").fit(tables).headline.code == "effects_past.too_few_clusters"
        )
        with pytest.raises(NotFoundError, match="moon"):
            PastAction("folder", only=("moon", "full")).fit(tables)
    with pytest.raises(OptionError, match="clusters"):
        PastAction("folder", "stays", cluster="shop")
    with pytest.raises(OptionError, match="only"):
        PastAction("folder", only=("tenure",))  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="tenure"):
        PastAction("folder", only=("tenure", "newer"))


@pytest.mark.slow
def test_by_few_clusters_nothing_is_found_as_often_as_it_should() -> None:
    """Twelve shops with shocks of their own, six of them reached, and no effect: 5% are found."""
    rng = np.random.default_rng(12)
    runs, found, naive = 600, 0, 0
    shop = np.repeat(np.arange(12), rng.integers(10, 60, 12))
    starts = np.where(shop % 2 == 0, 3, 6)
    for _ in range(runs):
        outcome = rng.normal(size=(len(shop), 6)) + rng.normal(0, 0.5, (12, 6))[shop]
        study = event_study(group_time_effects(outcome, starts))
        weights = study.mean_weights(0, 2)
        assert weights is not None
        found += wild_estimate(study, cluster_sums(outcome, starts, shop), weights, 0, 2).pvalue < 0.05
        value, error = study.combined(weights)
        naive += abs(value) > 1.96 * error
    assert 0.03 < found / runs < 0.08
    assert naive / runs > 0.2


@pytest.mark.slow
def test_intervals_of_shares_and_staying_hold_the_truth_at_their_rate() -> None:
    """Staggered starts; a quarter of an effect on a share, and on the hazard of leaving."""
    rng = np.random.default_rng(15)
    runs, shares, stays, n, n_periods = 600, 0, 0, 500, 8
    for _ in range(runs):
        starts = rng.choice([3, 5, n_periods], n, p=[0.3, 0.2, 0.5])
        begun = np.arange(n_periods) >= starts[:, None]
        among = rng.poisson(2.0, (n, n_periods)).astype(float)
        some = rng.binomial(among.astype(int), 0.3 + 0.1 * begun).astype(float)
        found = event_study(group_time_effects(some, starts, among=among))
        value, error = found.combined(found.mean_weights(0, 2))
        shares += abs(value - 0.1) < 1.96 * error
        there, reached = left_and_reached(n, rng, (0.06, 0.03))
        study = event_study(group_time_effects(there.astype(float), reached, staying=True))
        value, error = study.combined(study.mean_weights(0, 2))
        truth = np.mean([0.97**k - 0.94**k for k in (1, 2, 3)])
        stays += abs(value - truth) < 1.96 * error
    assert 0.93 < shares / runs < 0.97
    assert 0.93 < stays / runs < 0.97
