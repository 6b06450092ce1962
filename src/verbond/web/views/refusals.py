"""What one cannot have, said in words."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from verbond.errors import VerbondError
from verbond.results import Spoken, sentence
from verbond.web.people.limits import TooOften

__all__ = ["broken", "csrf", "missing", "refused", "too_often", "wrong"]


def _said(request: HttpRequest, code: str, status: int, why: str = "") -> HttpResponse:
    return render(request, "refusals/refusal.html", {"code": code, "why": why}, status=status)


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """There is no such page, or not for this reader."""
    return _said(request, "missing", 404)


def wrong(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The request makes no sense, or carries more text than a form may."""
    if isinstance(exception, RequestDataTooBig):
        return _said(request, "refused", 413, sentence("web.too_large", request.language))
    return _said(request, "wrong", 400)


def broken(request: HttpRequest) -> HttpResponse:
    """Something went wrong that should not have."""
    return _said(request, "broken", 500)


def csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form came from elsewhere, or is too old."""
    return _said(request, "stale", 403)


def refused(request: HttpRequest, error: VerbondError, **values: Any) -> HttpResponse:
    """An error that Verbond made on purpose."""
    return _said(request, "refused", 422, Spoken(error).say(request.language))


def too_often(request: HttpRequest, error: TooOften) -> HttpResponse:
    """An attempt too many, or one that could not be counted."""
    if error.seconds is None:
        return _said(request, "refused", 503, sentence("web_people.uncounted", request.language))
    minutes = -(-error.seconds // 60)
    why = sentence("web_people.too_often", request.language, n=minutes)
    answer = _said(request, "refused", 429, why)
    answer.headers["Retry-After"] = str(error.seconds)
    return answer
