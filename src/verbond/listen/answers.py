"""What a question accepts, the way that a respondent goes, and what her answers become.

An answer is a plain value: a whole number (scale), an option's id (choice), a list of ids (several,
ranking), words (text), or `{"own": {value: 1..7}, "seen": {...}}` (values). A question that was left open
has no answer: it is not among the answers. A stimulus has the variant that was shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verbond.listen.questionnaire import UNSOUND, VALUE_MAX, VALUE_MIN, Page, Question, Questionnaire
from verbond.method import CIRCLE

__all__ = [
    "AnswerProblem", "Asked", "handed_in", "next_page", "numbers_of", "read_answers", "way", "words_of",
]  # fmt: skip

Answers = Mapping[str, Any]
_TEN = tuple(one.id for one in CIRCLE)
_WHOLE = re.compile(r"-?\d{1,6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class AnswerProblem:
    """Why an answer cannot be taken.

    Attributes
    ----------
    question : str
    code : str
        "required", "unknown" (no such answer), "twice", "all" (a ranking has all of its options), "long".
    """

    question: str
    code: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A page with the questions on it that are asked of this respondent.

    Attributes
    ----------
    page : Page
    number : int
        Its place in the questionnaire, from 0.
    questions : tuple of Question
    """

    page: Page
    number: int
    questions: tuple[Question, ...]


def way(questionnaire: Questionnaire, answers: Answers) -> Iterator[Asked]:
    """The pages that these answers lead along, each with what is asked on it.

    What was answered on a page that these answers do not lead along any more counts for nothing, nor does
    what the questionnaire, which may have changed since, does not take any more.
    """
    counted: dict[str, Any] = {}
    for number, page in enumerate(questionnaire.pages):
        if page.asked_if is not None and not page.asked_if.holds(counted):
            continue
        asked = tuple(one for one in page.questions if one.asked_if is None or one.asked_if.holds(counted))
        if not asked:
            continue
        counted |= _counted(asked, answers)
        yield Asked(page, number, asked)


def _counted(asked: Iterable[Question], answers: Answers) -> dict[str, Any]:
    taken = {one.id: _kept(one, answers.get(one.id)) for one in asked}
    return {id: answer for id, answer in taken.items() if answer is not None}


def _kept(question: Question, answer: Any) -> Any:
    """An answer that was taken earlier, as the questionnaire is now; words stay, however long."""
    match question.kind:
        case "stimulus":
            return answer if answer in [one.id for one in question.variants] else None
        case "text":
            return answer if isinstance(answer, str) and answer else None
        case _:
            return _read(question, answer)[0]


def next_page(questionnaire: Questionnaire, answers: Answers, after: int = -1) -> Asked | None:
    """The first page behind page number `after` that is asked; None at the end."""
    return next((one for one in way(questionnaire, answers) if one.number > after), None)


def read_answers(
    asked: Sequence[Question], given: Answers
) -> tuple[dict[str, Any], tuple[AnswerProblem, ...]]:
    """Check what was answered to some questions.

    Parameters
    ----------
    asked : sequence of Question
    given : mapping
        Question's id -> what was given; "", [] and {} mean that it was left open. Other ids are ignored.

    Returns
    -------
    dict, tuple of AnswerProblem
        What can be taken (open questions left out), and what cannot.
    """
    taken: dict[str, Any] = {}
    problems = []
    for question in asked:
        if not question.asks:
            continue
        answer, code = _read(question, given.get(question.id))
        if answer is None and not code and question.required:
            code = "required"
        if code:
            problems.append(AnswerProblem(question.id, code))
        elif answer is not None:
            taken[question.id] = answer
    return taken, tuple(problems)


def _read(question: Question, given: Any) -> tuple[Any, str]:
    if given is None or given == "" or given == [] or given == {}:
        return None, ""
    return _READERS[question.kind](question, given)


def _scale(question: Question, given: Any) -> tuple[Any, str]:
    number = _whole(given)
    return (
        (number, "") if number is not None and question.min <= number <= question.max else (None, "unknown")
    )


def _whole(given: Any) -> int | None:
    if isinstance(given, bool):
        return None
    if isinstance(given, int):
        return given
    text = given.strip() if isinstance(given, str) else ""
    return int(text) if _WHOLE.fullmatch(text) else None


def _choice(question: Question, given: Any) -> tuple[Any, str]:
    return (given, "") if given in [one.id for one in question.options] else (None, "unknown")


def _several(question: Question, given: Any) -> tuple[Any, str]:
    ids = [one.id for one in question.options]
    chosen = list(given) if isinstance(given, (list, tuple)) else [given]
    if any(one not in ids for one in chosen):
        return None, "unknown"
    return [one for one in ids if one in chosen], ""


def _ranking(question: Question, given: Any) -> tuple[Any, str]:
    ids = [one.id for one in question.options]
    order = list(given) if isinstance(given, (list, tuple)) else [given]
    if any(one not in ids for one in order):
        return None, "unknown"
    if len(set(order)) < len(order):
        return None, "twice"
    return (order, "") if len(order) == len(ids) else (None, "all")


def _text(question: Question, given: Any) -> tuple[Any, str]:
    if not isinstance(given, str):
        return None, "unknown"
    words = UNSOUND.sub("", given.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return (words or None, "") if len(words) <= question.longest else (None, "long")


def _values(question: Question, given: Any) -> tuple[Any, str]:
    if not isinstance(given, Mapping) or any(side not in question.sides for side in given):
        return None, "unknown"
    taken: dict[str, dict[str, int]] = {}
    for side, numbers in given.items():
        if not isinstance(numbers, Mapping) or any(value not in _TEN for value in numbers):
            return None, "unknown"
        for value, number in numbers.items():
            if number in (None, ""):
                continue
            whole = _whole(number)
            if whole is None or not VALUE_MIN <= whole <= VALUE_MAX:
                return None, "unknown"
            taken.setdefault(side, {})[value] = whole
    return taken or None, ""


_READERS: Mapping[str, Any] = {
    "scale": _scale, "choice": _choice, "several": _several, "ranking": _ranking, "text": _text,
    "values": _values,
}  # fmt: skip


def handed_in(questionnaire: Questionnaire, answers: Answers) -> dict[str, Any]:
    """What counts once it is handed in: the answers along the way, and nothing beside it."""
    counted: dict[str, Any] = {}
    for page in way(questionnaire, answers):
        counted |= _counted(page.questions, answers)
    return counted


def numbers_of(questionnaire: Questionnaire, answers: Answers) -> dict[str, float | None]:
    """What the tables get, item by item: None where it was asked and left open.

    A choice becomes the place of its option from 1; each option of several becomes 0 or 1; each option of a
    ranking its rank from 1; values become `own_VALUE` and `seen_VALUE`. Own words are not numbers: see
    `words_of`. Variants of a stimulus are no answers either.
    """
    numbers: dict[str, float | None] = {}
    for page in way(questionnaire, answers):
        counted = _counted(page.questions, answers)
        for one in page.questions:
            numbers |= _numbers(one, counted.get(one.id))
    return numbers


def _numbers(question: Question, answer: Any) -> dict[str, float | None]:
    if answer is None:
        return dict.fromkeys(question.items)
    ids = [one.id for one in question.options]
    match question.kind:
        case "scale":
            return {question.id: float(answer)}
        case "choice":
            return {question.id: float(ids.index(answer) + 1)}
        case "several":
            return {f"{question.id}_{id}": float(id in answer) for id in ids}
        case "ranking":
            return {f"{question.id}_{id}": float(answer.index(id) + 1) for id in ids}
        case "values":
            return {
                f"{side}_{value}": None if (n := answer.get(side, {}).get(value)) is None else float(n)
                for side in question.sides
                for value in _TEN
            }
        case _:
            return {}


def words_of(questionnaire: Questionnaire, answers: Answers) -> dict[str, str]:
    """The answers in own words: question's id -> words."""
    counted = handed_in(questionnaire, answers)
    return {id: said for id, said in counted.items() if questionnaire.questions[id].kind == "text"}
