"""Answers that are in no canonical table: columns of a file, or a covariance matrix.

For whoever checks a scale of their own, as R users do: name the items, read the figures.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from verbond.errors import DataError, NotFoundError, OptionError, ReadError
from verbond.method import named
from verbond.results import Provenance, Reason
from verbond.survey.kernel import Moments, keyed_signs, pairwise_moments, reliability
from verbond.survey.report import scale_reliability
from verbond.survey.results import ItemStatistics, ReliabilityResult, ScaleReliability
from verbond.survey.scoring import scale_scores

__all__ = [
    "CovarianceMatrix",
    "covariance_reliabilities",
    "read_covariance",
    "scale_items",
    "scale_reliabilities",
]


@dataclass(frozen=True, slots=True)
class CovarianceMatrix:
    """Covariances of items, as papers and packages publish them.

    Attributes
    ----------
    names : (p,) tuple of str
    cov : (p, p) float64
    n_obs : int
        Respondents behind it.
    mean : (p,) float64, or None
    """

    names: tuple[str, ...]
    cov: np.ndarray = field(repr=False)
    n_obs: int
    mean: np.ndarray | None = None


def read_covariance(path: Path | str, n_obs: int | None = None) -> CovarianceMatrix:
    """Read a covariance matrix from JSON: {"n": 250, "names": [...], "cov": [[...], ...], "mean": [...]}.

    The means may be left out.

    Parameters
    ----------
    path : path
    n_obs : int, optional
        Where the file has no "n", or instead of it.

    Raises
    ------
    NotFoundError, ReadError
        If the file is not there, or is no covariance matrix.
    """
    path = Path(path)
    if not path.is_file():
        raise NotFoundError(f"no file {path}")
    right = "JSON with names, cov and n"
    try:
        given = json.loads(path.read_text("utf-8"))
        names, cov = tuple(map(str, given["names"])), np.array(given["cov"], dtype=np.float64)
        mean = np.array(given["mean"], dtype=np.float64) if given.get("mean") is not None else None
    except (ValueError, TypeError, KeyError) as error:
        raise ReadError(
            "this is no covariance matrix", file=path.name, value=str(error), expected=right
        ) from None
    if cov.shape != (len(names),) * 2 or not np.isfinite(cov).all():
        shape = " by ".join(map(str, cov.shape))
        raise ReadError(
            "names and covariances do not fit together",
            file=path.name,
            value=shape,
            expected=f"{len(names)} by {len(names)}",
        )
    if not np.allclose(cov, cov.T, rtol=1e-8, atol=1e-10) or (np.diag(cov) < 0).any():
        raise ReadError("the covariances are not symmetric, or a variance is negative", file=path.name)
    if mean is not None and (mean.shape != (len(names),) or not np.isfinite(mean).all()):
        raise ReadError("the means and the names do not fit together", file=path.name, value=str(mean.shape))
    n = n_obs if n_obs is not None else given.get("n")
    if isinstance(n, bool) or not isinstance(n, int) or n < 2:
        raise ReadError("how many respondents?", file=path.name, value=repr(n), expected="n of 2 or more")
    return CovarianceMatrix(names, cov, n, mean)


def scale_items(items: Sequence[str]) -> tuple[tuple[str, ...], np.ndarray | None]:
    """Names of a scale's items, and which are reversed: those with a minus before them.

    Returns
    -------
    names : tuple of str
    reversed : (k,) bool array, or None where no item has a sign: then the answers decide.

    Examples
    --------
    >>> scale_items(["-A1", "A2"])[0], scale_items(["-A1", "A2"])[1].tolist(), scale_items(["A1"])[1]
    (('A1', 'A2'), [True, False], None)
    """
    names = tuple(item.removeprefix("-") for item in items)
    if not names or not all(names):
        raise OptionError("a scale has no items", expected="NAME=ITEM,ITEM")
    if repeated := [name for name in names if names.count(name) > 1]:
        raise OptionError(f"item {repeated[0]!r} stands twice in a scale")
    turned = np.array([item.startswith("-") for item in items])
    return names, turned if turned.any() else None


def scale_reliabilities(
    columns: Mapping[str, np.ndarray],
    scales: Mapping[str, Sequence[str]],
    *,
    min_reliability: float = 0.6,
    source: str = "",
) -> ReliabilityResult:
    """Reliability of scales whose items are columns.

    Parameters
    ----------
    columns : mapping of str to (n,) float array
        NaN where there is no answer.
    scales : mapping of str to sequence of str
        Name of a scale -> its items, reversed ones with a minus ("-A1"). In a scale without any minus, items
        that run against the others are turned over, and a warning says so.
    min_reliability : float
        Below it a scale gets a reason.
    source : str
        Where the columns came from.

    Returns
    -------
    ReliabilityResult

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> trait = rng.normal(size=200)
    >>> columns = {f"q{j}": trait + rng.normal(size=200) for j in range(3)}
    >>> columns["q2"] = -columns["q2"]
    >>> result = scale_reliabilities(columns, {"trust": ["q0", "q1", "q2"]})
    >>> 0.6 < result.scales[0].alpha < 0.85, result.warnings[0].code     # true alpha: 0.75
    (True, 'survey.item_turned')
    """
    found, warnings = [], []
    for name, items in scales.items():
        names, turned = scale_items(items)
        missing = [item for item in names if item not in columns]
        if missing:
            raise _no_item(name, missing[0], list(columns))
        answers = np.column_stack([np.asarray(columns[item], dtype=np.float64) for item in names])
        if turned is None:
            turned = keyed_signs(pairwise_moments(answers).cor) < 0
            warnings += _turned(name, names, turned)
        scores = scale_scores(np.where(turned, -answers, answers), steps=np.ones(len(names)))
        found.append(
            scale_reliability(
                name, names, answers, turned, scores, min_reliability=min_reliability, assumed=0.6
            )
        )
        warnings += [found[-1].reason] if found[-1].reason is not None else []
    return ReliabilityResult(tuple(found), tuple(warnings), Provenance(source=source))


def covariance_reliabilities(
    matrix: CovarianceMatrix, scales: Mapping[str, Sequence[str]], *, source: str = ""
) -> ReliabilityResult:
    """Reliability of scales from a covariance matrix; reversed items as in `scale_reliabilities`."""
    place = {name: j for j, name in enumerate(matrix.names)}
    found, warnings = [], []
    for name, items in scales.items():
        names, turned = scale_items(items)
        missing = [item for item in names if item not in place]
        if missing:
            raise _no_item(name, missing[0], list(matrix.names))
        rows = [place[item] for item in names]
        cov = matrix.cov[np.ix_(rows, rows)]
        sd = np.sqrt(np.diag(cov))
        if not (sd > 0).all():
            raise DataError(f"item {names[int(np.argmin(sd))]!r} does not vary")
        if turned is None:
            turned = keyed_signs(cov / np.outer(sd, sd)) < 0
            warnings += _turned(name, names, turned)
        sign = np.where(turned, -1.0, 1.0)
        cov = cov * np.outer(sign, sign)
        found.append(_from_covariance(name, names, turned, cov, matrix.n_obs))
    return ReliabilityResult(tuple(found), tuple(warnings), Provenance(source=source))


def _from_covariance(
    name: str, names: tuple[str, ...], turned: np.ndarray, cov: np.ndarray, n_obs: int
) -> ScaleReliability:
    sd = np.sqrt(np.diag(cov))
    moments = Moments(np.full(cov.shape, n_obs), np.zeros(len(cov)), cov, cov / np.outer(sd, sd))
    figures = reliability(moments)
    against = keyed_signs(moments.cor) < 0
    items = tuple(
        ItemStatistics(
            item, n_obs, 0, None, float(sd[j]), _finite(figures.item_rest[j]),
            _finite(figures.alpha_if_dropped[j]), bool(turned[j]), bool(against[j]),
        )
        for j, item in enumerate(names)
    )  # fmt: skip
    return ScaleReliability(
        scale=name, n_items=len(names), n_obs=n_obs, n_complete=n_obs, alpha=figures.alpha,
        alpha_ci_lower=figures.alpha_ci_lower, alpha_ci_upper=figures.alpha_ci_upper,
        alpha_standardized=figures.alpha_standardized, omega=figures.omega, items=items,
    )  # fmt: skip


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def _turned(scale: str, names: tuple[str, ...], turned: np.ndarray) -> list[Reason]:
    items = [name for name, turn in zip(names, turned, strict=True) if turn]
    values = {"scale": named(scale), "items": items, "n": len(items), "first": items[0] if items else ""}
    return [Reason("survey.item_turned", values)] if items else []


def _no_item(scale: str, item: str, names: list[str]) -> NotFoundError:
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return NotFoundError(f"item {item!r} of scale {scale!r} is not in the data", got=shown)
