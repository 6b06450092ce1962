"""How often something may be tried. Where that cannot be counted, nothing is let through."""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import time
from dataclasses import dataclass

from django.db import DatabaseError, transaction
from django.db.models import F
from django.http import HttpRequest

from verbond.web.store.models import Attempt

__all__ = [
    "ACCEPTING", "CONFIRMATION", "SECOND_STEP", "SIGN_IN_ACCOUNT", "SIGN_IN_ADDRESS", "Limit", "TooOften",
    "address_of", "give_back", "spend",
]  # fmt: skip

KEPT_SECONDS = 86_400
"""Counts older than this are thrown away; no limit has a longer window."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many attempts in a fixed window of time.

    Attributes
    ----------
    scope : str
        What is tried.
    n : int
        Attempts that are let through in a window.
    seconds : int
        How long a window is.
    """

    scope: str
    n: int
    seconds: int


SIGN_IN_ADDRESS = Limit("sign in, by address", 40, 3600)
SIGN_IN_ACCOUNT = Limit("sign in, by account", 10, 900)
SECOND_STEP = Limit("second step", 10, 900)
CONFIRMATION = Limit("confirmation", 10, 900)
ACCEPTING = Limit("accepting an invitation", 30, 3600)


class TooOften(Exception):
    """An attempt too many, or one that could not be counted.

    Attributes
    ----------
    seconds : int or None
        When one may try again; None where the count could not be written.
    """

    def __init__(self, seconds: int | None) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def spend(limit: Limit, subject: str) -> None:
    """Count an attempt, before it is made.

    Parameters
    ----------
    limit : Limit
    subject : str
        For whom it counts: an address, an account. Only a hash of it is kept.

    Raises
    ------
    TooOften
        If there were too many in this window, or the count cannot be written.
    """
    now = int(time.time())
    window = now - now % limit.seconds
    try:
        counted = _count(_key(limit, subject), window, limit.n)
    except DatabaseError:
        logging.getLogger("django").exception("an attempt could not be counted, so it was refused")
        raise TooOften(None) from None
    if not counted:
        raise TooOften(window + limit.seconds - now)


def give_back(limit: Limit, subject: str) -> None:
    """Take back an attempt that came from somebody who belongs here."""
    now = int(time.time())
    rows = Attempt.objects.filter(key=_key(limit, subject), window=now - now % limit.seconds, n__gt=0)
    rows.update(n=F("n") - 1)


def address_of(request: HttpRequest) -> str:
    """Where a request comes from: the connection's own address, never a header that anybody may write.

    Behind a proxy (`verbond serve --https`) the server has put in place what its proxy on this machine says.
    Of an IPv6 address the network counts, since one customer has all of it.
    """
    address = request.META.get("REMOTE_ADDR", "")
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(ipaddress.ip_network(f"{known}/64", strict=False)) if known.version == 6 else str(known)


def _key(limit: Limit, subject: str) -> str:
    return hashlib.sha256(f"{limit.scope}\0{subject}".encode()).hexdigest()


def _count(key: str, window: int, most: int) -> bool:
    for _ in range(2):
        with transaction.atomic():
            if Attempt.objects.filter(key=key, window=window, n__lt=most).update(n=F("n") + 1):
                return True
            _, first = Attempt.objects.get_or_create(key=key, window=window, defaults={"n": 1})
            if first:
                Attempt.objects.filter(window__lt=window - KEPT_SECONDS).delete()
                return True
    return False
