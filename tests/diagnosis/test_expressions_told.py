"""What is said, in a diagnosis: with a promise found by itself, and saved without customers' words."""

from __future__ import annotations

from pathlib import Path

import pytest

from verbond.diagnosis import Diagnosis, load_diagnosis, promise_beside, save_diagnosis
from verbond.diagnosis.expressions import promise_of, read_expressions, said_by_expressions
from verbond.diagnosis.findings import gather_findings
from verbond.errors import ReadError
from verbond.expressions import Promise
from verbond.results import Reason
from verbond.tables import Tables
from verbond.tables.simulate import WORLDS

CUSTOMERS = {"customer_id": ["a", "b"]}


def attempt(method: object, code: str) -> object:
    return method()  # type: ignore[operator]


def test_the_demo_brings_its_promise_and_is_held_against_it(small_diagnosis: Diagnosis) -> None:
    picture = small_diagnosis.expressions
    assert picture is not None
    assert picture.promise.relationship == "meaning"
    assert {"promise", "company", "employee", "customer", "said"} == set(picture.sides)
    assert picture.sides["company"].n_messages == sum(
        message.speaker == "company" for message in WORLDS["zonnewende"].messages
    )
    told = [one for one in small_diagnosis.findings if one.room == "expressions"]
    assert told
    assert told[0].reason == picture.headline
    assert not [one for one in small_diagnosis.unsaid if one.code == "diagnosis.no_messages"]


def test_marketing_and_the_others_in_the_house_stand_on_two_legs(small_diagnosis: Diagnosis) -> None:
    legs = small_diagnosis.expressions.legs
    first = legs[0].first
    assert (legs[0].about, first.department, first.name) == ("relationship", "marketing", "market")
    assert legs[0].second.name == "meaning"
    assert legs[0].second.department in ("communicatie", "klantenservice")


def test_it_is_saved_and_nothing_that_customers_wrote_is_in_it(
    small_diagnosis: Diagnosis, tmp_path: Path
) -> None:
    save_diagnosis(small_diagnosis, tmp_path / "d.verbond")
    again = load_diagnosis(tmp_path / "d.verbond")
    assert again.expressions.to_dict() == small_diagnosis.expressions.to_dict()
    whole = str(again.expressions.to_dict())
    written = [one.text for one in WORLDS["zonnewende"].messages if one.speaker == "customer"]
    assert len(written) > 10
    assert not [text for text in written if text[:40] in whole]


def test_without_messages_it_is_said_once() -> None:
    unsaid: list[Reason] = []
    with Tables.from_columns({"customers": CUSTOMERS}) as tables:
        assert read_expressions(tables, None, attempt, unsaid) is None
        assert promise_of(tables) is None
    assert [one.code for one in unsaid] == ["diagnosis.no_messages"]


def test_without_a_promise_the_sides_are_compared_and_it_says_what_is_missing() -> None:
    rows = {
        "message_id": [f"m{k}" for k in range(8)], "speaker": ["company"] * 8,
        "text": [f"Nu {k}0% korting op alles, pak je voordeel" for k in range(1, 9)],
    }  # fmt: skip
    with Tables.from_columns({"customers": CUSTOMERS, "messages": rows}) as tables:
        picture = read_expressions(tables, None, attempt, [])
    assert picture.sides["company"].relationship["market"].value > 0.5
    codes = [one.code for one in gather_findings(None, None, None, None, None, expressions=picture)[1]]
    assert codes.count("expressions_picture.no_promise") == 1
    assert [reason.code for reason, _, _ in said_by_expressions(picture)] == [
        "expressions_picture.headline_company"
    ]


def test_a_promise_in_the_folder_is_found_by_itself(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("customer_id\na\n")
    assert promise_beside(tmp_path) is promise_beside("demo") is None
    (tmp_path / "promise.toml").write_text('text = "Clothes that last."\nvalues = ["universalism"]\n')
    assert promise_beside(tmp_path) == Promise("Clothes that last.", values=("universalism",))
    assert promise_beside(tmp_path / "customers.csv") == promise_beside(str(tmp_path))
    (tmp_path / "promise.toml").write_text("text = 3\n")
    with pytest.raises(ReadError, match="a promise needs its words"):
        promise_beside(tmp_path)
