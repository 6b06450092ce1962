"""The first page: to the wizard, to sign in, or to where the work is."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from verbond.web.access import public
from verbond.web.store import reads

__all__ = ["home"]


@public
def home(request: HttpRequest) -> HttpResponse:
    """Where one belongs."""
    if not request.user.is_authenticated:
        return redirect("welcome" if reads.is_fresh() else "session")
    organisations = list(reads.organisations_of(request.user))
    if len(organisations) == 1:
        return redirect("today", organisation=organisations[0].slug)
    return render(request, "home/organisations.html", {"organisations": organisations})
