"""The report as a PDF, as one page for the board, and as Markdown."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verbond.reports.brand import Brand
from verbond.reports.canvas.paper import colours
from verbond.reports.document.telling import Part, parts_of, picture_of
from verbond.reports.page import Page, page_of
from verbond.reports.typeset import typeset
from verbond.results import Language, sentence
from verbond.results.wording import check_language

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis

__all__ = ["board", "markdown", "pdf", "write_board", "write_markdown", "write_pdf"]

N_FOUND, N_STEPS, N_UNSAID = 4, 3, 2
"""What stands on the page for the board."""
_TOLD = ("chapter", "lead")


def pdf(diagnosis: Diagnosis, *, language: Language = "en", brand: Brand | None = None) -> bytes:
    """Everything that a report says, on A4, as PDF/UA-1: tagged, with bookmarks and words for each picture.

    Parameters
    ----------
    diagnosis : Diagnosis
    language : {"en", "nl"}
    brand : Brand, optional

    Returns
    -------
    bytes
        The same for the same diagnosis.

    Raises
    ------
    DataError
        If its words have letters for which this machine has no type.
    """
    page, pictures, parts = page_of(diagnosis, check_language(language)), {}, []
    for part in parts_of(page):
        told = asdict(part)
        if part.kind == "picture":
            told["file"] = f"picture-{len(pictures)}.svg"
            pictures[told["file"]] = part.svg.encode()
        parts.append({name: value for name, value in told.items() if name != "svg"})
    said = _said(page, brand) | {"parts": parts, "contents": sentence("report.navigation", language)}
    return typeset(_template("report.typ"), said, files=pictures | _logo(brand))


def board(diagnosis: Diagnosis, *, language: Language = "en", brand: Brand | None = None) -> bytes:
    """What a board has to know on one A4: where customers stand, findings, three steps, what is not known.

    Parameters, what it returns and what it raises are those of `pdf`.
    """
    page = page_of(diagnosis, check_language(language))
    pictures, alt = {}, ""
    if page.ladder.pictures:
        svg, alt = picture_of(page.ladder.pictures[0])
        pictures["ladder.svg"] = svg.encode()
    say = lambda code: sentence(f"report_files.{code}", language)  # noqa: E731
    said = _said(page, brand) | {
        "lead": page.lead, "facts": " · ".join(page.facts), "alt": alt,
        "empty": page.ladder.empty,
        "simulated": sentence("report.simulated_title", language) if page.simulated else "",
        "found_title": say("board_found"), "found": _found(diagnosis, language),
        "steps_title": say("board_steps"), "steps": _board_steps(page),
        "unsaid_title": say("board_unsaid"), "unsaid": page.unsaid[:N_UNSAID],
        "rests": say("board_rests"),
    }  # fmt: skip
    return typeset(_template("board.typ"), said, files=pictures | _logo(brand))


def _found(d: Diagnosis, language: Language) -> list[str]:
    """The findings on top that the lead does not say already."""
    told = [f for f in d.findings if f.reason.code.split(".")[-1] not in ("most_on_rung", "blocking_rung")]
    return [f.reason.sentence(language) for f in told[:N_FOUND]]


def _board_steps(page: Page) -> list[dict[str, str]]:
    if page.planned:
        return [{"name": s.name, "because": s.because, "first": s.first_hour} for s in page.planned[:N_STEPS]]
    return [{"name": s.name, "because": s.because, "first": s.first_step} for s in page.steps[:N_STEPS]]


def markdown(diagnosis: Diagnosis, *, language: Language = "en", brand: Brand | None = None) -> str:
    """Everything that a report says, without its pictures: for a wiki, a mail or a repository.

    Parameters
    ----------
    diagnosis : Diagnosis
    language : {"en", "nl"}
    brand : Brand, optional
        Its name alone counts.
    """
    page = page_of(diagnosis, check_language(language))
    lines = [f"# {_escaped(_title(page, brand))}", ""]
    for part in parts_of(page):
        lines += [*_lines(part), ""]
    lines.append(_escaped(sentence("report_files.made_with", language, version=page.version)))
    return "\n".join(lines) + "\n"


def _lines(part: Part) -> list[str]:
    words = _escaped(part.words)
    if part.kind == "heading":
        return [f"{'#' * (part.level + 1)} {words}"]
    if part.kind == "list":
        return [f"- {_escaped(one)}" for one in part.rows]
    if part.kind == "facts":
        return [f"- **{_escaped(name)}** {_escaped(said)}" for name, said in part.rows]
    if part.kind == "quote":
        return [f"> {words}"]
    if part.kind == "table":
        rule = ["---:" if i in part.numbers else "---" for i in range(len(part.head))]
        rows = (part.head, *part.rows)
        cells = ["| " + " | ".join(_escaped(cell) for cell in row) + " |" for row in rows]
        return [f"**{words}**", "", cells[0], "| " + " | ".join(rule) + " |", *cells[1:]]
    if part.kind == "picture":
        return [_escaped(part.alt), "", words]
    return [f"**{words}**" if part.tone == "strong" else words]


def _escaped(words: str) -> str:
    """Words of users are no markup, and stay on their line."""
    for sign in "\\`*_[]<>|#":
        words = words.replace(sign, f"\\{sign}")
    return " ".join(words.split())


def _said(page: Page, brand: Brand | None) -> dict[str, Any]:
    worn = colours()
    if brand is not None:
        worn |= {"accent": brand.colour, "wood": brand.accent}
    return {
        "title": _title(page, brand), "author": _name(page, brand), "language": page.language,
        "colours": worn,
        "logo": _LOGO if brand is not None and brand.ending else "",
        "made": sentence("report_files.made_with", page.language, version=page.version),
    }  # fmt: skip


def _name(page: Page, brand: Brand | None) -> str:
    return (brand.name if brand is not None else "") or page.name


def _title(page: Page, brand: Brand | None) -> str:
    return sentence("report.html_title", page.language, company=_name(page, brand))


_LOGO = "logo.svg"
"""The typesetter takes files of text alone, so that a picture goes in a drawing."""


def _logo(brand: Brand | None) -> Mapping[str, bytes]:
    if brand is None or brand.logo is None or brand.ending is None:
        return {}
    from PIL import Image

    width, height = Image.open(io.BytesIO(brand.logo)).size
    kind = "jpeg" if brand.ending == "jpg" else brand.ending
    href = f"data:image/{kind};base64,{base64.b64encode(brand.logo).decode()}"
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}"><image width="{width}" height="{height}" href="{href}"/></svg>'
    )
    return {_LOGO: drawn.encode()}


def _template(name: str) -> bytes:
    return (files("verbond.reports.document") / name).read_bytes()


def write_pdf(
    diagnosis: Diagnosis, path: str | Path, *, language: Language = "en", brand: Brand | None = None
) -> Path:
    """Write `pdf` to a file; one of the same name is written over."""
    place = Path(path)
    place.write_bytes(pdf(diagnosis, language=language, brand=brand))
    return place


def write_board(
    diagnosis: Diagnosis, path: str | Path, *, language: Language = "en", brand: Brand | None = None
) -> Path:
    """Write `board` to a file; one of the same name is written over."""
    place = Path(path)
    place.write_bytes(board(diagnosis, language=language, brand=brand))
    return place


def write_markdown(
    diagnosis: Diagnosis, path: str | Path, *, language: Language = "en", brand: Brand | None = None
) -> Path:
    """Write `markdown` to a file; one of the same name is written over."""
    place = Path(path)
    place.write_text(markdown(diagnosis, language=language, brand=brand), "utf-8", newline="\n")
    return place
