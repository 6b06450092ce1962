"""Files that people bring: kept, recognised, read by a job, undone."""

from __future__ import annotations

from verbond.results import ProgressFunction
from verbond.web.store.models import Job

__all__ = ["import_file", "undo_import"]


def import_file(job: Job, progress: ProgressFunction) -> None:
    """Read a file into what the organisation keeps."""
    raise NotImplementedError


def undo_import(job: Job, progress: ProgressFunction) -> None:
    """Take out what an import brought."""
    raise NotImplementedError
