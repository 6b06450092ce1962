"""Answering, from the link to the thanks: every kind of question, branches, languages, resuming."""

from __future__ import annotations

import copy
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.web.answering_world import (
    EVERY_KIND,
    PAGES,
    VALUES,
    begun,
    filled,
    invited,
    made_survey,
    put,
    sheet_of,
    stamp_in,
    text,
)

from verbond.listen import own_questionnaire
from verbond.web.listening import guards, sheets
from verbond.web.store.surveys import Draw, Sheet, Survey

UNKNOWN, TWICE = "Kies een van de antwoorden", "elke plaats maar één keer"
pytestmark = pytest.mark.django_db


@pytest.fixture
def dutch() -> Client:
    return Client(headers={"accept-language": "nl"})


@pytest.fixture
def survey(cast) -> Survey:
    return made_survey(cast.acme)


@pytest.fixture
def sheet(dutch: Client, survey: Survey) -> str:
    return begun(dutch, f"/q/{survey.address}/")


def page(sheet: str, name: str) -> str:
    return f"{sheet}{PAGES[name]}/"


def test_from_the_link_to_the_thanks(dutch, sheet) -> None:
    filled(dutch, sheet)
    seen = dutch.get(f"{sheet}handing-in/").content.decode()
    assert "9 van de 9" in seen
    assert "Meer &lt;b&gt;brood&lt;/b&gt;" in seen
    thanks = dutch.post(f"{sheet}handing-in/", follow=True)
    assert "Fijn dat je meedeed." in thanks.content.decode()
    row = sheet_of(sheet)
    assert row.state == "handed_in"
    assert row.answers == {
        "visit": "yes", "trust": 6, "recommend": 0, "liked": ["staff", "shop"],
        "order": ["speed", "care", "cost"], "appeal": 4, "tip": "Meer <b>brood</b>", "age": 44,
        "values": {side: dict.fromkeys(row.answers["values"][side], 5) for side in ("own", "seen")},
    }  # fmt: skip
    assert len(row.answers["values"]["own"]) == len(row.answers["values"]["seen"]) == 10
    assert row.variants["leaflet"] in ("price", "care")
    assert row.flags == ["fast", "straight"]


# the welcome says what is asked and what becomes of it


def test_the_welcome_says_who_why_how_long_and_what_becomes_of_it(cast, dutch) -> None:
    survey = made_survey(
        cast.acme, "anonymous", purpose=text("Om te leren.", "To learn."), keep_months=9, basis="public"
    )
    for language, words in (
        ("nl", ("De Zonnewende vraagt", "Om te leren.", "Ongeveer", "minuten", "Anoniem.", "9 maanden",
                "publieke taak", "intrekken", "ann@example.org")),
        ("en", ("De Zonnewende would", "To learn.", "About", "minutes", "Anonymous.", "9 months",
                "public task", "withdraw", "ann@example.org")),
    ):  # fmt: skip
        answer = dutch.get(f"/q/{survey.address}/?language={language}")
        seen = answer.content.decode()
        assert answer["Content-Language"] == language
        assert f'<html lang="{language}">' in seen
        for one in words:
            assert one in seen, one
    assert Sheet.objects.count() == 0


@pytest.mark.parametrize("mode", Survey.Mode.values)
def test_each_mode_says_what_is_so_of_each_link(cast, dutch, mode) -> None:
    survey = made_survey(cast.acme, mode)
    _, link = invited(survey, department="Bakkerij", language="en")
    opened = dutch.get(f"/q/{survey.address}/").content.decode()
    personal = dutch.get(link).content.decode()
    assert "Your department" not in personal if mode == "anonymous" else "(Bakkerij)" in personal
    says = {"anonymous": "not what you said", "confidential": "kept apart", "identified": "put beside"}[mode]
    assert says in personal
    assert says not in opened


# one page after another


def test_what_has_to_be_answered_and_what_is_wrong_stands_at_its_field(dutch, sheet) -> None:
    answer = put(dutch, sheet, "first", trust="5", recommend="11")
    seen = answer.content.decode()
    assert answer.status_code == 422
    for field in ("visit", "recommend"):
        assert re.search(rf'id="{field}"[^>]*aria-describedby="[^"]*{field}-wrong"[^>]*aria-invalid', seen)
        assert f'id="{field}-wrong"' in seen
        assert f'href="#{field}"' in seen
    assert "trust-wrong" not in seen
    assert re.search(r'name="trust" value="5" checked', seen)
    assert sheet_of(sheet).answers == {"trust": 5}, "what was right is kept"
    assert dutch.get(page(sheet, "visited"), follow=True).redirect_chain[-1][0] == page(sheet, "first")


@pytest.mark.parametrize(
    ("name", "given", "said", "kept"),
    [
        ("visited", {"order__care": "1", "order__speed": "1", "order__cost": "2"}, TWICE, "selected>1"),
        ("visited", {"order__care": "1"}, "Geef alles een plaats", "selected>1"),
        ("visited", {"order__care": "4", "order__speed": "1", "order__cost": "2"}, UNKNOWN, "selected>2"),
        ("visited", {"liked": ["shop", "cellar"]}, UNKNOWN, 'value="shop" checked'),
        ("end", {"tip": "x" * 201}, "hooguit 200 tekens", "x" * 201),
        ("end", {"age": "12"}, UNKNOWN, 'value="12"'),
        ("ten", {"values__own__power": "8", "values__own__security": "3"}, UNKNOWN, 'value="3" checked'),
    ],
)
def test_every_kind_says_what_is_wrong_and_keeps_what_was_sent(dutch, sheet, name, given, said, kept) -> None:
    put(dutch, sheet, "first", visit="yes")
    put(dutch, sheet, "visited")
    answer = put(dutch, sheet, name, **given)
    seen = answer.content.decode()
    assert answer.status_code == 422
    assert said in seen
    assert kept in seen


def test_branches_follow_the_answers_and_drop_what_is_not_asked_any_more(dutch, sheet) -> None:
    assert put(dutch, sheet, "first", visit="yes")["Location"] == page(sheet, "visited")
    put(dutch, sheet, "visited", liked=["price"])
    assert put(dutch, sheet, "first", visit="no")["Location"] == page(sheet, "folder")
    assert dutch.get(page(sheet, "visited")).status_code == 302
    assert sheet_of(sheet).answers["liked"] == ["price"], "kept for who goes back once more"
    dutch.post(f"{sheet}handing-in/")
    row = sheet_of(sheet)
    assert row.state == "handed_in"
    assert row.answers == {"visit": "no"}


def test_back_saves_and_asks_for_nothing(dutch, sheet) -> None:
    put(dutch, sheet, "first", visit="yes")
    answer = put(dutch, sheet, "visited", liked=["shop"], go="back")
    assert answer["Location"] == page(sheet, "first")
    assert sheet_of(sheet).answers["liked"] == ["shop"]
    assert put(dutch, sheet, "first", go="back")["Location"] == page(sheet, "first")
    assert "visit" not in sheet_of(sheet).answers


def test_an_answer_can_be_cleared_without_script(dutch, sheet) -> None:
    put(dutch, sheet, "first", visit="yes", trust="5")
    answer = put(dutch, sheet, "first", visit="yes", trust="5", clear="trust")
    assert answer["Location"] == page(sheet, "first")
    assert sheet_of(sheet).answers == {"visit": "yes"}


def test_a_draft_keeps_what_can_be_kept_and_says_nothing(dutch, sheet) -> None:
    answer = put(dutch, sheet, "first", trust="5", recommend="99", draft="1")
    assert (answer.status_code, answer.content) == (204, b"")
    assert sheet_of(sheet).answers == {"trust": 5}
    assert sheet_of(sheet).seconds == 0, "time counts when a page is sent"


def test_another_language_keeps_answers_and_place(dutch, sheet) -> None:
    put(dutch, sheet, "first", visit="yes")
    answer = put(dutch, sheet, "visited", liked=["shop"], language="en", follow=True)
    seen = answer.content.decode()
    assert answer.redirect_chain[-1][0] == page(sheet, "visited")
    assert "What did you like?" in seen
    assert re.search(r'value="shop" checked', seen)
    assert '<html lang="en">' in seen
    wrong = put(dutch, sheet, "visited", order__care="1", language="nl")
    assert wrong.status_code == 422
    assert "Wat beviel?" in wrong.content.decode()
    assert put(dutch, sheet, "visited", language="xx")["Location"] == page(sheet, "visited")
    assert sheet_of(sheet).language == "nl"


def test_a_questionnaire_in_one_language_is_asked_in_it(cast) -> None:
    given = {**EVERY_KIND, "title": {"nl": "Jij en wij", "en": ""}}
    survey = made_survey(cast.acme, questionnaire=given)
    answer = Client(headers={"accept-language": "en"}).get(f"/q/{survey.address}/?language=en")
    assert answer["Content-Language"] == "nl"
    assert "English" not in answer.content.decode()


def test_who_comes_back_goes_on_where_she_was(dutch, sheet, survey) -> None:
    put(dutch, sheet, "first", visit="yes", trust="5", recommend="3")
    assert dutch.get(sheet)["Location"] == page(sheet, "visited")
    put(dutch, sheet, "visited", liked=["shop"])
    assert dutch.get(sheet)["Location"] == page(sheet, "visited"), "part of it is open"
    offer = dutch.get(f"/q/{survey.address}/").content.decode()
    assert f'href="{sheet}"' in offer
    assert sheet not in Client().get(f"/q/{survey.address}/").content.decode()
    filled(dutch, sheet)
    assert dutch.get(sheet)["Location"] == f"{sheet}handing-in/"


def test_a_personal_link_leads_back_from_any_browser_where_a_path_is_kept(survey) -> None:
    invitee, link = invited(survey)
    sheet = begun(Client(), link)
    put(Client(), sheet, "first", visit="yes")
    assert begun(Client(), link) == sheet
    assert f'href="{sheet}"' in Client().get(link).content.decode()
    assert Sheet.objects.count() == 1
    assert sheet_of(sheet).path.invitee == invitee


# stimuli


def test_variants_are_dealt_evenly_within_strata_and_stay(dutch, survey) -> None:
    dealt: dict[str, list[str]] = {"yes": [], "no": []}
    for n in range(24):
        answers = ("yes", "no")[n % 3 == 0]
        sheet = begun(Client(), f"/q/{survey.address}/")
        put(dutch, sheet, "first", visit=answers)
        if answers == "yes":
            assert "leaflet" not in sheet_of(sheet).variants, "not before it is on the next page"
            put(dutch, sheet, "visited")
        first = sheet_of(sheet).variants["leaflet"]
        put(dutch, sheet, "first", visit="no")
        assert sheet_of(sheet).variants["leaflet"] == first, "never dealt twice"
        dealt[answers].append(first)
    for stratum, drawn in dealt.items():
        assert drawn.count("care") == drawn.count("price"), stratum
        assert Draw.objects.get(stimulus="leaflet", stratum=stratum).n == len(drawn)
    blocks = {tuple(dealt["yes"][k : k + 2]) for k in range(0, 16, 2)}
    assert blocks == {("care", "price"), ("price", "care")}, "in an order by lot"


def test_only_the_dealt_variant_is_shown(dutch, sheet) -> None:
    put(dutch, sheet, "first", visit="no")
    shown = sheet_of(sheet).variants["leaflet"]
    seen = dutch.get(page(sheet, "folder")).content.decode()
    words = {"price": "Nu goedkoper", "care": "Wij zorgen voor je"}
    assert words[shown] in seen
    assert next(said for name, said in words.items() if name != shown) not in seen


def test_a_lot_is_not_drawn_by_looking(dutch, sheet) -> None:
    put(dutch, sheet, "first", visit="no", trust="4", recommend="4", draft="1")
    assert dutch.get(page(sheet, "folder"))["Location"] == page(sheet, "first")
    assert dutch.get(sheet)["Location"] == page(sheet, "first")
    assert sheet_of(sheet).variants == {}


def test_a_stimulus_that_came_in_front_later_is_dealt_by_a_button(dutch, sheet, survey) -> None:
    survey.questionnaire["pages"].insert(0, copy.deepcopy(survey.questionnaire["pages"][2]))
    survey.questionnaire["pages"][0].update(id="new")
    survey.questionnaire["pages"][0]["questions"] = [
        {**survey.questionnaire["pages"][0]["questions"][0], "id": "early", "strata": ""},
        {**survey.questionnaire["pages"][0]["questions"][1], "id": "early_appeal"},
    ]
    survey.revision += 1
    survey.save()
    answer = dutch.get(f"{sheet}1/")
    assert f'action="{sheet}"' in answer.content.decode()
    assert sheet_of(sheet).variants == {}
    assert dutch.post(sheet)["Location"] == f"{sheet}1/"
    assert sheet_of(sheet).variants["early"] in ("price", "care")


# handing in, withdrawing


def test_looking_back_shows_what_is_open_and_leads_there(dutch, sheet) -> None:
    put(dutch, sheet, "first", visit="no")
    seen = dutch.get(f"{sheet}handing-in/").content.decode()
    assert "1 van de 7" in seen
    assert seen.count("opengelaten") == 6
    assert f'href="{page(sheet, "ten")}"' in seen
    assert "Wat beviel" not in seen


def test_nothing_is_handed_in_while_something_required_is_open(dutch, sheet) -> None:
    assert dutch.post(f"{sheet}handing-in/")["Location"] == page(sheet, "first")
    assert sheet_of(sheet).state == "begun"


def test_what_was_handed_in_is_closed(dutch, sheet) -> None:
    put(dutch, sheet, "first", visit="no")
    dutch.post(f"{sheet}handing-in/")
    before = sheet_of(sheet).answers
    assert put(dutch, sheet, "first", visit="yes").status_code == 409
    assert put(dutch, sheet, "first", visit="yes", draft="1").status_code == 409
    assert dutch.get(page(sheet, "first"))["Location"] == f"{sheet}handing-in/"
    assert dutch.post(f"{sheet}handing-in/").status_code == 302
    assert sheet_of(sheet).answers == before
    assert "nee" not in dutch.get(f"{sheet}handing-in/").content.decode(), "nobody after her reads them"


@pytest.mark.parametrize("handed_in", [True, False])
def test_withdrawing_leaves_nothing(dutch, survey, handed_in) -> None:
    _, link = invited(survey, department="Bakkerij", segments={"region": "north"})
    sheet = begun(dutch, link)
    filled(dutch, sheet)
    if handed_in:
        dutch.post(f"{sheet}handing-in/")
    assert "Trek in" in dutch.get(f"{sheet}withdrawal/").content.decode()
    assert sheet_of(sheet).answers
    seen = dutch.post(f"{sheet}withdrawal/", follow=True).content.decode()
    assert "gewist" in seen
    row = sheet_of(sheet)
    assert row.state == "withdrawn"
    assert not any((row.answers, row.variants, row.segments, row.department, row.flags, row.seconds))
    assert row.begun_at is row.handed_in_at is None
    for path in (sheet, page(sheet, "first"), f"{sheet}handing-in/"):
        assert "gewist" in dutch.get(path).content.decode()
    assert put(dutch, sheet, "first", visit="yes").status_code == 409
    assert "gewist" in dutch.get(link).content.decode(), "she is not asked anew"
    assert Client().post(link).status_code == 409


def test_anonymous_answers_that_stand_in_the_tables_cannot_be_withdrawn(cast, dutch) -> None:
    survey = made_survey(cast.acme, "anonymous")
    sheet = begun(dutch, f"/q/{survey.address}/")
    put(dutch, sheet, "first", visit="no")
    dutch.post(f"{sheet}handing-in/")
    Sheet.objects.update(flowed=True)
    answer = dutch.post(f"{sheet}withdrawal/")
    assert answer.status_code == 409
    assert "bij die van anderen" in answer.content.decode()
    assert sheet_of(sheet).answers


def test_the_department_that_was_asked_counts_in_one_language(cast) -> None:
    given = {
        **EVERY_KIND,
        "pages": [{"id": "a", "questions": [
            {"id": "where", "kind": "choice", "role": "department", "text": text("Waar?", "Where?"),
             "options": [{"id": "b", "text": text("Bakkerij", "Bakery")},
                         {"id": "k", "text": text("Kantoor", "Office")}]}]}],
    }  # fmt: skip
    survey = made_survey(cast.acme, questionnaire=given)
    for language in ("nl", "en"):
        client = Client()
        sheet = begun(client, f"/q/{survey.address}/", language=language)
        client.post(f"{sheet}1/", {"where": "b"})
        client.post(f"{sheet}handing-in/")
        assert sheet_of(sheet).department == "Bakkerij"


# speed


def test_a_page_is_saved_with_few_queries_however_long_the_questionnaire(cast, dutch) -> None:
    asked = own_questionnaire("full", "customer")
    survey = made_survey(cast.acme, questionnaire=asked.to_json())
    sheet = begun(dutch, f"/q/{survey.address}/")
    answers = {one.id: "4" for one in asked.pages[1].questions}
    dutch.get(f"{sheet}2/")
    with CaptureQueriesContext(
        connection,
    ) as seen:
        dutch.get(f"{sheet}2/")
    assert len(seen) == 2
    with CaptureQueriesContext(connection) as sent:
        dutch.post(f"{sheet}2/", answers)
    told = [one["sql"] for one in sent if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(told) == 4, told


# what makes one doubt


def test_time_is_counted_page_by_page_and_kept_in_tens(dutch, sheet, monkeypatch) -> None:
    clock = [1_700_000_000.0]
    monkeypatch.setattr(guards.time, "time", lambda: clock[0])
    for name, given, seconds in (("first", {"visit": "no", "trust": "2"}, 33), ("end", {"tip": "x"}, 5_000)):
        stamp = stamp_in(dutch.get(page(sheet, name)).content.decode())
        clock[0] += seconds
        put(dutch, sheet, name, stamp=stamp, **given)
    assert sheet_of(sheet).seconds == 633, "who went away for a while is counted ten minutes"
    dutch.post(f"{sheet}handing-in/")
    assert sheet_of(sheet).seconds == 630
    assert sheet_of(sheet).flags == []


def test_who_answers_the_same_all_along_is_marked_and_not_dropped() -> None:
    full = own_questionnaire("full", "customer")
    ids = [id for id, one in full.questions.items() if one.kind == "scale"]
    straight = dict.fromkeys(ids, 4)
    mixed = {id: 1 + n % 7 for n, id in enumerate(ids)}
    assert guards.flags_of(full, straight, 900) == ["straight"]
    assert guards.flags_of(full, mixed, 900) == []
    assert guards.flags_of(full, mixed, 1.9 * len(ids)) == ["fast"]
    assert guards.flags_of(full, mixed, 2.1 * len(ids)) == []
    assert guards.flags_of(full, dict.fromkeys(ids[:7], 4), 900) == []


def test_a_robot_is_marked_and_not_refused(survey) -> None:
    client, welcome = Client(), f"/q/{survey.address}/"
    filled_in = begun(client, welcome, **{guards.HONEYPOT: "http://buy.example"})
    assert sheet_of(filled_in).flags == ["robot"]
    blind = client.post(welcome)["Location"]
    assert sheet_of(blind).flags == ["robot"], "without having seen the page"
    person = begun(client, welcome)
    assert sheet_of(person).flags == []
    put(client, person, "first", visit="no")
    client.post(f"{person}handing-in/", {guards.HONEYPOT: "x"})
    assert "robot" in sheet_of(person).flags
    assert sheet_of(person).state == "handed_in"


def test_the_texts_of_all_values_are_there(dutch, sheet) -> None:
    put(dutch, sheet, "first", visit="no")
    seen = dutch.get(page(sheet, "ten")).content.decode()
    assert seen.count('class="cards__text"') == 10
    for name in VALUES:
        assert f'name="{name.replace("__", ".")}" value="7"' in seen
    assert sheets.questionnaire_of(sheet_of(sheet).survey).questions["values"].sides == ("own", "seen")
