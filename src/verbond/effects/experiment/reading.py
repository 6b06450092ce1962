"""From a file of units to arms: sums, who is control, what had to be left out."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from verbond.effects.experiment.clusters import ClusteredArm
from verbond.effects.experiment.kernel import Arm, pooled, pooled_cells
from verbond.errors import DataError, OptionError
from verbond.results import Reason
from verbond.tables.reads.arms import Cells, arm_cells, crossed_units, without_crossed
from verbond.tables.units import Units

if TYPE_CHECKING:
    from verbond.effects.experiment.model import Experiment

__all__ = ["LEAST", "Outcome", "Read", "read_experiment"]

LEAST = 5
"""Nothing is said about fewer people."""
MOST_ARMS = 50


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is compared.

    Attributes
    ----------
    name : str
    columns : tuple of str
        One, or numerator and denominator.
    measure : str
    margin : float or None
    higher_is_better : bool
    """

    name: str
    columns: tuple[str, ...]
    measure: str
    margin: float | None
    higher_is_better: bool


@dataclass(frozen=True, slots=True)
class Read:
    """An experiment as aggregates.

    Attributes
    ----------
    units : Units
        For what takes more than sums.
    design : Experiment
    control : str
        As it is called in the data.
    variants : tuple of str
    cells : Cells
        By arm and stratum; a set for each outcome with the covariates, then one for each covariate.
    reasons : tuple of Reason
        What was left out.
    by_cluster : Cells or None
        The same sets by arm and cluster.
    """

    units: Units
    design: Experiment
    control: str
    variants: tuple[str, ...]
    cells: Cells
    reasons: tuple[Reason, ...]
    by_cluster: Cells | None = None

    @property
    def arms(self) -> tuple[str, ...]:
        """Control, then the variants."""
        return (self.control, *self.variants)

    def rows_of(self, arm: str) -> np.ndarray:
        """Cells of an arm."""
        return np.flatnonzero(self.cells.keys[0] == arm)

    def n_rows(self, arm: str) -> int:
        """Units of an arm."""
        return int(self.cells.n_rows[self.rows_of(arm)].sum())

    def arm(self, k: int, arm: str) -> Arm:
        """Set `k` in an arm, strata taken together."""
        cells = [self.cell(k, row) for row in self.rows_of(arm)]
        known = [cell for cell in cells if cell.n > 0]
        if not known:
            width = self.cells.means[k].shape[1]
            return Arm(0, np.full(width, np.nan), np.full((width, width), np.nan))
        return known[0] if len(known) == 1 else pooled(known)

    def strata_of(self, k: int, variant: str) -> list[tuple[Arm, Arm]]:
        """Set `k` in control and a variant, for every stratum with two units at least in both."""
        found = []
        keys = list(zip(*self.cells.keys[1:], strict=True))
        others = {keys[row]: row for row in self.rows_of(variant)}
        for row in self.rows_of(self.control):
            if keys[row] in others:
                pair = self.cell(k, row), self.cell(k, others[keys[row]])
                if min(arm.n for arm in pair) >= 2:
                    found.append(pair)
        return found

    def clustered(self, k: int, arm: str) -> ClusteredArm:
        """Set `k` in an arm, by cluster; units of no cluster are not in it."""
        assert self.by_cluster is not None
        cells = self.by_cluster
        arms, clusters = cells.keys
        named = np.array([c is not None for c in clusters])
        codes = np.full(len(clusters), -1)
        codes[named] = np.unique(clusters[named].astype(str), return_inverse=True)[1]
        here = np.flatnonzero((arms == arm) & named & (cells.n_obs[k] > 0))
        n, means = cells.n_obs[k][here].astype(float), cells.means[k][here]
        whole = replace(self.arm(k, arm), n=0.0)
        if len(here):
            whole = pooled_cells(n, means, cells.covariances[k][here])
        return ClusteredArm(whole, codes[here], n, means)

    def cell(self, k: int, row: int) -> Arm:
        """Set `k` in one cell."""
        return Arm(float(self.cells.n_obs[k, row]), self.cells.means[k][row], self.cells.covariances[k][row])


def read_experiment(units: Units, design: Experiment) -> Read:
    """Sum up the units by arm.

    Raises
    ------
    OptionError, DataError
        See `Experiment.analyze`.
    """
    reasons: list[Reason] = []
    if design.unit is not None:
        units = _uncrossed(units, design.unit, design.variant, reasons)
    sets = [
        outcome.columns if outcome.measure == "survival" else (*outcome.columns, *design.covariates)
        for outcome in design.all_outcomes
    ]
    sets += [(name,) for name in design.covariates]
    cells = arm_cells(units, [design.variant, *design.strata], sets)
    if not cells.n_rows.sum():
        raise DataError("there are no units in it", got=units.name)
    labels = [str(label) for label in dict.fromkeys(cells.keys[0]) if label is not None]
    if without := int(cells.n_rows[np.array([key is None for key in cells.keys[0]])].sum()):
        reasons.append(Reason("effects.units_without_arm", {"n": without}))
    if not labels:
        raise DataError(f"no unit has an arm in column {design.variant!r}", got=units.name)
    if len(labels) > MOST_ARMS:
        raise DataError(
            f"column {design.variant!r} has too many values for the arms of an experiment",
            got=str(len(labels)), expected=f"at most {MOST_ARMS}",
        )  # fmt: skip
    control = _control_of(design.control, labels)
    variants = tuple(label for label in labels if label != control)
    by_cluster = None
    if design.cluster is not None:
        by_cluster = arm_cells(units, [design.variant, design.cluster], sets)
    return Read(units, design, control, variants, cells, tuple(reasons), by_cluster)


def _uncrossed(units: Units, unit: str, variant: str, reasons: list[Reason]) -> Units:
    n, several, repeated = crossed_units(units, unit, variant)
    if several:
        reasons.append(Reason("effects.crossed_units", {"n": several, "share": several / n}))
        units = without_crossed(units, unit, variant)
    if repeated > several:
        reasons.append(Reason("effects.repeated_units", {"n": repeated - several}))
    return units


def _control_of(wanted: str, labels: Sequence[str]) -> str:
    """The arm that is meant: by its name, or as the same number or truth value written otherwise."""
    if wanted in labels:
        return wanted
    alike = [label for label in labels if _value(label) is not None and _value(label) == _value(wanted)]
    if len(alike) == 1:
        return alike[0]
    near = difflib.get_close_matches(wanted, labels, 1)
    raise OptionError(
        "no arm has the name of control", got=repr(wanted),
        expected=", ".join(repr(label) for label in labels[:12]) or "at least one arm",
        hint=f"Did you mean {near[0]!r}?" if near else None,
    )  # fmt: skip


def _value(label: str) -> float | None:
    if label.lower() in ("true", "false"):
        return float(label.lower() == "true")
    try:
        return float(label)
    except ValueError:
        return None
