"""The API: a token opens one organisation and what its scopes say; rows come in; customers come out."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import threading
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import get_args

import numpy as np
import polars as pl
import pytest
import schemathesis
from django.conf import settings
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from schemathesis.specs.openapi.checks import ignored_auth

from verbond.errors import OptionError
from verbond.tables import write_columns
from verbond.tables.schema import EVENT_KINDS
from verbond.web.machines import webhooks
from verbond.web.machines.api import SCOPES, Event, api
from verbond.web.store import machines, people
from verbond.web.store.models import ApiToken, AuditEntry, Delivery, Import, Membership, Role, Webhook

EVENT = {"customer_id": "k1", "occurred_at": "2026-03-01T10:00:00Z", "kind": "purchase", "amount": 12.5}


class Machine:
    """A machine with a token."""

    def __init__(self, token: str | None) -> None:
        self.client = Client(headers={} if token is None else {"Authorization": f"Bearer {token}"})

    def get(self, path: str, **query: object):
        return self.client.get(f"/api/v1{path}", query)

    def post(self, path: str, body: object):
        return self.client.post(f"/api/v1{path}", json.dumps(body), content_type="application/json")


@pytest.fixture
def machine(cast):
    def make(*scopes: str, organisation=None) -> Machine:
        token = machines.make_token(organisation or cast.acme, "till", scopes or SCOPES, cast.people["alice"])
        return Machine(token)

    return make


@pytest.fixture
def customers(cast, made_run):
    """A diagnosis of Acme with three customers, one of them named like a formula."""
    run = made_run()
    folder = settings.INSTALLATION.data_folder(cast.acme.pk) / "results"
    columns = {
        "customer_id": np.array(["=1+1", "b", "c"], object),
        "p0": np.array([0.7, 0.2, 0.1]),
        "change": np.array([-0.2, np.nan, 0.3]),
        "moved": np.array(["down", "", "up"], object),
    }
    write_columns(folder / f"{run.id}.customers.parquet", columns)
    return run


def test_the_token_is_kept_as_a_hash_and_shown_once(cast) -> None:
    alice = cast.client("alice")
    page = alice.post("/o/acme/tokens/", {"name": "Till", "scopes": ["read"]}).content.decode()
    token = page.split('id="made" readonly value="')[1].split('"')[0]
    assert token.startswith("verbond_")
    kept = ApiToken.objects.get()
    assert token.removeprefix("verbond_") not in json.dumps([kept.token_hash, kept.name, kept.scopes])
    assert token not in alice.get("/o/acme/machines/").content.decode()
    assert Machine(token).get("/diagnoses/latest").status_code == 404
    alice.post(f"/o/acme/tokens/{kept.pk}/revocation/")
    assert Machine(token).get("/diagnoses/latest").status_code == 401


@pytest.mark.parametrize("token", [None, "", "verbond_", "verbond_x", "x" * 10_000])
def test_without_a_token_nothing_opens(token: str | None, cast, made_run) -> None:
    made_run()
    machine = Machine(token)
    for path in ("/diagnoses/latest", "/customers", f"/imports/{uuid.uuid4()}"):
        assert machine.get(path).status_code == 401
    assert machine.post("/events", {"rows": [EVENT]}).status_code == 401


def test_a_token_for_another_purpose_opens_nothing(cast, made_run) -> None:
    """The same random text, hashed for an invitation or a shared page, is no API token."""
    made_run()
    from verbond.web.people import tokens

    text, digest = tokens.made("invitation")
    ApiToken.objects.create(organisation=cast.acme, name="x", token_hash=digest, scopes=list(SCOPES))
    assert Machine("verbond_" + text).get("/diagnoses/latest").status_code == 401


@pytest.mark.parametrize("how", ["removed", "lowered"])
def test_who_owns_no_longer_leaves_no_token_behind(how: str, cast, made_run) -> None:
    made_run()
    ann = cast.people["ann"]
    membership = Membership.objects.get(user=ann)
    people.change_role(membership, Role.OWNER)
    machine = Machine(machines.make_token(cast.acme, "till", SCOPES, ann))
    assert machine.get("/diagnoses/latest").status_code == 200
    membership.refresh_from_db()
    people.remove(membership) if how == "removed" else people.change_role(membership, Role.MEMBER)
    assert machine.get("/diagnoses/latest").status_code == 401


NEEDED = {
    "/canvases": "read",
    "/diagnoses/latest": "read",
    "/diagnoses/latest/tables/ladder": "read",
    "/customers": "customers",
    "/customers.csv": "customers",
    "/customers.parquet": "customers",
}


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_opens_what_it_names(scope: str, machine, customers) -> None:
    one = machine(scope)
    for path, needed in NEEDED.items():
        assert one.get(path).status_code == (200 if needed == scope else 403), path
    for path in ("/events", "/responses"):
        wrong = {"rows": []}
        assert one.post(path, wrong).status_code == 422


def test_a_token_of_one_organisation_does_not_see_another(machine, customers, cast) -> None:
    globex = machine(organisation=cast.globex)
    assert globex.get("/customers").status_code == 404
    assert globex.get("/diagnoses/latest").status_code == 404
    made = machine().post("/events", {"rows": [EVENT] * 6}).json()
    assert machine().get(f"/imports/{made['id']}").status_code == 200
    assert globex.get(f"/imports/{made['id']}").status_code == 404


def test_what_came_out_of_a_canvas_and_no_more(machine, cast) -> None:
    from tests.web import nameless_world as world

    from verbond.web.workshop.closing import keep_edition

    canvas = world.write(cast.acme, cast.people["alice"])
    one, path = machine("read"), f"/canvases/{canvas.pk}/editions"
    assert one.get("/canvases").json()[0]["last_edition"] is None
    assert one.get(f"{path}/1").status_code == 404
    keep_edition(canvas, None)
    assert one.get("/canvases").json()[0]["last_edition"] == 1
    said = one.get(f"{path}/1")
    assert {note["text"] for note in said.json()["outcome"]["notes"]} == {world.TEXT, "By Bo"}
    for secret in (world.CODE, world.DEPARTMENT, "Anneke", canvas.address):
        assert secret not in said.content.decode() + one.get("/canvases").content.decode()
    globex = machine(organisation=cast.globex)
    assert globex.get("/canvases").json() == []
    assert globex.get(f"{path}/1").status_code == 404
    assert machine("customers").get(f"{path}/1").status_code == 403


def test_events_come_in_once(machine, cast, django_capture_on_commit_callbacks) -> None:
    rows = [{**EVENT, "customer_id": f"k{n}", "order_id": f"e{n}"} for n in range(8)]
    one = machine()
    with django_capture_on_commit_callbacks(execute=True):
        first = one.post("/events", {"rows": rows})
    again = one.post("/events", {"rows": rows})
    assert first.status_code == again.status_code == 202
    assert first.json()["id"] == again.json()["id"]
    found = Import.objects.get()
    assert found.state == Import.State.DONE, found.outcome
    assert found.outcome["kept"]["events"] == 8, found.outcome
    assert one.get(f"/imports/{found.id}").json()["kept"]["events"] == 8


@pytest.mark.parametrize(
    "wrong",
    [
        {"customer_id": ""},
        {"customer_id": "x" * 201},
        {"occurred_at": "yesterday"},
        {"amount": "NaN"},
        {"amount": "a lot"},
        {"unknown": 1},
        {"currency": "euro"},
    ],
)
def test_a_wrong_row_is_refused_at_its_place(wrong: dict, machine) -> None:
    answer = machine().post("/events", {"rows": [EVENT, {**EVENT, **wrong}]})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][-2:] == [1, next(iter(wrong))]
    assert not Import.objects.exists()


def test_kinds_of_events_are_those_of_the_tables() -> None:
    assert get_args(Event.model_fields["kind"].annotation) == EVENT_KINDS


def test_too_many_rows_and_too_large_a_body_are_refused(machine) -> None:
    one = machine()
    assert one.post("/events", {"rows": [EVENT] * 5001}).status_code == 422
    assert one.post("/events", {"rows": [{**EVENT, "kind": "x" * 3_000_000}]}).status_code in (400, 413)
    assert not Import.objects.exists()


def test_customers_come_page_by_page_and_who_asked_is_noted(machine, customers) -> None:
    one = machine()
    first = one.get("/customers", limit=2).json()
    assert [row["customer_id"] for row in first["rows"]] == ["=1+1", "b"]
    assert first["rows"][1]["change"] is None
    last = one.get("/customers", limit=2, offset=first["next_offset"]).json()
    assert [row["customer_id"] for row in last["rows"]] == ["c"]
    assert last["next_offset"] is None
    noted = AuditEntry.objects.filter(verb="api_customers")
    assert [entry.who for entry in noted] == ["API: till"] * 2


def test_the_file_for_the_crm_is_safe_in_a_spreadsheet(machine, customers, cast) -> None:
    by_token = b"".join(machine().get("/customers.csv").streaming_content)
    by_person = b"".join(cast.client("ann").get("/o/acme/machines/customers.csv").streaming_content)
    assert by_token == by_person
    rows = list(csv.DictReader(io.StringIO(by_token.decode("utf-8-sig"))))
    assert [row["customer_id"] for row in rows] == ["'=1+1", "b", "c"]
    assert rows[0]["change"] == "-0.2", "a number stays a number"
    assert cast.client("fay").get("/o/acme/machines/customers.csv").status_code == 404


def test_the_same_file_as_parquet(machine, customers, cast) -> None:
    by_token = machine().get("/customers.parquet").content
    assert by_token == cast.client("ann").get("/o/acme/machines/customers.parquet").content
    found = pl.read_parquet(io.BytesIO(by_token))
    assert found["customer_id"].to_list() == ["=1+1", "b", "c"]
    assert found["p0"].to_list() == [0.7, 0.2, 0.1]
    assert cast.client("fay").get("/o/acme/machines/customers.parquet").status_code == 404


def test_groups_under_five_are_in_no_table(machine, made_run, cast) -> None:
    """The made-up diagnosis has a segment of three people among larger ones."""
    made_run()
    one = machine()
    tables = one.get("/diagnoses/latest").json()["tables"]
    for name in tables:
        for row in one.get(f"/diagnoses/latest/tables/{name}").json()["rows"]:
            for column, value in row.items():
                if column.startswith("n_") and column in ("n_customers", "n_obs", "n_respondents"):
                    assert value is None or value == 0 or value >= 5, (name, row)


def test_every_operation_is_described_and_asks_for_a_token() -> None:
    described = api.get_openapi_schema()
    assert described["components"]["securitySchemes"]
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert operation["security"], path
            assert operation["summary"], path
            assert operation["description"], path


@pytest.fixture
def one_connection():
    """A server's requests stay in the transaction of the test, as those of Django's own client do."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def test_whatever_is_sent_the_api_answers_as_described(cast, customers, settings, one_connection) -> None:
    from django.core.wsgi import get_wsgi_application

    settings.ALLOWED_HOSTS = ["*"]
    token = f"Bearer {machines.make_token(cast.acme, 'any', SCOPES, cast.people['alice'])}"
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    schema.config.update(headers={"Authorization": token, "Accept-Encoding": "identity"})

    for operation in schema.get_all_operations():
        _try(operation.ok())


def _try(operation) -> None:
    from hypothesis import HealthCheck, Phase, given
    from hypothesis import settings as options

    @options(
        max_examples=8, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def hold(case) -> None:
        answer = case.call()
        assert answer.status_code < 500, (operation.label, case.body, answer.text[:500])
        case.validate_response(answer, excluded_checks=[ignored_auth])

    hold()


# webhooks


class Receiver(BaseHTTPRequestHandler):
    """Hears messages; answers with the status that its server was given."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver(settings):
    settings.WEBHOOKS_INSIDE = True
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    server.heard, server.status = [], 200
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def delivery(cast, receiver) -> Delivery:
    url = f"http://127.0.0.1:{receiver.server_port}/hook"
    hook = machines.make_webhook(cast.acme, url, ["diagnosis_done"])
    body = {"event": "diagnosis_done", "organisation": "acme", "job": "x", "subject": ""}
    return Delivery.objects.create(webhook=hook, event="diagnosis_done", body=body)


def test_a_message_is_signed_with_the_secret(cast, receiver) -> None:
    one = delivery(cast, receiver)
    webhooks.deliver.func(str(one.id))
    headers, body = receiver.heard[0]
    seconds, given = (part.split("=")[1] for part in headers["Verbond-Signature"].split(","))
    expected = hmac.new(one.webhook.secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    assert given == expected.hexdigest()
    assert json.loads(body)["organisation"] == "acme"
    one.refresh_from_db()
    assert one.delivered_at is not None
    webhooks.deliver.func(str(one.id))
    assert len(receiver.heard) == 1, "what was heard is not sent again"


def test_what_is_not_heard_is_sent_again_and_given_up_in_the_end(cast, receiver, monkeypatch) -> None:
    one, receiver.status = delivery(cast, receiver), 500
    again = []

    class Later:
        def __init__(self, run_after) -> None:
            self.run_after = run_after

        def enqueue(self, delivery_id: str) -> None:
            again.append(self.run_after)

    task = webhooks.deliver
    stand_in = type("Task", (), {"using": staticmethod(lambda run_after: Later(run_after))})
    monkeypatch.setattr(webhooks, "deliver", stand_in)
    for _ in range(len(webhooks.WAIT_MINUTES) + 1):
        task.func(str(one.id))
    assert len(receiver.heard) == len(webhooks.WAIT_MINUTES) + 1
    assert len(again) == len(webhooks.WAIT_MINUTES)
    assert again == sorted(again)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://0.0.0.0/",
        "ftp://example.org/",
        "https:///x",
        "https://no-such-name.invalid/",
    ],
)
def test_no_webhook_leads_into_the_network_of_the_machine(url: str, cast) -> None:
    with pytest.raises(OptionError):
        webhooks.check_address(url)
    answer = cast.client("alice").post("/o/acme/webhooks/", {"url": url, "events": ["import_done"]})
    assert answer.status_code == 422
    assert not Webhook.objects.exists()


def test_the_end_of_a_job_is_told_to_who_asked_for_it(
    cast, receiver, django_capture_on_commit_callbacks
) -> None:
    from verbond.web.store.models import Job

    delivery(cast, receiver).delete()
    for state, organisation in (("done", cast.acme), ("failed", cast.acme), ("done", cast.globex)):
        job = Job(kind="diagnosis", organisation=organisation, state=state)
        with django_capture_on_commit_callbacks(execute=True):
            webhooks.tell_of_job(job)
    assert [json.loads(body)["event"] for _, body in receiver.heard] == ["diagnosis_done"]
