"""Accounts, as who keeps the installation mends them."""

from __future__ import annotations

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import transaction

from verbond.errors import DataError, NotFoundError
from verbond.web.store.models import AuditEntry, User

__all__ = ["set_password"]


@transaction.atomic
def set_password(email: str, password: str, *, without_second_step: bool = False) -> None:
    """Set a password anew; sessions and passkeys of before, perhaps of somebody else, open nothing any more.

    Raises
    ------
    NotFoundError
        If nobody has this address.
    DataError
        If the password does not hold.
    """
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        raise NotFoundError("nobody signs in with this address", got=email)
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        raise DataError("this password does not hold: " + " ".join(error.messages)) from None
    user.set_password(password)
    if without_second_step:
        user.totp_secret = ""
        user.recovery_codes.all().delete()
    user.passkeys.all().delete()
    user.save()
    AuditEntry.objects.create(user=user, who="verbond password", verb="password_changed")
