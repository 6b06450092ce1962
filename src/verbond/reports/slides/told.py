"""What a slide is before it is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from verbond.reports.slides.charts import Chart

__all__ = ["Grid", "Slide"]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table on a slide.

    Attributes
    ----------
    head : tuple of str
    rows : tuple of tuple of str
    widths : tuple of float
        Of the columns, beside each other.
    source : str
        Name of the table that it shows; empty where it shows none.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    source: str = ""


@dataclass(frozen=True, slots=True)
class Slide:
    """A slide before it is drawn.

    Attributes
    ----------
    id, title : str
        The title is a sentence.
    points : tuple of str
        What stands beside the chart; those that find no room are in the notes alone.
    chart : Chart or None
    grid : Grid or None
    blocks : tuple of (str, str)
        A word and what there is to say to it.
    notes : tuple of str
        What a presenter can say, a paragraph each.
    kicker : str
        A few words above the title.
    sources : tuple of str
        Names of the tables where its figures stand.
    """

    id: str
    title: str
    points: tuple[str, ...] = ()
    chart: Chart | None = None
    grid: Grid | None = None
    blocks: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    kicker: str = ""
    sources: tuple[str, ...] = ()
