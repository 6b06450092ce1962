"""What a long computation tells while it works."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Progress", "ProgressFunction", "listener", "silent"]

LEAST_SHARE, LEAST_SECONDS = 0.05, 2.0
"""What must be behind before it is said what lies ahead."""


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
    seconds_left : float or None
        Of this phase of the step, as fast as it went so far; None where that says nothing yet.
    """

    step: str
    done: float
    detail: str = ""
    seconds_left: float | None = None


ProgressFunction = Callable[[Progress], None]


def silent(progress: Progress) -> None:
    """Hear it and say nothing."""


def listener(progress: ProgressFunction, step: str, start: float, end: float) -> Callable[[float, str], None]:
    """Tell how far one phase of a step is, and how long it still takes at the pace so far.

    Parameters
    ----------
    start, end : float
        Where the phase begins and ends within the step, between 0 and 1.
    """
    began: list[float] = []

    def listen(done: float, detail: str) -> None:
        now = time.monotonic()
        began[:] = began or [now]
        took = now - began[0]
        known = LEAST_SHARE <= done < 1 and took >= LEAST_SECONDS
        left = took * (1 - done) / done if known else None
        progress(Progress(step, start + (end - start) * done, detail, left))

    return listen
