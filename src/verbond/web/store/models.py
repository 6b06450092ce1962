"""The models. What belongs to an organisation has a foreign key to it, and goes with it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone

from verbond.web.store.canvases import Canvas, CanvasEvent, Edition, Participant
from verbond.web.store.community import Community, CommunityMember, Idea
from verbond.web.store.effects import Experiment
from verbond.web.store.expressions import CompanyPromise, ExpressionAudit, Label
from verbond.web.store.reporting import Branding, ReportSchedule
from verbond.web.store.steps import Undertaking
from verbond.web.store.surveys import Draw, Invitee, Letter, Mailbox, Path, Reached, Sheet, Survey

__all__ = [
    "ApiToken", "Attempt", "AuditEntry", "Branding", "Canvas", "CanvasEvent", "Community",
    "CommunityMember", "CompanyPromise", "Delivery", "Draw", "Edition", "Experiment", "ExpressionAudit",
    "Idea", "IdentityProvider", "Import", "Invitation", "Invitee", "Job", "Label", "Letter", "Mailbox",
    "Membership", "Organisation", "Participant", "Passkey", "Path", "Reached", "RecoveryCode",
    "RememberedMapping", "ReportSchedule", "Role", "Run", "ShareLink", "Sheet", "SignIn", "Source",
    "Survey", "Undertaking", "User", "Webhook",
]  # fmt: skip


GUESTS = "guests.invalid"
"""Where the addresses of guests stand, who have none: a name that can never exist."""


class Role(models.TextChoices):
    """What a person may do in an organisation; each may do what the ones before it may."""

    GUEST = "guest"
    MEMBER = "member"
    FACILITATOR = "facilitator"
    ANALYST = "analyst"
    OWNER = "owner"

    @property
    def rank(self) -> int:
        """0 for a guest, 4 for an owner."""
        return list(type(self)).index(self)


class _Users(BaseUserManager):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make a user; without a password one signs in by link, passkey or provider only."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person who signs in."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=2, default="en")
    is_active = models.BooleanField(default=True)
    is_admin = models.BooleanField(default=False)
    """Keeps the installation: backups, organisations; sees no organisation that it is no member of."""
    address_proven = models.BooleanField(default=False)
    """A provider has said that this address is hers. Whoever had an invitation's link may have chosen the
    password of an account that is not."""
    totp_secret = models.CharField(max_length=64, blank=True)
    """Base32; empty where no second step is asked."""
    totp_last_step = models.BigIntegerField(default=0)
    """The last time step used, so that no code works twice."""
    created_at = models.DateTimeField(default=timezone.now)

    objects = _Users()
    USERNAME_FIELD = "email"

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_guest(self) -> bool:
        """Whether a link let this person in, under a name only: there is no password and no address."""
        return self.email.endswith(f"@{GUESTS}")

    @property
    def known_as(self) -> str:
        """How others know this person: the e-mail address, or "link: NAME"."""
        return f"link: {self.name}" if self.is_guest else self.email


class SignIn(models.Model):
    """A session of a user, so that it can be seen and ended. No network address is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True)
    browser = models.CharField(max_length=160, blank=True)
    """What the browser calls itself."""
    created_at = models.DateTimeField(default=timezone.now)


class Passkey(models.Model):
    """A passkey of a user."""

    user = models.ForeignKey(User, models.CASCADE, related_name="passkeys")
    name = models.CharField(max_length=80)
    credential_id = models.BinaryField(unique=True)
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True)


class RecoveryCode(models.Model):
    """A code that stands in for the second step, once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)


class Organisation(models.Model):
    """One company's workspace, strictly apart from the others."""

    class Kind(models.TextChoices):
        """Whose data it holds."""

        OWN = "own"
        DEMO = "demo"

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.OWN)
    created_at = models.DateTimeField(default=timezone.now)
    members = models.ManyToManyField(User, through="Membership", related_name="organisations")
    settings = models.JSONField(default=dict)
    """"retention": data class -> months; "basis": data class -> its lawful basis."""

    def __str__(self) -> str:
        return self.name

    @property
    def retention(self) -> dict[str, int]:
        """Data class -> months after which it goes; a class that is not there stays."""
        return self.settings.get("retention", {})

    @property
    def retention_months(self) -> int | None:
        """After so many months the first of what customers did or said goes; None where all of it stays."""
        said = [self.retention[one] for one in ("behaviour", "answers", "words") if one in self.retention]
        return min(said, default=None)


class Membership(models.Model):
    """That a user belongs to an organisation, and as what."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role)
    link = models.ForeignKey("Invitation", models.CASCADE, null=True, related_name="guests")
    """Where a guest came in."""
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "user"], name="one_membership_a_person")
        ]


class Invitation(models.Model):
    """Somebody is asked to join; only who has the link, and only for that address, may.

    Without an address it lets guests in under a name, as many as come, until it expires or is withdrawn; they
    leave with it.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="invitations")
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=12, choices=Role)
    token_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)


class IdentityProvider(models.Model):
    """An OpenID Connect provider through which people may sign in."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    issuer = models.URLField(max_length=300)
    client_id = models.CharField(max_length=200)
    client_secret = models.CharField(max_length=400)


class Import(models.Model):
    """A file that was brought, and what became of it."""

    class State(models.TextChoices):
        """How far it is."""

        UPLOADED = "uploaded"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        UNDONE = "undone"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="imports")
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    n_bytes = models.BigIntegerField()
    product = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.UPLOADED)
    recognition = models.JSONField(default=dict)
    mapping = models.JSONField(default=dict)
    outcome = models.JSONField(default=dict)
    """Rows kept and refused a table, first and last day, notes."""
    created_by = models.ForeignKey(User, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]


class RememberedMapping(models.Model):
    """How a file with these headers was mapped before."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="mappings")
    signature = models.CharField(max_length=64)
    mapping = models.JSONField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "signature"], name="one_mapping_a_header")
        ]


class Source(models.Model):
    """Where data are fetched on schedule: a watched folder, or a query on a database."""

    class Kind(models.TextChoices):
        """What is watched."""

        FOLDER = "folder"
        SQL = "sql"

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="sources")
    kind = models.CharField(max_length=8, choices=Kind)
    name = models.CharField(max_length=80)
    address = models.CharField(max_length=500)
    """A path, or a postgres:// address."""
    query = models.TextField(blank=True)
    mapping = models.JSONField(default=dict)
    every_hours = models.PositiveIntegerField(default=24)
    last_run_at = models.DateTimeField(null=True)
    last_said = models.JSONField(null=True)


class Job(models.Model):
    """Work in the background, as people follow it."""

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organisation = models.ForeignKey(Organisation, models.CASCADE, null=True, related_name="jobs")
    kind = models.CharField(max_length=30)
    subject = models.CharField(max_length=60, blank=True)
    """Id of what it works on."""
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    step = models.CharField(max_length=80, blank=True)
    """Code of a sentence."""
    done = models.FloatField(default=0.0)
    seconds_left = models.FloatField(null=True)
    why = models.JSONField(null=True)
    """Where it failed: the error's message."""
    asked_to_stop = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in (self.State.DONE, self.State.FAILED, self.State.CANCELLED)


class Run(models.Model):
    """A diagnosis that was made, kept as a file beside the data."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="runs")
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True)
    fingerprint = models.CharField(max_length=64)
    version = models.CharField(max_length=20)
    summary = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["-created_at"]


class ShareLink(models.Model):
    """A page that can be read by whoever has the link, free text redacted."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="share_links")
    token_hash = models.CharField(max_length=64, unique=True)
    page = models.CharField(max_length=30)
    query = models.CharField(max_length=300, blank=True)
    """The filters of the page."""
    run = models.ForeignKey(Run, models.CASCADE, null=True)
    """The diagnosis that is shown; None always shows the newest."""
    created_by = models.ForeignKey(User, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    with_files = models.BooleanField(default=False)
    """Whether it hands out the whole diagnosis as files too."""


class ApiToken(models.Model):
    """A token for machines."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_by = models.ForeignKey(User, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class Webhook(models.Model):
    """An address that is told what happens."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="webhooks")
    url = models.URLField(max_length=500)
    secret = models.CharField(max_length=80)
    events = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    disabled_at = models.DateTimeField(null=True)


class Delivery(models.Model):
    """One message to a webhook, and how often it was tried."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=40)
    body = models.JSONField()
    n_tries = models.PositiveIntegerField(default=0)
    status = models.PositiveIntegerField(null=True)
    said = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    next_try_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)


_LONGEST = (("who", 120), ("subject", 200))


class _Appended(models.QuerySet):
    """Rows that are written once; only who somebody was may be taken out."""

    def update(self, **fields: Any) -> int:
        raise TypeError("what was written down stays as it is")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise TypeError("what was written down stays")

    def redact(self, replacement: str = "") -> int:
        """Take out who they are about, in place."""
        return super().update(who=replacement, user=None)

    def redact_words(self, redact: Callable[[Any], Any]) -> int:
        """Take out of every entry what a function finds to name somebody; returns how many it changed.

        Who an entry is by stays while that person has an account.
        """
        n = 0
        for one in self.iterator():
            fields = ("subject", "detail") if one.user_id else ("who", "subject", "detail")
            before = {name: getattr(one, name) for name in fields}
            after = {name: redact(value) for name, value in before.items()}
            after |= {name: after[name][:longest] for name, longest in _LONGEST if name in after}
            if after != before:
                n += self.model._base_manager.filter(pk=one.pk).update(**after)
        return n

    def expire(self, before: dt.datetime) -> int:
        """Remove what was written down before a moment; returns how many entries that were."""
        return models.QuerySet.delete(self.filter(at__lt=before).order_by())[0]


class AuditEntry(models.Model):
    """Who saw or did what, and when. It is appended to only; who it was is redacted when a person leaves."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, null=True, related_name="audit")
    user = models.ForeignKey(User, models.SET_NULL, null=True)
    who = models.CharField(max_length=120, blank=True)
    """As it was then: the e-mail address, "API: name of the token", "link: name of the guest"."""
    verb = models.CharField(max_length=40)
    subject = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = _Appended.as_manager()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write it, once."""
        if not self._state.adding:
            raise TypeError("what was written down stays as it is")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Never, but with the organisation."""
        raise TypeError("what was written down stays")


class Attempt(models.Model):
    """How often something was tried in a window of time, for the rate limits."""

    key = models.CharField(max_length=64)
    """Hash of what is limited, and for whom."""
    window = models.BigIntegerField()
    n = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "window"], name="one_count_a_window")]
