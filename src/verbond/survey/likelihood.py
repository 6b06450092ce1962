"""The normal likelihood of means and covariances, where answers may be missing.

Respondents who miss the same items are one pattern, and a pattern is its count, means and covariances:
nothing else of the answers is needed. Complete answers are one pattern. All values are per respondent and
without the constant p log(2 pi) / 2: f = -loglik / n.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from verbond.numerics import compiled
from verbond.survey.descent import Descent, descend
from verbond.survey.reticular import Cells, Implied, by_parameter, implied, second_order, slopes

__all__ = [
    "At", "GroupPoint", "Patterns", "Point", "Vech", "alone", "curvature", "em_moments", "evaluate",
    "information", "maximize", "patterns_of", "point", "start",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Patterns:
    """Sufficient statistics of one group.

    Attributes
    ----------
    n : (k,) float64
        Respondents of each pattern.
    seen : (k, p) bool
    mean : (k, p) float64
        Zero where not seen.
    cov : (k, p, p) float64
        Divisor n of the pattern; zero where not seen.
    of_row : (rows,) int64
        The pattern of each respondent; empty where only moments are known.
    """

    n: np.ndarray
    seen: np.ndarray
    mean: np.ndarray
    cov: np.ndarray
    of_row: np.ndarray

    @property
    def n_obs(self) -> float:
        """Respondents."""
        return float(self.n.sum())


def patterns_of(answers: np.ndarray) -> Patterns:
    """Group respondents by what they miss (NaN); who missed everything must be left out before.

    Examples
    --------
    >>> found = patterns_of(np.array([[1.0, 2.0], [3.0, np.nan], [3.0, 6.0]]))
    >>> found.n.tolist(), found.mean.tolist()
    ([2.0, 1.0], [[2.0, 4.0], [3.0, 0.0]])
    """
    seen = ~np.isnan(answers)
    if seen.all():
        kinds, of_row = np.ones((1, answers.shape[1]), dtype=bool), np.zeros(len(answers), dtype=np.int64)
    else:
        packed = np.ascontiguousarray(np.packbits(seen, axis=1))
        whole = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
        _, first, of_row = np.unique(whole, return_index=True, return_inverse=True)
        order = np.argsort(-seen[first].sum(axis=1), kind="stable")
        kinds, of_row = seen[first][order], np.argsort(order)[of_row]
    filled = np.where(seen, answers, 0.0)
    n = np.bincount(of_row, minlength=len(kinds)).astype(np.float64)
    p = answers.shape[1]
    mean, cov = np.zeros((len(kinds), p)), np.zeros((len(kinds), p, p))
    by_kind = np.argsort(of_row, kind="stable")
    ends = np.cumsum(n).astype(np.int64)
    for k, end in enumerate(ends):
        rows = filled[by_kind[end - int(n[k]) : end]]
        mean[k] = rows.mean(axis=0)
        if n[k] > 1:
            rows = np.where(kinds[k], rows - mean[k], 0.0)
            cov[k] = rows.T @ rows / n[k]
    return Patterns(n, kinds, mean, cov, of_row)


@dataclass(frozen=True, slots=True)
class At:
    """f of one group at given moments.

    Attributes
    ----------
    value : float
        Per respondent of this group; infinite where covariances are not positive definite.
    on_sigma : (p, p) float64
        G with df = tr(G dSigma) + g' dmu.
    on_mu : (p,) float64
        g.
    weight : (k, p, p) float64
        Inverse covariances of each pattern, zero where not seen.
    pull : (k, p) float64
        W (mean - mu) of each pattern.
    """

    value: float
    on_sigma: np.ndarray
    on_mu: np.ndarray
    weight: np.ndarray
    pull: np.ndarray


@compiled
def _pass(n, seen, mean, cov, sigma, mu, weight, pull, on_sigma, on_mu):  # pragma: no cover - compiled
    n_patterns, p = mean.shape
    value = 0.0
    place = np.empty(p, dtype=np.int64)
    root, inv, w = np.empty((p, p)), np.empty((p, p)), np.empty((p, p))
    residual, u = np.empty(p), np.empty(p)
    total, product = np.empty((p, p)), np.empty((p, p))
    for k in range(n_patterns):
        m = 0
        for j in range(p):
            if seen[k, j]:
                place[m] = j
                m += 1
        log_det = 0.0
        for i in range(m):
            for j in range(i, m):
                root[i, j] = sigma[place[i], place[j]]
        for h in range(m):  # Cholesky, upper, row by row
            if root[h, h] <= 1e-14 * sigma[place[h], place[h]]:
                return np.inf
            log_det += np.log(root[h, h])
            root[h, h] = np.sqrt(root[h, h])
            for j in range(h + 1, m):
                root[h, j] /= root[h, h]
            for i in range(h + 1, m):
                factor = root[h, i]
                for j in range(i, m):
                    root[i, j] -= factor * root[h, j]
        for i in range(m):  # inverse of its transpose
            for j in range(m):
                inv[i, j] = 0.0
                w[i, j] = 0.0
            inv[i, i] = 1.0
            for h in range(i):
                factor = root[h, i]
                for j in range(h + 1):
                    inv[i, j] -= factor * inv[h, j]
            for j in range(i + 1):
                inv[i, j] /= root[i, i]
        for h in range(m):
            for i in range(h + 1):
                factor = inv[h, i]
                for j in range(h + 1):
                    w[i, j] += factor * inv[h, j]
        distance = 0.0
        for i in range(m):
            residual[i] = mean[k, place[i]] - mu[place[i]]
        for i in range(m):
            rest = 0.0
            for j in range(m):
                rest += w[i, j] * residual[j]
            u[i] = rest
            distance += rest * residual[i]
        if n[k] > 1.0:
            for i in range(m):
                for j in range(m):
                    product[i, j] = 0.0
                    total[i, j] = 0.0
                for h in range(m):
                    factor = w[i, h]
                    for j in range(m):
                        product[i, j] += factor * cov[k, place[h], place[j]]
                distance += product[i, i]
                for h in range(m):
                    factor = product[i, h]
                    for j in range(m):
                        total[i, j] += factor * w[h, j]
        value += 0.5 * n[k] * (log_det + distance)
        for i in range(m):
            a = place[i]
            pull[k, a] = u[i]
            on_mu[a] -= n[k] * u[i]
            for j in range(m):
                b = place[j]
                weight[k, a, b] = w[i, j]
                spread = u[i] * u[j]
                if n[k] > 1.0:
                    spread += total[i, j]
                on_sigma[a, b] += 0.5 * n[k] * (w[i, j] - spread)
    return value


def evaluate(patterns: Patterns, sigma: np.ndarray, mu: np.ndarray | None) -> At:
    """f with its slopes; without `mu` the means are those of the sample (complete answers only)."""
    p, n_obs = len(sigma), patterns.n_obs
    if len(patterns.n) == 1 and patterns.seen.all():
        return _complete(patterns, sigma, mu)
    weight, pull = np.zeros((len(patterns.n), p, p)), np.zeros((len(patterns.n), p))
    on_sigma, on_mu = np.zeros((p, p)), np.zeros(p)
    value = _pass(
        patterns.n, patterns.seen, patterns.mean, patterns.cov, np.ascontiguousarray(sigma),
        np.ascontiguousarray(mu), weight, pull, on_sigma, on_mu,
    )  # fmt: skip
    return At(value / n_obs, on_sigma / n_obs, on_mu / n_obs, weight, pull)


def _complete(patterns: Patterns, sigma: np.ndarray, mu: np.ndarray | None) -> At:
    try:
        chol = np.linalg.cholesky(sigma)
    except np.linalg.LinAlgError:
        none = np.zeros(0)
        return At(np.inf, none, none, none, none)
    weight = np.linalg.inv(sigma)
    residual = patterns.mean[0] - mu if mu is not None else np.zeros(len(sigma))
    moment = patterns.cov[0] + np.outer(residual, residual)
    pull = weight @ residual
    value = np.log(np.diag(chol)).sum() + 0.5 * float((weight * moment).sum())
    return At(value, 0.5 * (weight - weight @ moment @ weight), -pull, weight[None], pull[None])


@dataclass(frozen=True, slots=True)
class Vech:
    """Pairs i >= j of p variables.

    Attributes
    ----------
    i, j : (p (p + 1) / 2,) int64
    times : (p (p + 1) / 2,) float64
        2 off the diagonal: how often a pair stands in the square.
    place : (p, p) int64
        Number of the pair.
    """

    i: np.ndarray
    j: np.ndarray
    times: np.ndarray
    place: np.ndarray

    @classmethod
    def of(cls, p: int) -> Vech:
        i, j = np.tril_indices(p)
        place = np.empty((p, p), dtype=np.int64)
        place[i, j] = place[j, i] = np.arange(len(i))
        return cls(i, j, np.where(i == j, 1.0, 2.0), place)

    def __call__(self, square: np.ndarray) -> np.ndarray:
        """The pairs of (..., p, p)."""
        return square[..., self.i, self.j]


@lru_cache(maxsize=4)
def _crossed(p: int) -> tuple[np.ndarray, np.ndarray]:
    """Places in a flat (q, q) of the pairs (i, k) with (j, m), and of (i, m) with (j, k)."""
    vech = Vech.of(p)
    i, j, q = vech.i[:, None], vech.j[:, None], len(vech.i)
    k, m = vech.i[None, :], vech.j[None, :]
    return vech.place[i, k] * q + vech.place[j, m], vech.place[i, m] * q + vech.place[j, k]


def _kronecker(vech: Vech, sums: np.ndarray) -> np.ndarray:
    """Sum of n tr(Z D W E) as a form in vech(D), vech(E), from the sums of n vech(Z) vech(W)'."""
    straight, crossed = _crossed(len(vech.place))
    both = (sums + sums.T).ravel()
    return (both.take(straight) + both.take(crossed)) * (vech.times[:, None] * vech.times / 4)


Curvature = tuple[np.ndarray, np.ndarray, np.ndarray]


def curvature(patterns: Patterns, at: At, *, observed: bool) -> Curvature:
    """Second derivatives of f in (vech Sigma, mu): expected where answers miss at random, or observed.

    Returns
    -------
    on_sigma : (q, q) float64
        q = p (p + 1) / 2.
    across : (q, p) float64
        Zero when expected.
    on_mu : (p, p) float64

    Notes
    -----
    d2f = sum of n [tr(Z dSigma W dSigma) - tr(W dSigma W dSigma) / 2 + 2 u' dSigma W dmu + dmu' W dmu] with
    W the weight, u the pull and Z = W T W, T the pattern's moments about mu; expected Z = W and u = 0.
    """
    p = at.weight.shape[-1]
    vech, n = Vech.of(p), patterns.n / patterns.n_obs
    weight = vech(at.weight)
    rooted = weight * np.sqrt(n)[:, None]
    form = _kronecker(vech, rooted.T @ rooted)
    on_mu = np.tensordot(n, at.weight, axes=1)
    if not observed:
        return form / 2, np.zeros((len(vech.i), p)), on_mu
    inner = vech(at.weight @ patterns.cov @ at.weight + at.pull[:, :, None] * at.pull[:, None, :])
    on_sigma = _kronecker(vech, (inner * n[:, None]).T @ weight) - form / 2
    sums = np.einsum("ki,kq->iq", at.pull * n[:, None], weight)
    both = sums[vech.i[:, None], vech.place[vech.j]] + sums[vech.j[:, None], vech.place[vech.i]]
    return on_sigma, both * vech.times[:, None] / 2, on_mu


def alone(patterns: Patterns) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Respondents, mean and variance (divisor n) of each item on its own, (p,) each."""
    count = patterns.n @ patterns.seen
    mean = (patterns.n @ patterns.mean) / count
    about = np.where(patterns.seen, patterns.mean - mean, 0.0)
    variance = patterns.n @ (np.diagonal(patterns.cov, axis1=1, axis2=2) + about**2) / count
    return count, mean, variance


def em_moments(
    patterns: Patterns, *, tolerance: float = 1e-10, max_iterations: int = 5000
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Means and covariances of greatest likelihood without any model, by EM (Little & Rubin 2002, ch. 11).

    One step is Sigma - 2 Sigma G Sigma and mu - Sigma g, with G and g the slopes of f; G about the new mean.

    Returns
    -------
    sigma : (p, p) float64
    mu : (p,) float64
    converged : bool
    """
    n, seen = patterns.n, patterns.seen
    count = n @ seen
    mu = (n @ patterns.mean) / count
    about = np.where(seen, patterns.mean - mu, 0.0)
    variance = n @ (np.diagonal(patterns.cov, axis1=1, axis2=2) + about**2) / count
    if seen.all():
        return (
            np.tensordot(n, patterns.cov + about[:, :, None] * about[:, None, :], axes=1) / n.sum(),
            mu,
            True,
        )
    sigma, value = np.diag(variance), np.inf
    for _ in range(max_iterations):
        at = evaluate(patterns, sigma, mu)
        if not np.isfinite(at.value):
            return sigma, mu, False
        step = -sigma @ at.on_mu
        new = sigma - 2 * sigma @ at.on_sigma @ sigma - np.outer(step, step)
        if not (np.diag(new) > 0).all():  # one item follows from the others
            return sigma, mu, False
        sd = np.sqrt(np.diag(sigma))
        moved = max(np.abs((new - sigma) / np.outer(sd, sd)).max(), np.abs(step / sd).max())
        sigma, mu = (new + new.T) / 2, mu + step
        if moved < tolerance or abs(value - at.value) < 1e-15 * abs(at.value):
            return sigma, mu, True
        value = at.value
    return sigma, mu, False


def _one_pattern(
    patterns: Patterns, at: At, by_sigma: np.ndarray, by_mu: np.ndarray, *, observed: bool
) -> np.ndarray:
    """As `curvature`, straight in the parameters: with one pattern that needs no (q, q) array."""
    t, weight, pull = len(by_sigma), at.weight[0], at.pull[0]
    weighted = weight @ by_sigma
    turned = weighted.transpose(0, 2, 1).reshape(t, -1).T
    form = weighted.reshape(t, -1) @ turned
    on_mu = by_mu @ weight @ by_mu.T
    if not observed:
        return form / 2 + on_mu
    inner = weight @ patterns.cov[0] @ weight + np.outer(pull, pull)
    bent = (inner @ by_sigma).reshape(t, -1) @ turned
    mixed = (by_sigma @ pull) @ weight @ by_mu.T
    return (bent + bent.T) / 2 - form / 2 + mixed + mixed.T + on_mu


@dataclass(frozen=True, slots=True)
class Point:
    """All groups at one place of the parameters.

    Attributes
    ----------
    value : float
        f of all respondents together, per respondent.
    gradient : (t,) float64
    groups : tuple of GroupPoint
    """

    value: float
    gradient: np.ndarray
    groups: tuple[GroupPoint, ...]


@dataclass(frozen=True, slots=True)
class GroupPoint:
    """One group at one place.

    Attributes
    ----------
    share : float
        Of all respondents.
    implied : Implied
    at : At
    by_sigma : (c, p, p) float64
        dSigma of each cell.
    by_mu : (c, p) float64
    """

    share: float
    implied: Implied
    at: At
    by_sigma: np.ndarray
    by_mu: np.ndarray

    def slope(self) -> np.ndarray:
        """df of each cell, (c,), weighted by the group's share."""
        on_sigma = np.einsum("cij,ij->c", self.by_sigma, self.at.on_sigma)
        return self.share * (on_sigma + self.by_mu @ self.at.on_mu)


def point(cells: Sequence[Cells], patterns: Sequence[Patterns], theta: np.ndarray) -> Point:
    """f and its gradient; infinite where a covariance matrix is not positive definite."""
    n_all = sum(one.n_obs for one in patterns)
    value, groups = 0.0, []
    gradient = np.zeros(cells[0].n_free)
    for own, data in zip(cells, patterns, strict=True):
        try:
            model = implied(own, theta)
        except np.linalg.LinAlgError:
            return Point(np.inf, gradient, ())
        at = evaluate(data, model.sigma, model.mu if own.has_means else None)
        if not np.isfinite(at.value):
            return Point(np.inf, gradient, ())
        group = GroupPoint(data.n_obs / n_all, model, at, *slopes(own, model))
        value += group.share * at.value
        gradient += by_parameter(own, group.slope())
        groups.append(group)
    return Point(value, gradient, tuple(groups))


def information(
    cells: Sequence[Cells],
    patterns: Sequence[Patterns],
    at: Point,
    *,
    observed: bool,
    curves: Sequence[Curvature] | None = None,
) -> np.ndarray:
    """Second derivative of f in the parameters, (t, t): per respondent, expected or observed.

    `curves` has what `curvature` gave for each group at the same moments, where that is known already.
    """
    found = np.zeros((cells[0].n_free,) * 2)
    for g, (own, data, group) in enumerate(zip(cells, patterns, at.groups, strict=True)):
        by_sigma, by_mu = by_parameter(own, group.by_sigma), by_parameter(own, group.by_mu)
        if len(data.n) == 1:
            found += group.share * _one_pattern(data, group.at, by_sigma, by_mu, observed=observed)
        else:
            curve = curves[g] if curves else curvature(data, group.at, observed=observed)
            on_sigma, across, on_mu = curve
            flat = Vech.of(own.n_observed)(by_sigma)
            mixed = flat @ across @ by_mu.T
            found += group.share * (flat @ on_sigma @ flat.T + mixed + mixed.T + by_mu @ on_mu @ by_mu.T)
        if observed:
            bent = second_order(own, group.implied, group.at.on_sigma, group.at.on_mu)
            found += group.share * by_parameter(own, by_parameter(own, bent).T).T
    return found


def start(cells: Sequence[Cells]) -> np.ndarray:
    """Start values of the free parameters; the first cell of each counts."""
    theta = np.zeros(cells[0].n_free)
    for own in reversed(cells):
        free = own.index >= 0
        theta[own.index[free][::-1]] = own.value[free][::-1]
    return theta


def maximize(
    cells: Sequence[Cells],
    patterns: Sequence[Patterns],
    theta: np.ndarray | None = None,
    *,
    tolerance: float = 1e-9,
    max_iterations: int = 500,
) -> Descent[Point]:
    """Fisher scoring, damped where a full step would not help, and Newton's steps near the end.

    Parameters
    ----------
    cells : one a group
    patterns : one a group
    theta : (t,) float64, optional
        Where to start.
    tolerance : float
        Largest step, in standard errors of one observation, at which it stops.
    """
    return descend(
        lambda theta: point(cells, patterns, theta),
        lambda at, exact: information(cells, patterns, at, observed=exact),
        start(cells) if theta is None else theta,
        tolerance=tolerance, max_iterations=max_iterations,
    )  # fmt: skip
