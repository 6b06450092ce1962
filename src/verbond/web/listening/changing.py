"""A survey's questionnaire is changed: every change makes another one, which is checked in one place.

A draft may become anything. Once a survey has been open, only words change and questions are added at the
end: who answered before and who answers later were then asked the same.
"""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from verbond.errors import DataError
from verbond.listen import Option, Page, Question, Questionnaire, Variant
from verbond.listen.conditions import Condition
from verbond.method import ITEMS
from verbond.method.types import Text
from verbond.results import LANGUAGES, Language, Reason, Spoken, sentence
from verbond.web.listening.making import questionnaire_of
from verbond.web.store import asking
from verbond.web.store.models import Survey

__all__ = [
    "EXAMPLE_OUTCOMES", "Refused", "add_question", "change", "earlier_than", "example_named", "lacks",
    "move_page", "move_question", "named", "options_from", "put_page", "put_question", "remove_page",
    "remove_question", "with_folder_experiment",
]  # fmt: skip

EXAMPLE_VARIANTS = ("price", "care")
EXAMPLE_OUTCOMES = (
    "folder_satisfaction", "folder_trust", "folder_recommend", "folder_commitment", "folder_visit",
)  # fmt: skip
"""What a folder may do to the relationship, and what people would do."""

_LONGEST_ID = 40
_ROOM = 6
"""Characters that a number behind an id may take."""
Act = Callable[[Questionnaire], Questionnaire]


class Refused(Exception):
    """A change that cannot be made.

    Attributes
    ----------
    reason : Reason
    """

    def __init__(self, code: str, **values: Any) -> None:
        self.reason = Reason(f"web_listen.refused_{code}", values)
        super().__init__(code)


def change(survey: Survey, act: Act) -> Survey:
    """Change the questionnaire of a survey, as it stands now.

    Parameters
    ----------
    survey : Survey
    act : function
        Makes another questionnaire of the one that there is.

    Raises
    ------
    Refused
        If what comes of it is no questionnaire, or may not come of one that has been open.
    """
    with asking.changing(survey) as now:
        before = questionnaire_of(now)
        after = _checked(act(before))
        if after == before:
            return now
        if now.opened_at is not None:
            _check_after_opening(before, after)
            now.revision += 1
        now.questionnaire = after.to_json()
        now.save(update_fields=["questionnaire", "revision"])
    return now


# what may become of it


def _checked(made: Questionnaire) -> Questionnaire:
    sides = [side for one in made.questions.values() for side in one.sides]
    if len(set(sides)) < len(sides):
        raise Refused("values_twice")
    try:
        return Questionnaire.from_json(made.to_json())
    except DataError as error:
        for name in ("asked_if", "strata"):
            if name in error.problem:
                raise Refused(name) from None
        raise Refused("other", said=Spoken(error)) from None


def _check_after_opening(before: Questionnaire, after: Questionnaire) -> None:
    old, new = [_frame(page) for page in before.pages], [_frame(page) for page in after.pages]
    last = len(old) - 1
    kept = len(new) > last and old[:last] == new[:last] and _begins(old[last], new[last])
    if not kept or (before.group, before.instrument) != (after.group, after.instrument):
        raise Refused("open")
    if lost := [code for code in before.languages if code not in after.languages]:
        raise Refused(f"open_{lost[0]}")


def _begins(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether the last page stayed as it was, but for questions behind it."""
    n = len(before["questions"])
    same = {name: one for name, one in before.items() if name != "questions"}
    return before["questions"] == after["questions"][:n] and all(
        after[name] == one for name, one in same.items()
    )


def _frame(page: Page) -> dict[str, Any]:
    """A page without the words that may still change; what a stimulus shows is no such words."""
    questions = [
        replace(
            one,
            text=Text(en="", nl=""),
            help=Text(en="", nl=""),
            labels=None,
            options=tuple(replace(option, text=Text(en="", nl="")) for option in one.options),
        )
        if one.asks
        else replace(one, text=Text(en="", nl=""), help=Text(en="", nl=""))
        for one in page.questions
    ]
    return {"id": page.id, "asked_if": page.asked_if, "questions": questions}


# the changes


def add_question(asked: Questionnaire, question: Question, page: str = "") -> Questionnaire:
    """Add a question at the end of a page, or on a page of its own at the end.

    Parameters
    ----------
    asked : Questionnaire
    question : Question
        Its id is made from its words where it has none yet.
    page : str
        The page's id; "" for a page of its own.

    Raises
    ------
    Refused
        If there is no such page.
    """
    question = question if question.id else replace(question, id=_question_id(asked, question))
    if not page:
        taken = {one.id for one in asked.pages}
        fresh = Page(named(f"page_{len(asked.pages) + 1}", taken), (question,))
        return replace(asked, pages=(*asked.pages, fresh))
    at = _page_index(asked, page)
    there = asked.pages[at]
    return _with_page(asked, at, replace(there, questions=(*there.questions, question)))


def put_question(asked: Questionnaire, question: Question) -> Questionnaire:
    """Put a question in the place of the one with its id."""
    at, n = _place(asked, question.id)
    questions = list(asked.pages[at].questions)
    questions[n] = question
    return _with_questions(asked, at, questions)


def move_question(asked: Questionnaire, id: str, *, up: bool) -> Questionnaire:
    """Move a question one place; from the end of a page it goes to the next one."""
    at, n = _place(asked, id)
    questions = list(asked.pages[at].questions)
    question = questions.pop(n)
    to = n - 1 if up else n + 1
    if 0 <= to <= len(questions):
        questions.insert(to, question)
        return _with_questions(asked, at, questions)
    beside = at - 1 if up else at + 1
    if not 0 <= beside < len(asked.pages):
        return asked
    pages = list(asked.pages)
    there = pages[beside].questions
    pages[beside] = replace(pages[beside], questions=(*there, question) if up else (question, *there))
    pages[at] = replace(pages[at], questions=tuple(questions))
    return replace(asked, pages=tuple(page for page in pages if page.questions))


def remove_question(asked: Questionnaire, id: str) -> Questionnaire:
    """Take a question out; a page that has none left goes too.

    Raises
    ------
    Refused
        If another one is asked because of it, or nothing would be left.
    """
    at, n = _place(asked, id)
    _check_unneeded(asked, {id})
    questions = [one for number, one in enumerate(asked.pages[at].questions) if number != n]
    made = _with_questions(asked, at, questions)
    return _not_empty(replace(made, pages=tuple(page for page in made.pages if page.questions)))


def put_page(
    asked: Questionnaire, id: str, title: Text, text: Text, asked_if: Condition | None
) -> Questionnaire:
    """Change what a page says and when it is asked."""
    at = _page_index(asked, id)
    return _with_page(asked, at, replace(asked.pages[at], title=title, text=text, asked_if=asked_if))


def move_page(asked: Questionnaire, id: str, *, up: bool) -> Questionnaire:
    """Move a page one place."""
    at = _page_index(asked, id)
    to = at - 1 if up else at + 1
    if not 0 <= to < len(asked.pages):
        return asked
    pages = list(asked.pages)
    pages[at], pages[to] = pages[to], pages[at]
    return replace(asked, pages=tuple(pages))


def remove_page(asked: Questionnaire, id: str) -> Questionnaire:
    """Take a page out, with all of its questions."""
    at = _page_index(asked, id)
    _check_unneeded(asked, {one.id for one in asked.pages[at].questions})
    return _not_empty(replace(asked, pages=(*asked.pages[:at], *asked.pages[at + 1 :])))


def _check_unneeded(asked: Questionnaire, going: set[str]) -> None:
    for page in asked.pages:
        left = [one for one in page.questions if one.id not in going]
        for one in [page, *left] if left else []:
            looks_at = {test.question for test in one.asked_if.tests} if one.asked_if else set()
            if going & (looks_at | {getattr(one, "strata", "")}):
                named = one.title if isinstance(one, Page) else one.text
                raise Refused("needed", what=named.nl or named.en or one.id)


def _not_empty(asked: Questionnaire) -> Questionnaire:
    if not asked.pages:
        raise Refused("last")
    return asked


def _page_index(asked: Questionnaire, id: str) -> int:
    for number, page in enumerate(asked.pages):
        if page.id == id:
            return number
    raise Refused("gone")


def _place(asked: Questionnaire, id: str) -> tuple[int, int]:
    for at, page in enumerate(asked.pages):
        for n, one in enumerate(page.questions):
            if one.id == id:
                return at, n
    raise Refused("gone")


def _with_page(asked: Questionnaire, at: int, page: Page) -> Questionnaire:
    return replace(asked, pages=(*asked.pages[:at], page, *asked.pages[at + 1 :]))


def _with_questions(asked: Questionnaire, at: int, questions: Sequence[Question]) -> Questionnaire:
    return _with_page(asked, at, replace(asked.pages[at], questions=tuple(questions)))


# ids


def named(words: str, taken: Iterable[str], otherwise: str = "answer") -> str:
    """An id made from words, another than those that are taken.

    Examples
    --------
    >>> named("Hoe blij ben je?", ()), named("Ja", {"ja"}), named("7 €", ())
    ('hoe_blij_ben_je', 'ja_2', 'answer_7')
    """
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    parts = "".join(c if c.isalnum() else " " for c in plain).split()
    base = "_".join(parts)[: _LONGEST_ID - _ROOM].strip("_") or otherwise
    base = base if base[0].isalpha() else f"{otherwise}_{base}"[: _LONGEST_ID - _ROOM]
    known, id, n = set(taken), base, 1
    while id in known:
        n += 1
        id = f"{base}_{n}"
    return id


def _question_id(asked: Questionnaire, question: Question) -> str:
    """An id whose items are nobody else's: neither another question's here nor one of our own items."""
    items = {item for one in asked.questions.values() for item in one.items} | set(ITEMS)
    taken = set(asked.questions) | items
    words = question.text.nl or question.text.en or question.kind
    if question.kind == "values":  # its items are the same under any name
        return named(words, taken, question.kind)
    while True:
        id = named(words, taken, question.kind)
        if not items & set(replace(question, id=id).items):
            return id
        taken.add(id)


def options_from(
    nl: str, en: str, before: Sequence[Option], *, in_place: bool = False
) -> tuple[tuple[Option, ...], str]:
    """Options from two texts with one on each line; those that were there keep their ids.

    An option is the same one where its words in either language are; and where as many lines came as there
    were, what is left over is the old one with other words.

    Parameters
    ----------
    nl, en : str
        Either may be empty.
    before : sequence of Option
    in_place : bool
        Line for line the old ones, whatever they say now.

    Returns
    -------
    tuple of Option, str
        What is wrong: "lines" (not as many in both languages), "twice" (two the same), else "".
    """
    lines = {
        code: [line.strip() for line in text.splitlines() if line.strip()]
        for code, text in (("nl", nl), ("en", en))
    }
    n = max(map(len, lines.values()))
    if any(said and len(said) != n for said in lines.values()):
        return (), "lines"
    if any(len({one.casefold() for one in said}) < len(said) for said in lines.values()):
        return (), "twice"
    texts = [Text(**{code: said[i] if said else "" for code, said in lines.items()}) for i in range(n)]
    ids = [one.id for one in before] if in_place and n == len(before) else _matched(texts, before)
    taken = {id for id in ids if id}
    made = []
    for text, id in zip(texts, ids, strict=True):
        id = id or named(text.nl or text.en, taken)
        taken.add(id)
        made.append(Option(id, text))
    return tuple(made), ""


def _matched(texts: Sequence[Text], before: Sequence[Option]) -> list[str]:
    left = list(before)
    ids = [""] * len(texts)
    for code in LANGUAGES:
        for n, text in enumerate(texts):
            same = next(
                (one for one in left if text.say(code) and one.text.say(code) == text.say(code)), None
            )
            if not ids[n] and same is not None:
                ids[n] = same.id
                left.remove(same)
    if len(texts) == len(before):
        for n, id in enumerate(ids):
            if not id:
                ids[n] = left.pop(0).id
    return ids


# what is missing, what comes before


def lacks(value: Page | Question | Questionnaire, language: Language) -> bool:
    """Whether a text of it is missing in a language and there in the other; a page without its questions."""
    if isinstance(value, Page):
        value = replace(value, questions=())
    if isinstance(value, Questionnaire):
        value = replace(value, pages=())
    return any(_lacks(one, language) for one in _texts(value))


def _lacks(text: Text, language: Language) -> bool:
    other = next(code for code in LANGUAGES if code != language)
    return bool(text.say(other).strip()) and not text.say(language).strip()


def _texts(value: Any) -> list[Text]:
    if isinstance(value, Text):
        return [value]
    if isinstance(value, tuple):
        return [text for one in value for text in _texts(one)]
    if dataclasses.is_dataclass(value):
        return [text for field in dataclasses.fields(value) for text in _texts(getattr(value, field.name))]
    return []


def earlier_than(asked: Questionnaire, page: str) -> tuple[Question, ...]:
    """The questions on the pages before a page; all of them for a page that is not there yet."""
    found: list[Question] = []
    for one in asked.pages:
        if one.id == page:
            break
        found.extend(one.questions)
    return tuple(found)


# the example


def with_folder_experiment(asked: Questionnaire) -> Questionnaire:
    """Add, at the end, what shows whether a folder that speaks of care does better than one of price.

    At the end, so that what people see of it cannot colour their answers to the rest. Its questions measure
    no construct: what somebody says with a folder before her is no score of the relationship.
    """
    taken = set(asked.questions) | {item for one in asked.questions.values() for item in one.items}
    taken |= set(ITEMS)
    variants = tuple(Variant(id, _said(f"folder_{id}")) for id in EXAMPLE_VARIANTS)
    folder = Question(named("folder", taken), "stimulus", _said("folder_text"), variants=variants)
    ends = _said("folder_low"), _said("folder_high")
    outcomes = [
        Question(named(id, taken), "scale", _said(id), min=0, max=10, labels=ends) for id in EXAMPLE_OUTCOMES
    ]
    page = named("folder", {one.id for one in asked.pages})
    shown = Page(page, (folder, *outcomes), _said("folder_title"), _said("folder_page"))
    return replace(asked, pages=(*asked.pages, shown))


def example_named(text: Text, language: Language) -> str:
    """What a variant or question of the example is called; "" where it says anything else (by now)."""
    for name in (*EXAMPLE_OUTCOMES, *(f"folder_{one}" for one in EXAMPLE_VARIANTS)):
        if text == _said(name):
            return sentence(f"web_listen.example_{name}_name", language)
    return ""


def _said(name: str) -> Text:
    return Text(
        **{code: sentence(f"web_listen.example_{name}", code, company="{company}") for code in LANGUAGES}
    )
