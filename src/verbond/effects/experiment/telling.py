"""The verdicts of an experiment, and the sentence that one passes on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from verbond.effects.experiment.checking import Checks
from verbond.effects.experiment.reading import Outcome, Read
from verbond.effects.experiment.results import EffectEstimate
from verbond.effects.verdict import Verdict, verdict_of
from verbond.numerics.correction import benjamini_hochberg, holm
from verbond.results import Reason

__all__ = ["corrected", "headline_of"]


def corrected(
    rows: Sequence[EffectEstimate],
    outcomes: Sequence[Outcome],
    alpha: float,
    control: str,
    *,
    refused: Reason | None,
) -> list[EffectEstimate]:
    """The estimates with p-values corrected for all of them, their verdicts and sentences."""
    better = {outcome.name: outcome.higher_is_better for outcome in outcomes}
    pvalues = [math.nan if row.pvalue is None else row.pvalue for row in rows]
    done = []
    for row, by_holm, by_bh in zip(rows, holm(pvalues), benjamini_hochberg(pvalues), strict=True):
        if row.reason is not None or row.effect_size is None:
            values = {"outcome": row.outcome, "variant": row.variant}
            done.append(replace(row, headline=Reason("effects.row_untold", values)))
            continue
        row = replace(
            row,
            pvalue_holm=float(by_holm),
            pvalue_bh=float(by_bh),
            not_worse=_not_worse(row, better[row.outcome]),
        )
        verdict = _verdict(row, float(by_holm), alpha, better[row.outcome])
        if refused is not None:
            done.append(replace(row, headline=refused))
        elif not _survives(row, verdict):
            done.append(replace(row, headline=_lost(row)))
        else:
            done.append(replace(row, verdict=verdict, headline=_sentence(row, verdict, control)))
    return done


def _survives(row: EffectEstimate, verdict: Verdict) -> bool:
    """Whether a verdict also holds for those who would have answered in either arm."""
    if row.lee_ci_lower is None or row.lee_ci_upper is None or verdict == "cannot_tell":
        return True
    if verdict == "unchanged":
        assert row.margin is not None
        return -row.margin < row.lee_ci_lower and row.lee_ci_upper < row.margin
    assert row.effect_size is not None
    return row.lee_ci_lower > 0 if row.effect_size > 0 else row.lee_ci_upper < 0


def _not_worse(row: EffectEstimate, higher_is_better: bool) -> bool | None:
    """Whether harm as large as the margin is ruled out; None without a margin."""
    low, high = row.equivalence_ci_lower, row.equivalence_ci_upper
    if row.margin is None or low is None or high is None:
        return None
    return low > -row.margin if higher_is_better else high < row.margin


def _lost(row: EffectEstimate) -> Reason:
    """The bounds with their uncertainty, for that is what the verdict was held against."""
    low, high = row.lee_ci_lower, row.lee_ci_upper
    values = {"outcome": row.outcome, "variant": row.variant, "low": low, "high": high}
    return Reason("effects.row_lost_share" if row.measure == "share" else "effects.row_lost", values)


def _verdict(row: EffectEstimate, pvalue: float, alpha: float, higher_is_better: bool) -> Verdict:
    assert row.effect_size is not None
    bounds = [math.nan if b is None else b for b in (row.equivalence_ci_lower, row.equivalence_ci_upper)]
    return verdict_of(
        row.effect_size, pvalue, alpha, equivalence=(bounds[0], bounds[1]), margin=row.margin,
        higher_is_better=higher_is_better,
    )  # fmt: skip


def _sentence(row: EffectEstimate, verdict: Verdict, control: str) -> Reason:
    assert row.effect_size is not None
    assert row.effect_size_ci_lower is not None
    assert row.effect_size_ci_upper is not None
    effect, low, high = row.effect_size, row.effect_size_ci_lower, row.effect_size_ci_upper
    kind = f"_{row.measure}" if row.measure in ("share", "ordinal", "survival") else ""
    code = "not_worse" if verdict == "cannot_tell" and row.not_worse else verdict
    if row.measure == "ordinal":  # said as the probability itself
        effect, low, high = (min(max(0.5 + value, 0.0), 1.0) for value in (effect, low, high))
    elif verdict in ("strengthens", "weakens"):
        code += "_up" if effect > 0 else "_down"
        if not low < 0 < high:  # a share's interval and p-value can differ by a hair
            low, high = sorted((abs(low), abs(high)))
        effect = abs(effect)
    values = {"outcome": row.outcome, "variant": row.variant, "control": control, "effect": effect}
    values |= {"low": low, "high": high}
    if row.measure == "survival":
        values["time"], _, values["event"] = row.outcome.partition(":")
        values["horizon"] = row.horizon
    if row.margin is not None:
        values["margin"] = row.margin
    return Reason(f"effects.row_{code}{kind}", values)


def headline_of(rows: Sequence[EffectEstimate], verdict: Verdict, read: Read, checks: Checks) -> Reason:
    """The sentence of the whole: that of the first estimate that carries the verdict."""
    if not read.variants:
        return Reason("effects.one_arm", {"arm": read.control})
    if checks.refused is not None:
        return checks.refused
    carrying = [row for row in rows if row.verdict == verdict]
    told = [row for row in carrying if row.reason is None] or carrying
    return told[0].headline if len(carrying) == 1 or verdict != "unchanged" else _all_unchanged(rows)


def _all_unchanged(rows: Sequence[EffectEstimate]) -> Reason:
    return Reason("effects.all_unchanged", {"names": list(dict.fromkeys(row.outcome for row in rows))})
