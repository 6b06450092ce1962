"""`Outlook`: of a company's purchases who will probably be back, checked on the last third of the data."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from verbond.errors import OptionError
from verbond.loyalty.buying.histories import equal_rows
from verbond.loyalty.buying.holdout import HoldOut
from verbond.loyalty.buying.model import BuyTillYouDie
from verbond.loyalty.buying.reading import BoughtUntil, against, bought_until
from verbond.loyalty.buying.results import TIMED, BuyingResult
from verbond.loyalty.results import Tone
from verbond.loyalty.summary import Summary
from verbond.numerics.intervals import normal_quantile
from verbond.results import Estimate, ProgressFunction, Provenance, Reason, Result, silent
from verbond.tables.tables import Tables

__all__ = ["BuyingOutlook", "Candidate", "Outlook"]

_LEAST_UNITS = 4
"""With fewer units of time held out there is nothing to check a model on."""
_CLOSE = 0.1
"""A hold-out that is further off than this part makes the outlook a rough one."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that was tried on the first two thirds.

    Attributes
    ----------
    model : str
    k : int
        Phases between purchases; 1 is at random.
    loglik, bic : float
    told : bool
        Whether the data hold an estimate of it; if not, it is not chosen where another one is told.
    """

    model: str
    k: int
    loglik: float
    bic: float
    told: bool


@dataclass(frozen=True, slots=True)
class BuyingOutlook(Result):
    """Who will probably be back.

    Attributes
    ----------
    n_customers : int
        Who bought at all.
    since, until : date
        First purchase of anybody, and last day of the data.
    horizon_days, unit_days : int
        How far is looked ahead; the unit of time of the models.
    candidates : tuple of Candidate
        Best first, by BIC on the first two thirds.
    fit : BuyingResult or None
        The chosen model on all data.
    held : HoldOut or None
        The chosen model on the first two thirds, against the last third.
    buyers_held_out, n_buyers_held_out : Estimate or None, int
        Customers expected to buy in the last third (interval of the parameters), and those who did.
    active : Estimate or None
        Customers who have not left; interval of the parameters alone, as nobody can check it.
    buyers, purchases : Estimate or None
        Customers who will buy within the horizon, and purchases of all together; intervals of parameters,
        chance, and what the same model was off in the last third.
    headline : Reason or None
    tone : {"neutral", "caution"}
    reasons : tuple of Reason
    provenance : Provenance
    """

    n_customers: int
    since: dt.date
    until: dt.date
    horizon_days: int
    unit_days: int
    candidates: tuple[Candidate, ...] = ()
    fit: BuyingResult | None = None
    held: HoldOut | None = None
    buyers_held_out: Estimate | None = None
    n_buyers_held_out: int = 0
    active: Estimate | None = None
    buyers: Estimate | None = None
    purchases: Estimate | None = None
    reasons: tuple[Reason, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a figure."""
        return [
            {
                "measure": name, "value": figure.value, "ci_lower": figure.ci_lower,
                "ci_upper": figure.ci_upper, "n_obs": figure.n_obs,
            }
            for name in ("active", "buyers", "purchases")
            if (figure := getattr(self, name)) is not None
        ]  # fmt: skip

    @property
    def off(self) -> float | None:
        """What was expected in the last third above (or below) what came: buyers or purchases, the worse."""
        buyers, held = self.buyers_held_out, self.held
        if buyers is None or held is None or not held.observed > 0:
            return None
        parts = (buyers.value / self.n_buyers_held_out - 1.0, held.expected.value / held.observed - 1.0)
        return max(parts, key=abs)

    @property
    def headline(self) -> Reason | None:
        """How many will buy again, with what may be off."""
        if self.buyers is None or self.buyers.ci_lower is None:
            return None
        values = {
            "n": self.n_customers, "weeks": round(self.horizon_days / 7),
            "buyers": round(self.buyers.value), "low": round(self.buyers.ci_lower),
            "high": round(self.buyers.ci_upper),
        }  # fmt: skip
        return Reason("loyalty_buying.headline", values)

    @property
    def check(self) -> Reason | None:
        """What the same model made of the last third."""
        if self.off is None:
            return None
        values = {
            "buyers": round(self.buyers_held_out.value), "bought": self.n_buyers_held_out,
            "expected": round(self.held.expected.value), "observed": round(self.held.observed),
            "off": abs(self.off),
        }  # fmt: skip
        if abs(self.off) <= _CLOSE:
            return Reason("loyalty_buying.held_close", values)
        return Reason(f"loyalty_buying.held_{'high' if self.off > 0 else 'low'}", values)

    @property
    def tone(self) -> Tone:
        """Caution where the last third came out clearly otherwise than the model had it."""
        return "caution" if self.off is None or abs(self.off) > _CLOSE else "neutral"


@dataclass(frozen=True, slots=True)
class Outlook:
    """Choose a model of buying and leaving, check it on the last third, and look ahead.

    Parameters
    ----------
    horizon_days : int
        How far to look ahead.
    unit_days : int
        Unit of time of the models.

    Notes
    -----
    Candidates are "bg-nbd", "mbg-nbd" and "pareto-nbd", and where times between purchases are clearly more
    regular than chance "bg-cnbd-k" and "mbg-cnbd-k"; of those that the data hold an estimate of, the lowest
    BIC on the first two thirds is taken, fitted to all data. Intervals of buyers and purchases hold three
    things, as if independent and normal in the logarithm: parameters (delta method); chance (of buyers that
    of their own chances, of purchases what customers differed from what was expected in the last third,
    scaled to the horizon); and what the same model was off in all over the last third, as one draw of what
    it may be off again.
    """

    horizon_days: int = 91
    unit_days: int = 7

    def __post_init__(self) -> None:
        for name in ("horizon_days", "unit_days"):
            if not getattr(self, name) >= 1:
                raise OptionError(
                    f"{name} is out of range", got=repr(getattr(self, name)), expected="1 or more"
                )

    def fit(self, tables: Tables, progress: ProgressFunction = silent) -> BuyingOutlook:
        """Look ahead from all purchases.

        Parameters
        ----------
        tables : Tables
            Without purchases, or with too few, there is no outlook and `reasons` says why.
        progress : callable
            Not called: this is done in a moment.
        """
        all_of_it = bought_until(tables, self.unit_days)
        n, n_days = all_of_it.summary.n_customers, _n_days(all_of_it)
        third = n_days // 3
        provenance = Provenance(source=tables.name, fingerprint=tables.fingerprint, options=asdict(self))
        since, until = all_of_it.until - dt.timedelta(days=n_days), all_of_it.until
        said = BuyingOutlook(n, since, until, self.horizon_days, self.unit_days, provenance=provenance)
        if n == 0:
            return replace(said, reasons=(Reason("loyalty_buying.no_purchases"),))
        if third < _LEAST_UNITS * self.unit_days:
            more = 3 * _LEAST_UNITS * self.unit_days - n_days
            return replace(said, reasons=(Reason("loyalty_buying.too_short", {"n": more}),))
        before = bought_until(tables, self.unit_days, until - dt.timedelta(days=third))
        fits = _candidates(before.summary)
        candidates = tuple(_candidate(fit) for fit in fits)
        chosen, fitted = _told_twice(fits, all_of_it.summary)
        if not np.isfinite(chosen.loglik):
            return replace(said, candidates=candidates, reasons=chosen.reasons)
        held = against(tables, before, chosen)
        said = replace(said, candidates=candidates, fit=fitted, held=held, reasons=_reasons(chosen, fitted))
        if not _candidate(fitted).told:  # nothing says how far its numbers may be off
            return said
        return self._ahead(said, all_of_it, before, chosen)

    def _ahead(
        self, said: BuyingOutlook, all_of_it: BoughtUntil, before: BoughtUntil, chosen: BuyingResult
    ) -> BuyingOutlook:
        ahead, held_for = self.horizon_days / self.unit_days, before.later_days / before.unit_days
        rows, earlier = _rows(all_of_it.summary), _rows(before.summary)
        n_bought = int(before.summary.weight @ (before.later > 0))
        buyers_then = _total(chosen, earlier, lambda at: at.probability_buying(earlier, held_for))
        if not n_bought or buyers_then.value is None:
            return said
        residuals = before.later - chosen.expected_purchases(before.summary, held_for)
        spread = float(before.summary.weight @ residuals**2) * ahead / held_for
        spread *= rows.n_customers / earlier.n_customers
        chance = said.fit.probability_buying(rows, ahead)
        spread_buyers = float(rows.weight @ (chance * (1 - chance)))
        off = np.log(buyers_then.value / n_bought), np.log(said.held.expected.value / said.held.observed)
        buyers = _total(
            said.fit, rows, lambda at: at.probability_buying(rows, ahead), spread_buyers, float(off[0])
        )
        return replace(
            said,
            active=_total(said.fit, rows, lambda at: at.probability_alive(rows)),
            buyers=replace(buyers, ci_upper=buyers.ci_upper and min(buyers.ci_upper, rows.n_customers)),
            purchases=_total(
                said.fit, rows, lambda at: at.expected_purchases(rows, ahead), spread, float(off[1])
            ),
            buyers_held_out=buyers_then,
            n_buyers_held_out=n_bought,
        )


def _n_days(bought: BoughtUntil) -> int:
    T = bought.summary.T
    return round(float(T.max()) * bought.unit_days) if len(T) else 0


def _candidates(summary: Summary) -> list[BuyingResult]:
    """Fits, the best one first: told ones before others, then by BIC."""
    names = list(TIMED[:3])
    fits = {name: BuyTillYouDie(name).fit(summary) for name in names}
    if any(reason.code == "loyalty_buying.regular" for fit in fits.values() for reason in fit.reasons):
        fits |= {name: BuyTillYouDie(name).fit(summary) for name in TIMED[3:]}
    order = {name: _candidate(fit) for name, fit in fits.items()}
    return sorted(fits.values(), key=lambda fit: (not order[fit.model].told, order[fit.model].bic))


def _told_twice(fits: list[BuyingResult], summary: Summary) -> tuple[BuyingResult, BuyingResult]:
    """The best fit that all data hold an estimate of too, with that estimate; else the best one."""
    again = []
    for fit in fits:
        k = fit.k if fit.model.endswith("-k") else None
        again.append(BuyTillYouDie(fit.model, k=k).fit(summary))
        if _candidate(fit).told and _candidate(again[-1]).told:
            return fit, again[-1]
    return fits[0], again[0]


def _candidate(fit: BuyingResult) -> Candidate:
    n_params = len(fit.params) + fit.model.endswith("-k")
    bic = n_params * float(np.log(max(fit.n_customers, 1))) - 2.0 * fit.loglik
    told = fit.covariance is not None and bool(np.isfinite(fit.covariance).all())
    return Candidate(fit.model, fit.k, fit.loglik, bic if np.isfinite(bic) else float("inf"), told)


def _reasons(chosen: BuyingResult, fitted: BuyingResult) -> tuple[Reason, ...]:
    """What is wrong with the fits, each said once, and what an outlook supposes."""
    found = {reason.code: reason for fit in (chosen, fitted) for reason in fit.reasons}
    found.pop("loyalty_buying.regular", None)
    return (*found.values(), Reason("loyalty_buying.outlook_supposes"))


def _rows(summary: Summary) -> Summary:
    """Equal histories once."""
    columns = (summary.frequency, summary.recency, summary.T)
    first, row_of = equal_rows(columns)
    weight = np.bincount(row_of, weights=summary.weight, minlength=len(first))
    return Summary(*(column[first] for column in columns), weight)


def _total(
    fitted: BuyingResult, rows: Summary, figure: Any, chance: float = 0.0, off: float = 0.0
) -> Estimate:
    """A sum over customers; with the variance that is chance, and a deviation in the logarithm."""
    sums = fitted.interval(lambda at: np.array([rows.weight @ figure(at)]))
    value, upper = float(sums.value[0]), float(sums.ci_upper[0])
    if not (np.isfinite(upper) and value > 0):
        return Estimate(value if np.isfinite(value) else None, n_obs=rows.n_customers)
    z = normal_quantile(0.95)
    variance = (np.log(upper / value) / z) ** 2 + chance / value**2 + off**2
    ratio = float(np.exp(z * np.sqrt(variance)))
    return Estimate(value, value / ratio, value * ratio, rows.n_customers)
