"""A questionnaire as it is put before people: pages with questions, in both languages at once.

It is a value: changing a questionnaire makes another one. `to_json` and `from_json` take it out and in
whole; `from_json` is the one place where a questionnaire from elsewhere is checked, and names the place that
is wrong.
"""

from __future__ import annotations

import dataclasses
import re
import reprlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, get_args

from verbond.errors import DataError
from verbond.listen.conditions import OPERATORS, Condition, Test
from verbond.method import CIRCLE, CIRCLE_19, ITEMS
from verbond.method.types import Group, Item, Text
from verbond.results import LANGUAGES, Language
from verbond.tables.schema import CONSTRUCTS

__all__ = [
    "FORMAT", "KINDS", "LIMITS", "UNSOUND", "Kind", "Option", "Page", "Question", "Questionnaire", "Variant",
]  # fmt: skip

FORMAT = 1
Kind = Literal["scale", "choice", "several", "ranking", "text", "values", "stimulus"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
UNSOUND = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that no database, workbook or page takes."""
NO_WORDS = Text(en="", nl="")
VALUE_MIN, VALUE_MAX = 1, 7
"""Lowest and highest answer about one value of `values`."""
_VALUES = tuple(dict.fromkeys(value.id for value in (*CIRCLE, *CIRCLE_19)))


@dataclass(frozen=True, slots=True)
class _Limits:
    """The most of everything, so that no file from elsewhere fills the memory or a page."""

    pages: int = 60
    questions: int = 300
    options: int = 60
    variants: int = 6
    tests: int = 8
    words: int = 4000
    span: int = 100
    number: int = 999_999
    answer_words: int = 4000


LIMITS = _Limits()


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that may be chosen.

    Attributes
    ----------
    id : str
        Unique within its question.
    text : Text
    """

    id: str
    text: Text


@dataclass(frozen=True, slots=True)
class Variant:
    """What one part of the respondents gets to see.

    Attributes
    ----------
    id : str
        Written to `exposures.variant`.
    text : Text
        Words that are shown; may be empty where there is a picture.
    picture : str
        Digest of a picture that the application keeps; "" for none.
    alt : Text
        What the picture shows, for who does not see it.
    """

    id: str
    text: Text
    picture: str = ""
    alt: Text = NO_WORDS


@dataclass(frozen=True, slots=True)
class Question:
    """One question, or a stimulus, which asks nothing and shows one of its variants.

    Attributes
    ----------
    id : str
        The item under which the answer is kept: a small letter, then letters, digits, underscores.
    kind : Kind
        "scale" (whole numbers `min`..`max`), "choice" (one option), "several" (options), "ranking" (all
        options in order), "text" (own words), "values" (the ten values, each `own` and `seen`, 1..7),
        "stimulus".
    text, help : Text
        `{company}` is filled in.
    required : bool
        A page with it cannot be left while it is open. Never more than is needed: forced answers are worth
        less than missing ones.
    min, max : int
        Of a scale.
    labels : tuple of Text or None
        What the lowest and the highest number mean.
    options : tuple of Option
        Of a choice, several, or a ranking.
    longest : int
        Most characters of a text.
    sides : tuple of {"own", "seen"}
        Of values: what is asked about each.
    variants : tuple of Variant
        Of a stimulus: at least two.
    strata : str
        Of a stimulus: id of an earlier choice within whose answers variants are dealt evenly; "" for none.
    construct, value, reversed
        What a scale measures, as in `verbond.tables.ItemMeaning`; "" where it measures nothing known.
    role : {"", "department"}
        A choice whose answer says in which department an employee works: its options' words become that.
    asked_if : Condition or None
        None: always.
    """

    id: str
    kind: Kind
    text: Text
    help: Text = NO_WORDS
    required: bool = False
    min: int = 1
    max: int = 7
    labels: tuple[Text, Text] | None = None
    options: tuple[Option, ...] = ()
    longest: int = 1000
    sides: tuple[str, ...] = ()
    variants: tuple[Variant, ...] = ()
    strata: str = ""
    construct: str = ""
    value: str = ""
    reversed: bool = False
    role: str = ""
    asked_if: Condition | None = None

    @property
    def asks(self) -> bool:
        """Whether an answer is asked: not of a stimulus."""
        return self.kind != "stimulus"

    @property
    def items(self) -> tuple[str, ...]:
        """The items under which the tables get its answer; none for own words, which become a message."""
        match self.kind:
            case "scale" | "choice":
                return (self.id,)
            case "several" | "ranking":
                return tuple(f"{self.id}_{one.id}" for one in self.options)
            case "values":
                return tuple(f"{side}_{value.id}" for side in self.sides for value in CIRCLE)
            case _:
                return ()


@dataclass(frozen=True, slots=True)
class Page:
    """Questions that stand together.

    Attributes
    ----------
    id : str
    questions : tuple of Question
        At least one.
    title, text : Text
        A heading and a few words above it; may be empty.
    asked_if : Condition or None
        None: always.
    """

    id: str
    questions: tuple[Question, ...]
    title: Text = NO_WORDS
    text: Text = NO_WORDS
    asked_if: Condition | None = None


@dataclass(frozen=True)
class Questionnaire:
    """Pages with questions, as they are put before people.

    Attributes
    ----------
    title, introduction, thanks : Text
        `{company}` is filled in.
    pages : tuple of Page
    group : {"customer", "employee"}
    instrument : str
        Which questionnaire it is, in `responses.instrument`.

    Examples
    --------
    >>> from verbond.listen import own_questionnaire
    >>> short = own_questionnaire("short", "customer")
    >>> short == Questionnaire.from_json(short.to_json()), short.languages
    (True, ('en', 'nl'))
    """

    title: Text
    introduction: Text
    thanks: Text
    pages: tuple[Page, ...]
    group: Group = "customer"
    instrument: str = ""

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """Every question and stimulus by id, in order."""
        return {one.id: one for page in self.pages for one in page.questions}

    @cached_property
    def stimuli(self) -> tuple[Question, ...]:
        """The stimuli, in order."""
        return tuple(one for one in self.questions.values() if one.kind == "stimulus")

    @cached_property
    def meanings(self) -> Mapping[str, dict[str, Any]]:
        """What its items measure, where the tables cannot know it from our own items.

        Item -> what `items.toml` would say of it: "construct", "min", "max", "reversed" and, where it is
        about one, "value".
        """
        told = {one.id: _meaning(one) for one in self.questions.values() if one.construct}
        return MappingProxyType({id: one for id, one in told.items() if one != _OWN_MEANINGS.get(id)})

    @cached_property
    def languages(self) -> tuple[Language, ...]:
        """The languages in which it can be asked: those in which no text is missing that another has."""
        texts = [text for _, text in _texts(self, "")]
        spoken = [one for one in texts if any(one.say(code).strip() for code in LANGUAGES)]
        return tuple(code for code in LANGUAGES if all(one.say(code).strip() for one in spoken))

    def missing(self, language: Language) -> tuple[str, ...]:
        """Places of the texts that are missing in a language and there in the other."""
        other = next(code for code in LANGUAGES if code != language)
        return tuple(
            place
            for place, text in _texts(self, "")
            if text.say(other).strip() and not text.say(language).strip()
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for `json.dumps`; what is as it is by default is left out."""
        return {"format": FORMAT, **_plain(self)}

    @classmethod
    def from_json(cls, given: Any) -> Questionnaire:
        """Read what `to_json` gave, or what somebody else wrote.

        Raises
        ------
        DataError
            Names the first place that is wrong, what was found and what would be right.
        """
        whole = dict(_dict(given, "questionnaire"))
        if whole.pop("format", None) != FORMAT:
            raise _wrong("format", given.get("format"), str(FORMAT))
        made = _read(cls, whole, "questionnaire")
        _check(made)
        return made


def _meaning(one: Question | Item) -> dict[str, Any]:
    about = {"value": one.value} if one.value else {}
    ends = {"min": one.min, "max": one.max, "reversed": one.reversed}
    return {"construct": one.construct, **about, **ends}


_OWN_MEANINGS = MappingProxyType({item.id: _meaning(item) for item in ITEMS.values()})


# out


def _plain(value: Any) -> Any:
    if isinstance(value, Text):
        return {code: value.say(code) for code in LANGUAGES}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if dataclasses.is_dataclass(value):
        shown = {}
        for field in dataclasses.fields(value):
            one = getattr(value, field.name)
            if field.default is dataclasses.MISSING or one != field.default:
                shown[field.name] = _plain(one)
        return shown
    return value


def _texts(value: Any, place: str) -> Iterator[tuple[str, Text]]:
    if isinstance(value, Text):
        yield place, value
    elif isinstance(value, tuple):
        for number, one in enumerate(value, start=1):
            yield from _texts(one, f"{place} {getattr(one, 'id', number)}")
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _texts(getattr(value, field.name), f"{place} {field.name}".strip())


# in


_PARTS: Mapping[str, Any] = {
    "pages": Page, "questions": Question, "options": Option, "variants": Variant, "tests": Test,
    "asked_if": Condition,
}  # fmt: skip
_TEXTS = frozenset({"title", "introduction", "thanks", "text", "help", "alt"})
_NUMBERS = frozenset({"min", "max", "longest"})
_FLAGS = frozenset({"required", "reversed"})


def _wrong(place: str, got: Any, expected: str) -> DataError:
    try:
        shown = reprlib.repr(got)  # short, also of what is deep or long
    except ValueError:
        shown = "a number of thousands of digits"
    return DataError(f"the questionnaire is wrong at {place}", got=shown, expected=expected)


def _dict(given: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise _wrong(place, given, "a table of names and values")
    return given


def _read(kind: Any, given: Any, place: str) -> Any:
    fields = {field.name: field for field in dataclasses.fields(kind)}
    entry = _dict(given, place)
    if unknown := sorted(set(map(str, entry)) - set(fields)):
        raise _wrong(place, unknown[0], "one of " + ", ".join(fields))
    for name, field in fields.items():
        if name not in entry and field.default is dataclasses.MISSING:
            raise _wrong(place, "nothing", f"{name}")
    return kind(**{name: _value(kind, name, value, f"{place}.{name}") for name, value in entry.items()})


def _value(kind: Any, name: str, given: Any, place: str) -> Any:
    if name in _TEXTS:
        return _text(given, place)
    if name == "labels":
        ends = _list(given, place, 2)
        if len(ends) != 2:
            raise _wrong(place, given, "two texts, of the lowest and the highest number")
        return tuple(_text(one, place) for one in ends)
    if name == "asked_if":
        return None if given is None else _read(Condition, given, place)
    if name in _PARTS:
        most = getattr(LIMITS, name)
        return tuple(
            _read(_PARTS[name], one, f"{place}[{number}]")
            for number, one in enumerate(_list(given, place, most), start=1)
        )
    if name == "sides":
        return tuple(_string(one, place) for one in _list(given, place, 2))
    if name in _FLAGS:
        if not isinstance(given, bool):
            raise _wrong(place, given, "true or false")
        return given
    if name in _NUMBERS:
        if isinstance(given, bool) or not isinstance(given, int) or abs(given) > LIMITS.number:
            raise _wrong(place, given, f"a whole number, at most {LIMITS.number} from 0")
        return given
    if kind is Test and name == "value" and not isinstance(given, str):
        return None if given is None else _number(given, place)
    return _string(given, place)


def _number(given: Any, place: str) -> float:
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not abs(given) <= LIMITS.number:
        raise _wrong(place, given, f"an option, or a number at most {LIMITS.number} from 0")
    return given


def _string(given: Any, place: str) -> str:
    if not isinstance(given, str) or len(given) > LIMITS.words or UNSOUND.search(given):
        raise _wrong(place, given, f"text of at most {LIMITS.words} characters, without control characters")
    return given


def _list(given: Any, place: str, most: int) -> list[Any]:
    if not isinstance(given, (list, tuple)) or len(given) > most:
        raise _wrong(place, given, f"a list of at most {most}")
    return list(given)


def _text(given: Any, place: str) -> Text:
    entry = _dict(given, place)
    if set(entry) - set(LANGUAGES):
        raise _wrong(place, sorted(map(str, entry)), " and ".join(LANGUAGES))
    return Text(**{code: _string(entry.get(code, ""), f"{place}.{code}") for code in LANGUAGES})


# what must hold


def _check(given: Questionnaire) -> None:
    if given.group not in get_args(Group):
        raise _wrong("group", given.group, " or ".join(get_args(Group)))
    if not given.pages:
        raise _wrong("pages", "none", "at least one page")
    if sum(len(page.questions) for page in given.pages) > LIMITS.questions:
        raise _wrong("pages", "more", f"at most {LIMITS.questions} questions")
    _check_ids([page.id for page in given.pages], "pages")
    every = [one for page in given.pages for one in page.questions]
    _check_ids([one.id for one in every], "questions")
    _check_items(every)
    earlier: dict[str, Question] = {}
    for page in given.pages:
        if not page.questions:
            raise _wrong(f"page {page.id}", "no questions", "at least one")
        _check_condition(page.asked_if, earlier, f"page {page.id}")
        for question in page.questions:
            _check_question(question, earlier)
            _check_condition(question.asked_if, earlier, f"question {question.id}")
        earlier |= {one.id: one for one in page.questions}


def _check_ids(ids: list[str], place: str) -> None:
    for id in ids:
        if not _ID.fullmatch(id):
            raise _wrong(place, id, "an id: a small letter, then small letters, digits and _, at most 40")
    if twice := sorted(id for id, n in Counter(ids).items() if n > 1):
        raise _wrong(place, twice[0], "every id once")


def _check_items(questions: list[Question]) -> None:
    kept = [name for one in questions for name in (one.items or (one.id,))]
    if twice := sorted(name for name, n in Counter(kept).items() if n > 1):
        raise _wrong("questions", twice[0], "every answer under a name of its own")
    for one in questions:
        if one.kind != "values" and not one.construct and (ours := sorted(set(one.items) & set(ITEMS))):
            raise _wrong(f"question {one.id}", ours[0], "another id: this one is a question of ours")


def _check_question(one: Question, earlier: Mapping[str, Question]) -> None:
    place = f"question {one.id}"
    if one.kind not in KINDS:
        raise _wrong(f"{place}.kind", one.kind, ", ".join(KINDS))
    if one.asks and not (one.text.en.strip() or one.text.nl.strip()):
        raise _wrong(f"{place}.text", "nothing", "a question")
    if one.kind == "scale" and not 1 <= one.max - one.min <= LIMITS.span:
        raise _wrong(place, f"{one.min} to {one.max}", f"min below max, at most {LIMITS.span} apart")
    if one.kind in ("choice", "several", "ranking") and len(one.options) < 2:
        raise _wrong(f"{place}.options", len(one.options), "at least two")
    _check_ids([option.id for option in one.options], f"{place}.options")
    _check_ids([variant.id for variant in one.variants], f"{place}.variants")
    if one.kind == "text" and not 1 <= one.longest <= LIMITS.answer_words:
        raise _wrong(f"{place}.longest", one.longest, f"1 to {LIMITS.answer_words}")
    if one.kind == "values" and (
        not one.sides or set(one.sides) - {"own", "seen"} or len(set(one.sides)) < len(one.sides)
    ):
        raise _wrong(f"{place}.sides", one.sides, "own, seen or both")
    if one.kind == "stimulus" and len(one.variants) < 2:
        raise _wrong(f"{place}.variants", len(one.variants), "at least two")
    _check_meaning(one, place)
    if one.role not in ("", "department") or (one.role and one.kind != "choice"):
        raise _wrong(f"{place}.role", one.role, "department, of a choice")
    if one.strata and (one.strata not in earlier or earlier[one.strata].kind != "choice"):
        raise _wrong(f"{place}.strata", one.strata, "a choice on an earlier page")


def _check_meaning(one: Question, place: str) -> None:
    if one.construct and (one.kind != "scale" or one.construct not in CONSTRUCTS):
        raise _wrong(f"{place}.construct", one.construct, "of a scale, one of " + ", ".join(CONSTRUCTS))
    about_one = one.construct in ("values_own", "values_seen")
    if (about_one or one.value) and not (about_one and one.value in _VALUES):
        expected = "with values_own or values_seen, one of " + ", ".join(_VALUES)
        raise _wrong(f"{place}.value", one.value, expected)


def _check_condition(condition: Condition | None, earlier: Mapping[str, Question], place: str) -> None:
    if condition is None:
        return
    if not condition.tests or condition.together not in ("all", "any"):
        raise _wrong(f"{place}.asked_if", condition.together, "all or any of at least one test")
    for test in condition.tests:
        if test.operator not in OPERATORS:
            raise _wrong(f"{place}.asked_if", test.operator, ", ".join(OPERATORS))
        if test.question not in earlier:
            raise _wrong(f"{place}.asked_if", test.question, "a question on an earlier page")
        _check_value(test, earlier[test.question], place)


def _check_value(test: Test, asked: Question, place: str) -> None:
    if test.operator in ("answered", "not_answered"):
        if test.value is not None:
            raise _wrong(f"{place}.asked_if", test.value, "no value")
        return
    if asked.kind == "scale":
        if not isinstance(test.value, (int, float)):
            raise _wrong(f"{place}.asked_if", test.value, "a number")
        return
    known = [one.id for one in (*asked.options, *asked.variants)]
    if asked.kind not in ("choice", "several", "stimulus") or test.operator not in ("is", "is_not"):
        raise _wrong(f"{place}.asked_if", test.operator, f"something that can be asked of a {asked.kind}")
    if test.value not in known:
        raise _wrong(f"{place}.asked_if", test.value, ", ".join(known))
