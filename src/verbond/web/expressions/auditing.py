"""Messages held against the promise: at once where there are few, by a job where there are many."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from verbond.expressions import Promise
from verbond.results import Progress, ProgressFunction, plain
from verbond.web.expressions.bringing import Brought, Sheet
from verbond.web.expressions.promising import promise_in
from verbond.web.jobs import enqueue
from verbond.web.store.models import CompanyPromise, ExpressionAudit, Job, Label, Organisation, User

if TYPE_CHECKING:
    from verbond.expressions import Audit, Judged, Rater

__all__ = [
    "AT_ONCE", "KIND", "STATES", "audit_messages", "begin", "begin_draft", "correct", "hash_of", "judge",
    "labels_of", "rater_of",
]  # fmt: skip

KIND = "audit"
STEP = "web_expressions.step_audit"
AT_ONCE = 200
"""So many messages are judged while one waits."""
_BATCH = 200
STATES = ("conflicts", "check", "fits", "abstained")
"""In the order in which one wants to see them."""


def begin(
    promise: CompanyPromise,
    name: str,
    brought: Brought,
    *,
    by: User | None,
    audit: ExpressionAudit | None = None,
) -> ExpressionAudit:
    """Keep messages and judge them, or let a job do so.

    Parameters
    ----------
    promise : CompanyPromise
    name : str
    brought : Brought
    by : User, optional
    audit : ExpressionAudit, optional
        The draft that becomes it.
    """
    made = audit or ExpressionAudit(
        organisation=promise.organisation, promise=promise, name=name[:120], made_by=by
    )
    made.state, made.messages = ExpressionAudit.State.WAITING, brought.messages
    made.n_messages, made.outcome = len(brought.messages), {"notes": brought.notes}
    made.save()
    if made.n_messages > AT_ONCE:
        enqueue(KIND, organisation=made.organisation, subject=made.pk, by=by)
    else:
        judge(made, lambda _: None)
    return made


def begin_draft(
    promise: CompanyPromise, name: str, sheet: Sheet, speaker: str, *, by: User | None
) -> ExpressionAudit:
    """Keep a masked table until it is told what its columns are."""
    table = {"columns": list(sheet.columns), "rows": [list(row) for row in sheet.rows], "speaker": speaker}
    return ExpressionAudit.objects.create(
        organisation=promise.organisation, promise=promise, name=name[:120], made_by=by,
        state=ExpressionAudit.State.DRAFT, n_messages=len(sheet.rows), messages=table,
    )  # fmt: skip


def audit_messages(job: Job, progress: ProgressFunction) -> None:
    """Judge the messages of an audit; doing it again gives the same."""
    found = ExpressionAudit.objects.select_related("promise", "organisation").filter(
        pk=job.subject, organisation=job.organisation, state=ExpressionAudit.State.WAITING
    )
    for audit in found:
        judge(audit, progress)


def judge(audit: ExpressionAudit, progress: ProgressFunction) -> None:
    """Hold each message against the promise, and write down what came of it."""
    from verbond.web.labelling import teaching

    promise = teaching.promise_with_labels(promise_in(audit.promise), audit.organisation)
    rows = audit.messages
    judged: list[dict[str, Any]] = []
    made: Audit | None = None
    for start in range(0, len(rows), _BATCH):
        progress(Progress(STEP, start / len(rows)))
        made = _audited([row["text"] for row in rows[start : start + _BATCH]], promise, audit.organisation)
        judged += [_kept(one) for one in made.messages]
    counts = Counter(one["verdict"] or "abstained" for one in judged)
    found = {
        "messages": judged,
        "counts": {name: counts.get(name, 0) for name in STATES},
        "rater": made.rater if made is not None else "",
        "reasons": [
            plain({"code": one.code, "values": dict(one.values)}) for one in (made.reasons if made else ())
        ],
    }
    audit.outcome, audit.state = audit.outcome | found, ExpressionAudit.State.DONE
    audit.save(update_fields=["outcome", "state"])


def _audited(texts: list[str], promise: Promise, organisation: Organisation) -> Audit:
    from verbond.expressions import audit

    return audit(texts, promise, rater=rater_of(organisation), name=organisation.name)


def rater_of(organisation: Organisation) -> Rater | None:
    """What judges an organisation's messages: what its people taught; None for the best that is installed."""
    from verbond.web.labelling import teaching

    return teaching.rater_of(organisation)


def _kept(one: Judged) -> dict[str, Any]:
    """What is kept of a judgement: plain values, its sentences as codes."""
    rating, nearest = one.rating, one.nearest
    return plain({
        "verdict": one.verdict,
        "conflict": one.conflict,
        "language": rating.language,
        "reason": {"code": one.reason.code, "values": dict(one.reason.values)},
        "nearest": None if nearest is None else
            {"text": nearest.text, "side": nearest.side, "similarity": nearest.similarity},
        "words": [[w.start, w.end, w.text, w.stands_for, w.is_negated] for w in one.words],
        "relationship": dict(rating.relationship),
        "values": dict(rating.values),
    })  # fmt: skip


# what people say of it


def hash_of(text: str) -> str:
    """How labels of the same message find one another."""
    return hashlib.sha256(text.encode()).hexdigest()


def correct(audit: ExpressionAudit, number: int, verdict: str, why: str, *, by: User | None) -> Label:
    """Write down what somebody says of a message of an audit.

    Parameters
    ----------
    audit : ExpressionAudit
    number : int
        Of the message, from 0.
    verdict : {"fits", "check", "conflicts"}
        What it should be; the same as what was said where that is right.
    why : str
    by : User, optional
    """
    from verbond.expressions.cleaning import mask

    text, judged = audit.messages[number]["text"], audit.outcome["messages"][number]
    return Label.objects.create(
        organisation=audit.organisation, text_hash=hash_of(text), text=text, language=judged["language"],
        verdict=verdict, promise=audit.promise, audit=audit, why=mask(why).text, kind=Label.Kind.CORRECTION,
        made_by=by,
        detail={"said": judged["verdict"], "conflict": judged["conflict"], "rater": audit.outcome["rater"]},
    )  # fmt: skip


def labels_of(texts: Iterable[str], organisation: Organisation) -> Mapping[str, list[Label]]:
    """What people said of these messages, the newest of each person, newest first: hash -> labels."""
    hashes = [hash_of(text) for text in texts]
    found: dict[str, list[Label]] = {}
    labels = Label.objects.filter(organisation=organisation, text_hash__in=hashes).exclude(verdict="")
    for one in labels.select_related("made_by"):
        of_text = found.setdefault(one.text_hash, [])
        if one.made_by_id is None or all(one.made_by_id != other.made_by_id for other in of_text):
            of_text.append(one)
    return found
