"""Whom to ask and whom to leave alone: asking changes what people do, and only the unasked show how much."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import brentq

from verbond.errors import DataError, OptionError
from verbond.numerics.intervals import normal_quantile
from verbond.numerics.power import power_of_shares
from verbond.results import Provenance, Reason, Result
from verbond.tables import Tables

__all__ = ["PlanStratum", "SurveyPlan", "SurveyPlanner", "detectable_share", "power_of_shares"]

ASKED, CONTROL, REST = 1, 2, 0
MIN_STRATUM = 4
"""Smaller strata cannot give both groups somebody and still leave chance a choice."""


@dataclass(frozen=True, slots=True)
class PlanStratum:
    """One stratum.

    Attributes
    ----------
    stratum : str
        Values of the attributes that it is made of; "" without strata.
    n_customers, n_asked, n_control : int
    """

    stratum: str
    n_customers: int
    n_asked: int
    n_control: int


@dataclass(frozen=True, slots=True)
class SurveyPlan(Result):
    """Who is asked and who is left alone.

    Attributes
    ----------
    n_customers : int
        Who may be approached.
    n_not_approachable : int
        Customers without consent: neither asked nor control.
    n_asked, n_control : int
    strata : tuple of PlanStratum
    half_width : float
        Of the interval of a share of one half, if all who are expected to answer do.
    base_rate, detectable : float
        Share of the control group that does something, and the share among the asked at which a difference
        would be seen with the power asked for.
    reasons : tuple of Reason
    provenance : Provenance
    assignment : mapping of str to array
        customer_id, stratum and group ("asked" or "control"); not in JSON.
    """

    n_customers: int
    n_not_approachable: int
    n_asked: int
    n_control: int
    strata: tuple[PlanStratum, ...]
    half_width: float
    base_rate: float
    detectable: float
    reasons: tuple[Reason, ...]
    provenance: Provenance
    assignment: Mapping[str, np.ndarray] = field(metadata={"json": False}, repr=False)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a stratum."""
        return [dataclasses.asdict(stratum) for stratum in self.strata]


@dataclass(frozen=True, slots=True)
class SurveyPlanner:
    """Draw by lot, within strata, whom to ask and whom to leave alone.

    Use it before a wave goes out. Keep the file: the two groups are compared later on what they did, not on
    what they said.

    Parameters
    ----------
    n_asked : int
    n_control : int, optional
        By default as many as are asked, or whoever is left when those are fewer.
    strata : tuple of str
        Customer attributes; each combination gets its proportional part of both groups.
    response_rate : float
        Expected share of the asked who answer.
    base_rate : float
        Share expected to do what the groups are compared on (buy again, bring somebody); 0.5 is the most
        cautious.
    power, ci_level : float
    seed : int
        The same customers and seed draw the same groups.
    """

    n_asked: int
    n_control: int | None = None
    strata: tuple[str, ...] = ()
    response_rate: float = 0.4
    base_rate: float = 0.5
    power: float = 0.8
    ci_level: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if self.n_asked < 1 or (self.n_control is not None and self.n_control < 0):
            got = f"{self.n_asked} and {self.n_control}"
            raise OptionError("groups cannot be that small", got=got, expected="1 or more, and 0 or more")
        for name in ("response_rate", "base_rate", "power", "ci_level"):
            if not 0 < getattr(self, name) < 1:
                raise OptionError(f"{name} is out of range", got=repr(getattr(self, name)), expected="0 to 1")

    def plan(self, tables: Tables) -> SurveyPlan:
        """Draw both groups from the customers who may be approached.

        Raises
        ------
        DataError
            There are no customers, an attribute is not known, or fewer customers than are to be asked.
        """
        if "customers" not in tables:
            raise DataError("there is no table of customers to draw from", expected="customers")
        if unknown := [name for name in self.strata if name not in tables.attributes]:
            raise DataError(
                f"customers have no attribute {unknown[0]!r}", got=", ".join(tables.attributes) or "none"
            )
        customers = tables.fetch("customers")
        return self._drawn(customers, tables)

    def _drawn(self, customers: Mapping[str, np.ndarray], tables: Tables) -> SurveyPlan:
        ids = np.asarray(customers["customer_id"])
        consent = customers.get("consent", [None] * len(ids))
        allowed = np.array([c is None or bool(c) for c in consent], dtype=bool)
        order = np.argsort(ids[allowed].astype(str), kind="stable")
        ids = ids[allowed][order]
        labels = self._labels(customers, allowed, order)
        if len(ids) < self.n_asked:
            raise DataError(
                "fewer customers may be approached than are to be asked", got=f"{len(ids):,}",
                expected=f"{self.n_asked:,} or more",
            )  # fmt: skip
        left = len(ids) - self.n_asked
        n_control = min(left, self.n_asked) if self.n_control is None else self.n_control
        if n_control > left:
            raise DataError(
                "nobody is left to be control", got=f"{left:,} customers left",
                expected=f"{n_control:,} or more", hint="Ask fewer.",
            )  # fmt: skip
        group, strata = _by_lot(labels, self.n_asked, n_control, np.random.default_rng(self.seed))
        chosen = group != REST
        answering = max(1.0, self.response_rate * self.n_asked)
        detectable = detectable_share(self.base_rate, self.n_asked, n_control, self.power, self.ci_level)
        return SurveyPlan(
            n_customers=len(ids),
            n_not_approachable=int((~allowed).sum()),
            n_asked=self.n_asked,
            n_control=n_control,
            strata=strata,
            half_width=normal_quantile(self.ci_level) * float(np.sqrt(0.25 / answering)),
            base_rate=self.base_rate,
            detectable=detectable,
            reasons=tuple(self._reasons(n_control, detectable, strata)),
            provenance=tables.provenance(dataclasses.asdict(self), seed=self.seed),
            assignment={
                "customer_id": ids[chosen],
                "stratum": labels[chosen],
                "group": np.where(group[chosen] == ASKED, "asked", "control").astype(object),
            },
        )  # fmt: skip

    def _labels(
        self, customers: Mapping[str, np.ndarray], allowed: np.ndarray, order: np.ndarray
    ) -> np.ndarray:
        if not self.strata:
            return np.full(int(allowed.sum()), "", dtype=object)
        columns = [np.asarray(customers[name])[allowed][order] for name in self.strata]
        rows = zip(*columns, strict=True)
        return np.array([" / ".join("-" if v is None else str(v) for v in row) for row in rows], dtype=object)

    def _reasons(self, n_control: int, detectable: float, strata: tuple[PlanStratum, ...]) -> list[Reason]:
        reasons = [Reason("survey.intention_changes")]
        if n_control:
            values = {
                "n": n_control, "asked": self.n_asked, "power": self.power, "base": self.base_rate,
                "detectable": detectable,
            }  # fmt: skip
            reasons.append(Reason("survey.plan_power", values))
        else:
            reasons.append(Reason("survey.plan_no_control"))
        if small := sum(s.n_customers < MIN_STRATUM for s in strata):
            reasons.append(Reason("survey.plan_small_strata", {"n": small, "least": MIN_STRATUM}))
        return reasons


def _by_lot(
    labels: np.ndarray, n_asked: int, n_control: int, rng: np.random.Generator
) -> tuple[np.ndarray, tuple[PlanStratum, ...]]:
    """Group of every customer; each stratum gets its proportional part of both groups."""
    names, codes = np.unique(labels.astype(str), return_inverse=True)
    sizes = np.bincount(codes, minlength=len(names))
    asked = _apportioned(n_asked, sizes, sizes)
    control = _apportioned(n_control, sizes, sizes - asked)
    group = np.full(len(labels), REST, dtype=np.int8)
    for s in range(len(names)):
        members = rng.permutation(np.flatnonzero(codes == s))
        group[members[: asked[s]]] = ASKED
        group[members[asked[s] : asked[s] + control[s]]] = CONTROL
    strata = zip(names.tolist(), sizes.tolist(), asked.tolist(), control.tolist(), strict=True)
    return group, tuple(PlanStratum(*row) for row in strata)


def _apportioned(n: int, sizes: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Whole parts of `n` in proportion to `sizes`, none above its `room` (largest remainders)."""
    exact = n * sizes / sizes.sum()
    parts = np.minimum(np.floor(exact).astype(np.int64), room)
    while parts.sum() < n:
        want = np.where(parts < room, exact - parts, -np.inf)
        parts[int(np.argmax(want))] += 1
    return parts


def detectable_share(
    base_rate: float, n_asked: int, n_control: int, power: float = 0.8, ci_level: float = 0.95
) -> float:
    """Least share above `base_rate` among the asked at which a difference would be seen; NaN if none would.

    Examples
    --------
    >>> round(detectable_share(0.1, 1000, 1000), 4)
    0.1407
    """
    if n_control == 0:
        return float("nan")

    def short(share: float) -> float:
        return power_of_shares(base_rate, share, n_control, n_asked, ci_level) - power

    top = 1 - 1e-9
    return float(brentq(short, base_rate, top, xtol=1e-9)) if short(top) > 0 else float("nan")
