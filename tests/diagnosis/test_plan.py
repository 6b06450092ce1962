"""The plan: what is believed, what may be done, and what comes of it in a simulated company."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import stand_ins
from scipy import integrate, stats

from verbond.diagnosis import Diagnosis, invite_list, load_diagnosis, make_plan, save_diagnosis
from verbond.diagnosis.effort import count_effort
from verbond.diagnosis.plan import FrontierPoint, Learned, Plan
from verbond.diagnosis.plan.choosing import Candidate, blocking_of, candidates, filtered, kept_by
from verbond.diagnosis.plan.expecting import HIDDEN_SD, Push, draws_of, push_of, together
from verbond.diagnosis.plan.minding import what_would_change
from verbond.errors import OptionError
from verbond.expressions.promise import Promise
from verbond.ladder import Ladder, RungChain
from verbond.ladder.model.space import Space
from verbond.method import PLAYS, Play, PlayPrior, play
from verbond.reports import html_report
from verbond.results import Estimate, Provenance, Reason
from verbond.survey import Survey
from verbond.tables import Tables, open_tables
from verbond.tables.simulate import simulate

BECAUSE = Reason("diagnosis.because_nobody_asked")
BUDGET = 500.0


def candidate(one: Play, rung: int = 2) -> Candidate:
    return Candidate(one, rung, (), BECAUSE, "unsaid", 0)


def a_play(**changes: Any) -> Play:
    """One that goes against nothing, with changes."""
    bare: dict[str, Any] = {"keeps": (), "breaks": (), "not_for_types": (), "needs_consent": False}
    return replace(PLAYS[0], **bare | changes)


def knowing(**kinds: tuple[float, float]) -> Any:
    """A chain that knows how kinds of action pushed people up: mean and standard deviation, down the other way."""
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
    assert wide.rests_on == "prior"


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
    one, push = candidate(a_play(weeks_to_see=weeks), rung=1), Push((np.log(2.0), 0.1), (0.0, 0.1), "prior")
    found = what_would_change(one, push, two_rungs(base), n_reach=1000)
    assert found.code == "plan.mind_test"
    assert found.values["n"] == pytest.approx(needed, rel=0.03)
    assert (found.values["alone"], found.values["ahead"]) == pytest.approx((alone, ahead))
    assert what_would_change(one, push, two_rungs(base), n_reach=100).code == "plan.mind_too_few"
    assert what_would_change(one, push, None, n_reach=0).code == "plan.mind_stop"


@pytest.mark.parametrize("base", [0.0001, 0.5, 0.97, 0.9999])
def test_a_test_can_be_planned_at_every_chance(base: float) -> None:
    one = candidate(a_play(weeks_to_see=4), rung=1)
    for push in (3.0, 0.0, -3.0):
        found = what_would_change(one, Push((push, 0.1), (0.0, 0.1), "prior"), two_rungs(base), 100)
        assert found.values["n"] > 0
