"""A whole anonymous survey with personal links, played through; and everything that is left of it.

`python -m tests.web.anonymity_world FOLDER [leaking]` plays it in a folder, with holes planted where that is
asked, and prints as JSON who answered what in which order, and what was found. `test_anonymity.py` judges it.
"""

from __future__ import annotations

import io
import json
import logging
import random
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

N_ASKED, N_ANSWER = 40, 32
STEP = 8
"""After so many the clock strikes."""
PASSWORD = "a ladder has five rungs"


def plant() -> None:
    """Put a hole of each sort into what keeps the promise; `test_anonymity.py` says what each is."""
    from django.utils import timezone

    from verbond.web.keeping import backups
    from verbond.web.listening import flowing, sheets
    from verbond.web.store.models import Invitee, Path, Sheet

    real_close, real_begin, counter = sheets._close, sheets.begin, iter(range(10**6))

    def close(sheet: Any, flags: Any, **given: Any) -> Any:
        now = real_close(sheet, flags, **given)
        Sheet.objects.filter(pk=now.pk).update(handed_in_at=timezone.now())
        return now

    def begin(survey: Any, channel: Any, language: Any, invitee: Any = None, **given: Any) -> Any:
        sheet, token = real_begin(survey, channel, language, invitee, **given)
        Path.objects.get_or_create(invitee=invitee, defaults={"sheet": sheet})
        Sheet.objects.filter(pk=sheet.pk).update(segments={"nr": invitee.segments["nr"]})
        Invitee.objects.filter(pk=invitee.pk).update(last_sent_at=timezone.now())
        logging.getLogger("django").warning("%s began %s", invitee.email, sheet.token_hash)
        return sheet, token

    sheets._close, sheets.begin = close, begin
    Sheet._meta.get_field("id").default = lambda: next(counter) + 1
    Sheet._meta.get_field("id")._get_default = Sheet._meta.get_field("id").default
    backups._Promised.kept = lambda _, __, row: row  # type: ignore[method-assign]
    flowing._n_may_flow = lambda n, *, closed: n.n_new


def play(folder: Path, *, leaking: bool = False) -> dict[str, Any]:
    """Ask forty people, of whom thirty-two answer, one after another."""
    from verbond.web.installation import Installation
    from verbond.web.settings import configure

    configure(Installation.open(folder), hosts=("testserver",), testing=True)
    from django.core.management import call_command
    from django.test import Client
    from tests.web.played import survey

    from verbond.web.listening import forgetting, invitees
    from verbond.web.store.acts import found_organisation
    from verbond.web.store.models import Sheet, Survey, User

    log = logging.FileHandler(folder / "server.log")
    for name in ("", "django", "django.request", "django.server"):
        logging.getLogger(name).addHandler(log)
        logging.getLogger(name).setLevel(logging.INFO)
    call_command("migrate", verbosity=0)
    alice = User.objects.create_user("alice@example.org", PASSWORD, name="Alice", is_admin=True)
    acme = found_organisation("Acme", alice)
    people = [
        {
            "email": f"person-{n:02d}@example.org",
            "name": f"Person Number{n:02d}",
            "department": "Sales" if n % 2 else "Service",
            "segments": {"nr": f"segment-{n:02d}"},
        }
        for n in range(N_ASKED)
    ]
    asked = survey(acme, "anonymous", people=people)
    if leaking:
        plant()
    order = random.Random(11).sample(list(asked.invitees.all()), N_ANSWER)
    true, flowed = [], []
    for k, who in enumerate(order):
        marker = f"marker-{random.Random(k).randrange(16**12):012x}"
        token = invitees.token_of(who)
        sheet_token = respond(Client(), asked.address, token, marker)
        row = Sheet.objects.get(answers__why=marker)
        true.append(
            {
                "invitee": {**plain(who), "token": token},
                "sheet": {"pk": row.pk, "token": sheet_token, "token_hash": row.token_hash, "marker": marker},
            }
        )
        if (k + 1) % STEP == 0 or (leaking and k == STEP):
            strike(flowed, acme)
        if k + 1 in (N_ANSWER // 2, N_ANSWER - 3):
            back_up(folder, f"open-{k + 1}")
    begun = Client()  # one who begins and leaves
    respond(begun, asked.address, invitees.token_of(next(p for p in asked.invitees.all() if p not in order)))
    log_bytes = [folder.joinpath("verbond.sqlite3-wal").stat().st_size]
    forgetting.truncate_log()
    log_bytes.append(folder.joinpath("verbond.sqlite3-wal").stat().st_size)
    Survey.objects.update(state="closed")
    strike(flowed, acme)
    back_up(folder, "closed")
    export(folder, asked, alice)
    return {"true": true, "flowed": flowed, "log_bytes": log_bytes} | left(folder, asked)


def plain(who: Any) -> dict[str, Any]:
    return {
        name: getattr(who, name) for name in ("pk", "number", "email", "name", "token_hash")
    } | who.segments


def respond(client: Any, address: str, token: str, marker: str = "") -> str:
    """Answer through the pages; without a marker she leaves after the first."""
    door = f"/q/{address}/i/{token}/"
    assert client.get(door).status_code == 200
    begun = client.post(door)
    sheet = begun["Location"]
    fields = {"trust_1": "4", "trust_2": "5", "care": "3", "colour": "red", "why": marker}
    for page in (1, 2):
        assert client.get(f"{sheet}{page}/").status_code == 200, (sheet, page)
        said = client.post(f"{sheet}{page}/", fields)
        assert said.status_code == 302, said.content.decode()
        if not marker:
            return ""
    client.get(f"{sheet}handing-in/")
    assert client.post(f"{sheet}handing-in/").status_code == 302
    assert client.get(f"{sheet}handing-in/").status_code == 200
    return sheet.rstrip("/").rsplit("/", 1)[-1]


def strike(flowed: list[list[str]], organisation: Any) -> None:
    """What the clock does, and who stands in the tables then."""
    from verbond.web.clock import do_chores
    from verbond.web.diagnosing import archive_of

    do_chores()
    archive = archive_of(organisation)
    if not archive.imports():
        flowed.append([])
        return
    with archive.open() as tables:
        flowed.append(sorted(set(tables.fetch("responses", ["respondent_id"])["respondent_id"])))


def back_up(folder: Path, name: str) -> None:
    from django.conf import settings

    from verbond.web.keeping.backups import make_backup

    make_backup(settings.INSTALLATION, folder / "backups" / f"{name}.verbond")


def export(folder: Path, survey: Any, alice: Any) -> None:
    """The answers as an analyst takes them along, in every form."""
    from django.test import Client

    client = Client()
    client.force_login(alice)
    (folder / "exports").mkdir()
    for form in ("csv", "json", "xlsx", "sav", "parquet"):
        answer = client.get(f"/o/acme/surveys/{survey.pk}/answers.{form}")
        assert answer.status_code == 200, (form, answer.status_code)
        (folder / "exports" / f"answers.{form}").write_bytes(
            b"".join(answer) if answer.streaming else answer.content
        )
    page = client.get(f"/o/acme/surveys/{survey.pk}/")
    (folder / "exports" / "monitor.html").write_bytes(page.content)


# what is left


def left(folder: Path, survey: Any) -> dict[str, Any]:
    """Everything that is left: records of every place, columns of both tables, places in the file."""
    from django.apps import apps
    from django.db import connection

    from verbond.web.store.models import Attempt, Invitee, Sheet

    records = []
    for model in apps.get_models():
        rows = [json.dumps(row, default=str) for row in model._base_manager.values()]
        records += [(f"db {model._meta.db_table}", row) for row in rows]
    for file in sorted(p for p in folder.rglob("*") if p.is_file()):
        records += [(f"{file.relative_to(folder)} {part}", text) for part, text in _records(file)]
    with connection.cursor() as cursor:
        columns = {}
        for model in (Invitee, Sheet):
            cursor.execute(f'SELECT rowid AS "rowid", * FROM {model._meta.db_table}')
            names = [c[0] for c in cursor.description]
            columns[model._meta.model_name] = [
                dict(zip(names, row, strict=True)) for row in cursor.fetchall()
            ]
    connection.close()
    return {
        "records": records,
        "columns": columns,
        "n_attempts": Attempt.objects.count(),
        "bytes": (folder / "verbond.sqlite3").read_bytes().decode("latin-1"),
    }


def _records(file: Path) -> Iterator[tuple[str, str]]:
    """A file as records: lines of text, rows of Parquet or a workbook; of a backup, those of its parts."""
    from verbond.tables import read_columns

    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as pack:
            for name in pack.namelist():
                yield from _in_pack(name, pack.read(name), file)
    elif file.suffix == ".parquet":
        columns = read_columns(file)
        for row in zip(*columns.values(), strict=True):
            yield "row", json.dumps(dict(zip(columns, row, strict=True)), default=str)
    elif file.suffix in (".jsonl", ".json", ".csv", ".log", ".toml", ".html"):
        yield from _lines(file.read_text("utf-8", errors="replace").splitlines())
    elif file.suffix == ".sav":
        import pyreadstat

        frame, _ = pyreadstat.read_sav(file)
        yield from _lines(json.dumps(row, default=str) for row in frame.to_dict("records"))


def _in_pack(name: str, content: bytes, pack: Path) -> Iterator[tuple[str, str]]:
    if name.endswith(".parquet"):
        beside = pack.with_name("beside.parquet")
        beside.write_bytes(content)
        yield from ((f"{name} {part}", text) for part, text in _records(beside))
        beside.unlink()
    elif name.endswith((".xml", ".rels")):
        text = content.decode()
        yield from _lines(re.findall(r"<row .*?</row>", text) or [text])
    else:
        yield from (
            (f"{name} {part}", text) for part, text in _lines(io.StringIO(content.decode("utf-8", "replace")))
        )


def _lines(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        yield "line", line


if __name__ == "__main__":
    where = Path(sys.argv[1])
    print(json.dumps(play(where, leaking=len(sys.argv) > 2), default=str))
