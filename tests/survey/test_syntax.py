"""Models in lavaan's syntax."""

import pytest

from verbond.errors import OptionError
from verbond.survey.syntax import parse_model


def read(text):
    return [(t.lhs, t.op, t.rhs) for t in parse_model(text)]


def test_statements_comments_and_lines_that_go_on():
    text = """
    # measurement
    f =~ x1 + x2 +   ! goes on
         x3
    g =~ y1; g ~ f
    y1 ~~ y2
    x1 ~ 1
    """
    assert read(text) == [
        ("f", "=~", "x1"), ("f", "=~", "x2"), ("f", "=~", "x3"), ("g", "=~", "y1"), ("g", "~", "f"),
        ("y1", "~~", "y2"), ("x1", "~1", ""),
    ]  # fmt: skip


def test_modifiers_fix_free_and_label():
    one, two, three, four = parse_model("f =~ 1*x1 + NA*x2 + a*x3 + -0.5*x4")
    assert (one.fixed, two.free, three.label, four.fixed) == (1.0, True, "a", -0.5)


def test_several_on_the_left_each_get_the_right():
    assert read("a + b ~ c") == [("a", "~", "c"), ("b", "~", "c")]


@pytest.mark.parametrize(
    "text", ["x1 x2", "f =~", "f =~ x1 +", "=~ x1", "f =~ 2x", "1 ~ f", "f =~ *x1", "a b =~ c"]
)
def test_what_is_no_statement_is_refused(text):
    with pytest.raises(OptionError, match="line 2"):
        parse_model("f =~ ok\n" + text)
