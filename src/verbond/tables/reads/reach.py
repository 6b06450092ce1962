"""Whom a single action reached, and when first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from verbond.tables.reads.experiments import known_experiment
from verbond.tables.reads.lots import was_lot_followed
from verbond.tables.tables import Tables

__all__ = ["CONTROL", "ActionReach", "action_reach", "n_reached_known"]

CONTROL = "control"
"""The arm that does not get an action."""


@dataclass(frozen=True, slots=True)
class ActionReach:
    """Customers whom an action was meant for, a row each.

    Attributes
    ----------
    action : str
    kind : str or None
    by_lot : bool
        A lot decided, and it was followed.
    has_control : bool
        There is an arm that did not get it.
    is_dealt : bool
        Rows come from `assignments`, whether or not the action reached them; else from `exposures`.
    customer_id : (n,) object
    reached_on : (n,) datetime64[D]
        The first time; of an arm, the day of the lot.
    gets_it : (n,) bool
        Is not of the arm that gets nothing.
    """

    action: str
    kind: str | None
    by_lot: bool
    has_control: bool
    is_dealt: bool
    customer_id: np.ndarray
    reached_on: np.ndarray
    gets_it: np.ndarray


def action_reach(tables: Tables, action: str) -> ActionReach:
    """Read it.

    Parameters
    ----------
    tables : Tables
    action : str
        Its `action_id`.

    Raises
    ------
    NotFoundError
        If no table names the action.
    """
    known = known_experiment(tables, action)
    found = tables.select("action_reach", action_id=action, is_dealt=known.is_dealt)
    gets_it = np.array([one != CONTROL for one in found["variant"]], bool)
    has_control = bool(gets_it.any() and not gets_it.all())
    if known.is_dealt:
        by_lot = has_control and known.by_lot is not False
    else:
        by_lot = known.by_lot is True and was_lot_followed(tables, action)
    return ActionReach(
        action=action, kind=known.kind,
        by_lot=by_lot, has_control=has_control,
        is_dealt=known.is_dealt,
        customer_id=np.asarray(found["customer_id"], object),
        reached_on=np.asarray(found["reached_on"], "datetime64[D]"),
        gets_it=gets_it,
    )  # fmt: skip


def n_reached_known(tables: Tables, action: str) -> int:
    """How many customers of those whom an action reached, the other tables know too.

    Parameters
    ----------
    tables : Tables
    action : str
        Its `action_id`.
    """
    return int(tables.select("reached_known", action_id=action)["n"][0])
