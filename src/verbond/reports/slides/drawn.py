"""A chart on a slide as Office's own, with the interval of each value and words for who does not see it."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION, XL_TICK_LABEL_POSITION, XL_TICK_MARK
from pptx.util import Pt

from verbond.reports.slides.charts import Chart, Series
from verbond.results import sentence

__all__ = ["alt_of", "draw_chart"]

_KINDS = {
    "bar": XL_CHART_TYPE.BAR_CLUSTERED,
    "stacked": XL_CHART_TYPE.BAR_STACKED_100,
    "line": XL_CHART_TYPE.LINE,
}
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_SIZE, _SMALL = 12.0, 11.0
_MONTHS = {"en": "[$-809]mmm yyyy", "nl": "[$-413]mmm yyyy"}
_FEW, _SPACIOUS = 2, 7
"""Categories up to which bars are slender, and letters large."""


def draw_chart(
    slide: Any, chart: Chart, place: tuple[float, float, float, float], colours: Sequence[str],
    style: Mapping[str, str],
) -> None:  # fmt: skip
    """Put a chart on a slide.

    Parameters
    ----------
    slide : pptx.slide.Slide
    chart : Chart
    place : tuple of float
        Left, top, width and height, in points.
    colours : sequence of str
        Of series that have none of their own.
    style : mapping
        "text", "line", "font", "tongue" and "language".
    """
    data = CategoryChartData(number_format=chart.form)
    days = chart.kind == "line"
    data.categories = [dt.date.fromisoformat(c) for c in chart.categories] if days else list(chart.categories)
    for series in chart.series:
        data.add_series(series.name, series.values)
    frame = slide.shapes.add_chart(_KINDS[chart.kind], *(Pt(v) for v in place), data)
    frame.name = "chart"
    frame._element.nvGraphicFramePr.cNvPr.set("descr", alt_of(chart, style["language"]))
    made = frame.chart
    made.font.size, made.font.name = Pt(_SIZE), style["font"]
    made.font.color.rgb = _rgb(style["text"])
    _title(made, chart, style)
    _axes(made, chart, style)
    made.has_legend = len(chart.series) > 1
    if made.has_legend:
        made.legend.position, made.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
        made.legend.font.size = Pt(_SIZE)
    for n, (drawn, series) in enumerate(zip(made.plots[0].series, chart.series, strict=True)):
        _series(drawn, chart, series, series.colour or colours[n % len(colours)], style)


def alt_of(chart: Chart, language: Any) -> str:
    """What a chart says, for who does not see it."""
    caption = chart.caption
    if len(chart.series) > 1 and chart.kind == "bar":
        names = [series.name for series in chart.series]
        caption = sentence("report_slides.alt_series", language, caption=caption, series=names)
    told = "; ".join(chart.told)
    return sentence(f"report_slides.alt_{chart.kind}", language, caption=caption, told=told)


def _title(made: Any, chart: Chart, style: Mapping[str, str]) -> None:
    made.has_title = True
    frame = made.chart_title.text_frame
    frame.text = chart.caption
    font = frame.paragraphs[0].runs[0].font
    font.size, font.bold, font.name = Pt(13), True, style["font"]
    font.color.rgb = _rgb(style["text"])
    frame.paragraphs[0].runs[0]._r.get_or_add_rPr().set("lang", style["tongue"])
    made.chart_title.include_in_layout = False


def _axes(made: Any, chart: Chart, style: Mapping[str, str]) -> None:
    categories, values = made.category_axis, made.value_axis
    categories.format.line.color.rgb = _rgb(style["line"])
    categories.major_tick_mark = values.major_tick_mark = XL_TICK_MARK.NONE
    categories.tick_labels.font.size = Pt(_SIZE if len(chart.categories) <= _SPACIOUS else _SMALL)
    values.tick_labels.font.size = Pt(_SMALL)
    values.tick_labels.number_format, values.tick_labels.number_format_is_linked = chart.form, False
    values.has_major_gridlines = True
    values.major_gridlines.format.line.color.rgb = _rgb(style["line"])
    values.format.line.fill.background()
    if chart.kind == "bar":
        bounds = [v for s in chart.series for v in (*s.values, *s.low, *s.high) if v is not None]
        _reaching(values, min([0.0, *bounds]), chart.largest or max([0.0, *bounds]))
    if chart.kind == "line":
        categories.tick_label_position = XL_TICK_LABEL_POSITION.LOW
        categories.tick_labels.number_format = _MONTHS[style["language"]]
        categories.tick_labels.number_format_is_linked = False
        _spaced(categories, chart.categories)
    else:
        categories.reverse_order = True  # the first category on top
        categories.tick_label_position = XL_TICK_LABEL_POSITION.LOW
        values.tick_label_position = XL_TICK_LABEL_POSITION.HIGH  # so that its figures stay at the foot
        made.plots[0].gap_width = 50 if len(chart.categories) > _FEW else 140
        made.plots[0].overlap = 100 if chart.kind == "stacked" else 0
    made.plots[0].vary_by_categories = False


def _reaching(axis: Any, low: float, high: float) -> None:
    """An axis of some six round steps that reaches as far as every interval."""
    rough = max(high - low, 1e-9) / 6
    size = 10 ** math.floor(math.log10(rough))
    step = next(n * size for n in (1, 2, 5, 10) if n * size >= rough * (1 - 1e-9))
    axis.minimum_scale, axis.maximum_scale = (
        round(side(end / step - slack) * step, 12)
        for side, end, slack in ((math.floor, low, -1e-9), (math.ceil, high, 1e-9))
    )
    axis.major_unit = round(step, 12)


def _series(drawn: Any, chart: Chart, series: Series, colour: str, style: Mapping[str, str]) -> None:
    if chart.kind == "line":
        drawn.format.line.color.rgb, drawn.format.line.width = _rgb(colour), Pt(2.25)
        drawn.smooth = False
        return
    drawn.format.fill.solid()
    drawn.format.fill.fore_color.rgb = _rgb(colour)
    drawn.invert_if_negative = False
    for n, own in enumerate(chart.colours):
        point = drawn.points[n]
        point.format.fill.solid()
        point.format.fill.fore_color.rgb = _rgb(own)
    if series.low and series.high:
        _intervals(drawn, series, style["text"])


def _intervals(drawn: Any, series: Series, colour: str) -> None:
    """Each bar's own interval as error bars: how far its bounds lie from the value."""
    up = [_gap(high, value) for high, value in zip(series.high, series.values, strict=True)]
    down = [_gap(value, low) for low, value in zip(series.low, series.values, strict=True)]
    bars = etree.Element(f"{{{_CHART}}}errBars")
    for name, value in (("errBarType", "both"), ("errValType", "cust"), ("noEndCap", "0")):
        etree.SubElement(bars, f"{{{_CHART}}}{name}", val=value)
    for name, lengths in (("plus", up), ("minus", down)):
        held = etree.SubElement(etree.SubElement(bars, f"{{{_CHART}}}{name}"), f"{{{_CHART}}}numLit")
        etree.SubElement(held, f"{{{_CHART}}}formatCode").text = "General"
        etree.SubElement(held, f"{{{_CHART}}}ptCount", val=str(len(lengths)))
        for n, length in enumerate(lengths):
            point = etree.SubElement(held, f"{{{_CHART}}}pt", idx=str(n))
            etree.SubElement(point, f"{{{_CHART}}}v").text = repr(length)
    shape = etree.SubElement(bars, f"{{{_CHART}}}spPr")
    line = etree.SubElement(shape, f"{{{_DRAWING}}}ln", w=str(Pt(1.25)))
    fill = etree.SubElement(etree.SubElement(line, f"{{{_DRAWING}}}solidFill"), f"{{{_DRAWING}}}srgbClr")
    fill.set("val", colour.removeprefix("#").upper())
    drawn._element.find(f"{{{_CHART}}}cat").addprevious(bars)


def _gap(more: float | None, less: float | None) -> float:
    return max(more - less, 0.0) if more is not None and less is not None else 0.0


def _spaced(axis: Any, days: Sequence[str]) -> None:
    """Six labels or so along an axis of days, whole months apart."""
    first, last = dt.date.fromisoformat(days[0]), dt.date.fromisoformat(days[-1])
    months = max(1, round((last - first).days / 30.4 / 6))
    for name, value in (("majorUnit", str(months)), ("majorTimeUnit", "months")):
        for old in axis._element.findall(f"{{{_CHART}}}{name}"):
            axis._element.remove(old)
        etree.SubElement(axis._element, f"{{{_CHART}}}{name}", val=value)


def _rgb(colour: str) -> RGBColor:
    return RGBColor.from_string(colour.removeprefix("#").upper())
