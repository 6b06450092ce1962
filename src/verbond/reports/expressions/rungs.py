"""On which rung of the ladder words and actions work."""

from __future__ import annotations

from verbond.expressions.picture import ExpressionPicture
from verbond.method import RUNGS
from verbond.plots import ShareCell, ShareColumn, ShareRow, draw_share_grid, state_names
from verbond.reports.expressions.names import ROOM, cell, kept
from verbond.reports.loyalty.columns import columns_of
from verbond.reports.parts import Section, both, filled, speaker
from verbond.reports.tables import Table
from verbond.results import Language

__all__ = ["section"]


def section(picture: ExpressionPicture, language: Language) -> Section | None:
    """Effort by rung; nothing where the company says nothing that could be rated.

    Parameters
    ----------
    picture : ExpressionPicture
    language : {"en", "nl"}
    """
    if not picture.effort:
        return None
    say, names = speaker(ROOM, language), state_names(len(RUNGS), True, language)
    n_actions = sum(one.n_actions for one in picture.effort)
    columns = [ShareColumn(say("of_messages"))]
    if n_actions:
        columns.append(ShareColumn(say("of_actions"), say("n_actions", n=n_actions)))
    rows = [
        ShareRow(
            f"{one.rung} {names[one.rung]}",
            (
                cell(one.share_of_messages),
                *((ShareCell(one.share_of_actions),) if one.share_of_actions is not None else ()),
            ),
            colour=f"rung-{one.rung}",
        )
        for one in reversed(picture.effort)
    ]
    return Section(
        "expressions-rungs",
        say("title_rungs"),
        pictures=both(
            lambda **size: draw_share_grid(
                rows, columns, title=say("title_rungs"), language=language, **size
            ),
            say("see_rungs"),
            "expressions-rungs",
        ),
        tables=filled(_table(picture, language)),
        how=kept(picture, ("how_effort",), language),
    )


def _table(picture: ExpressionPicture, language: Language) -> Table:
    names = state_names(len(RUNGS), True, language)
    columns = columns_of(
        ROOM, language, rung="text", share="percent", lower="percent", upper="percent", n="count",
        share_of_actions="percent", n_actions="count",
    )  # fmt: skip
    rows = tuple(
        {
            "rung": f"{one.rung} {names[one.rung]}", "share": one.share_of_messages.value,
            "lower": one.share_of_messages.ci_lower, "upper": one.share_of_messages.ci_upper,
            "n": one.share_of_messages.n_obs, "share_of_actions": one.share_of_actions,
            "n_actions": one.n_actions,
        }
        for one in reversed(picture.effort)
    )  # fmt: skip
    return Table(
        "expressions-rungs", speaker(ROOM, language)("caption_rungs"), columns, rows, language=language
    )
