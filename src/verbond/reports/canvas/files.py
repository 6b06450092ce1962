"""Any form of an outcome by its name: one door for the command line and the application."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

from verbond.canvas import Outcome, to_markdown
from verbond.errors import MissingExtraError, OptionError
from verbond.plots import as_file, draw_canvas
from verbond.results import Language
from verbond.results.wording import check_language

__all__ = ["FORMS", "Form", "canvas_file", "file_name"]

Form = Literal["json", "md", "svg", "png", "pdf", "wall.pdf", "pptx"]
FORMS: Mapping[Form, str] = MappingProxyType(
    {
        "json": "application/json",
        "md": "text/markdown; charset=utf-8",
        "svg": "image/svg+xml",
        "png": "image/png",
        "pdf": "application/pdf",
        "wall.pdf": "application/pdf",
        "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    }
)
"""What a file ends in: its media type."""
assert tuple(FORMS) == get_args(Form)


def canvas_file(outcome: Outcome, form: Form, language: Language = "en") -> bytes:
    """An outcome as a file; the same outcome gives the same bytes.

    Parameters
    ----------
    outcome : Outcome
    form : {"json", "md", "svg", "png", "pdf", "wall.pdf", "pptx"}
    language : {"en", "nl"}
        Of headings; JSON has none.

    Raises
    ------
    OptionError
        If there is no such form.
    MissingExtraError
        For paper and slides without the extra `reports`.
    DataError
        If what people wrote has letters for which this machine has no type (paper).
    """
    check_language(language)
    if form not in FORMS:
        raise OptionError("there is no such form", got=repr(form), expected=", ".join(FORMS))
    try:
        return _WRITERS[form](outcome, language)
    except ModuleNotFoundError as error:
        raise MissingExtraError("paper and slides", extra="reports") from error


def file_name(outcome: Outcome, form: Form) -> str:
    """What a file may be called on any machine.

    Examples
    --------
    >>> file_name(Outcome.from_json({"company": "Café Ons/Huis", "made_at": "2026-11-22"}), "wall.pdf")
    'canvas-cafe-ons-huis-2026-11-22.wall.pdf'
    """
    plain = unicodedata.normalize("NFKD", outcome.company).encode("ascii", "ignore").decode().lower()
    words = re.findall("[a-z0-9]+", plain)
    return "-".join(["canvas", *words, *filter(None, [outcome.made_at[:10]])])[:80] + f".{form}"


def _json(outcome: Outcome, language: Language) -> bytes:
    return (json.dumps(outcome.to_json(), ensure_ascii=False, indent=2) + "\n").encode()


def _md(outcome: Outcome, language: Language) -> bytes:
    return to_markdown(outcome, language).encode()


def _svg(outcome: Outcome, language: Language) -> bytes:
    return (as_file(draw_canvas(outcome, language)) + "\n").encode()


def _png(outcome: Outcome, language: Language) -> bytes:
    from verbond.reports.canvas.paper import canvas_png

    return canvas_png(outcome, language)


def _pdf(outcome: Outcome, language: Language) -> bytes:
    from verbond.reports.canvas.paper import canvas_pdf

    return canvas_pdf(outcome, language)


def _wall(outcome: Outcome, language: Language) -> bytes:
    from verbond.reports.canvas.paper import canvas_wall

    return canvas_wall(outcome, language)


def _pptx(outcome: Outcome, language: Language) -> bytes:
    from verbond.reports.canvas.slides import canvas_pptx

    return canvas_pptx(outcome, language)


_WRITERS = {"json": _json, "md": _md, "svg": _svg, "png": _png, "pdf": _pdf, "wall.pdf": _wall, "pptx": _pptx}
