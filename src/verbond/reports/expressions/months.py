"""Month by month: what changed in what is said, as far as that can be told."""

from __future__ import annotations

from collections.abc import Sequence

from verbond.expressions.picture import Change, ExpressionPicture
from verbond.plots import MonthLine, draw_month_lines
from verbond.reports.expressions.names import KIND_COLOURS, ROOM, name_of, side_name
from verbond.reports.loyalty.columns import columns_of
from verbond.reports.parts import Picture, Section, both, filled, speaker, toned
from verbond.reports.tables import Table
from verbond.results import Language
from verbond.results.reason import Reason

__all__ = ["section"]

MOST_LINES, MOST_SAID, LEAST_MONTHS = 6, 3, 2


def section(picture: ExpressionPicture, language: Language) -> Section:
    """Changes with their tests, and the lines of those that changed or that the promise is about.

    Parameters
    ----------
    picture : ExpressionPicture
    language : {"en", "nl"}
    """
    say = speaker(ROOM, language)
    changed = [one for one in picture.changes if one.is_changed]
    tested = [one for one in picture.changes if one.pvalue is not None]
    said = [toned(one.reason, "neutral", language) for one in changed[:MOST_SAID]]
    if tested and not changed:
        said = [toned(Reason(f"{ROOM}.nothing_changed", {"n": len(tested)}), "caution", language)]
    pictures = _pictures(picture, language)
    return Section(
        "expressions-months",
        say("title_months"),
        tuple(said),
        pictures,
        filled(_changes(picture.changes, language), _months(picture.changes, language)),
        (say("how_months"),) if tested or pictures else (),
        empty="" if pictures else say("empty_months"),
    )


def _pictures(picture: ExpressionPicture, language: Language) -> tuple[Picture, ...]:
    say, chosen = speaker(ROOM, language), _chosen(picture)
    lines = [
        MonthLine(
            f"{side_name(one.side, language)}: {name_of(one.about, one.name, language).lower()}",
            tuple((month.month, month.share) for month in one.months),
            say("changed" if one.is_changed else "unchanged") if one.pvalue is not None else "",
            KIND_COLOURS.get(one.name, "accent"),
        )
        for one in chosen
    ]
    if not lines:
        return ()
    return both(
        lambda **size: draw_month_lines(lines, title=say("title_months"), language=language, **size),
        say("see_months"),
        "expressions-months",
    )


def _chosen(picture: ExpressionPicture) -> list[Change]:
    """What changed, then what is promised, then market and meaning; those with months to draw."""
    promised = picture.promise.relationship if picture.promise is not None else ""
    wanted = (promised, "market", "meaning")
    drawn = [one for one in picture.changes if _n_shown(one) >= LEAST_MONTHS]
    first = [one for one in drawn if one.is_changed]
    rest = [one for name in wanted for one in drawn if one.name == name and not one.is_changed]
    found: list[Change] = []
    for one in (*first, *rest):
        if one not in found:
            found.append(one)
    return found[:MOST_LINES]


def _n_shown(one: Change) -> int:
    return sum(month.share.value is not None for month in one.months)


def _changes(changes: Sequence[Change], language: Language) -> Table:
    say = speaker(ROOM, language)
    columns = columns_of(
        ROOM, language, side="text", name="text", difference="points", difference_lower="points",
        difference_upper="points", pvalue="number3", change="text", n="count",
    )  # fmt: skip
    rows = tuple(
        {
            "side": side_name(one.side, language), "name": name_of(one.about, one.name, language),
            "difference": one.difference.value, "difference_lower": one.difference.ci_lower,
            "difference_upper": one.difference.ci_upper, "pvalue": one.pvalue_holm,
            "change": say("changed" if one.is_changed else "unchanged"), "n": one.difference.n_obs,
        }
        for one in changes
        if one.pvalue is not None
    )  # fmt: skip
    return Table("expressions-changes", say("caption_changes"), columns, rows, language=language)


def _months(changes: Sequence[Change], language: Language) -> Table:
    say = speaker(ROOM, language)
    columns = columns_of(
        ROOM, language, side="text", name="text", month="month", share="percent", lower="percent",
        upper="percent", n="count",
    )  # fmt: skip
    rows = tuple(
        {
            "side": side_name(one.side, language), "name": name_of(one.about, one.name, language),
            "month": month.month, "share": month.share.value, "lower": month.share.ci_lower,
            "upper": month.share.ci_upper, "n": month.share.n_obs,
        }
        for one in changes
        for month in one.months
        if month.share.value is not None
    )  # fmt: skip
    return Table("expressions-months", say("caption_months"), columns, rows, language=language)
