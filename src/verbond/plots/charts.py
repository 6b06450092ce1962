"""Charts as Altair specifications in the house's own colours, and their SVG where vl-convert is installed.

Altair is imported where a chart is made: it takes a second, and most pages and commands make none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import numpy as np

from verbond.errors import MissingExtraError
from verbond.plots.ladder import share_text, state_names
from verbond.plots.svg import element
from verbond.plots.tokens import tokens
from verbond.results import Language, sentence
from verbond.results.wording import format_value

if TYPE_CHECKING:
    import altair as alt

    from verbond.ladder import LadderResult
    from verbond.loyalty import IntentionResult

__all__ = ["chart_intentions", "chart_segments", "chart_shares_over_time", "to_svg"]

_FONT = "Arial, Liberation Sans, Helvetica, sans-serif"
"""Letters of one width on every machine: what vl-convert measured is what a browser shows."""

_COLOUR = re.compile(r'(fill|stroke)="(#[0-9a-fA-F]{6})"')
_DECIMALS = {
    "en": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", ""]},
    "nl": {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["", ""]},
}


def chart_shares_over_time(
    result: LadderResult, language: Language = "en", *, width: int = 560, height: int = 52
) -> alt.FacetChart:
    """Share of customers on each rung per period, a strip a rung, with the interval as a band.

    Parameters
    ----------
    result : LadderResult
    language : {"en", "nl"}
    width, height : int
        Of one strip, in pixels.

    Returns
    -------
    altair.FacetChart
    """
    import altair as alt

    names, n_states = state_names(result.n_states, result.anchored, language), result.n_states
    rows = [
        {
            "period": str(period)[:10],
            "name": _numbered(names, k, result.anchored),
            "state": k,
            "share": float(result.shares[t, k]),
            "low": _finite(result.shares_ci_lower[t, k]),
            "high": _finite(result.shares_ci_upper[t, k]),
            "label": share_text(float(result.shares[t, k]), language) if t == len(result.periods) - 1 else "",
        }
        for t, period in enumerate(result.periods)
        for k in range(n_states)
    ]
    base = alt.Chart(_data(rows)).encode(
        x=alt.X("period:T", title=None, scale=alt.Scale(type="utc"), axis=_time_axis(result.periods, width)),
        color=alt.Color("state:O", scale=_rung_scale(n_states), legend=None),
    )
    top = max([0.1, *(r["high"] or r["share"] for r in rows)])
    y_axis = alt.Axis(format="%", tickCount=2, title=None, domain=False, ticks=False)
    share = alt.Y("share:Q", axis=y_axis, scale=alt.Scale(domain=[0, top]))
    band = base.mark_area(opacity=0.28).encode(y=alt.Y("low:Q", axis=y_axis), y2="high:Q")
    line = base.mark_line(strokeWidth=2.2).encode(y=share)
    labels = (
        base.transform_filter("datum.label != ''")
        .mark_text(align="left", dx=7, fontWeight="bold", fontSize=13)
        .encode(y=share, text="label:N", color=alt.value(_hex("text")))
    )
    header = alt.Header(
        title=None, labelAnchor="start", labelFontSize=14, labelFont=_FONT, labelColor=_hex("text"),
        labelPadding=3, labelOrient="top",
    )  # fmt: skip
    order = [_numbered(names, k, result.anchored) for k in reversed(range(n_states))]
    return _themed(
        alt.layer(band, line, labels)
        .properties(width=width, height=height)
        .facet(row=alt.Row("name:N", sort=order, header=header), spacing=10),
        language,
        right=46,  # for the last share behind the line
    )


def chart_segments(
    segments: Iterable[Any], language: Language = "en", *, anchored: bool = True, width: int = 560
) -> alt.VConcatChart:
    """Customers of each segment over the rungs, a bar a segment, an attribute under another.

    Parameters
    ----------
    segments : iterable of SegmentShares
        Those that may be shown (groups under five left out).
    language : {"en", "nl"}
    anchored : bool
        Whether states are rungs.
    width : int
        Of the bars, in pixels.

    Returns
    -------
    altair.VConcatChart
    """
    import altair as alt

    segments = list(segments)
    charts = []
    for attribute in dict.fromkeys(s.attribute for s in segments):
        group = [s for s in segments if s.attribute == attribute]
        charts.append(_segment_bars(attribute, group, language, anchored, width))
    return _themed(alt.vconcat(*charts, spacing=22).resolve_scale(color="shared"), language)


def chart_intentions(
    result: IntentionResult, language: Language = "en", *, width: int = 480
) -> alt.LayerChart:
    """What customers said against what they did, with the interval of what they did.

    Parameters
    ----------
    result : IntentionResult
    language : {"en", "nl"}
    width : int
        In pixels.

    Returns
    -------
    altair.LayerChart
    """
    import altair as alt

    said, did = sentence("report.said", language), sentence("report.did", language)
    rows = []
    for gap in result.gaps:
        name = sentence(f"report.behaviour_{gap.behaviour}", language)
        for kind, estimate in ((said, gap.intended), (did, gap.done)):
            rows.append(
                {
                    "name": name,
                    "kind": kind,
                    "share": estimate.value,
                    "low": estimate.ci_lower,
                    "high": estimate.ci_upper,
                }
            )
    base = alt.Chart(_data(rows)).encode(
        y=alt.Y("name:N", title=None, axis=alt.Axis(domain=False, ticks=False, labelLimit=180)),
        yOffset=alt.YOffset("kind:N", sort=[said, did]),
        color=alt.Color(
            "kind:N", title=None, sort=[said, did],
            scale=alt.Scale(domain=[said, did], range=[_hex("note"), _hex("accent")]),
        ),
    )  # fmt: skip
    axis = alt.Axis(format="%", title=None, tickCount=5)
    share = alt.X("share:Q", axis=axis, scale=alt.Scale(domain=[0, 1]))
    points = base.mark_point(size=95, filled=True, opacity=1).encode(
        x=share, shape=alt.Shape("kind:N", title=None, sort=[said, did])
    )
    whiskers = base.mark_rule(strokeWidth=1.8).encode(x=alt.X("low:Q", axis=axis), x2="high:Q")
    return _themed(alt.layer(whiskers, points).properties(width=width, height=alt.Step(22)), language)


def to_svg(
    chart: alt.TopLevelMixin, *, title: str, description: str, identity: str, layout: str = "wide"
) -> str:
    """A chart as SVG for a page: our colours as variables, read aloud by `title` and `description`.

    Parameters
    ----------
    chart : altair chart
        From one of the `chart_` functions.
    title, description : str
    identity : str
        Begins every id inside.
    layout : {"wide", "tall"}
        Goes into the class, so that a page can choose.

    Returns
    -------
    str

    Raises
    ------
    MissingExtraError
        Without the extra "reports" (vl-convert).
    """
    try:
        import vl_convert
    except ImportError:
        raise MissingExtraError("drawing charts", extra="reports") from None
    svg = vl_convert.vegalite_to_svg(chart.to_dict(validate=False))
    start, body = svg.split(">", 1)
    width, height = (re.search(rf'\b{name}="([\d.]+)"', start)[1] for name in ("width", "height"))  # type: ignore[index]
    body = body.rsplit("</svg>", 1)[0]
    body = re.sub(r'\bid="([^"]+)"', rf'id="{identity}-\1"', body)
    body = re.sub(r"url\(#([^)]+)\)", rf"url(#{identity}-\1)", body)
    return element(
        "svg",
        element("title", escape(title), id=f"{identity}-title"),
        element("desc", escape(description), id=f"{identity}-desc"),
        _COLOUR.sub(_as_variable, body),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
        aria_labelledby=f"{identity}-title {identity}-desc",
        class_=f"picture picture--{layout}",
    )


def _segment_bars(
    attribute: str, group: list[Any], language: Language, anchored: bool, width: int
) -> alt.LayerChart:
    import altair as alt

    n_states = len(group[0].shares)
    names = state_names(n_states, anchored, language)
    labels = [_numbered(names, k, anchored) for k in range(n_states)]
    rows = [
        {
            "segment": f"{s.value} ({format_value(s.n_customers, 'count', language)})",
            "state": labels[k],
            "order": k,
            "share": float(s.shares[k]),
            "middle": float(np.sum(s.shares[:k]) + s.shares[k] / 2),
            "number": str(k if anchored else k + 1) if s.shares[k] >= 0.05 else "",
        }
        for s in group
        for k in range(n_states)
    ]
    narrow = width < 400
    base = alt.Chart(
        _data(rows),
        title=alt.Title(attribute.replace("_", " "), anchor="start", frame="group", fontSize=15, font=_FONT),
    ).encode(
        y=alt.Y(
            "segment:N",
            sort=None,
            title=None,
            axis=alt.Axis(domain=False, ticks=False, labelLimit=110 if narrow else 190),
        )
    )
    legend = alt.Legend(
        orient="top",
        title=None,
        columns=2 if narrow else 3,
        symbolType="square",
        labelFontSize=12,
        labelLimit=0,
    )
    bars = base.mark_bar(stroke=_hex("page"), strokeWidth=1.2, height=22).encode(
        x=alt.X(
            "share:Q",
            stack="zero",
            title=None,
            axis=alt.Axis(format="%", tickCount=3 if narrow else 5),
            scale=alt.Scale(domain=[0, 1]),
        ),
        color=alt.Color("state:N", scale=_rung_scale(n_states, labels), legend=legend),
        order=alt.Order("order:Q"),
    )
    numbers = base.mark_text(fontSize=12, fontWeight="bold", color=_hex("page")).encode(
        x="middle:Q", text="number:N"
    )
    return alt.layer(bars, numbers).properties(width=width, height=alt.Step(30))


def _numbered(names: tuple[str, ...], k: int, anchored: bool) -> str:
    return f"{k} {names[k]}" if anchored else names[k]


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _data(rows: list[dict[str, Any]]) -> alt.Data:
    import altair as alt

    return alt.Data(values=rows)


def _hex(meaning: str) -> str:
    return tokens()[f"colour-{meaning}"]


def _rung_scale(n_states: int, domain: list[str] | None = None) -> alt.Scale:
    import altair as alt

    colours = [_hex(f"rung-{round(5 * k / max(n_states - 1, 1))}") for k in range(n_states)]
    return alt.Scale(domain=domain if domain is not None else list(range(n_states)), range=colours)


def _time_axis(periods: np.ndarray, width: int) -> alt.Axis:
    """Labels at every so many periods, counted back from the last, so that none touches another."""
    import altair as alt

    n_labels = 3 if width < 400 else 6
    step = -(-len(periods) // n_labels)
    labelled = np.asarray(periods, dtype="datetime64[ms]").astype(int)[::-1][::step][::-1]
    return alt.Axis(format="%b %Y", values=labelled.tolist(), grid=False, title=None)


def _themed(chart: Any, language: Language, right: int = 14) -> Any:
    """The house's colours and letters, and the language's numbers and months."""
    import altair as alt

    months = [format_value(f"2026-{m:02d}-01", "month", language).split()[0] for m in range(1, 13)]
    days = ["zo", "ma", "di", "wo", "do", "vr", "za"]
    time = {
        "dateTime": "%d %B %Y", "date": "%d-%m-%Y", "time": "%H:%M", "periods": ["", ""], "days": days,
        "shortDays": days, "months": months,
        "shortMonths": ["mrt" if m == "maart" else m[:3] for m in months],
    }  # fmt: skip
    label = {"labelFont": _FONT, "labelFontSize": 12, "labelColor": _hex("text-soft")}
    return chart.configure(
        background="transparent",
        font=_FONT,
        padding={"left": 2, "right": right, "top": 4, "bottom": 4},
        locale={"number": _DECIMALS[language], "time": time}
        if language == "nl"
        else {"number": _DECIMALS["en"]},
        axis=alt.AxisConfig(
            gridColor=_hex("line"), domainColor=_hex("edge"), tickColor=_hex("edge"), **label
        ),
        legend=alt.LegendConfig(**label),
        view=alt.ViewConfig(stroke=None),
        title=alt.TitleConfig(color=_hex("text"), font=_FONT, fontWeight="normal"),
    )


def _as_variable(match: re.Match[str]) -> str:
    name = _names_of_colours().get(match[2].lower())
    return f'{match[1]}="var(--{name}, {match[2]})"' if name else match[0]


def _names_of_colours() -> Mapping[str, str]:
    return {value: name for name, value in tokens().items() if name.startswith("colour-")}
