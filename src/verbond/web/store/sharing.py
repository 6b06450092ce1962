"""Links to a page: made, withdrawn, opened. Only the hash of a link is kept."""

from __future__ import annotations

import datetime as dt

from django.http import HttpRequest
from django.utils import timezone

from verbond.web.people import tokens
from verbond.web.store.acts import note
from verbond.web.store.models import Run, ShareLink

__all__ = ["make_share", "opened_share", "withdraw_share"]

PURPOSE = "share"


def make_share(
    request: HttpRequest, *, page: str, query: str, run: Run | None, days: int, with_files: bool = False
) -> tuple[ShareLink, str]:
    """Make a link to a page; its token is given once.

    Parameters
    ----------
    request : HttpRequest
        Of an analyst or owner, with `organisation`.
    page : str
    query : str
        The filters, as they stand in an address.
    run : Run or None
        None always shows the newest diagnosis.
    days : int
        How long it works; 0 until it is withdrawn.
    with_files : bool
        Whether it hands out the whole diagnosis as files too.
    """
    token, hashed = tokens.made(PURPOSE)
    link = ShareLink.objects.create(
        organisation=request.organisation,
        token_hash=hashed,
        page=page,
        query=query,
        run=run,
        with_files=with_files,
        created_by=request.user,
        expires_at=timezone.now() + dt.timedelta(days=days) if days else None,
    )
    note(request, "share", str(link.pk), page=page, days=days, files=with_files)
    return link, token


def withdraw_share(request: HttpRequest, link: ShareLink) -> None:
    """End a link; who has it finds nothing from now on."""
    if link.revoked_at is None:
        link.revoked_at = timezone.now()
        link.save(update_fields=["revoked_at"])
        note(request, "unshare", str(link.pk), page=link.page)


def opened_share(token: str) -> ShareLink | None:
    """The link that a token opens; None where there is none, it was withdrawn, or its time is over."""
    link = (
        ShareLink.objects.select_related("organisation", "run")
        .filter(token_hash=tokens.hashed(PURPOSE, token), revoked_at=None)
        .first()
    )
    if link is None or (link.expires_at is not None and link.expires_at <= timezone.now()):
        return None
    return link
