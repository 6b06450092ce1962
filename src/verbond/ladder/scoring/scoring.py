"""Scoring: a fitted model and customers in, probabilities out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from verbond.ladder import kernel
from verbond.ladder.coding.encoding import Encoded, encode
from verbond.ladder.model.fitted import Fitted, drawn_parameters
from verbond.ladder.model.model import LadderModel, emission_of
from verbond.ladder.model.scores import SurveyScores
from verbond.ladder.scoring.probs import Kind, RungProbs
from verbond.tables import Panel, Tables
from verbond.tables.reads import panel as read_panel
from verbond.tables.reads import panel_parts

__all__ = ["N_DRAWS", "averaged_probs", "on_panel", "rung_probs", "score", "write_scores"]

N_DRAWS = 8
"""Draws of the parameters over which probabilities are averaged; 64 came to the same third decimal."""


def score(fitted: Fitted, tables: Tables | Panel, kind: Kind, n_draws: int = N_DRAWS) -> RungProbs:
    """Probability of each rung for every customer and period (see `LadderResult.score`)."""
    panel = tables if isinstance(tables, Panel) else read_panel(tables, fitted.period)
    return _scored(panel, kind, fitted, drawn_parameters(fitted, n_draws))


def write_scores(
    fitted: Fitted, tables: Tables, folder: str | Path, kind: Kind, n_draws: int = N_DRAWS
) -> None:
    """Score in parts, and write each where it stands (see `LadderResult.write_scores`)."""
    probs = {f"p{k}": "float" for k in range(fitted.model.space.n_rungs)}
    gone = {"p_gone": "float"} if fitted.model.space.gone else {}
    types = {"customer_id": "string", "period": "date", **probs, **gone}
    sent = (kind, fitted, drawn_parameters(fitted, n_draws))
    with panel_parts(tables, fitted.period) as parts:
        parts.chunks.write(_columns, sent, Path(folder), types)


def _columns(panel: Panel, sent: tuple[Kind, Fitted, np.ndarray]) -> dict[str, np.ndarray]:
    return _scored(panel, *sent).to_columns()


def _scored(panel: Panel, kind: Kind, fitted: Fitted, thetas: np.ndarray) -> RungProbs:
    probs, n = averaged_probs(fitted, panel, kind, thetas), fitted.model.space.n_rungs
    return RungProbs(
        kind, np.repeat(panel.customer_ids, panel.lengths), panel.periods[panel.row_periods], probs[:, :n],
        probs[:, n] if fitted.model.space.gone else None,
    )  # fmt: skip


def averaged_probs(fitted: Fitted, panel: Panel, kind: Kind, thetas: np.ndarray) -> np.ndarray:
    """(n_rows, n_places) float32 probabilities, averaged over parameters.

    Parameters
    ----------
    thetas : (n_draws, n_parameters)
        Of the model as fitted, such as `drawn_parameters` gives.
    """
    model, where, encoded = _over(fitted, panel)
    total = rung_probs(model, thetas[0, where], encoded, kind)
    for theta in thetas[1:]:
        total += rung_probs(model, theta[where], encoded, kind)
    total /= len(thetas)
    return total


def on_panel(fitted: Fitted, panel: Panel) -> tuple[LadderModel, np.ndarray, Encoded]:
    """The fitted model over the codes of another panel; what it does not know of is left out."""
    model, where, encoded = _over(fitted, panel)
    return model, fitted.theta[where], encoded


def _over(fitted: Fitted, panel: Panel) -> tuple[LadderModel, np.ndarray, Encoded]:
    """The model over another panel's codes, and which of the fitted parameters are its own."""
    model, places = fitted.model, np.arange(fitted.model.n_parameters)
    encoded = encode(panel, fitted.layout)
    here = {seen.name: seen for seen in encoded.seen}
    start, movement, *rest = model.slices
    emissions, pieces = [], [places[start], places[movement]]
    for emission, where in zip(model.emissions, rest, strict=True):
        if isinstance(emission, SurveyScores):
            if len(panel.scored_rows) == 0:
                continue
            emission = emission.with_scores(panel.scores, panel.standard_errors)
        elif emission.name not in here:
            continue
        else:
            counted = {
                "poisson": emission.family == "poisson",
                "monotone": getattr(emission, "monotone", False),
                "lognormal": emission.family == "lognormal",
            }
            emission = emission_of(here[emission.name], encoded, model.space, fitted.period, **counted)
        emissions.append(emission)
        pieces.append(places[where])
    moves = replace(model.movement, covariates=encoded.exposures - model.movement.centre)
    sized = replace(
        model,
        movement=moves,
        emissions=tuple(emissions),
        n_shared=encoded.sequences.n_shared,
        base=encoded.base,
    )
    return sized, np.concatenate(pieces), encoded


def rung_probs(
    model: LadderModel, theta: np.ndarray, encoded: Encoded, kind: Kind = "smoothed"
) -> np.ndarray:
    """(n_rows, n_places) float32 probabilities, classes summed out: the rungs, then gone where it is one."""
    tables = model.tables(theta)
    return kernel.rung_probs(encoded.sequences, tables, model.space.n_places, kind=kind)
