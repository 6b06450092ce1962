"""What if? Plans of actions, carried forward through the fitted ladder.

A plan says which kind of action, how many exposures a period, for whom and when. Everybody's probabilities
today move on exactly, α A(x_1) A(x_2) …, under a base plan and under another; what counts is the difference.
Movement is linear in the probabilities, so that customers with the same plan are carried as one.

How sure: draws of the parameters from their covariance. Each draw also redoes where people stand today (on a
sample of customers, for all of them shifted alike), and goes through both plans, so that what they share
falls out of the difference. What single people will do by chance is not in the interval.

A difference is an effect where the action was given by lot; else it is an association, and says so.

References
----------
Netzer, Lattin & Srinivasan (2008), Marketing Science 27(2), section 5; Montoya, Netzer & Jedidi (2010),
Marketing Science 29(5), 909-924 (allocation on such a model); Puterman (1994), Markov Decision Processes,
equation 5.6.4 (value of a policy).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from verbond.errors import OptionError
from verbond.ladder.chain import dense, filtered_states
from verbond.ladder.context import SEASON, column_of, design_of, in_year
from verbond.ladder.emissions import Binary, Counts
from verbond.ladder.encoding import Encoded
from verbond.ladder.fitted import Fitted
from verbond.ladder.forecast import means
from verbond.ladder.kernel import Tables
from verbond.ladder.model import LadderModel
from verbond.ladder.planned import PlannedFigure, RungValue, WhatIfResult
from verbond.ladder.plans import PLAN_FORM, PlanStep, check_plan, in_segment
from verbond.ladder.scoring import on_panel
from verbond.ladder.space import Space
from verbond.method import named
from verbond.numerics.intervals import MIN_GROUP
from verbond.results import Estimate, Provenance, Reason
from verbond.tables import Panel

__all__ = ["what_if"]

N_DRAWS = 500
MOST_FOR_DRAWS = 1_000
"""Customers on whom a draw redoes where people stand."""
MOST_PERIODS = 120
LEAST_EXPOSED = 50


def what_if(
    fitted: Fitted,
    panel: Panel,
    plan: Iterable[PlanStep],
    *,
    base: Iterable[PlanStep] = (),
    n_periods: int = 12,
    discount: float = 0.99,
    valued: str | None = None,
    randomised: Iterable[str] = (),
    ci_level: float = 0.95,
    n_draws: int = N_DRAWS,
    seed: int = 0,
    provenance: Provenance | None = None,
) -> WhatIfResult:
    """Carry two plans forward and compare them.

    Parameters
    ----------
    fitted : Fitted
    panel : Panel
        Customers who are present in its last period are carried forward.
    plan, base : iterable of PlanStep
        Without a base: nobody is reached by anything.
    n_periods : int
        1..120.
    discount : float
        Worth of the next period against this one, 0..1 (not 1).
    valued : str, optional
        Event kind in which rungs are valued; purchases when not given.
    randomised : iterable of str
        Action kinds that were given by lot.
    ci_level : float
    n_draws : int
    seed : int

    Raises
    ------
    OptionError
        For a kind, rung, segment or period that there is not, and for exposures beyond any in the data.
    """
    steps, basis = tuple(plan), tuple(base)
    if not 1 <= n_periods <= MOST_PERIODS:
        raise OptionError("impossible number of periods", got=str(n_periods), expected=f"1..{MOST_PERIODS}")
    if not 0 <= discount < 1:
        raise OptionError("impossible discount", got=str(discount), expected="from 0 to just below 1")
    if not steps:
        raise OptionError("the plan is empty", expected=PLAN_FORM)
    chain = _Chain.of(fitted, panel, n_periods)
    known, n_rungs = _kinds(chain.model), chain.model.space.n_rungs
    check_plan((*steps, *basis), panel, kinds=known, n_rungs=n_rungs, n_periods=n_periods)
    valued = _valued(chain.model, valued)
    groups = _groups(chain, panel, steps, basis)
    rng = np.random.default_rng(seed)
    at_best = _outcomes(chain, fitted.theta, groups, valued, discount)
    drawn = [_outcomes(chain, theta, groups, valued, discount) for theta in _draws(fitted, n_draws, rng)]
    reached = sum(len(g.customers) for g in groups if not np.array_equal(*g.exposures))
    kinds = {step.kind for step in (*steps, *basis)}
    by_lot = bool(kinds) and kinds <= set(randomised)
    figures = _compared(chain, at_best, drawn, ci_level)
    cautions = _cautions(chain, panel, steps, kinds, by_lot, fitted)
    totals, values = _totals(chain, at_best, drawn, ci_level), [d.values for d in drawn]
    return WhatIfResult(
        periods=chain.periods, base=basis, plan=steps, n_customers=len(chain.present), n_reached=reached,
        figures=figures, total=totals, valued=valued, discount=discount,
        rung_values=tuple(
            RungValue(k, _estimate(at_best.values[k], [v[k] for v in values], ci_level, len(chain.present)))
            for k in range(chain.model.space.n_rungs if valued else 0)
        ),
        by_lot=by_lot, reasons=(*_headline(totals, valued, n_periods), *cautions),
        provenance=provenance or Provenance(source="panel", seed=seed),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Chain:
    """What every draw needs.

    Attributes
    ----------
    fitted : Fitted
    model : LadderModel
        Over `encoded`, the panel's codes.
    kept : (n_kept,) int64
        Which of the fitted parameters the model on this panel has.
    present : (n,) int64
        Customers of the last period.
    sample : (m,) int64
        Of `present`: on whom draws redo where people stand.
    states : (n, n_states)
        Where they stand at the best parameters.
    tables : Tables
        Which edges there are.
    usual : (n_kinds,)
        Mean exposure a customer-period in the panel.
    sampled : tuple of LadderModel, (n_kept,) int64, Encoded
        The same for the sample alone.
    periods : (n_periods,) datetime64[D]
    """

    fitted: Fitted
    model: LadderModel
    encoded: Encoded
    kept: np.ndarray
    present: np.ndarray
    sample: np.ndarray
    states: np.ndarray
    tables: Tables
    usual: np.ndarray
    sampled: tuple[LadderModel, np.ndarray, Encoded]
    periods: np.ndarray

    @classmethod
    def of(cls, fitted: Fitted, panel: Panel, n_periods: int) -> _Chain:
        ends = panel.first_period + panel.lengths
        present = np.flatnonzero((panel.lengths > 0) & (ends == len(panel.periods)) & ~panel.ended)
        if len(present) < MIN_GROUP:
            raise OptionError(
                "there are too few customers in the last period to carry forward",
                got=str(len(present)), expected=f"{MIN_GROUP} or more",
            )  # fmt: skip
        here = panel.select(present)
        model, kept, encoded = _over(fitted, here)
        tables = model.tables(fitted.theta[kept])
        rows = filtered_states(encoded.sequences, tables)
        usual = np.array([column_of(panel, kind).mean() for kind in _kinds(model)])
        sample = np.sort(np.random.default_rng(0).permutation(len(present))[:MOST_FOR_DRAWS])
        last = encoded.sequences.offsets[1:] - 1
        return cls(
            fitted, model, encoded, kept, present, sample, rows[last], tables, usual,
            _over(fitted, here.select(sample)), _periods_after(panel, n_periods),
        )  # fmt: skip

    def standing(self, theta: np.ndarray) -> np.ndarray:
        """(m, n_states) where the sample stands at other parameters."""
        model, kept, encoded = self.sampled
        rows = filtered_states(encoded.sequences, model.tables(theta[kept]))
        return rows[encoded.sequences.offsets[1:] - 1]


def _over(fitted: Fitted, panel: Panel) -> tuple[LadderModel, np.ndarray, Encoded]:
    """The model on a panel, which of the fitted parameters it has there, and the codes."""
    numbered = replace(fitted, theta=np.arange(len(fitted.theta), dtype=float))
    model, kept, encoded = on_panel(numbered, panel)
    return model, kept.astype(np.int64), encoded


@dataclass(frozen=True, slots=True)
class _Group:
    """Customers for whom both plans are the same.

    Attributes
    ----------
    customers : (n,) int64
        Into `_Chain.present`.
    exposures : tuple of two (n_periods, n_kinds)
        Under the base and under the plan.
    """

    customers: np.ndarray
    exposures: tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, slots=True)
class _Outcomes:
    """Sums over customers, under the base and under the plan.

    Attributes
    ----------
    states : (2, n_periods, n_states)
    moves : (2, n_periods, 2)
        Up and down.
    events : (2, n_periods, n_events)
    values : (n_rungs,)
    """

    states: np.ndarray
    moves: np.ndarray
    events: np.ndarray
    values: np.ndarray


def _kinds(model: LadderModel) -> tuple[str, ...]:
    """Action kinds that the model knows: of movement, then of what they lift in their own period."""
    lifting = [name for e in model.emissions for name in getattr(e, "slopes", ()) if SEASON not in name]
    return tuple(dict.fromkeys((*model.movement.names, *lifting)))


def _events(model: LadderModel) -> list[int]:
    """Which emissions are expected numbers of events."""
    return [
        j for j, e in enumerate(model.emissions)
        if isinstance(e, Counts) or (isinstance(e, Binary) and e.name not in ("answered", "return"))
    ]  # fmt: skip


def _groups(
    chain: _Chain, panel: Panel, plan: tuple[PlanStep, ...], base: tuple[PlanStep, ...]
) -> list[_Group]:
    """Customers by what both plans have for them."""
    likeliest = chain.model.space.by_rung(chain.states).argmax(axis=1)
    steps = (*base, *plan)
    member = np.ones((len(steps), len(chain.present)), bool)
    for j, step in enumerate(steps):
        if step.rungs:
            member[j] &= np.isin(likeliest, step.rungs)
        if step.segment:
            member[j] &= in_segment(panel, step.segment)[chain.present]
    patterns, which = np.unique(member.T, axis=0, return_inverse=True)
    kinds, found = _kinds(chain.model), []
    for g, pattern in enumerate(patterns):
        exposures = np.zeros((2, len(chain.periods), len(kinds)))
        for j in np.flatnonzero(pattern):
            step = steps[j]
            when = [t - 1 for t in step.periods] if step.periods else slice(None)
            exposures[int(j >= len(base)), when, kinds.index(step.kind)] += step.n
        found.append(_Group(np.flatnonzero(which.ravel() == g), (exposures[0], exposures[1])))
    return found


def _draws(fitted: Fitted, n_draws: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Parameters drawn from their covariance, kept within their bounds; none where it was not measured."""
    covariance = fitted.covariance
    if not np.isfinite(covariance).all() or not covariance.any():
        return []
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    lower = fitted.model.lower_bounds()
    noise = rng.standard_normal((n_draws, len(values)))
    return [np.maximum(fitted.theta + root @ z, lower) for z in noise]


def _outcomes(
    chain: _Chain, theta: np.ndarray, groups: list[_Group], valued: str | None, discount: float
) -> _Outcomes:
    """Both plans at one parameter vector."""
    own, model = theta[chain.kept], chain.model
    tables = chain.tables
    shift = None
    if theta is not chain.fitted.theta:
        shift = chain.standing(theta) - chain.states[chain.sample]
    n_periods, n_events = len(chain.periods), len(_events(model))
    states = np.zeros((2, n_periods, model.space.n_states))
    moves, events = np.zeros((2, n_periods, 2)), np.zeros((2, n_periods, n_events))
    for group in groups:
        start = chain.states[group.customers].sum(axis=0)
        if shift is not None:
            inside = np.isin(chain.sample, group.customers)
            middle = shift[inside if inside.any() else slice(None)].mean(axis=0) * len(group.customers)
            start = np.maximum(start + middle, 0.0)
            start *= len(group.customers) / start.sum()
        for side in (0, 1):
            x = group.exposures[side]
            edges = model.movement.edge_probs(own[model.slices[1]], _covariates(model, x))
            rates = _rates(chain, own, x)
            here = start
            steps = dense(tables, edges)
            for t in range(n_periods):
                moves[side, t] += _moved(tables, here, edges[t], model.space)
                here = here @ steps[t]
                states[side, t] += here
                events[side, t] += model.space.alive(here) @ rates[t]
    values = np.zeros(model.space.n_rungs)
    if valued is not None:
        values = _rung_values(chain, own, valued, discount)
    return _Outcomes(states, moves, events, values)


def _covariates(model: LadderModel, exposures: np.ndarray) -> np.ndarray:
    """(n_periods, n_covariates) as the model uses them."""
    names = model.movement.names
    kinds = _kinds(model)
    return exposures[:, [kinds.index(name) for name in names]] - model.movement.centre


def _rates(chain: _Chain, theta: np.ndarray, exposures: np.ndarray) -> np.ndarray:
    """(n_periods, n_living_states, n_events) expected events."""
    model = chain.model
    kinds = _kinds(model)
    year = in_year(chain.periods, chain.fitted.period)
    found = []
    for j in _events(model):
        emission, where = model.emissions[j], model.slices[2 + j]
        lifts = chain.encoded.layout.lifts.get(emission.name, ())
        design = np.zeros((len(exposures), 0))
        if lifts:
            columns = [year if n == SEASON else exposures[:, kinds.index(n)] for n in lifts]
            design = design_of(lifts, columns, chain.fitted.period)
        n = len(exposures)
        if isinstance(emission, Counts):
            over = replace(emission, design=design, values=np.zeros(n))
        else:
            over = replace(emission, design=design, yes=np.ones(n), no=np.zeros(n))
        found.append(np.broadcast_to(means(over, theta[where]), (n, model.space.living.n_states)))
    return np.stack(found, axis=2) if found else np.zeros((len(exposures), model.space.living.n_states, 0))


def _moved(tables: Tables, here: np.ndarray, edges: np.ndarray, space: Space) -> np.ndarray:
    """Expected moves up and down; leaving for good is neither."""
    up = down = 0.0
    for first in range(0, len(here), tables.n_rungs):
        flow = here[first + tables.source] * edges
        source, target = tables.source % space.n_places, tables.target % space.n_places
        on = (source < space.n_rungs) & (target < space.n_rungs)
        up += flow[on & (target > source)].sum()
        down += flow[on & (target < source)].sum()
    return np.array([up, down])


def _rung_values(chain: _Chain, theta: np.ndarray, valued: str, discount: float) -> np.ndarray:
    """(I - d A)⁻¹ r at average exposure, weighted by the classes that stand on each rung now."""
    model, space = chain.model, chain.model.space
    at_mean = np.zeros((1, model.movement.n_covariates))
    matrix = dense(chain.tables, model.movement.edge_probs(theta[model.slices[1]], at_mean))[0]
    which = next(j for j in _events(model) if model.emissions[j].name == valued)
    rates = _rates(chain, theta, np.tile(chain.usual, (len(chain.periods), 1))).mean(axis=0)
    rates = rates[:, _events(model).index(which)]
    reward = space.with_gone(rates, 0.0) if space.gone else rates
    value = np.linalg.solve(np.eye(len(matrix)) - discount * matrix, reward)
    weight = space.alive(chain.states.sum(axis=0)) + 1e-9
    total = space.living.by_rung(weight * space.alive(value))
    return total / space.living.by_rung(weight)


def _valued(model: LadderModel, valued: str | None) -> str | None:
    names = [model.emissions[j].name for j in _events(model)]
    if valued is None:
        return "purchase" if "purchase" in names else (names[0] if names else None)
    if valued not in names:
        known = ", ".join(names) or "none"
        raise OptionError("the model knows nothing of this kind of event", got=repr(valued), expected=known)
    return valued


def _series(chain: _Chain, found: _Outcomes) -> dict[tuple[str, int | None], np.ndarray]:
    """Every figure: (2, n_periods)."""
    space, n = chain.model.space, len(chain.present)
    rungs = space.by_rung(found.states)
    alive = np.maximum(rungs.sum(axis=2), 1e-12)
    series: dict[tuple[str, int | None], np.ndarray] = {
        ("share", k): rungs[:, :, k] / alive for k in range(space.n_rungs)
    }
    if space.gone:
        series["gone", None] = space.gone_share(found.states) / n
    series["up", None], series["down", None] = found.moves[:, :, 0], found.moves[:, :, 1]
    for j, e in enumerate(_events(chain.model)):
        series[chain.model.emissions[e].name, None] = found.events[:, :, j]
    return series


def _compared(
    chain: _Chain, best: _Outcomes, drawn: list[_Outcomes], level: float
) -> tuple[PlannedFigure, ...]:
    ours, others = _series(chain, best), [_series(chain, d) for d in drawn]
    return tuple(
        _figure(chain, chain.periods[t], key, ours[key][:, t], [o[key][:, t] for o in others], level)
        for t in range(len(chain.periods))
        for key in ours
    )


def _totals(
    chain: _Chain, best: _Outcomes, drawn: list[_Outcomes], level: float
) -> tuple[PlannedFigure, ...]:
    ours, others = _series(chain, best), [_series(chain, d) for d in drawn]
    adds = [key for key in ours if key[0] not in ("share", "gone")]
    return tuple(
        _figure(
            chain, chain.periods[-1], key, ours[key].sum(axis=1), [o[key].sum(axis=1) for o in others], level
        )
        for key in adds
    )


def _figure(
    chain: _Chain,
    period: np.datetime64,
    key: tuple[str, int | None],
    best: np.ndarray,
    drawn: list[np.ndarray],
    level: float,
) -> PlannedFigure:
    n = len(chain.present)
    base = _estimate(best[0], [d[0] for d in drawn], level, n)
    plan = _estimate(best[1], [d[1] for d in drawn], level, n)
    apart = _estimate(best[1] - best[0], [d[1] - d[0] for d in drawn], level, n)
    return PlannedFigure(period, *key, base, plan, apart)


def _estimate(best: float, drawn: list[float], level: float, n: int) -> Estimate:
    if not drawn:
        return Estimate(float(best), None, None, n, level)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(float(best), min(float(low), float(best)), max(float(high), float(best)), n, level)


def _headline(totals: tuple[PlannedFigure, ...], valued: str | None, n_periods: int) -> list[Reason]:
    """What the plan comes with, in one sentence."""
    found = next((f.difference for f in totals if f.figure == valued), None)
    if found is None or found.ci_lower is None or found.ci_upper is None or found.value is None:
        return []
    low, high, way = found.ci_lower, found.ci_upper, "nothing"
    if low > 0:
        way = "more"
    elif high < 0:
        low, high, way = -high, -low, "fewer"
    value = -found.value if way == "fewer" else found.value
    values = {"n": n_periods, "what": named(str(valued)), "difference": value, "low": low, "high": high}
    return [Reason(f"ladder.plan_{way}", values)]


def _cautions(
    chain: _Chain,
    panel: Panel,
    plan: tuple[PlanStep, ...],
    kinds: set[str],
    by_lot: bool,
    fitted: Fitted,
) -> tuple[Reason, ...]:
    names = [named(kind) for kind in sorted(kinds)]
    found = [Reason("ladder.plan_by_lot" if by_lot else "ladder.plan_association", {"kinds": names})]
    if not np.isfinite(fitted.covariance).all() or not fitted.covariance.any():
        found.append(Reason("ladder.plan_unsure"))
    if len(chain.periods) > len(panel.periods):
        found.append(Reason("ladder.plan_far", {"n": len(chain.periods), "seen": len(panel.periods)}))
    for step in plan:
        asked = len(step.periods) or len(chain.periods)
        seen = _longest_run(panel, step.kind)
        if step.n and asked > seen:
            values = {"kind": named(step.kind), "n": asked, "seen": seen}
            found.append(Reason("ladder.plan_longer", values))
    return tuple(found)


def _longest_run(panel: Panel, kind: str) -> int:
    """Most periods in a row in which `LEAST_EXPOSED` customers or more were reached."""
    reached = panel.exposures[kind] > 0
    index = np.arange(panel.n_rows)
    breaks = np.where(~reached, index, -1)
    first = np.repeat(panel.offsets[:-1], panel.lengths) - 1
    run = index - np.maximum(np.maximum.accumulate(breaks), first)
    longest = np.maximum.reduceat(np.where(reached, run, 0), panel.offsets[:-1][panel.lengths > 0])
    lengths = np.sort(longest)[::-1]
    return int(lengths[min(LEAST_EXPOSED, len(lengths)) - 1])


def _periods_after(panel: Panel, n_periods: int) -> np.ndarray:
    last, steps = panel.periods[-1], np.arange(1, n_periods + 1)
    if panel.period == "week":
        return last + 7 * steps.astype("timedelta64[D]")
    months = steps * (1 if panel.period == "month" else 3)
    return (last.astype("datetime64[M]") + months).astype("datetime64[D]")
