"""What one person answered: handed over where it is known by name, and taken out of everybody's words.

Of a confidential survey nobody sees who answered what, who hands data over neither: she sees her answers by
her own link. Anonymous answers cannot be found; that somebody is named in one can be, and is taken out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction

from verbond.listen import Questionnaire
from verbond.results import sentence
from verbond.web.listening.sheets import questionnaire_of
from verbond.web.store.models import Invitee, Organisation, Sheet, Survey
from verbond.web.templating import spoken

__all__ = ["answers_of", "redact_words"]


def answers_of(invitee: Invitee) -> dict[str, Any]:
    """What may be handed over of the answers that one invitation led to."""
    survey = invitee.survey
    if survey.mode != Survey.Mode.IDENTIFIED:
        return {"answers": sentence(f"web_monitor.copy_{survey.mode}", spoken())}
    sheet = Sheet.objects.filter(path__invitee=invitee).first()
    if sheet is None:
        return {"answers": None}
    return {
        "answers": _told(questionnaire_of(survey), sheet),
        "shown": sheet.variants,
        "begun_at": sheet.begun_at.isoformat() if sheet.begun_at else None,
        "handed_in_at": sheet.handed_in_at.isoformat() if sheet.handed_in_at else None,
        "marks": sheet.flags,
    }


def _told(questionnaire: Questionnaire, sheet: Sheet) -> dict[str, Any]:
    """The questions as she read them, and what she said."""
    language = "nl" if sheet.language == "nl" else "en"
    texts = {id: one.text.say(language) for id, one in questionnaire.questions.items()}
    return {texts.get(id) or id: said for id, said in sheet.answers.items()}


def redact_words(organisation: Organisation, redact: Callable[[str], str]) -> int:
    """Take what names somebody out of the words in all sheets; returns in how many that was.

    Parameters
    ----------
    organisation : Organisation
    redact : function
        Gives a text without what names them (`verbond.tables.redactor`).
    """
    n = 0
    with transaction.atomic():
        rows = Sheet.objects.filter(survey__organisation=organisation)
        for row in rows.only("answers", "segments", "department").iterator():
            before = {name: getattr(row, name) for name in ("answers", "segments", "department")}
            after = {name: _without(value, redact) for name, value in before.items()}
            if after != before:
                n += Sheet.objects.filter(pk=row.pk).update(**after)
    return n


def _without(value: Any, redact: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {name: _without(one, redact) for name, one in value.items()}
    if isinstance(value, list):
        return [_without(one, redact) for one in value]
    return redact(value) if isinstance(value, str) else value
