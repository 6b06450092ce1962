"""`Reactivity`: what customers who were asked do afterwards, beside comparable ones who were not."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from verbond.errors import OptionError
from verbond.loyalty.estimates import difference_of, share_of
from verbond.loyalty.results import Tone
from verbond.numerics.checks import check_ci_level, check_days
from verbond.numerics.intervals import wilson_interval
from verbond.results import Estimate, Progress, ProgressFunction, Provenance, Reason, Result, silent
from verbond.results.groups import MIN_GROUP
from verbond.tables.reads.asked import MEASURES, Side, Sums, Wave, asked_or_not, waves_asked
from verbond.tables.reads.histories import purchase_money
from verbond.tables.tables import Tables

__all__ = ["Reactivity", "ReactivityResult", "ReactivityRow"]

_NEEDS = {
    "bought": "purchase",
    "n_bought": "purchase",
    "spent": "purchase",
    "referred": "referral",
    "left": "cancellation",
}
SHARES = ("bought", "referred", "left")
_UNLIKE = 0.1
"""Standardised difference beforehand from which two groups are called unlike (Austin 2009)."""


@dataclass(frozen=True, slots=True)
class ReactivityRow:
    """One behaviour of customers who were asked, and of those who were not.

    Attributes
    ----------
    measure : str
        "bought", "referred", "left" (shares), "n_bought" (days with a purchase) or "spent" (money).
    asked, unasked : Estimate
        After asking began.
    asked_before, unasked_before : Estimate or None
        In as many days before it; None for leaving, as who had left is not counted.
    balance : float or None
        Standardised difference beforehand: asked minus unasked, in standard deviations.
    difference : Estimate
        Asked minus unasked, after asking began.
    change : Estimate or None
        The same, of what changed since before.
    """

    measure: str
    asked: Estimate
    unasked: Estimate
    asked_before: Estimate | None
    unasked_before: Estimate | None
    balance: float | None
    difference: Estimate
    change: Estimate | None

    @property
    def figure(self) -> Estimate:
        """What to read: the difference of changes, and of leaving the difference."""
        return self.difference if self.change is None else self.change


@dataclass(frozen=True, slots=True)
class ReactivityResult(Result):
    """Behaviour of those asked beside that of those not asked.

    Attributes
    ----------
    horizon_days : int
    wave : str or None
        The round of asking.
    first_day, last_day : date or None
    control : str or None
        "attribute=value" of those left unasked; None: whoever was not asked, which nobody drew by lot.
    n_asked, n_unasked : int
    share_asked : Estimate or None
        Of those meant to be asked, who was asked; below one, the figures are of being chosen, not of being
        asked.
    rows : tuple of ReactivityRow
    currency : str
    headline : Reason or None
    tone : {"good", "bad", "neutral", "caution"}
    reasons : tuple of Reason
    provenance : Provenance
    """

    horizon_days: int
    wave: str | None
    first_day: dt.date | None
    last_day: dt.date | None
    control: str | None
    n_asked: int
    n_unasked: int
    share_asked: Estimate | None
    rows: tuple[ReactivityRow, ...]
    currency: str
    headline: Reason | None
    tone: Tone
    reasons: tuple[Reason, ...]
    provenance: Provenance

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a behaviour."""
        return [
            {
                "measure": row.measure,
                "asked": row.asked.value,
                "unasked": row.unasked.value,
                "asked_before": _value(row.asked_before),
                "unasked_before": _value(row.unasked_before),
                "balance": row.balance,
                "difference": row.difference.value,
                "difference_ci_lower": row.difference.ci_lower,
                "difference_ci_upper": row.difference.ci_upper,
                "change": _value(row.change),
                "change_ci_lower": None if row.change is None else row.change.ci_lower,
                "change_ci_upper": None if row.change is None else row.change.ci_upper,
            }
            for row in self.rows
        ]


@dataclass(frozen=True, slots=True)
class Reactivity:
    """Whether asking goes with other behaviour: those asked in one round beside those not asked.

    With a control group that was drawn by lot, the differences are effects of being chosen to be asked;
    without one they are association.

    Parameters
    ----------
    horizon_days : int
        Behaviour counts from the first day of asking for so many days, and as many days before it.
    control : (attribute, value), optional
        Which customers were left unasked by lot; those with another known value were to be asked.
    wave : str, optional
        Which round; by default the last one whose horizon lies within the data.
    ci_level : float

    Notes
    -----
    Everybody is counted from the day before the round began: who is in does not depend on when one was asked.
    The interval of a difference is that of Zou & Donner (2008).

    References
    ----------
    Chandon, Morwitz & Reinartz (2005), Journal of Marketing 69(2), 1-14.

    Examples
    --------
    >>> from verbond.tables import open_tables                                       # doctest: +SKIP
    >>> Reactivity(control=("survey_group", "control")).fit(open_tables("my-company"))  # doctest: +SKIP
    """

    horizon_days: int = 180
    control: tuple[str, str] | None = None
    wave: str | None = None
    ci_level: float = 0.95

    def __post_init__(self) -> None:
        check_days("horizon_days", self.horizon_days)
        check_ci_level(self.ci_level)
        if self.control is not None and (len(self.control) != 2 or not self.control[0]):
            raise OptionError("control is no pair", got=repr(self.control), expected="(attribute, value)")

    def fit(self, tables: Tables, progress: ProgressFunction = silent) -> ReactivityResult:
        """Set those asked beside those not asked.

        Parameters
        ----------
        tables : Tables
            Needs `responses` and `events`; what they cannot answer comes back as reasons.
        progress : callable, optional

        Returns
        -------
        ReactivityResult

        Raises
        ------
        OptionError
            If there is no such wave.
        NotFoundError
            If there is no such attribute.
        """
        progress(Progress("loyalty_reactivity.step", 0.0))
        waves = waves_asked(tables)
        why = _no_comparison(waves, tables)
        if why is not None:
            return self._nothing(tables, None, why)
        wave = self._chosen(waves, tables)
        if isinstance(wave, Reason):
            return self._nothing(tables, None, wave)
        sides = asked_or_not(tables, wave.first_day, wave.last_day, self.horizon_days, self.control)
        a, u = (sides.get(name, _NOBODY) for name in ("asked", "unasked"))
        if min(a.n, u.n) < MIN_GROUP:
            values = {"least": MIN_GROUP, "control": "=".join(self.control or ())}
            code = "few_unasked" if self.control is None else "few_in_control"
            return self._nothing(tables, wave, Reason(f"loyalty_reactivity.{code}", values))
        recorded = set(tables.select("recorded_acts")["kind"].tolist())
        money = purchase_money(tables)
        left_out = {m for m, kind in _NEEDS.items() if kind not in recorded}
        if len(money.currencies) > 1 or money.n_rows == money.n_unknown:
            left_out.add("spent")
        rows = tuple(self._row(m, a, u) for m in MEASURES if m not in left_out)
        headline, tone = self._headline(rows, a.n, u.n)
        result = dataclasses.replace(
            self._nothing(tables, wave, None),
            n_asked=a.n,
            n_unasked=u.n,
            share_asked=share_of(a.n_was_asked, a.n, self.ci_level),
            rows=rows,
            currency=money.currencies[0] if len(money.currencies) == 1 else "",
            headline=headline,
            tone=tone,
            reasons=tuple(self._reasons(wave, rows, a, u)),
        )
        progress(Progress("loyalty_reactivity.step", 1.0))
        return result

    def _chosen(self, waves: Sequence[Wave], tables: Tables) -> Wave | Reason:
        """The round to look at: as named, else the last one that is followed."""
        if self.wave is not None:
            named = [w for w in waves if w.name == self.wave]
            if not named:
                raise OptionError(
                    "no such wave", got=repr(self.wave), expected=", ".join(str(w.name) for w in waves)
                )
            waves = named
        last = tables.period_range[1]
        dated = [w for w in waves if w.first_day is not None]
        over = [w for w in dated if (last - w.first_day).days + 1 >= self.horizon_days]
        if not over:
            return Reason("loyalty.no_follow_up", {"horizon": self.horizon_days})
        short = [w for w in over if 2 * ((w.last_day - w.first_day).days + 1) <= self.horizon_days]
        if not short:
            return Reason("loyalty_reactivity.always_asked", {"days": self.horizon_days // 2})
        return max(short, key=lambda w: w.first_day)

    def _row(self, measure: str, asked: Side, unasked: Side) -> ReactivityRow:
        share, sides = measure in SHARES, (asked, unasked)
        sums = [side.sums[measure] for side in sides]
        after = [self._mean(side.n, s.y, s.yy, share) for side, s in zip(sides, sums, strict=True)]
        difference = difference_of(after[1], after[0], self.ci_level)
        if MEASURES[measure][1] is None:
            return ReactivityRow(measure, after[0], after[1], None, None, None, difference, None)
        before = [self._mean(side.n, s.x, s.xx, share) for side, s in zip(sides, sums, strict=True)]
        changed = [
            self._mean(side.n, s.y - s.x, s.yy + s.xx - 2 * s.xy, False)
            for side, s in zip(sides, sums, strict=True)
        ]
        return ReactivityRow(
            measure, after[0], after[1], before[0], before[1], _balance(asked.n, unasked.n, *sums),
            difference, difference_of(changed[1], changed[0], self.ci_level),
        )  # fmt: skip

    def _mean(self, n: int, total: float, squares: float, share: bool) -> Estimate:
        """From sums: of zeros and ones with Wilson's interval, else with Student's."""
        mean = total / n
        if share:
            return Estimate(mean, *wilson_interval(total, n, self.ci_level), n, self.ci_level)
        error = np.sqrt(_variance(n, total, squares) / n)
        half = float(stdtrit(n - 1, 0.5 + self.ci_level / 2)) * float(error)
        return Estimate(mean, mean - half, mean + half, n, self.ci_level)

    def _headline(self, rows: Sequence[ReactivityRow], n: int, n_unasked: int) -> tuple[Reason | None, Tone]:
        row = next((r for r in rows if r.measure == "bought"), None)
        if row is None:
            return None, "neutral"
        values = {
            "n": n, "n_unasked": n_unasked, "asked": row.asked.value, "unasked": row.unasked.value,
            "change": row.figure.value, "low": row.figure.ci_lower, "high": row.figure.ci_upper,
            "days": self.horizon_days,
        }  # fmt: skip
        apart = row.figure.ci_lower > 0 or row.figure.ci_upper < 0
        kind = "lot" if self.control is not None else "plain"
        reason = Reason(f"loyalty_reactivity.headline_{kind}{'' if apart else '_alike'}", values)
        return reason, "caution" if apart else "neutral"

    def _reasons(self, wave: Wave, rows: Sequence[ReactivityRow], a: Side, u: Side) -> Iterator[Reason]:
        if self.control is None:
            yield Reason("loyalty_reactivity.association")
            if not wave.n_silent:
                yield Reason("loyalty_reactivity.only_answers")
        elif a.n_was_asked < a.n:
            yield Reason("loyalty_reactivity.not_all_asked", {"share": a.n_was_asked / a.n})
        if u.n_was_asked >= MIN_GROUP:
            yield Reason("loyalty_reactivity.control_asked", {"n": u.n_was_asked})
        unlike = [r.balance for r in rows if r.balance is not None and abs(r.balance) > _UNLIKE]
        if unlike:
            yield Reason("loyalty_reactivity.unlike", {"most": max(map(abs, unlike))})
        if wave.n_unknown:
            yield Reason("loyalty_reactivity.unknown", {"n": wave.n_unknown})
        yield Reason("loyalty_reactivity.published")

    def _nothing(self, tables: Tables, wave: Wave | None, why: Reason | None) -> ReactivityResult:
        return ReactivityResult(
            horizon_days=self.horizon_days,
            wave=wave.name if wave is not None else None,
            first_day=wave.first_day if wave is not None else None,
            last_day=wave.last_day if wave is not None else None,
            control="=".join(self.control) if self.control is not None else None,
            n_asked=0,
            n_unasked=0,
            share_asked=None,
            rows=(),
            currency="",
            headline=None,
            tone="neutral",
            reasons=() if why is None else (why,),
            provenance=tables.provenance(dataclasses.asdict(self)),
        )


_NO_SUMS: Mapping[str, Sums] = {m: Sums(0.0, 0.0, 0.0, 0.0, 0.0) for m in MEASURES}
_NOBODY = Side(0, 0, _NO_SUMS)


def _no_comparison(waves: Sequence[Wave], tables: Tables) -> Reason | None:
    if not waves:
        return Reason("loyalty_reactivity.nobody_asked")
    if "events" not in tables or not tables.n_rows("events"):
        return Reason("loyalty.no_behaviour")
    return None


def _variance(n: int, total: float, squares: float) -> float:
    return max(squares - total * total / n, 0.0) / (n - 1)


def _balance(n: int, n_unasked: int, asked: Sums, unasked: Sums) -> float:
    """Difference of the means before, over the root of the mean of both variances; 0 where all are alike."""
    spread = np.sqrt((_variance(n, asked.x, asked.xx) + _variance(n_unasked, unasked.x, unasked.xx)) / 2)
    return float((asked.x / n - unasked.x / n_unasked) / spread) if spread > 0 else 0.0


def _value(estimate: Estimate | None) -> float | None:
    return None if estimate is None else estimate.value
