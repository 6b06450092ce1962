"""What customers answered, beside whether an action had reached them by then."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from verbond.tables.tables import Tables

__all__ = ["AnswersBeside", "answers_beside"]


@dataclass(frozen=True, slots=True)
class AnswersBeside:
    """Answers, a row a customer and day.

    Attributes
    ----------
    customer, wave : (n,) int64
        Codes.
    experience, trust : (n,) float64
        Scores, 0..100; NaN where there is none.
    type : (n,) object
        The relationship type with the highest score, or None.
    ever, reached : (n,) bool
        Whether the action reached her at all, and whether it had by then.
    """

    customer: np.ndarray = field(repr=False)
    wave: np.ndarray = field(repr=False)
    experience: np.ndarray = field(repr=False)
    trust: np.ndarray = field(repr=False)
    type: np.ndarray = field(repr=False)
    ever: np.ndarray = field(repr=False)
    reached: np.ndarray = field(repr=False)


def answers_beside(tables: Tables, action: str) -> AnswersBeside | None:
    """Read scores and types, in one query; None without scores.

    Parameters
    ----------
    tables : Tables
    action : str
        An action or a kind of action.
    """
    if "scores" not in tables:
        return None
    found = tables.select("answers_beside", action=action)
    codes = (np.unique(found[name].astype(str), return_inverse=True)[1] for name in ("customer_id", "wave"))
    return AnswersBeside(
        *codes,
        *(found[name].astype(np.float64) for name in ("experience", "trust")),
        type=found["type"],
        ever=found["ever"] == 1,
        reached=found["reached"] == 1,
    )
