"""Sections about what our own actions do.

- `EFFECTS_SECTIONS`: what a diagnosis holds, in the order of the page; `effects_sections` gives them.
- `cards`: all actions at a glance, and a card each.
- `experiment`: one experiment.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from verbond.results import Language

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis
    from verbond.reports.parts import Section

__all__ = ["EFFECTS_SECTIONS", "effects_sections"]

EFFECTS_SECTIONS = ("cards", "winning", "channel")
"""Fields of `EffectsResults`; each has a module with a function `sections`."""


def effects_sections(name: str, d: Diagnosis, language: Language) -> tuple[Section, ...]:
    """What is told of one method; nothing where there is nothing to it.

    Parameters
    ----------
    name : str
        One of `EFFECTS_SECTIONS`.
    d : Diagnosis
    language : {"en", "nl"}
    """
    if d.effects is None or getattr(d.effects, name) is None:
        return ()
    return import_module(f"{__name__}.{name}").sections(d.effects, language)
