"""The file of a diagnosis: made once for each form, language and brand, and kept beside the diagnosis.

It goes when the diagnosis goes.
"""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.text import slugify

from verbond.results import Language
from verbond.version import __version__
from verbond.web.diagnosing import diagnosis_of
from verbond.web.reporting import branding
from verbond.web.store.models import Organisation, Run

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis

__all__ = ["FORMS", "file_name", "media_type", "report_file"]

_OFFICE = "application/vnd.openxmlformats-officedocument"
FORMS = MappingProxyType(
    {
        "board": ("pdf", "application/pdf"),
        "pdf": ("pdf", "application/pdf"),
        "pptx": ("pptx", f"{_OFFICE}.presentationml.presentation"),
        "xlsx": ("xlsx", f"{_OFFICE}.spreadsheetml.sheet"),
        "html": ("html", "text/html; charset=utf-8"),
        "md": ("md", "text/markdown; charset=utf-8"),
    }
)
"""Form -> ending and media type, those that are forwarded first ahead."""


def media_type(form: str) -> str:
    """What a form says that it is."""
    return FORMS[form][1]


def file_name(run: Run, organisation: Organisation, form: str) -> str:
    """How a file is called for who saves it."""
    part = "-board" if form == "board" else ""
    return f"{slugify(organisation.name)[:60] or 'verbond'}-{run.created_at:%Y-%m-%d}{part}.{FORMS[form][0]}"


def report_file(
    run: Run, organisation: Organisation, form: str, language: Language, *, redacted: bool = False
) -> Path:
    """The file of a diagnosis.

    Parameters
    ----------
    run : Run
    organisation : Organisation
        Whose brand it gets.
    form : str
        One of `FORMS`.
    language : {"en", "nl"}
    redacted : bool
        Without what people wrote in words of their own, for readers from outside.
    """
    made_of = f"{__version__}|{form}|{language}|{redacted}|{branding.mark_of(organisation)}"
    digest = hashlib.sha256(made_of.encode()).hexdigest()[:16]
    folder = settings.INSTALLATION.data_folder(run.organisation_id) / "results"
    file = folder / f"{run.pk}.report-{digest}.{FORMS[form][0]}"
    if file.exists():
        return file
    diagnosis = diagnosis_of(run)
    if redacted:
        from verbond.web.pages.redaction import without_free_text

        diagnosis = without_free_text(diagnosis)
    beside = folder / f"{run.pk}.partial-{secrets.token_hex(4)}.{FORMS[form][0]}"
    try:
        written(diagnosis, beside, form, language, organisation)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
    return file


def written(
    diagnosis: Diagnosis, path: Path, form: str, language: Language, organisation: Organisation
) -> None:
    """Write a report; what reports can do is imported when one is asked for."""
    from verbond.reports.writing import write_as

    write_as(diagnosis, path, format=form, language=language, brand=branding.brand_of(organisation))
