"""The colours and the logo of an organisation.

A logo is drawn anew from the picture that was brought: nothing but its pixels is kept. A drawing (SVG) can
hold scripts and addresses, and is not taken; nor is a picture that is small as a file and huge when unpacked.
"""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from typing import TYPE_CHECKING

from django.utils import timezone

from verbond.results import Reason
from verbond.web.store.models import Branding, Organisation

if TYPE_CHECKING:
    from verbond.reports.brand import Brand

__all__ = [
    "COLOUR", "MOST_BYTES", "MOST_SIDE", "OURS", "OUR_ACCENT", "Unfit", "brand_of", "branding_of",
    "cleaned_logo", "keep", "mark_of",
]  # fmt: skip

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
MOST_BYTES = 1_000_000
MOST_SIDE = 4000
"""Pixels of a side of what is brought."""
KEPT_SIDE = 800
_KINDS = ("PNG", "JPEG", "WEBP")
OURS, OUR_ACCENT = "#1d5a4a", "#8a5a2b"


class Unfit(Exception):
    """A logo that is not taken.

    Attributes
    ----------
    reason : Reason
    """

    def __init__(self, code: str, **values: object) -> None:
        self.reason = Reason(f"web_reporting.logo_{code}", values)
        super().__init__(code)


def branding_of(organisation: Organisation) -> Branding | None:
    """What an organisation chose; None where it chose nothing."""
    return Branding.objects.filter(organisation=organisation).first()


def brand_of(organisation: Organisation) -> Brand | None:
    """The same as reports take it."""
    found = branding_of(organisation)
    if found is None:
        return None
    from verbond.reports.brand import Brand
    from verbond.reports.contrast import legible

    logo = bytes(found.logo) if found.logo else None
    colour = legible(found.colour or OURS, "#ffffff")  # words are printed in it
    return Brand(colour=colour, accent=found.accent or OUR_ACCENT, logo=logo, name=found.name)


def mark_of(organisation: Organisation) -> str:
    """Changes with what was chosen: part of the names of files that were made with it."""
    found = branding_of(organisation)
    if found is None:
        return ""
    said = f"{found.name}|{found.colour}|{found.accent}".encode()
    return hashlib.sha256(said + bytes(found.logo or b"")).hexdigest()[:12]


def keep(organisation: Organisation, *, name: str, colour: str, accent: str, logo: bytes | None) -> None:
    """Keep what was chosen; `logo` None leaves the logo as it is, b"" removes it."""
    changed: dict[str, object] = {"name": name, "colour": colour.lower(), "accent": accent.lower()}
    if logo is not None:
        changed["logo"] = logo or None
    Branding.objects.update_or_create(
        organisation=organisation, defaults={**changed, "changed_at": timezone.now()}
    )


def cleaned_logo(content: bytes) -> bytes:
    """A picture, drawn anew as a PNG of at most `KEPT_SIDE` pixels a side.

    Parameters
    ----------
    content : bytes
        PNG, JPEG or WebP.

    Raises
    ------
    Unfit
        If it is too large, a drawing, no such picture, or broken.
    """
    if len(content) > MOST_BYTES:
        raise Unfit("large", n=MOST_BYTES // 1000)
    if _is_drawing(content):
        raise Unfit("drawing")
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=_KINDS) as opened:  # reads its head alone
                if max(opened.size) > MOST_SIDE:
                    raise Unfit("wide", n=MOST_SIDE)
                drawn = opened.convert("RGBA")
    except Unfit:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unfit("wide", n=MOST_SIDE) from None
    except Exception:  # whatever a broken picture makes a decoder say
        raise Unfit("kind") from None
    drawn.thumbnail((KEPT_SIDE, KEPT_SIDE))
    bare = Image.new("RGBA", drawn.size)
    bare.paste(drawn)
    out = io.BytesIO()
    bare.save(out, "PNG", optimize=True)
    return out.getvalue()


def _is_drawing(content: bytes) -> bool:
    head = content[:4096].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith((b"<svg", b"<?xml", b"<!doctype svg", b"\x1f\x8b")) or b"<svg" in head
