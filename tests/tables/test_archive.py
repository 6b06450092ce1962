"""`Archive`: imports are kept under pseudonyms, come and go, and open again as tables."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import numpy as np
import pytest

from verbond.errors import AlreadyImportedError, DataError, NotFoundError, NothingImportedError, OptionError
from verbond.results import Progress
from verbond.tables import Archive, Tables, open_tables
from verbond.tables.archive import statements

KEY, OTHER_KEY = b"k" * 32, b"another key, as long"
CUSTOMERS = {
    "customer_id": ["c-0001", "c-0002", "Carol@Example.org"],
    "E-mail": ["alice@example.org", "bob@example.org", None],
    "Voornaam": ["Alice", "Bob", "Carol"],
    "region": ["north", "south", "north"],
}
EVENTS = {
    "customer_id": ["c-0001", "c-0001", "c-0002", "carol@example.org "],
    "occurred_at": np.array(["2024-01-05T10:00"] * 2 + ["2024-02-01", "2024-03-01"], "datetime64[s]"),
    "kind": ["purchase", "purchase", "referral", "visit"],
    "amount": [10.0, 10.0, None, None],
    "related_customer_id": [None, None, "c-0001", None],
}
ANSWERS = {
    "respondent_id": ["r-0001", "r-0002"],
    "customer_id": ["c-0001", None],
    "wave": ["1", "1"],
    "item": ["Q7", "Q7"],
    "value": [6.0, 2.0],
}
MEANS = {"Q7": {"construct": "trust", "min": 1, "max": 7}}


def company() -> dict[str, dict[str, object]]:
    return {"customers": CUSTOMERS, "events": EVENTS, "responses": ANSWERS}


def add(archive: Archive, tables: dict | Tables, name: str = "first", **facts: object) -> object:
    stated = {"source_sha256": f"sha of {name}", "file_name": f"{name}.csv", "product": "csv"} | facts
    held = tables if isinstance(tables, Tables) else Tables.from_columns(tables, name="shop")
    return archive.add(held, import_id=name, **stated)


def rows(columns: dict) -> list[tuple]:
    """Rows of arrays; None where nothing is known."""
    values = [np.asarray(v, dtype=object) if isinstance(v, list) else v for v in columns.values()]
    return [tuple(None if v != v else v for v in row) for row in zip(*values, strict=True)]


def hashed(given: str, key: bytes = KEY) -> str:
    """Python's own HMAC."""
    return hmac.new(key, given.encode(), hashlib.sha256).hexdigest()[:32]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "kept", KEY)


def test_what_comes_back_is_what_went_in_but_for_who_it_is(archive: Archive) -> None:
    add(archive, company())
    with archive.open() as found:
        people = found.fetch("customers")
        assert sorted(people["customer_id"]) == sorted(map(hashed, ("c-0001", "c-0002", "carol@example.org")))
        assert found.columns("customers") == ("customer_id", "region")
        given = [(hashed(c.strip().lower()), t, k, a, r and hashed(r)) for c, t, k, a, r in rows(EVENTS)]
        assert sorted(rows(found.fetch("events")), key=str) == sorted(given, key=str)
        answers = found.fetch("responses")
        assert sorted(rows(answers), key=str) == sorted(
            ((hashed(r), c and hashed(c), w, i, v) for r, c, w, i, v in rows(ANSWERS)), key=str
        )
        assert found.name == "shop"


def test_the_pseudonym_is_hmac_sha256_for_keys_and_ids_of_any_length(tmp_path: Path) -> None:
    ids = ["a", "é", "漢字", "x" * 200, " spaced ", "'; DROP TABLE", "\n"]
    for number, key in enumerate((b"s" * 16, bytes(range(64)), b"longer than a block of sha256" * 4)):
        archive = Archive(tmp_path / str(number), key)
        add(archive, {"customers": {"customer_id": ids}})
        with archive.open() as found:
            got = found.fetch("customers")["customer_id"]
        assert sorted(got) == sorted(hashed(i, key) for i in ids)


def test_two_keys_share_no_pseudonym(tmp_path: Path) -> None:
    found = []
    for key in (KEY, OTHER_KEY):
        archive = Archive(tmp_path / key.decode()[:3], key)
        add(archive, company())
        with archive.open() as tables:
            found.append(
                {
                    v
                    for t, c in (("customers", "customer_id"), ("responses", "respondent_id"))
                    for v in tables.fetch(t)[c]
                }
            )
    assert not found[0] & found[1]


def test_the_same_source_is_not_imported_twice(archive: Archive) -> None:
    first = add(archive, company())
    with pytest.raises(AlreadyImportedError, match="'first'") as caught:
        add(archive, company(), "again", source_sha256="sha of first")
    assert caught.value.earlier == first
    with pytest.raises(OptionError, match="an import of this id"):
        add(archive, company(), "first", source_sha256="other")
    assert archive.imports() == [first]


def test_undo_takes_an_import_away_and_it_can_come_again(archive: Archive) -> None:
    add(archive, company())
    add(archive, {"events": {**EVENTS, "kind": ["visit"] * 4}}, "second")
    with archive.open() as found:
        assert found.n_rows("events") == 8 - 1  # the visit of carol is the same in both
    archive.undo("first")
    with archive.open() as found:
        assert list(found) == ["events"]
        assert found.n_rows("events") == 4
    assert not list((archive.layout.folder / "identities").glob("first*"))
    add(archive, company())
    assert [one.import_id for one in archive.imports()] == ["second", "first"]
    with pytest.raises(NotFoundError, match="no import 'third'"):
        archive.undo("third")


def test_an_empty_archive_says_what_to_do(archive: Archive) -> None:
    with pytest.raises(NothingImportedError, match="Import a file first"):
        archive.open()
    add(archive, company())
    archive.undo("first")
    with pytest.raises(NothingImportedError):
        archive.open()


@pytest.mark.parametrize("bad", ["", "..", "../x", "a/b", ".partial-x", "a" * 65, "a\0", "a\n"])
def test_an_id_is_a_name_and_no_path(archive: Archive, bad: str) -> None:
    with pytest.raises(OptionError, match="id of an import"):
        add(archive, company(), bad)


def test_keys_are_long_and_the_same_as_before(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="at least 16 bytes"):
        Archive(tmp_path, b"short")
    add(Archive(tmp_path, KEY), company())
    with pytest.raises(OptionError, match="another key"):
        Archive(tmp_path, OTHER_KEY)


def test_meanings_of_items_and_refused_rows_are_kept(archive: Archive, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "responses.csv").write_text("respondent_id,wave,item,value\nr1,1,Q7,6\nr2,1,Q7,=9+1\n")
    (source / "items.toml").write_text('[items.Q7]\nconstruct = "trust"\nmin = 1\nmax = 7\n')
    with open_tables(source) as tables:
        kept = add(archive, tables)
        meanings = tables.items
    assert (kept.n_rows, kept.n_refused) == ({"responses": 1}, 1)
    assert "'=9+1" in archive.refused("first").read_text()
    with archive.open() as found:
        assert found.items == meanings


def test_who_reads_keeps_what_was_opened(archive: Archive) -> None:
    add(archive, company())
    with archive.open() as old:
        add(archive, {"events": EVENTS, "customers": {"customer_id": ["new"]}}, "second")
        archive.rebuild()
        assert old.n_rows("customers") == 3
        with archive.open() as new:
            assert new.n_rows("customers") == 4
        assert len(archive.layout.generations()) == 2
    archive.sweep()
    assert len(archive.layout.generations()) == 1


def many(n_rows: int) -> Tables:
    numbers = np.arange(n_rows)
    moments = np.datetime64("2024-01-01", "s") + numbers
    events = {"customer_id": numbers.astype(str), "occurred_at": moments, "kind": ["visit"] * n_rows}
    return Tables.from_columns({"events": events})


def test_it_tells_how_far_it_is_and_stops_when_told_so(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "_EVERY", 0.005)
    heard: list[Progress] = []
    with many(200_000) as tables:
        add(archive, tables, progress=heard.append)
        shares = [told.done for told in heard]
        assert shares == sorted(shares)
        assert (shares[0], shares[-1]) == (0.0, 1.0)
        assert len(shares) > 5

        def stop(told: Progress) -> None:
            if 0.1 < told.done < 1:
                raise InterruptedError

        with pytest.raises(InterruptedError):
            add(archive, tables, "second", progress=stop)
        assert [one.import_id for one in archive.imports()] == ["first"]
        assert tables.n_rows("events") == 200_000
        left = "SELECT count(*) FROM duckdb_tables() WHERE table_name <> 'events'"
        assert tables.engine.connection.execute(left).fetchone() == (0,)
        add(archive, tables, "second")


def test_tables_to_which_a_method_added_its_own_are_kept(archive: Archive) -> None:
    scores = {"respondent_id": ["r-0001"], "construct": ["trust"], "score": [50.0], "standard_error": [3.0]}
    with Tables.from_columns(company()) as tables:
        assert tables.check
        kept = add(archive, tables.add("scores", scores))
    assert kept.n_rows == {"customers": 3, "events": 4, "responses": 2, "scores": 1}
    with archive.open() as found:
        assert list(found.fetch("scores")["respondent_id"]) == [hashed("r-0001")]


def test_a_newer_format_is_not_opened(archive: Archive) -> None:
    add(archive, company())
    stated = archive.layout.folder / "archive.json"
    stated.write_text(stated.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(DataError, match="newer version"):
        Archive(archive.layout.folder, KEY)


@pytest.mark.spark
def test_spark_reads_the_same(archive: Archive) -> None:
    add(archive, company())
    with archive.open("spark") as found, archive.open() as ours:
        assert sorted(rows(found.fetch("events")), key=str) == sorted(rows(ours.fetch("events")), key=str)
    with pytest.raises(OptionError, match="unknown engine"):
        archive.open("other")
