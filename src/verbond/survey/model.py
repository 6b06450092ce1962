"""`Survey`: from the answers in the tables to scores that other methods can read."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import numpy as np

from verbond.errors import OptionError
from verbond.method import named
from verbond.numerics.intervals import mean_interval, wilson_interval
from verbond.results import Estimate, Progress, ProgressFunction, Provenance, Reason, silent
from verbond.results.groups import MIN_GROUP
from verbond.survey.congruence import ProfileMatch, match_profiles
from verbond.survey.flags import repeated_people, speeders
from verbond.survey.leanings import leanings, surely_below
from verbond.survey.report import scale_reliability
from verbond.survey.results import (
    Congruence,
    ConstructScore,
    Flags,
    ScaleReliability,
    SurveyResult,
    TypeShare,
    ValueMatch,
)
from verbond.survey.scoring import (
    Scale,
    ScaleScores,
    careless_lines,
    identical_answers,
    on_hundred,
    scale_scores,
    scales_of,
    straight_lines,
    widest_scale,
)
from verbond.tables.reads.answers import Answers, answers
from verbond.tables.reads.spans import answer_seconds
from verbond.tables.tables import Tables

__all__ = ["TYPES", "Survey"]

TYPES = ("market", "authority", "meaning", "equality")
"""Constructs that are relationship types."""
_VALUES = ("values_own", "values_seen")
INTENTIONS = ("recommend", "stay", "rebuy")
"""What somebody says they will do, kept apart from what they do (`verbond.loyalty`)."""


@dataclass(frozen=True, slots=True)
class Survey:
    """Scores of every construct that was asked, with their standard errors and what they rest on.

    Parameters
    ----------
    group : {"customer", "employee"}
        Whose answers.
    min_reliability : float
        Scales below it are scored (their standard errors say how little they tell) and named in a warning.
    single_item_reliability : float
        Assumed for a construct of one item, which cannot show its own. 0.6 is about the least that Wanous,
        Reichers & Hudy (1997) found for single items of job satisfaction.
    ci_level : float
        Of all intervals.
    keep_careless : bool
        Score respondents too who ticked one box for statements and for their opposites
        (`verbond.survey.scoring.careless_lines`). They are left out otherwise, and counted.

    Examples
    --------
    >>> from verbond.tables import open_tables                     # doctest: +SKIP
    >>> result = Survey().fit(open_tables("demo"))                 # doctest: +SKIP
    >>> tables = tables.add("scores", result.scores)               # doctest: +SKIP
    """

    group: str = "customer"
    min_reliability: float = 0.6
    single_item_reliability: float = 0.6
    ci_level: float = 0.95
    keep_careless: bool = False

    def __post_init__(self) -> None:
        if self.group not in ("customer", "employee"):
            raise OptionError("unknown group", got=repr(self.group), expected="'customer' or 'employee'")
        for name in ("min_reliability", "single_item_reliability", "ci_level"):
            if not 0 < getattr(self, name) < 1:
                raise OptionError(
                    f"{name} is out of range", got=repr(getattr(self, name)), expected="between 0 and 1"
                )

    def fit(self, tables: Tables, progress: ProgressFunction = silent) -> SurveyResult:
        """Score the answers.

        Parameters
        ----------
        tables : Tables
            Needs `responses`; without answers the result is empty and says so.
        progress : callable, optional

        Returns
        -------
        SurveyResult
        """
        progress(Progress("survey.step_read", 0.0))
        asked = answers(tables, self.group)
        scales = scales_of(asked.items, tables.items)
        progress(Progress("survey.step_score", 0.2))
        flags = _flags(asked, scales, answer_seconds(tables, self.group), keep=self.keep_careless)
        if flags.n_careless:
            careless = careless_lines(asked.values, scales)
            asked = dataclasses.replace(asked, values=np.where(careless[:, None], np.nan, asked.values))
        reading = _Reading(self, asked, scales, flags)
        result = reading.result(tables.provenance(dataclasses.asdict(self)))
        progress(Progress("survey.step_score", 1.0))
        return result


@dataclass(slots=True)
class _Reading:
    """One pass over the answers; scores of each scale are made once and read by every part."""

    survey: Survey
    asked: Answers
    scales: tuple[Scale, ...]
    flags: Flags
    scored: dict[str, ScaleScores | ProfileMatch] = field(default_factory=dict)
    respondents: np.ndarray = field(init=False)  # (n,) codes of respondents
    waves: tuple[str, ...] = field(init=False)
    wave_codes: np.ndarray = field(init=False)  # (n,) -1: no wave
    latest: np.ndarray = field(init=False)  # (n,) bool: the respondent's last row with answers
    answered: np.ndarray = field(init=False)  # (n,) bool: any answer

    def __post_init__(self) -> None:
        asked = self.asked
        ids = asked.respondent_ids  # sorted
        self.respondents = np.cumsum(np.concatenate([[0], ids[1:] != ids[:-1]])[: len(ids)]).astype(np.int64)
        named = np.array([w is not None for w in asked.waves], dtype=bool)
        labels, codes = np.unique(asked.waves[named].astype(str), return_inverse=True)
        self.wave_codes = np.full(len(named), -1, dtype=np.int64)
        self.wave_codes[named] = codes
        self.waves = tuple(labels.tolist())
        self.answered = (~np.isnan(asked.values)).any(axis=1)
        self.latest = _latest(self.respondents, asked.occurred_at, self.wave_codes, self.answered)

    # the whole

    def result(self, provenance: Provenance) -> SurveyResult:
        warnings = self._first_warnings()
        reliabilities = [self._score(scale) for scale in self.scales]
        asked_directly = "congruence" in self.scored
        congruence = self._congruence()
        if "congruence" in self.scored and not asked_directly:
            warnings.append(Reason("survey.computed_congruence"))
        warnings += _scale_warnings(reliabilities) + _flag_warnings(self.flags)
        customers = {c for c in self.asked.customer_ids[self.answered] if c is not None}
        return SurveyResult(
            n_respondents=len(np.unique(self.respondents[self.answered])),
            n_customers_linked=len(customers),
            waves=self.waves,
            scales=tuple(r for r in reliabilities if r.n_items > 1 or not r.scale.startswith(_VALUES)),
            constructs=tuple(row for name in self._construct_names() for row in self._means(name)),
            relationship_types=self._types(),
            distant=self._distant(),
            congruence=congruence,
            flags=self.flags,
            warnings=tuple(warnings),
            provenance=provenance,
            scores=self._table(),
        )

    def _first_warnings(self) -> list[Reason]:
        n = int(self.answered.sum())
        if not n:
            return [Reason("survey.no_answers")]
        unknown = [i for i in self.asked.items if i not in {j for s in self.scales for j in s.items}]
        found = [Reason("survey.unknown_items", {"n": len(unknown), "items": unknown[:5]})] if unknown else []
        unlinked = sum(c is None for c in self.asked.customer_ids[self.answered]) / n
        if unlinked and self.survey.group == "customer":
            found.append(Reason("survey.not_linked", {"share": float(unlinked)}))
        if any(scale.construct in INTENTIONS for scale in self.scales):
            found.append(Reason("survey.intention_changes"))
        return found

    def _score(self, scale: Scale) -> ScaleReliability:
        hundreds = on_hundred(self.asked.values, scale)
        scores = scale_scores(
            hundreds,
            steps=100.0 / (scale.maximum - scale.minimum),
            single_item_reliability=self.survey.single_item_reliability,
            ci_level=self.survey.ci_level,
        )
        self.scored[scale.name] = scores
        raw = self.asked.values[:, scale.columns].astype(np.float64)
        raw[np.isnan(hundreds)] = np.nan
        return scale_reliability(
            scale.name, scale.items, raw, scale.reversed, scores,
            min_reliability=self.survey.min_reliability, assumed=self.survey.single_item_reliability,
        )  # fmt: skip

    def _construct_names(self) -> list[str]:
        names = [s.name for s in self.scales if s.construct not in _VALUES]
        return names + (["congruence"] if "congruence" in self.scored and "congruence" not in names else [])

    # figures about people

    def _estimate(self, values: np.ndarray, clusters: np.ndarray | None = None) -> Estimate:
        known = np.isfinite(values)
        who = clusters[known] if clusters is not None else None
        n = len(np.unique(who)) if who is not None else int(known.sum())
        if n < MIN_GROUP:
            return _hidden(self.survey.ci_level)
        mean, lower, upper = mean_interval(values[known], who, self.survey.ci_level)
        return Estimate(mean, lower, upper, n, self.survey.ci_level)

    def _share(self, hits: np.ndarray, n: int) -> Estimate:
        if n < MIN_GROUP:
            return _hidden(self.survey.ci_level)
        lower, upper = wilson_interval(hits.sum(), n, self.survey.ci_level)
        return Estimate(float(hits.sum() / n), float(lower), float(upper), n, self.survey.ci_level)

    def _means(self, name: str) -> list[ConstructScore]:
        """All waves together, then each wave; waves under five people stay out of the total too."""
        score = self.scored[name].score
        known = np.isfinite(score)
        inside = [known & (self.wave_codes == code) for code in range(len(self.waves))]
        sizes = [len(np.unique(self.respondents[rows])) for rows in inside]
        small = [rows for rows, size in zip(inside, sizes, strict=True) if 0 < size < MIN_GROUP]
        total = score.copy()
        if small and len(np.unique(self.respondents[np.logical_or.reduce(small)])) < MIN_GROUP:
            total[np.logical_or.reduce(small)] = np.nan
        rows = [ConstructScore(name, None, self._estimate(total, self.respondents))]
        for wave, of_wave, size in zip(self.waves, inside, sizes, strict=True):
            if size:
                mean = self._estimate(np.where(of_wave, score, np.nan), self.respondents)
                rows.append(ConstructScore(name, wave, mean))
        return rows

    def _types(self) -> tuple[TypeShare, ...]:
        names = [t for t in TYPES if t in self.scored and np.isfinite(self.scored[t].score).any()]
        if len(names) < 2:
            return ()
        score = np.column_stack([self.scored[t].score[self.latest] for t in names])
        error = np.column_stack([self.scored[t].standard_error[self.latest] for t in names])
        leaning = leanings(score, error)
        n = int((leaning > -2).sum())
        rows = [
            TypeShare(name, self._share(leaning == j, n), self._estimate(score[:, j]))
            for j, name in enumerate(names)
        ]
        return (*rows, TypeShare("undecided", self._share(leaning == -1, n), Estimate(None)))

    def _distant(self) -> Estimate | None:
        scores = self.scored.get("closeness")
        if scores is None or not np.isfinite(scores.score).any():
            return None
        score, error = scores.score[self.latest], scores.standard_error[self.latest]
        return self._share(surely_below(score, error), int(np.isfinite(score).sum()))

    # congruence

    def _congruence(self) -> Congruence | None:
        asked = self.scored.get("congruence")
        pairs = self._pairs()
        if asked is None and not pairs:
            return None
        asked_mean = self._estimate(asked.score[self.latest]) if asked is not None else None
        if not pairs:
            return Congruence(asked_mean, None, None, ())
        own, seen = ([self.scored[f"{construct}.{value}"] for value in pairs] for construct in _VALUES)
        profiles = [np.column_stack([s.score for s in side]) for side in (own, seen)]
        errors = [np.column_stack([s.standard_error for s in side]) for side in (own, seen)]
        match = match_profiles(*profiles, *errors)
        if asked is None:
            self.scored["congruence"] = match
        columns = (*profiles, match.difference, match.relative_difference)
        return Congruence(
            asked=asked_mean,
            computed=self._estimate(match.score[self.latest]),
            profile_correlation=self._estimate(match.correlation[self.latest]),
            values=tuple(
                ValueMatch(value, *(self._estimate(column[self.latest, j]) for column in columns))
                for j, value in enumerate(pairs)
            ),
        )

    def _pairs(self) -> tuple[str, ...]:
        own, seen = ({s.value: s for s in self.scales if s.construct == c and s.value} for c in _VALUES)
        return tuple(value for value in own if value in seen)

    # what goes on

    def _table(self) -> dict[str, np.ndarray]:
        asked, names = self.asked, self._construct_names()
        rows = [np.flatnonzero(np.isfinite(self.scored[name].score)) for name in names]
        everyone = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)

        def stacked(attribute: str, dtype: type) -> np.ndarray:
            parts = [getattr(self.scored[n], attribute)[r] for n, r in zip(names, rows, strict=True)]
            return np.concatenate(parts).astype(dtype) if parts else np.zeros(0, dtype=dtype)

        return {
            "respondent_id": asked.respondent_ids[everyone],
            "customer_id": asked.customer_ids[everyone],
            "wave": asked.waves[everyone],
            "occurred_at": asked.occurred_at[everyone].astype("datetime64[us]"),
            "construct": np.repeat(np.array(names, dtype=object), [len(r) for r in rows]),
            "score": stacked("score", np.float64),
            "standard_error": stacked("standard_error", np.float64),
            "n_items": stacked("n_items", np.int64),
        }


def _hidden(ci_level: float) -> Estimate:
    return Estimate(None, ci_level=ci_level, reason=Reason("survey.too_small_group", {"least": MIN_GROUP}))


def _latest(
    respondents: np.ndarray, occurred_at: np.ndarray, wave_codes: np.ndarray, answered: np.ndarray
) -> np.ndarray:
    rows = np.flatnonzero(answered)
    day = np.where(np.isnat(occurred_at), np.iinfo(np.int64).min, occurred_at.astype(np.int64))
    order = rows[np.lexsort((wave_codes[rows], day[rows], respondents[rows]))]
    last = np.ones(len(order), dtype=bool)
    last[:-1] = respondents[order][1:] != respondents[order][:-1]
    latest = np.zeros(len(respondents), dtype=bool)
    latest[order[last]] = True
    return latest


def _scale_warnings(scales: list[ScaleReliability]) -> list[Reason]:
    """Each scale's reason, those of single items in one; a single item a value is how values are asked."""
    found = [(s.scale, s.reason) for s in scales if s.reason is not None]
    single = [(s, r) for s, r in found if r.code == "survey.single_item" and not s.startswith(_VALUES)]
    warnings = [r for _, r in found if r.code != "survey.single_item"]
    if single:
        names, assumed = [named(s) for s, _ in single], single[0][1].values["reliability"]
        values = {"n": len(names), "scales": names, "reliability": assumed}
        warnings.append(Reason("survey.single_items", values))
    return warnings


def _flags(asked: Answers, scales: tuple[Scale, ...], seconds: np.ndarray, *, keep: bool) -> Flags:
    """Counts over all answers, those of the careless among them; `keep`: nobody is left out as careless."""
    values, n_outside = asked.values, 0
    there = ~np.isnan(values)
    for scale in scales:
        outside = there[:, scale.columns] & np.isnan(on_hundred(values, scale))
        n_outside += int(outside.sum())
    fast = speeders(seconds, there.sum(axis=1))
    waves = np.array(["" if w is None else str(w) for w in asked.waves], dtype=str)
    codes, answered = np.unique(waves, return_inverse=True)[1], there.any(axis=1)
    return Flags(
        n_straight_lines=int(straight_lines(values[:, widest_scale(scales)]).sum()),
        n_careless=0 if keep else int(careless_lines(values, scales).sum()),
        n_identical=int(identical_answers(values, codes).sum()),
        n_answered_twice=int(repeated_people(asked.customer_ids[answered], codes[answered]).sum()),
        n_out_of_range=n_outside,
        n_unknown_items=len(asked.items) - sum(len(s.items) for s in scales),
        n_speeders=None if fast is None else int(fast.sum()),
    )


def _flag_warnings(flags: Flags) -> list[Reason]:
    counts = {
        "straight_lines": flags.n_straight_lines - flags.n_careless,
        "careless": flags.n_careless,
        "identical": flags.n_identical,
        "answered_twice": flags.n_answered_twice,
        "out_of_range": flags.n_out_of_range,
        "speeders": flags.n_speeders,
    }
    return [Reason(f"survey.{name}", {"n": n}) for name, n in counts.items() if n]
