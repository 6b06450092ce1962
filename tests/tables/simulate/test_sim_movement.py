"""People move as the world's logits say: frequencies against the multinomial logit, worked out by hand."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from verbond.errors import OptionError
from verbond.tables.simulate import (
    NEVER,
    WORLDS,
    Action,
    Attribute,
    Company,
    Effect,
    World,
    move_probs,
    simulate,
    transition_matrix,
)

SMALLEST_P = 1e-4
"""A right simulator fails one of these chi-square tests once in ten thousand seeds; the seeds are fixed."""

BARE = dataclasses.replace(
    WORLDS["textbook"], actions=(), effects=(), waves=(), n_customers=12_000, n_periods=12
)
UP, DOWN, DROP, STAY = range(4)


def by_hand(logits: tuple[float, float, float]) -> np.ndarray:
    """Probabilities of up, down, drop and staying: the multinomial logit, in plain Python."""
    odds = [math.exp(x) for x in logits]
    total = 1 + sum(odds)
    return np.array([*(o / total for o in odds), 1 / total])


def base_logits(world: World, rung: int) -> np.ndarray:
    return np.array([world.up[rung], world.down[rung], world.drop[rung]])


def moves_from(before: np.ndarray, after: np.ndarray, rung: int) -> np.ndarray:
    """How many of those on `rung` went up one, down one, to the bottom, or stayed."""
    went = after[(before == rung) & (after >= 0)]
    down = rung - 1 if rung > 0 else -9
    drop = 0 if rung > 1 else -9
    return np.array(
        [(went == rung + 1).sum(), (went == down).sum(), (went == drop).sum(), (went == rung).sum()]
    )


def was_reached(company: Company) -> np.ndarray:
    """Per customer: reached by anything, ever."""
    reached = set(company.tables["exposures"]["customer_id"])
    return np.array([who in reached for who in company.truth.customer_ids])


def assert_as_expected(counts: np.ndarray, probs: np.ndarray) -> None:
    assert counts[probs == 0].sum() == 0
    possible = probs > 0
    n = counts.sum()
    assert n >= 100
    expected = probs[possible] * n
    p = stats.chisquare(counts[possible], expected).pvalue
    assert p > SMALLEST_P, (counts, expected)


@pytest.fixture(scope="module")
def bare() -> Company:
    return simulate(BARE, seed=1)


@pytest.mark.parametrize("rung", range(6))
def test_moves_without_actions_follow_the_logits(bare: Company, rung: int) -> None:
    rungs = bare.truth.rungs
    counts = moves_from(rungs[:, :-1], rungs[:, 1:], rung)
    assert_as_expected(counts, by_hand(tuple(base_logits(BARE, rung))))


def test_nobody_jumps_other_than_to_a_neighbour_or_to_the_bottom(bare: Company) -> None:
    counts = bare.truth.transition_counts
    allowed = np.abs(np.subtract.outer(np.arange(6), np.arange(6))) <= 1
    allowed[2:, 0] = True
    assert counts[~allowed].sum() == 0
    assert (counts[allowed] > 0).all()


def test_probabilities_are_the_logit_formula() -> None:
    world = WORLDS["zonnewende"]
    effect = next(e for e in world.effects if e.kind == "discount")
    zon = next(a for a in world.attributes if a.name == "product").moves["zon"]
    got = move_probs(world, exposures={"discount": 2}, relationship_type="meaning", labels={"product": "zon"})
    for rung in range(6):
        c = np.array(effect.by_rung.get(rung, (0, 0, 0)))
        slope = np.array(effect.moves) + c + np.array(effect.by_type["meaning"])
        logits = base_logits(world, rung) + np.array(world.type_moves["meaning"]) + np.array(zon) + 2 * slope
        np.testing.assert_allclose(got[rung], by_hand(tuple(logits))[:3], rtol=1e-12)


def test_matrix_rows_sum_to_one_and_hold_the_moves() -> None:
    for world in WORLDS.values():
        matrix = transition_matrix(world)
        np.testing.assert_allclose(matrix.sum(axis=1), 1, atol=1e-12)
        for rung in range(1, 5):
            assert matrix[rung, rung + 1] == pytest.approx(move_probs(world)[rung, UP])


def test_an_action_without_an_effect_is_refused() -> None:
    with pytest.raises(OptionError, match="no effect"):
        move_probs(WORLDS["textbook"], exposures={"price_change": 1})


# what actions do, and when

EFFECT = Effect("campaign", (0.9, -0.8, -0.5), {1: (0.7, 0.4, 0.0)}, {"meaning": (0.5, 0.6, 0.3)})
ONCE = Action("once", "campaign", "Once", (6,), 0.5, randomised=True)
REACHED = dataclasses.replace(BARE, effects=(EFFECT,), actions=(ONCE,), n_customers=30_000)


@pytest.fixture(scope="module")
def once() -> tuple[Company, np.ndarray]:
    """A company whose only action falls in period 6, and who was reached then."""
    company = simulate(REACHED, seed=2)
    return company, was_reached(company)


@pytest.mark.parametrize("kind", ["market", "meaning"])
@pytest.mark.parametrize("rung", range(5))
def test_exposures_change_the_move_into_their_own_period(
    once: tuple[Company, np.ndarray], rung: int, kind: str
) -> None:
    company, reached = once
    who = reached & (company.truth.relationship_type == kind)
    counts = moves_from(company.truth.rungs[who, 5], company.truth.rungs[who, 6], rung)
    deviation = np.array(EFFECT.by_rung.get(rung, (0, 0, 0))) + np.array(EFFECT.by_type.get(kind, (0, 0, 0)))
    logits = base_logits(REACHED, rung) + np.array(EFFECT.moves) + deviation
    assert_as_expected(counts, by_hand(tuple(logits)))


@pytest.mark.parametrize("period", [5, 7])
def test_exposures_change_neither_the_move_before_nor_the_one_after(
    once: tuple[Company, np.ndarray], period: int
) -> None:
    company, reached = once
    counts = sum(
        moves_from(company.truth.rungs[reached, period - 1], company.truth.rungs[reached, period], r)[
            [UP, STAY]
        ]
        for r in (1,)
    )
    probs = by_hand(tuple(base_logits(REACHED, 1)))[[UP, STAY]]
    assert_as_expected(np.asarray(counts), probs / probs.sum())


def test_those_not_reached_move_as_if_nothing_happened(once: tuple[Company, np.ndarray]) -> None:
    company, reached = once
    counts = moves_from(company.truth.rungs[~reached, 5], company.truth.rungs[~reached, 6], 2)
    assert_as_expected(counts, by_hand(tuple(base_logits(REACHED, 2))))


def test_carry_over_keeps_its_share_for_the_next_month() -> None:
    lasting = dataclasses.replace(EFFECT, carry_over=0.6, by_rung={}, by_type={})
    company = simulate(dataclasses.replace(REACHED, effects=(lasting,)), seed=3)
    reached = was_reached(company)
    for months_later in (1, 2):
        rungs = company.truth.rungs[reached]
        counts = moves_from(rungs[:, 5 + months_later], rungs[:, 6 + months_later], 1)
        logits = base_logits(REACHED, 1) + 0.6**months_later * np.array(EFFECT.moves)
        assert_as_expected(counts, by_hand(tuple(logits)))


def test_types_and_attributes_shift_the_logits() -> None:
    world = dataclasses.replace(
        BARE,
        type_moves={"meaning": (0.8, -0.4, 0.2)},
        attributes=(Attribute("office", {"yes": 0.5, "no": 0.5}, {"yes": (0.5, -0.6, 0.0)}),),
    )
    company = simulate(world, seed=4)
    who = company.truth.relationship_type == "meaning"
    who &= company.tables["customers"]["office"] == "yes"
    rungs = company.truth.rungs[who]
    for rung in (1, 3):
        logits = base_logits(world, rung) + np.array([0.8 + 0.5, -0.4 - 0.6, 0.2])
        assert_as_expected(moves_from(rungs[:, :-1], rungs[:, 1:], rung), by_hand(tuple(logits)))


# people who skip a rung


def test_skippers_never_stand_on_their_rung_and_pass_over_it() -> None:
    world = dataclasses.replace(BARE, skipped_rung=2, skipper_share=0.7)
    truth = simulate(world, seed=5).truth
    n = len(truth.skips)
    assert abs(truth.skips.mean() - 0.7) < 4 * math.sqrt(0.7 * 0.3 / n)  # four binomial standard errors
    skippers, others = truth.rungs[truth.skips], truth.rungs[~truth.skips]
    assert not (skippers == 2).any()
    assert (others == 2).any()
    went = skippers[:, 1:][(skippers[:, :-1] == 1) & (skippers[:, 1:] >= 0)]
    counts = np.array([(went == 3).sum(), (went == 0).sum(), 0, (went == 1).sum()])
    assert_as_expected(counts, by_hand(tuple(base_logits(world, 1))))
    back = skippers[:, 1:][(skippers[:, :-1] == 3) & (skippers[:, 1:] >= 0)]
    assert (back == 1).sum() > 0
    np.testing.assert_array_equal(transition_matrix(world, skips=True)[[0, 1, 3, 4, 5], 2], 0)


# how people begin


def test_people_begin_on_the_rungs_of_their_type() -> None:
    company = simulate(dataclasses.replace(WORLDS["zonnewende"], n_customers=20_000), seed=6)
    truth, customers = company.truth, company.tables["customers"]
    old = customers["since"] < company.world.months[0]
    first = truth.rungs[np.arange(len(old)), (truth.rungs >= 0).argmax(axis=1)]
    for shares, group in ((company.world.initial_old, old), (company.world.initial_new, ~old)):
        for kind, expected in shares.items():
            seen = np.bincount(first[group & (truth.relationship_type == kind)], minlength=6)
            possible = np.array(expected) > 0
            assert seen[~possible].sum() == 0
            p = stats.chisquare(seen[possible], seen.sum() * np.array(expected)[possible]).pvalue
            assert p > SMALLEST_P, (kind, seen)


def test_people_come_through_the_doors_when_the_world_says() -> None:
    world = dataclasses.replace(WORLDS["zonnewende"], n_customers=20_000)
    company = simulate(world, seed=7)
    customers = company.tables["customers"]
    month = customers["since"].astype("datetime64[M]").astype(int) - world.months[0].astype(
        "datetime64[M]"
    ).astype(int)
    moment = np.where(month < 0, 0, month + 1)
    door = np.array([[s.name for s in world.sources].index(d) for d in customers["acquired_by"]])
    seen = np.zeros((len(world.sources), 1 + world.n_periods))
    np.add.at(seen, (door, moment), 1)
    months = range(world.n_periods)
    weights = np.array([[s.old, *(s.new * s.peaks.get(t, 1) for t in months)] for s in world.sources])
    expected = weights / weights.sum() * seen.sum()
    assert stats.chisquare(seen.ravel(), expected.ravel()).pvalue > SMALLEST_P
    for source in world.sources:
        kinds = company.truth.relationship_type[customers["acquired_by"] == source.name]
        observed = [(kinds == t).sum() for t in source.types]
        assert (
            stats.chisquare(observed, len(kinds) * np.array(list(source.types.values()))).pvalue > SMALLEST_P
        )


@pytest.mark.parametrize(
    "change",
    [
        {"up": (0.0,) * 6},
        {"drop": (NEVER, -4.0, -4.0, -4.0, -4.0, -4.0)},
        {"initial_new": {"market": (0.5, 0.2, 0.1, 0.1, 0.0, 0.0)}},
        {"actions": (Action("late", "discount", "Late", (99,), 0.5),)},
        {"effects": (Effect("discount"), Effect("discount"))},
    ],
)
def test_settings_that_contradict_are_refused(change: dict) -> None:
    with pytest.raises(OptionError, match="world 'textbook'"):
        dataclasses.replace(WORLDS["textbook"], **change)
