"""What constructs, kinds of events and kinds of actions are called, so that no sentence carries an id."""

from __future__ import annotations

from types import MappingProxyType

from verbond.method.circle import CIRCLE, CIRCLE_19
from verbond.method.relationship import RELATIONSHIP_TYPES, RUNGS
from verbond.method.texts import texts
from verbond.method.types import Text, text_of
from verbond.results import Language

__all__ = ["NAMES", "named", "spoken"]

NAMES = MappingProxyType(
    {rung.construct: rung.name for rung in RUNGS if rung.construct is not None}
    | {one.id: one.name for one in RELATIONSHIP_TYPES}
    | {id: text_of(entry) for group in texts("names").values() for id, entry in group.items()}
)
"""The name of every construct, event kind ("answered" and "amount" included) and action kind, by id."""

_VALUES = {value.id: value.name for value in (*CIRCLE_19, *CIRCLE)}


def named(id: str) -> Text | str:
    """What an id is called, in words that say themselves in either language.

    Parameters
    ----------
    id : str
        A construct, event kind or action kind, or the scale of one value, such as "values_own.power".

    Returns
    -------
    Text or str
        The id itself where the method does not know it: a user's own scale keeps its name.

    Examples
    --------
    >>> named("rebuy").say("nl")
    'zou opnieuw kopen'
    >>> named("values_own.power").say("en")
    'own values: power'
    >>> named("delivery_speed")
    'delivery_speed'
    """
    construct, _, value = id.partition(".")
    name, of = NAMES.get(construct), _VALUES.get(value)
    if name is None or (value and of is None):
        return id
    return Text(f"{name.en}: {of.en}", f"{name.nl}: {of.nl}") if of else name


def spoken(name: Text | str, language: Language) -> str:
    """A name in one language; one that is no `Text` is somebody's own and stays as it is.

    Examples
    --------
    >>> spoken(named("rebuy"), "nl"), spoken(named("delivery_speed"), "nl")
    ('zou opnieuw kopen', 'delivery_speed')
    """
    return name if isinstance(name, str) else name.say(language)
