"""What a long computation tells while it works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Progress", "ProgressFunction", "silent"]


@dataclass(frozen=True, slots=True)
class Progress:
    """One message from a long computation.

    Attributes
    ----------
    step : str
        Code of the step in the wording files ("diagnosis.step_ladder").
    done : float
        Between 0 and 1, of this step.
    detail : str
        A few words for the curious ("iteration 12, log-likelihood -1234.5"); may be empty.
    """

    step: str
    done: float
    detail: str = ""


ProgressFunction = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Hear it and say nothing."""
