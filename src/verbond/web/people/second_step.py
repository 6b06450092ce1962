"""The second step of signing in: codes of an app (TOTP, RFC 6238), and recovery codes for when it is lost."""

from __future__ import annotations

import re
import secrets
import time

import pyotp
import segno
from django.db import transaction
from django.utils import timezone
from markupsafe import Markup

from verbond.web.people import tokens
from verbond.web.store.models import RecoveryCode, User

__all__ = ["begin_with", "drawn", "drop", "n_left", "new_codes", "new_secret", "shown"]

SECONDS = 30
WINDOW = 1
"""A code of one step before or after is taken too, since clocks differ."""
N_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""No letters that look like digits."""


def new_secret() -> str:
    """160 bits in Base32."""
    return pyotp.random_base32()


def drawn(user: User, secret: str) -> Markup:
    """What the app reads, as an SVG without any style in it."""
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name="Verbond")
    code = segno.make(uri, error="m")
    return Markup(code.svg_inline(scale=5, dark="#000", light="#fff", svgclass="qr", lineclass=None))


def begin_with(user: User, secret: str, code: str) -> bool:
    """Ask this user for the second step from now on, where the code shows that the app has the secret."""
    step = _step_of(secret, code, after=0)
    if step is None:
        return False
    User.objects.filter(pk=user.pk).update(totp_secret=secret, totp_last_step=step)
    user.refresh_from_db(fields=["totp_secret", "totp_last_step"])
    return True


@transaction.atomic
def drop(user: User) -> None:
    """Ask no second step any more; recovery codes go too."""
    user.recovery_codes.all().delete()
    User.objects.filter(pk=user.pk).update(totp_secret="")
    user.totp_secret = ""


def shown(user: User, code: str) -> bool:
    """Whether a code of the app or a recovery code is right; none is right twice.

    Parameters
    ----------
    user : User
    code : str
        As typed: spaces, hyphens and capitals are nothing.
    """
    code = re.sub(r"[\s-]", "", code[: tokens.LONGEST]).lower()
    if re.fullmatch(r"[0-9]{6}", code) and user.totp_secret:
        step = _step_of(user.totp_secret, code, after=user.totp_last_step)
        newer = User.objects.filter(pk=user.pk, totp_last_step__lt=step or 0)
        return step is not None and newer.update(totp_last_step=step) == 1
    unused = user.recovery_codes.filter(code_hash=_hash(user, code), used_at=None)
    return unused.update(used_at=timezone.now()) == 1


@transaction.atomic
def new_codes(user: User) -> list[str]:
    """New recovery codes; those of before no longer work. They are shown once, and kept as hashes."""
    user.recovery_codes.all().delete()
    made = ["".join(secrets.choice(_ALPHABET) for _ in range(16)) for _ in range(N_CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, code_hash=_hash(user, code)) for code in made)
    return ["-".join(code[i : i + 4] for i in range(0, 16, 4)) for code in made]


def n_left(user: User) -> int:
    """Recovery codes that were not used yet."""
    return user.recovery_codes.filter(used_at=None).count()


def _step_of(secret: str, code: str, *, after: int) -> int | None:
    """The time step that a code belongs to, if it is in the window and later than `after`."""
    totp, now = pyotp.TOTP(secret, interval=SECONDS), int(time.time()) // SECONDS
    code = re.sub(r"\s", "", code)
    fits = [
        step
        for step in range(now - WINDOW, now + WINDOW + 1)
        if step > after and secrets.compare_digest(totp.generate_otp(step).encode(), code.encode())
    ]
    return fits[0] if fits else None


def _hash(user: User, code: str) -> str:
    return tokens.hashed(f"recovery code of {user.pk}", code)
