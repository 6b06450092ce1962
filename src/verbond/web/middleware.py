"""What every answer passes: security headers, the reader's language, our errors in words."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from verbond.errors import VerbondError
from verbond.results.wording import LANGUAGES
from verbond.web.people.limits import TooOften

__all__ = ["LANGUAGE_COOKIE", "POLICY", "headers", "language", "refusals"]

Answer = Callable[[HttpRequest], HttpResponse]

LANGUAGE_COOKIE = "language"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "manifest-src 'self'",
        "worker-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
"""No inline style or script, nothing from elsewhere."""


def headers(answer: Answer) -> Answer:
    """Security headers, and no page in any shared cache."""

    def with_headers(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        response.headers.setdefault("Cache-Control", "no-store")
        if not getattr(response, "xframe_options_exempt", False):
            response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        return response

    return with_headers


def language(answer: Answer) -> Answer:
    """The user's own language, else the one chosen before signing in, else the browser's."""

    def in_language(request: HttpRequest) -> HttpResponse:
        chosen = getattr(request.user, "language", None) or request.COOKIES.get(LANGUAGE_COOKIE)
        if chosen not in LANGUAGES:
            chosen = translation.get_language_from_request(request)[:2]
        request.language = chosen if chosen in LANGUAGES else settings.LANGUAGE_CODE
        with translation.override(request.language):
            response = answer(request)
        response.headers["Content-Language"] = request.language
        return response

    return in_language


class refusals:
    """An error that Verbond made on purpose becomes a page that says it."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.answer(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        from verbond.web.views.refusals import refused, too_often

        if isinstance(error, TooOften):
            return too_often(request, error)
        if not isinstance(error, VerbondError):
            return None

        return refused(request, error)
