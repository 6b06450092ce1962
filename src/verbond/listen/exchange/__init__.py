"""Questionnaires of other tools: what can be taken over is, and the rest is named.

- `read`: `read_questionnaire`, which knows the file by what is in it.
- `qsf`, `qsf_logic`: Qualtrics.
- `lss`, `relevance`: LimeSurvey.
- `draft`: what both build: pages, ids, conditions, and the list of what was dropped.
- `grids`: matrices and arrays, one scale a row.
- `plain`: words without HTML.
"""

from verbond.listen.exchange.draft import ReadQuestionnaire
from verbond.listen.exchange.read import read_questionnaire

__all__ = ["ReadQuestionnaire", "read_questionnaire"]
