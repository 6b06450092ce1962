"""The file for the CRM: a row a customer, with where they stand now, whether they moved, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from verbond.ladder.ahead.chain import filtered_states, predicted_states
from verbond.ladder.ahead.forecast import shared_codes
from verbond.ladder.model.fitted import Fitted, drawn_parameters
from verbond.ladder.model.model import is_silent
from verbond.ladder.scoring.scoring import N_DRAWS, averaged_probs, on_panel
from verbond.results import Result, plain
from verbond.tables import Panel, write_columns

__all__ = ["CustomerFile", "customer_file"]

HISTORY = "history"
NEARLY_ZERO = 1e-300


@dataclass(frozen=True, slots=True)
class CustomerFile(Result):
    """Where every customer stands in their last period.

    Attributes
    ----------
    customer_ids : (n,) str objects
    periods : (n,) datetime64[D]
        Each customer's last.
    probs : (n, n_states)
        Filtered, which in a last period is all that is known; averaged over draws of the parameters.
    gone : (n,) or None
    likeliest_rung : (n,) int64
        Of those who are not gone.
    expected_rung : (n,)
        Mean of the rungs' numbers, of those who are not gone.
    change : (n,)
        Expected rung now less that of the period before; NaN for customers of one period.
    moved : (n,) str objects
        "up", "down" or "same" by the likeliest rung; "" for customers of one period.
    why : (n,) str objects
        What speaks most for the likeliest rung against its neighbour: an event kind of the last period,
        "answered", "scores", or "history" for what was known before.
    """

    customer_ids: np.ndarray
    periods: np.ndarray
    probs: np.ndarray = field(repr=False)
    gone: np.ndarray | None = field(repr=False)
    likeliest_rung: np.ndarray
    expected_rung: np.ndarray
    change: np.ndarray
    moved: np.ndarray
    why: np.ndarray

    def to_columns(self) -> dict[str, np.ndarray]:
        """Columns customer_id, period, p0 ..., p_gone where used, likeliest_rung, and on."""
        columns = {"customer_id": self.customer_ids, "period": self.periods}
        columns |= {f"p{k}": self.probs[:, k] for k in range(self.probs.shape[1])}
        if self.gone is not None:
            columns["p_gone"] = self.gone
        names = ("likeliest_rung", "expected_rung", "change", "moved", "why")
        return columns | {name: getattr(self, name) for name in names}

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a customer."""
        columns = self.to_columns()
        return [plain(dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)]

    def write(self, path: str | Path) -> None:
        """Write a CSV or Parquet file (by its suffix)."""
        write_columns(path, self.to_columns())


def customer_file(fitted: Fitted, panel: Panel) -> CustomerFile:
    """Make the file.

    Parameters
    ----------
    fitted : Fitted
    panel : Panel
        Customers without rows are left out.
    """
    panel = panel.select(panel.lengths > 0)
    model, theta, encoded = on_panel(fitted, panel)
    tables, space = model.tables(theta), model.space
    filtered = filtered_states(encoded.sequences, tables)
    last = panel.offsets[1:] - 1
    averaged = averaged_probs(fitted, panel, "filtered", drawn_parameters(fitted, N_DRAWS))
    probs, n = averaged[last].astype(float), space.n_rungs
    now = _among_rungs(probs[:, :n])
    many = panel.lengths > 1
    before = np.full_like(now, np.nan)
    before[many] = _among_rungs(averaged[last[many] - 1, :n].astype(float))
    rungs = np.arange(n)
    likeliest, moved = now.argmax(axis=1), np.full(len(now), "", object)
    step = likeliest[many] - before[many].argmax(axis=1)
    moved[many] = np.array(["down", "same", "up"], object)[np.sign(step) + 1]
    return CustomerFile(
        panel.customer_ids, panel.periods[panel.row_periods[last]], probs[:, :n],
        probs[:, n] if space.gone else None, likeliest, now @ rungs, now @ rungs - before @ rungs, moved,
        _why(model, theta, encoded, panel, predicted_states(encoded, tables, filtered)[last], likeliest, now),
    )  # fmt: skip


def _among_rungs(rungs: np.ndarray) -> np.ndarray:
    return rungs / np.maximum(rungs.sum(axis=1, keepdims=True), NEARLY_ZERO)


def _why(
    model: Any,
    theta: np.ndarray,
    encoded: Any,
    panel: Panel,
    predicted: np.ndarray,
    likeliest: np.ndarray,
    probs: np.ndarray,
) -> np.ndarray:
    """What adds most to the log odds of the likeliest rung, one kind of evidence after the other."""
    n = len(likeliest)
    rows, people = panel.offsets[1:] - 1, np.arange(n)
    below = np.where(likeliest > 0, probs[people, np.maximum(likeliest - 1, 0)], -1.0)
    top = model.space.n_rungs - 1
    above = np.where(likeliest < top, probs[people, np.minimum(likeliest + 1, top)], -1.0)
    neighbour = np.where(above > below, likeliest + 1, likeliest - 1)

    def odds(states: np.ndarray) -> np.ndarray:
        rungs = np.maximum(model.space.by_rung(states), NEARLY_ZERO)
        return np.log(rungs[people, likeliest]) - np.log(rungs[people, neighbour])

    here, codes = predicted, shared_codes(encoded)[rows]
    at = odds(here)
    most, best = np.full(n, HISTORY, object), at.copy()
    scored = np.full(panel.n_rows, -1, np.int64)
    scored[panel.scored_rows] = np.arange(len(panel.scored_rows))
    for emission, where in zip(model.emissions, model.slices[2:], strict=True):
        living = emission.log_likelihoods(theta[where])
        logs = np.zeros((n, model.space.living.n_states))
        quiet = np.zeros(n)
        if emission.own_rows:
            asked = scored[rows] >= 0
            logs[asked] = living[scored[rows[asked]]]
            quiet[asked] = -np.inf
        else:
            own = emission.index[codes]
            logs = living[own]
            quiet = np.where(is_silent(emission)[own], 0.0, -np.inf)
        seen = model.space.with_gone(logs, quiet)
        here = here * np.exp(seen - seen.max(axis=1, keepdims=True))
        here = here / here.sum(axis=1, keepdims=True)
        after = odds(here)
        gain, at = after - at, after
        most[gain > best] = emission.name
        best = np.maximum(best, gain)
    return most
