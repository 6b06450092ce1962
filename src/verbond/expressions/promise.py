"""A promise, as a company gives it: its words, what it stands for, and what would keep or break it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verbond.errors import NotFoundError, ReadError
from verbond.method import CIRCLE, RELATIONSHIP_TYPES

__all__ = ["Promise", "read_promise"]

_RELATIONSHIPS = tuple(kind.id for kind in RELATIONSHIP_TYPES)
_VALUES = tuple(value.id for value in CIRCLE)
_LISTS = ("values", "keeps", "breaks", "words_never", "words_always")
_KNOWN = ("text", "relationship", *_LISTS)


@dataclass(frozen=True, slots=True)
class Promise:
    """What a company promises.

    Attributes
    ----------
    text : str
    relationship : str
        The relationship type that it offers; "" where that is not said.
    values : tuple of str
        Ids on the circle.
    keeps, breaks : tuple of str
        Messages that keep it, and that break it; four of each teach most of what can be taught so.
    words_never, words_always : tuple of str
        Hard rules: a message with one of the first conflicts, one without any of the second is to be
        looked at.
    """

    text: str
    relationship: str = ""
    values: tuple[str, ...] = ()
    keeps: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()
    words_never: tuple[str, ...] = ()
    words_always: tuple[str, ...] = ()

    @classmethod
    def of(cls, told: Mapping[str, Any], name: str = "the promise") -> Promise:
        """Make it of a table of a TOML file; what it does not know is left.

        Raises
        ------
        ReadError
            Where there is no text, or something is not what it should be.
        """
        text = told.get("text")
        if not isinstance(text, str) or not text.strip():
            raise ReadError(
                "a promise needs its words",
                file=name,
                column="text",
                value=None if text is None else repr(text),
                expected='a text, such as "Clothes that last"',
            )
        for key in _LISTS:
            given = told.get(key, [])
            if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
                raise ReadError(
                    "this is no list of texts",
                    file=name,
                    column=key,
                    value=repr(given)[:80],
                    expected='texts between brackets, such as ["one", "two"]',
                )
        relationship = told.get("relationship", "")
        for given, known, key in (
            ([relationship] if relationship else [], _RELATIONSHIPS, "relationship"),
            (told.get("values", []), _VALUES, "values"),
        ):
            if wrong := [one for one in given if one not in known]:
                raise ReadError(
                    f"unknown: {wrong[0]!r}", file=name, column=key, value=wrong[0], expected=", ".join(known)
                )
        lists = {key: tuple(one.strip() for one in told.get(key, ()) if one.strip()) for key in _LISTS}
        return cls(text=text, relationship=relationship, **lists)


def read_promise(path: Path) -> Promise:
    """Read a promise from a TOML file.

    Raises
    ------
    NotFoundError
        If there is no such file.
    ReadError
        If it cannot be read.
    """
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise NotFoundError(f"no file {path.name}", expected="a TOML file with a promise") from None
    except OSError as error:
        raise ReadError(f"cannot be read: {error.strerror}", file=path.name) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ReadError(f"no TOML: {error}", file=path.name) from None
    if unknown := [key for key in told if key not in _KNOWN]:
        raise ReadError(
            f"unknown key {unknown[0]!r}", file=path.name, column=unknown[0], expected=", ".join(_KNOWN)
        )
    return Promise.of(told, path.name)
