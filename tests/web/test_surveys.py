"""Surveys: made, set up, opened and closed, and shown to nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from verbond.listen import own_questionnaire
from verbond.web.listening import making
from verbond.web.store.models import AuditEntry, Survey

HOSTILE = "<img src=x onerror=alert(1)>\"'</title><script>alert(2)</script>"


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
    made = client.post(at("survey_making"), {"name": "Spring", "start": "short_customer"})
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
    client.post(at("survey_making"), {"name": HOSTILE, "start": "short_customer"})
    survey = Survey.objects.get()
    given = settings_of(survey, company=HOSTILE, contact=HOSTILE, purpose_nl=HOSTILE, purpose_en=HOSTILE)
    given |= {"name": HOSTILE, "wave": HOSTILE[:40]}
    assert client.post(at("survey_settings", survey), given).status_code == 302
    for name in ("survey_questions", "survey_settings", "survey_opening", "survey_closure"):
        page = client.get(at(name, survey)).content.decode()
        assert "<img src=x" not in page
        assert "<script>alert" not in page
    assert "<img src=x" not in client.get(at("surveys")).content.decode()
