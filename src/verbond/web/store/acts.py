"""Writes: what people and jobs do."""

from __future__ import annotations

import itertools
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.text import slugify

from verbond.web.store.models import AuditEntry, Membership, Organisation, Role, User

__all__ = ["found_organisation", "note"]


@transaction.atomic
def found_organisation(name: str, owner: User, *, kind: str = Organisation.Kind.OWN) -> Organisation:
    """Make an organisation, with its owner; its slug is free."""
    base = slugify(name)[:50] or "organisation"
    slugs = itertools.chain([base], (f"{base}-{n}" for n in itertools.count(2)))
    slug = next(s for s in slugs if not Organisation.objects.filter(slug=s).exists())
    organisation = Organisation.objects.create(slug=slug, name=name, kind=kind)
    Membership.objects.create(organisation=organisation, user=owner, role=Role.OWNER)
    return organisation


def note(request: HttpRequest, verb: str, subject: str = "", **detail: Any) -> None:
    """Write down who saw or did what."""
    user = request.user if request.user.is_authenticated else None
    AuditEntry.objects.create(
        organisation=getattr(request, "organisation", None),
        user=user,
        who=user.email if user is not None else getattr(request, "asked_as", ""),
        verb=verb,
        subject=subject[:200],
        detail=detail,
    )
