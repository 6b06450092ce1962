"""A questionnaire as respondents will see it, on a phone and on a desk: nothing of it is kept."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from verbond.listen import AnswerProblem, Asked, Questionnaire, next_page, read_answers
from verbond.listen.answers import way
from verbond.listen.effort import minutes
from verbond.results import LANGUAGES
from verbond.web.access import for_role
from verbond.web.listening import making, showing
from verbond.web.middleware import POLICY
from verbond.web.store.models import Role, Survey
from verbond.web.views.surveys import found, framed

__all__ = ["page", "preview"]

WIDTHS = ("phone", "desk")
MOST_CARRIED = 200_000
"""Characters of the answers that go from page to page."""


@for_role(Role.FACILITATOR)
@require_safe
def preview(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """A frame as wide as a phone or a desk, with the questionnaire in it."""
    survey = found(request, id)
    asked = making.questionnaire_of(survey)
    width = request.GET.get("width", "")
    context = framed(
        request,
        survey,
        "questions",
        width=width if width in WIDTHS else WIDTHS[0],
        widths=WIDTHS,
        spoken_in=_language(asked, request.GET.get("language", ""), request.language),
        variant=_variant(request),
        n_variants=max((len(one.variants) for one in asked.stimuli), default=0),
    )
    answer = render(request, "surveys/preview.html", context)
    answer["Content-Security-Policy"] = f"{POLICY}; frame-src 'self'"
    return answer


@for_role(Role.FACILITATOR)
def page(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """One page of it, in the frame: the answers go along in the form and nowhere else."""
    survey = found(request, id)
    asked = making.questionnaire_of(survey)
    if "draft" in request.POST:
        return HttpResponse(status=204)
    given = (
        request.POST.get("language") or request.POST.get("trial_language") or request.GET.get("language", "")
    )
    language = _language(asked, given, request.language)
    dealt = {one.id: one.variants[_variant(request) % len(one.variants)].id for one in asked.stimuli}
    answers = _carried(asked, request.POST.get("carried", "")) | dealt
    with translation.override(language):
        answer = _answer(request, survey, asked, answers, language)
    answer["Content-Security-Policy"] = POLICY.replace("frame-ancestors 'none'", "frame-ancestors 'self'")
    answer["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def _answer(
    request: HttpRequest, survey: Survey, asked: Questionnaire, answers: dict[str, Any], language: str
) -> HttpResponse:
    if request.method != "POST":
        return _welcome(request, survey, asked, language)
    at = next((one for one in way(asked, answers) if str(one.number) == request.POST.get("at")), None)
    if at is None:
        return _shown(request, survey, asked, next_page(asked, answers), answers, language)
    taken, problems = read_answers(at.questions, showing.given_of(at.questions, request.POST))
    answers = {
        id: one for id, one in answers.items() if id not in {q.id for q in at.questions if q.asks}
    } | taken
    pages = list(way(asked, answers))
    if request.POST.get("language"):
        return _shown(request, survey, asked, at, answers, language)
    if request.POST.get("go") == "back":
        before = [one for one in pages if one.number < at.number]
        return _shown(request, survey, asked, before[-1] if before else at, answers, language)
    if problems:
        return _shown(request, survey, asked, at, answers, language, problems)
    return _shown(request, survey, asked, next_page(asked, answers, at.number), answers, language)


def _welcome(request: HttpRequest, survey: Survey, asked: Questionnaire, language: str) -> HttpResponse:
    personal = survey.invitees.exists()
    context = {
        "survey": survey,
        "company": survey.company,
        "title": showing.words(asked.title, language, survey.company),
        "introduction": showing.words(asked.introduction, language, survey.company),
        "purpose": survey.purpose.get(language) or next(iter(survey.purpose.values()), ""),
        "languages": asked.languages,
        "minutes": minutes(asked, language),
        "mode": f"{survey.mode}_{'personal' if personal else 'open'}",
        "department": "",
        "months": survey.keep_months or survey.organisation.retention.get("answers"),
        "known": None,
        "stamp": "",
        "honeypot": "trial_name",
        "channel": "",
        "origins": (),
        "trial_language": language,
    }
    return render(request, "surveys/trial_welcome.html", context)


def _shown(
    request: HttpRequest, survey: Survey, asked: Questionnaire, at: Asked | None, answers: dict[str, Any],
    language: str, problems: tuple[AnswerProblem, ...] = (),
) -> HttpResponse:  # fmt: skip
    around = {"survey": survey, "company": survey.company, "languages": asked.languages, "origins": ()}
    around |= {"trial_language": language, "trial": True, "sheet_address": "", "stamp": ""}
    if at is None:
        thanks = showing.words(asked.thanks, language, survey.company)
        return render(request, "surveys/trial_end.html", around | {"thanks": thanks, "languages": ()})
    pages = list(way(asked, answers))
    posted = request.POST if problems else None
    questions = showing.shown(
        at.questions, answers, survey.company, language, posted=posted, problems=problems
    )
    context = around | {
        "title": showing.words(at.page.title, language, survey.company),
        "study": showing.words(asked.title, language, survey.company),
        "text": showing.words(at.page.text, language, survey.company),
        "questions": questions,
        "wrong": [one for one in questions if one.wrong],
        "place": next(k for k, one in enumerate(pages, start=1) if one.number == at.number),
        "of": len(pages),
        "about": any(one.asked_if is not None for one in asked.pages),
        "pictures": f"/q/{survey.address}/pictures/",
        "at": at.number,
        "carried": json.dumps({id: one for id, one in answers.items() if asked.questions[id].asks}),
    }
    return render(request, "surveys/trial_page.html", context, status=422 if problems else 200)


def _carried(asked: Questionnaire, text: str) -> dict[str, Any]:
    """The answers of earlier pages, as far as they can be answers."""
    try:
        given = json.loads(text[:MOST_CARRIED]) if text else {}
    except (ValueError, RecursionError):
        given = {}
    if not isinstance(given, dict):
        return {}
    try:
        return read_answers(tuple(asked.questions.values()), given)[0]
    except TypeError:  # a list where a text belongs
        return {}


def _variant(request: HttpRequest) -> int:
    said = request.GET.get("variant", "")
    return int(said) if said.isdecimal() and len(said) < 3 else 0


def _language(asked: Questionnaire, *wanted: str) -> str:
    spoken = asked.languages or LANGUAGES
    return next((one for one in wanted if one in spoken), spoken[0])
