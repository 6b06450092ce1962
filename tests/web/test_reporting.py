"""Reports in the application: as files, in the organisation's colours, by mail, and by a link."""

from __future__ import annotations

import datetime as dt
import email
import io
import re
import struct
import zlib
from email.policy import default
from pathlib import Path
from typing import ClassVar

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from verbond.web.keeping.retention import forget_run
from verbond.web.listening.mail import Outcome, Trouble
from verbond.web.reporting import branding, files, sending
from verbond.web.store.models import (
    AuditEntry,
    Branding,
    Job,
    Mailbox,
    Membership,
    ReportSchedule,
    ShareLink,
    User,
)

PAGE = "/o/acme/reports/"


@pytest.fixture
def written(monkeypatch) -> list[dict]:
    """What is asked of the reports' writer; it writes as little as it may."""
    asked: list[dict] = []

    def write(diagnosis, path: Path, form: str, language: str, organisation) -> None:
        asked.append({"diagnosis": diagnosis, "form": form, "language": language})
        path.write_text(f"{form} {language} {diagnosis.check.source if diagnosis.check else ''}")

    monkeypatch.setattr(files, "written", write)
    return asked


def picture(size: tuple[int, int] = (60, 40), kind: str = "PNG", **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#1d5a4a").save(out, kind, **options)
    return out.getvalue()


# files


@pytest.mark.parametrize("form", files.FORMS)
def test_every_form_is_saved_under_a_name_that_says_what_it_is(form, written, cast, made_run) -> None:
    run = made_run()
    answer = cast.client("bob").get(f"{PAGE}file.{form}", {"language": "nl"})
    assert answer.status_code == 200
    assert answer["Content-Type"] == files.FORMS[form][1]
    assert answer["Content-Disposition"].startswith('attachment; filename="acme-20')
    assert answer["Content-Disposition"].endswith(f'.{files.FORMS[form][0]}"')
    assert b"".join(answer.streaming_content).startswith(f"{form} nl".encode())
    assert AuditEntry.objects.get(verb="report_taken").detail == {"run": str(run.pk)}


def test_a_file_is_made_once_and_anew_when_the_colours_change_and_goes_with_its_diagnosis(
    written, cast, made_run
) -> None:
    run = made_run()
    paths = [files.report_file(run, cast.acme, "pdf", "en") for _ in range(2)]
    assert len(written) == 1
    branding.keep(cast.acme, name="", colour="#aa0000", accent="#00aa00", logo=None)
    paths.append(files.report_file(run, cast.acme, "pdf", "en"))
    assert len(written) == 2
    assert len(set(paths)) == 2
    assert not list(paths[0].parent.glob("*partial*"))
    forget_run(run)
    assert not any(path.exists() for path in paths)


def test_what_is_not_there_is_not_there(written, cast, made_run) -> None:
    assert cast.client("bob").get(f"{PAGE}file.pdf").status_code == 404, "no diagnosis"
    made_run()
    for path in ("file.exe", "file.pdf?language=de"):
        assert cast.client("bob").get(PAGE + path).status_code == 404
    assert cast.client("gus").get(f"{PAGE}file.pdf").status_code == 404, "a guest takes nothing along"
    assert written == []


# the brand


def brand(client: Client, **given):
    return client.post(f"{PAGE}brand/", {"name": "Acme", "colour": "#1D5A4A", "accent": "#ffd400", **given})


def test_colours_and_a_logo_are_kept_and_the_logo_is_drawn_anew(cast) -> None:
    told = b"made by Els de Vries"
    brought = picture(kind="JPEG", comment=told)
    assert told in brought
    ann = cast.client("ann")
    assert brand(ann, logo=SimpleUploadedFile("x.png", brought)).status_code == 302
    kept = Branding.objects.get()
    assert (kept.colour, kept.accent) == ("#1d5a4a", "#ffd400")
    logo = bytes(kept.logo)
    assert logo.startswith(b"\x89PNG")
    assert told not in logo
    assert Image.open(io.BytesIO(logo)).size == (60, 40)
    assert cast.client("bob").get(f"{PAGE}brand/logo.png").content == logo
    brand(ann)
    assert Branding.objects.get().logo is not None, "it stays where none was brought"
    brand(ann, remove_logo="on")
    assert not Branding.objects.get().logo


def test_the_page_says_what_becomes_of_a_colour_that_is_hard_to_read(cast) -> None:
    """White and #ffd400: 1.42 by the W3C's formula, so that words get another shade."""
    brand(cast.client("ann"))
    page = cast.client("ann").get(f"{PAGE}brand/").content.decode()
    assert "contrast 1.4" in page
    used = re.findall(r'fill="(#[0-9a-f]{6})"', page)
    assert used[0] == used[1] == "#1d5a4a"
    assert used[2] == "#ffd400" != used[3]


@pytest.mark.parametrize("colour", ["#ffffff", "#ffd400", "#1d5a4a"])
def test_every_colour_that_is_kept_can_be_worn(colour: str, cast) -> None:
    """Reports refuse a main colour in which no words can be read: what they get can be."""
    branding.keep(cast.acme, name="Acme", colour=colour, accent="#ffd400", logo=picture())
    worn = branding.brand_of(cast.acme)
    assert worn is not None
    assert (worn.colour == colour) == (colour == "#1d5a4a")


@pytest.mark.parametrize("colour", ["red", "#12345", "#1234567", "url(x)", '#12345"', "#12345;"])
def test_no_other_colour_is_kept(colour: str, cast) -> None:
    assert brand(cast.client("ann"), colour=colour).status_code == 422
    assert not Branding.objects.exists()


def bomb() -> bytes:
    """A PNG of a few kilobytes that says that it is 50,000 pixels wide and high."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 9999))
        + chunk(b"IEND", b"")
    )


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (SVG, "drawing"),
        (b"\xef\xbb\xbf  <?xml version='1.0'?>" + SVG, "drawing"),
        (b"<!-- -->" + SVG, "drawing"),
        (b"\x1f\x8b" + SVG, "drawing"),
        (bomb(), "wide"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 50, "kind"),
        (picture()[:60], "kind"),
        (b"%PDF-1.7", "kind"),
        (picture(kind="GIF"), "kind"),
        (b"x" * (branding.MOST_BYTES + 1), "large"),
    ],
    ids=["svg", "xml", "comment", "gzip", "bomb", "broken", "cut", "pdf", "gif", "large"],
)
def test_what_is_no_picture_or_a_bomb_is_refused(content: bytes, code: str, cast) -> None:
    with pytest.raises(branding.Unfit) as unfit:
        branding.cleaned_logo(content)
    assert unfit.value.reason.code == f"web_reporting.logo_{code}"
    answer = brand(cast.client("ann"), logo=SimpleUploadedFile("logo.png", content, "image/png"))
    assert answer.status_code == 422
    assert not Branding.objects.exists()


def test_the_page_for_the_board_is_really_made_with_a_logo(cast, made_run) -> None:
    run = made_run()
    branding.keep(cast.acme, name="Acme", colour="#ffd400", accent="#1d5a4a", logo=picture())
    assert files.report_file(run, cast.acme, "board", "nl").read_bytes().startswith(b"%PDF")


# by mail


@pytest.fixture
def box(cast) -> Mailbox:
    quiet = {"from": 0, "until": 0, "days": []}
    return Mailbox.objects.create(
        organisation=cast.acme, host="127.0.0.1", sender="hello@acme.example", settings={"quiet": quiet}
    )


class Server:
    """Takes letters in the place of a mail server."""

    taken: ClassVar[list] = []
    breaks_after: ClassVar[int] = 99

    def __init__(self, box) -> None:
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        pass

    def ready(self) -> None:
        if len(self.taken) >= self.breaks_after:
            raise Trouble("gone")

    def send(self, letter, to):
        self.taken.append((to, email.message_from_bytes(letter.as_bytes(), policy=default)))
        return Outcome("sent", 250, "ok")


@pytest.fixture
def server(monkeypatch) -> type[Server]:
    monkeypatch.setattr(Server, "taken", [])
    monkeypatch.setattr(Server, "breaks_after", 99)
    monkeypatch.setattr(sending, "Post", Server)
    return Server


@pytest.fixture
def schedule(cast, written, made_run) -> ReportSchedule:
    made_run()
    to = [cast.people[one].pk for one in ("alice", "bob")]
    answer = cast.client("ann").post(f"{PAGE}schedules/", {"period": "month", "language": "nl", "to": to})
    assert answer.status_code == 302
    made = ReportSchedule.objects.get()
    assert made.next_at > timezone.now()
    ReportSchedule.objects.update(next_at=timezone.now() - dt.timedelta(minutes=1))
    made.refresh_from_db()
    return made


def send(one: ReportSchedule) -> None:
    sending.send_reports(
        Job(kind="reports", organisation=one.organisation, subject=str(one.pk)), lambda _: None
    )


def test_it_goes_once_a_turn_to_each_with_the_page_and_a_link(schedule, box, server) -> None:
    assert sending.enqueue_due() == 1
    send(schedule)
    send(schedule)
    assert sorted(to for to, _ in server.taken) == ["alice@example.org", "bob@example.org"]
    letter = server.taken[0][1]
    text = letter.get_body(("plain",)).get_content()
    assert "http://testserver/o/acme/reports/" in text
    attached = list(letter.iter_attachments())
    assert [part.get_content_type() for part in attached] == ["application/pdf"]
    assert attached[0].get_content().startswith(b"board nl")
    schedule.refresh_from_db()
    assert schedule.next_at > timezone.now()
    assert sending.enqueue_due() == 0


def test_who_left_or_is_a_guest_gets_none(schedule, box, server, cast) -> None:
    Membership.objects.filter(user=cast.people["alice"]).delete()
    Membership.objects.filter(user=cast.people["bob"]).update(role="guest")
    send(schedule)
    assert server.taken == []


def test_nobody_of_another_organisation_can_be_put_on_the_list(cast, written, made_run) -> None:
    made_run()
    given = {"period": "week", "language": "en", "to": [cast.people["charlie"].pk]}
    assert cast.client("ann").post(f"{PAGE}schedules/", given).status_code == 422
    given["to"] = [cast.people["gus"].pk]
    assert cast.client("ann").post(f"{PAGE}schedules/", given).status_code == 422
    assert not ReportSchedule.objects.exists()
    slipped = ReportSchedule(
        organisation=cast.acme, to=[cast.people["charlie"].pk, "x", None], next_at=timezone.now()
    )
    assert not sending.readers_of(slipped).exists()


def test_a_server_that_breaks_half_way_sends_nobody_twice(schedule, box, server) -> None:
    server.breaks_after = 1
    send(schedule)
    assert len(server.taken) == 1
    schedule.refresh_from_db()
    assert schedule.next_at <= timezone.now(), "the turn is not over"
    server.breaks_after = 99
    send(schedule)
    assert sorted(to for to, _ in server.taken) == ["alice@example.org", "bob@example.org"]


def test_no_name_writes_a_header(schedule, box, server, cast) -> None:
    User.objects.filter(email="alice@example.org").update(name="Els\r\nBcc: all@example.org")
    type(cast.acme).objects.filter(pk=cast.acme.pk).update(name="Acme\nX-Mark: 1")
    send(schedule)
    for _, letter in server.taken:
        assert "Bcc" not in letter
        assert "X-Mark" not in letter
    assert len(server.taken) == 2


def test_without_a_mail_server_or_a_diagnosis_nothing_goes(schedule, server) -> None:
    assert sending.enqueue_due() == 0
    send(schedule)
    assert server.taken == []


# by a link


def share(cast, **given) -> str:
    form = {"page": "today", "query": "", "run": "", "days": "30", **given}
    page = cast.client("ann").post("/o/acme/shares/", form).content.decode()
    found = re.search(r'value="http://testserver(/shared/[^"]+/)"', page)
    assert found
    return found[1]


def test_a_link_hands_out_files_only_where_that_was_said(written, cast, made_run) -> None:
    made_run()
    bare, whole = share(cast), share(cast, with_files="on")
    assert Client().get(f"{bare}report.pdf").status_code == 404
    assert "report.pdf" not in Client().get(bare).content.decode()
    assert f"{whole}report.pdf" in Client().get(whole).content.decode()
    answer = Client().get(f"{whole}report.pdf")
    assert answer.status_code == 200
    answer.close()
    assert Client().post(f"{whole}report.pdf").status_code == 405
    assert Client().get(f"{whole}report.exe").status_code == 404
    ShareLink.objects.update(revoked_at=timezone.now())
    assert Client().get(f"{whole}report.pdf").status_code == 404


def test_the_files_of_a_link_hold_no_free_text(written, cast, made_run) -> None:
    from dataclasses import replace

    from tests.reports.conftest import full_diagnosis

    secret = "Jansen klaagde over de monteur"
    d = full_diagnosis()
    made_run(diagnosis=replace(d, check=replace(d.check, source=secret)))
    Client().get(f"{share(cast, with_files='on')}report.md").close()
    cast.client("bob").get(f"{PAGE}file.md").close()
    assert [one["diagnosis"].check.source for one in written] == ["", secret]
