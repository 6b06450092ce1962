"""Sections about what customers do: a module each, named as the field of `LoyaltyResults` that it shows.

- `LOYALTY_SECTIONS`: their names, in the order of the page.
- `loyalty_section(name, d, language)`: the section of one method, where there is anything to it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from verbond.results import Language

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis
    from verbond.reports.parts import Section

__all__ = ["LOYALTY_SECTIONS", "loyalty_section"]

LOYALTY_SECTIONS = (
    "intention", "hidden", "reactivity", "staying", "buying", "referral", "promotion", "growth", "longer",
    "conscious",
)  # fmt: skip
"""Fields of `LoyaltyResults`, and what answers about intentions are worth."""


def loyalty_section(name: str, d: Diagnosis, language: Language) -> Section | None:
    """What one method found in behaviour; None where there is nothing to it.

    Parameters
    ----------
    name : str
        One of `LOYALTY_SECTIONS`.
    d : Diagnosis
    language : {"en", "nl"}
    """
    result = d.intentions if name == "intention" else getattr(d.loyalty, name, None)
    if result is None:
        return None
    return import_module(f"{__name__}.{name}").section(result, language)
