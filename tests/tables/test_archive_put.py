"""`Archive.put`: tables that grow elsewhere, under pseudonyms already, one of a name at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.tables.test_archive import ANSWERS, CUSTOMERS, EVENTS, KEY, MEANS, add, hashed, rows

from verbond.errors import OptionError
from verbond.tables import Archive, KeptImport, Tables, read_columns
from verbond.tables.items import ItemMeaning

ALICE = hashed("c-0001")
RESPONDENTS = [hashed("sheet 1"), hashed("sheet 2")]


def answered(*values: float, customer: str | None = ALICE, simulated: bool = False) -> Tables:
    n = len(values)
    columns = {
        "respondent_id": RESPONDENTS[:n],
        "customer_id": [customer, *[None] * n][:n],
        "wave": ["w"] * n,
        "item": ["own_1"] * n,
        "value": np.array(values),
    }
    items = {"own_1": ItemMeaning(**MEANS["Q7"], value=None)}
    return Tables.from_columns({"responses": columns}, items=items, simulated=simulated)


def put(archive: Archive, tables: Tables, source: str) -> KeptImport:
    return archive.put(
        tables, import_id="survey", source_sha256=source, file_name="Spring", product="Verbond"
    )


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    made = Archive(tmp_path / "kept", KEY)
    add(made, {"customers": CUSTOMERS, "events": EVENTS, "responses": ANSWERS})
    return made


def test_pseudonyms_stay_what_they_are_and_meet_those_of_files(archive: Archive) -> None:
    put(archive, answered(6.0, 2.0), "1")
    with archive.open() as tables:
        found = tables.fetch("responses", ["respondent_id", "customer_id", "item"])
        own = [row for row in rows(found) if row[2] == "own_1"]
        customers = set(tables.fetch("customers", ["customer_id"])["customer_id"])
        assert tables.items["own_1"].construct == "trust"
    assert sorted(own, key=str) == sorted(
        zip(RESPONDENTS, [ALICE, None], ["own_1"] * 2, strict=True), key=str
    )
    assert ALICE in customers


def test_nobody_is_identified_by_what_is_put(archive: Archive) -> None:
    put(archive, answered(6.0), "1")
    assert not len(read_columns(archive.layout.identity_file("survey"))["pseudonym"])
    assert archive.identities([ALICE])[ALICE]["customer_id"] == "c-0001"


def test_what_is_put_again_takes_the_place_of_what_was(archive: Archive) -> None:
    first = put(archive, answered(6.0, 2.0), "1")
    with archive.open() as tables:
        assert tables.n_rows("responses") == 4
    second = put(archive, answered(5.0), "2")  # the other was withdrawn
    assert (first.number, second.number) == (2, 3)
    assert [one.import_id for one in archive.imports()] == ["first", "survey"]
    with archive.open() as tables:
        found = rows(tables.fetch("responses", ["item", "value"]))
    assert sorted(found) == [("Q7", 2.0), ("Q7", 6.0), ("own_1", 5.0)]


def test_the_same_again_writes_nothing(archive: Archive) -> None:
    first = put(archive, answered(6.0), "1")
    archive.open().close()
    generations = archive.layout.generations()
    assert put(archive, answered(6.0), "1") == first
    archive.open().close()
    assert archive.layout.generations() == generations


def test_who_was_erased_stays_away(archive: Archive) -> None:
    put(archive, answered(6.0, 2.0), "1")
    archive.erase("c-0001")
    kept = put(archive, answered(6.0, 3.0), "2")
    assert (kept.n_rows["responses"], kept.n_erased) == (1, 1)
    nameless = put(archive, answered(6.0, 3.0, customer=None), "3")  # the same sheet, without the customer
    assert (nameless.n_rows["responses"], nameless.n_erased) == (1, 1)


def test_ids_that_are_no_pseudonyms_are_refused(archive: Archive) -> None:
    with pytest.raises(OptionError, match="no pseudonyms"):
        put(archive, answered(6.0, customer="c-0001"), "1")
    assert [one.import_id for one in archive.imports()] == ["first"]
    assert not list(archive.layout.imports.glob(".next-*"))
    put(archive, answered(6.0, customer="c-0001", simulated=True), "1")  # of nobody
    with pytest.raises(OptionError, match="customers"):
        put(archive, Tables.from_columns({"customers": CUSTOMERS}), "2")


def test_a_reader_between_the_two_renamings_sees_the_new(archive: Archive) -> None:
    put(archive, answered(6.0), "1")
    place, following = archive.layout.import_folder("survey"), archive.layout.next_folder("survey")
    put(archive, answered(5.0), "2")
    place.rename(following)
    assert [one.source_sha256 for one in archive.imports()] == ["sha of first", "2"]
    with archive.open() as tables:
        assert 5.0 in tables.fetch("responses", ["value"])["value"]
    assert place.exists()
    assert not following.exists()
