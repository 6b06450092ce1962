"""Files that were brought: what is asked of them and what is done with them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from verbond.web.store.models import Import, Job, Organisation, User

__all__ = ["awaiting", "earlier_with", "jobs_of", "make_import", "newest"]

MOST = 100
_KINDS = ("import", "undo")
_OPEN = (Job.State.WAITING, Job.State.RUNNING)


def newest(organisation: Organisation, most: int = MOST) -> list[Import]:
    """Imports, newest first."""
    return list(Import.objects.filter(organisation=organisation).select_related("created_by")[:most])


def jobs_of(organisation: Organisation) -> dict[str, Job]:
    """Jobs that wait for or work on an import, by its id."""
    jobs = Job.objects.filter(organisation=organisation, kind__in=_KINDS, state__in=_OPEN)
    return {job.subject: job for job in jobs}


def awaiting(organisation: Organisation) -> QuerySet[Import]:
    """Imports that wait for a person, the first that was brought first."""
    busy = Job.objects.filter(organisation=organisation, kind="import", state__in=_OPEN)
    return (
        Import.objects.filter(organisation=organisation, state=Import.State.UPLOADED)
        .exclude(id__in=[job.subject for job in busy])
        .order_by("created_at")
    )


def earlier_with(organisation: Organisation, sha256: str) -> Import | None:
    """The import of the same file, unless it was undone."""
    same = Import.objects.filter(organisation=organisation, sha256=sha256)
    return same.exclude(state=Import.State.UNDONE).first()


def make_import(
    organisation: Organisation,
    import_id: uuid.UUID,
    *,
    file_name: str,
    sha256: str,
    n_bytes: int,
    facts: Mapping[str, Any],
    by: User | None,
) -> Import:
    """Write down that a file was brought."""
    return Import.objects.create(
        id=import_id,
        organisation=organisation,
        file_name=file_name,
        sha256=sha256,
        n_bytes=n_bytes,
        product=facts["product_name"] or facts["product"],
        recognition=dict(facts),
        created_by=by,
    )
