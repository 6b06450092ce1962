"""What a match of values goes with: polynomial regression and the response surface.

A difference score hides what it is made of. Here the outcome is a full second-degree polynomial of what
somebody holds (own, X) and what somebody sees (seen, Y), and the surface that it draws is read along two
lines: where the two agree, and where one exceeds the other.

References
----------
Edwards, J. R., & Parry, M. E. (1993). On the use of polynomial regression equations as an alternative to
difference scores. Academy of Management Journal, 36, 1577-1613.
Edwards, J. R., & Cable, D. M. (2009). The value of value congruence. Journal of Applied Psychology, 94,
654-677.
Shanock, L. R., et al. (2010). Polynomial regression with response surface analysis. Journal of Business and
Psychology, 25, 543-554.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.special import fdtrc, stdtr, stdtrit

from verbond.errors import DataError, OptionError
from verbond.method import Text
from verbond.numerics.checks import check_ci_level
from verbond.results import Estimate, Provenance, Reason, Result, sentence
from verbond.results.groups import MIN_GROUP
from verbond.values.kernel import resampled_sums

__all__ = ["Coefficient", "ResponseSurface", "SurfaceResult"]

TERMS = ("b0", "b1", "b2", "b3", "b4", "b5")
"""Of 1, X, Y, X^2, XY, Y^2."""
LINES: Mapping[str, tuple[float, ...]] = {
    "a1": (0, 1, 1, 0, 0, 0),
    "a2": (0, 0, 0, 1, 1, 1),
    "a3": (0, 1, -1, 0, 0, 0),
    "a4": (0, 0, 0, 1, -1, 1),
    "a5": (0, 0, 0, 1, 0, -1),
}
"""Slope and curvature along agreement (a1, a2) and along misfit (a3, a4); a5: is the ridge turned?"""
LEAST_SPARE = 10
"""Respondents beyond the number of coefficients below which nothing is fitted."""
LEAST_SIDE = 20
"""People who see more, and who see less, than they hold, for a side to be spoken of."""


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient with its error.

    Attributes
    ----------
    estimate, se, ci_lower, ci_upper, pvalue : float
        Standard error, Student's interval and two-sided p.
    """

    estimate: float
    se: float
    ci_lower: float
    ci_upper: float
    pvalue: float


@dataclass(frozen=True, slots=True)
class SurfaceResult(Result):
    """A response surface.

    Attributes
    ----------
    b0, b1, b2, b3, b4, b5 : Coefficient
        Of 1, X, Y, X^2, XY and Y^2, with X = own - centre and Y = seen - centre, in units of `unit`.
    a1, a2, a3, a4, a5 : Coefficient
        b1 + b2, b3 + b4 + b5, b1 - b2, b3 - b4 + b5, b3 - b5.
    stationary_own, stationary_seen : Estimate
        Where the surface is flat, in the units of X and Y; bootstrap interval where one was drawn.
    ridge_intercept, ridge_slope : Estimate
        The first principal axis Y = intercept + slope X: on a dome its ridge. Strict congruence: 0 and 1.
    second_intercept, second_slope : Estimate
        The second principal axis.
    shape : str
        "dome", "bowl", "saddle", or "flat" where the curvature cannot be told from none.
    too_little, too_much : Estimate
        How much the outcome differs between people who see one typical misfit less (or more) than they hold
        and people who see what they hold, both holding the average.
    typical_misfit : float
        One standard deviation of seen - own.
    misfit_pvalue : float
        Of a3 = a4 = 0 together (F): does misfit, in either direction, go with anything?
    congruence : bool
        Strict congruence: a4 below zero, a3 not told from zero, and nothing against a ridge on X = Y.
    r_squared : float
    n_obs, n_people : int
    centre, unit : float
    own, seen, outcome : str
    covariance : (6, 6) float64
        Of b0..b5; not in JSON.
    extent : tuple of four floats
        The middle 95% of X and of Y: lowest and highest X, lowest and highest Y.
    reasons : tuple of Reason
    provenance : Provenance
    """

    b0: Coefficient
    b1: Coefficient
    b2: Coefficient
    b3: Coefficient
    b4: Coefficient
    b5: Coefficient
    a1: Coefficient
    a2: Coefficient
    a3: Coefficient
    a4: Coefficient
    a5: Coefficient
    stationary_own: Estimate
    stationary_seen: Estimate
    ridge_intercept: Estimate
    ridge_slope: Estimate
    second_intercept: Estimate
    second_slope: Estimate
    shape: str
    too_little: Estimate
    too_much: Estimate
    typical_misfit: float
    misfit_pvalue: float
    congruence: bool
    r_squared: float
    n_obs: int
    n_people: int
    centre: float
    unit: float
    own: str
    seen: str
    outcome: str
    covariance: np.ndarray = field(metadata={"json": False}, repr=False)
    extent: tuple[float, float, float, float] = (0.0, 1.0, 0.0, 1.0)
    reasons: tuple[Reason, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a coefficient."""
        rows = [(name, getattr(self, name)) for name in (*TERMS, *LINES)]
        return [
            {
                "name": name, "estimate": c.estimate, "se": c.se, "ci_lower": c.ci_lower,
                "ci_upper": c.ci_upper, "pvalue": c.pvalue,
            }
            for name, c in rows
        ]  # fmt: skip

    def predict(self, own: np.ndarray, seen: np.ndarray) -> np.ndarray:
        """The outcome that the surface gives, for own and seen on the scale of the data."""
        x = (np.asarray(own, dtype=np.float64) - self.centre) / self.unit
        y = (np.asarray(seen, dtype=np.float64) - self.centre) / self.unit
        return _terms(x, y) @ np.array([getattr(self, name).estimate for name in TERMS])


@dataclass(frozen=True, slots=True)
class ResponseSurface:
    """Polynomial regression of an outcome on own and seen values, with its response surface.

    Parameters
    ----------
    centre : float
        Taken off both own and seen: the same number, or the lines of the surface lose their meaning. 0, or
        the middle of the answer scale.
    unit : float
        Both are divided by it.
    n_bootstrap : int
        Samples of people for the intervals of the stationary point and the axes; 0 for none.
    ci_level : float
    seed : int

    Notes
    -----
    Ordinary least squares; a1..a5 are sums of coefficients, so that their errors follow exactly from the
    covariance of b. With `people`, everything is within persons: own, seen and the outcome are taken off
    the person's own means before squares and products are formed, a mean for each person is taken out (fixed
    effects), and the errors allow for dependence within a person (Liang & Zeger 1986).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> own, seen = rng.uniform(-2, 2, (2, 4_000))
    >>> trust = 3 - (seen - own) ** 2 + rng.normal(0, 0.5, 4_000)
    >>> found = ResponseSurface().fit(own, seen, trust)
    >>> round(found.a4.estimate, 1), found.congruence, found.shape        # true a4: -4
    (-4.0, True, 'dome')
    """

    centre: float = 0.0
    unit: float = 1.0
    n_bootstrap: int = 0
    ci_level: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.unit > 0 or not np.isfinite(self.centre):
            raise OptionError("unit must be above 0", got=repr(self.unit))
        if self.n_bootstrap < 0:
            raise OptionError("n_bootstrap is below 0", got=repr(self.n_bootstrap), expected="0 or more")
        check_ci_level(self.ci_level)

    def fit(
        self,
        own: np.ndarray,
        seen: np.ndarray,
        outcome: np.ndarray,
        *,
        people: np.ndarray | None = None,
        names: tuple[Any, Any, Any] = ("own", "seen", "outcome"),
        value: Text | None = None,
        provenance: Provenance | None = None,
    ) -> SurfaceResult:
        """Fit the surface.

        Parameters
        ----------
        own, seen, outcome : (n,) float
            NaN where missing; such rows are left out.
        people : (n,) array, optional
            Who each row belongs to, where people answered more than once.
        names : tuple of three str
            Of own, seen and outcome, for sentences; the outcome may be a `Text`.
        value : Text, optional
            The value that own and seen are about, for a sentence that names it.
        provenance : Provenance, optional

        Returns
        -------
        SurfaceResult

        Raises
        ------
        DataError
            With too few rows, or where own, seen or the outcome does not vary enough for six coefficients.
        """
        x, y, z, who = self._rows(own, seen, outcome, people, names)
        design = _terms(x, y)
        if who is not None:
            design, z = _within(design, who), _within(z[:, None], who)[:, 0]
        _check_rank(design[:, 1:], names)
        beta, covariance, df, r_squared = _least_squares(design, z, who)
        t = float(stdtrit(df, 0.5 + self.ci_level / 2))
        parts = dict(zip(TERMS, np.eye(6), strict=True)) | {a: np.array(w) for a, w in LINES.items()}
        told = {name: _coefficient(w, beta, covariance, df, t) for name, w in parts.items()}
        geometry = self._geometry(beta, x, y, z, design, who)
        sides, misfit = self._sides(x, y, beta, covariance, t)
        n_people = len(x) if who is None else int(who.max()) + 1
        congruence = _congruent(told, geometry)
        return SurfaceResult(
            **told, **geometry, **sides, shape=_shape(beta, covariance, t), typical_misfit=misfit,
            misfit_pvalue=_joint_pvalue(beta, covariance, df),
            congruence=congruence, r_squared=r_squared, n_obs=len(x), n_people=n_people,
            centre=self.centre if who is None else 0.0, unit=self.unit,
            own=str(names[0]), seen=str(names[1]), outcome=_plainly(names[2]),
            covariance=covariance, extent=(*_middle(x), *_middle(y)),
            reasons=(_sentence(sides, names, value),),
            provenance=provenance or Provenance(),
        )  # fmt: skip

    def _rows(
        self, own: np.ndarray, seen: np.ndarray, outcome: np.ndarray, people: np.ndarray | None,
        names: Sequence[str],
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:  # fmt: skip
        x, y, z = (np.asarray(v, dtype=np.float64) for v in (own, seen, outcome))
        if not len(x) == len(y) == len(z) or (people is not None and len(people) != len(x)):
            raise DataError("own, seen and outcome differ in length", got=f"{len(x)}, {len(y)}, {len(z)}")
        known = np.isfinite(x) & np.isfinite(y) & np.isfinite(z)
        x, y, z = x[known], y[known], z[known]
        who = None
        if people is not None:
            who = np.unique(np.asarray(people)[known].astype(str), return_inverse=True)[1]
            several = np.bincount(who)[who] > 1
            x, y, z = x[several], y[several], z[several]
            who = np.unique(who[several], return_inverse=True)[1]
        spare = len(x) - 6 - (int(who.max()) if who is not None and len(who) else 0)
        if spare < LEAST_SPARE:
            twice = " of people who answered more than once" if who is not None else ""
            raise DataError(
                "too few answers for a response surface", got=f"{len(x)} complete rows{twice}",
                expected=f"at least {6 + LEAST_SPARE}" + (" beside a mean for each person" if twice else ""),
                hint="A surface takes a hundred people or more before its shape can be told.",
            )  # fmt: skip
        for values, name in ((x, names[0]), (y, names[1]), (z, names[2])):
            if np.ptp(values) < 1e-12:
                raise DataError(f"{name} is the same for everybody", expected="values that differ")
        if who is not None:
            x, y = (_within(v[:, None], who)[:, 0] for v in (x, y))
            return (x - x.mean()) / self.unit, (y - y.mean()) / self.unit, z, who
        return (x - self.centre) / self.unit, (y - self.centre) / self.unit, z, None

    def _geometry(
        self, beta: np.ndarray, x: np.ndarray, y: np.ndarray, z: np.ndarray, design: np.ndarray,
        who: np.ndarray | None,
    ) -> dict[str, Estimate]:  # fmt: skip
        """Stationary point and principal axes, with percentile intervals of a bootstrap over people."""
        point = _axes(beta)
        draws = np.empty((0, len(point)))
        if self.n_bootstrap:
            rng = np.random.default_rng(self.seed)
            draws = np.array([_axes(b) for b in _resampled(design, z, who, self.n_bootstrap, rng)])
        found = {}
        for j, name in enumerate(_AXES):
            value, bounds = float(point[j]), (None, None)
            if len(draws) and np.isfinite(draws[:, j]).mean() > 0.95:
                tail = (1 - self.ci_level) / 2
                inside = draws[np.isfinite(draws[:, j]), j]
                bounds = tuple(float(q) for q in np.quantile(inside, [tail, 1 - tail]))
            found[name] = Estimate(value if np.isfinite(value) else None, *bounds, len(x), self.ci_level)
        return found

    def _sides(
        self, x: np.ndarray, y: np.ndarray, beta: np.ndarray, covariance: np.ndarray, t: float
    ) -> tuple[dict[str, Estimate], float]:
        """One typical misfit too little, and too much, against a match at the average of what is held."""
        held, misfit = float(x.mean()), float((y - x).std(ddof=1))
        fit = _terms(np.array([held]), np.array([held]))[0]
        found = {}
        for name, sign in (("too_little", -1), ("too_much", 1)):
            there = int((sign * (y - x) > 0).sum())
            weights = _terms(np.array([held]), np.array([held + sign * misfit]))[0] - fit
            difference, error = float(weights @ beta), float(np.sqrt(weights @ covariance @ weights))
            if there < LEAST_SIDE:
                reason = Reason("values.side_empty", {"least": LEAST_SIDE})
                found[name] = Estimate(None, n_obs=there if there >= MIN_GROUP else 0, reason=reason)
            else:
                found[name] = Estimate(
                    difference, difference - t * error, difference + t * error, there, self.ci_level
                )
        return found, misfit * self.unit


_AXES = (
    "stationary_own", "stationary_seen", "ridge_intercept", "ridge_slope", "second_intercept", "second_slope",
)  # fmt: skip


def _terms(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def _within(columns: np.ndarray, who: np.ndarray) -> np.ndarray:
    """Columns minus each person's mean, plus the mean of all: the intercept stays readable."""
    n = np.bincount(who)
    means = np.column_stack([np.bincount(who, weights=column) / n for column in columns.T])
    return columns - means[who] + columns.mean(axis=0)


def _check_rank(predictors: np.ndarray, names: Sequence[str]) -> None:
    centred = predictors - predictors.mean(axis=0)
    size = np.linalg.norm(centred, axis=0)
    if size.min() < 1e-10 or np.linalg.svd(centred / size, compute_uv=False)[-1] < 1e-7:
        raise DataError(
            f"{names[0]} and {names[1]} do not vary enough, or depend on each other",
            expected="at least three different values of each, not in step with one another",
        )


def _least_squares(
    design: np.ndarray, z: np.ndarray, who: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, int, float]:
    q, r = np.linalg.qr(design)
    beta = np.linalg.solve(r, q.T @ z)
    residual = z - design @ beta
    inverse = np.linalg.inv(r)
    bread = inverse @ inverse.T
    total = float(((z - z.mean()) ** 2).sum())
    r_squared = 1.0 - float(residual @ residual) / total if total > 0 else 0.0
    if who is None:
        df = len(z) - 6
        return beta, bread * float(residual @ residual) / df, df, r_squared
    n_people = int(who.max()) + 1
    scores = np.column_stack([np.bincount(who, weights=residual * column) for column in design.T])
    covariance = bread @ (scores.T @ scores) @ bread * n_people / (n_people - 1)
    return beta, covariance, n_people - 1, r_squared


def _coefficient(
    weights: np.ndarray, beta: np.ndarray, covariance: np.ndarray, df: int, t: float
) -> Coefficient:
    estimate, se = float(weights @ beta), float(np.sqrt(weights @ covariance @ weights))
    pvalue = float(2 * stdtr(df, -abs(estimate) / se)) if se > 0 else float("nan")
    return Coefficient(estimate, se, estimate - t * se, estimate + t * se, pvalue)


def _joint_pvalue(beta: np.ndarray, covariance: np.ndarray, df: int) -> float:
    """Of the slope and the curvature along misfit being zero together."""
    lines = np.array([LINES["a3"], LINES["a4"]])
    found, spread = lines @ beta, lines @ covariance @ lines.T
    return float(fdtrc(2, df, found @ np.linalg.solve(spread, found) / 2))


def _axes(beta: np.ndarray) -> np.ndarray:
    """Stationary point and the two principal axes (Edwards & Parry 1993, equations 5 to 9); NaN where none.

    With no product term the axes run along X and Y; an upright axis has no slope.
    """
    _, b1, b2, b3, b4, b5 = beta
    determinant = 4 * b3 * b5 - b4**2
    found = np.full(6, np.nan)
    if abs(determinant) < 1e-12:
        return found
    x0 = (b2 * b4 - 2 * b1 * b5) / determinant
    y0 = (b1 * b4 - 2 * b2 * b3) / determinant
    found[:2] = x0, y0
    root = np.sqrt((b3 - b5) ** 2 + b4**2)
    slopes = (0.0, np.nan) if b3 >= b5 else (np.nan, 0.0)
    if abs(b4) > 1e-12:
        slopes = ((b5 - b3 + root) / b4, (b5 - b3 - root) / b4)
    for j, slope in enumerate(slopes):
        found[2 + 2 * j : 4 + 2 * j] = y0 - slope * x0, slope
    return found


def _resampled(
    design: np.ndarray, z: np.ndarray, who: np.ndarray | None, n: int, rng: np.random.Generator
) -> np.ndarray:
    """Coefficients in samples of people with replacement, by the weights of each, shape (n, 6)."""
    rows, columns = np.triu_indices(6)
    products = np.column_stack([design[:, rows] * design[:, columns], design * z[:, None]])
    sums = resampled_sums(products, n, rng, who)
    left = np.empty((n, 6, 6))
    left[:, rows, columns] = left[:, columns, rows] = sums[:, : len(rows)]
    found = np.full((n, 6), np.nan)
    usable = np.linalg.cond(left) < 1e14
    found[usable] = np.linalg.solve(left[usable], sums[usable, len(rows) :, None])[:, :, 0]
    return found


def _shape(beta: np.ndarray, covariance: np.ndarray, t: float) -> str:
    """By the curvature along its two principal directions, where it can be told from none."""
    quadratic = np.array([[beta[3], beta[4] / 2], [beta[4] / 2, beta[5]]])
    curvature, directions = np.linalg.eigh(quadratic)
    told = []
    for value, (u, v) in zip(curvature, directions.T, strict=True):
        weights = np.array([0, 0, 0, u * u, u * v, v * v])
        error = float(np.sqrt(weights @ covariance @ weights))
        told.append(0 if abs(value) < t * error else int(np.sign(value)))
    if told == [0, 0]:
        return "flat"
    if -1 in told and 1 in told:
        return "saddle"
    return "dome" if -1 in told else "bowl"


def _congruent(told: Mapping[str, Coefficient], geometry: Mapping[str, Estimate]) -> bool:
    bent, level = told["a4"], told["a3"]
    if not (bent.ci_upper < 0 and level.ci_lower <= 0 <= level.ci_upper):
        return False
    for name, wanted in (("ridge_slope", 1.0), ("ridge_intercept", 0.0)):
        ridge = geometry[name]
        if ridge.ci_lower is not None and not ridge.ci_lower <= wanted <= ridge.ci_upper:  # type: ignore[operator]
            return False
    turned = told["a5"]
    return turned.ci_lower <= 0 <= turned.ci_upper


def _middle(values: np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def _plainly(name: Any) -> str:
    return name.say("en") if isinstance(name, Text) else str(name)


def _sentence(sides: Mapping[str, Estimate], names: Sequence[Any], value: Text | None) -> Reason:
    """One plain sentence: what each side of misfit goes with, never what it causes."""
    about = {"own": names[0], "seen": names[1], "outcome": names[2], "value": value}
    kind = "value" if value is not None else "column"
    clauses = {}
    for name in ("too_little", "too_much"):
        side, word = sides[name], "unknown"
        if side.value is not None and side.ci_lower is not None and side.ci_upper is not None:
            word = "costs" if side.ci_upper < 0 else "gains" if side.ci_lower > 0 else "nothing"
        values = about | {"difference": abs(side.value or 0.0)}
        code = f"values.{kind}_{name}_{word}"
        clauses[name] = Text(en=sentence(code, "en", **values), nl=sentence(code, "nl", **values))
    return Reason("values.surface_sentence", clauses)
