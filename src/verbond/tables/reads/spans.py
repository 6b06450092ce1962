"""How long answering took, where each answer has a moment of its own."""

from __future__ import annotations

import numpy as np

from verbond.tables.tables import Tables

__all__ = ["answer_seconds"]


def answer_seconds(tables: Tables, group: str = "customer") -> np.ndarray:
    """Seconds between first and last answer, a row for each row of `answers(tables, group)`.

    Parameters
    ----------
    tables : Tables
    group : {"customer", "employee"}

    Returns
    -------
    (n,) float64
        NaN where all answers carry the same moment or none: then nothing is known of how long they took.
    """
    found = tables.select("answer_spans", group=group)
    first, last = (np.asarray(found[name]).astype("datetime64[us]") for name in ("first_at", "last_at"))
    seconds = (last - first) / np.timedelta64(1, "s")
    return np.where(seconds > 0, seconds, np.nan)
