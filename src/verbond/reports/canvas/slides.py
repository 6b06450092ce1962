"""A canvas as slides of which every word and shape can be changed: no pictures, no macros."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from lxml import etree
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.dml import MSO_LINE
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.slide import Slide
from pptx.util import Inches, Pt

from verbond.canvas import FIELDS, Outcome
from verbond.canvas.telling import Told, tell
from verbond.plots.canvas import canvas_sheet
from verbond.plots.lettering import LEADING, SLIDES, lines_of
from verbond.plots.sheet import Area, Box, Letters, Rule, Sheet, head_of
from verbond.reports.canvas.paper import colours
from verbond.results import Language, sentence

__all__ = ["canvas_pptx"]

_INCHES = (13.333, 7.5)
_UNITS = 1400.0
_EMU = 914_400 * _INCHES[0] / _UNITS
_POINTS = 72 * _INCHES[0] / _UNITS
_BODY, _HEADING = "Arial", "Georgia"
_TONGUES = {"en": "en-GB", "nl": "nl-NL"}
_CELL = 0.88
"""Of the size of words: words in a table."""
_INDENT = 22.0
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_DECORATIVE = (
    f'<a:extLst xmlns:a="{_DRAWING}">'
    '<a:ext uri="{C183D7F6-B498-43B3-948B-1728B52AA6E4}">'
    '<adec:decorative xmlns:adec="http://schemas.microsoft.com/office/drawing/2017/decorative" val="1"/>'
    "</a:ext></a:extLst>"
)
"""Says to a screen reader that a shape says nothing (Office 2019)."""


def canvas_pptx(outcome: Outcome, language: Language = "en") -> bytes:
    """An outcome as slides: the canvas on one sheet in shapes, then everything in words and tables.

    Parameters
    ----------
    outcome : Outcome
    language : {"en", "nl"}

    Returns
    -------
    bytes
        A PPTX; the same for the same outcome.
    """
    deck = _Deck(outcome, language)
    deck.sheet()
    for title, told in _chapters(tell(outcome, language)):
        deck.chapter(title, told)
    return deck.written()


def _chapters(told: Iterable[Told]) -> list[tuple[str, list[Told]]]:
    """A chapter a field; what stands before the first is on the sheet."""
    found: list[tuple[str, list[Told]]] = []
    for one in told:
        if one.kind == "heading" and one.level == 2:
            found.append((one.words, []))
        elif found:
            found[-1][1].append(one)
    return found


class _Deck:
    """Slides in the making."""

    def __init__(self, outcome: Outcome, language: Language) -> None:

        self.outcome, self.language = outcome, language
        self.deck = Presentation()
        self.deck.slide_width, self.deck.slide_height = Inches(_INCHES[0]), Inches(_INCHES[1])
        self.colours = colours()
        core = self.deck.core_properties
        core.title = sentence("canvas_out.title", language, company=outcome.company)
        core.author, core.language, core.last_modified_by = outcome.company, _TONGUES[language], ""

    def written(self) -> bytes:
        """The file, with no trace of when it was made."""
        made, whole = io.BytesIO(), io.BytesIO()
        self.deck.save(made)
        with zipfile.ZipFile(made) as old, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                new.writestr(zipfile.ZipInfo(name, _LONG_AGO), old.read(name), zipfile.ZIP_DEFLATED)
        return whole.getvalue()

    # the canvas on one slide

    def sheet(self) -> None:
        height = _UNITS * _INCHES[1] / _INCHES[0]
        sheet = canvas_sheet(
            self.outcome, self.language, width=_UNITS, height=height, smallest=10.5, face=SLIDES
        )
        slide = self._slide()
        for part in sheet.parts:
            if isinstance(part, Area):
                self._area(slide, part)
            elif isinstance(part, Rule):
                self._rule(slide, part)
            elif part.name == "company":
                self._title(slide, part)
            else:
                self._box(slide, part)
        self._say_aside(slide, sheet)

    def _slide(self) -> Slide:
        slide = self.deck.slides.add_slide(self.deck.slide_layouts[5])  # a title and nothing else
        slide.background.fill.solid()
        slide.background.fill.fore_color.rgb = self._rgb("page")
        return slide

    def _title(self, slide: Slide, box: Box) -> None:
        shape = slide.shapes.title
        _stand(shape, box.x, box.y, box.width, box.height)
        self._write(shape, box)

    def _box(self, slide: Slide, box: Box) -> Any:

        place = (box.x * _EMU, box.y * _EMU, box.width * _EMU, box.height * _EMU)
        if not (box.fill or box.stroke):
            shape = slide.shapes.add_textbox(*map(round, place))
        else:
            kind = MSO_SHAPE.ROUNDED_RECTANGLE if box.radius else MSO_SHAPE.RECTANGLE
            shape = slide.shapes.add_shape(kind, *map(round, place))
            if box.radius:
                shape.adjustments[0] = min(box.radius / min(box.width, box.height), 0.5)
            self._dress(shape, box.fill, box.stroke, box.stroke_width, box.dashed)
        shape.name = box.name or "box"
        if box.letters:
            self._write(shape, box)
        else:
            _say_nothing(shape)
        return shape

    def _area(self, slide: Slide, area: Area) -> None:
        shape = self._drawn(slide, area.points, close=True)
        self._dress(shape, area.fill, area.stroke, area.stroke_width, area.dashed)
        shape.name = area.name
        words = sentence(f"canvas_out.field_{area.name}", self.language) if area.name in FIELDS else ""
        shape._element.nvSpPr.cNvPr.set("descr", words)

    def _rule(self, slide: Slide, rule: Rule) -> None:
        for points, close in ((rule.points, False), (head_of(rule) if rule.head else (), True)):
            if points:
                shape = self._drawn(slide, points, close=close)
                self._dress(
                    shape, rule.stroke if close else "", rule.stroke, 0.0 if close else rule.stroke_width
                )
                shape.name = "line"
                _say_nothing(shape)

    def _drawn(self, slide: Slide, points: Sequence[tuple[float, float]], *, close: bool) -> Any:
        begin, *rest = [(round(x * _EMU), round(y * _EMU)) for x, y in points]
        pen = slide.shapes.build_freeform(*begin)
        pen.add_line_segments(rest, close=close)
        return pen.convert_to_shape()

    def _dress(self, shape: Any, fill: str, stroke: str, width: float, dashed: bool = False) -> None:

        shape.shadow.inherit = False
        if fill:
            shape.fill.solid()
            shape.fill.fore_color.rgb = self._rgb(fill)
        else:
            shape.fill.background()
        if not stroke or not width:
            shape.line.fill.background()
            return
        shape.line.color.rgb, shape.line.width = self._rgb(stroke), Pt(round(width * _POINTS, 2))
        if dashed:
            shape.line.dash_style = MSO_LINE.DASH

    def _write(self, shape: Any, box: Box) -> None:

        frame = shape.text_frame
        frame.word_wrap, frame.auto_size = True, MSO_AUTO_SIZE.NONE
        sides, ends = round(box.pad * _EMU), 0 if box.middle else round(box.pad * _EMU)
        frame.margin_left = frame.margin_right = sides
        frame.margin_top = frame.margin_bottom = ends
        frame.vertical_anchor = MSO_ANCHOR.MIDDLE if box.middle else MSO_ANCHOR.TOP
        for n, letters in enumerate(box.letters):
            paragraph = frame.paragraphs[0] if n == 0 else frame.add_paragraph()
            self._paragraph(paragraph, letters)

    def _paragraph(self, paragraph: Any, letters: Letters) -> None:

        align = {"start": PP_ALIGN.LEFT, "middle": PP_ALIGN.CENTER, "end": PP_ALIGN.RIGHT}
        paragraph.alignment = align[letters.align]
        paragraph.line_spacing = Pt(round(letters.size * LEADING * _POINTS, 1))
        paragraph.space_before = Pt(round(letters.above * _POINTS, 1))
        if letters.aside:
            paragraph._p.get_or_add_pPr().set("marR", str(round(letters.aside * _EMU)))
        run = paragraph.add_run()
        run.text = letters.said
        font = run.font
        font.size, font.bold = Pt(round(letters.size * _POINTS, 1)), letters.bold
        font.name = _HEADING if letters.serif and letters.bold else _BODY
        font.color.rgb = self._rgb(letters.ink)
        run._r.get_or_add_rPr().set("lang", _TONGUES[self.language])

    def _rgb(self, name: str) -> Any:

        return RGBColor.from_string(self.colours[name].removeprefix("#").upper())

    def _say_aside(self, slide: Slide, sheet: Sheet) -> None:
        note = sentence("canvas_out.notes_page", self.language)
        slide.notes_slide.notes_text_frame.text = f"{note}\n{sheet.description}"

    # the rest in words and tables

    def chapter(self, title: str, told: Sequence[Told]) -> None:
        """A field in full, on as many slides as it takes."""
        page = _Page(self, title)
        for one in told:
            page.put(one)


class _Page:
    """One slide after another, from the top down."""

    left, width, top, foot = 72.0, _UNITS - 144.0, 138.0, 752.0
    size = 20.0

    def __init__(self, deck: _Deck, title: str) -> None:
        self.deck, self.title, self.n = deck, title, 0
        self._turn()

    def _turn(self) -> None:
        key, self.n, self.y = ("canvas_out.continued" if self.n else ""), self.n + 1, self.top
        words = sentence(key, self.deck.language, field=self.title) if key else self.title
        self.slide = self.deck._slide()
        heading = Letters((words,), 40.0, bold=True, serif=True)
        self.deck._title(self.slide, Box(self.left, 44, self.width, 66, (heading,), middle=True))
        self.deck._rule(self.slide, Rule(((self.left, 118), (self.left + self.width, 118)), "wood", 3.0))

    def _room(self, height: float) -> None:
        if self.y > self.top and self.y + height > self.foot:
            self._turn()

    def put(self, one: Told) -> None:
        match one.kind:
            case "table":
                self._table(one)
            case "list":
                for row in one.rows:
                    self._point(row)
            case "promise":
                self._promise(one)
            case "heading":
                self._room(200)
                self._words(one.words, bold=True, serif=True, above=8.0)
            case _:
                self._words(
                    one.words, ink="text-soft" if one.tone == "soft" else "text", bold=one.tone == "strong"
                )

    def _letters(self, words: str, width: float, size: float, **style: Any) -> Letters:
        bold = style.get("bold", False)
        return Letters(
            tuple(lines_of(words, width, size, bold=bold, face=SLIDES)), size, words=words, **style
        )

    def _words(self, words: str, *, above: float = 0.0, **style: Any) -> None:
        letters = self._letters(words, self.width, self.size, **style)
        self._room(letters.height + above)
        self.y += above
        self.deck._box(
            self.slide, Box(self.left, self.y, self.width, letters.height, (letters,), name="words")
        )
        self.y += letters.height + 6

    def _point(self, words: str) -> None:
        """A point of a list."""
        letters = self._letters(words, self.width - _INDENT, self.size)
        self._room(letters.height)
        box = Box(self.left, self.y, self.width, letters.height, (letters,), name="point")
        shape = self.deck._box(self.slide, box)
        form = shape.text_frame.paragraphs[0]._p.get_or_add_pPr()
        form.set("marL", str(round(_INDENT * _EMU)))
        form.set("indent", str(-round(_INDENT * _EMU)))
        etree.SubElement(form, f"{{{_DRAWING}}}buChar", char="•")
        self.y += letters.height + 6

    def _promise(self, one: Told) -> None:
        ink = "page" if one.chosen else "text"
        letters = self._letters(one.words, self.width - 48, 30.0, bold=True, serif=True, ink=ink)
        self._room(letters.height + (140 if one.chosen else 60))
        fill, tall = "accent" if one.chosen else "raised", letters.height + 40
        place = (self.left, self.y, self.width, tall)
        box = Box(*place, (letters,), fill, "accent", 2.0, radius=10, pad=24, middle=True, name="promise")
        self.deck._box(self.slide, box)
        self.y += box.height + 14

    def _table(self, one: Told) -> None:
        widths = self._widths(one)
        head = self._height(one.head, widths, bold=True)
        rows: list[tuple[str, ...]] = []
        tall = head
        for row in one.rows:
            more = self._height(row, widths)
            if rows and self.y + tall + more > self.foot:
                self._lay(one, rows, widths)
                self._turn()
                rows, tall = [], head
            if not rows:
                self._room(head + more)
            rows.append(row)
            tall += more
        self._lay(one, rows, widths)

    def _widths(self, one: Told) -> list[float]:
        least = [90.0 if share == 0 else 0.0 for share in one.widths]
        shares, room = sum(one.widths), self.width - sum(least)
        return [low or room * share / shares for low, share in zip(least, one.widths, strict=True)]

    def _height(self, row: Sequence[str], widths: Sequence[float], *, bold: bool = False) -> float:
        size = self.size * _CELL
        cells = zip(row, widths, strict=True)
        lines = max(len(lines_of(words, wide - 16, size, bold=bold, face=SLIDES)) for words, wide in cells)
        return max(lines, 1) * size * LEADING + 12

    def _lay(self, one: Told, rows: Sequence[tuple[str, ...]], widths: Sequence[float]) -> None:

        heights = [self._height(one.head, widths, bold=True), *(self._height(row, widths) for row in rows)]
        place = (self.left, self.y, self.width, sum(heights))
        frame = self.slide.shapes.add_table(len(rows) + 1, len(widths), *(round(v * _EMU) for v in place))
        frame.name = "table"
        frame._element.nvGraphicFramePr.cNvPr.set("descr", self.title)
        table = frame.table
        for n, wide in enumerate(widths):
            table.columns[n].width = round(wide * _EMU)
        for y, row in enumerate((one.head, *rows)):
            table.rows[y].height = round(heights[y] * _EMU)
            for x, words in enumerate(row):
                cell = table.cell(y, x)
                cell.vertical_anchor = MSO_ANCHOR.TOP
                cell.margin_left = cell.margin_right = round(8 * _EMU)
                cell.margin_top = cell.margin_bottom = round(5 * _EMU)
                cell.fill.solid()
                cell.fill.fore_color.rgb = self.deck._rgb("text" if y == 0 else "raised")
                style = {"bold": y == 0, "ink": "page" if y == 0 else "text",
                         "align": "end" if x in one.numbers else "start"}  # fmt: skip
                self.deck._paragraph(
                    cell.text_frame.paragraphs[0], Letters((words,), self.size * _CELL, **style)
                )
        self.y += sum(heights) + 14


def _stand(shape: Any, x: float, y: float, width: float, height: float) -> None:
    shape.left, shape.top = round(x * _EMU), round(y * _EMU)
    shape.width, shape.height = round(width * _EMU), round(height * _EMU)


def _say_nothing(shape: Any) -> None:
    shape._element.nvSpPr.cNvPr.append(etree.fromstring(_DECORATIVE))
