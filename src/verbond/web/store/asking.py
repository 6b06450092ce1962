"""Surveys: what pages ask of them, and how one is changed without two people undoing each other."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from verbond.web.store.models import Organisation, Sheet, Survey

__all__ = ["changing", "open_survey_at", "survey_at", "survey_of", "surveys_of"]

_HANDED_IN = Count("sheets", filter=Q(sheets__state=Sheet.State.HANDED_IN))


def surveys_of(organisation: Organisation) -> QuerySet[Survey]:
    """The surveys of an organisation, newest first, each with `n_handed_in`."""
    return Survey.objects.filter(organisation=organisation).annotate(n_handed_in=_HANDED_IN)


def survey_of(organisation: Organisation, id: uuid.UUID) -> Survey | None:
    """One survey, with `n_handed_in`; None where this organisation has none such."""
    return surveys_of(organisation).filter(pk=id).first()


def survey_at(address: str) -> Survey | None:
    """The survey that is answered at an address, whatever its state."""
    return Survey.objects.select_related("organisation").filter(address=address).first()


def open_survey_at(address: str) -> Survey | None:
    """The survey that can be answered at an address now."""
    found = survey_at(address)
    return found if found is not None and found.state == Survey.State.OPEN else None


@contextmanager
def changing(survey: Survey) -> Iterator[Survey]:
    """The survey as it is now, nobody else changing it meanwhile; whoever changes it saves it."""
    with transaction.atomic():
        yield Survey.objects.select_for_update().get(pk=survey.pk)
