"""What the method is made of: small frozen values, each with its words in Dutch and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from verbond.results import Language
from verbond.results.wording import check_language

__all__ = [
    "Effort",
    "Form",
    "Group",
    "Handle",
    "Item",
    "RelationshipType",
    "Rung",
    "Text",
    "Value",
]

Form = Literal["short", "full"]
Group = Literal["customer", "employee"]
Effort = Literal["small", "medium", "large"]

_THIS_COMPANY = {"en": "this company", "nl": "dit bedrijf"}


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in the two languages of Verbond.

    Attributes
    ----------
    en, nl : str
        English and Dutch; may hold the placeholder `{company}`.

    Examples
    --------
    >>> Text(en="trust", nl="vertrouwen").say("nl")
    'vertrouwen'
    """

    en: str
    nl: str

    def say(self, language: Language = "en") -> str:
        """The words in "en" or "nl".

        Raises
        ------
        OptionError
            If the language is another.
        """
        return self.nl if check_language(language) == "nl" else self.en


@dataclass(frozen=True, slots=True)
class RelationshipType:
    """A kind of relationship that a customer and a company can have.

    Attributes
    ----------
    id : str
        "market", "authority", "meaning" or "equality".
    name, looks_for : Text
        Its name, and what both sides look for in it.
    fiske : str
        The relational model of A. P. Fiske (1991) that it goes back to.
    value_side : str or None
        The side of the value circle that it leans to (a higher order of `Value`); None for equality.
    named : bool
        One of the three types that the method works with; equality is measured and no more.
    """

    id: str
    name: Text
    looks_for: Text
    fiske: str
    value_side: str | None
    named: bool


@dataclass(frozen=True, slots=True)
class Rung:
    """A rung of the ladder of engagement.

    Attributes
    ----------
    number : int
        0 (not on the ladder) to 5.
    id : str
        "none", "experience", "shared_values", "trust", "commitment" or "engagement".
    name, climbed_when, evidence : Text
        Its name, what has to be so before a customer stands on it, and where that shows.
    construct : str or None
        The construct of the survey that anchors it; None for rung 0.
    """

    number: int
    id: str
    name: Text
    climbed_when: Text
    evidence: Text
    construct: str | None


@dataclass(frozen=True, slots=True)
class Value:
    """A value on the circle of S. H. Schwartz.

    Attributes
    ----------
    id : str
    name, meaning : Text
    higher_order : str
        "self_transcendence", "openness", "self_enhancement" or "conservation".
    angle_degrees : float
        In [0, 360), along the order of the theory; equal spacing is a convention, not a measurement.
    borders : str or None
        The other higher order that it touches, for values that the theory puts on a border.
    """

    id: str
    name: Text
    meaning: Text
    higher_order: str
    angle_degrees: float
    borders: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One question of our own questionnaire.

    Attributes
    ----------
    id : str
        `trust_1`, `own_security`, `seen_security`, `inside_trust_1` (asked of employees), ...
    construct : str
        What it measures, one of `CONSTRUCTS` in `verbond.tables.schema`.
    value : str or None
        The value it is about, for the constructs `values_own` and `values_seen`.
    text : Text
        The question, with `{company}` where the company's name belongs.
    min, max : int
        Lowest and highest answer, whole numbers.
    labels : tuple of Text
        What the lowest and the highest answer mean.
    reversed : bool
        A high answer means little of the construct.
    forms : frozenset of {"short", "full"}
        The forms that hold it.
    group : {"customer", "employee", "both"}
        Who is asked.
    """

    id: str
    construct: str
    value: str | None
    text: Text
    min: int
    max: int
    labels: tuple[Text, Text]
    reversed: bool
    forms: frozenset[Form]
    group: Literal["customer", "employee", "both"]

    def ask(self, language: Language = "en", company: str = "") -> str:
        """The question with the company's name in it.

        Parameters
        ----------
        language : {"en", "nl"}
        company : str
            As customers know it; empty: "this company".

        Returns
        -------
        str
        """
        return self.text.say(language).replace("{company}", company_name(language, company))


@dataclass(frozen=True, slots=True)
class Handle:
    """Something that a company can do for the relationship, with a first step for tomorrow.

    Attributes
    ----------
    id : str
    name, why : Text
    rungs : tuple of int
        The rungs 0..5 that it serves.
    first_step : Text
        What somebody can do in the first hour.
    who : Text
        Who does it.
    effort : {"small", "medium", "large"}
        Of the handle as a whole; the first step is always small.
    when_not : Text
        When to leave it.
    evidence : Text
        What is known, contrary findings included, with the sources.
    """

    id: str
    name: Text
    why: Text
    rungs: tuple[int, ...]
    first_step: Text
    who: Text
    effort: Effort
    when_not: Text
    evidence: Text


def company_name(language: Language, company: str = "") -> str:
    """The company's name as it stands inside a sentence; without one, "this company"."""
    return company.strip() or _THIS_COMPANY[language]


def text_of(entry: Mapping[str, str]) -> Text:
    """A `Text` from a table of the data files with the keys `en` and `nl`."""
    return Text(en=entry["en"], nl=entry["nl"])
