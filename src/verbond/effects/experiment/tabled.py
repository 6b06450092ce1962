"""`ActionExperiment`: an experiment whose arms and outcomes stand in the tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verbond.effects.experiment.model import Experiment
from verbond.effects.experiment.results import ExperimentResult
from verbond.errors import DataError, OptionError
from verbond.results import Provenance, Reason
from verbond.tables.reads.experiments import (
    BEHAVIOURS,
    ExperimentUnits,
    KnownExperiment,
    experiment_units,
    known_experiment,
)

if TYPE_CHECKING:
    from verbond.tables import Tables

__all__ = ["LESS_IS_BETTER", "ActionExperiment"]

LESS_IS_BETTER = ("complaints", "alternatives")
"""Outcomes of which everybody wants less."""


@dataclass(frozen=True, slots=True)
class ActionExperiment:
    """An experiment with an action: customers were assigned to its arms by lot, and the tables hold the rest.

    Arms come from `assignments`, whether or not the action reached somebody; where there are none of the
    action, from the variants that customers were shown (`exposures`), if the action is marked as randomised.
    Every outcome is measured before the lot too, and that takes noise away from all outcomes (CUPED). Of whom
    it is not known before, the mean stands there: what is known before a lot cannot differ by arm but by
    chance, so this biases nothing.

    Parameters
    ----------
    action : str
    control : str
        The arm that the others are compared with.
    outcomes : tuple of str
        "purchases" (days with one), "revenue", "margin", "complaints", "referrals", "contributions",
        "contacts" or "stays" (no cancellation) within `days`; "rung" (expected, in the last period within
        them); a construct ("trust": last score since the lot); or an item ("folder_appeal": last answer).
    days : int
        The day of the lot is the first. As many days before it count as before.
    by : tuple of str
        Attributes of customers, "type" or "rung", as known before the lot, to break effects down by.
    strata : tuple of str
        The same; arms are compared within them.
    covariates : tuple of str
        Further outcomes whose value before the lot takes noise away.
    margin : float or mapping of str to float, optional
    lower_is_better : tuple of str
        Besides complaints and the pull of alternatives.
    expected : mapping of str to float, optional
    any_look : bool
    planned_n : int, optional
    ci_level : float
        As in `Experiment`.

    References
    ----------
    White & Thompson (2005), Adjusting for partially missing baseline measurements in randomized trials,
    Statistics in Medicine 24, 993-1007: means of both arms together in the place of what is missing.

    Examples
    --------
    >>> import numpy as np
    >>> from verbond.tables import Tables
    >>> day = np.datetime64("2026-03-01")
    >>> who = [f"c{k}" for k in range(12)]
    >>> dealt = {"customer_id": who, "action_id": ["letter"] * 12, "occurred_at": [day] * 12}
    >>> dealt["variant"] = ["none"] * 6 + ["warm"] * 6
    >>> bought = {"customer_id": who[6:] + who[8:], "occurred_at": [day + 4] * 6 + [day + 9] * 4}
    >>> events = {**bought, "kind": ["purchase"] * 10}
    >>> tables = Tables.from_columns({"assignments": dealt, "events": events})
    >>> result = ActionExperiment("letter", "none", ("purchases",), days=10).analyze(tables)
    >>> print(result.headline)
    purchases is 1.667 higher with warm than with none (1.125 to 2.209). Strengthens.
    """

    action: str
    control: str
    outcomes: tuple[str, ...]
    days: int = 90
    by: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    margin: float | Mapping[str, float] | None = None
    lower_is_better: tuple[str, ...] = ()
    expected: Mapping[str, float] | None = None
    any_look: bool = False
    planned_n: int | None = None
    ci_level: float = 0.95

    def __post_init__(self) -> None:
        if self.days < 1:
            raise OptionError("days is out of range", got=repr(self.days), expected="1 or more")
        self._experiment()  # what is wrong shows before anything is read

    def _experiment(
        self,
        texts: Collection[str] = (),
        covariates: tuple[str, ...] = (),
        errors: Mapping[str, str] | None = None,
    ) -> Experiment:
        """The comparison, with what the units have of what it can use."""
        less = {*self.lower_is_better, *(name for name in LESS_IS_BETTER if name in self.outcomes)}
        return Experiment(
            variant="variant",
            control=self.control,
            outcomes=self.outcomes,
            covariates=covariates,
            errors={} if errors is None or self.any_look else errors,
            strata=self.strata,
            unit="customer_id",
            day="dealt_on",
            cluster="cluster" if "cluster" in texts else None,
            exposed="reached_on" if "reached_on" in texts else None,
            groups=self.by,
            margin=self.margin,
            lower_is_better=tuple(sorted(less)),
            expected=self.expected,
            any_look=self.any_look,
            planned_n=self.planned_n,
            ci_level=self.ci_level,
        )

    def analyze(self, tables: Tables) -> ExperimentResult:
        """Compare every arm with control on every outcome.

        Parameters
        ----------
        tables : Tables
            With `assignments` or `exposures`, and what the outcomes need: events, responses, scores, rungs.

        Raises
        ------
        NotFoundError
            If there is no such action, outcome or group.
        DataError
            If no lot decided, nobody has an arm, or amounts are in more than one currency.
        OptionError
            If there is no arm of the name of control, or `expected` names other arms.
        """
        known = known_experiment(tables, self.action)
        _check_lot(known)
        wanted = tuple(dict.fromkeys([*self.outcomes, *self.covariates]))
        groups = tuple(dict.fromkeys([*self.by, *self.strata]))
        with experiment_units(tables, known, self.control, self.outcomes, wanted, groups, self.days) as found:
            design = self._experiment([*_texts(known, found)], found.covariates, found.errors)
            result = design.analyze(found.units)
        return dataclasses.replace(
            result,
            reasons=(*result.reasons, *self._reasons(known, found)),
            provenance=Provenance(
                source=tables.name, fingerprint=tables.fingerprint, options=dataclasses.asdict(self)
            ),
        )

    def _reasons(self, known: KnownExperiment, found: ExperimentUnits) -> Iterator[Reason]:
        if {*self.outcomes} & {*BEHAVIOURS, "rung"}:
            yield Reason("effects_tables.days", {"n": self.days})
            values = {"days": self.days, "day": found.last_day}
            if found.n_open:
                yield Reason("effects_tables.not_over", {"n": found.n_open, **values})
            if found.n_early:
                yield Reason("effects_tables.too_early", {"n": found.n_early})
        if "rung" in self.outcomes:
            yield Reason("effects_tables.rung_knows")
        if found.covariates:
            yield Reason("effects_tables.known_before")
        if known.is_stimulus:
            yield Reason("effects_tables.same_sheet")


def _texts(known: KnownExperiment, found: ExperimentUnits) -> Iterator[str]:
    """What the units have besides an arm."""
    if found.n_clusters:
        yield "cluster"
    if known.is_dealt and known.n_exposures:
        yield "reached_on"


def _check_lot(known: KnownExperiment) -> None:
    """Refuse what no lot decided: a difference between those reached and others is no effect.

    Raises
    ------
    DataError
    """
    if known.by_lot is False or (known.by_lot is None and not known.is_dealt):
        raise DataError(
            f"no lot is recorded to have decided who got what of {known.action!r}",
            expected="a table of assignments, or `randomised` true in actions",
            hint="What an action did without a lot: PastAction, or verbond effects past.",
        )
    if not known.is_dealt and known.n_shown < 2:
        raise DataError(
            f"{known.action!r} has no two arms", got=f"{known.n_shown} variants in exposures",
            expected="a table of assignments, or two variants",
        )  # fmt: skip
