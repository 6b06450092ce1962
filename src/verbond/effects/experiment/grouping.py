"""The effect by group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from verbond.effects.experiment.kernel import Arm, compare
from verbond.effects.experiment.reading import LEAST, Outcome, Read
from verbond.effects.experiment.results import GroupEffect, GroupTest
from verbond.effects.experiment.shrinkage import LEAST_GROUPS, shrink
from verbond.results import Reason
from verbond.tables.reads.arms import Cells, arm_cells

__all__ = ["group_effects"]


def group_effects(read: Read) -> tuple[list[GroupEffect], list[GroupTest], list[Reason]]:
    """Effects of means and ratios by each column that was asked for, drawn towards one another.

    Groups with fewer than five units in an arm are not shown, and neither is another from which they would
    follow.
    """
    design = read.design
    rows: list[GroupEffect] = []
    tests: list[GroupTest] = []
    reasons: list[Reason] = []
    sets = [(*outcome.columns, *design.covariates) for outcome in design.all_outcomes]
    for by in design.groups:
        cells = arm_cells(read.units, [design.variant, by], sets)
        for k, outcome in enumerate(design.all_outcomes):
            if outcome.measure in ("ordinal", "survival"):
                continue
            for variant in read.variants:
                found = _of_variant(read, cells, k, outcome, variant)
                if len(found) < LEAST_GROUPS:
                    reasons.append(Reason("effects.few_groups", {"by": by, "least": LEAST_GROUPS}))
                    continue
                rows += _shrunk(found, outcome, variant, by, design.ci_level, tests)
    if tests:
        reasons.append(Reason("effects.groups_shrunk"))
    return rows, tests, _unique(reasons)


def _of_variant(
    read: Read, cells: Cells, k: int, outcome: Outcome, variant: str
) -> list[tuple[str, int, float, float]]:
    """Group, units, effect and error of each group that may be shown."""
    arms, groups = cells.keys
    found, hidden = [], 0
    for group in dict.fromkeys(g for g in groups if g is not None):
        pair = [_cell(cells, k, (arms == arm) & (groups == group)) for arm in (read.control, variant)]
        n = [0 if arm is None else int(arm.n) for arm in pair]
        if min(n) < LEAST:
            hidden += sum(n)
            continue
        control, other = pair
        assert control is not None
        assert other is not None
        compared = compare(control, other, ratio=outcome.measure == "ratio")
        if compared.standard_error > 0:
            found.append((str(group), sum(n), compared.effect_size, compared.standard_error))
    if 0 < hidden < LEAST and found:
        found.remove(min(found, key=lambda row: row[1]))
    return found


def _cell(cells: Cells, k: int, here: np.ndarray) -> Arm | None:
    rows = np.flatnonzero(here)
    if not len(rows):
        return None
    row = rows[0]
    return Arm(float(cells.n_obs[k, row]), cells.means[k][row], cells.covariances[k][row])


def _shrunk(
    found: Sequence[tuple[str, int, float, float]],
    outcome: Outcome,
    variant: str,
    by: str,
    ci_level: float,
    tests: list[GroupTest],
) -> list[GroupEffect]:
    effects, errors = (np.array([row[i] for row in found]) for i in (2, 3))
    together = shrink(effects, errors, ci_level)
    tests.append(GroupTest(outcome.name, variant, by, len(found), together.spread, together.pvalue))
    return [
        GroupEffect(outcome.name, variant, by, *row, float(mean), float(low), float(high))
        for row, mean, low, high in zip(found, together.mean, together.lower, together.upper, strict=True)
    ]


def _unique(reasons: Sequence[Reason]) -> list[Reason]:
    kept: list[Reason] = []
    for reason in reasons:
        if reason not in kept:
            kept.append(reason)
    return kept
