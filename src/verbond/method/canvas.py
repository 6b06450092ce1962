"""What a facilitator of the relationship canvas needs: hard questions, agendas, contradictions, manners.

The words are Verbond's own, in `data/canvas_*.toml`. They come from no manual: they follow from the method
(who we are and how we are seen before mission and promise, values that do not contradict each other,
concessions that are written down, small steps) and from how groups work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

from verbond.errors import OptionError
from verbond.method.texts import texts
from verbond.method.types import Text, text_of
from verbond.results import Language

__all__ = [
    "AGENDAS",
    "BUSINESS_MODEL",
    "CANVAS_FIELDS",
    "CONTRADICTION_GUIDE",
    "MANNERS",
    "Agenda",
    "Block",
    "BusinessModelGuide",
    "CanvasField",
    "CanvasHelp",
    "Case",
    "ContradictionGuide",
    "Manner",
    "Move",
    "Row",
    "Way",
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


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a workshop.

    Attributes
    ----------
    phase : str
        Of the canvas; "" for what belongs to none, such as a break.
    minutes : int
        That it takes somebody who takes part.
    title, do, say, wrong : Text
        What the facilitator does and says, and what can go wrong with what to do then.
    day : int
        1 to 5 in a week in which everybody works when it suits; else 0.
    """

    phase: str
    minutes: int
    title: Text
    do: Text
    say: Text
    wrong: Text
    day: int = 0


@dataclass(frozen=True, slots=True)
class Agenda:
    """A way to hold a workshop.

    Attributes
    ----------
    id : str
        "three_hours", "ninety_minutes" or "week".
    name, meant_for, before : Text
        For whom it is, and what to do beforehand.
    minutes : int
        In all, for who takes part.
    blocks : tuple of Block
    """

    id: str
    name: Text
    meant_for: Text
    before: Text
    minutes: int
    blocks: tuple[Block, ...]

    @property
    def phases(self) -> tuple[tuple[str, int], ...]:
        """Each phase of the canvas that it has, with its minutes; breaks and the like are left out.

        Examples
        --------
        >>> AGENDAS["ninety_minutes"].phases[2]
        ('values', 25)
        """
        total: dict[str, int] = {}
        for block in self.blocks:
            if block.phase:
                total[block.phase] = total.get(block.phase, 0) + block.minutes
        return tuple(total.items())


@dataclass(frozen=True, slots=True)
class Way:
    """A way out of a contradiction.

    Attributes
    ----------
    id : str
        "choose", "order", "separate" or "deeper".
    name, how, example, beware : Text
    """

    id: str
    name: Text
    how: Text
    example: Text
    beware: Text


@dataclass(frozen=True, slots=True)
class ContradictionGuide:
    """What to do with a contradiction.

    Attributes
    ----------
    what, doubt, false_exit, record : Text
        What it is, when to doubt that it is one, the way out that is none, and what to write down.
    signs : tuple of Text
        By which one recognises standing on two legs.
    ways : tuple of Way
    concessions : tuple of Text
        Examples of what a company stops doing.
    """

    what: Text
    doubt: Text
    false_exit: Text
    record: Text
    signs: tuple[Text, ...]
    ways: tuple[Way, ...]
    concessions: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Manner:
    """A manner of whoever leads a workshop.

    Attributes
    ----------
    id : str
    name, how, words : Text
        What it is, how it goes, and words to say.
    """

    id: str
    name: Text
    how: Text
    words: Text


@dataclass(frozen=True, slots=True)
class Row:
    """The two canvases beside each other, in one respect.

    Attributes
    ----------
    about, relationship, business : Text
    """

    about: Text
    relationship: Text
    business: Text


@dataclass(frozen=True, slots=True)
class Case:
    """A situation, and which canvas to take then.

    Attributes
    ----------
    case, then : Text
    """

    case: Text
    then: Text


@dataclass(frozen=True, slots=True)
class Move:
    """What of the relationship canvas goes where on the Business Model Canvas.

    Attributes
    ----------
    to, how : Text
    """

    to: Text
    how: Text


@dataclass(frozen=True, slots=True)
class BusinessModelGuide:
    """The relationship canvas beside the Business Model Canvas (Osterwalder & Pigneur 2010).

    Attributes
    ----------
    intro, feeds, same_word : Text
        What each is for, how the promise feeds the value proposition, and a word that both use otherwise.
    source : str
    rows : tuple of Row
    whens : tuple of Case
    moves : tuple of Move
    """

    intro: Text
    feeds: Text
    same_word: Text
    source: str
    rows: tuple[Row, ...]
    whens: tuple[Case, ...]
    moves: tuple[Move, ...]


T = TypeVar("T")


def _made(kind: Callable[..., T], entry: Mapping[str, Any]) -> T:
    """Out of an entry whose tables are texts."""
    return kind(**{key: text_of(one) if isinstance(one, dict) else one for key, one in entry.items()})


def _many(kind: Callable[..., T], entries: Iterable[Mapping[str, Any]]) -> tuple[T, ...]:
    return tuple(_made(kind, entry) for entry in entries)


def _agenda(id: str, entry: Mapping[str, Any]) -> Agenda:
    return _made(Agenda, {**entry, "id": id, "blocks": _many(Block, entry["blocks"])})


def _contradictions(entry: Mapping[str, Any]) -> ContradictionGuide:
    lists = {
        "signs": _many(Text, entry["signs"]),
        "ways": _many(Way, entry["ways"]),
        "concessions": _many(Text, entry["concessions"]),
    }
    return _made(ContradictionGuide, {**entry, **lists})


def _business_model(entry: Mapping[str, Any]) -> BusinessModelGuide:
    kinds: dict[str, Callable[..., Any]] = {"rows": Row, "whens": Case, "moves": Move}
    lists = {name: _many(kind, entry[name]) for name, kind in kinds.items()}
    return _made(BusinessModelGuide, {**entry, **lists})


def _field(id: str, entry: Mapping[str, Any]) -> CanvasField:
    questions = tuple(text_of(one) for one in entry["questions"])
    return CanvasField(id, text_of(entry["name"]), text_of(entry["lies"]), questions)


CANVAS_FIELDS: Mapping[str, CanvasField] = MappingProxyType(
    {id: _field(id, entry) for id, entry in texts("canvas_fields").items()}
)
"""The fields by id, in the order of the method."""

AGENDAS: Mapping[str, Agenda] = MappingProxyType(
    {id: _agenda(id, entry) for id, entry in texts("canvas_agendas").items()}
)
"""Three ways to hold a workshop."""

CONTRADICTION_GUIDE = _contradictions(texts("canvas_guide")["contradictions"])
MANNERS: tuple[Manner, ...] = _many(Manner, texts("canvas_guide")["manners"])
BUSINESS_MODEL = _business_model(texts("canvas_guide")["business_model"])


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
