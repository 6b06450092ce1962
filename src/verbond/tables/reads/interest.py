"""Who showed interest, and who may be approached."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from verbond.tables.tables import Tables

__all__ = ["Interest", "interest"]


@dataclass(frozen=True, slots=True)
class Interest:
    """Every customer, a row each.

    Attributes
    ----------
    customer_id : (n,) object
    consent : (n,) float64
        1 may be approached, 0 may not, NaN not known.
    n_contributions, n_referrals : (n,) int64
    n_answered : (n,) int64
        Questionnaires of which she answered something.
    """

    customer_id: np.ndarray
    consent: np.ndarray
    n_contributions: np.ndarray
    n_referrals: np.ndarray
    n_answered: np.ndarray

    @property
    def showed(self) -> np.ndarray:
        """(n,) bool: contributed, brought others or answered."""
        return (self.n_contributions > 0) | (self.n_referrals > 0) | (self.n_answered > 0)

    @property
    def share_with_consent(self) -> float | None:
        """Of those of whom it is known, 0..1; None where it is known of nobody."""
        known = ~np.isnan(self.consent)
        return float(self.consent[known].mean()) if known.any() else None


def interest(tables: Tables) -> Interest:
    """Read it.

    Parameters
    ----------
    tables : Tables
        Without customers or events: what the other says; who is in neither is not there.
    """
    found = tables.select("interested")
    return Interest(
        np.asarray(found["customer_id"], dtype=object),
        np.ma.filled(np.ma.asarray(found["consent"], dtype=np.float64), np.nan),
        np.asarray(found["n_contributions"], dtype=np.int64),
        np.asarray(found["n_referrals"], dtype=np.int64),
        np.asarray(found["n_answered"], dtype=np.int64),
    )
