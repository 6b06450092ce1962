"""Two legs: who in the house offers what stands opposite to what another offers."""

from __future__ import annotations

from collections.abc import Iterator

from verbond.expressions.picture import ExpressionPicture, Leg, Legs, Side
from verbond.plots import ShareColumn, ShareRow, draw_share_grid
from verbond.reports.expressions.names import KIND_COLOURS, ROOM, cell, kind_name, name_of, speaker_name
from verbond.reports.loyalty.columns import columns_of
from verbond.reports.parts import Picture, Said, Section, both, filled, speaker, toned
from verbond.reports.tables import Row, Table
from verbond.results import Language

__all__ = ["section"]

MOST_SAID = {"relationship": 2, "value": 1}
_PAIR = ("market", "meaning")


def section(picture: ExpressionPicture, language: Language) -> Section:
    """What the house says of itself in two voices.

    Parameters
    ----------
    picture : ExpressionPicture
    language : {"en", "nl"}
    """
    say = speaker(ROOM, language)
    said = tuple(_said(picture, language))
    return Section(
        "expressions-legs",
        say("title_legs"),
        said,
        _pictures(picture, language),
        filled(_table(picture.legs, language)),
        (say("how_legs"),) if picture.legs else (),
        empty="" if picture.legs else say("empty_legs"),
    )


def _said(picture: ExpressionPicture, language: Language) -> Iterator[Said]:
    for about, most in MOST_SAID.items():
        for one in [legs for legs in picture.legs if legs.about == about][:most]:
            yield toned(one.reason, "bad" if one.is_clear else "caution", language)


def _pictures(picture: ExpressionPicture, language: Language) -> tuple[Picture, ...]:
    """Everybody who stands on a leg of market or meaning, the most of the market first."""
    say = speaker(ROOM, language)
    legs = [leg for one in picture.legs if one.about == "relationship" for leg in (one.first, one.second)]
    standing = dict.fromkeys((leg.side, leg.department) for leg in legs)
    departments = {who for who in standing if who[1]} or standing
    found = [
        (who, side) for who in standing if who in departments if (side := _side(picture, who)) is not None
    ]
    found.sort(key=lambda one: -(one[1].relationship[_PAIR[0]].value or 0.0))
    rows = [
        ShareRow(
            speaker_name(*who, language), tuple(cell(side.relationship[kind]) for kind in _PAIR),
            note=say("n_messages", n=side.n_rated),
        )
        for who, side in found
    ]  # fmt: skip
    if not rows:
        return ()
    columns = [ShareColumn(kind_name(kind, language), colour=KIND_COLOURS[kind]) for kind in _PAIR]
    return both(
        lambda **size: draw_share_grid(rows, columns, title=say("title_legs"), language=language, **size),
        say("see_legs"),
        "expressions-legs",
    )


def _side(picture: ExpressionPicture, who: tuple[str, str]) -> Side | None:
    side, department = who
    if not department:
        return picture.sides.get(side)
    groups = (one for one in picture.groups if one.by == "department" and one.group == department)
    return next((one for one in groups if one.relationship), None)


def _table(legs: tuple[Legs, ...], language: Language) -> Table:
    say = speaker(ROOM, language)
    columns = columns_of(
        ROOM, language, one="text", first="text", first_share="percent", other="text", second="text",
        second_share="percent", opposition="count", pvalue="number3",
    )  # fmt: skip

    def leg(one: Leg, names: tuple[str, str, str], about: str) -> Row:
        told = (
            speaker_name(one.side, one.department, language), name_of(about, one.name, language),
            one.share.value,
        )  # fmt: skip
        return dict(zip(names, told, strict=True))

    rows = tuple(
        {
            **leg(one.first, ("one", "first", "first_share"), one.about),
            **leg(one.second, ("other", "second", "second_share"), one.about),
            "opposition": one.opposition, "pvalue": one.pvalue_holm,
        }
        for one in legs
    )  # fmt: skip
    return Table("expressions-legs", say("caption_legs"), columns, rows, language=language)
