"""What has to be right before an experiment may be believed, each as figures and a sentence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from verbond.effects.experiment.checks import (
    difference_of_shares_pvalue,
    same_shares_pvalue,
    sample_ratio_pvalue,
    standardised_difference,
)
from verbond.effects.experiment.reading import LEAST, Read
from verbond.effects.experiment.results import ArmSize, Attrition, Balance, SampleRatio
from verbond.errors import OptionError
from verbond.results import Reason
from verbond.tables.reads.arms import arm_cells, arm_exposures

__all__ = ["Checks", "check_assignment"]

MISMATCH = 0.001
"""A p-value below which something other than the lot was at work."""
UNLIKE = 0.1
"""A standardised difference above which arms are said to differ beforehand (Austin 2009)."""


@dataclass(frozen=True, slots=True)
class Checks:
    """What was found about the assignment.

    Attributes
    ----------
    arms : tuple of ArmSize
    sample_ratio : SampleRatio or None
        None where there is one arm.
    balance : tuple of Balance
    attrition : tuple of Attrition
    refused : Reason or None
        Why no verdict may be given.
    reasons : tuple of Reason
    """

    arms: tuple[ArmSize, ...]
    sample_ratio: SampleRatio | None
    balance: tuple[Balance, ...]
    attrition: tuple[Attrition, ...]
    refused: Reason | None
    reasons: tuple[Reason, ...]


def check_assignment(read: Read) -> Checks:
    """Sizes of the arms, likeness beforehand, who was lost.

    Raises
    ------
    OptionError
        If the shares that were expected are of other arms, or are no shares.
    """
    counts = np.array([_n_dealt(read, arm) for arm in read.arms])
    shares = _shares(read)
    ratio = SampleRatio(sample_ratio_pvalue(counts, shares), read.design.expected is not None)
    reasons: list[Reason] = []
    refused = None
    if len(counts) > 1 and ratio.pvalue < MISMATCH:
        found = {"arms": list(read.arms)}
        if ratio.stated:
            refused = Reason("effects.sample_ratio_mismatch", found)
        else:
            reasons.append(Reason("effects.unequal_arms", found))
    changed = _change_of_shares(read)
    if changed is not None and changed < MISMATCH:
        refused = refused or Reason("effects.assignment_changed")
    balance, attrition = tuple(_balance(read)), tuple(_attrition(read))
    if unlike := [b for b in balance if abs(b.standardised_difference) > UNLIKE and (b.pvalue or 1) < 0.01]:
        names = list(dict.fromkeys(b.covariate for b in unlike))
        reasons.append(Reason("effects.unlike_beforehand", {"names": names}))
    if lost := [a for a in attrition if a.pvalue is not None and a.pvalue < 0.01]:
        reasons.append(
            Reason("effects.lost_unequally", {"names": list(dict.fromkeys(a.outcome for a in lost))})
        )
    reasons += _exposure(read)
    expected = counts.sum() * shares / shares.sum()
    arms = tuple(
        ArmSize(arm, int(n), float(e)) for arm, n, e in zip(read.arms, counts, expected, strict=True)
    )
    return Checks(
        arms, ratio if len(counts) > 1 else None, balance, attrition, refused,
        (*([refused] if refused else ()), *reasons),
    )  # fmt: skip


def _n_dealt(read: Read, arm: str) -> int:
    """What the lot dealt out to an arm: clusters where those were assigned as a whole, else units.

    Clusters that lie in several arms were not dealt out; then it was the units.
    """
    if read.by_cluster is None:
        return read.n_rows(arm)
    arms, clusters = read.by_cluster.keys
    known = np.array([a is not None and c is not None for a, c in zip(arms, clusters, strict=True)])
    if len(set(clusters[known])) < known.sum():
        return read.n_rows(arm)
    return int((known & (arms == arm)).sum())


def _shares(read: Read) -> np.ndarray:
    expected = read.design.expected
    if expected is None:
        return np.ones(len(read.arms))
    if set(expected) != set(read.arms):
        raise OptionError(
            "the shares expected are of other arms", got=", ".join(sorted(expected)),
            expected=", ".join(read.arms),
        )  # fmt: skip
    shares = np.array([float(expected[arm]) for arm in read.arms])
    if not (np.isfinite(shares) & (shares > 0)).all():
        raise OptionError(
            "a share expected is out of range", got=repr(dict(expected)), expected="more than 0"
        )
    return shares


def _change_of_shares(read: Read) -> float | None:
    """p-value of the arms having the same shares on all days; None where days are not known, or are strata.

    Clusters bring all their units on a day of their own, so that there it says nothing.
    """
    day = read.design.day
    if day is None or day in read.design.strata or read.design.cluster or not read.variants:
        return None
    cells = arm_cells(read.units, [read.design.variant, day], [])
    arms, days = cells.keys
    known = np.array([a is not None and d is not None for a, d in zip(arms, days, strict=True)])
    order = {name: i for i, name in enumerate(sorted(set(days[known])))}
    counts = np.zeros((len(read.arms), len(order)))
    rows = [read.arms.index(arm) for arm in arms[known]]
    counts[rows, [order[name] for name in days[known]]] = cells.n_rows[known]
    return same_shares_pvalue(counts)


def _exposure(read: Read) -> list[Reason]:
    """Who was reached and should not have been, who was not and should, and who was reached too early."""
    exposed = read.design.exposed
    if exposed is None:
        return []
    found = arm_exposures(read.units, read.design.variant, exposed, read.design.day)
    reasons = []
    n, reached, *_ = found[read.control]
    if reached:
        reasons.append(Reason("effects.contaminated", {"control": read.control, "share": reached / n}))
    for variant in read.variants:
        n, reached, *_ = found[variant]
        if reached < n:
            reasons.append(Reason("effects.not_reached", {"variant": variant, "share": 1 - reached / n}))
    if early := sum(found[arm][2] for arm in read.arms):
        reasons.append(Reason("effects.reached_before", {"n": early}))
    if unread := sum(found[arm][3] for arm in read.arms):
        reasons.append(Reason("effects.days_unread", {"n": unread}))
    return reasons


def _balance(read: Read) -> list[Balance]:
    first = len(read.design.all_outcomes)
    found = []
    for k, covariate in enumerate(read.design.covariates):
        control = read.arm(first + k, read.control)
        for variant in read.variants:
            arm = read.arm(first + k, variant)
            if min(control.n, arm.n) >= LEAST:
                found.append(Balance(covariate, variant, *standardised_difference(control, arm, 0)))
    return found


def _attrition(read: Read) -> list[Attrition]:
    """Missing outcomes by arm; nothing where all are known."""
    found = []
    n_control = read.n_rows(read.control)
    for k, outcome in enumerate(read.design.all_outcomes):
        lost_control = n_control - int(read.arm(k, read.control).n)
        for variant in read.variants:
            n = read.n_rows(variant)
            lost = n - int(read.arm(k, variant).n)
            if (lost or lost_control) and min(n, n_control) >= LEAST:
                pvalue = difference_of_shares_pvalue(lost_control, n_control, lost, n)
                found.append(Attrition(outcome.name, variant, lost / n, lost_control / n_control, pvalue))
    return found
