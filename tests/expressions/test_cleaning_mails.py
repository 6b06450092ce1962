"""Mails made by the standard library are read back; images say how they were seen."""

from __future__ import annotations

import mailbox
import shutil
from datetime import UTC, datetime
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from verbond.errors import NotFoundError, ReadError
from verbond.expressions.cleaning import clean, read_mails, seen_in_image

SAID = "Café gaat open. We staan naast je."
SENT = datetime(2026, 5, 3, 10, 0, tzinfo=UTC)


def _mail(**content: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["Date"], message["From"] = "Opening café", SENT, "Jan <jan@example.org>"
    message.set_content(SAID, **content)
    return message


def _written(folder: Path, content: bytes) -> Path:
    path = folder / "one.eml"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("cte", ["base64", "quoted-printable", "8bit"])
@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "windows-1252"])
def test_every_way_to_send_a_text_reads_the_same(tmp_path: Path, cte: str, charset: str) -> None:
    (found,) = read_mails(_written(tmp_path, bytes(_mail(cte=cte, charset=charset))))
    assert (found.text.strip(), found.subject, found.occurred_at) == (SAID, "Opening café", SENT)
    assert found.speaker == "unknown"


def test_plain_text_goes_before_html_and_attachments_are_not_read(tmp_path: Path) -> None:
    message = _mail()
    message.add_alternative("<p>html</p>", subtype="html")
    message.add_attachment("bijlage", filename="bijlage.txt")
    (found,) = read_mails(_written(tmp_path, bytes(message)))
    assert found.text.strip() == SAID


def test_html_alone_is_cleaned_to_what_was_said(tmp_path: Path) -> None:
    message = _mail()
    message.set_content(f"<p>{SAID}</p>", subtype="html")
    (found,) = read_mails(_written(tmp_path, bytes(message)))
    assert clean(found.text).text == SAID


@pytest.mark.parametrize("charset", ["utf-9", "utf-7x", "\udcff", "us-ascii"])
def test_a_charset_that_lies_or_does_not_exist(tmp_path: Path, charset: str) -> None:
    head = f'Subject: x\nContent-Type: text/plain; charset="{charset}"\n\n'.encode("utf-8", "replace")
    (found,) = read_mails(_written(tmp_path, head + SAID.encode()))
    assert found.text == SAID


def test_a_date_that_is_none_and_a_subject_that_is_broken(tmp_path: Path) -> None:
    (found,) = read_mails(_written(tmp_path, b"Subject: =?utf-9?Q?x?=\nDate: gisteren\n\nhoi"))
    assert (found.occurred_at, found.text) == (None, "hoi")


@pytest.mark.parametrize("deep", [50, 5_000], ids=["fifty", "five_thousand"])
def test_parts_within_parts_are_read_or_refused(tmp_path: Path, deep: int) -> None:
    head = "".join(
        f'{"--b" + str(i - 1) if i else "Subject: x"}\nContent-Type: multipart/mixed; boundary="b{i}"\n\n'
        for i in range(deep)
    )
    path = _written(tmp_path, f"{head}--b{deep - 1}\nContent-Type: text/plain\n\n{SAID}\n".encode())
    if deep == 50:
        assert read_mails(path)[0].text.strip() == SAID
    else:
        with pytest.raises(ReadError, match="too deep"):
            read_mails(path)


def test_a_box_gives_its_mails_in_order(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "all.mbox")
    for n in range(3):
        message = _mail()
        message.replace_header("Subject", f"nummer {n}")
        box.add(message)
    box.close()
    found = read_mails(tmp_path / "all.mbox")
    assert [one.subject for one in found] == ["nummer 0", "nummer 1", "nummer 2"]
    assert {one.text.strip() for one in found} == {SAID}


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\x89PNG\r\n\x1a\n\x00"], ids=["empty", "lines", "image"])
def test_what_is_no_mail_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ReadError, match="no mail"):
        read_mails(_written(tmp_path, content))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_mails(tmp_path / "weg.eml")


# images


def _image(words: str) -> bytes:
    picture = Image.new("RGB", (900, 160), "white")
    ImageDraw.Draw(picture).text((30, 40), words, fill="black", font=ImageFont.load_default(size=56))
    content = BytesIO()
    picture.save(content, "PNG")
    return content.getvalue()


def test_what_people_wrote_of_an_image_goes_first() -> None:
    assert seen_in_image(b"", caption=" Buren op het dak ", alt="dak").text == "Buren op het dak"
    assert seen_in_image(b"", alt="dak").how == "alt"


def test_words_in_an_image_are_read() -> None:
    if shutil.which("tesseract") is None:
        pytest.skip("tesseract is not installed")
    found = seen_in_image(_image("Samen naar zonne-energie"))
    assert found.how == "ocr"
    assert "samen" in found.text.lower()


def test_an_image_without_words_is_not_seen(tmp_path: Path) -> None:
    path = tmp_path / "IMG_1234.png"
    path.write_bytes(_image(""))
    found = seen_in_image(path)
    assert (found.text, found.how) == ("", "not_seen")
    assert found.reason.code.startswith("expressions_cleaning.not_seen")


def test_a_file_name_is_better_than_nothing(tmp_path: Path) -> None:
    path = tmp_path / "buren-leggen_zonnepanelen.png"
    path.write_bytes(_image(""))
    found = seen_in_image(path)
    assert (found.text, found.how) == ("buren leggen zonnepanelen", "file_name")


def test_without_tesseract_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert seen_in_image(_image("Samen")).reason.code == "expressions_cleaning.not_seen_no_ocr"


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n"], ids=["empty", "text", "cut"])
def test_a_broken_image_is_not_seen(content: bytes) -> None:
    assert seen_in_image(content).how == "not_seen"
