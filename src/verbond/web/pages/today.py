"""Today: where customers stand, what changed, what to look at, and three first steps."""

from __future__ import annotations

from dataclasses import replace

from verbond.diagnosis import Diagnosis, compare
from verbond.reports.page import facts_of, lead, steps_of, unsaid_of
from verbond.reports.sections import ladder_section, said_of
from verbond.results import Language
from verbond.web.pages.content import Content, Filters

__all__ = ["content"]

N_SAID = 4
"""Findings at the top: what one reads over a cup of coffee."""
_IN_THE_LEAD = ("most_on_rung", "most_on_ground", "most_on_level", "blocking_rung", "levels_blur")


def content(d: Diagnosis, language: Language, filters: Filters, before: Diagnosis | None) -> Content:
    """The page of a diagnosis."""
    changes = compare(before, d) if before is not None else None
    told = [f for f in d.findings if f.reason.code.split(".")[-1] not in _IN_THE_LEAD]
    return Content(
        lead=lead(d, language),
        facts=facts_of(d, language),
        changed=tuple(said_of(f, language) for f in changes.findings[:N_SAID]) if changes is not None else (),
        changed_how=tuple(r.sentence(language) for r in changes.rests_on) if changes is not None else (),
        said=tuple(said_of(finding, language) for finding in told[:N_SAID]),
        sections=(replace(ladder_section(d, language), said=()),),
        steps=steps_of(d, language),
        unsaid=unsaid_of(d, language),
    )
