"""Which parts the model has: each choice with what else was tried and by what measure."""

from __future__ import annotations

from dataclasses import dataclass

from verbond.results import Reason

__all__ = ["Alternative", "Choice"]


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to have a part, fitted to the same sample of customers as the others.

    Attributes
    ----------
    value : str
    loglik : float
        Of the sample.
    n_parameters : int
    criterion : float
        Lower is better.
    """

    value: str
    loglik: float
    n_parameters: int
    criterion: float


@dataclass(frozen=True, slots=True)
class Choice:
    """A part of the model, what was chosen, and what the data said.

    Attributes
    ----------
    part : {"classes", "class_movement", "gone", "carry_over", "by_rung", "movement"}
    chosen : str
    criterion : {"aic", "given"}
        "given": asked for, so that nothing else was tried.
    alternatives : tuple of Alternative
        What was fitted, the chosen one among them; empty where it was given.
    reason : Reason
        In words.
    """

    part: str
    chosen: str
    criterion: str
    alternatives: tuple[Alternative, ...]
    reason: Reason
