"""Expressions: what is promised, said, answered and heard back, side by side."""

from __future__ import annotations

from dataclasses import replace

from verbond.diagnosis import Diagnosis
from verbond.reports.expressions import EXPRESSIONS_SECTIONS
from verbond.reports.expressions.how import words_alone
from verbond.reports.page import facts_of
from verbond.reports.parts import Section, speaker
from verbond.reports.sections import found_among
from verbond.results import Language, sentence
from verbond.web.pages.content import Content, Filters

__all__ = ["content"]

_FAILED = "diagnosis.expressions_failed"


def content(d: Diagnosis, language: Language, filters: Filters, before: Diagnosis | None) -> Content:
    """The page of a diagnosis."""
    picture = d.expressions
    if picture is None:
        failed = [one.sentence(language) for one in d.unsaid if one.code == _FAILED]
        return Content(
            lead=sentence("web.expressions_unknown" if failed else "web.expressions_nothing", language),
            facts=facts_of(d, language),
            sections=() if failed else (_to_bring(language),),
            unsaid=tuple(failed),
        )
    sections = found_among([f"expressions_{name}" for name in EXPRESSIONS_SECTIONS], d, language)
    headline = picture.headline.sentence(language)
    return Content(
        lead=headline,
        facts=(*facts_of(d, language), _messages(picture.n_messages, language)),
        said=words_alone(picture, language),
        sections=tuple(
            replace(one, said=tuple(said for said in one.said if said.text != headline)) for one in sections
        ),
        unsaid=tuple(dict.fromkeys(one.sentence(language) for one in picture.unsaid)),
    )


def _to_bring(language: Language) -> Section:
    say = speaker("web", language)
    return Section("expressions-none", say("expressions_none"), empty=say("expressions_bring"))


def _messages(n: int, language: Language) -> str:
    return sentence("expressions_told.n_messages", language, n=n)
