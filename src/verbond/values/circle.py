"""The value circle as these people have it: where each value lies by their own answers, and how surely.

References
----------
Schwartz, S. H., & Boehnke, K. (2004). Evaluating the structure of human values with confirmatory factor
analysis. Journal of Research in Personality, 38(3), 230-255.
"""

from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import chdtri

from verbond.errors import DataError, NotFoundError, OptionError, ReadError
from verbond.method import CIRCLE, CIRCLE_19
from verbond.results import Provenance, Reason, Result
from verbond.values.kernel import (
    KINDS,
    OrderAgreement,
    Scaling,
    order_agreement,
    procrustes,
    resampled_sums,
    scale_distances,
)
from verbond.values.profiles import Profiles

__all__ = ["CircleResult", "PlacedValue", "ValueCircle", "read_correlations"]

LEAST_RESPONDENTS = 10
"""Below it no map is drawn: correlations are noise."""
FEW_RESPONDENTS = 50
"""Below it a map is drawn and called uncertain."""
LEAST_VALUES = 5
"""Four points always lie on some circle: fewer than five tell nothing of an order."""


@dataclass(frozen=True, slots=True)
class PlacedValue:
    """One value on the map.

    Attributes
    ----------
    value : str
    x, y : float
        On the map, turned onto the theory: its circle has radius 1, universalism lies at (1, 0).
    angle_degrees : float
        0..360 in the direction of the theory.
    theory_degrees : float or None
        Where the theory puts it; None for names that are not on its circle.
    angle_ci_lower, angle_ci_upper : float or None
        Bootstrap interval of the angle, degrees from `angle_degrees - 180` to `angle_degrees + 180`.
    region : tuple of five floats, or None
        95% ellipse of the bootstrap: centre x, centre y, half axes, and the first axis's angle in degrees.
    """

    value: str
    x: float
    y: float
    angle_degrees: float
    theory_degrees: float | None
    angle_ci_lower: float | None = None
    angle_ci_upper: float | None = None
    region: tuple[float, float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class CircleResult(Result):
    """Values on a map of two dimensions.

    Attributes
    ----------
    order : tuple of str
        As they follow one another round the map, from the first value of the theory.
    angles : dict of str to float
        Degrees, 0..360.
    stress : float
        Kruskal's stress-1; for ten values below about .15 the map is a fair picture.
    kind : {"ordinal", "interval", "ratio"}
    values : tuple of PlacedValue
    agreement : OrderAgreement or None
        With the order of the theory; None where names are not on its circle.
    n_obs : int or None
        Respondents; None for a matrix that does not say.
    n_bootstrap : int
    reasons : tuple of Reason
        What it says, and what to keep in mind.
    provenance : Provenance
    """

    order: tuple[str, ...]
    angles: dict[str, float]
    stress: float
    kind: str
    values: tuple[PlacedValue, ...]
    agreement: OrderAgreement | None
    n_obs: int | None
    n_bootstrap: int
    reasons: tuple[Reason, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a value, in the order found."""
        by_value = {row.value: row for row in self.values}
        names = ("value", "angle_degrees", "angle_ci_lower", "angle_ci_upper", "theory_degrees", "x", "y")
        return [{name: getattr(by_value[value], name) for name in names} for value in self.order]


@dataclass(frozen=True, slots=True)
class ValueCircle:
    """Multidimensional scaling of people's values.

    Parameters
    ----------
    kind : {"ordinal", "interval", "ratio"}
        What of the dissimilarities counts; value research uses ordinal.
    n_bootstrap : int
        Samples of respondents for the regions; 0 for none.
    n_permutations : int
        Of the labels, for the null of the order.
    seed : int

    Notes
    -----
    Dissimilarities are sqrt(2 (1 - r)) for the correlation r of the centred scores: the distance between
    standardised variables. Signs and turning of a map mean nothing: it is laid onto the theory by
    Procrustes, mirrored where that fits better, and so is every bootstrap map onto the map of all.

    Examples
    --------
    >>> angles = np.deg2rad([value.angle_degrees for value in CIRCLE if value.id != "tradition"])
    >>> names = [value.id for value in CIRCLE if value.id != "tradition"]
    >>> cor = np.cos(angles[:, None] - angles)
    >>> found = ValueCircle("ratio").fit_correlations(names, cor)
    >>> found.order == tuple(names), round(found.stress, 3), round(found.angles["power"])
    (True, 0.0, 200)
    """

    kind: str = "ordinal"
    n_bootstrap: int = 500
    n_permutations: int = 5_000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise OptionError("unknown kind", got=repr(self.kind), expected=" or ".join(map(repr, KINDS)))
        if self.n_bootstrap < 0 or self.n_permutations < 99:
            raise OptionError("too few samples", expected="n_bootstrap 0 or more, n_permutations 99 or more")

    def fit(self, profiles: Profiles) -> CircleResult:
        """Map the values of respondents, with bootstrap regions.

        Parameters
        ----------
        profiles : Profiles
            Respondents who miss a value are left out.

        Returns
        -------
        CircleResult

        Raises
        ------
        DataError
            With fewer than ten respondents, or fewer than five values that vary.
        """
        scores = profiles.centred
        complete = scores[np.isfinite(scores).all(axis=1)]
        if len(complete) < LEAST_RESPONDENTS:
            raise DataError(
                "too few respondents for a map of values", got=f"{len(complete)} complete profiles",
                expected=f"at least {LEAST_RESPONDENTS}", hint="A stable map takes a hundred or more.",
            )  # fmt: skip
        raw = profiles.scores[np.isfinite(scores).all(axis=1)]
        varies = (raw.std(axis=0) > 1e-9) & (complete.std(axis=0) > 1e-9)
        reasons = [] if varies.all() else [_left_out(np.array(profiles.values, dtype=object)[~varies])]
        names = [value for value, use in zip(profiles.values, varies, strict=True) if use]
        complete = complete[:, varies]
        self._enough(names)
        if len(complete) < FEW_RESPONDENTS:
            reasons.append(Reason("values.circle_few", {"n": len(complete)}))
        found = self._fit(names, np.corrcoef(complete, rowvar=False), len(complete), reasons)
        placed = found.values if not self.n_bootstrap else self._regions(found, complete)
        return dataclasses.replace(found, values=placed, provenance=profiles.provenance)

    def fit_correlations(
        self, names: Sequence[str], cor: np.ndarray, n_obs: int | None = None
    ) -> CircleResult:
        """Map a correlation matrix; without respondents there are no regions.

        Parameters
        ----------
        names : sequence of str
            Ids of values, or names of your own (then there is no theory to compare with).
        cor : (n, n) float
        n_obs : int, optional

        Raises
        ------
        DataError
            If it is no correlation matrix.
        """
        cor = np.asarray(cor, dtype=np.float64)
        _check_matrix(names, cor)
        self._enough(names)
        reasons = []
        if np.linalg.eigvalsh(cor)[0] < -1e-8:
            reasons.append(Reason("values.not_positive_definite"))
        found = self._fit(list(names), cor, n_obs, reasons)
        return dataclasses.replace(found, n_bootstrap=0)

    def _enough(self, names: Sequence[str]) -> None:
        if len(names) < LEAST_VALUES:
            raise DataError(
                "too few values for a map", got=", ".join(names) or "none that vary",
                expected=f"at least {LEAST_VALUES} that differ between people",
            )  # fmt: skip

    def _fit(
        self, names: list[str], cor: np.ndarray, n_obs: int | None, reasons: list[Reason]
    ) -> CircleResult:
        rng = np.random.default_rng(self.seed)
        theory = _theory(names)
        target = _on_circle(theory if theory is not None else 360 * np.arange(len(names)) / len(names))
        distances = _dissimilarities(cor)
        scaled = scale_distances(distances, self.kind, starts=(target,), rng=rng)
        points = _turned(scaled, theory, target)
        degrees = _degrees(points)
        agreement = None
        if theory is not None:
            agreement = order_agreement(
                distances, theory, degrees, n_permutations=self.n_permutations, rng=rng
            )
            reasons = [_verdict(agreement), *reasons]
        placed = tuple(
            PlacedValue(name, float(x), float(y), float(a), None if theory is None else float(theory[j]))
            for j, (name, (x, y), a) in enumerate(zip(names, points, degrees, strict=True))
        )
        return CircleResult(
            order=tuple(names[j] for j in np.argsort((degrees - degrees[0]) % 360, kind="stable")),
            angles={row.value: row.angle_degrees for row in placed},
            stress=scaled.stress,
            kind=self.kind,
            values=placed,
            agreement=agreement,
            n_obs=n_obs,
            n_bootstrap=self.n_bootstrap,
            reasons=tuple(reasons),
        )

    def _regions(self, found: CircleResult, scores: np.ndarray) -> tuple[PlacedValue, ...]:
        """Where each value lies in samples of the same people, with replacement."""
        rng = np.random.default_rng(self.seed + 1)
        target = np.array([(row.x, row.y) for row in found.values])
        maps = []
        for cor in _resampled_correlations(scores, self.n_bootstrap, rng):
            if np.isfinite(cor).all():
                start = (target,)
                scaled = scale_distances(_dissimilarities(cor), self.kind, starts=start, n_random=0)
                maps.append(procrustes(scaled.points, target))
        if len(maps) < 0.5 * self.n_bootstrap:
            return found.values
        cloud = np.array(maps)
        return tuple(_with_region(row, cloud[:, j]) for j, row in enumerate(found.values))


def read_correlations(path: Path | str) -> tuple[tuple[str, ...], np.ndarray, int | None]:
    """Read a correlation or covariance matrix: JSON with names and cor or cov, or a CSV with a header.

    Returns
    -------
    names, cor, n_obs : tuple of str, (n, n) float64, int or None

    Raises
    ------
    NotFoundError, ReadError
        If the file is not there, or holds something else.
    """
    path = Path(path)
    if not path.is_file():
        raise NotFoundError(f"no file {path}")
    right = "JSON with names and cor, or a CSV with a header of names"
    try:
        text = path.read_text("utf-8-sig")
        given: Any = json.loads(text) if path.suffix.lower() == ".json" else _square(text)
        names = tuple(map(str, given["names"]))
        matrix = np.array(given["cor"] if "cor" in given else given["cov"], dtype=np.float64)
        n = int(given["n"]) if given.get("n") is not None else None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ReadError(
            "this is no correlation matrix", file=path.name, value=str(error), expected=right
        ) from None
    if "cor" not in given and matrix.shape == (len(names),) * 2:
        sd = np.sqrt(np.diag(matrix))
        if not (np.isfinite(sd) & (sd > 0)).all():
            raise ReadError("a variance is zero or negative", file=path.name, expected="values that vary")
        matrix = matrix / np.outer(sd, sd)
    return names, matrix, n


def _square(text: str) -> dict[str, Any]:
    """A matrix as text: a header of names, rows of numbers, with or without a name before each row."""
    separator = max(",;\t", key=text.splitlines()[0].count if text.strip() else "".count)
    header, *rows = [
        [cell.strip().strip('"') for cell in row]
        for row in csv.reader(text.splitlines(), delimiter=separator)
        if row
    ]
    named = len(rows) > 0 and len(rows[0]) > len(rows)
    names = [cell for cell in header if cell][-len(rows) :]
    return {"names": names, "cor": [[float(cell) for cell in row[named:]] for row in rows]}


def _resampled_correlations(
    scores: np.ndarray, n_samples: int, rng: np.random.Generator
) -> Iterator[np.ndarray]:
    """Correlations in samples of respondents with replacement; NaN where a value does not vary."""
    z = (scores - scores.mean(axis=0)) / scores.std(axis=0)
    v = z.shape[1]
    rows, columns = np.triu_indices(v)
    sums = resampled_sums(np.column_stack([np.ones(len(z)), z, z[:, rows] * z[:, columns]]), n_samples, rng)
    for total in sums / sums[:, :1]:
        cov = np.empty((v, v))
        cov[rows, columns] = cov[columns, rows] = total[1 + v :]
        cov -= np.outer(total[1 : 1 + v], total[1 : 1 + v])
        sd = np.sqrt(np.where(np.diag(cov) > 1e-12, np.diag(cov), np.nan))
        cor = np.clip(cov / np.outer(sd, sd), -1.0, 1.0)
        yield cor


def _check_matrix(names: Sequence[str], cor: np.ndarray) -> None:
    n = len(names)
    if cor.shape != (n, n):
        raise DataError(
            "names and correlations do not fit together",
            got=" by ".join(map(str, cor.shape)),
            expected=f"{n} by {n}",
        )
    if len(set(names)) < n:
        raise DataError(
            "a name stands twice", got=", ".join(sorted({x for x in names if names.count(x) > 1}))
        )
    if not np.isfinite(cor).all() or np.abs(cor).max() > 1 + 1e-6:
        raise DataError("correlations must be known and lie between -1 and 1")
    if not np.allclose(cor, cor.T, atol=1e-6) or not np.allclose(np.diag(cor), 1.0, atol=1e-6):
        raise DataError("a correlation matrix is symmetric, with ones on its diagonal")


def _theory(names: Sequence[str]) -> np.ndarray | None:
    for circle in (CIRCLE, CIRCLE_19):
        angles = {value.id: value.angle_degrees for value in circle}
        if set(names) <= set(angles):
            return np.array([angles[name] for name in names])
    return None


def _on_circle(degrees: np.ndarray) -> np.ndarray:
    angle = np.deg2rad(degrees)
    return np.column_stack([np.cos(angle), np.sin(angle)])


def _dissimilarities(cor: np.ndarray) -> np.ndarray:
    return np.sqrt(np.maximum(2.0 * (1.0 - cor), 0.0)) * (1.0 - np.eye(len(cor)))


def _turned(scaled: Scaling, theory: np.ndarray | None, target: np.ndarray) -> np.ndarray:
    """The map on the theory; without one, the first name at 0 degrees and the second within half a turn."""
    if theory is not None:
        return procrustes(scaled.points, target) - procrustes(scaled.points, target).mean(axis=0)
    points = scaled.points - scaled.points.mean(axis=0)
    angle = np.arctan2(points[0, 1], points[0, 0])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = points @ turn
    return points * [1, -1] if points[1, 1] < 0 else points


def _degrees(points: np.ndarray) -> np.ndarray:
    """Angles round the middle of the points, 0..360."""
    x, y = (points - points.mean(axis=0)).T
    return np.round(np.rad2deg(np.arctan2(y, x)), 9) % 360


def _with_region(row: PlacedValue, cloud: np.ndarray) -> PlacedValue:
    centre, spread = cloud.mean(axis=0), np.cov(cloud, rowvar=False)
    size, axes = np.linalg.eigh(spread)
    half = np.sqrt(np.maximum(size, 0.0) * chdtri(2, 0.05))
    turn = float(np.rad2deg(np.arctan2(axes[1, 1], axes[0, 1])))
    off = (np.rad2deg(np.arctan2(cloud[:, 1], cloud[:, 0])) - row.angle_degrees + 180) % 360 - 180
    lower, upper = np.quantile(off, [0.025, 0.975]) + row.angle_degrees
    return dataclasses.replace(
        row,
        angle_ci_lower=float(lower),
        angle_ci_upper=float(upper),
        region=(float(centre[0]), float(centre[1]), float(half[1]), float(half[0]), turn),
    )


def _verdict(agreement: OrderAgreement) -> Reason:
    values = {
        "index": agreement.index,
        "p": max(agreement.index_pvalue, 0.001),
        "rank": agreement.rank_correlation,
    }
    if agreement.index_pvalue > 0.05:
        return Reason("values.order_not_found", values)
    return Reason("values.order_found" if agreement.index >= 0.5 else "values.order_partly", values)


def _left_out(names: np.ndarray) -> Reason:
    known = {value.id: value.name for value in (*CIRCLE_19, *CIRCLE)}
    return Reason(
        "values.circle_constant", {"n": len(names), "values": [known.get(name, name) for name in names]}
    )
