"""A questionnaire with a question of every kind, and surveys that ask it."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from verbond.listen import Questionnaire
from verbond.web.listening import invitees
from verbond.web.people import tokens
from verbond.web.store.models import Organisation
from verbond.web.store.surveys import Invitee, Sheet, Survey


def text(nl: str, en: str | None = None) -> dict[str, str]:
    return {"nl": nl, "en": nl if en is None else en}


ENDS = [text("helemaal niet", "not at all"), text("helemaal wel", "completely")]
EVERY_KIND: dict[str, Any] = {
    "format": 1,
    "title": text("Jij en {company}", "You and {company}"),
    "introduction": text("Een paar vragen.", "A few questions."),
    "thanks": text("Fijn dat je meedeed.", "Good that you took part."),
    "instrument": "own",
    "pages": [
        {
            "id": "first",
            "title": text("Eerst dit", "This first"),
            "questions": [
                {"id": "visit", "kind": "choice", "required": True,
                 "text": text("Kwam je langs?", "Did you visit?"),
                 "options": [{"id": "yes", "text": text("ja", "yes")},
                             {"id": "no", "text": text("nee", "no")}]},
                {"id": "trust", "kind": "scale", "labels": ENDS,
                 "text": text("Ik vertrouw {company}.", "I trust {company}.")},
                {"id": "recommend", "kind": "scale", "min": 0, "max": 10, "labels": ENDS,
                 "text": text("Raad je ons aan?", "Would you recommend us?")},
            ],
        },
        {
            "id": "visited",
            "asked_if": {"tests": [{"question": "visit", "operator": "is", "value": "yes"}]},
            "questions": [
                {"id": "liked", "kind": "several", "text": text("Wat beviel?", "What did you like?"),
                 "options": [{"id": "staff", "text": text("de mensen", "the people")},
                             {"id": "shop", "text": text("de winkel", "the shop")},
                             {"id": "price", "text": text("de prijs", "the price")}]},
                {"id": "order", "kind": "ranking", "text": text("Wat telt het meest?", "What counts most?"),
                 "options": [{"id": "care", "text": text("zorg", "care")},
                             {"id": "speed", "text": text("snelheid", "speed")},
                             {"id": "cost", "text": text("kosten", "cost")}]},
            ],
        },
        {
            "id": "folder",
            "questions": [
                {"id": "leaflet", "kind": "stimulus", "strata": "visit", "text": text(""),
                 "variants": [{"id": "price", "text": text("Nu goedkoper", "Cheaper now")},
                              {"id": "care", "text": text("Wij zorgen voor je", "We care for you")}]},
                {"id": "appeal", "kind": "scale", "min": 1, "max": 5,
                 "text": text("Spreekt dit aan?", "Does this appeal?")},
            ],
        },
        {"id": "ten", "questions": [{"id": "values", "kind": "values", "sides": ["own", "seen"],
                                     "text": text("Wat is belangrijk?", "What matters?")}]},
        {"id": "end", "questions": [
            {"id": "tip", "kind": "text", "longest": 200, "text": text("Een tip?", "A tip?"),
             "help": text("Een paar woorden zijn genoeg.", "A few words will do.")},
            {"id": "age", "kind": "scale", "min": 16, "max": 100, "text": text("Je leeftijd?", "Your age?")},
        ]},
    ],
}  # fmt: skip
PAGES = {"first": 1, "visited": 2, "folder": 3, "ten": 4, "end": 5}


def made_survey(organisation: Organisation, mode: str = "confidential", **given: Any) -> Survey:
    """An open survey that asks a question of every kind."""
    asked = given.pop("questionnaire", EVERY_KIND)
    settings = {"open_link": True, **given.pop("settings", {})}
    return Survey.objects.create(
        organisation=organisation,
        name="Spring",
        mode=mode,
        state=given.pop("state", "open"),
        questionnaire=Questionnaire.from_json(asked).to_json(),
        wave="2026-1",
        settings=settings,
        **{"company": "De Zonnewende", "basis": "interest", "contact": "ann@example.org", **given},
    )


def invited(survey: Survey, **given: Any) -> tuple[Invitee, str]:
    """Somebody who is asked by name, and the address of her link."""
    invitee = Invitee(survey=survey, **given)
    token = invitees.token_of(invitee)
    invitee.token_hash = tokens.hashed("invitee", token)
    invitee.save()
    return invitee, f"/q/{survey.address}/i/{token}/"


def stamp_in(html: str) -> str:
    return re.search(r'name="stamp" value="([^"]+)"', html)[1]


def begun(client: Client, address: str, **given: Any) -> str:
    """Begin as a person does; the address of the sheet."""
    seen = client.get(address).content.decode()
    answer = client.post(address, {"stamp": stamp_in(seen), "language": "nl", **given})
    assert answer.status_code == 302, answer.status_code
    return answer["Location"]


def sheet_of(address: str) -> Sheet:
    """The row behind the address of a sheet."""
    return Sheet.objects.select_related("survey").get(
        token_hash=tokens.hashed("sheet", address.split("/")[4])
    )


def put(client: Client, sheet: str, page: str, follow: bool = False, **answers: Any) -> Any:
    """Send one page."""
    return client.post(
        f"{sheet}{PAGES[page]}/",
        {name.replace("__", "."): one for name, one in answers.items()},
        follow=follow,
    )


VALUES = {f"values__{side}__{value}": "5" for side in ("own", "seen") for value in
          ("universalism", "self_direction", "stimulation", "hedonism", "achievement", "power", "security",
           "conformity", "tradition", "benevolence")}  # fmt: skip


def filled(client: Client, sheet: str) -> None:
    """Answer everything but the last button."""
    put(client, sheet, "first", visit="yes", trust="6", recommend="0")
    put(client, sheet, "visited", liked=["shop", "staff"], order__care="2", order__speed="1", order__cost="3")
    put(client, sheet, "folder", appeal="4")
    put(client, sheet, "ten", **VALUES)
    put(client, sheet, "end", tip="Meer <b>brood</b>", age="44")
