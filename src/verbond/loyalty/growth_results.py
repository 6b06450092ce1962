"""What a decomposition of growth hands out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from verbond.method import Text
from verbond.results import Estimate, Provenance, Reason, Result, sentence
from verbond.tables.reads.spending import Days

__all__ = ["FactorChange", "GrowthResult", "GrowthRow", "Turnover", "growth_headline"]


@dataclass(frozen=True, slots=True)
class FactorChange:
    """One factor of revenue.

    Attributes
    ----------
    factor : str
        "customers", "orders_per_customer", "items_per_order", "price_per_item" (at list price; per order
        where items are not known), "paid_share" (of the list price: 1 - discount); "paid_price_per_item" or
        "paid_price_per_order" where discounts are not known.
    first, second : float
        Its value in each period.
    part : Estimate
        What it adds to the change of revenue, in money.
    """

    factor: str
    first: float
    second: float
    part: Estimate


@dataclass(frozen=True, slots=True)
class Turnover:
    """Who came, who went, and who bought in both periods.

    Attributes
    ----------
    n_entrants, n_leavers, n_stayers : int
        Bought only in the second period, only in the first, in both. Somebody who enters may have been a
        customer before the first period.
    entrants, leavers, stayers : Estimate
        What each adds to the change of revenue, in money; together they are the change.
    factors : tuple of FactorChange
        Of the change among those who stayed.
    """

    n_entrants: int
    n_leavers: int
    n_stayers: int
    entrants: Estimate
    leavers: Estimate
    stayers: Estimate
    factors: tuple[FactorChange, ...]


@dataclass(frozen=True, slots=True)
class GrowthRow:
    """Everybody, or one group.

    Attributes
    ----------
    by, group : str
        Both empty for everybody.
    n_customers : int
        Who bought in either period; in the second, where `turnover` may not be told.
    revenue : (float, float)
        In each period.
    change : Estimate
        The second minus the first.
    factors : tuple of FactorChange
        Their parts add up to the change.
    turnover : Turnover or None
        None where it would tell about too few people.
    """

    by: str
    group: str
    n_customers: int
    revenue: tuple[float, float]
    change: Estimate
    factors: tuple[FactorChange, ...]
    turnover: Turnover | None


@dataclass(frozen=True, slots=True)
class GrowthResult(Result):
    """Revenue of two periods, and what its change is made of.

    Attributes
    ----------
    first, second : (date, date) or None
        First day and day after the last of each period; None where there are none to compare.
    method : str
        "lmdi" or "shapley".
    rows : tuple of GrowthRow
        Everybody first, then the groups.
    reasons : tuple of Reason
        What cannot be told, and what to keep in mind.
    provenance : Provenance
    headline : Reason or None
        The one sentence to take away.
    tone : {"good", "bad", "neutral", "caution"}

    Notes
    -----
    Revenue is counted, not estimated. The intervals say how far parts would differ with other customers like
    these; they know nothing of seasons or of what else changed.
    """

    first: Days | None
    second: Days | None
    method: str
    rows: tuple[GrowthRow, ...]
    reasons: tuple[Reason, ...]
    provenance: Provenance
    headline: Reason | None = None
    tone: str = "neutral"

    def to_dicts(self) -> list[dict[str, Any]]:
        """Of everybody and each group: the change, its factors, and who came, went and stayed."""
        return [row for one in self.rows for row in _rows_of(one)]


def growth_headline(everybody: GrowthRow) -> tuple[Reason, str]:
    """The sentence to take away, and its tone: how revenue changed, and what did most."""
    change, (first, second) = everybody.change, everybody.revenue
    most = max(everybody.factors, key=lambda f: abs(f.part.value or 0.0))
    name = Text(*(sentence(f"loyalty_growth.factor_{most.factor}", language) for language in ("en", "nl")))
    values = {
        "share": abs(second - first) / first, "first": first, "second": second, "factor": name,
        "part": most.part.value, "lower": most.part.ci_lower, "upper": most.part.ci_upper,
        "n": everybody.n_customers, "level": change.ci_level,
    }  # fmt: skip
    certain = change.ci_lower > 0 or change.ci_upper < 0  # type: ignore[operator]
    tone = ("good" if second > first else "bad") if certain else "neutral"
    return Reason(f"loyalty_growth.headline_{'rose' if second >= first else 'fell'}", values), tone


def _rows_of(row: GrowthRow) -> list[dict[str, Any]]:
    def line(part: str, first: float | None, second: float | None, amount: Estimate) -> dict[str, Any]:
        return {
            "by": row.by, "group": row.group, "n_customers": row.n_customers, "part": part, "first": first,
            "second": second, "amount": amount.value, "ci_lower": amount.ci_lower,
            "ci_upper": amount.ci_upper,
        }  # fmt: skip

    lines = [line("revenue", *row.revenue, row.change)]
    lines += [line(f.factor, f.first, f.second, f.part) for f in row.factors]
    if row.turnover is not None:
        moved = row.turnover
        lines += [line(name, None, None, getattr(moved, name)) for name in ("entrants", "leavers", "stayers")]
        lines += [line(f"stayers_{f.factor}", f.first, f.second, f.part) for f in moved.factors]
    return lines
