"""How large an experiment has to be, and how long it takes."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from verbond.effects.planning.kernel import cluster_sd, clusters_for, n_at_any_look, n_once, power_at
from verbond.errors import OptionError
from verbond.numerics.power import power_of_means
from verbond.results import Provenance, Reason, Result

__all__ = ["CurvePoint", "ExperimentPlan", "ExperimentPlanner"]

FEW_CLUSTERS = 10
"""With fewer clusters an arm, chance leaves the arms unlike one another."""
CURVE = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
"""Sizes of the power curve, as parts of the size asked for."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One point of the power curve.

    Attributes
    ----------
    n_per_arm : int
        People in the control arm.
    power : float
        Probability of finding the effect asked for, if it is there.
    """

    n_per_arm: int
    power: float


@dataclass(frozen=True, slots=True)
class ExperimentPlan(Result):
    """The size of an experiment.

    Attributes
    ----------
    n_per_arm : int
        People in the control arm whose outcome is known; in every arm, where arms are equal.
    n_variant : int
        People in each other arm.
    n_total : int
        People in all arms together.
    n_to_invite : int
        People to start with, given the response expected.
    clusters_per_arm, clusters_per_variant : int or None
        Clusters in the control arm and in each other arm, where clusters are assigned.
    design_effect : float
        Times as many people as without clusters.
    duration_days : int or None
        Whole weeks, at the traffic given.
    rel_effect : float or None
        The effect as a share of the baseline, where that is known.
    formula : str
        Code of the sentence that says by which formula: "effects.formula_..." .
    power_curve : tuple of CurvePoint
    headline : Reason
    reasons : tuple of Reason
    provenance : Provenance
    """

    n_per_arm: int
    n_variant: int
    n_total: int
    n_to_invite: int
    clusters_per_arm: int | None
    clusters_per_variant: int | None
    design_effect: float
    duration_days: int | None
    rel_effect: float | None
    formula: str
    power_curve: tuple[CurvePoint, ...]
    headline: Reason
    reasons: tuple[Reason, ...]
    provenance: Provenance

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a point of the power curve."""
        return [dataclasses.asdict(point) for point in self.power_curve]


@dataclass(frozen=True, slots=True)
class ExperimentPlanner:
    """How many people an experiment needs to show an effect that is worth knowing.

    Parameters
    ----------
    effect : float
        The smallest effect worth knowing: a difference of means in the unit of the measure, or of shares.
    sd : float, optional
        Standard deviation of the outcome among people; needed unless the outcome is a share.
    baseline : float, optional
        Outcome without the action. Between 0 and 1 it is a share, to be compared with baseline + effect, and
        `sd` is not used. Otherwise it is a mean, and only says how large the effect is beside it.
    alpha : float
        Probability of finding an effect where there is none, over all comparisons.
    power : float
        Probability of finding the effect if it is there.
    ratio : float
        People in each other arm for each one in the control arm.
    variants : int
        Arms beside the control arm; each is compared with it.
    outcomes : int
        Outcomes on which a verdict is asked.
    cluster_size : float, optional
        People a shop, adviser or region, where those are assigned as a whole.
    icc : float
        Intraclass correlation within clusters.
    cluster_cv : float
        How much clusters differ in size: standard deviation divided by mean.
    covariate_correlation : float
        Of the outcome with what is known of people beforehand; it takes noise away (CUPED).
    any_look : bool
        One wants to be able to look and stop at any moment.
    response_rate : float
        Expected share of people whose outcome becomes known.
    traffic_per_day : float, optional
        People who can enter a day, all arms together.

    Examples
    --------
    >>> ExperimentPlanner(effect=0.5, sd=1.0).plan().n_per_arm
    64
    >>> ExperimentPlanner(effect=0.05, baseline=0.20).plan().n_per_arm
    1094
    """

    effect: float
    sd: float | None = None
    baseline: float | None = None
    alpha: float = 0.05
    power: float = 0.8
    ratio: float = 1.0
    variants: int = 1
    outcomes: int = 1
    cluster_size: float | None = None
    icc: float = 0.0
    cluster_cv: float = 0.0
    covariate_correlation: float = 0.0
    any_look: bool = False
    response_rate: float = 1.0
    traffic_per_day: float | None = None

    def __post_init__(self) -> None:
        for name in ("alpha", "power"):
            self._need(name, 0 < getattr(self, name) < 1, "between 0 and 1")
        self._need("effect", math.isfinite(self.effect) and self.effect != 0, "not 0")
        for name in ("sd", "ratio", "traffic_per_day"):
            value = getattr(self, name)
            self._need(name, value is None or (math.isfinite(value) and value > 0), "more than 0")
        for name in ("variants", "outcomes"):
            self._need(name, getattr(self, name) >= 1, "1 or more")
        self._need("cluster_size", self.cluster_size is None or self.cluster_size >= 1, "1 or more")
        self._need("icc", 0 <= self.icc <= 1, "0 to 1")
        self._need("cluster_cv", self.cluster_cv >= 0, "0 or more")
        self._need("covariate_correlation", -1 < self.covariate_correlation < 1, "between -1 and 1")
        self._need("response_rate", 0 < self.response_rate <= 1, "more than 0, at most 1")
        self._need("power", self.power > self.alpha, f"more than alpha ({self.alpha})")
        self._check_outcome()

    def _need(self, name: str, holds: bool, expected: str) -> None:
        if not holds:
            raise OptionError(f"{name} is out of range", got=repr(getattr(self, name)), expected=expected)

    def _check_outcome(self) -> None:
        if self.sd is None and self.baseline is None:
            raise OptionError(
                "a standard deviation is needed",
                expected="sd of the outcome, or baseline where it is a share",
            )
        if self.is_share:
            assert self.baseline is not None
            other = self.baseline + self.effect
            self._need("effect", 0 <= other <= 1, f"a share: {self.baseline} and the effect within 0 to 1")
        elif self.sd is None:
            raise OptionError(
                "the baseline is no share, so a standard deviation is needed", got=repr(self.baseline)
            )

    @property
    def is_share(self) -> bool:
        """Whether the outcome is a share: a baseline between 0 and 1."""
        return self.baseline is not None and 0 < self.baseline < 1

    def plan(self) -> ExperimentPlan:
        """Work out the size."""
        alpha = self.alpha / (self.variants * self.outcomes)
        sd, baseline = self._noise()
        n, clusters = self._size(alpha, sd, baseline)
        n_control, n_variant = math.ceil(n - 1e-9), math.ceil(self.ratio * n - 1e-9)
        other_clusters = None
        if clusters is not None:
            assert self.cluster_size is not None
            other_clusters = math.ceil(self.ratio * clusters - 1e-9)
            n_control = math.ceil(clusters * self.cluster_size)
            n_variant = math.ceil(other_clusters * self.cluster_size)
        total = n_control + self.variants * n_variant
        invited = math.ceil(total / self.response_rate - 1e-9)
        days = None if self.traffic_per_day is None else 7 * math.ceil(invited / self.traffic_per_day / 7)
        return ExperimentPlan(
            n_per_arm=n_control,
            n_variant=n_variant,
            n_total=total,
            n_to_invite=invited,
            clusters_per_arm=clusters,
            clusters_per_variant=other_clusters,
            design_effect=self._design_effect(),
            duration_days=days,
            rel_effect=None if not self.baseline else self.effect / self.baseline,
            formula=f"effects.formula_{self._formula()}",
            power_curve=self._curve(alpha, sd, baseline, n_control),
            headline=self._headline(n_control, n_variant, clusters, other_clusters),
            reasons=tuple(self._reasons(alpha, clusters, days, invited, total)),
            provenance=Provenance(options=dataclasses.asdict(self)),
        )

    def _noise(self) -> tuple[float | None, float | None]:
        """Standard deviation left, and the baseline where shares are compared as shares."""
        kept = math.sqrt(1 - self.covariate_correlation**2)
        if not self.is_share:
            assert self.sd is not None
            return self.sd * kept, None
        if self.cluster_size is None and not self.covariate_correlation:
            return None, self.baseline
        assert self.baseline is not None
        other = self.baseline + self.effect
        between = (self.baseline * (1 - self.baseline) + other * (1 - other)) / 2
        return kept * math.sqrt(between), None

    def _size(self, alpha: float, sd: float | None, baseline: float | None) -> tuple[float, int | None]:
        find = n_at_any_look if self.any_look else n_once
        if self.cluster_size is None:
            return find(self.effect, sd, baseline, alpha, self.power, self.ratio), None
        assert sd is not None
        of_means = cluster_sd(sd, self.icc, self.cluster_size, self.cluster_cv)
        if self.any_look:
            clusters = find(self.effect, of_means, None, alpha, self.power, self.ratio)
        else:
            clusters = clusters_for(self.effect, of_means, alpha, self.power, self.ratio)
        return clusters * self.cluster_size, math.ceil(clusters - 1e-9)

    def _design_effect(self) -> float:
        if self.cluster_size is None:
            return 1.0
        return cluster_sd(1.0, self.icc, self.cluster_size, self.cluster_cv) ** 2 * self.cluster_size

    def _formula(self) -> str:
        if self.any_look:
            return "any_look"
        if self.cluster_size is not None:
            return "clusters"
        return "shares" if self.is_share and not self.covariate_correlation else "means"

    def _curve(
        self, alpha: float, sd: float | None, baseline: float | None, n: int
    ) -> tuple[CurvePoint, ...]:
        least = 2 * (self.cluster_size or 1) * max(1.0, 1 / self.ratio)
        sizes = sorted({math.ceil(max(least, part * n)) for part in CURVE})
        return tuple(CurvePoint(size, self._power(size, alpha, sd, baseline)) for size in sizes)

    def _power(self, n: float, alpha: float, sd: float | None, baseline: float | None) -> float:
        if self.cluster_size is None:
            return power_at(n, self.effect, sd, baseline, alpha, self.ratio, self.any_look)
        assert sd is not None
        of_means = cluster_sd(sd, self.icc, self.cluster_size, self.cluster_cv)
        k = n / self.cluster_size
        if self.any_look:
            return power_at(k, self.effect, of_means, None, alpha, self.ratio, True)
        return power_of_means(self.effect, of_means, k, self.ratio * k, alpha)

    def _headline(self, n: int, n_variant: int, clusters: int | None, other: int | None) -> Reason:
        values: dict[str, Any] = {"n": n, "power": self.power}
        if clusters is not None:
            return Reason(
                "effects.plan_clusters",
                {**values, "clusters": clusters, "other": other, "people": n_variant},
            )
        code = "effects.plan_equal" if n == n_variant else "effects.plan_unequal"
        return Reason(code, values if n == n_variant else {**values, "other": n_variant})

    def _reasons(
        self, alpha: float, clusters: int | None, days: int | None, invited: int, total: int
    ) -> list[Reason]:
        reasons = [Reason(f"effects.formula_{self._formula()}")]
        if self.is_share and self.sd is not None:
            reasons.append(Reason("effects.plan_sd_unused", {"baseline": self.baseline}))
        if alpha < self.alpha:
            count = self.variants * self.outcomes
            reasons.append(Reason("effects.plan_comparisons", {"n": count, "alpha": self.alpha}))
        if self.any_look:
            plain = dataclasses.replace(self, any_look=False).plan().n_total
            reasons.append(Reason("effects.plan_any_look", {"times": total / plain}))
        if clusters is not None:
            reasons.append(Reason("effects.plan_design_effect", {"times": self._design_effect()}))
            if clusters < FEW_CLUSTERS:
                reasons.append(Reason("effects.plan_few_clusters", {"n": clusters, "least": FEW_CLUSTERS}))
        if self.covariate_correlation:
            saved = self.covariate_correlation**2
            reasons.append(Reason("effects.plan_covariate", {"share": saved}))
        if invited > total:
            reasons.append(
                Reason("effects.plan_response", {"n": invited, "share": self.response_rate, "known": total})
            )
        if days is not None:
            reasons.append(Reason("effects.plan_duration", {"n": days // 7}))
        return reasons
