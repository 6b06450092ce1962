"""The promise of a canvas, as what we say and write is held against it."""

from __future__ import annotations

from verbond.canvas import Outcome
from verbond.expressions import Promise
from verbond.expressions.prefill import completed
from verbond.method import CIRCLE, RELATIONSHIP_TYPES
from verbond.results import Language

__all__ = ["promise_of_canvas"]


def promise_of_canvas(outcome: Outcome, language: Language | None = None) -> Promise | None:
    """The promise that was chosen on a canvas, with the places of the shared values and its examples.

    A canvas does not say which relationship it offers. Where more than half of the shared values lie on the
    side of the circle that the method gives to one, it is that one, until somebody says otherwise.

    Parameters
    ----------
    outcome : Outcome
    language : {"en", "nl"}, optional
        Where given, suggested examples in it come behind those of the canvas: see
        `verbond.expressions.prefill`.

    Returns
    -------
    Promise or None
        None where none was chosen, or it has no words.

    Examples
    --------
    >>> made = Outcome.from_json({"company": "Mazzel", "values": [
    ...     {"name": "lasts", "place": "universalism", "chosen": True}],
    ...     "promises": [{"text": "Clothes that last", "chosen": True, "breaks": ["3 for 10 euros"]}]})
    >>> found = promise_of_canvas(made)
    >>> found.text, found.values, found.relationship, found.breaks
    ('Clothes that last', ('universalism',), 'meaning', ('3 for 10 euros',))
    """
    chosen = outcome.promise
    if chosen is None or not chosen.text.strip():
        return None
    values = tuple(dict.fromkeys(one.place for one in outcome.shared if one.place))
    made = Promise(
        text=chosen.text.strip(),
        relationship=_of_side(values),
        values=values,
        keeps=_said(chosen.keeps),
        breaks=_said(chosen.breaks),
    )
    return made if language is None else completed(made, language)


def _of_side(values: tuple[str, ...]) -> str:
    """The relationship type on whose side of the circle most of some values lie; "" where none has most."""
    sides = [value.higher_order for value in CIRCLE if value.id in values]
    found = (
        kind.id
        for kind in RELATIONSHIP_TYPES
        if kind.value_side and 2 * sides.count(kind.value_side) > len(sides)
    )
    return next(found, "")


def _said(examples: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.strip() for one in examples if one.strip()))
