"""Customers carried forward, period by period, under given exposures: exact, no draws.

Probabilities move on by α A(x_1) A(x_2) …, for all customers of a cohort at once, because movement is linear
in them. What carries over of exposures, those before the first period included, is worked out per cohort.
Where the count of the period before speaks in the next one (feedback), rung and count are carried jointly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import betainc, gammaincc

from verbond.errors import DataError
from verbond.ladder.ahead.chain import dense, filtered_states
from verbond.ladder.ahead.forecast import means
from verbond.ladder.coding.context import (
    BEFORE_LOGS,
    MOST_EXPOSURES,
    SEASON,
    column_of,
    design_of,
    in_year,
    stock_of,
    stock_unit,
)
from verbond.ladder.coding.encoding import Encoded
from verbond.ladder.coding.layout import AMOUNT, ANSWERED, Layout
from verbond.ladder.kernel import Tables
from verbond.ladder.model.emissions import Amounts, Binary, Counts
from verbond.ladder.model.fitted import Fitted
from verbond.ladder.model.model import LadderModel
from verbond.ladder.model.space import Space
from verbond.ladder.scoring.scoring import on_panel
from verbond.results.groups import MIN_GROUP
from verbond.tables import Panel

__all__ = [
    "Cohort",
    "Outcomes",
    "Today",
    "acting_kinds",
    "carried",
    "cohort_of",
    "event_names",
    "rung_values",
    "state_worth",
    "today",
]

MOST_SAMPLED = 1_000
"""Customers on whom other parameters redo where people stand; what they differ by goes for all."""
MOST_STOCKS = 40
BEFORE = np.round(np.expm1(BEFORE_LOGS))


@dataclass(frozen=True, slots=True)
class Cohort:
    """Customers for whom the same is planned.

    Attributes
    ----------
    customers : (n,) int64
        Into `Today.present`.
    exposures : tuple of two (n_periods, n_kinds)
        Under the base and under the plan.
    starts : (b, n_states)
        People in each state today, by stock of earlier exposures.
    stocks : (b, n_moving)
    levels : mapping of event kind to (b, n_states, n_levels)
        The same people by last count too, for kinds with feedback.
    sampled : (m,) bool
        Who of `Today.sample` is among them.
    """

    customers: np.ndarray
    exposures: tuple[np.ndarray, np.ndarray]
    starts: np.ndarray
    stocks: np.ndarray
    levels: Mapping[str, np.ndarray]
    sampled: np.ndarray


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Sums over customers, under the base and under the plan.

    Attributes
    ----------
    states : (2, n_periods, n_states)
    moves : (2, n_periods, 2)
        Up and down.
    events : (2, n_periods, n_events)
        In the order of `event_names`.
    values : (n_rungs,)
    """

    states: np.ndarray
    moves: np.ndarray
    events: np.ndarray
    values: np.ndarray


@dataclass(frozen=True, slots=True)
class Today:
    """Where the customers of the last period stand, and what else the periods to come need.

    Attributes
    ----------
    fitted : Fitted
    model : LadderModel
        On these customers.
    kept : (n_kept,) int64
        Which of the fitted parameters `model` has.
    layout : Layout
    present : (n,) int64
        Customers of the last period.
    states : (n, n_states)
        Filtered, at the fitted parameters.
    tables : Tables
        Which edges there are.
    stocks : (n, n_moving) float64
        Exposures in stock at the end, the last period's included; zeros where nothing carries over.
    last_levels : mapping of event kind to (n,) int64
        Step of the last count, for kinds with feedback.
    usual : (n_kinds,)
        Mean exposure a customer-period.
    sample : (m,) int64
        Of `present`.
    sampled : tuple of LadderModel, (n_kept,) int64, Encoded
        The model on the sample.
    periods : (n_periods,) datetime64[D]
        To come.
    """

    fitted: Fitted
    model: LadderModel
    kept: np.ndarray
    layout: Layout
    present: np.ndarray
    states: np.ndarray
    tables: Tables
    stocks: np.ndarray
    last_levels: Mapping[str, np.ndarray]
    usual: np.ndarray
    sample: np.ndarray
    sampled: tuple[LadderModel, np.ndarray, Encoded] = field(repr=False)
    periods: np.ndarray

    def standing(self, theta: np.ndarray) -> np.ndarray:
        """(m, n_states) where the sample stands at other parameters."""
        model, kept, encoded = self.sampled
        rows = filtered_states(encoded.sequences, model.tables(theta[kept]))
        return rows[encoded.sequences.offsets[1:] - 1]


def today(fitted: Fitted, panel: Panel, n_periods: int) -> Today:
    """Filter the customers of a panel's last period.

    Raises
    ------
    DataError
        If there are fewer than five.
    """
    ends = panel.first_period + panel.lengths
    present = np.flatnonzero((panel.lengths > 0) & (ends == len(panel.periods)) & ~panel.ended)
    if len(present) < MIN_GROUP:
        raise DataError(
            "there are too few customers in the last period to carry forward", got=str(len(present)),
            expected=f"{MIN_GROUP} or more",
        )  # fmt: skip
    here = panel.select(present)
    model, kept, encoded = _over(fitted, here)
    tables, last = model.tables(fitted.theta[kept]), here.offsets[1:] - 1
    layout = encoded.layout
    stocks = np.zeros((len(present), len(layout.moving)))
    if layout.carry_over:
        unit = stock_unit(layout.carry_over)
        for j, kind in enumerate(layout.moving):
            stocks[:, j] = unit * stock_of(here, kind, layout.carry_over)[last]
    sample = np.sort(np.random.default_rng(0).permutation(len(present))[:MOST_SAMPLED])
    return Today(
        fitted, model, kept, layout, present, filtered_states(encoded.sequences, tables)[last], tables,
        stocks, {kind: _last_levels(here, kind) for kind in layout.feedback if kind in here.counts},
        np.array([column_of(panel, kind).mean() for kind in acting_kinds(model, layout)]),
        sample, _over(fitted, here.select(sample)), _periods_after(panel, n_periods),
    )  # fmt: skip


def _over(fitted: Fitted, panel: Panel) -> tuple[LadderModel, np.ndarray, Encoded]:
    """The model on a panel, which of the fitted parameters it has there, and the codes."""
    numbered = replace(fitted, theta=np.arange(len(fitted.theta), dtype=float))
    model, kept, encoded = on_panel(numbered, panel)
    return model, kept.astype(np.int64), encoded


def _last_levels(panel: Panel, kind: str) -> np.ndarray:
    """(n_customers,) step of `BEFORE` that each customer's last count reaches."""
    return np.searchsorted(BEFORE, panel.counts[kind][panel.offsets[1:] - 1], side="right") - 1


def acting_kinds(model: LadderModel, layout: Layout) -> tuple[str, ...]:
    """Action kinds that the model knows: of movement, then of what they lift in their own period."""
    lifting = (name for names in layout.lifts.values() for name in names if name != SEASON)
    return tuple(dict.fromkeys((*model.movement.names, *lifting)))


def event_names(model: LadderModel) -> tuple[str, ...]:
    """What is expected in numbers: counts, yes-or-no's, and the money of purchases."""
    names = [
        e.name for e in model.emissions
        if isinstance(e, Counts) or (isinstance(e, Binary) and e.name not in (ANSWERED, "return"))
    ]  # fmt: skip
    money = "purchase" in names and any(isinstance(e, Amounts) for e in model.emissions)
    return (*names, AMOUNT) if money else tuple(names)


def carried(
    here: Today, theta: np.ndarray, cohorts: list[Cohort], valued: str | None, discount: float
) -> Outcomes:
    """Both plans at one parameter vector (of the whole fitted model)."""
    own, model = theta[here.kept], here.model
    shift = None
    if theta is not here.fitted.theta:
        shift = here.standing(theta) - here.states[here.sample]
    n_periods, names = len(here.periods), event_names(model)
    states = np.zeros((2, n_periods, model.space.n_states))
    moves, events = np.zeros((2, n_periods, 2)), np.zeros((2, n_periods, len(names)))
    for cohort in cohorts:
        starts, levels = _starts(cohort, shift)
        for side in (0, 1):
            _carry(
                here, own, cohort.exposures[side], starts, cohort.stocks, levels,
                (states[side], moves[side], events[side]),
            )  # fmt: skip
    values = np.zeros(model.space.n_rungs)
    if valued is not None:
        values = rung_values(here, own, valued, discount)
    return Outcomes(states, moves, events, values)


def cohort_of(here: Today, customers: np.ndarray, exposures: tuple[np.ndarray, np.ndarray]) -> Cohort:
    """Customers for whom the same is planned, put together."""
    states = here.states[customers]
    stocks, which = _few_stocks(here.stocks[customers])
    starts = np.zeros((len(stocks), states.shape[1]))
    np.add.at(starts, which, states)
    levels = {}
    for kind, last in here.last_levels.items():
        joint = np.zeros((*starts.shape, len(BEFORE)))
        np.add.at(joint.transpose(0, 2, 1), (which, last[customers]), states)
        levels[kind] = joint
    return Cohort(customers, exposures, starts, stocks, levels, np.isin(here.sample, customers))


def _starts(cohort: Cohort, shift: np.ndarray | None) -> tuple[np.ndarray, Mapping[str, np.ndarray]]:
    """People by stock and state, and by last count too, when the sample stands elsewhere by `shift`."""
    if shift is None:
        return cohort.starts, cohort.levels
    n = cohort.starts.sum(axis=1, keepdims=True)
    mean = shift[cohort.sampled if cohort.sampled.any() else slice(None)].mean(axis=0)
    starts = np.maximum(cohort.starts + n * mean, 0.0)
    starts *= n / starts.sum(axis=1, keepdims=True)
    ratio = starts / np.maximum(cohort.starts, 1e-300)
    return starts, {kind: joint * ratio[:, :, None] for kind, joint in cohort.levels.items()}


def _few_stocks(stocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct stocks, rounded more where there are very many, and which each customer has."""
    unit = 0.1
    while True:
        rounded = np.round(stocks / unit).astype(np.int64)
        found, which = np.unique(rounded, axis=0, return_inverse=True)
        which = which.ravel()
        if len(found) <= MOST_STOCKS:
            n = np.bincount(which, minlength=len(found))
            means_of = [np.bincount(which, column, len(found)) / n for column in stocks.T]
            return np.stack(means_of, axis=1) if means_of else np.zeros((len(found), 0)), which
        unit *= 2


def _carry(
    here: Today,
    theta: np.ndarray,
    exposures: np.ndarray,
    starts: np.ndarray,
    stocks: np.ndarray,
    levels: Mapping[str, np.ndarray],
    out: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """Add what becomes of a cohort under (n_periods, n_kinds) exposures to states, moves and events."""
    model, space, tables = here.model, here.model.space, here.tables
    n_periods, n_stocks = len(exposures), len(stocks)
    x = _acting(here, np.minimum(exposures, MOST_EXPOSURES), stocks)
    edges = model.movement.edge_probs(theta[model.slices[1]], x.reshape(n_stocks * n_periods, -1))
    edges = edges.reshape(n_stocks, n_periods, -1)
    steps = dense(tables, edges.reshape(n_stocks * n_periods, -1))
    steps = steps.reshape(n_stocks, n_periods, *steps.shape[1:])
    rates = _rates(here, theta, exposures)
    people = np.empty((n_stocks, n_periods + 1, space.n_states))
    people[:, 0] = starts
    for t in range(n_periods):
        people[:, t + 1] = np.matmul(people[:, t, None, :], steps[:, t])[:, 0]
    states = people[:, 1:].sum(axis=0)
    out[0][...] += states
    out[1][...] += _moved(tables, people[:, :-1], edges, space)
    names = event_names(model)
    bought = None
    for j, name in enumerate(names):
        if name == AMOUNT:
            continue
        if name in levels:
            by_state = _with_feedback(here, theta, name, exposures, levels[name], steps)
        else:
            by_state = space.alive(states) * rates[name]
        out[2][:, j] += by_state.sum(axis=1)
        bought = by_state if name == "purchase" else bought
    if AMOUNT in names and bought is not None:
        out[2][:, names.index(AMOUNT)] += bought @ _order_means(model, theta)


def _acting(here: Today, exposures: np.ndarray, stocks: np.ndarray) -> np.ndarray:
    """(b, n_periods, n_covariates) exposures that act on movement, what is left in stock included."""
    kinds, names = acting_kinds(here.model, here.layout), here.model.movement.names
    planned = exposures[:, [kinds.index(name) for name in names]]
    left, found = here.layout.carry_over, np.empty((len(stocks), *planned.shape))
    stock = stocks
    for t, now in enumerate(planned):
        stock = now + left * stock
        found[:, t] = stock
    return found - here.model.movement.centre


def _moved(tables: Tables, people: np.ndarray, edges: np.ndarray, space: Space) -> np.ndarray:
    """(n_periods, 2) expected moves up and down; leaving for good is neither.

    Parameters
    ----------
    people : (b, n_periods, n_states)
        Before each move.
    edges : (b, n_periods, n_edges)
    """
    source, target = tables.source % space.n_places, tables.target % space.n_places
    on = (source < space.n_rungs) & (target < space.n_rungs)
    ways = np.stack((on & (target > source), on & (target < source)), axis=1).astype(float)
    flow = sum(
        (people[:, :, first + tables.source] * edges).sum(axis=0)
        for first in range(0, people.shape[2], tables.n_rungs)
    )
    return flow @ ways


def _lifted(here: Today, name: str, exposures: np.ndarray) -> np.ndarray:
    """(n_periods, n_slopes) design of what lifts a kind of event, without feedback."""
    lifts = here.layout.lifts.get(name, ())
    if not lifts:
        return np.zeros((len(exposures), 0))
    kinds = acting_kinds(here.model, here.layout)
    year = in_year(here.periods, here.fitted.period)
    capped = np.minimum(exposures, MOST_EXPOSURES)
    columns = [year if n == SEASON else capped[:, kinds.index(n)] for n in lifts]
    return design_of(lifts, columns, here.fitted.period)


def _rates(here: Today, theta: np.ndarray, exposures: np.ndarray) -> dict[str, np.ndarray]:
    """(n_periods, n_living_states) expected events of each kind; feedback at its mean."""
    found, names = {}, event_names(here.model)
    for emission, where in zip(here.model.emissions, here.model.slices[2:], strict=True):
        if emission.name not in names or isinstance(emission, Amounts):
            continue
        design = _lifted(here, emission.name, exposures)
        missing = len(emission.slopes) - design.shape[1]
        design = np.hstack((design, np.zeros((len(design), missing))))
        found[emission.name] = means(_elsewhere(emission, design), theta[where])
    return found


def _elsewhere(emission: Counts | Binary, design: np.ndarray) -> Counts | Binary:
    """The same emission in other circumstances."""
    n = len(design)
    if isinstance(emission, Counts):
        return replace(emission, design=design, values=np.zeros(n))
    return replace(emission, design=design, yes=np.ones(n), no=np.zeros(n))


def _with_feedback(
    here: Today, theta: np.ndarray, name: str, exposures: np.ndarray, joint: np.ndarray, steps: np.ndarray
) -> np.ndarray:
    """(n_periods, n_living_states) expected counts where the last count speaks in the next.

    Parameters
    ----------
    joint : (b, n_states, n_levels)
        People by state and last count.
    """
    model, space = here.model, here.model.space
    index = next(j for j, e in enumerate(model.emissions) if e.name == name)
    emission, own = model.emissions[index], theta[model.slices[2 + index]]
    lifted, n_levels = _lifted(here, name, exposures), len(BEFORE)
    before = (BEFORE_LOGS - here.layout.feedback[name])[:, None]
    found = np.empty((len(exposures), space.living.n_states))
    for t in range(len(exposures)):
        design = np.hstack((np.tile(lifted[t], (n_levels, 1)), before))
        mean = np.array(means(_elsewhere(emission, design), own)).T  # (n_living, n_levels)
        joint = np.einsum("bsl,bsu->bul", joint, steps[:, t])
        alive = np.swapaxes(space.alive(np.swapaxes(joint, 1, 2)), 1, 2)
        found[t] = np.einsum("bkl,kl->k", alive, mean)
        share = _level_shares(emission, own, mean)
        after = np.einsum("bkl,klm->bkm", alive, share)
        joint = _put_back(space, after, joint)
    return found


def _put_back(space: Space, after: np.ndarray, before: np.ndarray) -> np.ndarray:
    """(b, n_states, n_levels) with the places of those who are gone, all at a count of nothing."""
    if not space.gone:
        return after
    found = np.zeros_like(before)
    blocks = found.reshape(len(found), space.n_classes, space.n_places, -1)
    blocks[:, :, : space.n_rungs] = after.reshape(len(found), space.n_classes, space.n_rungs, -1)
    was = before.reshape(len(found), space.n_classes, space.n_places, -1)[:, :, space.n_rungs]
    blocks[:, :, space.n_rungs, 0] = was.sum(axis=-1)
    return found


def _level_shares(emission: Counts, theta: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """(…, n_levels) chance that a count with this mean lies in each step of `BEFORE`."""
    below = BEFORE[1:]  # counts under each bound
    m = mean[..., None]
    if emission.poisson:
        cumulative = gammaincc(below, m)
    else:
        size = emission.size_of(theta)
        cumulative = betainc(size, below, size / (size + m))
    zero, one = np.zeros_like(m), np.ones_like(m)
    return np.diff(np.concatenate((zero, cumulative, one), axis=-1), axis=-1)


def _order_means(model: LadderModel, theta: np.ndarray) -> np.ndarray:
    """(n_living_states,) mean worth of an order."""
    index = next(j for j, e in enumerate(model.emissions) if isinstance(e, Amounts))
    emission, own = model.emissions[index], theta[model.slices[2 + index]]
    more = 0.5 * np.exp(2 * own[-1]) if emission.lognormal else 0.0
    return np.exp(emission.log_levels(own) + more)


def rung_values(here: Today, theta: np.ndarray, valued: str, discount: float) -> np.ndarray:
    """(I - d A)⁻¹ r at average exposure, weighted by the classes that stand on each rung now.

    Feedback stands at its mean, and a season at the average of the periods to come.
    """
    model, space = here.model, here.model.space
    at_mean = np.zeros((1, model.movement.n_covariates))
    matrix = dense(here.tables, model.movement.edge_probs(theta[model.slices[1]], at_mean))[0]
    reward = space.with_gone(state_worth(here, theta, valued, here.usual), 0.0)
    value = np.linalg.solve(np.eye(len(matrix)) - discount * matrix, reward)
    weight = space.alive(here.states.sum(axis=0)) + 1e-9
    return space.living.by_rung(weight * space.alive(value)) / space.living.by_rung(weight)


def state_worth(here: Today, theta: np.ndarray, valued: str, exposures: np.ndarray) -> np.ndarray:
    """(n_living_states,) events (or money) of a kind expected in a period, the mean of those to come.

    Parameters
    ----------
    theta : (n_kept,)
    exposures : (n_kinds,)
        The same in every period.
    """
    rates = _rates(here, theta, np.tile(exposures, (len(here.periods), 1)))
    found = rates["purchase" if valued == AMOUNT else valued].mean(axis=0)
    return found * _order_means(here.model, theta) if valued == AMOUNT else found


def _periods_after(panel: Panel, n_periods: int) -> np.ndarray:
    last, steps = panel.periods[-1], np.arange(1, n_periods + 1)
    if panel.period == "week":
        return last + 7 * steps.astype("timedelta64[D]")
    months = steps * (1 if panel.period == "month" else 3)
    return (last.astype("datetime64[M]") + months).astype("datetime64[D]")
