"""`make_plan`: from a diagnosis to at most seven small steps.

Figures of the diagnosis ask for steps; what each of them would bring is carried forward on the ladder; what
goes against the promise, does not suit the relationship or may not be sent is left out and said; and what is
left is put in order by what it is expected to bring for its money.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from verbond.diagnosis.plan.choosing import Candidate, blocking_of, candidates, filtered, kept_by
from verbond.diagnosis.plan.expecting import Push, draws_of, push_of, standing_on
from verbond.diagnosis.plan.minding import what_would_change
from verbond.diagnosis.plan.results import FrontierPoint, Learned, LeftOut, Plan, PlannedStep
from verbond.diagnosis.plan.spending import spend
from verbond.diagnosis.steps import Evidence
from verbond.errors import DataError, OptionError
from verbond.expressions.promise import Promise
from verbond.ladder import Climb, LadderResult, RungChain, climb
from verbond.method import SECTORS
from verbond.results import Estimate, Reason
from verbond.results.groups import MIN_GROUP
from verbond.tables import Panel, Tables
from verbond.tables.reads import Behaviour, behaviour, interest, kinds_by_lot
from verbond.tables.reads import panel as read_panel

if TYPE_CHECKING:
    from verbond.diagnosis.results import Diagnosis

__all__ = ["HOUR", "MOST_STEPS", "make_plan"]

MOST_STEPS = 7
HOUR = 45.0
"""Euro that an hour of somebody's work is taken to cost."""
N_DRAWS = 200
IN_THREE_MONTHS = {"week": 13, "month": 3, "quarter": 1}
_SURE = ("lot", "partly", "alike")
"""How sure an action card has to be for its revenue to count."""


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A candidate with what it would bring."""

    candidate: Candidate
    push: Push
    n_reach: int
    cost: float
    climb: Estimate | None
    revenue: Estimate | None

    @property
    def worth(self) -> float:
        """Rungs gained for a euro; small sums count as a hundred."""
        gained = (self.climb.value or 0.0) * self.n_reach / 100 if self.climb is not None else 0.0
        return gained / (self.cost + 100.0)


@dataclass
class _Ground:
    """What steps are weighed on."""

    ladder: LadderResult | None
    panel: Panel | None
    n_periods: int
    by_lot: Mapping[str, bool]
    learned: Mapping[str, Learned]
    consent: float | None
    earned: Mapping[str, tuple[float, float]]
    seed: int

    def __post_init__(self) -> None:
        self._chains: dict[tuple[str, ...], RungChain | None] = {}

    def chain(self, segment: tuple[str, ...] = ()) -> RungChain | None:
        """The chain of a segment, made once; None where there is no ladder of rungs."""
        if self.ladder is None or self.panel is None or not self.ladder.anchored:
            return None
        if segment not in self._chains:
            asked = (segment[0], segment[1]) if segment else None
            try:
                chain = self.ladder.chain(self.panel, n_draws=N_DRAWS, seed=self.seed, segment=asked)
                self._chains[segment] = standing_on(chain)
            except DataError:
                self._chains[segment] = None
        return self._chains[segment]


def make_plan(
    diagnosis: Diagnosis,
    tables: Tables | None = None,
    *,
    promise: Promise | None = None,
    budget: float | None = None,
    n_periods: int = 12,
    sector: str = "",
    most: int = MOST_STEPS,
    learned: Mapping[str, Learned] | None = None,
    seed: int = 0,
) -> Plan:
    """Choose small steps for tomorrow.

    Parameters
    ----------
    diagnosis : Diagnosis
    tables : Tables, optional
        Its tables; without them nobody's climb can be carried forward, and steps stand in the order of the
        figures that ask for them.
    promise : Promise, optional
        Steps that go against it are left out.
    budget : float, optional
        Euro to divide over the steps that cost something a customer.
    n_periods : int
        Horizon of the climb, 1..120.
    sector : str
        One of `SECTORS`, for steps that suit one sector only.
    most : int
        Steps, 1..7.
    learned : mapping of play id to Learned, optional
    seed : int

    Raises
    ------
    OptionError
        For impossible numbers and unknown sectors.
    """
    _check(budget, n_periods, sector, most)
    ground = _ground(diagnosis, tables, n_periods, learned or {}, seed)
    blocking = blocking_of(diagnosis.ladder)
    found = candidates(_evidence(diagnosis, tables), blocking, sector)
    types = diagnosis.answers.types if diagnosis.answers is not None else None
    found, left = filtered(found, promise, diagnosis.survey, ground.consent, types)
    weighed = [_weigh(one, ground) for one in found]
    weighed, without = _that_bring_something(weighed)
    chosen = sorted(_chosen(weighed, most), key=lambda one: (one.candidate.rank > 0, -one.worth))
    steps = tuple(_step(one, ground, promise) for one in chosen)
    top = blocking[0] if blocking else None
    n_for = sum(one.rung == top.rung for one in steps) if top is not None else 0
    values: dict[str, Any] = {"n": len(steps)}
    if top is not None and n_for:
        values |= {"n_for": n_for, "rung": top.rung, "share": top.share}
    reach = interest(tables) if tables is not None else None
    interested = reach.showed if reach is not None else None
    return Plan(
        steps=steps, left_out=(*left, *without), blocking=blocking, frontier=_frontier(weighed, chosen),
        budget=spend(
            budget, [(one.candidate, one.push) for one in chosen], ground.chain(), n_periods, ground.consent
        ),
        n_periods=n_periods, period=diagnosis.ladder.period if diagnosis.ladder is not None else "month",
        n_invitable=int(interested.sum()) if interested is not None else None,
        n_with_consent=None if reach is None or interested is None or reach.share_with_consent is None
        else int((reach.consent[interested] == 1).sum()),
        currency=_currency(diagnosis),
        headline=Reason("plan.headline" if n_for else "plan.headline_bare", values),
        reasons=tuple(_reasons(chosen, ground)), provenance=replace(diagnosis.provenance, seed=seed),
    )  # fmt: skip


def _check(budget: float | None, n_periods: int, sector: str, most: int) -> None:
    if budget is not None and not budget > 0:
        raise OptionError("impossible budget", got=str(budget), expected="an amount above 0")
    if not 1 <= n_periods <= 120:
        raise OptionError("impossible number of periods", got=str(n_periods), expected="1..120")
    if sector and sector not in SECTORS:
        raise OptionError("unknown sector", got=repr(sector), expected=", ".join(SECTORS))
    if not 1 <= most <= MOST_STEPS:
        raise OptionError("impossible number of steps", got=str(most), expected=f"1..{MOST_STEPS}")


def _ground(
    d: Diagnosis, tables: Tables | None, n_periods: int, learned: Mapping[str, Learned], seed: int
) -> _Ground:
    ladder, panel, by_lot, consent = d.ladder, None, {}, None
    if tables is not None:
        by_lot = dict.fromkeys(kinds_by_lot(tables), True) if "actions" in tables else {}
        consent = interest(tables).share_with_consent
        if ladder is not None and ladder.anchored:
            panel = read_panel(tables, ladder.period)  # type: ignore[arg-type]
    return _Ground(ladder, panel, n_periods, by_lot, learned, consent, _earned(d), seed)


def _evidence(d: Diagnosis, tables: Tables | None) -> Evidence:
    did = behaviour(tables) if tables is not None else Behaviour(0, {})
    return Evidence(did, d.survey, d.ladder, d.intentions, d.effort)


def _earned(d: Diagnosis) -> dict[str, tuple[float, float]]:
    """Money a customer in three months that each kind of action brought, with its error, where it is sure."""
    cards = d.effects.cards.cards if d.effects is not None and d.effects.cards is not None else ()
    found = {}
    for card in cards:
        row = card.row("revenue")
        if card.is_kind and card.sure in _SURE and row is not None and row.short.standard_error > 0:
            found[card.kind] = (3 * row.short.effect_size, 3 * row.short.standard_error)
    return found


def _weigh(one: Candidate, ground: _Ground) -> _Weighed:
    """What a candidate would bring; without a ladder of rungs nothing can be said of it."""
    play, chain = one.play, ground.chain(one.segment)
    push = push_of(play, chain, ground.by_lot, ground.learned.get(play.id))
    below = max(one.rung - 1, 0)
    if chain is None or below >= len(chain.n_aimed) or chain.n_aimed[below] < MIN_GROUP:
        return _Weighed(one, push, 0, play.hours * HOUR, None, None)
    share = (ground.consent if ground.consent is not None else 1.0) if play.needs_consent else 1.0
    n_reach = round(share * float(chain.n_aimed[below]))
    n_reach = min(n_reach, play.most_reached or n_reach)
    if n_reach < MIN_GROUP:
        return _Weighed(one, push, 0, play.hours * HOUR, None, None)
    rng = np.random.default_rng(ground.seed)
    up, down = draws_of(push.up, chain.n_draws, rng), draws_of(push.down, chain.n_draws, rng)
    carried = climb(chain, up, down, rungs=(below,), n_periods=ground.n_periods)
    cost = play.hours * HOUR + play.cost_per_customer * n_reach
    revenue = _revenue(one, chain, carried, ground, cost / max(n_reach, 1), rng)
    return _Weighed(one, push, n_reach, cost, replace(carried.estimate("higher"), n_obs=n_reach), revenue)


def _revenue(
    one: Candidate, chain: RungChain, carried: Climb, ground: _Ground, cost: float, rng: np.random.Generator
) -> Estimate | None:
    """Money more a customer reached in three months, what the step costs taken off."""
    worth, n = chain.rung_value(), IN_THREE_MONTHS[chain.period]
    if worth is None or carried.revenue is None:
        return None
    spends = n * worth[:, max(one.rung - 1, 0)]
    prior = spends * draws_of((one.play.revenue.mean, one.play.revenue.sd), chain.n_draws, rng)
    prior = prior + carried.revenue[:, :n].sum(axis=1) / 100
    known = [ground.earned[kind] for kind in one.play.action_kinds if kind in ground.earned]
    if known:
        mean, sd = min(known, key=lambda found: found[1])
        weight = sd**-2 / (sd**-2 + max(float(prior[1:].std()), 1e-9) ** -2)
        prior = weight * draws_of((mean, sd), chain.n_draws, rng) + (1 - weight) * prior
    drawn = prior - cost
    low, high = np.quantile(drawn[1:], [0.025, 0.975]) if len(drawn) > 1 else (None, None)
    best = float(drawn[0])
    if low is None or high is None:
        return Estimate(best, None, None, carried.n_customers)
    return Estimate(best, min(float(low), best), max(float(high), best), carried.n_customers)


def _that_bring_something(weighed: list[_Weighed]) -> tuple[list[_Weighed], list[LeftOut]]:
    """Without those of which your own figures say that they push people down."""
    kept, left = [], {}
    for one in weighed:
        play = one.candidate.play
        if one.push.rests_on != "prior" and one.push.up[0] <= 0 < play.climbs.mean:
            left.setdefault(play.id, LeftOut(play.id, _why_no_gain(one.push)))
        else:
            kept.append(one)
    return kept, list(left.values())


def _why_no_gain(push: Push) -> Reason:
    if push.rests_on == "learned":
        return Reason("plan_learned.left_no_gain")
    return Reason("plan.left_no_gain", {"kind": push.kind})


def _chosen(weighed: list[_Weighed], most: int) -> list[_Weighed]:
    """One step a figure that asks, the best for its money; then the best of all, a handle at most twice."""
    chosen: dict[str, _Weighed] = {}

    def take(found: list[_Weighed], of_handle: int) -> bool:
        for one in sorted(found, key=lambda w: (w.candidate.rank, -w.worth)):
            play = one.candidate.play
            handles = [w.candidate.play.handle_id for w in chosen.values()]
            if play.id not in chosen and handles.count(play.handle_id) < of_handle and len(chosen) < most:
                chosen[play.id] = one
                return True
        return False

    for rank in sorted({one.candidate.rank for one in weighed}):
        take([one for one in weighed if one.candidate.rank == rank], 1)
    by_worth = sorted(weighed, key=lambda w: -w.worth)
    for of_handle in (1, 2):
        for one in by_worth:
            take([one], of_handle)
    return list(chosen.values())


def _step(one: _Weighed, ground: _Ground, promise: Promise | None) -> PlannedStep:
    found, chain = one.candidate, ground.chain(one.candidate.segment)
    return PlannedStep(
        play_id=found.play.id, rung=found.rung, segment="=".join(found.segment), n_reach=one.n_reach,
        because=found.because, trace=found.trace, rests_on=one.push.rests_on, climb=one.climb,
        revenue=one.revenue, cost=one.cost, weeks_to_see=found.play.weeks_to_see,
        mind=what_would_change(found, one.push, chain, one.n_reach),
        promise=kept_by(found.play, promise),  # type: ignore[arg-type]
    )  # fmt: skip


def _frontier(weighed: list[_Weighed], chosen: list[_Weighed]) -> tuple[FrontierPoint, ...]:
    """Plays with both figures; each once, as it stands in the plan or where it has its say first."""
    unique: dict[str, _Weighed] = {one.candidate.play.id: one for one in chosen}
    for one in sorted(weighed, key=lambda w: w.candidate.rank):
        unique.setdefault(one.candidate.play.id, one)
    both = [(id, one) for id, one in unique.items() if one.climb is not None and one.revenue is not None]
    figures = np.array([(one.revenue.value, one.climb.value) for _, one in both]).reshape(-1, 2)  # type: ignore[union-attr]
    taken = {one.candidate.play.id for one in chosen}
    found = []
    for i, (id, one) in enumerate(both):
        better = (figures >= figures[i]).all(axis=1) & (figures > figures[i]).any(axis=1)
        assert one.revenue is not None
        assert one.climb is not None
        found.append(FrontierPoint(id, one.revenue, one.climb, id in taken, not better.any()))
    return tuple(found)


def _currency(d: Diagnosis) -> str:
    cards = d.effects.cards if d.effects is not None else None
    return cards.currency if cards is not None else ""


def _reasons(chosen: list[_Weighed], ground: _Ground) -> list[Reason]:
    found = []
    if ground.chain() is None:
        found.append(Reason("plan.no_climb"))
    n_prior = sum(one.push.rests_on == "prior" for one in chosen)
    if chosen and n_prior and ground.chain() is not None:
        found.append(Reason("plan.mostly_prior", {"n": n_prior, "of": len(chosen)}))
    if any(one.push.rests_on == "past" for one in chosen):
        found.append(Reason("plan.past_is_no_proof"))
    return found
