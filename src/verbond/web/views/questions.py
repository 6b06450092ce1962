"""The builder: pages and questions in order, changed one at a time, with and without script."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from verbond.listen import Page, Question, Questionnaire
from verbond.listen.effort import LONG_MINUTES, effort, minutes
from verbond.results import LANGUAGES
from verbond.web.access import for_role, public
from verbond.web.listening import changing, making, pictures
from verbond.web.listening.questions_form import (
    PageForm,
    QuestionForm,
    WordsForm,
    filled,
    offered,
    preset,
)
from verbond.web.store import asking
from verbond.web.store.acts import note
from verbond.web.store.models import Role, Survey
from verbond.web.views.surveys import found, framed

__all__ = [
    "addition",
    "collection",
    "dropped",
    "example",
    "item",
    "item_place",
    "item_removal",
    "page",
    "page_place",
    "page_removal",
    "picture",
    "printed",
    "words",
]  # fmt: skip

LONG_PAGE_SECONDS = 120
"""A page that takes longer is better cut in two."""


@for_role(Role.FACILITATOR)
@require_safe
def collection(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Everything that is asked, in order."""
    return _shown(request, found(request, id))


@for_role(Role.FACILITATOR)
def words(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """What stands before the first question and behind the last."""
    survey = found(request, id)
    form = WordsForm(_posted(request), asked=making.questionnaire_of(survey))
    if form.is_bound and form.is_valid() and _changed(request, survey, form.put_into, form):
        return _back(request, survey)
    return _form(request, survey, "words", form)


@for_role(Role.FACILITATOR)
def addition(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """A new question: of which kind and on which page stands in the address."""
    survey = found(request, id)
    asked = making.questionnaire_of(survey)
    kind, page = request.GET.get("kind", ""), request.GET.get("page", "")
    on_page = next((one for one in asked.pages if one.id == page), None)
    if kind not in offered(asked.group) or (page and on_page is None):
        raise Http404
    form = QuestionForm(
        _posted(request), request.FILES or None, question=preset(kind, asked.group), group=asked.group,
        earlier=_earlier(survey, asked, page),
    )  # fmt: skip
    before = set(asked.questions)
    if form.is_bound and form.is_valid():
        form.keep_pictures(request.organisation.pk)
        changed = _changed(request, survey, lambda now: changing.add_question(now, form.made, page), form)
        if changed is not None:
            fresh = [one for one in making.questionnaire_of(changed).questions if one not in before]
            return _back(request, survey, fresh[-1] if fresh else "")
    return _form(request, survey, "item", form, question=form.question, is_new=True, on_page=on_page)


@for_role(Role.FACILITATOR)
@require_POST
def example(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Add the folder experiment, ready to be asked."""
    survey = found(request, id)
    return _moved(request, survey, changing.with_folder_experiment, "folder")


@for_role(Role.FACILITATOR)
@require_POST
def dropped(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """What could not be taken over from a file was seen to."""
    survey = found(request, id)
    making.dismiss_dropped(survey)
    return _back(request, survey)


@for_role(Role.FACILITATOR)
def page(request: HttpRequest, id: uuid.UUID, page: str) -> HttpResponse:
    """A page's heading, its words, and when it is asked."""
    survey = found(request, id)
    asked = making.questionnaire_of(survey)
    there = next((one for one in asked.pages if one.id == page), None)
    if there is None:
        raise Http404
    form = PageForm(
        _posted(request), page=there, earlier=_earlier(survey, asked, page),
        frozen=survey.opened_at is not None,
    )  # fmt: skip
    if form.is_bound and form.is_valid():
        title, text = form.text("title"), form.text("text")
        if _changed(
            request, survey, lambda now: changing.put_page(now, page, title, text, form.asked_if), form
        ):
            return _back(request, survey, page)
    return _form(request, survey, "page", form, page=there, number=asked.pages.index(there) + 1)


@for_role(Role.FACILITATOR)
def item(request: HttpRequest, id: uuid.UUID, item: str) -> HttpResponse:
    """One question."""
    survey = found(request, id)
    asked = making.questionnaire_of(survey)
    there = next((one for one in asked.pages if item in {q.id for q in one.questions}), None)
    if there is None:
        raise Http404
    form = QuestionForm(
        _posted(request), request.FILES or None, question=asked.questions[item], group=asked.group,
        earlier=_earlier(survey, asked, there.id), frozen=survey.opened_at is not None,
    )  # fmt: skip
    if form.is_bound and form.is_valid():
        form.keep_pictures(request.organisation.pk)
        if _changed(request, survey, lambda now: changing.put_question(now, form.made), form):
            return _back(request, survey, item)
    return _form(request, survey, "item", form, question=form.question, is_new=False, on_page=there)


@for_role(Role.FACILITATOR)
@require_POST
def page_place(request: HttpRequest, id: uuid.UUID, page: str) -> HttpResponse:
    """Move a page one place."""
    up = request.POST.get("to") != "down"
    return _moved(request, found(request, id), lambda now: changing.move_page(now, page, up=up), page)


@for_role(Role.FACILITATOR)
@require_POST
def page_removal(request: HttpRequest, id: uuid.UUID, page: str) -> HttpResponse:
    """Take a page out, with its questions."""
    return _moved(request, found(request, id), lambda now: changing.remove_page(now, page))


@for_role(Role.FACILITATOR)
@require_POST
def item_place(request: HttpRequest, id: uuid.UUID, item: str) -> HttpResponse:
    """Move a question one place."""
    up = request.POST.get("to") != "down"
    return _moved(request, found(request, id), lambda now: changing.move_question(now, item, up=up), item)


@for_role(Role.FACILITATOR)
@require_POST
def item_removal(request: HttpRequest, id: uuid.UUID, item: str) -> HttpResponse:
    """Take a question out."""
    return _moved(request, found(request, id), lambda now: changing.remove_question(now, item))


@for_role(Role.FACILITATOR)
@require_safe
def printed(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """The questionnaire as a page for paper."""
    return render(request, "surveys/printed.html", framed(request, found(request, id), "questions"))


@public
@require_safe
def picture(request: HttpRequest, address: str, digest: str) -> HttpResponse:
    """A picture that a stimulus of the survey at this address shows."""
    survey = asking.survey_at(address)
    kept = pictures.picture_of(survey, digest) if survey is not None else None
    if kept is None:
        raise Http404
    answer = HttpResponse(kept.content, content_type=kept.content_type)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "private, max-age=86400, immutable"
    return answer


# what they share


def _earlier(survey: Survey, asked: Questionnaire, page: str) -> tuple[Question, ...]:
    return filled(changing.earlier_than(asked, page), survey.company)


def _posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _changed(
    request: HttpRequest, survey: Survey, act: Callable[[Questionnaire], Questionnaire], form: Any
) -> Survey | None:
    """The survey with its questionnaire changed; None, and said in the form, where that cannot be."""
    try:
        now = changing.change(survey, act)
    except changing.Refused as refused:
        form.add_error(None, refused.reason.sentence(request.language))
        return None
    note(request, "survey_changed", now.name, survey=str(now.pk), revision=now.revision)
    return now


def _moved(
    request: HttpRequest, survey: Survey, act: Callable[[Questionnaire], Questionnaire], at: str = ""
) -> HttpResponse:
    """Back to all questions, at the one that moved; or what stands in the way."""
    try:
        now = changing.change(survey, act)
    except changing.Refused as refused:
        if refused.reason.code.endswith("_gone"):
            raise Http404 from None
        return _shown(request, survey, wrong=refused.reason)
    note(request, "survey_changed", now.name, survey=str(now.pk), revision=now.revision)
    return _back(request, survey, at)


def _back(request: HttpRequest, survey: Survey, at: str = "") -> HttpResponse:
    address = reverse("survey_questions", kwargs={"organisation": request.organisation.slug, "id": survey.pk})
    return redirect(f"{address}#{at}" if at else address)


def _form(request: HttpRequest, survey: Survey, what: str, form: Any, **more: Any) -> HttpResponse:
    context = framed(request, survey, "questions", form=form, frozen=survey.opened_at is not None, **more)
    return render(request, f"surveys/{what}.html", context, status=422 if form.is_bound else 200)


def _shown(request: HttpRequest, survey: Survey, **wrong: Any) -> HttpResponse:
    context = framed(request, survey, "questions", wrong=None)
    asked: Questionnaire = context["asked"]
    takes = effort(asked, request.language)
    context |= {
        "frozen": survey.opened_at is not None,
        "dropped": making.dropped_of(survey),
        "presets": offered(asked.group),
        "pages": [_page_shown(one, takes.seconds_by_page[one.id]) for one in asked.pages],
        "minutes": (max(1, round(takes.low)), minutes(asked, request.language), math.ceil(takes.high)),
        "burdens": takes.reasons,
        "is_long": takes.minutes > LONG_MINUTES,
        "lacking": {code: len(asked.missing(code)) for code in LANGUAGES if asked.missing(code)},
        "words_lack": [code for code in LANGUAGES if changing.lacks(asked, code)],
    }
    return render(request, "surveys/questions.html", context | wrong, status=422 if wrong else 200)


def _page_shown(page: Page, seconds: float) -> dict[str, Any]:
    return {
        "of": page,
        "minutes": seconds / 60,
        "is_long": seconds > LONG_PAGE_SECONDS,
        "lacks": [code for code in LANGUAGES if changing.lacks(page, code)],
        "questions": [_question_shown(one) for one in page.questions],
    }


def _question_shown(one: Question) -> dict[str, Any]:
    return {"of": one, "lacks": [code for code in LANGUAGES if changing.lacks(one, code)]}
