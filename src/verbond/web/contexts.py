"""What every page of an organisation needs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from verbond.web.pages import PAGES
from verbond.web.store import reads
from verbond.web.store.models import Job

__all__ = ["frame"]


def frame(request: HttpRequest, here: str) -> dict[str, Any]:
    """Organisation, menu, and the job that is on.

    Parameters
    ----------
    request : HttpRequest
        With `organisation`, as `access.for_role` gives it.
    here : str
        The page that is shown.
    """
    return {
        "organisation": request.organisation,
        "organisations": getattr(request, "organisations", []),
        "menu": tuple(PAGES),
        "here": here,
        "job": reads.running_job(request.organisation, "diagnosis"),
        "failed": _failed(reads.newest_job(request.organisation, "diagnosis")),
    }


def _failed(job: Job | None) -> Job | None:
    return job if job is not None and job.state == Job.State.FAILED else None
