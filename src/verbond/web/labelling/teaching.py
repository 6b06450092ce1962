"""The labels of an organisation, the heads that a job learns from them, and the rater that uses both."""

from __future__ import annotations

import contextlib
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from verbond.errors import VerbondError
from verbond.results import Progress, ProgressFunction
from verbond.web.expressions import promising
from verbond.web.store.models import Job, Label, Organisation, User

if TYPE_CHECKING:
    from verbond.expressions import Promise
    from verbond.expressions.teaching import Label as Said
    from verbond.expressions.teaching import Lesson, TaughtRater
    from verbond.language import Encoder

__all__ = ["KIND", "begin", "forget", "labels_in", "lesson_of", "promise_with_labels", "rater_of", "teach"]

KIND = "teaching"
STEP = "web_labelling.step_teaching"
_FOLDER = "taught"


def labels_in(organisation: Organisation, promise: str) -> list[Said]:
    """What people said; verdicts about a promise with these words only."""
    from verbond.expressions.teaching import Label as Said

    rows = Label.objects.filter(organisation=organisation).select_related("promise").order_by("made_at")
    return [
        Said(
            row.text, row.language, row.relationship, None if row.values is None else tuple(row.values),
            row.verdict if row.promise is not None and row.promise.text == promise else "",
            "" if row.made_by_id is None else str(row.made_by_id), row.made_at.isoformat(), row.why,
        )
        for row in rows
    ]  # fmt: skip


def promise_with_labels(promise: Promise, organisation: Organisation) -> Promise:
    """A promise with messages that all who read them say keep or break it, as examples."""
    from verbond.expressions.teaching import opinions_of, taught_promise

    return taught_promise(promise, opinions_of(labels_in(organisation, promise.text)))


def begin(organisation: Organisation, *, by: User | None) -> Job:
    """Let a job learn from the labels."""
    from verbond.web.jobs import enqueue

    return enqueue(KIND, organisation=organisation, by=by)


def teach(job: Job, progress: ProgressFunction) -> None:
    """Learn from all labels, for each encoder that is installed; doing it again gives the same."""
    from verbond.expressions.teaching import learn

    organisation = job.organisation
    assert organisation is not None
    newest = promising.newest(organisation)
    promise = newest.text if newest is not None else ""
    labels = labels_in(organisation, promise)
    encoders = _encoders()
    for n, encoder in enumerate(encoders):
        progress(Progress(STEP, n / len(encoders)))
        made = learn(labels, encoder, promise=promise, keep_texts=False)
        file = _file(organisation, encoder.name)
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_suffix(".new")
        new.write_bytes(made.to_bytes())
        os.replace(new, file)


def forget(organisation: Organisation) -> None:
    """Throw away what was learned, because somebody's words were taken out; a job learns it anew."""
    files = list(_folder(organisation).glob("*.heads"))
    for file in files:
        file.unlink(missing_ok=True)
    if files:
        begin(organisation, by=None)


def lesson_of(organisation: Organisation, *, thorough: bool = True) -> Lesson | None:
    """What was learned for the best encoder that is installed; None where nothing was."""
    from verbond.language import find_encoder

    encoder = find_encoder(thorough=thorough)
    file = None if encoder is None else _file(organisation, encoder.name)
    if file is None or not file.is_file():
        return None
    with contextlib.suppress(VerbondError):  # of an older version: a job learns it anew
        return _loaded(file, file.stat().st_mtime_ns)
    return None


def rater_of(organisation: Organisation, *, thorough: bool = True) -> TaughtRater | None:
    """The rater that the organisation's people taught; None where they taught nothing yet.

    Parameters
    ----------
    organisation : Organisation
    thorough : bool
        With the slow encoder, as audits have it; a diagnosis has the quick one.
    """
    from verbond.expressions.teaching import taught_rater

    lesson = lesson_of(organisation, thorough=thorough)
    return None if lesson is None else taught_rater(lesson)


def _encoders() -> list[Encoder]:
    from verbond.language import find_encoder

    found = {one.name: one for one in (find_encoder(), find_encoder(thorough=True)) if one is not None}
    return list(found.values())


@lru_cache(maxsize=8)
def _loaded(file: Path, _written: int) -> Lesson:
    from verbond.expressions.teaching import Lesson

    return Lesson.of_bytes(file.read_bytes(), file.name)


def _folder(organisation: Organisation) -> Path:
    return settings.INSTALLATION.data_folder(organisation.pk) / _FOLDER


def _file(organisation: Organisation, encoder: str) -> Path:
    return _folder(organisation) / f"{encoder}.heads"
