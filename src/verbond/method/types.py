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
    "Play",
    "PlayExperiment",
    "PlayPrior",
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


@dataclass(frozen=True, slots=True)
class PlayPrior:
    """What is expected of a step before anybody saw it here: a normal distribution.

    Attributes
    ----------
    mean, sd : float
    source : str
        "ours", or where the size comes from.
    """

    mean: float
    sd: float
    source: str = "ours"


@dataclass(frozen=True, slots=True)
class PlayExperiment:
    """How one would see whether a step works.

    Attributes
    ----------
    unit : {"customer", "region", "week", "team", "campaign", "none"}
        What the lot decides over; a branch is a region. "none": no lot, before and after are compared.
    outcome : str
        What is looked at: a construct, an event kind, or an outcome of action cards.
    weeks : int
        Before one looks.
    arm : Text
        What those who get it get, and what the others get.
    """

    unit: str
    outcome: str
    weeks: int
    arm: Text


@dataclass(frozen=True, slots=True)
class Play:
    """A small step out of the playbook.

    Attributes
    ----------
    id, handle_id : str
    rungs : tuple of int
        0..5 that it serves, the one that it serves most first.
    sectors : tuple of str
        Of `SECTORS`; empty: every one.
    effort : {"small", "medium", "large"}
    hours : float
        Of people, once.
    cost_per_customer : float
        Euro for each customer whom it reaches; rough, and ours.
    weeks_to_see : int
        Until an effect could show.
    most_reached : int or None
        Customers whom one round reaches at most, where the step itself says how many.
    action_kinds : tuple of str
        Kinds of actions of which it is an example: what these did here may stand for it.
    climbs, falls : PlayPrior
        Change of the log-odds of moving up (down) a rung in the month after it reached somebody.
    revenue : PlayPrior
        Share by which what a customer spends in the three months after changes.
    not_for_types : tuple of str
        Relationship types of customers to whom it should not be done.
    keeps, breaks : tuple of str
        Relationship types and values of a promise that it carries, and that it goes against.
    needs_consent : bool
        Only for customers who may be approached.
    name, what, why : Text
    owner : Text
        Who does it.
    first_hour : Text
    costs : Text
        What it takes, in words.
    risk : Text
        What can go wrong.
    not_for : Text
        Whom not to do it to.
    say : Text
        A text to send or say, with `{company}` and `{name}`; empty where nothing is said.
    stop : Text
        When to stop.
    evidence, against : Text
        What research found, and what speaks against it, with sources.
    experiment : PlayExperiment
    """

    id: str
    handle_id: str
    rungs: tuple[int, ...]
    sectors: tuple[str, ...]
    effort: Effort
    hours: float
    cost_per_customer: float
    weeks_to_see: int
    most_reached: int | None
    action_kinds: tuple[str, ...]
    climbs: PlayPrior
    falls: PlayPrior
    revenue: PlayPrior
    not_for_types: tuple[str, ...]
    keeps: tuple[str, ...]
    breaks: tuple[str, ...]
    needs_consent: bool
    name: Text
    what: Text
    why: Text
    owner: Text
    first_hour: Text
    costs: Text
    risk: Text
    not_for: Text
    say: Text
    stop: Text
    evidence: Text
    against: Text
    experiment: PlayExperiment


def company_name(language: Language, company: str = "") -> str:
    """The company's name as it stands inside a sentence; without one, "this company"."""
    return company.strip() or _THIS_COMPANY[language]


def text_of(entry: Mapping[str, str]) -> Text:
    """A `Text` from a table of the data files with the keys `en` and `nl`."""
    return Text(en=entry["en"], nl=entry["nl"])
