"""Every route says who may see it, and holds to it; what another organisation has is not there."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from verbond.listen import own_questionnaire
from verbond.web.store.models import (
    ApiToken,
    Canvas,
    Community,
    CommunityMember,
    CompanyPromise,
    Experiment,
    ExpressionAudit,
    Idea,
    Import,
    Invitation,
    Job,
    Membership,
    Organisation,
    ReportSchedule,
    Role,
    ShareLink,
    Source,
    Survey,
    Undertaking,
    Webhook,
)

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
def test_another_organisation_is_not_there(route: str, one: URLPattern, cast) -> None:
    """Charlie owns Globex and asks for Acme; nobody is signed in; Dora keeps the installation only."""
    path = address(route, "acme")
    for name in ("charlie", "dora"):
        client = cast.client(name)
        assert client.get(path).status_code == 404, name
        assert client.post(path).status_code == 404, name
    for answer in (cast.client(None).get(path), cast.client(None).post(path)):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/session/")


@pytest.mark.parametrize(("route", "one"), OF_ORGANISATIONS, ids=[route for route, _ in OF_ORGANISATIONS])
def test_too_low_a_role_finds_nothing(route: str, one: URLPattern, cast) -> None:
    path, needed = address(route, "acme"), one.callback.access
    for name, role in ROLES.items():
        if role.rank < needed.rank:
            client = cast.client(name)
            assert client.get(path).status_code == 404, name
            assert client.post(path).status_code == 404, name


def test_the_menu_shows_no_door_that_stays_shut(cast, made_run) -> None:
    made_run()
    shown = cast.client("gus").get(reverse("today", kwargs={"organisation": "acme"})).content.decode()
    assert "/o/acme/ladder/" in shown
    assert "/o/acme/data/" not in shown


# Rows that are there, asked for through another organisation


def _import(of: Organisation) -> Model:
    return Import.objects.create(organisation=of, file_name="a.csv", sha256="0" * 64, n_bytes=1)


def _job(of: Organisation) -> Model:
    return Job.objects.create(organisation=of, kind="diagnosis", state=Job.State.RUNNING)


def _source(of: Organisation) -> Model:
    return Source.objects.create(organisation=of, kind="folder", name="a", address="/nowhere")


def _survey(of: Organisation) -> Model:
    questions = own_questionnaire().to_json()
    return Survey.objects.create(organisation=of, name="a", company="A", wave="1", questionnaire=questions)


def _invitation(of: Organisation) -> Model:
    return Invitation.objects.create(
        organisation=of, email="a@b.nl", role="member", token_hash="i", expires_at=timezone.now()
    )


def _promise(of: Organisation) -> CompanyPromise:
    return CompanyPromise.objects.create(organisation=of, number=1, text="a", language="en")


def _community(of: Organisation) -> Community:
    return Community.objects.create(organisation=of, name="a", company="A")


def _member(of: Organisation) -> CommunityMember:
    return CommunityMember.objects.create(community=_community(of), number=1, token_hash="m")


def _idea(of: Organisation) -> Model:
    one = _member(of)
    return Idea.objects.create(community=one.community, member=one, text="a")


REAL: dict[str, Callable[[Organisation], Model]] = {
    "data/<uuid:id>/": _import,
    "data/sources/<int:id>/": _source,
    "people/<int:id>/": lambda of: Membership.objects.get(organisation=of, user__name="Bob"),
    "invitations/<int:id>/": _invitation,
    "shares/<int:id>/": lambda of: ShareLink.objects.create(organisation=of, token_hash="s", page="today"),
    "tokens/<int:id>/": lambda of: ApiToken.objects.create(organisation=of, token_hash="t", name="a"),
    "webhooks/<int:id>/": lambda of: Webhook.objects.create(organisation=of, url="https://a.b", secret="s"),
    "jobs/<uuid:id>/": _job,
    "surveys/<uuid:id>/": _survey,
    "experiments/<uuid:id>/": lambda of: Experiment.objects.create(organisation=of, name="a"),
    "canvases/<uuid:id>/": lambda of: Canvas.objects.create(organisation=of, name="a", company="A"),
    "community/ideas/": _idea,
    "community/members/": _member,
    "steps/<uuid:id>/": lambda of: Undertaking.objects.create(
        organisation=of,
        play="ten_calls_a_week",
        rung=3,
        starts_on=timezone.localdate(),
        looks_on=timezone.localdate(),
    ),
    "reports/schedules/": lambda of: ReportSchedule.objects.create(organisation=of, next_at=timezone.now()),
    "expressions/promise/canvases/": lambda of: Canvas.objects.create(organisation=of, name="a", company="A"),
    "expressions/promise/versions/": lambda of: _promise(of),
    "expressions/audits/<uuid:id>/": lambda of: ExpressionAudit.objects.create(
        organisation=of, name="a", promise=_promise(of)
    ),
}
"""How a row is made that a route names by number; a new kind of route has to be told here."""
OF_ROWS = [(route, one) for route, one in OF_ORGANISATIONS if re.search(r"<(int|uuid):", route)]


def _state(row: Model) -> dict[str, object]:
    return type(row).objects.filter(pk=row.pk).values().get()


@pytest.mark.parametrize(("route", "one"), OF_ROWS, ids=[route for route, _ in OF_ROWS])
@pytest.mark.parametrize("htmx", [False, True])
def test_a_row_of_acme_is_not_there_through_globex(route: str, one: URLPattern, htmx: bool, cast) -> None:
    """Charlie may do everything in Globex, and knows the number."""
    rest = route.removeprefix("o/<slug:organisation>/")
    kind = next(kind for kind in REAL if rest.startswith(kind))
    row = REAL[kind](cast.acme)
    before = _state(row)
    path = "/o/globex/" + re.sub(r"<\w+:id>", str(row.pk), rest)
    client = cast.client("charlie")
    headers = {"HX-Request": "true"} if htmx else {}
    for method in ("get", "post", "put", "patch", "delete"):
        answer = getattr(client, method)(path, headers=headers)
        assert answer.status_code in (404, 405), method
    assert _state(row) == before


# Every method, by script and without


@pytest.mark.parametrize(("route", "one"), OF_ORGANISATIONS, ids=[route for route, _ in OF_ORGANISATIONS])
def test_a_script_finds_no_more_than_a_person(route: str, one: URLPattern, cast) -> None:
    path, headers = address(route, "acme"), {"HX-Request": "true", "HX-Target": "main"}
    methods = ("get", "post", "delete")
    for method in methods:
        answer = getattr(cast.client(None), method)(path, headers=headers)
        assert (answer.status_code, answer.content) == (204, b""), method
        assert answer.headers["HX-Redirect"] == "/session/"
    low = [name for name, role in ROLES.items() if role.rank < one.callback.access.rank]
    for name in ("charlie", *low):
        client = cast.client(name)
        for method in methods:
            assert getattr(client, method)(path, headers=headers).status_code == 404, (name, method)


OF_PEOPLE = [(route, one) for route, one in ROUTES if one.callback.access in ("signed in", "admin")]


@pytest.mark.parametrize(("route", "one"), OF_PEOPLE, ids=[route for route, _ in OF_PEOPLE])
def test_what_needs_a_person_or_the_keeper_asks_for_them(route: str, one: URLPattern, cast) -> None:
    path, methods = address(route, "acme"), ("get", "post", "put", "delete")
    for method in methods:
        answer = getattr(cast.client(None), method)(path)
        assert answer.status_code == 302, method
        assert answer.headers["Location"].startswith("/session/")
    if one.callback.access == "admin":
        for name in ROLES:
            client = cast.client(name)
            for method in methods:
                assert getattr(client, method)(path).status_code == 404, (name, method)


# Looking changes nothing, and what changes something comes from our own pages

NOTED = ("store_auditentry", "store_attempt", "django_session", "store_signin")
"""What is written when somebody looks: that she did, how often a link was tried, and her session."""
PAGES_TO_SEE = [(route, one) for route, one in ROUTES if one.callback.access != "token"]


@pytest.mark.parametrize(("route", "one"), PAGES_TO_SEE, ids=[route or "/" for route, _ in PAGES_TO_SEE])
@pytest.mark.parametrize("name", ["alice", None])
def test_to_look_changes_nothing(route: str, one: URLPattern, name: str | None, cast, made_run) -> None:
    if route.startswith("o/"):
        made_run()
    cast.people["alice"].is_admin = True
    cast.people["alice"].save()
    client = cast.client(name)
    rest = route.removeprefix("o/<slug:organisation>/")
    kind = next((kind for kind in REAL if rest.startswith(kind)), None)
    path = address(route, "acme")
    if kind is not None:
        path = "/o/acme/" + re.sub(r"<\w+:id>", str(REAL[kind](cast.acme).pk), rest)
    with CaptureQueriesContext(connection) as context:
        client.get(path)
    written = [query["sql"] for query in context if re.match(r"INSERT|UPDATE|DELETE", query["sql"])]
    assert not [sql for sql in written if not any(table in sql for table in NOTED)]


OF_SESSIONS = [(route, one) for route, one in PAGES_TO_SEE if not route.startswith(("q/", "m/"))]
"""Respondents and members of the community have no session: the token in the address is what others lack."""


@pytest.mark.parametrize(("route", "one"), OF_SESSIONS, ids=[route or "/" for route, _ in OF_SESSIONS])
def test_what_another_site_posts_is_refused(route: str, one: URLPattern, cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.people["alice"])
    assert client.post(address(route, "acme"), {"name": "x"}).status_code == 403
