"""What somebody hostile would try on who answers, and what each mode of asking leaves behind."""

from __future__ import annotations

import copy
import datetime as dt
import json
import logging
import re
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.web.answering_world import (
    EVERY_KIND,
    PAGES,
    begun,
    filled,
    invited,
    made_survey,
    put,
    sheet_of,
    stamp_in,
    text,
)

from verbond.web.bodies import MOST_ANSWERS, most_bytes
from verbond.web.listening import guards, sheets
from verbond.web.logs import WithoutTokens
from verbond.web.people import tokens
from verbond.web.store.models import Attempt
from verbond.web.store.surveys import Invitee, Path, Sheet, Survey

pytestmark = pytest.mark.django_db

ANSWER = {"visit": "yes", "trust": "5", "recommend": "5"}


@pytest.fixture(autouse=True)
def uncounted() -> None:
    guards._beginning.clear()


@pytest.fixture
def survey(cast) -> Survey:
    return made_survey(cast.acme)


@pytest.fixture
def sheet(survey: Survey) -> str:
    return begun(Client(), f"/q/{survey.address}/")


def doors_of(sheet: str) -> list[str]:
    return [sheet, *(f"{sheet}{n}/" for n in PAGES.values()), f"{sheet}handing-in/", f"{sheet}withdrawal/"]


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of the application's database."""
    return {
        model._meta.db_table: list(model.objects.order_by("pk").values())
        for model in apps.get_models()
        if model._meta.app_label in ("store", "sessions")
    }


# addresses


def turned(token: str) -> str:
    return ("A" if token[0] != "A" else "B") + token[1:]


def test_a_token_opens_one_sheet_of_one_survey_and_nothing_else(cast, survey, sheet) -> None:
    other = made_survey(cast.globex)
    token = sheet.split("/")[4]
    _, link = invited(survey)
    hers = link.split("/")[4]
    at, elsewhere = f"/q/{survey.address}/", f"/q/{other.address}/"
    before = everything()
    for wrong in (
        f"{at}s/{turned(token)}/", f"{at}s/{token[:-1]}/", f"{at}s/{token}A/", f"{elsewhere}s/{token}/",
        f"{at}s/{hers}/", f"{at}i/{token}/", f"{elsewhere}i/{hers}/", f"{at}i/{turned(hers)}/",
        f"{at}s/{'x' * 4_000}/", f"{at}i/{'x' * 4_000}/", f"{at}s/{tokens.hashed('sheet', token)}/",
        f"{at}s/%00/", f"{at}s/..%2f..%2fetc/", "/q/nothing/", f"/q/{'y' * 4_000}/", "/q/%F0%9F%98%80/",
    ):  # fmt: skip
        for path in doors_of(wrong) if "/s/" in wrong else [wrong]:
            for method in ("get", "post"):
                answer = getattr(Client(), method)(path, **({"data": ANSWER} if method == "post" else {}))
                assert answer.status_code == 404, (method, path[:80])
                assert token not in answer.content.decode()
    assert everything() == before


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_other_methods_are_refused(method, survey, sheet) -> None:
    _, link = invited(survey)
    for path in (f"/q/{survey.address}/", link, *doors_of(sheet)):
        assert getattr(Client(), method)(path).status_code == 405


def test_to_look_writes_nothing_ever(cast, survey, sheet) -> None:
    """Scanners of mails open every link."""
    _, link = invited(made_survey(cast.acme, "anonymous"))
    filled(Client(), sheet)
    other = begun(Client(), f"/q/{survey.address}/")
    for path in (f"/q/{survey.address}/", link, *doors_of(sheet), *doors_of(other)):
        for method in ("get", "head"):
            with CaptureQueriesContext(connection) as seen:
                getattr(Client(), method)(path)
            assert not [q["sql"] for q in seen if re.match(r"INSERT|UPDATE|DELETE", q["sql"])], path


def test_nothing_of_a_session_is_begun_and_cookies_stay_within_the_survey(cast, survey) -> None:
    survey.mode = "anonymous"
    survey.save()
    _, link = invited(survey)
    client = Client(enforce_csrf_checks=True)
    begun(client, link)
    assert set(client.cookies) == {"sheet", "invitation"}
    for one in client.cookies.values():
        assert one["path"] == f"/q/{survey.address}/"
        assert one["httponly"] is True
        assert one["samesite"] == "Lax"


# gates, tried by raw posts


def shut(survey: Survey, how: str) -> None:
    if how in ("draft", "closed"):
        survey.state = how
    if how == "over":
        survey.settings["last_day"] = (timezone.now() - dt.timedelta(days=2)).date().isoformat()
    if how == "full":
        survey.settings["most"] = 1
        Sheet.objects.create(survey=survey, token_hash="x", state="handed_in", revision=1, language="nl")
    survey.save()


@pytest.mark.parametrize("how", ["draft", "closed", "over", "full"])
def test_a_survey_that_is_shut_takes_nothing_new(how, survey) -> None:
    client = Client()
    stamp = stamp_in(client.get(f"/q/{survey.address}/").content.decode())
    _, link = invited(survey)
    shut(survey, how)
    before = everything()
    for path in (f"/q/{survey.address}/", link):
        for answer in (client.get(path), client.post(path, {"stamp": stamp})):
            assert answer.status_code == {"draft": 404}.get(how, 410)
            said = {"draft": "Not open yet", "closed": "closed", "over": "over", "full": "enough answers"}
            assert said[how] in answer.content.decode()
    assert everything() == before


@pytest.mark.parametrize("how", ["draft", "closed", "over"])
def test_a_survey_that_is_shut_takes_nothing_of_who_had_begun(how, survey, sheet) -> None:
    filled(Client(), sheet)
    shut(survey, how)
    before = everything()
    for path in doors_of(sheet)[:-1]:
        for data in (ANSWER, {**ANSWER, "draft": "1"}, {"language": "en"}, {"go": "back"}, {}):
            assert Client().post(path, data).status_code in (404, 410)
    assert everything() == before
    assert Client().post(f"{sheet}withdrawal/").status_code == 302, "taking back is always possible"
    assert sheet_of(sheet).answers == {}


def test_who_has_begun_may_hand_in_where_there_are_enough(survey, sheet) -> None:
    shut(survey, "full")
    put(Client(), sheet, "first", visit="no")
    assert Client().post(f"{sheet}handing-in/").status_code == 302
    assert sheet_of(sheet).state == "handed_in"


def test_the_last_day_lasts_until_it_is_over_everywhere(survey, monkeypatch) -> None:
    survey.settings["last_day"] = "2026-03-01"
    for minute, expected in ((59, "open"), (61, "over")):
        now = dt.datetime(2026, 3, 2, 11, tzinfo=dt.UTC) + dt.timedelta(minutes=minute)
        monkeypatch.setattr(sheets.timezone, "now", lambda now=now: now)
        assert sheets.door(survey) == expected


def test_without_an_open_link_there_is_none(survey) -> None:
    survey.settings["open_link"] = False
    survey.save()
    for answer in (
        Client().get(f"/q/{survey.address}/"),
        Client().post(f"/q/{survey.address}/", {"stamp": "x"}),
    ):
        assert answer.status_code == 404
    assert Sheet.objects.count() == 0
    _, link = invited(survey)
    assert Client().get(link).status_code == 200


def test_a_page_that_is_not_reached_takes_nothing(survey, sheet) -> None:
    for name in ("visited", "folder", "end"):
        assert put(Client(), sheet, name, liked=["shop"], appeal="3", tip="x").status_code == 302
    assert Client().post(f"{sheet}99/", ANSWER).status_code == 302
    assert Client().post(f"{sheet}{10**30}/", ANSWER).status_code == 302
    assert Client().post(f"{sheet}0/", ANSWER).status_code == 302
    assert sheet_of(sheet).answers == {}
    put(Client(), sheet, "first", visit="no")
    put(Client(), sheet, "visited", liked=["shop"])
    assert sheet_of(sheet).answers == {"visit": "no"}


def test_what_is_not_asked_is_not_taken(cast) -> None:
    given = copy.deepcopy(EVERY_KIND)
    given["pages"][3] = {"id": "four", "questions": [
        {"id": "shown", "kind": "text", "text": text("Wat?")},
        {"id": "hidden", "kind": "text", "text": text("Waarom?"),
         "asked_if": {"tests": [{"question": "trust", "operator": "at_most", "value": 2}]}},
    ]}  # fmt: skip
    sheet = begun(Client(), f"/q/{made_survey(cast.acme, questionnaire=given).address}/")
    put(Client(), sheet, "first", visit="no", trust="6")
    dealt = sheet_of(sheet).variants
    other = "care" if dealt["leaflet"] == "price" else "price"
    put(Client(), sheet, "folder", leaflet=other, visit="yes", appeal="3", state="handed_in", seconds="9")
    Client().post(f"{sheet}4/", {"shown": "a", "hidden": "b", "nothing": "c"})
    row = sheet_of(sheet)
    assert row.answers == {"visit": "no", "trust": 6, "appeal": 3, "shown": "a"}
    assert (row.variants, row.state, row.seconds) == (dealt, "begun", 0)


def test_an_anonymous_invitation_cannot_be_left_out(cast) -> None:
    survey = made_survey(cast.acme, "anonymous")
    invitee, link = invited(survey)
    _, of_another = invited(made_survey(cast.acme, "anonymous"))
    client = Client()
    sheet = begun(client, link)
    put(client, sheet, "first", visit="no")
    for given in (
        {},
        {"invitation": ""},
        {"invitation": "x"},
        {"invitation": of_another},
        {"invitation": sheet},
    ):
        answer = Client().post(f"{sheet}handing-in/", given)
        assert answer.status_code == 422
        assert 'id="invitation-wrong"' in answer.content.decode()
    assert sheet_of(sheet).state == "begun"
    pasted = {"invitation": f"https://listen.example.org{link}"}
    assert Client().post(f"{sheet}handing-in/", pasted).status_code == 302
    assert sheet_of(sheet).state == "handed_in"
    invitee.refresh_from_db()
    assert invitee.answered
    second = Client()
    assert second.post(link, {"stamp": "x"}).status_code == 409
    assert "Answered already" in second.get(link).content.decode()


def test_a_stamp_is_good_for_one_page_of_one_sheet(survey, sheet, monkeypatch) -> None:
    other = begun(Client(), f"/q/{survey.address}/")
    stamp = stamp_in(Client().get(f"{other}1/").content.decode())
    opened = guards.time.time() + 100
    monkeypatch.setattr(guards.time, "time", lambda: opened)
    for wrong in (stamp, "x", "x" * 100_000, stamp[:-2], tokens.sealed("other", "x", "0")):
        put(Client(), sheet, "first", stamp=wrong, visit="no")
        assert sheet_of(sheet).seconds == 0


# how often and how much


def test_beginning_is_limited_and_who_begins_is_written_nowhere(survey) -> None:
    client = Client(REMOTE_ADDR="203.0.113.7")
    stamp = {"stamp": guards.stamp(survey.address)}
    codes = [client.post(f"/q/{survey.address}/", stamp).status_code for _ in range(guards.BEGINNING.n + 3)]
    if codes.count(302) == guards.BEGINNING.n:  # unless the minute turned meanwhile
        assert codes[-3:] == [429] * 3
        refused = client.post(f"/q/{survey.address}/", stamp)
        assert 0 < int(refused["Retry-After"]) <= guards.BEGINNING.seconds
        assert "minute" in refused.content.decode()
    assert Client(REMOTE_ADDR="203.0.113.8").post(f"/q/{survey.address}/", stamp).status_code == 302
    assert Attempt.objects.count() == 0
    assert "203.0.113" not in json.dumps(everything(), default=str)


def test_where_addresses_cannot_be_counted_nobody_begins(survey, monkeypatch) -> None:
    monkeypatch.setattr(guards, "MOST_ADDRESSES", 1)
    codes = [Client(REMOTE_ADDR=f"203.0.113.{n}").post(f"/q/{survey.address}/").status_code for n in range(3)]
    assert codes == [302, 429, 429] or codes.count(302) == 2, "at the turn of a minute"


def test_bodies_are_small_and_fields_bounded(survey, sheet) -> None:
    assert most_bytes(f"{sheet}1/") == MOST_ANSWERS <= 2 << 20
    many = {f"f{n}": "x" for n in range(5_000)}
    assert Client().post(f"{sheet}1/", many).status_code == 400
    filled(Client(), sheet)
    before = sheet_of(sheet).answers
    assert put(Client(), sheet, "end", tip="x" * 400_000, age="44").status_code == 422
    for wrong in ("1" * 5_000, "4\0", "٤", "4.0", "1e1", "true", "-5"):
        assert put(Client(), sheet, "first", visit="yes", trust=wrong).status_code == 422
    assert sheet_of(sheet).answers["trust"] == before["trust"]
    assert sheet_of(sheet).answers["tip"] == before["tip"]


# what is shown is escaped, and nothing comes from elsewhere

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}{company.__class__}{0}%s"


def hostile(given: Any, name: str = "") -> Any:
    if isinstance(given, dict) and set(given) == {"nl", "en"}:
        return {"nl": f"nl{HOSTILE}", "en": f"en{HOSTILE}"}
    if isinstance(given, dict):
        return {key: hostile(one, key) for key, one in given.items()}
    return [hostile(one) for one in given] if isinstance(given, list) else given


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_stored_text_is_escaped(cast, language) -> None:
    survey = made_survey(
        cast.acme, "confidential", questionnaire=hostile(EVERY_KIND), company=HOSTILE[:110], contact=HOSTILE,
        purpose={"nl": HOSTILE, "en": HOSTILE},
    )  # fmt: skip
    _, link = invited(survey, department=HOSTILE[:110], language=language)
    client = Client()
    pages = [client.get(link), client.get(f"/q/{survey.address}/?language={HOSTILE}")]
    sheet = begun(client, link, language=language)
    put(client, sheet, "first", visit="yes", trust=HOSTILE)
    pages += [client.get(f"{sheet}1/"), put(client, sheet, "first", visit=HOSTILE, trust=HOSTILE)]
    filled(client, sheet)
    put(client, sheet, "end", tip=HOSTILE)
    pages += [client.get(path) for path in doors_of(sheet)]
    pages += [put(client, sheet, "end", tip=HOSTILE * 3), put(client, sheet, "visited", order__care=HOSTILE)]
    client.post(f"{sheet}handing-in/")
    pages += [client.get(f"{sheet}handing-in/"), client.get(link)]
    client.post(f"{sheet}withdrawal/")
    pages += [client.get(sheet), client.get(link)]
    assert {200, 422} <= {one.status_code for one in pages}
    for one in pages:
        seen = one.content.decode()
        assert "<script>alert" not in seen
        assert "<img src=x" not in seen
        assert "49" not in re.sub(r'(value|stamp|href)="[^"]*"', "", seen).replace("&#3", "")
        assert "<class" not in seen


def test_pages_hold_no_script_or_style_of_their_own_and_fetch_only_ours(cast, survey, sheet) -> None:
    filled(Client(), sheet)
    for path in (f"/q/{survey.address}/", *doors_of(sheet)):
        answer = Client().get(path, follow=True)
        seen = answer.content.decode()
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
        assert answer["Cache-Control"] == "no-store"
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["Referrer-Policy"] == "same-origin"
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", seen)
        for found in re.findall(r'(?:src|href)="([^"]+)"', seen):
            assert found.startswith(("/", "#", "?", "data:,")), found


def test_nothing_of_a_sheet_is_logged(survey, sheet, caplog) -> None:
    with caplog.at_level(logging.DEBUG, logger="django.request"):
        for path in (*doors_of(sheet), f"{sheet[:-3]}/", f"/q/{survey.address}/i/x/"):
            Client().post(path, ANSWER)
            Client().get(path)
        put(Client(), sheet, "first", trust="99")
    assert caplog.records == []


@pytest.mark.parametrize("path", ["i/secret/", "i/secret/refusal/", "s/secret/3/", "kiosk/secret/sheets/"])
def test_the_log_holds_no_token(path) -> None:
    record = logging.makeLogRecord({"msg": "Bad Request: %s", "args": (f"/q/address/{path}",)})
    assert WithoutTokens().filter(record)
    assert "secret" not in record.getMessage()


# what each mode leaves


def answered_by(survey: Survey, **given: Any) -> tuple[Invitee, Sheet, str, str]:
    invitee, link = invited(survey, **given)
    client = Client(REMOTE_ADDR="203.0.113.9", headers={"user-agent": "Netscape/4.0"})
    sheet = begun(client, link)
    filled(client, sheet)
    assert client.post(f"{sheet}handing-in/").status_code == 302
    invitee.refresh_from_db()
    return invitee, sheet_of(sheet), link, sheet


def test_anonymous_leaves_no_path_and_no_moment(cast) -> None:
    survey = made_survey(cast.acme, "anonymous")
    for n in range(4):
        invited(survey, name=f"Other {n}", email=f"{n}@example.org", department="Bakkerij")
    invitee, row, link, sheet = answered_by(
        survey, name="Eva de Boer", email="eva@example.org", customer="c-1", department="Bakkerij",
        segments={"region": "Lelystad"},
    )  # fmt: skip
    assert invitee.answered
    assert row.begun_at is row.handed_in_at is None
    assert row.seconds % 10 == 0
    assert row.department == "Bakkerij"
    assert row.segments == {}
    assert Path.objects.count() == 0
    found = everything()
    told = json.dumps(found.pop("store_sheet"), default=str)
    for one in (
        invitee.token_hash, str(invitee.number), link.split("/")[4], "Eva", "eva@", "c-1", "Lelystad",
        "203.0.113", "Netscape", str(timezone.now().year) + "-" + f"{timezone.now().month:02d}",
    ):  # fmt: skip
        assert one not in told, one
    rest = json.dumps(found, default=str)
    for one in (row.token_hash, str(row.pk), sheet.split("/")[4], "203.0.113", "Netscape", "Meer <b>"):
        assert one not in rest, one


def test_a_department_of_few_goes_along_in_no_anonymous_answer(cast) -> None:
    survey = made_survey(cast.acme, "anonymous")
    for n in range(3):
        invited(survey, email=f"{n}@example.org", department="Bakkerij")
    _, row, _, _ = answered_by(survey, department="Bakkerij")
    assert row.department == ""


def test_confidential_and_identified_keep_a_path_apart(cast) -> None:
    for mode in ("confidential", "identified"):
        survey = made_survey(cast.acme, mode)
        invitee, row, _, _ = answered_by(
            survey, name="Eva de Boer", email="eva@example.org", customer="c-1", department="Bakkerij",
            segments={"region": "Lelystad"},
        )  # fmt: skip
        assert invitee.answered
        assert row.path.invitee == invitee
        assert row.begun_at <= row.handed_in_at
        assert (row.department, row.segments) == ("Bakkerij", {"region": "Lelystad"})
        told = json.dumps(list(Sheet.objects.filter(pk=row.pk).values()), default=str)
        for one in ("Eva", "eva@", "c-1", invitee.token_hash, "203.0.113", "Netscape"):
            assert one not in told, one


@pytest.mark.parametrize("mode", Survey.Mode.values)
def test_the_open_link_knows_nobody(cast, mode) -> None:
    sheet = begun(Client(), f"/q/{made_survey(cast.acme, mode).address}/")
    put(Client(), sheet, "first", visit="no")
    Client().post(f"{sheet}handing-in/")
    row = sheet_of(sheet)
    assert row.state == "handed_in"
    assert Path.objects.count() == 0
    assert (row.begun_at is None) == (mode == "anonymous")
