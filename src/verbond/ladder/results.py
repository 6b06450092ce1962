"""What a fitted ladder says: `LadderResult` and its parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from verbond.errors import DataError, OptionError
from verbond.ladder.ahead.climbing import RungChain, chain_of
from verbond.ladder.ahead.planned import WhatIfResult
from verbond.ladder.ahead.plans import PlanStep, plan_of
from verbond.ladder.ahead.whatif import what_if
from verbond.ladder.fit.choice import Choice
from verbond.ladder.judging.heldout import HeldOut
from verbond.ladder.judging.order import OrderVerdict
from verbond.ladder.judging.rivals import Rival
from verbond.ladder.judging.trial import LadderTrial, try_out
from verbond.ladder.model.fitted import Fitted
from verbond.ladder.scoring.crm import CustomerFile, customer_file
from verbond.ladder.scoring.filter import LadderState, filter_state
from verbond.ladder.scoring.probs import Kind, RungProbs
from verbond.ladder.scoring.scoring import N_DRAWS, score, write_scores
from verbond.results import Estimate, Provenance, Reason, Result, plain
from verbond.tables import Panel, Tables
from verbond.tables.reads import kinds_by_lot
from verbond.tables.reads import panel as read_panel

__all__ = ["EmissionSummary", "LadderResult", "MoveEffect", "SegmentShares"]


@dataclass(frozen=True, slots=True)
class SegmentShares:
    """Where the customers of one segment stand in the last period.

    Attributes
    ----------
    attribute, value : str
    n_customers : int
        Present in the last period.
    shares, ci_lower, ci_upper : (n_states,)
    """

    attribute: str
    value: str
    n_customers: int
    shares: np.ndarray
    ci_lower: np.ndarray
    ci_upper: np.ndarray


@dataclass(frozen=True, slots=True)
class EmissionSummary:
    """What customers on each rung do or answer.

    Attributes
    ----------
    variable : str
        Event kind, construct, or "answered".
    family : str
        "negative_binomial", "poisson", "bernoulli" or "normal".
    by_state : tuple of float
        Mean per period, probability, or mean score on 0..100.
    """

    variable: str
    family: str
    by_state: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class MoveEffect:
    """What an exposure to a kind of action goes with, in the move of the same period.

    Attributes
    ----------
    action : str
        Action kind.
    move : {"up", "down", "drop"}
        Against staying.
    rung : int or None
        Rung of origin; None for all alike.
    log_odds : Estimate
        Change per exposure; `n_obs` counts the customer-periods in which it happened.
    """

    action: str
    move: str
    rung: int | None
    log_odds: Estimate


@dataclass(frozen=True, slots=True)
class LadderResult(Result):
    """Who stands on which rung, and how people move.

    Figures are NaN where the data cannot carry them; `reasons` says why.

    Attributes
    ----------
    anchored : bool
        Survey answers fix the states to the rungs; otherwise they are levels of behaviour.
    n_states, n_customers, n_respondents : int
    period : str
        "month", "week" or "quarter".
    periods : (n_periods,) datetime64[D]
    n_present : (n_periods,) int64
        Customers who were there.
    shares, shares_ci_lower, shares_ci_upper : (n_periods, n_states)
        Share of the customers present on each rung; of those who are not gone, where that is a state.
    ci_level : float
    segments : tuple of SegmentShares
        In the last period.
    initial_probs : (n_states,)
        Where new customers start (old ones where there are no new ones).
    transition_matrix, transition_ci_lower, transition_ci_upper : (n_states, n_states)
        From one period to the next, at mean covariates, of those who are not gone the period after. A row is
        what the customers on that rung do taken together; baseline classes may move differently.
    moved_up, moved_down : (n_periods - 1,)
        Expected share of customers who moved up or down into each period.
    flows : (n_states, n_states)
        Expected moves (people) over the last 12 periods.
    dwell_periods : (n_states,)
        Expected stay.
    blocking_rung : int or None
        The rung below which most people wait; None where states are no rungs.
    emissions : tuple of EmissionSummary
    n_classes : int
        Baseline classes that keep stable differences between people apart from movement.
    class_shares : (n_classes,)
    loglik, bic : float
    n_parameters, n_iterations, n_starts, n_starts_at_best : int
    converged : bool
    reasons : tuple of Reason
    provenance : Provenance
    moved_ci_lower, moved_ci_upper : (2, n_periods - 1) or None
        Of `moved_up` and `moved_down`.
    effects : tuple of MoveEffect
        Of the company's actions on movement; an association unless the action was given by lot.
    order : OrderVerdict or None
        Whether the answers fall into steps in the order of the ladder; None where states are no rungs.
    held_out : HeldOut or None
        What behaviour alone tells of the answers of people who were left out.
    gone : (n_periods,) or None
        Share of `n_present` who probably left without a word; None where that is no state of the model.
    gone_ci : (2, n_periods) or None
        Lower and upper end.
    leaving : (n_states,) or None
        Probability of leaving without a word in a period, by rung, at mean covariates.
    periods_to_climb, periods_to_fall : (n_states,) or None
        Expected periods until a customer on this rung stands higher (lower) for the first time, detours
        included, at mean covariates; NaN for the top (the bottom).
    periods_to_climb_ci, periods_to_fall_ci : (2, n_states) or None
    choices : tuple of Choice
        Which parts the model has, which others were tried, and by what measure.
    period_flows : (n_periods - 1, n_states, n_states) or None
        Expected moves (people) into each period but the first; those of the last 12 add up to `flows`. Not in
        JSON: with exact shares and numbers they would tell where the few who are new in a period stand.
    """

    anchored: bool
    n_states: int
    n_customers: int
    n_respondents: int
    period: str
    periods: np.ndarray
    n_present: np.ndarray
    shares: np.ndarray
    shares_ci_lower: np.ndarray
    shares_ci_upper: np.ndarray
    ci_level: float
    segments: tuple[SegmentShares, ...]
    initial_probs: np.ndarray
    transition_matrix: np.ndarray
    transition_ci_lower: np.ndarray
    transition_ci_upper: np.ndarray
    moved_up: np.ndarray
    moved_down: np.ndarray
    flows: np.ndarray
    dwell_periods: np.ndarray
    blocking_rung: int | None
    emissions: tuple[EmissionSummary, ...]
    n_classes: int
    class_shares: np.ndarray
    loglik: float
    n_parameters: int
    bic: float
    converged: bool
    n_iterations: int
    n_starts: int
    n_starts_at_best: int
    reasons: tuple[Reason, ...]
    provenance: Provenance
    effects: tuple[MoveEffect, ...] = ()
    moved_ci_lower: np.ndarray | None = None
    moved_ci_upper: np.ndarray | None = None
    order: OrderVerdict | None = None
    held_out: HeldOut | None = None
    gone: np.ndarray | None = None
    gone_ci: np.ndarray | None = None
    leaving: np.ndarray | None = None
    periods_to_climb: np.ndarray | None = None
    periods_to_climb_ci: np.ndarray | None = None
    periods_to_fall: np.ndarray | None = None
    periods_to_fall_ci: np.ndarray | None = None
    choices: tuple[Choice, ...] = ()
    period_flows: np.ndarray | None = field(default=None, metadata={"json": False}, repr=False)
    _fitted: Fitted | None = None

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a period and rung: share with its interval."""
        return [
            {
                "period": plain(period),
                "rung": k,
                "share": float(self.shares[t, k]),
                "ci_lower": float(self.shares_ci_lower[t, k]),
                "ci_upper": float(self.shares_ci_upper[t, k]),
            }
            for t, period in enumerate(self.periods)
            for k in range(self.n_states)
        ]

    def score(self, tables: Tables | Panel, kind: Kind = "smoothed", *, n_draws: int = N_DRAWS) -> RungProbs:
        """Probability of each rung for every customer and period.

        Parameters
        ----------
        tables : Tables or Panel
            The same customers or others; scores are used where they are there.
        kind : {"smoothed", "filtered"}
            Given everything that is known of the customer, or only what was known then.
        n_draws : int
            Even: probabilities are averaged over so many draws of the parameters from their covariance. With
            0, or where the fit left out its uncertainty, the parameters are taken for known, and
            probabilities are surer than they should be.

        Returns
        -------
        RungProbs

        Raises
        ------
        DataError
            If this result has no model (see `reasons`).
        """
        _check_scoring(kind, n_draws)
        return score(self._model(), tables, kind, n_draws)

    def write_scores(
        self, tables: Tables, folder: str | Path, kind: Kind = "smoothed", *, n_draws: int = N_DRAWS
    ) -> None:
        """Write what `score` gives to a folder of Parquet files, in parts and never as a whole.

        On Spark every worker scores and writes its own customers.

        Parameters
        ----------
        tables : Tables
        folder : str or Path
            That is not there yet; on a cluster, where every worker can write.
        kind : {"smoothed", "filtered"}
        n_draws : int
            As in `score`.

        Raises
        ------
        DataError
            If this result has no model, or the folder is there already.
        """
        _check_scoring(kind, n_draws)
        write_scores(self._model(), tables, folder, kind, n_draws)

    def filter_state(self, tables: Tables | Panel) -> LadderState:
        """Where everybody stands now, and enough to take in new periods without the past.

        Raises
        ------
        DataError
            If this result has no model (see `reasons`).
        """
        return filter_state(*self.model_on(tables))

    def customer_file(self, tables: Tables | Panel) -> CustomerFile:
        """A row a customer for the CRM: where they stand, whether they moved, and why the model thinks so.

        Raises
        ------
        DataError
            If this result has no model (see `reasons`).
        """
        return customer_file(*self.model_on(tables))

    def what_if(
        self,
        tables: Tables | Panel,
        plan: Iterable[PlanStep | str],
        *,
        base: Iterable[PlanStep | str] = (),
        n_periods: int = 12,
        discount: float = 0.99,
        valued: str | None = None,
        seed: int = 0,
    ) -> WhatIfResult:
        """Carry a plan of actions forward, beside a base plan (see `verbond.ladder.ahead.whatif.what_if`).

        Parameters
        ----------
        tables : Tables or Panel
            Tables know which actions were given by lot; of a panel nothing is taken to be.
        plan, base : iterable of PlanStep or str
            Lines such as "invitation:1:rungs=1-2:periods=1-3".
        n_periods : int
        discount : float
        valued : str, optional
        seed : int

        Raises
        ------
        DataError
            If this result has no model (see `reasons`).
        OptionError
            For what is not in the data: a kind, a rung, a segment, so many exposures.
        """
        by_lot = () if isinstance(tables, Panel) else kinds_by_lot(tables)
        return what_if(
            *self.model_on(tables), plan_of(plan), base=plan_of(base), n_periods=n_periods,
            discount=discount, valued=valued, randomised=by_lot, ci_level=self.ci_level, seed=seed,
            provenance=replace(self.provenance, seed=seed),
        )  # fmt: skip

    def chain(
        self,
        tables: Tables | Panel,
        *,
        n_draws: int = 200,
        seed: int = 0,
        segment: tuple[str, str] | None = None,
    ) -> RungChain:
        """How customers move when nobody is reached, with draws of the parameters; `climb` goes on from it.

        Parameters
        ----------
        tables : Tables or Panel
        n_draws : int
            The best estimate included.
        seed : int
        segment : tuple of (str, str), optional
            Attribute and value: these customers only.

        Raises
        ------
        DataError
            If this result has no model (see `reasons`), or fewer than five customers are meant.
        OptionError
            For a segment that there is not.
        """
        fitted, panel = self.model_on(tables)
        return chain_of(fitted, panel, n_draws=n_draws, seed=seed, segment=segment, ci_level=self.ci_level)

    def check(
        self, tables: Tables | Panel, *, rivals: Mapping[str, Rival] | None = None, seed: int = 0
    ) -> LadderTrial:
        """Put the last periods aside, fit again, and see whether the chances are right and rivals are beaten.

        Parameters
        ----------
        tables : Tables or Panel
            Those that the ladder was fitted to.
        rivals : mapping of name to Rival, optional
            Further ways to predict, beside those of `verbond.ladder.judging.rivals`.
        seed : int

        Raises
        ------
        DataError
            If this result has no model (see `reasons`).
        """
        return try_out(*self.model_on(tables), np.random.default_rng(seed), rivals)

    def model_on(self, tables: Tables | Panel) -> tuple[Fitted, Panel]:
        """The fitted model, and the panel of these tables by its period.

        Raises
        ------
        DataError
            If this result has no model (see `reasons`).
        """
        panel = tables if isinstance(tables, Panel) else read_panel(tables, self.period)  # type: ignore[arg-type]
        return self._model(), panel

    def _model(self) -> Fitted:
        if self._fitted is None:
            why = " ".join(str(reason) for reason in self.reasons)
            raise DataError("there is no fitted ladder", hint=why)
        return self._fitted


def _check_scoring(kind: str, n_draws: int) -> None:
    if kind not in ("smoothed", "filtered"):
        raise OptionError("unknown kind of probability", got=repr(kind), expected="'smoothed' or 'filtered'")
    if n_draws < 0 or n_draws % 2:
        raise OptionError("impossible number of draws", got=repr(n_draws), expected="an even number, or 0")
