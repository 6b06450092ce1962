"""What a page can be narrowed to: one segment, one period or a range of them.

Figures for a part of the customers are rounded: numbers of people to fives, as statistical offices do (HESA
rounding), shares to tenths of a percent, moves to whole people. Parts overlap from period to period and from
one diagnosis to the next; without rounding, what two of them differ by could be about one or two people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from verbond.errors import OptionError
from verbond.numerics.disclosure import rounded_people
from verbond.plots import crossings
from verbond.reports.behind import segments_shown, usable_ladder
from verbond.results import Language, sentence
from verbond.results.groups import MIN_GROUP
from verbond.results.wording import format_value

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis
    from verbond.ladder import LadderResult

__all__ = ["Filters", "LadderView", "available_filters", "ladder_view"]

_RANGE = ".."


@dataclass(frozen=True, slots=True)
class Filters:
    """What the ladder of a diagnosis can be looked at for.

    Attributes
    ----------
    segments : mapping of str to tuple of str
        Attribute: the values that are shown; those of small groups, and those that would give them away, are
        not among them.
    periods : mapping of str to str
        As it stands in an address ("2026-03"; the first day where a period is no month): as people say it.
        The earliest first.
    """

    segments: Mapping[str, tuple[str, ...]]
    periods: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LadderView:
    """The ladder of a part of the customers, rounded.

    Attributes
    ----------
    where : str
        What it is about: "region: north, March 2026".
    shares, ci_lower, ci_upper : (n_states,)
        To tenths of a percent.
    n_customers : int
        To fives.
    up, down : (n_states - 1,) or None
        Whole people who passed each step; None where that is not known, and `unknown` says why.
    window : str
        When they moved, in words; may be empty.
    blocking : int or None
    unknown : tuple of str
        What is not known for this part.
    """

    where: str
    shares: np.ndarray
    ci_lower: np.ndarray
    ci_upper: np.ndarray
    n_customers: int
    up: np.ndarray | None
    down: np.ndarray | None
    window: str
    blocking: int | None
    unknown: tuple[str, ...]


def available_filters(d: Diagnosis, language: Language) -> Filters:
    """What the ladder of a diagnosis can be narrowed to; nothing where there is no ladder.

    Parameters
    ----------
    d : Diagnosis
    language : {"en", "nl"}
        Of the periods as people say them.
    """
    ladder = usable_ladder(d)
    if ladder is None:
        return Filters({}, {})
    shown = segments_shown(ladder)
    segments = {
        name: tuple(str(s.value) for s in shown if s.attribute == name)
        for name in dict.fromkeys(s.attribute for s in shown)
    }
    return Filters(segments, {key: _said(ladder, t, language) for key, t in _periods(ladder).items()})


def ladder_view(
    ladder: LadderResult, language: Language, segment: tuple[str, str] | None, period: str | None
) -> LadderView | str:
    """The ladder of one segment, of one period or range, or of a segment in the last period.

    Parameters
    ----------
    ladder : LadderResult
        That can be used (see `usable_ladder`).
    language : {"en", "nl"}
    segment : tuple of str, optional
        Attribute and value.
    period : str, optional
        "2026-03", or "2026-01..2026-03": who stands where in the last of them, who moved in all of them.

    Returns
    -------
    LadderView or str
        A sentence where it is not known.

    Raises
    ------
    OptionError
        If there is no such segment or period, or it may not be shown.
    """
    known = _periods(ladder)
    first, last = _window(period, known)
    now = _said(ladder, len(ladder.periods) - 1, language)
    if segment is None:
        return _of_period(ladder, language, first, last)
    if last != len(ladder.periods) - 1:
        return sentence("report.view_no_segment_then", language, period=now)
    one = next((s for s in segments_shown(ladder) if (s.attribute, str(s.value)) == tuple(segment)), None)
    if one is None:
        raise OptionError(
            "no segment that can be shown", got=": ".join(segment), expected="one of available_filters()"
        )
    where = sentence("report.view_segment", language, attribute=one.attribute, value=one.value)
    return LadderView(
        f"{where}, {now}", *_rounded_shares(one.shares, one.ci_lower, one.ci_upper),
        rounded_people(one.n_customers), None, None, "", None,
        (sentence("report.view_no_moves", language, period=now),),
    )  # fmt: skip


def _of_period(ladder: LadderResult, language: Language, first: int, last: int) -> LadderView:
    shares = _rounded_shares(ladder.shares[last], ladder.shares_ci_lower[last], ladder.shares_ci_upper[last])
    up = down = None
    window, unknown = "", ()
    if first == 0 and last == 0:
        unknown = (sentence("report.view_first_period", language),)
    elif ladder.period_flows is None:
        unknown = (sentence("report.view_no_flows", language),)
    else:
        up, down = (
            np.rint(moves) for moves in crossings(ladder.period_flows[max(first, 1) - 1 : last].sum(axis=0))
        )
        window = _span(ladder, max(first, 1), last, language)
    at_end = last == len(ladder.periods) - 1
    return LadderView(
        _span(ladder, first, last, language), *shares, rounded_people(int(ladder.n_present[last])),
        up, down, window, ladder.blocking_rung if at_end else None, unknown,
    )  # fmt: skip


def _rounded_shares(*parts: np.ndarray) -> tuple[np.ndarray, ...]:
    return tuple(np.round(np.asarray(part, dtype=float), 3) for part in parts)


def _periods(ladder: LadderResult) -> dict[str, int]:
    """Periods in which enough customers were there, by how an address names them."""
    length = len("2026-03") if ladder.period == "month" else len("2026-03-01")
    return {
        str(period)[:length]: t
        for t, period in enumerate(ladder.periods)
        if ladder.n_present[t] >= MIN_GROUP and np.isfinite(ladder.shares[t]).all()
    }


def _window(period: str | None, known: Mapping[str, int]) -> tuple[int, int]:
    """First and last period that were asked for; by default the last one."""
    if period is None:
        return (max(known.values()),) * 2
    first, _, last = period.partition(_RANGE)
    last = last or first
    if first not in known or last not in known or known[first] > known[last]:
        raise OptionError(
            "no such period", got=period[:40],
            expected=f"{next(iter(known))} to {list(known)[-1]}, or two of them with '..' between them",
        )  # fmt: skip
    return known[first], known[last]


def _span(ladder: LadderResult, first: int, last: int, language: Language) -> str:
    end = _said(ladder, last, language)
    if first == last:
        return end
    return sentence("report.view_range", language, first=_said(ladder, first, language), last=end)


def _said(ladder: LadderResult, t: int, language: Language) -> str:
    return format_value(ladder.periods[t], "month" if ladder.period == "month" else "date", language)
