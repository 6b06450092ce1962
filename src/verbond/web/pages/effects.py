"""Effects: what our own actions did, short and long side by side."""

from __future__ import annotations

from verbond.diagnosis import Diagnosis, unsaid_by_effects
from verbond.reports.effects import EFFECTS_SECTIONS
from verbond.reports.page import facts_of
from verbond.reports.sections import found_among
from verbond.results import Language, sentence
from verbond.web.pages.content import Content, Filters

__all__ = ["content"]


def content(d: Diagnosis, language: Language, filters: Filters, before: Diagnosis | None) -> Content:
    """The page of a diagnosis."""
    effects = d.effects
    cards = effects.cards if effects is not None else None
    unsaid = unsaid_by_effects(effects) if effects is not None else ()
    return Content(
        lead=cards.headline.sentence(language)
        if cards is not None
        else sentence("web.effects_nothing", language),
        facts=facts_of(d, language),
        sections=found_among(EFFECTS_SECTIONS, d, language),
        unsaid=tuple(dict.fromkeys(reason.sentence(language) for reason in unsaid)) if cards is None else (),
    )
