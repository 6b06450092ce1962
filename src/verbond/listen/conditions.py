"""When a page or a question is asked: a few tests on answers that were given on earlier pages.

Small on purpose. A condition is all or any of its tests; a test looks at one question; questions are looked
at only from later pages. So every condition has one meaning, can be checked before anybody is asked, and
gives the same with and without script.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["OPERATORS", "Condition", "Operator", "Test"]

Operator = Literal["answered", "not_answered", "is", "is_not", "at_least", "at_most"]
OPERATORS: tuple[Operator, ...] = ("answered", "not_answered", "is", "is_not", "at_least", "at_most")


@dataclass(frozen=True, slots=True)
class Test:
    """One look at one question's answer.

    Attributes
    ----------
    question : str
        Id of a question on an earlier page, or of a stimulus: then its variant is looked at.
    operator : Operator
        "is" and "is_not" compare with an option's id (one of several: whether it was among them), a variant's
        id or a number; "at_least" and "at_most" compare numbers.
    value : str, float or None
        None for "answered" and "not_answered".
    """

    __test__ = False  # pytest would take it for a test

    question: str
    operator: Operator
    value: str | float | None = None

    def holds(self, answers: Mapping[str, Any]) -> bool:
        """Whether it holds; what was not answered is only ever "not_answered" and "is_not" something."""
        answer = answers.get(self.question)
        match self.operator:
            case "answered":
                return answer is not None
            case "not_answered":
                return answer is None
            case "is":
                return answer is not None and self._is(answer)
            case "is_not":
                return answer is None or not self._is(answer)
            case "at_least":
                return isinstance(answer, (int, float)) and answer >= float(self.value or 0)
            case "at_most":
                return isinstance(answer, (int, float)) and answer <= float(self.value or 0)

    def _is(self, answer: Any) -> bool:
        return self.value in answer if isinstance(answer, (list, tuple)) else answer == self.value


@dataclass(frozen=True, slots=True)
class Condition:
    """All of its tests, or any of them.

    Attributes
    ----------
    tests : tuple of Test
        At least one.
    together : {"all", "any"}

    Examples
    --------
    >>> left = Condition((Test("stay", "at_most", 6), Test("recommend", "at_most", 6)), "any")
    >>> left.holds({"stay": 3}), left.holds({"stay": 8})
    (True, False)
    """

    tests: tuple[Test, ...]
    together: Literal["all", "any"] = "all"

    def holds(self, answers: Mapping[str, Any]) -> bool:
        """Whether it holds for these answers (question's id -> answer)."""
        held = (test.holds(answers) for test in self.tests)
        return all(held) if self.together == "all" else any(held)
