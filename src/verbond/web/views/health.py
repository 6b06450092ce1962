"""Whether the application is well, for who watches it."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from verbond.web.access import public
from verbond.web.store.models import Job

__all__ = ["health"]

PATIENCE_SECONDS = 60


@public
def health(request: HttpRequest) -> HttpResponse:
    """200 where the database answers and jobs are picked up, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        oldest = Job.objects.filter(state=Job.State.WAITING).order_by("created_at").first()
        busy = Job.objects.filter(state=Job.State.RUNNING).exists()
    except Exception:
        return JsonResponse({"database": False, "worker": False}, status=503)
    waited = (timezone.now() - oldest.created_at).total_seconds() if oldest is not None else 0.0
    works = busy or waited < PATIENCE_SECONDS
    return JsonResponse({"database": True, "worker": works}, status=200 if works else 503)
