"""The kiosk: its page, its worker, what it sends; where facilitators find it, the poster and the frame."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from markupsafe import Markup

from verbond.listen import Page, Questionnaire
from verbond.listen.effort import minutes
from verbond.results import Language
from verbond.results.wording import entries
from verbond.version import __version__
from verbond.web.access import for_role, public
from verbond.web.assets import asset, asset_url
from verbond.web.listening import embedding, guards, kiosk, sheets, showing
from verbond.web.middleware import POLICY
from verbond.web.people.limits import Limit, address_of, spend
from verbond.web.store.acts import note
from verbond.web.store.models import Role, Survey
from verbond.web.views.surveys import found, framed

__all__ = ["page", "places", "removal", "taking", "worker"]

GUESSING = Limit("guessing a kiosk", 30, 3600)
_FILES = (
    *(f"{name}.css" for name in ("answering", "kiosk")),
    *(f"{name}.js" for name in ("kiosk", "way", "kiosk-store", "values")),
)
_WORDS = (
    "hand_in", "later", "closed", "withdrawn", "not_kept", "waits_one", "waits_other", "left_one",
    "left_other", "still", "still_here", "stop", "place", "wrong_long",
)  # fmt: skip
_ANSWERING_WORDS = ("next", "wrong_required", "wrong_unknown", "wrong_twice", "wrong_all")


def _survey(request: HttpRequest, address: str, token: str) -> Survey:
    survey = kiosk.find(address, token)
    if survey is None or survey.state == Survey.State.DRAFT:
        spend(GUESSING, address_of(request))
        raise Http404
    return survey


# the device


@public
@require_safe
def page(request: HttpRequest, address: str, token: str) -> HttpResponse:
    """The whole questionnaire in both languages, for the script to show."""
    survey = _survey(request, address, token)
    questionnaire = sheets.questionnaire_of(survey)
    languages = questionnaire.languages or ("en",)
    first = sheets.language_of(questionnaire, request.language)
    context = {
        "survey": survey,
        "company": survey.company,
        "first": first,
        "languages": languages,
        "door": sheets.door(survey),
        "version": _version(survey),
        "title": showing.words(questionnaire.title, first, survey.company),
        "rules": json.dumps(kiosk.rules(survey, questionnaire), separators=(",", ":")),
        "words": json.dumps({code: _words(code) for code in languages}),
        "screens": [_screens(survey, questionnaire, code) for code in languages],
    }
    with translation.override(first):
        answer = render(request, "kiosk/page.html", context)
    answer["Content-Security-Policy"] = POLICY.replace("worker-src 'none'", "worker-src 'self'")
    return answer


def _version(survey: Survey) -> str:
    parts = (
        survey.revision, survey.company, survey.mode, survey.basis, survey.purpose, survey.contact,
        survey.keep_months, survey.settings, sheets.door(survey), __version__, *map(asset_url, _FILES),
    )  # fmt: skip
    return kiosk.version(json.dumps(parts).encode())


def _words(language: Language) -> dict[str, str]:
    known = entries(language)
    ours = {name: known[f"web_kiosk.{name}"] for name in _WORDS}
    return ours | {name: known[f"web_answering.{name}"] for name in _ANSWERING_WORDS}


def _screens(survey: Survey, questionnaire: Questionnaire, language: Language) -> Any:
    company = survey.company

    def said(text: Any) -> str:
        return showing.words(text, language, company)

    context = {
        "survey": survey,
        "company": company,
        "mode": survey.mode,
        "title": said(questionnaire.title),
        "introduction": said(questionnaire.introduction),
        "thanks": said(questionnaire.thanks),
        "purpose": survey.purpose.get(language) or next(iter(survey.purpose.values()), ""),
        "minutes": minutes(questionnaire, language),
        "months": survey.keep_months or survey.organisation.retention.get("answers"),
        "pictures": f"/q/{survey.address}/pictures/",
        "pages": [
            {
                "title": said(one.title),
                "text": said(one.text),
                "questions": _questions(one, company, language),
            }
            for one in questionnaire.pages
        ],
    }
    with translation.override(language):
        return Markup(render_to_string("kiosk/screens.html", context))


def _questions(page: Page, company: str, language: Language) -> list[tuple[str, showing.Shown]]:
    """Each question; each variant of a stimulus."""
    return [
        (variant, showing.shown([one], {one.id: variant} if variant else {}, company, language)[0])
        for one in page.questions
        for variant in ([variant.id for variant in one.variants] or [""])
    ]


@public
@require_safe
def worker(request: HttpRequest, address: str, token: str) -> HttpResponse:
    """The service worker: of this one kiosk's address, and no other page."""
    survey = _survey(request, address, token)
    pictures = {
        variant.picture
        for one in sheets.questionnaire_of(survey).stimuli
        for variant in one.variants
        if variant.picture
    }
    here = reverse("kiosk", kwargs={"address": address, "token": token})
    keep = [here, *map(asset_url, _FILES), *(f"/q/{address}/pictures/{one}/" for one in sorted(pictures))]
    name = f"verbond-kiosk-{survey.address} {_version(survey)}"
    code = asset("kiosk-worker.js")
    assert code is not None
    head = f"const PAGE = {json.dumps(here)}, KEEP = {json.dumps(keep)}, NAME = {json.dumps(name)};\n"
    return HttpResponse(head.encode() + code.content, content_type="text/javascript; charset=utf-8")


@public
@csrf_exempt
@require_POST
def taking(request: HttpRequest, address: str, token: str) -> HttpResponse:
    """Take one sheet. A form of another site cannot say that it is JSON, and lacks the token besides."""
    survey = _survey(request, address, token)
    if request.content_type != "application/json":
        return JsonResponse({"wrong": "content type"}, status=415)
    guards.let_begin(address_of(request))  # counted in memory: no moment of a sheet is written down
    try:
        kiosk.take(survey, request.body)
    except kiosk.Unsound:
        return JsonResponse({"wrong": "body"}, status=400)
    except sheets.NotOpen:
        return JsonResponse({"wrong": "closed"}, status=409)
    return JsonResponse({"version": _version(survey)})


# facilitators


@for_role(Role.FACILITATOR)
def places(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """The poster, the kiosk and the frame of a survey; a POST makes a kiosk link, shown once."""
    survey = found(request, id)
    site = request.build_absolute_uri("/").rstrip("/")
    link = ""
    if request.method == "POST" and survey.state != Survey.State.DRAFT:
        token = kiosk.make_link(survey)
        link = site + reverse("kiosk", kwargs={"address": survey.address, "token": token})
        note(request, "kiosk_opened", survey.name, survey=str(survey.pk))
    questionnaire = sheets.questionnaire_of(survey)
    title = showing.words(questionnaire.title, request.language, survey.company)
    languages = questionnaire.languages or ("en",)
    context = {
        "kiosk_link": link,
        "is_local": urlsplit(site).hostname in ("localhost", "127.0.0.1", "::1"),
        "is_secure": request.is_secure(),
        "link": f"{site}/q/{survey.address}/",
        "posters": [*languages, *(["both"] if len(languages) > 1 else [])],
        "origins": embedding.origins_of(survey),
        "snippet": embedding.snippet(survey, site, title),
    }
    return render(request, "kiosk/places.html", framed(request, survey, "places", **context))


@for_role(Role.FACILITATOR)
@require_POST
def removal(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Withdraw the kiosk's link."""
    survey = found(request, id)
    kiosk.close(survey)
    note(request, "kiosk_closed", survey.name, survey=str(survey.pk))
    return redirect("survey_places", organisation=request.organisation.slug, id=survey.pk)
