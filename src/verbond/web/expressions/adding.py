"""The messages of an audit go into the organisation's tables, so that the next diagnosis has them."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from typing import Any

import numpy as np

from verbond.results import Progress, ProgressFunction
from verbond.web.data.flowed import PRODUCT, write_down
from verbond.web.diagnosing import archive_of
from verbond.web.jobs import enqueue
from verbond.web.store.models import ExpressionAudit, Import, Job, Organisation, User

__all__ = ["KIND", "add_messages", "begin", "import_of"]

KIND = "messages"
STEP = "web_expressions.step_messages"
_UNKNOWN = np.datetime64("NaT", "s")


def import_of(audit: ExpressionAudit) -> Import | None:
    """Where its messages stand in the tables; None where they do not."""
    found = Import.objects.filter(organisation_id=audit.organisation_id, pk=audit.outcome.get("import"))
    return found.filter(state=Import.State.DONE).first()


def begin(audit: ExpressionAudit, *, by: User | None) -> Job | None:
    """Let a job add them; None where they are there."""
    if import_of(audit) is not None:
        return None
    audit.outcome = audit.outcome | {"import": str(uuid.uuid4())}
    audit.save(update_fields=["outcome"])
    return enqueue(KIND, organisation=audit.organisation, subject=audit.pk, by=by)


def add_messages(job: Job, progress: ProgressFunction) -> None:
    """Add the messages of an audit; doing it again adds nothing more."""
    audit = ExpressionAudit.objects.filter(pk=job.subject, organisation=job.organisation).first()
    if audit is None or "import" not in audit.outcome or import_of(audit) is not None:
        return
    progress(Progress(STEP, 0.0))
    archive = archive_of(audit.organisation)
    kept = archive.put(
        _tables(audit),
        import_id=audit.outcome["import"],
        source_sha256=hashlib.sha256(f"audit {audit.pk}".encode()).hexdigest(),
        file_name=audit.name,
        product=PRODUCT,
    )
    archive.rebuild(lambda told: progress(Progress(STEP, 0.3 + 0.7 * told.done, told.detail)))
    days = sorted(dt.date.fromisoformat(row["date"]) for row in audit.messages if row.get("date"))
    write_down(
        audit.organisation, kept, audit.name, {"audit": str(audit.pk)}, by_id=job.created_by_id,
        days=(days[0], days[-1]) if days else (None, None),
    )  # fmt: skip


def _tables(audit: ExpressionAudit) -> Any:
    from verbond.tables import Tables

    rows, judged = audit.messages, audit.outcome["messages"]

    def column(name: str) -> np.ndarray:
        return np.array([row.get(name) or None for row in rows], object)

    days = [np.datetime64(row["date"], "s") if row.get("date") else _UNKNOWN for row in rows]
    messages = {
        "message_id": [f"{audit.pk}-{n}" for n in range(len(rows))],
        "occurred_at": np.array(days, "datetime64[s]"),
        "text": column("text"),
        "language": np.array([one["language"] or None for one in judged], object),
        **{name: column(name) for name in ("channel", "department", "speaker")},
    }
    return Tables.from_columns(
        {"messages": messages},
        name=audit.name,
        simulated=audit.organisation.kind == Organisation.Kind.DEMO,
    )
