"""PLS path models: composites of items, and the paths between them.

Everything is computed from the items' covariances, so raw answers and a published matrix go the same way.
Letters: S covariances of the p items, W (p, k) outer weights of the k constructs, R their correlations.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np

from verbond.errors import DataError, NotFoundError, OptionError
from verbond.results import Progress, ProgressFunction, Provenance, Reason, Result, silent
from verbond.survey.kernel import cronbach_alpha
from verbond.survey.syntax import parse_model

__all__ = ["PathModel", "PlsBlock", "PlsItem", "PlsPath", "PlsResult", "Scheme", "pls_weights"]

Scheme = Literal["centroid", "factorial", "path"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)


@dataclass(frozen=True, slots=True)
class PlsWeights:
    """Outer weights of a PLS path model.

    Attributes
    ----------
    weights : (p, k) float64
        Zero outside an item's own construct; every composite has variance 1.
    n_iterations : int
    converged : bool
    """

    weights: np.ndarray
    n_iterations: int
    converged: bool


def pls_weights(
    cov: np.ndarray,
    block: np.ndarray,
    inner: np.ndarray,
    formative: np.ndarray,
    scheme: Scheme = "path",
    *,
    tolerance: float = 1e-9,
    max_iterations: int = 300,
) -> PlsWeights:
    """Iterate outer and inner estimation until the weights stand still.

    Parameters
    ----------
    cov : (p, p) float64
        Correlations for standardised items, covariances for items that are centred only.
    block : (p,) int
        Construct of each item.
    inner : (k, k) bool
        inner[i, j]: construct i points at construct j.
    formative : (k,) bool
        Mode B (weights by regression) instead of mode A (by covariance).
    scheme : {"centroid", "factorial", "path"}
        How a neighbouring construct counts: by the sign of the correlation, by the correlation, or by the
        regression weight where it points here and by the correlation where it is pointed at.
    tolerance : float
        Largest change of a weight at which the iteration stops.

    Returns
    -------
    PlsWeights

    References
    ----------
    Lohmöller (1989), ch. 2; Tenenhaus, Esposito Vinzi, Chatelin & Lauro (2005), section 2.
    """
    own = block[:, None] == np.arange(len(inner))
    weights = _unit(cov, own.astype(np.float64))
    for iteration in range(1, max_iterations + 1):
        cor = weights.T @ cov @ weights
        outer = cov @ weights @ _inner_weights(cor, inner, scheme)  # of each item with each inner proxy
        new = np.where(own, outer, 0.0)
        for j in np.flatnonzero(formative):
            items = own[:, j]
            new[items, j] = np.linalg.solve(cov[np.ix_(items, items)], outer[items, j])
        new = _unit(cov, new)
        change = np.abs(np.abs(new) - np.abs(weights)).max()
        weights = new
        if change < tolerance:
            return PlsWeights(_oriented(cov, weights, own), iteration, True)
    return PlsWeights(_oriented(cov, weights, own), max_iterations, False)


def _unit(cov: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return weights / np.sqrt(np.einsum("pk,pq,qk->k", weights, cov, weights))


def _inner_weights(cor: np.ndarray, inner: np.ndarray, scheme: Scheme) -> np.ndarray:
    near = inner | inner.T
    if scheme == "centroid":
        return np.where(near, np.sign(cor), 0.0)
    found = np.where(near, cor, 0.0)
    if scheme == "path":
        for j in range(len(cor)):
            before = np.flatnonzero(inner[:, j])
            if len(before):
                found[before, j] = np.linalg.solve(cor[np.ix_(before, before)], cor[before, j])
    return found


def _oriented(cov: np.ndarray, weights: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Composites turned so that they go along with most of their items."""
    loadings = np.where(own, cov @ weights, 0.0)
    direction = np.sign(np.sign(loadings).sum(axis=0) + 0.5 * np.sign(loadings.sum(axis=0)))
    return weights * np.where(direction == 0, 1.0, direction)


@dataclass(frozen=True, slots=True)
class PlsPath:
    """One path.

    Attributes
    ----------
    source, target : str
    estimate : float
        Standardised coefficient.
    total : float
        Direct and indirect together.
    standard_error, ci_lower, ci_upper : float or None
        From bootstrap samples of respondents, where asked for and raw answers are there.
    """

    source: str
    target: str
    estimate: float
    total: float
    standard_error: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None


@dataclass(frozen=True, slots=True)
class PlsItem:
    """One item: its outer weight and its correlation with its construct."""

    construct: str
    item: str
    weight: float
    loading: float


@dataclass(frozen=True, slots=True)
class PlsBlock:
    """One construct and how well its items hold together.

    Attributes
    ----------
    construct : str
    mode : str
        "A" (its items reflect it) or "B" (its items form it).
    n_items : int
    alpha : float or None
        Standardised; None for a single item, and for mode B, where items need not go together.
    rho : float or None
        Dillon and Goldstein's, from loadings on the first principal component.
    communality : float
        Mean squared loading (average variance extracted).
    """

    construct: str
    mode: str
    n_items: int
    alpha: float | None
    rho: float | None
    communality: float


@dataclass(frozen=True, slots=True)
class PlsResult(Result):
    """A fitted PLS path model.

    Attributes
    ----------
    paths : tuple of PlsPath
    r_squared : mapping of str to float
        Of every construct that paths lead to.
    items : tuple of PlsItem
    blocks : tuple of PlsBlock
    gof : float or None
        Root of mean communality (of constructs with more than one item, weighted by their number) times
        mean R squared.
    n_obs : int
    n_iterations : int
    converged : bool
    reasons : tuple of Reason
    provenance : Provenance
    """

    paths: tuple[PlsPath, ...]
    r_squared: dict[str, float]
    items: tuple[PlsItem, ...]
    blocks: tuple[PlsBlock, ...]
    gof: float | None
    n_obs: int
    n_iterations: int
    converged: bool
    reasons: tuple[Reason, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a path."""
        return [dataclasses.asdict(path) for path in self.paths]


@dataclass(frozen=True, slots=True)
class _Structure:
    """A model as indices."""

    constructs: tuple[str, ...]
    items: tuple[str, ...]
    block: np.ndarray
    inner: np.ndarray
    formative: np.ndarray


@dataclass(frozen=True, slots=True)
class PathModel:
    """A PLS path model in lavaan's syntax.

    Parameters
    ----------
    model : str
        `=~` a construct and its items (mode A), `<~` the same in mode B, `~` a construct and those that
        point at it.
    scheme : {"path", "centroid", "factorial"}
    standardize : bool
        False leaves items on their own scales (centred): items that vary more then count for more.
    n_bootstrap : int
        Samples of respondents for standard errors and intervals; 0 for none.
    ci_level : float
    seed : int
        Of the bootstrap.

    Examples
    --------
    >>> model = PathModel("T =~ t1 + t2\\nC =~ c1 + c2\\nC ~ T")
    >>> cov = np.array([[1, 0.6, 0.3, 0.3], [0.6, 1, 0.3, 0.3], [0.3, 0.3, 1, 0.5], [0.3, 0.3, 0.5, 1]])
    >>> round(model.fit_covariance(["t1", "t2", "c1", "c2"], cov, n_obs=100).paths[0].estimate, 4)
    0.3873
    """

    model: str
    scheme: Scheme = "path"
    standardize: bool = True
    n_bootstrap: int = 0
    ci_level: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if self.scheme not in SCHEMES:
            raise OptionError("unknown scheme", got=repr(self.scheme), expected=", ".join(SCHEMES))
        if self.n_bootstrap < 0:
            raise OptionError("n_bootstrap is out of range", got=str(self.n_bootstrap), expected="0 or more")
        _structure(self.model)

    @property
    def items(self) -> tuple[str, ...]:
        """Items that the model asks for."""
        return _structure(self.model).items

    def fit_covariance(self, names: Sequence[str], cov: np.ndarray, n_obs: int) -> PlsResult:
        """Fit from covariances.

        Parameters
        ----------
        names : sequence of str
            Items of the rows and columns of `cov`.
        cov : (p, p) float
        n_obs : int
            Respondents behind it.

        Raises
        ------
        NotFoundError
            If an item of the model is not among `names`.
        DataError
            If an item does not vary, or the items of a construct determine one another.
        """
        structure = _structure(self.model)
        part = _part(structure, names, np.asarray(cov, dtype=np.float64), self.standardize)
        return self._result(structure, part, n_obs, None, ())

    def fit(self, columns: dict[str, np.ndarray], progress: ProgressFunction = silent) -> PlsResult:
        """Fit from answers; respondents who miss an answer are left out, and counted in a reason.

        Parameters
        ----------
        columns : mapping of str to (n,) float array
            NaN where there is no answer; further columns are not looked at.
        """
        structure = _structure(self.model)
        missing = [item for item in structure.items if item not in columns]
        if missing:
            raise _no_item(missing[0], list(columns))
        answers = np.column_stack([np.asarray(columns[i], dtype=np.float64) for i in structure.items])
        complete = ~np.isnan(answers).any(axis=1)
        reasons = ()
        if not complete.all():
            n = int((~complete).sum())
            reasons = (Reason("survey.incomplete_left_out", {"n": n}),)
        answers = answers[complete]
        if len(answers) <= len(structure.items):
            raise DataError(
                "too few complete answers for this model",
                got=str(len(answers)),
                expected=f"more than its {len(structure.items)} items",
            )
        cov = np.cov(answers, rowvar=False)
        part = _part(structure, structure.items, cov, self.standardize)
        samples = self._bootstrap(structure, answers, part, progress) if self.n_bootstrap else None
        return self._result(structure, part, len(answers), samples, reasons)

    def _bootstrap(
        self, structure: _Structure, answers: np.ndarray, cov: np.ndarray, progress: ProgressFunction
    ) -> np.ndarray:
        """Paths of each sample, (samples, k, k), composites turned the way of the whole sample's."""
        rng = np.random.default_rng(self.seed)
        whole = self._weights(structure, cov).weights
        found = []
        for b in range(self.n_bootstrap):
            count = np.bincount(rng.integers(0, len(answers), len(answers)), minlength=len(answers))
            sample = np.cov(answers, rowvar=False, fweights=count)
            try:
                part = _part(structure, structure.items, sample, self.standardize)
                weights = self._weights(structure, part).weights
            except (DataError, np.linalg.LinAlgError):
                continue  # a sample in which an item does not vary
            turn = np.sign(np.einsum("pk,pq,qk->k", weights, cov, whole))
            weights = weights * np.where(turn == 0, 1.0, turn)
            found.append(_paths(weights.T @ part @ weights, structure.inner))
            progress(Progress("survey.step_bootstrap", (b + 1) / self.n_bootstrap))
        return np.array(found)

    def _weights(self, structure: _Structure, cov: np.ndarray) -> PlsWeights:
        return pls_weights(cov, structure.block, structure.inner, structure.formative, self.scheme)

    def _result(
        self,
        structure: _Structure,
        cov: np.ndarray,
        n_obs: int,
        samples: np.ndarray | None,
        reasons: tuple[Reason, ...],
    ) -> PlsResult:
        try:
            found = self._weights(structure, cov)
        except np.linalg.LinAlgError:
            raise DataError(
                "the items of a construct, or the constructs before another, determine one another",
                hint="Leave out an item that is the sum of others.",
            ) from None
        cor = found.weights.T @ cov @ found.weights
        paths = _paths(cor, structure.inner)
        explained = structure.inner.any(axis=0)
        r_squared = {
            name: float(paths[:, j] @ cor[:, j])
            for j, name in enumerate(structure.constructs)
            if explained[j]
        }
        loadings = (cov @ found.weights)[np.arange(len(cov)), structure.block] / np.sqrt(np.diag(cov))
        if not found.converged:
            reasons = (*reasons, Reason("survey.not_converged"))
        return PlsResult(
            paths=_path_rows(structure, paths, samples, self.ci_level),
            r_squared=r_squared,
            items=tuple(
                PlsItem(structure.constructs[j], item, float(found.weights[i, j]), float(loadings[i]))
                for i, (item, j) in enumerate(zip(structure.items, structure.block, strict=True))
            ),
            blocks=tuple(_blocks(structure, cov, loadings)),
            gof=_gof(structure, loadings, r_squared),
            n_obs=n_obs,
            n_iterations=found.n_iterations,
            converged=found.converged,
            reasons=reasons,
            provenance=Provenance(
                options=dataclasses.asdict(self), seed=self.seed if samples is not None else None
            ),
        )


def _structure(text: str) -> _Structure:
    terms = parse_model(text)
    constructs = list(dict.fromkeys(t.lhs for t in terms if t.op in ("=~", "<~")))
    measured = [(t.lhs, t.rhs) for t in terms if t.op in ("=~", "<~")]
    items = [item for _, item in measured]
    if repeated := [item for item in items if items.count(item) > 1]:
        raise OptionError(
            f"item {repeated[0]!r} stands twice in the model", expected="an item in one construct"
        )
    place = {name: j for j, name in enumerate(constructs)}
    inner = np.zeros((len(constructs),) * 2, dtype=bool)
    for term in terms:
        if term.op == "~":
            for name in (term.lhs, term.rhs):
                if name not in place:
                    raise OptionError(
                        f"line {term.line} of the model: {name!r} has no items",
                        expected=f"{name} =~ item + item",
                    )
            inner[place[term.rhs], place[term.lhs]] = True
        elif term.op not in ("=~", "<~"):
            raise OptionError(
                f"line {term.line} of the model is not for a path model", got=term.op, expected="=~, <~ or ~"
            )
    _check_inner(inner, constructs)
    return _Structure(
        constructs=tuple(constructs),
        items=tuple(items),
        block=np.array([place[c] for c, _ in measured], dtype=np.int64),
        inner=inner,
        formative=np.array([any(t.op == "<~" and t.lhs == c for t in terms) for c in constructs]),
    )


def _check_inner(inner: np.ndarray, constructs: list[str]) -> None:
    alone = ~(inner.any(axis=0) | inner.any(axis=1))
    if alone.any():
        name = constructs[int(np.argmax(alone))]
        raise OptionError(f"no path leads to or from {name!r}", hint=f"Add a line such as {name} ~ other.")
    reach = inner.copy()
    for _ in constructs:
        reach |= (reach.astype(int) @ inner.astype(int)) > 0
    if np.diag(reach).any():
        name = constructs[int(np.argmax(np.diag(reach)))]
        raise OptionError(f"the paths lead from {name!r} back to itself", expected="paths without a circle")


def _part(structure: _Structure, names: Sequence[str], cov: np.ndarray, standardize: bool) -> np.ndarray:
    place = {name: j for j, name in enumerate(names)}
    for item in structure.items:
        if item not in place:
            raise _no_item(item, list(names))
    rows = [place[item] for item in structure.items]
    part = cov[np.ix_(rows, rows)]
    variance = np.diag(part)
    if not (np.isfinite(part).all() and (variance > 1e-12 * max(variance.max(), 1e-300)).all()):
        item = structure.items[int(np.argmin(np.nan_to_num(variance)))]
        raise DataError(f"item {item!r} does not vary", hint="Leave it out of the model.")
    return part / np.sqrt(np.outer(variance, variance)) if standardize else part


def _no_item(item: str, names: Sequence[str]) -> NotFoundError:
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return NotFoundError(f"item {item!r} of the model is not in the data", got=shown)


def _paths(cor: np.ndarray, inner: np.ndarray) -> np.ndarray:
    paths = np.zeros_like(cor)
    for j in range(len(cor)):
        before = np.flatnonzero(inner[:, j])
        if len(before):
            paths[before, j] = np.linalg.solve(cor[np.ix_(before, before)], cor[before, j])
    return paths


def _path_rows(
    structure: _Structure, paths: np.ndarray, samples: np.ndarray | None, ci_level: float
) -> tuple[PlsPath, ...]:
    total = np.linalg.inv(np.eye(len(paths)) - paths) - np.eye(len(paths))
    rows = []
    for j, target in enumerate(structure.constructs):
        for i in np.flatnonzero(structure.inner[:, j]):
            spread: tuple[float, ...] = ()
            if samples is not None and len(samples) > 1:
                drawn = samples[:, i, j]
                bounds = np.quantile(drawn, [(1 - ci_level) / 2, (1 + ci_level) / 2])
                spread = (float(drawn.std(ddof=1)), *map(float, bounds))
            source = structure.constructs[i]
            rows.append(PlsPath(source, target, float(paths[i, j]), float(total[i, j]), *spread))
    return tuple(rows)


def _blocks(structure: _Structure, cov: np.ndarray, loadings: np.ndarray) -> list[PlsBlock]:
    sd = np.sqrt(np.diag(cov))
    cor = cov / np.outer(sd, sd)
    rows = []
    for j, name in enumerate(structure.constructs):
        items = np.flatnonzero(structure.block == j)
        part = cor[np.ix_(items, items)]
        alike = len(items) > 1 and not structure.formative[j]
        rows.append(
            PlsBlock(
                construct=name,
                mode="B" if structure.formative[j] else "A",
                n_items=len(items),
                alpha=cronbach_alpha(part) if alike else None,
                rho=_dillon_goldstein(part) if alike else None,
                communality=float(np.mean(loadings[items] ** 2)),
            )
        )
    return rows


def _dillon_goldstein(cor: np.ndarray) -> float:
    values, vectors = np.linalg.eigh(cor)
    loading = np.sqrt(values[-1]) * vectors[:, -1]
    return float(loading.sum() ** 2 / (loading.sum() ** 2 + (1 - loading**2).sum()))


def _gof(structure: _Structure, loadings: np.ndarray, r_squared: dict[str, float]) -> float | None:
    sizes = np.bincount(structure.block)
    several = sizes[structure.block] > 1
    if not several.any():
        return None
    return float(np.sqrt(np.mean(loadings[several] ** 2) * np.mean(list(r_squared.values()))))
