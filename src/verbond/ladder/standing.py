"""`Standing`: what can be done with a panel."""

from __future__ import annotations

from dataclasses import dataclass

from verbond.results import Reason

__all__ = ["Standing"]


@dataclass(frozen=True, slots=True)
class Standing:
    """What can be done with a panel.

    Attributes
    ----------
    n_respondents : int
        Customers with survey scores.
    anchored : bool
        Scores fix the states to the rungs.
    stops : bool
        No ladder can be fitted.
    reasons : tuple of Reason
    n_states : int
    """

    n_respondents: int
    anchored: bool
    stops: bool
    reasons: tuple[Reason, ...]
    n_states: int
