"""`IntentionGap`: what people said they would do against what they did."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from verbond.errors import OptionError
from verbond.loyalty.results import FollowUp, IntentionGapRow, IntentionResult, IntentionRow
from verbond.numerics.intervals import normal_quantile, wilson_interval
from verbond.results import Estimate, Progress, ProgressFunction, Provenance, Reason, silent
from verbond.results.groups import MIN_GROUP
from verbond.tables.reads.intentions import INTENTIONS, Intentions, intentions
from verbond.tables.tables import Tables

__all__ = ["BEHAVIOURS", "IntentionGap", "level_of", "paired_difference"]

BEHAVIOURS = {"recommend": ("referred", "brought_customer"), "stay": ("stayed",), "rebuy": ("bought_again",)}
"""What shows that an intention was carried out."""
_NEEDS = {
    "referred": ("referral", "loyalty.no_referrals_recorded"),
    "brought_customer": ("related", "loyalty.no_newcomers_recorded"),
    "stayed": ("cancellation", "loyalty.no_cancellations_recorded"),
    "bought_again": ("purchase", "loyalty.no_purchases_recorded"),
}
"""Behaviour -> what has to be recorded at all to see it, and what to say when it is not."""

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class IntentionGap:
    """Intentions (recommend, stay, buy again) joined per person with behaviour after the answer.

    Parameters
    ----------
    horizon_days : int
        Behaviour counts from the day after the answer up to so many days after it; people whose horizon is
        not over yet are counted apart.
    ci_level : float

    Examples
    --------
    >>> from verbond.tables import open_tables                                # doctest: +SKIP
    >>> result = IntentionGap(horizon_days=180).fit(open_tables("demo"))      # doctest: +SKIP
    """

    horizon_days: int = 180
    ci_level: float = 0.95

    def __post_init__(self) -> None:
        if not isinstance(self.horizon_days, int) or self.horizon_days < 1:
            raise OptionError(
                "horizon_days is out of range", got=repr(self.horizon_days), expected="1 or more"
            )
        if not 0 < self.ci_level < 1:
            raise OptionError("ci_level is out of range", got=repr(self.ci_level), expected="between 0 and 1")

    def fit(self, tables: Tables, progress: ProgressFunction = silent) -> IntentionResult:
        """Compare what was said with what was done.

        Parameters
        ----------
        tables : Tables
            Needs `responses` and `events`; what they cannot answer comes back as reasons.
        progress : callable, optional

        Returns
        -------
        IntentionResult
        """
        progress(Progress("loyalty.step_intentions", 0.0))
        read = intentions(tables, self.horizon_days)
        cells = _cells(read)
        told = [b for b in _NEEDS if read.recorded.get(_NEEDS[b][0], 0)]
        pairs = [(i, b) for i in INTENTIONS if i in cells for b in BEHAVIOURS[i] if b in told]
        result = IntentionResult(
            horizon_days=self.horizon_days,
            rows=tuple(row for i, b in pairs for row in self._rows(i, b, cells[i])),
            gaps=tuple(self._gap(i, b, cells[i]) for i, b in pairs),
            net_promoters=self._net_promoters(cells.get("recommend", {})),
            net_referrers=self._net_referrers(cells.get("recommend", {}), told),
            follow_up=tuple(_follow_up(read)),
            reasons=tuple(_reasons(read, cells, told, self.horizon_days)),
            provenance=Provenance(
                source=tables.name,
                fingerprint=tables.fingerprint,
                simulated=tables.simulated,
                engine=tables.engine_name,
                options=dataclasses.asdict(self),
            ),
        )
        progress(Progress("loyalty.step_intentions", 1.0))
        return result

    def _rows(self, intention: str, behaviour: str, levels: Mapping[str, Counts]) -> Iterator[IntentionRow]:
        for level, counts in levels.items():
            n, hits = _n_and_hits(counts, behaviour)
            if n:
                share = self._share(hits, n)
                yield IntentionRow(intention, level, share.n_obs, behaviour, share)

    def _gap(self, intention: str, behaviour: str, levels: Mapping[str, Counts]) -> IntentionGapRow:
        sizes = {level: _n_and_hits(counts, behaviour) for level, counts in levels.items()}
        n, done = (sum(size[j] for size in sizes.values()) for j in (0, 1))
        intended, both = sizes.get(_top(levels), (0, 0))
        if _reckonable(size[0] for size in sizes.values()):
            hidden = self._hidden()
            return IntentionGapRow(intention, behaviour, 0, hidden, hidden, hidden, hidden)
        return IntentionGapRow(
            intention,
            behaviour,
            n,
            intended=self._share(intended, n),
            done=self._share(done, n),
            done_by_intenders=self._share(both, intended),
            gap=self._difference(intended - both, done - both, n),
        )

    def _net_promoters(self, levels: Mapping[str, Counts]) -> Estimate | None:
        if not levels or _top(levels) != "promoter":
            return None
        n = {level: counts["n_people"] for level, counts in levels.items()}
        if _reckonable(n.values()):
            return self._hidden()
        return self._difference(n.get("promoter", 0), n.get("detractor", 0), sum(n.values()))

    def _net_referrers(self, levels: Mapping[str, Counts], told: list[str]) -> Estimate | None:
        if not levels or not {"referred", "stayed"} <= set(told):
            return None
        total = {name: sum(c[name] for c in levels.values()) for name in next(iter(levels.values()))}
        both = total["n_here_referred_left"]
        left = total["n_here"] - total["n_stayed"]
        return self._difference(total["n_here_referred"] - both, left - both, total["n_here"])

    def _hidden(self) -> Estimate:
        reason = Reason("loyalty.too_small_group", {"least": MIN_GROUP})
        return Estimate(None, ci_level=self.ci_level, reason=reason)

    def _share(self, hits: int, n: int) -> Estimate:
        if n < MIN_GROUP:
            return self._hidden()
        return Estimate(hits / n, *wilson_interval(hits, n, self.ci_level), n, self.ci_level)

    def _difference(self, n_first_only: int, n_second_only: int, n: int) -> Estimate:
        if n < MIN_GROUP:
            return self._hidden()
        return Estimate(*paired_difference(n_first_only, n_second_only, n, self.ci_level), n, self.ci_level)


def level_of(intention: str, answer: float, ends: tuple[float, float]) -> str:
    """Name the kind of answer.

    Parameters
    ----------
    intention : str
    answer : float
        0..1 between the ends of the answer scale.
    ends : (min, max)
        Of the answer scale.

    Examples
    --------
    >>> level_of("recommend", 0.9, (0, 10)), level_of("recommend", 0.9, (1, 7)), level_of("stay", 0.5, (1, 7))
    ('promoter', 'likely', 'neutral')
    """
    if intention == "recommend" and tuple(ends) == (0, 10):
        return "promoter" if answer > 0.85 else "passive" if answer > 0.65 else "detractor"
    return "neutral" if abs(answer - 0.5) < 1e-9 else "likely" if answer > 0.5 else "unlikely"


def paired_difference(
    n_first_only: int, n_second_only: int, n_obs: int, ci_level: float = 0.95
) -> tuple[float, float, float]:
    """Difference between two shares of the same people, with its interval.

    Parameters
    ----------
    n_first_only, n_second_only : int
        People with the first and not the second, and the other way round.
    n_obs : int
        All people.

    Returns
    -------
    difference, lower, upper : float
        Of the first share minus the second.

    Notes
    -----
    Wald's interval after adding 0.5 to each of the four cells: Agresti & Min (2005), Statistics in Medicine
    24, 729-740.

    Examples
    --------
    >>> [round(v, 4) for v in paired_difference(20, 5, 100)]
    [0.15, 0.0533, 0.2408]
    """
    first, second, n = n_first_only + 0.5, n_second_only + 0.5, n_obs + 2.0
    middle = (first - second) / n
    half = normal_quantile(ci_level) * np.sqrt(max(first + second - n * middle**2, 0.0)) / n
    value = (n_first_only - n_second_only) / n_obs
    return value, float(max(middle - half, -1.0)), float(min(middle + half, 1.0))


_LEVELS = ("promoter", "passive", "detractor", "likely", "neutral", "unlikely")


def _cells(read: Intentions) -> dict[str, dict[str, Counts]]:
    """Counts of the people followed, by intention and level."""
    cells: dict[str, dict[str, dict[str, int]]] = {}
    for j in np.flatnonzero(read.follow_up == "followed"):
        intention = read.intention[j]
        level = level_of(intention, read.answer[j], read.ends[intention])
        cell = cells.setdefault(intention, {}).setdefault(level, dict.fromkeys(read.counts, 0))
        for name, column in read.counts.items():
            cell[name] += int(column[j])
    return {i: {level: cells[i][level] for level in _LEVELS if level in cells[i]} for i in cells}


def _top(levels: Mapping[str, Counts]) -> str:
    return "promoter" if set(levels) & set(_LEVELS[:3]) else "likely"


def _n_and_hits(counts: Counts, behaviour: str) -> tuple[int, int]:
    return counts["n_here" if behaviour == "stayed" else "n_people"], counts[f"n_{behaviour}"]


def _reckonable(sizes: Iterator[int]) -> bool:
    """Whether a total would give away levels too small to show."""
    return 0 < sum(n for n in sizes if 0 < n < MIN_GROUP) < MIN_GROUP


def _follow_up(read: Intentions) -> Iterator[FollowUp]:
    states = ("followed", "too_recent", "undated", "not_linked")
    for intention in INTENTIONS:
        here = read.intention == intention
        if here.any():
            people = read.counts["n_people"]
            yield FollowUp(intention, *(int(people[here & (read.follow_up == s)].sum()) for s in states))


def _reasons(
    read: Intentions, cells: Mapping[str, object], told: list[str], horizon_days: int
) -> Iterator[Reason]:
    if not len(read.intention):
        yield Reason("loyalty.no_intentions" if told else "loyalty.no_behaviour")
        return
    people = list(_follow_up(read))
    if not cells:
        yield Reason("loyalty.no_follow_up", {"horizon": horizon_days})
    for name in ("too_recent", "undated", "not_linked"):
        n = max(getattr(row, f"n_{name}") for row in people)
        if n and (cells or name != "too_recent"):
            yield Reason(f"loyalty.{name}", {"n": n, "horizon": horizon_days})
    asked = {b for i in {*read.intention.tolist()} for b in BEHAVIOURS[i]}
    for behaviour in _NEEDS:
        if behaviour in asked and behaviour not in told:
            yield Reason(_NEEDS[behaviour][1])
    if cells:
        yield Reason("loyalty.asking_changes_behaviour")
