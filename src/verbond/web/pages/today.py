"""Today: where customers stand, what to look at, and three first steps."""

from __future__ import annotations

from verbond.diagnosis import Diagnosis
from verbond.reports.page import facts_of, lead, steps_of, unsaid_of
from verbond.reports.sections import ladder_section, said_of
from verbond.results import Language
from verbond.web.pages.content import Content, Filters, RoomPage

__all__ = ["TODAY"]

N_SAID = 5
"""Findings at the top: what one reads over a cup of coffee."""


def _content(d: Diagnosis, language: Language, filters: Filters, before: Diagnosis | None) -> Content:
    return Content(
        lead=lead(d, language),
        facts=facts_of(d, language),
        said=tuple(said_of(finding, language) for finding in d.findings[:N_SAID]),
        sections=(ladder_section(d, language),),
        steps=steps_of(d, language),
        unsaid=unsaid_of(d, language),
    )


TODAY = RoomPage("today", _content)
