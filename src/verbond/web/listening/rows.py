"""What sheets become in the tables: rows of the whole survey, in an order by lot.

What a row may know depends on the survey's mode. Anonymous: the month in which the survey opened, and no
customer. Confidential: the day, and no customer. Identified: the customer's pseudonym and the moment.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from verbond.listen import Questionnaire, numbers_of, read_answers, words_of
from verbond.results.groups import MIN_GROUP
from verbond.web.store.models import Path, Sheet, Survey

if TYPE_CHECKING:
    from verbond.tables import Tables
    from verbond.tables.items import ItemMeaning

__all__ = ["MIN_WORDS", "Naming", "answers_of", "items_of", "moment_of", "names_of", "tables_of"]

MIN_WORDS = 10
"""Own words are passed on from so many that answered in them; one text alone is known by its style."""
Naming = Callable[[str], str]
"""From a text to a pseudonym."""
_FAR = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class _Row:
    """One sheet, and what may be known of who handed it in."""

    sheet: Sheet
    respondent: str
    moment: np.datetime64
    customer: str | None


def tables_of(
    survey: Survey,
    questionnaire: Questionnaire,
    sheets: Iterable[Sheet],
    naming: Naming,
    *,
    known: Mapping[str, ItemMeaning] | None = None,
    simulated: bool = False,
) -> Tables:
    """The canonical tables of a survey.

    Parameters
    ----------
    survey : Survey
    questionnaire : Questionnaire
        That the sheets answer.
    sheets : iterable of Sheet
        That were handed in.
    naming : function
        Makes pseudonyms of respondents and messages, so that no row can be joined to a sheet by eye.
    known : mapping of str to ItemMeaning, optional
        What items of other imports measure: an item of this survey that measures something else, or nothing
        that we know, gets another name. Our own items where not given.
    simulated : bool
        Whether the customers are.

    Returns
    -------
    Tables
        `responses`; `messages` where enough people said something in their own words; `actions` and
        `exposures` where customers were shown a stimulus.
    """
    from verbond.tables import Tables

    found = sorted(_rows(survey, sheets, naming), key=lambda one: one.respondent)
    names, items = items_of(questionnaire, known)
    columns: dict[str, dict[str, Any]] = {"responses": _responses(survey, questionnaire, found, names)}
    if messages := _messages(survey, questionnaire, found, naming):
        columns["messages"] = messages
    if shown := _exposures(survey, questionnaire, found):
        columns["actions"], columns["exposures"] = shown
    return Tables.from_columns(columns, name=survey.name, simulated=simulated, items=items)


def items_of(
    questionnaire: Questionnaire, known: Mapping[str, ItemMeaning] | None = None
) -> tuple[dict[str, str], dict[str, ItemMeaning]]:
    """Item -> its name in the tables; and what is measured, by that name."""
    from verbond.tables.items import ItemMeaning, own_items

    taken = {**own_items(), **(known or {})}
    measured = {id: ItemMeaning(**{"value": None, **told}) for id, told in questionnaire.meanings.items()}
    names: dict[str, str] = {}
    items = dict(own_items())
    for question in questionnaire.questions.values():
        for item in question.items if question.asks else (question.id,):
            is_own = (bool(question.construct) or question.kind == "values") and item in own_items()
            meaning = measured.get(item) or (own_items()[item] if is_own else None)
            names[item] = _free_name(item, meaning, taken, set(names.values()))
            if meaning is not None:
                items[names[item]] = meaning
    return names, items


def names_of(questionnaire: Questionnaire) -> dict[str, str]:
    """Item -> its name where nothing else is known."""
    return items_of(questionnaire)[0]


def _free_name(
    item: str, meaning: ItemMeaning | None, taken: Mapping[str, ItemMeaning], used: set[str]
) -> str:
    name, n = item, 2
    while taken.get(name) != meaning or name in used:
        if name not in taken and name not in used:
            break
        name, n = f"{item}_{n}", n + 1
    return name


def answers_of(questionnaire: Questionnaire, sheet: Sheet) -> dict[str, Any]:
    """What a sheet says to the questions as they are now, with the variants that were shown.

    A questionnaire may have been put right while it was answered: an answer that it does not know any more
    counts for nothing.
    """
    taken, _ = read_answers(tuple(questionnaire.questions.values()), sheet.answers)
    variants = {
        one.id: shown
        for one in questionnaire.stimuli
        if (shown := sheet.variants.get(one.id)) in {variant.id for variant in one.variants}
    }
    return taken | variants


def moment_of(survey: Survey, sheet: Sheet) -> dt.datetime:
    """When it was answered, as exactly as the survey's mode lets anybody know."""
    if survey.mode == Survey.Mode.ANONYMOUS or sheet.handed_in_at is None:
        opened = survey.opened_at or survey.created_at
        return dt.datetime(opened.year, opened.month, 1, tzinfo=dt.UTC)
    if survey.mode == Survey.Mode.CONFIDENTIAL:
        return dt.datetime.combine(sheet.handed_in_at.date(), dt.time(), tzinfo=dt.UTC)
    return sheet.handed_in_at


def _rows(survey: Survey, sheets: Iterable[Sheet], naming: Naming) -> Iterable[_Row]:
    customers: dict[int, str] = {}
    if survey.mode == Survey.Mode.IDENTIFIED:
        paths = Path.objects.filter(sheet__survey=survey).exclude(invitee__customer="")
        customers = dict(paths.values_list("sheet_id", "invitee__customer"))
    for sheet in sheets:
        seconds = int((moment_of(survey, sheet) - _FAR).total_seconds())
        yield _Row(
            sheet,
            naming(f"sheet {survey.pk} {sheet.pk}"),
            np.datetime64(seconds, "s"),
            customers.get(sheet.pk),
        )


def _responses(
    survey: Survey, questionnaire: Questionnaire, found: list[_Row], names: Mapping[str, str]
) -> dict[str, Any]:
    rows: list[tuple[_Row, str, float]] = []
    stimuli = {one.id: [variant.id for variant in one.variants] for one in questionnaire.stimuli}
    for row in found:
        said = answers_of(questionnaire, row.sheet)
        numbers = numbers_of(questionnaire, said)
        shown = {id: variants.index(said[id]) + 1.0 for id, variants in stimuli.items() if id in said}
        for item, number in {**numbers, **shown}.items():
            rows.append((row, names[item], np.nan if number is None else number))
    group = questionnaire.group
    columns: dict[str, Any] = {
        "respondent_id": [row.respondent for row, _, _ in rows],
        "group": [group] * len(rows),
        "wave": [survey.wave] * len(rows),
        "occurred_at": np.array([row.moment for row, _, _ in rows], "datetime64[s]"),
        "instrument": [questionnaire.instrument or None] * len(rows),
        "item": [item for _, item, _ in rows],
        "value": np.array([number for _, _, number in rows], float),
    }
    if any(row.customer for row in found):
        columns["customer_id"] = [row.customer for row, _, _ in rows]
    if any(row.sheet.department for row in found):
        columns["department"] = [row.sheet.department or None for row, _, _ in rows]
    return columns


def _messages(
    survey: Survey, questionnaire: Questionnaire, found: list[_Row], naming: Naming
) -> dict[str, Any]:
    said = [
        (naming(f"words {survey.pk} {row.sheet.pk} {question}"), row, words)
        for row in found
        for question, words in words_of(questionnaire, answers_of(questionnaire, row.sheet)).items()
    ]
    people = {row.respondent for _, row, _ in said}
    if not said or (survey.mode != Survey.Mode.IDENTIFIED and len(people) < MIN_WORDS):
        return {}
    said.sort(key=lambda one: one[0])
    columns: dict[str, Any] = {
        "message_id": [id for id, _, _ in said],
        "occurred_at": np.array([row.moment for _, row, _ in said], "datetime64[s]"),
        "channel": ["survey"] * len(said),
        "speaker": [questionnaire.group] * len(said),
        "language": [row.sheet.language for _, row, _ in said],
        "text": [words for _, _, words in said],
    }
    if any(row.customer for row in found):
        columns["customer_id"] = [row.customer for _, row, _ in said]
    shown = _large(row.sheet.department for row in {one[1].respondent: one[1] for one in said}.values())
    if shown:
        columns["department"] = [
            row.sheet.department if row.sheet.department in shown else None for _, row, _ in said
        ]
    return columns


def _large(departments: Iterable[str]) -> set[str]:
    """Departments of which so many said something that no text is anybody's."""
    return {one for one, n in Counter(departments).items() if one and n >= MIN_GROUP}


def _exposures(
    survey: Survey, questionnaire: Questionnaire, found: list[_Row]
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Stimuli as actions, and which variant each customer was shown; who is no customer was not reached."""
    from verbond.tables import STIMULUS

    shown = [
        (row, one.id, variant)
        for row in found
        if row.customer is not None
        for one in questionnaire.stimuli
        if (variant := row.sheet.variants.get(one.id)) is not None
    ]
    if not shown:
        return None
    stimuli = sorted({id for _, id, _ in shown})
    actions = {
        "action_id": [_action(survey, id) for id in stimuli],
        "kind": [STIMULUS] * len(stimuli),
        "label": [f"{survey.name}: {id}" for id in stimuli],
        "randomised": np.ones(len(stimuli), bool),
    }
    exposures = {
        "customer_id": [row.customer for row, _, _ in shown],
        "action_id": [_action(survey, id) for _, id, _ in shown],
        "occurred_at": np.array([row.moment for row, _, _ in shown], "datetime64[s]"),
        "variant": [variant for _, _, variant in shown],
    }
    return actions, exposures


def _action(survey: Survey, stimulus: str) -> str:
    return f"survey-{survey.pk}-{stimulus}"
