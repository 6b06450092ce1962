"""A password that was forgotten is set anew by who has the machine."""

from __future__ import annotations

import pytest

from verbond.errors import DataError, NotFoundError
from verbond.web.store.accounts import set_password
from verbond.web.store.models import RecoveryCode

NEW = "another sentence that holds"


def test_the_new_password_opens_and_the_old_sessions_end(cast) -> None:
    bob = cast.client("bob")
    assert bob.get("/profile/").status_code == 200
    set_password("Bob@example.org ", NEW)
    assert bob.get("/profile/").status_code == 302
    answer = cast.client(None).post("/session/", {"email": "bob@example.org", "password": NEW})
    assert answer.status_code == 302


def test_a_lost_phone_is_no_end(cast) -> None:
    bob = cast.people["bob"]
    bob.totp_secret = "JBSWY3DPEHPK3PXP"
    bob.save()
    RecoveryCode.objects.create(user=bob, code_hash="a" * 64)
    set_password(bob.email, NEW)
    bob.refresh_from_db()
    assert bob.totp_secret
    set_password(bob.email, NEW, without_second_step=True)
    bob.refresh_from_db()
    assert not bob.totp_secret
    assert not bob.recovery_codes.exists()


def test_nobody_and_weak_passwords_are_said(cast) -> None:
    with pytest.raises(NotFoundError, match="nobody"):
        set_password("zed@example.org", NEW)
    with pytest.raises(DataError, match="does not hold"):
        set_password("bob@example.org", "short")
