"""What the loyalty room hands out about intentions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from verbond.loyalty.calibration import AnswerShare, AnswerWorth
from verbond.results import Estimate, Provenance, Reason, Result

__all__ = ["FollowUp", "IntentionGapRow", "IntentionResult", "IntentionRow", "Tone"]

Tone = Literal["good", "bad", "neutral", "caution"]


@dataclass(frozen=True, slots=True)
class IntentionRow:
    """People who gave the same kind of answer, and how many of them did it.

    Attributes
    ----------
    intention : str
        "recommend", "stay" or "rebuy".
    level : str
        "promoter", "passive" or "detractor" (recommend, asked on 0..10), else "likely", "neutral" or
        "unlikely" (above, at and below the middle of the answer scale); "all": whatever they answered.
    n_obs : int
        People; 0 where they are too few to show.
    behaviour : str
        "referred", "brought_customer", "stayed" or "bought_again".
    share : Estimate
        Of them who did it within the horizon, with Wilson's interval.
    by, group : str
        Of the customers of one group; empty: of everybody.
    """

    intention: str
    level: str
    n_obs: int
    behaviour: str
    share: Estimate
    by: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class IntentionGapRow:
    """Stated against done, over the same people.

    Attributes
    ----------
    intention, behaviour : str
    n_obs : int
    intended, done : Estimate
        Share who intended to (promoter or likely) and who did.
    done_by_intenders : Estimate
        Share of those who intended to who did.
    gap : Estimate
        intended - done, with Agresti and Min's (2005) interval for paired shares.
    """

    intention: str
    behaviour: str
    n_obs: int
    intended: Estimate
    done: Estimate
    done_by_intenders: Estimate
    gap: Estimate


@dataclass(frozen=True, slots=True)
class FollowUp:
    """How many people's behaviour after their answer is known.

    Attributes
    ----------
    intention : str
    n_followed : int
        The whole horizon after their answer lies within the data; only these count anywhere else.
    n_too_recent : int
        Answered too short ago.
    n_undated, n_not_linked : int
        Answered on an unknown day; cannot be tied to a customer.
    """

    intention: str
    n_followed: int
    n_too_recent: int
    n_undated: int
    n_not_linked: int


@dataclass(frozen=True, slots=True)
class IntentionResult(Result):
    """Intention against behaviour, joined per person.

    Attributes
    ----------
    horizon_days : int
        Behaviour counts from the day after the answer up to this many days after it.
    rows : tuple of IntentionRow
    gaps : tuple of IntentionGapRow
    net_promoters : Estimate or None
        Share of promoters minus share of detractors, -1..1.
    net_referrers : Estimate or None
        Among the same people (those who had not left before they answered): share who referred somebody
        minus share who left, -1..1.
    follow_up : tuple of FollowUp
    reasons : tuple of Reason
        What cannot be told, and what to keep in mind.
    provenance : Provenance
    answers : tuple of AnswerShare
        The same shares answer by answer, with the rising curve through them.
    worth : tuple of AnswerWorth
        How well answers sort people, and what they add to people's own past.
    group_rows : tuple of IntentionRow
        The same shares of groups of customers, as they were on the day of the answer.
    headline : Reason or None
        The one sentence to read; None where there is nothing to compare.
    tone : {"good", "bad", "neutral", "caution"}
    """

    horizon_days: int
    rows: tuple[IntentionRow, ...]
    gaps: tuple[IntentionGapRow, ...]
    net_promoters: Estimate | None
    net_referrers: Estimate | None
    follow_up: tuple[FollowUp, ...]
    reasons: tuple[Reason, ...]
    provenance: Provenance
    answers: tuple[AnswerShare, ...] = ()
    worth: tuple[AnswerWorth, ...] = ()
    group_rows: tuple[IntentionRow, ...] = ()
    headline: Reason | None = None
    tone: Tone = "neutral"

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row an intention, level and behaviour, of everybody and of each group."""
        return [
            {
                "by": row.by,
                "group": row.group,
                "intention": row.intention,
                "level": row.level,
                "behaviour": row.behaviour,
                "n_obs": row.n_obs,
                "share": row.share.value,
                "ci_lower": row.share.ci_lower,
                "ci_upper": row.share.ci_upper,
            }
            for row in (*self.rows, *self.group_rows)
        ]
