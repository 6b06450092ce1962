"""Fitting: expectation-maximisation from several starts, then quasi-Newton steps to the end.

EM climbs surely and slowly; L-BFGS-B with the exact gradient ends quickly once near. Several jittered starts
run on a sample of customers; the best goes on with everybody. How many starts came to the same place is
reported, because a single good-looking optimum says nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from verbond.ladder.fit.journal import kept
from verbond.ladder.kernel import Sequences
from verbond.ladder.model.model import Evaluation, LadderModel

__all__ = ["Fit", "climb", "finish", "polish", "search"]

Listen = Callable[[float, str], None]
Enough = Callable[[list[float]], bool]
LARGEST_GAIN_LEFT = 1e-3
MOST_ENDS = 3  # steps are measured anew where one end leaves something to gain
MOST_MOVES = 128
"""Kinds of moves up to which covariates are not rounded on the way."""
ROUNDED_GAIN = 1e-8
"""Relative gain of the objective below which a step with rounded covariates is not worth another."""
PACE = 5
"""Steps over which the pace of a start is taken."""
SAME_PLACE = 2.0
"""Starts whose objectives on the sample lie this near to the best (in log-likelihood) count as the same."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a fit ended.

    Attributes
    ----------
    theta : (n_parameters,)
    evaluation : Evaluation
    converged : bool
    n_iterations : int
        EM steps and gradient evaluations.
    """

    theta: np.ndarray
    evaluation: Evaluation
    converged: bool
    n_iterations: int


def climb(
    model: LadderModel,
    sequences: Sequences,
    theta: np.ndarray,
    *,
    max_steps: int,
    tolerance: float = 1e-7,
    listen: Listen | None = None,
) -> tuple[np.ndarray, float, int]:
    """EM steps until the objective gains less than `tolerance` a row, or `max_steps`.

    Returns
    -------
    theta, objective at the last but one step, steps taken
    """
    previous = -np.inf
    for step in range(1, max_steps + 1):

        def stride(theta: np.ndarray = theta, previous: float = previous) -> np.ndarray:
            at = model.evaluate(sequences, theta)
            ends = at.objective - previous < tolerance * sequences.n_rows
            further = theta if ends else model.maximise(at.statistics, theta)
            return np.concatenate(((at.objective, at.loglik, ends), further))

        (objective, loglik, ends), further = np.split(kept("EM", stride), [3])
        if ends:
            return theta, objective, step
        previous, theta = objective, further
        if listen:
            listen(step / max_steps, f"EM {step}, log-likelihood {loglik:,.1f}")
    return theta, previous, max_steps


def polish(
    model: LadderModel,
    sequences: Sequences,
    theta: np.ndarray,
    *,
    max_steps: int = 500,
    tolerance: float = 1e-6,
    gain: float = 1e-10,
    listen: Listen | None = None,
    enough: Enough | None = None,
) -> Fit:
    """L-BFGS-B with the exact gradient until the gradient a row is below `tolerance`.

    Parameters
    ----------
    tolerance : float
        Largest entry of the projected gradient of the objective divided by the number of rows.
    gain : float
        Relative gain of the objective below which a step is not worth another.
    enough : callable, optional
        Objectives after each step in, whether to stop out.
    """
    lower = model.lower_bounds()
    theta = np.maximum(theta, lower)
    n_rows, steps, far = sequences.n_rows, 0, _Way(gain)
    unit = kept("units", lambda: _units(model, sequences, theta))
    come: list[float] = []
    looked: dict[bytes, Evaluation] = {}

    def cost(at: np.ndarray) -> tuple[float, np.ndarray]:
        nonlocal steps
        steps += 1

        def look() -> np.ndarray:
            found = model.evaluate(sequences, at * unit)
            looked.clear()
            looked[found.theta.tobytes()] = found
            gradient = model.gradient(found.statistics, found.theta, given=False)
            return np.concatenate(((found.objective, found.loglik), gradient))

        (objective, loglik), gradient = np.split(kept("L-BFGS", look), [2])
        if listen:
            listen(far.done(objective), f"L-BFGS {steps}, log-likelihood {loglik:,.1f}")
        return -objective / n_rows, -gradient * unit / n_rows

    def after(intermediate_result: OptimizeResult) -> None:
        come.append(-n_rows * float(intermediate_result.fun))
        if enough is not None and enough(come):
            raise StopIteration

    bounds = [(None if b == -np.inf else b, None) for b in lower]
    options = {"maxiter": max_steps, "maxfun": 2 * max_steps, "gtol": tolerance, "ftol": gain, "maxcor": 60}
    theta = unit * minimize(
        cost, theta / unit, jac=True, method="L-BFGS-B", bounds=bounds, options=options, callback=after
    ).x  # fmt: skip
    end = looked.get(theta.tobytes()) or model.evaluate(sequences, theta)
    gradient = model.gradient(end.statistics, theta, given=False)
    uphill = np.where((theta <= lower) & (gradient < 0), 0.0, gradient)
    gain = 0.5 * float((uphill * unit) @ (uphill * unit)) / n_rows
    return Fit(theta, end, gain < LARGEST_GAIN_LEFT, steps)


class _Way:
    """How far a climb has come: gains fall about evenly on a logarithmic scale until they reach the least."""

    def __init__(self, least: float) -> None:
        self._least, self._best, self._first, self._gain, self._share = least, -np.inf, 0.0, 0.0, 0.0

    def done(self, objective: float) -> float:
        """Share of the way, never less than before."""
        if np.isfinite(self._best):
            gain = max(objective - self._best, 0.0) / max(abs(objective), 1.0)
            self._gain = gain if self._gain == 0.0 else 0.7 * self._gain + 0.3 * gain
            self._first = max(self._first, self._gain, 10 * self._least)
            come = np.log(self._first / max(self._gain, self._least)) / np.log(self._first / self._least)
            self._share = max(self._share, min(float(come), 0.99))
        self._best = max(self._best, objective)
        return self._share


def _units(model: LadderModel, sequences: Sequences, theta: np.ndarray) -> np.ndarray:
    """(n_parameters,) step of each parameter that matters equally, from the complete data's curvature."""
    curvature = model.curvature(model.evaluate(sequences, theta).statistics, theta)
    least = 1e-3 * np.median(np.abs(curvature[curvature != 0.0]))
    return np.sqrt(sequences.n_rows / np.maximum(curvature, least))


def search(
    model: LadderModel,
    sample: Sequences,
    starts: list[np.ndarray],
    *,
    em_steps: int = 6,
    steps: int = 60,
    listen: Listen | None = None,
) -> tuple[Fit, int]:
    """Fit a sample from every start.

    All go up by EM; then, the highest first, by quasi-Newton steps. The others go on until it is plain that
    they come to the same place, or that at their pace they would not get there in the steps that are left.

    Returns
    -------
    best fit on the sample, how many starts came to the same place
    """

    def tell(done: int, what: str) -> None:
        if listen:
            listen(done / (2 * len(starts)), f"start {done % len(starts) + 1} of {len(starts)}, {what}")

    near: list[tuple[np.ndarray, float]] = []
    for theta in starts:
        tell(len(near), "EM")
        near.append(climb(model, sample, theta, max_steps=em_steps)[:2])
    near.sort(key=lambda place: -place[1])
    found: list[Fit] = []
    best = -np.inf
    options = {"max_steps": steps, "tolerance": 1e-5, "gain": 1e-7}
    for theta, _ in near:
        tell(len(starts) + len(found), "L-BFGS")
        found.append(polish(model, sample, theta, enough=_plain(best, steps), **options))
        best = max(best, found[-1].evaluation.objective)
    first = found[0]
    found.sort(key=lambda fit: -fit.evaluation.objective)
    n_same = sum(fit.evaluation.objective > best - SAME_PLACE for fit in found)
    ended = found[0] is first
    return found[0] if ended else polish(model, sample, found[0].theta, **options), n_same


def _plain(best: float, steps: int) -> Enough:
    """Whether a start comes to the place with the objective `best`, or cannot get there in so many steps."""

    def enough(come: list[float]) -> bool:
        if len(come) <= PACE or best == -np.inf:
            return False
        now, pace = come[-1], (come[-1] - come[-1 - PACE]) / PACE
        same = now > best - SAME_PLACE and now + PACE * pace < best + SAME_PLACE
        return same or now + (steps - len(come)) * pace < best - SAME_PLACE

    return enough


def rounded(model: LadderModel, sequences: Sequences) -> tuple[LadderModel, Sequences]:
    """Model and rows with moves of at most `MOST_MOVES` kinds: covariates in steps, at the mean of each."""
    x = model.movement.covariates
    if not isinstance(sequences, Sequences) or len(x) <= MOST_MOVES:
        return model, sequences
    n_steps = max(2, int(MOST_MOVES ** (1 / x.shape[1])))
    span = np.maximum(np.ptp(x, axis=0), 1e-300)
    step = np.minimum((x - x.min(axis=0)) / span * n_steps, n_steps - 1).astype(np.int64)
    _, which = np.unique(step, axis=0, return_inverse=True)
    which = which.ravel()
    n = np.bincount(sequences.moves, minlength=len(x)).astype(float) + 1e-9
    means = np.stack([np.bincount(which, n * column) for column in x.T], axis=1)
    means /= np.bincount(which, n)[:, None]
    movement = replace(model.movement, covariates=means)
    moves = which.astype(np.uint32)[sequences.moves]
    return replace(model, movement=movement), replace(sequences, moves=moves, n_moves=len(means))


def finish(
    model: LadderModel,
    sequences: Sequences,
    theta: np.ndarray,
    *,
    em_steps: int = 20,
    listen: Listen | None = None,
) -> Fit:
    """Fit everybody from a good place.

    Where nearly every move has covariates of its own, a pass mostly makes matrices. Then all but the last
    steps are done with covariates that are rounded.
    """
    few = rounded(model, sequences)
    theta, objective, steps = climb(*few, theta, max_steps=em_steps, listen=listen)
    if few[0] is not model:
        near = polish(*few, theta, gain=ROUNDED_GAIN, listen=listen)
        theta, steps = near.theta, steps + near.n_iterations
    gain = 0.1 * LARGEST_GAIN_LEFT / max(abs(objective), 1.0)
    if few[0] is model:
        gain = min(1e-10, gain)
    for _ in range(MOST_ENDS):
        end = polish(model, sequences, theta, gain=gain, listen=listen)
        theta, steps = end.theta, steps + end.n_iterations
        if end.converged:
            break
    return replace(end, n_iterations=steps)
