"""Between any two keys stands another, and keys compare as the fractions that they are."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verbond.canvas import between
from verbond.canvas.order import DIGITS, WIDTH, is_key
from verbond.errors import OptionError

KEYS = st.text(alphabet=DIGITS, min_size=1, max_size=6).filter(is_key)


def fraction(key: str) -> Fraction:
    return sum((Fraction(DIGITS.index(one), 62 ** (n + 1)) for n, one in enumerate(key)), Fraction(0))


@given(KEYS, KEYS)
def test_strings_compare_as_fractions(a: str, b: str) -> None:
    assert (a < b) == (fraction(a) < fraction(b))


@given(st.none() | KEYS, st.none() | KEYS)
def test_there_is_always_one_between(a: str | None, b: str | None) -> None:
    low, high = (b, a) if a is not None and b is not None and a > b else (a, b)
    if low is not None and low == high:
        with pytest.raises(OptionError):
            between(low, high)
        return
    made = between(low, high)
    assert is_key(made)
    assert low is None or fraction(low) < fraction(made)
    assert high is None or fraction(made) < fraction(high)
    assert len(made) <= max(len(low or ""), len(high or ""), WIDTH - 1) + 1


def test_thousands_at_the_end_and_at_the_beginning_keep_keys_short() -> None:
    last = first = between()
    for _ in range(20_000):
        assert last < (last := between(last)), "at the end"
        assert first > (first := between(None, first)), "at the beginning"
    assert len(last) == len(first) == WIDTH


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=60))
def test_putting_in_anywhere_keeps_the_order(places: list[int]) -> None:
    line: list[str] = []
    for place in places:
        at = place % (len(line) + 1)
        low, high = line[at - 1] if at else None, line[at] if at < len(line) else None
        line.insert(at, between(low, high))
    assert line == sorted(set(line))


@pytest.mark.parametrize("key", ["", "0", "a0", "é", "a b", None, 5, "a" * 201])
def test_what_is_no_key_is_refused(key: object) -> None:
    with pytest.raises(OptionError):
        between(key if key is not None else "", None)
