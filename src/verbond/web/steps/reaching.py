"""Whom a step reached: customer numbers that somebody brings, into the tables as exposures of its action.

Numbers become pseudonyms as soon as they are read: none is kept, nor does any stand on disk.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from verbond.method import play
from verbond.results import Progress, ProgressFunction
from verbond.tables.reads import n_reached_known
from verbond.web.data.flowed import PRODUCT, write_down
from verbond.web.diagnosing import archive_of, open_data
from verbond.web.jobs import enqueue
from verbond.web.steps.telling import name_of
from verbond.web.store.models import Import, Job, Organisation, Undertaking, User

if TYPE_CHECKING:
    from verbond.tables import Tables

__all__ = ["KIND", "MOST", "actions_of", "begin", "ids_in", "take_back", "write_reach"]

KIND = "reach"
STEP = "web_steps.step_reach"
MOST = 100_000
_HEADS = {
    "customer_id", "customer", "customer number", "customer no", "id", "klantnummer", "klantnr", "klantnr.",
    "klant", "klant_id", "klantcode", "nummer",
}  # fmt: skip


def ids_in(text: str) -> list[str]:
    """Customer numbers: the first cell of each line, each once, without the name of the column.

    A single line holds them all.

    Raises
    ------
    ValueError
        For what is no text with cells.

    Examples
    --------
    >>> ids_in("klantnummer;naam\\n12;An\\n13;Bo\\n12;An\\n")
    ['12', '13']
    >>> ids_in("12, 13, 14")
    ['12', '13', '14']
    """
    lines = text.lstrip("\ufeff").strip().splitlines()
    if "\0" in text:
        raise ValueError("a file of another kind")
    sample = "".join(lines[:50])
    mark = max(",;\t", key=sample.count) if any(one in sample for one in ",;\t") else ","
    try:
        rows = [row for row in csv.reader(lines, delimiter=mark) if row]
    except csv.Error as error:
        raise ValueError(str(error)) from error
    cells = rows[0] if len(rows) == 1 else [row[0] for row in rows]
    found = dict.fromkeys(one.strip() for one in cells if one.strip())
    first = next(iter(found), "")
    if first.lower() in _HEADS:
        del found[first]
    return list(found)


def actions_of(organisation: Organisation) -> list[str]:
    """Ids of the actions that its tables have."""
    with open_data(organisation) as tables:
        return sorted(tables.fetch("actions", ["action_id"])["action_id"]) if "actions" in tables else []


def begin(undertaking: Undertaking, ids: Iterable[str], *, by: User | None) -> Job:
    """Let a job write them; what was brought before is replaced."""
    archive = archive_of(undertaking.organisation)
    waiting = sorted({archive.pseudonym(one) for one in ids})
    reach = {"import": str(uuid.uuid4()), **undertaking.reach, "waiting": waiting}
    Undertaking.objects.filter(pk=undertaking.pk).update(reach=reach)
    return enqueue(KIND, organisation=undertaking.organisation, subject=undertaking.pk, by=by)


def write_reach(job: Job, progress: ProgressFunction) -> None:
    """Write the action and whom it reached into the tables; doing it again changes nothing."""
    rows = Undertaking.objects.select_related("organisation")
    one = rows.filter(pk=job.subject, organisation=job.organisation).first()
    if one is None or not one.reach.get("waiting"):
        return
    progress(Progress(STEP, 0.0))
    waiting = Undertaking.objects.filter(pk=one.pk, reach__waiting=one.reach["waiting"])
    try:
        reached = _written(one, job, progress)
    except Exception:  # nobody waits on, whose data could not come in
        waiting.update(reach={"import": one.reach["import"]})
        raise
    waiting.update(reach=reached)


def _written(one: Undertaking, job: Job, progress: ProgressFunction) -> dict[str, Any]:
    waiting, archive = one.reach["waiting"], archive_of(one.organisation)
    name = name_of(one, "en" if job.created_by and job.created_by.language == "en" else "nl")
    tables = _tables(one, waiting, name)
    kept = archive.put(
        tables,
        import_id=one.reach["import"],
        source_sha256=hashlib.sha256(f"{one.pk} {tables.fingerprint}".encode()).hexdigest(),
        file_name=name,
        product=PRODUCT,
    )
    write_down(
        one.organisation, kept, name, {"step": str(one.pk)},
        by_id=job.created_by_id, days=(one.starts_on, one.starts_on),
    )  # fmt: skip
    progress(Progress(STEP, 0.4))
    archive.rebuild(lambda told: progress(Progress(STEP, 0.4 + 0.5 * told.done, told.detail)))
    with archive.open() as found:
        n_known = n_reached_known(found, one.action_id)
    return {"import": kept.import_id, "n": len(waiting), "n_known": n_known}


def _tables(one: Undertaking, waiting: list[str], name: str) -> Tables:
    from verbond.tables import Tables

    known, n, day = play(one.play), len(waiting), dt.datetime.combine(one.starts_on, dt.time())
    actions = {
        "action_id": [one.action_id],
        "kind": [known.action_kinds[0] if known.action_kinds else "campaign"],
        "starts_on": np.array([one.starts_on], "datetime64[D]"),
        "label": [name],
        "randomised": np.zeros(1, bool),
    }
    exposures = {
        "customer_id": np.array(waiting, object),
        "action_id": np.full(n, one.action_id, object),
        "occurred_at": np.full(n, np.datetime64(day, "s")),
    }
    return Tables.from_columns({"actions": actions, "exposures": exposures}, name=str(one.pk))


def take_back(one: Undertaking, *, by: User | None) -> None:
    """Let a job take what it brought out of the tables."""
    brought = Import.objects.filter(
        organisation=one.organisation, pk=one.reach.get("import"), state=Import.State.DONE
    ).first()
    if brought is not None:
        enqueue("undo", organisation=one.organisation, subject=brought.pk, by=by)
