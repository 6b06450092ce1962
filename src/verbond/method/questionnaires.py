"""The questionnaire as it is put before people: items in order, in one language, with the company's name."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, get_args

from verbond.errors import OptionError
from verbond.method.items import ITEMS
from verbond.method.types import Form, Group, Item, company_name
from verbond.results import Language, Result, sentence
from verbond.results.wording import check_language

__all__ = ["Question", "Questionnaire", "questionnaire"]

ITEMS_PER_MINUTE = 8
"""For the time that the introduction names; a rule of thumb of ours."""

_BLOCKS = {
    "customer": {
        "experience": ("experience", "satisfaction"),
        "relationship": ("market", "authority", "meaning", "equality", "closeness"),
        "values": ("values_own", "values_seen"),
        "bond": ("congruence", "trust", "commitment", "engagement"),
        "ahead": ("recommend", "stay", "rebuy", "alternatives"),
        "buying": ("conscious_consumption",),
    },
    "employee": {
        "identity": ("values_seen",),
        "work": ("customer_orientation",),
        "customers": ("experience", "congruence", "trust", "commitment", "engagement"),
    },
}


@dataclass(frozen=True, slots=True)
class Question:
    """One question as it is asked.

    Attributes
    ----------
    number : int
        Counted from 1.
    item : str
        The item's id, under which the answer is kept.
    construct, value : str, str or None
        What it measures.
    block : str
        Heading of the group of questions that it stands in.
    text : str
    min, max : int
        Lowest and highest answer.
    min_label, max_label : str
    reversed : bool
        A high answer means little of the construct; respondents need not see this.
    """

    number: int
    item: str
    construct: str
    value: str | None
    block: str
    text: str
    min: int
    max: int
    min_label: str
    max_label: str
    reversed: bool


@dataclass(frozen=True, slots=True)
class Questionnaire(Result):
    """A questionnaire, ready to be copied into any survey tool.

    Attributes
    ----------
    form : {"short", "full"}
    group : {"customer", "employee"}
    language : {"en", "nl"}
    company : str
    introduction : str
    questions : tuple of Question
    """

    form: Form
    group: Group
    language: Language
    company: str
    introduction: str
    questions: tuple[Question, ...]

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a question."""
        return [{name: getattr(question, name) for name in Question.__slots__} for question in self.questions]


def questionnaire(
    form: Form = "full", group: Group = "customer", *, language: Language = "en", company: str = ""
) -> Questionnaire:
    """Our own questionnaire for customers or employees.

    Within a block the constructs take turns, so that questions about the same thing do not stand together;
    a value is asked as a pair, own importance first.

    Parameters
    ----------
    form : {"short", "full"}
        One or two items a construct, without values; or four, with the ten pairs of values.
    group : {"customer", "employee"}
    language : {"en", "nl"}
    company : str
        As customers know it; empty: "this company".

    Returns
    -------
    Questionnaire

    Raises
    ------
    OptionError
        If form, group or language is another.

    Examples
    --------
    >>> short = questionnaire("short", company="Zonnewende")
    >>> len(short.questions), short.questions[0].text
    (25, 'Contact with Zonnewende gives me a good feeling.')
    """
    for name, given, allowed in (("form", form, get_args(Form)), ("group", group, get_args(Group))):
        if given not in allowed:
            raise OptionError(f"unknown {name}", got=repr(given), expected=" or ".join(map(repr, allowed)))
    check_language(language)
    asked = [
        (block, item)
        for block, constructs in _BLOCKS[group].items()
        for item in _turns(constructs, form, group)
    ]
    questions = tuple(
        _question(number, block, item, language, company) for number, (block, item) in enumerate(asked, 1)
    )
    introduction = sentence(
        f"method.introduction_{group}",
        language,
        n=len(questions),
        minutes=max(2, math.ceil(len(questions) / ITEMS_PER_MINUTE)),
        company=company_name(language, company),
    )
    return Questionnaire(form, group, language, company, introduction, questions)


def _turns(constructs: tuple[str, ...], form: Form, group: Group) -> Iterator[Item]:
    """The items of a form, one of each construct in turn."""
    asked = [item for item in ITEMS.values() if form in item.forms and item.group in (group, "both")]
    by_construct = ([item for item in asked if item.construct == construct] for construct in constructs)
    for turn in zip_longest(*by_construct):
        yield from (item for item in turn if item is not None)


def _question(number: int, block: str, item: Item, language: Language, company: str) -> Question:
    low, high = item.labels
    return Question(
        number=number,
        item=item.id,
        construct=item.construct,
        value=item.value,
        block=sentence(f"method.block_{block}", language),
        text=item.ask(language, company),
        min=item.min,
        max=item.max,
        min_label=low.say(language),
        max_label=high.say(language),
        reversed=item.reversed,
    )
