"""What respondents bought after they answered."""

from __future__ import annotations

from verbond.tables.tables import Tables

__all__ = ["purchases_after"]


def purchases_after(tables: Tables, horizon_days: int = 180) -> dict[str, int]:
    """Respondent: days with a purchase within the horizon after their last answer, from the day after it.

    Parameters
    ----------
    tables : Tables
        With `responses` and `events`; without either nobody is found.
    horizon_days : int

    Returns
    -------
    dict of str to int
        Customers whose whole horizon lies within the data; 0 where they bought nothing.
    """
    if "responses" not in tables or "events" not in tables:
        return {}
    acts = tables.select("recorded_acts")
    if "purchase" not in set(acts["kind"].tolist()):
        return {}
    found = tables.select("purchases_after", horizon_days=horizon_days, last_day=acts["last_day"].max())
    return {str(who): int(n) for who, n in zip(found["respondent_id"], found["n_days"], strict=True)}
