"""Diagnoses of an organisation: made by a job, kept as files, read by pages."""

from __future__ import annotations

import hashlib
import uuid
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from verbond.results import ProgressFunction
from verbond.web.store.models import Job, Organisation, Run

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis
    from verbond.tables import Archive, Tables

__all__ = ["archive_of", "diagnose_organisation", "diagnosis_of", "open_data"]


def archive_of(organisation: Organisation) -> Archive:
    """What an organisation keeps of its customers, under a key of its own."""
    from verbond.tables import Archive

    installation = settings.INSTALLATION
    key = hashlib.sha256(installation.pseudonym_key + f":{organisation.pk}".encode()).digest()
    return Archive(installation.data_folder(organisation.pk) / "data", key)


def open_data(organisation: Organisation) -> Tables:
    """The tables of an organisation, as they are now."""
    archive = archive_of(organisation)
    if organisation.kind != Organisation.Kind.DEMO:
        return archive.open()
    from verbond.tables import open_tables
    from verbond.web.listening.demo import with_answers

    tables = open_tables("demo")
    if not archive.imports():
        return tables
    with archive.open() as asked:
        return with_answers(tables, asked)


def diagnose_organisation(job: Job, progress: ProgressFunction) -> None:
    """Make a diagnosis and keep it, with where each customer stands beside it."""
    from verbond.diagnosis import diagnose, save_diagnosis
    from verbond.web.expressions.promising import promised_by
    from verbond.web.labelling import teaching
    from verbond.web.machines.customers import write_customers
    from verbond.web.steps.looking import learned_of

    organisation = job.organisation
    assert organisation is not None
    with open_data(organisation) as tables:
        if not tables.simulated:
            tables.name = organisation.name
        rater = teaching.rater_of(organisation, thorough=False)
        diagnosis = diagnose(
            tables, promise=promised_by(organisation), rater=rater, learned=learned_of(organisation),
            progress=progress,
        )  # fmt: skip
        run = uuid.uuid4()
        file = _file(organisation.pk, run)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_customers(diagnosis, tables, run, organisation.pk)
    save_diagnosis(diagnosis, file)
    Run.objects.create(
        id=run,
        organisation=organisation,
        created_by=job.created_by,
        fingerprint=diagnosis.provenance.fingerprint,
        version=diagnosis.provenance.version,
    )


def diagnosis_of(run: Run) -> Diagnosis:
    """The diagnosis of a run."""
    return _loaded(_file(run.organisation_id, run.pk))


@lru_cache(maxsize=8)
def _loaded(file: Path) -> Diagnosis:
    from verbond.diagnosis import load_diagnosis

    return load_diagnosis(file)


def _file(organisation_id: int, run: uuid.UUID) -> Path:
    return settings.INSTALLATION.data_folder(organisation_id) / "results" / f"{run}.diagnosis"
