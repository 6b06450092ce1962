"""What the next row is expected to hold: one step ahead, from earlier rows only.

Given the rungs' probabilities one step ahead, every emission predicts a mixture over the states: the chance
that something happens, how often, and the whole distribution. Exposures to actions in the predicted period
count as known: the company plans them itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from verbond.ladder.ahead.chain import predicted_states
from verbond.ladder.coding.encoding import Encoded
from verbond.ladder.fit.anchoring import reanchored
from verbond.ladder.fit.estimation import climb, polish
from verbond.ladder.model.emissions import Binary, Counts, Emission
from verbond.ladder.model.fitted import Fitted
from verbond.ladder.model.model import LadderModel
from verbond.ladder.model.scores import CENTRE, SCALE, SurveyScores
from verbond.ladder.scoring.scoring import on_panel
from verbond.tables import RUNG_CONSTRUCTS, Panel

__all__ = ["Forecast", "forecast", "forecasts", "means", "refitted", "shared_codes"]

MOST_EVENTS = 255
ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one thing was expected to be, and what it was.

    Attributes
    ----------
    name : str
        Event kind, "answered" or a construct.
    rows : (n,) int64
        Rows of the panel in which it is known.
    observed : (n,) float64
        The count, 0 or 1, or the score.
    expected : (n,) float64
        Mean.
    probability : (n,) float64 or None
        That it happens at least once; None of scores.
    log_score : (n,) float64
        Log density (mass) of what was observed.
    below, up_to : (n,) float64
        Chance of less than what was observed, and of that or less; equal for scores.
    """

    name: str
    rows: np.ndarray
    observed: np.ndarray
    expected: np.ndarray
    probability: np.ndarray | None
    log_score: np.ndarray
    below: np.ndarray
    up_to: np.ndarray


def refitted(fitted: Fitted, panel: Panel, *, em_steps: int = 5, steps: int = 60) -> Fitted:
    """The same model fitted to other rows, from where it stood; the covariance is not carried along."""
    model, theta, encoded = on_panel(fitted, panel)
    model, theta = reanchored(model, theta)
    near, _, _ = climb(model, encoded.sequences, theta, max_steps=em_steps)
    theta = polish(model, encoded.sequences, near, max_steps=steps).theta
    return replace(fitted, model=model, theta=theta, covariance=np.zeros((len(theta), len(theta))))


def forecasts(fitted: Fitted, panel: Panel) -> tuple[list[Forecast], np.ndarray, Encoded]:
    """Every forecast one step ahead, the predicted rungs (n_rows, n_rungs) and the codes."""
    model, theta, encoded = on_panel(fitted, panel)
    predicted = predicted_states(encoded, model.tables(theta))
    found: list[Forecast] = []
    given_answer = _given_answer(model, theta, predicted, encoded, panel)
    for emission, where in zip(model.emissions, model.slices[2:], strict=True):
        if isinstance(emission, SurveyScores):
            found += _scores(emission, theta[where], given_answer, panel)
        else:
            one = forecast(emission, theta[where], model.space.alive(predicted), encoded)
            found += [] if one is None else [one]
    return found, model.space.by_rung(predicted), encoded


def forecast(
    emission: Emission, theta: np.ndarray, predicted: np.ndarray, encoded: Encoded
) -> Forecast | None:
    """Forecast of a count or a yes-or-no; None of a share of something else (returns of orders).

    Parameters
    ----------
    predicted : (n_rows, n_living_states)
        What is missing from a sum of 1 is gone, and does nothing.
    """
    if not isinstance(emission, Counts | Binary):
        return None
    known = _known(emission)
    if known is None:
        return None
    own = emission.index[shared_codes(encoded)]
    rows = np.flatnonzero(known[own])
    own, weights = own[rows], predicted[rows]
    observed = _observed(emission)[own]
    mass = np.zeros(len(rows))
    below = np.zeros(len(rows))
    never = np.zeros(len(rows))
    top = int(observed.max(initial=0))
    gone = np.maximum(1 - weights.sum(axis=1), 0.0)
    for value, table in _masses(emission, theta, top):
        p = np.einsum("rk,rk->r", weights, table[own]) + (gone if value == 0 else 0.0)
        never = p if value == 0 else never
        mass = np.where(observed == value, p, mass)
        below += np.where(observed > value, p, 0.0)
    expected = np.einsum("rk,rk->r", weights, means(emission, theta)[own])
    return Forecast(
        emission.name, rows, observed, expected, 1 - never, np.log(np.maximum(mass, 1e-300)), below,
        below + mass,
    )  # fmt: skip


def shared_codes(encoded: Encoded) -> np.ndarray:
    """(n_rows,) the combination behind each row, scored rows included."""
    codes, n_shared = encoded.sequences.codes.astype(np.int64), encoded.sequences.n_shared
    own = codes >= n_shared
    found = codes.copy()
    found[own] = encoded.base[codes[own] - n_shared]
    return found


def means(emission: Counts | Binary, theta: np.ndarray) -> np.ndarray:
    """(n_values, n_states) expected count, or chance of yes, in the circumstances of each own value."""
    if isinstance(emission, Counts):
        eta = emission.log_means(theta)[None, :] + (emission.design @ emission.slopes_of(theta))[:, None]
        return np.broadcast_to(np.exp(eta), (emission.n_values, emission.space.n_states))
    yes = replace(emission, yes=np.ones(emission.n_values), no=np.zeros(emission.n_values))
    return np.exp(yes.log_likelihoods(theta))


def _known(emission: Counts | Binary) -> np.ndarray | None:
    if isinstance(emission, Counts):
        return np.isfinite(emission.values)
    tried = emission.yes + emission.no
    return None if tried.max(initial=0) > 1 else tried == 1


def _observed(emission: Counts | Binary) -> np.ndarray:
    return np.nan_to_num(emission.values) if isinstance(emission, Counts) else emission.yes


def _masses(emission: Counts | Binary, theta: np.ndarray, top: int) -> Iterator[tuple[int, np.ndarray]]:
    """Chance of 0, 1, ... `top` by own value and state."""
    if isinstance(emission, Binary):
        yes = means(emission, theta)
        yield 0, 1 - yes
        yield 1, yes
        return
    for value in range(min(top, MOST_EVENTS) + 1):
        same = replace(emission, values=np.full(emission.n_values, float(value)))
        yield value, np.exp(same.log_likelihoods(theta))


def _given_answer(
    model: LadderModel, theta: np.ndarray, predicted: np.ndarray, encoded: Encoded, panel: Panel
) -> np.ndarray:
    """(n_scored, n_rungs) predicted rungs of the scored rows, given that they answered at all."""
    weights = model.space.alive(predicted)[panel.scored_rows]
    for emission, where in zip(model.emissions, model.slices[2:], strict=True):
        if emission.name == ANSWERED:
            values = emission.index[shared_codes(encoded)[panel.scored_rows]]
            weights = weights * np.exp(emission.log_likelihoods(theta[where])[values])
    rungs = model.space.living.by_rung(weights)
    return rungs / rungs.sum(axis=1, keepdims=True)


def _scores(emission: SurveyScores, theta: np.ndarray, rungs: np.ndarray, panel: Panel) -> Iterator[Forecast]:
    """Each construct by itself; `rungs` are those of the scored rows."""
    levels, factor = emission.parts(theta)
    within = np.diag(factor @ factor.T)
    for c, name in enumerate(RUNG_CONSTRUCTS):
        seen = np.flatnonzero(emission.measured[:, c])
        if len(seen) == 0:
            continue
        sd = np.sqrt(within[c] + emission.patterns[emission.pattern[seen], c])
        z = (emission.scores[seen, c][:, None] - levels[None, :, c]) / sd[:, None]
        density = (rungs[seen] * np.exp(-0.5 * z * z)).sum(axis=1) / (sd * SCALE * np.sqrt(2 * np.pi))
        position = (rungs[seen] * ndtr(z)).sum(axis=1)
        yield Forecast(
            name, panel.scored_rows[seen], CENTRE + SCALE * emission.scores[seen, c],
            CENTRE + SCALE * (rungs[seen] @ levels[:, c]), None, np.log(np.maximum(density, 1e-300)),
            position, position,
        )  # fmt: skip
