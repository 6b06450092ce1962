"""Every part of the application in every state, to look at and for tests."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from verbond.web.access import signed_in

__all__ = ["portfolio"]


@signed_in
def portfolio(request: HttpRequest) -> HttpResponse:
    """The portfolio."""
    from verbond.web.specimens import specimens

    return render(request, "portfolio/portfolio.html", specimens())
