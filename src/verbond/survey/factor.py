"""Factor and structural models in lavaan's syntax."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy.stats import norm

from verbond.errors import DataError, OptionError
from verbond.results import ProgressFunction, Provenance, Reason, silent
from verbond.survey.derived import Derived, bootstrap_of, derived_of
from verbond.survey.factor_fit import (
    Sample,
    Solution,
    check_covariances,
    measures,
    no_item,
    release,
    sample_of,
    solve,
)
from verbond.survey.factor_results import Effect, FactorEstimate, FactorResult, Invariance, Modification
from verbond.survey.invariance import compare_groups, small_groups, verdict
from verbond.survey.likelihood import Patterns
from verbond.survey.ordinal import ordered_sample, release_ordered, solve_ordered
from verbond.survey.reticular import SPREAD
from verbond.survey.specification import EQUAL, Specification
from verbond.survey.syntax import Term

__all__ = ["Effect", "FactorEstimate", "FactorModel", "FactorResult", "Invariance", "Modification"]

Estimator = Literal["ML", "MLR", "MLM", "WLSMV"]
Missing = Literal["listwise", "fiml"]


@dataclass(frozen=True, slots=True)
class FactorModel:
    """A factor or structural model.

    What the text leaves open is filled in as lavaan's `cfa` and `sem` do it: the first loading of each factor
    is 1, variances are free, factors that nothing leads to covary, and so do variables that lead nowhere.
    Covariances of observed variables that nothing leads to are parameters like others (`fixed.x = FALSE`).

    Parameters
    ----------
    model : str
        In lavaan's syntax.
    std_lv : bool
        Factors with variance 1 and all loadings free, instead.
    ci_level : float
        Of the parameters' intervals.
    estimator : {"ML", "MLR", "MLM", "WLSMV"}
        Maximum likelihood; with errors and statistic that hold without normality (MLR: sandwich,
        Yuan-Bentler; MLM: Satorra-Bentler, complete answers); WLSMV for ordered items: thresholds, polychoric
        correlations, diagonally weighted least squares, scaled-shifted statistic.
    missing : {"listwise", "fiml"}
        Leave out whoever misses an answer, or use what they did answer (full information maximum likelihood;
        right when what is missing depends on answers that were given).
    equal : sequence of str
        Kinds of parameters that are equal in all groups: "loadings", "intercepts" (of ordered items
        "thresholds"), "residuals",
        "regressions", "means", "lv.variances", "lv.covariances".
    partial : sequence of str
        Parameters of these kinds that stay free in every group all the same, such as "q3 ~ 1": partial
        invariance.
    n_bootstrap : int
        Samples of respondents for errors and intervals, in place of the delta method.
    seed : int
        Of the bootstrap.

    Examples
    --------
    >>> cov = np.array([[1, .48, .42], [.48, 1, .56], [.42, .56, 1.0]])
    >>> result = FactorModel("f =~ x1 + x2 + x3").fit_covariance(["x1", "x2", "x3"], cov, n_obs=200)
    >>> [round(e.standardized, 4) for e in result.estimates[:3]]
    [0.6, 0.8, 0.7]
    """

    model: str
    std_lv: bool = False
    ci_level: float = 0.95
    estimator: Estimator = "ML"
    missing: Missing = "listwise"
    equal: Sequence[str] = ()
    partial: Sequence[str] = ()
    n_bootstrap: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value, allowed in (
            ("estimator", self.estimator, get_args(Estimator)), ("missing", self.missing, get_args(Missing)),
        ):  # fmt: skip
            if value not in allowed:
                raise OptionError(
                    f"unknown {name}", got=repr(value), expected=" or ".join(map(repr, allowed))
                )
        for kind in self.equal:
            if kind not in EQUAL:
                raise OptionError("unknown kind of parameter", got=repr(kind), expected=", ".join(EQUAL))
        if self.missing == "fiml" and self.estimator in ("MLM", "WLSMV"):
            raise OptionError(
                f"{self.estimator} needs complete answers", got="missing 'fiml'", expected="'listwise'",
                hint="With missing answers, MLR gives robust errors.",
            )  # fmt: skip
        if self.n_bootstrap and self.estimator == "WLSMV":
            raise OptionError("no bootstrap with WLSMV", hint="Its errors are robust already.")
        self._specification()

    @property
    def items(self) -> tuple[str, ...]:
        """Items that the model asks for."""
        return self._specification().observed

    def fit(
        self,
        columns: Mapping[str, np.ndarray],
        groups: Sequence[object] | None = None,
        progress: ProgressFunction = silent,
    ) -> FactorResult:
        """Fit from answers.

        Parameters
        ----------
        columns : mapping of str to (n,) float array
            NaN where there is no answer.
        groups : (n,) sequence, optional
            The group of each respondent: a language, a segment, a wave (of different people). Without `equal`
            the figures are those of the configural model, and the chain of invariance comes with them.
        progress : callable
            Told of the bootstrap.

        Raises
        ------
        NotFoundError
            If an item of the model is not among the columns.
        DataError
            If answers are too few, do not vary, or do not identify the model.
        """
        if groups is None and (self.equal or self.partial):
            raise OptionError("equal parameters ask for groups")
        if self.estimator == "WLSMV":
            return self._result(ordered_sample(columns, self.items, groups), progress)
        return self._result(sample_of(columns, self.items, groups, missing=self.missing), progress)

    def fit_covariance(
        self, names: Sequence[str], cov: np.ndarray, n_obs: int, mean: np.ndarray | None = None
    ) -> FactorResult:
        """Fit from covariances (divisor n - 1), and means where the model has them.

        Raises
        ------
        NotFoundError
            If an item of the model is not among `names`.
        DataError
            If the covariances are not positive definite, or do not identify the model.
        """
        if self.estimator != "ML" or self.n_bootstrap:
            raise OptionError("a covariance matrix allows ML only: the rest needs the answers")
        place = {name: j for j, name in enumerate(names)}
        for item in self.items:
            if item not in place:
                raise no_item(item, list(names))
        rows = [place[item] for item in self.items]
        part = np.asarray(cov, dtype=np.float64)[np.ix_(rows, rows)] * (n_obs - 1) / n_obs
        check_covariances(part, self.items)
        if self._specification().has_means and mean is None:
            raise DataError("the model has intercepts, and the covariances come without means")
        centre = np.zeros(len(rows)) if mean is None else np.asarray(mean, dtype=np.float64)[rows]
        seen = np.ones((1, len(rows)), dtype=bool)
        one = Patterns(np.array([float(n_obs)]), seen, centre[None], part[None], np.zeros(0, dtype=np.int64))
        return self._result(Sample((), (one,), (), ((part, centre),)), silent)

    def _specification(self, n_groups: int = 1) -> Specification:
        grouped = n_groups > 1 or bool(self.partial)
        means = self.missing == "fiml" or grouped
        if self.estimator == "WLSMV":
            means = "thresholds" in self.equal and n_groups > 1
        return Specification.of(
            self.model, self.std_lv, means=means, n_groups=n_groups, equal=self.equal, partial=self.partial
        )

    def _result(self, sample: Sample, progress: ProgressFunction) -> FactorResult:
        spec = self._specification(max(len(sample.labels), 1))
        if not sample.labels and any(term.each for term in spec.terms):
            raise OptionError("c(...) in the model gives modifiers to groups, and there are none")
        observed = self.missing == "fiml"
        if self.estimator == "WLSMV":
            solution = solve_ordered(spec, sample)
        else:
            solution = solve(spec, sample, estimator=self.estimator, observed=observed)
        fit = measures(solution, sample)
        derived = derived_of(solution)
        if self.n_bootstrap:
            derived = bootstrap_of(
                solution, sample, derived, n=self.n_bootstrap, seed=self.seed, level=self.ci_level,
                progress=progress,
            )  # fmt: skip
        n, t = sample.n_obs, len(solution.theta)
        undrawn = self.n_bootstrap - derived.n_draws
        loglik = sample.loglik(solution.at.value) if solution.at is not None else None
        estimates = tuple(self._estimates(solution, derived, sample.labels))
        steps = self._steps(spec, sample)
        return FactorResult(
            **{f.name: getattr(fit, f.name) for f in dataclasses.fields(fit)},
            loglik=loglik, aic=None if loglik is None else -2 * loglik + 2 * t,
            bic=None if loglik is None else -2 * loglik + t * float(np.log(n)),
            baseline_chisq=solution.base_chisq, baseline_df=solution.base_df, n_obs=n, n_parameters=t,
            estimates=estimates, r_squared=_r_squared(solution, sample.labels),
            modifications=_modifications(solution, sample),
            converged=solution.converged, n_iterations=solution.n_iterations, estimator=self.estimator,
            missing=self.missing,
            groups={g: int(one.n_obs) for g, one in zip(sample.labels, sample.patterns, strict=False)},
            effects=tuple(_effects(solution, derived, sample.labels, self.ci_level)),
            invariance=steps, verdict=verdict(steps, sample.labels) if steps else None,
            reasons=(
                *sample.reasons, *(small_groups(sample) if steps else ()), *_doubts(solution, estimates),
                *([Reason("survey.bootstrap_left_out", {"n": undrawn})] if undrawn else []),
            ),
            provenance=Provenance(
                options=dataclasses.asdict(self), seed=self.seed if self.n_bootstrap else None
            ),
        )  # fmt: skip

    def _steps(self, spec: Specification, sample: Sample) -> tuple[Invariance, ...]:
        """The chain of invariance, where groups are given and no equalities are asked for."""
        if not sample.labels or self.equal or not spec.latent:
            return ()
        return compare_groups(
            self.model, sample, std_lv=self.std_lv, partial=self.partial, estimator=self.estimator,
            observed=self.missing == "fiml",
        )  # fmt: skip

    def _estimates(
        self, solution: Solution, derived: Derived, labels: Sequence[str]
    ) -> Iterator[FactorEstimate]:
        errors = derived.parameter_se if derived.parameter_se is not None else _roots(solution.vcov)
        z = float(norm.ppf(0.5 + self.ci_level / 2))
        yield from self._parameters(solution, derived, errors, z, labels)
        yield from _ordered_estimates(solution, errors, z, labels)
        for k, one in enumerate(solution.spec.defined):
            value, se = float(derived.defined[k]), _known(derived.defined_se[k])
            yield FactorEstimate(
                one.name, ":=", one.expression, value, se, *_bounds(value, se, z, derived.defined_bounds(k)),
                _known(derived.defined_standardized[k]), None, False,
            )  # fmt: skip

    def _parameters(
        self, solution: Solution, derived: Derived, errors: np.ndarray, z: float, labels: Sequence[str]
    ) -> Iterator[FactorEstimate]:
        items = set(solution.spec.observed)
        for g, own in enumerate(solution.cells):
            value, label = own.filled(solution.theta), labels[g] if labels else None
            for c, term in enumerate(solution.spec.terms):
                k = int(own.index[c])
                se = float(errors[k]) if k >= 0 else None
                bounds = derived.parameter_bounds(k) if k >= 0 else None
                estimate = float(value[c])
                if solution.ordered and term.op == "~~" and term.lhs == term.rhs and term.lhs in items:
                    j = int(own.row[c])
                    spread = solution.scales(g, solution.theta)[j] ** -2.0
                    estimate = float(spread - solution.implied[g].sigma[j, j])
                if solution.ordered and term.op == "~1" and term.lhs in items:
                    continue
                yield FactorEstimate(
                    term.lhs, term.op, term.rhs, estimate, se, *_bounds(estimate, se, z, bounds),
                    _known(derived.standardized[g, c]), term.at(g).label, k >= 0,
                    _known(derived.standardized_se[g, c]) if k >= 0 or not term.line else None, label,
                )  # fmt: skip


def _ordered_estimates(
    solution: Solution, errors: np.ndarray, z: float, labels: Sequence[str]
) -> Iterator[FactorEstimate]:
    """Thresholds, and scales where they are free."""
    for g, item, values, each in solution.thresholds:
        label = labels[g] if labels else None
        scale = solution.scales(g, solution.theta)[solution.spec.observed.index(item)]
        for k, (value, se) in enumerate(zip(values.tolist(), each.tolist(), strict=True), start=1):
            bounds = _bounds(value, se, z, None)
            std = float(value * scale)
            yield FactorEstimate(item, "|", f"t{k}", value, se, *bounds, std, None, True, None, label)
    for g, index in enumerate(solution.scale_index):
        for item, k in zip(solution.spec.observed, index.tolist(), strict=True):
            if k >= 0:
                value, se = float(solution.theta[k]), float(errors[k])
                bounds = _bounds(value, se, z, None)
                yield FactorEstimate(item, "~*~", item, value, se, *bounds, 1.0, None, True, None, labels[g])


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _roots(vcov: np.ndarray) -> np.ndarray:
    return np.sqrt(np.maximum(np.diag(vcov), 0.0))


def _bounds(
    value: float, se: float | None, z: float, drawn: tuple[float, float] | None
) -> tuple[float | None, float | None, float | None]:
    if not se:
        return None, None, None
    low, high = drawn if drawn is not None else (value - z * se, value + z * se)
    return low, high, 2 * float(norm.sf(abs(value) / se))


def _effects(
    solution: Solution, derived: Derived, labels: Sequence[str], ci_level: float
) -> Iterator[Effect]:
    z = float(norm.ppf(0.5 + ci_level / 2))
    for k, (g, source, target, direct, through) in enumerate(derived.paths):
        values, errors = derived.effects[k], derived.effects_se[k]
        indirect = _bounds(values[1], errors[1] if through else None, z, derived.effect_bounds(k, 1))
        total = _bounds(values[2], errors[2], z, derived.effect_bounds(k, 2))
        yield Effect(
            source, target, float(values[0]), float(errors[0]) if direct else None, float(values[1]),
            float(errors[1]) if through else None, *indirect[:2], float(values[2]), float(errors[2]),
            *total[:2], _known(values[3]), labels[g] if labels else None,
        )  # fmt: skip


def _r_squared(solution: Solution, labels: Sequence[str]) -> dict[str, float]:
    found = {}
    for g, (own, at) in enumerate(zip(solution.cells, solution.implied, strict=True)):
        value, variance = own.filled(solution.theta), np.diag(at.cov_all)
        diagonal = (own.matrix == SPREAD) & (own.row == own.column)
        rest = dict(zip(own.row[diagonal].tolist(), value[diagonal].tolist(), strict=True))
        led_to = {own.row[c] for c, term in enumerate(solution.spec.terms) if term.op in ("=~", "~")}
        for j, name in enumerate(solution.spec.names):
            if j in led_to:
                name = f"{labels[g]}: {name}" if labels else name
                found[name] = float(1 - rest.get(j, 0.0) / variance[j])
                if solution.ordered and j < own.n_observed:  # of the response behind the item
                    found[name] = float(variance[j] * solution.scales(g, solution.theta)[j] ** 2)
    return found


def _modifications(solution: Solution, sample: Sample, most: int = 10) -> tuple[Modification, ...]:
    """Score tests of loadings and residual covariances that are fixed at zero."""
    spec = solution.spec
    items = list(dict.fromkeys(t.rhs for t in spec.terms if t.op == "=~" and t.rhs in spec.observed))
    said = {(t.lhs, t.rhs) for t in spec.terms if t.op == "=~"}
    covary = {frozenset((t.lhs, t.rhs)) for t in spec.terms if t.op == "~~"}
    new = [Term(f, "=~", i) for f in spec.latent for i in items if (f, i) not in said]
    new += [
        Term(a, "~~", b)
        for k, a in enumerate(items)
        for b in items[k + 1 :]
        if frozenset((a, b)) not in covary
    ]
    extra = [(g, term) for g in range(len(solution.cells)) for term in new]
    tests = (release_ordered if solution.ordered else release)(solution, sample, extra)
    found = [
        Modification(term.lhs, term.op, term.rhs, drop, change, sample.labels[g] if sample.labels else None)
        for (g, term), (drop, change) in zip(extra, tests, strict=True)
        if drop > 0
    ]
    return tuple(sorted(found, key=lambda one: -one.chisq_drop)[:most])


def _doubts(solution: Solution, estimates: Sequence[FactorEstimate]) -> Iterator[Reason]:
    if not solution.converged:
        yield Reason("survey.not_converged")
    negative = list(
        dict.fromkeys(e.lhs for e in estimates if e.op == "~~" and e.lhs == e.rhs and e.estimate < 0)
    )
    if negative:
        yield Reason("survey.negative_variance", {"names": negative, "n": len(negative)})
    p = len(solution.spec.observed)
    factors = [one.cov_all[p:, p:] for one in solution.implied]
    if solution.spec.latent and min(np.linalg.eigvalsh(cov)[0] for cov in factors) < 0:
        yield Reason("survey.factors_not_distinct")
