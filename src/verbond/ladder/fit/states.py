"""How many states? Six is theory; this sets other numbers beside it, on the same data.

Each number of states is fitted to four in five customers and judged on the others, and fitted to the first
periods and judged on the last. The measure is the mean log density of a row given the rows before it: the sum
over a customer's rows is the log-likelihood of that customer, so that nothing has to be predicted one by one.
Beside it stand two criteria that need no left-out data: BIC, and ICL, which also asks that people can be told
apart.

References
----------
Schwarz (1978), Annals of Statistics 6, 461-464. Biernacki, Celeux & Govaert (2000), IEEE Transactions on
Pattern Analysis and Machine Intelligence 22, 719-725 (ICL).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.special import xlogy

from verbond.errors import DataError, OptionError
from verbond.ladder.coding.encoding import encode, subset
from verbond.ladder.coding.layout import Layout, acting_kinds, decide, look
from verbond.ladder.coding.panels import between
from verbond.ladder.fit.choice import Parts
from verbond.ladder.fit.estimation import search
from verbond.ladder.fit.starts import first_parameters, with_one_class_more
from verbond.ladder.kernel import Statistics
from verbond.ladder.kernel import Tables as CodeTables
from verbond.ladder.ladder import Ladder
from verbond.ladder.model.emissions import Counts
from verbond.ladder.model.fitted import Fitted
from verbond.ladder.scoring.scoring import on_panel
from verbond.numerics import normal_quantile
from verbond.results import Estimate, Progress, ProgressFunction, Reason, Result, silent
from verbond.tables import Panel, Tables
from verbond.tables.reads import panel as read_panel

__all__ = ["StatesComparison", "StatesFit", "compare_states"]

MOST_CUSTOMERS = 6_000
SHARE_LEFT_OUT = 0.2
LAST_PART = 0.25
LEAST_PERIODS = 4
N_GROUPS = 20
"""Groups of customers by lot from which the errors of the scores are taken."""


@dataclass(frozen=True, slots=True)
class StatesFit:
    """One number of states.

    Attributes
    ----------
    n_states : int
    loglik : float
        Of the customers who were fitted.
    n_parameters : int
    bic, icl : float
        Lower is better.
    by_customer, by_time : Estimate
        Mean log density of a row given the rows before it, on customers and on periods that were left out;
        higher is better.
    """

    n_states: int
    loglik: float
    n_parameters: int
    bic: float
    icl: float
    by_customer: Estimate
    by_time: Estimate


@dataclass(frozen=True, slots=True)
class StatesComparison(Result):
    """Numbers of states beside each other.

    Attributes
    ----------
    fits : tuple of StatesFit
    best_by_customer, best_by_time, best_by_bic, best_by_icl : int
        Number of states.
    reason : Reason
        In words.
    """

    fits: tuple[StatesFit, ...]
    best_by_customer: int
    best_by_time: int
    best_by_bic: int
    best_by_icl: int
    reason: Reason

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a number of states."""
        return [
            {
                "n_states": f.n_states, "loglik": f.loglik, "n_parameters": f.n_parameters, "bic": f.bic,
                "icl": f.icl, "by_customer": f.by_customer.value, "by_time": f.by_time.value,
            }
            for f in self.fits
        ]  # fmt: skip


def compare_states(
    tables: Tables | Panel,
    n_states: Iterable[int] = range(2, 9),
    *,
    ladder: Ladder | None = None,
    progress: ProgressFunction = silent,
) -> StatesComparison:
    """Fit several numbers of states to a sample and judge them on what was left out.

    Parameters
    ----------
    tables : Tables or Panel
        Survey scores are used where they are there, whatever the number of states.
    n_states : iterable of int
    ladder : Ladder, optional
        Its other options, two baseline classes where it does not say.
    progress : callable

    Raises
    ------
    DataError
        If there are fewer than four periods.
    OptionError
        For fewer than two numbers.
    """
    ladder = Ladder() if ladder is None else ladder
    numbers = tuple(dict.fromkeys(n_states))
    if len(numbers) < 2:
        raise OptionError("too few numbers of states to compare", got=str(numbers), expected="two or more")
    panel = tables if isinstance(tables, Panel) else read_panel(tables, ladder.period)  # type: ignore[arg-type]
    if len(panel.periods) < LEAST_PERIODS:
        raise DataError("too few periods", got=str(len(panel.periods)), expected=f"{LEAST_PERIODS} or more")
    rng = np.random.default_rng(ladder.seed)
    people = rng.permutation(np.flatnonzero(panel.lengths > 0))[:MOST_CUSTOMERS]
    n_out = int(SHARE_LEFT_OUT * len(people))
    out, kept = panel.select(np.sort(people[:n_out])), panel.select(np.sort(people[n_out:]))
    summary = look(kept)
    layout = decide(summary, acting_kinds(summary)[0] if ladder.actions else (), amounts=False)
    fits = []
    for number, k in enumerate(numbers):
        progress(Progress("ladder.step_states", number / len(numbers), str(k)))
        fits.append(_judged(replace(ladder, n_states=k), kept, out, layout))
    progress(Progress("ladder.step_states", 1.0))
    best = {
        "best_by_customer": max(fits, key=lambda f: f.by_customer.value or -np.inf).n_states,
        "best_by_time": max(fits, key=lambda f: f.by_time.value or -np.inf).n_states,
        "best_by_bic": min(fits, key=lambda f: f.bic).n_states,
        "best_by_icl": min(fits, key=lambda f: f.icl).n_states,
    }
    values = {name.removeprefix("best_by_"): k for name, k in best.items()}
    return StatesComparison(tuple(fits), **best, reason=Reason("ladder.states_compared", values))


def _complete(found: Statistics, tables: CodeTables) -> float:
    """Expected log-likelihood of observations and paths; the entropy of the paths is `loglik` less this."""
    parts = ((found.starts, tables.initial), (found.edges, tables.edges), (found.codes, tables.emission))
    return float(sum(xlogy(n, p).sum() for n, p in parts) + found.codes.sum(axis=1) @ tables.log_scale)


def _judged(ladder: Ladder, kept: Panel, out: Panel, layout: Layout) -> StatesFit:
    last = len(kept.periods) - max(1, round(LAST_PART * len(kept.periods)))
    whole, early = _fit(ladder, kept, layout), _fit(ladder, between(kept, 0, last), layout)
    model, theta, encoded = on_panel(whole, kept)
    found = model.evaluate(encoded.sequences, theta).statistics
    loglik = found.loglik
    bic = -2 * loglik + model.n_parameters * float(np.log(kept.n_customers))
    entropy = loglik - _complete(found, model.tables(theta))
    past = between(out, 0, last)
    return StatesFit(
        ladder.n_states, loglik, model.n_parameters, bic, bic + 2 * entropy,
        _mean_score(_grouped(whole, out), out.n_rows),
        _mean_score(_grouped(early, out) - _grouped(early, past), out.n_rows - past.n_rows),
    )  # fmt: skip


def _fit(ladder: Ladder, panel: Panel, layout: Layout) -> Fitted:
    rng, encoded = np.random.default_rng(ladder.seed), encode(panel, layout)
    anchored = len(panel.scored_rows) > 0
    models = [ladder._model(panel, encoded, anchored, Parts())]
    if any(isinstance(e, Counts) for e in models[0].emissions):
        for n in range(2, (ladder.n_classes or 2) + 1):
            models.append(ladder._model(panel, encoded, anchored, Parts(n_classes=n)))
    starts = []
    for number in range(2):
        theta = first_parameters(models[0], encoded, rng, jitter=float(number))
        for model, larger in pairwise(models):
            theta = with_one_class_more(model, theta, larger, rng)
        starts.append(theta)
    fit, _ = search(models[-1], encoded.sequences, starts, em_steps=15, steps=80)
    nothing = np.zeros((len(fit.theta), len(fit.theta)))
    return Fitted(models[-1], fit.theta, nothing, panel.period, layout)


def _grouped(fitted: Fitted, panel: Panel) -> np.ndarray:
    """(N_GROUPS,) log-likelihood of groups of customers by lot."""
    model, theta, encoded = on_panel(fitted, panel)
    groups = np.array_split(np.random.default_rng(0).permutation(panel.n_customers), N_GROUPS)
    parts = [subset(encoded.sequences, group) for group in groups]
    return np.array([model.evaluate(part, theta).loglik if len(part.order) else 0.0 for part in parts])


def _mean_score(by_group: np.ndarray, n_rows: int) -> Estimate:
    value = float(by_group.sum() / n_rows)
    half = normal_quantile(0.95) * float(by_group.std(ddof=1) * np.sqrt(len(by_group)) / n_rows)
    return Estimate(value, value - half, value + half, n_rows)
