"""Which actions were given by lot."""

from __future__ import annotations

from verbond.tables.tables import Tables

__all__ = ["kinds_by_lot", "was_lot_followed"]


def kinds_by_lot(tables: Tables) -> tuple[str, ...]:
    """Action kinds of which every action was given by lot: what goes with these is an effect.

    Parameters
    ----------
    tables : Tables

    Returns
    -------
    tuple of str
        In order; empty without actions.
    """
    if "actions" not in tables:
        return ()
    return tuple(tables.select("kinds_by_lot")["kind"].tolist())


def was_lot_followed(tables: Tables, action: str) -> bool:
    """Whether arms of `assignments` were reached as a whole or not at all.

    Where some people of an arm were reached and others not, something else than the lot had a say in it: who
    was reached beside who was not is then no experiment, while the arms beside each other still are.

    Parameters
    ----------
    tables : Tables
        With actions and exposures.
    action : str
        An action or a kind of action.

    Returns
    -------
    bool
        True as well without assignments of it.
    """
    if "assignments" not in tables:
        return True
    return not len(tables.select("arms_half_reached", action=action)["action_id"])
