"""A survey is made, set up, opened and closed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils import timezone

from verbond.listen import Page, Question, Questionnaire, own_questionnaire
from verbond.method.types import Group, Text
from verbond.results import LANGUAGES, Reason, sentence
from verbond.web.listening import pictures
from verbond.web.store import asking
from verbond.web.store.models import Organisation, Survey, User

__all__ = [
    "ADVISED", "Check", "NotReady", "blank", "checks_of", "close_survey", "copy_survey", "dismiss_dropped",
    "dropped_of", "make_survey", "may_open", "missing", "open_survey", "questionnaire_of",
]  # fmt: skip

ADVISED: dict[Group, str] = {"customer": Survey.Mode.IDENTIFIED, "employee": Survey.Mode.ANONYMOUS}
"""Customers: only who is known can be placed on the ladder. Employees: nobody answers her boss freely."""
MOST_DROPPED = 300
_OF_ONE = ("last_day", "dropped")
"""Settings that no copy gets."""
_DEFAULTS = {"open_link": True, "rest_days": 90, "remind_after_days": 5, "most_reminders": 1}


class NotReady(Exception):
    """A survey that cannot be opened yet.

    Attributes
    ----------
    checks : tuple of Check
        What is missing.
    """

    def __init__(self, checks: tuple[Check, ...]) -> None:
        self.checks = checks
        super().__init__(", ".join(one.code for one in checks))


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked at before a survey is opened.

    Attributes
    ----------
    code : str
        Its sentences are `web_listen.check_CODE` and, while it is not so, `web_listen.check_CODE_not`.
    holds : bool
    needed : bool
        Whether it stands in the way of opening; else it is advice.
    where : str
        The route on which it is put right.
    values : mapping
        Of the sentences.
    """

    code: str
    holds: bool
    needed: bool = True
    where: str = "survey_settings"
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def said(self) -> Reason:
        """What is so, or what is missing."""
        return Reason(f"web_listen.check_{self.code}{'' if self.holds else '_not'}", self.values)


def dropped_of(survey: Survey) -> list[Reason]:
    """What of the file that it came from could not be taken over."""
    return [Reason(one["code"], one["values"]) for one in survey.settings.get("dropped", ())]


def dismiss_dropped(survey: Survey) -> None:
    """Somebody has seen to what could not be taken over."""
    with asking.changing(survey) as now:
        now.settings.pop("dropped", None)
        now.save(update_fields=["settings"])


def questionnaire_of(survey: Survey) -> Questionnaire:
    """The questions of a survey."""
    return Questionnaire.from_json(survey.questionnaire)


def blank(group: Group) -> Questionnaire:
    """A questionnaire of one open question, to build on."""
    ours = own_questionnaire("short", group)
    said = Text(
        **{code: sentence(f"web_listen.blank_{group}", code, company="{company}") for code in LANGUAGES}
    )
    page = Page("page_1", (Question("anything", "text", said),))
    return replace(ours, pages=(page,), instrument="")


def make_survey(
    organisation: Organisation,
    by: User,
    questionnaire: Questionnaire,
    name: str,
    *,
    dropped: Iterable[Reason] = (),
) -> Survey:
    """Make a draft, with what is advised for whom it asks.

    Parameters
    ----------
    organisation : Organisation
    by : User
    questionnaire : Questionnaire
    name : str
    dropped : iterable of Reason
        What of a file could not be taken over; it is shown in the builder until somebody has seen to it.
    """
    group = questionnaire.group
    lost = [{"code": one.code, "values": dict(one.values)} for one in dropped][:MOST_DROPPED]
    purpose = {
        code: sentence(f"web_listen.purpose_{group}", code, company=organisation.name) for code in LANGUAGES
    }
    return Survey.objects.create(
        organisation=organisation,
        name=name,
        company=organisation.name,
        mode=ADVISED[group],
        questionnaire=questionnaire.to_json(),
        wave=f"{timezone.localdate():%Y-%m}",
        purpose=purpose,
        contact=by.email if not by.is_guest else "",
        settings=_DEFAULTS | ({"dropped": lost} if lost else {}),
        created_by=by,
    )


def copy_survey(survey: Survey, by: User, name: str) -> Survey:
    """Make a draft with the same questions and settings; nobody was asked yet."""
    kept = ("company", "mode", "questionnaire", "basis", "purpose", "contact", "keep_months")
    settings = {name: value for name, value in survey.settings.items() if name not in _OF_ONE}
    return Survey.objects.create(
        organisation=survey.organisation,
        name=name,
        wave=f"{timezone.localdate():%Y-%m}",
        settings=settings,
        created_by=by,
        **{one: getattr(survey, one) for one in kept},
    )


def checks_of(survey: Survey) -> tuple[Check, ...]:
    """Everything that is looked at before a survey is opened."""
    return tuple(_checks(survey, questionnaire_of(survey)))


def missing(survey: Survey) -> tuple[Check, ...]:
    """What stands in the way of opening it."""
    return tuple(one for one in checks_of(survey) if one.needed and not one.holds)


def may_open(survey: Survey) -> bool:
    """Whether it can be opened as it is."""
    return survey.state != Survey.State.OPEN and not missing(survey)


def _checks(survey: Survey, asked: Questionnaire) -> Iterator[Check]:
    n = sum(one.asks for one in asked.questions.values())
    yield Check("questions", n > 0, where="survey_questions", values={"n": n})
    yield from _language_checks(asked)
    if lacking := pictures.lacking(survey, asked):
        yield Check("pictures", False, where="survey_questions", values={"questions": lacking})
    yield Check("company", bool(survey.company.strip()))
    said = [code for code in asked.languages or LANGUAGES if not survey.purpose.get(code, "").strip()]
    yield Check("purpose", not said)
    yield Check("basis", bool(survey.basis))
    if asked.group == "employee":
        yield Check("consent", survey.basis != "consent")
        yield from _department_checks(survey, asked)
        yield Check("employees", survey.mode != Survey.Mode.IDENTIFIED, needed=False)
    yield Check("contact", bool(survey.contact.strip()))
    kept = survey.keep_months or survey.organisation.retention.get("answers")
    yield Check("retention", bool(kept), needed=False, values={"n": kept or 0})
    yield from _way_checks(survey)


def _department_checks(survey: Survey, asked: Questionnaire) -> Iterator[Check]:
    told = survey.invitees.exclude(department="").exists()
    said = any(one.role == "department" for one in asked.questions.values())
    yield Check("department", told or said, needed=False, where="survey_questions")


def _language_checks(asked: Questionnaire) -> Iterator[Check]:
    yield Check("language", bool(asked.languages), where="survey_questions")
    if len(asked.languages) == 1:
        other = next(code for code in LANGUAGES if code not in asked.languages)
        values = {"n": len(asked.missing(other))}
        yield Check(f"both_{other}", False, needed=False, where="survey_questions", values=values)


def _way_checks(survey: Survey) -> Iterator[Check]:
    invited = survey.invitees.count()
    linked = bool(survey.settings.get("open_link") or survey.settings.get("kiosk"))
    yield Check("way", linked or invited > 0)
    if survey.mode == Survey.Mode.IDENTIFIED:
        yield Check("known", invited > 0, needed=False, where="survey_invitees", values={"n": invited})
    last = survey.settings.get("last_day")
    if last:
        yield Check("last_day", dt.date.fromisoformat(last) >= timezone.localdate(), values={"day": last})


def open_survey(survey: Survey) -> Survey:
    """Open a draft, or one that was closed, to answers.

    Raises
    ------
    NotReady
        If something is missing.
    """
    with asking.changing(survey) as now:
        if now.state == Survey.State.OPEN:
            return now
        if lacking := missing(now):
            raise NotReady(lacking)
        now.state, now.closed_at = Survey.State.OPEN, None
        now.opened_at = now.opened_at or timezone.now()
        now.save(update_fields=["state", "opened_at", "closed_at"])
    return now


def close_survey(survey: Survey) -> Survey:
    """Take no more answers; what was handed in stays."""
    with asking.changing(survey) as now:
        if now.state == Survey.State.OPEN:
            now.state, now.closed_at = Survey.State.CLOSED, timezone.now()
            now.save(update_fields=["state", "closed_at"])
    return now
