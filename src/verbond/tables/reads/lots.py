"""Which actions were given by lot."""

from __future__ import annotations

from verbond.tables.tables import Tables

__all__ = ["kinds_by_lot"]


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
