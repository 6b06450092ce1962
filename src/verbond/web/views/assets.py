"""Styles, scripts and the little picture in the tab."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse

from verbond.plots import draw_mark
from verbond.web.access import public
from verbond.web.assets import asset

__all__ = ["favicon", "one"]


@public
def one(request: HttpRequest, digest: str, name: str) -> HttpResponse:
    """A file for the browser, to be kept for ever: its address changes with its content."""
    found = asset(name)
    if found is None or found.digest != digest:
        raise Http404
    packs = "gzip" in request.headers.get("Accept-Encoding", "")
    answer = HttpResponse(found.packed if packs else found.content, content_type=found.content_type)
    if packs:
        answer["Content-Encoding"] = "gzip"
    answer["Vary"] = "Accept-Encoding"
    answer["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


@public
def favicon(request: HttpRequest) -> HttpResponse:
    """The mark."""
    answer = HttpResponse(draw_mark(32), content_type="image/svg+xml")
    answer["Cache-Control"] = "public, max-age=86400"
    return answer
