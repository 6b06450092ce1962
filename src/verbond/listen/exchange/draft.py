"""A questionnaire while it is being taken over from another tool."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any

from verbond.errors import ReadError
from verbond.listen.conditions import Condition
from verbond.listen.exchange.plain import plain
from verbond.listen.questionnaire import LIMITS, NO_WORDS, Option, Page, Question, Questionnaire
from verbond.method import ITEMS
from verbond.method.types import Text
from verbond.results import LANGUAGES, Language, Reason, Result

__all__ = ["Draft", "Known", "ReadQuestionnaire", "both", "options_of", "slug", "spoken"]

_ID_LENGTH = 40
_MOST_NAMES = 200
"""In one sentence; nobody reads more."""


@dataclass(frozen=True, slots=True)
class ReadQuestionnaire(Result):
    """A questionnaire of another tool, as far as it could be taken over.

    Attributes
    ----------
    questionnaire : Questionnaire
    dropped : tuple of Reason
        What could not be taken over, each thing named.
    product : {"verbond", "qualtrics", "limesurvey"}
    taken : mapping of str to tuple of str
        Question as the file names it -> our questions that it became.
    """

    questionnaire: Questionnaire
    dropped: tuple[Reason, ...]
    product: str
    taken: Mapping[str, tuple[str, ...]]

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a question."""
        return [
            {"page": page.id, "question": one.id, "kind": one.kind, "en": one.text.en, "nl": one.text.nl}
            for page in self.questionnaire.pages
            for one in page.questions
        ]

    def to_dict(self) -> dict[str, Any]:
        """The questionnaire as `Questionnaire.to_json` gives it, and what was dropped."""
        return {
            "questionnaire": self.questionnaire.to_json(),
            "dropped": [reason.to_dict() for reason in self.dropped],
            "product": self.product,
            "taken": {name: list(ids) for name, ids in self.taken.items()},
        }


@dataclass(frozen=True, slots=True)
class Known:
    """A question that was taken over, as conditions may look at it.

    Attributes
    ----------
    id, kind : str
    values : mapping of str to str or int
        Answer as the file names it -> an option's id, or a number of a scale.
    """

    id: str
    kind: str
    values: Mapping[str, str | int] = field(default_factory=dict)


def slug(wanted: str, prefix: str = "q") -> str:
    """An id near to what was wanted.

    Examples
    --------
    >>> slug("Q1. Tevreden?"), slug("7"), slug("  ")
    ('q1_tevreden', 'q_7', 'q')
    """
    made = re.sub(r"[^a-z0-9]+", "_", wanted.lower()).strip("_")
    made = made if made[:1].isalpha() else f"{prefix}_{made}".rstrip("_")
    return made[:_ID_LENGTH].rstrip("_")


def spoken(code: str) -> Language | None:
    """Which of our languages a tool's code means, if any.

    Examples
    --------
    >>> spoken("EN-GB"), spoken("nl-informal"), spoken("de")
    ('en', 'nl', None)
    """
    near = code.lower().replace("_", "-").split("-")[0]
    return next((one for one in LANGUAGES if one == near), None)


@dataclass
class _Page:
    title: Text
    asked_if: Condition | None
    words: list[Text] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)


class Draft:
    """Pages and questions in the order in which a reader finds them.

    Parameters
    ----------
    file : str
        Its name, for errors.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.known: dict[tuple[str, str], Known] = {}
        self.taken: dict[str, list[str]] = {}
        self._pages: list[_Page] = []
        self._names: set[str] = set()
        self._dropped: dict[tuple[str, str], dict[str, None]] = {}
        self._n = 0

    @property
    def full(self) -> bool:
        """Whether it has as many questions as there may be."""
        return self._n >= LIMITS.questions

    # what goes

    def drop(self, code: str, name: str, kind: str = "") -> None:
        """Say that something was dropped; names under one code are said together."""
        self._dropped.setdefault((code, kind), {})[name] = None

    def reasons(self) -> tuple[Reason, ...]:
        """What was dropped so far."""
        return tuple(
            Reason(f"listen.dropped_{code}", {"names": _some(names), "n": len(names), "kind": kind})
            for (code, kind), names in self._dropped.items()
        )

    # what comes

    def text(self, words: Mapping[str, Any], name: str) -> Text:
        """Words by language, plain; what went from them is said under the question's name."""
        said = {}
        for language in LANGUAGES:
            given = words.get(language)
            one = plain(given if isinstance(given, str) else "")
            for code in ("pictured", "piped", "cut"):
                if getattr(one, code):
                    self.drop(code, name)
            said[language] = one.words
        return Text(**said)

    def page(self, title: Text = NO_WORDS, asked_if: Condition | None = None) -> None:
        """Begin a page."""
        self._pages.append(_Page(title, asked_if))

    def turn(self) -> None:
        """Begin another page that is asked when this one is."""
        self.page(asked_if=self._here().asked_if)

    def words(self, text: Text, source: str = "") -> None:
        """Words above what is asked next; questions that stand there already stay on a page of theirs."""
        if source:
            self.taken.setdefault(source, [])
        if text != NO_WORDS:
            self._here(fresh=True).words.append(text)

    def ask(
        self, source: str, wanted: str, question: Question, values: Mapping[str, Any], row: str = ""
    ) -> None:
        """Take over a question.

        Parameters
        ----------
        source : str
            The question as the file names it.
        wanted : str
            What its id should look like.
        question : Question
            Its id is still to be given.
        values : mapping
            For conditions: see `Known`.
        row : str
            Which row of a matrix it is.
        """
        if self.full:
            return self.drop("question_many", source)
        if question.asks and not (question.text.en or question.text.nl):
            question = dataclasses.replace(question, text=self._named(source))
        if (
            question.kind in ("choice", "several", "ranking")
            and not 2 <= len(question.options) <= LIMITS.options
        ):
            return self.drop("question_options", source)
        if question.kind == "scale" and not self._spans(question):
            return self.drop("question_scale", source)
        question = self._with_id(wanted, question)
        self._n += 1
        looked_at = {test.question for test in (question.asked_if.tests if question.asked_if else ())}
        page = self._here(fresh=bool(looked_at & {one.id for one in self._here().questions}))
        page.questions.append(question)
        self.taken.setdefault(source, []).append(question.id)
        self.known[source, row] = Known(question.id, question.kind, dict(values))
        return None

    def _here(self, fresh: bool = False) -> _Page:
        """The page that is being filled; fresh: a page like it if something is asked on it already."""
        if not self._pages:
            self.page()
        last = self._pages[-1]
        if fresh and last.questions:
            self._pages.append(_Page(NO_WORDS, last.asked_if))
        return self._pages[-1]

    @staticmethod
    def _named(source: str) -> Text:
        words = plain(source).words or "?"
        return Text(en=words, nl=words)

    @staticmethod
    def _spans(question: Question) -> bool:
        within = max(abs(question.min), abs(question.max)) <= LIMITS.number
        return within and 1 <= question.max - question.min <= LIMITS.span

    def _with_id(self, wanted: str, question: Question) -> Question:
        item = ITEMS.get(slug(wanted))
        if item and question.kind == "scale" and (item.min, item.max) == (question.min, question.max):
            question = dataclasses.replace(
                question, construct=item.construct, value=item.value or "", reversed=item.reversed
            )
        base = slug(wanted)
        for n in count(1):
            tried = base if n == 1 else f"{base[: _ID_LENGTH - 5]}_{n}"
            made = dataclasses.replace(question, id=tried)
            names = {*made.items, tried}
            ours = names & set(ITEMS) and not (made.construct and tried in ITEMS)
            if not ours and not names & self._names:
                self._names |= names
                if made.construct:
                    self.drop("ours", tried)
                return made
        raise AssertionError("ids do not run out")

    # the whole

    def finish(self, title: Text, introduction: Text = NO_WORDS, thanks: Text = NO_WORDS) -> Questionnaire:
        """The questionnaire, checked.

        Raises
        ------
        ReadError
            If nothing that can be asked is left.
        """
        pages = [page for page in self._joined() if page.questions]
        if not pages:
            raise ReadError(
                "nothing in this questionnaire can be asked here",
                file=self.file,
                expected="questions in Dutch or English",
                hint="; ".join(str(reason) for reason in self.reasons()[:3]),
            )
        made = Questionnaire(
            title,
            introduction,
            thanks,
            tuple(
                Page(f"page_{n}", tuple(page.questions), page.title, _joined_words(page.words), page.asked_if)
                for n, page in enumerate(pages, start=1)
            ),
        )
        return Questionnaire.from_json(made.to_json())

    def _joined(self) -> list[_Page]:
        """As many pages as there may be: words alone go to the next page, neighbours are joined."""
        pages = _without_empty(self._pages, self)
        at = len(pages) - 1
        while len(pages) > LIMITS.pages and at > 0:
            first, second = pages[at - 1], pages[at]
            if first.asked_if == second.asked_if and not _looks_at(second, first):
                first.words += second.words
                first.questions += second.questions
                del pages[at]
            at -= 1
        for page in pages[LIMITS.pages :]:
            for one in page.questions:
                source = next(name for name, ids in self.taken.items() if one.id in ids)
                self.taken[source].remove(one.id)
                self.drop("question_many", source)
        return pages[: LIMITS.pages]


def _some(names: Iterable[str]) -> list[str]:
    every = [*names]
    return every if len(every) <= _MOST_NAMES else [*every[:_MOST_NAMES], "…"]


def _without_empty(pages: Iterable[_Page], draft: Draft) -> list[_Page]:
    kept: list[_Page] = []
    waiting: list[tuple[Condition | None, Text]] = []
    for page in pages:
        if not page.questions:
            waiting += [(page.asked_if, text) for text in page.words]
            continue
        for asked_if, text in reversed(waiting):
            if page.asked_if in (None, asked_if):
                page.words.insert(0, text)
            else:
                draft.drop("words", _beginning(text))
        waiting = []
        kept.append(page)
    for _, text in waiting:
        draft.drop("words", _beginning(text))
    return kept


def _beginning(text: Text) -> str:
    return f"{' '.join((text.en or text.nl).split())[:40]}…"


def _looks_at(page: _Page, earlier: _Page) -> bool:
    ids = {one.id for one in earlier.questions}
    conditions = [page.asked_if, *(one.asked_if for one in page.questions)]
    return any(test.question in ids for one in conditions if one for test in one.tests)


def _joined_words(words: Sequence[Text]) -> Text:
    if not words:
        return NO_WORDS
    said = {
        code: "\n\n".join(one.say(code) for one in words if one.say(code))[: LIMITS.words]
        for code in LANGUAGES
    }
    return Text(**said)


def both(first: Condition | None, second: Condition | None) -> tuple[Condition | None, bool]:
    """A condition that holds where both do, and whether there is one."""
    if first is None or second is None:
        return first or second, True
    plain = all(one.together == "all" or len(one.tests) == 1 for one in (first, second))
    tests = tuple(dict.fromkeys((*first.tests, *second.tests)))
    if not plain or len(tests) > LIMITS.tests:
        return None, False
    return Condition(tests), True


def options_of(draft: Draft, name: str, given: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, Option]:
    """The options of a choice: key in the file -> option; ids are made from the keys."""
    made: dict[str, Option] = {}
    taken: set[str] = set()
    for key, words in islice(given, LIMITS.options + 1):  # one too many is enough to be refused
        text = draft.text(words, name)
        if not (text.en or text.nl):
            text = Text(en=key or "?", nl=key or "?")
        base, n = slug(key, "o"), 1
        id = base
        while id in taken:
            n += 1
            id = f"{base[: _ID_LENGTH - 5]}_{n}"
        taken.add(id)
        made[key] = Option(id, text)
    return made
