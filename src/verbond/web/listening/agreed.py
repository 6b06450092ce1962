"""What was agreed on about an experiment inside a survey, before anybody answered it.

It stands in `Survey.settings["experiments"]`, by stimulus: "worth", the smallest difference that matters, as
a part of the scale; "lower", the questions of which a lower answer is better.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from verbond.web.store import asking
from verbond.web.store.models import Sheet, Survey

__all__ = ["WORTH", "WORTHS", "Agreed", "agree", "agreed_of", "may_agree"]

WORTHS = (0.05, 0.1, 0.2)
"""Parts of a scale to choose from: half a point, one, two on 0..10."""
WORTH = 0.1
"""What is reckoned with where nothing was agreed on."""
_KEY = "experiments"


@dataclass(frozen=True, slots=True)
class Agreed:
    """What was agreed on.

    Attributes
    ----------
    worth : float or None
        None where nothing was: then no outcome is ever called unchanged.
    lower : tuple of str
        Ids of questions.
    """

    worth: float | None = None
    lower: tuple[str, ...] = ()

    @property
    def difference(self) -> float:
        """The difference that sizes are reckoned with, as a part of the scale."""
        return self.worth or WORTH


def agreed_of(survey: Survey, stimulus: str) -> Agreed:
    """What was agreed on about one stimulus."""
    kept = survey.settings.get(_KEY, {}).get(stimulus, {})
    return Agreed(kept.get("worth"), tuple(kept.get("lower", ())))


def may_agree(survey: Survey) -> bool:
    """Whether it is still beforehand: nobody has handed in yet."""
    return not survey.sheets.filter(state=Sheet.State.HANDED_IN).exists()


def agree(survey: Survey, stimulus: str, worth: float | None, lower: Iterable[str]) -> bool:
    """Agree on both; once people have answered, only on which questions are better when lower.

    Parameters
    ----------
    survey : Survey
    stimulus : str
    worth : float or None
        One of `WORTHS`.
    lower : iterable of str

    Returns
    -------
    bool
        Whether all of it was taken: what matters cannot be chosen any more once there are answers.
    """
    with asking.changing(survey) as now:
        before = agreed_of(now, stimulus)
        taken = before.worth == worth or may_agree(now)
        kept = now.settings.setdefault(_KEY, {})
        kept[stimulus] = {"worth": worth if taken else before.worth, "lower": sorted(set(lower))}
        now.save(update_fields=["settings"])
        survey.settings = now.settings
    return taken
