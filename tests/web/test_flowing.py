"""Answers flow into the tables: when, which rows, under which names, and what the diagnosis makes of them."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import random

import numpy as np
import pytest
from django.utils import timezone
from tests.web.played import answer, survey, text

from verbond.listen import Page, Question, Questionnaire
from verbond.tables import Tables
from verbond.web.diagnosing import archive_of, open_data
from verbond.web.listening import flowing, sheets
from verbond.web.store.models import Import, Invitee, Job, Path, Sheet, Survey

pytestmark = pytest.mark.django_db(transaction=True)

CUSTOMERS = [f"K-{n:03d}" for n in range(12)]


def keep(organisation, customers=CUSTOMERS) -> dict[str, str]:
    """Customers in the archive; returns id as given -> pseudonym, by Python's own HMAC."""
    moments = np.full(len(customers), np.datetime64("2026-10-30", "s"))
    events = {"customer_id": customers, "occurred_at": moments, "kind": ["purchase"] * len(customers)}
    archive = archive_of(organisation)
    tables = Tables.from_columns({"customers": {"customer_id": customers}, "events": events})
    archive.add(tables, import_id="shop", source_sha256="s", file_name="shop.csv", product="csv")
    return {one: hmac.new(archive.key, one.encode(), hashlib.sha256).hexdigest()[:32] for one in customers}


def flow(now: dt.datetime | None = None) -> int:
    """What the clock does each minute; jobs are done at once in tests."""
    n = flowing.enqueue_due(now)
    assert not Job.objects.filter(kind="flow", state="failed").exists(), list(Job.objects.values("why"))
    return n


def later(minutes: float = 11) -> dt.datetime:
    return timezone.now() + dt.timedelta(minutes=minutes)


def rows(organisation, table="responses") -> list[dict]:
    with archive_of(organisation).open() as tables:
        columns = tables.fetch(table)
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def test_five_answers_flow_at_once_and_fewer_after_ten_minutes(cast) -> None:
    asked = survey(cast.acme, "identified")
    for _ in range(4):
        answer(asked)
    assert flow() == 0
    answer(asked)
    assert flow() == 1
    assert len({row["respondent_id"] for row in rows(cast.acme)}) == 5
    assert flow() == 0
    answer(asked)
    assert flow() == 0
    assert flow(later()) == 1
    assert len({row["respondent_id"] for row in rows(cast.acme)}) == 6
    answer(asked)
    Survey.objects.update(state="closed", closed_at=timezone.now())
    assert flow() == 1
    assert len({row["respondent_id"] for row in rows(cast.acme)}) == 7


def test_an_identified_answer_is_of_the_customer_whom_the_files_know(cast) -> None:
    known = keep(cast.acme)
    asked = survey(cast.acme, "identified", people=[{"customer": p} for p in known.values()])
    for who in asked.invitees.all():
        answer(asked, who)
    flow()
    found = rows(cast.acme)
    assert {row["customer_id"] for row in found} == set(known.values())
    with archive_of(cast.acme).open() as tables:
        customers = set(tables.fetch("customers", ["customer_id"])["customer_id"])
    assert {row["customer_id"] for row in found} == customers
    assert archive_of(cast.acme).person("K-003")["imports"][-1]["product"] == "Verbond"


def test_what_was_answered_stands_there_item_by_item(cast) -> None:
    asked = survey(cast.acme, "identified")
    rng = random.Random(1)
    said = [answer(asked, rng=rng, why=None)[0] for _ in range(5)]
    flow()
    found: dict[str, dict[str, float]] = {}
    for row in rows(cast.acme):
        assert (row["group"], row["wave"], row["instrument"]) == ("customer", "2026-11", "own_small")
        found.setdefault(row["respondent_id"], {})[row["item"]] = row["value"]
    expected = []
    for one in Sheet.objects.filter(pk__in=[sheet.pk for sheet in said]):
        numbers = {id: float(value) for id, value in one.answers.items() if isinstance(value, int)}
        numbers["colour"] = {"red": 1.0, "blue": 2.0}[one.answers["colour"]]
        numbers["folder"] = {"price": 1.0, "warm": 2.0}[one.variants["folder"]]
        expected.append(numbers)
    assert sorted(map(sorted_items, found.values())) == sorted(map(sorted_items, expected))
    with archive_of(cast.acme).open() as tables:
        care = tables.items["care"]
        assert "messages" not in tables
    assert (care.construct, care.min, care.max) == ("closeness", 1, 5)


def sorted_items(numbers: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(numbers.items())


def test_no_id_of_the_database_is_in_the_tables(cast) -> None:
    asked = survey(cast.acme, "identified")
    for _ in range(6):
        answer(asked)
    flow()
    found = rows(cast.acme)
    shown = {str(value) for row in found for value in row.values()}
    for sheet in Sheet.objects.all():
        assert not {str(sheet.pk), sheet.token_hash} & shown
    assert all(len(row["respondent_id"]) == 32 for row in found)


@pytest.mark.parametrize(
    ("mode", "exact"), [("anonymous", "month"), ("confidential", "day"), ("identified", "second")]
)
def test_a_moment_is_as_exact_as_the_mode_allows(mode: str, exact: str, cast) -> None:
    asked = survey(cast.acme, mode)
    Survey.objects.update(opened_at=dt.datetime(2026, 9, 17, 8, 30, tzinfo=dt.UTC))
    asked.refresh_from_db()
    for _ in range(10):
        answer(asked)
    given = dt.datetime(2026, 10, 3, 14, 5, 9, tzinfo=dt.UTC)
    if mode != "anonymous":
        Sheet.objects.update(handed_in_at=given)
    flow()
    moments = {row["occurred_at"].astype("datetime64[s]") for row in rows(cast.acme)}
    expected = {"month": "2026-09-01T00:00:00", "day": "2026-10-03T00:00:00", "second": "2026-10-03T14:05:09"}
    assert moments == {np.datetime64(expected[exact])}


@pytest.mark.parametrize("mode", ["anonymous", "confidential"])
def test_promised_answers_have_no_customer_and_come_by_five_or_more(mode: str, cast) -> None:
    known = keep(cast.acme)
    people = [{"customer": p, "department": "Sales", "segments": {"region": "N"}} for p in known.values()]
    asked = survey(cast.acme, mode, people=people)
    who = list(asked.invitees.all())
    seen = [0]
    for one in who:
        answer(asked, one)
        flow(later())
        seen.append(len({r["respondent_id"] for r in rows(cast.acme)}) if asked_rows(cast.acme) else 0)
    assert set(np.diff(seen)) <= {0, *range(5, 13)}
    assert seen[-1] == 5  # of twelve; five of the rest wait for a fifth
    Survey.objects.update(state="closed", closed_at=timezone.now())
    flow()
    found = rows(cast.acme)
    assert len({r["respondent_id"] for r in found}) == 12
    assert all(r.get("customer_id") is None for r in found)
    assert {r["department"] for r in found} == {"Sales"}
    shown = str(found) + str(rows(cast.acme, "messages"))
    assert not [p for p in (*known, *known.values(), "region") if p in shown]
    with archive_of(cast.acme).open() as tables:
        assert "exposures" not in tables
        assert tables.n_rows("customers") == len(CUSTOMERS)


def asked_rows(organisation) -> bool:
    with archive_of(organisation).open() as tables:
        return "responses" in tables


@pytest.mark.parametrize("mode", ["anonymous", "confidential"])
def test_four_promised_answers_never_flow_not_even_at_the_end(mode: str, cast) -> None:
    asked = survey(cast.acme, mode)
    for _ in range(4):
        answer(asked)
    Survey.objects.update(state="closed", closed_at=timezone.now())
    assert flow(later()) == 0
    assert not archive_of(cast.acme).imports()


def test_own_words_of_ten_become_messages_that_lead_to_no_row(cast) -> None:
    asked = survey(cast.acme, "confidential")
    for n in range(14):
        answer(asked, language="nl" if n % 2 else "en", why=f"because {n}")
    flow()
    with archive_of(cast.acme).open() as tables:
        assert "messages" not in tables  # nine are there now, too few for words
    answer(asked)
    Survey.objects.update(state="closed")
    flow()
    said = rows(cast.acme, "messages")
    assert {"because 3", "because 12"} < {one["text"] for one in said}
    assert {(one["speaker"], one["channel"]) for one in said} == {("customer", "survey")}
    assert {one["language"] for one in said} == {"en", "nl"}
    answered = {r["respondent_id"] for r in rows(cast.acme)}
    assert not {one["message_id"] for one in said} & answered


def test_a_stimulus_is_an_action_by_lot_that_the_ladder_and_the_effort_leave_alone(cast) -> None:
    from verbond.diagnosis.effort import count_effort
    from verbond.tables.reads import panel

    known = keep(cast.acme)
    asked = survey(cast.acme, "identified", people=[{"customer": p} for p in known.values()])
    for who in asked.invitees.all():
        answer(asked, who)
    flow()
    [action], shown = rows(cast.acme, "actions"), rows(cast.acme, "exposures")
    assert action["randomised"]
    dealt = dict(Path.objects.values_list("invitee__customer", "sheet__variants"))
    assert {r["customer_id"]: r["variant"] for r in shown} == {c: v["folder"] for c, v in dealt.items()}
    assert {r["action_id"] for r in shown} == {action["action_id"]}
    counts = [list(dealt.values()).count({"folder": v}) for v in ("price", "warm")]
    assert counts == [6, 6]
    with archive_of(cast.acme).open() as tables:
        assert count_effort(tables) is None
        assert not panel(tables).exposures


def test_withdrawing_takes_it_out_at_the_next_flow(cast) -> None:
    asked = survey(cast.acme, "confidential")
    made = [answer(asked)[0] for _ in range(12)]
    Survey.objects.update(state="closed")
    flow()
    assert len({r["respondent_id"] for r in rows(cast.acme)}) == 12
    gone = made[3]
    gone.refresh_from_db()
    sheets.withdraw(gone)
    assert flow() == 1
    assert len({r["respondent_id"] for r in rows(cast.acme)}) == 11
    assert flow() == 0


def test_when_all_withdraw_nothing_stays(cast) -> None:
    asked = survey(cast.acme, "identified")
    made = [answer(asked)[0] for _ in range(5)]
    flow()
    assert Import.objects.count() == 1
    for one in made:
        sheets.withdraw(one)
    flow()
    assert not archive_of(cast.acme).imports()
    assert not Import.objects.exists()
    answer(asked)
    flow(later())
    assert len({r["respondent_id"] for r in rows(cast.acme)}) == 1


def test_a_job_that_dies_between_two_steps_is_ended_by_the_next(
    cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = survey(cast.acme, "anonymous")
    for _ in range(12):
        answer(asked)
    for name in ("_tables", "write_down", "_done"):
        with monkeypatch.context() as patched:
            patched.setattr(flowing, name, lambda *_, **__: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                flowing.flow_survey(
                    Job(kind="flow", organisation=cast.acme, subject=str(asked.pk)), lambda _: None
                )
        chosen = set(Sheet.objects.filter(flowed=True).values_list("pk", flat=True))
        assert len(chosen) == 7
    assert flow() == 1
    assert set(Sheet.objects.filter(flowed=True).values_list("pk", flat=True)) == chosen
    assert len({r["respondent_id"] for r in rows(cast.acme)}) == 7
    assert Import.objects.get().outcome["kept"]["responses"] > 0


def test_what_failed_is_not_tried_again_each_minute(cast) -> None:
    asked = survey(cast.acme, "identified")
    for _ in range(5):
        answer(asked)
    job = Job.objects.create(kind="flow", organisation=cast.acme, subject=str(asked.pk), state="failed")
    assert flowing.enqueue_due() == 0
    Job.objects.filter(pk=job.pk).update(created_at=later(-11))
    assert flowing.enqueue_due() == 1
    assert len({row["respondent_id"] for row in rows(cast.acme)}) == 5


def test_an_item_that_measures_something_else_gets_a_name_of_its_own(cast) -> None:
    def asking(wave: str, construct: str) -> Survey:
        one = Question("care", "scale", text("Satisfied?"), min=1, max=5, construct=construct)
        asked = Questionnaire(text("T"), text("I"), text("D"), (Page("one", (one,)),))
        return survey(cast.acme, "identified", asked, wave=wave)

    for asked in (
        asking("a", "closeness"),
        asking("b", "satisfaction"),
        asking("c", ""),
        asking("d", "closeness"),
    ):
        for _ in range(5):
            answer(asked)
        flow()
    with archive_of(cast.acme).open() as tables:
        assert tables.items["care"].construct == "closeness"
        assert tables.items["care_2"].construct == "satisfaction"
        assert "care_3" not in tables.items  # it measures nothing that we know
        found = tables.fetch("responses", ["wave", "item"])
    named = {("a", "care"), ("b", "care_2"), ("c", "care_3"), ("d", "care")}
    assert set(zip(found["wave"], found["item"], strict=True)) == named


def test_the_import_shows_on_the_page_data_and_is_not_undone_there(cast) -> None:
    asked = survey(cast.acme, "identified")
    for _ in range(5):
        answer(asked)
    flow()
    one = Import.objects.get()
    client = cast.client("ann")
    page = client.get("/o/acme/data/").content.decode()
    assert "Spring" in page
    assert "Verbond" in page
    assert client.post(f"/o/acme/data/{one.pk}/removal/").status_code == 404
    assert client.get(f"/o/acme/data/{one.pk}/").headers["Location"].endswith(f"/surveys/{asked.pk}/")
    assert archive_of(cast.acme).imports()


def test_the_demo_company_is_asked_too(cast) -> None:
    cast.acme.kind = "demo"
    cast.acme.save()
    with open_data(cast.acme) as tables:
        customers = tables.fetch("customers", ["customer_id"])["customer_id"][:5]
        n, last = tables.n_rows("responses"), tables.period_range[1]
        reached = tables.n_rows("exposures")
    asked = survey(cast.acme, "identified", people=[{"customer": c} for c in customers], wave="now")
    for who in asked.invitees.all():
        answer(asked, who)
    flow()
    with open_data(cast.acme) as tables:
        assert tables.simulated
        assert tables.n_rows("responses") > n
        assert tables.n_rows("exposures") == reached + 5
        assert tables.period_range[1] == last
        found = tables.fetch("responses")
        new = found["wave"] == "now"
        assert set(found["customer_id"][new]) == set(customers)
        assert {m.astype("datetime64[D]").item() for m in found["occurred_at"][new]} == {last}
        assert tables.check.table("responses").n_rows == tables.n_rows("responses")


def test_nobody_else_s_survey_flows_here(cast) -> None:
    asked = survey(cast.globex, "identified")
    for _ in range(5):
        answer(asked)
    flowing.flow_survey(Job(kind="flow", organisation=cast.acme, subject=str(asked.pk)), lambda _: None)
    assert not archive_of(cast.acme).imports()
    assert not Sheet.objects.filter(flowed=True).exists()
    assert Invitee.objects.count() == 0
