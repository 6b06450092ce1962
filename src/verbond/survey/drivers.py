"""What trust, commitment and engagement go with: importance with intervals, and what is too close to tell
apart."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtr, stdtrit

from verbond.errors import DataError, OptionError
from verbond.method import named
from verbond.numerics.checks import check_ci_level
from verbond.results import Estimate, Provenance, Reason, Result
from verbond.survey.importance import MAX_EXACT, johnson_weights, shapley_shares, variance_inflation
from verbond.tables import RUNG_CONSTRUCTS

__all__ = ["Driver", "Drivers", "DriversResult", "OutcomeDrivers", "latest_scores"]

OUTCOMES = ("trust", "commitment", "engagement")
NOT_DRIVERS = ("recommend", "stay", "rebuy", "values_own", "values_seen", "customer_orientation")
"""Intentions are outcomes of their own; the others are not about what a customer meets."""
PER_PREDICTOR = 10
"""Respondents needed for each predictor, as a rule of thumb (Harrell 2015, section 4.4)."""
HIGH_INFLATION = 5.0
MIN_SHARE_KNOWN = 0.5
MIN_RESPONDENTS = 50


@dataclass(frozen=True, slots=True)
class Driver:
    """One construct beside an outcome.

    Attributes
    ----------
    construct : str
    importance : Estimate
        Its part of R squared: the mean gain over every order of entering. The parts add up.
    coefficient : Estimate
        Standardised, beside all others; the sign says in which direction they go together.
    p_value : float
        Of the coefficient, held to all drivers of the outcome together (Holm).
    clear : bool
        The coefficient differs from nothing at the level asked for. Others are not to be drawn as if they
        mattered, however large their part of R squared: what they share with others is in it.
    inflation : float
        Variance inflation; above 5 its coefficient cannot be told from those of others.
    """

    construct: str
    importance: Estimate
    coefficient: Estimate
    p_value: float
    clear: bool
    inflation: float


@dataclass(frozen=True, slots=True)
class OutcomeDrivers:
    """The drivers of one outcome.

    Attributes
    ----------
    outcome : str
    n_obs : int
    r_squared : Estimate
    drivers : tuple of Driver
        Most important first; empty where `reasons` says why.
    condition_number : float or None
        Square root of the largest over the smallest eigenvalue of the drivers' correlations; above 30 their
        coefficients are not to be read.
    reasons : tuple of Reason
        What it says, and what to keep in mind.
    """

    outcome: str
    n_obs: int
    r_squared: Estimate
    drivers: tuple[Driver, ...]
    condition_number: float | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class DriversResult(Result):
    """Drivers of each outcome.

    Attributes
    ----------
    outcomes : tuple of OutcomeDrivers
    method : {"shapley", "johnson"}
        Over every order, or Johnson's relative weights where the drivers are too many for that.
    reasons : tuple of Reason
    provenance : Provenance
    """

    outcomes: tuple[OutcomeDrivers, ...]
    method: str
    reasons: tuple[Reason, ...]
    provenance: Provenance

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row an outcome and driver."""
        return [
            {
                "outcome": o.outcome, "construct": d.construct, "importance": d.importance.value,
                "ci_lower": d.importance.ci_lower, "ci_upper": d.importance.ci_upper, "coefficient":
                d.coefficient.value, "clear": d.clear, "inflation": d.inflation, "n_obs": o.n_obs,
            }
            for o in self.outcomes
            for d in o.drivers
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drivers:
    """Relative importance of constructs for trust, commitment and engagement.

    Use it to see what goes together in the answers of one company, not to say what to change: people who
    trust more also judge all else more kindly. An experiment tells what moves what.

    Parameters
    ----------
    outcomes : tuple of str
    predictors : tuple of str, optional
        The same for every outcome; by default what stands below the outcome on the ladder, and whatever else
        was asked except intentions.
    n_bootstrap : int
        Samples of respondents for intervals.
    ci_level : float
    seed : int
    """

    outcomes: tuple[str, ...] = OUTCOMES
    predictors: tuple[str, ...] | None = None
    n_bootstrap: int = 400
    ci_level: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if self.n_bootstrap < 50:
            raise OptionError("too few bootstrap samples", got=str(self.n_bootstrap), expected="50 or more")
        check_ci_level(self.ci_level)

    def fit(self, scores: Mapping[str, np.ndarray], *, source: str = "") -> DriversResult:
        """From the canonical `scores` table; each respondent's latest wave counts."""
        return self.fit_columns(latest_scores(scores), source=source)

    def fit_columns(self, columns: Mapping[str, np.ndarray], *, source: str = "") -> DriversResult:
        """From columns of numbers, one a construct.

        Parameters
        ----------
        columns : mapping of str to (n,) float
            NaN where there is no score.
        source : str

        Raises
        ------
        DataError
            None of the outcomes is there.
        """
        asked = [name for name in self.outcomes if name in columns]
        if not asked:
            raise DataError(
                "none of the outcomes was asked", got=", ".join(columns) or "nothing",
                expected=" or ".join(self.outcomes),
            )  # fmt: skip
        rng = np.random.default_rng(self.seed)
        found = tuple(self._outcome(name, columns, rng) for name in asked)
        most = max((len(o.drivers) for o in found), default=0)
        return DriversResult(
            outcomes=found,
            method="shapley" if most <= MAX_EXACT else "johnson",
            reasons=(Reason("survey.drivers_association"),),
            provenance=Provenance(source=source, options=dataclasses.asdict(self), seed=self.seed),
        )

    def _outcome(
        self, outcome: str, columns: Mapping[str, np.ndarray], rng: np.random.Generator
    ) -> OutcomeDrivers:
        names = self._predictors(outcome, columns)
        matrix = np.column_stack([np.asarray(columns[name], dtype=np.float64) for name in (*names, outcome)])
        rows = matrix[np.isfinite(matrix).all(axis=1)]
        varies = rows.std(axis=0) > 1e-9 if len(rows) else np.zeros(matrix.shape[1], dtype=bool)
        names = [name for name, kept in zip(names, varies[:-1], strict=True) if kept]
        needed = max(MIN_RESPONDENTS, PER_PREDICTOR * len(names))
        if len(rows) < needed or not names or not varies[-1]:
            values = {"outcome": named(outcome), "n": max(needed - len(rows), 1)}
            few = Reason("survey.drivers_few" if len(rows) < needed else "survey.drivers_none", values)
            return OutcomeDrivers(outcome, len(rows), Estimate(None, reason=few), (), None, (few,))
        return self._told(outcome, names, rows[:, varies], rng)

    def _predictors(self, outcome: str, columns: Mapping[str, np.ndarray]) -> list[str]:
        if self.predictors is not None:
            if missing := [name for name in self.predictors if name not in columns]:
                raise DataError(f"{missing[0]} was not asked", got=", ".join(columns))
            return [name for name in self.predictors if name != outcome]
        rank = RUNG_CONSTRUCTS.index(outcome) if outcome in RUNG_CONSTRUCTS else len(RUNG_CONSTRUCTS)
        left_out = {outcome, *RUNG_CONSTRUCTS[rank:], *NOT_DRIVERS}
        known = np.isfinite(columns[outcome])
        return [
            name
            for name, values in columns.items()
            if name not in left_out
            and "." not in name
            and np.isfinite(np.asarray(values, dtype=np.float64)[known]).mean() >= MIN_SHARE_KNOWN
        ]

    def _told(
        self, outcome: str, names: Sequence[str], rows: np.ndarray, rng: np.random.Generator
    ) -> OutcomeDrivers:
        n = len(rows)
        z = (rows - rows.mean(axis=0)) / rows.std(axis=0)
        cor = z.T @ z / n
        spectrum = np.linalg.eigvalsh(cor[:-1, :-1])
        condition = float(np.sqrt(spectrum[-1] / max(spectrum[0], 1e-300)))
        if spectrum[0] < 1e-8:
            same = Reason("survey.drivers_same", {"outcome": named(outcome)})
            return OutcomeDrivers(outcome, n, Estimate(None, reason=same), (), condition, (same,))
        shares = shapley_shares if len(names) <= MAX_EXACT else johnson_weights
        point, samples = shares(cor), shares(_resampled(z, self.n_bootstrap, rng))
        beta, error = _coefficients(z)
        p_values = _holm(2 * stdtr(n - len(names) - 1, -np.abs(beta / error)))
        inflation = variance_inflation(cor[:-1, :-1])
        ends = (1 - self.ci_level) / 2, (1 + self.ci_level) / 2
        low, high = np.quantile(samples, ends, axis=0)
        half = -_quantile(n - len(names) - 1, ends[0]) * error
        drivers = [
            Driver(
                construct=name,
                importance=Estimate(float(point[k]), float(low[k]), float(high[k]), n, self.ci_level),
                coefficient=Estimate(
                    float(beta[k]), float(beta[k] - half[k]), float(beta[k] + half[k]), n, self.ci_level
                ),
                p_value=float(p_values[k]),
                clear=bool(p_values[k] < 1 - self.ci_level),
                inflation=float(inflation[k]),
            )
            for k, name in enumerate(names)
        ]
        drivers.sort(key=lambda d: -d.importance.value)
        total = np.quantile(samples.sum(axis=1), ends)
        explained = Estimate(float(point.sum()), float(total[0]), float(total[1]), n, self.ci_level)
        reasons = tuple(_said(outcome, drivers, explained, n))
        return OutcomeDrivers(outcome, n, explained, tuple(drivers), condition, reasons)


def latest_scores(scores: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """A column a construct from the canonical `scores` table: each respondent's latest wave, else NaN."""
    who = np.array([str(v) for v in scores["respondent_id"]], dtype=str)
    wave = np.array(["" if v is None else str(v) for v in scores["wave"]], dtype=str)
    day = np.asarray(scores["occurred_at"]).astype("datetime64[us]")
    day = np.where(np.isnat(day), np.iinfo(np.int64).min, day.astype(np.int64))
    construct = np.asarray(scores["construct"], dtype=str)
    people, person = np.unique(who, return_inverse=True)
    _, wave_code = np.unique(wave, return_inverse=True)
    order = np.lexsort((wave_code, day, person))
    last = np.ones(len(order), dtype=bool)
    last[:-1] = person[order][1:] != person[order][:-1]
    latest = np.empty(len(people), dtype=np.int64)
    latest[person[order][last]] = wave_code[order][last]
    columns = {}
    for name in dict.fromkeys(construct.tolist()):
        at = (latest[person] == wave_code) & (construct == name)
        columns[name] = np.full(len(people), np.nan)
        columns[name][person[at]] = np.asarray(scores["score"], dtype=np.float64)[at]
    return columns


def _resampled(z: np.ndarray, n_samples: int, rng: np.random.Generator) -> np.ndarray:
    """Correlations of samples of respondents drawn with replacement, (n_samples, p + 1, p + 1)."""
    found = np.empty((n_samples, z.shape[1], z.shape[1]))
    for b in range(n_samples):
        sample = z[rng.integers(0, len(z), len(z))]
        centred = sample - sample.mean(axis=0)
        cov = centred.T @ centred
        sd = np.sqrt(np.maximum(np.diag(cov), 1e-12))
        found[b] = cov / np.outer(sd, sd)
    return found


def _coefficients(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standardised coefficients and their HC3 standard errors (MacKinnon & White 1985)."""
    x, y = z[:, :-1], z[:, -1]
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ (x.T @ y)
    leverage = np.einsum("ij,jk,ik->i", x, inverse, x) + 1 / len(z)
    residual = (y - x @ beta) / (1 - np.minimum(leverage, 0.999))
    middle = (x * residual[:, None] ** 2).T @ x
    return beta, np.sqrt(np.diag(inverse @ middle @ inverse))


def _holm(p_values: np.ndarray) -> np.ndarray:
    """P-values held to all tests together (Holm 1979)."""
    order = np.argsort(p_values)
    held = np.maximum.accumulate(p_values[order] * np.arange(len(p_values), 0, -1))
    found = np.empty_like(p_values)
    found[order] = np.minimum(held, 1.0)
    return found


def _quantile(df: int, share: float) -> float:
    return float(stdtrit(df, share))


def _said(outcome: str, drivers: Sequence[Driver], explained: Estimate, n: int):
    values: dict[str, Any] = {"outcome": named(outcome), "n": n, "explained": explained.value}
    clear = [d for d in drivers if d.clear and d.coefficient.value > 0]
    if clear:
        first = clear[0]
        values |= {
            "name": named(first.construct), "share": first.importance.value,
            "low": first.importance.ci_lower, "high": first.importance.ci_upper,
        }  # fmt: skip
        yield Reason("survey.drivers_first", values)
    else:
        yield Reason("survey.drivers_unclear", values)
    if against := [named(d.construct) for d in drivers if d.clear and d.coefficient.value < 0]:
        yield Reason(
            "survey.drivers_against", {"outcome": named(outcome), "names": against, "n": len(against)}
        )
    if close := [named(d.construct) for d in drivers if d.inflation > HIGH_INFLATION]:
        yield Reason("survey.drivers_collinear", {"names": close, "n": len(close)})
