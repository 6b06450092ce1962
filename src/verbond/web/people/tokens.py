"""Tokens: each is for one purpose, of one subject, for a while; none opens what another opens.

A token that is handed out is random and kept as a hash only, which its purpose is part of: the row that has
the hash names subject and expiry. What a form carries is sealed; what a browser must bring back once stands
in its session.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import Any

from django.core import signing
from django.http import HttpRequest

__all__ = ["hashed", "kept", "made", "opened", "recall", "remember", "sealed"]

LONGEST = 200
"""Characters; nothing longer is looked at."""


def made(purpose: str) -> tuple[str, str]:
    """A new token, and its hash.

    Parameters
    ----------
    purpose : str
        What it opens.

    Returns
    -------
    tuple of str
        The token (256 bits; shown once) and the hash to keep.
    """
    token = secrets.token_urlsafe(32)
    return token, hashed(purpose, token)


def hashed(purpose: str, token: str) -> str:
    """The hash of a token for a purpose: 64 hexadecimal digits.

    Examples
    --------
    >>> hashed("invitation", "x") == hashed("guests", "x")
    False
    """
    return hashlib.sha256(f"{purpose}\0{token[:LONGEST]}".encode()).hexdigest()


def sealed(purpose: str, subject: Any, value: str) -> str:
    """A value that a form carries: it can be read there, not changed, nor used by another or elsewhere."""
    return signing.dumps([str(subject), value], salt=f"verbond.{purpose}")


def opened(purpose: str, subject: Any, text: str, *, seconds: int) -> str | None:
    """The value of `sealed` for this purpose and subject, not older than `seconds`; else None."""
    if len(text) > 10 * LONGEST:
        return None
    try:
        whose, value = signing.loads(text, salt=f"verbond.{purpose}", max_age=seconds)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return value if whose == str(subject) else None


def remember(request: HttpRequest, purpose: str, **values: Any) -> None:
    """Keep something in the session, to be recalled once for this purpose."""
    request.session[f"once.{purpose}"] = {"at": time.time(), **values}


def kept(request: HttpRequest, purpose: str, *, seconds: int) -> dict[str, Any] | None:
    """What is remembered for this purpose; None where nothing is, or older than `seconds`."""
    found = request.session.get(f"once.{purpose}")
    return found if found is not None and 0 <= time.time() - found["at"] <= seconds else None


def recall(request: HttpRequest, purpose: str, *, seconds: int) -> dict[str, Any] | None:
    """Take it out of the session: it works once."""
    found = kept(request, purpose, seconds=seconds)
    request.session.pop(f"once.{purpose}", None)
    return found
