"""Every route says who may see it, and holds to it; what another organisation has is not there."""

from __future__ import annotations

import uuid

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from verbond.web.store.models import Role

WHO = ("public", "signed in", "admin", "token", *Role)
ROLES = {
    "alice": Role.OWNER,
    "ann": Role.ANALYST,
    "fay": Role.FACILITATOR,
    "bob": Role.MEMBER,
    "gus": Role.GUEST,
}
NO_DOOR = (302, 404)
"""To the sign-in page, or nothing there."""
_FILL = {"uuid": uuid.UUID(int=7), "slug": "ladder", "str": "x", "int": 7}


def routes(patterns=None, prefix: str = "") -> list[tuple[str, URLPattern]]:
    found = []
    for one in patterns if patterns is not None else get_resolver().url_patterns:
        if isinstance(one, URLResolver):
            found += routes(one.url_patterns, prefix + str(one.pattern))
        else:
            found.append((prefix + str(one.pattern), one))
    return found


ROUTES = routes()


def address(route: str, organisation: str) -> str:
    """A path for a route, its parts made up."""
    for name, kind in (("uuid", "uuid"), ("slug", "slug"), ("str", "str"), ("int", "int")):
        while f"<{kind}:" in route:
            start = route.index(f"<{kind}:")
            end = route.index(">", start)
            part = route[start + len(kind) + 2 : end]
            filled = organisation if part == "organisation" else str(_FILL[name])
            route = route[:start] + filled + route[end + 1 :]
    return "/" + route


OF_ORGANISATIONS = [(route, one) for route, one in ROUTES if "<slug:organisation>" in route]


@pytest.mark.parametrize(("route", "one"), ROUTES, ids=[route or "/" for route, _ in ROUTES])
def test_every_route_says_who_may_see_it(route: str, one: URLPattern) -> None:
    access = getattr(one.callback, "access", None)
    assert access in WHO, f"{route} has no decorator of verbond.web.access"
    if "<slug:organisation>" in route:
        assert access in list(Role), f"{route} belongs to an organisation and does not ask for a role"


@pytest.mark.parametrize(("route", "one"), OF_ORGANISATIONS, ids=[route for route, _ in OF_ORGANISATIONS])
@pytest.mark.parametrize("method", ["get", "post"])
def test_another_organisation_is_not_there(route: str, one: URLPattern, method: str, cast) -> None:
    """Charlie owns Globex and asks for Acme; nobody is signed in; Dora keeps the installation only."""
    path = address(route, "acme")
    for name in ("charlie", "dora"):
        assert getattr(cast.client(name), method)(path).status_code == 404, name
    answer = getattr(cast.client(None), method)(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/session/")


@pytest.mark.parametrize(("route", "one"), OF_ORGANISATIONS, ids=[route for route, _ in OF_ORGANISATIONS])
def test_too_low_a_role_finds_nothing(route: str, one: URLPattern, cast) -> None:
    path, needed = address(route, "acme"), one.callback.access
    for name, role in ROLES.items():
        if role.rank < needed.rank:
            assert cast.client(name).get(path).status_code == 404, name
            assert cast.client(name).post(path).status_code == 404, name


def test_the_menu_shows_no_door_that_stays_shut(cast, made_run) -> None:
    made_run()
    shown = cast.client("gus").get(reverse("today", kwargs={"organisation": "acme"})).content.decode()
    assert "/o/acme/ladder/" in shown
    assert "/o/acme/data/" not in shown
