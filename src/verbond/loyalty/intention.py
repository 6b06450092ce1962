"""`IntentionGap`: what people said they would do against what they did."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from verbond.loyalty.calibration import AnswerShare, AnswerWorth, answer_shares, answer_worth
from verbond.loyalty.estimates import hidden, share_of
from verbond.loyalty.grouping import EVERYBODY, Division, shown_groups
from verbond.loyalty.results import FollowUp, IntentionGapRow, IntentionResult, IntentionRow, Tone
from verbond.numerics.checks import check_ci_level, check_days
from verbond.numerics.intervals import normal_quantile
from verbond.results import Estimate, Progress, ProgressFunction, Reason, silent
from verbond.results.groups import MIN_GROUP
from verbond.tables.reads.around import group_at_answer
from verbond.tables.reads.intentions import INTENTIONS, IntendedPeople, Intentions, intended_people
from verbond.tables.tables import Tables

__all__ = ["BEHAVIOURS", "IntentionGap", "level_of", "paired_difference", "reckonable"]

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
    by : sequence of str
        Groups to compare too: attributes of customers, "rung" (of the last period that was over when they
        answered) or "type" (in the last answers until then).
    seed : int
        Of the lot that puts people into folds, where it is asked what an answer adds.

    Examples
    --------
    >>> from verbond.tables import open_tables                                # doctest: +SKIP
    >>> result = IntentionGap(horizon_days=180).fit(open_tables("demo"))      # doctest: +SKIP
    """

    horizon_days: int = 180
    ci_level: float = 0.95
    by: Sequence[str] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        check_days("horizon_days", self.horizon_days)
        check_ci_level(self.ci_level)

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

        Raises
        ------
        NotFoundError
            For groups that the tables do not have.
        """
        progress(Progress("loyalty.step_intentions", 0.0))
        people = intended_people(tables, self.horizon_days)
        divisions = self._divisions(tables, people)
        read = people.counted()
        cells = _cells(read)
        told = [b for b in _NEEDS if read.recorded.get(_NEEDS[b][0], 0)]
        pairs = [(i, b) for i in INTENTIONS if i in cells for b in BEHAVIOURS[i] if b in told]
        gaps = tuple(self._gap(i, b, cells[i]) for i, b in pairs)
        progress(Progress("loyalty.step_intentions", 0.5))
        followed = [_Followed.of(people, i, b) for i, b in pairs]
        headline, tone = _headline(gaps, self.horizon_days)
        result = IntentionResult(
            horizon_days=self.horizon_days,
            rows=tuple(row for i, b in pairs for row in self._rows(i, b, cells[i])),
            gaps=gaps,
            net_promoters=self._net_promoters(cells.get("recommend", {})),
            net_referrers=self._net_referrers(cells.get("recommend", {}), told),
            follow_up=tuple(_follow_up(read)),
            reasons=(*_reasons(read, cells, told, self.horizon_days), *_about_groups(divisions)),
            provenance=tables.provenance(dataclasses.asdict(self), seed=self.seed),
            answers=tuple(row for f in followed for row in self._answers(f)),
            worth=tuple(self._worth(f, people) for f, gap in zip(followed, gaps, strict=True) if gap.n_obs),
            group_rows=tuple(row for f in followed for row in self._group_rows(f, divisions)),
            headline=headline,
            tone=tone,
        )
        progress(Progress("loyalty.step_intentions", 1.0))
        return result

    def _divisions(self, tables: Tables, people: IntendedPeople) -> list[Division]:
        found = []
        for name in self.by:
            mine = group_at_answer(tables, name, people.customer_ids, people.days)
            labels = tuple(sorted({one for one in mine.tolist() if one is not None}))
            place = {label: j for j, label in enumerate(labels)}
            codes = np.array([place.get(one, -1) for one in mine.tolist()], np.int64)
            found.append(Division(name, labels, codes))
        return found

    def _answers(self, f: _Followed) -> tuple[AnswerShare, ...]:
        return answer_shares(f.intention, f.behaviour, f.answer, f.level, f.did, f.ends, self.ci_level)

    def _worth(self, f: _Followed, people: IntendedPeople) -> AnswerWorth:
        past = np.log1p(
            np.column_stack([
                people.before["n_bought_before"][f.rows],
                people.before["n_referred_before"][f.rows],
                np.minimum(people.before["days_since_bought"][f.rows], self.horizon_days + 1),
            ])
        )  # fmt: skip
        return answer_worth(
            f.intention, f.behaviour, f.answer, past, f.did, ci_level=self.ci_level, seed=self.seed
        )

    def _group_rows(self, f: _Followed, divisions: Sequence[Division]) -> Iterator[IntentionRow]:
        levels = [name for name in _LEVELS if (f.level == name).any()]
        if not divisions or reckonable(int((f.level == name).sum()) for name in levels):
            return
        mine = [Division(d.by, d.labels, d.codes[f.rows]) for d in divisions]
        everybody = Division("", (EVERYBODY,), np.zeros(len(f.rows), np.int64))
        shown = shown_groups((everybody, *mine), [np.ones(len(f.rows), bool)], MIN_GROUP)[1:]
        of_level = [f.level == name for name in levels]
        detailed = shown_groups((everybody, *mine), of_level, MIN_GROUP)[1:]
        for division, whole, parts in zip(mine, shown, detailed, strict=True):
            for code in sorted(whole):
                group = division.codes == code
                told = [("all", group)]
                if code in parts:
                    told += [(name, group & at) for name, at in zip(levels, of_level, strict=True)]
                for name, at in told:
                    if n := int(at.sum()):
                        share = share_of(int(f.did[at].sum()), n, self.ci_level)
                        yield IntentionRow(
                            f.intention, name, n, f.behaviour, share, division.by, division.labels[code]
                        )

    def _rows(self, intention: str, behaviour: str, levels: Mapping[str, Counts]) -> Iterator[IntentionRow]:
        for level, counts in levels.items():
            n, hits = _n_and_hits(counts, behaviour)
            if n:
                share = share_of(hits, n, self.ci_level)
                yield IntentionRow(intention, level, share.n_obs, behaviour, share)

    def _gap(self, intention: str, behaviour: str, levels: Mapping[str, Counts]) -> IntentionGapRow:
        sizes = {level: _n_and_hits(counts, behaviour) for level, counts in levels.items()}
        n, done = (sum(size[j] for size in sizes.values()) for j in (0, 1))
        intended, both = sizes.get(_top(levels), (0, 0))
        if reckonable(size[0] for size in sizes.values()):
            none = hidden(self.ci_level)
            return IntentionGapRow(intention, behaviour, 0, none, none, none, none)
        return IntentionGapRow(
            intention,
            behaviour,
            n,
            intended=share_of(intended, n, self.ci_level),
            done=share_of(done, n, self.ci_level),
            done_by_intenders=share_of(both, intended, self.ci_level),
            gap=self._difference(intended - both, done - both, n),
        )

    def _net_promoters(self, levels: Mapping[str, Counts]) -> Estimate | None:
        if not levels or _top(levels) != "promoter":
            return None
        n = {level: counts["n_people"] for level, counts in levels.items()}
        if reckonable(n.values()):
            return hidden(self.ci_level)
        return self._difference(n.get("promoter", 0), n.get("detractor", 0), sum(n.values()))

    def _net_referrers(self, levels: Mapping[str, Counts], told: list[str]) -> Estimate | None:
        if not levels or not {"referred", "stayed"} <= set(told):
            return None
        total = {name: sum(c[name] for c in levels.values()) for name in next(iter(levels.values()))}
        both = total["n_here_referred_left"]
        left = total["n_here"] - total["n_stayed"]
        return self._difference(total["n_here_referred"] - both, left - both, total["n_here"])

    def _difference(self, n_first_only: int, n_second_only: int, n: int) -> Estimate:
        if n < MIN_GROUP:
            return hidden(self.ci_level)
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


@dataclass(frozen=True, slots=True)
class _Followed:
    """Those whose answer to one question was followed by the whole horizon, beside one behaviour."""

    intention: str
    behaviour: str
    rows: np.ndarray  # of IntendedPeople
    answer: np.ndarray
    level: np.ndarray
    did: np.ndarray
    ends: tuple[float, float]

    @classmethod
    def of(cls, people: IntendedPeople, intention: str, behaviour: str) -> _Followed:
        here = (people.intention == intention) & (people.follow_up == "followed")
        rows = np.flatnonzero(here & people.here if behaviour == "stayed" else here)
        answer, ends = people.answer[rows], people.ends[intention]
        values, place = np.unique(answer, return_inverse=True)
        names = np.array([level_of(intention, one, ends) for one in values.tolist()], object)
        did = people.did[behaviour][rows]
        return cls(intention, behaviour, rows, answer, names[place] if len(values) else place, did, ends)


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


def reckonable(sizes: Iterable[int]) -> bool:
    """Whether a total would give away groups too small to show.

    Examples
    --------
    >>> reckonable([40, 3, 0]), reckonable([40, 3, 4]), reckonable([40, 6])
    (True, False, False)
    """
    return 0 < sum(n for n in sizes if 0 < n < MIN_GROUP) < MIN_GROUP


def _follow_up(read: Intentions) -> Iterator[FollowUp]:
    states = ("followed", "too_recent", "undated", "not_linked")
    for intention in INTENTIONS:
        here = read.intention == intention
        if here.any():
            people = read.counts["n_people"]
            yield FollowUp(intention, *(int(people[here & (read.follow_up == s)].sum()) for s in states))


def _headline(gaps: Sequence[IntentionGapRow], horizon_days: int) -> tuple[Reason | None, Tone]:
    """Those who intended to, and how many of them did: of the first behaviour that can be told."""
    for row in gaps:
        share = row.done_by_intenders
        if share.value is not None:
            values = {
                "share": share.value, "low": share.ci_lower, "high": share.ci_upper, "n": share.n_obs,
                "days": horizon_days,
            }  # fmt: skip
            fewer_than_half = share.ci_upper is not None and share.ci_upper < 0.5
            reason = Reason(f"loyalty_intention.headline_{row.behaviour}", values)
            return reason, "caution" if fewer_than_half else "neutral"
    return None, "neutral"


def _about_groups(divisions: Sequence[Division]) -> Iterator[Reason]:
    if divisions:
        yield Reason("loyalty_intention.group_association")


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
