"""How long a questionnaire takes, and when that is too long.

What must be read is counted in letters, what must be decided in questions by kind. Reading is measured
(Brysbaert); the seconds a decision takes are rules of thumb of ours, set so that a stand-alone question comes
to about the ten seconds that Pew Research Center found in its own panel. So the answer is a range.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from verbond.listen.answers import way
from verbond.listen.questionnaire import VALUE_MAX, VALUE_MIN, Page, Question, Questionnaire
from verbond.method import CIRCLE
from verbond.method.types import Text
from verbond.results import LANGUAGES, Language, Reason
from verbond.results.wording import check_language

__all__ = ["Effort", "effort", "minutes", "reading_seconds"]

WORDS_PER_MINUTE, SLOW_WORDS, FAST_WORDS = 238, 175, 300
"""Silent reading of non-fiction, and the range in which most adults fall (Brysbaert, 2019)."""
LETTERS_PER_WORD: Mapping[Language, float] = MappingProxyType({"en": 4.6, "nl": 5.1})
"""In non-fiction (Brysbaert and others, 2021)."""
ON_A_PHONE = 1.2
"""Answers on a phone take so many times as long as at a desk (Andreadis, 2015)."""
QUICK, SLOW = 0.7, 1.5
"""A quick and a slow decision against the usual one; a rule of thumb of ours."""
DECISION_SECONDS: Mapping[str, float] = MappingProxyType(
    {"scale": 4.0, "choice": 4.0, "several": 4.0, "ranking": 4.0, "values": 3.0, "text": 25.0}
)
"""Beside the reading; of a ranking for each option, of values for each number. Rules of thumb of ours."""
PAGE_SECONDS = 2.0
PICTURE_SECONDS = 6.0
LONG_MINUTES, TOO_LONG_MINUTES = 10, 20
"""Behind the first fewer people begin and finish; the second is a rule of thumb of panels."""
MANY_TEXTS = 3
N_RESPONDENTS = 64
"""Made up by lot to go through a questionnaire that branches."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long answering takes.

    Attributes
    ----------
    minutes : float
        Of the usual respondent; where the questionnaire branches, the mean over ways taken by lot.
    low, high : float
        From a quick reader on the shortest way to a slow one on the longest, on a phone. A range of people,
        not a confidence interval.
    seconds_by_page : mapping of str to float
        Page's id -> seconds of the usual respondent who is asked all that is on it.
    reasons : tuple of Reason
        What makes it a burden; empty where nothing does.
    """

    minutes: float
    low: float
    high: float
    seconds_by_page: Mapping[str, float]
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class _Cost:
    letters: float = 0.0
    deciding: float = 0.0

    def seconds(self, language: Language, speed: float = WORDS_PER_MINUTE, pace: float = 1.0) -> float:
        letters_per_second = speed * LETTERS_PER_WORD[language] / 60
        return self.letters / letters_per_second + self.deciding * pace


def effort(questionnaire: Questionnaire, language: Language = "en") -> Effort:
    """Estimate how long a questionnaire takes.

    Parameters
    ----------
    questionnaire : Questionnaire
    language : {"en", "nl"}
        A text that is missing in it is counted in the other.

    Returns
    -------
    Effort

    Raises
    ------
    OptionError
        If the language is another.

    References
    ----------
    - Brysbaert, M. (2019). How many words do we read per minute? A review and meta-analysis of reading rate.
      Journal of Memory and Language, 109, 104047. 238 words per minute; most adults 175 to 300.
    - Brysbaert, M., Sui, L., Duyck, W., & Dirix, N. (2021). Improving reading rate prediction with word
      length information: Evidence from Dutch. Quarterly Journal of Experimental Psychology. 238 words per
      minute at 5.1 letters a word in Dutch and 4.6 in English; in proportion at others.
    - Andreadis, I. (2015). Web surveys optimized for smartphones: Are there differences between computer and
      smartphone users? Methods, Data, Analyses. About a fifth longer on a phone.
    - Pew Research Center (2022). How we keep our online surveys from running too long. About ten seconds for
      a stand-alone question; no survey above fifteen minutes.
    - Galesic, M., & Bosnjak, M. (2009). Effects of questionnaire length on participation and indicators of
      response quality in a web survey. Public Opinion Quarterly, 73(2), 349-360. The longer it was announced
      to take (10, 20, 30 minutes), the fewer began and finished; later answers were faster and more alike.

    Examples
    --------
    >>> from verbond.listen import own_questionnaire
    >>> short = effort(own_questionnaire("short"), "en")
    >>> short.low < short.minutes < short.high < LONG_MINUTES, short.reasons
    (True, ())
    """
    check_language(language)
    costs = {one.id: _question(one, language) for one in questionnaire.questions.values()}
    frame = _reading((questionnaire.title, questionnaire.introduction), language)
    ways = [
        _sum([frame, *(_page(at.page, at.questions, costs, language) for at in way(questionnaire, answers))])
        for answers in _respondents(questionnaire)
    ]
    usual = sum(one.seconds(language) for one in ways) / len(ways) / 60
    low = min(one.seconds(language, FAST_WORDS, QUICK) for one in ways) / 60
    high = max(one.seconds(language, SLOW_WORDS, SLOW) for one in ways) * ON_A_PHONE / 60
    by_page = {
        page.id: _page(page, page.questions, costs, language).seconds(language)
        for page in questionnaire.pages
    }
    return Effort(usual, low, high, MappingProxyType(by_page), _reasons(questionnaire, usual))


def minutes(questionnaire: Questionnaire, language: Language = "en") -> int:
    """Whole minutes to announce, rounded up, at least one."""
    return max(1, math.ceil(effort(questionnaire, language).minutes))


def reading_seconds(text: str, language: Language = "en") -> float:
    """How long it takes to read some words: long words take longer.

    Examples
    --------
    >>> round(60 / reading_seconds("zeszes", "nl"))  # words of six letters: 202 a minute in the paper
    202
    """
    return _Cost(_letters(text)).seconds(language)


def _letters(text: str) -> int:
    return sum(one.isalnum() for one in text)


def _reading(texts: Iterable[Text], language: Language) -> _Cost:
    other = next(code for code in LANGUAGES if code != language)
    return _Cost(float(sum(_letters(one.say(language).strip() or one.say(other)) for one in texts)))


def _sum(costs: Iterable[_Cost]) -> _Cost:
    every = list(costs)
    return _Cost(sum(one.letters for one in every), sum(one.deciding for one in every))


def _page(page: Page, asked: Iterable[Question], costs: Mapping[str, _Cost], language: Language) -> _Cost:
    asked = list(asked)
    ends = {text for one in asked if one.labels for text in one.labels}  # the same ends are read once
    return _sum(
        [
            _reading((page.title, page.text, *ends), language),
            _Cost(deciding=PAGE_SECONDS),
            *(costs[one.id] for one in asked),
        ]
    )


def _question(one: Question, language: Language) -> _Cost:
    words = _reading((one.text, one.help, *(option.text for option in one.options)), language)
    if one.kind == "stimulus":
        shown = _sum(_reading((variant.text,), language) for variant in one.variants)
        pictures = PICTURE_SECONDS * sum(bool(variant.picture) for variant in one.variants)
        n = len(one.variants)
        return _Cost(words.letters + shown.letters / n, pictures / n)
    if one.kind == "values":
        told = _reading([text for value in CIRCLE for text in (value.name, value.meaning)], language)
        deciding = DECISION_SECONDS["values"] * len(CIRCLE) * len(one.sides)
        return _Cost(words.letters + told.letters, deciding)
    times = len(one.options) if one.kind == "ranking" else 1
    return _Cost(words.letters, DECISION_SECONDS[one.kind] * times)


def _respondents(questionnaire: Questionnaire) -> list[dict[str, Any]]:
    branches = any(one.asked_if for page in questionnaire.pages for one in (page, *page.questions))
    if not branches:
        return [{}]
    lots = random.Random(1)
    return [
        {one.id: _by_lot(one, lots) for one in questionnaire.questions.values()} for _ in range(N_RESPONDENTS)
    ]


def _by_lot(one: Question, lots: random.Random) -> Any:
    ids = [option.id for option in one.options]
    match one.kind:
        case "scale":
            return lots.randint(one.min, one.max)
        case "choice":
            return lots.choice(ids)
        case "several":
            return [id for id in ids if lots.random() < 0.5] or None
        case "ranking":
            return lots.sample(ids, len(ids))
        case "stimulus":
            return lots.choice(one.variants).id
        case "values":
            return {
                side: {value.id: lots.randint(VALUE_MIN, VALUE_MAX) for value in CIRCLE} for side in one.sides
            }
        case _:
            return "x" if lots.random() < 0.5 else None


def _reasons(questionnaire: Questionnaire, usual: float) -> tuple[Reason, ...]:
    said = []
    n = max(1, round(usual))
    if usual > TOO_LONG_MINUTES:
        said.append(Reason("listen.effort_too_long", {"n": n}))
    elif usual > LONG_MINUTES:
        said.append(Reason("listen.effort_long", {"n": n}))
    texts = sum(one.kind == "text" for one in questionnaire.questions.values())
    if texts > MANY_TEXTS:
        said.append(Reason("listen.effort_texts", {"n": texts}))
    return tuple(said)
