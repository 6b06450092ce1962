"""Experiments: planned in steps, frozen, drawn by lot into the tables; read by who may."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import uuid

import numpy as np
import pytest
from django.utils import timezone
from tests.web.played import survey, text

from verbond.effects import ExperimentPlanner, check_registration
from verbond.listen import Page, Question, Questionnaire, Variant, own_questionnaire
from verbond.tables import Tables
from verbond.web.diagnosing import archive_of
from verbond.web.experiments import drawing
from verbond.web.experiments.reading import result_of
from verbond.web.experiments.settings import Settings
from verbond.web.store.models import AuditEntry, Experiment, Import, Job

pytestmark = pytest.mark.django_db(transaction=True)

N = 400
WHAT = {"action": "A card by hand", "kind": "personal_contact", "control": "nothing"}
WHOM = {"group": "", "lot": "people"}
OUTCOME = {"main": "purchases", "others": [], "days": "90"}
SIZE = {"level": "own", "own": "60", "share": "0.5"}


def keep(organisation) -> None:
    """Customers of a shop, of whom a fifth has gone; half of the rest buys once a month."""
    ids = [f"K-{n:03d}" for n in range(N)]
    who, when, kinds = [], [], []
    for n, one in enumerate(ids):
        for month in range(1, 10 if n % 2 else 3):
            who.append(one), when.append(f"2026-{month:02d}-{1 + n % 28:02d}"), kinds.append("purchase")
        if n % 5 == 0:
            who.append(one), when.append("2026-09-29"), kinds.append("cancellation")
    customers = {
        "customer_id": ids,
        "since": np.full(N, np.datetime64("2024-01-01")),
        "region": ["north", "south"] * (N // 2),
        "shop": [f"shop {n % 20}" for n in range(N)],
    }
    moments = np.array(when, "datetime64[D]").astype("datetime64[s]")
    events = {"customer_id": who, "occurred_at": moments, "kind": kinds, "amount": [10.0] * len(who)}
    archive_of(organisation).add(
        Tables.from_columns({"customers": customers, "events": events}),
        import_id="shop", source_sha256="s", file_name="shop.csv", product="csv",
    )  # fmt: skip


def monday() -> str:
    return (timezone.localdate() + dt.timedelta(days=3)).isoformat()


def post(client, path: str, fields: dict, status: int = 302):
    answer = client.post(path, fields)
    assert answer.status_code == status, answer.content.decode()[:4000]
    return answer


def make(client, what=None, whom=None, outcome=None, size=None) -> Experiment:
    """Through the steps, as a member goes."""
    address = post(client, "/o/acme/experiments/making/", {**WHAT, **(what or {})})["Location"]
    assert address.endswith("/making/whom/")
    address = post(client, address, {**WHOM, **(whom or {})})["Location"]
    if address.endswith("/making/outcome/"):
        address = post(client, address, {**OUTCOME, **(outcome or {})})["Location"]
        assert address.endswith("/making/size/")
        address = post(client, address, {**SIZE, "starts_on": monday(), **(size or {})})["Location"]
    assert client.get(address).status_code == 200
    return Experiment.objects.get(pk=address.split("/")[-2])


def freeze(client, experiment) -> Experiment:
    path = f"/o/acme/experiments/{experiment.pk}/"
    post(client, f"{path}registration/", {"hypothesis": "A card brings them back.", "exclusions": ""})
    experiment.refresh_from_db()
    return experiment


def draw(client, experiment, **fields) -> Experiment:
    post(client, f"/o/acme/experiments/{experiment.pk}/lot/", fields)
    assert not Job.objects.filter(state="failed").exists(), list(Job.objects.values("why"))
    experiment.refresh_from_db()
    return experiment


def dealt(organisation, experiment) -> list[dict]:
    with archive_of(organisation).open() as tables:
        columns = tables.fetch("assignments")
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return [row for row in rows if row["action_id"] == experiment.action_id]


# the way through


def test_from_a_first_thought_to_a_list(cast) -> None:
    keep(cast.acme)
    bob, ann = cast.client("bob"), cast.client("ann")
    experiment = make(bob)
    page = bob.get(f"/o/acme/experiments/{experiment.pk}/").content.decode()
    assert "<svg" in page
    assert "A card brings" not in page
    freeze(bob, experiment)
    assert check_registration(experiment.registration).unchanged
    assert experiment.sha256 in experiment.registration
    draw(bob, experiment, n="200", strata=["bought", "region"])
    assert experiment.state == "drawn"
    rows = dealt(cast.acme, experiment)
    assert len(rows) == len({row["customer_id"] for row in rows}) == 200
    counts = {arm: sum(row["variant"] == arm for row in rows) for arm in ("action", "control")}
    assert abs(counts["action"] - counts["control"]) <= 4  # a whole person over in each stratum
    start = np.datetime64(Settings.of(experiment.settings).starts_on, "s")
    assert all(np.datetime64(row["occurred_at"], "s") == start for row in rows)
    with archive_of(cast.acme).open() as tables:
        actions = tables.fetch("actions")
    assert actions["action_id"].tolist() == [experiment.action_id]
    assert (actions["kind"].tolist(), actions["randomised"].tolist()) == (["personal_contact"], [True])

    answer = ann.get(f"/o/acme/experiments/{experiment.pk}/lot.csv")
    said = b"".join(answer.streaming_content).decode("utf-8-sig")
    listed = list(csv.DictReader(io.StringIO(said)))
    known = {archive_of(cast.acme).pseudonym(row["customer_id"]): row["gets"] for row in listed}
    gets = {"action": "A card by hand", "control": "Nothing else"}
    assert known == {row["customer_id"]: gets[row["variant"]] for row in rows}
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert verbs >= {"experiment_made", "experiment_registered", "experiment_drawn", "experiment_list_taken"}


def test_nobody_who_has_gone_is_drawn_and_strata_are_shared_out_evenly(cast) -> None:
    keep(cast.acme)
    bob = cast.client("bob")
    experiment = draw(bob, freeze(bob, make(bob)), n="320", strata=["bought", "region"])
    rows = dealt(cast.acme, experiment)
    pseudonym = archive_of(cast.acme).pseudonym
    who = {pseudonym(f"K-{n:03d}"): n for n in range(N)}
    assert len(rows) == 320
    assert not [row for row in rows if who[row["customer_id"]] % 5 == 0]
    cells: dict[int, list[int]] = {}
    for row in rows:  # who buys often lives in the south, so two strata
        cells.setdefault(who[row["customer_id"]] % 2, [0, 0])[row["variant"] == "action"] += 1
    assert len(cells) == 2
    assert all(abs(a - b) <= 1 for a, b in cells.values())


def test_the_list_says_whom_not_to_ask_and_the_same_each_time(cast) -> None:
    keep(cast.acme)
    bob, ann = cast.client("bob"), cast.client("ann")
    size = {"response": "50", "unasked": "on", "own": "8"}
    experiment = draw(bob, freeze(bob, make(bob, outcome={"main": "trust"}, size=size)), n="300")
    lists = [
        b"".join(ann.get(f"/o/acme/experiments/{experiment.pk}/lot.csv").streaming_content) for _ in range(2)
    ]
    assert lists[0] == lists[1]
    rows = list(csv.DictReader(io.StringIO(lists[0].decode("utf-8-sig"))))
    for arm in ("A card by hand", "Nothing else"):
        unasked = [row["ask"] == "no" for row in rows if row["gets"] == arm]
        assert 0.08 < sum(unasked) / len(unasked) < 0.34  # a fifth of 150: five standard errors either way


def test_a_lot_over_shops_deals_out_shops(cast) -> None:
    keep(cast.acme)
    bob = cast.client("bob")
    experiment = draw(bob, freeze(bob, make(bob, whom={"lot": "clusters", "cluster": "shop"})))
    arms: dict[str, set[str]] = {}
    for row in dealt(cast.acme, experiment):
        arms.setdefault(row["cluster"], set()).add(row["variant"])
    # shops of which every customer has gone (every fifth) are not there
    assert len(arms) == 16
    assert all(len(one) == 1 for one in arms.values())
    assert sum(one == {"action"} for one in arms.values()) == 8


def test_a_third_group_gets_nothing_and_each_comparison_its_part(cast) -> None:
    keep(cast.acme)
    bob = cast.client("bob")
    what = {"control": "other", "control_text": "The sharp price", "holdout": "on"}
    experiment = draw(bob, freeze(bob, make(bob, what=what)), n="300")
    counts = dict.fromkeys(("action", "control", "holdout"), 0)
    for row in dealt(cast.acme, experiment):
        counts[row["variant"]] += 1
    assert set(counts.values()) == {100}
    page = bob.get(f"/o/acme/experiments/{experiment.pk}/").content.decode()
    assert "The sharp price" in page


# figures


def test_the_size_is_that_of_the_planner_on_the_customers_own_spread(cast) -> None:
    """Purchases of those who were there, by hand: n of (2.8 sd / effect)^2 less what the past takes away."""
    keep(cast.acme)
    experiment = freeze(cast.client("bob"), make(cast.client("bob")))
    # nobody had gone before the last ninety days: who left on the last day counts
    until, day = dt.date(2026, 9, 30), dt.date(2026, 7, 2)
    bought = lambda n, low, high: sum(  # noqa: E731
        low <= dt.date(2026, m, 1 + n % 28) < high for m in range(1, 10 if n % 2 else 3)
    )
    later = np.array([bought(n, day, until) for n in range(N)], float)
    earlier = np.array([bought(n, day - dt.timedelta(days=90), day) for n in range(N)], float)
    kept = ExperimentPlanner(
        effect=0.6 * later.mean(), sd=later.std(ddof=1),
        covariate_correlation=min(0.95, np.corrcoef(later, earlier)[0, 1]),
    ).plan()  # fmt: skip
    assert experiment.plan["n_per_arm"] == kept.n_per_arm
    assert experiment.plan["margin"] == pytest.approx(0.6 * later.mean(), rel=1e-5)


def test_what_was_agreed_stays_as_it_was_when_data_come(cast) -> None:
    keep(cast.acme)
    bob = cast.client("bob")
    experiment = freeze(bob, make(bob))
    before = bob.get(f"/o/acme/experiments/{experiment.pk}/").content.decode()
    who = [f"K-{n:03d}" for n in range(0, N, 3)]
    days = np.full(len(who), np.datetime64("2026-09-28", "s"))
    bring(
        cast.acme, {"events": {"customer_id": who, "occurred_at": days, "kind": ["purchase"] * len(who)}}, "x"
    )
    after = bob.get(f"/o/acme/experiments/{experiment.pk}/").content.decode()
    inside = lambda page: page.split('id="size"')[1].split("</section>")[0]  # noqa: E731
    assert inside(before) == inside(after)


def test_more_is_asked_than_there_are_and_it_is_said(cast) -> None:
    keep(cast.acme)
    bob = cast.client("bob")
    experiment = make(bob, size={"own": "1"})
    page = bob.get(f"/o/acme/experiments/{experiment.pk}/").content.decode()
    assert "there are 320" in page
    assert "With everybody you have" in page


def test_without_data_there_is_a_plan_and_no_lot(cast) -> None:
    bob = cast.client("bob")
    experiment = make(bob, outcome={"main": "trust"}, size={"response": "30", "own": "4"})
    assert (
        "We reckon that customers usually differ by 20 points"
        in bob.get(f"/o/acme/experiments/{experiment.pk}/").content.decode()
    )
    freeze(bob, experiment)
    assert experiment.plan["n_per_arm"] == ExperimentPlanner(effect=4.0, sd=20.0).plan().n_per_arm == 394
    answer = post(bob, f"/o/acme/experiments/{experiment.pk}/lot/", {"n": "100"}, 422)
    assert "too few customers" in answer.content.decode()
    assert not Job.objects.exists()


def test_without_a_lot_it_is_no_experiment(cast) -> None:
    keep(cast.acme)
    bob = cast.client("bob")
    for lot in ("no", "done"):
        experiment = make(bob, whom={"lot": lot})
        path = f"/o/acme/experiments/{experiment.pk}/"
        assert "Without a lot this is no experiment." in bob.get(path).content.decode()
        for part in ("registration/", "lot/"):
            assert bob.post(path + part, {"hypothesis": "x", "n": "10"}).status_code == 404
        assert bob.get(f"{path}making/size/")["Location"].endswith("/making/whom/")


# what is wrong


WRONG = [
    ("what", {**WHAT, "action": ""}, "This field is required"),
    ("what", {**WHAT, "control": "other"}, "Write down what the others get."),
    ("what", {**WHAT, "kind": "magic"}, "Select a valid choice"),
    ("whom", {"lot": "clusters"}, "Choose over what the lot goes."),
    ("whom", {"lot": "people", "spills": "on"}, "Choose over what the lot goes."),
    ("whom", {"lot": "people", "group": "region\x1fmoon"}, "Select a valid choice"),
    ("outcome", {"main": "fame", "days": "90"}, "Select a valid choice"),
    ("size", {**SIZE, "own": ""}, "Fill in which difference."),
    ("size", {**SIZE, "own": "nan"}, "Enter a number"),
    ("size", {**SIZE, "starts_on": "2020-01-01"}, "Choose a day from today on."),
    ("size", {**SIZE, "starts_on": "9999-12-31"}, "Choose a day within two years."),
]


def test_a_wrong_answer_is_said_at_its_question(cast) -> None:
    keep(cast.acme)
    bob = cast.client("bob")
    experiment = make(bob)
    before = experiment.settings
    for step, fields, said in WRONG:
        path = f"/o/acme/experiments/{experiment.pk}/making/{step}/"
        page = post(bob, path, {"starts_on": monday(), **fields}, 422).content.decode()
        assert said in page, (step, fields)
        assert 'aria-invalid="true"' in page, (step, fields)
        experiment.refresh_from_db()
        assert experiment.settings == before, (step, fields)


def test_what_is_frozen_stays_and_is_drawn_once(cast) -> None:
    keep(cast.acme)
    bob = cast.client("bob")
    experiment = freeze(bob, make(bob))
    path, page = f"/o/acme/experiments/{experiment.pk}/", experiment.registration
    assert bob.post(f"{path}making/what/", {**WHAT, "action": "Else"}).status_code == 404
    assert bob.post(f"{path}registration/", {"hypothesis": "Else"}).status_code == 404
    draw(bob, experiment, n="100")
    rows, seed = dealt(cast.acme, experiment), experiment.lot["seed"]
    assert bob.post(f"{path}lot/", {"n": "200"}).status_code == 404
    drawing.draw_experiment(Job(kind="lot", organisation=cast.acme, subject=experiment.pk), lambda _: None)
    experiment.refresh_from_db()
    assert (experiment.registration, experiment.lot["seed"]) == (page, seed)
    assert dealt(cast.acme, experiment) == rows


def test_a_day_that_has_passed_is_no_beginning(cast, monkeypatch) -> None:
    keep(cast.acme)
    later(monkeypatch, "2026-10-01")
    bob = cast.client("bob")
    draft, agreed = (make(bob, size={"starts_on": "2026-10-05"}) for _ in range(2))
    freeze(bob, agreed)
    later(monkeypatch, "2027-06-01")
    paths = [f"/o/acme/experiments/{one.pk}/" for one in (draft, agreed)]
    assert "that day has passed" in bob.get(paths[0]).content.decode()
    assert bob.post(f"{paths[0]}registration/", {"hypothesis": "x"}).status_code == 404
    assert "was not drawn in time" in bob.get(paths[1]).content.decode()
    assert bob.post(f"{paths[1]}lot/", {"n": "100"}).status_code == 404
    assert not Job.objects.exists()


def test_a_job_that_is_done_again_draws_the_same(cast) -> None:
    """Killed after the tables were written, before it was said so."""
    keep(cast.acme)
    bob = cast.client("bob")
    experiment = draw(bob, freeze(bob, make(bob)), n="100", strata=["bought"])
    rows, lot = dealt(cast.acme, experiment), experiment.lot
    Experiment.objects.update(
        state="registered", lot={key: lot[key] for key in ("seed", "import", "wanted", "strata")}
    )
    drawing.draw_experiment(Job(kind="lot", organisation=cast.acme, subject=experiment.pk), lambda _: None)
    experiment.refresh_from_db()
    assert experiment.lot == lot
    assert dealt(cast.acme, experiment) == rows
    brought = Import.objects.get(recognition__experiment=str(experiment.pk))
    assert cast.client("ann").get(f"/o/acme/data/{brought.pk}/")["Location"].endswith(f"/{experiment.pk}/")


def test_a_page_that_was_changed_is_found_out(cast) -> None:
    keep(cast.acme)
    bob = cast.client("bob")
    experiment = freeze(bob, make(bob))
    body = experiment.registration.rpartition("SHA-256: ")[0].replace("A card brings", "No card brings")
    changed = f"{body}SHA-256: {hashlib.sha256(body.encode()).hexdigest()}\n"
    assert check_registration(changed).unchanged  # whoever changes it changes its last line too
    Experiment.objects.update(registration=changed)
    assert (
        "was changed after it was frozen" in bob.get(f"/o/acme/experiments/{experiment.pk}/").content.decode()
    )


def test_what_somebody_wrote_is_text(cast) -> None:
    keep(cast.acme)
    bob = cast.client("bob")
    hostile = "<script>alert(1)</script>"
    what = {"action": hostile, "control": "other", "control_text": "=cmd()"}
    experiment = draw(bob, freeze(bob, make(bob, what=what)), n="40")
    for path in ("", f"{experiment.pk}/"):
        assert hostile not in bob.get(f"/o/acme/experiments/{path}").content.decode()
    said = b"".join(cast.client("ann").get(f"/o/acme/experiments/{experiment.pk}/lot.csv").streaming_content)
    assert "'=cmd()" in said.decode("utf-8-sig")


# who may


def test_who_looks_sees_and_who_may_makes(cast) -> None:
    keep(cast.acme)
    bob, gus, ann = (cast.client(name) for name in ("bob", "gus", "ann"))
    experiment = draw(bob, freeze(bob, make(bob)), n="100")
    path = f"/o/acme/experiments/{experiment.pk}/"
    for page in ("/o/acme/experiments/", path):
        shown = gus.get(page).content.decode()
        assert "A card by hand" in shown
        assert "<form" not in shown.split("<main")[1].split("</main")[0]
        assert "/making/" not in shown
    assert gus.get(f"{path}registration.md").status_code == 200
    for part in ("lot/", "removal/", "registration/"):
        assert gus.post(path + part).status_code == 404
    assert bob.get(f"{path}lot.csv").status_code == 404  # customers' numbers are for analysts
    assert bob.post(f"{path}removal/").status_code == 404  # what is in the tables too
    assert ann.post(f"{path}removal/").status_code == 302
    assert dealt_all(cast.acme) == 0
    assert not Experiment.objects.exists()


def dealt_all(organisation) -> int:
    with archive_of(organisation).open() as tables:
        return tables.n_rows("assignments") if "assignments" in tables else 0


def test_a_list_that_was_undone_is_not_given(cast) -> None:
    keep(cast.acme)
    bob, ann = cast.client("bob"), cast.client("ann")
    experiment = draw(bob, freeze(bob, make(bob)), n="100")
    address = f"/o/acme/data/{experiment.lot['import']}/"
    assert ann.get(address)["Location"] == f"/o/acme/experiments/{experiment.pk}/"
    assert ann.post(f"{address}removal/").status_code == 404
    Import.objects.filter(pk=experiment.lot["import"]).update(state="undone")
    assert ann.get(f"/o/acme/experiments/{experiment.pk}/lot.csv").status_code == 404
    assert "was taken out of the data" in ann.get(f"/o/acme/experiments/{experiment.pk}/").content.decode()


def test_the_experiment_of_another_organisation_is_not_there(cast) -> None:
    keep(cast.acme)
    experiment = make(cast.client("bob"))
    for part in ("", "making/what/", "registration.md", "lot.csv"):
        path = f"/o/globex/experiments/{experiment.pk}/{part}"
        assert cast.client("charlie").get(path).status_code == 404
    drawing.draw_experiment(Job(kind="lot", organisation=cast.globex, subject=experiment.pk), lambda _: None)
    assert cast.client("bob").get(f"/o/acme/experiments/{uuid.uuid4()}/").status_code == 404


def test_no_step_is_skipped(cast) -> None:
    keep(cast.acme)
    bob = cast.client("bob")
    address = post(bob, "/o/acme/experiments/making/", WHAT)["Location"]
    assert bob.get(address.replace("whom", "size"))["Location"] == address
    assert bob.get(address.replace("whom", "magic")).status_code == 404
    one = address.split("making/")[0]
    assert "not finished yet" in bob.get(one).content.decode()
    assert bob.post(f"{one}registration/", {"hypothesis": "x"}).status_code == 404


def test_surveys_that_are_experiments_stand_beside(cast) -> None:
    asked = own_questionnaire("short", "customer")
    seen = Question(
        "seen", "stimulus", text("Look"), variants=(Variant("price", text("5%")), Variant("care", text("Hi")))
    )
    like = Question("like", "scale", text("Do you like it?"), min=0, max=10)
    shown = Questionnaire(
        text("T"), text("H"), text("B"), (*asked.pages, Page("last", (seen, like))), "customer", "own_seen"
    )
    ours = survey(cast.acme, "confidential", shown, name="Folder test")
    plain = survey(cast.acme, "confidential", asked, name="Plain test", wave="2")
    listed = cast.client("fay").get("/o/acme/experiments/").content.decode()
    assert f"/o/acme/surveys/{ours.pk}/experiment/" in listed
    assert str(plain.pk) not in listed
    assert str(ours.pk) not in cast.client("bob").get("/o/acme/experiments/").content.decode()


def test_an_example_fills_the_first_step(cast) -> None:
    page = cast.client("bob").get("/o/acme/experiments/making/?example=folder").content.decode()
    assert "The leaflet with the sharp price" in page
    assert cast.client("bob").get("/o/acme/experiments/making/?example=../x").status_code == 200
    assert not Experiment.objects.exists()


def test_two_who_draw_at_once_draw_one_lot(cast) -> None:
    keep(cast.acme)
    bob = cast.client("bob")
    experiment = freeze(bob, make(bob))
    Job.objects.create(kind="lot", organisation=cast.acme, subject=str(experiment.pk), state="running")
    assert drawing.begin(experiment, drawing.Wish(100, ()), by=None) is None
    assert "The lot is being drawn." in bob.get(f"/o/acme/experiments/{experiment.pk}/").content.decode()


# what came of it


def later(monkeypatch, day: str) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda *_: dt.date.fromisoformat(day))


def bring(organisation, made: dict, name: str) -> None:
    archive_of(organisation).add(
        Tables.from_columns(made), import_id=name, source_sha256=name, file_name=f"{name}.csv", product="csv"
    )


def test_what_came_of_it_is_read_as_agreed_and_no_sooner(cast, monkeypatch) -> None:
    """Who got the card comes on seven days more, exactly."""
    keep(cast.acme)
    later(monkeypatch, "2026-10-01")
    bob, gus = cast.client("bob"), cast.client("gus")
    size = {"starts_on": "2026-10-05", "own": "60"}
    experiment = draw(bob, freeze(bob, make(bob, size=size)), n="320", strata=["bought"])
    path = f"/o/acme/experiments/{experiment.pk}/"
    assert f"{path}result/" not in gus.get(path).content.decode()
    assert "You agreed to look once" in gus.get(f"{path}result/").content.decode()

    later(monkeypatch, "2027-01-04")
    assert f"{path}result/" in gus.get(path).content.decode()
    assert "The data go up to and including 29 September 2026" in gus.get(f"{path}result/").content.decode()

    pseudonym = archive_of(cast.acme).pseudonym
    arm = {row["customer_id"]: row["variant"] for row in dealt(cast.acme, experiment)}
    rng, who, when = np.random.default_rng(3), [], []
    for n in range(N):
        one = f"K-{n:03d}"
        extra = 7 if arm.get(pseudonym(one)) == "action" else 0
        for day in rng.choice(80, rng.poisson(2) + extra, replace=False):
            who.append(one), when.append(np.datetime64("2026-10-05") + int(day))
    who.append("K-001"), when.append(np.datetime64("2027-01-04"))
    moments = np.array(when, "datetime64[s]")
    events = {"customer_id": who, "occurred_at": moments, "kind": ["purchase"] * len(who)}
    bring(cast.acme, {"events": events | {"amount": [1.0] * len(who)}}, "later")
    page = gus.get(f"{path}result/").content.decode()
    assert "Strengthens" in page
    assert "A card by hand" in page
    with archive_of(cast.acme).open() as tables:
        (one,) = result_of(experiment, tables).effects
    assert abs(one.effect_size - 7) < 4 * one.standard_error < 1  # the lot is another at each run
    assert (one.margin, one.n_obs) == (experiment.plan["margin"], 320)


def test_who_may_look_any_time_does(cast, monkeypatch) -> None:
    keep(cast.acme)
    later(monkeypatch, "2026-09-01")
    bob = cast.client("bob")
    size = {"starts_on": "2026-09-02", "own": "200", "any_look": "on"}
    experiment = draw(bob, freeze(bob, make(bob, size=size)), n="320")
    page = bob.get(f"/o/acme/experiments/{experiment.pk}/result/").content.decode()
    assert "verdict__word" in page
    assert "Cannot tell" in page or "Unchanged" in page


def test_what_was_not_asked_cannot_be_read(cast, monkeypatch) -> None:
    keep(cast.acme)
    later(monkeypatch, "2026-09-01")
    bob = cast.client("bob")
    size = {"starts_on": "2026-09-02", "own": "8", "response": "30", "any_look": "on"}
    asked = draw(bob, freeze(bob, make(bob, outcome={"main": "trust"}, size=size)), n="100")
    page = bob.get(f"/o/acme/experiments/{asked.pk}/result/").content.decode()
    assert "You look at trust above all, and that was not asked" in page
    bought = draw(bob, freeze(bob, make(bob, outcome={"others": ["trust"]}, size=size)), n="320")
    page = bob.get(f"/o/acme/experiments/{bought.pk}/result/").content.decode()
    assert "nothing is known of it since it began: trust" in page
    assert "verdict__word" in page


def test_trust_that_was_asked_by_name_is_read_by_arm(cast, monkeypatch) -> None:
    """Answers to our own questions: the card lifts them two points of seven; scores are on 0..100."""
    keep(cast.acme)
    later(monkeypatch, "2026-09-01")
    bob = cast.client("bob")
    size = {"starts_on": "2026-09-02", "own": "8", "response": "90"}
    experiment = draw(bob, freeze(bob, make(bob, outcome={"main": "trust"}, size=size)), n="300")
    items = [
        one for one in own_questionnaire("short", "customer").questions.values() if one.construct == "trust"
    ]
    rng, rows = np.random.default_rng(8), []
    for n, row in enumerate(dealt(cast.acme, experiment)[:240]):
        level = (5 if row["variant"] == "action" else 3) + rng.integers(-1, 2)
        rows += [
            (
                archive_of(cast.acme).pseudonym(f"r{n}"),
                row["customer_id"],
                one.id,
                float(np.clip(level, 1, 7)),
            )
            for one in items
        ]
    names = ("respondent_id", "customer_id", "item", "value")
    columns = {name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}
    columns |= {"wave": ["w"] * len(rows), "group": ["customer"] * len(rows)}
    columns["occurred_at"] = np.full(len(rows), np.datetime64("2026-10-02", "s"))
    archive_of(cast.acme).put(
        Tables.from_columns({"responses": columns}), import_id="asked", source_sha256="a", file_name="a",
        product="Verbond",
    )  # fmt: skip
    later(monkeypatch, "2027-03-01")
    page = bob.get(f"/o/acme/experiments/{experiment.pk}/result/").content.decode()
    assert "Strengthens" in page
    with archive_of(cast.acme).open() as tables:
        (one,) = result_of(experiment, tables).effects
    assert abs(one.effect_size - 100 * 2 / 6) < 4 * one.standard_error
    assert one.n_obs == 240
