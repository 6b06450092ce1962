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
    newest = reads.newest_job(request.organisation, "diagnosis")  # they are done in turn
    return {
        "organisation": request.organisation,
        "organisations": getattr(request, "organisations", []),
        "menu": tuple(PAGES),
        "here": here,
        "job": newest if newest is not None and not newest.is_over else None,
        "failed": newest if newest is not None and newest.state == Job.State.FAILED else None,
    }
