"""From figures to a verdict and sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from scipy.special import stdtrit

from verbond.effects.past.options import LONG, Wording
from verbond.effects.past.reading import REFUSED_BY_LOT, Figures
from verbond.effects.past.results import PastEffect, PastResult
from verbond.effects.verdict import Verdict, together, verdict_of
from verbond.numerics.correction import holm
from verbond.numerics.intervals import normal_quantile
from verbond.results import Reason

__all__ = ["corrected", "told"]


def corrected(figures: Sequence[Figures | None]) -> list[Figures | None]:
    """Holm's correction over all spans of all outcomes and groups that are read together."""
    pvalues = [
        math.nan if one.pvalue is None else one.pvalue for each in figures if each for one in each.spans
    ]
    adjusted = iter(holm(pvalues).tolist())
    return [
        each and replace(each, spans=tuple(replace(one, pvalue_holm=next(adjusted)) for one in each.spans))
        for each in figures
    ]


def told(
    result: PastResult, figures: Figures, wording: Wording, rests_on: Sequence[Reason] = ()
) -> PastResult:
    """Give the verdict, and say what it rests on.

    Parameters
    ----------
    result : PastResult
        Without a comparison yet; its reasons come last.
    figures : Figures
        Corrected.
    wording : Wording
    rests_on : sequence of Reason
        Who was compared; comes first.
    """
    refused = _doubt(figures, wording)
    effects = []
    for one in figures.spans:
        judged = replace(one, verdict="cannot_tell" if refused else _verdict(one, figures, wording))
        effects.append(replace(judged, headline=_sentence(judged, wording)))
    verdict = together([one.verdict for one in effects])
    carrying = next(one for one in effects if one.verdict == verdict)
    assert carrying.headline is not None
    return replace(
        result, design="comparison", effects=tuple(effects), placebo=figures.placebo, before=figures.before,
        trend=figures.trend, trended=figures.trended, untouched=figures.untouched, months=figures.months,
        n_clusters=figures.n_clusters, verdict=verdict, headline=carrying.headline,
        reasons=(*rests_on, *_about(figures, refused, effects, wording), *result.reasons),
    )  # fmt: skip


def _doubt(figures: Figures, wording: Wording) -> Reason | None:
    """Why no verdict can be given, whatever the figures."""
    if figures.trend is None:
        kind = "_stays" if wording.word == "stays" else _steps(wording)
        return None if figures.lot_holds else Reason(f"effects_past.before_unseen{kind}")
    if figures.trend.pvalue < (REFUSED_BY_LOT if figures.by_lot else 1 - wording.ci_level):
        return Reason(f"effects_past.moved_apart{_steps(wording)}", {"months": figures.trend.n_periods})
    return None


def _steps(wording: Wording) -> str:
    return "" if wording.steps == "months" else f"_{wording.steps}"


def _verdict(one: PastEffect, figures: Figures, wording: Wording) -> Verdict:
    drift = 0.0 if figures.lot_holds or one.unseen_drift is None else one.unseen_drift
    width = _quantile(2 * wording.ci_level - 1, figures.n_clusters) * one.standard_error + drift
    verdict = verdict_of(
        one.effect_size, math.nan if one.pvalue_holm is None else one.pvalue_holm, 1 - wording.ci_level,
        equivalence=(one.effect_size - width, one.effect_size + width), margin=wording.margin,
        higher_is_better=wording.better != "lower",
    )  # fmt: skip
    if verdict == "unchanged":
        return verdict
    return verdict if _clear(one) > drift and wording.better != "neither" else "cannot_tell"


def _quantile(level: float, n_clusters: int | None) -> float:
    """How many standard errors wide, with Student's t on few clusters."""
    if n_clusters is None:
        return normal_quantile(level)
    return float(stdtrit(n_clusters - 1, (1 + level) / 2))


def _clear(one: PastEffect) -> float:
    """How far the interval stays from zero; negative where it holds zero."""
    return max(one.effect_size_ci_lower, -one.effect_size_ci_upper)


def _span(one: PastEffect) -> dict[str, object]:
    """The months that an estimate is about, counted from 1, and how many they are."""
    return {"first": one.first + 1, "last": one.last + 1, "n": one.last - one.first + 1}


def _sentence(one: PastEffect, wording: Wording) -> Reason:
    low, high, effect = one.effect_size_ci_lower, one.effect_size_ci_upper, one.effect_size
    if one.verdict in ("strengthens", "weakens"):
        low, high = sorted((abs(low), abs(high)))
        effect = abs(effect)
    scale = wording.scale
    values = {"action": wording.action, **_span(one), **wording.values}
    values |= {"effect": effect * scale, "low": low * scale, "high": high * scale}
    if one.verdict == "unchanged" and wording.margin is not None:
        values["margin"] = wording.margin * scale
    return Reason(f"effects_past.{one.verdict}_{wording.word}", values)


def _about(
    figures: Figures, refused: Reason | None, effects: list[PastEffect], wording: Wording
) -> Iterator[Reason]:
    if refused is not None:
        yield refused
    before = figures.before
    if figures.unlike and before is not None:
        code = f"effects_past.{'lot_unlike' if figures.by_lot else 'targeted'}_{wording.word_before}"
        scale = wording.scale_before
        values = {"reached": before.reached * scale, "others": before.others * scale}
        yield Reason(code, {**values, **wording.values})
    if figures.by_lot and figures.n_starts > 1:
        yield Reason("effects_past.lot_in_steps")
    if refused is None:
        yield from _about_trend(figures, effects, wording)
    if not figures.by_lot:
        yield Reason("effects_past.association")
    elif figures.lot_holds and refused is None:
        yield Reason("effects_past.by_lot")
    if wording.better == "neither":
        yield Reason(f"effects_past.neither_{wording.word}")
    if not any(one.span == "long" for one in effects):
        yield Reason(f"effects_past.no_long{_steps(wording)}", {"months": LONG[0] + 1})
    if refused is None and not figures.lot_holds:
        yield from _about_hidden(effects)
    yield from _about_trended(figures, wording)
    yield from _about_nothing(figures, wording)


def _about_trend(figures: Figures, effects: list[PastEffect], wording: Wording) -> Iterator[Reason]:
    trend, scale = figures.trend, wording.scale
    if trend is None:
        return
    values = {"months": trend.n_periods, "slope": trend.detectable_slope * scale, "power": trend.power}
    yield Reason(f"effects_past.moved_alike{_steps(wording)}", values)
    for one in effects:
        unseen = one.unseen_drift
        if not figures.lot_holds and unseen is not None and 0 < _clear(one) <= unseen:
            values = {**_span(one), "drift": unseen * scale}
            yield Reason("effects_past.drift_would_do", values)


def _about_hidden(effects: list[PastEffect]) -> Iterator[Reason]:
    """How strong something unrecorded would have to be."""
    for one in effects:
        if one.verdict in ("strengthens", "weakens") and one.evalue_limit is not None:
            values = {**_span(one), "limit": one.evalue_limit}
            yield Reason("effects_past.hidden", values | {"strength": one.evalue})


def _about_trended(figures: Figures, wording: Wording) -> Iterator[Reason]:
    """What is left if the groups would have gone on moving apart; nobody asks that where one lot decided."""
    if figures.lot_holds:
        return
    for one in figures.trended:
        values = {**_span(one), "effect": one.effect_size * wording.scale}
        low, high = one.effect_size_ci_lower * wording.scale, one.effect_size_ci_upper * wording.scale
        yield Reason("effects_past.trended", values | {"low": low, "high": high})


def _about_nothing(figures: Figures, wording: Wording) -> Iterator[Reason]:
    """What was found where nothing was done."""
    for name, one in (("placebo", figures.placebo), ("untouched", figures.untouched)):
        if one is not None and one.pvalue is not None and one.pvalue < 1 - wording.ci_level:
            yield Reason(f"effects_past.{name}_found", {"effect": one.effect_size * wording.scale})
