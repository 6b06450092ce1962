"""`TargetedAction`: what an action did to those it was aimed at, beside others who looked like them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
from scipy.special import erfc, logit, ndtri

from verbond.effects.past.doubly import (
    cross_fit,
    doubly_robust,
    effective_size,
    folds_by_lot,
    odds_weights,
    standardised_differences,
)
from verbond.effects.past.hidden import matched_pairs, undoing_odds
from verbond.effects.past.known import KnownBefore, known_before
from verbond.effects.past.targeted_results import KnownBalance, OverlapBin, TargetedEffect, TargetedResult
from verbond.effects.verdict import Verdict, together, verdict_of
from verbond.errors import OptionError
from verbond.numerics.checks import check_ci_level
from verbond.numerics.correction import holm
from verbond.numerics.intervals import normal_quantile
from verbond.numerics.sorting import sorting
from verbond.results import Estimate, Provenance, Reason
from verbond.results.groups import MIN_GROUP
from verbond.tables.reads.targeting import (
    DaySpan,
    Targeting,
    TargetingOutcome,
    action_opens,
    reached_beside,
    targeting,
)
from verbond.tables.tables import Tables

__all__ = ["TargetedAction"]

SHORT, LONG = (0, 90), (182, 395)
"""Days since the action came: the first three months, and month 7 to 13."""
SHORTEST = 28
"""A span of fewer days is none."""
STARTS_WITHIN = 31
"""Who is reached later than so many days after the first was not chosen on one moment."""
MOST_LATER = 0.1
"""Share of those reached who may be so; leaving out more would choose people by what became of them later."""
LEAST_PEOPLE = 30
"""With fewer people reached, or to compare with, normal intervals are not to be trusted."""
CALIPER = 0.2
"""Of the standard deviation of the log odds: as near as pairs have to be (Austin 2011)."""
UNLIKE, TOO_UNLIKE = 0.1, 0.25
"""Standardised differences from which groups are called unlike, and too unlike to compare (Rubin 2001)."""
SURE = 0.99
"""A lot, too, now and then leaves groups that can be told apart."""
POWER = 0.8
DAYS_A_MONTH = 365.25 / 12
N_BINS = 10


@dataclass(frozen=True, slots=True)
class _People:
    """Who was reached about the first day, and who never was."""

    customer_ids: np.ndarray
    known: KnownBefore
    reached: np.ndarray
    outcomes: np.ndarray
    n_later: int

    @property
    def fewest(self) -> int:
        """Of the smaller group."""
        return int(min(self.reached.sum(), (~self.reached).sum()))


@dataclass(frozen=True, slots=True)
class _Compared:
    """Of whom there are others alike, with what models say of them."""

    values: np.ndarray
    reached: np.ndarray
    outcomes: np.ndarray
    chance: np.ndarray
    expected: np.ndarray
    n_without_others: int
    chance_of_all: np.ndarray

    @property
    def fewest(self) -> float:
        """Of those reached, or of the others as they weigh."""
        return min(float(self.reached.sum()), self.n_effective)

    @property
    def n_effective(self) -> float:
        """Of the others."""
        return effective_size(odds_weights(self.reached, self.chance)[~self.reached])


@dataclass(frozen=True, slots=True)
class TargetedAction:
    """Compare those an action reached with others of whom the same was known before.

    Use it where a company chose whom to reach by what it knew of customers, all about the same time. Where an
    action came in steps, or everything that decided cannot be known, `PastAction` asks for less.

    Parameters
    ----------
    action : str
        An action, or a kind of action of which there is one.
    outcome : {"purchases", "revenue", "complaints", "referrals", "contributions"}
        Per customer and month: days with a purchase, money, and how many of the others.
    attributes : bool
        Compare by attributes of customers too. Only right if they were known before the action.
    largest_ratio : float
        People like whom are more than so many times as common among those reached as among the others are
        left out: there is hardly anybody to compare them with. Where half was reached, 9 is a chance of 90%
        (Crump et al. 2009).
    n_folds : int
    margin : float, optional
        The largest difference that makes no difference, agreed on beforehand. Without it nothing is called
        unchanged.
    ci_level : float
    seed : int
        Of the folds.

    Notes
    -----
    Augmented inverse probability weighting with cross-fitting, for the effect on those reached (see
    `verbond.effects.past.doubly`). What was known: purchases and money in three windows before the action,
    time since the last purchase, discounts, complaints, contacts, other actions, time as a customer, the
    rung where it is known, attributes. Where no lot decided, a verdict asks for two things more: the same
    reading of an action that never was, earlier, finds nothing, and the interval stays clear of zero also
    after a bias as large as that placebo can have missed. It also has to stand in pairs, by ranks.

    References
    ----------
    Crump, R., Hotz, V., Imbens, G. & Mitnik, O. (2009), Biometrika 96, 187-199; Rosenbaum, P. (2002),
    Statistical Science 17, 286-327.

    Examples
    --------
    >>> from verbond.tables import open_tables
    >>> with open_tables("complete-journey") as tables:                  # doctest: +SKIP
    ...     print(TargetedAction("8", "revenue").fit(tables).headline)
    """

    action: str
    outcome: TargetingOutcome = "purchases"
    attributes: bool = True
    largest_ratio: float = 9.0
    n_folds: int = 5
    margin: float | None = None
    ci_level: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        check_ci_level(self.ci_level)
        choices = get_args(TargetingOutcome)
        if self.outcome not in choices:
            raise OptionError("unknown outcome", got=repr(self.outcome), expected=" or ".join(choices))
        if not self.largest_ratio > 1:
            got = repr(self.largest_ratio)
            raise OptionError("largest_ratio is out of range", got=got, expected="more than 1")
        if not 2 <= self.n_folds <= 20:
            raise OptionError("n_folds is out of range", got=repr(self.n_folds), expected="2 to 20")
        if self.margin is not None and not self.margin > 0:
            raise OptionError("margin is out of range", got=repr(self.margin), expected="above 0")

    def fit(self, tables: Tables) -> TargetedResult:
        """Read what was known before and what followed, and compare.

        Parameters
        ----------
        tables : Tables
            With events, actions and exposures; what they cannot answer comes back as reasons.

        Returns
        -------
        TargetedResult

        Raises
        ------
        NotFoundError
            If there is no such action.
        OptionError
            If several actions are of that kind.
        DataError
            If nothing has a date, or money is asked for and is in several currencies or not known.
        """
        action, by_lot, opens = action_opens(tables, self.action)
        result = TargetedResult(
            action=action, outcome=self.outcome, opens_on=opens, by_lot=by_lot, is_targeted=False,
            sorting=None, n_reached=0, n_others=0, n_without_others=0, n_effective=0.0, overlap=(),
            balance=(), effects=(), placebo=None, verdict="cannot_tell",
            headline=Reason("effects_targeted.nobody_reached", {"action": action}), reasons=(),
            provenance=Provenance(
                source=tables.name, fingerprint=tables.fingerprint, simulated=tables.simulated,
                engine=tables.engine_name, options=dataclasses.asdict(self), seed=self.seed,
            ),
        )  # fmt: skip
        if opens is None:
            return result
        first, last = tables.period_range
        spans = _spans((last - opens).days)
        if not spans or (opens - first).days < SHORTEST:
            return _refused(result, "no_before", days=SHORTEST)
        people = self._people(
            targeting(tables, action, self.outcome, opens, tuple(spans.values())), opens, spans
        )
        n_reached = int(people.reached.sum())
        result = replace(result, n_reached=n_reached, n_others=len(people.reached) - n_reached)
        if people.n_later > MOST_LATER * (n_reached + people.n_later):
            return _refused(result, "over_time", n=people.n_later, days=STARTS_WITHIN)
        if people.fewest < LEAST_PEOPLE:
            return _refused(result, "too_few", least=LEAST_PEOPLE)
        compared = self._compared(people)
        if compared.fewest < LEAST_PEOPLE:
            return _refused(replace(result, n_without_others=compared.n_without_others), "no_overlap")
        result = self._described(result, people, compared)
        effects = self._estimates(compared, spans)
        if any(not one.standard_error > 0 for one in effects):
            return _refused(result, "constant")
        placebo = self._placebo(tables, action, opens, first)
        result = self._judged(replace(result, effects=effects, placebo=placebo), people.n_later)
        beside = self._about_beside(tables, action, opens, effects[0].last_day, people)
        return replace(result, reasons=(*result.reasons, *beside))

    def _people(self, read: Targeting, opens: dt.date, spans: dict[str, DaySpan]) -> _People:
        ever = ~np.isnat(read.reached_on)
        since = np.where(ever, (read.reached_on - np.datetime64(opens)).astype(np.int64), 0)
        here = since <= STARTS_WITHIN
        a_month = DAYS_A_MONTH / np.array([until - since + 1 for since, until in spans.values()])
        known = known_before(read, attributes=self.attributes)
        known = replace(known, values=known.values[here], design=known.design[here])
        return _People(
            read.customer_ids[here], known, ever[here], read.outcomes[here] * a_month, int((~here).sum())
        )

    def _compared(self, people: _People) -> _Compared:
        folds = folds_by_lot(people.reached, self.n_folds, self.seed)
        fitted = cross_fit(people.known.design, people.reached, people.outcomes, folds)
        odds, usual = fitted.chance / (1 - fitted.chance), people.reached.sum() / (~people.reached).sum()
        kept = odds <= self.largest_ratio * usual
        return _Compared(
            people.known.values[kept], people.reached[kept], people.outcomes[kept], fitted.chance[kept],
            fitted.expected[kept], int((people.reached & ~kept).sum()), fitted.chance,
        )  # fmt: skip

    def _described(self, result: TargetedResult, people: _People, compared: _Compared) -> TargetedResult:
        """How well it could be told who would be reached, how unlike they were, whom they lie among."""
        reached, chance, names = compared.reached, compared.chance, people.known.names
        sorted_by = sorting(compared.chance_of_all, people.reached)
        low, high = sorted_by.interval(self.ci_level)
        before = standardised_differences(people.known.values, people.reached)
        after = standardised_differences(compared.values, reached, odds_weights(reached, chance))
        order = np.argsort(-np.abs(before), kind="stable")
        return replace(
            result,
            n_reached=int(reached.sum()), n_others=int((~reached).sum()),
            n_without_others=compared.n_without_others, n_effective=compared.n_effective,
            is_targeted=sorted_by.interval(SURE)[0] > 0.5 and bool((np.abs(before) >= UNLIKE).any()),
            sorting=Estimate(sorted_by.auc, low, high, len(people.reached), self.ci_level),
            overlap=tuple(_overlap(compared.chance_of_all, people.reached)),
            balance=tuple(KnownBalance(names[j], float(before[j]), float(after[j])) for j in order),
        )  # fmt: skip

    def _placebo(self, tables: Tables, action: str, opens: dt.date, first: dt.date) -> TargetedEffect | None:
        """The same reading of an action that never was, and the days from then until the real one came."""
        days = min(SHORT[1] + 1, (opens - first).days // 2)
        if days < SHORTEST:
            return None
        spans = {"placebo": (0, days - 1)}
        read = targeting(tables, action, self.outcome, opens - dt.timedelta(days=days), tuple(spans.values()))
        people = self._people(read, opens, spans)
        if people.fewest < LEAST_PEOPLE:
            return None
        compared = self._compared(people)
        (found,) = self._estimates(compared, spans) if compared.fewest >= LEAST_PEOPLE else (None,)
        return found if found is not None and found.standard_error > 0 else None

    def _estimates(self, compared: _Compared, spans: dict[str, DaySpan]) -> tuple[TargetedEffect, ...]:
        found = doubly_robust(compared.outcomes, compared.reached, compared.chance, compared.expected)
        score = logit(compared.chance)
        pairs = matched_pairs(score, compared.reached, CALIPER * float(score.std()))
        rest = compared.outcomes - compared.expected
        within = rest[pairs[:, 0]] - rest[pairs[:, 1]]
        return tuple(
            self._estimate(
                name,
                days,
                compared,
                k,
                float(found.effect_size[k]),
                float(found.standard_error[k]),
                within[:, k],
            )
            for k, (name, days) in enumerate(spans.items())
        )

    def _estimate(
        self, name: str, days: DaySpan, compared: _Compared, k: int, effect: float, error: float,
        within: np.ndarray,
    ) -> TargetedEffect:  # fmt: skip
        half, reached = normal_quantile(self.ci_level) * error, compared.reached
        outcome = compared.outcomes[:, k]
        return TargetedEffect(
            span=name, first_day=days[0], last_day=days[1],
            difference=float(outcome[reached].mean() - outcome[~reached].mean()),
            effect_size=effect, effect_size_ci_lower=effect - half, effect_size_ci_upper=effect + half,
            standard_error=error, n_reached=int(reached.sum()), n_others=int((~reached).sum()),
            pvalue=float(erfc(abs(effect) / error / math.sqrt(2))) if error > 0 else None,
            undoing_odds=undoing_odds(math.copysign(1.0, effect) * within, (1 - self.ci_level) / 2),
        )  # fmt: skip

    def _judged(self, result: TargetedResult, n_later: int) -> TargetedResult:
        lot_holds = result.by_lot and not result.is_targeted
        refused = None if lot_holds else self._doubt(result)
        unseen = self._unseen(result.placebo)
        bias = 0.0 if lot_holds or unseen is None else unseen
        pvalues = holm([math.nan if one.pvalue is None else one.pvalue for one in result.effects])
        told = []
        for one, pvalue in zip(result.effects, pvalues, strict=True):
            one = replace(one, pvalue_holm=float(pvalue), unseen_bias=None if lot_holds else unseen)
            verdict: Verdict = "cannot_tell" if refused else self._verdict(one, float(pvalue), bias)
            if verdict in ("strengthens", "weakens") and one.undoing_odds is None and not lot_holds:
                verdict = "cannot_tell"
            told.append(replace(one, verdict=verdict, headline=self._sentence(result.action, one, verdict)))
        verdict = together([one.verdict for one in told])
        carrying = next(one for one in told if one.verdict == verdict)
        assert carrying.headline is not None
        result = replace(result, effects=tuple(told), verdict=verdict, headline=carrying.headline)
        return replace(result, reasons=tuple(self._about(result, refused, lot_holds, n_later)))

    def _doubt(self, result: TargetedResult) -> Reason | None:
        """Why no verdict can be given, whatever the figures."""
        if result.balance and abs(_worst(result).difference_weighted) >= TOO_UNLIKE:
            return Reason("effects_targeted.still_unlike", {"known": _worst(result).known})
        placebo = result.placebo
        if placebo is None:
            return Reason("effects_targeted.before_unseen")
        if placebo.pvalue is not None and placebo.pvalue < 1 - self.ci_level:
            values = {"effect": placebo.effect_size, "days": placebo.last_day + 1}
            return Reason(f"effects_targeted.placebo_found_{self.outcome}", values)
        return None

    def _unseen(self, placebo: TargetedEffect | None) -> float | None:
        """The bias that the placebo would have found with a probability of 80%."""
        if placebo is None:
            return None
        return (normal_quantile(self.ci_level) + float(ndtri(POWER))) * placebo.standard_error

    def _verdict(self, one: TargetedEffect, pvalue: float, bias: float) -> Verdict:
        width = normal_quantile(2 * self.ci_level - 1) * one.standard_error + bias
        verdict = verdict_of(
            one.effect_size, pvalue, 1 - self.ci_level,
            equivalence=(one.effect_size - width, one.effect_size + width), margin=self.margin,
            higher_is_better=self.outcome != "complaints",
        )  # fmt: skip
        return verdict if verdict == "unchanged" or _clear(one) > bias else "cannot_tell"

    def _sentence(self, action: str, one: TargetedEffect, verdict: Verdict) -> Reason:
        low, high, effect = one.effect_size_ci_lower, one.effect_size_ci_upper, one.effect_size
        if verdict in ("strengthens", "weakens"):
            low, high = sorted((abs(low), abs(high)))
            effect = abs(effect)
        values = {"action": action, "effect": effect, "low": low, "high": high, **_months(one)}
        if verdict == "unchanged":
            values["margin"] = self.margin
        return Reason(f"effects_targeted.{verdict}_{self.outcome}", values)

    def _about(
        self, result: TargetedResult, refused: Reason | None, lot_holds: bool, n_later: int
    ) -> Iterator[Reason]:
        values = {"n": result.n_reached, "others": result.n_others, "effective": result.n_effective}
        yield Reason("effects_targeted.rests_on", values)
        yield from self._about_choice(result)
        if refused is not None:
            yield refused
        elif not lot_holds:
            yield from self._about_bias(result)
        yield Reason("effects_targeted.by_lot" if lot_holds else "effects_targeted.association")
        yield from self._about_hidden(result)
        if result.n_without_others:
            values = {"n": result.n_without_others, "ratio": self.largest_ratio}
            yield Reason("effects_targeted.without_others", values)
        if n_later:
            yield Reason("effects_targeted.reached_later", {"n": n_later, "days": STARTS_WITHIN})
        if result.effect("long") is None:
            yield Reason("effects_targeted.no_long")

    def _about_choice(self, result: TargetedResult) -> Iterator[Reason]:
        """Whether it was targeted, by what, and how alike weighing made them."""
        assert result.sorting is not None
        most = result.balance[0] if result.balance else None
        if not result.is_targeted or most is None:
            yield Reason("effects_targeted.not_seen_targeted", {"chance": result.sorting.value})
            return
        code = "lot_unlike" if result.by_lot else "targeted"
        code += "_more" if most.difference > 0 else "_less"
        values = {"chance": result.sorting.value, "known": most.known, "size": abs(most.difference)}
        yield Reason(f"effects_targeted.{code}", values)
        worst = _worst(result)
        if abs(worst.difference_weighted) >= TOO_UNLIKE:
            return
        code = "made_alike" if abs(worst.difference_weighted) < UNLIKE else "hardly_alike"
        values = {"known": worst.known, "size": abs(worst.difference_weighted)}
        yield Reason(f"effects_targeted.{code}", values)

    def _about_bias(self, result: TargetedResult) -> Iterator[Reason]:
        placebo = result.placebo
        assert placebo is not None
        unseen = self._unseen(placebo)
        values = {"days": placebo.last_day + 1, "bias": unseen, "power": POWER}
        yield Reason(f"effects_targeted.placebo_clean_{self.outcome}", values)
        for one in result.effects:
            if unseen is not None and 0 < _clear(one) <= unseen:
                yield Reason("effects_targeted.bias_would_do", _months(one))

    def _about_beside(
        self, tables: Tables, action: str, opens: dt.date, until: int, people: _People
    ) -> Iterator[Reason]:
        """The other action that reached the one group most unlike the other in the first span."""
        last = opens + dt.timedelta(days=until)
        shares = {
            name: [float(was[side].mean()) for side in (people.reached, ~people.reached)]
            for name, was in reached_beside(tables, action, opens, last, people.customer_ids).items()
        }
        name = max(shares, key=lambda one: abs(shares[one][0] - shares[one][1]), default=None)
        if name is not None and abs(shares[name][0] - shares[name][1]) >= UNLIKE:
            values = {"other": name, "reached": shares[name][0], "others": shares[name][1]}
            yield Reason("effects_targeted.beside", values)

    def _about_hidden(self, result: TargetedResult) -> Iterator[Reason]:
        """What something that nobody recorded would have to do."""
        one = next((e for e in result.effects if _clear(e) > 0), None)
        if one is None or result.by_lot:
            return
        if one.undoing_odds is None:
            yield Reason("effects_targeted.pairs_unsure")
        else:
            yield Reason("effects_targeted.hidden", {"odds": one.undoing_odds})


def _refused(result: TargetedResult, code: str, **values: object) -> TargetedResult:
    headline = Reason(f"effects_targeted.{code}", {"action": result.action, **values})
    return replace(result, headline=headline)


def _spans(days: int) -> dict[str, DaySpan]:
    """Spans of which the data hold every day, of `days` days after the first; the short one may be cut."""
    until = min(SHORT[1], days)
    spans = {"short": (0, until)} if until + 1 >= SHORTEST else {}
    return spans | ({"long": LONG} if days >= LONG[1] else {})


def _overlap(chance: np.ndarray, reached: np.ndarray) -> Iterator[OverlapBin]:
    edges = np.linspace(0, 1, N_BINS + 1)
    counts = [np.histogram(chance[side], edges)[0] for side in (reached, ~reached)]
    for low, high, *both in zip(edges[:-1].tolist(), edges[1:].tolist(), *counts, strict=True):
        shown = [int(n) if n == 0 or n >= MIN_GROUP else None for n in both]
        yield OverlapBin(low, high, *shown)


def _months(one: TargetedEffect) -> dict[str, int]:
    """First and last month of a span, from 1."""
    first, last = one.first_day / DAYS_A_MONTH + 1, (one.last_day + 1) / DAYS_A_MONTH
    return {"first": round(first), "last": max(round(last), 1)}


def _worst(result: TargetedResult) -> KnownBalance:
    """What differs most although the others are weighed."""
    return max(result.balance, key=lambda one: abs(one.difference_weighted))


def _clear(one: TargetedEffect) -> float:
    """How far the interval stays from zero; negative where it holds zero."""
    return max(one.effect_size_ci_lower, -one.effect_size_ci_upper)
