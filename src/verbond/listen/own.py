"""Our own questionnaires, short and full, for customers and employees, in both languages."""

from __future__ import annotations

from itertools import groupby

from verbond.listen.questionnaire import Page, Question, Questionnaire
from verbond.method import ITEMS
from verbond.method.questionnaires import Question as Printed
from verbond.method.questionnaires import questionnaire
from verbond.method.types import Form, Group, Text
from verbond.results import LANGUAGES, sentence

__all__ = ["own_questionnaire"]

N_ON_A_PAGE = 7
"""Most questions on a page: what a phone shows in a few strokes of a thumb."""


def own_questionnaire(form: Form = "short", group: Group = "customer") -> Questionnaire:
    """One of our own questionnaires.

    Parameters
    ----------
    form : {"short", "full"}
    group : {"customer", "employee"}

    Returns
    -------
    Questionnaire
        `{company}` still stands in its words. The pairs of values are one question.

    Raises
    ------
    OptionError
        If form or group is another.

    Examples
    --------
    >>> full = own_questionnaire("full", "customer")
    >>> [one.id for one in full.questions.values() if one.kind == "values"]
    ['values']
    """
    printed = {code: questionnaire(form, group, language=code, company="{company}") for code in LANGUAGES}
    pages: list[Page] = []
    blocks = [[*block] for _, block in groupby(printed["en"].questions, key=lambda one: one.block)]
    for n, block in enumerate(blocks, start=1):
        heading = Text(**{code: printed[code].questions[block[0].number - 1].block for code in LANGUAGES})
        asked = [_question(one) for one in block if one.value is None]
        if sides := tuple(
            side for side in ("own", "seen") if any(one.item.startswith(side) for one in block)
        ):
            asked = [_values(sides), *asked]
        size = -(-len(asked) // -(-len(asked) // N_ON_A_PAGE))  # pages of about the same length
        for part, start in enumerate(range(0, len(asked), size), start=1):
            pages.append(Page(f"page_{n}_{part}", tuple(asked[start : start + size]), heading))
    return Questionnaire(
        title=_said(f"title_{group}"),
        introduction=_said(f"introduction_{group}"),
        thanks=_said(f"thanks_{group}"),
        pages=tuple(pages),
        group=group,
        instrument=f"verbond_{form}_{group}",
    )


def _said(name: str) -> Text:
    return Text(**{code: sentence(f"listen.{name}", code, company="{company}") for code in LANGUAGES})


def _question(printed: Printed) -> Question:
    item = ITEMS[printed.item]
    return Question(
        id=item.id,
        kind="scale",
        text=item.text,
        min=item.min,
        max=item.max,
        labels=item.labels,
        construct=item.construct,
        reversed=item.reversed,
    )


def _values(sides: tuple[str, ...]) -> Question:
    name = "values_both" if len(sides) == 2 else f"values_{sides[0]}"
    return Question(id="values", kind="values", text=_said(name), sides=sides)
