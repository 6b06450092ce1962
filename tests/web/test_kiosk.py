"""A kiosk sends each sheet until the server has it: it stands there once. Frames only where a survey says."""

from __future__ import annotations

import json
import re
import uuid
from collections import Counter
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.web.answering_world import EVERY_KIND, made_survey, text

from verbond.listen import Question, Variant
from verbond.method.types import Text
from verbond.web.listening import embedding, guards, kiosk, sheets
from verbond.web.people.limits import Limit
from verbond.web.store.models import AuditEntry, Sheet, Survey

pytestmark = pytest.mark.django_db
ANSWERS = {"visit": "no", "trust": 6, "values": {"own": {"power": 3}}, "tip": "Meer <b>brood</b>"}
NO_WORDS = Text(en="", nl="")


def sheet(**changed: Any) -> dict[str, Any]:
    """What a kiosk sends."""
    sent = {
        "key": str(uuid.uuid4()), "language": "nl", "answers": ANSWERS, "variants": {"leaflet": "care"},
        "revision": 1, "seconds": 43,
    }  # fmt: skip
    return sent | changed


def opened(survey: Survey) -> str:
    """The address of a new kiosk of a survey."""
    return f"/q/{survey.address}/kiosk/{kiosk.make_link(survey)}/"


def send(address: str, body: Any, kind: str = "application/json") -> Any:
    data = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return Client().post(f"{address}sheets/", data, content_type=kind)


# sheets


def test_a_sheet_is_taken(cast) -> None:
    survey = made_survey(cast.acme)
    assert send(opened(survey), sheet()).status_code == 200
    found = Sheet.objects.get()
    assert (found.state, found.channel, found.language) == ("handed_in", "kiosk", "nl")
    assert found.answers == ANSWERS
    assert (found.variants, found.seconds) == ({"leaflet": "care"}, 40)


def test_sent_again_it_is_the_same_sheet(cast, monkeypatch: pytest.MonkeyPatch) -> None:
    survey = made_survey(cast.acme)
    address, body = opened(survey), sheet()
    assert [send(address, body).status_code for _ in range(3)] == [200] * 3
    assert Sheet.objects.count() == 1
    seen = iter([None])  # two at once: neither has seen the other
    whole = sheets.find
    monkeypatch.setattr(sheets, "find", lambda *a: next(seen, ...) and whole(*a))
    assert send(address, body | {"answers": {"visit": "yes"}}).status_code == 200
    assert Sheet.objects.get().answers == ANSWERS


def test_the_same_key_is_another_sheet_of_another_survey(cast) -> None:
    body = sheet()
    for survey in (made_survey(cast.acme), made_survey(cast.acme)):
        assert send(opened(survey), body).status_code == 200
    assert Sheet.objects.count() == 2


def test_an_anonymous_sheet_has_no_moment_and_its_key_stands_nowhere(cast) -> None:
    survey = made_survey(cast.acme, "anonymous")
    body = sheet()
    assert send(opened(survey), body).status_code == 200
    found = Sheet.objects.get()
    assert (found.begun_at, found.handed_in_at) == (None, None)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            assert body["key"] not in str(cursor.fetchall()), table
    assert not AuditEntry.objects.exists()


def test_what_the_questionnaire_does_not_take_is_left_out_and_the_rest_kept(cast) -> None:
    """It may have changed while the device was away, and nobody can be asked again."""
    given_ = {"visit": "maybe", "trust": 99, "recommend": 3, "gone": 1, "liked": ["staff"], "appeal": True,
              "order": ["care"], "tip": ["x"], "values": {"own": {"power": 8}}}  # fmt: skip
    body = sheet(answers=given_, variants={"leaflet": "other", "trust": "x", "y": ["z"]}, revision=900)
    assert send(opened(made_survey(cast.acme)), body).status_code == 200
    found = Sheet.objects.get()
    assert found.answers == {"recommend": 3}
    assert (found.variants, found.revision) == ({}, 1)


UNSOUND = [
    b" ", b"{", b"[]", b"null", b"[" * 9000, b'{"key": NaN}', b"\xff", "{}",
    sheet(key="x"), sheet(key=7), sheet(key=str(uuid.uuid4()).upper() + "\n"), sheet(answers=[]),
    sheet(answers=None), sheet(variants="x"), sheet(language=None), sheet(language="x" * 300),
    sheet(revision=0), sheet(revision="1"), sheet(revision=True), sheet(revision=1 << 40),
    sheet(seconds=None), sheet(seconds=True), sheet(more=1),
]  # fmt: skip


@pytest.mark.parametrize("body", UNSOUND, ids=range(len(UNSOUND)))
def test_what_no_kiosk_sends_is_refused(body: Any, cast) -> None:
    assert send(opened(made_survey(cast.acme)), body).status_code == 400
    assert not Sheet.objects.exists()


@pytest.mark.parametrize("seconds", [-5, 1e300, 10**30])
def test_odd_seconds_lose_no_answers(seconds: float, cast) -> None:
    assert send(opened(made_survey(cast.acme)), sheet(seconds=seconds)).status_code == 200
    assert 0 <= Sheet.objects.get().seconds <= kiosk.MOST_SECONDS


def test_a_form_of_another_site_is_refused(cast) -> None:
    address = opened(made_survey(cast.acme))
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        assert send(address, sheet(), kind).status_code == 415
    assert Client().get(f"{address}sheets/").status_code == 405
    assert not Sheet.objects.exists()


@pytest.mark.parametrize(("state", "status"), [("closed", 409), ("draft", 404)])
def test_a_survey_that_is_not_open_takes_nothing(state: str, status: int, cast) -> None:
    survey = made_survey(cast.acme)
    address = opened(survey)
    Survey.objects.update(state=state)
    assert send(address, sheet()).status_code == status
    assert not Sheet.objects.exists()


def test_too_many_at_once_are_asked_to_wait_and_none_is_lost(cast, monkeypatch: pytest.MonkeyPatch) -> None:
    address, bodies = opened(made_survey(cast.acme, "anonymous")), [sheet() for _ in range(5)]
    monkeypatch.setattr(guards, "BEGINNING", Limit("beginning", 3, 60))
    guards._beginning.clear()
    with CaptureQueriesContext(connection) as context:
        assert [send(address, one).status_code for one in bodies] == [200, 200, 200, 429, 429]
    assert not [one["sql"] for one in context if "store_attempt" in one["sql"]], "counted in memory alone"
    guards._beginning.clear()
    assert [send(address, one).status_code for one in bodies[2:]] == [200] * 3
    assert Sheet.objects.count() == 5


# the link


def test_another_link_withdraws_the_one_before(cast) -> None:
    survey = made_survey(cast.acme)
    first, second = opened(survey), opened(survey)
    for path in (first, f"{first}worker.js"):
        assert Client().get(path).status_code == 404
    assert send(first, sheet()).status_code == 404
    for path in (second, f"{second}worker.js"):
        assert Client().get(path).status_code == 200
    kiosk.close(survey)
    assert Client().get(second).status_code == 404
    assert Client().get(f"/q/{survey.address}/kiosk/x/").status_code == 404, "no link at all"


def test_a_link_opens_no_other_survey_and_is_not_kept(cast) -> None:
    survey, other = made_survey(cast.acme), made_survey(cast.globex)
    address = opened(survey)
    assert Client().get(address.replace(survey.address, other.address)).status_code == 404
    token = address.split("/")[4]
    assert token not in str(Survey.objects.values())


def test_a_facilitator_makes_a_link_that_is_shown_once(cast) -> None:
    survey = made_survey(cast.acme)
    client, path = cast.client("fay"), f"/o/acme/surveys/{survey.pk}/places/"
    shown = client.post(path).content.decode()
    address = re.search(rf"/q/{survey.address}/kiosk/[\w-]+/", shown)[0]
    assert Client().get(address).status_code == 200
    assert "/kiosk/" not in client.get(path).content.decode().replace("places/kiosk/", "")
    assert AuditEntry.objects.filter(verb="kiosk_opened").count() == 1
    client.post(f"{path}kiosk/removal/")
    assert Client().get(address).status_code == 404


# the page


def test_without_script_it_leads_to_the_open_link(cast) -> None:
    survey = made_survey(cast.acme)
    assert f'href="/q/{survey.address}/"' in Client().get(opened(survey)).content.decode()
    shut = made_survey(cast.acme, settings={"open_link": False})
    assert f'href="/q/{shut.address}/"' not in Client().get(opened(shut)).content.decode()


def test_only_a_kiosk_may_have_a_worker(cast) -> None:
    survey = made_survey(cast.acme)
    here = Client().get(opened(survey))
    assert "worker-src 'self'" in here["Content-Security-Policy"]
    for path in (f"/q/{survey.address}/", "/session/"):
        assert "worker-src 'none'" in Client().get(path)["Content-Security-Policy"], path


def test_the_worker_keeps_what_the_page_needs(cast) -> None:
    address = opened(made_survey(cast.acme))
    page = Client().get(address).content.decode()
    worker = Client().get(f"{address}worker.js")
    assert worker["Content-Type"].startswith("text/javascript")
    assert "Service-Worker-Allowed" not in worker, "no wider than its own folder"
    keep = json.loads(re.search(r"KEEP = (\[.*?\])", worker.content.decode())[1])
    assert set(re.findall(r'"(/assets/[^"]+)"', page)) <= {*keep}
    for one in keep:
        assert Client().get(one).status_code == 200, one


def test_what_a_survey_says_stays_words(cast) -> None:
    hostile = '"></template><script>alert(1)</script>'
    asked = EVERY_KIND | {"title": text(hostile), "thanks": text("{{ 7*7 }}")}
    page = Client().get(opened(made_survey(cast.acme, company=hostile, questionnaire=asked))).content.decode()
    assert "<script>" not in page
    assert page.count("<template") == page.count("</template>")
    rules = json.loads(re.search(r'data-rules="([^"]*)"', page)[1].replace("&#34;", '"'))
    assert [len(one["questions"]) for one in rules["pages"]] == [3, 2, 2, 1, 2]


# lots


@settings(deadline=None)
@given(seed=st.integers(1, 2**62), n=st.integers(2, 6))
def test_lots_are_even_wherever_a_device_begins(seed: int, n: int) -> None:
    variants = tuple(Variant(f"v{k}", NO_WORDS) for k in range(n))
    order = kiosk.lots(seed, Question("folder", "stimulus", NO_WORDS, variants=variants))
    start = seed % kiosk.N_BLOCKS * n
    around = order[start:] + order[:start]
    for many in (*range(1, 4 * n), len(around)):
        counts = Counter(around[:many])
        assert max(counts.values()) - min(counts.get(k, 0) for k in range(n)) <= 1
    assert order == kiosk.lots(seed, Question("folder", "stimulus", NO_WORDS, variants=variants))


# frames


ORIGINS = ["https://shop.example.org", "http://localhost:8080"]


def test_only_the_sites_that_a_survey_names_may_frame_it(cast) -> None:
    survey, other = made_survey(cast.acme, settings={"embed": ORIGINS}), made_survey(cast.acme)
    here = Client().get(f"/q/{survey.address}/")
    assert f"frame-ancestors {' '.join(ORIGINS)};" in here["Content-Security-Policy"]
    assert "X-Frame-Options" not in here
    assert 'name="framed-by"' in here.content.decode()
    for path in (f"/q/{other.address}/", "/q/nothing/", opened(survey), "/session/", "/o/acme/"):
        answer = cast.client("alice").get(path)
        assert "frame-ancestors 'none'" in answer["Content-Security-Policy"], path
        assert answer["X-Frame-Options"] == "DENY", path
        assert 'name="framed-by"' not in answer.content.decode(), path


def test_a_site_that_is_none_adds_nothing_to_the_policy(cast) -> None:
    hostile = ["https://a.b; script-src *", "https://a.b\r\nX: y", "'self'", "", "https://ok.example"]
    survey = made_survey(cast.acme, settings={"embed": hostile})
    assert embedding.origins_of(survey) == ("https://ok.example",)
    policy = Client().get(f"/q/{survey.address}/")["Content-Security-Policy"]
    assert policy.count("script-src") == 1
    assert "frame-ancestors https://ok.example;" in policy


def test_the_snippet_stands_where_the_sites_are_named(cast) -> None:
    survey = made_survey(cast.acme, settings={"embed": ORIGINS}, company='"><script>')
    shown = cast.client("fay").get(f"/o/acme/surveys/{survey.pk}/places/").content.decode()
    assert f"&lt;iframe id=&#34;verbond-{survey.address}&#34;" in shown
    assert "<script>" not in shown
    none = made_survey(cast.acme)
    assert "iframe" not in cast.client("fay").get(f"/o/acme/surveys/{none.pk}/places/").content.decode()


# the poster


@pytest.mark.parametrize(("query", "status"), [
    ("", 200), ("?paper=a3&language=both", 200), ("?paper=a5", 404), ("?language=fr", 404),
])  # fmt: skip
def test_the_poster_is_a_file(query: str, status: int, cast) -> None:
    survey = made_survey(cast.acme, company='Zon"\r\nX: y')
    answer = cast.client("fay").get(f"/o/acme/surveys/{survey.pk}/poster.pdf{query}")
    assert answer.status_code == status
    if status == 200:
        assert answer.content.startswith(b"%PDF-")
        assert re.fullmatch(r'attachment; filename="[a-z0-9-]+\.pdf"', answer["Content-Disposition"])
