"""`PastAction`: what an action of the past did to those whom it reached, short and long side by side."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from verbond.effects.past.options import SHORT, PastOptions
from verbond.effects.past.panel import Panel, panel_of
from verbond.effects.past.reading import LEAST_CLUSTERS, LEAST_PEOPLE, UNLIKE, Figures, figures_of, study_of
from verbond.effects.past.results import PastResult
from verbond.effects.past.telling import corrected, told
from verbond.results import Provenance, Reason
from verbond.results.groups import MIN_GROUP
from verbond.tables.reads.past import (
    NEVER,
    PAST_OUTCOMES,
    PastMonths,
    PastOutcome,
    actions_beside,
    past_months,
)
from verbond.tables.tables import Tables

__all__ = ["PastAction", "read_months", "read_past"]


@dataclass(frozen=True, slots=True)
class PastAction(PastOptions):
    """Set customers whom an action reached beside those whom it had not (yet) reached.

    Parameters
    ----------
    action : str
        An action, or a kind of action: then it is the first of its kind that reached somebody.
    outcome : str
        Per customer and month: "purchases" (days with one), "revenue", "margin", "complaints", "contacts",
        "referrals" or "contributions"; "discounted", the share of rows bought on discount after the month of
        the action (promotion dependence); "stays", the share who have not cancelled, of those who were there
        in the month before.
    comparison : {"not_yet", "never"}
        Whether customers whom it reaches later serve as comparison until then.
    months_before, months_after : int
        At most so many months before the first and after the last customer was reached.
    margin : float, optional
        The largest difference that makes no difference, agreed on beforehand. Without it nothing is called
        unchanged.
    ci_level : float
    only : (str, str), optional
        Only customers of a group, as known before the action: ("tenure", "new") or ("tenure", "established")
        (known for less than a year, or not), ("type", "meaning"), ("rung", "3"), or an attribute and a value.
    cluster : str, optional
        An attribute such as "shop" by which customers were reached, or resemble each other: intervals and
        p-values are by the wild cluster bootstrap. Only for means.

    Notes
    -----
    Callaway & Sant'Anna (2021), see `verbond.effects.past.did`. Who had left before the action reached
    anybody is not compared; who leaves later counts with nothing. Where one lot did not decide, a verdict
    asks for two things more: both groups moved alike before, and the interval stays clear of zero also
    after a steady drift apart as large as can have gone unseen before (Roth 2022). Nobody can have left
    before: so "stays" gets a verdict only where one lot decided. More contacts are neither good nor bad:
    "contacts" strengthen and weaken nothing.

    Examples
    --------
    >>> from verbond.tables import open_tables
    >>> with open_tables("demo") as tables:                              # doctest: +SKIP
    ...     print(PastAction("bf-2024", "complaints").fit(tables).headline)
    """

    def fit(self, tables: Tables) -> PastResult:
        """Read the months and compare.

        Parameters
        ----------
        tables : Tables
            With events, actions and exposures; what they cannot answer comes back as reasons.

        Returns
        -------
        PastResult

        Raises
        ------
        NotFoundError
            If there is no such action, or no such attribute in `only`.
        DataError
            If nothing has a date, or money is asked for and is in several currencies.
        """
        labels = {self.only and self.only[0], self.cluster} - {None}
        past = past_months(tables, self.action, (self.outcome,), labels=sorted(labels))
        return read_months(tables, past, (self,))[0]


def read_past(
    tables: Tables,
    action: str,
    outcomes: Sequence[PastOutcome] = PAST_OUTCOMES,
    *,
    by: str | None = None,
    **options: Any,
) -> tuple[PastResult, ...]:
    """Read one action on many outcomes at once, for everybody or for each group.

    Parameters
    ----------
    tables : Tables
    action : str
    outcomes : sequence of str
        See `PastAction`; what is not recorded comes back as a reason.
    by : str, optional
        "tenure", "type", "rung" or an attribute: a reading for each of its groups in which the action reached
        at least five customers.
    **options
        Further ones of `PastAction`.

    Returns
    -------
    tuple of PastResult
        By group, in it by outcome. Holm's correction is over all that is read here together.

    Raises
    ------
    NotFoundError, DataError
        As `PastAction.fit`.

    Examples
    --------
    >>> from verbond.tables import open_tables
    >>> with open_tables("demo") as tables:                              # doctest: +SKIP
    ...     read_past(tables, "bf-2024", ("revenue", "stays"), by="tenure")
    """
    given = options.get("only")
    labels = sorted({by, given and given[0], options.get("cluster")} - {None})
    past = past_months(tables, action, outcomes, labels=labels)
    groups: list[tuple[str, str] | None] = [given]
    if by is not None:
        counts = Counter(past.labels[by][past.reached_in < NEVER].tolist())
        groups = [(by, one) for one in sorted(set(counts) - {None}) if counts[one] >= MIN_GROUP]
    asked = [
        PastAction(action, outcome, **(options | {"only": group})) for group in groups for outcome in outcomes
    ]
    return tuple(read_months(tables, past, asked))


def read_months(tables: Tables, past: PastMonths, asked: Sequence[PastAction]) -> list[PastResult]:
    """Compare what was read already, correct for all comparisons, and only then judge.

    Parameters
    ----------
    tables : Tables
    past : PastMonths
        With the outcomes and groups that are asked for.
    asked : sequence of PastAction
        All of one action.
    """
    results, figures, panels = [], [], []
    beside: tuple[Reason, ...] | None = None
    for one in asked:
        panel = panel_of(past, one) if past.records(one.outcome) else None
        result, found = _compared(_empty(tables, past, one), past, panel, one)
        if found is not None and panel is not None and one.only is None:
            beside = tuple(_about_beside(tables, one.action, panel)) if beside is None else beside
            result = replace(result, reasons=(*beside, *result.reasons))
        results.append(result)
        figures.append(found)
        panels.append(panel)
    judged = []
    for result, found, panel, one in zip(results, corrected(figures), panels, asked, strict=True):
        if found is not None and panel is not None:
            result = told(result, found, one.wording, tuple(_rests_on(panel, found, one)))
        about = () if one.only is None else (_about_group(*one.only),)
        judged.append(replace(result, reasons=about + result.reasons))
    return judged


def _empty(tables: Tables, past: PastMonths, options: PastAction) -> PastResult:
    return PastResult(
        action=options.action, outcome=options.outcome, design="none", by_lot=past.by_lot, effects=(),
        placebo=None, months=(), before=None, trend=None, verdict="cannot_tell",
        headline=Reason("effects_past.nobody_reached", {"action": options.action}), reasons=(),
        only=options.only,
        provenance=Provenance(
            source=tables.name, fingerprint=tables.fingerprint, simulated=tables.simulated,
            engine=tables.engine_name, options=dataclasses.asdict(options),
        ),
    )  # fmt: skip


def _rests_on(panel: Panel, figures: Figures, options: PastAction) -> Iterator[Reason]:
    """Who was compared."""
    values = {"n": int(panel.reached.sum()), "others": int(panel.others.sum()), "months": panel.n_months}
    yield Reason("effects_past.rests_on", values)
    if figures.n_clusters is not None:
        yield Reason("effects_past.by_cluster", {"by": options.cluster, "n": figures.n_clusters})


def _about_group(by: str, label: str) -> Reason:
    if by in ("tenure", "type"):
        return Reason(f"effects_past.only_{label}")
    if by == "rung":
        return Reason("effects_past.only_rung", {"label": label})
    return Reason("effects_past.only", {"by": by, "label": label})


def _compared(
    result: PastResult, past: PastMonths, panel: Panel | None, options: PastAction
) -> tuple[PastResult, Figures | None]:
    """Figures, or a result that says why there are none."""
    if not (past.reached_in < NEVER).any():
        return result, None
    if not past.records(options.outcome):
        return _refused(result, f"unrecorded_{options.outcome}"), None
    if panel is None:
        return _refused(result, "no_before"), None
    if panel.n_left_out:
        left_out = Reason("effects_past.left_out", {"n": panel.n_left_out})
        result = replace(result, reasons=(*result.reasons, left_out))
    if panel.reached.sum() < LEAST_PEOPLE:
        return _refused(result, "too_few", least=LEAST_PEOPLE), None
    if panel.n_clusters_least < LEAST_CLUSTERS:
        return _refused(result, "too_few_clusters", least=LEAST_CLUSTERS, by=options.cluster), None
    study = study_of(panel, options)
    if not (study.since_start >= 0).any():
        return _alone(result, panel, options), None
    if not panel.values.any():
        return _refused(result, "constant"), None
    figures = figures_of(panel, study, options, by_lot=past.by_lot)
    if not figures.spans:
        return _refused(result, "constant"), None
    if not all(math.isfinite(one.effect_size_ci_upper - one.effect_size_ci_lower) for one in figures.spans):
        return _refused(result, "endless", by=options.cluster, n=figures.n_clusters), None
    return result, figures


def _refused(result: PastResult, code: str, **values: object) -> PastResult:
    return replace(result, headline=Reason(f"effects_past.{code}", {"action": result.action, **values}))


def _alone(result: PastResult, panel: Panel, options: PastAction) -> PastResult:
    """Nobody to compare with."""
    if panel.among is not None and not panel.among.any():
        return _refused(result, "constant")
    if panel.others.any() or len(np.unique(panel.starts)) > 1:
        return _refused(result, "too_few", least=LEAST_PEOPLE)
    return _before_after(result, panel, options)


def _before_after(result: PastResult, panel: Panel, options: PastAction) -> PastResult:
    """Everybody at once: what it was before and while, and no figure that could pass for an effect."""
    first = panel.first_start
    before, after = slice(None, first), slice(first, min(first + SHORT[1] + 1, panel.n_months))
    values = {"action": options.action, "before": _level(panel, before), "after": _level(panel, after)}
    if not np.isfinite([values["before"], values["after"]]).all():
        return _refused(result, "constant")
    scaled = values | {name: values[name] * options.scale for name in ("before", "after")}  # type: ignore[operator]
    return replace(
        result,
        design="before_after",
        headline=Reason(f"effects_past.before_after_{options.outcome}", scaled),
        reasons=(Reason("effects_past.no_others"), Reason("effects_past.next_time"), *result.reasons),
    )


def _level(panel: Panel, months: slice) -> float:
    if panel.among is None:
        return float(panel.values[:, months].mean())
    counted = float(panel.among[:, months].sum())
    return float(panel.values[:, months].sum()) / counted if counted else np.nan


def _about_beside(tables: Tables, action: str, panel: Panel) -> Iterator[Reason]:
    """The other action that reached the one group most unlike the other."""
    groups = np.array([panel.reached.sum(), panel.others.sum()])
    if groups.min() < LEAST_PEOPLE:
        return
    first = panel.first_month
    beside = actions_beside(
        tables, action, first=first, last=first + panel.n_months - 1, reached_from=first + panel.first_start
    )
    shares = {name: np.array(counts) / groups for name, counts in beside.items()}
    name = max(shares, key=lambda one: abs(shares[one][0] - shares[one][1]), default=None)
    if name is not None and abs(shares[name][0] - shares[name][1]) >= UNLIKE:
        reached, others = shares[name].tolist()
        yield Reason("effects_past.beside", {"other": name, "reached": reached, "others": others})
