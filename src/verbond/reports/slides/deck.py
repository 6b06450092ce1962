"""How a slide is drawn: real titles, native charts and tables, words that can be changed."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from lxml import etree
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.oxml.ns import qn
from pptx.util import Pt

from verbond.errors import DataError
from verbond.plots.lettering import LEADING, SLIDES, fitted, lines_of
from verbond.plots.tokens import tokens
from verbond.reports.contrast import contrast, legible, on
from verbond.reports.slides.drawn import draw_chart
from verbond.reports.slides.told import Grid, Slide
from verbond.results import Language, sentence

if TYPE_CHECKING:
    from verbond.reports.brand import Brand

__all__ = ["Deck"]

WIDE, HIGH = 960.0, 540.0
"""Of a slide, in points."""
_LEFT, _TOP, _FOOT = 44.0, 128.0, 492.0
_SHAPES, _TOLD_APART = 3.0, 1.6
"""Least contrast of a bar with the page, and of two bars with each other."""
_ROOM = WIDE - 2 * _LEFT
_CHART, _GAP = 566.0, 26.0
_TITLES, _POINTS, _CELLS = (28.0, 26.0, 24.0, 22.0, 20.0), (18.0, 17.0, 16.0, 15.0, 14.0), (14.0, 13.0, 12.0)
_SMALL, _ABOVE = 11.0, 0.55
_MOST_POINTS = 7
"""On a slide that has nothing else."""
_BODY, _HEADING = "Arial", "Georgia"
_TONGUES = {"en": "en-GB", "nl": "nl-NL"}
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_DECORATIVE = (
    f'<a:extLst xmlns:a="{_DRAWING}">'
    '<a:ext uri="{C183D7F6-B498-43B3-948B-1728B52AA6E4}">'
    '<adec:decorative xmlns:adec="http://schemas.microsoft.com/office/drawing/2017/decorative" val="1"/>'
    "</a:ext></a:extLst>"
)
"""Says to a screen reader that a shape says nothing (Office 2019)."""
_CREATED = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")
_TITLE_ONLY = 5
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
"""How PNG and JPEG begin."""


@dataclass(frozen=True, slots=True)
class Look:
    """Colours and type of a deck, `#rrggbb` each."""

    page: str
    raised: str
    text: str
    soft: str
    line: str
    colour: str
    on_colour: str
    ink: str
    bar: str
    other: str


class Deck:
    """Slides in the making.

    Parameters
    ----------
    company : str
    language : {"en", "nl"}
    brand : Brand or None
    simulated : bool
        Said at the foot of each slide.
    """

    def __init__(self, company: str, language: Language, brand: Brand | None, *, simulated: bool) -> None:
        self.company, self.language, self.brand, self.simulated = company, language, brand, simulated
        self.look = _look(brand)
        self.deck = Presentation()
        self.deck.slide_width, self.deck.slide_height = Pt(WIDE), Pt(HIGH)
        self._master()
        core = self.deck.core_properties
        core.author = company
        core.language, core.last_modified_by, core.revision = _TONGUES[language], "", 1

    def written(self, title: str) -> bytes:
        """The file, with no trace of when it was made."""
        self.deck.core_properties.title = title
        made = io.BytesIO()
        self.deck.save(made)
        return _timeless(made.getvalue())

    def add(self, told: Slide) -> None:
        """One slide."""
        slide = self._slide()
        if told.id == "cover":
            self._cover(slide, told)
        else:
            self._title(slide, told)
            self._body(slide, told)
            self._foot(slide, told)
        slide.notes_slide.notes_text_frame.text = "\n".join(told.notes)

    # parts of a slide

    def _cover(self, slide: Any, told: Slide) -> None:
        self._plate(slide, 0, 0, 26, HIGH)
        self._logo(slide)
        size, height = self._fit(told.title, _ROOM - 40, 130, (44.0, 40.0, 36.0, 32.0, 28.0, 24.0), bold=True)
        self._write(slide.shapes.title, [told.title], _LEFT + 30, 130, _ROOM - 40, 130, size,
                    bold=True, font=_HEADING, anchor=MSO_ANCHOR.BOTTOM)  # fmt: skip
        lead, *facts = told.points
        size, height = self._fit(lead, _ROOM - 120, 100, (22.0, 20.0, 18.0, 16.0))
        self._words(slide, [lead], _LEFT + 30, 282, _ROOM - 120, max(height, 30), size, name="lead")
        said = [sentence("report_slides.simulated", self.language)] if self.simulated else []
        self._words(slide, [" · ".join([*facts, *said])], _LEFT + 30, 420, _ROOM - 60, 44, 14.0,
                    colour=self.look.soft, name="facts")  # fmt: skip

    def _title(self, slide: Any, told: Slide) -> None:
        top = 44.0 if told.kicker else 28.0
        height = 118.0 - top
        size, _ = self._fit(told.title, _ROOM, height, _TITLES, bold=True)
        self._write(slide.shapes.title, [told.title], _LEFT, top, _ROOM, height, size,
                    bold=True, font=_HEADING, anchor=MSO_ANCHOR.MIDDLE)  # fmt: skip
        if told.kicker:
            self._words(slide, [told.kicker], _LEFT, 24, _ROOM, 19, 14.0, bold=True, colour=self.look.ink,
                        name="kicker")  # fmt: skip
        self._plate(slide, _LEFT, 119, _ROOM, 2.5)

    def _body(self, slide: Any, told: Slide) -> None:
        if told.chart is not None:
            wide = _CHART if told.points else _ROOM
            self._points(slide, told.points, _LEFT + wide + _GAP, _ROOM - wide - _GAP)
            series = [self.look.bar, self.look.other, tokens()["colour-rung-4"]]
            draw_chart(slide, told.chart, (_LEFT, _TOP, wide, _FOOT - _TOP), series, self._style())
        elif told.blocks:
            self._blocks(slide, told.blocks)
        elif told.grid is not None:
            foot = self._grid(slide, told.grid)
            self._points(slide, told.points, _LEFT, _ROOM, top=foot + 14)
        else:
            points = told.points[:_MOST_POINTS]
            self._points(slide, points, _LEFT, _ROOM, n_more=len(told.points) - len(points))

    def _points(
        self,
        slide: Any,
        points: Sequence[str],
        left: float,
        width: float,
        *,
        top: float = _TOP,
        n_more: int = 0,
    ) -> None:
        """As many points as find room, large enough to read; the others are in the notes."""
        room = _FOOT - top
        kept, size = _kept(points, width, room - (30 if n_more else 0))
        if not kept and points and top == _TOP:
            kept = [fitted(points[0], width - 16, room, _POINTS[-1:], face=SLIDES).words]
        n_left = n_more + len(points) - len(kept)
        if n_more and n_left:
            kept = [*kept, sentence("report_slides.unsaid_more", self.language, n=n_left)]
        if kept:
            self._words(slide, kept, left, top, width, room, size, above=_ABOVE, bullets=True, name="points")

    def _blocks(self, slide: Any, blocks: Sequence[tuple[str, str]]) -> None:
        """A step: why and how to begin on the left, what to expect and when to stop on the right."""
        half = (_ROOM - 36) / 2
        cuts = range(1, len(blocks))  # where the right half begins, so that both are as short as can be
        cut = min(cuts, key=lambda k: max(self._tall(part, half, 14) for part in (blocks[:k], blocks[k:])))
        columns, room = [list(blocks[:cut]), list(blocks[cut:])], _FOOT - _TOP
        tall = {size: max(self._tall(column, half, size) for column in columns) for size in _POINTS}
        size = next((size for size in _POINTS if tall[size] <= room), _POINTS[-1])
        for column in columns:
            while len(column) > 1 and self._tall(column, half, size) > room:
                column.pop()  # it is in the notes
        for column, left in zip(columns, (_LEFT, _LEFT + half + 36), strict=True):
            y = _TOP
            for word, said in column:
                height = len(lines_of(said, half, size, face=SLIDES)) * size * LEADING
                self._words(
                    slide, [word], left, y, half, 20, 13.0, bold=True, colour=self.look.ink, name="word"
                )
                self._words(slide, [said], left, y + 20, half, height + 2, size, name="said")
                y += height + 36

    def _tall(self, blocks: Sequence[tuple[str, str]], width: float, size: float) -> float:
        lines = sum(len(lines_of(said, width, size, face=SLIDES)) for _, said in blocks)
        return lines * size * LEADING + 36 * len(blocks)

    def _grid(self, slide: Any, grid: Grid) -> float:
        """A table as wide as the slide; returns where it ends."""
        whole = sum(grid.widths)
        widths = [_ROOM * one / whole for one in grid.widths]
        rows, size = self._rows(grid, widths, _FOOT - _TOP)
        heights = [_row_height(row, widths, size, bold=y == 0) for y, row in enumerate((grid.head, *rows))]
        place = [Pt(v) for v in (_LEFT, _TOP, _ROOM, sum(heights))]
        frame = slide.shapes.add_table(len(rows) + 1, len(widths), *place)
        said = sentence("report_slides.alt_table", self.language, columns=list(grid.head))
        frame.name = "table"
        frame._element.nvGraphicFramePr.cNvPr.set("descr", said)
        table = frame.table
        for n, wide in enumerate(widths):
            table.columns[n].width = Pt(round(wide, 2))
        for y, row in enumerate((grid.head, *rows)):
            table.rows[y].height = Pt(round(heights[y], 2))
            for x, words in enumerate(row):
                self._table_cell(table.cell(y, x), words, size, head=y == 0)
        return _TOP + sum(heights)

    def _rows(
        self, grid: Grid, widths: Sequence[float], height: float
    ) -> tuple[tuple[tuple[str, ...], ...], float]:
        """As many rows as find room, at the largest size at which all do."""
        for size in _CELLS:
            tall = [
                _row_height(row, widths, size, bold=y == 0) for y, row in enumerate((grid.head, *grid.rows))
            ]
            if sum(tall) <= height:
                return grid.rows, size
        n = sum(1 for k in range(1, len(tall)) if sum(tall[: k + 1]) <= height)
        return grid.rows[: max(n, 1)], _CELLS[-1]

    def _table_cell(self, cell: Any, words: str, size: float, *, head: bool) -> None:
        cell.vertical_anchor = MSO_ANCHOR.MIDDLE
        cell.margin_left = cell.margin_right = Pt(6)
        cell.margin_top = cell.margin_bottom = Pt(3)
        cell.fill.solid()
        cell.fill.fore_color.rgb = _rgb(self.look.colour if head else self.look.raised)
        colour = self.look.on_colour if head else self.look.text
        self._run(cell.text_frame.paragraphs[0], words, size, bold=head, colour=colour)

    def _foot(self, slide: Any, told: Slide) -> None:
        said = [self.company]
        if told.sources:
            said = [sentence("report_slides.source", self.language, sheets=list(told.sources))]
        if told.chart is not None and any(series.low for series in told.chart.series):
            said.append(sentence("report_slides.interval", self.language))
        if self.simulated:
            said.append(sentence("report_slides.simulated", self.language))
        words = fitted(" · ".join(said), _ROOM - 60, 16, (_SMALL,), face=SLIDES).words
        self._words(slide, [words], _LEFT, 506, _ROOM - 60, 18, _SMALL, colour=self.look.soft, name="source")
        box = slide.shapes.add_textbox(Pt(WIDE - _LEFT - 50), Pt(506), Pt(50), Pt(18))
        box.name = "number"
        frame = box.text_frame
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        paragraph = frame.paragraphs[0]
        paragraph.alignment = PP_ALIGN.RIGHT
        field = etree.SubElement(
            paragraph._p, f"{{{_DRAWING}}}fld", id="{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}", type="slidenum"
        )
        style = etree.SubElement(
            field, f"{{{_DRAWING}}}rPr", lang=_TONGUES[self.language], sz=str(int(_SMALL * 100))
        )
        fill = etree.SubElement(etree.SubElement(style, f"{{{_DRAWING}}}solidFill"), f"{{{_DRAWING}}}srgbClr")
        fill.set("val", self.look.soft.removeprefix("#").upper())
        etree.SubElement(field, f"{{{_DRAWING}}}t").text = str(len(self.deck.slides))

    # words

    def _words(
        self, slide: Any, said: Sequence[str], x: float, y: float, width: float, height: float, size: float,
        *, name: str, **style: Any,
    ) -> None:  # fmt: skip
        shape = slide.shapes.add_textbox(Pt(x), Pt(y), Pt(width), Pt(height))
        shape.name = name
        self._write(shape, said, x, y, width, height, size, **style)

    def _write(
        self, shape: Any, said: Sequence[str], x: float, y: float, width: float, height: float, size: float,
        *, bold: bool = False, font: str = _BODY, colour: str = "", anchor: Any = MSO_ANCHOR.TOP,
        above: float = 0.0, bullets: bool = False,
    ) -> None:  # fmt: skip
        shape.left, shape.top, shape.width, shape.height = (Pt(round(v, 2)) for v in (x, y, width, height))
        frame = shape.text_frame
        frame.word_wrap, frame.auto_size, frame.vertical_anchor = True, MSO_AUTO_SIZE.NONE, anchor
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        for n, words in enumerate(said):
            paragraph = frame.paragraphs[0] if n == 0 else frame.add_paragraph()
            paragraph.alignment = PP_ALIGN.LEFT
            paragraph.line_spacing = Pt(round(size * LEADING, 1))
            paragraph.space_before = Pt(round(size * above, 1) if n else 0)
            self._run(paragraph, words, size, bold=bold, colour=colour, font=font)
            if bullets and len(said) > 1:
                form = paragraph._p.get_or_add_pPr()
                form.set("marL", str(Pt(14)))
                form.set("indent", str(-Pt(14)))
                etree.SubElement(form, f"{{{_DRAWING}}}buChar", char="•")

    def _run(
        self,
        paragraph: Any,
        words: str,
        size: float,
        *,
        bold: bool = False,
        colour: str = "",
        font: str = _BODY,
    ) -> None:
        run = paragraph.add_run()
        run.text = " ".join(words.split())
        run.font.size, run.font.bold, run.font.name = Pt(size), bold, font
        run.font.color.rgb = _rgb(colour or self.look.text)
        run._r.get_or_add_rPr().set("lang", _TONGUES[self.language])

    def _fit(
        self, words: str, width: float, height: float, sizes: Sequence[float], *, bold: bool = False
    ) -> tuple[float, float]:
        found = fitted(words, width, height, sizes, bold=bold, face=SLIDES)
        return found.size, found.height

    # the sheet

    def _slide(self) -> Any:
        return self.deck.slides.add_slide(self.deck.slide_layouts[_TITLE_ONLY])

    def _plate(self, slide: Any, x: float, y: float, width: float, height: float) -> None:
        """A bar in the company's colour that says nothing."""
        shape = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Pt(x), Pt(y), Pt(width), Pt(height))
        shape.name = "bar"
        shape._element.remove(shape._element.find(qn("p:style")))  # no shadow, no gloss
        shape.fill.solid()
        shape.fill.fore_color.rgb = _rgb(self.look.colour)
        shape.line.fill.background()
        shape._element.nvSpPr.cNvPr.append(etree.fromstring(_DECORATIVE))

    def _logo(self, slide: Any) -> None:
        logo = self.brand.logo if self.brand is not None else None
        if not logo or not logo.startswith(_PICTURES):
            return  # a slide takes no drawn ones
        try:
            picture = slide.shapes.add_picture(io.BytesIO(logo), Pt(0), Pt(0))
        except OSError as error:
            raise DataError("the logo cannot be read", got=str(error), expected="a PNG or JPEG") from None
        scale = min(Pt(180) / picture.width, Pt(64) / picture.height)
        picture.width, picture.height = round(picture.width * scale), round(picture.height * scale)
        picture.left, picture.top = Pt(WIDE - _LEFT) - picture.width, Pt(36)
        picture.name = "logo"
        said = sentence("report_slides.alt_logo", self.language, company=self.company)
        picture._element.nvPicPr.cNvPr.set("descr", said)

    def _style(self) -> dict[str, str]:
        return {
            "text": self.look.text,
            "line": self.look.line,
            "font": _BODY,
            "tongue": _TONGUES[self.language],
            "language": self.language,
        }

    def _master(self) -> None:
        """Master and layouts as wide as the slides, in the company's colours and the deck's type."""
        master = self.deck.slide_master
        scale = WIDE / 720.0
        for holder in (master, *master.slide_layouts):
            for shape in holder.placeholders:
                shape.left, shape.width = round(shape.left * scale), round(shape.width * scale)
        master.background.fill.solid()
        master.background.fill.fore_color.rgb = _rgb(self.look.page)
        theme = master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
        theme._blob = _themed(theme.blob, self.look)


def _look(brand: Brand | None) -> Look:
    known = {
        name: tokens()[f"colour-{name}"]
        for name in ("page", "raised", "text", "text-soft", "line", "accent", "wood")
    }
    colour = brand.colour if brand is not None else known["accent"]
    bar = legible(colour, known["raised"], _SHAPES)
    return Look(
        page=known["raised"],
        raised=known["page"],
        text=known["text"],
        soft=known["text-soft"],
        line=known["line"],
        colour=colour,
        on_colour=on(colour, known["raised"], known["text"]),
        ink=legible(colour, known["raised"]),
        bar=bar,
        other=_apart(brand.accent if brand is not None else known["wood"], bar, known),
    )


def _apart(accent: str, bar: str, known: dict[str, str]) -> str:
    """The colour of bars beside the first ones: the brand's own, where the two can be told apart."""
    tried = [legible(one, known["raised"], _SHAPES) for one in (accent, known["wood"], known["accent"])]
    return next((one for one in tried if contrast(one, bar) >= _TOLD_APART), known["text"])


def _themed(blob: bytes, look: Look) -> bytes:
    """The theme with our type, and with our colours where somebody adds a chart or a shape."""
    names = {"a": _DRAWING}
    theme = etree.fromstring(blob)
    for kind, face in (("majorFont", _HEADING), ("minorFont", _BODY)):
        for latin in theme.findall(f".//a:{kind}/a:latin", names):
            latin.set("typeface", face)
    palette = [look.bar, *(tokens()[f"colour-rung-{k}"] for k in (1, 3, 4, 5, 2))]
    slots = {f"accent{n}": colour for n, colour in enumerate(palette, start=1)}
    slots |= {"dk1": look.text, "lt1": look.page, "dk2": look.soft, "lt2": look.raised, "hlink": look.ink}
    for slot, colour in slots.items():
        place = theme.find(f".//a:clrScheme/a:{slot}", names)
        for old in list(place):
            place.remove(old)
        etree.SubElement(place, f"{{{_DRAWING}}}srgbClr", val=colour.removeprefix("#").upper())
    return etree.tostring(theme, xml_declaration=True, encoding="UTF-8", standalone=True)


def _kept(points: Sequence[str], width: float, height: float) -> tuple[list[str], float]:
    """Points that find room, and the size at which they do."""
    for size in _POINTS:
        lines = [len(lines_of(point, width - 16, size, face=SLIDES)) for point in points]
        ends = list(accumulate((n * LEADING + _ABOVE) * size for n in lines))
        if not ends or ends[-1] <= height:
            return list(points), size
    return list(points[: sum(end <= height for end in ends)]), _POINTS[-1]


def _row_height(row: Sequence[str], widths: Sequence[float], size: float, *, bold: bool = False) -> float:
    cells = zip(row, widths, strict=True)
    lines = max(len(lines_of(words, wide - 13, size, bold=bold, face=SLIDES)) for words, wide in cells)
    return max(lines, 1) * size * 1.2 + 8


def _timeless(made: bytes) -> bytes:
    """A file of Office without the moment at which it was made, nor that of the workbooks within."""
    whole = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            held = old.read(name)
            if name.endswith(".xlsx"):
                held = _timeless(held)
            elif name == "docProps/core.xml":
                held = _CREATED.sub(rb"\g<1>1980-01-01T00:00:00Z\2", held)
            new.writestr(zipfile.ZipInfo(name, _LONG_AGO), held, zipfile.ZIP_DEFLATED)
    return whole.getvalue()


def _rgb(colour: str) -> RGBColor:
    return RGBColor.from_string(colour.removeprefix("#").upper())
