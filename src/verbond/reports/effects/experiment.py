"""What an experiment says: the word, a sentence, the outcomes side by side, how sure, what may be wrong.

`read_result` gives the parts by themselves, for a page that lays them out; `section` gives them as a section.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from verbond.effects import EffectEstimate, ExperimentResult
from verbond.effects.verdict import Verdict
from verbond.plots.effects import Difference, draw_differences
from verbond.reports.parts import Picture, Said, Section, both, capital, filled, speaker
from verbond.reports.tables import Column, Table
from verbond.results import Language, Reason, sentence
from verbond.results.wording import format_value

__all__ = ["Reading", "named", "read_result", "section"]

ROOM = "effects_read"
_TONES: Mapping[str, str] = {"strengthens": "good", "weakens": "bad", "unchanged": "neutral"}
_SURE = (
    "effects.corrected", "effects.any_look", "effects.clustered", "effects.groups_shrunk", "effects.latent",
    "effects_tables.days", "effects_tables.known_before",
)  # fmt: skip
"""Reasons that say how sure it is; the others say what may be wrong."""
_GRAVE = ("effects.sample_ratio_mismatch", "effects.assignment_changed", "effects.one_arm")
MOST_DRAWN = 12
LONGEST_IN_NOTE = 16
"""Letters of a version's name that stand beside its mean."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An experiment as people read it, every string ready.

    Attributes
    ----------
    verdict : str
        One of `verbond.effects.VERDICTS`.
    word, tone, lead : str
        The verdict as a word, its tone, and the sentence that one passes on.
    pictures : tuple of Picture
    sure : tuple of str
        How sure it is.
    doubts : tuple of Said
        What was looked at that may be wrong, and how it turned out.
    tables : tuple of Table
    how : tuple of str
    how_tables : tuple of Table
    """

    verdict: Verdict
    word: str
    tone: str
    lead: str
    pictures: tuple[Picture, ...] = ()
    sure: tuple[str, ...] = ()
    doubts: tuple[Said, ...] = ()
    tables: tuple[Table, ...] = ()
    how: tuple[str, ...] = ()
    how_tables: tuple[Table, ...] = ()

    def numbered(self, n: int) -> Reading:
        """The same with names of its own, so that several stand on one page."""

        def own(tables: tuple[Table, ...]) -> tuple[Table, ...]:
            return tuple(replace(one, name=f"{one.name}_{n}") for one in tables)

        def ids(svg: str) -> str:
            return re.sub(r"(?<=[\" ])experiment-(?=(wide|tall)-)", f"experiment-{n}-", svg)

        pictures = tuple(replace(one, wide=ids(one.wide), tall=ids(one.tall)) for one in self.pictures)
        return replace(self, pictures=pictures, tables=own(self.tables), how_tables=own(self.how_tables))


@dataclass(frozen=True, slots=True)
class _Told:
    """A result with the names that people use."""

    result: ExperimentResult
    language: Language
    names: Mapping[str, str]
    units: Mapping[str, str]

    def say(self, code: str, **values: object) -> str:
        return sentence(f"{ROOM}.{code}", self.language, **values)

    def name(self, id: str) -> str:
        return self.names.get(id, id)

    def unit(self, row: EffectEstimate) -> str:
        plain = row.outcome if row.measure in ("mean", "ratio") else row.measure
        return self.units.get(row.outcome, plain)

    def figure(self, row: EffectEstimate, value: float) -> str:
        return format_value(value, _kind(row), self.language).replace("-", "−", 1)

    def turned(self, row: EffectEstimate, value: float) -> str:
        """A difference as a size and a direction: "0.9 higher"."""
        return self.say("by_higher" if value >= 0 else "by_lower", size=self.figure(row, abs(value)))


def read_result(
    result: ExperimentResult,
    language: Language,
    names: Mapping[str, str] | None = None,
    *,
    units: Mapping[str, str] | None = None,
    more: Sequence[Reason] = (),
) -> Reading:
    """An experiment in words and pictures.

    Parameters
    ----------
    result : ExperimentResult
    language : {"en", "nl"}
    names : mapping of str to str, optional
        What arms, outcomes and covariates are called; as in the data where not given.
    units : mapping of str to str, optional
        Outcome -> its unit; those of one unit are drawn on one axis.
    more : sequence of Reason
        What else may be wrong, that the data do not show.
    """
    told = _Told(result, language, names or {}, units or {})
    rows = [row for row in result.effects if row.effect_size is not None]
    return Reading(
        verdict=result.verdict,
        word=told.say(f"verdict_{result.verdict}"),
        tone=_TONES.get(result.verdict, "caution"),
        lead=_lead(told),
        pictures=_pictures(told, rows),
        sure=tuple(_sure(told, rows)),
        doubts=tuple(_doubts(told, more)),
        tables=filled(_table(told)),
        how=tuple(_how(told)),
        how_tables=filled(_groups_table(told), _balance_table(told)),
    )


def section(
    result: ExperimentResult,
    language: Language,
    names: Mapping[str, str] | None = None,
    *,
    units: Mapping[str, str] | None = None,
    id: str = "experiment",
    title: str = "",
) -> Section:
    """An experiment as a section of a report.

    Parameters
    ----------
    result : ExperimentResult
    language : {"en", "nl"}
    names, units : mapping of str to str, optional
        See `read_result`.
    id, title : str
        Of the section; "What the experiment says" where not given.
    """
    read = read_result(result, language, names, units=units)
    return Section(
        id,
        title or sentence(f"{ROOM}.title", language),
        (Said(read.tone, read.word, read.lead), *(one for one in read.doubts if one.tone != "good")),
        read.pictures,
        read.tables,
        (*read.sure, *(one.text for one in read.doubts if one.tone == "good"), *read.how),
        read.how_tables,
    )


def named(reason: Reason, names: Mapping[str, str]) -> Reason:
    """A sentence with the names that people use in place of those of columns and arms."""

    def said(value: object) -> object:
        if isinstance(value, str):
            return names.get(value, value)
        return [said(one) for one in value] if isinstance(value, (list, tuple)) else value

    return Reason(reason.code, {key: said(value) for key, value in reason.values.items()})


def _kind(row: EffectEstimate) -> str:
    """Figures with as many digits as their error leaves of meaning."""
    if row.measure in ("share", "ordinal"):
        return "points1"
    error = row.standard_error or 0.0
    return f"number{min(max(-math.floor(math.log10(error)), 0), 3) if error > 0 else 1}"


# the sentence


def _lead(told: _Told) -> str:
    result = told.result
    if not result.effects or any(r.code in _GRAVE for r in result.reasons):
        return named(result.headline, told.names).sentence(told.language)
    variants = list(dict.fromkeys(row.variant for row in result.effects))
    carrying = [v for v in variants if any(row.verdict == result.verdict for row in _of(result, v))]
    return " ".join(capital(_compared(told, variant)) for variant in carrying or variants)


def _of(result: ExperimentResult, variant: str) -> list[EffectEstimate]:
    return [row for row in result.effects if row.variant == variant]


def _compared(told: _Told, variant: str) -> str:
    rows = _of(told.result, variant)
    found = {
        word: [told.name(row.outcome) for row in rows if row.verdict == word]
        for word in ("strengthens", "weakens", "unchanged")
    }
    values = {"variant": told.name(variant), "control": told.name(told.result.control)}
    if found["strengthens"] and found["weakens"]:
        said = told.say("mixed", **values, better=found["strengthens"], worse=found["weakens"])
    elif better := found["strengthens"]:
        said = told.say("better", **values, names=better)
    elif worse := found["weakens"]:
        said = told.say("worse", **values, names=worse)
    elif len(found["unchanged"]) == len(rows):
        return told.say("same", **values)
    elif alike := found["unchanged"]:
        return told.say("partly_same", **values, names=alike)
    elif all(row.effect_size is None for row in rows):
        return told.say("untold", **values)
    else:
        safe = [told.name(row.outcome) for row in rows if row.not_worse]
        return told.say("open", **values) + (" " + told.say("no_harm", **values, names=safe) if safe else "")
    left = [told.name(row.outcome) for row in rows if row.verdict == "cannot_tell"]
    return said + (" " + told.say("rest", names=left) if left else "")


# the picture


def _pictures(told: _Told, rows: Sequence[EffectEstimate]) -> tuple[Picture, ...]:
    drawn = [row for row in rows if _is_drawable(row)][:MOST_DRAWN]
    if not drawn:
        return ()
    variants = list(dict.fromkeys(row.variant for row in drawn))
    drawn = [row for variant in variants for row in drawn if row.variant == variant]
    several = len(variants) > 1
    control = told.name(told.result.control)
    differences = [_difference(told, row, several) for row in drawn]
    who = told.say("the_other") if several else told.name(variants[0])
    below = told.say("compared", variant=who, control=control)
    title = told.say("picture", control=control)
    shared = len({one.unit for one in differences}) == 1
    see = told.say("see") + ("" if shared else " " + told.say("see_scales"))
    if any(one.margin for one in differences):
        see += " " + told.say("see_margin")
    return both(
        lambda **size: draw_differences(
            differences, title=title, ends=(told.say("lower"), told.say("higher")), below=below,
            language=told.language, **size,
        ),
        see,
        "experiment",
    )  # fmt: skip


def _is_drawable(row: EffectEstimate) -> bool:
    low, high = row.effect_size_ci_lower, row.effect_size_ci_upper
    assert row.effect_size is not None
    return low is not None and high is not None and -math.inf < low <= row.effect_size <= high < math.inf


def _difference(told: _Told, row: EffectEstimate, several: bool) -> Difference:
    assert row.effect_size is not None
    assert row.effect_size_ci_lower is not None
    assert row.effect_size_ci_upper is not None
    note = ""
    if row.control_mean is not None and row.variant_mean is not None and row.measure != "ordinal":
        means = [
            format_value(v, _mean_kind(row), told.language) for v in (row.control_mean, row.variant_mean)
        ]
        control, variant = told.name(told.result.control), told.name(row.variant)
        code = "means" if max(len(control), len(variant)) <= LONGEST_IN_NOTE else "means_alone"
        note = told.say(code, control=control, of_control=means[0], variant=variant, of_variant=means[1])
    return Difference(
        label=capital(told.name(row.outcome)),
        value=row.effect_size,
        ci_lower=row.effect_size_ci_lower,
        ci_upper=row.effect_size_ci_upper,
        verdict=row.verdict,
        word=told.say(f"verdict_{row.verdict}"),
        kind=_kind(row),
        unit=told.unit(row),
        margin=row.margin,
        note=note,
        group=capital(told.name(row.variant)) if several else "",
    )


def _mean_kind(row: EffectEstimate) -> str:
    return "percent" if row.measure == "share" else _kind(row)


# how sure, and what may be wrong


def _sure(told: _Told, rows: Sequence[EffectEstimate]) -> Iterator[str]:
    result = told.result
    if len(result.arms) > 1:
        arms = [told.say("arm", n=arm.n, name=told.name(arm.variant)) for arm in result.arms]
        yield told.say("lot", arms=arms)
    known = [row for row in rows if row.pvalue_holm is not None and _is_drawable(row)]
    if known:
        clearest = min(known, key=lambda row: (row.pvalue_holm or 0.0, row.pvalue or 0.0))
        low, high = (clearest.effect_size_ci_lower or 0.0, clearest.effect_size_ci_upper or 0.0)
        code = (
            "" if clearest.verdict in ("strengthens", "weakens") else "_open" if low < 0 < high else "_near"
        )
        near, far = sorted((low, high), key=abs) if not low < 0 < high else (low, high)
        yield told.say(
            f"clearest{code}",
            outcome=told.name(clearest.outcome),
            variant=told.name(clearest.variant),
            level=result.ci_level,
            effect=told.turned(clearest, clearest.effect_size or 0.0),
            low=told.turned(clearest, low) if low < 0 < high else told.figure(clearest, abs(near)),
            high=told.turned(clearest, far),
        )
    for reason in result.reasons:
        if reason.code in _SURE:
            yield named(reason, told.names).sentence(told.language)


def _doubts(told: _Told, more: Sequence[Reason]) -> Iterator[Said]:
    result = told.result
    for reason in result.reasons:
        if reason.code not in _SURE:
            tone = "bad" if reason.code in _GRAVE else "caution"
            yield Said(tone, told.say(f"tone_{tone}"), named(reason, told.names).sentence(told.language))
    for row in result.effects:
        if row.reason is not None:
            why = named(row.reason, told.names).sentence(told.language)
            text = told.say("untold_row", outcome=capital(told.name(row.outcome)), why=why)
            yield Said("caution", told.say("tone_caution"), text)
    for reason in more:
        yield Said("caution", told.say("tone_caution"), named(reason, told.names).sentence(told.language))
    codes = {reason.code for reason in result.reasons}
    ratio = result.sample_ratio
    if ratio is not None and not codes & {"effects.sample_ratio_mismatch", "effects.unequal_arms"}:
        yield Said("good", told.say("tone_good"), told.say("sizes_right"))
    if result.balance and "effects.unlike_beforehand" not in codes:
        alike = list(dict.fromkeys(told.name(one.covariate) for one in result.balance))
        yield Said("good", told.say("tone_good"), told.say("alike", names=alike))
    if result.effects and "effects.lost_unequally" not in codes:
        yield Said("good", told.say("tone_good"), told.say("nobody_lost"))


def _how(told: _Told) -> Iterator[str]:
    yield told.say("how_words", level=told.result.ci_level)
    codes = {reason.code for reason in told.result.reasons}
    if told.result.balance and "effects_tables.known_before" not in codes:
        names = list(dict.fromkeys(told.name(one.covariate) for one in told.result.balance))
        yield told.say("how_covariates", names=names)
    if not any(row.margin for row in told.result.effects):
        yield told.say("how_no_margin")


# tables


def _column(told: _Told, name: str, kind: str = "text") -> Column:
    say = speaker(ROOM, told.language)
    return Column(name, say(f"label_{name}"), say(f"define_{name}"), kind)


def _table(told: _Told) -> Table:
    figures = ("control_mean", "variant_mean", "effect_size", "lower", "upper")
    columns = (
        *(_column(told, name) for name in ("outcome", "variant", *figures, "verdict")),
        _column(told, "n_obs", "count"),
        _column(told, "pvalue", "number3"),
        _column(told, "pvalue_holm", "number3"),
    )
    rows = tuple(
        {
            "outcome": capital(told.name(row.outcome)),
            "variant": told.name(row.variant),
            **_figures(told, row),
            "verdict": told.say(f"verdict_{row.verdict}"),
            "n_obs": row.n_obs or None,
            "pvalue": row.pvalue,
            "pvalue_holm": row.pvalue_holm,
        }
        for row in told.result.effects
    )
    caption = told.say("caption", control=told.name(told.result.control))
    return Table("experiment", caption, columns, rows, language=told.language)


def _figures(told: _Told, row: EffectEstimate) -> dict[str, str | None]:
    values = {
        "effect_size": row.effect_size, "lower": row.effect_size_ci_lower, "upper": row.effect_size_ci_upper
    }  # fmt: skip
    found = {name: None if v is None else told.figure(row, v) for name, v in values.items()}
    if row.measure != "ordinal":
        for name in ("control_mean", "variant_mean"):
            value = getattr(row, name)
            found[name] = None if value is None else format_value(value, _mean_kind(row), told.language)
    return found


def _groups_table(told: _Told) -> Table:
    names = ("outcome", "variant", "by", "group")
    figures = ("effect_size", "shrunk", "lower", "upper")
    columns = (
        *(_column(told, name) for name in names),
        *(_column(told, name, "number2") for name in figures),
        _column(told, "n_obs", "count"),
    )
    rows = tuple(
        {
            "outcome": capital(told.name(one.outcome)), "variant": told.name(one.variant),
            "by": capital(told.name(one.by)), "group": told.name(one.group),
            "effect_size": one.effect_size, "shrunk": one.shrunk, "lower": one.shrunk_ci_lower,
            "upper": one.shrunk_ci_upper, "n_obs": one.n_obs,
        }
        for one in told.result.groups
    )  # fmt: skip
    return Table("experiment_groups", told.say("caption_groups"), columns, rows, language=told.language)


def _balance_table(told: _Told) -> Table:
    columns = (
        _column(told, "covariate"),
        _column(told, "variant"),
        _column(told, "standardised_difference", "number2"),
    )
    rows = tuple(
        {
            "covariate": capital(told.name(one.covariate)), "variant": told.name(one.variant),
            "standardised_difference": one.standardised_difference,
        }
        for one in told.result.balance
    )  # fmt: skip
    return Table("experiment_balance", told.say("caption_balance"), columns, rows, language=told.language)
