"""The planner: how many answers, who is drawn by lot, and who is left alone."""

from __future__ import annotations

import math

import numpy as np
import pytest
from django.conf import settings
from django.urls import reverse

from verbond.ladder import answers_needed
from verbond.listen import own_questionnaire
from verbond.survey.control import detectable_share
from verbond.tables import open_tables, read_columns
from verbond.web.diagnosing import archive_of
from verbond.web.keeping import privacy
from verbond.web.listening import making, planning, reaching
from verbond.web.store.models import AuditEntry, Invitee, Survey

N, N_WITHOUT_CONSENT, N_WITHOUT_ADDRESS = 60, 8, 4
KREJCIE_MORGAN = {
    10: 10, 50: 44, 100: 80, 200: 132, 300: 169, 500: 217, 1000: 278, 2000: 322, 5000: 357, 10000: 370,
    100000: 384,
}  # fmt: skip
"""Sample sizes for a share to 5 points at 95%, by population: Krejcie & Morgan (1970), table 1. They round to
the nearest whole number, we round up."""


@pytest.fixture
def survey(cast) -> Survey:
    """A draft of Acme's, whose archive holds customers with and without consent or an address."""
    ids = [f"K-{n:03d}" for n in range(N)]
    customers = {
        "customer_id": ids,
        "consent": np.arange(N) >= N_WITHOUT_CONSENT,
        "region": np.array(["north", "south", "east"], object)[np.arange(N) % 3],
    }
    customers["email"] = [f"c{n}@example.org" if n < N - N_WITHOUT_ADDRESS else None for n in range(N)]
    tables = open_tables({"customers": customers})
    archive_of(cast.acme).add(tables, import_id="a", source_sha256="s", file_name="a.csv", product="csv")
    return making.make_survey(cast.acme, cast.people["fay"], own_questionnaire(), "Spring")


def at(name: str, survey: Survey) -> str:
    return reverse(name, kwargs={"organisation": "acme", "id": survey.pk})


def sample_of(survey: Survey) -> dict[str, np.ndarray]:
    folder = settings.INSTALLATION.data_folder(survey.organisation_id) / "surveys" / str(survey.pk)
    return read_columns(folder / "sample.parquet")


GIVEN = {"n_answers": "6", "response": "50", "n_control": "", "strata": ["region"]}


def test_so_many_answers_as_the_table_says() -> None:
    for n_people, n in KREJCIE_MORGAN.items():
        assert abs(planning.answers_for_share(n_people, 0.05) - n) <= 1


def test_only_who_may_be_asked_is_drawn(cast, survey) -> None:
    frame = planning.frame_of(survey)
    assert len(frame.people) == N - N_WITHOUT_CONSENT - N_WITHOUT_ADDRESS
    assert set(frame.attributes) == {"region"}
    reaching.decline(cast.acme.pk, "c20@example.org")
    reaching.mark_asked(cast.acme.pk, ["c21@example.org"])
    frame = planning.frame_of(survey)
    assert (frame.n_declined, frame.n_resting) == (1, 1)
    assert not {"c20@example.org", "c21@example.org"} & {one.email for one in frame.people}


def test_a_sample_is_drawn_by_lot_and_kept(cast, survey) -> None:
    client = cast.client("fay")
    shown = client.get(at("survey_plan", survey)).content.decode()
    assert str(answers_needed(6)) in shown
    frame = planning.frame_of(survey)
    assert client.post(at("survey_plan", survey), GIVEN).status_code == 302
    columns = sample_of(survey)
    groups = {name: set(columns["customer_id"][columns["group"] == name]) for name in ("asked", "control")}
    assert len(groups["asked"]) == math.ceil(6 / 0.5)
    assert not groups["asked"] & groups["control"]
    assert groups["asked"] | groups["control"] <= {one.customer for one in frame.people}
    assert set(survey.invitees.values_list("customer", flat=True)) == groups["asked"]
    assert planning.left_alone(survey) == groups["control"]
    by_region = [np.sum(columns["stratum"][columns["group"] == "asked"] == one) for one in ("north", "south")]
    assert by_region == [4, 4]
    kept = planning.plan_of(survey)
    assert kept.detectable == detectable_share(0.5, 12, 12)
    assert client.get(at("survey_plan", survey)).status_code == 200
    assert AuditEntry.objects.get(verb="survey_sampled").detail["control"] == 12


def test_who_is_left_alone_comes_on_no_list(cast, survey) -> None:
    client = cast.client("fay")
    client.post(at("survey_plan", survey), GIVEN)
    alone = planning.left_alone(survey)
    answer = client.post(reverse("survey_customers", kwargs={"organisation": "acme", "id": survey.pk}))
    assert "leaves this customer alone" in answer.content.decode()
    assert len(alone) == 12
    assert not survey.invitees.filter(customer__in=alone).exists()
    assert survey.invitees.count() == N - N_WITHOUT_CONSENT - N_WITHOUT_ADDRESS - 12


def test_the_same_survey_draws_the_same_people(cast, survey) -> None:
    client = cast.client("fay")
    client.post(at("survey_plan", survey), GIVEN)
    first = sample_of(survey)
    assert client.post(at("survey_plan_removal", survey)).status_code == 302
    assert not survey.invitees.exists()
    assert planning.plan_of(survey) is None
    client.post(at("survey_plan", survey), GIVEN)
    again = sample_of(survey)
    assert {k: v.tolist() for k, v in first.items()} == {k: v.tolist() for k, v in again.items()}


def test_a_sample_stays_once_somebody_was_asked(cast, survey) -> None:
    client = cast.client("fay")
    client.post(at("survey_plan", survey), GIVEN)
    one = survey.invitees.first()
    Invitee.objects.filter(pk=one.pk).update(state=Invitee.State.SENT)
    assert client.post(at("survey_plan_removal", survey)).status_code == 422
    assert survey.invitees.count() == 12


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"n_answers": "40", "response": "50"}, "n_answers"),
        ({"n_answers": "0"}, "n_answers"),
        ({"n_control": "999"}, "n_control"),
        ({"strata": ["customer_id"]}, "strata"),
        ({"response": "101"}, "response"),
    ],
)
def test_what_cannot_be_drawn_is_said_at_its_field(given, field: str, cast, survey) -> None:
    answer = cast.client("fay").post(at("survey_plan", survey), GIVEN | given)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert planning.plan_of(survey) is None


@pytest.mark.django_db(transaction=True)
def test_who_is_erased_is_in_no_sample(cast, survey) -> None:
    cast.client("fay").post(at("survey_plan", survey), GIVEN)
    drawn = survey.invitees.first()
    assert drawn.customer in sample_of(survey)["customer_id"]
    found = privacy.find(cast.acme, drawn.email)
    privacy.begin_erasure(cast.acme, found, cast.people["alice"])
    assert drawn.customer not in sample_of(survey)["customer_id"]


def test_employees_are_all_asked(cast) -> None:
    team = making.make_survey(cast.acme, cast.people["fay"], own_questionnaire("short", "employee"), "Team")
    page = cast.client("fay").get(at("survey_plan", team)).content.decode()
    assert "Ask all of your employees" in page
    assert 'name="n_answers"' not in page


def test_without_customers_it_says_what_to_do(cast) -> None:
    bare = making.make_survey(cast.acme, cast.people["fay"], own_questionnaire(), "Bare")
    page = cast.client("fay").get(at("survey_plan", bare)).content.decode()
    assert "There is nobody to draw from now." in page
