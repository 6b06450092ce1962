"""Addresses that come with a request, and what may be done with them."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

__all__ = ["back_of"]

LONGEST = 2000


def back_of(request: HttpRequest, default: str = "/") -> str:
    """Where `next` leads, if that is a page of ours; else `default`.

    Nobody is sent elsewhere: a path, and no `//host`, no scheme, no backslash.
    """
    back = request.POST.get("next") or request.GET.get("next", default)
    ours = back.startswith("/") and len(back) <= LONGEST
    return back if ours and url_has_allowed_host_and_scheme(back, allowed_hosts=None) else default
