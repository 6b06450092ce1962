"""The pictures of stimuli: kept in the organisation's folder under the digest of what is in them."""

from __future__ import annotations

import hashlib
import re
import secrets
import struct
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from verbond.listen import Questionnaire
from verbond.results import Reason
from verbond.web.store.models import Survey

__all__ = [
    "MOST_BYTES", "MOST_PIXELS", "Picture", "Unfit", "digest_of", "keep", "lacking", "picture_of", "size_of",
]  # fmt: skip

MOST_BYTES = 400_000
MOST_PIXELS = 4096
"""Of a side."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
_STARTS_OF_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG markers after which the size stands."""


class Unfit(Exception):
    """A picture that is not taken.

    Attributes
    ----------
    reason : Reason
    """

    def __init__(self, code: str, **values: object) -> None:
        self.reason = Reason(f"web_listen.picture_{code}", values)
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that is kept.

    Attributes
    ----------
    content : bytes
    content_type : str
    """

    content: bytes
    content_type: str


def digest_of(content: bytes) -> str:
    """The name under which a picture is kept.

    Raises
    ------
    Unfit
        If it is too large, or no PNG, JPEG or WebP.
    """
    if len(content) > MOST_BYTES:
        raise Unfit("large", n=MOST_BYTES // 1000)
    kind, size = _looked_at(content)
    if not kind or size is None or not all(size):
        raise Unfit("kind")
    if max(size) > MOST_PIXELS:
        raise Unfit("wide", n=MOST_PIXELS)
    return hashlib.sha256(content).hexdigest()


def keep(organisation_id: int, content: bytes) -> str:
    """Put a picture away and give its digest.

    Raises
    ------
    Unfit
        If it is too large, or no PNG, JPEG or WebP.
    """
    digest = digest_of(content)
    file = _folder(organisation_id) / digest
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = file.with_name(f"{digest}.{secrets.token_hex(4)}")
        beside.write_bytes(content)
        beside.replace(file)
    return digest


def picture_of(survey: Survey, digest: str) -> Picture | None:
    """A picture that one of the survey's stimuli shows; None for any other."""
    if not _DIGEST.fullmatch(digest) or digest not in _shown_in(survey.questionnaire):
        return None
    file = _folder(survey.organisation_id) / digest
    if not file.is_file():
        return None
    content = file.read_bytes()
    kind, _ = _looked_at(content)
    return Picture(content, _TYPES[kind]) if kind else None


def lacking(survey: Survey, asked: Questionnaire) -> list[str]:
    """Stimuli of which a picture is not there, or has no words for who does not see it."""
    folder = _folder(survey.organisation_id)
    return [
        one.id
        for one in asked.stimuli
        if any(
            not (folder / v.picture).is_file() or not (v.alt.nl.strip() or v.alt.en.strip())
            for v in one.variants
            if v.picture
        )
    ]


def size_of(content: bytes) -> tuple[int, int] | None:
    """Width and height in pixels, as the picture itself says; None where it is none of the three kinds."""
    return _looked_at(content)[1]


def _folder(organisation_id: int) -> Path:
    return settings.INSTALLATION.data_folder(organisation_id) / "pictures"


def _shown_in(questionnaire: dict) -> set[str]:
    return {
        variant.get("picture", "")
        for page in questionnaire["pages"]
        for question in page["questions"]
        for variant in question.get("variants", ())
    } - {""}


def _looked_at(content: bytes) -> tuple[str, tuple[int, int] | None]:
    if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR" and len(content) >= 24:
        return "png", struct.unpack(">II", content[16:24])
    if content.startswith(b"\xff\xd8\xff"):
        return "jpeg", _jpeg_size(content)
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP" and len(content) >= 30:
        return "webp", _webp_size(content)
    return "", None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # filling
            at += 1
            continue
        (length,) = struct.unpack(">H", content[at + 2 : at + 4])
        if marker in _STARTS_OF_FRAMES:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return None


def _webp_size(content: bytes) -> tuple[int, int] | None:
    match content[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
        case b"VP8L":
            bits = int.from_bytes(content[21:25], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            width, height = struct.unpack("<HH", content[26:30])
            return width & 0x3FFF, height & 0x3FFF
    return None
