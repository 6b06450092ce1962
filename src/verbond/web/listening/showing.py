"""A page of a questionnaire as a template shows it, and what its form brings back.

Fields are named after their question; those of a ranking `QUESTION.OPTION` (its place from 1), those of
values `QUESTION.SIDE.VALUE`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.http import QueryDict

from verbond.listen import AnswerProblem, Asked, Page, Question
from verbond.listen.questionnaire import VALUE_MAX, VALUE_MIN
from verbond.method import CIRCLE, ITEMS
from verbond.method.types import Text
from verbond.results import LANGUAGES, Language, sentence
from verbond.web.listening.sheets import Standing

__all__ = ["LONGEST_ROW", "Card", "Said", "Shown", "Side", "given_of", "looked_back", "shown", "words"]

LONGEST_ROW = 11
"""A scale with more numbers is a field for a number."""


def words(text: Text, language: Language, company: str) -> str:
    """A text in a language, in the other where it is missing; the company's name filled in.

    Examples
    --------
    >>> words(Text(en="At {company}", nl=""), "nl", "A{b}")
    'At A{b}'
    """
    other = next(code for code in LANGUAGES if code != language)
    said = text.say(language).strip() or text.say(other).strip()
    return said.replace("{company}", company)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two things that are asked about each value.

    Attributes
    ----------
    id : {"own", "seen"}
    text, low, high : str
        What is asked; what the lowest and the highest number mean.
    """

    id: str
    text: str
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Card:
    """One value, in plain words.

    Attributes
    ----------
    id, text : str
    """

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One question or stimulus as it is shown.

    Attributes
    ----------
    id, kind, text, help : str
    required : bool
    wrong : str
        Why the answer was not taken; "" where nothing is wrong.
    said : Any
        What stands in its fields: a string; a set of options' ids; field's name -> string.
    options : tuple of (str, str)
        Id and words.
    numbers : tuple of int
        Of a scale or of values, in order; empty where there are too many for a row.
    low, high : str
        What the first and the last number mean.
    min, max, longest : int
    cards, sides
        Of values.
    picture, alt : str
        Of a stimulus: the digest of its picture, and what it shows.
    """

    id: str
    kind: str
    text: str
    help: str
    required: bool
    wrong: str
    said: Any
    options: tuple[tuple[str, str], ...] = ()
    numbers: tuple[int, ...] = ()
    low: str = ""
    high: str = ""
    min: int = 1
    max: int = 7
    longest: int = 1000
    cards: tuple[Card, ...] = ()
    sides: tuple[Side, ...] = ()
    picture: str = ""
    alt: str = ""


def shown(
    questions: Iterable[Question],
    answers: Mapping[str, Any],
    company: str,
    language: Language,
    *,
    posted: QueryDict | None = None,
    problems: Iterable[AnswerProblem] = (),
) -> list[Shown]:
    """Questions as they are shown.

    Parameters
    ----------
    questions : iterable of Question
        Those that are asked.
    answers : mapping
        Question's id -> answer; stimulus -> the variant that was dealt.
    company : str
    language : {"en", "nl"}
    posted : QueryDict, optional
        What was sent and not taken whole: it stands in the fields again.
    problems : iterable of AnswerProblem
    """
    wrong = {one.question: one.code for one in problems}
    return [_shown(one, answers, company, language, posted, wrong.get(one.id, "")) for one in questions]


def _shown(
    one: Question,
    answers: Mapping[str, Any],
    company: str,
    language: Language,
    posted: QueryDict | None,
    code: str,
) -> Shown:
    def said(text: Text) -> str:
        return words(text, language, company)

    low, high = map(said, one.labels) if one.labels else ("", "")
    lowest, highest = (VALUE_MIN, VALUE_MAX) if one.kind == "values" else (one.min, one.max)
    numbers = tuple(range(lowest, highest + 1)) if highest - lowest < LONGEST_ROW else ()
    variant = next((v for v in one.variants if v.id == answers.get(one.id)), None)
    return Shown(
        id=one.id,
        kind=one.kind,
        text=said(variant.text if variant is not None else one.text),
        help=said(one.help),
        required=one.required,
        wrong=sentence(f"web_answering.wrong_{code}", language, n=one.longest) if code else "",
        said=_posted(one, posted) if posted is not None else _saved(one, answers.get(one.id)),
        options=tuple((option.id, said(option.text)) for option in one.options),
        numbers=numbers,
        low=low,
        high=high,
        min=one.min,
        max=one.max,
        longest=one.longest,
        cards=_cards(language) if one.kind == "values" else (),
        sides=tuple(_side(side, company, language) for side in one.sides) if one.kind == "values" else (),
        picture=variant.picture if variant is not None else "",
        alt=said(variant.alt) if variant is not None else "",
    )


@cache
def _cards(language: Language) -> tuple[Card, ...]:
    """The ten values in the words of our own items, behind the colon of the question."""
    found = {
        one.id: ITEMS[f"own_{one.id}"].text.say(language).partition(": ")[2].rstrip("?") for one in CIRCLE
    }
    return tuple(Card(id, text[:1].upper() + text[1:]) for id, text in found.items())


def _side(side: str, company: str, language: Language) -> Side:
    labels = ITEMS[f"{side}_{CIRCLE[0].id}"].labels
    text = sentence(f"web_answering.side_{side}", language, company=company)
    return Side(side, text, labels[0].say(language), labels[1].say(language))


# what stands in the fields


def _saved(one: Question, answer: Any) -> Any:
    match one.kind:
        case "several":
            return frozenset(answer or ())
        case "ranking":
            return {f"{one.id}.{id}": str(place) for place, id in enumerate(answer or (), start=1)}
        case "values":
            return {
                f"{one.id}.{side}.{value}": str(n)
                for side, numbers in (answer or {}).items()
                for value, n in numbers.items()
            }
        case _:
            return "" if answer is None else str(answer)


def _posted(one: Question, posted: QueryDict) -> Any:
    match one.kind:
        case "several":
            return frozenset(posted.getlist(one.id))
        case "ranking":
            return {name: posted.get(name, "") for name in (f"{one.id}.{o.id}" for o in one.options)}
        case "values":
            return {name: posted.get(name, "") for name in _fields(one)}
        case _:
            return posted.get(one.id, "")


def _fields(one: Question) -> list[str]:
    return [f"{one.id}.{side}.{value.id}" for side in one.sides for value in CIRCLE]


def given_of(questions: Iterable[Question], posted: QueryDict) -> dict[str, Any]:
    """What a form brought back, as `verbond.listen.read_answers` reads it."""
    return {one.id: _given(one, posted) for one in questions if one.asks}


def _given(one: Question, posted: QueryDict) -> Any:
    match one.kind:
        case "several":
            return posted.getlist(one.id)
        case "ranking":
            return _order(one, posted)
        case "values":
            sides: dict[str, dict[str, str]] = {}
            for name in _fields(one):
                if said := posted.get(name, ""):
                    sides.setdefault(name.split(".")[1], {})[name.split(".")[2]] = said
            return sides
        case _:
            return posted.get(one.id, "")


def _order(one: Question, posted: QueryDict) -> Any:
    """Options in the order of their places; one option twice where two have the same place."""
    places = {o.id: posted.get(f"{one.id}.{o.id}", "") for o in one.options}
    ranked = {id: place for id, place in places.items() if place}
    known = {str(n) for n in range(1, len(one.options) + 1)}
    if any(place not in known for place in ranked.values()):
        return [""]
    if len(set(ranked.values())) < len(ranked):
        return [one.options[0].id] * 2
    return sorted(ranked, key=lambda id: int(ranked[id]))


# looking back


@dataclass(frozen=True, slots=True)
class Said:
    """One answer, in words.

    Attributes
    ----------
    question, answer : str
        The answer is "" where it is open.
    """

    question: str
    answer: str


def looked_back(standing: Standing, company: str, language: Language) -> list[tuple[Asked, str, list[Said]]]:
    """What was answered: each page with its heading and its answers."""
    return [
        (
            page,
            words(page.page.title, language, company) or _number(page.page, standing, language),
            [
                Said(
                    words(one.text, language, company),
                    _answer(one, standing.answers.get(one.id), company, language),
                )
                for one in page.questions
                if one.asks
            ],
        )
        for page in standing.pages
        if any(one.asks for one in page.questions)
    ]


def _number(page: Page, standing: Standing, language: Language) -> str:
    n = next(k for k, one in enumerate(standing.pages, start=1) if one.page is page)
    return sentence("web_answering.page_number", language, n=n)


def _answer(one: Question, answer: Any, company: str, language: Language) -> str:
    if answer is None:
        return ""
    said = {option.id: words(option.text, language, company) for option in one.options}
    match one.kind:
        case "scale":
            return sentence("web_answering.said_scale", language, said=answer, min=one.min, max=one.max)
        case "choice":
            return said[answer]
        case "several":
            return ", ".join(said[id] for id in answer)
        case "ranking":
            return ", ".join(f"{place}. {said[id]}" for place, id in enumerate(answer, start=1))
        case "values":
            n = sum(len(numbers) for numbers in answer.values())
            return sentence("web_answering.said_values", language, n=n, of=len(CIRCLE) * len(one.sides))
        case _:
            return str(answer)
