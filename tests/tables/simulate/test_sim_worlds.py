"""The worlds differ as they claim, in what happens and not only in their settings."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from verbond.results import LANGUAGES
from verbond.tables.schema import ACTION_KINDS, RUNG_CONSTRUCTS
from verbond.tables.simulate import WORLDS, Company, catalogue, simulate

STANDARD_ERRORS = 4.5
"""A right simulator leaves this band less than once in a hundred thousand checks; the seeds are fixed."""


@cache
def made(name: str, n_customers: int = 6_000) -> Company:
    return simulate(name, n_customers, seed=11)


def respondent_scores(company: Company, construct: str) -> tuple[np.ndarray, np.ndarray]:
    """Row of the customer and 0..100 answer to the first item of a construct, over all waves."""
    responses = company.tables["responses"]
    mine = (responses["item"] == f"{construct}_1") & ~np.isnan(responses["value"])
    mine &= responses["customer_id"] != None  # noqa: E711  elementwise
    row = np.searchsorted(company.truth.customer_ids.astype(str), responses["customer_id"][mine].astype(str))
    return row, (responses["value"][mine] - 1) / 6 * 100


def events_a_month(company: Company, kind: str) -> np.ndarray:
    """Events of a kind per month as a customer, per customer."""
    events = company.tables["events"]
    row = np.searchsorted(
        company.truth.customer_ids.astype(str), events["customer_id"][events["kind"] == kind].astype(str)
    )
    return np.bincount(row, minlength=company.n_customers) / (company.truth.rungs >= 0).sum(axis=1)


def correlation_with_behaviour(company: Company, construct: str, kind: str) -> tuple[float, int]:
    row, score = respondent_scores(company, construct)
    return float(np.corrcoef(score, events_a_month(company, kind)[row])[0, 1]), len(row)


def moved(company: Company, kind: str, from_rung: int = 0) -> dict[str, float]:
    """Share of (customer, month) cells that went up, down: reached by an action kind minus not reached."""
    actions, exposures = company.tables["actions"], company.tables["exposures"]
    mine = set(actions["action_id"][actions["kind"] == kind])
    hit = np.array([a in mine for a in exposures["action_id"]])
    row = np.searchsorted(company.truth.customer_ids.astype(str), exposures["customer_id"][hit].astype(str))
    first = company.world.months[0].astype("datetime64[M]")
    period = (exposures["occurred_at"][hit].astype("datetime64[M]") - first).astype(int)
    reached = np.zeros(company.truth.rungs.shape, dtype=bool)
    reached[row, period] = True
    before, after = company.truth.rungs[:, :-1], company.truth.rungs[:, 1:]
    reached, there = reached[:, 1:], (before >= from_rung) & (after >= 0)
    difference = {}
    for name, went in (("up", after > before), ("down", after < before)):
        difference[name] = went[there & reached].mean() - went[there & ~reached].mean()
    return difference


# the textbook, and what breaks it


@pytest.mark.parametrize("construct", ["trust", "commitment", "engagement"])
def test_answers_go_with_behaviour_in_the_textbook_and_not_without_a_ladder(construct: str) -> None:
    r, _ = correlation_with_behaviour(made("textbook"), construct, "contribution")
    assert r > 0.2
    for kind in ("purchase", "contribution", "referral"):
        r, n = correlation_with_behaviour(made("no_ladder"), construct, kind)
        assert abs(r) < STANDARD_ERRORS / np.sqrt(n)


def test_without_a_ladder_constructs_have_no_order_among_each_other() -> None:
    def between(name: str) -> float:
        scores = []
        for construct in RUNG_CONSTRUCTS:
            row, score = respondent_scores(made(name), construct)
            column = np.full(made(name).n_customers, np.nan)
            column[row] = score
            scores.append(column)
        table = np.array(scores)[:, ~np.isnan(scores).any(axis=0)]
        return float(np.corrcoef(table)[np.triu_indices(5, 1)].mean())

    assert between("textbook") > 0.3
    halo_and_style = 0.1  # what people share over all questions
    assert between("no_ladder") < halo_and_style


def test_without_a_ladder_rates_are_not_ordered_and_with_one_they_are() -> None:
    for emission in WORLDS["no_ladder"].emissions:
        assert len(set(np.sign(np.diff(emission.rates)))) == 2
    purchases = next(e for e in WORLDS["textbook"].emissions if e.kind == "purchase")
    assert (np.diff(purchases.rates) > 0).all()


@pytest.mark.parametrize("kind", ["discount", "campaign", "personal_contact", "loyalty_points"])
def test_surprising_effects_are_the_reverse_of_those_expected(kind: str) -> None:
    on_the_ladder = 1  # from rung 0 a discount lifts people in the textbook too
    expected, surprising = (
        moved(made(name), kind, on_the_ladder) for name in ("textbook", "surprising_effects")
    )
    assert np.sign(surprising["up"] - surprising["down"]) == -np.sign(expected["up"] - expected["down"])


def test_discounts_win() -> None:
    company = made("discounts_win")
    won = moved(company, "discount")
    assert won["up"] > 0.02
    assert won["down"] < 0
    for kind in ("campaign", "personal_contact", "invitation"):
        nothing = moved(company, kind)
        assert abs(nothing["up"]) < 0.008
        assert abs(nothing["down"]) < 0.008


def test_most_people_skip_shared_values() -> None:
    company = made("skipped_rungs")
    on_two = company.truth.shares[-1, 2]
    assert on_two < 0.06 < made("textbook").truth.shares[-1, 2]
    period = {w.name: w.period for w in company.world.waves}
    responses = company.tables["responses"]
    mine = (responses["item"] == "congruence_1") & (responses["customer_id"] != None)  # noqa: E711
    mine &= ~np.isnan(responses["value"])
    row = np.searchsorted(company.truth.customer_ids.astype(str), responses["customer_id"][mine].astype(str))
    score = (responses["value"][mine] - 1) / 6 * 100
    rung = company.truth.rungs[row, [period[w] for w in responses["wave"][mine]]]
    high = rung >= 3
    assert score[high & company.truth.skips[row]].mean() < 45
    assert score[high & ~company.truth.skips[row]].mean() > 58
    trusting, trust = respondent_scores(company, "trust")
    assert trust[company.truth.skips[trusting]].std() > 15  # they do reach trust


def test_nobody_moves_among_heavy_buyers_but_they_differ_for_good() -> None:
    company = made("heavy_buyers_only")
    assert set(np.unique(company.truth.rungs)) == {-1, 1}
    bought = events_a_month(company, "purchase")
    classes = company.truth.behaviour_class
    assert bought[classes == "heavy"].mean() > 8 * bought[classes == "light"].mean()
    r, n = correlation_with_behaviour(company, "engagement", "purchase")
    assert abs(r) < STANDARD_ERRORS / np.sqrt(n)


def test_nobody_is_asked_in_the_silent_world() -> None:
    assert "responses" not in made("silent").tables


def test_everything_is_weak_in_the_quiet_world() -> None:
    quiet, textbook = WORLDS["quiet"], WORLDS["textbook"]
    assert quiet.n_customers <= 500
    for weak, strong in zip(quiet.effects, textbook.effects, strict=True):
        assert np.abs(weak.moves).sum() <= 0.25 * np.abs(strong.moves).sum() + 1e-9
    for weak, strong in zip(quiet.emissions, textbook.emissions, strict=True):
        assert np.ptp(weak.rates) == pytest.approx(0.25 * np.ptp(strong.rates))
    assert len(set(simulate("quiet").tables["responses"]["respondent_id"])) < 120


# the demo


def test_zonnewende_has_its_size_and_its_months() -> None:
    company = simulate("zonnewende")
    assert company.n_customers == 6_000
    assert str(company.truth.periods[-1]) == "2026-06-01"
    assert len(company.truth.periods) == 30
    assert {"region", "product", "acquired_by", "age_band"} <= set(company.tables["customers"])
    assert set(company.tables["customers"]["acquired_by"]) == {"campaign", "neighbour", "search"}
    assert {a.kind for a in company.world.actions} == set(ACTION_KINDS)
    assert len(company.tables["messages"]["text"]) >= 36


def test_zonnewende_is_blocked_below_shared_values() -> None:
    company = made("zonnewende")
    shares = company.truth.shares[-1]
    assert shares.argmax() == 1
    assert shares[1] > 0.4
    counts = company.truth.transition_counts
    climbs = [counts[j, j + 1] / counts[j].sum() for j in range(5)]
    assert np.argmin(climbs) == 1
    row, experience = respondent_scores(company, "experience")
    _, congruence = respondent_scores(company, "congruence")
    assert experience.mean() > 60 > 52 > congruence.mean()
    assert len(row) > 500


def test_discounts_push_down_those_who_came_for_meaning() -> None:
    company = made("zonnewende", 20_000)
    before, after = company.truth.rungs[:, 9], company.truth.rungs[:, 10]  # November 2024
    ordinary = company.truth.rungs[:, 7], company.truth.rungs[:, 8]
    fell = {}
    for kind in ("meaning", "market"):
        mine = company.truth.relationship_type == kind
        for name, (b, a) in (("deal", (before, after)), ("ordinary", ordinary)):
            here = mine & (b > 0) & (a >= 0)
            fell[kind, name] = (a < b)[here].mean()
    assert fell["meaning", "deal"] > 1.8 * fell["meaning", "ordinary"]
    assert fell["market", "deal"] < fell["market", "ordinary"] + 0.01


def test_black_friday_brings_people_who_want_a_deal() -> None:
    company = made("zonnewende", 20_000)
    month = company.tables["customers"]["since"].astype("datetime64[M]")
    deals = (month == np.datetime64("2024-11")) | (month == np.datetime64("2025-11"))
    ordinary = (month == np.datetime64("2024-09")) | (month == np.datetime64("2025-09"))
    assert deals.sum() > 1.5 * ordinary.sum()
    market = company.truth.relationship_type == "market"
    # the settings say .42 and .30
    assert market[deals].mean() > market[ordinary].mean() + 0.05


def test_a_third_respond_or_more_and_they_are_not_the_average_customer() -> None:
    company = made("zonnewende", 20_000)
    responses = company.tables["responses"]
    for wave in company.world.waves:
        mine = (responses["wave"] == wave.name) & (responses["group"] == "customer")
        asked = set(responses["respondent_id"][mine])
        answered = set(responses["respondent_id"][mine & ~np.isnan(responses["value"])])
        assert 0.35 < len(answered) / len(asked) < 0.45
        ids = company.truth.customer_ids
        linked = np.isin(ids.astype(str), [f"c{r[1:]}" for r in answered if r[0] == "r"])
        rung = company.truth.rungs[:, wave.period]
        assert rung[linked].mean() > rung[rung >= 0].mean() + 0.2


def test_intention_is_not_behaviour() -> None:
    """As in Kumar, Petersen & Leone 2007: 81% and 68% intended to refer, 30% and 33% did."""
    company = made("zonnewende", 20_000)
    responses, events = company.tables["responses"], company.tables["events"]
    mine = (responses["item"] == "recommend_1") & ~np.isnan(responses["value"])
    mine &= (responses["wave"] != "2026-05") & (responses["customer_id"] != None)  # noqa: E711
    referred: dict[str, list[np.datetime64]] = {}
    there = events["kind"] == "referral"
    for who, at in zip(events["customer_id"][there], events["occurred_at"][there], strict=True):
        referred.setdefault(who, []).append(at)
    half_a_year = np.timedelta64(180 * 86_400, "s")
    did = np.array([
        any(asked < at <= asked + half_a_year for at in referred.get(who, ()))
        for who, asked in zip(responses["customer_id"][mine], responses["occurred_at"][mine], strict=True)
    ])  # fmt: skip
    intends = responses["value"][mine] >= 7
    assert 0.66 < intends.mean() < 0.83
    assert 0.22 < did[intends].mean() < 0.36
    assert did[intends].mean() > did[~intends].mean()


def test_messages_fit_the_rung_of_who_wrote_or_got_them() -> None:
    company = made("zonnewende")
    messages = company.tables["messages"]
    rung = dict(zip(company.truth.customer_ids, company.truth.rungs, strict=True))
    settings = {m.message_id: m for m in company.world.messages}
    named = 0
    for message_id, who in zip(messages["message_id"], messages["customer_id"], strict=True):
        if who is not None:
            named += 1
            assert rung[who][settings[message_id].period] in settings[message_id].rungs
        else:
            assert not settings[message_id].rungs
    assert named > 15
    assert set(messages["language"]) == {"nl", "en"}
    actions = set(company.tables["actions"]["action_id"])
    assert {a for a in messages["action_id"] if a is not None} <= actions
    carried = {m for m in company.tables["actions"]["message_id"] if m is not None}
    assert carried <= set(messages["message_id"])


# the list


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_world_says_what_it_is_for(language: str) -> None:
    rows = catalogue(language).to_dicts()
    assert [r["world"] for r in rows] == list(WORLDS)
    assert len({r["purpose"] for r in rows}) == len(WORLDS)
