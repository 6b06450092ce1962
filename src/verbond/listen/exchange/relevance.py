"""LimeSurvey's relevance equations, where they mean exactly what a condition here can mean.

`((Q1.NAOK == "A1") and (Q2.NAOK >= 7))` is one; what calls functions, counts or nests is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from verbond.listen.conditions import Condition, Test
from verbond.listen.exchange.draft import Known
from verbond.listen.questionnaire import LIMITS

__all__ = ["condition_of"]

Find = Callable[[str], tuple[Known, str] | None]
_TOKEN = re.compile(
    r"\s*(?:(?P<text>\"[^\"]*\"|'[^']*')|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])|(?P<name>[A-Za-z0-9_]+(?:\.NAOK)?)"
    r"|(?P<sign>==|!=|>=|<=|&&|\|\||[<>!()]))"
)
_MOST = 4000
_SIGNS = {"eq": "==", "ne": "!=", "ge": ">=", "le": "<=", "gt": ">", "lt": "<", "and": "&&", "or": "||"}
_STEPS = {">=": ("at_least", 0), ">": ("at_least", 1), "<=": ("at_most", 0), "<": ("at_most", -1)}


class _InexactError(Exception):
    pass


def condition_of(equation: str, find: Find) -> Condition | None:
    """The condition that a relevance equation is, or None where none is exactly that.

    Parameters
    ----------
    equation : str
    find : callable
        A variable's name -> the question that it became and the row or option that it is of ("" for the
        whole); None where it was not taken over before.
    """
    try:
        parts = _Reader(_tokens(equation), find)
        tests, ways = parts.group(0)
        if parts.left():
            return None
    except _InexactError:
        return None
    tests = [*dict.fromkeys(tests)]
    if not 1 <= len(tests) <= LIMITS.tests or len(ways) > 1:
        return None
    return Condition(tuple(tests), "any" if ways == {"||"} else "all")


def _tokens(equation: str) -> list[tuple[str, str]]:
    if len(equation) > _MOST:
        raise _InexactError
    found, at = [], 0
    equation = equation.strip()
    while at < len(equation):
        match = _TOKEN.match(equation, at)
        if not match:
            raise _InexactError
        kind, word = str(match.lastgroup), match[str(match.lastgroup)]
        if kind == "name" and word.lower() in _SIGNS:
            kind, word = "sign", _SIGNS[word.lower()]
        found.append((kind, word))
        at = match.end()
    return found


class _Reader:
    def __init__(self, tokens: list[tuple[str, str]], find: Find) -> None:
        self.tokens, self.find, self.at = tokens, find, 0

    def left(self) -> bool:
        return self.at < len(self.tokens)

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.left() else ""

    def take(self, *kinds: str) -> str:
        if not self.left() or self.tokens[self.at][0] not in kinds:
            raise _InexactError
        self.at += 1
        return self.tokens[self.at - 1][1]

    def sign(self, *signs: str) -> str:
        if self.peek() not in signs or self.tokens[self.at][0] != "sign":
            raise _InexactError
        return self.take("sign")

    def group(self, depth: int) -> tuple[list[Test], set[str]]:
        """Parts joined by one sign; parentheses within may join by the same one."""
        if depth > 20:
            raise _InexactError
        tests, ways = self.part(depth)
        while self.peek() in ("&&", "||"):
            ways.add(self.sign("&&", "||"))
            more, inner = self.part(depth)
            tests, ways = tests + more, ways | inner
            if len(ways) > 1:
                raise _InexactError
        return tests, ways

    def part(self, depth: int) -> tuple[list[Test], set[str]]:
        if self.peek() == "(" and self.tokens[self.at][0] == "sign":
            self.sign("(")
            found = self.group(depth + 1)
            self.sign(")")
            return found
        return [self.test()], set()

    def test(self) -> Test:
        denied = self.peek() == "!" and bool(self.sign("!"))
        name = self.take("name")
        if name.lower() == "is_empty":
            self.sign("(")
            known, part = self.named(self.take("name"))
            self.sign(")")
            if part:
                raise _InexactError
            return Test(known.id, "answered" if denied else "not_answered")
        if denied:
            raise _InexactError
        sign, value = self.sign("==", "!=", ">=", "<=", ">", "<"), self.take("text", "number").strip("\"'")
        known, part = self.named(name)
        return _compared(known, part, sign, value, name.endswith(".NAOK"))

    def named(self, name: str) -> tuple[Known, str]:
        found = self.find(name.removesuffix(".NAOK"))
        if found is None:
            raise _InexactError
        return found


def _compared(known: Known, part: str, sign: str, value: str, with_skipped: bool) -> Test:
    """A comparison; `!=` only where a question that was not asked counts as different (`.NAOK`)."""
    if value == "" and not part and sign in ("==", "!="):
        return Test(known.id, "not_answered" if sign == "==" else "answered")
    if known.kind == "several" and part and value == "Y" and sign in ("==", "!="):
        value = part
    elif part:
        raise _InexactError
    if sign in _STEPS:
        if known.kind != "scale" or not re.fullmatch(r"-?\d{1,5}", value):
            raise _InexactError
        name, step = _STEPS[sign]
        return Test(known.id, name, int(value) + step)  # type: ignore[arg-type]
    meant = known.values.get(value)
    if (
        meant is None
        or known.kind not in ("scale", "choice", "several")
        or (sign == "!=" and not with_skipped)
    ):
        raise _InexactError
    return Test(known.id, "is" if sign == "==" else "is_not", meant)
