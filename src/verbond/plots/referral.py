"""What customers buy against what they bring: four fields, and circles of at least five customers in them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verbond.errors import OptionError
from verbond.plots.ladder import Layout, check_layout, share_text
from verbond.plots.lettering import lines_of
from verbond.plots.svg import SOFT, element, group, picture, span, text
from verbond.plots.tokens import FONT_HEADING, colour
from verbond.results import Language, sentence

if TYPE_CHECKING:
    from verbond.loyalty import ReferralCell, ReferralResult, ReferralSegment

__all__ = ["SEGMENT_COLOURS", "draw_referral_fields"]

SEGMENT_COLOURS = {"champions": "rung-3", "affluents": "rung-1", "advocates": "rung-5", "misers": "rung-0"}
_STEP = 2 / 12
_HEAD, _FOOT = 26.0, 30.0


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where the plane stands, and the words beside it or under it."""

    width: float
    left: float
    right: float
    top: float
    above: float  # height of the fields of who brings much
    below: float  # of who brings little
    nothing: float  # of who brings nothing
    beside: bool

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2

    @property
    def threshold(self) -> float:
        return self.top + self.above

    @property
    def floor(self) -> float:
        return self.threshold + self.below

    @property
    def bottom(self) -> float:
        return self.floor + self.nothing

    @property
    def largest(self) -> float:
        """Radius of a circle that just touches its neighbour."""
        return min((self.right - self.left) * _STEP / 4, self.nothing / 2 - 12)


_FRAMES = {
    "wide": _Frame(880, 34, 538, 8, 176, 112, 84, True),
    "tall": _Frame(360, 26, 354, 8, 130, 92, 66, False),
}


def draw_referral_fields(
    result: ReferralResult,
    language: Language = "en",
    *,
    title: str,
    layout: Layout = "wide",
    identity: str = "referral",
) -> str:
    """Draw purchase value to the right and referral value upwards.

    Customers stand by rank, so that the few who buy very much take no more room than others; a circle is at
    least five of them, its area their number, and no single one is to be seen.

    Parameters
    ----------
    result : ReferralResult
        With segments.
    language : {"en", "nl"}
    title : str
        Name of the picture, for those who do not see it.
    layout : {"wide", "tall"}
    identity : str
        Begins every id inside.

    Returns
    -------
    str
        SVG.

    Raises
    ------
    OptionError
        Where there are no segments, or for an unknown layout.
    """
    check_layout(layout)
    if not result.segments:
        raise OptionError("no segments to draw", got="none", expected="a result with segments")
    frame = _FRAMES[layout]
    words, height = _legend(result, frame, language)
    return picture(
        [
            _fields(frame),
            _bubbles(result.cells, frame),
            _lines(frame, language),
            _names(frame, language),
            *words,
        ],
        identity=identity,
        title=title,
        description=" ".join(_in_words(s, language) for s in result.segments),
        width=frame.width,
        height=height,
        kind=layout,
    )


def _corners(frame: _Frame) -> dict[str, tuple[float, float, float, float]]:
    """Left, top, right and bottom of each field."""
    high, low = (frame.top, frame.threshold), (frame.threshold, frame.bottom)
    little, much = (frame.left, frame.middle), (frame.middle, frame.right)
    return {
        name: (x[0], y[0], x[1], y[1])
        for name, x, y in (
            ("champions", much, high), ("affluents", much, low), ("advocates", little, high),
            ("misers", little, low),
        )
    }  # fmt: skip


def _fields(frame: _Frame) -> str:
    return group(
        [
            element(
                "rect", x=x0, y=y0, width=x1 - x0, height=y1 - y0, fill=colour(SEGMENT_COLOURS[name]),
                fill_opacity=0.09,
            )
            for name, (x0, y0, x1, y1) in _corners(frame).items()
        ],
        class_="fields",
    )  # fmt: skip


def _place(cell: ReferralCell, frame: _Frame) -> tuple[float, float]:
    """Middle of a circle; the names of the fields keep their room."""
    x = frame.left + (frame.right - frame.left) * cell.purchase_rank / 2
    if cell.referral_rank == 0:
        return x, frame.floor + 20 + (frame.nothing - 20) / 2
    if cell.referral_rank < 1:
        return x, frame.floor - (frame.below - _HEAD) * cell.referral_rank
    return x, frame.threshold - (frame.above - _HEAD) * (cell.referral_rank - 1)


def _bubbles(cells: tuple[ReferralCell, ...], frame: _Frame) -> str:
    most = max((cell.n_customers for cell in cells), default=1)
    drawn = []
    for cell in cells:
        x, y = _place(cell, frame)
        much, high = cell.purchase_rank >= 1, cell.referral_rank >= 1
        name = ("misers", "affluents", "advocates", "champions")[2 * high + much]
        radius = max(frame.largest * math.sqrt(cell.n_customers / most), 1.8)
        drawn.append(
            element(
                "circle", cx=x, cy=y, r=radius, fill=colour(SEGMENT_COLOURS[name]), fill_opacity=0.85,
                data_people=cell.n_customers,
            )
        )  # fmt: skip
    return group(drawn, class_="cells")


def _lines(frame: _Frame, language: Language) -> str:
    firm = {"stroke": colour("text-soft"), "stroke_width": 1.6}
    loose = {"stroke": colour("edge"), "stroke_width": 1, "stroke_dasharray": "2 4"}
    x, y = frame.left - 10, (frame.top + frame.bottom) / 2
    nothing = sentence("loyalty_referral.brought_nothing", language)
    return group(
        [
            element("line", x1=frame.middle, x2=frame.middle, y1=frame.top, y2=frame.bottom, **firm),
            element("line", x1=frame.left, x2=frame.right, y1=frame.threshold, y2=frame.threshold, **firm),
            element("line", x1=frame.left, x2=frame.right, y1=frame.floor, y2=frame.floor, **loose),
            _haloed(nothing, frame.left + 8, frame.floor + 17, **SOFT),
            text(
                sentence("loyalty_referral.axis_buys", language), frame.right, frame.bottom + 19,
                text_anchor="end", **SOFT,
            ),
            text(
                sentence("loyalty_referral.axis_brings", language), x, y, text_anchor="middle",
                transform=f"rotate(-90 {x:.0f} {y:.0f})", **SOFT,
            ),
        ],
        class_="axes",
    )  # fmt: skip


def _names(frame: _Frame, language: Language) -> str:
    drawn = []
    for name, (x0, y0, x1, _) in _corners(frame).items():
        much = x0 > frame.left
        drawn.append(
            _haloed(
                _name(name, language), x1 - 8 if much else x0 + 8, y0 + 19, font_family=FONT_HEADING,
                font_size=16, text_anchor="end" if much else None,
            )
        )  # fmt: skip
    return group(drawn, class_="names")


def _haloed(words: str, x: float, y: float, **style: object) -> str:
    halo = {"stroke": colour("page"), "stroke_width": 4, "stroke_linejoin": "round", "paint_order": "stroke"}
    return text(words, x, y, **halo, **style)


def _legend(result: ReferralResult, frame: _Frame, language: Language) -> tuple[list[str], float]:
    """The four in words, beside the plane or under it; where the picture ends."""
    x = frame.right + 32 if frame.beside else frame.left
    y = frame.top + 12 if frame.beside else frame.bottom + _FOOT + 26
    drawn = []
    for one in result.segments:
        entry, height = _entry(one, x, y, frame.width - x - 24, language)
        drawn.append(entry)
        y += height + 22
    return drawn, max(frame.bottom + _FOOT, y - 18)


def _entry(one: ReferralSegment, x: float, y: float, width: float, language: Language) -> tuple[str, float]:
    """What is said of one of the four, and how high that is."""
    share, *money = _figures(one, language)
    means = sentence(f"loyalty_referral.means_{one.segment}", language)
    lines = [line for words in (means, *money) for line in lines_of(words, width, 13)]
    name = [
        span(_name(one.segment, language), font_family=FONT_HEADING, font_size=16),
        span("  " + share, font_weight="bold", font_size=14),
    ]
    drawn = [
        element("circle", cx=x + 6, cy=y - 1, r=6.5, fill=colour(SEGMENT_COLOURS[one.segment])),
        text(name, x + 20, y + 4),
        *(text(line, x + 20, y + 23 + 18 * j, **SOFT) for j, line in enumerate(lines)),
    ]
    return group(drawn, class_="segment"), 10 + 18.0 * len(lines)


def _figures(one: ReferralSegment, language: Language) -> list[str]:
    if one.share.value is None:
        small = one.share.reason is not None and one.share.reason.code.endswith("too_small_group")
        return [sentence(f"loyalty_referral.field_{'small' if small else 'nobody'}", language)]
    money = {"bought": one.share_of_purchases.value, "brought": one.share_of_referrals.value}
    return [
        share_text(one.share.value, language),
        sentence("loyalty_referral.field_money", language, **money),
    ]


def _name(segment: str, language: Language) -> str:
    name = sentence(f"loyalty_referral.segment_{segment}", language)
    return name[:1].upper() + name[1:]


def _in_words(one: ReferralSegment, language: Language) -> str:
    means = sentence(f"loyalty_referral.means_{one.segment}", language)
    return f"{_name(one.segment, language)} ({means}): {'; '.join(_figures(one, language))}."
