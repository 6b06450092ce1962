"""Everything that is kept of one person, and erasing it: nowhere under the folder is it found again."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pytest
from sqlglot import exp

from verbond.errors import OptionError
from verbond.tables import Archive, Tables, open_tables
from verbond.tables.archive.pseudonyms import keyed_hash
from verbond.tables.archive.words import in_cell, mentions, redacted, words_of
from verbond.tables.readers.sql import column

KEY = bytes(range(32))
ALICE, BOB = "klant-0815", "klant-4711"
TEXTS = [
    "Ik ben Alice de Wit en mijn nummer is 06-1234 5678",
    "Mail Alice.deWit@example.org of bel +31 6 12345678; klant KLANT-0815 wacht",
    "Alice de  Wit, alice.dewit@example.org,alice.dewit@example.org;alice.dewit@example.org",
    "nobody is named here, klant-08151 and malice.dewit are others",
]


def write_source(folder: Path) -> Path:
    """Files as a company has them: Alice is in every table, and in the words of others."""
    folder.mkdir(parents=True)
    files = {
        "customers": "customer_id,e-mail,voornaam,achternaam,telefoon,regio,notities\n"
        f"{ALICE},Alice.deWit@example.org,Alice,de Wit,0612345678,noord,vip\n"
        f"{BOB},bob@example.org,Bob,Smit,,zuid,broer van Alice de Wit\n",
        "events": "customer_id,occurred_at,kind,amount,channel,related_customer_id\n"
        f"{ALICE},2024-01-05,purchase,10,web,\n{ALICE},2024-02-05,purchase,10,web,\n"
        f"{BOB},2024-01-06,referral,,web,{ALICE}\n{BOB},2023-01-06,visit,,{ALICE},\n"
        f"{ALICE},geen datum,visit,,,\n",
        "responses": "respondent_id,customer_id,wave,item,value\n"
        f"R_alice1,{ALICE},1,Q7,6\nR_alice1,,1,Q8,5\nR_bob111,{BOB},1,Q7,2\nR_alice1,{ALICE},1,Q7,4\n",
        "messages": "message_id,occurred_at,customer_id,speaker,text\n"
        + f"m0,2024-01-01,{ALICE},customer,Mijn eigen woorden\n"
        + "".join(f'm{k},2024-01-0{k},{BOB},customer,"{t}"\n' for k, t in enumerate(TEXTS, start=1)),
    }
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    meanings = [f'[items.{item}]\nconstruct = "trust"\nmin = 1\nmax = 7\n' for item in ("Q7", "Q8")]
    (folder / "items.toml").write_text("".join(meanings))
    return folder


def keep(archive: Archive, source: Path, name: str):
    with open_tables(source, today=date(2025, 1, 1)) as tables:
        return archive.add(tables, import_id=name, source_sha256=name, file_name=name, product="csv")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_source(tmp_path_factory.mktemp("data") / "source")


@pytest.fixture(scope="module")
def template(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive that holds the source twice, as two exports would."""
    made = Archive(tmp_path_factory.mktemp("archives") / "kept", KEY)
    keep(made, source, "one")
    keep(made, source, "two")
    made.rebuild()
    return made.layout.folder


@pytest.fixture
def archive(template: Path, tmp_path: Path) -> Archive:
    return Archive(shutil.copytree(template, tmp_path / "kept"), KEY)


def everything(archive: Archive) -> str:
    """Every byte under the folder, and every cell of every Parquet file, in lower case."""
    found = []
    for file in archive.layout.folder.rglob("*"):
        if file.is_file():
            found.append(f"{file.name} " + file.read_bytes().decode("latin-1"))
            if file.suffix == ".parquet":
                found.append(str(duckdb.execute("SELECT * FROM read_parquet($1)", [str(file)]).fetchall()))
    return "\n".join(found).lower()


TRACES = [ALICE, "alice.dewit@example.org", "alice", "12345678", "1234 5678", "r_alice1"]
"""What must be gone; "alice" of "malice" apart."""


def traces(archive: Archive) -> list[str]:
    text = everything(archive).replace("malice.dewit", "").replace("klant-08151", "")
    pseudonyms = [keyed_hash(KEY, given) for given in (ALICE, "R_alice1", "alice.dewit@example.org")]
    return [trace for trace in (*TRACES, *pseudonyms) if trace.lower() in text]


def test_the_search_of_these_tests_finds_what_is_there(archive: Archive) -> None:
    """The id of the answer stands in `refused.csv`; the address is nobody's id, so it has no pseudonym."""
    assert set(traces(archive)) == {*TRACES, keyed_hash(KEY, ALICE), keyed_hash(KEY, "R_alice1")}


@pytest.mark.parametrize("asked", [ALICE, "alice.dewit@EXAMPLE.org", keyed_hash(KEY, ALICE)])
def test_nothing_of_an_erased_person_is_left_and_nothing_of_others_is_lost(
    archive: Archive, asked: str
) -> None:
    report = archive.erase(asked)
    assert traces(archive) == []
    with archive.open() as found:
        assert list(found.fetch("customers")["customer_id"]) == [keyed_hash(KEY, BOB)]
        events = found.fetch("events")
        assert set(events["customer_id"]) == {keyed_hash(KEY, BOB)}
        assert sorted(events["kind"]) == ["referral", "visit"]
        assert list(events["related_customer_id"]) == [None, None]
        assert list(found.fetch("responses")["respondent_id"]) == [keyed_hash(KEY, "R_bob111")]
        texts = dict(zip(*(found.fetch("messages")[c] for c in ("message_id", "text")), strict=True))
    assert sorted(texts) == ["m1", "m2", "m3", "m4"]
    assert texts["m1"] == "Ik ben [erased] en mijn nummer is [erased]"
    assert texts["m2"] == "Mail [erased] of bel [erased]; klant [erased] wacht"
    assert texts["m4"] == TEXTS[3]
    assert archive.identities() == {
        keyed_hash(KEY, BOB): {
            "customer_id": BOB,
            "email": "bob@example.org",
            "first_name": "Bob",
            "last_name": "Smit",
        }
    }
    # in each of the two imports: one customer, two events, two answers, one message
    assert report.n_rows == {"customers": 2, "events": 4, "responses": 4, "messages": 2}
    assert report.n_redacted == {"customers": 2, "events": 4, "messages": 6}
    assert report.n_identities == 2 * 5  # id, address, two names, telephone


def test_who_still_reads_is_said_and_swept_when_done(archive: Archive) -> None:
    with archive.open() as old:
        assert archive.erase(ALICE).n_read == 1
        assert old.n_rows("customers") == 2
    archive.sweep()
    assert traces(archive) == []


def test_an_erased_person_does_not_come_back(archive: Archive, source: Path) -> None:
    archive.erase(ALICE)
    kept = keep(archive, source, "three")
    archive.rebuild()
    assert traces(archive) == []
    assert kept.n_rows == {"customers": 1, "events": 2, "responses": 1, "messages": 4}
    assert kept.n_erased == 6
    with archive.open() as found:
        assert found.n_rows("customers") == 1


@pytest.mark.parametrize("table", ["responses", "events"])
def test_not_even_by_a_table_alone(archive: Archive, source: Path, tmp_path: Path, table: str) -> None:
    """Without `customers` her name is not known; her id, address and answers are."""
    archive.erase(ALICE)
    alone = tmp_path / "alone"
    alone.mkdir()
    for name in (f"{table}.csv", "messages.csv", "items.toml"):
        text = (source / name).read_text()
        for name_in_text in ("Alice de Wit", "Alice de  Wit", "06-1234 5678", "+31 6 12345678"):
            text = text.replace(name_in_text, "")
        (alone / name).write_text(text)
    keep(archive, alone, "three")
    archive.rebuild()
    assert traces(archive) == []


def test_by_another_id_with_the_same_address(archive: Archive) -> None:
    archive.erase(ALICE)
    again = {"customer_id": ["n-1", "n-2"], "email": ["ALICE.dewit@example.org ", "other@example.org"]}
    kept = archive.add(
        Tables.from_columns({"customers": again}),
        import_id="x",
        source_sha256="x",
        file_name="x",
        product="x",
    )
    assert (kept.n_rows, kept.n_erased) == ({"customers": 1}, 1)


def test_what_a_file_knows_by_the_address_alone_goes_with_the_id(tmp_path: Path) -> None:
    """A shop knows the number, a survey the address: asked for by the number, both are found and go."""
    archive = Archive(tmp_path / "kept", KEY)
    shop = {"customer_id": [ALICE, BOB], "email": ["alice@example.org", "bob@example.org"]}
    survey = {
        "respondent_id": ["alice@example.org", "bob@example.org"],
        "customer_id": ["alice@example.org", "bob@example.org"],
        "item": ["trust_1", "trust_1"],
        "value": [5, 2],
    }
    for name, table, columns in (("shop", "customers", shop), ("survey", "responses", survey)):
        facts = {"source_sha256": name, "file_name": f"{name} of alice@example.org.csv", "product": "csv"}
        archive.add(Tables.from_columns({table: columns}, name=f"for {ALICE}"), import_id=name, **facts)
    found = archive.person(ALICE)
    assert len(found["pseudonyms"]) == 2
    assert {table for one in found["imports"] for table in one["tables"]} == {"customers", "responses"}
    assert archive.erase(ALICE).n_rows == {"customers": 1, "responses": 1}
    assert not archive.person("alice@example.org")["imports"]
    assert "alice" not in everything(archive)
    assert ALICE not in everything(archive)
    assert [one.file_name for one in archive.imports()] == ["shop of [erased].csv", "survey of [erased].csv"]
    assert {len(one["tables"]) for one in archive.person(BOB)["imports"]} == {1}


def test_an_address_of_two_people_is_not_held_against_the_other(tmp_path: Path) -> None:
    archive = Archive(tmp_path, KEY)
    family = {"customers": {"customer_id": ["one-1", "two-2"], "email": ["home@example.org"] * 2}}
    for number in "12":
        archive.add(
            Tables.from_columns(family), import_id=number, source_sha256=number, file_name="", product=""
        )
        if number == "1":
            archive.erase("one-1")
    with archive.open() as found:
        assert list(found.fetch("customers")["customer_id"]) == [keyed_hash(KEY, "two-2")]
    assert archive.erase("HOME@example.org").n_rows == {"customers": 2}


def test_everything_that_is_kept_of_a_person(archive: Archive) -> None:
    found = archive.person("alice.dewit@example.org")
    assert json.loads(json.dumps(found)) == found
    assert keyed_hash(KEY, ALICE) in found["pseudonyms"]
    assert found["contact"]["customer_id"] == [ALICE, "alice.dewit@example.org"]
    assert [one["import_id"] for one in found["imports"]] == ["one", "two"]
    one = found["imports"][0]
    assert {table: len(rows) for table, rows in one["tables"].items()} == {
        "customers": 1, "events": 2, "responses": 2, "messages": 1,
    }  # fmt: skip
    assert {row["text"] for row in one["named_in"] if row["table"] == "messages"} == set(TEXTS[:3])
    assert keyed_hash(KEY, BOB) not in json.dumps(found)
    assert BOB not in json.dumps(found)
    nobody = archive.person("nobody@example.org")
    assert nobody["imports"] == []


def test_refused_rows_that_name_a_person_are_found_and_blanked(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "kept", KEY)
    source = tmp_path / "source"
    source.mkdir()
    (source / "customers.csv").write_text(
        "customer_id,e-mail\n12,a@example.org\n12,a@example.org\n123,b@example.org\n123,\n"
    )
    keep(archive, source, "one")
    assert [row["value"] for row in archive.person("a@example.org")["imports"][0]["refused"]] == ["12"]
    assert archive.erase("12").n_refused == 1
    cells = [line.split(",")[4] for line in archive.refused("one").read_text().splitlines()]
    assert cells == ["value", "[erased]", "123"]
    keep(archive, source, "two")
    cells = [line.split(",")[4] for line in archive.refused("two").read_text().splitlines()]
    assert cells == ["value", "[erased]", "123"]


def test_identities_of_some_the_newest_import_says_how(archive: Archive) -> None:
    new = {"customers": {"customer_id": [BOB, "new"], "email": ["bob@new.example", None]}}
    archive.add(Tables.from_columns(new), import_id="x", source_sha256="x", file_name="x", product="x")
    who = keyed_hash(KEY, BOB)
    assert archive.identities([who, "0" * 32]) == {
        who: {"customer_id": BOB, "email": "bob@new.example", "first_name": "Bob", "last_name": "Smit"}
    }
    assert len(archive.identities()) == 3


def test_what_is_too_old_goes_and_stays_away(archive: Archive, source: Path) -> None:
    day = date(2024, 1, 6)
    report = archive.retain(day, ["events"])
    with archive.open() as found:
        events = found.fetch("events")
        assert sorted(events["occurred_at"].astype("datetime64[D]")) == [
            np.datetime64("2024-01-06"),
            np.datetime64("2024-02-05"),
        ]
        assert found.n_rows("messages") == 5
    assert report.n_rows == {"events": 4}
    kept = keep(archive, source, "three")
    assert (kept.n_rows["events"], kept.n_expired, kept.n_erased) == (2, 2, 0)
    with archive.open() as found:
        assert found.n_rows("events") == 2
    everything_old = archive.retain(date(2100, 1, 1))
    assert everything_old.n_refused_files == 3
    with archive.open() as found:
        assert {t: found.n_rows(t) for t in found} == {
            "customers": 2,
            "events": 0,
            "responses": 3,
            "messages": 0,
        }
    with pytest.raises(OptionError, match="customers"):
        archive.retain(day, ["customers"])


HOSTILE = [
    *("o'neil-1", r"a\b\1-2", "x[y]{z}(q", "100%_id.*", "semi; colon --", "$1 dollar", "é-acute", "漢字漢字"),
    *("id😀face", '"quoted"', "^start$", "a|b|c", "?+*.", "#hash", "line\nbreak"),
]


@pytest.mark.parametrize("who", HOSTILE)
def test_ids_of_any_letters_are_found_and_redacted(who: str) -> None:
    pattern = words_of({"customer_id": [who]})
    text = f"met {who}, {who} {who} and {who.upper()}!"
    query = exp.select(mentions(column("text"), pattern), redacted(column("text"), pattern)).from_("given")
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE given AS SELECT $1 AS text", [text])
        connection.execute("INSERT INTO given VALUES ('nobody'), (NULL)")
        found = connection.execute(query.sql("duckdb")).fetchall()
    redaction = "met [erased], [erased] [erased] and [erased]!"
    assert found == [(True, redaction), (False, "nobody"), (False, None)]
    assert in_cell(pattern, text)


def test_what_would_expire_is_what_expires(archive: Archive) -> None:
    first_days = dict.fromkeys(("events", "messages", "refused"), date(2024, 1, 6))
    foreseen = archive.expiring({**first_days, "refused": date(2999, 1, 1)})
    assert foreseen["events"] > 0
    report = archive.retain(date(2024, 1, 6), ["events", "messages"])
    assert {**report.n_rows, "refused": 2} == foreseen
    assert archive.expiring(first_days) == {}
    assert archive.n_known() == 2
    archive.retain(date(2999, 1, 1))
    archive.retain(date(2999, 1, 1))  # of tables without rows too
    assert archive.erase(ALICE).n_rows == {"customers": 2, "responses": 4}


def test_ids_of_any_letters_are_erased(tmp_path: Path) -> None:
    archive = Archive(tmp_path, KEY)
    messages = {"message_id": ["1", "2"], "text": [f"met {HOSTILE[0]}", f"met {HOSTILE[1]}"]}
    tables = Tables.from_columns({"customers": {"customer_id": HOSTILE}, "messages": messages})
    archive.add(tables, import_id="a", source_sha256="a", file_name="", product="")
    archive.erase(HOSTILE[0])
    with archive.open() as left:
        assert left.n_rows("customers") == len(HOSTILE) - 1
        assert set(left.fetch("messages")["text"]) == {f"met {HOSTILE[1]}", "met [erased]"}
