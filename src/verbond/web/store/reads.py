"""Queries: what pages ask."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db.models import QuerySet

from verbond.web.store.models import Import, Job, Membership, Organisation, Role, Run, ShareLink, User

__all__ = ["is_fresh", "last_run", "may_analyse", "newest_job", "organisations_of", "running_job"]


def is_fresh() -> bool:
    """Whether nobody was made yet."""
    return not User.objects.exists()


def organisations_of(user: User) -> QuerySet[Organisation]:
    """The organisations that a user belongs to, by name."""
    return Organisation.objects.filter(memberships__user=user).order_by("name")


def may_analyse(user: User, slug: str) -> bool:
    """Whether a user is an analyst or more in the organisation of this slug."""
    return Membership.objects.filter(
        user=user, organisation__slug=slug, role__in=(Role.ANALYST, Role.OWNER)
    ).exists()


def last_run(organisation: Organisation) -> Run | None:
    """The newest diagnosis."""
    return Run.objects.filter(organisation=organisation).first()


def running_job(organisation: Organisation, kind: str) -> Job | None:
    """The job of a kind that waits or runs."""
    return Job.objects.filter(
        organisation=organisation, kind=kind, state__in=(Job.State.WAITING, Job.State.RUNNING)
    ).first()


def newest_job(organisation: Organisation, kind: str) -> Job | None:
    """The newest job of a kind, over or not."""
    return Job.objects.filter(organisation=organisation, kind=kind).first()


def imports_of(organisation: Organisation) -> QuerySet[Import]:
    """Imports, newest first."""
    return Import.objects.filter(organisation=organisation).select_related("created_by")


def runs_of(organisation: Organisation) -> QuerySet[Run]:
    """Diagnoses, newest first."""
    return Run.objects.filter(organisation=organisation).select_related("created_by")


def run_of(organisation: Organisation, id: str) -> Run | None:
    """A diagnosis by its id, as an address gives it; None where this organisation has none such."""
    try:
        return Run.objects.filter(organisation=organisation, pk=uuid.UUID(id)).first()
    except ValueError:
        return None


def run_before(organisation_id: int, moment: dt.datetime) -> Run | None:
    """The last diagnosis that was made before a moment."""
    return Run.objects.filter(organisation_id=organisation_id, created_at__lt=moment).first()


def shares_of(organisation: Organisation) -> QuerySet[ShareLink]:
    """Links to pages, newest first."""
    return (
        ShareLink.objects.filter(organisation=organisation)
        .select_related("created_by", "run")
        .order_by("-created_at")
    )
