"""One door to every form in which a report goes out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from verbond.errors import MissingExtraError, OptionError
from verbond.results import Language
from verbond.results.wording import check_language

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis
    from verbond.reports.brand import Brand

__all__ = ["ENDINGS", "write_as"]

ENDINGS: Mapping[str, str] = MappingProxyType(
    {"html": "html", "pdf": "pdf", "board": "pdf", "pptx": "pptx", "xlsx": "xlsx", "md": "md"}
)
"""Forms of a report, and how the name of a file ends."""
_WRITERS = MappingProxyType({
    "html": ("verbond.reports.html", "write_html"),
    "pdf": ("verbond.reports.document", "write_pdf"),
    "board": ("verbond.reports.document", "write_board"),
    "pptx": ("verbond.reports.slides", "write_pptx"),
    "xlsx": ("verbond.reports.workbook", "write_xlsx"),
    "md": ("verbond.reports.document", "write_markdown"),
})  # fmt: skip


def write_as(
    diagnosis: Diagnosis,
    path: str | Path,
    *,
    format: str,
    language: Language = "en",
    brand: Brand | None = None,
) -> Path:
    """Write a diagnosis in the form that is asked.

    Parameters
    ----------
    diagnosis : Diagnosis
    path : str or Path
        Of the file; one of the same name is written over.
    format : {"html", "pdf", "board", "pptx", "xlsx", "md"}
    language : {"en", "nl"}
    brand : Brand, optional
        Colours, logo and name.

    Returns
    -------
    Path

    Raises
    ------
    OptionError
        For another form, or a folder that is not there.
    MissingExtraError
        Where the extra `reports` is not there.
    """
    if format not in _WRITERS:
        raise OptionError("unknown form of a report", got=repr(format), expected=", ".join(_WRITERS))
    check_language(language)
    place = Path(path)
    if not place.parent.is_dir():
        raise OptionError("the folder is not there", got=str(place.parent), hint="Make it first.")
    module, name = _WRITERS[format]
    try:
        write: Callable[..., Path] = getattr(import_module(module), name)
        return write(diagnosis, place, language=language, brand=brand)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("verbond"):
            raise
        raise MissingExtraError(f"writing {format}", extra="reports") from None
