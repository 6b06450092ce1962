"""Texts of customers: counted as by hand, and the same on both engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from verbond.tables import Tables, open_tables
from verbond.tables.reads import CustomerWords, customer_words

SAID = {
    "message_id": ["a", "b", "c", "d", "e", "f", "g"],
    "speaker": ["customer", "customer", "company", "customer", "employee", "customer", "customer"],
    "text": ["Too dear.", "Too slow, and nobody calls.", "Buy!", "  ", "Sorry.", "Fine", None],
    "language": ["en", "en", "en", None, "en", None, None],
    "customer_id": ["ann", "ann", None, "bob", None, None, "cas"],
}
BY_HAND = {
    ("Too dear.", "en", "ann"),
    ("Too slow, and nobody calls.", "en", "ann"),
    ("Fine", "", ""),
}
"""Three texts: two of ann, one of somebody who is not known."""


def test_texts_of_customers_and_of_how_many() -> None:
    found = customer_words(Tables.from_columns({"messages": SAID}))
    assert set(found.texts) == BY_HAND
    assert (found.n_texts, found.n_people) == (3, 2)


def test_length_and_number() -> None:
    tables = Tables.from_columns({"messages": SAID})
    found = customer_words(tables, shortest=5, longest=10)
    assert found.texts == (("Too dear.", "en", "ann"),)
    assert (found.n_texts, found.n_people) == (3, 2)  # of whatever length
    assert len(customer_words(tables, most=2).texts) == 2


def test_without_words() -> None:
    nothing = CustomerWords((), 0, 0)
    assert customer_words(Tables.from_columns({"customers": {"customer_id": ["a"]}})) == nothing
    bare = {"message_id": ["a"], "speaker": ["customer"]}
    assert customer_words(Tables.from_columns({"messages": bare})) == nothing


@pytest.mark.spark
def test_both_engines_say_the_same(tmp_path: Path) -> None:
    customers = {"customer_id": ["ann", "bob", "cas"]}
    Tables.from_columns({"customers": customers, "messages": SAID}).save(tmp_path)
    with open_tables(tmp_path, engine="spark") as spark, open_tables(tmp_path) as ours:
        assert customer_words(spark) == customer_words(ours)
