"""Rows that name somebody: what names them is taken out, in place; and out of the database's files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection, models
from django.db.models import Q

from verbond.web.store.models import (
    ApiToken,
    AuditEntry,
    Canvas,
    CanvasEvent,
    Community,
    CommunityMember,
    CompanyPromise,
    Delivery,
    Edition,
    Experiment,
    ExpressionAudit,
    Idea,
    Import,
    Invitation,
    Invitee,
    Job,
    Label,
    Letter,
    Organisation,
    Participant,
    Path,
    Reached,
    RememberedMapping,
    Run,
    ShareLink,
    Sheet,
    Source,
    User,
)

__all__ = ["forget_address", "redact_account", "redact_rows", "scrub"]

Redact = Callable[[str], str]

_BY_ORGANISATION = (
    Import, RememberedMapping, Source, Job, Run, ShareLink, ApiToken, Experiment, CompanyPromise,
    ExpressionAudit, Label,
)  # fmt: skip
_NAMING = (
    AuditEntry, Canvas, CanvasEvent, Community, CommunityMember, Delivery, Edition, Idea, Invitation, Invitee,
    Letter, Participant, Path, Reached, Sheet,
)  # fmt: skip
_LEFT = (
    "sha256", "signature", "token_hash", "text_hash", "fingerprint", "kind", "state", "page", "step",
    "version",
)  # fmt: skip
"""Words of ours, and digests."""


def redact_rows(organisation: Organisation, redact: Redact) -> int:
    """Take what names somebody out of every row of an organisation, and out of what failed jobs said.

    Parameters
    ----------
    organisation : Organisation
    redact : function
        Gives a text without what names them (`verbond.tables.redactor`).

    Returns
    -------
    int
        Rows that changed.
    """
    from django_tasks_db.models import DBTaskResult

    found = [model.objects.filter(organisation=organisation) for model in _BY_ORGANISATION]
    found.append(Organisation.objects.filter(pk=organisation.pk).only("settings"))
    found.append(Delivery.objects.filter(webhook__organisation=organisation))
    n = sum(_redacted(rows, redact) for rows in found)
    n += _redacted(Canvas.objects.filter(organisation=organisation), redact, ("name", "company", "settings"))
    n += _redacted(Community.objects.filter(organisation=organisation), redact, ("name", "intro", "contact"))
    n += _redacted(Idea.objects.filter(community__organisation=organisation), redact, ("text", "answer"))
    for model, only in ((CanvasEvent, ("values", "before")), (Edition, ("outcome",))):
        n += _redacted(model.objects.filter(canvas__organisation=organisation), redact, only)
    n += _redacted(DBTaskResult.objects.exclude(traceback=""), redact, ("traceback",))
    return n + AuditEntry.objects.filter(organisation=organisation).redact_words(_everywhere(redact))


def forget_address(emails: Iterable[str], organisation: Organisation | None = None) -> int:
    """Remove invitations to addresses behind which there is no account; returns how many."""
    n = 0
    for email in emails:
        if User.objects.filter(email__iexact=email).exists():
            continue
        asked = Invitation.objects.filter(email__iexact=email)
        if organisation is not None:
            asked = asked.filter(organisation=organisation)
        n += asked.delete()[0]
    return n


def _redacted(rows: models.QuerySet, redact: Redact, only: tuple[str, ...] = ()) -> int:
    fields = [field for field in rows.model._meta.concrete_fields if _is_text(field)]
    if rows.model is Organisation:  # its name is the organisation's, not a customer's
        fields = [field for field in fields if field.name == "settings"]
    fields = [field for field in fields if not only or field.name in only]
    n, clean = 0, _everywhere(redact)
    for row in rows.iterator():
        changed = {}
        for field in fields:
            before = getattr(row, field.attname)
            after = clean(before)
            if after != before:
                changed[field.name] = after[: field.max_length] if field.max_length else after
        if changed:
            n += rows.model._base_manager.filter(pk=row.pk).update(**changed)
    return n


def _is_text(field: models.Field) -> bool:
    if isinstance(field, models.ForeignKey) or field.primary_key or field.name in _LEFT:
        return False
    return isinstance(field, (models.CharField, models.TextField, models.JSONField))


def _everywhere(redact: Redact) -> Callable[[Any], Any]:
    """The same for every text within a JSON value, names of its members too."""

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return redact(value)
        if isinstance(value, dict):
            return {redact(name): clean(one) for name, one in value.items()}
        return [clean(one) for one in value] if isinstance(value, list) else value

    return clean


def redact_account(user: User, redact: Redact, replacement: str) -> None:
    """Take somebody who closes her account out of what was written down, in every organisation."""
    entries = AuditEntry.objects.filter(Q(user=user) | Q(who=user.known_as))
    entries.redact(replacement)
    AuditEntry.objects.all().redact_words(_everywhere(redact))


def scrub() -> bool:
    """Let nothing that was deleted or overwritten stay in the database's files.

    SQLite writes its file anew and empties the log beside it; PostgreSQL writes its tables anew. What a
    database elsewhere archives of its log is beyond us.

    Returns
    -------
    bool
        False where somebody who reads keeps that from happening now. Within a transaction nothing is done.
    """
    if connection.in_atomic_block:
        return True
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for model in (*_BY_ORGANISATION, *_NAMING):
                name = connection.ops.quote_name(model._meta.db_table)
                cursor.execute(f"VACUUM (FULL) {name}")
            return True
        cursor.execute("VACUUM")
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return cursor.fetchone()[0] == 0
