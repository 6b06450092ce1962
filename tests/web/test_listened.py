"""What a survey does to the diagnosis: answers anchor the ladder, and departments are seen and protected."""

from __future__ import annotations

import random

import numpy as np
import pytest
from django.utils import timezone
from tests.web.played import answer, leaning, survey
from tests.web.test_flowing import flow

from verbond.diagnosis import diagnose
from verbond.ladder import Ladder, answers_needed
from verbond.listen import own_questionnaire
from verbond.tables import Tables
from verbond.tables.simulate import WORLDS, simulate
from verbond.web.diagnosing import archive_of
from verbond.web.store.models import Survey

pytestmark = pytest.mark.django_db(transaction=True)


def played(organisation, n: int) -> None:
    """So many customers answer: who does much thinks well of the company."""
    questionnaire = own_questionnaire("short", "customer")
    with archive_of(organisation).open() as tables:
        customers = tables.fetch("customers", ["customer_id"])["customer_id"][:n]
        events = tables.fetch("events", ["customer_id"])["customer_id"]
    busy = {c: int((events == c).sum()) for c in customers}
    middle = np.median(list(busy.values()))
    asked = survey(organisation, "identified", questionnaire, people=[{"customer": c} for c in customers])
    rng = random.Random(3)
    for who in asked.invitees.all():
        lean = 0.8 if busy[who.customer] > middle else 0.35
        answer(asked, who, rng=rng, **leaning(questionnaire, rng, lean))
    Survey.objects.update(state="closed", closed_at=timezone.now())


def company(n: int) -> Tables:
    """Customers and what they did in the last half year, up to a month ago."""
    made = simulate(WORLDS["zonnewende"], n, seed=5).open()
    events = made.fetch("events", ["customer_id", "occurred_at", "kind", "amount"])
    last = np.datetime64(made.period_range[1], "D")
    recent = events["occurred_at"] > last - np.timedelta64(184, "D")
    events = {name: values[recent] for name, values in events.items()}
    events["occurred_at"] = events["occurred_at"] + (np.datetime64("2026-10-31", "D") - last)
    return Tables.from_columns({"customers": made.fetch("customers", ["customer_id"]), "events": events})


def test_a_survey_anchors_the_ladder_of_a_company(cast) -> None:
    facts = {"source_sha256": "s", "file_name": "shop.csv", "product": "csv"}
    archive_of(cast.acme).add(company(230), import_id="shop", **facts)
    # what else the data may choose has nothing to do with what the answers anchor
    plain = {"feedback": False, "by_rung": False, "class_movement": False, "gone": False, "amounts": "none"}
    model = Ladder(n_starts=1, n_classes=1, seed=0, **plain)
    with archive_of(cast.acme).open() as tables:
        before = diagnose(tables, ladder=model)
    played(cast.acme, answers_needed(6) + 15)
    flow()
    with archive_of(cast.acme).open() as tables:
        after = diagnose(tables, ladder=model)
    assert not before.ladder.anchored
    assert "ladder.not_anchored" in {one.code for one in before.ladder.reasons}
    assert after.ladder.anchored
    assert after.survey.n_customers_linked == answers_needed(6) + 15


DEPARTMENTS = {"Law": 4, "Sales": 6, "Service": 9}


@pytest.mark.parametrize("mode", ["anonymous", "confidential"])
def test_an_employee_survey_shows_identity_by_department_and_protects_small_ones(mode: str, cast) -> None:
    people = [{"department": name} for name, n in DEPARTMENTS.items() for _ in range(n)]
    asked = survey(cast.acme, mode, own_questionnaire("full", "employee"), people=people)
    rng = random.Random(7)
    for who in asked.invitees.all():
        answer(asked, who, rng=rng)
    image = survey(cast.acme, "anonymous", own_questionnaire("full", "customer"))
    for _ in range(20):
        answer(image, rng=rng)
    Survey.objects.update(state="closed", closed_at=timezone.now())
    flow()
    with archive_of(cast.acme).open() as tables:
        told = diagnose(tables)
        found = tables.fetch("responses", ["group", "department"])
    departments = set(found["department"][found["group"] == "employee"])
    assert departments == {*DEPARTMENTS, None} - ({"Law"} if mode == "anonymous" else {None})
    identity = told.values.identity
    assert {one.department: one.n_people for one in identity.departments} == {"Sales": 6, "Service": 9}
    # the four would follow from everybody less the others: they are in no figure of the house either
    assert {one.identity.n_obs for one in identity.values} == {15}
    assert "values.departments_hidden" in {one.code for one in identity.reasons}
