"""Recency-frequency summaries: what buy-till-you-die models read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from verbond.errors import DataError, NotFoundError
from verbond.numerics.intervals import normal_quantile
from verbond.results import Estimate

__all__ = ["Summary", "Waits", "summary_columns", "summary_of"]

_NAMES = {
    "frequency": ("frequency", "x"),
    "recency": ("recency", "t_x", "t.x", "tx"),
    "T": ("T", "T.cal", "T_cal", "n_opportunities", "periods", "n.cal"),
    "weight": ("weight", "weights", "n_customers", "custs"),
    "monetary_value": ("monetary_value", "m.x", "m_x", "zbar", "m"),
    "log_waits": ("log_waits", "litt"),
}
"""Each column, and what other programs call it."""
_FEW_PAIRS = 20


@dataclass(frozen=True, slots=True)
class Waits:
    """Times between purchases of all customers together: how regular they are.

    Attributes
    ----------
    log_sum : float
        Sum of logarithms of times between purchases, in the unit of T.
    n_pairs : int
        Customers whose last two times between purchases were looked at.
    uneven, uneven_squares : float
        Sums over these customers of (share of the last time in the last two - 1/2)^2, and of its square.
    """

    log_sum: float
    n_pairs: int = 0
    uneven: float = 0.0
    uneven_squares: float = 0.0

    @property
    def regularity(self) -> Estimate | None:
        """Regularity after Wheat & Morrison (1990): 1 at random, higher is more regular.

        Of two times that are gamma with the same shape k the share of one is beta(k, k) with variance
        1 / (8 k + 4), whatever the customer's rate. None where fewer than 20 customers have two times.
        """
        if self.n_pairs < _FEW_PAIRS or not self.uneven > 0:
            return None
        mean = self.uneven / self.n_pairs
        error = math.sqrt(max(self.uneven_squares / self.n_pairs - mean**2, 0.0) / self.n_pairs)
        middle, ratio = 1 / (8 * mean), math.exp(normal_quantile(0.95) * error / mean)
        return Estimate(middle - 0.5, middle / ratio - 0.5, middle * ratio - 0.5, self.n_pairs)


@dataclass(frozen=True, slots=True)
class Summary:
    """Repeat purchases of each customer, or of each group of customers alike.

    Attributes
    ----------
    frequency : (n,) float64
        Repeat purchases x: all but the first.
    recency : (n,) float64
        From the first purchase to the last one, t_x; 0 where x is 0.
    T : (n,) float64
        From the first purchase to the end of the data, in the unit of `recency`.
    weight : (n,) float64
        How many customers a row stands for.
    monetary_value : (n,) float64 or None
        Mean money of the repeat purchases; looked at only where x > 0.
    covariates : mapping of str to (n,) float64
        What may move the rates of buying and leaving, by name.
    waits : Waits or None
        How regular purchases are, where that is known.
    """

    frequency: np.ndarray = field(repr=False)
    recency: np.ndarray = field(repr=False)
    T: np.ndarray = field(repr=False)
    weight: np.ndarray = field(repr=False)
    monetary_value: np.ndarray | None = field(default=None, repr=False)
    covariates: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False)
    waits: Waits | None = field(default=None, repr=False)

    @property
    def n_customers(self) -> int:
        """How many customers it holds."""
        return round(float(self.weight.sum()))


def summary_columns(names: Sequence[str]) -> list[str]:
    """Which of a file's columns make a summary; none where frequency, recency or T is missing.

    Examples
    --------
    >>> summary_columns(["ID", "x", "t.x", "T.cal", "m.x"]), summary_columns(["customer_id", "amount"])
    (['x', 't.x', 'T.cal', 'm.x'], [])
    """
    found = {role: next((name for name in known if name in names), None) for role, known in _NAMES.items()}
    if None in (found["frequency"], found["recency"], found["T"]):
        return []
    return [name for name in found.values() if name is not None]


def summary_of(columns: Mapping[str, Any], covariates: Sequence[str] = ()) -> Summary:
    """Read a summary from named columns, under our names or those of BTYD and lifetimes.

    Parameters
    ----------
    columns : mapping of str to array
        frequency (x), recency (t_x), T, and if there are any: weight, monetary_value, and log_waits (litt),
        the sum of logarithms of the times between a customer's purchases.
    covariates : sequence of str
        Further columns to keep. A column of words becomes a covariate "column=word", 0 or 1, for each word
        but the first by alphabet.

    Returns
    -------
    Summary

    Raises
    ------
    NotFoundError
        If a column is missing.
    DataError
        For a recency after T, a repeat purchase at no time, negative or fractional counts; the row is named.

    Examples
    --------
    >>> summary_of({"x": [2, 0], "t.x": [30.4, 0], "T.cal": [38.9, 38.9]}).n_customers
    2
    """
    found = {name: _column(columns, name) for name in _NAMES}
    for name in ("frequency", "recency", "T"):
        if found[name] is None:
            raise NotFoundError(
                f"no column {name!r}", got=", ".join(map(str, columns)), expected=" or ".join(_NAMES[name])
            )
    x, t_x, T = found["frequency"], found["recency"], found["T"]
    weight = found["weight"] if found["weight"] is not None else np.ones(len(x))
    _check(x, t_x, T, weight)
    kept: dict[str, np.ndarray] = {}
    for name in covariates:
        kept |= _covariate(columns, name)
    return Summary(x, t_x, T, weight, found["monetary_value"], kept, _waits(found["log_waits"], x, weight))


def _waits(log_waits: np.ndarray | None, x: np.ndarray, weight: np.ndarray) -> Waits | None:
    if log_waits is None:
        return None
    log_waits = np.where(x > 0, log_waits, 0.0)
    if not np.isfinite(log_waits).all():
        row = int(np.argmax(~np.isfinite(log_waits))) + 1
        raise DataError(f"row {row}: log_waits is missing", expected="a sum of logarithms of times")
    return Waits(float(weight @ log_waits))


def _covariate(columns: Mapping[str, Any], name: str) -> dict[str, np.ndarray]:
    if name not in columns:
        raise NotFoundError(f"no column {name!r}", got=", ".join(map(str, columns)), expected="a covariate")
    values = np.asarray(columns[name])
    if values.dtype.kind in "biuf":
        numbers = values.astype(np.float64)
        missing = ~np.isfinite(numbers)
        kept = {name: numbers}
    else:
        missing = np.array([v is None or v != v or v == "" for v in values.tolist()], dtype=bool)
        words = np.array([str(v) for v in values.tolist()], dtype=object)
        kept = {f"{name}={word}": (words == word).astype(float) for word in sorted(set(words[~missing]))[1:]}
    if missing.any():
        row = int(np.argmax(missing)) + 1
        raise DataError(f"row {row}: covariate {name!r} is missing", expected="a value for every customer")
    return kept


def _column(columns: Mapping[str, Any], name: str) -> np.ndarray | None:
    for known in _NAMES[name]:
        if known in columns:
            try:
                return np.asarray(columns[known], dtype=np.float64)
            except (TypeError, ValueError):
                raise DataError(f"column {known!r} holds something that is no number") from None
    return None


def _check(x: np.ndarray, t_x: np.ndarray, T: np.ndarray, weight: np.ndarray) -> None:
    rules = (
        (~np.isfinite(x) | ~np.isfinite(t_x) | ~np.isfinite(T), "a value is missing", "numbers everywhere"),
        ((x < 0) | (x != np.floor(x)), "frequency is no count", "0, 1, 2, …"),
        (t_x < 0, "recency is negative", "0 or more"),
        (t_x > T, "recency lies after T", "the last purchase within the time observed"),
        ((x == 0) & (t_x > 0), "recency without a repeat purchase", "recency 0 where frequency is 0"),
        (
            (x > 0) & (t_x == 0),
            "a repeat purchase at the time of the first",
            "recency above 0 where frequency is",
        ),
        (~(weight >= 0), "weight is negative or missing", "0 or more"),
    )
    for broken, problem, right in rules:
        if broken.any():
            row = int(np.argmax(broken))
            got = f"frequency {x[row]:g}, recency {t_x[row]:g}, T {T[row]:g}"
            raise DataError(f"row {row + 1}: {problem}", got=got, expected=right)
