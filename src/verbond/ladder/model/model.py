"""The model as one flat parameter vector: start, movement, emissions.

`LadderModel` turns parameters into the kernel's tables, and the kernel's expected statistics into the next
parameters (maximisation step) or the exact gradient (Fisher's identity: the gradient of the log-likelihood
is that of the expected complete log-likelihood at the same parameters).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial

import numpy as np

from verbond.ladder.coding.context import before_design, design_of, slope_names
from verbond.ladder.coding.encoding import BEFORE, Encoded, Seen, combine
from verbond.ladder.kernel import Sequences, Statistics, Tables, expected_statistics
from verbond.ladder.model.emissions import Amounts, Binary, Counts, Emission
from verbond.ladder.model.gathering import folded, together
from verbond.ladder.model.movement import Movement, Moves, Start
from verbond.ladder.model.space import Space

__all__ = ["Evaluation", "LadderModel", "emission_of"]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The model at one parameter vector.

    Attributes
    ----------
    objective : float
        Log-likelihood plus log prior: what is maximised.
    statistics : Statistics
    model : LadderModel
    theta : (n_parameters,)
    """

    objective: float
    statistics: Statistics
    model: LadderModel
    theta: np.ndarray

    @property
    def gradient(self) -> np.ndarray:
        """(n_parameters,) of the objective, exact; reckoned when it is asked for."""
        return self.model.gradient(self.statistics, self.theta)

    @property
    def loglik(self) -> float:
        return self.statistics.loglik


@dataclass(frozen=True, slots=True)
class LadderModel:
    """An ordered hidden Markov model over coded sequences.

    Parameters
    ----------
    space : Space
        Emissions know of its living states only: whoever is gone does nothing, for certain.
    start : Start
    movement : Moves
    emissions : tuple of Emission
    n_shared : int
        Combinations of observations; codes from here on occur in one row only.
    base : (n_codes - n_shared,) int64
        The combination behind each code of its own.
    bend_sd : float
        Standard deviation of the second differences of an emission's levels over the rungs, on the log (odds)
        scale: what is done on a rung lies between what is done beside it, give or take; infinite for none.
    """

    space: Space
    start: Start
    movement: Moves
    emissions: tuple[Emission, ...]
    n_shared: int
    base: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    bend_sd: float = np.inf
    slices: tuple[slice, ...] = field(init=False, repr=False, compare=False)
    _rows: np.ndarray = field(init=False, repr=False, compare=False)
    _last: dict[bytes, np.ndarray] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        parts = (self.start, self.movement, *self.emissions)
        sizes = [part.n_parameters for part in parts]
        slices = (slice(int(e - n), int(e)) for e, n in zip(np.cumsum(sizes), sizes, strict=True))
        object.__setattr__(self, "slices", tuple(slices))
        shared = [e for e in self.emissions if not e.own_rows]
        starts = np.cumsum([0] + [e.n_values for e in shared])[:-1]
        rows = np.zeros((len(shared), self.n_shared), np.int64)
        for row, emission, first in zip(rows, shared, starts, strict=True):
            row[:] = emission.index + first
        object.__setattr__(self, "_rows", rows)

    @property
    def _silent(self) -> np.ndarray:
        """(n_codes,) bool: nothing happened, so that whoever shows it may be gone; answers are no silence."""
        quiet = np.ones(self.n_shared, bool)
        for emission in self.emissions:
            if not emission.own_rows:
                quiet &= is_silent(emission)[emission.index]
        return np.append(quiet, np.zeros(len(self.base), bool))

    @property
    def n_parameters(self) -> int:
        return self.slices[-1].stop

    def lower_bounds(self) -> np.ndarray:
        """(n_parameters,) minus infinity where free; 0 for increments that may not be negative."""
        free = np.full(self.start.n_parameters + self.movement.n_parameters, -np.inf)
        return np.concatenate((free, *(e.lower_bounds() for e in self.emissions)))

    def emission_theta(self, theta: np.ndarray, name: str) -> np.ndarray:
        """The parameters of one emission."""
        return next(theta[s] for e, s in zip(self.emissions, self.slices[2:], strict=True) if e.name == name)

    def tables(self, theta: np.ndarray) -> Tables:
        """The kernel's tables at these parameters."""
        start, movement, *rest = self.slices
        n_living = self.space.living.n_states
        own, parts = np.zeros((len(self.base), n_living)), [np.zeros((0, n_living))]
        for emission, where in zip(self.emissions, rest, strict=True):
            if emission.own_rows:
                own = self._of_rows(emission, theta[where])
            else:
                parts.append(emission.log_likelihoods(theta[where]))
        logs = together(np.vstack(parts), self._rows, self.base, own)
        if self.space.gone:
            logs = self.space.with_gone(logs, np.where(self._silent, 0.0, -np.inf))
        scale = logs.max(axis=1)
        np.exp(logs - scale[:, None], out=logs)
        source, target, n_places = self.movement.kernel_edges
        edges, initial = self.movement.edge_probs(theta[movement]), self.start.probs(theta[start])
        return Tables(logs, scale, source, target, edges, initial, n_places)

    def _of_rows(self, emission: Emission, theta: np.ndarray) -> np.ndarray:
        """What an emission says of codes of one row; kept, for what the answers alone decide stands still."""
        key = theta.tobytes()
        found = self._last.get(key)
        if found is None:
            found = emission.log_likelihoods(theta)
            self._last.clear()
            self._last[key] = found
        return found

    def log_prior(self, theta: np.ndarray) -> float:
        """Sum of the weak priors."""
        parts = (self.start, self.movement, *self.emissions)
        own = sum(p.log_prior(theta[s]) for p, s in zip(parts, self.slices, strict=True))
        bends = (_bend(e, theta[s]) for e, s in zip(self.emissions, self.slices[2:], strict=True))
        return float(own - sum(0.5 * float((bend**2).sum()) / self.bend_sd**2 for bend, _ in bends))

    def evaluate(
        self,
        sequences: Sequences,
        theta: np.ndarray,
        *,
        by_period: bool = False,
        n_threads: int | None = None,
    ) -> Evaluation:
        """Objective, and all that its exact gradient takes, from one pass."""
        if isinstance(sequences, Sequences):
            tables = self.tables(theta)
            stats = expected_statistics(sequences, tables, by_period=by_period, n_threads=n_threads)
        else:  # those that stand elsewhere are asked for their sums
            stats = sequences.expected_statistics(self, theta, by_period=by_period)
        return Evaluation(stats.loglik + self.log_prior(theta), stats, self, theta)

    def gradient(self, stats: Statistics, theta: np.ndarray, *, given: bool = True) -> np.ndarray:
        """Gradient of the expected complete log-likelihood and the priors.

        Parameters
        ----------
        given : bool
            Without it, 0 for what the answers alone decide.
        """
        found = np.zeros(len(theta))
        for gradient, where in self._gradients(stats, given):
            found[where] = gradient(theta[where])
        return found

    def curvature(self, stats: Statistics, theta: np.ndarray, step: float = 1e-4) -> np.ndarray:
        """(n_parameters,) about minus the second derivatives of the expected complete log-likelihood.

        0 for what the answers alone decide.
        """
        found, (_, movement, *_) = np.zeros(len(theta)), self.slices
        for gradient, where in self._gradients(stats, given=False):
            if where == movement and isinstance(self.movement, Movement):
                found[where] = self.movement.curvature(stats.edges, theta[where])
                continue
            here = gradient(theta[where])
            for j in range(where.stop - where.start):
                further = theta[where].copy()
                further[j] += step
                found[where.start + j] = (here[j] - gradient(further)[j]) / step
        return found

    def _gradients(
        self, stats: Statistics, given: bool
    ) -> list[tuple[Callable[[np.ndarray], np.ndarray], slice]]:
        """Each part's gradient as a function of its own parameters, and where these stand."""
        start, movement, *rest = self.slices
        found: list[tuple[Callable[[np.ndarray], np.ndarray], slice]] = [
            (partial(self.start.gradient, stats.starts), start),
            (partial(self.movement.gradient, stats.edges), movement),
        ]
        for (part, own), at in zip(self._own(stats), rest, strict=True):
            if given or getattr(part, "given", None) is None:
                found.append((partial(self._emission_gradient, part, own), at))
        return found

    def _emission_gradient(self, emission: Emission, own: np.ndarray, theta: np.ndarray) -> np.ndarray:
        bend, jacobian = _bend(emission, theta)
        return emission.gradient(own, theta) - (bend / self.bend_sd**2) @ jacobian

    def maximise(self, stats: Statistics, theta: np.ndarray) -> np.ndarray:
        """The maximisation step of EM (a step upwards where there is no formula)."""
        _, movement, *rest = self.slices
        pieces = [self.start.maximise(stats.starts), self.movement.maximise(stats.edges, theta[movement])]
        for (emission, own), where in zip(self._own(stats), rest, strict=True):
            pieces.append(emission.maximise(own, theta[where]))
        return np.concatenate(pieces)

    def fold(self, stats: Statistics) -> np.ndarray:
        """(n_values, n_living_states) expected rows by own value of every emission that is about all rows."""
        codes = self.space.alive(stats.codes)
        n_values = sum(e.n_values for e in self.emissions if not e.own_rows)
        return folded(np.ascontiguousarray(codes), self._rows, self.base, n_values)

    def _own(self, stats: Statistics) -> list[tuple[Emission, np.ndarray]]:
        """Each emission with its expected rows by own value, those who are gone left out."""
        gathered, start, found = self.fold(stats) if stats.folded is None else stats.folded, 0, []
        for emission in self.emissions:
            if emission.own_rows:
                scored = stats.codes[self.n_shared :] if stats.folded is None else stats.codes
                found.append((emission, self.space.alive(scored)))
                continue
            found.append((emission, gathered[start : start + emission.n_values]))
            start += emission.n_values
        return found


def _bend(emission: Emission, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Second differences of the levels of counts and of yes-or-no over the rungs, and their jacobian."""
    n = emission.space.n_rungs if isinstance(emission, Binary | Counts) else 0
    jacobian = _second_differences(n, len(theta), getattr(emission, "monotone", False))
    return jacobian @ theta, jacobian


@cache
def _second_differences(n: int, n_parameters: int, increments: bool) -> np.ndarray:
    """(n - 2, n_parameters) of levels, or of levels whose increments are the parameters."""
    levels = np.eye(n, n_parameters)
    if increments:
        levels = np.cumsum(levels, axis=0)
    return np.diff(levels, n=2, axis=0) if n > 2 else np.zeros((0, n_parameters))


def is_silent(emission: Emission) -> np.ndarray:
    """(n_values,) bool: own values that somebody who is gone shows: nothing done, no answer when asked."""
    if isinstance(emission, Amounts):
        return emission.bins < 0
    if isinstance(emission, Binary):
        bought = emission.no if emission.name == "return" else 0.0
        return emission.yes + bought == 0
    values = getattr(emission, "values", None)
    return np.zeros(emission.n_values, bool) if values is None else ~(values > 0)


def emission_of(
    seen: Seen,
    encoded: Encoded,
    space: Space,
    period: str,
    poisson: bool,
    monotone: bool,
    lognormal: bool = True,
) -> Amounts | Binary | Counts:
    """The emission of one thing that is seen, with what lifts it."""
    space = space.living
    if seen.family == "amount":
        bins = np.where(np.isfinite(seen.values), seen.values, -1).astype(np.int64)
        cuts, orders = np.array(encoded.layout.amount_cuts), seen.no.astype(np.int64)
        return Amounts(seen.name, space, seen.index, bins, orders, cuts, seen.shares, lognormal)
    lifts = encoded.layout.lifts.get(seen.name, ())
    columns, before = [encoded.context[name] for name in lifts], f"{seen.name}{BEFORE}"
    if before in encoded.context:
        columns.append(encoded.context[before])
    index, rows = combine([seen.index, *columns], len(seen.index))
    values, no = seen.values[rows[:, 0]], seen.no[rows[:, 0]]
    names, last = slope_names(lifts), 1 + len(lifts)
    design = design_of(lifts, list(rows[:, 1:last].T), period) if lifts else np.zeros((len(rows), 0))
    if before in encoded.context:
        design = np.hstack((design, before_design(rows[:, last], encoded.layout.feedback[seen.name])))
        names = (*names, before)
    if seen.binary:
        return Binary(seen.name, space, index, values, no, seen.average, design=design, slopes=names)
    return Counts(
        seen.name, space, index, values, seen.average, poisson, monotone, design=design, slopes=names
    )
