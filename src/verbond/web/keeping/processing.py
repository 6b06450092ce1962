"""What is kept of whom: the classes of data, how much of each there is, and the record of processing."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db.models import Min

from verbond.results import Language, protect_cell, sentence
from verbond.web.data.holding import Holdings, archived_of
from verbond.web.data.uploads import WAITING_DAYS
from verbond.web.diagnosing import archive_of
from verbond.web.store.models import (
    AuditEntry,
    ExpressionAudit,
    Idea,
    Invitee,
    Label,
    Membership,
    Organisation,
    Role,
    Run,
    Sheet,
)
from verbond.web.workshop.forgetting import people_of

__all__ = [
    "BASES",
    "CLASSES",
    "DataClass",
    "Kept",
    "backups",
    "kept_of",
    "record_csv",
    "record_of",
    "waiting_uploads",
]

BASES = ("contract", "interest", "public", "legal", "vital", "consent")
"""Lawful bases (GDPR, article 6, 1 b, f, e, c, d, a)."""


@dataclass(frozen=True, slots=True)
class DataClass:
    """One class of data.

    Attributes
    ----------
    name : str
    tables : tuple of str
        Canonical tables that it consists of.
    least_months : int
        The fewest months that it can be kept for; 0 where no months can be chosen.
    """

    name: str
    tables: tuple[str, ...] = ()
    least_months: int = 0


CLASSES = (
    DataClass("behaviour", ("events", "exposures", "assignments", "rungs"), 1),
    DataClass("answers", ("responses", "scores"), 1),
    DataClass("words", ("messages",), 1),
    DataClass("identities", ("customers",)),
    DataClass("uploads"),
    DataClass("refused", ("refused",), 1),
    DataClass("diagnoses", (), 1),
    DataClass("standings", (), 1),
    DataClass("invitees", (), 1),
    DataClass("sheets", (), 1),
    DataClass("canvases", (), 1),
    DataClass("community", (), 1),
    DataClass("audited", (), 1),
    DataClass("labels", (), 1),
    DataClass("accounts"),
    DataClass("audit", (), 12),
    DataClass("backups"),
)
"""Who did what stays a year at least: nobody wipes out her own steps."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How much there is of one class, and what was decided about it.

    Attributes
    ----------
    of : DataClass
    n : int
    since : date or None
    months : int or None
        None where it stays.
    basis : str
        One of `BASES`; "" where none was chosen.
    """

    of: DataClass
    n: int
    since: dt.date | None
    months: int | None
    basis: str

    def lasts(self, language: Language) -> str:
        """How long it stays, in words."""
        if self.months is not None:
            return sentence("web_privacy.months", language, n=self.months)
        if self.of.least_months:
            return sentence("web_privacy.lasts_until_removed", language)
        return sentence(f"web_privacy.lasts_{self.of.name}", language, n=WAITING_DAYS)


def kept_of(organisation: Organisation) -> tuple[Kept, ...]:
    """What an organisation keeps, a class each."""
    held = archived_of(organisation)
    stated = organisation.settings.get("basis", {})

    def one(known: DataClass) -> Kept:
        n, since = _amount(known, organisation, held)
        return Kept(known, n, since, organisation.retention.get(known.name), stated.get(known.name, ""))

    return tuple(one(known) for known in CLASSES)


def _amount(
    known: DataClass, organisation: Organisation, held: Holdings | None
) -> tuple[int, dt.date | None]:
    match known.name:
        case "identities":
            return archive_of(organisation).n_known(), None
        case "uploads":
            return _files(waiting_uploads(organisation))
        case "refused":
            return _counted(_refused(organisation))
        case "standings":
            return _counted(_standings(organisation))
        case "backups":
            return _files(backups())
        case "diagnoses":
            return _rows(Run.objects.filter(organisation=organisation), "created_at")
        case "invitees":
            return _rows(Invitee.objects.filter(survey__organisation=organisation), "survey__created_at")
        case "sheets":
            return _rows(Sheet.objects.filter(survey__organisation=organisation), "survey__created_at")
        case "canvases":
            return _rows(people_of(organisation), "joined_at")
        case "community":
            return _rows(Idea.objects.filter(community__organisation=organisation), "made_at")
        case "audited":
            return _rows(ExpressionAudit.objects.filter(organisation=organisation), "made_at")
        case "labels":
            return _rows(Label.objects.filter(organisation=organisation), "made_at")
        case "accounts":
            return _rows(Membership.objects.filter(organisation=organisation), "created_at")
        case "audit":
            return _rows(AuditEntry.objects.filter(organisation=organisation), "at")
    found = [one for one in (held.tables if held else ()) if one.table in known.tables]
    return sum(one.n_rows for one in found), min((one.first for one in found if one.first), default=None)


def _rows(rows: object, moment: str) -> tuple[int, dt.date | None]:
    first = rows.aggregate(first=Min(moment))["first"]  # type: ignore[attr-defined]
    return rows.count(), first.date() if first else None  # type: ignore[attr-defined]


def _files(files: list[Path]) -> tuple[int, dt.date | None]:
    moments = [file.stat().st_mtime for file in files]
    return len(files), dt.datetime.fromtimestamp(min(moments), dt.UTC).date() if moments else None


def _counted(days: list[dt.date]) -> tuple[int, dt.date | None]:
    return len(days), min(days, default=None)


def _standings(organisation: Organisation) -> list[dt.date]:
    """Days of the diagnoses beside which stands where each customer stands."""
    folder = settings.INSTALLATION.data_folder(organisation.pk) / "results"
    runs = Run.objects.filter(organisation=organisation)
    return [run.created_at.date() for run in runs if (folder / f"{run.pk}.customers.parquet").exists()]


def _refused(organisation: Organisation) -> list[dt.date]:
    """Days of the imports of which rows were refused."""
    archive = archive_of(organisation)
    return [one.imported_at.date() for one in archive.imports() if archive.refused(one.import_id)]


def waiting_uploads(organisation: Organisation) -> list[Path]:
    """Folders of files that were brought and not read yet."""
    folder = settings.INSTALLATION.data_folder(organisation.pk) / "uploads"
    return sorted(p for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []


def backups() -> list[Path]:
    """The backups of the installation, the newest first."""
    found = settings.INSTALLATION.backups.glob("*.verbond")
    return sorted(found, key=lambda file: file.stat().st_mtime, reverse=True)


def record_of(organisation: Organisation, language: Language) -> Iterator[dict[str, str]]:
    """The record of processing (GDPR, article 30), a row a class of data: heading -> what stands there."""

    def word(code: str, **values: object) -> str:
        return sentence(f"web_privacy.{code}", language, **values)

    owners = Membership.objects.filter(organisation=organisation, role=Role.OWNER).select_related("user")
    contact = ", ".join(str(one.user) for one in owners)
    for one in kept_of(organisation):
        name = one.of.name
        yield {
            word("record_controller"): organisation.name,
            word("record_contact"): contact,
            word("what"): word(f"class_{name}"),
            word("whose"): word(f"whose_{name}"),
            word("why"): word(f"why_{name}"),
            word("basis"): word(f"basis_{one.basis}" if one.basis else "basis_none"),
            word("how_long"): one.lasts(language),
            word("where"): word(f"where_{name}"),
            word("record_recipients"): word(f"recipients_{name}"),
            word("record_transfers"): word("record_transfers_none"),
            word("record_security"): word("record_security_text"),
        }


def record_csv(organisation: Organisation, language: Language) -> bytes:
    """The record of processing as a file for spreadsheets, every cell safe there."""
    text = io.StringIO()
    rows = list(record_of(organisation, language))
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows({name: protect_cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue().encode("utf-8-sig")
