"""What one cannot have, said in words."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from verbond.errors import VerbondError

__all__ = ["broken", "csrf", "missing", "refused", "wrong"]


def _said(request: HttpRequest, code: str, status: int, why: str = "") -> HttpResponse:
    return render(request, "refusals/refusal.html", {"code": code, "why": why}, status=status)


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """There is no such page, or not for this reader."""
    return _said(request, "missing", 404)


def wrong(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The request makes no sense."""
    return _said(request, "wrong", 400)


def broken(request: HttpRequest) -> HttpResponse:
    """Something went wrong that should not have."""
    return _said(request, "broken", 500)


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form came from elsewhere, or is too old."""
    return _said(request, "stale", 403)


def refused(request: HttpRequest, error: VerbondError, **values: Any) -> HttpResponse:
    """An error that Verbond made on purpose."""
    return _said(request, "refused", 422, str(error))
