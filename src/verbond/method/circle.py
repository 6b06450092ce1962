"""The value circle: which values are neighbours and which stand opposite each other.

Two circles: ten values (`CIRCLE`) and the refined nineteen (`CIRCLE_19`), in the order of the theory
(Schwartz 1992; Schwartz et al. 2012). The theory gives an order and no angles; that neighbours stand equally
far apart is a convention of ours. On the circle of ten, conformity and tradition share one wedge, as in the
theory (they have the same aim, tradition lies behind conformity): nine wedges of 40 degrees. Both circles are
turned so that care for everyone and for nature stands at 0 degrees.

References
----------
Schwartz, S. H. (1992). Universals in the content and structure of values. Advances in Experimental Social
Psychology, 25, 1-65.
Schwartz, S. H., et al. (2012). Refining the theory of basic individual values. Journal of Personality and
Social Psychology, 103(4), 663-688.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from verbond.errors import OptionError
from verbond.method.texts import texts
from verbond.method.types import Text, Value, text_of

__all__ = ["CIRCLE", "CIRCLE_19", "HIGHER_ORDERS", "opposition"]


def _circle(entries: dict[str, Any], shares_wedge_with: dict[str, str], at_zero: str) -> tuple[Value, ...]:
    wedges = [id for id in entries if id not in shares_wedge_with]
    wedge = {id: wedges.index(shares_wedge_with.get(id, id)) for id in entries}
    return tuple(
        Value(
            id=id,
            name=text_of(entry["name"]),
            meaning=text_of(entry["meaning"]),
            higher_order=entry["higher_order"],
            angle_degrees=(wedge[id] - wedge[at_zero]) % len(wedges) * 360 / len(wedges),
            borders=entry.get("borders"),
        )
        for id, entry in entries.items()
    )


HIGHER_ORDERS: MappingProxyType[str, Text] = MappingProxyType(
    {id: text_of(entry) for id, entry in texts("circle")["higher_orders"].items()}
)
"""The four sides of the circle, by id."""

CIRCLE: tuple[Value, ...] = _circle(texts("circle")["ten"], {"tradition": "conformity"}, "universalism")
"""Ten values in the order of the circle, from universalism round to benevolence."""

CIRCLE_19: tuple[Value, ...] = _circle(texts("circle")["nineteen"], {}, "universalism_nature")
"""Nineteen values in the order of the circle, from self-direction in thought round to tolerance."""


def opposition(a: str, b: str, *, circle: tuple[Value, ...] = CIRCLE) -> float:
    """How far two values stand apart on the circle.

    Small: they go together. Large: who serves the one gets in the way of the other.

    Parameters
    ----------
    a, b : str
        Ids of values on `circle`.
    circle : tuple of Value
        `CIRCLE` or `CIRCLE_19`.

    Returns
    -------
    float
        Degrees, from 0 (the same place) to 180 (straight opposite).

    Raises
    ------
    OptionError
        If a value is not on the circle.

    Examples
    --------
    >>> opposition("universalism", "power"), opposition("conformity", "tradition")
    (160.0, 0.0)
    """
    angles = {value.id: value.angle_degrees for value in circle}
    for id in (a, b):
        if id not in angles:
            raise OptionError("unknown value", got=repr(id), expected=", ".join(angles))
    gap = abs(angles[a] - angles[b])
    return min(gap, 360 - gap)
