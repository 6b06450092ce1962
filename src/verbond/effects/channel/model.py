"""`ChannelEffect`: what forced channels and personal contact do to customers."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from verbond.effects.channel.kernel import wave_difference
from verbond.effects.channel.results import AnswerChange, ChannelReading, ChannelResult
from verbond.effects.past.model import read_past
from verbond.effects.past.results import PastResult
from verbond.effects.past.scored import PastScores
from verbond.effects.verdict import together
from verbond.errors import NotFoundError
from verbond.method import Text, named
from verbond.numerics.checks import check_ci_level
from verbond.numerics.intervals import mean_interval
from verbond.results import Estimate, Reason
from verbond.tables.reads.channel import AnswersBeside, answers_beside
from verbond.tables.reads.winning import known_actions
from verbond.tables.tables import Tables

__all__ = ["CHANNELS", "OUTCOMES", "ChannelEffect"]

CHANNELS = ("forced_channel", "personal_contact")
OUTCOMES = ("complaints", "contacts", "purchases", "stays")
LEAST_ANSWERS = 30
"""With fewer customers on either side who answered, answers are not compared."""
SCORES = ("experience", "trust")
TYPES = ("market", "authority", "meaning", "equality")


@dataclass(frozen=True, slots=True)
class ChannelEffect:
    """Set customers whom a channel reached beside others, before and after.

    Parameters
    ----------
    actions : sequence of str
        Kinds of action, or actions; those that the tables do not have are passed over.
    outcomes : sequence of str
        What customers do, see `PastAction`.
    ci_level : float

    Notes
    -----
    Behaviour is read as `PastAction` reads it, with the same rules for a verdict; experience and trust as
    `PastScores` does where enough customers answered before and after. Elsewhere, and for the relationship
    that customers have, those whom it had reached when they answered are set beside others of the same waves,
    less what both differed before; that gets no verdict.

    Examples
    --------
    >>> from verbond.tables import open_tables
    >>> with open_tables("demo") as tables:                              # doctest: +SKIP
    ...     print(ChannelEffect().fit(tables).headline)
    """

    actions: Sequence[str] = CHANNELS
    outcomes: Sequence[str] = OUTCOMES
    ci_level: float = 0.95

    def __post_init__(self) -> None:
        check_ci_level(self.ci_level)

    def fit(self, tables: Tables, past: Mapping[str, Sequence[PastResult]] | None = None) -> ChannelResult:
        """Read each channel.

        Parameters
        ----------
        tables : Tables
            With actions, exposures and events; with scores, types too.
        past : mapping of str to sequence of PastResult, optional
            By action: what was read already, and is not read again.

        Returns
        -------
        ChannelResult
            With a reason where there is no such action.
        """
        channels = tuple(self._readings(tables, past or {}))
        lead = next((c for word in ("weakens", "strengthens") for c in channels if c.verdict == word), None)
        lead = lead or next(iter(channels), None)
        tones = {"weakens": "bad", "strengthens": "good"}
        return ChannelResult(
            channels=channels,
            headline=lead.headline if lead is not None else None,
            tone=tones.get(lead.verdict, "neutral") if lead is not None else "neutral",
            reasons=() if channels else (Reason("effects_channel.none"),),
            provenance=tables.provenance(dataclasses.asdict(self)),
        )

    def _readings(self, tables: Tables, past: Mapping[str, Sequence[PastResult]]) -> Iterator[ChannelReading]:
        labels = {one.action_id: one.label for one in known_actions(tables)}
        for action in self.actions:
            known = {one.outcome: one for one in past.get(action, ())}
            missing = [name for name in self.outcomes if name not in known]
            try:
                read = read_past(tables, action, missing, ci_level=self.ci_level) if missing else ()  # type: ignore[arg-type]
            except NotFoundError:
                continue
            known |= {one.outcome: one for one in read}
            results = (*(known[name] for name in self.outcomes), *self._twice(tables, action))
            yield self._reading(action, labels.get(action), results, answers_beside(tables, action))

    def _twice(self, tables: Tables, action: str) -> Iterator[PastResult]:
        """Scores of those who answered before and after, where they are enough."""
        for name in SCORES if "scores" in tables else ():
            found = PastScores(action, name, ci_level=self.ci_level).fit(tables)
            if found.effects:
                yield found

    def _reading(
        self, action: str, label: str | None, past: tuple[PastResult, ...], answers: AnswersBeside | None
    ) -> ChannelReading:
        name = label or named(action)
        told = [one for one in past if one.effects]
        verdict = together([one.verdict for one in told])
        lead = next((one for one in (*told, *past) if one.verdict == verdict), past[0])
        before = next((one.before for one in told if one.before is not None), None)
        rest = [name for name in SCORES if name not in {one.outcome for one in told}]
        changes = tuple(self._answers(answers, rest, lead.by_lot)) if answers is not None else ()
        return ChannelReading(
            action=action,
            label=label,
            by_lot=lead.by_lot,
            n_reached=before.n_reached if before is not None else 0,
            n_others=before.n_others if before is not None else 0,
            past=past,
            answers=changes,
            verdict=verdict,
            headline=_called(lead.headline, name),
            reasons=tuple(_called(r, name) for r in (*self._about_answers(changes), *lead.reasons)),
        )

    def _answers(self, asked: AnswersBeside, scores: Sequence[str], by_lot: bool) -> Iterator[AnswerChange]:
        for name in scores:
            yield from self._answer(name, getattr(asked, name), asked, by_lot)
        typed = np.array([one is not None for one in asked.type], dtype=bool)
        for name in TYPES:
            share = np.where(typed, (asked.type == name).astype(np.float64), np.nan)
            if np.nansum(share) > 0:
                yield from self._answer(name, share, asked, by_lot)

    def _answer(self, name: str, y: np.ndarray, asked: AnswersBeside, by_lot: bool) -> Iterator[AnswerChange]:
        known = np.isfinite(y)
        y, wave, ever, reached, customer = (
            a[known] for a in (y, asked.wave, asked.ever, asked.reached, asked.customer)
        )
        beside = [reached, ~ever & np.isin(wave, np.unique(wave[reached]))]
        if min(len(np.unique(customer[mask])) for mask in beside) < LEAST_ANSWERS:
            return
        found = wave_difference(y, wave, ever, reached, customer, least=LEAST_ANSWERS, ci_level=self.ci_level)
        difference = Estimate(None, ci_level=self.ci_level, reason=Reason("effects_channel.not_before"))
        if found is not None and (found.before_after or by_lot):
            bounds = (found.ci_lower, found.ci_upper)
            difference = Estimate(found.value, *bounds, found.n_customers, self.ci_level)
        top = 1.0 if name in TYPES else 100.0
        yield AnswerChange(name, *(self._mean(y[m], customer[m], top) for m in beside), difference)

    def _mean(self, y: np.ndarray, customer: np.ndarray, top: float) -> Estimate:
        value, low, high = mean_interval(y, customer, self.ci_level)
        return Estimate(value, max(low, 0.0), min(high, top), len(np.unique(customer)), self.ci_level)

    def _about_answers(self, answers: Sequence[AnswerChange]) -> Iterator[Reason]:
        if not answers:
            yield Reason("effects_channel.no_answers", {"least": LEAST_ANSWERS})
        elif all(one.difference.value is None for one in answers):
            yield Reason("effects_channel.not_before")


def _called(reason: Reason, name: Text | str) -> Reason:
    """The sentence with the name for people in place of the action's id."""
    return Reason(reason.code, {**reason.values, "action": name}) if "action" in reason.values else reason
