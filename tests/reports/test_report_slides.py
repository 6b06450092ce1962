"""The slides, opened by the package that knows the format, and measured with type that may stand there."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from PIL import Image
from pptx import Presentation
from pptx.util import Pt

from verbond.diagnosis import Diagnosis
from verbond.diagnosis.plan import Plan, PlannedStep
from verbond.errors import DataError
from verbond.method import PLAYS, play
from verbond.plots.lettering import LEADING, SLIDES, lines_of
from verbond.reports import tables_behind
from verbond.reports.behind import plan_tables
from verbond.reports.contrast import WORDS, contrast
from verbond.reports.slides import pptx, write_pptx
from verbond.reports.slides.deck import Deck
from verbond.reports.slides.steps import plan_slides
from verbond.reports.slides.telling import first_sentence, slides_of
from verbond.results import Estimate, sentence

LANGUAGES = ("en", "nl")
MOST_SLIDES = 17
SMALLEST_TYPE, SMALLEST_FOOT = 12.0, 11.0
_GONE = (
    "survey",
    "ladder",
    "intentions",
    "effort",
    "check",
    "values",
    "trial",
    "expressions",
    "effects",
    "loyalty",
)


def opened(book: bytes) -> Any:
    return Presentation(io.BytesIO(book))


def bare(make_diagnosis: Callable[..., Diagnosis], **changes: Any) -> Diagnosis:
    return make_diagnosis(**(dict.fromkeys(_GONE) | {"findings": ()} | changes))


@pytest.fixture(params=("full", "levels", "bare"))
def diagnosis(request, make_diagnosis, make_ladder) -> Diagnosis:
    """A company of which all is known, one of which only deeds are, and one of which nothing is."""
    if request.param == "full":
        return make_diagnosis()
    if request.param == "levels":
        return bare(make_diagnosis, ladder=make_ladder(anchored=False))
    return bare(make_diagnosis)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_slide_has_a_sentence_for_a_title_and_words_to_say(diagnosis: Diagnosis, language: str) -> None:
    deck = opened(pptx(diagnosis, language=language))
    assert 3 <= len(deck.slides) <= MOST_SLIDES
    for slide in list(deck.slides)[1:]:
        title = slide.shapes.title.text_frame.text
        assert title[0].isupper(), title
        assert title.endswith((".", "?", "!")), title
        assert len(slide.notes_slide.notes_text_frame.text) > 60, title
    titles = [slide.shapes.title.text_frame.text for slide in deck.slides]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_slide_is_empty_and_none_has_an_empty_place(diagnosis: Diagnosis, language: str) -> None:
    for slide in opened(pptx(diagnosis, language=language)).slides:
        said = [s for s in slide.shapes if s.name not in ("bar", "source", "number") and not s.is_placeholder]
        assert said
        assert [p for p in slide.placeholders if not p.text_frame.text.strip()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_charts_hold_the_tables_values(make_diagnosis, language: str) -> None:
    """Every value that is read back stands in a table that the slide names."""
    diagnosis = make_diagnosis()
    tables = {t.name: t for t in tables_behind(diagnosis, language)}
    told = {slide.title: slide for slide in slides_of(diagnosis, language)}
    n_charts = 0
    for slide in opened(pptx(diagnosis, language=language)).slides:
        for shape in slide.shapes:
            if not shape.has_chart:
                continue
            n_charts += 1
            sources = told[slide.shapes.title.text_frame.text].sources
            known = {v for name in sources for row in tables[name].rows for v in row.values() if number(v)}
            for plot in shape.chart.plots:
                values = [v for series in plot.series for v in series.values if v is not None]
                assert values
                assert set(values) <= known
            foot = next(s for s in slide.shapes if s.name == "source").text_frame.text
            assert all(name in foot for name in sources)
    assert n_charts >= 6


def number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def test_charts_can_be_changed(make_diagnosis) -> None:
    """Each has a workbook of its own with the same figures, as Office asks for to edit one."""
    import fastexcel

    for slide in opened(pptx(make_diagnosis())).slides:
        for shape in slide.shapes:
            if shape.has_chart:
                blob = shape.chart.part.chart_workbook.xlsx_part.blob
                rows = fastexcel.read_excel(blob).load_sheet(0).to_arrow().to_pylist()
                series = shape.chart.plots[0].series
                for n, one in enumerate(series, start=1):
                    held = [list(row.values())[n] for row in rows]
                    assert held == pytest.approx(list(one.values), rel=1e-14)  # it writes sixteen digits


def test_the_interval_of_each_bar_is_the_tables(make_diagnosis) -> None:
    diagnosis = make_diagnosis()
    ladder = next(t for t in tables_behind(diagnosis) if t.name == "ladder")
    chart = next(s.chart for s in opened(pptx(diagnosis)).slides[1].shapes if s.has_chart)
    space = {"c": "http://schemas.openxmlformats.org/drawingml/2006/chart"}
    for side, bound in (("plus", "ci_upper"), ("minus", "ci_lower")):
        drawn = chart._chartSpace.findall(f".//c:errBars/c:{side}//c:v", space)
        meant = [abs(row[bound] - row["share"]) for row in ladder.rows]
        assert [float(v.text) for v in drawn] == pytest.approx(meant, abs=1e-12)


def test_every_interval_lies_within_its_axis(make_diagnosis) -> None:
    """An axis of Office reaches as far as the bars, not as their intervals: each is told how far."""
    n_checked = 0
    for told, slide in zip(
        slides_of(make_diagnosis(), "en"), opened(pptx(make_diagnosis())).slides, strict=True
    ):
        if told.chart is None or told.chart.kind != "bar":
            continue
        axis = next(s.chart for s in slide.shapes if s.has_chart).value_axis
        ends = [v for s in told.chart.series for v in (*s.values, *s.low, *s.high) if v is not None]
        assert axis.minimum_scale <= min(ends)
        assert axis.maximum_scale >= max(ends)
        assert 2 <= (axis.maximum_scale - axis.minimum_scale) / axis.major_unit <= 10
        n_checked += 1
    assert n_checked >= 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_does_not_see_a_shape_is_told(diagnosis: Diagnosis, language: str) -> None:
    """Charts, tables and pictures have words; what says nothing says that it says nothing."""
    for slide in opened(pptx(diagnosis, language=language)).slides:
        shapes = list(slide.shapes)
        assert shapes[0] == slide.shapes.title or shapes[0].name == slide.shapes.title.name
        for shape in shapes:
            properties = shape._element.xpath(".//p:cNvPr")[0]
            if shape.has_chart or shape.has_table or shape.shape_type == 13:
                assert len(properties.get("descr", "")) > 10
            elif not shape.text_frame.text:
                assert "decorative" in "".join(child.tag + str(child.attrib) for child in properties.iter())


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_overflows_and_no_type_is_tiny(diagnosis: Diagnosis, language: str) -> None:
    deck = opened(pptx(diagnosis, language=language))
    for slide in deck.slides:
        check_fit(slide, deck)


def check_fit(slide: Any, deck: Any) -> None:
    """Every shape lies on the slide and on no other, and holds its words."""
    for shape in slide.shapes:
        assert min(shape.left, shape.top) >= 0, shape.name
        assert shape.left + shape.width <= deck.slide_width + 1, shape.name
        assert shape.top + shape.height <= deck.slide_height + 1, shape.name
        if shape.has_text_frame and shape.text_frame.text:
            assert height_of(shape.text_frame, shape.width) <= shape.height + Pt(1), shape.text_frame.text
    _nothing_lies_on_another(slide)


def height_of(frame: Any, width: int) -> float:
    """How high words are, by widths of letters that are wider than those of the type that stands there."""
    high = 0.0
    for n, paragraph in enumerate(frame.paragraphs):
        if not paragraph.runs:
            continue
        font = paragraph.runs[0].font
        size = font.size.pt
        assert size >= (SMALLEST_FOOT if size == SMALLEST_FOOT else SMALLEST_TYPE)
        lines = lines_of(paragraph.text, width / 12_700, size, bold=bool(font.bold), face=SLIDES)
        above = paragraph.space_before.pt if n and paragraph.space_before is not None else 0.0
        high += len(lines) * size * LEADING + above
    return Pt(high)


def _nothing_lies_on_another(slide: Any) -> None:
    boxes = [
        (s.name, s.left, s.top, s.left + s.width, s.top + s.height) for s in slide.shapes if s.name != "bar"
    ]
    for n, (one, *a) in enumerate(boxes):
        for other, *b in boxes[n + 1 :]:
            apart = a[2] <= b[0] + 1 or b[2] <= a[0] + 1 or a[3] <= b[1] + 1 or b[3] <= a[1] + 1
            assert apart, (one, other, slide.shapes.title.text_frame.text)


def test_the_same_diagnosis_gives_the_same_bytes(make_diagnosis, tmp_path, monkeypatch) -> None:
    first = pptx(make_diagnosis(), language="nl")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert write_pptx(make_diagnosis(), tmp_path / "deck.pptx", language="nl").read_bytes() == first
    with zipfile.ZipFile(io.BytesIO(first)) as held:
        books = [zipfile.ZipFile(io.BytesIO(held.read(n))) for n in held.namelist() if n.endswith(".xlsx")]
    assert books
    for book in books:
        assert b"1980-01-01T00:00:00Z" in book.read("docProps/core.xml")


def test_words_of_others_stay_words(make_diagnosis) -> None:
    """The workbook inside a chart has no formulas either, and a name cannot be markup."""
    diagnosis = make_diagnosis()
    hostile = replace(diagnosis, name='=1+1 <a:t> & "Co"')
    deck = pptx(hostile)
    assert '=1+1 <a:t> & "Co"' in opened(deck).slides[0].shapes.title.text_frame.text
    with zipfile.ZipFile(io.BytesIO(deck)) as held:
        for name in (n for n in held.namelist() if n.endswith(".xlsx")):
            sheet = zipfile.ZipFile(io.BytesIO(held.read(name))).read("xl/worksheets/sheet1.xml")
            assert b"<f>" not in sheet
            assert b"<f " not in sheet


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_company_without_data_hears_what_is_missing(make_diagnosis, language: str) -> None:
    told = slides_of(bare(make_diagnosis), language)
    assert not any(slide.chart for slide in told)
    stand = next(slide for slide in told if slide.id == "stand")
    assert stand.points
    assert sentence("report_slides.title_made", language) == told[-1].title


@dataclass(frozen=True)
class Brand:
    """As a company gives it."""

    colour: str
    accent: str
    logo: bytes = b""
    name: str = "Coöperatie <Zon> & Co"


@pytest.mark.parametrize("colour", ["#ffcc00", "#000000", "#ffffff", "#1d5a4a", "#e2001a"])
def test_words_on_the_brands_colour_can_be_read(make_diagnosis, colour: str) -> None:
    """Also where it is as light as the page, and where both of its colours are the same."""
    deck = opened(pptx(make_diagnosis(), brand=Brand(colour, colour)))
    n_read = 0
    for slide in deck.slides:
        for shape in slide.shapes:
            if shape.has_table:
                cells = [cell for row in shape.table.rows for cell in row.cells]
                for cell in cells:
                    ink = cell.text_frame.paragraphs[0].runs[0].font.color.rgb
                    assert contrast(f"#{ink}", f"#{cell.fill.fore_color.rgb}") >= WORDS
                    n_read += 1
            elif shape.has_text_frame and shape.name in ("kicker", "word"):
                ink = shape.text_frame.paragraphs[0].runs[0].font.color.rgb
                assert contrast(f"#{ink}", "#fffdf8") >= WORDS
                n_read += 1
            elif shape.has_chart and shape.name == "chart" and len(shape.chart.plots[0].series) == 2:
                one, other = (f"#{s.format.fill.fore_color.rgb}" for s in shape.chart.plots[0].series)
                assert contrast(one, other) >= 1.6
                assert min(contrast(one, "#fffdf8"), contrast(other, "#fffdf8")) >= 3
                n_read += 1
    assert n_read > 20


def test_a_logo_stands_on_the_first_slide_with_words_for_it(make_diagnosis) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (400, 90), "#1d5a4a").save(picture, "PNG")
    deck = opened(pptx(make_diagnosis(), brand=Brand("#1d5a4a", "#b58a57", picture.getvalue())))
    (logo,) = [s for s in deck.slides[0].shapes if s.name == "logo"]
    assert logo._element.nvPicPr.cNvPr.get("descr") == "Logo of Coöperatie <Zon> & Co"
    assert logo.width / logo.height == pytest.approx(400 / 90, rel=0.01)
    for no_picture in (b"<svg/>", b"GIF89a", b"nonsense"):
        deck = opened(pptx(bare(make_diagnosis), brand=Brand("#1d5a4a", "#b58a57", no_picture)))
        assert [s for s in deck.slides[0].shapes if s.name == "logo"] == []


def test_a_broken_logo_is_told(make_diagnosis) -> None:
    broken = Brand("#1d5a4a", "#b58a57", b"\x89PNG\r\n\x1a\n and then nothing")
    with pytest.raises(DataError, match="logo"):
        pptx(bare(make_diagnosis), brand=broken)


def made_plan(d: Diagnosis, n: int) -> Plan:
    """A plan of all kinds of steps, one without figures."""
    because, plays = d.steps[0].because, [PLAYS[k % len(PLAYS)] for k in range(n)]
    climb, revenue = Estimate(3.2, 0.4, 6.1, 1890), Estimate(-0.35, -1.2, 0.6, 1890)
    kinds = ("prior", "past", "lot", "learned")
    steps = tuple(
        PlannedStep(p.id, k % 6, "", 1890, because, "ladder", kinds[k % 4], climb if k else None,
                    revenue if k else None, 1234.5, 8, because)
        for k, p in enumerate(plays)
    )  # fmt: skip
    return Plan(steps, (), (), (), None, 12, "month", None, None, "EUR", because, (), d.provenance)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("n", [1, 3, 7])
def test_the_first_three_steps_have_a_slide_each(make_diagnosis, language: str, n: int) -> None:
    diagnosis = make_diagnosis()
    plan = made_plan(diagnosis, n)
    told = tuple(plan_slides(plan, language, ("plan",), "Zonnewende"))
    assert [s.id for s in told] == [f"step_{k}" for k in range(1, min(n, 3) + 1)] + ["steps_more"] * (n > 3)
    deck = Deck("Zonnewende", language, None, simulated=False)
    for slide in told:
        deck.add(slide)
    read = opened(deck.written("Plan"))
    for slide, step in zip(read.slides, plan.steps[:3], strict=False):
        chosen = play(step.play_id)
        said = "\n".join(s.text_frame.text for s in slide.shapes if s.has_text_frame)
        assert chosen.first_hour.say(language) in said
        notes = slide.notes_slide.notes_text_frame.text
        assert all(text.say(language) in notes for text in (chosen.evidence, chosen.against, chosen.risk))
        assert "{" not in said + notes
    for slide in read.slides:
        check_fit(slide, read)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_table_of_a_plan_holds_its_figures(make_diagnosis, language: str) -> None:
    plan = made_plan(make_diagnosis(), 7)
    (table, *_) = plan_tables(plan, language)
    assert [row["step"] for row in table.rows] == list(range(1, 8))
    assert [row["climb"] for row in table.rows] == [None] + [3.2] * 6
    assert all(set(row) == {c.name for c in table.columns} for row in table.rows)
    assert all(c.label and c.definition for c in table.columns)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_play_fits_on_a_slide(make_diagnosis, language: str) -> None:
    plan = made_plan(make_diagnosis(), len(PLAYS))
    deck = Deck("Zonnewende", language, None, simulated=True)
    for k, step in enumerate(plan.steps):
        for slide in plan_slides(replace(plan, steps=(step,)), language, ("plan",), "Zonnewende"):
            deck.add(replace(slide, id=f"play_{k}"))
    read = opened(deck.written("Plays"))
    assert len(read.slides) == len(PLAYS)
    for slide in read.slides:
        check_fit(slide, read)


def test_titles_are_cut_at_sense() -> None:
    long = "Of tradition customers see too little (18 points less), of achievement too much (12 more). Both."
    assert first_sentence(long, 80) == "Of tradition customers see too little, of achievement too much."
    assert first_sentence("One thing. Another.") == "One thing."
    assert first_sentence("It costs 1.5 euro a month. So.") == "It costs 1.5 euro a month."
