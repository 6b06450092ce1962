"""What machines ask and bring: tokens, rows, webhooks."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.utils import timezone

from verbond.web.people import tokens
from verbond.web.store.models import ApiToken, Import, Organisation, User, Webhook

__all__ = ["bring_rows", "make_token", "make_webhook", "token_of", "tokens_of", "webhooks_of"]

PREFIX = "verbond_"
_USED_SECONDS = 60


def make_token(organisation: Organisation, name: str, scopes: Sequence[str], by: User) -> str:
    """Make an API token; it is shown this once."""
    token, digest = tokens.made("api")
    ApiToken.objects.create(
        organisation=organisation, name=name, token_hash=digest, scopes=list(scopes), created_by=by
    )
    return PREFIX + token


def token_of(text: str) -> ApiToken | None:
    """The token that this text is, if it still opens anything."""
    now = timezone.now()
    found = (
        ApiToken.objects.select_related("organisation")
        .filter(token_hash=tokens.hashed("api", text.removeprefix(PREFIX)), revoked_at=None)
        .filter(Q(expires_at=None) | Q(expires_at__gt=now))
        .first()
    )
    if found is not None and (
        found.last_used_at is None or (now - found.last_used_at).total_seconds() > _USED_SECONDS
    ):
        ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def tokens_of(organisation: Organisation) -> list[ApiToken]:
    """Tokens that open something, newest first."""
    return list(ApiToken.objects.filter(organisation=organisation, revoked_at=None).order_by("-created_at"))


def webhooks_of(organisation: Organisation) -> list[Webhook]:
    """Addresses that are told, newest first."""
    return list(Webhook.objects.filter(organisation=organisation, disabled_at=None).order_by("-created_at"))


def make_webhook(organisation: Organisation, url: str, events: Sequence[str]) -> Webhook:
    """Note an address that is told what happens; its secret signs every message."""
    secret = "whsec_" + tokens.made("webhook")[0]
    return Webhook.objects.create(organisation=organisation, url=url, secret=secret, events=list(events))


def bring_rows(organisation: Organisation, table: str, rows: list[dict[str, Any]]) -> Import:
    """Keep rows as a file named after their table and read it in the background.

    The same rows again give the import that they were before.
    """
    from verbond.web.data.bringing import begin_reading, bring

    names = [name for name in rows[0] if any(row[name] is not None for row in rows)]
    text = io.StringIO()
    writer = csv.DictWriter(text, names, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    one, is_new = bring(organisation, f"{table}.csv", [text.getvalue().encode()], by=None)
    if is_new:
        entry = {"table": table, "columns": {name: name for name in names}, "date_order": "ymd"}
        begin_reading(one, entry, by=None)
        one.refresh_from_db()
    return one
