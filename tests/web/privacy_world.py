"""An organisation that holds somebody in every place that there is, and a search through all of it.

`python -m tests.web.privacy_world FOLDER` founds it in a folder, erases her through the pages, and prints as
JSON where she was found before and after: in bytes of files, in cells of Parquet, in rows.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

ID, EMAIL, NAME, PHONE = "K-10427", "anneke.devries@example.org", "Anneke de Vries", "06-20114477"
OTHER = "K-20001"
PAGE = "/o/acme/privacy/"
_OUTSIDE = "backups"


def table(*rows: dict[str, Any]) -> bytes:
    """Rows as a CSV file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


CUSTOMERS = table(
    {"customer_id": ID, "email": EMAIL, "name": NAME, "phone": PHONE, "region": "Gouda"},
    {"customer_id": OTHER, "email": "bo@example.org", "name": "Bo Smit", "phone": "", "region": "Delft"},
)
EVENTS = table(
    *(
        {"customer_id": who, "occurred_at": f"2025-{month:02d}-03", "kind": "purchase", "amount": 12}
        for who in (ID, OTHER)
        for month in range(1, 10)
    ),
    {"customer_id": ID, "occurred_at": "not a day", "kind": "purchase", "amount": 12},
    {"customer_id": OTHER, "occurred_at": f"call {EMAIL}", "kind": "purchase", "amount": 12},
)
MESSAGES = {
    "message_id": ["m1", "m2"],
    "occurred_at": ["2025-03-03", "2025-03-04"],
    "customer_id": [ID, OTHER],
    "text": ["Hello, it is me.", f"My neighbour {NAME} ({ID}) has the same; mail {EMAIL}."],
}
ASSIGNMENTS = {
    "customer_id": [ID, OTHER],
    "action_id": ["letter", "letter"],
    "occurred_at": ["2025-09-01", "2025-09-01"],
    "variant": ["warm", "cool"],
    "cluster": [f"{NAME}'s adviser", "Bo"],
}


def bring(client: Any, content: bytes, name: str, table: str = "") -> None:
    """Bring a file through the pages and, where its table is told, let it be read as proposed."""
    from django.core.files.uploadedfile import SimpleUploadedFile
    from tests.web.test_imports import sent

    from verbond.web.store.models import Import

    answer = client.post("/o/acme/data/uploads/", {"files": [SimpleUploadedFile(name, content)]})
    assert answer.status_code == 302, answer.content.decode()[:3000]
    if table:
        address = answer["Location"]
        page = client.get(f"{address}?table={table}").content.decode()
        assert 'id="mapping"' in page, page
        fields = sent(page) | {"table": table}
        said = client.post(f"{address}reading/", fields)
        assert said.status_code == 302, said.content.decode()
        one = Import.objects.get(pk=address.split("/")[-2])
        assert one.state == Import.State.DONE, (name, one.outcome)


def fill(client: Any, organisation: Any, *, imported: bool = False) -> list[str]:
    """Put her everywhere, customers and events too where they are not there yet; returns her pseudonyms."""
    import numpy as np
    from django.conf import settings
    from django.utils import timezone
    from django_tasks_db.models import DBTaskResult

    from verbond.listen import own_questionnaire
    from verbond.tables import Tables, write_columns
    from verbond.web.diagnosing import archive_of
    from verbond.web.listening import invitees, reaching
    from verbond.web.store import models as kept

    if not imported:
        bring(client, CUSTOMERS, f"customers {EMAIL}.csv", "customers")
        bring(client, EVENTS, "events.csv", "events")
    said = Tables.from_columns({"messages": MESSAGES, "assignments": ASSIGNMENTS})
    archive_of(organisation).add(
        said, import_id="messages", source_sha256="m", file_name=f"{NAME}.csv", product="csv"
    )
    bring(client, table({"Naam": NAME, "E-mail": EMAIL, "Wat": "?"}), "waits.csv")
    known = archive_of(organisation).person(ID)["pseudonyms"]
    known = sorted({*known, *archive_of(organisation).person(EMAIL)["pseudonyms"]})
    other = archive_of(organisation).person(OTHER)["pseudonyms"]
    run = kept.Run.objects.create(organisation=organisation, fingerprint="f", version="0")
    folder = settings.INSTALLATION.data_folder(organisation.pk) / "results"
    folder.mkdir(parents=True, exist_ok=True)
    ids = np.array([*known, *other], object)
    write_columns(
        folder / f"{run.pk}.customers.parquet", {"customer_id": ids, "rung_1": np.arange(len(ids)) / 10}
    )
    kept.Job.objects.create(organisation=organisation, kind="import", state="failed", why={"said": NAME})
    kept.AuditEntry.objects.create(
        organisation=organisation, who=f"API: {EMAIL}", verb="upload", subject=ID, detail={"file": [EMAIL]}
    )
    kept.RememberedMapping.objects.create(
        organisation=organisation, signature="s", mapping={"columns": {EMAIL: {"samples": [NAME, ID]}}}
    )
    kept.Import.objects.update(recognition={"samples": [NAME, {"cell": known[0]}]})
    kept.Source.objects.create(
        organisation=organisation, kind="folder", name="shop", address="shop", mapping={"seen": {EMAIL: 1}}
    )
    hook = kept.Webhook.objects.create(organisation=organisation, url="https://example.org/", secret="x")
    kept.Delivery.objects.create(webhook=hook, event="import_failed", body={"said": EMAIL}, said=NAME)
    kept.Invitation.objects.create(
        organisation=organisation, email=EMAIL, role="member", token_hash="h", expires_at=timezone.now()
    )
    asked = own_questionnaire("short", "customer").to_json()
    survey = kept.Survey.objects.create(
        organisation=organisation, company="Acme", questionnaire=asked, wave="w", state="open"
    )
    invitees.add(survey, [invitees.Candidate(EMAIL, NAME, customer=known[0], segments={"id": ID})])
    invitees.add(survey, [invitees.Candidate("bo@example.org")])
    her = survey.invitees.get(email=EMAIL)
    kept.Letter.objects.create(invitee=her, kind="invitation", state="failed", said=f"550 <{EMAIL}> unknown")
    reaching.mark_asked(organisation.pk, [EMAIL])
    listen(organisation, known[0])
    work(organisation)
    experiment(organisation)
    say(organisation)
    bring_ideas(organisation, known[0])
    DBTaskResult.objects.create(
        args_kwargs={}, task_path="x", run_after=timezone.now(), exception_class_path="", traceback=NAME,
        queue_name="default", backend_name="default",
    )  # fmt: skip
    kept.Organisation.objects.filter(pk=organisation.pk).update(settings={"note": [EMAIL]})
    return known


def listen(organisation: Any, pseudonym: str) -> None:
    """She answers two surveys, and others name her in three; all of it stands in the tables."""
    from tests.web.played import answer, survey

    from verbond.web.listening.flowing import flow_survey
    from verbond.web.store.models import Job

    her = {"email": EMAIL, "name": NAME, "customer": pseudonym, "segments": {"nr": ID}}
    for mode in ("identified", "confidential", "anonymous"):
        asked = survey(organisation, mode, people=[her, *({} for _ in range(10))], wave=mode)
        for who in asked.invitees.all():
            said = f"It is me, {NAME}, {ID}." if who.email == EMAIL else f"My neighbour {NAME} ({EMAIL}) too."
            answer(asked, who, why=said)
        asked.__class__.objects.filter(pk=asked.pk).update(state="closed")
        flow_survey(Job(kind="flow", organisation=organisation, subject=str(asked.pk)), lambda _: None)


def work(organisation: Any) -> None:
    """She takes part in a canvas by the link, and others name her there; one version is kept."""
    from verbond.canvas import Operation
    from verbond.web.store.models import User
    from verbond.web.workshop.closing import keep_edition
    from verbond.web.workshop.joining import join
    from verbond.web.workshop.making import make_canvas
    from verbond.web.workshop.rooms import room_of

    alice = User.objects.get(email="alice@example.org")
    canvas = make_canvas(organisation, alice, name=f"With {NAME}", company="Acme", departments=[f"Of {NAME}"])
    for name, text in ((NAME, f"I am {EMAIL}"), ("Bo", f"Ask {NAME} ({ID})")):
        who, _ = join(canvas, name, "", None)
        for n, kind, values in ((1, "note", {"text": text}), (2, "step", {"text": text, "who": NAME})):
            wish = Operation(f"{n}", who.code, "add", f"{who.code}-{n}", kind, values)
            assert room_of(canvas).take(who, [wish])[0].number
    leader = canvas.participants.get(user=alice)
    room_of(canvas).take(leader, [Operation("r", leader.code, "reveal", "identity", leads=True)])
    keep_edition(canvas, alice)


def experiment(organisation: Any) -> None:
    """A lot is drawn over customers, her among them, in an experiment whose texts name her."""
    from verbond.web.experiments.drawing import draw_experiment
    from verbond.web.experiments.settings import Settings
    from verbond.web.store.models import Experiment, Job

    settings = Settings(
        action=f"A call by {NAME}", lot="people", main="purchases", effect=1.0, starts_on="2025-10-01"
    )
    made = Experiment.objects.create(
        organisation=organisation,
        name=f"Call by {NAME}",
        state="registered",
        settings=settings.kept(),
        registration=f"# {NAME} calls {EMAIL}",
        lot={"seed": 1, "import": "00000000-0000-4000-8000-000000000001", "wanted": 2, "strata": ["bought"]},
    )
    draw_experiment(Job(kind="lot", organisation=organisation, subject=str(made.pk)), lambda _: None)
    assert Experiment.objects.get(pk=made.pk).lot["n"] == 2


def say(organisation: Any) -> None:
    """Masking missed her in checked messages, in a draft, in what somebody said of one and in the promise."""
    from verbond.web.store.models import CompanyPromise, ExpressionAudit, Label

    promise = CompanyPromise.objects.create(
        organisation=organisation, number=1, text=f"We call {NAME} back.", language="en",
        keeps=[f"Hi {EMAIL}"],
    )  # fmt: skip
    judged = {"text": ID, "side": "keeps", "similarity": 1.0}
    audit = ExpressionAudit.objects.create(
        organisation=organisation, name=f"Mails of {NAME}", promise=promise, state="done", n_messages=1,
        messages=[{"text": f"Dear {NAME}, mail {EMAIL}."}], outcome={"messages": [{"nearest": judged}]},
    )  # fmt: skip
    ExpressionAudit.objects.create(
        organisation=organisation, name="draft", promise=promise, state="draft",
        messages={"columns": [EMAIL], "rows": [[f"Dear {NAME}"]], "speaker": "customer"},
    )  # fmt: skip
    Label.objects.create(
        organisation=organisation, text_hash="h", text=f"Dear {NAME}.", why=f"{ID} asked", promise=promise,
        audit=audit, verdict="fits", kind="correction", detail={"said": EMAIL},
    )  # fmt: skip


def bring_ideas(organisation: Any, pseudonym: str) -> None:
    """She brings an idea that is answered, and somebody else names her in one; both are in the tables."""
    from verbond.web.community import flowing, ideas, members
    from verbond.web.listening.invitees import Candidate
    from verbond.web.store.models import Community, Job, User

    community = Community.objects.create(
        organisation=organisation, name=f"With {NAME}", company="Acme", contact=EMAIL, intro=f"Ask {NAME}"
    )
    asked = [Candidate(EMAIL, NAME, customer=pseudonym), Candidate("bo@example.org", "Bo")]
    assert members.add(community, asked) == 2
    alice = User.objects.get(email="alice@example.org")
    for one in community.members.select_related("community"):
        idea = ideas.bring(one, f"{NAME} ({ID}) says: open earlier. Mail {EMAIL}.", is_shown=True)
        ideas.answer(idea, f"Thank you, {NAME}.", "doing", by=alice)
    flowing.flow_ideas(
        Job(kind="ideas", organisation=organisation, subject=str(community.pk)), lambda _: None
    )
    assert Community.objects.get(pk=community.pk).flow["n"] == 1


def erase(client: Any, asked: str = EMAIL) -> Any:
    """Erase her as an owner does; the last answer."""
    looked = client.post(f"{PAGE}person/", {"person": asked})
    assert looked.status_code == 200
    return client.post(f"{PAGE}person/erasure/", {"person": asked, "typed": asked.upper()})


def keep(client: Any, capture: Any, **choices: object) -> str:
    """Look at what choices about months would do, then save them; the first page."""
    looked = client.post(f"{PAGE}choices/", {**choices, "go": "look"})
    with capture(execute=True):
        client.post(f"{PAGE}choices/", {**choices, "go": "keep"})
    return looked.content.decode()


def found_in_files(folder: Path, needles: list[str]) -> dict[str, list[str]]:
    """Needle -> files that hold it, outside backups: every byte, and every cell of Parquet."""
    from verbond.tables import read_columns

    hits: dict[str, list[str]] = {needle: [] for needle in needles}
    for file in sorted(p for p in folder.rglob("*") if p.is_file()):
        place = file.relative_to(folder)
        if place.parts[0] == _OUTSIDE:
            continue
        raw = file.read_bytes().lower()
        texts = [raw, place.as_posix().lower().encode()]
        if file.suffix == ".parquet":
            cells = (str(v) for values in read_columns(file).values() for v in values)
            texts.append("\n".join(cells).lower().encode())
        for needle, places in hits.items():
            if any(needle.lower().encode() in text for text in texts):
                places.append(place.as_posix())
    return hits


def found_in_rows(needles: list[str]) -> dict[str, list[str]]:
    """Needle -> tables of the database that hold it."""
    from django.apps import apps

    hits: dict[str, list[str]] = {needle: [] for needle in needles}
    for model in apps.get_models():
        text = json.dumps(list(model._base_manager.values()), default=str, ensure_ascii=False).lower()
        for needle, places in hits.items():
            if needle.lower() in text:
                places.append(model._meta.db_table)
    return hits


def main(folder: Path) -> dict[str, Any]:
    """Found an installation, fill it, erase her, and say where she was and is."""
    from verbond.web.installation import Installation
    from verbond.web.settings import configure

    configure(Installation.open(folder), hosts=("testserver",), testing=True)
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from verbond.web.store.acts import found_organisation
    from verbond.web.store.models import Job, User

    call_command("migrate", verbosity=0)
    alice = User.objects.create_user(
        "alice@example.org", "a ladder has five rungs", name="Alice", is_admin=True
    )
    acme = found_organisation("Acme", alice)
    client = Client()
    client.force_login(alice)
    pseudonyms = fill(client, acme)
    client.post("/profile/confirmation/", {"password": "a ladder has five rungs"})
    client.post("/backups/")
    needles = [ID, EMAIL, NAME, PHONE, *pseudonyms]
    before = {"files": found_in_files(folder, needles), "rows": found_in_rows(needles)}
    answer = erase(client)
    after = {"files": found_in_files(folder, needles), "rows": found_in_rows(needles)}
    states = [[job.state, job.why] for job in Job.objects.filter(kind="erasure")]
    page = client.get("/o/acme/privacy/").content.decode()
    bring(client, CUSTOMERS + b"\n", "again.csv", "customers")
    bring(client, EVENTS.replace(b"12", b"13"), "again-events.csv", "events")
    again = {"files": found_in_files(folder, needles), "rows": found_in_rows(needles)}
    connection.close()
    return {
        "pseudonyms": pseudonyms,
        "before": before,
        "after": after,
        "again": again,
        "states": states,
        "status": answer.status_code,
        "page": page,
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
