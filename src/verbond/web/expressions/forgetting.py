"""Who is named in promises, audits and labels, and what of them is too old."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from django.db.models import QuerySet

from verbond.web.store.models import CompanyPromise, ExpressionAudit, Label, Organisation

__all__ = ["expired_audits", "expired_labels", "texts_naming"]


def texts_naming(organisation: Organisation, redact: Callable[[str], str]) -> list[str]:
    """Texts that name somebody, to hand over.

    Parameters
    ----------
    organisation : Organisation
    redact : function
        Gives a text without what names her (`verbond.tables.redactor`).
    """
    said = [one.text for one in Label.objects.filter(organisation=organisation)]
    said += [one.why for one in Label.objects.filter(organisation=organisation).exclude(why="")]
    for audit in ExpressionAudit.objects.filter(organisation=organisation):
        if isinstance(audit.messages, list):
            said += [row["text"] for row in audit.messages]
        else:
            said += [cell for row in audit.messages["rows"] for cell in row]
    for promise in CompanyPromise.objects.filter(organisation=organisation):
        said += [promise.text, *promise.keeps, *promise.breaks]
    return [text for text in dict.fromkeys(said) if redact(text) != text]


def expired_audits(organisation: Organisation, before: dt.datetime) -> QuerySet[ExpressionAudit]:
    """Audits from before a moment."""
    return ExpressionAudit.objects.filter(organisation=organisation, made_at__lt=before)


def expired_labels(organisation: Organisation, before: dt.datetime) -> QuerySet[Label]:
    """Labels from before a moment."""
    return Label.objects.filter(organisation=organisation, made_at__lt=before)
