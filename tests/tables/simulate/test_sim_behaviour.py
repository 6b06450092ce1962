"""What people do has the moments that the world's settings imply, worked out here in closed form."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from verbond.tables.simulate import (
    WORLDS,
    Action,
    Amounts,
    BehaviourClass,
    Company,
    Effect,
    Emission,
    simulate,
)
from verbond.tables.simulate.behaviour import Histories, live
from verbond.tables.simulate.people import People, draw_people

STANDARD_ERRORS = 4.5
"""A right simulator leaves this band of a mean less than once in a hundred thousand checks."""

CLASSES = (
    BehaviourClass("light", 0.7, {"purchase": 0.5}, amount=0.8),
    BehaviourClass("heavy", 0.3, {"purchase": 2.0}, amount=1.5),
)
WORLD = dataclasses.replace(
    WORLDS["textbook"],
    actions=(
        Action("deal", "discount", "Deal", (4, 9), 0.5, depth=0.3),
        Action("dearer", "price_change", "Dearer", (6,), 1.0, price_factor=1.2),
    ),
    effects=(Effect("discount", lifts={"purchase": 0.7, "complaint": -0.5}),),
    classes=CLASSES,
    waves=(),
    n_customers=16_000,
    n_periods=12,
    amounts=Amounts(shape=4.0),
    emissions=(
        dataclasses.replace(WORLDS["textbook"].emissions[0], dispersion=0.6),
        *WORLDS["textbook"].emissions[1:],
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def lived() -> tuple[People, Histories]:
    people = draw_people(WORLD, 1, 0, 0, WORLD.n_customers)
    return people, live(WORLD, people, 1, 0)


@pytest.fixture(scope="module")
def company() -> Company:
    return simulate(WORLD, seed=1)


def emission(kind: str) -> Emission:
    return next(e for e in WORLD.emissions if e.kind == kind)


def reached_in(histories: Histories, period: int) -> np.ndarray:
    action = 0
    hit = (histories.reached_period == period) & (histories.reached_action == action)
    reached = np.zeros(len(histories.rungs), dtype=bool)
    reached[histories.reached_customer[hit]] = True
    return reached


def assert_mean(values: np.ndarray, expected: float, sd: float) -> None:
    assert len(values) >= 50
    assert abs(values.mean() - expected) < STANDARD_ERRORS * sd / math.sqrt(len(values))


@pytest.mark.parametrize(
    "kind", ["visit", "contact", "complaint", "referral", "contribution", "cancellation"]
)
def test_means_by_rung_match_the_settings(lived: tuple[People, Histories], kind: str) -> None:
    _, histories = lived
    quiet_months = [0, 1, 2, 3, 5, 7, 8, 10, 11]  # no discount: its lifts work in their own month only
    rungs, counts = histories.rungs[:, quiet_months], histories.counts[kind][:, quiet_months]
    for rung in range(6):
        rate = emission(kind).rates[rung]
        sd = math.sqrt(rate if emission(kind).family == "poisson" else rate * (1 - rate))
        assert_mean(counts[rungs == rung].astype(float), rate, sd)
    if emission(kind).family == "bernoulli":
        assert counts.max() <= 1


@pytest.mark.parametrize("rung", [0, 1, 3])
@pytest.mark.parametrize("number", [0, 1])
def test_purchases_are_negative_binomial_by_rung_class_and_season(
    lived: tuple[People, Histories], number: int, rung: int
) -> None:
    people, histories = lived
    purchase, total, variance = emission("purchase"), 0.0, 0.0
    for period in (0, 1, 2, 3, 5, 7, 8, 10, 11):  # no discount
        here = (people.behaviour_class == number) & (histories.rungs[:, period] == rung)
        month = (6 + period) % 12 + 1  # the world starts in July
        season = math.exp(
            purchase.season_amplitude * math.cos(2 * math.pi * (month - purchase.season_peak) / 12)
        )
        mean = purchase.rates[rung] * CLASSES[number].multipliers["purchase"] * season
        total += (histories.counts["purchase"][here, period] - mean).sum()
        variance += here.sum() * (mean + mean**2 / purchase.dispersion)
    assert abs(total) < STANDARD_ERRORS * math.sqrt(variance)


def test_purchases_follow_the_season(lived: tuple[People, Histories]) -> None:
    _, histories = lived
    bought, there = histories.counts["purchase"], histories.rungs == 1
    in_month = {t: bought[there[:, t], t].mean() for t in (1, 5)}  # August and December
    assert in_month[5] > in_month[1]


def test_purchases_vary_as_a_negative_binomial_does(lived: tuple[People, Histories]) -> None:
    people, histories = lived
    purchase = emission("purchase")
    here = (histories.rungs[:, 2] == 1) & (people.behaviour_class == 1)
    counts = histories.counts["purchase"][here, 2].astype(float)
    september = 9  # period 2 of a world that starts in July
    season = math.exp(
        purchase.season_amplitude * math.cos(2 * math.pi * (september - purchase.season_peak) / 12)
    )
    mean = purchase.rates[1] * 2.0 * season
    expected = mean + mean**2 / purchase.dispersion
    # standard error of a sample variance from the sample's own fourth moment
    error = math.sqrt((((counts - counts.mean()) ** 4).mean() - counts.var() ** 2) / len(counts))
    assert abs(counts.var() - expected) < STANDARD_ERRORS * error
    assert counts.var() - mean > STANDARD_ERRORS * error  # more than Poisson


def test_discounts_lift_purchases_in_their_own_month_only(lived: tuple[People, Histories]) -> None:
    people, histories = lived
    purchase = emission("purchase")
    months = WORLD.months.astype("datetime64[M]").astype(int) % 12 + 1
    reached = reached_in(histories, 4)
    for period, lift in ((3, 0.0), (4, 0.7), (5, 0.0)):
        who = reached & (histories.rungs[:, period] == 1) & (people.behaviour_class == 0)
        mean = purchase.rates[1] * 0.5 * purchase.season(months[period]) * math.exp(lift)
        variance = mean + mean**2 / purchase.dispersion
        assert_mean(histories.counts["purchase"][who, period].astype(float), mean, math.sqrt(variance))


def test_returns_are_a_share_of_the_purchases(lived: tuple[People, Histories]) -> None:
    _, histories = lived
    bought, returned = histories.counts["purchase"], histories.counts["return"]
    assert (returned <= bought).all()
    for rung in (0, 1, 3):
        here = histories.rungs == rung
        n, p = int(bought[here].sum()), emission("return").rates[rung]
        assert abs(returned[here].sum() / n - p) < STANDARD_ERRORS * math.sqrt(p * (1 - p) / n)


def test_a_cancellation_ends_a_customer(lived: tuple[People, Histories]) -> None:
    _, histories = lived
    for row in np.flatnonzero(histories.cancelled >= 0):
        period = histories.cancelled[row]
        assert histories.rungs[row, period] >= 0
        assert (histories.rungs[row, period + 1 :] == -1).all()
        assert histories.counts["cancellation"][row].sum() == 1
        assert all(count[row, period + 1 :].sum() == 0 for count in histories.counts.values())


def test_behaviour_classes_have_their_shares(lived: tuple[People, Histories]) -> None:
    people, _ = lived
    assert abs((people.behaviour_class == 1).mean() - 0.3) < STANDARD_ERRORS * math.sqrt(0.21 / people.n)


# money


def orders(company: Company) -> dict[str, np.ndarray]:
    events = company.tables["events"]
    bought = events["kind"] == "purchase"
    found = {name: column[bought] for name, column in events.items()}
    row = np.searchsorted(company.truth.customer_ids.astype(str), found["customer_id"].astype(str))
    first = company.world.months[0].astype("datetime64[M]")
    period = (found["occurred_at"].astype("datetime64[M]") - first).astype(int)
    return found | {
        "period": period,
        "rung": company.truth.rungs[row, period],
        "class": company.truth.behaviour_class[row],
    }


def test_list_prices_are_gamma_by_rung_class_and_price_index(company: Company) -> None:
    found = orders(company)
    for rung in (0, 1, 3):
        for name, multiplier in (("light", 0.8), ("heavy", 1.5)):
            for late, index in ((False, 1.0), (True, 1.2)):
                here = (found["rung"] == rung) & (found["class"] == name) & ((found["period"] >= 6) == late)
                mean = WORLD.amounts.means[rung] * multiplier * index
                assert_mean(found["list_price"][here], mean, mean / math.sqrt(WORLD.amounts.shape))


def test_paid_discount_and_margin_add_up(company: Company) -> None:
    found = orders(company)
    np.testing.assert_allclose(found["amount"] + found["discount"], found["list_price"], atol=1e-9)
    cent = 0.011  # both sides are rounded to cents
    np.testing.assert_allclose(
        found["margin"], found["amount"] - WORLD.amounts.cost_share * found["list_price"], atol=cent
    )
    assert len(set(found["order_id"])) == len(found["order_id"])


def test_discount_is_given_to_those_reached_and_to_nobody_else(company: Company) -> None:
    found = orders(company)
    exposures = company.tables["exposures"]
    deal = exposures["action_id"] == "deal"
    first = company.world.months[0].astype("datetime64[M]")
    periods = (exposures["occurred_at"][deal].astype("datetime64[M]") - first).astype(int)
    reached = set(zip(exposures["customer_id"][deal], periods.tolist(), strict=True))
    entitled = np.array(
        [pair in reached for pair in zip(found["customer_id"], found["period"].tolist(), strict=True)]
    )
    assert entitled.any()
    depth = found["discount"] / found["list_price"]
    np.testing.assert_allclose(depth[entitled], 0.3, atol=0.5)
    assert abs(np.median(depth[entitled]) - 0.3) < 1e-3  # rounding to cents
    assert (found["discount"][~entitled] == 0).all()


def test_returned_orders_were_bought_before(company: Company) -> None:
    events = company.tables["events"]
    found = orders(company)
    bought = dict(
        zip(
            found["order_id"],
            zip(found["occurred_at"], found["customer_id"], found["amount"], strict=True),
            strict=True,
        )
    )
    back = events["kind"] == "return"
    assert back.any()
    for order, at, who, amount in zip(
        *(events[name][back] for name in ("order_id", "occurred_at", "customer_id", "amount")), strict=True
    ):
        assert bought[order][0] <= at
        assert bought[order][1:] == (who, amount)
    assert len(set(events["order_id"][back])) == back.sum()


# who is reached


def exposures_of(company: Company, action: str) -> tuple[np.ndarray, np.ndarray]:
    """Row of the customer and period of every exposure to an action."""
    exposures = company.tables["exposures"]
    mine = exposures["action_id"] == action
    ids = company.truth.customer_ids.astype(str)
    first = company.world.months[0].astype("datetime64[M]")
    period = (exposures["occurred_at"][mine].astype("datetime64[M]") - first).astype(int)
    return np.searchsorted(ids, exposures["customer_id"][mine].astype(str)), period


def counts_of(company: Company, kind: str) -> np.ndarray:
    events = company.tables["events"]
    mine = events["kind"] == kind
    counts = np.zeros(company.truth.rungs.shape, dtype=int)
    row = np.searchsorted(company.truth.customer_ids.astype(str), events["customer_id"][mine].astype(str))
    first = company.world.months[0].astype("datetime64[M]")
    np.add.at(counts, (row, (events["occurred_at"][mine].astype("datetime64[M]") - first).astype(int)), 1)
    return counts


@pytest.fixture(scope="module")
def zonnewende() -> Company:
    return simulate("zonnewende", seed=2)


def reach_of(company: Company, action: str, aimed: np.ndarray) -> tuple[int, int]:
    """How many of the (customer, period) cells aimed at were reached; fails if another cell was."""
    row, period = exposures_of(company, action)
    assert aimed[row, period].all()
    settings = next(a for a in company.world.actions if a.action_id == action)
    there = company.truth.rungs >= 0
    running = np.isin(np.arange(company.world.n_periods), settings.periods)
    return len(row), int((aimed & there & running).sum())


@pytest.mark.parametrize("action", ["punten", "herstel", "inloop-oost", "verhaal-2024", "welkom"])
def test_actions_reach_those_whom_they_aim_at(zonnewende: Company, action: str) -> None:
    n_periods = zonnewende.world.n_periods
    aimed = np.ones(zonnewende.truth.rungs.shape, dtype=bool)
    if action == "punten":
        total = np.cumsum(np.pad(counts_of(zonnewende, "purchase"), ((0, 0), (1, 0))), axis=1)
        last_three = np.stack([total[:, t] - total[:, max(t - 3, 0)] for t in range(n_periods)], axis=1)
        aimed = last_three >= zonnewende.world.heavy_from
    elif action == "herstel":
        aimed = np.pad(counts_of(zonnewende, "complaint"), ((0, 0), (1, 0)))[:, :-1] > 0
    elif action == "inloop-oost":
        aimed &= (zonnewende.tables["customers"]["region"] == "Oost")[:, None]
    elif action == "welkom":
        first = zonnewende.world.months[0]
        new = zonnewende.tables["customers"]["since"] >= first
        arrival = (zonnewende.truth.rungs >= 0).argmax(axis=1)
        tenure = np.arange(n_periods)[None, :] - arrival[:, None]
        aimed = new[:, None] & (tenure >= 1) & (tenure <= 2)
    reached, cells = reach_of(zonnewende, action, aimed)
    reach = next(a.reach for a in zonnewende.world.actions if a.action_id == action)
    assert abs(reached / cells - reach) < STANDARD_ERRORS * math.sqrt(reach * (1 - reach) / cells)


def test_price_changes_reach_everybody(zonnewende: Company) -> None:
    row, _ = exposures_of(zonnewende, "tarief-2025")
    assert set(row) == set(np.flatnonzero(zonnewende.truth.rungs[:, 12] >= 0))


def test_referrals_bring_neighbours_once_and_never_oneself(zonnewende: Company) -> None:
    events, customers = zonnewende.tables["events"], zonnewende.tables["customers"]
    brought = np.array([who is not None for who in events["related_customer_id"]])
    assert (events["kind"][brought] == "referral").all()
    new = events["related_customer_id"][brought]
    assert brought.sum() > 500
    assert len(set(new)) == len(new)
    assert (new != events["customer_id"][brought]).all()
    row = np.searchsorted(customers["customer_id"].astype(str), new.astype(str))
    assert (customers["acquired_by"][row] == "neighbour").all()
    month = customers["since"][row].astype("datetime64[M]")
    when = events["occurred_at"][brought].astype("datetime64[M]")
    np.testing.assert_array_equal(month, when)
    row = np.searchsorted(customers["customer_id"].astype(str), events["customer_id"][brought].astype(str))
    assert (customers["since"][row].astype("datetime64[M]") < when).all()
