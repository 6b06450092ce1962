"""How long customers stay: the sentence, the curves, the tables behind them."""

from __future__ import annotations

from collections.abc import Iterator

from verbond.loyalty.staying import by_name, group_name
from verbond.loyalty.staying_results import StayingCurve, StayingResult
from verbond.method import spoken
from verbond.plots.survival import MOST_LINES, SurvivalLine, draw_survival
from verbond.reports.loyalty.columns import group_named
from verbond.reports.parts import Picture, Section, both, filled, speaker, toned
from verbond.reports.tables import Column, Table
from verbond.results import Estimate, Language
from verbond.results.groups import MIN_GROUP

__all__ = ["section"]

ROOM = "loyalty_staying"


MOST_GROUPINGS = 2
"""Drawn, those that differ most; the others stand in the tables."""


def section(result: StayingResult, language: Language) -> Section | None:
    """What staying looks like.

    Parameters
    ----------
    result : StayingResult
    language : {"en", "nl"}

    Returns
    -------
    Section
        With the reason in place of curves where there are none.
    """
    say = speaker(ROOM, language)
    reasons = tuple(r.sentence(language) for r in result.reasons if r.code != f"{ROOM}.recorded")
    if not result.curves:
        return Section("staying", say("title"), empty=" ".join(reasons))
    how = [say("how_observed", first=result.observed_from, last=result.observed_until), say("how_silence")]
    if result.comparisons:
        how.append(say("how_groups", least=MIN_GROUP))
    said = (toned(result.headline, result.tone, language),) if result.headline is not None else ()
    return Section(
        "staying",
        say("title"),
        said,
        tuple(_pictures(result, language)),
        filled(_curves_table(result, language), _ratios_table(result, language)),
        (*how, *reasons),
        filled(_points_table(result, language)),
    )


def _pictures(result: StayingResult, language: Language) -> Iterator[Picture]:
    say = speaker(ROOM, language)
    clearest = sorted(result.comparisons, key=lambda one: one.pvalue)[:MOST_GROUPINGS]
    for by in ("", *(one.by for one in clearest)):
        mine = [c for c in result.curves if c.by == by and len(c.days) > 1]
        mine = sorted(sorted(mine, key=lambda c: -c.n_customers)[:MOST_LINES], key=mine.index)
        if not mine or (by and len(mine) < 2):
            continue
        name = by_name(by)
        title = say("title_by", by=name) if by else say("title")
        lines = [
            SurvivalLine(
                _label(c, language), c.days, c.survival, c.ci_lower, c.ci_upper, c.n_at_risk,
                f"rung-{c.group}" if by == "rung" and c.group in "012345" else "",
            )
            for c in mine
        ]  # fmt: skip
        see = say("see") if not by else f"{title}. {say('see')}"

        def draw(lines: list[SurvivalLine] = lines, title: str = title, **size: str) -> str:
            return draw_survival(lines, title=title, language=language, **size)  # type: ignore[arg-type]

        yield from both(draw, see, f"staying-{by}" if by in ("", "rung", "type") else f"staying-by{_id(by)}")


def _id(words: str) -> str:
    return "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in words)


def _label(curve: StayingCurve, language: Language) -> str:
    if not curve.by:
        return speaker(ROOM, language)("everybody")
    return group_named(curve.by, curve.group, "", language)


def _by(by: str, language: Language) -> str:
    return spoken(by_name(by), language)


def _column(name: str, language: Language, kind: str = "text", entry: str = "") -> Column:
    say = speaker(ROOM, language)
    return Column(name, say(f"label_{entry or name}"), say(f"define_{entry or name}"), kind)


def _bounds(name: str, language: Language, kind: str) -> tuple[Column, ...]:
    return (
        _column(name, language, kind),
        _column(f"{name}_ci_lower", language, kind, "ci_lower"),
        _column(f"{name}_ci_upper", language, kind, "ci_upper"),
    )


def _values(name: str, estimate: Estimate | None) -> dict[str, float | None]:
    if estimate is None:
        return {}
    return {
        name: estimate.value, f"{name}_ci_lower": estimate.ci_lower, f"{name}_ci_upper": estimate.ci_upper
    }  # fmt: skip


def _curves_table(result: StayingResult, language: Language) -> Table:
    columns = (
        _column("by", language),
        _column("group", language),
        _column("n_customers", language, "count"),
        _column("n_left", language, "count"),
        *_bounds("still_there", language, "percent"),
        *_bounds("median_days", language, "count"),
        *_bounds("mean_days", language, "count"),
    )
    rows = tuple(
        {"by": _by(c.by, language), "group": _label(c, language), "n_customers": c.n_customers}
        | {"n_left": c.n_left}
        | _values("still_there", c.still_there)
        | _values("median_days", c.median_days)
        | _values("mean_days", c.mean_days)
        for c in result.curves
    )
    caption = speaker(ROOM, language)("caption_curves", days=result.horizon_days)
    return Table("staying", caption, columns, rows, language=language)


def _ratios_table(result: StayingResult, language: Language) -> Table:
    columns = (
        _column("by", language),
        _column("group", language),
        _column("reference", language),
        *_bounds("ratio", language, "number2"),
        *_bounds("adjusted", language, "number2"),
    )

    def named(by: str, group: str) -> str:
        return spoken(group_name(by, group), language)

    rows = tuple(
        {"by": _by(r.by, language), "group": named(r.by, r.group), "reference": named(r.by, r.reference)}
        | _values("ratio", r.ratio)
        | _values("adjusted", r.adjusted)
        for r in result.ratios
    )
    caption = speaker(ROOM, language)("caption_ratios")
    return Table("staying_ratios", caption, columns, rows, language=language)


def _points_table(result: StayingResult, language: Language) -> Table:
    columns = (
        _column("days", language, "count"),
        *_bounds("survival", language, "percent"),
        _column("n_at_risk", language, "count"),
    )
    rows = tuple(
        {
            "days": float(c.days[j]), "survival": float(c.survival[j]),
            "survival_ci_lower": float(c.ci_lower[j]), "survival_ci_upper": float(c.ci_upper[j]),
            "n_at_risk": float(c.n_at_risk[j]),
        }
        for c in result.curves
        if not c.by
        for j in range(len(c.days))
    )  # fmt: skip
    caption = speaker(ROOM, language)("caption_points")
    return Table("staying_points", caption, columns, rows, language=language)
