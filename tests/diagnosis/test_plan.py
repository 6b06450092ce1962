"""The plan: what is believed, what may be done, and what comes of it in a simulated company."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import stand_ins
from scipy import integrate, stats

from verbond.cli.plan import _say
from verbond.diagnosis import Diagnosis, invite_list, load_diagnosis, make_plan, save_diagnosis
from verbond.diagnosis.effort import count_effort
from verbond.diagnosis.plan import FrontierPoint, Learned, Plan, choosing
from verbond.diagnosis.plan.choosing import Candidate, blocking_of, candidates, filtered, kept_by
from verbond.diagnosis.plan.expecting import HIDDEN_SD, Push, draws_of, push_of, together
from verbond.diagnosis.plan.minding import what_would_change
from verbond.diagnosis.plan.planning import _ground, _weigh
from verbond.diagnosis.plan.spending import spend
from verbond.diagnosis.steps import Evidence, first_of, first_steps
from verbond.errors import OptionError
from verbond.expressions.promise import Promise
from verbond.ladder import Ladder, RungChain
from verbond.ladder.model.space import Space
from verbond.method import PLAYS, Play, PlayPrior, play
from verbond.reports import html_report, tables_behind
from verbond.reports.page import steps_of
from verbond.reports.plan import steps_told
from verbond.results import Estimate, Provenance, Reason
from verbond.results.wording import format_value
from verbond.survey import Survey
from verbond.tables import Tables, open_tables
from verbond.tables.reads import kinds_by_lot, panel
from verbond.tables.simulate import simulate

BECAUSE = Reason("diagnosis.because_nobody_asked")
BUDGET = 500.0


def candidate(one: Play, rung: int = 2) -> Candidate:
    return Candidate(one, rung, (), BECAUSE, "unsaid", 0)


def a_play(**changes: Any) -> Play:
    """One that goes against nothing, with changes."""
    bare: dict[str, Any] = {"keeps": (), "breaks": (), "not_for_types": (), "needs_consent": False}
    return replace(PLAYS[0], **bare | changes)


def a_test(weeks: int) -> Play:
    """One whose experiment lasts so long."""
    return a_play(experiment=replace(PLAYS[0].experiment, weeks=weeks))


def knowing(**kinds: tuple[float, float]) -> Any:
    """A chain that knows how kinds of action pushed people up: mean and spread; down the other way."""
    drawn = {}
    for kind, (mean, sd) in kinds.items():
        away = np.tile([-1.0, 1.0], 500)
        draws = np.concatenate(([0.0], sd * away / away.std(ddof=1)))
        drawn[kind] = np.stack((mean + draws, -mean + draws), axis=1)
    return SimpleNamespace(coefficients=drawn)


@pytest.mark.parametrize(("one", "other"), [((0.1, 0.25), (0.6, 0.1)), ((-1.0, 2.0), (0.5, 0.4))])
def test_two_beliefs_are_multiplied(one: tuple[float, float], other: tuple[float, float]) -> None:
    """Mean and spread of the product of both densities, integrated."""

    def moment(power: int, around: float = 0.0) -> float:
        def weighed(x: float) -> float:
            return (x - around) ** power * stats.norm.pdf(x, *one) * stats.norm.pdf(x, *other)

        return float(integrate.quad(weighed, -6, 6, points=[one[0], other[0]], epsabs=1e-13)[0])

    mean = moment(1) / moment(0)
    assert together(one, other) == pytest.approx((mean, (moment(2, mean) / moment(0)) ** 0.5), rel=1e-6)
    assert together(one, other) == pytest.approx(together(other, one))


def test_draws_of_a_belief_begin_with_its_mean() -> None:
    drawn = draws_of((0.3, 0.2), 20_001, np.random.default_rng(1))
    assert drawn[0] == 0.3
    assert stats.kstest(drawn[1:], stats.norm(0.3, 0.2).cdf).pvalue > 0.001


def test_a_lot_counts_for_more_than_the_past() -> None:
    """The same figures: by lot they weigh as they are, of the past with an error more."""
    one = a_play(climbs=PlayPrior(0.1, 0.5), falls=PlayPrior(-0.1, 0.5), action_kinds=("invitation",))
    chain = knowing(invitation=(0.8, 0.1))
    by_lot, past = push_of(one, chain, {"invitation": True}), push_of(one, chain, {})
    assert (by_lot.rests_on, past.rests_on) == ("lot", "past")
    assert by_lot.up == pytest.approx(together((0.1, 0.5), (0.8, 0.1)), rel=1e-6)
    assert past.up == pytest.approx(together((0.1, 0.5), (0.8, np.hypot(0.1, HIDDEN_SD))), rel=1e-6)
    assert past.down == pytest.approx(together((-0.1, 0.5), (-0.8, np.hypot(0.1, HIDDEN_SD))), rel=1e-6)
    assert by_lot.up[0] > past.up[0] > 0.1


def test_of_two_kinds_the_surer_one_speaks() -> None:
    """What is narrow and of the past is less sure than what is wider and by lot."""
    one = a_play(climbs=PlayPrior(0.1, 0.5), action_kinds=("campaign", "invitation"))
    chain = knowing(campaign=(0.9, 0.1), invitation=(0.2, 0.15))
    found = push_of(one, chain, {"invitation": True})
    assert (found.kind, found.rests_on) == ("invitation", "lot")
    assert push_of(one, chain, {}).kind == "campaign"


def test_where_nothing_is_known_the_playbook_speaks() -> None:
    one = a_play(climbs=PlayPrior(0.1, 0.2), falls=PlayPrior(-0.1, 0.2), action_kinds=("invitation",))
    nothing = Push((0.1, 0.2), (-0.1, 0.2), "prior")
    assert push_of(one, None, {}) == nothing
    assert push_of(one, knowing(campaign=(0.9, 0.1)), {}) == nothing
    learned = push_of(one, None, {}, Learned(0.3, 0.1, 2))
    assert (learned.up, learned.down, learned.rests_on) == ((0.3, 0.1), (-0.1, 0.2), "learned")
    assert push_of(one, None, {}, Learned(0.3, 0.1, 0)) == nothing
    wide = push_of(one, knowing(invitation=(0.8, 0.4)), {})
    assert wide.rests_on == "past"
    assert 0.1 < wide.up[0] < 0.3


def test_what_goes_against_the_promise_is_left_out() -> None:
    free, bound = a_play(id="free", keeps=("meaning",)), a_play(id="bound", breaks=("market", "security"))
    promise = Promise("Clothes that last", "meaning", ("security",))
    kept, left = filtered([candidate(free), candidate(bound)], promise, None, None)
    assert [one.play.id for one in kept] == ["free"]
    assert [(one.play_id, one.reason.code) for one in left] == [("bound", "plan.left_promise")]
    assert len(left[0].reason.values["what"]) == 1
    assert (kept_by(free, promise), kept_by(bound, promise), kept_by(free, None)) == ("keeps", "breaks", "")
    assert len(filtered([candidate(bound)], None, None, None)[0]) == 1


def leaning(**shares: float) -> Any:
    """A survey of a hundred by relationship type."""
    rows = tuple(
        SimpleNamespace(type=name, share=Estimate(share, None, None, n_obs=100))
        for name, share in shares.items()
    )
    return stand_ins.survey({}, relationship_types=rows)


@pytest.mark.parametrize(
    ("survey", "stays"),
    [
        (leaning(market=0.5, meaning=0.2, undecided=0.3), False),
        (leaning(market=0.35, meaning=0.1, undecided=0.55), False),
        (leaning(market=0.4, meaning=0.35, authority=0.25), True),
        (leaning(meaning=0.7, market=0.3), True),
        (None, True),
    ],
)
def test_what_does_not_suit_the_relationship_is_left_out(survey: Any, stays: bool) -> None:
    one = candidate(a_play(id="warm", not_for_types=("market",)))
    kept, left = filtered([one], None, survey, None)
    assert bool(kept) is stays
    assert [row.reason.code for row in left] == ([] if stays else ["plan.left_type"])


SEGMENT = ("region", "south")


def in_south(n: int, **shares: float) -> Any:
    """Relationship types of everybody, who want meaning, and of one segment."""
    rows = [("", "", 100, {"meaning": 0.9, "market": 0.1}), (*SEGMENT, n, shares)]
    return SimpleNamespace(segments=[
        SimpleNamespace(
            attribute=name, value=value, n_obs=n,
            shares={id: Estimate(share, None, None, n) for id, share in found.items()},
        )
        for name, value, n, found in rows
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("types", "left"),
    [
        (in_south(40, market=0.6, meaning=0.4), "plan.left_type_segment"),
        (in_south(40, market=0.45, meaning=0.3, authority=0.25), None),
        (in_south(40, meaning=0.8, market=0.2), None),
        (in_south(29, meaning=0.8, market=0.2), "plan.left_type_everybody"),
        (None, "plan.left_type_everybody"),
    ],
)
def test_a_segment_is_asked_what_it_wants_itself(types: Any, left: str | None) -> None:
    """Where enough of it were asked; else everybody speaks, and that is said."""
    one = replace(candidate(a_play(id="warm", not_for_types=("market",))), segment=SEGMENT)
    kept, out = filtered([one], None, leaning(market=0.7, meaning=0.3), None, types)
    assert bool(kept) is (left is None)
    assert [row.reason.code for row in out] == ([] if left is None else [left])
    for language in ("en", "nl"):
        assert all("region south" in row.reason.sentence(language) for row in out)


def test_what_is_done_for_some_is_not_called_left_out() -> None:
    everybody = candidate(a_play(id="warm", not_for_types=("market",)))
    found = [everybody, replace(everybody, segment=SEGMENT)]
    kept, left = filtered(found, None, leaning(market=0.7), None, in_south(40, meaning=0.8, market=0.2))
    assert kept == found[1:]
    assert left == []


def test_without_anybody_who_agreed_nobody_is_written_to() -> None:
    asks, does = candidate(a_play(id="asks", needs_consent=True)), candidate(a_play(id="does"))
    kept, left = filtered([asks, does, asks], None, None, 0.0)
    assert [one.play.id for one in kept] == ["does"]
    assert [(one.play_id, one.reason.code) for one in left] == [("asks", "plan.left_consent")]
    for unknown_or_some in (None, 0.1):
        assert len(filtered([asks, does], None, None, unknown_or_some)[0]) == 2


def test_plays_for_another_sector_stay_away() -> None:
    evidence: Any = SimpleNamespace(
        behaviour=stand_ins.behaviour(), survey=None, ladder=stand_ins.ladder(), intentions=None, effort=None
    )
    blocking = blocking_of(stand_ins.ladder())
    for sector in ("", "energy"):
        found = candidates(evidence, blocking, sector)
        assert all(not one.play.sectors or sector in one.play.sectors for one in found)
    assert any(one.play.sectors for one in candidates(evidence, blocking, "energy"))


def segments(*groups: tuple[str, int, tuple[float, ...]]) -> Any:
    return tuple(
        SimpleNamespace(**vars(stand_ins.segment("region", name, shares)) | {"n_customers": n})
        for name, n, shares in groups
    )


LOW, HIGH = (0.1, 0.5, 0.1, 0.1, 0.1, 0.1), (0.05, 0.05, 0.1, 0.6, 0.1, 0.1)


def test_a_segment_that_waits_elsewhere_is_named() -> None:
    found = blocking_of(stand_ins.ladder(segments=segments(("north", 300, LOW), ("south", 200, HIGH))))
    assert [(one.attribute, one.value, one.rung, one.share, one.n) for one in found] == [
        ("", "", 2, 0.5, 800), ("region", "south", 4, 0.6, 200),
    ]  # fmt: skip


def test_small_groups_are_never_shown() -> None:
    """Neither those under five, nor the one other from which they could be computed, nor a ladder of four."""
    with_four = stand_ins.ladder(segments=segments(("north", 4, HIGH), ("south", 200, HIGH)))
    assert [one.value for one in blocking_of(with_four)] == [""]
    alone = stand_ins.ladder(segments=segments(("a", 49, HIGH), ("b", 60, HIGH), ("c", 300, LOW)))
    assert [one.value for one in blocking_of(alone)] == ["", "b"]
    assert blocking_of(stand_ins.ladder(n_present=np.array([4]))) == ()
    assert blocking_of(stand_ins.ladder(anchored=False)) == ()
    assert blocking_of(None) == ()


def two_rungs(up: float, n: int = 1000) -> RungChain:
    """Everybody on the lowest of two rungs; up with this chance a month, and never down."""
    matrix = np.array([[1 - up, up], [0.0, 1.0]])
    return RungChain(
        period="month", n_rungs=2, n_customers=n, space=Space(2), aimed=np.array([[[1.0, 0.0], [0.0, 0.0]]]),
        n_aimed=np.array([n, 0]), matrices=matrix[None], value=None, pushes={},
    )  # fmt: skip


@pytest.mark.parametrize(("weeks", "months"), [(4, 1), (8, 2)])
def test_a_test_is_as_large_as_the_textbook_says(weeks: int, months: int) -> None:
    """Two shares, 80% power at 5% (Fleiss et al. 2003, eq. 4.14); odds of moving up doubled once."""
    base, better = 0.2, 0.4 / 1.2
    alone = 1 - (1 - base) ** months
    ahead = 1 - (1 - better) * (1 - base) ** (months - 1)
    mean, z = (alone + ahead) / 2, stats.norm.ppf([0.975, 0.8])
    spread = np.array([2 * mean * (1 - mean), alone * (1 - alone) + ahead * (1 - ahead)]) ** 0.5
    needed = 2 * (z @ spread / (ahead - alone)) ** 2
    one, push = candidate(a_test(weeks), rung=1), Push((np.log(2.0), 0.1), (0.0, 0.1), "prior")
    found = what_would_change(one, push, two_rungs(base), n_reach=1000)
    assert found.code == "plan.mind_test"
    assert found.values["n"] == pytest.approx(needed, rel=0.03)
    assert (found.values["alone"], found.values["ahead"]) == pytest.approx((alone, ahead))
    assert what_would_change(one, push, two_rungs(base), n_reach=100).code == "plan.mind_too_few"
    assert what_would_change(one, push, None, n_reach=0).code == "plan.mind_stop"


@pytest.mark.parametrize("base", [0.0001, 0.5, 0.97, 0.9999])
def test_a_test_can_be_planned_at_every_chance(base: float) -> None:
    one = candidate(a_test(4), rung=1)
    for push in (3.0, 0.001):
        found = what_would_change(one, Push((push, 0.1), (0.0, 0.1), "prior"), two_rungs(base), 100)
        assert (found.code == "plan.mind_small") == ("n" not in found.values)


@pytest.mark.parametrize(
    ("up", "n_reach", "code"),
    [
        (1.0, 5, "mind_too_few"), (1.0, 4, "mind_nobody"), (1.0, 0, "mind_nobody"), (0.0, 4, "mind_nobody"),
        (0.0, 5, "mind_no_climb"), (-0.4, 900, "mind_no_climb"), (0.001, 900, "mind_small"),
    ],
)  # fmt: skip
def test_no_test_is_asked_of_what_cannot_lift_or_reaches_nobody(up: float, n_reach: int, code: str) -> None:
    one, push = candidate(a_test(8), rung=1), Push((up, 0.1), (-0.2, 0.1), "prior")
    found = what_would_change(one, push, two_rungs(0.2), n_reach)
    assert found.code == f"plan.{code}"
    assert "reach" not in found.values or found.values["reach"] == n_reach >= 5
    assert all("8" in found.sentence(language) for language in ("en", "nl"))


def between_two_rungs(up: float, down: float, start: tuple[float, float], n: int = 1000) -> RungChain:
    matrix = np.array([[1 - up, up], [down, 1 - down]])
    return replace(two_rungs(up, n), aimed=np.diag(start)[None], matrices=matrix[None])


def for_money(id: str, euro: float, push: float, rung: int = 1, **changes: Any) -> tuple[Candidate, Push]:
    one = candidate(a_play(id=id, cost_per_customer=euro, **changes), rung)
    return one, Push((push, 0.1), (0.0, 0.1), "prior")


UP, DOWN, N_MONTHS = 0.1, 0.2, 3
PAID = [for_money("asks", 1.0, 1.5, needs_consent=True), for_money("does", 2.0, 1.0)]


def every_rule(start: np.ndarray, may: tuple[int, ...]) -> list[tuple[float, float]]:
    """Rungs, added up over the months, and costs of each rule for who stands on the lower of two rungs."""
    odds = UP / (1 - UP) * np.exp([0.0, 1.5, 1.0])
    found = []
    for rule in product(may, repeat=N_MONTHS):
        low, high, rungs, cost = *start, 0.0, 0.0
        for action in rule:
            cost += low * (0.0, 1.0, 2.0)[action]
            up = odds[action] / (1 + odds[action])
            low, high = low * (1 - up) + high * DOWN, low * up + high * (1 - DOWN)
            rungs += high
        found.append((rungs, cost))
    return found


@pytest.mark.parametrize("consent", [None, 1.0, 0.5, 0.1, 0.0])
@pytest.mark.parametrize("budget", [100.0, 500.0, 1200.0, 1e5])
def test_a_budget_beside_every_rule(budget: float, consent: float | None) -> None:
    """Who agreed and who did not, each under every rule; the best mix of two pairs of rules."""
    share = 1.0 if consent is None else consent
    start = np.array([700.0, 300.0])
    agreed, others = every_rule(share * start, (0, 1, 2)), every_rule((1 - share) * start, (0, 2))
    both = np.array([np.add(one, other) for one in agreed for other in others])
    dear, cheap = both[both[:, 1] > budget], both[both[:, 1] <= budget]
    lot = (budget - cheap[:, None, 1]) / (dear[None, :, 1] - cheap[:, None, 1])
    mixes = lot * dear[None, :, 0] + (1 - lot) * cheap[:, None, 0]
    best = max(cheap[:, 0].max(), mixes.max(initial=0.0)) - every_rule(start, (0,))[0][0]
    found = spend(budget, PAID, between_two_rungs(UP, DOWN, (0.7, 0.3)), N_MONTHS, consent)
    assert found is not None
    assert found.gain.value == pytest.approx(best / N_MONTHS, rel=1e-6)
    assert found.spent <= budget * (1 + 1e-9)
    asked = {id: n for id, _, n, *_ in found.rows}
    assert asked.get("asks", 0.0) <= 1000 * share + 1e-6
    assert ("asks" in asked) is (share > 0)


def test_people_and_times_are_told_apart() -> None:
    """All begin above and fall with 0.2 a month: by the fourth month 1 - 0.8**3 of them were below."""
    paid = [for_money("does", 2.0, 0.0), for_money("asks", 1.0, 0.5, needs_consent=True)]
    found = spend(1e6, paid, between_two_rungs(0.0001, DOWN, (0.0, 1.0)), 4, 0.25)
    assert found is not None
    ((id, rung, people, times, euro),) = found.rows
    assert (id, rung) == ("asks", 1)
    assert people == pytest.approx(250 * (1 - 0.8**3))
    assert times == pytest.approx(250 * sum(1 - 0.8**t for t in range(1, 4)), rel=1e-3)
    assert euro == times


@pytest.fixture(scope="module")
def company() -> tuple[Diagnosis, Tables]:
    """A simulated company with as many answers as fix a ladder to the rungs, and what a plan looks at."""
    tables = simulate("zonnewende", 1500, seed=3).open()
    survey = Survey().fit(tables)
    tables = tables.add("scores", survey.scores)
    quick: dict[str, Any] = {"n_starts": 1, "n_classes": 1, "feedback": False, "gone": False}
    ladder = Ladder(segments=("region", "product"), class_movement=False, **quick).fit(tables)
    made = Provenance("Zonnewende", tables.fingerprint, True, "duckdb", {}, 0, "0")
    found = Diagnosis(
        name="Zonnewende", simulated=True, check=tables.check, survey=survey, ladder=ladder, intentions=None,
        effort=count_effort(tables), findings=(), unsaid=(), steps=(), provenance=made,
    )  # fmt: skip
    return found, tables


@pytest.fixture(scope="module")
def plan(company: tuple[Diagnosis, Tables]) -> Plan:
    return make_plan(*company, budget=BUDGET)


def test_steps_are_few_and_different(plan: Plan) -> None:
    assert 3 <= len(plan.steps) <= 7
    ids = [one.play_id for one in plan.steps]
    assert len(set(ids)) == len(ids)
    assert max(Counter(play(id).handle_id for id in ids).values()) <= 2
    assert not set(ids) & {one.play_id for one in plan.left_out}
    assert all(one.rung in play(one.play_id).rungs for one in plan.steps)
    assert plan.blocking[0].rung in {one.rung for one in plan.steps}


def test_figures_of_steps_lie_within_their_intervals(plan: Plan) -> None:
    for one in plan.steps:
        own = play(one.play_id)
        for figure in (one.climb, one.revenue):
            assert figure is not None
            assert figure.ci_lower <= figure.value <= figure.ci_upper
        assert one.climb.n_obs == one.n_reach >= 5
        assert one.n_reach <= (own.most_reached or one.n_reach)
        assert one.cost == pytest.approx(45 * own.hours + own.cost_per_customer * one.n_reach)
        assert one.weeks_to_see == own.weeks_to_see


def test_the_climb_is_carried_by_hand(plan: Plan, company: tuple[Diagnosis, Tables]) -> None:
    """Of those on the rung below: odds of moving times exp(push) in one month, then as it was."""
    ladder, tables = company[0].ladder, company[1]
    assert ladder is not None
    chain, by_lot = ladder.chain(panel(tables), n_draws=200), dict.fromkeys(kinds_by_lot(tables), True)
    matrix = chain.matrices[0]
    for one in plan.steps:
        push = push_of(play(one.play_id), chain, by_lot)
        odds = np.ones((6, 6))
        odds[np.triu_indices(6, 1)] = np.exp(push.up[0])
        odds[np.tril_indices(6, -1)] = np.exp(push.down[0])
        first = matrix * odds / (matrix * odds).sum(axis=1, keepdims=True)
        apart = (first - matrix)[max(one.rung - 1, 0)] @ np.linalg.matrix_power(matrix, plan.n_periods - 1)
        assert push.rests_on == one.rests_on
        assert one.climb is not None
        assert one.climb.value == pytest.approx(100 * apart @ np.arange(6), abs=1e-9)


def test_each_step_points_at_a_section_of_the_report(
    plan: Plan, company: tuple[Diagnosis, Tables], small_diagnosis: Diagnosis
) -> None:
    assert small_diagnosis.plan is not None
    for d in (replace(company[0], plan=plan), small_diagnosis):
        assert d.plan is not None
        ids = set(re.findall(r'\bid="([^"]+)"', html_report(d, "nl")))
        assert {one.trace for one in d.plan.steps} <= ids


def test_whatever_asks_points_at_a_section_of_the_report(small_diagnosis: Diagnosis) -> None:
    """Segments have a section where there are rungs, and that is the case where they ask."""
    ids = set(re.findall(r'\bid="([^"]+)"', html_report(small_diagnosis, "en")))
    assert set(choosing._TRACES.values()) - {"segments"} <= ids


def test_whoever_reads_three_steps_reads_those_of_the_plan(small_diagnosis: Diagnosis) -> None:
    """In the diagnosis itself, on its pages, on the board's page, and in the tables behind the report."""
    d = small_diagnosis
    assert d.plan is not None
    first = [play(one.play_id) for one in d.plan.steps[:3]]
    assert len(first) == 3
    assert [one.handle_id for one in d.steps] == [one.handle_id for one in first]
    assert [one.because for one in d.steps] == [one.because for one in d.plan.steps[:3]]
    for language in ("en", "nl"):
        names = [one.name.say(language) for one in first]
        assert [one.name for one in steps_of(d, language)] == names
        assert [one.first_step for one in steps_of(d, language)] == [
            one.first_hour.say(language).replace("{company}", d.name) for one in first
        ]
    tables = {table.name: table for table in tables_behind(d)}
    assert "plan" in tables
    assert "steps" not in tables
    old = replace(d, plan=None)
    assert {one.name for one in steps_of(old, "en")}.isdisjoint(one.name.en for one in first)
    assert "steps" in {table.name for table in tables_behind(old)}


def test_a_short_plan_is_filled_up_with_other_handles(plan: Plan) -> None:
    rules = first_steps(Evidence(stand_ins.behaviour(0)))
    for n in range(5):
        found = first_of(replace(plan, steps=plan.steps[:n]), rules)
        assert len(found) == 3
        assert [one.because for one in found][:n] == [one.because for one in plan.steps[: min(n, 3)]]
        rest = found[n:]
        assert {one.handle_id for one in rest}.isdisjoint(play(s.play_id).handle_id for s in plan.steps[:n])
        assert all(one in rules for one in rest)


def test_a_seed_says_the_same_again(plan: Plan, company: tuple[Diagnosis, Tables]) -> None:
    assert make_plan(*company, budget=BUDGET) == plan
    other = make_plan(*company, budget=BUDGET, seed=8)
    assert [one.climb for one in other.steps] != [one.climb for one in plan.steps]
    best = {one.play_id: one.climb.value for one in plan.steps if one.climb}
    # the spread of the company's own figures is drawn, and with it their weight
    again = {one.play_id: one.climb.value for one in other.steps if one.climb and one.play_id in best}
    assert len(again) >= 4
    assert again == pytest.approx({id: best[id] for id in again}, rel=0.15, abs=0.02)


def test_one_step_may_be_all(company: tuple[Diagnosis, Tables]) -> None:
    found = make_plan(*company, most=1)
    assert len(found.steps) == 1
    assert found.budget is None


def dominated(one: FrontierPoint, points: tuple[FrontierPoint, ...]) -> bool:
    mine = (one.revenue.value, one.climb.value)
    return any(
        theirs != mine and theirs[0] >= mine[0] and theirs[1] >= mine[1]
        for theirs in ((p.revenue.value, p.climb.value) for p in points)
    )


def test_the_frontier_is_what_nothing_beats(plan: Plan) -> None:
    points = plan.frontier
    assert len({one.play_id for one in points}) == len(points) > len(plan.steps)
    assert [one.best for one in points] == [not dominated(one, points) for one in points]
    assert 1 <= sum(one.best for one in points) < len(points)
    assert {one.play_id for one in points if one.chosen} == {one.play_id for one in plan.steps}
    assert max(points, key=lambda one: one.climb.value).best
    assert max(points, key=lambda one: one.revenue.value).best


@pytest.mark.parametrize("budget", [1.0, 50.0, BUDGET, 1e5])
def test_no_more_is_spent_than_there_is(budget: float, company: tuple[Diagnosis, Tables]) -> None:
    found = make_plan(*company, budget=budget).budget
    assert found is not None
    assert 0 <= found.spent <= budget * (1 + 1e-9)
    assert sum(euro for *_, euro in found.rows) <= found.spent * (1 + 1e-9)
    for id, rung, people, n, euro in found.rows:
        assert 0 < people <= n
        assert euro == pytest.approx(n * play(id).cost_per_customer)
        assert rung in play(id).rungs
    assert found.gain.value >= found.greedy_gain.value - 1e-6
    assert found.gain.value > 0


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_terminal_tells_what_a_step_brings_and_what_would_change_our_mind(
    language: Any, plan: Plan, capsys: pytest.CaptureFixture
) -> None:
    """Each figure, the test that would settle it, and the budget by people; no line wider than a terminal."""
    _say(plan, language, "Zonnewende")
    out, err = capsys.readouterr()
    assert out == ""
    assert max(map(len, err.splitlines())) <= 80
    words = " ".join(err.split())
    parts = re.split(r"\n\d\. ", err)[1:]
    for step, part in zip(plan.steps, parts, strict=True):
        told, climb, revenue = " ".join(part.split()), step.climb, step.revenue
        assert step.because.sentence(language) in told
        assert step.mind.sentence(language) in told
        for value in (climb.ci_lower, climb.ci_upper):
            assert format_value(value, "number1", language) in told
        for value in (revenue.value, revenue.ci_lower, revenue.ci_upper):
            assert format_value(value, "number2", language) in told
    assert plan.budget.rows
    for id, _, *figures in plan.budget.rows:
        line = re.search(re.escape(f"{play(id).name.say(language)}: ") + r"([^:]*? euro)\.", words)
        assert line is not None
        assert re.findall(r"\d[\d.,]*", line[1]) == [format_value(n, "count", language) for n in figures]


@pytest.mark.parametrize(
    ("value", "told"), [(0.04, "none"), (-0.04, "none"), (0.3, "0.3 may"), (2.0, "an estimated 2.0")]
)
def test_a_climb_is_told_as_it_is(value: float, told: str, plan: Plan) -> None:
    """Nothing; perhaps something; something."""
    step = replace(plan.steps[0], climb=Estimate(value, value - 1, value + 1))
    assert told in steps_told(replace(plan, steps=(step,)), "en")[0].expects[0]


def test_what_is_left_out_says_why(
    company: tuple[Diagnosis, Tables], plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two steps of the plan, made to go against the promise and to carry it, are out and marked."""
    first, second = plan.steps[0].play_id, plan.steps[1].play_id
    changes = {first: {"keeps": (), "breaks": ("power",)}, second: {"keeps": ("market",), "breaks": ()}}
    changed = tuple(replace(one, **changes.get(one.id, {"keeps": (), "breaks": ()})) for one in PLAYS)
    monkeypatch.setattr(choosing, "PLAYS", changed)
    found = make_plan(*company, promise=Promise("The lowest price", "market", ("power",)))
    assert [(one.play_id, one.reason.code) for one in found.left_out] == [(first, "plan.left_promise")]
    assert {one.play_id: one.promise for one in found.steps if one.promise} == {second: "keeps"}
    dutch, english = (found.left_out[0].reason.sentence(language) for language in ("nl", "en"))
    assert dutch != english
    assert "{" not in dutch + english


def test_every_reason_is_said_in_both_languages(plan: Plan) -> None:
    reasons = [plan.headline, *plan.reasons, *(r for one in plan.steps for r in (one.because, one.mind))]
    for reason in reasons:
        assert "{" not in reason.sentence("en") + reason.sentence("nl")


@pytest.mark.parametrize("without", ["tables", "ladder", "both"])
def test_without_tables_or_a_ladder_nobody_climbs(without: str, company: tuple[Diagnosis, Tables]) -> None:
    d, tables = company
    d = d if without == "tables" else replace(d, ladder=None)
    found = make_plan(d, tables if without == "ladder" else None, budget=BUDGET)
    assert found.steps
    assert all(one.climb is None and one.revenue is None for one in found.steps)
    assert "plan.no_climb" in [reason.code for reason in found.reasons]
    assert found.frontier == ()
    assert found.budget is None
    assert (found.n_invitable is None) is (without != "ladder")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"budget": 0.0}, "budget"), ({"budget": float("nan")}, "budget"), ({"n_periods": 0}, "periods"),
        ({"n_periods": 121}, "periods"), ({"sector": "moon"}, "sector"), ({"most": 0}, "steps"),
        ({"most": 8}, "steps"),
    ],
)  # fmt: skip
def test_impossible_wishes_are_named(wrong: Any, told: str, small_diagnosis: Diagnosis) -> None:
    with pytest.raises(OptionError, match=told):
        make_plan(small_diagnosis, **wrong)


def test_a_saved_plan_is_the_same(small_diagnosis: Diagnosis, plan: Plan, tmp_path: Path) -> None:
    for d in (small_diagnosis, replace(small_diagnosis, plan=plan)):
        save_diagnosis(d, tmp_path / "mine.verbond")
        assert load_diagnosis(tmp_path / "mine.verbond").plan == d.plan is not None


CUSTOMERS = {
    "=1+1": "true", "@both": "true", "-none": "false", "b": "true", "a": "true", "idle": "true", "?": "",
}  # fmt: skip
ACTS = (
    ("=1+1", "contribution", 1), ("@both", "contribution", 2), ("@both", "referral", 1),
    ("-none", "contribution", 9), ("b", "referral", 1), ("a", "referral", 1), ("?", "contribution", 5),
    ("idle", "purchase", 3),
)  # fmt: skip


ANSWERS = (
    ("r1", "idle", "", "one", 5), ("r1", "idle", "customer", "two", 4), ("r2", "b", "customer", "one", 3),
    ("r2", "b", "customer", "two", ""), ("r3", "c", "employee", "one", 7), ("r4", "-none", "", "one", 2),
    ("r5", "stranger", "", "one", 2),
)  # fmt: skip
"""Who filled in what: twice; once and a blank one; as an employee; without consent; a stranger."""


def asked(folder: Path, *, consent: bool, answers: bool = False) -> Tables:
    header = "customer_id,consent" if consent else "customer_id"
    rows = [f"{id},{may}" if consent else id for id, may in CUSTOMERS.items()]
    (folder / "customers.csv").write_text("\n".join([header, *rows]) + "\n")
    done = [f"{id},2026-01-{k + 1:02d},{kind}" for id, kind, n in ACTS for k in range(n)]
    (folder / "events.csv").write_text("\n".join(["customer_id,occurred_at,kind", *done]) + "\n")
    if answers:
        rows = [",".join(map(str, (*row[:4], "q1", row[4]))) for row in ANSWERS]
        head = "respondent_id,customer_id,group,wave,item,value"
        (folder / "responses.csv").write_text("\n".join([head, *rows]) + "\n")
    return open_tables(folder)


def test_only_who_agreed_is_invited_who_contributed_first(tmp_path: Path) -> None:
    with asked(tmp_path, consent=True) as tables:
        found = invite_list(tables)
        first = invite_list(tables, n=2)
    assert [one.customer_id for one in found.customers] == ["@both", "=1+1", "a", "b"]
    assert [one.why for one in found.customers] == [
        ("contributed", "referred"), ("contributed",), ("referred",), ("referred",),
    ]  # fmt: skip
    assert (found.n_interested, found.n_without_consent, found.consent_known) == (6, 2, True)
    assert first.customers == found.customers[:2]
    assert found.reasons == ()


def test_who_answers_shows_interest_too(tmp_path: Path) -> None:
    """After who contributed or brought others; a blank sheet, an employee and a stranger are none."""
    with asked(tmp_path, consent=True, answers=True) as tables:
        found = invite_list(tables)
    assert [(one.customer_id, one.why) for one in found.customers[2:]] == [
        ("b", ("referred", "answered")), ("a", ("referred",)), ("idle", ("answered",)),
    ]  # fmt: skip
    assert (found.n_interested, found.n_without_consent) == (7, 2)


def test_where_consent_is_unknown_that_is_said(tmp_path: Path) -> None:
    with asked(tmp_path, consent=False) as tables:
        found = invite_list(tables)
    assert [one.customer_id for one in found.customers] == ["-none", "?", "@both", "=1+1", "a", "b"]
    assert not found.consent_known
    assert [reason.code for reason in found.reasons] == ["plan.consent_unknown"]


def test_ids_run_nowhere_as_formulas(tmp_path: Path) -> None:
    with asked(tmp_path, consent=True) as tables:
        lines = invite_list(tables).write_csv(tmp_path / "ask.csv").read_text("utf-8").splitlines()
    assert lines == [
        "customer_id,why", "'@both,contributed before; brought somebody in", "'=1+1,contributed before",
        "a,brought somebody in", "b,brought somebody in",
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_reason_to_invite_has_words(
    language: Any, company: tuple[Diagnosis, Tables], tmp_path: Path
) -> None:
    d, tables = company
    found = invite_list(tables, d.ladder, n=1500)
    reasons = {why for one in found.customers for why in one.why}
    assert reasons == {"contributed", "referred", "answered", "high"}
    told = found.write_csv(tmp_path / "ask.csv", language).read_text("utf-8").splitlines()[1:]
    assert [line.count(";") + 1 for line in told] == [len(one.why) for one in found.customers]
    assert len({part for line in told for part in line.split(",", 1)[1].split("; ")}) == 4


def test_who_stands_high_is_invited_too(company: tuple[Diagnosis, Tables]) -> None:
    d, tables = company
    with_ladder, without = (invite_list(tables, ladder, n=1500) for ladder in (d.ladder, None))
    high = [one for one in with_ladder.customers if "high" in one.why]
    assert high
    assert not any("high" in one.why for one in without.customers)
    assert {one.customer_id for one in without.customers} <= {
        one.customer_id for one in with_ladder.customers
    }


def test_nobody_at_all_cannot_be_invited(small_tables: Tables) -> None:
    with pytest.raises(OptionError, match="invitations"):
        invite_list(small_tables, n=0)


def test_a_step_that_says_how_many_reaches_no_more(company: tuple[Diagnosis, Tables]) -> None:
    """Whoever asks for a hundred cards pays for a hundred cards."""
    ground = _ground(*company, 12, {}, 0)
    priced = {"hours": 2.0, "cost_per_customer": 4.0}
    wide = _weigh(candidate(a_play(**priced), rung=2), ground)
    few = _weigh(candidate(a_play(**priced, most_reached=7), rung=2), ground)
    assert wide.n_reach > few.n_reach == 7
    assert few.cost == pytest.approx(45 * 2 + 4 * 7)
    assert few.climb.value == wide.climb.value  # of a hundred whom it reaches
