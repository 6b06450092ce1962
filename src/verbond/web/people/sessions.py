"""Sessions of people: begun after every step, listed, ended everywhere."""

from __future__ import annotations

import time
from typing import Any

from django.contrib.auth import login, update_session_auth_hash
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from verbond.web.store import audit
from verbond.web.store.models import SignIn, User

__all__ = [
    "begin", "confirm", "end_others", "is_confirmed", "keep_list", "leave_list", "listed", "named",
    "renew",
]  # fmt: skip

CONFIRMED_SECONDS = 600
"""So long after one has shown again who one is, passwords and steps may be changed."""
_BROWSERS = {"Edg": "Edge", "OPR/": "Opera", "Firefox": "Firefox", "Chrom": "Chrome", "Safari": "Safari"}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}
"""What stands in the name a browser gives itself, the most telling first."""
_BACKEND = "django.contrib.auth.backends.ModelBackend"


def begin(request: HttpRequest, user: User, how: str) -> None:
    """Sign somebody in, under a new session key.

    Parameters
    ----------
    request : HttpRequest
    user : User
        Who has shown everything that is asked.
    how : str
        "password", "second_step", "passkey", "provider", "invitation", "link".
    """
    login(request, user, backend=_BACKEND)
    if not user.has_usable_password():
        confirm(request)
    audit.note_sign_in(user, how)


def confirm(request: HttpRequest) -> None:
    """Who asks has shown again who she is: by her password or, where she has none, by signing in."""
    request.session["confirmed"] = time.time()


def is_confirmed(request: HttpRequest) -> bool:
    """Whether that was a moment ago."""
    return 0 <= time.time() - request.session.get("confirmed", 0.0) <= CONFIRMED_SECONDS


def listed(user: User) -> QuerySet[SignIn]:
    """The sessions of a user that are still open, newest first."""
    return SignIn.objects.filter(user=user, session_key__in=_open()).order_by("-created_at")


def named(browser: str) -> tuple[str, str]:
    """Browser and system, from what a browser calls itself; empty where not known.

    Examples
    --------
    >>> named("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    ('Firefox', 'Linux')
    """
    return _first(_BROWSERS, browser), _first(_SYSTEMS, browser)


def end_others(request: HttpRequest) -> int:
    """End all sessions of this user but the one that asks; gives how many."""
    others = SignIn.objects.filter(user=request.user).exclude(session_key=request.session.session_key)
    Session.objects.filter(session_key__in=list(others.values_list("session_key", flat=True))).delete()
    return others.delete()[0]


def renew(request: HttpRequest) -> None:
    """After a change of password or steps: the others end, this one goes on under a new key."""
    end_others(request)
    before = request.session.session_key
    update_session_auth_hash(request, request.user)
    SignIn.objects.filter(session_key=before).update(session_key=request.session.session_key)


def keep_list(sender: Any, request: HttpRequest, user: User, **_: Any) -> None:
    """On every sign-in: list the session, and clear away what is over."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    SignIn.objects.filter(user=user).exclude(session_key__in=_open()).delete()
    if request.session.session_key is None:  # who was signed in before was somebody else
        request.session.create()
    browser = request.META.get("HTTP_USER_AGENT", "")[:160]
    SignIn.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={"user": user, "browser": browser, "created_at": timezone.now()},
    )


def leave_list(sender: Any, request: HttpRequest, **_: Any) -> None:
    """On every sign-out."""
    SignIn.objects.filter(session_key=request.session.session_key or "").delete()


def _open() -> QuerySet[Any]:
    return Session.objects.filter(expire_date__gte=timezone.now()).values("session_key")


def _first(names: dict[str, str], text: str) -> str:
    return next((name for mark, name in names.items() if mark in text), "")
