"""Styles and scripts: few and small, kept in memory, under an address that changes with their content."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from verbond.plots import tokens_css

__all__ = ["Asset", "asset", "asset_url"]

_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


ALONE = {
    "answering.css": ("reports/1-reset.css", "reports/2-base.css", "web/answering.css", "web/values.css"),
    "kiosk.css": ("web/kiosk.css",),
    "membership.css": ("web/membership.css",),
    "canvas.css": (
        "web/canvas.css",
        "web/canvas-notes.css",
        "web/canvas-lead.css",
        "web/canvas-values.css",
        "web/canvas-promise.css",
    ),
}
"""Of pages that are not ours but a company's, small, and with no part of the application; and of the canvas,
that no other page needs."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file for the browser.

    Attributes
    ----------
    content, packed : bytes
        As it is, and gzipped.
    content_type : str
    digest : str
        Of the content; part of the address.
    """

    content: bytes
    packed: bytes
    content_type: str
    digest: str


@cache
def asset(name: str) -> Asset | None:
    """A file by name: "verbond.css" (all styles in one), one of `ALONE` (what respondents need and nothing
    else), or a file of `scripts/`; else None.
    """
    if name == "verbond.css":
        return _made(_styles().encode(), ".css")
    if name in ALONE:
        return _made(_styles_alone(name).encode(), ".css")
    folder = files("verbond.web") / "scripts"
    known = {f.name: f for f in folder.iterdir() if f.name.endswith(tuple(_TYPES))}
    if name not in known:
        return None
    return _made(known[name].read_bytes(), "." + name.rsplit(".", 1)[1])


@cache
def asset_url(name: str) -> str:
    """The address of a file."""
    found = asset(name)
    assert found is not None, name
    return f"/assets/{found.digest}/{name}"


def _made(content: bytes, ending: str) -> Asset:
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Asset(content, gzip.compress(content, 9, mtime=0), _TYPES[ending], digest)


def _styles() -> str:
    """Tokens first; then the report's parts, which pages share; then the application's own.

    Their folders are found from the top: to import the rooms would bring in every method.
    """
    apart = {sheet.partition("/")[2] for sheets in ALONE.values() for sheet in sheets if "web/" in sheet}
    sheets = [
        sheet
        for room in ("reports", "web")
        for sheet in sorted((files("verbond") / room / "styles").iterdir(), key=lambda f: f.name)
        if sheet.name.endswith(".css") and sheet.name not in apart
    ]
    return "\n".join([tokens_css(), *(sheet.read_text("utf-8") for sheet in sheets)])


def _styles_alone(name: str) -> str:
    parts = [sheet.split("/") for sheet in ALONE[name]]
    said = [(files("verbond") / room / "styles" / file).read_text("utf-8") for room, file in parts]
    return "\n".join(([tokens_css()] if name == "answering.css" else []) + said)
