"""The statements of a page that is sent, written out: Django would build each anew, for twice the whole rest.

Only what every page of every respondent needs; everything else of sheets goes through the models.
"""

from __future__ import annotations

from django.db import connection

from verbond.web.store.surveys import Sheet, Survey

__all__ = ["lock", "opened", "write"]

_SHEET = "SELECT * FROM store_sheet WHERE token_hash = %s"
_SURVEY = (
    "SELECT id, organisation_id, company, mode, state, revision, contact, settings, address, seed "
    "FROM store_survey WHERE id = %s AND address = %s"
)
"""What pages of a sheet need of a survey: not its questionnaire, which is kept in memory."""
_LOCKED = "SELECT id, answers, variants, seconds FROM store_sheet WHERE id = %s AND state = %s"
_WRITTEN = "UPDATE store_sheet SET answers = %s, variants = %s, seconds = %s WHERE id = %s"


def opened(token_hash: str, address: str) -> Sheet | None:
    """The sheet of a token, with its survey, if that stands at this address."""
    sheet = next(iter(Sheet.objects.raw(_SHEET, [token_hash])), None)
    if sheet is None:
        return None
    id = Survey._meta.pk.get_db_prep_value(sheet.survey_id, connection)
    survey = next(iter(Survey.objects.raw(_SURVEY, [id, address])), None)
    if survey is None:
        return None
    sheet.survey = survey
    return sheet


def lock(sheet: Sheet) -> bool:
    """Hold the row of a sheet that is not handed in, and read into it what others have just saved."""
    alone = " FOR UPDATE" if connection.features.has_select_for_update else ""
    now = next(iter(Sheet.objects.raw(_LOCKED + alone, [sheet.pk, Sheet.State.BEGUN])), None)
    if now is None:
        return False
    sheet.answers, sheet.variants, sheet.seconds = now.answers, now.variants, now.seconds
    return True


def write(sheet: Sheet) -> None:
    """Write its answers, variants and seconds."""
    json = connection.ops.adapt_json_value
    given = [json(sheet.answers, None), json(sheet.variants, None), sheet.seconds, sheet.pk]
    with connection.cursor() as cursor:
        cursor.execute(_WRITTEN, given)
