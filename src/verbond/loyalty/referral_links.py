"""From recorded referrals to who brought whom, and what of them does not count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from verbond.loyalty.bringing import first_bringers
from verbond.results import Reason
from verbond.tables.reads.referrals import CustomerValues, Referrals
from verbond.tables.reads.spending import Days

__all__ = ["Links", "links_of"]


@dataclass(frozen=True, slots=True)
class Links:
    """Who brought whom, by position in `customer_ids`.

    Attributes
    ----------
    customer_ids : (n,) object
        First those who bought, then those who brought somebody and never bought.
    bringer : (n,) int64
        -1 for nobody.
    came_on : (n,) datetime64[D]
        Of those who were brought: the first purchase, or since when the company knows them.
    came_inside : (n,) bool
        Those brought who came in the days that count.
    late_days : int
        Referrals were recorded up to so many days after somebody came.
    left_out : dict of str to int
        Referrals that do not count, by reason.
    """

    customer_ids: np.ndarray = field(repr=False)
    bringer: np.ndarray = field(repr=False)
    came_on: np.ndarray = field(repr=False)
    came_inside: np.ndarray = field(repr=False)
    late_days: int
    left_out: dict[str, int]

    def reasons(self) -> Iterator[Reason]:
        """What was left out, in the order in which it was."""
        for why, n in self.left_out.items():
            if n:
                yield Reason(f"loyalty_referral.left_{why}", {"n": n, "days": self.late_days})


def links_of(read: Referrals, values: CustomerValues, days: Days, late_days: int) -> Links:
    """Take from all referrals those that brought a customer.

    Parameters
    ----------
    read : Referrals
    values : CustomerValues
    days : (first day, day after the last)
    late_days : int
        A referral may be recorded so long after somebody came; who was there longer was not brought.

    Returns
    -------
    Links

    Notes
    -----
    Left out, in this order: nobody is named; somebody names herself; the named is not known at all; the named
    never bought; the named was a customer already. Of what is left, who is named by several counts for the
    first, and the last link of a circle is left out.
    """
    named = np.array([one is not None for one in read.brought_ids.tolist()], bool)
    pairs = list(zip(read.bringer_ids.tolist(), read.brought_ids.tolist(), strict=True))
    herself = named & np.array([a == b for a, b in pairs], bool)
    n_buyers = len(values.customer_ids)
    place = dict(zip(values.customer_ids.tolist(), range(n_buyers), strict=True))
    brought = np.array([place.get(b, -1) for _, b in pairs], np.int64)
    bought_on = np.full(len(pairs), np.datetime64("NaT"), "M8[D]")
    bought_on[brought >= 0] = values.first_bought_on[brought[brought >= 0]]
    bought = bought_on < np.datetime64(days[1], "D")  # not where it is NaT
    came_on = np.fmin(bought_on, read.since)
    old = came_on < read.referred_on - late_days
    left, rest = {}, np.ones(len(pairs), bool)
    for why, here in (
        ("unnamed", ~named), ("herself", herself), ("unknown", ~read.is_known), ("never_bought", ~bought),
        ("old", old),
    ):  # fmt: skip
        left[why] = int(read.n_rows[rest & here].sum())
        rest &= ~here
    more = sorted({a for (a, _), counts in zip(pairs, rest.tolist(), strict=True) if counts} - place.keys())
    place |= {one: n_buyers + j for j, one in enumerate(more)}
    ids = np.concatenate([values.customer_ids, np.array(more, object)])
    bringers = np.array([place[pairs[j][0]] for j in np.flatnonzero(rest)], np.int64)
    found = first_bringers(bringers, brought[rest], len(ids))
    came = np.full(len(ids), np.datetime64("NaT"), "M8[D]")
    came[brought[rest]] = came_on[rest]
    first, until = (np.datetime64(day, "D") for day in days)
    left |= {"again": found.n_again, "circles": found.n_circles}
    inside = (found.bringer >= 0) & (came >= first) & (came < until)
    return Links(ids, found.bringer, came, inside, late_days, left)
