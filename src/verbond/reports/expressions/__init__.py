"""Sections about what is said and written: a module each, in the order of the page.

- `EXPRESSIONS_SECTIONS`: their names; `expressions_section(name, d, language)` gives one.
- `legs`: two legs that pull apart; `sides`: promise, own messages, service and customers side by side.
- `told`: what is promised and told too little; `worst`: the ten messages that cost most.
- `groups`: departments and channels; `months`: what changed; `rungs`: on which rung the words work.
- `how`: who rated, what was learned from, what was left without a judgement.
- `names`: what sides, relationships and values are called in pictures and tables.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from verbond.results import Language

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis
    from verbond.reports.parts import Section

__all__ = ["EXPRESSIONS_SECTIONS", "expressions_section"]

EXPRESSIONS_SECTIONS = ("legs", "sides", "told", "worst", "groups", "months", "rungs", "how")
"""Modules, each with a function `section`."""


def expressions_section(name: str, d: Diagnosis, language: Language) -> Section | None:
    """One section; None where nothing was said, or there is nothing to it.

    Parameters
    ----------
    name : str
        One of `EXPRESSIONS_SECTIONS`.
    d : Diagnosis
    language : {"en", "nl"}
    """
    if d.expressions is None:
        return None
    return import_module(f"{__name__}.{name}").section(d.expressions, language)
