"""The ladder drawn as a ladder: who stands on which rung, who moves, and which rung stops most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from verbond.errors import OptionError
from verbond.method import RUNGS
from verbond.plots.people import FIGURE_HEIGHT, crowd, figure_scale, figure_symbols, out_of_hundred
from verbond.plots.svg import element, group, picture, span, text
from verbond.plots.timber import LEAN, PLANK, barrier_rope, pole, rung, shelf, soil
from verbond.plots.tokens import FONT_HEADING, colour, rung_colour
from verbond.results import Language, sentence
from verbond.results.wording import format_value

__all__ = [
    "Layout",
    "check_layout",
    "crossings",
    "draw_ladder",
    "draw_ladder_result",
    "flow_window",
    "interval_text",
    "people_text",
    "share_text",
    "state_names",
]

if TYPE_CHECKING:
    from verbond.ladder import LadderResult

Layout = Literal["wide", "tall"]
FLOW_PERIODS = 12
"""Periods over which a ladder result counts its flows."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """Measures of a layout, in pixels of the view box."""

    width: float
    left: float  # the poles
    right: float
    top: float  # above the highest rung's own space
    gap: float  # between rungs
    bulge: float  # of the bands beside the poles
    band: float  # the widest band
    name_size: float
    small: float


_FRAMES: dict[str, _Frame] = {
    "wide": _Frame(860, 340, 716, 38, 94, 62, 22, 18, 13),
    "tall": _Frame(360, 77, 283, 40, 112, 17, 10, 15, 13),
}
_INSET = 16.0  # from the left pole to the first person
_LETTER = 0.62  # width of a letter in the widest common font, in font sizes


@dataclass(frozen=True)
class _Drawing:
    """The checked input of a picture, and where things stand in it."""

    layout: Layout
    language: Language
    identity: str
    anchored: bool
    names: tuple[str, ...]
    shares: np.ndarray
    ci_lower: np.ndarray | None
    ci_upper: np.ndarray | None
    up: np.ndarray | None
    down: np.ndarray | None
    blocking: int | None
    window: str
    simulated: bool

    @property
    def frame(self) -> _Frame:
        return _FRAMES[self.layout]

    @property
    def wide(self) -> bool:
        return self.layout == "wide"

    @property
    def n_states(self) -> int:
        return len(self.shares)

    @property
    def moves(self) -> bool:
        """Whether anybody is known to have moved."""
        return self.up is not None and self.down is not None and bool((self.up + self.down).sum() > 0)

    @cached_property
    def pitch(self) -> float:
        """Width of two people: the widest share or interval fits between the poles."""
        bounds = [b[1] for k in range(self.n_states) if (b := self.interval(k)) is not None]
        widest = min(1.0, max(0.3, float(self.shares.max()), *bounds))
        return (self.frame.right - self.frame.left - 2 * _INSET) / (50.0 * widest + 0.5)

    def y(self, state: int) -> float:
        """Where people on `state` stand."""
        return self.frame.top + self.frame.gap * (self.n_states - state) - PLANK

    def x(self, share: float) -> float:
        """Where a crowd of `share` ends."""
        return self.frame.left + _INSET + 50.0 * share * self.pitch

    def interval(self, state: int) -> tuple[float, float] | None:
        if self.ci_lower is None or self.ci_upper is None:
            return None
        bounds = float(self.ci_lower[state]), float(self.ci_upper[state])
        return bounds if np.isfinite(bounds).all() else None

    def say(self, code: str, **values: Any) -> str:
        return sentence(f"report.{code}", self.language, **values)


def draw_ladder(
    shares: Sequence[float],
    ci_lower: Sequence[float] | None = None,
    ci_upper: Sequence[float] | None = None,
    *,
    moved_up: Sequence[float] | None = None,
    moved_down: Sequence[float] | None = None,
    blocking_rung: int | None = None,
    names: Sequence[str] | None = None,
    anchored: bool = True,
    language: Language = "en",
    layout: Layout = "wide",
    identity: str = "ladder",
    window: str = "",
    simulated: bool = False,
) -> str:
    """Draw the ladder of engagement with the customers on it.

    A hundred figures are the customers; each crowd's length is the share on its rung, the notch below it the
    interval. Bands right of the ladder are people who climbed past a step, left of it people who came down;
    their width is the number of people.

    Parameters
    ----------
    shares : sequence of float, shape (n_states,)
        Share of customers on each state, the lowest first; adds up to one.
    ci_lower, ci_upper : sequence of float, shape (n_states,), optional
        Interval of each share; NaN where there is none.
    moved_up, moved_down : sequence of float, shape (n_states - 1,), optional
        People who passed the step between state k and k + 1 upwards and downwards (see `crossings`).
    blocking_rung : int, optional
        The rung below which most people wait longest, 1..n_states - 1; marked by a rope and by words.
    names : sequence of str, optional
        Of the states, the lowest first; by default the method's rungs where there are six of them.
    anchored : bool
        False draws levels of behaviour: no poles and no rung names, whatever `names` and `blocking_rung` say.
    language : {"en", "nl"}
    layout : {"wide", "tall"}
        For a desk or a sheet of paper, or for a phone.
    identity : str
        Begins every id inside; two pictures on one page need two identities.
    window : str
        The period over which people moved, in words ("the last 12 months").
    simulated : bool
        Say in the picture that the data are simulated.

    Returns
    -------
    str
        SVG, the same for the same input.

    Raises
    ------
    OptionError
        If the shapes do not fit one another or the layout is unknown.

    Examples
    --------
    >>> svg = draw_ladder([0.2, 0.4, 0.2, 0.1, 0.06, 0.04], blocking_rung=2)
    >>> svg[:4], "largest group waits here" in svg
    ('<svg', True)
    """
    d = _prepared(
        shares, ci_lower, ci_upper, moved_up, moved_down, blocking_rung, names, anchored, language, layout,
        identity, window, simulated,
    )  # fmt: skip
    parts = [figure_symbols(identity), *_timber(d), *(_state(d, k) for k in range(d.n_states))]
    parts += [_barrier(d), _flows(d), _headings(d)]
    legend, height = _legend(d, d.y(0) + PLANK + 44)
    return picture(
        [*parts, legend],
        identity=identity,
        title=d.say("picture_ladder" if anchored else "picture_levels"),
        description=_description(d),
        width=d.frame.width,
        height=height,
        kind=layout,
        font_size=d.frame.small,
    )


def draw_ladder_result(
    result: LadderResult,
    language: Language = "en",
    *,
    layout: Layout = "wide",
    identity: str = "ladder",
    simulated: bool | None = None,
) -> str:
    """Draw a fitted ladder: its last period, and who moved over the periods that its flows cover.

    Parameters
    ----------
    result : LadderResult
        With figures (not NaN) for its last period.
    language : {"en", "nl"}
    layout : {"wide", "tall"}
    identity : str
    simulated : bool, optional
        By default as the result's provenance says.

    Returns
    -------
    str
        SVG, see `draw_ladder`.
    """
    up, down = crossings(np.asarray(result.flows, dtype=float))
    return draw_ladder(
        result.shares[-1],
        result.shares_ci_lower[-1],
        result.shares_ci_upper[-1],
        moved_up=up,
        moved_down=down,
        blocking_rung=result.blocking_rung,
        anchored=result.anchored,
        language=language,
        layout=layout,
        identity=identity,
        window=flow_window(result, language),
        simulated=result.provenance.simulated if simulated is None else simulated,
    )


def flow_window(result: LadderResult, language: Language) -> str:
    """The periods that the flows of a result cover, in words ("the last 12 months")."""
    n_periods = min(FLOW_PERIODS, len(result.periods) - 1)
    return sentence(f"report.last_{result.period}", language, n=n_periods)


def check_layout(layout: str) -> None:
    """Raise OptionError where a layout is none."""
    if layout not in get_args(Layout):
        raise OptionError("unknown layout", got=repr(layout), expected="'wide' or 'tall'")


def crossings(flows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """People who passed each step between neighbouring states, upwards and downwards.

    Parameters
    ----------
    flows : ndarray, shape (n_states, n_states)
        Expected number of moves from row to column.

    Returns
    -------
    up, down : ndarray, shape (n_states - 1,)
        A move over several steps counts at each step that it passes.

    Examples
    --------
    >>> up, down = crossings(np.array([[0.0, 3.0, 1.0], [2.0, 0.0, 4.0], [5.0, 0.0, 0.0]]))
    >>> up.tolist(), down.tolist()
    ([4.0, 5.0], [7.0, 5.0])
    """
    steps = range(1, len(flows))
    up = np.array([flows[:k, k:].sum() for k in steps])
    down = np.array([flows[k:, :k].sum() for k in steps])
    return up, down


def state_names(n_states: int, anchored: bool, language: Language) -> tuple[str, ...]:
    """What the states are called: the method's rungs where they are anchored and six, else levels.

    Examples
    --------
    >>> state_names(6, True, "nl")[3], state_names(4, False, "en")[0]
    ('Vertrouwen', 'Level 1')
    """
    if not anchored:
        return tuple(sentence("report.level_name", language, number=k + 1) for k in range(n_states))
    names = [r.name.say(language) for r in RUNGS] if n_states == len(RUNGS) else map(str, range(n_states))
    return tuple(name[:1].upper() + name[1:] for name in names)


def share_text(share: float, language: Language) -> str:
    """A share in percent; below one percent with a decimal, so that few people are not nobody.

    Examples
    --------
    >>> share_text(0.313, "en"), share_text(0.004, "nl")
    ('31%', '0,4%')
    """
    return format_value(share, "percent1" if 0 < share < 0.00995 else "percent", language)


def interval_text(lower: float, upper: float, language: Language) -> str:
    """An interval of shares, with a decimal where it is narrow.

    Examples
    --------
    >>> interval_text(0.29, 0.34, "en"), interval_text(0.291, 0.302, "nl")
    ('29–34%', '29,1–30,2%')
    """
    kind = "percent1" if upper - lower < 0.02 else "percent"
    return f"{format_value(lower, kind, language).rstrip('%')}–{format_value(upper, kind, language)}"


def people_text(people: float, language: Language, *, longest: int = 5) -> str:
    """A number of people in few characters: thousands as k and millions as M where it does not fit.

    Examples
    --------
    >>> people_text(1240, "en"), people_text(1240, "nl", longest=4), people_text(24_800, "en", longest=4)
    ('1,240', '1,2k', '25k')
    """
    whole = format_value(people, "count", language)
    if len(whole) <= longest:
        return whole
    size, letter = (1e6, "M") if people >= 999_500 else (1e3, "k")
    return format_value(people / size, "number1" if people < 9.95 * size else "number0", language) + letter


def _prepared(
    shares: Any, ci_lower: Any, ci_upper: Any, moved_up: Any, moved_down: Any, blocking: int | None,
    names: Any, anchored: bool, language: Language, layout: Layout, identity: str, window: str,
    simulated: bool,
) -> _Drawing:  # fmt: skip
    check_layout(layout)
    share = np.asarray(shares, dtype=float)
    if share.ndim != 1 or len(share) < 2:
        raise OptionError("no shares to draw", got=f"shape {share.shape}", expected="two states or more")
    n_states = len(share)
    own = anchored and names is not None
    names = tuple(n[:1].upper() + n[1:] for n in names) if own else state_names(n_states, anchored, language)
    if len(names) != n_states:
        raise OptionError("names do not fit the states", got=str(len(names)), expected=str(n_states))
    return _Drawing(
        layout, language, identity, anchored, names, share,
        _array(ci_lower, n_states, "ci_lower"), _array(ci_upper, n_states, "ci_upper"),
        _array(moved_up, n_states - 1, "moved_up"), _array(moved_down, n_states - 1, "moved_down"),
        blocking if anchored and blocking is not None and 0 < blocking < n_states else None,
        window, simulated,
    )  # fmt: skip


def _array(values: Sequence[float] | None, length: int, name: str) -> np.ndarray | None:
    if values is None:
        return None
    array = np.asarray(values, dtype=float)
    if array.shape != (length,):
        raise OptionError(f"{name} does not fit", got=f"shape {array.shape}", expected=f"{length} numbers")
    return array


def _timber(d: _Drawing) -> list[str]:
    left, right = d.frame.left, d.frame.right
    if not d.anchored:
        return [shelf(left, right, d.y(k)) for k in range(d.n_states)]
    head, foot = d.y(d.n_states - 1) - 0.72 * d.frame.gap, d.y(0) + PLANK + 5
    ground = (left - 56, right + 56) if d.wide else (14.0, d.frame.width - 14)
    parts = [soil(*ground, d.y(0) + PLANK), pole(left, head, foot, LEAN), pole(right, head, foot, -LEAN)]
    parts.append(shelf(left + 6, right - 6, d.y(0)))
    for k in range(1, d.n_states):
        lean = LEAN * (foot - d.y(k)) / (foot - head)
        parts.append(rung(left, right, d.y(k), seed=k, lean=lean))
    return parts


def _state(d: _Drawing, k: int) -> str:
    """People, notch and words of one state."""
    people = crowd(
        out_of_hundred(d.shares)[k], d.x(0), d.y(k), d.pitch, rung_colour(k, d.n_states), d.identity, seed=k
    )
    words = _words_beside(d, k) if d.wide else _words_above(d, k)
    return group(
        [people, _notch(d, k), words], class_="state", data_state=k, data_share=round(float(d.shares[k]), 6)
    )


def _notch(d: _Drawing, k: int) -> str:
    """The interval of the share, cut into the plank."""
    interval = d.interval(k)
    if interval is None:
        return ""
    low, high, y = d.x(interval[0]), d.x(interval[1]), d.y(k) + PLANK / 2
    path = f"M{low:.2f} {y - 3.5:.1f}v7M{low:.2f} {y:.1f}H{high:.2f}M{high:.2f} {y - 3.5:.1f}v7"
    return element("path", d=path, class_="interval", stroke=colour("text"), stroke_width=1.8, fill="none")


def _label(d: _Drawing, k: int) -> str:
    return f"{k} {d.names[k]}" if d.anchored else d.names[k]


def _words_beside(d: _Drawing, k: int) -> str:
    x, y, interval = d.frame.left - 124, d.y(k), d.interval(k)
    figures = [span(share_text(float(d.shares[k]), d.language), font_weight="bold", font_size=17)]
    if interval is not None:
        figures.append(
            span(
                "  " + interval_text(*interval, d.language), font_size=d.frame.small, fill=colour("text-soft")
            )
        )
    return text(
        _label(d, k), x, y - 17, text_anchor="end", font_size=d.frame.name_size, font_family=FONT_HEADING
    ) + text(figures, x, y + 5, text_anchor="end")


def _words_above(d: _Drawing, k: int) -> str:
    y = d.y(k) - figure_scale(d.pitch) * (FIGURE_HEIGHT + 7.5) - 10
    share = share_text(float(d.shares[k]), d.language)
    size = d.frame.name_size
    return text(_label(d, k), d.x(0) - 5, y, font_size=size, font_family=FONT_HEADING) + text(
        share, d.frame.right - 11, y, text_anchor="end", font_size=size, font_weight="bold"
    )


def _barrier(d: _Drawing) -> str:
    """A slack rope under the rung that stops most, with a label."""
    if d.blocking is None:
        return ""
    y, left, right, sag = d.y(d.blocking) + PLANK + 5, d.frame.left + 6, d.frame.right - 6, 13.0
    middle, label = (left + right) / 2, d.say("mark_blocking")
    half = min(_LETTER * d.frame.small * len(label) / 2 + 10, (right - left) / 2 - 2)
    sign = element(
        "rect", x=middle - half, y=y + sag - 9, width=2 * half, height=21.0, rx=10.5,
        fill=colour("block-wash"), stroke=colour("block"), stroke_width=1.4,
    )  # fmt: skip
    words = text(
        label,
        middle,
        y + sag + 6,
        text_anchor="middle",
        font_weight="bold",
        fill=colour("block"),
        font_size=d.frame.small,
    )
    return group([barrier_rope(left, right, y, sag), sign, words], class_="blocking", data_rung=d.blocking)


def _flows(d: _Drawing) -> str:
    if not d.moves:
        return ""
    most = float(max(d.up.max(), d.down.max()))
    bands = (
        _band(d, k, float(people[k]), most, side)
        for side, people in ((1, d.up), (-1, d.down))
        for k in range(d.n_states - 1)
    )
    return group(bands, class_="flows")


def _band(d: _Drawing, k: int, people: float, most: float, side: int) -> str:
    """People who passed the step above state k: upwards on the right (side 1), downwards on the left."""
    width, bulge = d.frame.band * people / most, side * d.frame.bulge
    x = (d.frame.right if side > 0 else d.frame.left) + 17 * side
    low, high = d.y(k) - 4, d.y(k + 1) + PLANK + 4
    head, length = 4 + 0.7 * width, 6 + 0.45 * width
    start, end = (low - width / 2, high + head - 2) if side > 0 else (high + width / 2, low - head + 2)
    neck = x + side * length
    curve = (
        f"M{x:.1f} {start:.1f}C{x + bulge:.1f} {start:.1f} {neck + bulge:.1f} {end:.1f} {neck:.1f} {end:.1f}"
    )
    point, base = x - 3 * side, neck + 0.3 * side
    arrow = f"M{base:.1f} {end - head:.1f}L{point:.1f} {end:.1f}L{base:.1f} {end + head:.1f}Z"
    ink = colour("up" if side > 0 else "down")
    belly = x + 0.75 * bulge + side * (0.5 * length + width / 2 + 5)
    parts = [
        element("path", d=curve, class_="band", fill="none", stroke=ink, stroke_width=round(width, 3)),
        element("path", d=arrow, fill=ink) if people > 0 else "",
        text(
            people_text(people, d.language, longest=6 if d.wide else 4), belly, (low + high) / 2 + 4,
            text_anchor="start" if side > 0 else "end", font_size=d.frame.small,
        ),
    ]  # fmt: skip
    name = "flow flow--up" if side > 0 else "flow flow--down"
    return group(parts, class_=name, data_step=k, data_people=round(people, 3))


def _headings(d: _Drawing) -> str:
    """Words above the two lanes; that it is no ladder where it is none; that data are simulated."""
    y, middle = d.y(d.n_states - 1) - (62.0 if d.wide else 84.0), (d.frame.left + d.frame.right) / 2
    parts, small = [], {"font_size": d.frame.small, "font_weight": "bold"}
    if d.moves:
        up, down = ("climbed", "descended") if d.anchored else ("did_more", "did_less")
        if d.anchored and not d.wide:
            up, down = "climbed_short", "descended_short"
        outer = 128 if d.wide else 72
        parts += [
            text(f"▼ {d.say(down)}", d.frame.left - outer, y, fill=colour("down"), **small),
            text(f"{d.say(up)} ▲", d.frame.right + outer, y, fill=colour("up"), text_anchor="end", **small),
        ]
    notes = [d.say("not_rungs")] if not d.anchored else []
    notes += [d.say("simulated_short")] if d.simulated else []
    lines = [" · ".join(notes)] if d.wide else notes
    style = {"text_anchor": "middle", "font_size": d.frame.small, "fill": colour("note")}
    parts += [text(line, middle, 15 + 17 * i, **style) for i, line in enumerate(lines) if line]
    return group(parts, class_="headings")


def _legend(d: _Drawing, y: float) -> tuple[str, float]:
    """What the signs mean; and the height of the whole picture."""
    lines = [d.say("legend_figure")]
    lines += [d.say("legend_interval")] if d.ci_lower is not None else []
    if d.moves:
        lines.append(d.say("legend_bands", window=d.window) if d.window else d.say("legend_bands_plain"))
    elif d.up is not None:
        lines.append(d.say("nothing_moved"))
    style = {"font_size": d.frame.small, "fill": colour("text-soft"), "text_anchor": "middle"}
    if d.wide:
        return text("  ·  ".join(lines), d.frame.width / 2, y, **style), y + 14
    parts = [text(line, d.frame.width / 2, y + 18 * i, **style) for i, line in enumerate(lines)]
    return group(parts), y + 18 * len(lines)


def _description(d: _Drawing) -> str:
    shares = "; ".join(
        f"{_label(d, k)}: {share_text(float(d.shares[k]), d.language)}" for k in reversed(range(d.n_states))
    )
    parts = [shares + "."]
    if d.blocking is not None:
        parts.append(d.say("describe_blocking", name=d.names[d.blocking]))
    if d.moves:
        code = "describe_moves" if d.anchored else "describe_moves_levels"
        parts.append(d.say(code, up=float(d.up.sum()), down=float(d.down.sum())))
    return " ".join(parts)
