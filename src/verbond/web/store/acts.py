"""Writes: what people and jobs do."""

from __future__ import annotations

import itertools
import shutil
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.text import slugify

from verbond.web.store.models import GUESTS, AuditEntry, Job, Membership, Organisation, Role, User

__all__ = ["close_organisation", "found_organisation", "note"]


@transaction.atomic
def found_organisation(name: str, owner: User, *, kind: str = Organisation.Kind.OWN) -> Organisation:
    """Make an organisation, with its owner; its slug is free."""
    base = slugify(name)[:50] or "organisation"
    slugs = itertools.chain([base], (f"{base}-{n}" for n in itertools.count(2)))
    slug = next(s for s in slugs if not Organisation.objects.filter(slug=s).exists())
    organisation = Organisation.objects.create(slug=slug, name=name, kind=kind)
    Membership.objects.create(organisation=organisation, user=owner, role=Role.OWNER)
    return organisation


def close_organisation(organisation: Organisation) -> bool:
    """Delete an organisation with everything that it keeps: rows, guests, folder.

    Returns
    -------
    bool
        False, and nothing deleted, while a job works for it.
    """
    folder = settings.INSTALLATION.data_folder(organisation.pk)
    with transaction.atomic():
        if Job.objects.filter(organisation=organisation, state=Job.State.RUNNING).exists():
            return False
        User.objects.filter(memberships__organisation=organisation, email__endswith=f"@{GUESTS}").delete()
        organisation.delete()
    shutil.rmtree(folder, ignore_errors=True)
    return True


def note(request: HttpRequest, verb: str, subject: str = "", **detail: Any) -> None:
    """Write down who saw or did what."""
    user = request.user if request.user.is_authenticated else None
    AuditEntry.objects.create(
        organisation=getattr(request, "organisation", None),
        user=user,
        who=user.known_as if user is not None else getattr(request, "asked_as", ""),
        verb=verb,
        subject=subject[:200],
        detail=detail,
    )
