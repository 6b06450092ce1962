"""`PastScores`: what an action did to answers, of those whom it reached between two waves and others."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import erfc

from verbond.effects.past.did import EventStudy, PreTrend, pre_trend, simultaneous_critical_value
from verbond.effects.past.evalue import evalue_of_difference
from verbond.effects.past.options import Wording
from verbond.effects.past.reading import LEAST_PEOPLE, Figures
from verbond.effects.past.results import PastBefore, PastEffect, PastResult
from verbond.effects.past.telling import corrected, told
from verbond.errors import OptionError
from verbond.method import named
from verbond.numerics.intervals import normal_quantile
from verbond.results import Provenance, Reason
from verbond.results.groups import MIN_GROUP
from verbond.tables.reads.past import PastAnswers, past_answers
from verbond.tables.tables import Tables

__all__ = ["LOWER_SCORES", "NEITHER_SCORES", "PastScores", "answers_study"]

LOWER_SCORES = ("alternatives",)
"""Constructs of which less is better."""
NEITHER_SCORES = ("market", "authority", "meaning", "equality", "values_own", "values_seen")
"""Constructs that describe a relationship and do not rate it."""
_MONTH_DAYS = 365.25 / 12
_SPANS = {"short": (0, 5), "long": (6, 17)}
"""Months since the action, the one in which it came being 0: people are asked a few times a year."""
_UNEQUAL = 0.01


@dataclass(frozen=True, slots=True)
class PastScores:
    """Set answers before and after of customers whom an action reached in between beside those of others.

    Parameters
    ----------
    action : str
        An action, or a kind of action.
    construct : str
        Of `scores`, such as "trust".
    margin : float, optional
        The largest difference, in points of the score, that makes no difference, agreed on beforehand.
    ci_level : float

    Notes
    -----
    As `PastAction`, with waves for months: each wave's newly reached beside customers not reached by then, of
    both only who answered in that wave and in the last one before the action. Where too few did, whoever
    answered in either stands for their group: that asks that the same kind of people answer each time, and
    the result says so. What scores owe to measurement error is in the spread of the changes, so in every
    interval; the result says how much of it that is. What those would have answered who did not is not known.
    Short is up to half a year after the action, long half a year to a year and a half.

    Examples
    --------
    >>> from verbond.tables import open_tables
    >>> with open_tables("demo") as tables:                              # doctest: +SKIP
    ...     print(PastScores("bf-2024", "trust").fit(tables).headline)
    """

    action: str
    construct: str = "trust"
    margin: float | None = None
    ci_level: float = 0.95

    def __post_init__(self) -> None:
        if self.margin is not None and not self.margin > 0:
            raise OptionError("margin is out of range", got=repr(self.margin), expected="above 0")
        if not 0.5 < self.ci_level < 1:
            raise OptionError(
                "ci_level is out of range", got=repr(self.ci_level), expected="between 0.5 and 1"
            )

    def fit(self, tables: Tables) -> PastResult:
        """Read the scores and compare.

        Parameters
        ----------
        tables : Tables
            With scores, actions and exposures; what they cannot answer comes back as reasons.

        Returns
        -------
        PastResult
            `outcome` is the construct, `months` holds a row a wave (span "wave").

        Raises
        ------
        NotFoundError
            If there is no such action.
        """
        answers = past_answers(tables, self.action, self.construct)
        wording = self._wording()
        result = PastResult(
            action=self.action, outcome=self.construct, design="none", by_lot=answers.by_lot, effects=(),
            placebo=None, months=(), before=None, trend=None, verdict="cannot_tell",
            headline=Reason("effects_past.unasked", {"action": self.action, **wording.values}), reasons=(),
            provenance=Provenance(
                source=tables.name, fingerprint=tables.fingerprint, simulated=tables.simulated,
                engine=tables.engine_name, options=dataclasses.asdict(self),
            ),
        )  # fmt: skip
        if not len(answers.customer_ids):
            return result
        if not answers.n_reached:
            return replace(result, headline=Reason("effects_past.nobody_reached", {"action": self.action}))
        starts = _starts(answers)
        for same in (True, False):
            found = _figures(answers, starts, same=same, level=self.ci_level)
            if found is not None:
                [figures] = [one for one in corrected([found]) if one is not None]
                return told(result, figures, wording, tuple(_rests_on(answers, starts, figures, same=same)))
        values = {"action": self.action, "least": LEAST_PEOPLE, **wording.values}
        return replace(result, headline=Reason("effects_past.too_few_answers", values))

    def _wording(self) -> Wording:
        better = "higher"
        if self.construct in LOWER_SCORES + NEITHER_SCORES:
            better = "lower" if self.construct in LOWER_SCORES else "neither"
        word = "score_lower" if better == "lower" else "score"
        return Wording(
            self.action, word, "score", better, self.margin, self.ci_level, steps="waves",  # type: ignore[arg-type]
            values={"construct": named(self.construct)},
        )  # fmt: skip


def _starts(answers: PastAnswers) -> np.ndarray:
    """First wave that was answered, or held, on the day of being reached or later; W for never."""
    after = answers.days >= answers.reached_on[:, None]  # NaT compares as False
    return np.where(after.any(axis=1), after.argmax(axis=1), len(answers.waves))


def answers_study(
    scores: np.ndarray, starts: np.ndarray, *, same: bool = True, least: int = 1, least_compared: int = 1
) -> EventStudy:
    """Estimate effects by wave since the start, from who answered in it and in the last one before the start.

    Parameters
    ----------
    scores : (n, W) float
        NaN where somebody did not answer.
    starts : (n,) int
        First wave after the action; W or more for never. Who was reached before the first wave is left out.
    same : bool
        Only people who answered in both; else whoever answered in either.
    least, least_compared : int
        Cohorts, and groups to compare with, in which fewer answered give no estimate.

    Returns
    -------
    EventStudy

    Notes
    -----
    As `group_time_effects` with groups not yet reached; cohorts are weighed by how many of them answered,
    which is taken as known.
    """
    n, n_waves = scores.shape
    starts = np.minimum(starts, n_waves)
    effects: dict[int, list[tuple[int, float, np.ndarray]]] = {}
    for g in range(1, n_waves):
        for t in set(range(n_waves)) - {g - 1}:
            there = np.isfinite(scores[:, [t, g - 1]])
            if same:
                there &= there.all(axis=1, keepdims=True)
            own, pool = starts == g, (starts > max(t, g - 1)) & (starts != g)
            counts = [there[who].sum(axis=0).min(initial=len(scores)) for who in (own, pool)]
            if counts[0] < max(least, 2) or counts[1] < max(least_compared, 2):
                continue
            (one, shift), (other, less) = (_change(scores[:, [t, g - 1]], there, who) for who in (own, pool))
            effects.setdefault(t - g, []).append((int(counts[0]), one - other, shift - less))
    since = sorted(effects)
    totals = np.array([sum(size for size, _, _ in effects[e]) for e in since], dtype=np.int64)
    values = [sum(size * value for size, value, _ in effects[e]) for e in since]
    shifts = np.array([sum(size * shift for size, _, shift in effects[e]) for e in since]).reshape(-1, n)
    shifts = shifts / np.maximum(totals, 1)[:, None]
    return EventStudy(
        np.array(since, dtype=np.int64), np.array(values) / np.maximum(totals, 1), shifts @ shifts.T, totals,
        np.zeros((0, 0, len(since))), n,
    )  # fmt: skip


def _change(scores: np.ndarray, there: np.ndarray, who: np.ndarray) -> tuple[float, np.ndarray]:
    """The change of a group's mean, and what each person adds to its error; (n, 2) is after and before."""
    levels, shifts = [], np.zeros(scores.shape)
    for j in (0, 1):
        here = who & there[:, j]
        levels.append(float(scores[here, j].mean()))
        shifts[here, j] = (scores[here, j] - levels[j]) / (here.sum() - 0.5)  # between n - 1 and n
    return levels[0] - levels[1], shifts[:, 0] - shifts[:, 1]


def _months_since(answers: PastAnswers, starts: np.ndarray, study: EventStudy) -> dict[int, float]:
    """How many months after the action people answered, by wave since then."""
    n_waves, found = len(answers.waves), {}
    for e in study.since_start[study.since_start >= 0].tolist():
        here = np.flatnonzero((starts >= 1) & (starts + e < n_waves))
        here = here[np.isfinite(answers.scores[here, starts[here] + e])]
        days = (answers.days[here, starts[here] + e] - answers.reached_on[here]).astype(np.float64)
        found[e] = float(np.median(days)) / _MONTH_DAYS
    return found


def _spans(
    study: EventStudy, since: dict[int, float], trend: PreTrend | None, level: float
) -> Iterator[PastEffect]:
    for name, (first, last) in _SPANS.items():
        waves = [e for e, months in since.items() if first <= months < last + 1]
        weights = np.isin(study.since_start, waves) / max(len(waves), 1)
        if not waves or study.combined(weights)[1] <= 0:
            continue
        one = _estimate(study, weights, name, first, last, level)
        drift = None if trend is None else trend.detectable_slope * float(weights @ (study.since_start + 1))
        yield replace(one, unseen_drift=drift)


def _estimate(
    study: EventStudy, weights: np.ndarray, span: str, first: int, last: int, level: float
) -> PastEffect:
    value, error = study.combined(weights)
    width = normal_quantile(level) * error
    return PastEffect(
        span, first, last, value, value - width, value + width, error,
        int(study.n_started[np.flatnonzero(weights)].min()),
        pvalue=float(erfc(abs(value) / error / math.sqrt(2))) if error > 0 else None,
    )  # fmt: skip


def _figures(answers: PastAnswers, starts: np.ndarray, *, same: bool, level: float) -> Figures | None:
    """Everything that is told, or None where too few answered."""
    study = answers_study(answers.scores, starts, same=same, least=MIN_GROUP, least_compared=LEAST_PEOPLE)
    trend = pre_trend(study, alpha=1 - level)
    before = _before(answers, starts, same=same)
    spans = tuple(_spans(study, _months_since(answers, starts, study), trend, level))
    if not spans or before is None or min(before.n_reached, before.n_others) < LEAST_PEOPLE:
        return None
    return Figures(
        spans=tuple(_hidden(one, before) for one in spans), trended=(), months=tuple(_waves(study, level)),
        placebo=None, untouched=None, before=before, trend=trend, by_lot=answers.by_lot,
        n_starts=len(np.unique(starts[(starts >= 1) & (starts < len(answers.waves))])),
    )  # fmt: skip


def _hidden(one: PastEffect, before: PastBefore) -> PastEffect:
    sd = one.standard_error / math.sqrt(1 / before.n_reached + 1 / before.n_others)
    found = evalue_of_difference(one.effect_size, one.effect_size_ci_lower, one.effect_size_ci_upper, sd)
    return replace(one, evalue=found.estimate, evalue_limit=found.limit)


def _waves(study: EventStudy, level: float) -> Iterator[PastEffect]:
    critical = simultaneous_critical_value(study.covariance, level)
    for j, e in enumerate(study.since_start.tolist()):
        weights = np.eye(len(study.since_start))[j]
        one = _estimate(study, weights, "wave", e, e, level)
        width = critical * one.standard_error
        yield replace(one, band_lower=one.effect_size - width, band_upper=one.effect_size + width)


def _answered(answers: PastAnswers, starts: np.ndarray, *, same: bool) -> tuple[np.ndarray, np.ndarray]:
    """Who is compared: of the reached who answered before, and after too if they must; of others likewise."""
    there = np.isfinite(answers.scores)
    n_waves = there.shape[1]
    reached = (starts >= 1) & (starts < n_waves)
    reached &= there[np.arange(len(starts)), np.clip(starts - 1, 0, n_waves - 1)]
    others = (starts >= n_waves) & (there.sum(axis=1) >= (2 if same else 1))
    if same:
        reached &= (there & (np.arange(n_waves) >= starts[:, None])).any(axis=1)
    return np.flatnonzero(reached), np.flatnonzero(others)


def _before(answers: PastAnswers, starts: np.ndarray, *, same: bool) -> PastBefore | None:
    """Scores in the last wave before the action; of others in the same waves."""
    reached, others = _answered(answers, starts, same=same)
    if min(len(reached), len(others)) < MIN_GROUP:
        return None
    a = answers.scores[reached, starts[reached] - 1]
    waves, counts = np.unique(starts[reached] - 1, return_counts=True)
    columns = [answers.scores[others, wave] for wave in waves]
    columns = [column[np.isfinite(column)] for column in columns]
    if min(len(column) for column in columns) < MIN_GROUP:
        return None
    parts = list(zip(counts / counts.sum(), columns, strict=True))
    level = float(sum(s * c.mean() for s, c in parts))
    variance = float(sum(s * c.var(ddof=1) for s, c in parts))
    error = math.sqrt(a.var(ddof=1) / len(a) + sum(s * s * c.var(ddof=1) / len(c) for s, c in parts))
    difference, spread = float(a.mean()) - level, math.sqrt((a.var(ddof=1) + variance) / 2)
    return PastBefore(
        n_reached=len(reached), n_others=len(others), reached=float(a.mean()), others=level,
        standardised_difference=difference / spread if spread > 0 else 0.0,
        pvalue=float(erfc(abs(difference) / error / math.sqrt(2))) if error > 0 else 1.0,
    )  # fmt: skip


def _rests_on(answers: PastAnswers, starts: np.ndarray, figures: Figures, *, same: bool) -> Iterator[Reason]:
    """Who was compared, who answered both times, and what measurement error does."""
    reached, others = _answered(answers, starts, same=same)
    values = {"n": len(reached), "others": len(others), "reached": answers.n_reached}
    yield Reason(f"effects_past.rests_on_{'answers' if same else 'other_people'}", values)
    (k, n), (m, of) = _answered_again(answers, starts)
    if same and min(n, of) >= LEAST_PEOPLE:
        share = (k + m) / (n + of)
        error = math.sqrt(share * (1 - share) * (1 / n + 1 / of))
        if error > 0 and erfc(abs(k / n - m / of) / error / math.sqrt(2)) < _UNEQUAL:
            yield Reason("effects_past.answered_unequally", {"reached": k / n, "others": m / of})
    noise = _noise_share(answers, starts, reached) if same else None
    if noise is not None:
        yield Reason("effects_past.measurement", {"share": noise})


def _answered_again(answers: PastAnswers, starts: np.ndarray) -> Iterator[tuple[int, int]]:
    """Of those who answered before: how many answered after, and how many they were; reached, then others.

    Others are counted around the wave in which most were reached.
    """
    there, n_waves = np.isfinite(answers.scores), len(answers.waves)
    inside = starts[(starts >= 1) & (starts < n_waves)]
    if not len(inside):
        yield from ((0, 0), (0, 0))
        return
    most = int(np.bincount(inside).argmax())
    later = there[:, most:].any(axis=1)
    for group in (starts == most, starts >= n_waves):
        asked = group & there[:, most - 1]
        yield int((asked & later).sum()), int(asked.sum())


def _noise_share(answers: PastAnswers, starts: np.ndarray, reached: np.ndarray) -> float | None:
    """Share of measurement error in how much changes differ, of those reached, to their first wave after."""
    after, before = answers.scores[reached, starts[reached]], answers.scores[reached, starts[reached] - 1]
    both = np.isfinite(after)
    if both.sum() < LEAST_PEOPLE:
        return None
    squares = sum(
        answers.standard_errors[reached[both], starts[reached[both]] - back] ** 2 for back in (0, 1)
    )
    variance = float((after - before)[both].var(ddof=1))
    share = float(np.mean(squares)) / variance if variance > 0 else math.nan
    return min(share, 1.0) if np.isfinite(share) else None
