"""What a page of a diagnosis holds, and what a room has to give for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

from verbond.results import Language

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis
    from verbond.reports.page import Step
    from verbond.reports.parts import Said, Section
    from verbond.reports.plan import StepTold

__all__ = ["Content", "Filters", "RoomPage"]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader chose to look at; it stands in the address.

    Attributes
    ----------
    segment : tuple of str or None
        Attribute and value.
    period : str or None
        "2026-03", or "2026-01..2026-03".
    """

    segment: tuple[str, str] | None = None
    period: str | None = None

    def __bool__(self) -> bool:
        return self.segment is not None or self.period is not None


@dataclass(frozen=True, slots=True)
class Content:
    """A page, every string ready.

    Attributes
    ----------
    lead : str
        The sentence that comes first.
    facts : tuple of str
        What it rests on, a few words each.
    changed : tuple of Said
        What is other than in the diagnosis before.
    changed_how : tuple of str
        What that rests on.
    said : tuple of Said
        What to look at.
    sections : tuple of Section
        Sentence, picture, table, how we know.
    steps : tuple of Step
    unsaid : tuple of str
    plan : Section or None
        What the steps of a plan bring.
    planned : tuple of StepTold
    plan_lead : str
    homes : mapping of str to str
        By section: the page where it stands, as an address beside this one.
    """

    lead: str
    facts: tuple[str, ...] = ()
    changed: tuple[Said, ...] = ()
    changed_how: tuple[str, ...] = ()
    said: tuple[Said, ...] = ()
    sections: tuple[Section, ...] = ()
    steps: tuple[Step, ...] = ()
    unsaid: tuple[str, ...] = ()
    plan: Section | None = None
    planned: tuple[StepTold, ...] = ()
    plan_lead: str = ""
    homes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RoomPage:
    """A page of a diagnosis. Its module is imported when the page is made, so that the others need not wait.

    Attributes
    ----------
    module : str
        Has a function `content(diagnosis, language, filters, before) -> Content`.
    filtered : bool
        Whether it can be looked at for one segment or period.
    template : str
        How its content is laid out.
    """

    module: str
    filtered: bool = False
    template: str = "rooms/content.html"

    def content(
        self, d: Diagnosis, language: Language, filters: Filters, before: Diagnosis | None
    ) -> Content:
        """What the page says of a diagnosis.

        Parameters
        ----------
        d : Diagnosis
        language : {"en", "nl"}
        filters : Filters
        before : Diagnosis or None
            The diagnosis before it.
        """
        return import_module(self.module).content(d, language, filters, before)
