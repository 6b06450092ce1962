"""Values: which relationship, which values, where they meet and where they bite."""

from __future__ import annotations

from verbond.diagnosis import Diagnosis
from verbond.reports.page import facts_of
from verbond.reports.sections import found_among
from verbond.results import Language, sentence
from verbond.web.pages.content import Content, Filters

__all__ = ["content"]


def content(d: Diagnosis, language: Language, filters: Filters, before: Diagnosis | None) -> Content:
    """The page of a diagnosis."""
    sections = found_among(("types", "values", "house"), d, language)
    said = [said.text for section in sections for said in section.said]
    return Content(
        lead=said[0] if said else sentence("web.values_nothing", language),
        facts=facts_of(d, language),
        sections=sections,
    )
