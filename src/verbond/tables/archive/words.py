"""How somebody is found in words that people wrote: patterns of ids, names, addresses, telephone numbers.

A pattern is written in what RE2 (in the engine) and Python read alike. It is whole words only: "ann" is not
found in "annual". Ids of three characters, and of four figures, are not looked for in text: they stand for
anything there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlglot import exp

from verbond.tables.archive.contacts import ID
from verbond.tables.archive.pseudonyms import pseudonym_of, words_in
from verbond.tables.readers.sql import call

__all__ = ["ERASED", "cell_is_of", "in_cell", "mentions", "redacted", "redactor", "without", "words_of"]

ERASED = "[erased]"
_LEAST_ID, _LEAST_FIGURES, _LEAST_NAME = 4, 5, 5
_PHONE_FIGURES = range(7, 16)
_NATIONAL = 9
"""So many last figures of a telephone number are compared: the prefix is written in many ways."""
_BETWEEN = r"[\s().\/-]*"
_EDGE = r"[^\p{L}\p{N}]"


def words_of(contact: Mapping[str, Sequence[str]]) -> str:
    """The pattern of all that names somebody; empty where nothing does.

    Parameters
    ----------
    contact : mapping of str to sequence of str
        Kind of contact data -> values; `contacts.ID` for the ids as given.

    Examples
    --------
    >>> pattern = words_of({"email": ["a.b@example.org"], "first_name": ["Anna"], "last_name": ["de Wit"]})
    >>> [in_cell(pattern, text) for text in ("to A.B@example.org!", "anna  de Wit", "Anna")]
    [True, True, False]
    >>> in_cell(words_of({"phone": ["06-1234 5678"]}), "call +31 (0)6 12345678")
    True
    """
    found = [p for given in contact.get(ID, ()) if (p := _id(given))]
    found += [re.escape(address.strip()) for address in contact.get("email", ()) if "@" in address]
    found += [p for number in contact.get("phone", ()) if (p := _phone(number))]
    found += [
        _spaced(re.sub(r"\s", "", iban)) for iban in contact.get("account", ()) if len(iban) >= _NATIONAL
    ]
    found += [_name(name) for name in _names(contact)]
    return "|".join(sorted(set(found), key=lambda p: (-len(p), p)))


def redactor(found: Mapping[str, Any]) -> Callable[[str], str]:
    """A function that takes out of a text what names somebody.

    For what stands beside an archive: notes of what happened, names of files.

    Parameters
    ----------
    found : mapping
        "contact" and "pseudonyms", as `Archive.person` gives them.

    Examples
    --------
    >>> redact = redactor({"contact": {"email": ["ann@example.org"]}, "pseudonyms": ["0f" * 16]})
    >>> redact("answers of Ann@example.org.csv"), redact("annual.csv")
    ('answers of [erased].csv', 'annual.csv')
    """
    words = [words_of(found["contact"]), *map(re.escape, found["pseudonyms"])]
    return without("|".join(one for one in words if one))


def without(pattern: str) -> Callable[[str], str]:
    """A function that takes out of a text what a pattern finds there; an empty one finds nothing."""
    if not pattern:
        return lambda text: text
    known = re.compile(rf"(?<![^\W_])(?:{pattern})(?![^\W_])", re.IGNORECASE)
    return lambda text: known.sub(ERASED, text)


def _id(given: str) -> str | None:
    plain = given.strip()
    least = _LEAST_FIGURES if plain.isdigit() else _LEAST_ID
    return re.escape(plain) if len(plain) >= least else None


def _phone(number: str) -> str | None:
    figures = re.sub(r"\D", "", number)
    if len(figures) not in _PHONE_FIGURES:
        return None
    prefix = rf"(?:(?:\+|00)?\d{{1,3}}{_BETWEEN})?(?:0{_BETWEEN})?" if len(figures) >= _NATIONAL else ""
    return prefix + _BETWEEN.join(figures[-_NATIONAL:])


def _spaced(text: str) -> str:
    return r"\s*".join(re.escape(character) for character in text)


def _names(contact: Mapping[str, Sequence[str]]) -> Iterable[str]:
    """Full names: a first name alone is anybody's."""
    for name in contact.get("name", ()):
        if len(name.split()) > 1 and len(name) >= _LEAST_NAME:
            yield name
    for last in contact.get("last_name", ()):
        for first in contact.get("first_name", ()):
            yield f"{first} {last}"
            yield f"{last}, {first}"


def _name(name: str) -> str:
    return r"\s+".join(re.escape(part) for part in name.split())


def mentions(text: exp.Expr, pattern: str) -> exp.Expr:
    """Whether a column's text names somebody; false for NULL."""
    found = call("regexp_matches", text, _edged(pattern), "i")
    return call("coalesce", found, False)


def redacted(text: exp.Expr, pattern: str) -> exp.Expr:
    """A column's text without what names somebody."""
    once = call("regexp_replace", text, _edged(pattern), rf"\1{ERASED}\3", "gi")
    return call("regexp_replace", once, _edged(pattern), rf"\1{ERASED}\3", "gi")  # neighbours share an edge


def _edged(pattern: str) -> str:
    return rf"(^|{_EDGE})({pattern})({_EDGE}|$)"


def cell_is_of(cell: str, key: bytes, pseudonyms: Collection[str], pattern: str) -> bool:
    """Whether a cell of a refused row is of somebody: their id, however short, or what names them."""
    return in_cell(pattern, cell) or any(pseudonym_of(key, word) in pseudonyms for word in words_in(cell))


def in_cell(pattern: str, cell: str) -> bool:
    """Whether a cell's text names somebody, as `mentions` says it of a column.

    Examples
    --------
    >>> in_cell("ann", "Ann, 12"), in_cell("ann", "annual"), in_cell("", "anything")
    (True, False, False)
    """
    if not pattern:
        return False
    return re.search(rf"(?<![^\W_])(?:{pattern})(?![^\W_])", cell, re.IGNORECASE) is not None
