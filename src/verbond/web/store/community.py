"""The models of a community: customers who were asked, their ideas, and what was done with them."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.db import models
from django.utils import timezone

__all__ = ["Community", "CommunityMember", "Idea"]


def _address() -> str:
    return secrets.token_urlsafe(9)


class Community(models.Model):
    """Where an organisation's customers bring ideas; one an organisation, small at first."""

    organisation = models.OneToOneField("Organisation", models.CASCADE, related_name="community")
    name = models.CharField(max_length=120)
    """As customers see it."""
    company = models.CharField(max_length=120)
    intro = models.TextField(blank=True)
    contact = models.CharField(max_length=200, blank=True)
    """Whom members may ask."""
    language = models.CharField(max_length=2, default="nl")
    """Of letters to members of whom no language is known."""
    is_open = models.BooleanField(default=True)
    """Whether ideas can be brought; what was brought can be read for as long as it stands."""
    address = models.CharField(max_length=24, unique=True, default=_address)
    """Where it is reached: /m/ADDRESS/TOKEN/."""
    base = models.CharField(max_length=200, blank=True)
    """Under which address the application was reached when letters were asked for."""
    flow = models.JSONField(default=dict)
    """"import": the import that its ideas are; "pending": it is to be written anew; "n"."""
    created_by = models.ForeignKey("User", models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class CommunityMember(models.Model):
    """A customer who was asked into a community; whoever has her link is taken for her."""

    class Letter(models.TextChoices):
        """How far her invitation is."""

        NONE = "none"
        WAITING = "waiting"
        SENDING = "sending"
        """Handed to the other side, who has not said yes or no: it is not sent again by itself."""
        SENT = "sent"
        FAILED = "failed"

    community = models.ForeignKey(Community, models.CASCADE, related_name="members")
    number = models.BigIntegerField()
    """By lot; what the token of her link is made from."""
    token_hash = models.CharField(max_length=64, unique=True)
    email = models.CharField(max_length=254, blank=True)
    name = models.CharField(max_length=120, blank=True)
    customer = models.CharField(max_length=200, blank=True)
    """Her pseudonym in the tables."""
    language = models.CharField(max_length=2, blank=True)
    why = models.JSONField(default=list)
    """Why she was asked: "contributed", "referred", "high", "answered"; nothing where somebody chose her."""
    shows_name = models.BooleanField(default=False)
    """Whether other members may read her name beside her ideas; she says so, and takes it back."""
    declined = models.BooleanField(default=False)
    letter = models.CharField(max_length=8, choices=Letter, default=Letter.NONE)
    n_tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    said = models.CharField(max_length=300, blank=True)
    """What the other side said when it refused."""
    asked_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["community", "email"], condition=~models.Q(email=""), name="one_member_an_address"
            )
        ]


class Idea(models.Model):
    """An idea of a member, and what came of it."""

    class Outcome(models.TextChoices):
        """What is done with it."""

        NEW = "new"
        DOING = "doing"
        DONE = "done"
        NOT = "not"

    community = models.ForeignKey(Community, models.CASCADE, related_name="ideas")
    member = models.ForeignKey(CommunityMember, models.CASCADE, related_name="ideas")
    text = models.TextField()
    is_shown = models.BooleanField(default=False)
    """Whether other members may read it: its writer says so."""
    made_at = models.DateTimeField(default=timezone.now)
    answer = models.TextField(blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.NEW)
    answered_by = models.ForeignKey("User", models.SET_NULL, null=True)
    answered_at = models.DateTimeField(null=True)
    letter = models.CharField(max_length=8, choices=CommunityMember.Letter, default="none")
    """How far the letter with the answer is."""
    n_tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-made_at", "-pk"]
