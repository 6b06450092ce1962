"""The handles: what a company can do for the relationship, each with a first step for tomorrow."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from verbond.errors import OptionError
from verbond.method.texts import texts
from verbond.method.types import Handle, text_of

__all__ = ["HANDLES", "handle", "handles_for"]

_EFFORTS = ("small", "medium", "large")


def _handle(id: str, entry: dict[str, Any]) -> Handle:
    words = {key: text_of(entry[key]) for key in ("name", "why", "first_step", "who", "when_not", "evidence")}
    return Handle(id=id, rungs=tuple(entry["rungs"]), effort=entry["effort"], **words)


HANDLES: tuple[Handle, ...] = tuple(_handle(id, entry) for id, entry in texts("handles").items())
"""Every handle; what serves the lower rungs comes first."""

_BY_ID = MappingProxyType({handle.id: handle for handle in HANDLES})


def handle(id: str) -> Handle:
    """The handle with this id.

    Raises
    ------
    OptionError
        If there is none.

    Examples
    --------
    >>> handle("tell_why").rungs
    (2, 3)
    """
    if id not in _BY_ID:
        raise OptionError("unknown handle", got=repr(id), expected=", ".join(_BY_ID))
    return _BY_ID[id]


def handles_for(rung: int) -> tuple[Handle, ...]:
    """The handles that serve a rung, those of least effort first, then in the order of `HANDLES`.

    Parameters
    ----------
    rung : int
        0 to 5.

    Raises
    ------
    OptionError
        If there is no such rung.

    Examples
    --------
    >>> [handle.id for handle in handles_for(5)][:2]
    ['involve', 'intention_to_deed']
    """
    if rung not in range(6):
        raise OptionError("unknown rung", got=str(rung), expected="a whole number from 0 to 5")
    serving = (handle for handle in HANDLES if rung in handle.rungs)
    return tuple(sorted(serving, key=lambda handle: _EFFORTS.index(handle.effort)))
