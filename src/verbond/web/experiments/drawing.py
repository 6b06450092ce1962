"""The lot: who gets what, into the organisation's tables as an import, and a list to take along.

Who is in which arm stands in the tables and nowhere else: whoever is erased there is erased from it. Who of
an arm is not asked follows from her own name and the seed.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from verbond.results import Progress, ProgressFunction, protect_cell
from verbond.web.data.flowed import PRODUCT, write_down
from verbond.web.diagnosing import archive_of, open_data
from verbond.web.experiments.settings import Settings
from verbond.web.jobs import enqueue
from verbond.web.store.models import Experiment, Job, Organisation, User

if TYPE_CHECKING:
    from verbond.effects import Assignment
    from verbond.tables import Tables

__all__ = ["BOUGHT", "KIND", "Wish", "begin", "draw_experiment", "is_busy", "list_csv", "strata_of"]

KIND = "lot"
BOUGHT = "bought"
"""Stratum of how often somebody bought in the last year: not, up to the median of who did, more."""
STEP = "web_experiments.step_lot"
BATCH = 50_000
ID = "customer_id"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a lot is drawn with.

    Attributes
    ----------
    n : int
        People who take part; all where a lot goes over wholes.
    strata : tuple of str
        Columns of customers, and `BOUGHT`.
    """

    n: int
    strata: tuple[str, ...]


def begin(experiment: Experiment, wish: Wish, *, by: User | None) -> Job | None:
    """Let a job draw the lot; None where that was done or is being done.

    Where a job before it failed, the seed stays what it was: nobody draws again until it pleases.
    """
    with transaction.atomic():
        now = Experiment.objects.select_for_update().get(pk=experiment.pk)
        if now.state != Experiment.State.REGISTERED or is_busy(now):
            return None
        first = {"seed": secrets.randbelow(2**31), "import": str(uuid.uuid4())}
        now.lot = first | now.lot | {"wanted": wish.n, "strata": list(wish.strata)}
        now.save(update_fields=["lot"])
        return enqueue(KIND, organisation=experiment.organisation, subject=experiment.pk, by=by)


def is_busy(experiment: Experiment) -> bool:
    """Whether a job draws its lot, or is about to."""
    jobs = Job.objects.filter(
        kind=KIND, organisation_id=experiment.organisation_id, subject=str(experiment.pk)
    )
    return jobs.filter(state__in=(Job.State.WAITING, Job.State.RUNNING)).exists()


def draw_experiment(job: Job, progress: ProgressFunction) -> None:
    """Draw the lot and write it into the tables; doing it again changes nothing."""
    found = Experiment.objects.select_related("organisation").filter(pk=job.subject).first()
    if found is None or found.organisation_id != job.organisation_id or not found.lot:
        return
    if found.state == Experiment.State.DRAWN:
        return
    progress(Progress(STEP, 0.0))
    _draw(found, job.created_by, progress)


def _draw(experiment: Experiment, by: User | None, progress: ProgressFunction) -> None:
    settings, lot = Settings.of(experiment.settings), experiment.lot
    with open_data(experiment.organisation) as tables:
        people = _people(tables, settings, lot["strata"])
    if not settings.cluster:
        people = _some(people, lot["wanted"], lot["seed"])
    dealt, assignment = _dealt(people, settings, lot)
    progress(Progress(STEP, 0.3))
    archive = archive_of(experiment.organisation)
    kept = archive.put(
        _tables(experiment, settings, people, dealt),
        import_id=lot["import"],
        source_sha256=hashlib.sha256(f"{experiment.pk} {assignment.fingerprint}".encode()).hexdigest(),
        file_name=experiment.name,
        product=PRODUCT,
    )
    starts_on = dt.date.fromisoformat(Settings.of(experiment.settings).starts_on)
    write_down(
        experiment.organisation, kept, experiment.name, {"experiment": str(experiment.pk)},
        by_id=by.pk if by is not None else None, days=(starts_on, starts_on),
    )  # fmt: skip
    archive.rebuild(lambda told: progress(Progress(STEP, 0.5 + told.done / 2, told.detail)))
    counts = [{"stratum": one.stratum, "arm": one.arm, "n": one.n} for one in assignment.counts if one.n]
    facts = {"n": len(people[ID]), "counts": counts, "fingerprint": assignment.fingerprint}
    Experiment.objects.filter(pk=experiment.pk, state=Experiment.State.REGISTERED).update(
        state=Experiment.State.DRAWN, lot={**lot, **facts}, drawn_at=timezone.now()
    )


def strata_of(n_bought: np.ndarray) -> np.ndarray:
    """How often somebody bought: "0", "1" up to the median of who did, "2" above it."""
    some = n_bought > 0
    middle = np.median(n_bought[some]) if some.any() else 0.0
    return np.array(["0", "1", "2"], object)[some.astype(int) + (n_bought > middle) * some]


def _people(tables: Tables, settings: Settings, strata: list[str]) -> dict[str, np.ndarray]:
    """Id, strata and whole of everybody who may take part, sorted."""
    from verbond.tables.reads import customers_now

    now = customers_now(tables)
    people: dict[str, np.ndarray] = {ID: now[ID]}
    wanted = [one for one in dict.fromkeys((settings.group_by, settings.cluster, *strata)) if one]
    columns = [one for one in wanted if one != BOUGHT]
    if columns:
        listed = tables.fetch("customers", [ID, *columns])
        row = {one: n for n, one in enumerate(listed[ID])}
        at = np.array([row.get(one, -1) for one in now[ID]])
        for name in columns:
            values = np.append(listed[name].astype(object), None)
            people[name] = np.array([None if v is None else str(v) for v in values[at]], object)
    if BOUGHT in wanted:
        people[BOUGHT] = strata_of(now["n_bought"])
    keep = np.ones(len(now[ID]), bool)
    if settings.group_by:
        keep &= people[settings.group_by] == settings.group
    if settings.cluster:
        keep &= np.array([one is not None for one in people[settings.cluster]])
    return {name: values[keep] for name, values in people.items()}


def _some(people: dict[str, np.ndarray], n: int, seed: int) -> dict[str, np.ndarray]:
    """So many of them, by lot: the hash of the seed and the name says who comes first."""
    lots = [hashlib.sha256(f"{seed}|takes part|{one}".encode()).digest() for one in people[ID]]
    order = sorted(range(len(lots)), key=lots.__getitem__)[:n]
    return {name: values[np.sort(order)] for name, values in people.items()}


def _dealt(
    people: dict[str, np.ndarray], settings: Settings, lot: dict[str, Any]
) -> tuple[np.ndarray, Assignment]:
    """Arm of each of them."""
    from verbond.effects import Assigner

    if settings.cluster:
        wholes = np.array(sorted(set(people[settings.cluster])), object)
        assignment = Assigner(settings.arms, seed=lot["seed"]).assign({"whole": wholes}, "whole")
        arm = dict(zip(assignment.rows["unit"], assignment.rows["arm"], strict=True))
        return np.array([arm[one] for one in people[settings.cluster]], object), assignment
    assigner = Assigner(settings.arms, strata=tuple(lot["strata"]), seed=lot["seed"])
    assignment = assigner.assign(people, ID)
    arm = dict(zip(assignment.rows["unit"], assignment.rows["arm"], strict=True))
    return np.array([arm[one] for one in people[ID]], object), assignment


def _tables(
    experiment: Experiment, settings: Settings, people: dict[str, np.ndarray], dealt: np.ndarray
) -> Tables:
    from verbond.tables import Tables

    day = np.datetime64(settings.starts_on, "s")
    n = len(dealt)
    assignments: dict[str, Any] = {
        ID: people[ID],
        "action_id": np.full(n, experiment.action_id, object),
        "occurred_at": np.full(n, day),
        "variant": dealt,
    }
    if settings.cluster:
        assignments["cluster"] = people[settings.cluster]
    actions = {
        "action_id": [experiment.action_id],
        "kind": [settings.kind],
        "starts_on": np.array([settings.starts_on], "datetime64[D]"),
        "label": [experiment.name],
        "randomised": np.ones(1, bool),
    }
    return Tables.from_columns(
        {"actions": actions, "assignments": assignments},
        name=experiment.name,
        simulated=experiment.organisation.kind == Organisation.Kind.DEMO,
    )


# the list


def list_csv(experiment: Experiment, words: dict[str, str]) -> Iterator[bytes]:
    """Who is in which arm, with the ids that the company itself uses, every cell safe in a spreadsheet.

    Parameters
    ----------
    experiment : Experiment
        Of which a lot was drawn.
    words : mapping of str to str
        What the columns ("customer_id", "arm", "ask") and values (the arms, "yes", "no") are called.
    """
    settings = Settings.of(experiment.settings)
    with archive_of(experiment.organisation).open() as tables:
        columns = tables.fetch("assignments", [ID, "action_id", "variant"])
    mine = columns["action_id"] == experiment.action_id
    ids, arms = columns[ID][mine], columns["variant"][mine]
    order = np.argsort(ids.astype(str), kind="stable")
    asked = _asked(ids[order], settings, experiment.lot["seed"])
    rows = list(zip(ids[order], arms[order], asked, strict=True))
    head = [words[ID], words["arm"], *([words["ask"]] if settings.unasked else [])]
    for start in range(0, max(1, len(rows)), BATCH):
        part = rows[start : start + BATCH]
        known = _identities(experiment.organisation, [str(who) for who, _, _ in part])
        text = io.StringIO()
        writer = csv.writer(text)
        if not start:
            writer.writerow(head)
        for who, arm, ask in part:
            said = [known.get(str(who), str(who)), words[str(arm)]]
            writer.writerow([protect_cell(one) for one in said] + ([words[ask]] if settings.unasked else []))
        yield text.getvalue().encode("utf-8-sig" if not start else "utf-8")


def _asked(ids: np.ndarray, settings: Settings, seed: int) -> list[str]:
    """Whether each of them may be asked, by her own name."""
    if not settings.unasked or len(ids) < 2:
        return ["yes"] * len(ids)
    from verbond.effects import Assigner

    shares = {"yes": 1 - settings.unasked, "no": settings.unasked}
    other = 2**31 + seed  # a lot of its own: the same one would ask nobody of one arm
    found = Assigner(shares, one_by_one=True, seed=other).assign({ID: ids}, ID).rows
    answer = dict(zip(found["unit"], found["arm"], strict=True))
    return [answer[one] for one in ids]


def _identities(organisation: Organisation, pseudonyms: list[str]) -> dict[str, str]:
    if organisation.kind == Organisation.Kind.DEMO or not pseudonyms:
        return {}
    known = archive_of(organisation).identities(pseudonyms)
    return {one: told[ID] for one, told in known.items() if told.get(ID)}
