"""On which rung the company's own actions and budget go.

Most companies are suspected to work on the first rung and not much further; this counts what the `actions`
table says, without estimating anything.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from verbond.diagnosis.results import Effort, EffortOnRung
from verbond.tables import STIMULUS, Tables

__all__ = ["count_effort"]


def count_effort(tables: Tables) -> Effort | None:
    """Count actions and cost by rung and by aim.

    Parameters
    ----------
    tables : Tables
        Reads `actions` (kind, rung, aim, cost).

    Returns
    -------
    Effort or None
        None where there is no `actions` table or it is empty.
    """
    if "actions" not in tables:
        return None
    columns = tables.columns("actions")
    actions = tables.fetch("actions", [c for c in ("kind", "rung", "aim", "cost") if c in columns])
    done = actions["kind"] != STIMULUS
    actions = {name: values[done] for name, values in actions.items()}
    n_actions = len(actions["kind"])
    if n_actions == 0:
        return None
    rung = np.array([_number(r) for r in actions.get("rung", [None] * n_actions)])
    cost = np.array([_number(c) for c in actions.get("cost", [None] * n_actions)])
    aim = np.array(actions.get("aim", [None] * n_actions), dtype=object)
    known = np.isin(rung, range(1, 6))
    return Effort(
        rungs=tuple(_on_rung(k, rung, cost, int(known.sum())) for k in range(1, 6)) if known.any() else (),
        n_actions=n_actions,
        n_without_rung=int(n_actions - known.sum()),
        by_kind=dict(Counter(str(kind) for kind in actions["kind"]).most_common()),
        cost_to_win=_sum(cost[aim == "win"]),
        cost_to_keep=_sum(cost[aim == "keep"]),
    )


def _on_rung(k: int, rung: np.ndarray, cost: np.ndarray, n_known: int) -> EffortOnRung:
    here = rung == k
    return EffortOnRung(k, int(here.sum()), float(here.sum() / n_known), _sum(cost[here]))


def _number(value: object) -> float:
    return float("nan") if value is None or np.ma.is_masked(value) else float(value)  # type: ignore[arg-type]


def _sum(cost: np.ndarray) -> float | None:
    known = cost[np.isfinite(cost)]
    return float(known.sum()) if known.size else None
