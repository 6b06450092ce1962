"""Models in lavaan's syntax: `=~` measured by, `<~` formed from, `~` regressed on, `~~` covaries with.

One statement a line, or several between semicolons; `#` and `!` start a comment; a line that ends in an
operator or `+` goes on in the next. A term may carry modifiers before `*`: a number fixes the parameter, NA
frees it, a name labels it (the same name twice makes the two equal). `1` on the right of `~` is an intercept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from verbond.errors import OptionError

__all__ = ["Term", "parse_model"]

_OPERATORS = re.compile(r"=~|<~|~~|~")
_NAME = re.compile(r"[A-Za-z_.\u00c0-\uffff][\w.]*")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True)
class Term:
    """One parameter of a model.

    Attributes
    ----------
    lhs, op, rhs : str
        As in lavaan's parameter table; `op` is "=~", "<~", "~", "~~" or "~1" (then `rhs` is empty).
    fixed : float or None
        Value at which it is fixed.
    free : bool
        Freed explicitly (NA), against what would be done by itself.
    label : str or None
    line : int
        In the text, 1-based.
    """

    lhs: str
    op: str
    rhs: str
    fixed: float | None = None
    free: bool = False
    label: str | None = None
    line: int = 0


def parse_model(text: str) -> tuple[Term, ...]:
    """Read a model.

    Raises
    ------
    OptionError
        For what is no statement; the line is named.

    Examples
    --------
    >>> [(t.lhs, t.op, t.rhs, t.fixed) for t in parse_model("f =~ x1 + 0.5*x2  # a factor")]
    [('f', '=~', 'x1', None), ('f', '=~', 'x2', 0.5)]
    """
    terms: list[Term] = []
    for line, statement in _statements(text):
        found = _OPERATORS.search(statement)
        if found is None:
            raise _wrong(line, statement, "an operator: =~, <~, ~ or ~~")
        left, right = statement[: found.start()], statement[found.end() :]
        for name in left.split("+"):
            if not _NAME.fullmatch(name.strip()):
                raise _wrong(line, name.strip() or statement, "a name on the left")
            terms += [_term(name.strip(), found.group(), part, line) for part in right.split("+")]
    if not terms:
        raise OptionError("the model is empty", expected="statements such as trust =~ trust_1 + trust_2")
    return tuple(terms)


def _statements(text: str) -> list[tuple[int, str]]:
    statements: list[tuple[int, str]] = []
    pending, start = "", 0
    for number, raw in enumerate(text.splitlines(), start=1):
        for j, piece in enumerate(re.split(r"[#!]", raw)[0].split(";")):
            if j and pending.strip():
                statements.append((start, pending.strip()))
                pending = ""
            if piece.strip():
                start = start if pending.strip() else number
                pending += " " + piece.strip()
        if pending.strip() and pending.rstrip()[-1] not in "+~*":
            statements.append((start, pending.strip()))
            pending = ""
    return [*statements, (start, pending.strip())] if pending.strip() else statements


def _term(left: str, op: str, text: str, line: int) -> Term:
    *modifiers, name = (part.strip() for part in text.split("*"))
    fixed, free, label = None, False, None
    for modifier in modifiers:
        if modifier == "NA":
            free = True
        elif _NUMBER.fullmatch(modifier):
            fixed = float(modifier)
        elif _NAME.fullmatch(modifier):
            label = modifier
        else:
            raise _wrong(line, text.strip(), "a number, NA or a name before *")
    if op == "~" and name == "1":
        return Term(left, "~1", "", fixed, free, label, line)
    if not _NAME.fullmatch(name):
        raise _wrong(line, text.strip() or op, "a name on the right")
    return Term(left, op, name, fixed, free, label, line)


def _wrong(line: int, got: str, expected: str) -> OptionError:
    return OptionError(f"line {line} of the model cannot be read", got=repr(got), expected=expected)
