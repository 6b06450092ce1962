"""Qualtrics' logic, where it means exactly what a condition here can mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from verbond.listen.conditions import Condition, Test
from verbond.listen.exchange.draft import Known
from verbond.listen.questionnaire import LIMITS

__all__ = ["condition_of"]

Find = Callable[[str, str], Known | None]
_LOCATOR = re.compile(r"q://(QID[^/]+)/([A-Za-z]+)(?:/([^/]+))?(?:/([^/]+))?")
_TOGETHER = {"and": "all", "andif": "all", "or": "any", "orif": "any"}
_STEPS = {"GreaterThan": ("at_least", 1), "GreaterThanOrEqual": ("at_least", 0),
          "LessThan": ("at_most", -1), "LessThanOrEqual": ("at_most", 0),
          "EqualTo": ("is", 0), "NotEqualTo": ("is_not", 0)}  # fmt: skip


def condition_of(logic: Any, find: Find) -> Condition | None:
    """The condition that a `DisplayLogic` or `BranchLogic` is, or None where none is exactly that.

    Parameters
    ----------
    logic : Any
        Sets of expressions, numbered "0", "1", ...; sets and expressions are joined by And or Or.
    find : callable
        (Question's id, row) -> what it became, or None where it was not taken over before.
    """
    tests, ways = [], set()
    for s, (word, expressions) in enumerate(_sets(logic)):
        if s:
            ways.add(_TOGETHER.get(word.lower()))
        for e, expression in enumerate(expressions):
            if e:
                joined = expression.get("Conjuction", expression.get("Conjunction"))
                ways.add(_TOGETHER.get(str(joined).lower()))
            test = _test(expression, find)
            if test is None:
                return None
            tests.append(test)
    tests = [*dict.fromkeys(tests)]
    if not 1 <= len(tests) <= LIMITS.tests or len(ways) > 1 or None in ways:
        return None
    return Condition(tuple(tests), "any" if ways == {"any"} else "all")


def _numbered(given: Any) -> Iterator[Mapping[str, Any]]:
    entries = (
        given.items() if isinstance(given, Mapping) else enumerate(given) if isinstance(given, list) else ()
    )
    yield from (
        value for key, value in entries if str(key).isdecimal() and isinstance(value, (Mapping, list))
    )


def _sets(logic: Any) -> Iterator[tuple[str, list[Mapping[str, Any]]]]:
    for one in _numbered(logic):
        word = str(one.get("Type", "")) if isinstance(one, Mapping) else ""
        yield word, [entry if isinstance(entry, Mapping) else {} for entry in _numbered(one)]


def _test(given: Mapping[str, Any], find: Find) -> Test | None:
    where = _LOCATOR.fullmatch(str(given.get("LeftOperand") or given.get("ChoiceLocator") or ""))
    if given.get("LogicType") != "Question" or not where:
        return None
    question, part, first, second = where.groups()
    operator = str(given.get("Operator"))
    if part == "SelectableChoice" and operator in ("Selected", "NotSelected"):
        row, key = (first, second) if second is not None else ("", first)
        return _selected(find(question, row), key, operator)
    one = find(question, "") or find(question, first or "")
    if one is None:
        return None
    if part in ("ChoiceTextEntryValue", "ChoiceNumericEntryValue") and operator in ("Empty", "NotEmpty"):
        return Test(one.id, "not_answered" if operator == "Empty" else "answered")
    if part == "ChoiceNumericEntryValue" and operator in _STEPS and one.kind == "scale":
        return _compared(one, operator, given.get("RightOperand"))
    return None


def _selected(one: Known | None, key: str | None, operator: str) -> Test | None:
    value = None if one is None else one.values.get(str(key))
    if one is None or value is None or one.kind not in ("scale", "choice", "several"):
        return None
    return Test(one.id, "is" if operator == "Selected" else "is_not", value)


def _compared(one: Known, operator: str, given: Any) -> Test | None:
    words = str(given)
    if not re.fullmatch(r"-?\d{1,5}", words, re.ASCII):
        return None
    name, step = _STEPS[operator]
    return Test(one.id, name, int(words) + step)  # type: ignore[arg-type]
