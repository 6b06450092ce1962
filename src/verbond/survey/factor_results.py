"""What a factor or structural model gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from verbond.results import Provenance, Reason, Result

__all__ = ["Effect", "FactorEstimate", "FactorResult", "Invariance", "Modification"]


@dataclass(frozen=True, slots=True)
class FactorEstimate:
    """One parameter.

    Attributes
    ----------
    lhs, op, rhs : str
        "=~" measured by, "~" regressed on, "~~" covaries with (or variance), "~1" mean or intercept, "|"
        threshold (rhs "t1", ...), "~*~" scale of the response behind an ordered item, ":=" defined by an
        expression.
    estimate : float
    se : float or None
        None where the parameter is fixed.
    ci_lower, ci_upper, pvalue : float or None
    standardized : float or None
        With every variable at variance 1; None where a variance is negative.
    standardized_se : float or None
        By the delta method.
    label : str or None
    free : bool
    group : str or None
        None where there is one group.
    """

    lhs: str
    op: str
    rhs: str
    estimate: float
    se: float | None
    ci_lower: float | None
    ci_upper: float | None
    pvalue: float | None
    standardized: float | None
    label: str | None
    free: bool
    standardized_se: float | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """What one variable does to another along the paths of the model, when the model is true.

    Attributes
    ----------
    source, target : str
    direct, indirect, total : float
        One unit of the source; indirect through whatever stands between.
    direct_se, indirect_se, total_se : float or None
        None where there is no such path.
    indirect_ci_lower, indirect_ci_upper, total_ci_lower, total_ci_upper : float or None
        By the delta method, or percentiles of the bootstrap.
    total_standardized : float or None
    group : str or None
    """

    source: str
    target: str
    direct: float
    direct_se: float | None
    indirect: float
    indirect_se: float | None
    indirect_ci_lower: float | None
    indirect_ci_upper: float | None
    total: float
    total_se: float | None
    total_ci_lower: float | None
    total_ci_upper: float | None
    total_standardized: float | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Modification:
    """What freeing one parameter would bring: chi-square less (about), and its value then."""

    lhs: str
    op: str
    rhs: str
    chisq_drop: float
    expected_value: float
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Invariance:
    """One step of the chain that says on what groups may be compared.

    Attributes
    ----------
    level : str
        "configural" (the same pattern), "metric" (equal loadings), "scalar" (equal intercepts too;
        of ordered items equal loadings and thresholds at once).
    chisq, df, pvalue, cfi, rmsea, srmr : float
        Of the model with these equalities.
    chisq_difference, df_difference, pvalue_difference : float or None
        Against the step before; Satorra and Bentler's (2001) where the estimator is robust.
    cfi_change, rmsea_change : float or None
        Against the step before.
    holds : bool
        Whether CFI fell by no more than .010 and RMSEA rose by no more than .015 (Cheung & Rensvold 2002;
        Chen 2007); of the configural step: whether the model fits at all (CFI .90). False where the fit did
        not settle.
    strains : tuple of Modification
        The equalities of this step that the data resist most.
    """

    level: str
    chisq: float
    df: int
    pvalue: float
    cfi: float
    rmsea: float
    srmr: float
    chisq_difference: float | None
    df_difference: int | None
    pvalue_difference: float | None
    cfi_change: float | None
    rmsea_change: float | None
    holds: bool
    strains: tuple[Modification, ...] = ()


@dataclass(frozen=True, slots=True)
class FactorResult(Result):
    """A fitted factor or structural model.

    Attributes
    ----------
    chisq, df, pvalue : float, int, float
        Against the saturated model: the likelihood ratio, or the weighted residuals of WLSMV.
    cfi, tli : float
        Against independent items; between exogenous observed variables covariances stay.
    rmsea, rmsea_ci_lower, rmsea_ci_upper : float
        With its 90% interval.
    srmr : float
    loglik, aic, bic : float or None
        None for WLSMV, which has no likelihood.
    baseline_chisq, baseline_df : float, int
    n_obs, n_parameters : int
    estimates : tuple of FactorEstimate
    r_squared : mapping of str to float
        With several groups the names are "group: variable".
    modifications : tuple of Modification
        The ten largest, among loadings and residual covariances that the model leaves out.
    converged : bool
    n_iterations : int
    estimator, missing : str
    groups : mapping of str to int
        Respondents of each group; empty where there is one.
    effects : tuple of Effect
        Direct, indirect and total effects along the regressions.
    chisq_scaled, pvalue_scaled, scaling_factor, shift : float or None
        Of the robust statistic: chisq / scaling_factor + shift.
    cfi_scaled, tli_scaled, rmsea_scaled, rmsea_scaled_ci_lower, rmsea_scaled_ci_upper : float or None
    cfi_robust, tli_robust, rmsea_robust : float or None
        Estimates of what these would be without sampling (complete answers; Brosseau-Liard & Savalei 2014).
    invariance : tuple of Invariance
        The chain, where the fit was asked for several groups without equalities of one's own.
    verdict : Reason or None
        On what the groups may be compared.
    reasons : tuple of Reason
    provenance : Provenance
    """

    chisq: float
    df: int
    pvalue: float
    cfi: float
    tli: float
    rmsea: float
    rmsea_ci_lower: float
    rmsea_ci_upper: float
    srmr: float
    loglik: float | None
    aic: float | None
    bic: float | None
    baseline_chisq: float
    baseline_df: int
    n_obs: int
    n_parameters: int
    estimates: tuple[FactorEstimate, ...]
    r_squared: Mapping[str, float]
    modifications: tuple[Modification, ...]
    converged: bool
    n_iterations: int
    estimator: str = "ML"
    missing: str = "listwise"
    groups: Mapping[str, int] = field(default_factory=dict)
    effects: tuple[Effect, ...] = ()
    chisq_scaled: float | None = None
    pvalue_scaled: float | None = None
    scaling_factor: float | None = None
    shift: float | None = None
    cfi_scaled: float | None = None
    tli_scaled: float | None = None
    rmsea_scaled: float | None = None
    rmsea_scaled_ci_lower: float | None = None
    rmsea_scaled_ci_upper: float | None = None
    cfi_robust: float | None = None
    tli_robust: float | None = None
    rmsea_robust: float | None = None
    invariance: tuple[Invariance, ...] = ()
    verdict: Reason | None = None
    reasons: tuple[Reason, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)

    @property
    def sentences(self) -> tuple[Reason, ...]:
        """The fit, the steps of the chain and the verdict, to read."""
        names = ("chisq", "df", "cfi", "tli", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "srmr", "n_obs")
        values = {name: getattr(self, name) for name in names}
        found = [Reason("survey.fit", values)]
        if self.chisq_scaled is not None:
            names = ("chisq_scaled", "cfi_scaled", "rmsea_scaled", "scaling_factor")
            found.append(Reason("survey.fit_scaled", {name: getattr(self, name) for name in names}))
        for step in self.invariance:
            names = ("chisq", "df", "cfi", "rmsea")
            level = "thresholds" if self.estimator == "WLSMV" and step.level == "scalar" else step.level
            found.append(Reason(f"survey.fit_{level}", {name: getattr(step, name) for name in names}))
        return (*found, self.verdict) if self.verdict is not None else tuple(found)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a parameter."""
        names = ("lhs", "op", "rhs", "estimate", "se", "pvalue", "standardized")
        names = ("group", *names) if self.groups else names
        return [{name: getattr(row, name) for name in names} for row in self.estimates]
