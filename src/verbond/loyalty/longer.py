"""`Longer`: whether customers in a meaning relationship buy less but stay longer."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verbond.errors import OptionError
from verbond.loyalty.grouping import EVERYBODY, Division, shown_groups
from verbond.loyalty.ratios import ratio_of
from verbond.numerics.checks import check_ci_level
from verbond.numerics.intervals import difference_interval
from verbond.results import Estimate, Progress, ProgressFunction, Provenance, Reason, Result, silent
from verbond.results.groups import MIN_GROUP
from verbond.tables.reads.lives import Lives, lives
from verbond.tables.tables import Tables

__all__ = ["LEAST_LEFT", "MEASURES", "Contrast", "LifeMeasure", "Longer", "LongerResult", "LongerRow"]

LEAST_LEFT = 10
"""With fewer people who left, how long a group stays is not estimated."""
LEAST_YEARS = 5.0
"""Followed together for less, a group says nothing about years."""
RECORDED = 0.95
"""Margin is told where so many rows with an amount have one."""
MEASURES = ("tenure", "orders", "revenue", "margin", "stay_revenue", "promotion", "years_before")
PAIR = ("meaning", "market")


@dataclass(frozen=True, slots=True)
class LifeMeasure:
    """One figure about a group.

    Attributes
    ----------
    measure : str
        "tenure": years that somebody stays at the pace at which they leave now; "orders", "revenue" and
        "margin": a year while there; "stay_revenue": revenue over a whole stay, revenue a year times tenure;
        "promotion": share of rows on discount; "years_before": years that they were customers already when
        following began.
    estimate : Estimate
    """

    measure: str
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class LongerRow:
    """Everybody of whom the group is known, or one group.

    Attributes
    ----------
    by, group : str
        `by` is "type" or "rung"; `group` is empty for everybody.
    n_customers : int
    n_left : int or None
        Who cancelled while followed; None where it would tell about too few.
    years : float
        For which they were followed, all together.
    measures : tuple of LifeMeasure
        Those that the data hold.
    """

    by: str
    group: str
    n_customers: int
    n_left: int | None
    years: float
    measures: tuple[LifeMeasure, ...]

    def measure(self, name: str) -> Estimate | None:
        """One figure, or None where it is not told."""
        return next((m.estimate for m in self.measures if m.measure == name), None)


@dataclass(frozen=True, slots=True)
class Contrast:
    """Meaning relationships beside market relationships.

    Attributes
    ----------
    measure : str
    difference : Estimate
        Meaning minus market.
    ratio : Estimate
        Meaning divided by market.
    """

    measure: str
    difference: Estimate
    ratio: Estimate


@dataclass(frozen=True, slots=True)
class LongerResult(Result):
    """Less but longer?

    Attributes
    ----------
    rows : tuple of LongerRow
        By type, then by rung: everybody first.
    contrasts : tuple of Contrast
        Meaning against market.
    verdict : str
        "less_and_longer", "as_much_and_longer" (or more), "less_and_not_longer", "as_much_and_not_longer" or
        "cannot_tell".
    headline : Reason or None
    tone : {"good", "bad", "neutral", "caution"}
    reasons : tuple of Reason
    provenance : Provenance
    """

    rows: tuple[LongerRow, ...]
    contrasts: tuple[Contrast, ...]
    verdict: str
    headline: Reason | None
    tone: str
    reasons: tuple[Reason, ...]
    provenance: Provenance

    def contrast(self, name: str) -> Contrast | None:
        """Of one measure, or None where it is not told."""
        return next((c for c in self.contrasts if c.measure == name), None)

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row each for a measure of a group, and for each difference."""
        lines = [
            _line(row.by, row.group, row.n_customers, m.measure, m.estimate)
            for row in self.rows
            for m in row.measures
        ]
        for c in self.contrasts:
            lines.append(_line("type", "meaning - market", c.difference.n_obs, c.measure, c.difference))
            lines.append(_line("type", "meaning / market", c.ratio.n_obs, c.measure, c.ratio))
        return lines


@dataclass(frozen=True, slots=True)
class Longer:
    """Set what customers buy a year beside how long they stay, by relationship type and rung.

    Parameters
    ----------
    alike : float
        Buying at most this share less counts as buying as much, staying at most this share longer as not
        staying longer.
    ci_level : float

    Examples
    --------
    >>> from verbond.tables import open_tables                       # doctest: +SKIP
    >>> Longer().fit(open_tables("my-company")).headline.sentence()  # doctest: +SKIP

    Notes
    -----
    Everybody is followed from the day on which the type (or rung) was first known. Each figure is a ratio of
    sums over customers, with its linearised error (Cochran 1977, 6.3) on the log scale, for shares on the
    logit; tenure is years followed over customers who left, the estimate of a constant pace of leaving, for
    which years before that day and after the end of the data need not be known. Differences: Zou & Donner
    (2008).
    """

    alike: float = 0.1
    ci_level: float = 0.95

    def __post_init__(self) -> None:
        if not 0 < self.alike < 1:
            raise OptionError("alike is out of range", got=repr(self.alike), expected="between 0 and 1")
        check_ci_level(self.ci_level)

    def fit(self, tables: Tables, progress: ProgressFunction = silent) -> LongerResult:
        """Follow customers and compare.

        Parameters
        ----------
        tables : Tables
            Needs events, and `scores` with relationship types or `rungs`; what they cannot answer comes back
            as reasons.
        progress : callable, optional

        Returns
        -------
        LongerResult

        Raises
        ------
        DataError
            If amounts are in more than one currency.
        """
        progress(Progress("loyalty_longer.step", 0.0))
        provenance = tables.provenance(dataclasses.asdict(self))
        known = "events" in tables and tables.n_rows("events") > 0
        rows, reasons = [], []
        for by in ("type", "rung"):
            followed = lives(tables, by) if known else None
            if followed is not None and len(followed.label):
                rows += self._rows(by, followed)
                reasons += _about(by, followed)
            elif by == "type":
                reasons.append(Reason("loyalty_longer.no_types" if known else "loyalty_longer.no_events"))
        contrasts = tuple(self._contrasts(rows))
        verdict = self._verdict({c.measure: c.ratio for c in contrasts})
        if any(row.by == "type" for row in rows):
            reasons += _missing(rows, contrasts)
        progress(Progress("loyalty_longer.step", 1.0))
        return LongerResult(
            rows=tuple(rows),
            contrasts=contrasts,
            verdict=verdict,
            headline=self._headline(verdict, rows, contrasts),
            tone=_TONES[verdict],
            reasons=(*reasons, *([Reason("loyalty_longer.association")] if rows else ())),
            provenance=provenance,
        )

    def _rows(self, by: str, followed: Lives) -> list[LongerRow]:
        divisions = _divisions(by, followed.label)
        everybody = np.ones(len(followed.label), bool)
        shown = shown_groups(divisions, (everybody,), MIN_GROUP)
        left = shown_groups(divisions, (followed.has_left > 0, followed.has_left == 0), MIN_GROUP)
        return [
            self._row(by, label, followed, division.codes == code, code in told)
            for division, codes, told in zip(divisions, shown, left, strict=True)
            for code, label in enumerate(division.labels)
            if code in codes and followed.years[division.codes == code].sum() >= LEAST_YEARS
        ]

    def _row(self, by: str, group: str, all_lives: Lives, here: np.ndarray, left_told: bool) -> LongerRow:
        one = Lives(**{f.name: getattr(all_lives, f.name)[here] for f in dataclasses.fields(Lives)})
        n_left = int(one.has_left.sum())
        long_known = left_told and n_left >= LEAST_LEFT
        pairs: dict[str, tuple[np.ndarray, np.ndarray]] = {
            "orders": (one.n_orders, one.years), "revenue": (one.revenue, one.years),
        }  # fmt: skip
        if long_known:
            pairs |= {"tenure": (one.years, one.has_left), "stay_revenue": (one.revenue, one.has_left)}
        if all_lives.n_margins.sum() >= RECORDED * max(all_lives.n_amounts.sum(), 1):
            pairs["margin"] = (one.margin, one.years)
        if (one.n_known > 0).sum() >= MIN_GROUP:
            pairs["promotion"] = (one.n_discounted, one.n_known)
        since = np.isfinite(one.years_before)
        if since.mean() >= RECORDED and since.sum() >= MIN_GROUP:
            pairs["years_before"] = (one.years_before[since], np.ones(int(since.sum())))
        measures = tuple(
            LifeMeasure(name, ratio_of(*pairs[name], self.ci_level, share=name == "promotion"))
            for name in MEASURES
            if name in pairs and pairs[name][0].sum() > 0
        )
        return LongerRow(
            by, group, int(here.sum()), n_left if left_told else None, float(one.years.sum()), measures
        )

    def _contrasts(self, rows: Sequence[LongerRow]) -> Iterator[Contrast]:
        by_type = {row.group: row for row in rows if row.by == "type"}
        if not all(name in by_type for name in PAIR):
            return
        meaning, market = (by_type[name] for name in PAIR)
        for name in MEASURES:
            a, b = meaning.measure(name), market.measure(name)
            if a is not None and b is not None and min(_bounds(a)[0], _bounds(b)[0]) > 0:
                n = a.n_obs + b.n_obs
                low, high = difference_interval(_bounds(b), _bounds(a))
                difference = Estimate(a.value - b.value, low, high, n, self.ci_level)  # type: ignore[operator]
                logs = [tuple(np.log(_bounds(e))) for e in (b, a)]
                low, high = difference_interval(*logs)  # type: ignore[arg-type]
                value = float(np.exp(logs[1][0] - logs[0][0]))
                ratio = Estimate(value, float(np.exp(low)), float(np.exp(high)), n, self.ci_level)
                yield Contrast(name, difference, ratio)

    def _verdict(self, ratios: dict[str, Estimate]) -> str:
        if "orders" not in ratios or "tenure" not in ratios:
            return "cannot_tell"
        (_, orders_low, orders_high), (_, tenure_low, tenure_high) = (
            _bounds(ratios[name]) for name in ("orders", "tenure")
        )
        buys = "less" if orders_high < 1 else ("as_much" if orders_low > 1 - self.alike else "")
        stays = "longer" if tenure_low > 1 else ("not_longer" if tenure_high < 1 + self.alike else "")
        return f"{buys}_and_{stays}" if buys and stays else "cannot_tell"

    def _headline(
        self, verdict: str, rows: Sequence[LongerRow], contrasts: Sequence[Contrast]
    ) -> Reason | None:
        told = {c.measure: c.ratio for c in contrasts}
        if "orders" not in told:
            return None
        n = {row.group: row.n_customers for row in rows if row.by == "type"}
        values: dict[str, Any] = {"meaning": n["meaning"], "market": n["market"], "level": self.ci_level}
        values["n"] = n["meaning"] + n["market"]
        for name in ("orders", "tenure"):
            if name in told:
                value, low, high = _bounds(told[name])
                values |= {name: value, f"{name}_lower": low, f"{name}_upper": high}
        code = verdict if "tenure" in told else "cannot_tell_how_long"
        return Reason(f"loyalty_longer.{code}", values)


_TONES = {
    "less_and_longer": "neutral", "as_much_and_longer": "good", "less_and_not_longer": "bad",
    "as_much_and_not_longer": "neutral", "cannot_tell": "caution",
}  # fmt: skip


def _bounds(one: Estimate) -> tuple[float, float, float]:
    return one.value, one.ci_lower, one.ci_upper  # type: ignore[return-value]


def _line(by: str, group: str, n: int, measure: str, one: Estimate) -> dict[str, Any]:
    return {
        "by": by, "group": group, "n_customers": n, "measure": measure, "value": one.value,
        "ci_lower": one.ci_lower, "ci_upper": one.ci_upper,
    }  # fmt: skip


def _divisions(by: str, label: np.ndarray) -> tuple[Division, Division]:
    labels = tuple(sorted(set(label.tolist())))
    codes = np.searchsorted(np.array(labels, dtype=str), label.astype(str)).astype(np.int64)
    return Division("", (EVERYBODY,), np.zeros(len(label), np.int64)), Division(by, labels, codes)


def _about(by: str, followed: Lives) -> Iterator[Reason]:
    values = {"n": len(followed.label), "years": float(followed.years.sum())}
    yield Reason(f"loyalty_longer.rests_on_{by}", values)
    if not followed.has_left.sum():
        yield Reason("loyalty_longer.nobody_left")


def _missing(rows: Sequence[LongerRow], contrasts: Sequence[Contrast]) -> Iterator[Reason]:
    by_type = {row.group: row for row in rows if row.by == "type" and row.group}
    if not all(name in by_type for name in PAIR):
        yield Reason("loyalty_longer.not_both", {"least": MIN_GROUP})
    elif any(row.measure("tenure") is None for row in (by_type[name] for name in PAIR)):
        yield Reason("loyalty_longer.few_left", {"least": LEAST_LEFT})
    if any(row.by == "rung" for row in rows):
        yield Reason("loyalty_longer.rungs_from_behaviour")
