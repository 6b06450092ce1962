"""`result.plot()`: what a notebook shows of a result.

What is our own drawing (the ladder, the map of values, a surface, the fields of referral) comes as a `Figure`
with the table behind it; what is a chart (shares over time, segments, intentions) comes as an Altair chart.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verbond.errors import MissingExtraError, OptionError
from verbond.plots.charts import chart_intentions, chart_segments, chart_shares_over_time
from verbond.plots.ladder import draw_ladder_result
from verbond.plots.referral import draw_referral_fields
from verbond.plots.svg import as_file
from verbond.plots.values import draw_contour, draw_value_map
from verbond.results import Language, Result, sentence
from verbond.results.groups import MIN_GROUP
from verbond.results.wording import check_language

if TYPE_CHECKING:
    import altair as alt

    from verbond.ladder import LadderResult

__all__ = ["Figure", "figure", "kinds_of"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing with the table behind it, as a notebook shows it.

    Attributes
    ----------
    svg : str
        Stands alone, with a title and a description inside for who does not see it.
    behind : Result
        What was drawn; its `to_dicts()` are the rows of the table.
    language : {"en", "nl"}
    """

    svg: str
    behind: Result
    language: Language = "en"

    def save(self, path: str | Path, *, scale: float = 2.0) -> Path:
        """Write it as .svg, .png or .pdf, by the ending.

        Parameters
        ----------
        path : str or Path
        scale : float
            Of .png: 2 is twice as sharp.

        Raises
        ------
        OptionError
            For another ending.
        MissingExtraError
            Where .png or .pdf is asked and the extra `reports` is not there.
        """
        path = Path(path)
        if path.suffix == ".svg":
            path.write_text(self.svg + "\n", "utf-8")
            return path
        if path.suffix not in (".png", ".pdf"):
            raise OptionError(
                "unknown kind of picture", got=path.suffix or "none", expected=".svg, .png, .pdf"
            )
        try:
            import vl_convert
        except ImportError:
            raise MissingExtraError(f"writing {path.suffix}", extra="reports") from None
        convert = {
            ".png": lambda: vl_convert.svg_to_png(self.svg, scale=scale),
            ".pdf": lambda: vl_convert.svg_to_pdf(self.svg),
        }
        path.write_bytes(convert[path.suffix]())
        return path

    def _repr_html_(self) -> str:
        shown = html.escape(sentence("report.table_title", self.language))
        table = self.behind.to_html() if self.behind.to_dicts() else ""
        behind = f"<details><summary>{shown}</summary>{table}</details>" if table else ""
        return f'<figure lang="{self.language}">{self.svg}{behind}</figure>'

    def _repr_svg_(self) -> str:
        return self.svg


Draw = Callable[[Any, Language], "Figure | alt.TopLevelMixin"]


def figure(result: Result, kind: str | None = None, language: Language = "en") -> Figure | alt.TopLevelMixin:
    """Draw a result.

    Parameters
    ----------
    result : Result
    kind : str, optional
        One of `kinds_of(result)`; the first where not given.
    language : {"en", "nl"}

    Returns
    -------
    Figure or altair chart

    Raises
    ------
    OptionError
        For results that have no picture, and for a kind that they do not have.
    """
    check_language(language)
    ways = _WAYS.get(type(result).__name__, {})
    if not ways:
        drawn = ", ".join(sorted(_WAYS))
        raise OptionError(
            "there is no picture of this", got=type(result).__name__, expected=f"one of {drawn}"
        )
    kind = next(iter(ways)) if kind is None else kind
    if kind not in ways:
        raise OptionError("unknown kind of picture", got=repr(kind), expected=" or ".join(map(repr, ways)))
    return ways[kind](result, language)


def kinds_of(result: Result) -> tuple[str, ...]:
    """The pictures that there are of a result, the usual one first; empty where there are none.

    Examples
    --------
    >>> kinds_of(object())
    ()
    """
    return tuple(_WAYS.get(type(result).__name__, ()))


def _own(draw: Callable[..., str]) -> Draw:
    return lambda result, language: Figure(as_file(draw(result, language=language)), result, language)


def _segments(result: LadderResult, language: Language) -> alt.VConcatChart:
    """Without groups under five, and without those from which these could be computed."""
    from verbond.numerics.disclosure import hidden_groups  # brings numba, and pages draw without it

    shown = []
    for attribute in dict.fromkeys(s.attribute for s in result.segments):
        group = [s for s in result.segments if s.attribute == attribute]
        hidden = hidden_groups([s.n_customers for s in group], MIN_GROUP)
        shown += [s for s, hide in zip(group, hidden, strict=True) if not hide]
    if not shown:
        raise OptionError(
            "this ladder has no segments to draw", hint="Name attributes: Ladder(segments=...)."
        )
    return chart_segments(shown, language, anchored=result.anchored)


def _referral(result: Any, *, language: Language) -> str:
    return draw_referral_fields(result, language, title=sentence("loyalty_referral.title", language))


def _of_diagnosis(diagnosis: Any, language: Language) -> Figure | alt.TopLevelMixin:
    if diagnosis.ladder is None:
        raise OptionError("this diagnosis has no ladder to draw", hint="`diagnosis.unsaid` says why.")
    return figure(diagnosis.ladder, "ladder", language)


_WAYS: Mapping[str, Mapping[str, Draw]] = {
    "LadderResult": {
        "ladder": _own(draw_ladder_result), "time": chart_shares_over_time, "segments": _segments,
    },
    "IntentionResult": {"intentions": chart_intentions},
    "CircleResult": {"map": _own(draw_value_map)},
    "SurfaceResult": {"contour": _own(draw_contour)},
    "ReferralResult": {"fields": _own(_referral)},
    "Diagnosis": {"ladder": _of_diagnosis},
}  # fmt: skip
