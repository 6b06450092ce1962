"""Checks of options that many methods share."""

from __future__ import annotations

from verbond.errors import OptionError

__all__ = ["check_ci_level", "check_days"]


def check_ci_level(ci_level: float) -> None:
    """Refuse a level of intervals that is none.

    Examples
    --------
    >>> check_ci_level(0.95)
    >>> check_ci_level(95)
    Traceback (most recent call last):
    verbond.errors.OptionError: ci_level is out of range: found 95, expected between 0 and 1.
    """
    if not 0 < ci_level < 1:
        raise OptionError("ci_level is out of range", got=repr(ci_level), expected="between 0 and 1")


def check_days(name: str, days: int) -> None:
    """Refuse a number of days that is not a whole number of one or more.

    Examples
    --------
    >>> check_days("horizon_days", 0)
    Traceback (most recent call last):
    verbond.errors.OptionError: horizon_days is out of range: found 0, expected 1 or more.
    """
    if not isinstance(days, int) or days < 1:
        raise OptionError(f"{name} is out of range", got=repr(days), expected="1 or more")
