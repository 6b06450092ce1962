"""Pseudonyms: HMAC-SHA256 of an id with the organisation's key, made inside the engine.

The key never becomes text of a query, where an error could show it: it is passed as a value to a temporary
table that the macro `pseudonym` reads.

References
----------
RFC 2104 (HMAC); the first 32 hexadecimal digits are kept (128 bits; section 5 of the RFC).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from functools import cache
from importlib.resources import files

import duckdb
from sqlglot import exp

from verbond.errors import OptionError
from verbond.tables.readers.sql import call

__all__ = [
    "KEY",
    "LENGTH",
    "check_key",
    "key_check",
    "keyed_hash",
    "know_key",
    "pseudonym",
    "pseudonym_of",
    "tombstone",
    "words_in",
]

LENGTH = 32
KEY = "archive_key"
"""The temporary table that the macros read the key from."""
_LEAST_BYTES = 16
_BLOCK = 64
_BETWEEN_WORDS = re.compile(r'[,;|"\s]+')


@cache
def _macros() -> str:
    return (files("verbond.tables.archive") / "macros.sql").read_text("utf-8")


def check_key(key: bytes) -> bytes:
    """Return the key, or raise OptionError where it is too short to keep anything secret."""
    if not isinstance(key, bytes) or len(key) < _LEAST_BYTES:
        got = f"{len(key)} bytes" if isinstance(key, bytes) else type(key).__name__
        raise OptionError(
            "this is no key for pseudonyms", got=got, expected=f"at least {_LEAST_BYTES} bytes, made by lot"
        )
    return key


def know_key(cursor: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Let a cursor make pseudonyms, as long as it is open."""
    block = (hashlib.sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
    pads = [bytes(byte ^ mask for byte in block) for mask in (0x5C, 0x36)]
    cursor.execute(
        f"CREATE OR REPLACE TEMP TABLE {KEY} AS SELECT $1::BLOB AS outer_pad, $2::BLOB AS inner_pad",
        pads,
    )
    cursor.execute(_macros())


def pseudonym(given: exp.Expr) -> exp.Expr:
    """The pseudonym of an id; that of an e-mail address knows no capitals."""
    return call("pseudonym", given)


def tombstone(pseudonym: exp.Expr) -> exp.Expr:
    """What stays of an erased pseudonym: a hash of it, by which it is known when it comes again."""
    return call("tombstone", pseudonym)


def keyed_hash(key: bytes, text: str) -> str:
    """What the macro `keyed_hash` makes, for a single text.

    Examples
    --------
    >>> keyed_hash(b"Jefe", "what do ya want for nothing?")  # RFC 4231, test case 2
    '5bdcc146bf60754e6a042426089575c7'
    """
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:LENGTH]


def words_in(cell: str) -> list[str]:
    """A cell of a file, should it be an id as a whole, and the words in it, in their order.

    Examples
    --------
    >>> words_in("'-7, wave 2")  # the apostrophe guards the cell from being a formula
    ['-7, wave 2', '-7', 'wave', '2']
    """
    plain = cell.removeprefix("'")
    return [plain, *(w for w in _BETWEEN_WORDS.split(plain) if w)]


def pseudonym_of(key: bytes, given: str) -> str:
    """What the macro `pseudonym` makes, for a single id."""
    return keyed_hash(key, given.strip(" ").lower() if "@" in given else given)


def key_check(key: bytes) -> str:
    """What tells one key from another and nothing of the key."""
    return keyed_hash(key, "archive")
