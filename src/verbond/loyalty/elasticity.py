"""How quantity goes with price and discount: products compared with themselves, weeks with one another."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import chdtri, stdtrit

from verbond.loyalty.fixed_effects import FixedEffects, fit_fixed_effects
from verbond.numerics.intervals import normal_quantile
from verbond.results import Estimate, Reason
from verbond.results.groups import MIN_GROUP
from verbond.tables.reads.prices import Leanings, ProductWeeks, leanings, product_weeks
from verbond.tables.tables import Tables

__all__ = ["LEAST_PRODUCTS", "Elasticity", "ElasticityResult", "elasticity_of", "fit_spread"]

LEAST_PRODUCTS = 20
"""With fewer products the error clustered by product is too uncertain itself."""
LEAST_PEOPLE = 30
"""With fewer people, how far they differ is not estimated."""
LISTED = 0.95
"""Discount stands apart from price where so many rows have a list price."""
PHASES = ("new", "established")


@dataclass(frozen=True, slots=True)
class Elasticity:
    """By how many percent more is bought where the price is one percent higher: below 0 for most goods.

    Attributes
    ----------
    measure : str
        "discount": of the paid share of the list price, at the same list price; "list_price": of that, at the
        same discount; "paid_price": of what is paid, where list prices are not known.
    phase : str
        "" everybody, "new" or "established" customers.
    n_products, n_units : int
    elasticity : Estimate
        `n_obs` are products; the interval is over products.
    """

    measure: str
    phase: str
    n_products: int
    n_units: int
    elasticity: Estimate


@dataclass(frozen=True, slots=True)
class ElasticityResult:
    """How quantity goes with price.

    Attributes
    ----------
    rows : tuple of Elasticity
        Everybody, then new and established customers.
    difference : Estimate or None
        New minus established, of "discount" or else "paid_price".
    spread : Estimate or None
        Standard deviation of customers' own elasticities, chance taken out; `n_obs` are customers.
    covered : float
        Share of rows with a product that these products stand for.
    n_weeks : int
    reasons : tuple of Reason
    customers : dict of arrays
        customer_id, n_purchases, elasticity, ci_lower, ci_upper: drawn towards everybody's, the more so the
        less somebody's purchases tell. Not in `to_dict`: it is about single people.
    """

    rows: tuple[Elasticity, ...]
    difference: Estimate | None
    spread: Estimate | None
    covered: float
    n_weeks: int
    reasons: tuple[Reason, ...]
    customers: dict[str, np.ndarray] = field(default_factory=dict, repr=False, metadata={"json": False})


def elasticity_of(tables: Tables, new_days: int = 90, ci_level: float = 0.95) -> ElasticityResult:
    """Estimate how quantity goes with discount and price.

    Parameters
    ----------
    tables : Tables
        With purchases that name their product; what they cannot answer comes back as reasons.
    new_days : int
        So long after the first purchase somebody is new.
    ci_level : float

    Returns
    -------
    ElasticityResult

    Notes
    -----
    ln E(units of product i in week t) = product + week + b ln(price), where price is what a unit cost that
    week over all buyers; with list prices b1 ln(list price) + b2 ln(paid / list price). A customer's own b is
    everybody's plus d: given how often she bought a product, the chance of a week is proportional to
    everybody's rows of that week times price^d. Near d = 0 its log-likelihood is d U - d² I / 2, with U and I
    sums over her rows, both divided by the design effect: rows of one day go together. d is normal with
    variance τ² between customers, estimated from all U and I.

    It is association: the shop sets price and promotion with demand in mind.
    """
    sold = product_weeks(tables, new_days) if "events" in tables and tables.n_rows("events") else None
    why = _unusable(sold)
    if sold is None or why is not None:
        return ElasticityResult((), None, None, 0.0, 0, (why,) if why is not None else ())
    by_discount = sold.n_listed >= LISTED * sold.n_rows
    measures = ("discount", "list_price") if by_discount else ("paid_price",)
    x, seen = _prices(sold, by_discount)
    whole = fit_fixed_effects(sold.units.sum(axis=0), x, seen)
    if whole is None and by_discount:  # list prices that stand still
        measures, x = ("discount",), x[..., :1]
        whole = fit_fixed_effects(sold.units.sum(axis=0), x, seen)
    if whole is None or whole.n_products < LEAST_PRODUCTS:
        return ElasticityResult((), None, None, 0.0, 0, (Reason("loyalty_promotion.prices_stand_still"),))
    found = leanings(tables, new_days, by_discount)
    fits = {"": whole} | _phases(sold, x, seen, found)
    rows = tuple(
        Elasticity(measure, phase, fit.n_products, fit.n_units, _estimate(fit, j, ci_level))
        for phase, fit in fits.items()
        for j, measure in enumerate(measures)
    )
    spread, customers = _customers(found, rows[0].elasticity, whole, ci_level)
    return ElasticityResult(
        rows=rows,
        difference=_difference(fits, ci_level),
        spread=spread,
        covered=sold.n_rows / sold.n_rows_in_all,
        n_weeks=int(seen.any(axis=0).sum()),
        reasons=tuple(_reasons(by_discount, fits, spread)),
        customers=customers,
    )


def fit_spread(
    lean: np.ndarray, information: np.ndarray, ci_level: float = 0.95
) -> tuple[float, float, float] | None:
    """Standard deviation τ of d between people, with its interval, by maximum likelihood.

    Parameters
    ----------
    lean, information : (n,) float64
        U and I of each: U is normal with mean 0 and variance I + I² τ².
    ci_level : float

    Returns
    -------
    (value, lower, upper) or None
        Interval by profile likelihood; None with fewer than `LEAST_PEOPLE` who tell something.
    """
    u, i = lean[information > 0], information[information > 0]
    if len(u) < LEAST_PEOPLE:
        return None

    def deviance(tau: float) -> float:
        variance = i + (i * tau) ** 2
        return float((np.log(variance) + u**2 / variance).sum())

    top = 10 * np.sqrt(max(float(((u / i) ** 2).mean()), 1e-12))
    best = minimize_scalar(deviance, bounds=(0.0, top), method="bounded", options={"xatol": 1e-8}).x
    value = float(best) if deviance(best) < deviance(0.0) else 0.0
    level = deviance(value) + float(chdtri(1, 1 - ci_level))

    def outside(tau: float) -> float:
        return deviance(tau) - level

    low = brentq(outside, 0.0, value) if value > 0 and outside(0.0) > 0 else 0.0
    while outside(top) < 0:
        top *= 2
    return value, float(low), float(brentq(outside, value, top))


def _unusable(sold: ProductWeeks | None) -> Reason | None:
    if sold is None or not sold.n_rows_in_all:
        return Reason("loyalty_promotion.no_products")
    if len(sold.products) < LEAST_PRODUCTS:
        return Reason("loyalty_promotion.few_products", {"n": len(sold.products), "least": LEAST_PRODUCTS})
    return None


def _prices(sold: ProductWeeks, by_discount: bool) -> tuple[np.ndarray, np.ndarray]:
    """Log prices (p, t, k), and where they are known."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if by_discount:
            each = sold.paid_listed / sold.listed, sold.listed / sold.units_listed
        else:
            each = (sold.paid / sold.units.sum(axis=0),)
        x = np.log(np.stack(each, axis=-1))
    return x, np.isfinite(x).all(axis=-1)


def _phases(sold: ProductWeeks, x: np.ndarray, seen: np.ndarray, found: Leanings) -> dict[str, FixedEffects]:
    """New and established customers, both or neither."""
    if min(int((found.established == e).sum()) for e in (False, True)) < MIN_GROUP:
        return {}
    fits = {phase: fit_fixed_effects(sold.units[j], x, seen) for j, phase in enumerate(PHASES)}
    told = {phase: fit for phase, fit in fits.items() if fit and fit.n_products >= LEAST_PRODUCTS}
    return told if len(told) == len(fits) else {}


def _estimate(fit: FixedEffects, j: int, ci_level: float) -> Estimate:
    value, variance = float(fit.coefficients[j]), float(fit.covariance[j, j])
    half = float(stdtrit(fit.n_products - 1, 0.5 + ci_level / 2)) * np.sqrt(variance)
    return Estimate(value, float(value - half), float(value + half), fit.n_products, ci_level)


def _difference(fits: dict[str, FixedEffects], ci_level: float) -> Estimate | None:
    """Of the same products, so errors go together: influences are subtracted before they are squared."""
    if len(fits) < 3:
        return None
    new, established = fits["new"], fits["established"]
    n = min(new.n_products, established.n_products)
    value = float(new.coefficients[0] - established.coefficients[0])
    apart = new.influence[:, 0] - established.influence[:, 0]
    half = float(stdtrit(n - 1, 0.5 + ci_level / 2)) * np.sqrt(n / (n - 1) * float(apart @ apart))
    return Estimate(value, float(value - half), float(value + half), n, ci_level)


def _customers(
    found: Leanings, everybody: Estimate, whole: FixedEffects, ci_level: float
) -> tuple[Estimate | None, dict[str, np.ndarray]]:
    ids, row = np.unique(found.customer_ids.astype(str), return_inverse=True)
    n, lean, information, squares, mixed, information_squares = (
        np.bincount(row, weights=getattr(found, f.name), minlength=len(ids))
        for f in dataclasses.fields(found)[2:]
    )
    effect = _design_effect(lean, information, squares, mixed, information_squares)
    lean, information = lean / effect, information / effect
    told = fit_spread(lean, information, ci_level)
    if told is None:
        return None, {}
    between = told[0] ** 2
    shrunk = between / (1 + between * information)
    value, error = float(whole.coefficients[0]) + shrunk * lean, np.sqrt(shrunk + whole.covariance[0, 0])
    half = normal_quantile(ci_level) * error
    n_told = int((information > 0).sum())
    return Estimate(*told, n_told, ci_level), {
        "customer_id": ids.astype(object), "n_purchases": n, "elasticity": value, "ci_lower": value - half,
        "ci_upper": value + half,
    }  # fmt: skip


def _design_effect(
    lean: np.ndarray, information: np.ndarray, squares: np.ndarray, mixed: np.ndarray,
    information_squares: np.ndarray,
) -> float:  # fmt: skip
    """Mean square of what a day adds, about the person's own d, over what it would be for rows apart."""
    here = information > 0
    d = lean[here] / information[here]
    left = squares[here] - 2 * d * mixed[here] + d**2 * information_squares[here]
    apart = information[here] - information_squares[here] / information[here]
    return max(1.0, float(left.sum() / apart.sum())) if apart.sum() > 0 else 1.0


def _reasons(by_discount: bool, fits: dict[str, FixedEffects], spread: Estimate | None) -> Iterator[Reason]:
    if not by_discount:
        yield Reason("loyalty_promotion.no_list_prices")
    if len(fits) < 3:
        yield Reason("loyalty_promotion.few_new")
    if spread is None:
        yield Reason("loyalty_promotion.few_people", {"least": LEAST_PEOPLE})
    yield Reason("loyalty_promotion.elasticity_association")
