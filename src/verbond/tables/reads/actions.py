"""What the company did: its actions and kinds of action, with how many each reached."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np

from verbond.tables.reads.lots import was_lot_followed
from verbond.tables.schema import STIMULUS
from verbond.tables.tables import Tables

__all__ = ["ListedAction", "action_list", "currency_of_purchases"]


@dataclass(frozen=True, slots=True)
class ListedAction:
    """An action, or all actions of one kind together.

    Attributes
    ----------
    action : str or None
        None for a kind.
    kind : str
        One of the kinds that are known, or of the company's own.
    label : str or None
        Its name for people.
    aim : {"win", "keep"} or None
        None where it is not known, or not the same for all actions of the kind.
    cost : float or None
        Money spent on it; of a kind the sum over the actions of which it is known.
    n_actions : int
    by_lot : bool
        Customers were assigned by lot, to each of them.
    n_reached : int
        Different customers.
    first_day, last_day : date or None
        On which it first and last reached somebody.
    """

    action: str | None
    kind: str
    label: str | None
    aim: str | None
    cost: float | None
    n_actions: int
    by_lot: bool
    n_reached: int
    first_day: dt.date | None
    last_day: dt.date | None


def action_list(tables: Tables) -> tuple[ListedAction, ...]:
    """List actions and kinds of action, in one aggregate query.

    Parameters
    ----------
    tables : Tables

    Returns
    -------
    tuple of ListedAction
        Empty without actions. What was shown in a survey (kind "stimulus") is left out.
    """
    if "actions" not in tables:
        return ()
    found = tables.select("action_list", left_out=STIMULUS)
    names = list(found)
    rows = [dict(zip(names, row, strict=True)) for row in zip(*found.values(), strict=True)]
    return tuple(
        ListedAction(
            action=_text(row["action_id"]),
            kind=str(row["kind"]),
            label=_text(row["label"]),
            aim=_text(row["aim"]),
            cost=_number(row["cost"]),
            n_actions=int(row["n_actions"]),
            by_lot=bool(row["by_lot"] == 1)
            and was_lot_followed(tables, str(row["action_id"] or row["kind"])),
            n_reached=int(row["n_reached"]),
            first_day=_day(row["first_day"]),
            last_day=_day(row["last_day"]),
        )
        for row in rows
    )


def currency_of_purchases(tables: Tables) -> str:
    """The currency of what customers paid; empty where it is not known, or there are several."""
    codes = [str(code) for code in tables.select("purchase_currencies")["currency"]]
    return codes[0] if len(codes) == 1 else ""


def _text(value: object) -> str | None:
    return None if value is None or value == "" else str(value)


def _number(value: object) -> float | None:
    number = np.nan if value is None else float(value)  # type: ignore[arg-type]
    return None if np.isnan(number) else number


def _day(value: object) -> dt.date | None:
    if value is None or (isinstance(value, np.datetime64) and np.isnat(value)):
        return None
    return np.datetime64(value, "D").astype(object)  # type: ignore[call-overload]
