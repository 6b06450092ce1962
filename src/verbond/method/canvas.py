"""What a facilitator of the relationship canvas needs: hard questions, agendas, contradictions, manners.

The words are Verbond's own, in `data/canvas_*.toml`. They come from no manual: they follow from the method
(who we are and how we are seen before mission and promise, values that do not contradict each other,
concessions that are written down, small steps) and from how groups work.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from verbond.errors import OptionError
from verbond.method.texts import texts
from verbond.method.types import Text, text_of
from verbond.results import Language

__all__ = [
    "CANVAS_FIELDS",
    "CanvasField",
    "CanvasHelp",
    "canvas_help",
]


@dataclass(frozen=True, slots=True)
class CanvasField:
    """A field of the canvas, as a facilitator explains it.

    Attributes
    ----------
    id : str
        "identity", "image", "values", "mission", "promise" or "steps".
    name, lies : Text
        Its name, and what lies in it.
    questions : tuple of Text
        Hard ones, five to eight; the first two stand beside the field while people work.
    """

    id: str
    name: Text
    lies: Text
    questions: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class CanvasHelp:
    """Short help beside a field.

    Attributes
    ----------
    name, lies : str
        The field's name, and what lies in it.
    questions : tuple of str
        Two hard ones.
    """

    name: str
    lies: str
    questions: tuple[str, ...]


def _field(id: str, entry: Mapping[str, Any]) -> CanvasField:
    questions = tuple(text_of(one) for one in entry["questions"])
    return CanvasField(id, text_of(entry["name"]), text_of(entry["lies"]), questions)


CANVAS_FIELDS: Mapping[str, CanvasField] = MappingProxyType(
    {id: _field(id, entry) for id, entry in texts("canvas_fields").items()}
)
"""The fields by id, in the order of the method."""


def canvas_help(field: str, language: Language = "en") -> CanvasHelp:
    """What lies in a field, and two hard questions, for who works in it.

    Parameters
    ----------
    field : str
    language : {"en", "nl"}

    Raises
    ------
    OptionError
        If there is no such field.

    Examples
    --------
    >>> canvas_help("mission").questions[0]
    'Strike out our name. Could a competitor hang this sentence on the wall?'
    """
    if field not in CANVAS_FIELDS:
        raise OptionError("unknown field of the canvas", got=repr(field), expected=", ".join(CANVAS_FIELDS))
    found = CANVAS_FIELDS[field]
    asked = tuple(question.say(language) for question in found.questions[:2])
    return CanvasHelp(found.name.say(language), found.lies.say(language), asked)
