"""Tomorrow: the steps of the plan, what they bring soon and later, and what was left out."""

from __future__ import annotations

from verbond.diagnosis import Diagnosis
from verbond.reports.page import facts_of, steps_of
from verbond.reports.plan import plan_section, steps_told
from verbond.results import Language, sentence
from verbond.web.pages.content import Content, Filters

__all__ = ["content"]

_PAGES = {
    "ladder": "ladder", "segments": "ladder", "scores": "ladder", "types": "values", "intentions": "loyalty",
    "cards": "effects", "effort": "effects", "expressions_told": "expressions",
}  # fmt: skip
"""By the section where a figure stands: its page."""


def content(d: Diagnosis, language: Language, filters: Filters, before: Diagnosis | None) -> Content:
    """The page of a diagnosis; of one that was made before there were plans, its first steps."""
    if d.plan is None:
        lead = sentence("web_rooms.no_plan", language)
        return Content(lead=lead, facts=facts_of(d, language), steps=steps_of(d, language))
    return Content(
        lead=d.plan.headline.sentence(language),
        facts=facts_of(d, language),
        plan=plan_section(d, language),
        planned=steps_told(d.plan, language, d.name),
        plan_lead=d.plan.headline.sentence(language),
        homes={section: f"../{page}/" for section, page in _PAGES.items()},
    )
