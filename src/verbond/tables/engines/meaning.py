"""What SQL means the same on DuckDB and on Spark, and what does not.

sqlglot translates almost anything, silently, also where the meaning changes. So the door is an allow-list:
a function passes when it was compared on both engines (`tests/tables/engines/test_same_meaning.py` compares
each of them), and constructs that were seen to differ are refused with what to write instead.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from verbond.errors import EngineError

__all__ = ["ALLOWED", "check_meaning"]

ALLOWED: frozenset[type[exp.Expr]] = frozenset(
    {
        # logic and choice
        exp.And, exp.Or, exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Greatest, exp.Least, exp.Exists,
        # numbers
        exp.Abs, exp.Ceil, exp.Floor, exp.Round, exp.Sign, exp.Sqrt, exp.Pow, exp.Exp, exp.Ln, exp.Log,
        # text
        exp.Concat, exp.Contains, exp.Left, exp.Length, exp.Lower, exp.MD5, exp.Replace, exp.Right,
        exp.StartsWith, exp.StrPosition, exp.Substring, exp.Trim,
        # types and time
        exp.Cast, exp.TryCast, exp.DateDiff, exp.DateFromParts, exp.Day, exp.DayOfYear, exp.Hour, exp.LastDay,
        exp.Minute, exp.Month, exp.Quarter, exp.Second, exp.TimestampTrunc, exp.Year,
        # aggregates
        exp.Avg, exp.Corr, exp.Count, exp.CountIf, exp.CovarSamp, exp.LogicalAnd, exp.LogicalOr, exp.Max,
        exp.Median, exp.Min, exp.Stddev, exp.StddevPop, exp.StddevSamp, exp.Sum, exp.Variance,
        exp.VariancePop,
        # windows
        exp.DenseRank, exp.FirstValue, exp.Lag, exp.LastValue, exp.Lead, exp.Ntile, exp.PercentRank, exp.Rank,
        exp.RowNumber,
        # rows out of nothing: unnest(generate_series(a, b)) in a SELECT list
        exp.Explode, exp.GenerateSeries,
    }
)  # fmt: skip
"""The functions that pass, as sqlglot's classes."""

_INSTEAD: dict[type[exp.Expr], str] = {
    exp.Anonymous: "Only functions that sqlglot knows can be translated.",
    exp.ArrayAgg: "Spark loses the order: fetch ordered rows and gather them in numpy.",
    exp.Skewness: "Sum the powers and compute the moments.",
    exp.Kurtosis: "Sum the powers and compute the moments.",
    exp.PercentileCont: "Spark approximates: median(x) is exact on both, or rank with row_number().",
    exp.CurrentDate: "Pass the day as a value.",
    exp.CurrentTimestamp: "Pass the moment as a value.",
}
_WHOLE_TYPES = frozenset(exp.DataType.INTEGER_TYPES)
_FRACTIONS = (exp.Div, exp.Avg, exp.Median, exp.Sqrt, exp.Pow, exp.Exp, exp.Ln, exp.Log)
_ROUNDED = (exp.Round, exp.Floor, exp.Ceil)
_ZONED_TYPES = (exp.DType.TIMESTAMPTZ, exp.DType.TIMESTAMPLTZ)


def check_meaning(query: exp.Expr) -> None:
    """Refuse what does not mean the same on both engines.

    Raises
    ------
    EngineError
        Naming the part of the query, and what to write instead.
    """
    for node in query.walk():
        if isinstance(node, exp.Func) and type(node) not in ALLOWED:
            raise _refusal(node, _INSTEAD.get(type(node), "It was not compared on both engines."))
        for kind, differs, instead in _DIFFERENT:
            if isinstance(node, kind) and differs(node):
                raise _refusal(node, instead)


def _refusal(node: exp.Expr, instead: str) -> EngineError:
    return EngineError(
        "not known to mean the same on DuckDB and Spark", got=node.sql("duckdb")[:120], hint=instead
    )


def _may_be_zero(node: exp.Expr) -> bool:
    below = node.expression.unnest()
    if isinstance(below, exp.Nullif):
        return not _is_zero(below.expression)
    return not isinstance(below, exp.Literal) or _is_zero(below)


def _is_zero(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string and float(node.name) == 0


def _cuts_fractions(node: exp.Expr) -> bool:
    if node.to.this not in _WHOLE_TYPES or isinstance(node.this.unnest(), _ROUNDED):
        return False
    literal = node.this
    return bool(node.this.find(*_FRACTIONS)) or (isinstance(literal, exp.Literal) and "." in literal.name)


def _starts_before_one(node: exp.Substring) -> bool:
    start = node.args.get("start")
    return not (isinstance(start, exp.Literal) and int(start.name) >= 1)


def _unit(node: exp.Expr) -> str:
    return (node.args.get("unit") or exp.var("day")).name.lower()


_Rule = tuple[type[exp.Expr] | tuple[type[exp.Expr], ...], Callable[[exp.Expr], bool], str]
_DIFFERENT: tuple[_Rule, ...] = (
    (
        (exp.Div, exp.IntDiv, exp.Mod),
        _may_be_zero,
        "Division by zero differs: write a / nullif(b, 0).",
    ),
    (
        exp.Log,
        lambda node: node.args.get("expression") is None,
        "log(x) is log10 in DuckDB and ln in Spark: write ln(x), or log(10, x).",
    ),
    (
        exp.DateDiff,
        lambda node: _unit(node) != "day",
        "Only days are counted alike: for months, subtract 12 * year(d) + month(d).",
    ),
    (
        (exp.Cast, exp.TryCast),
        _cuts_fractions,
        "DuckDB rounds to an integer and Spark cuts: say floor(x) or round(x) first.",
    ),
    (
        exp.DataType,
        lambda node: node.this in _ZONED_TYPES,
        "Zoned times move with the session: keep plain UTC timestamps.",
    ),
    (exp.Substring, _starts_before_one, "Positions start at 1, given as a number."),
    (
        exp.AggFunc,
        lambda node: node.find(exp.Order) is not None,
        "An order inside an aggregate is lost in Spark.",
    ),
    (
        exp.GenerateSeries,
        lambda node: (
            not isinstance(node.find_ancestor(exp.From, exp.Join, exp.Lateral, exp.Select), exp.Select)
        ),
        "Write unnest(generate_series(a, b)) in the SELECT list.",
    ),
    (
        exp.Distinct,
        lambda node: node.args.get("on") is not None,
        "DISTINCT ON takes whichever row comes first: rank with row_number().",
    ),
    (exp.TableSample, lambda node: True, "Samples differ: pick by a rule on a column."),
    (
        exp.Identifier,
        lambda node: node.name.lower() in ("at", "from", "to") and not node.args.get("quoted"),
        "It is a keyword: quote it, or choose another name.",
    ),
)
