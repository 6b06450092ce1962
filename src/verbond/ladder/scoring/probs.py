"""`RungProbs`: the probability of each rung for every customer and period."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from verbond.results import Result, plain
from verbond.tables import write_columns

__all__ = ["Kind", "RungProbs"]

Kind = Literal["filtered", "smoothed"]


@dataclass(frozen=True, slots=True)
class RungProbs(Result):
    """Probability of each rung, a row a customer and period.

    Attributes
    ----------
    kind : {"smoothed", "filtered"}
    customer_ids : (n_rows,) str objects
    periods : (n_rows,) datetime64[D]
    probs : (n_rows, n_states)
        Rows sum to 1, together with `gone` where there is one.
    gone : (n_rows,) or None
        Probability of having left without a word; None where that is no state of the model.
    """

    kind: Kind
    customer_ids: np.ndarray
    periods: np.ndarray
    probs: np.ndarray = field(repr=False)
    gone: np.ndarray | None = field(default=None, repr=False)

    def to_columns(self) -> dict[str, np.ndarray]:
        """Columns customer_id, period, p0 ... p(K-1), and p_gone where that is a state."""
        columns = {"customer_id": self.customer_ids, "period": self.periods}
        columns |= {f"p{k}": self.probs[:, k] for k in range(self.probs.shape[1])}
        return columns if self.gone is None else columns | {"p_gone": self.gone}

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a customer and period."""
        columns = self.to_columns()
        return [plain(dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)]

    def to_rungs(self) -> dict[str, np.ndarray]:
        """The canonical table `rungs`: a row a customer, period and rung; whoever is gone stands on none."""
        n, k = self.probs.shape
        return {
            "customer_id": np.repeat(self.customer_ids, k),
            "period": np.repeat(self.periods, k),
            "rung": np.tile(np.arange(k), n),
            "probability": self.probs.ravel().astype(float),
        }

    def write(self, path: str | Path) -> None:
        """Write columns customer_id, period, p0 ... to a CSV or Parquet file (by its suffix)."""
        write_columns(path, self.to_columns())
