"""Models in lavaan's syntax: `=~` measured by, `<~` formed from, `~` regressed on, `~~` covaries with.

`x ~ 1` is an intercept, and `name := expression` defines a figure from labelled parameters. One statement a
line, or several between semicolons; `#` and `!` start a comment; a line that ends in an operator or `+`
goes on in the next. A term may carry modifiers before `*`: a number fixes the parameter, NA frees it, a
name labels it (the same name twice makes the two equal).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from verbond.errors import OptionError

__all__ = ["Definition", "Term", "definition", "parse_model"]

_OPERATORS = re.compile(r":=|==|=~|<~|~~|~")
_NAME = re.compile(r"[A-Za-z_.\u00c0-\uffff][\w.]*")
_SEVERAL = re.compile(r"c\(([^()]*)\)")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


@dataclass(frozen=True, slots=True)
class Term:
    """One parameter of a model.

    Attributes
    ----------
    lhs, op, rhs : str
        As in lavaan's parameter table; `op` is "=~", "<~", "~", "~~", "~1" (then `rhs` is empty) or ":="
        (then `rhs` is the expression).
    fixed : float or None
        Value at which it is fixed.
    free : bool
        Freed explicitly (NA), against what would be done by itself.
    label : str or None
    line : int
        In the text, 1-based.
    each : tuple of Term
        One a group, where the modifier was c(...); else empty.
    """

    lhs: str
    op: str
    rhs: str
    fixed: float | None = None
    free: bool = False
    label: str | None = None
    line: int = 0
    each: tuple[Term, ...] = ()

    def at(self, group: int) -> Term:
        """The term as it is in one group."""
        return self.each[group] if self.each else self

    @property
    def place(self) -> tuple[str, str, str]:
        """Which parameter it is: lhs, op and rhs; the two of a covariance in order."""
        one, two = sorted((self.lhs, self.rhs)) if self.op == "~~" else (self.lhs, self.rhs)
        return one, self.op, two


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
        if found.group() == "==":
            raise _wrong(line, statement, "the same label before both, which makes them equal")
        if found.group() == ":=":
            terms.append(_defined(left.strip(), right.strip(), line))
            continue
        for name in left.split("+"):
            if not _NAME.fullmatch(name.strip()):
                raise _wrong(line, name.strip() or statement, "a name on the left")
            terms += [_term(name.strip(), found.group(), part, line) for part in right.split("+")]
    if not terms:
        raise OptionError("the model is empty", expected="statements such as trust =~ trust_1 + trust_2")
    return tuple(terms)


def _defined(name: str, expression: str, line: int) -> Term:
    if not _NAME.fullmatch(name):
        raise _wrong(line, name, "a name on the left")
    definition(Term(name, ":=", expression, line=line))
    return Term(name, ":=", expression, line=line)


@dataclass(frozen=True, slots=True)
class Definition:
    """A figure that is computed from labelled parameters.

    Attributes
    ----------
    name, expression : str
    labels : tuple of str
        That its expression uses.
    compute : callable
        From a mapping of label to value.
    """

    name: str
    expression: str
    labels: tuple[str, ...]
    compute: Callable[[Mapping[str, float]], float]


_STEPS: dict[type, Callable] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide, ast.Pow: np.power,
    ast.USub: np.negative, ast.UAdd: np.positive,
}  # fmt: skip
_FUNCTIONS = {"sqrt": np.sqrt, "exp": np.exp, "log": np.log, "abs": np.abs}
_WORD = re.compile(r"(?<![\w.])[A-Za-z_.\u00c0-\uffff][\w.]*")


def definition(term: Term) -> Definition:
    """Read the right-hand side of `name := expression`: + - * / ^, brackets, sqrt, exp, log, abs.

    Examples
    --------
    >>> indirect = definition(Term("indirect", ":=", "a * b^2"))
    >>> indirect.labels, float(indirect.compute({"a": 0.5, "b": 2.0}))
    (('a', 'b'), 2.0)
    """
    words = [w for w in dict.fromkeys(_WORD.findall(term.rhs)) if w not in _FUNCTIONS]
    safe = _WORD.sub(lambda m: m[0] if m[0] in _FUNCTIONS else f"v{words.index(m[0])}", term.rhs)
    try:
        tree = ast.parse(safe.replace("^", "**"), mode="eval").body
        with np.errstate(all="ignore"):
            _walk(tree, [1.0] * len(words))
    except (SyntaxError, ValueError, KeyError, TypeError):
        expected = "labels and numbers with + - * / ^, brackets, sqrt, exp, log or abs"
        raise _wrong(term.line, term.rhs, expected) from None

    def compute(values: Mapping[str, float]) -> float:
        with np.errstate(all="ignore"):
            return _walk(tree, [values[word] for word in words])

    return Definition(term.lhs, term.rhs, tuple(words), compute)


def _walk(node: ast.expr, values: list[float]) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return float(node.value)
    if isinstance(node, ast.Name):
        return values[int(node.id[1:])]
    if isinstance(node, ast.UnaryOp):
        return _STEPS[type(node.op)](_walk(node.operand, values))
    if isinstance(node, ast.BinOp):
        return _STEPS[type(node.op)](_walk(node.left, values), _walk(node.right, values))
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        return _FUNCTIONS[node.func.id](_walk(node.args[0], values))
    raise ValueError


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
        if pending.strip() and pending.rstrip()[-1] not in "+~*=":
            statements.append((start, pending.strip()))
            pending = ""
    return [*statements, (start, pending.strip())] if pending.strip() else statements


def _term(left: str, op: str, text: str, line: int) -> Term:
    *modifiers, name = (part.strip() for part in text.split("*"))
    term = Term(left, op, name, line=line)
    for modifier in modifiers:
        if several := _SEVERAL.fullmatch(modifier):
            parts = [part.strip() for part in several[1].split(",")]
            term = replace(term, each=tuple(_modified(term, part, text) for part in parts))
        else:
            term = _modified(term, modifier, text)
    if op == "~" and name == "1":
        return replace(term, op="~1", rhs="", each=tuple(replace(t, op="~1", rhs="") for t in term.each))
    if not _NAME.fullmatch(name):
        raise _wrong(line, text.strip() or op, "a name on the right")
    return term


def _modified(term: Term, modifier: str, text: str) -> Term:
    if modifier == "NA":
        return replace(term, free=True, each=())
    if _NUMBER.fullmatch(modifier):
        return replace(term, fixed=float(modifier), each=())
    if _NAME.fullmatch(modifier):
        return replace(term, label=modifier, each=())
    raise _wrong(term.line, text.strip(), "a number, NA, a name, or c(...) of these, before *")


def _wrong(line: int, got: str, expected: str) -> OptionError:
    return OptionError(f"line {line} of the model cannot be read", got=repr(got), expected=expected)
