"""A questionnaire before who answers it: the welcome, one page after another, handing in, taking back.

Who knows the address may answer; the token in it opens one sheet. To look changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from verbond.listen import Asked, read_answers
from verbond.listen.effort import minutes
from verbond.results import LANGUAGES
from verbond.web.access import public
from verbond.web.listening import embedding, guards, invitees, sheets, showing
from verbond.web.people.limits import TooOften, address_of
from verbond.web.store.surveys import Invitee, Sheet, Survey

__all__ = ["handing_in", "page", "personal", "welcome", "withdrawal"]

SHEET, INVITATION = "sheet", "invitation"
"""Cookies, each for one survey alone: to go on in the same browser; to spend an invitation at the end."""
KEPT_SECONDS = 60 * 60 * 24 * 30
View = Callable[..., HttpResponse]
_STATUS = {"draft": 404, "closed": 410, "over": 410, "full": 410}


def _answering(view: View) -> View:
    """For everybody who has the address. A form may come from any page: its token is in the address."""

    @wraps(view)
    def checked(request: HttpRequest, address: str, *args: Any, **kwargs: Any) -> HttpResponse:
        request.language = request.language if request.language in LANGUAGES else "en"
        try:
            return view(request, address, *args, **kwargs)
        except sheets.NotOpen:
            return _message(request, None, "closed_sheet", 409)
        except TooOften as refused:
            answer = _message(request, None, "too_often", 429)
            answer["Retry-After"] = str(refused.seconds or 60)
            return answer

    return public(csrf_exempt(require_http_methods(["GET", "HEAD", "POST"])(checked)))


# the welcome


@_answering
def welcome(request: HttpRequest, address: str) -> HttpResponse:
    """The open link: who asks what, why, and what becomes of it; a POST begins a sheet."""
    survey = _survey(address)
    if survey is None or not survey.settings.get("open_link", True):
        return _message(request, survey, "unknown", 404)
    return _welcome(request, survey, None, "")


@_answering
def personal(request: HttpRequest, address: str, token: str) -> HttpResponse:
    """The same, by a link of one's own."""
    survey = _survey(address)
    invitee = invitees.find(token, survey) if survey is not None else None
    if survey is None or invitee is None:
        return _message(request, survey, "unknown", 404)
    return _welcome(request, survey, invitee, token)


def _survey(address: str) -> Survey | None:
    return Survey.objects.select_related("organisation").filter(address=address).first()


def _welcome(request: HttpRequest, survey: Survey, invitee: Invitee | None, token: str) -> HttpResponse:
    questionnaire = sheets.questionnaire_of(survey)
    wanted = (request.POST if request.method == "POST" else request.GET).get("language", "")
    asked = (wanted, invitee.language if invitee is not None else "", request.language)
    request.language = sheets.language_of(questionnaire, *asked)
    known = _begun(request, survey, invitee)
    if (refused := _spent(request, survey, invitee, known)) is not None:
        return refused
    door = sheets.door(survey)
    if door != "open":
        return _message(request, survey, door, _STATUS[door], begun=known)
    if request.method == "POST":
        return _begin(request, survey, invitee, token)
    context = {
        "title": showing.words(questionnaire.title, request.language, survey.company),
        "introduction": showing.words(questionnaire.introduction, request.language, survey.company),
        "purpose": survey.purpose.get(request.language) or next(iter(survey.purpose.values()), ""),
        "languages": questionnaire.languages,
        "minutes": minutes(questionnaire, request.language),
        "mode": _mode(survey, invitee),
        "department": _travels(survey, invitee),
        "months": survey.keep_months or survey.organisation.retention.get("answers"),
        "known": known,
        "stamp": guards.stamp(survey.address),
        "honeypot": guards.HONEYPOT,
        "channel": "embed" if "embed" in request.GET else "",
    }
    return _render(request, survey, "welcome", context)


def _begun(request: HttpRequest, survey: Survey, invitee: Invitee | None) -> tuple[Sheet, str] | None:
    """The sheet that was begun or handed in, and its token: hers by a path, else this browser's."""
    if invitee is not None and survey.mode != Survey.Mode.ANONYMOUS:
        return sheets.begun_by(survey, invitee)
    token = request.COOKIES.get(SHEET, "")
    sheet = sheets.find(survey.address, token) if token else None
    return (sheet, token) if sheet is not None and sheet.state != Sheet.State.WITHDRAWN else None


def _spent(
    request: HttpRequest, survey: Survey, invitee: Invitee | None, known: tuple[Sheet, str] | None
) -> HttpResponse | None:
    """What is said to who was asked by name and has answered, or withdrawn it."""
    if invitee is None:
        return None
    status = 200 if request.method != "POST" else 409
    if known is not None and known[0].state == Sheet.State.WITHDRAWN:
        return _message(request, survey, "withdrawn", status)
    if invitee.answered:
        return _message(request, survey, "answered", status, begun=known)
    return None


def _mode(survey: Survey, invitee: Invitee | None) -> str:
    """Which sentences say truly what is known of who answers."""
    return f"{survey.mode}_{'open' if invitee is None else 'personal'}"


def _travels(survey: Survey, invitee: Invitee | None) -> str:
    return sheets.department_of(survey, invitee)


def _begin(request: HttpRequest, survey: Survey, invitee: Invitee | None, token: str) -> HttpResponse:
    guards.let_begin(address_of(request))
    seen = guards.opened_seconds(survey.address, request.POST.get("stamp", ""))
    robot = seen is None or bool(request.POST.get(guards.HONEYPOT))
    channel = Sheet.Channel.LINK if invitee is None else Sheet.Channel.PERSONAL
    if invitee is None and request.POST.get("channel") == "embed" and survey.settings.get("embed"):
        channel = Sheet.Channel.EMBED
    flags = ["robot"] if robot else []
    sheet, opens = sheets.begin(survey, channel, request.language, invitee, flags=flags)
    answer = _onward(survey, sheet, opens)
    _keep(answer, survey, SHEET, opens)
    if invitee is not None and survey.mode == Survey.Mode.ANONYMOUS:
        _keep(answer, survey, INVITATION, token)
    return answer


def _keep(answer: HttpResponse, survey: Survey, name: str, token: str) -> None:
    answer.set_cookie(
        name, token, max_age=KEPT_SECONDS, path=f"/q/{survey.address}/", httponly=True, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip


# the sheet


def _opened(view: View) -> View:
    """Give the view the sheet that its address opens, in the language in which she answers."""

    @wraps(view)
    def checked(request: HttpRequest, address: str, token: str, *args: Any, **kwargs: Any) -> HttpResponse:
        sheet = sheets.find(address, token)
        if sheet is None:
            return _message(request, _survey(address), "unknown", 404)
        request.language, request.token = sheet.language, token
        return view(request, sheet, token, *args, **kwargs)

    return _answering(checked)


@_opened
def page(request: HttpRequest, sheet: Sheet, token: str, page: int | None = None) -> HttpResponse:
    """One page of questions; a POST saves it and leads on."""
    if (refused := _shut(request, sheet, token)) is not None:
        return refused
    questionnaire = sheets.questionnaire_of(sheet.survey)
    stands = sheets.standing(sheet, questionnaire)
    if page is None:
        if request.method == "POST":
            sheet = sheets.go_on(sheet)
            stands = sheets.standing(sheet, questionnaire)
        return _to_page(request, sheet, token, stands)
    asked = next((one for one in stands.reachable if one.number == page - 1), None)
    if asked is None:
        return _to_page(request, sheet, token, stands)
    if request.method == "POST":
        return _saved(request, sheet, token, asked)
    return _shown(request, sheet, asked, stands)


def _shut(request: HttpRequest, sheet: Sheet, token: str) -> HttpResponse | None:
    """What is said where a sheet takes no answers."""
    status = 200 if request.method != "POST" else 409
    if sheet.state == Sheet.State.WITHDRAWN:
        return _message(request, sheet.survey, "withdrawn", status)
    if sheet.state == Sheet.State.HANDED_IN:
        if request.method == "POST":
            return _message(request, sheet.survey, "closed_sheet", 409)
        return redirect(_address(sheet, token) + "handing-in/")
    door = sheets.door(sheet.survey, begun=True)
    if door != "open":
        return _message(request, sheet.survey, door, _STATUS[door], begun=(sheet, token))
    return None


def _address(sheet: Sheet, token: str) -> str:
    return f"/q/{sheet.survey.address}/s/{token}/"


def _onward(survey: Survey, sheet: Sheet, token: str) -> HttpResponse:
    sheet.survey = survey
    return redirect(_address(sheet, token))


def _to_page(request: HttpRequest, sheet: Sheet, token: str, stands: sheets.Standing) -> HttpResponse:
    """Where she left off, or the page before it: a stimulus is dealt when that is sent, never by looking."""
    at, reached = stands.resume_at, stands.reachable
    if at is None:
        return redirect(_address(sheet, token) + "handing-in/")
    if reached:
        at = at if at in reached else reached[-1]
        return redirect(f"{_address(sheet, token)}{at.number + 1}/")
    return _render(request, sheet.survey, "onward", {"sheet_address": _address(sheet, token)})


def _saved(request: HttpRequest, sheet: Sheet, token: str, asked: Asked) -> HttpResponse:
    posted = request.POST
    given = showing.given_of(asked.questions, posted) | {posted.get("clear", ""): None}
    taken, problems = read_answers(asked.questions, given)
    draft, language, back = "draft" in posted, posted.get("language", ""), posted.get("go") == "back"
    stays = draft or language or back or "clear" in posted
    seconds = 0.0 if draft else guards.opened_seconds(_subject(sheet, asked), posted.get("stamp", "")) or 0.0
    wrong = [one for one in problems if not (stays and one.code == "required")]
    kept = [one for one in asked.questions if one.id not in {p.question for p in wrong}]
    sheet = sheets.save(sheet, kept, taken, seconds=seconds, before=None if stays or wrong else asked.number)
    if draft:
        return HttpResponse(status=204)
    questionnaire = sheets.questionnaire_of(sheet.survey)
    if language in questionnaire.languages:
        sheets.speak(sheet, language)
        request.language = sheet.language = language
    stands = sheets.standing(sheet, questionnaire)
    if wrong and not back:
        return _shown(request, sheet, asked, stands, posted=posted, problems=wrong, status=422)
    return redirect(_next(sheet, token, asked, stands, back=back, stays=bool(stays) and not back))


def _next(sheet: Sheet, token: str, asked: Asked, stands: sheets.Standing, *, back: bool, stays: bool) -> str:
    if stays:
        return f"{_address(sheet, token)}{asked.number + 1}/"
    if back:
        before = [one for one in stands.pages if one.number < asked.number]
        return f"{_address(sheet, token)}{before[-1].number + 1 if before else asked.number + 1}/"
    behind = stands.behind(asked.number)
    return _address(sheet, token) + (f"{behind.number + 1}/" if behind is not None else "handing-in/")


def _subject(sheet: Sheet, asked: Asked) -> str:
    return f"{sheet.token_hash[:16]}/{asked.number}"


def _shown(
    request: HttpRequest,
    sheet: Sheet,
    asked: Asked,
    stands: sheets.Standing,
    *,
    status: int = 200,
    **given: Any,
) -> HttpResponse:
    survey, language = sheet.survey, sheet.language
    questionnaire = sheets.questionnaire_of(survey)
    place = stands.pages.index(next(one for one in stands.pages if one.number == asked.number))
    questions = showing.shown(asked.questions, stands.answers, survey.company, language, **given)
    context = {
        "title": showing.words(asked.page.title, language, survey.company),
        "study": showing.words(questionnaire.title, language, survey.company),
        "text": showing.words(asked.page.text, language, survey.company),
        "questions": questions,
        "wrong": [one for one in questions if one.wrong],
        "languages": questionnaire.languages,
        "place": place + 1,
        "of": len(stands.pages),
        "about": any(one.asked_if is not None for one in questionnaire.pages),
        "stamp": guards.stamp(_subject(sheet, asked)),
        "sheet_address": _address(sheet, request.token),
        "pictures": f"/q/{survey.address}/pictures/",
    }
    return _render(request, survey, "page", context, status)


# handing in and taking back


@_opened
def handing_in(request: HttpRequest, sheet: Sheet, token: str) -> HttpResponse:
    """What was answered, and the button that hands it in; thanks behind it."""
    survey = sheet.survey
    if sheet.state == Sheet.State.HANDED_IN:
        if request.method == "POST":
            return redirect(request.path)
        return _thanks(request, sheet, token)
    if (refused := _shut(request, sheet, token)) is not None:
        return refused
    questionnaire = sheets.questionnaire_of(survey)
    stands = sheets.standing(sheet, questionnaire)
    if (language := request.POST.get("language")) in questionnaire.languages:
        sheets.speak(sheet, language)
        return redirect(request.path)
    if stands.missing is not None:
        return _to_page(request, sheet, token, stands)
    invitee, asks = _invitation(request, sheet)
    if request.method == "POST" and (invitee is not None or not asks):
        return _handed_in(request, sheet, token, invitee)
    said = showing.looked_back(stands, survey.company, sheet.language)
    wrong = request.method == "POST"
    context = {
        "languages": questionnaire.languages,
        "said": said,
        "n": sum(bool(one.answer) for _, _, part in said for one in part),
        "of": sum(len(part) for _, _, part in said),
        "honeypot": guards.HONEYPOT,
        "asks_invitation": asks and invitee is None,
        "wrong": wrong,
        "sheet_address": _address(sheet, token),
    }
    return _render(request, survey, "handing_in", context, 422 if wrong else 200)


def _invitation(request: HttpRequest, sheet: Sheet) -> tuple[Invitee | None, bool]:
    """Who was invited, as her browser remembers it or she says it; and whether that is asked for."""
    asks = sheet.survey.mode == Survey.Mode.ANONYMOUS and sheet.channel == Sheet.Channel.PERSONAL
    if not asks:
        return None, False
    token = request.COOKIES.get(INVITATION, "")
    if "invitation" in request.POST:
        token = request.POST["invitation"].strip().rstrip("/").rsplit("/", 1)[-1]
    return (invitees.find(token, sheet.survey) if token else None), True


def _handed_in(request: HttpRequest, sheet: Sheet, token: str, invitee: Invitee | None) -> HttpResponse:
    flags = ["robot"] if request.POST.get(guards.HONEYPOT) else []
    try:
        sheets.hand_in(sheet, invitee, flags=flags)
    except sheets.AlreadyAnswered:
        return _message(request, sheet.survey, "answered", 409)
    except sheets.Incomplete as missing:
        return redirect(f"{_address(sheet, token)}{missing.page + 1}/")
    answer = redirect(request.path)
    answer.delete_cookie(INVITATION, path=f"/q/{sheet.survey.address}/", samesite="Lax")
    return answer


def _thanks(request: HttpRequest, sheet: Sheet, token: str) -> HttpResponse:
    questionnaire = sheets.questionnaire_of(sheet.survey)
    context = {
        "thanks": showing.words(questionnaire.thanks, sheet.language, sheet.survey.company),
        "languages": (),
        "mode": sheet.survey.mode,
        "sheet_address": _address(sheet, token),
    }
    return _render(request, sheet.survey, "thanks", context)


@_opened
def withdrawal(request: HttpRequest, sheet: Sheet, token: str) -> HttpResponse:
    """Take back what was answered."""
    if sheet.state == Sheet.State.WITHDRAWN:
        return _message(request, sheet.survey, "withdrawn", 200)
    if request.method == "POST":
        try:
            sheets.withdraw(sheet)
        except sheets.InTheTables:
            return _message(request, sheet.survey, "in_the_tables", 409)
        answer = redirect(request.path)
        for name in (SHEET, INVITATION):
            answer.delete_cookie(name, path=f"/q/{sheet.survey.address}/", samesite="Lax")
        return answer
    context = {"sheet": sheet, "sheet_address": _address(sheet, token), "languages": ()}
    return _render(request, sheet.survey, "withdrawal", context)


# pages


def _message(
    request: HttpRequest,
    survey: Survey | None,
    code: str,
    status: int,
    *,
    begun: tuple[Sheet, str] | None = None,
) -> HttpResponse:
    """A page that says one thing, kindly."""
    address = _address(*begun) if begun is not None else ""
    context = {"code": code, "sheet_address": address, "languages": ()}
    return _render(request, survey, "message", context, status)


def _render(
    request: HttpRequest, survey: Survey | None, name: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """A page in the company's name and the respondent's language."""
    around = {"survey": survey, "company": survey.company if survey is not None else ""}
    around["origins"] = embedding.origins_of(survey)
    with translation.override(request.language):
        answer = render(request, f"answering/{name}.html", around | context, status=status)
    answer._has_been_logged = True  # type: ignore[attr-defined]  # nothing about a sheet stands in any log
    return embedding.framed(answer, survey)
