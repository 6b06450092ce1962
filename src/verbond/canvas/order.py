"""Keys that keep an order: between any two there is always another, so nothing else has to move.

A key is a fraction in [0, 1) written in base 62 without its "0." and never ending in the digit 0; strings
compare as the fractions do. Two people who put something between the same neighbours may get the same key:
then the id decides, the same for everybody.

References
----------
Wallace, E. (2017). Realtime editing of ordered sequences. Figma engineering. (Fractional indexing.)
"""

from __future__ import annotations

import string

from verbond.errors import OptionError

__all__ = ["DIGITS", "between", "is_key", "spread"]

DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
"""In the order of their code points, so that strings compare as numbers."""
LONGEST = 200
WIDTH = 4
"""Digits in which keys at the end, or at the beginning, count on: millions before they grow."""
_VALUE = {digit: n for n, digit in enumerate(DIGITS)}


def is_key(key: object) -> bool:
    """Whether something is a key."""
    return (
        isinstance(key, str)
        and 0 < len(key) <= LONGEST
        and all(digit in _VALUE for digit in key)
        and key[-1] != DIGITS[0]
    )


def between(low: str | None = None, high: str | None = None) -> str:
    """A key between two: as short as can be between neighbours, and the next one at the end or the beginning.

    Parameters
    ----------
    low, high : str, optional
        None: before everything, behind everything.

    Raises
    ------
    OptionError
        If one is no key, or they do not stand in order.

    Examples
    --------
    >>> between(), between("V"), between("V001"), between(None, "V"), between("V", "W"), between("V", "V01")
    ('V', 'V001', 'V002', 'Uzzz', 'VV', 'V00V')
    """
    for key in (low, high):
        if key is not None and not is_key(key):
            raise OptionError("this is no key", got=repr(key))
    if low is not None and high is not None and low >= high:
        raise OptionError("keys do not stand in order", got=f"{low!r} and {high!r}")
    if (low is None) != (high is None) and (counted := _counted(low or high or "", 1 if low else -1)):
        return counted
    made, place, under = "", 0, high
    while True:
        bottom = _VALUE[low[place]] if low is not None and place < len(low) else 0
        top = _VALUE[under[place]] if under is not None and place < len(under) else len(DIGITS)
        if top - bottom > 1:
            return made + DIGITS[(bottom + top) // 2]
        if top > bottom:  # neighbours: whatever follows `bottom` stays under `high`
            under = None
        made, place = made + DIGITS[bottom], place + 1


def spread(n: int) -> list[str]:
    """So many keys in order, evenly apart and equally short: for much that is laid down at once.

    Examples
    --------
    >>> spread(3)
    ['F', 'V', 'k']
    """
    size = len(DIGITS)
    places = next(k for k in range(1, LONGEST) if size**k > n)
    keys = []
    for at in range(1, n + 1):
        whole, key = at * size**places // (n + 1), ""
        for _ in range(places):
            whole, digit = divmod(whole, size)
            key = DIGITS[digit] + key
        keys.append(key.rstrip(DIGITS[0]))
    return keys


def _counted(key: str, step: int) -> str:
    """The next key of `WIDTH` digits on one side; "" where there is none."""
    number = 0
    for digit in key[:WIDTH].ljust(WIDTH, DIGITS[0]):
        number = number * len(DIGITS) + _VALUE[digit]
    number += step
    if number % len(DIGITS) == 0:  # keys do not end in the digit 0
        number += step
    if not 0 < number < len(DIGITS) ** WIDTH:
        return ""
    made = ""
    for _ in range(WIDTH):
        number, digit = divmod(number, len(DIGITS))
        made = DIGITS[digit] + made
    return made
