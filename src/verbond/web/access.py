"""Who may see what. Every view says so with one of these; a test holds every route to it.

What one may not see is not there: 404, never 403, so that nobody learns what another organisation has.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from verbond.web.people import sessions
from verbond.web.store.models import Membership, Role

__all__ = ["admin", "confirmed", "for_role", "may", "public", "signed_in"]

View = Callable[..., HttpResponse]


def public(view: View) -> View:
    """For everybody; the view itself checks the token, if there is one."""
    view.access = "public"  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """For whoever is signed in."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return _to_session(request)
        return view(request, *args, **kwargs)

    checked.access = "signed in"  # type: ignore[attr-defined]
    return checked


def confirmed(view: View) -> View:
    """Inside `signed_in`: for who has just shown again who she is; a guest has nothing here."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_guest:
            raise Http404
        if not sessions.is_confirmed(request):
            back = request.path if request.method == "GET" else "/profile/"
            return redirect("/profile/confirmation/?" + urlencode({"next": back}))
        return view(request, *args, **kwargs)

    return checked


def admin(view: View) -> View:
    """For who keeps the installation."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return _to_session(request)
        if not request.user.is_admin:
            raise Http404
        return view(request, *args, **kwargs)

    checked.access = "admin"  # type: ignore[attr-defined]
    return checked


def for_role(role: Role) -> Callable[[View], View]:
    """For members of the organisation in the address, from this role on.

    The view gets the request with `organisation`, `role` and `organisations` (all of hers), and no slug.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, organisation: str, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return _to_session(request)
            held = list(
                Membership.objects.select_related("organisation")
                .filter(user=request.user)
                .order_by("organisation__name")
            )
            found = next((one for one in held if one.organisation.slug == organisation), None)
            if found is None or Role(found.role).rank < role.rank:
                raise Http404
            request.organisation, request.role = found.organisation, Role(found.role)
            request.organisations = [one.organisation for one in held]
            return view(request, *args, **kwargs)

        checked.access = role  # type: ignore[attr-defined]
        return checked

    return decorate


def may(request: HttpRequest, role: str) -> bool:
    """Whether who asks has at least this role; for templates, that show no door that stays shut."""
    held = getattr(request, "role", None)
    return held is not None and held.rank >= Role(role).rank


def _to_session(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = "/session/"
        return answer
    return redirect("/session/?" + urlencode({"next": _page_of(request)}))


def _page_of(request: HttpRequest) -> str:
    """The page to come back to: of what was sent, the one on which its form stands."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    stood = urlsplit(request.headers.get("Referer", ""))
    here = stood.netloc == request.get_host() and stood.path.startswith("/")
    return stood._replace(scheme="", netloc="", fragment="").geturl() if here else "/"
