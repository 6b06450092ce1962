"""Promise, own messages, service and customers side by side: relationships, and values on the circle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from verbond.expressions.picture import SIDES, Difference, ExpressionPicture, Side
from verbond.method import CIRCLE
from verbond.plots import (
    CircleSide,
    ShareCell,
    ShareColumn,
    ShareRow,
    draw_circles,
    draw_share_grid,
)
from verbond.reports.expressions.names import (
    KIND_COLOURS,
    KINDS,
    ROOM,
    cell,
    is_shown,
    kept,
    kind_name,
    name_of,
    side_name,
)
from verbond.reports.loyalty.columns import columns_of
from verbond.reports.parts import Picture, Said, Section, both, filled, speaker, toned
from verbond.reports.tables import Table
from verbond.results import Language
from verbond.results.reason import Reason

__all__ = ["section"]

MOST_SAID = 3


def section(picture: ExpressionPicture, language: Language) -> Section:
    """What each side offers and expresses.

    Parameters
    ----------
    picture : ExpressionPicture
    language : {"en", "nl"}
    """
    say, promise = speaker(ROOM, language), picture.promise
    return Section(
        "expressions-sides",
        say("title_sides"),
        tuple(_said(picture, language)),
        (*_kinds(picture, language), *_circles(picture, language)),
        filled(_kinds_table(picture, language), _values_table(picture, language), _gaps(picture, language)),
        (
            *kept(picture, ("how_shares", "how_customers"), language),
            say("how_sides"),
            *((say("how_promise"),) if promise is not None else ()),
        ),
        facts=tuple(
            say("n_messages_of", side=side_name(name, language), n=side.n_rated)
            for name, side in _told(picture).items()
            if name != "promise" and side.n_rated
        ),
        notes=((side_name("promise", language), promise.text),)
        if promise is not None and promise.text
        else ((side_name("promise", language), say("no_promise")),)
        if promise is None
        else (),
    )


def _told(picture: ExpressionPicture) -> Mapping[str, Side]:
    return {name: picture.sides[name] for name in SIDES if name in picture.sides}


def _said(picture: ExpressionPicture, language: Language) -> Iterator[Said]:
    """The headline, and where sides are surely apart."""
    short = [one for one in picture.differences if one.second == "promise" and one.is_told_apart]
    yield toned(picture.headline, "bad" if short else "neutral", language)
    apart = [one for one in picture.differences if one.second != "promise" and one.is_told_apart]
    for one in (*short, *apart)[:MOST_SAID]:
        yield toned(one.reason, "bad" if one.second == "promise" else "neutral", language)
    if not apart and any(one.second != "promise" for one in picture.differences):
        yield toned(Reason(f"{ROOM}.all_alike"), "caution", language)


def _kinds(picture: ExpressionPicture, language: Language) -> tuple[Picture, ...]:
    say = speaker(ROOM, language)
    sides = {name: side for name, side in _told(picture).items() if side.relationship}
    if not any(is_shown(side) for name, side in sides.items() if name != "promise"):
        return ()
    columns = [
        ShareColumn(side_name(name, language), "" if name == "promise" else say("n_messages", n=side.n_rated))
        for name, side in sides.items()
    ]
    rows = [
        ShareRow(
            kind_name(kind, language), tuple(_kind_cell(side, kind, language) for side in sides.values()),
            colour=KIND_COLOURS[kind],
        )
        for kind in KINDS
    ]  # fmt: skip
    return both(
        lambda **size: draw_share_grid(
            rows, columns, title=say("title_sides"), unknown=say("too_few"), language=language, **size
        ),
        say("see_sides"),
        "expressions-kinds",
    )


def _kind_cell(side: Side, kind: str, language: Language) -> ShareCell | None:
    if side.side != "promise":
        return cell(side.relationship.get(kind))
    promised = bool(side.relationship[kind].value)
    return ShareCell(None, word=speaker(ROOM, language)("promised") if promised else " ", is_good=promised)


def _circles(picture: ExpressionPicture, language: Language) -> tuple[Picture, ...]:
    say, promised = speaker(ROOM, language), picture.promise.values if picture.promise is not None else ()
    sides = [
        CircleSide(
            side_name(name, language), {} if name == "promise" else side.values,
            say("lit") if name == "promise" else say("n_messages", n=side.n_rated),
        )
        for name, side in _told(picture).items()
        if (promised if name == "promise" else any(e.value is not None for e in side.values.values()))
    ]  # fmt: skip
    if not any(side.shares for side in sides):
        return ()
    return both(
        lambda **size: draw_circles(sides, promised, title=say("title_circles"), language=language, **size),
        say("see_circles" if promised else "see_circles_alone"),
        "expressions-circles",
    )


def _kinds_table(picture: ExpressionPicture, language: Language) -> Table:
    return _shares_table(picture, "relationship", KINDS, language)


def _values_table(picture: ExpressionPicture, language: Language) -> Table:
    return _shares_table(picture, "value", tuple(value.id for value in CIRCLE), language)


def _shares_table(
    picture: ExpressionPicture, about: str, names: tuple[str, ...], language: Language
) -> Table:
    columns = columns_of(
        ROOM, language, side="text", name="text", share="percent", lower="percent", upper="percent", n="count"
    )
    rows = tuple(
        {
            "side": side_name(name, language), "name": name_of(about, one, language), "share": share.value,
            "lower": share.ci_lower, "upper": share.ci_upper,
            "n": None if name == "promise" else share.n_obs,
        }
        for name, side in _told(picture).items()
        for one in names
        for share in [(side.relationship if about == "relationship" else side.values).get(one)]
        if share is not None and share.value is not None
    )  # fmt: skip
    caption = speaker(ROOM, language)(f"caption_{about}")
    return Table(f"expressions-{about}", caption, columns, rows, language=language)


def _gaps(picture: ExpressionPicture, language: Language) -> Table:
    columns = columns_of(
        ROOM, language, name="text", first_side="text", second_side="text", difference="points",
        difference_lower="points", difference_upper="points", pvalue="number3", told="text",
    )  # fmt: skip
    say = speaker(ROOM, language)

    def row(one: Difference) -> dict[str, object]:
        gap = one.difference
        return {
            "name": name_of(one.about, one.name, language), "first_side": side_name(one.first, language),
            "second_side": side_name(one.second, language), "difference": gap.value,
            "difference_lower": gap.ci_lower, "difference_upper": gap.ci_upper, "pvalue": one.pvalue_holm,
            "told": say("told_apart" if one.is_told_apart else "told_maybe"),
        }  # fmt: skip

    rows = tuple(row(one) for one in picture.differences)
    return Table("expressions-differences", say("caption_differences"), columns, rows, language=language)
