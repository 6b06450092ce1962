"""What a message is sorted into: a relationship, values, and beside a promise one of three words."""

from __future__ import annotations

from typing import Literal

from verbond.method import CIRCLE, RELATIONSHIP_TYPES

__all__ = ["CONFLICTS", "FITS", "LIKE", "RELATIONSHIPS", "VALUES", "VERDICTS", "Verdict"]

RELATIONSHIPS = (*(kind.id for kind in RELATIONSHIP_TYPES), "none")
VALUES = tuple(value.id for value in CIRCLE)
VERDICTS = ("fits", "check", "conflicts")
Verdict = Literal["fits", "check", "conflicts", ""]
"""Empty where a message could not be judged."""

FITS, CONFLICTS = 0.25, 0.5
"""Probabilities of conflict below which a message fits, and from which it conflicts."""
LIKE = 0.35
"""Cosine (centred) from which an example is worth showing beside a message."""
