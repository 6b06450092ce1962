"""Whether a scale measures the same in several groups: configural, metric and scalar invariance.

Rules of thumb, after simulations: an equality is too much where CFI falls by more than .010 (Cheung &
Rensvold 2002) or RMSEA rises by more than .015 (Chen 2007). The chi-square difference is given beside them;
with many respondents it sees differences that matter to nobody.

References
----------
Chen, F. F. (2007). Sensitivity of goodness of fit indexes to lack of measurement invariance. Structural
Equation Modeling, 14, 464-504. Cheung, G. W. & Rensvold, R. B. (2002). Evaluating goodness-of-fit indexes
for testing measurement invariance. Structural Equation Modeling, 9, 233-255. Satorra, A. & Bentler, P. M.
(2001). A scaled difference chi-square test statistic for moment structure analysis. Psychometrika, 66,
507-514.
"""

from __future__ import annotations

from collections.abc import Sequence

from verbond.results import Reason
from verbond.survey.factor_fit import Measures, Sample, Solution, measures, release, solve
from verbond.survey.factor_results import Invariance, Modification
from verbond.survey.fit_measures import chisq_pvalue
from verbond.survey.ordinal import OrderedSample, release_ordered, solve_ordered
from verbond.survey.specification import Specification
from verbond.survey.syntax import Term

__all__ = ["LEVELS", "MOST_CFI_LOSS", "MOST_RMSEA_GAIN", "compare_groups", "small_groups", "verdict"]

LEVELS: dict[str, tuple[str, ...]] = {
    "configural": (), "metric": ("loadings",), "scalar": ("loadings", "intercepts"),
}  # fmt: skip
ORDERED_LEVELS: dict[str, tuple[str, ...]] = {"configural": (), "scalar": ("loadings", "thresholds")}
MOST_CFI_LOSS, MOST_RMSEA_GAIN = 0.010, 0.015
LEAST_CFI = 0.90
FEW = 100


def compare_groups(
    text: str,
    sample: Sample,
    *,
    std_lv: bool = False,
    partial: Sequence[str] = (),
    estimator: str = "ML",
    observed: bool = False,
) -> tuple[Invariance, ...]:
    """Fit the chain and set every step against the one before; `partial` stays free all along.

    Of ordered items, loadings and thresholds are set equal together: equal loadings alone cannot be told from
    other scales of the responses (Wu & Estabrook 2016).
    """
    steps: list[Invariance] = []
    before: tuple[Solution, Measures] | None = None
    ordered = isinstance(sample, OrderedSample)
    for level, equal in (ORDERED_LEVELS if ordered else LEVELS).items():
        means, n_groups = not ordered or "thresholds" in equal, len(sample.labels)
        spec = Specification.of(text, std_lv, means=means, n_groups=n_groups, equal=equal, partial=partial)
        if ordered:
            solution = solve_ordered(spec, sample)
        else:
            solution = solve(spec, sample, estimator=estimator, observed=observed)
        fit = measures(solution, sample)
        strains = _strains(solution, sample, equal[0] if ordered else equal[-1]) if equal else ()
        steps.append(_step(level, solution, fit, before, strains))
        before = solution, fit
    return tuple(steps)


def _step(
    level: str,
    solution: Solution,
    fit: Measures,
    before: tuple[Solution, Measures] | None,
    strains: tuple[Modification, ...],
) -> Invariance:
    scaled = fit.cfi_scaled is not None
    chisq, pvalue = (fit.chisq_scaled, fit.pvalue_scaled) if scaled else (fit.chisq, fit.pvalue)
    close, error = (fit.cfi_scaled, fit.rmsea_scaled) if scaled else (fit.cfi, fit.rmsea)
    known = (level, chisq, fit.df, pvalue, close, error, fit.srmr)
    if before is None:
        holds = bool(solution.converged and close >= LEAST_CFI)
        return Invariance(*known, None, None, None, None, None, holds, strains)
    last, last_fit = before
    loss = close - (last_fit.cfi_scaled if scaled else last_fit.cfi)
    gain = error - (last_fit.rmsea_scaled if scaled else last_fit.rmsea)
    df = fit.df - last_fit.df
    difference = chisq_difference(solution, last)
    pvalue = chisq_pvalue(difference, df) if difference is not None and df > 0 else None
    holds = bool(solution.converged and loss >= -MOST_CFI_LOSS and gain <= MOST_RMSEA_GAIN)
    return Invariance(*known, difference, df, pvalue, loss, gain, holds, strains)


def chisq_difference(strict: Solution, loose: Solution) -> float | None:
    """Difference of nested models, scaled after Satorra and Bentler (2001); None where that fails."""
    if strict.ordered:  # differences of scaled and shifted statistics have no such distribution
        return None
    plain = max(strict.chisq - loose.chisq, 0.0)
    if strict.scaling is None or loose.scaling is None:
        return plain
    df = strict.df - loose.df
    scaling = (strict.df * strict.scaling - loose.df * loose.scaling) / df if df else 0.0
    return plain / scaling if scaling > 0 else None


def _strains(solution: Solution, sample: Sample, kind: str, most: int = 5) -> tuple[Modification, ...]:
    """The equalities of one kind that the data resist most: score tests of their departure in one group."""
    spec = solution.spec
    first = 1 if len(sample.labels) == 2 else 0
    extra = [
        (g, term)
        for term in spec.terms
        if spec.kind(term) == kind and term.fixed is None and not term.each and term.place not in spec.partial
        for g in range(first, len(sample.labels))
    ]
    if solution.ordered:
        extra += [
            (g, Term(item, "|", f"t{k + 1}"))
            for g in range(first, len(sample.labels))
            for where, item, values, _ in solution.thresholds
            if where == g
            for k in range(len(values))
        ]
    tests = (release_ordered if solution.ordered else release)(solution, sample, extra)
    found = [
        Modification(term.lhs, term.op, term.rhs, drop, change, sample.labels[g])
        for (g, term), (drop, change) in zip(extra, tests, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: -one.chisq_drop)[:most])


def small_groups(sample: Sample) -> tuple[Reason, ...]:
    """That a chain sees little in a small group."""
    sizes = [int(one.n_obs) for one in sample.patterns]
    if not sample.labels or min(sizes) >= FEW:
        return ()
    values = {"group": sample.labels[sizes.index(min(sizes))], "n": min(sizes), "least": FEW}
    return (Reason("survey.few_in_group", values),)


def verdict(steps: Sequence[Invariance], labels: Sequence[str]) -> Reason:
    """On what the groups may be compared, as one sentence.

    The item that resists most is named where a step fails.
    """
    holds = {step.level: step.holds for step in steps}
    values = {"groups": list(labels), "n": len(labels)}
    by_level = {step.level: step for step in steps}
    if not holds["configural"]:
        fit = {"cfi": by_level["configural"].cfi, "rmsea": by_level["configural"].rmsea}
        return Reason("survey.compare_nothing", values | fit)
    if not holds.get("metric", True):
        return Reason("survey.compare_pattern", values | {"item": _worst(by_level["metric"])})
    if not holds["scalar"] and "metric" not in holds:
        return Reason("survey.compare_answers", values | {"item": _worst(by_level["scalar"])})
    if not holds["scalar"]:
        return Reason("survey.compare_relations", values | {"item": _worst(by_level["scalar"])})
    return Reason("survey.compare_means", values)


def _worst(step: Invariance) -> str:
    if not step.strains:
        return ""
    worst = step.strains[0]
    return worst.rhs if worst.op == "=~" else worst.lhs
