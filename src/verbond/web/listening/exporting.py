"""Raw answers out, a row a sheet: for who analyses, and no more than was promised to who answered.

Identified: with customer, department, segments and day. Else none of these but a department of which five
handed in, a language in which five of that department did, and own words where ten people said something to
a question.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from verbond.listen import Questionnaire
from verbond.listen.export import SheetRow
from verbond.results.groups import MIN_GROUP
from verbond.web.diagnosing import archive_of
from verbond.web.listening.flowing import in_steps, seen_of
from verbond.web.listening.rows import MIN_WORDS, answers_of
from verbond.web.listening.sheets import questionnaire_of
from verbond.web.store.models import Path, Sheet, Survey

__all__ = ["exported", "may_export"]


def may_export(survey: Survey) -> bool:
    """Whether there are so many that they may go out one by one."""
    n = seen_of(survey).count()
    return n >= MIN_GROUP if in_steps(survey) else n > 0


def exported(survey: Survey) -> list[SheetRow]:
    """The sheets as they may go out, where `may_export` says that they may."""
    questionnaire = questionnaire_of(survey)
    found = list(seen_of(survey))
    said = {one.pk: answers_of(questionnaire, one) for one in found}
    if in_steps(survey):
        return _promised(questionnaire, found, said)
    return _as_they_are(survey, found, said)


def _as_they_are(
    survey: Survey, found: Sequence[Sheet], said: Mapping[int, Mapping[str, Any]]
) -> list[SheetRow]:
    paths = Path.objects.filter(sheet__survey=survey).exclude(invitee__customer="")
    customers = dict(paths.values_list("sheet_id", "invitee__customer"))
    archive = archive_of(survey.organisation)
    known = archive.identities(customers.values()) if archive.imports() else {}
    return [
        SheetRow(
            archive.pseudonym(f"sheet {survey.pk} {one.pk}"),
            one.language,
            one.department,
            {name: str(value) for name, value in one.segments.items()},
            one.variants,
            {id: answer for id, answer in said[one.pk].items() if id not in one.variants},
            one.handed_in_at.date() if one.handed_in_at else None,
            one.seconds,
            one.flags,
            known.get(customers.get(one.pk, ""), {}).get("customer_id", customers.get(one.pk, "")),
        )
        for one in found
    ]


def _promised(
    questionnaire: Questionnaire, found: Sequence[Sheet], said: Mapping[int, Mapping[str, Any]]
) -> list[SheetRow]:
    """Rows in an order and under names by lot, anew each time."""
    large = _large([one.department for one in found])
    worded = Counter(id for answers in said.values() for id in answers)
    every = questionnaire.questions.values()
    quiet = {one.id for one in every if one.kind == "text" and worded[one.id] < MIN_WORDS}
    asked = {one.id for one in every if one.role == "department"}
    places = {one.pk: one.department if one.department in large else "" for one in found}
    spoken = {
        place: _large([one.language for one in found if places[one.pk] == place])
        for place in set(places.values())
    }

    def kept(sheet: Sheet) -> dict[str, Any]:
        left_out = {*sheet.variants, *quiet, *(() if sheet.department in large else asked)}
        return {id: answer for id, answer in said[sheet.pk].items() if id not in left_out}

    return [
        SheetRow(
            secrets.token_hex(8),
            one.language if one.language in spoken[places[one.pk]] else "",
            places[one.pk],
            variants=one.variants,
            answers=kept(one),
            flags=one.flags,
        )
        for one in found
    ]


def _large(groups: Sequence[str]) -> set[str]:
    """Groups that may stand in a row: of five, and those that are left out are five together or none."""
    counts = Counter(groups)
    large = {one for one, n in counts.items() if one and n >= MIN_GROUP}
    while large and 0 < len(groups) - sum(counts[one] for one in large) < MIN_GROUP:
        large.remove(min(large, key=lambda one: (counts[one], one)))
    return large
