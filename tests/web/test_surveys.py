"""Surveys: made, set up, opened and closed, and shown to nobody else."""

from __future__ import annotations

import html
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from verbond.listen import own_questionnaire
from verbond.web.listening import making
from verbond.web.store.models import AuditEntry, Survey

HOSTILE = "<img src=x onerror=alert(1)>\"'</title><script>alert(2)</script>"


QSF = json.dumps(
    {
        "SurveyEntry": {"SurveyID": "SV_1", "SurveyName": "Old", "SurveyLanguage": "EN"},
        "SurveyElements": [
            {
                "Element": "BL",
                "Payload": [
                    {
                        "Type": "Default", "ID": "BL_1", "Description": "Block",
                        "BlockElements": [
                            {"Type": "Question", "QuestionID": "QID1"},
                            {"Type": "Question", "QuestionID": "QID2"},
                        ],
                    }
                ],
            },
            {
                "Element": "SQ", "PrimaryAttribute": "QID1",
                "Payload": {
                    "QuestionText": "Why?", "DataExportTag": "Q1", "QuestionType": "TE", "Selector": "SL",
                    "QuestionID": "QID1",
                },
            },
            {
                "Element": "SQ", "PrimaryAttribute": "QID2",
                "Payload": {
                    "QuestionText": "Where?", "DataExportTag": "Q2", "QuestionType": "HeatMap",
                    "Selector": "X", "QuestionID": "QID2",
                },
            },
        ],
    }
).encode()  # fmt: skip
"""The frame of Qualtrics' own export, with a question of a kind that nobody else has."""


@pytest.fixture
def survey(cast) -> Survey:
    """A draft of Acme's, of our short questionnaire for customers."""
    return making.make_survey(cast.acme, cast.people["fay"], own_questionnaire(), "Spring")


def at(name: str, survey: Survey | None = None, organisation: str = "acme", **parts: Any) -> str:
    of = {"id": survey.pk} if survey is not None else {}
    return reverse(name, kwargs={"organisation": organisation, **of, **parts})


def settings_of(survey: Survey, **other: Any) -> dict[str, Any]:
    """The settings as the form has them, some of them another."""
    return {
        "name": survey.name, "company": "Acme", "contact": "fay@example.org", "mode": survey.mode,
        "purpose_nl": "Om te leren.", "purpose_en": "To learn.", "basis": "interest", "keep_months": "24",
        "wave": survey.wave, "open_link": "on", "rest_days": "90", "most_reminders": "1",
        "remind_after_days": "5",
    } | other  # fmt: skip


def test_a_survey_is_made_set_up_opened_and_closed(cast) -> None:
    client = cast.client("fay")
    assert at("survey_making") in client.get(at("surveys")).content.decode()
    made = client.post(at("survey_making"), {"name": "Spring", "start": "short", "group": "customer"})
    survey = Survey.objects.get()
    assert made["Location"] == at("survey_questions", survey)
    assert survey.questionnaire == own_questionnaire("short", "customer").to_json()
    assert (survey.mode, survey.state) == ("identified", "draft")
    refused = client.post(at("survey_opening", survey))
    assert refused.status_code == 422
    assert client.post(at("survey_settings", survey), settings_of(survey)).status_code == 302
    assert client.post(at("survey_opening", survey)).status_code == 302
    survey.refresh_from_db()
    assert survey.state == "open"
    assert survey.opened_at is not None
    assert f"/q/{survey.address}/" in client.get(at("survey_opening", survey)).content.decode()
    assert client.post(at("survey_closure", survey)).status_code == 302
    survey.refresh_from_db()
    assert (survey.state, survey.closed_at is not None) == ("closed", True)
    assert client.post(at("survey_opening", survey)).status_code == 302
    survey.refresh_from_db()
    assert (survey.state, survey.closed_at) == ("open", None)
    entries = AuditEntry.objects.filter(verb__startswith="survey_").order_by("id")
    assert list(entries.values_list("verb", flat=True)) == [
        "survey_made", "survey_set_up", "survey_opened", "survey_closed", "survey_opened",
    ]  # fmt: skip


PAGES = [
    "survey_questions", "survey_words", "survey_print", "survey_settings", "survey_opening", "survey_closure",
]  # fmt: skip


def test_a_link_that_works_on_this_machine_alone_says_so_and_a_closed_poster_too(cast, survey) -> None:
    client = cast.client("fay")
    Survey.objects.filter(pk=survey.pk).update(state="open", settings={"open_link": True})
    for host, is_said in (("127.0.0.1", True), ("testserver", False)):
        page = client.get(at("survey_opening", survey), headers={"host": host}).content.decode()
        assert ("works nowhere else" in page) is is_said
    assert "is closed" not in client.get(at("survey_places", survey)).content.decode()
    Survey.objects.filter(pk=survey.pk).update(state="closed")
    assert "This survey is closed" in client.get(at("survey_places", survey)).content.decode()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_page_of_a_survey_is_there(name: str, language: str, cast, survey) -> None:
    fay = cast.people["fay"]
    fay.language = language
    fay.save()
    assert cast.client("fay").get(at(name, survey)).status_code == 200


def test_the_mode_stays_once_it_was_open(cast, survey) -> None:
    client = cast.client("fay")
    client.post(at("survey_settings", survey), settings_of(survey, mode="confidential"))
    survey.refresh_from_db()
    assert survey.mode == "confidential"
    assert AuditEntry.objects.get(verb="survey_mode").detail["after"] == "confidential"
    making.open_survey(survey)
    making.close_survey(survey)
    client.post(at("survey_settings", survey), settings_of(survey, mode="identified"))
    survey.refresh_from_db()
    assert survey.mode == "confidential"


def test_what_who_answered_was_told_stays(cast, survey) -> None:
    client = cast.client("fay")
    client.post(at("survey_settings", survey), settings_of(survey, keep_months="12"))
    survey.refresh_from_db()
    making.open_survey(survey)
    for longer in ("13", ""):
        answer = client.post(at("survey_settings", survey), settings_of(survey, keep_months=longer))
        assert answer.status_code == 422
        assert 'id="id_keep_months_error"' in answer.content.decode()
    shorter = settings_of(survey, keep_months="6", basis="public")
    assert client.post(at("survey_settings", survey), shorter).status_code == 302
    survey.refresh_from_db()
    assert (survey.keep_months, survey.basis) == (6, "interest")


def test_pages_ask_as_often_however_many_surveys_there_are(cast, survey) -> None:
    client = cast.client("fay")
    counts = []
    for n in range(2):
        with CaptureQueriesContext(connection) as context:
            assert client.get(at("surveys")).status_code == 200
        counts.append(len(context))
        for k in range(5):
            making.copy_survey(survey, cast.people["fay"], f"{n} {k}")
    assert counts[0] == counts[1]


def test_employees_cannot_be_asked_for_consent(cast) -> None:
    survey = making.make_survey(cast.acme, cast.people["fay"], own_questionnaire("short", "employee"), "Team")
    assert survey.mode == "anonymous"
    client = cast.client("fay")
    answer = client.post(at("survey_settings", survey), settings_of(survey, basis="consent"))
    assert answer.status_code == 422
    assert 'id="id_basis_error"' in answer.content.decode()
    survey.refresh_from_db()
    assert survey.basis == ""
    Survey.objects.filter(pk=survey.pk).update(basis="consent", contact="x")  # however it came there
    assert client.post(at("survey_opening", survey)).status_code == 422


@pytest.mark.parametrize(
    "wrong", ["javascript:alert(1)", "https://a.example/path", "http://a.example", "https://a b", "*"]
)
def test_only_sites_may_embed_it(wrong: str, cast, survey) -> None:
    answer = cast.client("fay").post(at("survey_settings", survey), settings_of(survey, embed=wrong))
    assert answer.status_code == 422
    assert 'id="id_embed_error"' in answer.content.decode()


def test_a_copy_has_its_own_address_and_no_answers(cast, survey) -> None:
    client = cast.client("fay")
    client.post(at("survey_settings", survey), settings_of(survey, last_day="2030-01-01"))
    client.post(at("survey_making"), {"name": "Autumn", "start": "copy", "copied": str(survey.pk)})
    copied = Survey.objects.get(name="Autumn")
    assert copied.questionnaire == survey.questionnaire
    assert copied.address != survey.address
    assert (copied.state, copied.basis, "last_day" in copied.settings) == ("draft", "interest", False)


def test_only_a_draft_is_thrown_away(cast, survey) -> None:
    client = cast.client("fay")
    client.post(at("survey_settings", survey), settings_of(survey))
    making.open_survey(survey)
    assert client.post(at("survey_removal", survey)).status_code == 404
    Survey.objects.filter(pk=survey.pk).update(state="draft")
    assert client.post(at("survey_removal", survey)).status_code == 302
    assert not Survey.objects.exists()


def test_what_people_write_is_shown_as_they_wrote_it(cast) -> None:
    client = cast.client("fay")
    client.post(at("survey_making"), {"name": HOSTILE, "start": "short", "group": "customer"})
    survey = Survey.objects.get()
    given = settings_of(survey, company=HOSTILE, contact=HOSTILE, purpose_nl=HOSTILE, purpose_en=HOSTILE)
    given |= {"name": HOSTILE, "wave": HOSTILE[:40]}
    assert client.post(at("survey_settings", survey), given).status_code == 302
    for name in ("survey_questions", "survey_settings", "survey_opening", "survey_closure"):
        page = client.get(at(name, survey)).content.decode()
        assert "<img src=x" not in page
        assert "<script>alert" not in page
    assert "<img src=x" not in client.get(at("surveys")).content.decode()


# Files


def brought(client, content: bytes, name: str, **given: Any):
    data = {"name": "Brought", "start": "file", "group": "employee"} | given
    return client.post(at("survey_making"), data | {"file": SimpleUploadedFile(name, content)})


def test_our_own_file_comes_back_as_it_went(cast, survey) -> None:
    client = cast.client("fay")
    out = client.get(at("survey_file", survey))
    assert out["Content-Disposition"] == 'attachment; filename="spring.json"'
    assert brought(client, out.content, "spring.json").status_code == 302
    assert Survey.objects.get(name="Brought").questionnaire == survey.questionnaire


def test_what_could_not_be_taken_over_is_named_until_it_was_seen(cast) -> None:
    client = cast.client("fay")
    assert brought(client, QSF, "a.qsf").status_code == 302
    survey = Survey.objects.get()
    assert making.questionnaire_of(survey).group == "employee"
    dropped = making.dropped_of(survey)
    assert dropped
    shown = client.get(at("survey_questions", survey)).content.decode()
    assert html.escape(dropped[0].sentence("en")) in shown.replace("&#34;", "&quot;")
    assert client.post(at("survey_dropped", survey)).status_code == 302
    survey.refresh_from_db()
    assert not making.dropped_of(survey)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "a.json"), (b"{}", "a.json"), (b"[" * 200_000, "deep.json"), (b"\x00\x01", "a.qsf"),
        (b'{"format": 1, "pages": "x"}', "a.json"), (b" " * 10_000_000, "large.json"),
        (b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><document>&b;</document>", "a.lss"),
    ],
    ids=["empty", "nothing", "deep", "bytes", "wrong", "large", "entity"],
)  # fmt: skip
def test_a_hostile_file_is_refused_at_its_field(content: bytes, name: str, cast) -> None:
    answer = brought(cast.client("fay"), content, name)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'id="id_file_error"' in page
    assert "root:" not in page
    assert not Survey.objects.exists()


def test_a_file_with_script_in_its_words_shows_them(cast, survey) -> None:
    client = cast.client("fay")
    told = json.loads(json.dumps(survey.questionnaire))
    told["title"] = told["pages"][0]["title"] = {"nl": HOSTILE, "en": HOSTILE}
    told["pages"][0]["questions"][0]["text"] = {"nl": HOSTILE, "en": HOSTILE}
    assert brought(client, json.dumps(told).encode(), f"{HOSTILE}.json").status_code == 302
    made = Survey.objects.get(name="Brought")
    for name in PAGES:
        page = client.get(at(name, made)).content.decode()
        assert "<img src=x" not in page
        assert "<script>alert" not in page
    wrong = json.dumps(told | {"format": HOSTILE}).encode()
    refused = brought(client, wrong, f"{HOSTILE}.json").content.decode()
    assert "<img src=x" not in refused


@pytest.mark.parametrize("group", ["customer", "employee"])
def test_a_blank_one_asks_one_thing(group: str, cast) -> None:
    client = cast.client("fay")
    client.post(at("survey_making"), {"name": "Bare", "start": "blank", "group": group})
    asked = making.questionnaire_of(Survey.objects.get())
    assert [one.kind for one in asked.questions.values()] == ["text"]
    assert (asked.group, asked.instrument, asked.languages) == (group, "", ("en", "nl"))
    assert client.get(at("survey_questions", Survey.objects.get())).status_code == 200
