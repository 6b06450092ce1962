"""Factor and structural models in lavaan's syntax, by maximum likelihood."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.stats import chi2, ncx2, norm

from verbond.errors import DataError, NotFoundError, OptionError
from verbond.results import Provenance, Reason, Result
from verbond.survey.factor_kernel import (
    Cells,
    Fitted,
    all_covariances,
    discrepancy,
    fit_ml,
    implied_covariance,
)
from verbond.survey.syntax import Term, parse_model

__all__ = ["FactorEstimate", "FactorModel", "FactorResult", "Modification"]


@dataclass(frozen=True, slots=True)
class FactorEstimate:
    """One parameter.

    Attributes
    ----------
    lhs, op, rhs : str
        "=~" measured by, "~" regressed on, "~~" covaries with (or variance).
    estimate : float
    se : float or None
        From the expected information; None where the parameter is fixed.
    ci_lower, ci_upper, pvalue : float or None
    standardized : float or None
        With every variable at variance 1; None where a variance is negative.
    label : str or None
    free : bool
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


@dataclass(frozen=True, slots=True)
class Modification:
    """What freeing one parameter would bring: chi-square less (about), and its value then."""

    lhs: str
    op: str
    rhs: str
    chisq_drop: float
    expected_value: float


@dataclass(frozen=True, slots=True)
class FactorResult(Result):
    """A fitted factor or structural model.

    Attributes
    ----------
    chisq, df, pvalue : float, int, float
        Likelihood ratio against the saturated model.
    cfi, tli : float
        Against independent items; between exogenous observed variables covariances stay.
    rmsea, rmsea_ci_lower, rmsea_ci_upper : float
        With its 90% interval.
    srmr : float
    loglik, aic, bic : float
    baseline_chisq, baseline_df : float, int
    n_obs, n_parameters : int
    estimates : tuple of FactorEstimate
    r_squared : mapping of str to float
    modifications : tuple of Modification
        The ten largest, among loadings and residual covariances that the model leaves out.
    converged : bool
    n_iterations : int
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
    loglik: float
    aic: float
    bic: float
    baseline_chisq: float
    baseline_df: int
    n_obs: int
    n_parameters: int
    estimates: tuple[FactorEstimate, ...]
    r_squared: Mapping[str, float]
    modifications: tuple[Modification, ...]
    converged: bool
    n_iterations: int
    reasons: tuple[Reason, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a parameter."""
        names = ("lhs", "op", "rhs", "estimate", "se", "pvalue", "standardized")
        return [{name: getattr(row, name) for name in names} for row in self.estimates]


@dataclass(frozen=True, slots=True)
class FactorModel:
    """A factor or structural model for complete answers.

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

    def __post_init__(self) -> None:
        _Specification.of(self.model, self.std_lv)

    @property
    def items(self) -> tuple[str, ...]:
        """Items that the model asks for."""
        return _Specification.of(self.model, self.std_lv).observed

    def fit(self, columns: Mapping[str, np.ndarray]) -> FactorResult:
        """Fit from answers; respondents who miss an answer are left out, and counted in a reason."""
        specification = _Specification.of(self.model, self.std_lv)
        missing = [name for name in specification.observed if name not in columns]
        if missing:
            raise _no_item(missing[0], list(columns))
        answers = np.column_stack([np.asarray(columns[i], dtype=np.float64) for i in specification.observed])
        complete = ~np.isnan(answers).any(axis=1)
        n_left_out = int((~complete).sum())
        reasons = (Reason("survey.incomplete_left_out", {"n": n_left_out}),) if n_left_out else ()
        answers = answers[complete]
        if len(answers) <= answers.shape[1]:
            raise DataError(
                "too few complete answers for this model", got=str(len(answers)),
                expected=f"more than its {answers.shape[1]} items",
            )  # fmt: skip
        cov = np.cov(answers, rowvar=False).reshape((answers.shape[1],) * 2)
        return self._fit(specification, specification.observed, cov, len(answers), reasons)

    def fit_covariance(self, names: Sequence[str], cov: np.ndarray, n_obs: int) -> FactorResult:
        """Fit from covariances (divisor n - 1).

        Raises
        ------
        NotFoundError
            If an item of the model is not among `names`.
        DataError
            If the covariances are not positive definite, or do not identify the model.
        """
        specification = _Specification.of(self.model, self.std_lv)
        return self._fit(specification, names, np.asarray(cov, dtype=np.float64), n_obs, ())

    def _fit(
        self,
        spec: _Specification,
        names: Sequence[str],
        cov: np.ndarray,
        n_obs: int,
        reasons: tuple[Reason, ...],
    ) -> FactorResult:
        sample = _sample(spec, names, cov) * (n_obs - 1) / n_obs
        cells = spec.cells(sample)
        fitted = fit_ml(cells, sample)
        p, t = cells.n_observed, cells.n_free
        df = p * (p + 1) // 2 - t
        errors = _standard_errors(spec, cells, fitted, n_obs)
        chisq = max(n_obs * fitted.at.value, 0.0)
        base, base_df = _baseline(spec, sample, n_obs)
        saturated = -n_obs / 2 * (p * np.log(2 * np.pi) + np.linalg.slogdet(sample)[1] + p)
        loglik = float(saturated - chisq / 2)
        low, high = _rmsea_interval(chisq, df, n_obs)
        estimates = tuple(self._estimates(spec, cells, fitted, errors))
        return FactorResult(
            chisq=chisq, df=df, pvalue=float(chi2.sf(chisq, df)) if df else 1.0,
            cfi=_cfi(chisq, df, base, base_df), tli=_tli(chisq, df, base, base_df),
            rmsea=float(np.sqrt(max((chisq - df) / (n_obs * df), 0.0))) if df else 0.0,
            rmsea_ci_lower=low, rmsea_ci_upper=high,
            srmr=_srmr(sample, implied_covariance(cells, fitted.theta)),
            loglik=loglik, aic=-2 * loglik + 2 * t, bic=-2 * loglik + t * float(np.log(n_obs)),
            baseline_chisq=base, baseline_df=base_df, n_obs=n_obs, n_parameters=t,
            estimates=estimates, r_squared=_r_squared(spec, cells, fitted),
            modifications=_modifications(spec, cells, fitted, sample, n_obs),
            converged=fitted.converged, n_iterations=fitted.n_iterations,
            reasons=(*reasons, *_doubts(spec, cells, estimates, fitted)),
            provenance=Provenance(options=dataclasses.asdict(self)),
        )  # fmt: skip

    def _estimates(
        self, spec: _Specification, cells: Cells, fitted: Fitted, errors: np.ndarray
    ) -> Iterator[FactorEstimate]:
        value = cells.filled(fitted.theta)
        standardized = _standardized(cells, value, np.diag(all_covariances(cells, fitted.theta)))
        z = float(norm.ppf(0.5 + self.ci_level / 2))
        for c, term in enumerate(spec.terms):
            free = cells.index[c] >= 0
            se = float(errors[cells.index[c]]) if free else None
            bounds = (
                (value[c] - z * se, value[c] + z * se, 2 * float(norm.sf(abs(value[c]) / se)))
                if se
                else (None,) * 3
            )
            std = float(standardized[c]) if np.isfinite(standardized[c]) else None
            yield FactorEstimate(
                term.lhs, term.op, term.rhs, float(value[c]), se, *bounds, std, term.label, bool(free)
            )


@dataclass(frozen=True, slots=True)
class _Specification:
    """A model with all that its text leaves open filled in."""

    observed: tuple[str, ...]
    latent: tuple[str, ...]
    terms: tuple[Term, ...]
    free: tuple[bool, ...]
    exogenous: tuple[str, ...]  # observed variables that nothing leads to

    @classmethod
    def of(cls, text: str, std_lv: bool) -> _Specification:
        given = parse_model(text)
        if wrong := [t for t in given if t.op in ("<~", "~1")]:
            raise OptionError(
                f"line {wrong[0].line} of the model is not for this fit",
                got=wrong[0].op,
                expected="=~, ~ or ~~",
            )
        _check_repeated(given)
        latent = tuple(dict.fromkeys(t.lhs for t in given if t.op == "=~"))
        named = dict.fromkeys(t.rhs for t in given if t.op == "=~")
        named |= dict.fromkeys(n for t in given if t.op == "~" for n in (t.lhs, t.rhs))
        observed = tuple(n for n in named if n not in latent)
        for term in given:
            if term.op == "~~" and (stray := {term.lhs, term.rhs} - {*latent, *observed}):
                raise OptionError(f"line {term.line} of the model: {min(stray)!r} stands nowhere else")
        terms = [*_marked(given, latent, std_lv), *_open(given, latent, observed, std_lv)]
        led_to = {t.rhs for t in given if t.op == "=~"} | {t.lhs for t in given if t.op == "~"}
        return cls(
            observed, latent, tuple(terms), tuple(t.fixed is None for t in terms),
            tuple(n for n in observed if n not in led_to),
        )  # fmt: skip

    def cells(self, cov: np.ndarray) -> Cells:
        """Parameters as cells, with start values for these covariances."""
        place = {name: j for j, name in enumerate((*self.observed, *self.latent))}
        numbers: dict[str, int] = {}
        index = np.full(len(self.terms), -1, dtype=np.int64)
        for c, (term, free) in enumerate(zip(self.terms, self.free, strict=True)):
            if free:
                index[c] = numbers.setdefault(term.label or f" {c}", len(numbers))
        rows = [place[t.rhs if t.op == "=~" else t.lhs] for t in self.terms]
        columns = [place[t.lhs if t.op == "=~" else t.rhs] for t in self.terms]
        start = [t.fixed if t.fixed is not None else np.nan for t in self.terms]
        cells = Cells(
            np.array([t.op != "~~" for t in self.terms]), np.array(rows), np.array(columns), index,
            np.array(start), len(self.observed), len(place),
        )  # fmt: skip
        return dataclasses.replace(cells, value=_starts(self, cells, cov))


def _check_repeated(given: Sequence[Term]) -> None:
    seen: set[tuple] = set()
    for term in given:
        pair = (term.op, *sorted((term.lhs, term.rhs))) if term.op == "~~" else (term.op, term.lhs, term.rhs)
        if pair in seen or (term.op == "=~" and term.lhs == term.rhs):
            raise OptionError(f"line {term.line} of the model says again: {term.lhs} {term.op} {term.rhs}")
        seen.add(pair)


def _marked(given: Sequence[Term], latent: Sequence[str], std_lv: bool) -> list[Term]:
    """The terms of the text, first loadings fixed at 1 unless freed, labelled or factors are standardised."""
    first = {name: next(t for t in given if t.op == "=~" and t.lhs == name) for name in latent}
    terms = []
    for term in given:
        marker = term.op == "=~" and term is first[term.lhs] and not std_lv and not term.free
        terms.append(dataclasses.replace(term, fixed=1.0) if marker and term.fixed is None else term)
    return terms


def _open(given: Sequence[Term], latent: Sequence[str], observed: Sequence[str], std_lv: bool) -> list[Term]:
    """Variances and covariances that the text leaves open, as lavaan's cfa and sem fill them in."""
    said = {frozenset((t.lhs, t.rhs)) for t in given if t.op == "~~"}
    led_to = {t.rhs for t in given if t.op == "=~"} | {t.lhs for t in given if t.op == "~"}
    leads = {t.lhs for t in given if t.op == "=~" and t.rhs in latent} | {t.rhs for t in given if t.op == "~"}
    single = {
        next(t.rhs for t in given if t.op == "=~" and t.lhs == name)
        for name in latent
        if sum(t.op == "=~" and t.lhs == name for t in given) == 1
    }
    terms = []
    for name in (*observed, *latent):
        if frozenset((name,)) not in said:
            fixed = 0.0 if name in single and name in observed else 1.0 if std_lv and name in latent else None
            terms.append(Term(name, "~~", name, fixed))
    indicators = {t.rhs for t in given if t.op == "=~"}
    groups = (
        [n for n in latent if n not in led_to],
        [n for n in observed if n not in led_to],
        [n for n in (*latent, *observed) if n in led_to and n not in leads and n not in indicators],
    )
    for group in groups:
        for i, one in enumerate(group):
            terms += [Term(one, "~~", two) for two in group[i + 1 :] if frozenset((one, two)) not in said]
    return terms


def _starts(spec: _Specification, cells: Cells, cov: np.ndarray) -> np.ndarray:
    """Loadings by each factor's first principal component, half of every variance, the rest at 0."""
    place = {name: j for j, name in enumerate(spec.observed)}
    sd, value = np.sqrt(np.diag(cov)), cells.value.copy()
    exogenous = {place[n] for n in spec.exogenous}
    scale = dict.fromkeys(spec.latent, 1.0)
    for name in spec.latent:
        items = [c for c, t in enumerate(spec.terms) if t.op == "=~" and t.lhs == name and t.rhs in place]
        if not items:
            continue
        j = [place[spec.terms[c].rhs] for c in items]
        first = np.linalg.eigh(cov[np.ix_(j, j)] / np.outer(sd[j], sd[j]))[1][:, -1]
        size = 0.7 * first * np.sqrt(len(j)) * (np.sign(first.sum()) or 1.0) * sd[j]
        fixed = [k for k, c in enumerate(items) if cells.index[c] < 0 and abs(value[c]) > 1e-6]
        unit = size[fixed[0]] / value[items[fixed[0]]] if fixed and abs(size[fixed[0]]) > 1e-6 else 1.0
        scale[name] = unit**2
        for k, c in enumerate(items):
            value[c] = size[k] / unit if np.isnan(value[c]) else value[c]
    for c, term in enumerate(spec.terms):
        if not np.isnan(value[c]):
            continue
        i, j = int(cells.row[c]), int(cells.column[c])
        if term.op == "=~":
            value[c] = 1.0
        elif term.op == "~~" and i == j:
            value[c] = scale[term.lhs] if term.lhs in scale else (1.0 if i in exogenous else 0.5) * cov[i, i]
        else:
            value[c] = cov[i, j] if {i, j} <= exogenous else 0.0
    return value


def _sample(spec: _Specification, names: Sequence[str], cov: np.ndarray) -> np.ndarray:
    place = {name: j for j, name in enumerate(names)}
    for item in spec.observed:
        if item not in place:
            raise _no_item(item, list(names))
    rows = [place[item] for item in spec.observed]
    part = cov[np.ix_(rows, rows)]
    variance = np.diag(part)
    if not np.isfinite(part).all() or (variance <= 1e-12 * max(variance.max(), 1e-300)).any():
        item = spec.observed[int(np.argmin(np.nan_to_num(variance)))]
        raise DataError(f"item {item!r} does not vary", hint="Leave it out of the model.")
    values, vectors = np.linalg.eigh(part / np.sqrt(np.outer(variance, variance)))
    if values[0] < 1e-10:
        guilty = [spec.observed[j] for j in np.flatnonzero(np.abs(vectors[:, 0]) > 0.2)]
        raise DataError(
            "the covariances are not positive definite", got=", ".join(guilty[:8]),
            hint="One of these items follows from the others: leave it out.",
        )  # fmt: skip
    return part


def _no_item(item: str, names: Sequence[str]) -> NotFoundError:
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return NotFoundError(f"item {item!r} of the model is not in the data", got=shown)


def _standard_errors(spec: _Specification, cells: Cells, fitted: Fitted, n_obs: int) -> np.ndarray:
    """From the expected information n/2 times the curvature; a model that is not identified is refused."""
    p, t = cells.n_observed, cells.n_free
    if t > p * (p + 1) // 2:
        raise DataError(
            "the model has more parameters than there are covariances", got=str(t),
            expected=f"at most {p * (p + 1) // 2}",
            hint="Give a factor three items or more, or fix a parameter.",
        )  # fmt: skip
    scale = np.sqrt(np.maximum(np.diag(fitted.at.information), 1e-300))
    values, vectors = np.linalg.eigh(fitted.at.information / np.outer(scale, scale))
    if t and values[0] < 1e-9 * max(values[-1], 1.0):
        free = np.flatnonzero(np.abs(vectors[:, 0]) > 0.1)
        loose = [
            f"{term.lhs} {term.op} {term.rhs}" for c, term in enumerate(spec.terms) if cells.index[c] in free
        ]
        raise DataError(
            "the model is not identified: these parameters can move together without changing the fit",
            got="; ".join(loose[:6]), hint="Fix one of them, or leave one out.",
        )  # fmt: skip
    inverse = (vectors / values) @ vectors.T
    return np.sqrt(np.diag(inverse) * 2 / n_obs) / scale


def _standardized(cells: Cells, value: np.ndarray, variance: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.sqrt(variance)
        paths = value * sd[cells.column] / sd[cells.row]
        own = np.zeros(cells.n_variables)
        diagonal = ~cells.in_paths & (cells.row == cells.column)
        own[cells.row[diagonal]] = value[diagonal]
        pairs = value / np.sqrt(own[cells.row] * own[cells.column])
        alone = value / variance[cells.row]
    return np.where(cells.in_paths, paths, np.where(diagonal, alone, pairs))


def _r_squared(spec: _Specification, cells: Cells, fitted: Fitted) -> dict[str, float]:
    value, variance = cells.filled(fitted.theta), np.diag(all_covariances(cells, fitted.theta))
    names = (*spec.observed, *spec.latent)
    led_to = set(cells.row[cells.in_paths].tolist())
    diagonal = ~cells.in_paths & (cells.row == cells.column)
    own = dict(zip(cells.row[diagonal].tolist(), value[diagonal].tolist(), strict=True))
    return {names[j]: float(1 - own.get(j, 0.0) / variance[j]) for j in range(len(names)) if j in led_to}


def _baseline(spec: _Specification, cov: np.ndarray, n_obs: int) -> tuple[float, int]:
    """Chi-square of independent variables; those that nothing leads to may covary with one another."""
    outside = [spec.observed.index(n) for n in spec.exogenous]
    inside = [j for j in range(len(cov)) if j not in outside]
    value = np.log(np.diag(cov)[inside]).sum() - np.linalg.slogdet(cov)[1]
    if outside:
        value += np.linalg.slogdet(cov[np.ix_(outside, outside)])[1]
    p, x = len(cov), len(outside)
    return float(n_obs * value), p * (p - 1) // 2 - x * (x - 1) // 2


def _cfi(chisq: float, df: int, base: float, base_df: int) -> float:
    worst = max(base - base_df, chisq - df, 0.0)
    return 1.0 - max(chisq - df, 0.0) / worst if worst > 0 else 1.0


def _tli(chisq: float, df: int, base: float, base_df: int) -> float:
    if not df or not base_df or base / base_df == 1.0:
        return 1.0
    return (base / base_df - chisq / df) / (base / base_df - 1.0)


def _srmr(cov: np.ndarray, sigma: np.ndarray) -> float:
    sd = np.sqrt(np.diag(cov))
    residual = ((cov - sigma) / np.outer(sd, sd))[np.tril_indices(len(cov))]
    return float(np.sqrt(np.mean(residual**2)))


def _rmsea_interval(chisq: float, df: int, n_obs: int) -> tuple[float, float]:
    """90% interval from the noncentral chi-square (Browne & Cudeck 1993)."""
    if not df:
        return 0.0, 0.0

    def bound(tail: float) -> float:
        if chi2.cdf(chisq, df) < tail:
            return 0.0
        top = max(chisq * 2, 10.0)
        while ncx2.cdf(chisq, df, top) > tail:
            top *= 2
        centre = brentq(lambda nc: ncx2.cdf(chisq, df, nc) - tail, 1e-9, top, xtol=1e-9)
        return float(np.sqrt(centre / (n_obs * df)))

    return bound(0.95), bound(0.05)


def _modifications(
    spec: _Specification, cells: Cells, fitted: Fitted, cov: np.ndarray, n_obs: int, most: int = 10
) -> tuple[Modification, ...]:
    """Score tests of loadings and residual covariances that are fixed at zero."""
    place = {name: j for j, name in enumerate((*spec.observed, *spec.latent))}
    indicators = [t.rhs for t in spec.terms if t.op == "=~" and t.rhs in spec.observed]
    said = {(t.lhs, t.rhs) for t in spec.terms if t.op == "=~"}
    covary = {frozenset((t.lhs, t.rhs)) for t in spec.terms if t.op == "~~"}
    items = list(dict.fromkeys(indicators))
    new = [Term(f, "=~", i) for f in spec.latent for i in items if (f, i) not in said]
    new += [
        Term(a, "~~", b)
        for k, a in enumerate(items)
        for b in items[k + 1 :]
        if frozenset((a, b)) not in covary
    ]
    if not new:
        return ()
    extra = Cells(
        np.r_[cells.in_paths, [t.op == "=~" for t in new]],
        np.r_[cells.row, [place[t.rhs if t.op == "=~" else t.lhs] for t in new]],
        np.r_[cells.column, [place[t.lhs if t.op == "=~" else t.rhs] for t in new]],
        np.r_[cells.index, cells.n_free + np.arange(len(new))],
        np.r_[cells.value, np.zeros(len(new))],
        cells.n_observed,
        cells.n_variables,
    )
    at = discrepancy(extra, np.r_[fitted.theta, np.zeros(len(new))], cov)
    t = cells.n_free
    old, across = at.information[:t, :t], at.information[:t, t:]
    left = np.diag(at.information)[t:] - np.einsum("ij,ij->j", across, np.linalg.solve(old, across))
    slope = at.gradient[t:]
    known = left > 1e-8 * np.diag(at.information)[t:]
    drop = np.where(known, n_obs / 2 * slope**2 / np.where(known, left, 1.0), 0.0)
    best = np.argsort(-drop, kind="stable")[:most]
    return tuple(
        Modification(new[k].lhs, new[k].op, new[k].rhs, float(drop[k]), float(-slope[k] / left[k]))
        for k in best
        if known[k]
    )


def _doubts(
    spec: _Specification, cells: Cells, estimates: Sequence[FactorEstimate], fitted: Fitted
) -> Iterator[Reason]:
    if not fitted.converged:
        yield Reason("survey.not_converged")
    negative = [e.lhs for e in estimates if e.op == "~~" and e.lhs == e.rhs and e.estimate < 0]
    if negative:
        yield Reason("survey.negative_variance", {"names": negative, "n": len(negative)})
    p = cells.n_observed
    if spec.latent and np.linalg.eigvalsh(all_covariances(cells, fitted.theta)[p:, p:])[0] < 0:
        yield Reason("survey.factors_not_distinct")
