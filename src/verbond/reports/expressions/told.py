"""What is promised, and how much of it is told."""

from __future__ import annotations

from verbond.expressions.picture import ExpressionPicture, Told
from verbond.plots import Bar
from verbond.reports.expressions.names import ROOM, name_of
from verbond.reports.loyalty.columns import columns_of
from verbond.reports.parts import Section, bar_pictures, filled, speaker, toned
from verbond.reports.tables import Table
from verbond.results import Language

__all__ = ["section"]


def section(picture: ExpressionPicture, language: Language) -> Section | None:
    """The promised values, the least told first; nothing without a promise or without values in it.

    Parameters
    ----------
    picture : ExpressionPicture
    language : {"en", "nl"}
    """
    say, promise = speaker(ROOM, language), picture.promise
    if promise is None:
        return None
    if not picture.untold:
        code = "empty_told" if promise.values else "empty_told_values"
        return Section("expressions-told", say("title_told"), empty=say(code))
    told = [one for one in picture.untold if one.share.value is not None]
    bars = [
        Bar(
            name_of("value", one.value, language), one.share.value, one.share.ci_lower, one.share.ci_upper,
            stated=one.others, note=say("n_messages", n=one.share.n_obs),
            colour="block" if one.is_untold else "accent",
        )
        for one in told
    ]  # fmt: skip
    return Section(
        "expressions-told",
        say("title_told"),
        tuple(toned(one.reason, _tone(one), language) for one in picture.untold),
        bar_pictures(bars, say("title_told"), say("see_told"), "share", "expressions-told", language),
        filled(_table(picture.untold, language)),
        (say("how_told"),),
    )


def _tone(one: Told) -> str:
    if one.is_untold:
        return "bad"
    return "good" if (one.difference.ci_lower or 0.0) > 0 else "caution"


def _table(told: tuple[Told, ...], language: Language) -> Table:
    columns = columns_of(
        ROOM, language, value="text", share="percent", lower="percent", upper="percent", others="percent",
        pvalue="number3", n="count",
    )  # fmt: skip
    rows = tuple(
        {
            "value": name_of("value", one.value, language), "share": one.share.value,
            "lower": one.share.ci_lower, "upper": one.share.ci_upper, "others": one.others,
            "pvalue": one.pvalue_holm, "n": one.share.n_obs,
        }
        for one in told
    )  # fmt: skip
    return Table(
        "expressions-told", speaker(ROOM, language)("caption_told"), columns, rows, language=language
    )
