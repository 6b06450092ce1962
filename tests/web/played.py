"""Surveys that are made, opened and answered in a test, as people would."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from verbond.listen import Option, Page, Question, Questionnaire, Variant, own_questionnaire
from verbond.method.types import Text
from verbond.web.listening import invitees, sheets
from verbond.web.listening.invitees import Candidate
from verbond.web.store.models import Invitee, Organisation, Sheet, Survey


def text(words: str) -> Text:
    return Text(en=words, nl=words)


def small(group: str = "customer", *extra: Question) -> Questionnaire:
    """Three questions on trust, one of our own; a question of somebody's own; a stimulus; own words."""
    ours = own_questionnaire("full", group)
    trust = tuple(one for one in ours.questions.values() if one.construct == "trust")[:2]
    care = Question("care", "scale", text("Do we care?"), min=1, max=5, construct="closeness")
    seen = Question(
        "folder",
        "stimulus",
        text("Look"),
        variants=(Variant("price", text("5% off")), Variant("warm", text("Hello"))),
    )
    said = Question("why", "text", text("Why?"))
    like = Question(
        "colour", "choice", text("Colour?"), options=tuple(Option(c, text(c)) for c in ("red", "blue"))
    )
    pages = (Page("one", (*trust, care, *extra)), Page("two", (seen, like, said)))
    return Questionnaire(text("Title"), text("Hello"), text("Thanks"), pages, group, "own_small")


def survey(
    organisation: Organisation,
    mode: str,
    questionnaire: Questionnaire | None = None,
    *,
    people: Sequence[Mapping[str, Any]] = (),
    **fields: Any,
) -> Survey:
    """An open survey, with people asked by name where there are."""
    asked = questionnaire or small()
    made = Survey.objects.create(
        organisation=organisation,
        name=fields.pop("name", "Spring"),
        company="Acme",
        mode=mode,
        state=Survey.State.OPEN,
        opened_at=timezone.now(),
        questionnaire=asked.to_json(),
        wave=fields.pop("wave", "2026-11"),
        basis="interest",
        **fields,
    )
    invitees.add(made, (Candidate(**{"email": f"p{n}@example.org", **who}) for n, who in enumerate(people)))
    made.invitees.update(state=Invitee.State.SENT, n_sent=1)
    return made


def reply(questionnaire: Questionnaire, rng: random.Random, **given: Any) -> dict[str, Any]:
    """Answers by lot to everything that is asked; `given` ones stay."""
    said: dict[str, Any] = {}
    for one in questionnaire.questions.values():
        match one.kind:
            case "scale":
                said[one.id] = rng.randint(one.min, one.max)
            case "choice":
                said[one.id] = rng.choice(one.options).id
            case "values":
                ids = [value.id for value in _circle()]
                said[one.id] = {side: {id: rng.randint(1, 7) for id in ids} for side in one.sides}
            case "text":
                said[one.id] = f"words {rng.randrange(10**9)}"
    return said | given


def leaning(questionnaire: Questionnaire, rng: random.Random, lean: float | None = None) -> dict[str, Any]:
    """Scales answered by somebody who thinks so much of the company: high, or low."""
    lean = rng.uniform(0.2, 0.8) if lean is None else lean
    given = {}
    for one in questionnaire.questions.values():
        if one.kind == "scale":
            share = min(1.0, max(0.0, rng.gauss(lean, 0.15)))
            said = one.min + round(share * (one.max - one.min))
            given[one.id] = one.min + one.max - said if one.reversed else said
    return given


def _circle() -> Any:
    from verbond.method import CIRCLE

    return CIRCLE


def answer(
    survey: Survey,
    invitee: Invitee | None = None,
    *,
    rng: random.Random | None = None,
    hand_in: bool = True,
    channel: str = "",
    language: str = "en",
    **given: Any,
) -> tuple[Sheet, str]:
    """One respondent, page by page, as the pages do it; returns the sheet and its token."""
    asked = sheets.questionnaire_of(survey)
    replies = reply(asked, rng or random.Random(), **given)
    channel = channel or ("personal" if invitee is not None else "link")
    sheet, token = sheets.begin(survey, channel, language, invitee)
    number = -1
    while (page := sheets.standing(sheet, asked).behind(number)) is not None:
        asks = [one for one in page.questions if one.asks]
        taken = {one.id: replies[one.id] for one in asks if replies.get(one.id) is not None}
        sheet = sheets.save(sheet, asks, taken, seconds=40, before=page.number)
        number = page.number
    return (sheets.hand_in(sheet, invitee) if hand_in else sheet), token
