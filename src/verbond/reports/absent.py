"""Why a part of the report is empty: the reason that the diagnosis itself gives, not a guess."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verbond.results import Language, sentence
from verbond.results.groups import MIN_GROUP

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis

__all__ = ["has_answers", "has_events", "no_ladder", "no_movement", "unsaid_as"]

_STOPS = ("ladder.one_period", "ladder.too_few_customers", "ladder.all_the_same", "ladder.no_counts")
"""Reasons for which no ladder is fitted; the others say how to read one."""


def has_events(d: Diagnosis) -> bool:
    """Whether the data that were read hold behaviour with a date."""
    return d.check is not None and any(t.table == "events" and t.n_rows for t in d.check.tables)


def has_answers(d: Diagnosis) -> bool:
    """Whether anybody answered, be it too few to fix the rungs."""
    return bool(
        (d.survey is not None and d.survey.n_respondents) or (d.ladder is not None and d.ladder.n_respondents)
    )


def no_ladder(d: Diagnosis, language: Language) -> str:
    """Why nobody is placed on the ladder.

    Parameters
    ----------
    d : Diagnosis
        Of which `usable_ladder` is None.
    language : {"en", "nl"}
    """
    why = _why(d, language)
    return (
        sentence("report.empty_ladder_because", language, why=why) if why else _say("empty_ladder", language)
    )


def no_movement(d: Diagnosis, language: Language) -> str:
    """Why no movement is shown, where nobody is placed on the ladder."""
    why = _why(d, language)
    if not why:
        return _say("empty_behaviour", language)
    return sentence("report.empty_movement_because", language, why=why)


def unsaid_as(d: Diagnosis, code: str, language: Language) -> str:
    """The sentence of what stayed unsaid for this reason; empty where it is not there."""
    return next((r.sentence(language) for r in d.unsaid if r.code == f"diagnosis.{code}"), "")


def _why(d: Diagnosis, language: Language) -> str:
    """The reason itself; empty where there is simply nothing to place people by."""
    if d.ladder is None:
        failed = [str(r.values["why"]) for r in d.unsaid if r.code == "diagnosis.ladder_failed"]
        return failed[0] if failed else _say("why_not_computed", language) if has_events(d) else ""
    reasons = d.ladder.reasons
    if stops := tuple(r for r in reasons if r.code in _STOPS):
        reasons = stops
    elif len(d.ladder.n_present) and d.ladder.n_present[-1] < MIN_GROUP:
        return sentence("report.why_small", language, least=MIN_GROUP)
    said = " ".join(dict.fromkeys(reason.sentence(language) for reason in reasons))
    return said or _say("why_not_computed", language)


def _say(code: str, language: Language) -> str:
    return sentence(f"report.{code}", language)
