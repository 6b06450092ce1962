"""The demo company's answers: it is simulated, and may be asked all the same.

Its own tables never change. What a survey brought stands beside them and is laid over them when they are
opened: the answers are real, the customers are not, and the demo company's calendar ended a while ago.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from verbond.tables import Tables

__all__ = ["with_answers"]


def with_answers(tables: Tables, asked: Tables) -> Tables:
    """Simulated tables with the answers of surveys below their own.

    Parameters
    ----------
    tables : Tables
        Of the simulated company.
    asked : Tables
        What surveys brought: answers, messages, stimuli.

    Returns
    -------
    Tables
        What was answered after the company's last day counts as answered on that day.
    """
    last = np.datetime64(tables.period_range[1], "s")
    for name in asked:
        if "occurred_at" in asked.columns(name):
            columns = asked.fetch(name)
            moments = columns["occurred_at"].astype("datetime64[s]")
            asked = asked.add(name, {**columns, "occurred_at": np.minimum(moments, last)})
    return tables.extend(asked)
