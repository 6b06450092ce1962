"""Loyalty: what customers do beside what they say, who stays and brings others, what growth is made of."""

from __future__ import annotations

from verbond.diagnosis import Diagnosis, unsaid_by_loyalty
from verbond.reports.loyalty import LOYALTY_SECTIONS
from verbond.reports.page import facts_of
from verbond.reports.sections import found_among
from verbond.results import Language, sentence
from verbond.web.pages.content import Content, Filters

__all__ = ["content"]


def content(d: Diagnosis, language: Language, filters: Filters, before: Diagnosis | None) -> Content:
    """The page of a diagnosis."""
    told = [f.reason for f in d.findings if f.room in ("loyalty", *LOYALTY_SECTIONS)]
    unsaid = unsaid_by_loyalty(d.loyalty) if d.loyalty is not None else ()
    return Content(
        lead=told[0].sentence(language) if told else sentence("web.loyalty_nothing", language),
        facts=facts_of(d, language),
        sections=found_among(("intentions", *LOYALTY_SECTIONS), d, language),
        unsaid=tuple(dict.fromkeys(reason.sentence(language) for reason in unsaid)),
    )
