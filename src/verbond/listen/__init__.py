"""Asking: a questionnaire as data, the way through it, and what its answers become.

- `questionnaire`: `Questionnaire`, its pages, questions and stimuli, in Dutch and English at once; JSON in
  and out.
- `conditions`: when a page or a question is asked.
- `answers`: what one question accepts, the way that a respondent goes, and the rows that the tables get.
- `export`: answers as CSV, Excel, SPSS (`sav`), Parquet or JSON.
- `effort`: how many minutes it takes, and when that is too long.
- `own`: our own questionnaires in this form.

This room knows no database and no page: `web/listening/` puts questionnaires before people.
"""

from verbond.listen.answers import (
    AnswerProblem,
    Asked,
    handed_in,
    next_page,
    numbers_of,
    read_answers,
    way,
    words_of,
)
from verbond.listen.conditions import Condition, Test
from verbond.listen.effort import Effort, effort, minutes
from verbond.listen.own import own_questionnaire
from verbond.listen.questionnaire import (
    KINDS,
    Kind,
    Option,
    Page,
    Question,
    Questionnaire,
    Variant,
)

__all__ = [
    "KINDS",
    "AnswerProblem",
    "Asked",
    "Condition",
    "Effort",
    "Kind",
    "Option",
    "Page",
    "Question",
    "Questionnaire",
    "Test",
    "Variant",
    "effort",
    "handed_in",
    "minutes",
    "next_page",
    "numbers_of",
    "own_questionnaire",
    "read_answers",
    "way",
    "words_of",
]
