"""The same by department and by channel."""

from __future__ import annotations

from collections.abc import Sequence

from verbond.expressions.picture import SIDES, ExpressionPicture, Side
from verbond.plots import ShareColumn, ShareRow, draw_share_grid
from verbond.reports.expressions.names import (
    KIND_COLOURS,
    KINDS,
    ROOM,
    cell,
    group_name,
    is_shown,
    kind_name,
    side_name,
)
from verbond.reports.loyalty.columns import columns_of
from verbond.reports.parts import Picture, Section, both, filled, speaker
from verbond.reports.tables import Table
from verbond.results import Language
from verbond.results.groups import MIN_GROUP

__all__ = ["section"]

_BY = ("department", "channel")


def section(picture: ExpressionPicture, language: Language) -> Section:
    """What departments say, and what is said through channels.

    Parameters
    ----------
    picture : ExpressionPicture
    language : {"en", "nl"}
    """
    say = speaker(ROOM, language)
    pictures = tuple(one for by in _BY for one in _pictures(picture, by, language))
    return Section(
        "expressions-groups",
        say("title_groups"),
        pictures=pictures,
        tables=filled(_table(picture, language)),
        how=(say("how_groups", least=MIN_GROUP),) if pictures else (),
        empty="" if pictures else say("empty_groups"),
    )


def _pictures(picture: ExpressionPicture, by: str, language: Language) -> tuple[Picture, ...]:
    say, shown = speaker(ROOM, language), [one for one in picture.groups if one.by == by and is_shown(one)]
    if not shown:
        return ()
    shown.sort(key=lambda one: (SIDES.index(one.side) if one.side in SIDES else 0, -_market(one)))
    judged = by == "department" and any(one.conflict is not None for one in shown)
    columns = [ShareColumn(kind_name(kind, language), colour=KIND_COLOURS[kind]) for kind in KINDS]
    if judged:
        columns.append(ShareColumn(say("conflicts"), colour="block"))
    rows = [
        ShareRow(
            group_name(by, one.group, language),
            (
                *(cell(one.relationship.get(kind)) for kind in KINDS),
                *((cell(one.conflict),) if judged else ()),
            ),
            note=say("n_messages", n=one.n_rated),
            group=side_name(one.side, language) if by == "channel" else "",
        )
        for one in shown
    ]
    return both(
        lambda **size: draw_share_grid(rows, columns, title=say(f"title_{by}"), language=language, **size),
        say(f"see_{by}_judged" if judged else f"see_{by}"),
        f"expressions-{by}",
    )


def _market(one: Side) -> float:
    return one.relationship["market"].value or 0.0


def _table(picture: ExpressionPicture, language: Language) -> Table:
    say = speaker(ROOM, language)
    columns = columns_of(
        ROOM, language, by="text", side="text", group="text", n="count",
        **dict.fromkeys((f"kind_{kind}" for kind in KINDS), "percent"), conflict="percent",
    )  # fmt: skip
    rows = tuple(_row(one, language) for one in picture.groups if one.by in _BY and is_shown(one))
    n = sum(one.reason is not None for one in _divided(picture.groups))
    return Table(
        "expressions-groups", say("caption_groups"), columns, rows, say("hidden", n=n) if n else "", language
    )


def _divided(groups: Sequence[Side]) -> list[Side]:
    return [one for one in groups if one.by in _BY]


def _row(one: Side, language: Language) -> dict[str, object]:
    say = speaker(ROOM, language)
    return {
        "by": say(f"by_{one.by}"), "side": side_name(one.side, language),
        "group": group_name(one.by, one.group, language), "n": one.n_rated,
        **{f"kind_{kind}": share.value for kind, share in one.relationship.items()},
        "conflict": one.conflict.value if one.conflict is not None else None,
    }  # fmt: skip
