"""A survey's poster: a PDF to be printed."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from verbond.results import LANGUAGES, sentence
from verbond.web.access import for_role
from verbond.web.listening import sheets, showing
from verbond.web.listening.posters import PAPERS, Side, poster
from verbond.web.store.models import Role, Survey
from verbond.web.views.surveys import found

__all__ = ["one"]


@for_role(Role.FACILITATOR)
@require_safe
def one(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """The poster of the open link: `paper` is a4 or a3, `language` a language or "both"."""
    survey = found(request, id)
    paper, wanted = request.GET.get("paper", "a4"), request.GET.get("language", request.language)
    questionnaire = sheets.questionnaire_of(survey)
    spoken = questionnaire.languages or ("en",)
    if paper not in PAPERS or wanted not in (*LANGUAGES, "both"):
        raise Http404
    first = sheets.language_of(questionnaire, request.language if wanted == "both" else wanted)
    languages = [first, *(code for code in spoken if code != first and wanted == "both")]
    address = request.build_absolute_uri(f"/q/{survey.address}/")
    made = poster(survey.company, [_side(survey, code) for code in languages], address, paper)
    answer = HttpResponse(made, content_type="application/pdf")
    name = slugify(f"{survey.company} {paper} {wanted}")[:80]
    answer["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return answer


def _side(survey: Survey, language: str) -> Side:
    questionnaire = sheets.questionnaire_of(survey)
    return Side(
        language,
        showing.words(questionnaire.title, language, survey.company),
        survey.purpose.get(language) or showing.words(questionnaire.introduction, language, survey.company),
        sentence(f"web_kiosk.poster_mode_{survey.mode}", language),
    )
