"""What comes out of a canvas as files, read back by readers that are not ours."""

from __future__ import annotations

import io
import itertools
import json
import struct
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from pptx import Presentation
from pptx.util import Pt
from pypdf import PdfReader
from tests.canvas.made_outcomes import CALM, full, outcomes, usual

from verbond.canvas import Outcome
from verbond.errors import DataError, OptionError
from verbond.plots.tokens import tokens
from verbond.reports.canvas import FORMS, canvas_file, canvas_png, file_name

EMPTY = Outcome.from_json({"company": "Zonnewende"})
ENDLESS = Outcome.from_json({
    "company": "W" * 120, "values": [{"name": "W" * 80, "chosen": True, "meaning": "W" * 400}],
    "notes": [
        {"field": field, "text": "W" * 600, "department": "W" * 120} for field in ("identity", "image")
    ],
    "promises": [{"text": "W" * 400, "chosen": True, "measure": "W" * 400, "breaks": ["W" * 400] * 12}],
    "steps": [{"text": "W" * 400, "who": "W" * 120}],
})  # fmt: skip
MANY = {"usual": usual(), "full": full(), "empty": EMPTY, "endless": ENDLESS}
POINTS_OF_MM = 72 / 25.4
A_HAIR_PT = 1.0


def squeezed(words: str) -> str:
    """Without any space, and without the places where endless words may break."""
    return "".join(words.replace("\u200b", "").split())


def all_words(outcome: Outcome) -> list[str]:
    """Every word that people wrote."""
    found = [outcome.company, *(one.text for one in outcome.notes), *(one.name for one in outcome.values)]
    found += [one.meaning for one in outcome.values] + [one.text for one in outcome.missions]
    for one in outcome.promises:
        found += [one.text, one.measure, *one.keeps, *one.breaks]
    for one in outcome.steps:
        found += [one.text, one.who]
    return [*found, *(one.concession for one in outcome.resolutions)]


@pytest.mark.parametrize("form", FORMS)
def test_the_same_outcome_gives_the_same_bytes(form: str) -> None:
    assert canvas_file(usual(), form, "nl") == canvas_file(usual(), form, "nl")


def test_an_unknown_form_is_refused() -> None:
    with pytest.raises(OptionError, match=r"wall\.pdf"):
        canvas_file(usual(), "docx")


@pytest.mark.parametrize(
    ("company", "name"),
    [("Zonnewende", "canvas-zonnewende.svg"), ("../../etc", "canvas-etc.svg"), ("日本", "canvas.svg")],
    ids=["plain", "a path", "other letters"],
)
def test_a_name_for_any_machine(company: str, name: str) -> None:
    assert file_name(Outcome.from_json({"company": company}), "svg") == name


def test_json_is_read_again() -> None:
    made = canvas_file(full(), "json")
    assert Outcome.from_json(json.loads(made)) == full()


@CALM
@given(outcomes())
def test_svg_is_xml_that_needs_nothing_from_outside(data: dict) -> None:
    root = ET.fromstring(canvas_file(Outcome.from_json(data), "svg", "nl"))
    for one in root.iter():
        assert one.tag.split("}")[1] in {"svg", "title", "desc", "g", "rect", "path", "text"}
        assert not {name for name in one.attrib if "href" in name or name.startswith("on")}


# pictures


def test_a_picture_is_as_wide_as_asked_and_has_the_shape_of_an_a1() -> None:
    made = canvas_png(usual(), "nl", width=1000)
    width, height = struct.unpack(">II", made[16:24])
    assert width == pytest.approx(1000, abs=1)
    assert width / height == pytest.approx(1189 / 841, abs=0.005)


def test_in_a_picture_stand_the_colours_of_the_house() -> None:
    images = pytest.importorskip("PIL.Image", reason="Pillow reads the picture")
    picture = images.open(io.BytesIO(canvas_png(usual(), "nl", width=600))).convert("RGB")
    there = {colour for n, colour in picture.getcolors(1 << 24) if n > 500}
    for name in ("page", "raised", "accent-wash", "note-wash", "accent"):
        value = tokens()[f"colour-{name}"].removeprefix("#")
        assert tuple(bytes.fromhex(value)) in there, name


# paper


def elements(reader: PdfReader) -> list[tuple[str, Any]]:
    """The structure of a tagged PDF, from the top down."""
    return list(walked(reader.trailer["/Root"]["/StructTreeRoot"]["/K"]))


def walked(node: Any) -> Iterator[tuple[str, Any]]:
    node = node.get_object()
    if isinstance(node, list):
        for one in node:
            yield from walked(one)
    elif hasattr(node, "get"):
        if "/S" in node:
            yield str(node["/S"]), node
        if "/K" in node:
            yield from walked(node["/K"])


@pytest.mark.parametrize("name", MANY)
@pytest.mark.parametrize("form", ["pdf", "wall.pdf"])
def test_paper_is_for_everybody(form: str, name: str) -> None:
    made = canvas_file(MANY[name], form, "nl")
    reader = PdfReader(io.BytesIO(made))
    root = reader.trailer["/Root"]
    assert b"pdfuaid" in made
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == ("nl", True)
    assert reader.metadata.title.startswith("Relatiecanvas van")
    kinds = [kind for kind, _ in elements(reader)]
    assert kinds.count("/H1") == 1
    levels = [int(kind[2]) for kind in kinds if kind in ("/H1", "/H2", "/H3")]
    assert all(below <= above + 1 for above, below in itertools.pairwise(levels))
    assert kinds.count("/H2") >= 6
    for kind, node in elements(reader):
        assert kind != "/Figure" or node.get("/Alt"), "a figure says what is to be seen"


def test_a_wall_sheet_is_one_a1_that_lies() -> None:
    reader = PdfReader(io.BytesIO(canvas_file(full(), "wall.pdf", "nl")))
    assert len(reader.pages) == 1
    box = reader.pages[0].mediabox
    assert float(box.width) == pytest.approx(1189 * POINTS_OF_MM, abs=0.5)
    assert float(box.height) == pytest.approx(841 * POINTS_OF_MM, abs=0.5)


def test_on_the_wall_stand_all_words_of_a_usual_workshop() -> None:
    outcome = usual()
    said = squeezed(PdfReader(io.BytesIO(canvas_file(outcome, "wall.pdf", "nl"))).pages[0].extract_text())
    for words in (outcome.mission.text, outcome.promise.text, *(one.text for one in outcome.notes)):
        assert squeezed(words) in said


@pytest.mark.parametrize("name", ["usual", "full"])
def test_in_full_means_every_word(name: str) -> None:
    outcome = MANY[name]
    reader = PdfReader(io.BytesIO(canvas_file(outcome, "pdf", "nl")))
    said = squeezed("".join(page.extract_text() for page in reader.pages[1:])).replace("-", "")
    if name == "usual":  # a row that goes on overleaf is read in pieces
        for words in all_words(outcome):
            assert squeezed(words).replace("-", "") in said, words
    for one in outcome.notes:
        assert squeezed(one.text)[:25].replace("-", "") in said
    kinds = [kind for kind, _ in elements(reader)]
    assert kinds.count("/Table") == kinds.count("/THead")
    assert kinds.count("/TR") >= len(outcome.notes) + len(outcome.values) + len(outcome.steps)


def test_the_picture_lies_and_the_words_stand() -> None:
    pages = PdfReader(io.BytesIO(canvas_file(usual(), "pdf", "nl"))).pages
    sizes = [(float(page.mediabox.width), float(page.mediabox.height)) for page in pages]
    a4 = (210 * POINTS_OF_MM, 297 * POINTS_OF_MM)
    assert sizes[0] == pytest.approx(a4[::-1], abs=0.5)
    assert all(size == pytest.approx(a4, abs=0.5) for size in sizes[1:])


@pytest.mark.parametrize("form", ["pdf", "wall.pdf", "pptx", "md"])
@pytest.mark.parametrize("words", ['#panic("no") $x$ *a* \\', '#read("/etc/passwd")', "<b>&amp;</b> ]]>"])
def test_what_people_wrote_is_no_markup(words: str, form: str) -> None:
    made = Outcome.from_json({"company": words, "notes": [{"field": "image", "text": words}]})
    file = canvas_file(made, form, "en")
    if form.endswith("pdf"):
        assert squeezed(words) in squeezed(PdfReader(io.BytesIO(file)).pages[0].extract_text())


@pytest.mark.parametrize("form", ["pdf", "wall.pdf"])
def test_a_smiley_from_a_phone_stops_nobody(form: str) -> None:
    """With type for it on this machine it stands there, else its name does."""
    made = Outcome.from_json({"company": "Z", "notes": [{"field": "image", "text": "Blij 🙂 ❤️ van vroeger"}]})
    said = "".join(page.extract_text() for page in PdfReader(io.BytesIO(canvas_file(made, form, "nl"))).pages)
    assert "🙂" in said or "(slightlysmilingface)" in squeezed(said)
    assert canvas_file(made, "png")


def test_letters_without_type_are_said() -> None:
    with pytest.raises(DataError, match="cannot be set"):
        canvas_file(Outcome.from_json({"company": "\U000f0000 private"}), "pdf")


# slides


@cache
def slides_of(name: str) -> bytes:
    return canvas_file(MANY[name], "pptx", "nl")


def shapes(made: bytes) -> Iterator[tuple[Any, Any, Any]]:
    deck = Presentation(io.BytesIO(made))
    for slide in deck.slides:
        for shape in slide.shapes:
            yield deck, slide, shape


@pytest.mark.parametrize("name", MANY)
def test_every_shape_stays_on_its_slide(name: str) -> None:
    for deck, _, shape in shapes(slides_of(name)):
        assert 0 <= shape.left <= shape.left + shape.width <= deck.slide_width + Pt(A_HAIR_PT)
        if not shape.has_table or name != "endless":  # a cell with one endless word is as high as it must be
            assert 0 <= shape.top <= shape.top + shape.height <= deck.slide_height + Pt(A_HAIR_PT)


def test_slides_are_made_of_shapes_that_can_be_changed() -> None:
    made = slides_of("usual")
    names = zipfile.ZipFile(io.BytesIO(made)).namelist()
    assert not [one for one in names if one.endswith((".png", ".svg", ".emf", ".jpg")) and "media" in one]
    shown = Presentation(io.BytesIO(made)).slides[0].shapes
    first = {shape.text_frame.text for shape in shown if shape.has_text_frame}
    said = "\n".join(first)
    for one in (*usual().notes, usual().mission, usual().promise, *usual().steps):
        assert one.text in said


@pytest.mark.parametrize("name", ["usual", "full"])
def test_slides_hold_every_word(name: str) -> None:
    outcome, said = MANY[name], ""
    for _, _, shape in shapes(slides_of(name)):
        if shape.has_text_frame:
            said += shape.text_frame.text + "\n"
        elif shape.has_table:
            said += "\n".join(cell.text for row in shape.table.rows for cell in row.cells) + "\n"
    for words in all_words(outcome):
        assert words.removesuffix(".") in said


def test_slides_read_aloud() -> None:
    made = slides_of("full")
    deck = Presentation(io.BytesIO(made))
    assert deck.core_properties.language == "nl-NL"
    assert deck.slides[0].notes_slide.notes_text_frame.text.count("Identiteit") == 1
    for slide in deck.slides:
        assert slide.shapes.title.text_frame.text.strip()
        assert slide.shapes[0].shape_id == slide.shapes.title.shape_id, "read first"
    for _, _, shape in shapes(made):
        drawing = shape._element.xpath(".//p:cNvPr")[0]
        decorative = "decorative" in ET.tostring(ET.fromstring(_xml(drawing)), encoding="unicode")
        says = shape.has_table or (shape.has_text_frame and shape.text_frame.text.strip())
        assert says or drawing.get("descr") or decorative, shape.name


def _xml(element: Any) -> bytes:
    from lxml import etree

    return etree.tostring(element)


def test_words_on_the_sheet_fit_their_shapes() -> None:
    """With the widths of the face itself, where this machine has one of the same measure as Arial."""
    fonts = pytest.importorskip("PIL.ImageFont", reason="Pillow reads the widths of a face")
    where = "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf"
    try:
        fonts.truetype(where, 10)
    except OSError:
        pytest.skip("this machine has no face of the measure of Arial")
    deck = Presentation(io.BytesIO(slides_of("full")))
    checked = 0
    for shape in deck.slides[0].shapes:
        if not shape.has_text_frame or shape.name != "note":
            continue
        frame, tall = shape.text_frame, 0.0
        for paragraph in frame.paragraphs:
            aside = int(paragraph._p.pPr.get("marR") or 0)
            room = (shape.width - frame.margin_left - frame.margin_right - aside) / 12700
            run = paragraph.runs[0]
            font = fonts.truetype(where, 1000)
            lines, line = 1, ""
            for word in run.text.split():
                longer = f"{line} {word}".strip()
                if font.getlength(longer) / 1000 * run.font.size.pt > room:
                    lines, longer = lines + 1, word
                line = longer
            tall += lines * paragraph.line_spacing.pt + paragraph.space_before.pt
        margins = (frame.margin_top + frame.margin_bottom) / 12700
        assert tall <= shape.height / 12700 - margins + A_HAIR_PT, frame.text
        checked += 1
    assert checked >= 8
