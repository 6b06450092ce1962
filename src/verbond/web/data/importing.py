"""Reading a file that was brought into what the organisation keeps, and taking it out again: jobs.

Either may begin anew at any moment. What is added to the archive is added whole or not at all; a job that was
killed after that finds its import there and only says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from verbond.errors import NotFoundError, VerbondError
from verbond.results import Progress, ProgressFunction
from verbond.web.data.uploads import folder_of, forget, kept_file
from verbond.web.diagnosing import archive_of
from verbond.web.jobs import Stopped, said_of
from verbond.web.store.models import Import, Job

if TYPE_CHECKING:
    from verbond.tables import Archive, KeptImport, TablesCheck

__all__ = ["import_file", "undo_import"]

STEP = "web_data.step_read"
_READ, _KEEP, _MERGE = (0.0, 0.55), (0.55, 0.85), (0.85, 0.99)
"""Where each part of the work begins and ends."""
_OUTCOME = ".outcome.json"


def import_file(job: Job, progress: ProgressFunction) -> None:
    """Read a file into what the organisation keeps."""
    one = Import.objects.select_related("organisation").get(id=job.subject, organisation=job.organisation)
    if one.state == Import.State.DONE:
        return
    _mark(one, Import.State.RUNNING)
    try:
        outcome = _import(one, job, progress)
    except Stopped:
        _mark(one, Import.State.UPLOADED)
        raise
    except VerbondError as error:
        _mark(one, Import.State.FAILED, {"said": said_of(error)})
        raise
    except Exception:
        _mark(one, Import.State.FAILED, {})
        raise
    _mark(one, Import.State.DONE, outcome)
    forget(one.organisation_id, one.pk)


def undo_import(job: Job, progress: ProgressFunction) -> None:
    """Take out what an import brought."""
    one = Import.objects.select_related("organisation").get(id=job.subject, organisation=job.organisation)
    try:
        archive_of(one.organisation).undo(str(one.pk), progress)
    except NotFoundError:  # a job before this one took it out, and was killed
        archive_of(one.organisation).rebuild(progress)
    _mark(one, Import.State.UNDONE, {})
    forget(one.organisation_id, one.pk)


def _mark(one: Import, state: Import.State, outcome: dict[str, Any] | None = None) -> None:
    over = state in (Import.State.DONE, Import.State.FAILED, Import.State.UNDONE)
    one.state, one.finished_at = state, timezone.now() if over else None
    if outcome is not None:
        one.outcome = outcome
    one.save(update_fields=["state", "outcome", "finished_at"])


def _import(one: Import, job: Job, progress: ProgressFunction) -> dict[str, Any]:
    from verbond.tables.reads import matched

    archive, beside = archive_of(one.organisation), folder_of(one.organisation_id, one.pk) / _OUTCOME
    kept = next((k for k in archive.imports() if k.import_id == str(one.pk)), None)
    if kept is None:
        kept = _add(archive, one, job, beside, progress)
    outcome = json.loads(beside.read_text("utf-8")) if beside.exists() else {"tables": [], "files": []}
    archive.rebuild(_within(progress, _MERGE))
    with archive.open() as tables:
        found = matched(tables)
    days = {"first": kept.first, "last": kept.last}
    outcome |= {key: day.isoformat() if day else None for key, day in days.items()}
    outcome |= {"kept": dict(kept.n_rows), "n_erased": kept.n_erased, "n_expired": kept.n_expired}
    outcome |= {"n_answered": found.n_answered, "n_blank": found.n_blank}
    outcome |= {"n_named": found.n_named, "n_matched": found.n_matched}
    return outcome


def _add(archive: Archive, one: Import, job: Job, beside: Path, progress: ProgressFunction) -> KeptImport:
    from verbond.tables import open_tables

    path = kept_file(one.organisation_id, one.pk, one.file_name)
    entry = with_own_items(one.mapping, archive.imports())
    progress(Progress(STEP, _READ[0]))
    with open_tables(path, mapping={"files": {path.name: entry}}) as tables:
        beside.write_text(json.dumps(_read_outcome(tables.check)), "utf-8")
        progress(Progress(STEP, _READ[1]))
        return archive.add(
            tables,
            import_id=str(one.pk),
            source_sha256=one.sha256,
            file_name=one.file_name,
            product=one.product,
            language="nl" if job.created_by and job.created_by.language == "nl" else "en",
            progress=_within(progress, _KEEP),
        )


def _within(progress: ProgressFunction, part: tuple[float, float]) -> ProgressFunction:
    start, end = part

    def tell(told: Progress) -> None:
        progress(Progress(told.step, start + (end - start) * told.done, told.detail, told.seconds_left))

    return tell


def _read_outcome(check: TablesCheck) -> dict[str, Any]:
    """What reading found, in counts: no cell of the file is in it."""
    return {
        "files": [
            {
                "table": f.table,
                "n_lines": f.n_lines,
                "n_rows": f.n_rows,
                "n_kept": f.n_kept,
                "n_refused": f.n_refused,
                "n_blank": f.n_blank,
                "n_folded": f.n_folded,
            }
            for f in check.files
        ],
        "tables": [
            {
                "table": t.table,
                "n_rows": t.n_rows,
                "first": t.first.isoformat() if t.first else None,
                "last": t.last.isoformat() if t.last else None,
            }
            for t in check.tables
        ],
        "refused": [
            {"table": r.table, "column": r.column, "code": r.code, "n_rows": r.n_rows} for r in check.refused
        ],
        "notes": [{"code": n.code, "values": _plain(n.values)} for n in check.notes],
    }


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v if isinstance(v, (int, float, str, list)) else str(v) for k, v in values.items()}


def with_own_items(entry: Mapping[str, Any], imports: list[KeptImport]) -> dict[str, Any]:
    """Give an item another name where an earlier import measures something else under it.

    "Q1" of this year's survey need not be "Q1" of last year's, and answers are told apart by name.
    """
    known = {item: meaning for one in imports for item, meaning in one.items.items()}
    columns = dict(entry.get("columns", {}))
    for column, stated in columns.items():
        if isinstance(stated, Mapping) and "item" in stated and "construct" in stated:
            columns[column] = {**stated, "item": _free_name(stated, known)}
    return {**entry, "columns": columns}


def _free_name(stated: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    stem = name = str(stated["item"])
    n = 2
    while name in known and not _is_same(stated, known[name]):
        name, n = f"{stem}_{n}", n + 1
    return name


def _is_same(stated: Mapping[str, Any], meaning: Any) -> bool:
    given = (stated["construct"], stated.get("value"), stated.get("min"), stated.get("max"))
    is_reversed = bool(stated.get("reversed", False))
    return (*given, is_reversed) == (
        meaning.construct, meaning.value, meaning.min, meaning.max, meaning.reversed,
    )  # fmt: skip
