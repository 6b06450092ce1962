"""Work in the background: a queue in the database, one function a kind of job.

A job says how far it is (`Job`), can be stopped, and survives a restart: what was running when the worker
died begins anew, and every kind of job may begin anew at any moment.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_tasks import task
from django_tasks.base import TaskResultStatus

from verbond.errors import VerbondError
from verbond.results import Progress, ProgressFunction
from verbond.web.machines.webhooks import tell_of_job
from verbond.web.settings import refresh
from verbond.web.store.models import Job, Organisation, User

__all__ = ["KINDS", "Stopped", "enqueue", "resume", "said_of", "work"]

KINDS = {
    "diagnosis": "verbond.web.diagnosing:diagnose_organisation",
    "import": "verbond.web.data.importing:import_file",
    "undo": "verbond.web.data.importing:undo_import",
    "fetch": "verbond.web.data.fetching:fetch_source",
    "erasure": "verbond.web.keeping.privacy:erase_person",
    "retention": "verbond.web.keeping.retention:remove_old",
    "letters": "verbond.web.listening.sending:send_due",
    "bounces": "verbond.web.listening.bounces:read_bounces",
    "flow": "verbond.web.listening.flowing:flow_survey",
    "lot": "verbond.web.experiments.drawing:draw_experiment",
    "audit": "verbond.web.expressions.auditing:audit_messages",
    "messages": "verbond.web.expressions.adding:add_messages",
    "teaching": "verbond.web.labelling.teaching:teach",
    "ideas": "verbond.web.community.flowing:flow_ideas",
    "community_letters": "verbond.web.community.sending:send_due",
    "reach": "verbond.web.steps.reaching:write_reach",
    "look": "verbond.web.steps.looking:look",
    "reminders": "verbond.web.steps.reminding:remind",
    "reports": "verbond.web.reporting.sending:send_reports",
}
"""Kind of a job: the function (job, progress) that does it, imported when it is called."""

SECONDS_BETWEEN = 0.4
"""How often progress is written at most."""
MOST_TRIES = 3
"""A job during which the worker died so often is given up: the next worker would die of it too."""


class Stopped(Exception):
    """Somebody asked the job to stop."""


def enqueue(
    kind: str, *, organisation: Organisation | None = None, subject: Any = "", by: User | None = None
) -> Job:
    """Put a job in the queue, or give the one that already waits for the same.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    organisation : Organisation, optional
    subject : str
        Id of what it works on.
    by : User, optional
    """
    assert kind in KINDS, kind
    waiting = Job.objects.filter(
        kind=kind, organisation=organisation, subject=str(subject), state=Job.State.WAITING
    ).first()
    if waiting is not None:
        return waiting
    job = Job.objects.create(kind=kind, organisation=organisation, subject=str(subject), created_by=by)
    transaction.on_commit(lambda: work.enqueue(str(job.id)))
    return job


def resume() -> int:
    """Put back in the queue what was running when the worker died; to be called before a worker starts.

    What it died of again and again is given up, and what fell out of the queue is put into it.
    """
    from django_tasks_db.models import DBTaskResult

    died = DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING)
    for one in died:
        if len(one.worker_ids) >= MOST_TRIES:
            _give_up(one)
    Job.objects.filter(state=Job.State.RUNNING).update(state=Job.State.WAITING, done=0.0)
    n = died.update(status=TaskResultStatus.READY, started_at=None)
    queued = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=work.module_path)
    known = {one["args"][0] for one in queued.values_list("args_kwargs", flat=True)}
    for job in Job.objects.filter(state=Job.State.WAITING):
        if str(job.id) not in known:
            work.enqueue(str(job.id))
    return n


def _give_up(died: Any) -> None:
    type(died).objects.filter(pk=died.pk).update(
        status=TaskResultStatus.FAILED, finished_at=timezone.now(), exception_class_path="", traceback=""
    )
    job = Job.objects.select_related("organisation").filter(id=died.args_kwargs["args"][0]).first()
    if died.task_path == work.module_path and job is not None and not job.is_over:
        _finish(job, Job.State.FAILED, {"unexpected": "the worker died of it"})


@task()
def work(job_id: str) -> None:
    """Do one job; what goes wrong on purpose is kept with it, the rest too and in the log."""
    refresh()
    job = Job.objects.select_related("organisation", "created_by").filter(id=job_id).first()
    if job is None or job.is_over:
        return
    if job.asked_to_stop:
        _finish(job, Job.State.CANCELLED)
        return
    job.state, job.started_at = Job.State.RUNNING, timezone.now()
    job.save(update_fields=["state", "started_at"])
    module, name = KINDS[job.kind].split(":")
    try:
        getattr(import_module(module), name)(job, _teller(job))
    except Stopped:
        _finish(job, Job.State.CANCELLED)
    except VerbondError as error:
        _finish(job, Job.State.FAILED, {"said": said_of(error)})
    except Exception as error:
        _finish(job, Job.State.FAILED, {"unexpected": type(error).__name__})
        raise
    else:
        _finish(job, Job.State.DONE)


def said_of(error: VerbondError) -> str:
    """The words of an error, for who does not keep the server: not where its folder stands."""
    return str(error).replace(f"{settings.INSTALLATION.folder}{os.sep}", "")


def _finish(job: Job, state: Job.State, why: dict[str, str] | None = None) -> None:
    done = 1.0 if state == Job.State.DONE else job.done
    Job.objects.filter(id=job.id).update(
        state=state, why=why, done=done, seconds_left=None, finished_at=timezone.now()
    )
    job.state = state
    tell_of_job(job)


def _teller(job: Job) -> ProgressFunction:
    """Writes progress down, and stops the job where somebody asked for it."""
    told: list[Any] = [0.0, ""]

    def tell(progress: Progress) -> None:
        now = time.monotonic()
        if progress.step == told[1] and now - told[0] < SECONDS_BETWEEN:
            return
        told[:] = now, progress.step
        job.step, job.done, job.seconds_left = progress.step, progress.done, progress.seconds_left
        Job.objects.filter(id=job.id).update(
            step=progress.step, done=progress.done, seconds_left=progress.seconds_left
        )
        if Job.objects.filter(id=job.id, asked_to_stop=True).exists():
            raise Stopped

    return tell


Kind = Callable[[Job, ProgressFunction], None]
