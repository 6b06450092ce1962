"""A page is small around a large inside that is the same for everybody: the inside is compressed once."""

from __future__ import annotations

import secrets
import struct
import zlib
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from markupsafe import Markup

__all__ = ["Inside", "packed", "render_around"]

_LEVEL = 6
_PLACE = f"\ue000{secrets.token_hex(16)}\ue000"
"""Nobody knows it, so no name that somebody chose holds it."""
_MOST_RANDOM = 100
"""Bytes: how long a page is gives away nothing of what stands in it (BREACH; Django does so too)."""


@dataclass(frozen=True, slots=True)
class Inside:
    """The inside of a page.

    Attributes
    ----------
    text : bytes
        HTML.
    deflated : bytes
        The same, to be laid between other pieces of a deflate stream.
    """

    text: bytes
    deflated: bytes

    @classmethod
    def of(cls, html: str) -> Inside:
        """Compress once."""
        text = html.encode()
        return cls(text, _deflated(text))

    def __html__(self) -> str:
        return self.text.decode()


def render_around(
    request: HttpRequest, template: str, context: dict[str, Any], inside: Inside
) -> HttpResponse:
    """A page whose template says where its inside, `content`, stands; packed where the reader unpacks.

    Parameters
    ----------
    request : HttpRequest
    template : str
    context : dict
    inside : Inside
    """
    page = render_to_string(template, context | {"content": Markup(_PLACE)}, request)
    head, tail = (part.encode() for part in page.split(_PLACE))
    packs = "gzip" in request.headers.get("Accept-Encoding", "")
    answer = HttpResponse(packed(head, inside, tail) if packs else head + inside.text + tail)
    patch_vary_headers(answer, ("Accept-Encoding",))
    if packs:
        answer["Content-Encoding"] = "gzip"
    return answer


def packed(head: bytes, inside: Inside, tail: bytes) -> bytes:
    """One gzip member of three pieces, each of which refers to itself alone (RFC 1951, RFC 1952).

    Examples
    --------
    >>> import gzip
    >>> gzip.decompress(packed(b"<p>", Inside.of("ladder"), b"</p>"))
    b'<p>ladder</p>'
    """
    check, n_bytes = 0, 0
    for text in (head, inside.text, tail):
        check, n_bytes = zlib.crc32(text, check), n_bytes + len(text)
    name = b"a" * secrets.randbelow(_MOST_RANDOM) + b"\0"
    start = b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + name  # deflate, with a name, no time, system unknown
    end = struct.pack("<LL", check, n_bytes & 0xFFFFFFFF)
    return b"".join((start, _deflated(head), inside.deflated, _deflated(tail, last=True), end))


def _deflated(text: bytes, *, last: bool = False) -> bytes:
    piece = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return piece.compress(text) + piece.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)
