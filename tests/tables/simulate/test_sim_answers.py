"""Who answers and what they tick, against the response model worked out here with the normal distribution."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from verbond.method import CIRCLE, ITEMS
from verbond.tables.schema import RUNG_CONSTRUCTS
from verbond.tables.simulate import TYPES, WORLDS, Company, Wave, simulate
from verbond.tables.simulate.answers import form_items, item_location

SMALLEST_P = 1e-4
"""A right simulator fails one of these chi-square tests once in ten thousand seeds; the seeds are fixed."""
STANDARD_ERRORS = 4.5
"""A right simulator leaves this band less than once in a hundred thousand checks."""

WAVE = Wave("all", 6, 0.8)
WORLD = dataclasses.replace(
    WORLDS["textbook"],
    n_customers=14_000,
    n_periods=8,
    actions=(),
    effects=(),
    waves=(WAVE,),
    answering=dataclasses.replace(WORLDS["textbook"].answering, anonymous=0.0),
)
ANSWERING = WORLD.answering


@pytest.fixture(scope="module")
def company() -> Company:
    return simulate(WORLD, seed=1)


@pytest.fixture(scope="module")
def matrix(company: Company) -> dict[str, np.ndarray]:
    """Answers by item over all customers, NaN where there is none; "asked" as well."""
    return answers_of(company, "all")


def answers_of(company: Company, wave: str) -> dict[str, np.ndarray]:
    responses = company.tables["responses"]
    mine = (responses["wave"] == wave) & (responses["group"] == "customer")
    mine &= responses["customer_id"] != None  # noqa: E711  elementwise
    row = np.searchsorted(company.truth.customer_ids.astype(str), responses["customer_id"][mine].astype(str))
    item, value = responses["item"][mine], responses["value"][mine]
    found = {name: np.full(company.n_customers, np.nan) for name in sorted(set(item))}
    for name, column in found.items():
        column[row[item == name]] = value[item == name]
    asked = np.zeros(company.n_customers, dtype=bool)
    asked[row] = True
    return found | {"asked": asked}


def answered(matrix: dict[str, np.ndarray]) -> np.ndarray:
    return np.any([~np.isnan(column) for name, column in matrix.items() if name != "asked"], axis=0)


def expected_distribution(item_id: str, rung: int, kind: str) -> np.ndarray:
    """Probability of each box: a cut and rounded normal, with the careless ticking any box."""
    item = ITEMS[item_id]
    number = int(item_id.rpartition("_")[2])
    best, worst = ANSWERING.loadings
    loading = best - (best - worst) * (number - 1) / 3
    level = ANSWERING.levels[item.construct][rung] + ANSWERING.type_levels[kind].get(item.construct, 0.0)
    turn = -1 if item.reversed else 1
    mean = 50 + turn * (loading * (level - 50) + item_location(ANSWERING, item))
    person = ANSWERING.person_sd**2 + ANSWERING.halo_sd**2 + ANSWERING.occasion_sd**2
    sd = math.sqrt(loading**2 * person + ANSWERING.style_sd**2 + ANSWERING.noise_sd**2)
    boxes = np.arange(item.min, item.max + 1)
    edges = (boxes[:-1] + 0.5 - item.min) / (item.max - item.min)
    attentive = np.diff(stats.norm.cdf(100 * edges, mean, sd), prepend=0.0, append=1.0)
    careless = np.diff(edges, prepend=0.0, append=1.0)
    return (1 - ANSWERING.careless) * attentive + ANSWERING.careless * careless


@pytest.mark.parametrize(
    "item", ["trust_1", "trust_4", "engagement_3", "closeness_4", "recommend_1", "meaning_2"]
)
@pytest.mark.parametrize("rung", [0, 1, 3])
def test_answers_have_the_distribution_of_the_response_model(
    company: Company, matrix: dict[str, np.ndarray], item: str, rung: int
) -> None:
    for kind in ("market", "meaning"):
        who = (company.truth.rungs[:, 6] == rung) & (company.truth.relationship_type == kind)
        values = matrix[item][who & ~np.isnan(matrix[item])].astype(int)
        seen = np.bincount(values - ITEMS[item].min, minlength=ITEMS[item].max - ITEMS[item].min + 1)
        probs = expected_distribution(item, rung, kind)
        enough = probs * seen.sum() >= 5  # the usual rule for chi-square; the rest is put together
        seen = np.append(seen[enough], seen[~enough].sum())
        expected = np.append(probs[enough], probs[~enough].sum()) * seen.sum()
        if expected[-1] < 5:
            seen, expected = seen[:-1], expected[:-1] * seen[:-1].sum() / expected[:-1].sum()
        assert seen.sum() > 80
        assert stats.chisquare(seen, expected).pvalue > SMALLEST_P, (item, rung, kind, seen, expected)


def test_style_goes_one_way_in_turned_and_straight_items() -> None:
    """Acquiescence adds its variance to every covariance, also where the construct's is negative."""
    agreeable = dataclasses.replace(ANSWERING, style_sd=9.0, careless=0.0, item_missing=0.0)
    company = simulate(dataclasses.replace(WORLD, answering=agreeable), seed=6)
    answers = answers_of(company, "all")
    here = (company.truth.rungs[:, 6] == 1) & ~np.isnan(answers["trust_1"])
    person = agreeable.person_sd**2 + agreeable.halo_sd**2 + agreeable.occasion_sd**2
    assert ITEMS["trust_4"].reversed
    assert not ITEMS["trust_3"].reversed
    for other, sign, loading in (("trust_3", 1, 1.0 - 0.2 * 2 / 3), ("trust_4", -1, 0.8)):
        expected = (sign * loading * person + agreeable.style_sd**2) * (6 / 100) ** 2
        got = np.cov(answers["trust_1"][here], answers[other][here])
        error = math.sqrt((got[0, 0] * got[1, 1] + got[0, 1] ** 2) / here.sum())
        assert abs(got[0, 1] - expected) < STANDARD_ERRORS * error, other


def test_answers_stay_on_their_scales(company: Company) -> None:
    responses = company.tables["responses"]
    for item in set(responses["item"]):
        values = responses["value"][responses["item"] == item]
        values = values[~np.isnan(values)]
        assert ((values >= ITEMS[item].min) & (values <= ITEMS[item].max) & (values % 1 == 0)).all()


# who is asked, who answers


def test_non_response_depends_on_the_rung(company: Company, matrix: dict[str, np.ndarray]) -> None:
    rung, asked = company.truth.rungs[:, 6], matrix["asked"]
    for k in range(6):
        here = asked & (rung == k)
        p = ANSWERING.response_probs[k]
        assert abs(answered(matrix)[here].mean() - p) < STANDARD_ERRORS * math.sqrt(p * (1 - p) / here.sum())


def test_only_customers_of_that_month_with_consent_are_asked(
    company: Company, matrix: dict[str, np.ndarray]
) -> None:
    may = company.tables["customers"]["consent"] & (company.truth.rungs[:, 6] >= 0)
    assert not matrix["asked"][~may].any()
    share = matrix["asked"][may].mean()
    assert abs(share - WAVE.invited) < STANDARD_ERRORS * math.sqrt(
        WAVE.invited * (1 - WAVE.invited) / may.sum()
    )


def test_who_does_not_answer_has_one_empty_row(company: Company) -> None:
    responses = company.tables["responses"]
    ids, n_rows = np.unique(responses["respondent_id"].astype(str), return_counts=True)
    empty = set(ids[n_rows == 1])
    assert empty
    single = np.isin(responses["respondent_id"].astype(str), list(empty))
    assert np.isnan(responses["value"][single]).all()
    assert set(n_rows) == {1, len(form_items(WORLD, "full"))}


def test_questions_left_open_have_their_share(company: Company) -> None:
    responses = company.tables["responses"]
    _, which, n_rows = np.unique(
        responses["respondent_id"].astype(str), return_inverse=True, return_counts=True
    )
    values = responses["value"][n_rows[which] > 1]
    p = ANSWERING.item_missing
    assert abs(np.isnan(values).mean() - p) < STANDARD_ERRORS * math.sqrt(p * (1 - p) / len(values))


def test_anonymous_respondents_cannot_be_traced() -> None:
    half = dataclasses.replace(
        WORLD, n_customers=4_000, answering=dataclasses.replace(ANSWERING, anonymous=0.5)
    )
    responses = simulate(half, seed=2).tables["responses"]
    known = responses["customer_id"] != None  # noqa: E711  elementwise
    tick = ~np.isnan(responses["value"])
    people = {
        True: set(responses["respondent_id"][known & tick]),
        False: set(responses["respondent_id"][~known]),
    }
    total = sum(map(len, people.values()))
    assert abs(len(people[False]) / total - 0.5) < STANDARD_ERRORS * 0.5 / math.sqrt(total)
    assert all(r.startswith("a") for r in people[False])
    assert not people[True] & people[False]


def test_the_short_form_asks_the_short_items() -> None:
    items = {item.id for item in form_items(WORLD, "short")}
    assert items == {i.id for i in ITEMS.values() if "short" in i.forms and i.group != "employee"}


def test_every_item_of_the_full_form_is_asked_of_customers(company: Company) -> None:
    asked = set(company.tables["responses"]["item"])
    assert asked == {i.id for i in ITEMS.values() if i.group in ("customer", "both")}


def test_the_same_person_answers_alike_in_two_waves() -> None:
    again = dataclasses.replace(WORLD, n_customers=6_000, waves=(Wave("a", 5, 0.9), Wave("b", 6, 0.9)))
    company = simulate(again, seed=3)
    first, second = answers_of(company, "a"), answers_of(company, "b")
    same_rung = company.truth.rungs[:, 5] == 1
    same_rung &= company.truth.rungs[:, 6] == 1
    both = same_rung & ~np.isnan(first["trust_1"]) & ~np.isnan(second["trust_1"])
    # between people on one rung: person and halo variance over all variance
    expected = (6**2 + 4**2) / (6**2 + 4**2 + 4**2 + 4**2 + 13**2)
    got = np.corrcoef(first["trust_1"][both], second["trust_1"][both])[0, 1]
    rounding = 0.03  # boxes of 17 points and careless people water it down a little
    assert abs(got - expected) < STANDARD_ERRORS / math.sqrt(both.sum()) + rounding


# what the levels mean


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_levels_rise_and_step_where_their_rung_is_reached(name: str) -> None:
    levels = WORLDS[name].answering.levels
    for rung, construct in enumerate(RUNG_CONSTRUCTS, start=1):
        steps = np.diff(levels[construct])
        assert (steps > 0).all()
        assert np.argmax(steps) == rung - 1


def test_each_relationship_type_leans_to_its_own_scale(
    company: Company, matrix: dict[str, np.ndarray]
) -> None:
    kinds = company.truth.relationship_type
    for kind in ("market", "authority", "meaning"):
        means = {k: np.nanmean(matrix[f"{kind}_1"][kinds == k]) for k in TYPES}
        assert max(means, key=means.get) == kind
    close = {k: np.nanmean(matrix["closeness_1"][kinds == k]) for k in TYPES}
    assert min(close, key=close.get) == "none"


# values


def test_own_values_are_a_cosine_over_the_circle(company: Company) -> None:
    settings = WORLD.values
    # the mean of cos over a wrapped normal is cos at its centre times exp(-variance / 2)
    shrink = math.exp(-(math.radians(settings.direction_sd_degrees) ** 2) / 2)
    angles = {v.id: math.radians(v.angle_degrees) for v in CIRCLE}
    for kind, between in settings.directions.items():
        x, y = (sum(f(angles[v]) for v in between) for f in (math.cos, math.sin))
        centre = math.atan2(y, x)
        mine = company.truth.own_values[company.truth.relationship_type == kind]
        for j, value in enumerate(CIRCLE):
            expected = 50 + settings.amplitude * shrink * math.cos(angles[value.id] - centre)
            spread = mine[:, j].std() / math.sqrt(len(mine))
            assert abs(mine[:, j].mean() - expected) < STANDARD_ERRORS * spread + 0.05  # cut at 0 and 100


def test_what_people_see_comes_to_match_what_they_hold_from_rung_two_on(company: Company) -> None:
    truth = company.truth
    last = np.array([row[row >= 0][-1] for row in truth.rungs])
    own = truth.own_values - truth.own_values.mean(axis=1, keepdims=True)
    seen = truth.seen_values - truth.seen_values.mean(axis=1, keepdims=True)
    likeness = (own * seen).sum(axis=1) / np.sqrt((own**2).sum(axis=1) * (seen**2).sum(axis=1))
    by_rung = np.array([likeness[last == k].mean() for k in range(6)])
    assert np.argmax(np.diff(by_rung)) == 1
    assert by_rung[2] > by_rung[1] + 0.3


def test_seen_values_mix_own_values_and_the_image() -> None:
    company = simulate("zonnewende", seed=4)
    truth, settings = company.truth, company.world.values
    last = np.array([row[row >= 0][-1] for row in truth.rungs])
    image = np.array([settings.image[v.id] for v in CIRCLE])
    for rung in (0, 1, 3):
        w = settings.overlap[rung]
        here = last == rung
        expected = w * truth.own_values[here] + (1 - w) * image
        error = truth.seen_values[here] - expected
        assert abs(error.mean()) < 0.5
        assert error.std() == pytest.approx(settings.noise_sd, rel=0.1)


def test_value_answers_follow_the_values(company: Company, matrix: dict[str, np.ndarray]) -> None:
    for j, value in enumerate(CIRCLE):
        here = ~np.isnan(matrix[f"own_{value.id}"])
        r = np.corrcoef(matrix[f"own_{value.id}"][here], company.truth.own_values[here, j])[0, 1]
        # reliability of one box: spread of the values against that of noise, style and careless people
        assert 0.5 < r < 0.95


# employees


def test_employees_see_what_their_department_sees() -> None:
    company = simulate("zonnewende", seed=5)
    responses = company.tables["responses"]
    staff = responses["group"] == "employee"
    sizes = {d.name: d.n_employees for d in company.world.departments}
    for department, n in sizes.items():
        mine = staff & (responses["department"] == department)
        assert len(set(responses["respondent_id"][mine])) == n
        items = set(responses["item"][mine])
        assert items == {i.id for i in ITEMS.values() if i.group in ("employee", "both")}

    def mean(item: str, department: str) -> float:
        here = staff & (responses["department"] == department) & (responses["item"] == item)
        return float(np.nanmean(responses["value"][here]))

    assert mean("seen_benevolence", "klantenservice") > mean("seen_benevolence", "verkoop") + 1
    assert mean("seen_power", "verkoop") > mean("seen_power", "klantenservice") + 1
    assert mean("customer_orientation_1", "klantenservice") > mean("customer_orientation_1", "verkoop")
    assert all(who is None for who in responses["customer_id"][staff])
