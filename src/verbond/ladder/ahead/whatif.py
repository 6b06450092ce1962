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

import numpy as np

from verbond.errors import OptionError
from verbond.ladder.ahead.ahead import (
    Cohort,
    Outcomes,
    Today,
    acting_kinds,
    carried,
    cohort_of,
    event_names,
    today,
)
from verbond.ladder.ahead.planned import PlannedFigure, RungValue, WhatIfResult
from verbond.ladder.ahead.plans import PLAN_FORM, PlanStep, check_plan, in_segment
from verbond.ladder.coding.layout import AMOUNT
from verbond.ladder.model.fitted import Fitted, covariance_root
from verbond.ladder.model.model import LadderModel
from verbond.method import named
from verbond.results import Estimate, Provenance, Reason
from verbond.tables import Panel

__all__ = ["what_if"]

N_DRAWS = 500
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
    here = today(fitted, panel, n_periods)
    known, n_rungs = acting_kinds(here.model, here.layout), here.model.space.n_rungs
    check_plan((*steps, *basis), panel, kinds=known, n_rungs=n_rungs, n_periods=n_periods)
    valued = _valued(here.model, valued)
    groups = _groups(here, panel, steps, basis)
    rng = np.random.default_rng(seed)
    at_best = carried(here, fitted.theta, groups, valued, discount)
    drawn = [carried(here, theta, groups, valued, discount) for theta in _draws(fitted, n_draws, rng)]
    reached = sum(len(g.customers) for g in groups if not np.array_equal(*g.exposures))
    kinds = {step.kind for step in (*steps, *basis)}
    by_lot = bool(kinds) and kinds <= set(randomised)
    figures = _compared(here, at_best, drawn, ci_level)
    cautions = _cautions(here, panel, steps, kinds, by_lot, fitted)
    totals, values = _totals(here, at_best, drawn, ci_level), [d.values for d in drawn]
    return WhatIfResult(
        periods=here.periods, base=basis, plan=steps, n_customers=len(here.present), n_reached=reached,
        figures=figures, total=totals, valued=valued, discount=discount,
        rung_values=tuple(
            RungValue(k, _estimate(at_best.values[k], [v[k] for v in values], ci_level, len(here.present)))
            for k in range(here.model.space.n_rungs if valued else 0)
        ),
        by_lot=by_lot, reasons=(*_headline(totals, valued, n_periods), *cautions),
        provenance=provenance or Provenance(source="panel", seed=seed),
    )  # fmt: skip


def _groups(
    here: Today, panel: Panel, plan: tuple[PlanStep, ...], base: tuple[PlanStep, ...]
) -> list[Cohort]:
    """Customers by what both plans have for them."""
    likeliest = here.model.space.by_rung(here.states).argmax(axis=1)
    steps = (*base, *plan)
    member = np.ones((len(steps), len(here.present)), bool)
    for j, step in enumerate(steps):
        if step.rungs:
            member[j] &= np.isin(likeliest, step.rungs)
        if step.segment:
            member[j] &= in_segment(panel, step.segment)[here.present]
    patterns, which = np.unique(member.T, axis=0, return_inverse=True)
    kinds, found = acting_kinds(here.model, here.layout), []
    for g, pattern in enumerate(patterns):
        exposures = np.zeros((2, len(here.periods), len(kinds)))
        for j in np.flatnonzero(pattern):
            step = steps[j]
            when = [t - 1 for t in step.periods] if step.periods else slice(None)
            exposures[int(j >= len(base)), when, kinds.index(step.kind)] += step.n
        found.append(cohort_of(here, np.flatnonzero(which.ravel() == g), (exposures[0], exposures[1])))
    return found


def _draws(fitted: Fitted, n_draws: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Parameters drawn from their covariance, kept within their bounds; none where it was not measured."""
    root = covariance_root(fitted.covariance)
    if root is None:
        return []
    lower = fitted.model.lower_bounds()
    return [np.maximum(fitted.theta + root @ z, lower) for z in rng.standard_normal((n_draws, len(root)))]


def _valued(model: LadderModel, valued: str | None) -> str | None:
    names = event_names(model)
    if valued is None:
        return next((name for name in (AMOUNT, "purchase", *names) if name in names), None)
    if valued not in names:
        known = ", ".join(names) or "none"
        raise OptionError("the model knows nothing of this kind of event", got=repr(valued), expected=known)
    return valued


def _series(here: Today, found: Outcomes) -> dict[tuple[str, int | None], np.ndarray]:
    """Every figure: (2, n_periods)."""
    space, n = here.model.space, len(here.present)
    rungs = space.by_rung(found.states)
    alive = np.maximum(rungs.sum(axis=2), 1e-12)
    series: dict[tuple[str, int | None], np.ndarray] = {
        ("share", k): rungs[:, :, k] / alive for k in range(space.n_rungs)
    }
    if space.gone:
        series["gone", None] = space.gone_share(found.states) / n
    series["up", None], series["down", None] = found.moves[:, :, 0], found.moves[:, :, 1]
    for j, name in enumerate(event_names(here.model)):
        series[name, None] = found.events[:, :, j]
    return series


def _compared(here: Today, best: Outcomes, drawn: list[Outcomes], level: float) -> tuple[PlannedFigure, ...]:
    ours, others = _series(here, best), [_series(here, d) for d in drawn]
    return tuple(
        _figure(here, here.periods[t], key, ours[key][:, t], [o[key][:, t] for o in others], level)
        for t in range(len(here.periods))
        for key in ours
    )


def _totals(here: Today, best: Outcomes, drawn: list[Outcomes], level: float) -> tuple[PlannedFigure, ...]:
    ours, others = _series(here, best), [_series(here, d) for d in drawn]
    adds = [key for key in ours if key[0] not in ("share", "gone")]
    return tuple(
        _figure(
            here, here.periods[-1], key, ours[key].sum(axis=1), [o[key].sum(axis=1) for o in others], level
        )
        for key in adds
    )


def _figure(
    here: Today,
    period: np.datetime64,
    key: tuple[str, int | None],
    best: np.ndarray,
    drawn: list[np.ndarray],
    level: float,
) -> PlannedFigure:
    n = len(here.present)
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
    figures = {f.figure: f.difference for f in totals}
    valued = "purchase" if "purchase" in figures else valued
    found = figures.get(str(valued))
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
    here: Today,
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
    if len(here.periods) > len(panel.periods):
        found.append(Reason("ladder.plan_far", {"n": len(here.periods), "seen": len(panel.periods)}))
    for step in plan:
        asked = len(step.periods) or len(here.periods)
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
