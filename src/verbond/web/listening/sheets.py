"""The sheets of respondents: begun, saved page by page, handed in once, withdrawn.

What a sheet may know depends on the survey's mode (see `store/surveys.py`); this is the one place where
sheets are written, so this is where each mode is kept to.
"""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import random
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from django.conf import settings
from django.db import IntegrityError
from django.db.models import F, QuerySet
from django.utils import timezone

from verbond.listen import Asked, Question, Questionnaire, handed_in, read_answers
from verbond.listen.answers import way
from verbond.results.groups import MIN_GROUP
from verbond.web.desk import committed
from verbond.web.listening import guards, statements
from verbond.web.people import tokens
from verbond.web.store.surveys import Draw, Invitee, Path, Sheet, Survey

__all__ = [
    "AlreadyAnswered", "Door", "InTheTables", "Incomplete", "NotOpen", "Standing", "begin", "begun_by",
    "department_of", "door", "find", "forget", "go_on", "hand_in", "language_of", "questionnaire_of", "save",
    "speak", "standing", "take", "withdraw",
]  # fmt: skip

Door = Literal["open", "full", "draft", "closed", "over"]
"""Whether a survey can be answered: "full" and "over" (its last day) by its own settings."""
_OVER_EVERYWHERE = dt.timedelta(hours=12)
_PATIENCE_SECONDS = 1.0


class NotOpen(Exception):
    """The survey or the sheet takes no answers (any more)."""


class AlreadyAnswered(Exception):
    """With this invitation something was handed in before."""


class InTheTables(Exception):
    """Answers without a name that stand in the tables already cannot be found again."""


class Incomplete(Exception):
    """Something that has to be answered is open.

    Attributes
    ----------
    page : int
        Where.
    """

    def __init__(self, page: int) -> None:
        super().__init__(page)
        self.page = page


# looking


def find(address: str, token: str) -> Sheet | None:
    """The sheet that this address and token open, with its survey (but for the questionnaire)."""
    return statements.opened(tokens.hashed("sheet", token), address)


def begun_by(survey: Survey, invitee: Invitee) -> tuple[Sheet, str] | None:
    """Her sheet and its token, where a path to it is kept and she has begun; else None."""
    if survey.mode == Survey.Mode.ANONYMOUS:
        return None
    token = _personal(survey, invitee)
    sheet = find(survey.address, token)
    return (sheet, token) if sheet is not None else None


def _only(rows: QuerySet[Sheet]) -> Sheet | None:
    """The row that there is at most one of: without putting it in an order, which takes its time."""
    return next(iter(rows), None)


def questionnaire_of(survey: Survey) -> Questionnaire:
    """What it asks; read once for each revision of an open survey."""
    if survey.state == Survey.State.DRAFT:
        return Questionnaire.from_json(survey.questionnaire)
    return _questionnaire(survey.pk, survey.revision)


def forget() -> None:
    """Read questionnaires anew: other surveys stand in the place of those that were read."""
    _questionnaire.cache_clear()


@lru_cache(maxsize=64)
def _questionnaire(survey: Any, revision: int) -> Questionnaire:
    return Questionnaire.from_json(Survey.objects.values_list("questionnaire", flat=True).get(pk=survey))


def door(survey: Survey, *, begun: bool = False) -> Door:
    """Whether it can be answered now.

    Parameters
    ----------
    survey : Survey
    begun : bool
        Who has begun may still hand in where it is full.
    """
    if survey.state != Survey.State.OPEN:
        return "draft" if survey.state == Survey.State.DRAFT else "closed"
    last_day = survey.settings.get("last_day")
    if last_day and (timezone.now() - _OVER_EVERYWHERE).date().isoformat() > last_day:
        return "over"
    most = survey.settings.get("most")
    if most and not begun and survey.sheets.filter(state=Sheet.State.HANDED_IN).count() >= most:
        return "full"
    return "open"


def language_of(questionnaire: Questionnaire, *wanted: str) -> str:
    """The first wanted language in which it can be asked."""
    spoken = questionnaire.languages or ("en",)
    return next((one for one in wanted if one in spoken), spoken[0])


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a respondent is.

    Attributes
    ----------
    pages : tuple of Asked
        The pages that her answers lead along.
    answers : mapping
        What counts of her answers, with the variants that she was dealt.
    """

    pages: tuple[Asked, ...]
    answers: Mapping[str, Any]

    @property
    def reachable(self) -> tuple[Asked, ...]:
        """The pages that may be opened: up to the first with something that has to be answered still, or
        before the first with a stimulus of which no variant was dealt.
        """
        found = []
        for page in self.pages:
            if any(not one.asks and one.id not in self.answers for one in page.questions):
                break
            found.append(page)
            if self.is_open(page, required=True):
                break
        return tuple(found)

    @property
    def missing(self) -> Asked | None:
        """The page that keeps her from handing in."""
        reached = self.reachable
        if len(reached) < len(self.pages):
            return reached[-1] if reached else self.pages[0]
        return reached[-1] if reached and self.is_open(reached[-1], required=True) else None

    @property
    def resume_at(self) -> Asked | None:
        """The page where she left off; None where only handing in is left."""
        said = [
            k
            for k, page in enumerate(self.pages)
            if any(one.id in self.answers for one in page.questions if one.asks)
        ]
        at = said[-1] + (not self.is_open(self.pages[said[-1]])) if said else 0
        for k, page in enumerate(self.pages[:at]):
            if self.is_open(page, required=True):
                at = k
                break
        return self.pages[at] if at < len(self.pages) else None

    def is_open(self, page: Asked, *, required: bool = False) -> bool:
        """Whether something on a page has no answer yet, or something that has to be answered."""
        return any(
            one.asks and one.id not in self.answers and (one.required or not required)
            for one in page.questions
        )

    def behind(self, number: int) -> Asked | None:
        """The first page behind page `number`."""
        return next((page for page in self.pages if page.number > number), None)


def standing(sheet: Sheet, questionnaire: Questionnaire) -> Standing:
    """How far the respondent of a sheet is."""
    said = sheet.answers | sheet.variants
    return Standing(tuple(way(questionnaire, said)), handed_in(questionnaire, said))


# writing


def begin(
    survey: Survey,
    channel: str,
    language: str,
    invitee: Invitee | None = None,
    *,
    flags: Iterable[str] = (),
    token: str = "",
) -> tuple[Sheet, str]:
    """Begin a sheet; who is invited by name and not anonymously goes on with the one she has.

    Parameters
    ----------
    survey : Survey
        Open: see `door`.
    channel : str
        One of `Sheet.Channel`.
    language : str
    invitee : Invitee, optional
        Whose personal link it was.
    flags : iterable of str
        What makes one doubt it already.
    token : str, optional
        Chosen by a kiosk; the same one begins nothing anew.

    Returns
    -------
    Sheet, str
        The sheet, and the token that opens it.
    """
    anonymous = survey.mode == Survey.Mode.ANONYMOUS
    named = invitee is not None and not anonymous
    token = (
        _personal(survey, invitee) if invitee is not None and named else token or secrets.token_urlsafe(32)
    )
    questionnaire = questionnaire_of(survey)

    def act() -> Sheet:
        sheet = Sheet(
            survey=survey,
            token_hash=tokens.hashed("sheet", token),
            channel=channel,
            revision=survey.revision,
            language=language,
            department=department_of(survey, invitee),
            segments=dict(invitee.segments) if named else {},
            begun_at=None if anonymous else timezone.now(),
            flags=sorted(set(flags)),
        )
        _deal(sheet, standing(sheet, questionnaire).behind(-1))
        sheet.save(force_insert=True)
        if named:
            Path.objects.create(invitee=invitee, sheet=sheet)
        return sheet

    if (known := find(survey.address, token)) is not None:
        return known, token
    try:
        return committed(act), token
    except IntegrityError:
        known = find(survey.address, token)
        if known is None:
            raise
        return known, token


def _personal(survey: Survey, invitee: Invitee) -> str:
    """The token of her sheet, made anew each time: where a path is kept, her link leads back to it."""
    said = f"verbond.sheet|{survey.pk}|{invitee.number}".encode()
    digest = hmac.digest(settings.INSTALLATION.secret_key.encode(), said, "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def department_of(survey: Survey, invitee: Invitee | None) -> str:
    """The department that goes with her answers: in an anonymous survey only where enough are asked of it."""
    if invitee is None or not invitee.department:
        return ""
    if survey.mode == Survey.Mode.ANONYMOUS:
        asked = Invitee.objects.filter(survey=survey, department=invitee.department).count()
        return invitee.department if asked >= MIN_GROUP else ""
    return invitee.department


def save(
    sheet: Sheet,
    questions: Iterable[Question],
    taken: Mapping[str, Any],
    *,
    seconds: float = 0.0,
    before: int | None = None,
) -> Sheet:
    """Save what was answered to some questions, in the place of what was there.

    Parameters
    ----------
    sheet : Sheet
    questions : iterable of Question
        All that were asked; those without an answer in `taken` are open.
    taken : mapping
        Question's id -> answer, as `verbond.listen.read_answers` gives it.
    seconds : float
        That the page stood open.
    before : int, optional
        Number of a page: the stimuli on the next page behind it are dealt.

    Returns
    -------
    Sheet
        As it is now.

    Raises
    ------
    NotOpen
        If it was handed in or withdrawn.
    """
    questions, questionnaire = tuple(questions), questionnaire_of(sheet.survey)

    def act() -> Sheet:
        _lock(sheet)
        for one in questions:
            sheet.answers.pop(one.id, None)
        sheet.answers |= {one.id: taken[one.id] for one in questions if one.id in taken}
        sheet.seconds = round((sheet.seconds or 0) + seconds)
        if before is not None and questionnaire.stimuli:
            _deal(sheet, standing(sheet, questionnaire).behind(before))
        statements.write(sheet)
        return sheet

    return committed(act)


def go_on(sheet: Sheet) -> Sheet:
    """Deal the stimuli of the page where she left off, so that it can be opened."""
    questionnaire = questionnaire_of(sheet.survey)

    def act() -> Sheet:
        _lock(sheet)
        _deal(sheet, standing(sheet, questionnaire).resume_at)
        statements.write(sheet)
        return sheet

    return committed(act)


def speak(sheet: Sheet, language: str) -> None:
    """Go on in another language."""
    committed(lambda: Sheet.objects.filter(pk=sheet.pk, state=Sheet.State.BEGUN).update(language=language))


def _lock(sheet: Sheet) -> None:
    if not statements.lock(sheet):
        raise NotOpen


def _deal(sheet: Sheet, page: Asked | None) -> None:
    """Deal the variants of a page's stimuli: within a stratum in blocks, each in an order by lot."""
    for one in page.questions if page is not None else ():
        if one.asks or one.id in sheet.variants:
            continue
        stratum = str(sheet.answers.get(one.strata, "")) if one.strata else ""
        row, _ = Draw.objects.select_for_update().get_or_create(
            survey=sheet.survey, stimulus=one.id, stratum=stratum
        )
        Draw.objects.filter(pk=row.pk).update(n=F("n") + 1)
        ids = [variant.id for variant in one.variants]
        block, place = divmod(row.n, len(ids))
        random.Random(f"{sheet.survey.seed}|{one.id}|{stratum}|{block}").shuffle(ids)
        sheet.variants[one.id] = ids[place]


def hand_in(sheet: Sheet, invitee: Invitee | None = None, *, flags: Iterable[str] = ()) -> Sheet:
    """Hand a sheet in: it is closed, and its invitation is spent.

    Parameters
    ----------
    sheet : Sheet
    invitee : Invitee, optional
        Whose personal link opened it; asked for where no path is kept, that is in an anonymous survey.
    flags : iterable of str
        What makes one doubt it, beside what the answers themselves say.

    Returns
    -------
    Sheet
        Handed in; also where it was before.

    Raises
    ------
    NotOpen
        If the survey takes no answers any more, or the sheet was withdrawn.
    Incomplete
        If something is open that has to be answered.
    AlreadyAnswered
        If the invitation is spent, or is not of this survey.
    """
    if sheet.state == Sheet.State.HANDED_IN:
        return sheet
    if sheet.survey.mode != Survey.Mode.ANONYMOUS or sheet.channel != Sheet.Channel.PERSONAL:
        return committed(lambda: _close(sheet, flags, spend=True))
    if invitee is None or invitee.survey_id != sheet.survey_id:
        raise AlreadyAnswered
    # in transactions apart: what is committed together stands together in the database's log
    _check(_fresh(sheet), questionnaire_of(sheet.survey))
    rows = Invitee.objects.filter(pk=invitee.pk)
    if not committed(lambda: rows.filter(answered=False).update(answered=True)):
        return _handed_in_beside(sheet)
    try:
        return committed(lambda: _close(sheet, flags))
    except BaseException:
        committed(lambda: rows.update(answered=False))
        raise


def _close(sheet: Sheet, flags: Iterable[str], *, spend: bool = False) -> Sheet:
    questionnaire, survey = questionnaire_of(sheet.survey), sheet.survey
    if not Survey.objects.filter(pk=survey.pk, state=Survey.State.OPEN).exists():
        raise NotOpen
    now = _only(Sheet.objects.select_for_update().filter(pk=sheet.pk))
    if now is None or now.state == Sheet.State.WITHDRAWN:
        raise NotOpen
    now.survey = survey
    if now.state == Sheet.State.HANDED_IN:
        return now
    _check(now, questionnaire)
    if spend:
        _spend(now)
    _seal(now, questionnaire, flags)
    now.save()
    return now


def _seal(sheet: Sheet, questionnaire: Questionnaire, flags: Iterable[str]) -> None:
    """What counts stays, and nothing else; it is handed in."""
    counted = handed_in(questionnaire, sheet.answers | sheet.variants)
    sheet.flags = sorted({*sheet.flags, *flags, *guards.flags_of(questionnaire, counted, sheet.seconds or 0)})
    sheet.answers = {id: one for id, one in counted.items() if questionnaire.questions[id].asks}
    sheet.department = _asked_department(questionnaire, sheet.answers) or sheet.department
    sheet.seconds = guards.rounded(sheet.seconds or 0)
    sheet.state = Sheet.State.HANDED_IN
    sheet.handed_in_at = None if sheet.survey.mode == Survey.Mode.ANONYMOUS else timezone.now()


def take(
    survey: Survey,
    token: str,
    language: str,
    answers: Mapping[str, Any],
    variants: Mapping[str, str],
    *,
    revision: int,
    seconds: float = 0.0,
) -> Sheet:
    """Take a sheet that was filled in on a kiosk, whole: once, however often it is sent.

    Nobody can be asked again, so what the questionnaire does not take (any more) is left out and the rest
    is kept, also where something is open that has to be answered.

    Parameters
    ----------
    survey : Survey
    token : str
        Chosen by the kiosk; the same one takes nothing anew.
    language : str
    answers, variants : mapping
        As sent; they need not be sound.
    revision : int
        Of the questionnaire that was shown.
    seconds : float
        That it took.

    Raises
    ------
    NotOpen
        If the survey takes no answers (any more), or the sheet was withdrawn.
    """
    if (known := find(survey.address, token)) is not None:
        return _taken(known)
    questionnaire = questionnaire_of(survey)
    sheet = Sheet(
        survey=survey,
        token_hash=tokens.hashed("sheet", token),
        channel=Sheet.Channel.KIOSK,
        revision=min(max(revision, 1), survey.revision),
        language=language_of(questionnaire, language),
        variants={
            one.id: variants[one.id]
            for one in questionnaire.stimuli
            if variants.get(one.id) in [variant.id for variant in one.variants]
        },
        answers=read_answers(tuple(questionnaire.questions.values()), answers)[0],
        begun_at=None,
        seconds=round(seconds),
    )
    _seal(sheet, questionnaire, ())

    def act() -> None:
        if not Survey.objects.filter(pk=survey.pk, state=Survey.State.OPEN).exists():
            raise NotOpen
        sheet.save(force_insert=True)

    try:
        committed(act)
    except IntegrityError:
        known = find(survey.address, token)
        if known is None:
            raise
        return _taken(known)
    return sheet


def _taken(known: Sheet) -> Sheet:
    if known.state == Sheet.State.WITHDRAWN:
        raise NotOpen
    return known


def _spend(sheet: Sheet) -> None:
    """Spend the invitation that a path leads from, if there is one."""
    path = Path.objects.filter(sheet=sheet).first()
    rows = Invitee.objects.filter(pk=path.invitee_id, answered=False) if path is not None else None
    if rows is not None and not rows.update(answered=True):
        raise AlreadyAnswered


def _check(sheet: Sheet, questionnaire: Questionnaire) -> None:
    if (page := standing(sheet, questionnaire).missing) is not None:
        raise Incomplete(page.number)


def _handed_in_beside(sheet: Sheet) -> Sheet:
    """The invitation is spent: by this very sheet, sent twice at once, or by another."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while (now := _fresh(sheet)).state != Sheet.State.HANDED_IN:
        if time.monotonic() > until:
            raise AlreadyAnswered
        time.sleep(0.05)
    return now


def _fresh(sheet: Sheet) -> Sheet:
    now = Sheet.objects.get(pk=sheet.pk)
    now.survey = sheet.survey
    return now


def _asked_department(questionnaire: Questionnaire, answers: Mapping[str, Any]) -> str:
    """The words of the option that says where she works: in one language, so that all say the same."""
    for one in questionnaire.questions.values():
        if one.role == "department" and one.id in answers:
            text = next(option.text for option in one.options if option.id == answers[one.id])
            return (text.nl or text.en)[:120]
    return ""


def withdraw(sheet: Sheet) -> None:
    """Take everything out of a sheet; what is left says only that it was withdrawn.

    Raises
    ------
    InTheTables
        If it is of an anonymous survey and stands in the tables, where it cannot be found again.
    """
    if sheet.survey.mode == Survey.Mode.ANONYMOUS and sheet.flowed:
        raise InTheTables
    committed(
        lambda: Sheet.objects.filter(pk=sheet.pk).update(
            state=Sheet.State.WITHDRAWN,
            answers={},
            variants={},
            segments={},
            department="",
            flags=[],
            seconds=None,
            begun_at=None,
            handed_in_at=None,
        )
    )
