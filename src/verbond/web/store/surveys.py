"""The models of asking: a survey, whom it asks, and what they answer.

Three modes of anonymity, and what each leaves in these tables:

- anonymous: a `Sheet` knows nothing of an `Invitee` (no `Path`, no moments, a key by lot, no order); an
  invitee knows that she answered, never when.
- confidential: a `Path` joins the two, apart from both, and nothing else does.
- identified: the same, and the tables get the customer's id.
"""

from __future__ import annotations

import secrets
import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

__all__ = ["Draw", "Invitee", "Letter", "Mailbox", "Path", "Reached", "Sheet", "Survey"]


def _address() -> str:
    return secrets.token_urlsafe(9)


def _by_lot() -> int:
    return secrets.randbits(62) + 1


class Survey(models.Model):
    """A questionnaire that is put before people: once, in one way, for one purpose."""

    class Mode(models.TextChoices):
        """What is known of who answers."""

        ANONYMOUS = "anonymous"
        CONFIDENTIAL = "confidential"
        IDENTIFIED = "identified"

    class State(models.TextChoices):
        """Whether it can be answered."""

        DRAFT = "draft"
        OPEN = "open"
        CLOSED = "closed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organisation = models.ForeignKey("Organisation", models.CASCADE, related_name="surveys")
    name = models.CharField(max_length=120)
    """For who makes it; respondents see the questionnaire's title."""
    company = models.CharField(max_length=120)
    """As respondents know it: what stands for {company}."""
    mode = models.CharField(max_length=12, choices=Mode, default=Mode.CONFIDENTIAL)
    """Never changes once it has been opened."""
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    questionnaire = models.JSONField()
    """As `verbond.listen.Questionnaire.to_json` gives it."""
    revision = models.PositiveIntegerField(default=1)
    """Counts the changes of the questionnaire since it was opened."""
    wave = models.CharField(max_length=40)
    """In `responses.wave`."""
    basis = models.CharField(max_length=12, blank=True)
    """Lawful basis: one of `keeping.processing.BASES`."""
    purpose = models.JSONField(default=dict)
    """Language -> what it is for, in words for respondents."""
    contact = models.CharField(max_length=200, blank=True)
    """Whom respondents may ask."""
    keep_months = models.PositiveIntegerField(null=True)
    """After so many months its answers go; None: as long as the organisation keeps answers."""
    settings = models.JSONField(default=dict)
    """"most": answers wanted at most; "last_day": ISO date; "open_link", "kiosk": bool; "embed": origins;
    "remind_after_days", "most_reminders"; "rest_days": nobody is asked again within so many days."""
    address = models.CharField(max_length=24, unique=True, default=_address)
    """Where it can be answered: /q/ADDRESS/."""
    kiosk_hash = models.CharField(max_length=64, blank=True)
    seed = models.BigIntegerField(default=_by_lot)
    """Of the lots of its stimuli and of its sample."""
    flow = models.JSONField(default=dict)
    """What of it stands in the organisation's tables: "import", "n"."""
    created_by = models.ForeignKey("User", models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class Invitee(models.Model):
    """Somebody who is asked by name, through a link of her own that works once.

    The link's token is made anew from the installation's secret whenever it is needed; here is its hash.
    """

    class State(models.TextChoices):
        """How far asking came."""

        LISTED = "listed"
        SENT = "sent"
        BOUNCED = "bounced"
        DECLINED = "declined"

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="invitees")
    number = models.BigIntegerField(default=_by_lot)
    """Goes into the token."""
    token_hash = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=120, blank=True)
    email = models.CharField(max_length=254, blank=True)
    customer = models.CharField(max_length=200, blank=True)
    """Of a customer: her pseudonym in the archive."""
    department = models.CharField(max_length=120, blank=True)
    segments = models.JSONField(default=dict)
    language = models.CharField(max_length=2, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.LISTED)
    answered = models.BooleanField(default=False)
    n_sent = models.PositiveIntegerField(default=0)
    last_sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["survey", "email"], condition=~models.Q(email=""), name="one_invitation_an_address"
            )
        ]


class Sheet(models.Model):
    """What one respondent answers; only who has its link may read on or change it, until it is handed in."""

    class State(models.TextChoices):
        """How far it is."""

        BEGUN = "begun"
        HANDED_IN = "handed_in"
        WITHDRAWN = "withdrawn"

    class Channel(models.TextChoices):
        """How it was come by."""

        LINK = "link"
        PERSONAL = "personal"
        KIOSK = "kiosk"
        EMBED = "embed"

    id = models.BigAutoField(primary_key=True, default=_by_lot)
    """By lot: no order of arrival is in it. An automatic field, since SQLite numbers rows of a table with any
    other key once more by itself, in the order in which they came."""
    survey = models.ForeignKey(Survey, models.CASCADE, related_name="sheets")
    token_hash = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.BEGUN)
    channel = models.CharField(max_length=8, choices=Channel)
    revision = models.PositiveIntegerField()
    language = models.CharField(max_length=2)
    department = models.CharField(max_length=120, blank=True)
    segments = models.JSONField(default=dict)
    variants = models.JSONField(default=dict)
    """Stimulus -> the variant that was dealt."""
    answers = models.JSONField(default=dict)
    """Question -> answer, as `verbond.listen.answers` has it."""
    begun_at = models.DateTimeField(null=True)
    handed_in_at = models.DateTimeField(null=True)
    """Both stay empty in an anonymous survey."""
    seconds = models.PositiveIntegerField(null=True)
    """How long it took, in tens of seconds rounded; to mark who hurried."""
    flags = models.JSONField(default=list)
    """What makes one doubt it: "fast", "straight", "robot"."""
    flowed = models.BooleanField(default=False)
    """Whether it stands in the organisation's tables."""

    class Meta:
        indexes: ClassVar = [models.Index(fields=["survey", "state"], name="sheets_by_state")]

    def variant(self, stimulus: str) -> Any:
        """The variant that was dealt, or None."""
        return self.variants.get(stimulus)


class Path(models.Model):
    """From an invitee to her sheet, apart from both; there are none of an anonymous survey."""

    invitee = models.OneToOneField(Invitee, models.CASCADE, related_name="path")
    sheet = models.OneToOneField(Sheet, models.CASCADE, related_name="path")


class Draw(models.Model):
    """How many a stimulus was shown to within a stratum, so that variants are dealt evenly."""

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="draws")
    stimulus = models.CharField(max_length=40)
    stratum = models.CharField(max_length=120, blank=True)
    n = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["survey", "stimulus", "stratum"], name="one_draw_a_stratum")
        ]


class Letter(models.Model):
    """A letter that waits, was sent, or could not be; sent ones of an anonymous survey are not kept."""

    class Kind(models.TextChoices):
        """What it says."""

        INVITATION = "invitation"
        REMINDER = "reminder"

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting"
        SENDING = "sending"
        """It was handed to the other side, who has not said yes or no: it is not sent again by itself."""
        SENT = "sent"
        FAILED = "failed"

    invitee = models.ForeignKey(Invitee, models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    n_tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    message_id = models.CharField(max_length=120, blank=True)
    said = models.CharField(max_length=300, blank=True)
    """What the other side said when it refused."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["invitee", "kind"],
                condition=models.Q(state="waiting"),
                name="one_waiting_letter_of_a_kind",
            )
        ]


class Mailbox(models.Model):
    """Through which server an organisation sends letters, and where those that come back arrive."""

    organisation = models.OneToOneField("Organisation", models.CASCADE, related_name="mailbox")
    host = models.CharField(max_length=200)
    port = models.PositiveIntegerField(default=587)
    security = models.CharField(max_length=8, default="starttls")
    """"starttls", "tls" or "none"."""
    user = models.CharField(max_length=200, blank=True)
    password = models.CharField(max_length=400, blank=True)
    sender = models.CharField(max_length=254)
    sender_name = models.CharField(max_length=120, blank=True)
    settings = models.JSONField(default=dict)
    """"imap_host", "imap_port", "imap_user", "imap_password": where bounces are read; "quiet": no letters
    between these hours and on these days; "per_minute"."""
    checked_at = models.DateTimeField(null=True)


class Reached(models.Model):
    """When an address was last asked anything, and whether it wants to be asked at all."""

    organisation = models.ForeignKey("Organisation", models.CASCADE, related_name="reached")
    address_hash = models.CharField(max_length=64)
    """Keyed, so that it cannot be guessed back."""
    last_asked_on = models.DateField(null=True)
    declined = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "address_hash"], name="one_mark_an_address")
        ]
