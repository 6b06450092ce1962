"""The report on paper and as text: read back with another program, it says what the diagnosis says."""

from __future__ import annotations

import io
import re
import struct
import zlib
from dataclasses import replace

import pytest
from pypdf import PdfReader
from tests.reports.conftest import full_diagnosis
from tests.reports.made_plan import made_plan

from verbond.diagnosis import Diagnosis
from verbond.errors import OptionError, ReadError
from verbond.method import play
from verbond.reports.brand import Brand, read_brand
from verbond.reports.document import board, markdown, pdf
from verbond.reports.document.telling import ACROSS, _widths, parts_of
from verbond.reports.page import page_of
from verbond.reports.writing import ENDINGS, write_as

LANGUAGES = ("en", "nl")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


PIXEL = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    + _chunk(b"IDAT", zlib.compress(b"\x00\x20\x60\x40"))
    + _chunk(b"IEND", b"")
)
"""A picture of one dot."""


def planned() -> Diagnosis:
    return replace(full_diagnosis(), plan=made_plan())


def poor() -> Diagnosis:
    d = full_diagnosis()
    return replace(
        d, survey=None, ladder=None, intentions=None, effort=None, findings=(), values=None, trial=None,
        effects=None, expressions=None, check=None,
    )  # fmt: skip


def squeezed(words: str) -> str:
    """Without what setting adds: spaces, breaks and hyphens at the end of lines."""
    return re.sub(r"[\s\u00ad\u200b‐-]", "", words)


def text_of(made: bytes) -> str:
    return squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(made)).pages))


@pytest.fixture(scope="module", params=LANGUAGES)
def made(request: pytest.FixtureRequest) -> tuple[str, bytes]:
    return request.param, pdf(planned(), language=request.param)


def test_a_pdf_is_tagged_and_says_its_language(made: tuple[str, bytes]) -> None:
    language, content = made
    reader = PdfReader(io.BytesIO(content))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == language
    assert reader.metadata.title == page_of(planned(), language).title
    assert b"pdfuaid" in content or "pdfuaid" in root["/Metadata"].get_data().decode()
    assert len(reader.outline) >= 4


def test_a_pdf_says_what_was_found_and_what_to_do(made: tuple[str, bytes]) -> None:
    language, content = made
    said, d = text_of(content), planned()
    for section in page_of(d, language).found:
        assert squeezed(section.title) in said
    for step in d.plan.steps:
        one = play(step.play_id)
        for words in (one.name, one.first_hour, one.stop, one.evidence, one.against):
            assert squeezed(words.say(language)) in said


def test_each_finding_stands_with_its_own_subject() -> None:
    """What was found of loyalty is nothing that was found of the files."""
    d = full_diagnosis()
    of_data = [f.reason.sentence("en") for f in d.findings if f.room == "tables"]
    one = next(f for f in d.findings if f.reason.code == "diagnosis.values_lag")
    more = [replace(one, room=room) for room in ("hidden", "staying", "buying", "referral", "growth")]
    page = page_of(replace(d, findings=(*d.findings, *more)), "en")
    assert [told.text for told in page.data_said] == of_data


def test_money_has_one_sign_and_says_when_it_may_be_nothing() -> None:
    d = planned()
    said = markdown(d, language="en")
    for step in d.plan.steps:
        if step.revenue is not None:
            assert f"an estimated {step.revenue.value:.2f} EUR a customer" in said
            unclear = step.revenue.ci_lower <= 0 <= step.revenue.ci_upper
            bounds = f"between {step.revenue.ci_lower:.2f} and {step.revenue.ci_upper:.2f}"
            assert f"{bounds}{', so it may also be nothing' if unclear else ')'}" in said


def test_figures_of_a_table_stand_in_the_pdf(made: tuple[str, bytes]) -> None:
    language, content = made
    said = text_of(content)
    (table,) = page_of(planned(), language).ladder.tables[:1]
    for row in table.rows:
        for column in table.shown_columns[:5]:
            assert squeezed(table.cell(row, column)) in said


def test_the_same_diagnosis_gives_the_same_bytes() -> None:
    assert board(planned(), language="nl") == board(planned(), language="nl")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("make", [planned, full_diagnosis, poor])
def test_the_page_for_the_board_is_one_page(language: str, make) -> None:
    d = replace(make(), name="Coöperatieve Vereniging voor Duurzame Energie Zonnewende en Omstreken U.A.")
    content = board(d, language=language, brand=Brand("#7a1f1f", "#1f3a7a", PIXEL, d.name))
    assert len(PdfReader(io.BytesIO(content)).pages) == 1
    said = text_of(content)
    assert squeezed(page_of(d, language).lead) in said
    if d.plan is not None:
        assert squeezed(play(d.plan.steps[0].play_id).name.say(language)) in said


def test_no_estimate_stands_on_paper_without_both_its_bounds() -> None:
    d = full_diagnosis()
    told = {one.words: one for one in parts_of(page_of(d, "en")) if one.kind == "table"}
    tables = [t for section in page_of(d, "en").found for t in section.tables if t.caption in told]
    assert tables
    n = 0
    for table in tables:
        columns = table.shown_columns
        said = told[table.caption]
        for estimate, low, high in zip(columns, columns[1:], columns[2:], strict=False):
            if (low.name.rpartition("_")[2], high.name.rpartition("_")[2]) != ("lower", "upper"):
                continue
            label = f"{estimate.label} (from–to)"
            assert estimate.label not in said.head
            if label not in said.head:
                continue  # for the workbook, as the note below it says
            place = said.head.index(label)
            for row, cells in zip(table.rows, said.rows, strict=False):
                bare = [table.cell(row, one).split(" ")[0] for one in (estimate, low, high)]
                if bare[1:] != ["–", "–"]:
                    n += 1
                    assert all(one in cells[place] for one in bare if one != "–")
    assert n > 20


def test_columns_that_do_not_fit_are_left_out_and_figures_stand_on_one_line() -> None:
    figures = ["1,234.5 (1,000.1 to 1,500.2)"] * 5
    words = ["a sentence of some length that is allowed to break"] * 5
    widths = _widths(["what", *"abcdef"], [words, *[figures] * 6], [False] + [True] * 6)
    assert len(widths) == 4
    assert sum(widths) <= ACROSS + len(widths)
    assert min(widths[1:]) >= len(figures[0])
    assert _widths(["what", "n"], [words, ["5"] * 5], [False, True])[0] >= len(words[0])


@pytest.mark.parametrize("language", LANGUAGES)
def test_markdown_has_whole_tables_and_no_markup_of_users(language: str) -> None:
    d = replace(planned(), name="A|B *bold* <script>alert(1)</script>\n# not a heading")
    lines = markdown(d, language=language).splitlines()
    assert sum(line.startswith("# ") for line in lines) == 1
    assert not any("<script>" in line for line in lines)
    cells = [len(re.findall(r"(?<!\\)\|", line)) for line in lines if line.startswith("| ")]
    assert cells
    heads = [i for i, line in enumerate(lines) if re.fullmatch(r"\|( -+:? \|)+", line)]
    for i in heads:
        j = i + 1
        while j < len(lines) and lines[j].startswith("| "):
            assert len(re.findall(r"(?<!\\)\|", lines[j])) == len(re.findall(r"\|", lines[i]))
            j += 1


def test_every_form_is_written(tmp_path) -> None:
    heads = {"html": b"<!doctype", "pdf": b"%PDF", "pptx": b"PK", "xlsx": b"PK", "md": b"# "}
    for form, ending in ENDINGS.items():
        path = write_as(planned(), tmp_path / f"{form}.{ending}", format=form, language="nl", brand=Brand())
        assert path.read_bytes().startswith(heads[ending])
    with pytest.raises(OptionError, match="html, pdf, board, pptx, xlsx, md"):
        write_as(planned(), tmp_path / "a.doc", format="doc")
    with pytest.raises(OptionError, match="the folder is not there"):
        write_as(planned(), tmp_path / "none" / "a.pdf", format="pdf")


def test_a_brand_that_nobody_can_read_is_refused(tmp_path) -> None:
    with pytest.raises(OptionError, match=r"contrast 1\.\d"):
        Brand("#ffee00")
    with pytest.raises(OptionError, match="no colour"):
        Brand("red")
    with pytest.raises(OptionError, match="no picture"):
        Brand(logo=b"<svg/>")
    file = tmp_path / "brand.toml"
    file.write_text('colour = "#123456"\nlogo = "none.png"\n')
    with pytest.raises(ReadError, match="not there"):
        read_brand(file)
    file.write_text('color = "#123456"\n')
    with pytest.raises(ReadError, match="does not know color"):
        read_brand(file)
    (tmp_path / "logo.png").write_bytes(PIXEL)
    file.write_text('colour = "#123456"\nlogo = "logo.png"\nname = "Zon"\n')
    assert read_brand(file) == Brand("#123456", logo=PIXEL, name="Zon")
