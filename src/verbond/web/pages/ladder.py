"""Ladder: who stands where, who moves, what goes with it, per segment, and how far to believe it."""

from __future__ import annotations

from verbond.diagnosis import Diagnosis
from verbond.reports.page import facts_of, lead
from verbond.reports.sections import found_among, ladder_section
from verbond.results import Language
from verbond.web.pages.content import Content, Filters, RoomPage

__all__ = ["LADDER"]


def _content(d: Diagnosis, language: Language, filters: Filters, before: Diagnosis | None) -> Content:
    parts = ("scores", "movement", "segments", "actions", "trial")
    return Content(
        lead=lead(d, language),
        facts=facts_of(d, language),
        sections=(ladder_section(d, language), *found_among(parts, d, language)),
    )


LADDER = RoomPage("ladder", _content, filtered=True)
