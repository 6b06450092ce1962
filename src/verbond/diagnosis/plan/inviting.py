"""Whom to ask first: those who showed interest, and who may be approached."""

from __future__ import annotations

import numpy as np

from verbond.diagnosis.plan.results import Invited, InviteList
from verbond.errors import DataError, OptionError
from verbond.ladder import LadderResult
from verbond.results import Reason
from verbond.tables import Tables
from verbond.tables.reads import interest

__all__ = ["invite_list"]

HIGH = 0.5
"""Probability of the top two rungs from which somebody stands high."""


def invite_list(tables: Tables, ladder: LadderResult | None = None, *, n: int = 50) -> InviteList:
    """The customers to invite first to a small community.

    Who contributed comes first, then who brought others, then who answered questionnaires, then who most
    probably stands on one of the two highest rungs; within these, who did it most. Where consent is recorded,
    only those who gave it.

    Parameters
    ----------
    tables : Tables
    ladder : LadderResult, optional
        An anchored one; says who stands high.
    n : int
        At most so many.

    Returns
    -------
    InviteList

    Raises
    ------
    OptionError
        For fewer than one.
    """
    if n < 1:
        raise OptionError("impossible number of invitations", got=str(n), expected="1 or more")
    found = interest(tables)
    high = _high(tables, ladder, found.customer_id)
    interested = found.showed | (high >= HIGH)
    known = bool((~np.isnan(found.consent)).any())
    may = (found.consent == 1) if known else np.ones(len(interested), bool)
    did = (found.n_contributions, found.n_referrals, found.n_answered)
    order = np.lexsort((found.customer_id, -high, *(-n for n in reversed(did))))
    chosen = [i for i in order if interested[i] and may[i]][:n]
    so = {name: n > 0 for name, n in zip(("contributed", "referred", "answered"), did, strict=True)}
    so["high"] = high >= HIGH
    customers = tuple(
        Invited(str(found.customer_id[i]), tuple(name for name, of in so.items() if of[i])) for i in chosen
    )
    n_interested, n_without = int(interested.sum()), int((interested & ~may).sum())
    reasons = () if known else (Reason("plan.consent_unknown"),)
    headline = Reason("plan.invite", {"n": len(customers), "interested": n_interested, "without": n_without})
    return InviteList(customers, n_interested, n_without, known, headline, reasons)


def _high(tables: Tables, ladder: LadderResult | None, ids: np.ndarray) -> np.ndarray:
    """(n,) probability of one of the two highest rungs in the last period; 0 where it is not known."""
    high = np.zeros(len(ids))
    if ladder is None or not ladder.anchored:
        return high
    try:
        scored = ladder.score(tables, n_draws=0)
    except DataError:
        return high
    last = scored.periods == scored.periods.max()
    probs = dict(zip(scored.customer_ids[last], scored.probs[last, -2:].sum(axis=1), strict=True))
    return np.array([probs.get(id, 0.0) for id in ids])
