"""What an error says, to a reader in her own language.

The library's errors are English, for who writes code. A clause that a reader of pages may meet stands in
`wording/LANGUAGE/clauses.toml`, in English word for word as it is raised. An error of which a clause stands
there in one language only is told in English, and it is said that this is so.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from functools import cache

from verbond.errors import ReadError, VerbondError
from verbond.results.wording import Language, entries, sentence

__all__ = ["Spoken"]

_ROOM, _AROUND = "clauses.", "clauses.told_"


@dataclass(frozen=True, slots=True)
class Spoken:
    """An error that speaks both languages, for a placeholder of a sentence.

    Attributes
    ----------
    error : VerbondError

    Examples
    --------
    >>> error = ReadError("the file is empty", file="a.csv", hint="Remove it, or export it again.")
    >>> Spoken(error).say("en")
    'a.csv: the file is empty. Remove it, or export it again.'
    >>> Spoken(error).say("nl")
    'a.csv: het bestand is leeg. Haal het weg, of exporteer het opnieuw.'
    """

    error: VerbondError

    def __str__(self) -> str:
        """In English, as it was raised."""
        return str(self.error)

    def say(self, language: Language) -> str:
        """The whole message."""
        if language == "en":
            return str(self.error)
        return _said(self.error, language) or sentence(
            "clauses.told_only_english", language, said=str(self.error).rstrip(".")
        )


def _said(error: VerbondError, language: Language) -> str | None:
    """The message clause by clause; None where the problem or what would be right is not known here."""
    where, problem = _parted(error, language)
    expected = None if error.expected is None else _clause(error.expected, language)
    told = _clause(problem, language)
    if told is None or (error.expected is not None and expected is None):
        return None
    found = []
    if error.got is not None:
        found.append(sentence("clauses.told_found", language, got=_clause(error.got, language) or error.got))
    if expected is not None:
        found.append(sentence("clauses.told_expected", language, expected=expected))
    if not where:
        told = told[:1].upper() + told[1:]
    whole = where + told + (": " + ", ".join(found) if found else "") + "."
    hint = _clause(error.hint, language) if error.hint else None
    return f"{whole} {hint}" if hint else whole


def _parted(error: VerbondError, language: Language) -> tuple[str, str]:
    """Where it is in a file, in words, and the problem by itself."""
    if not isinstance(error, ReadError):
        return "", error.problem
    where = [error.file]
    if error.line is not None:
        where.append(sentence("clauses.told_at_line", language, line=error.line))
    if error.column is not None:
        where.append(sentence("clauses.told_at_column", language, column=error.column))
    return ", ".join(where) + ": ", error.bare


def _clause(text: str, language: Language) -> str | None:
    for code, pattern in _patterns():
        if match := pattern.fullmatch(text):
            return sentence(code, language, **match.groupdict())
    return None


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Code and what its English matches: `n` a number, other placeholders anything."""
    return tuple(
        (code, re.compile("".join(_piece(*part[:2]) for part in string.Formatter().parse(text)), re.DOTALL))
        for code, text in entries("en").items()
        if code.startswith(_ROOM) and not code.startswith(_AROUND) and isinstance(text, str)
    )


def _piece(literal: str, name: str | None) -> str:
    inside = r"[\d.,]+" if name == "n" else ".+?"
    return re.escape(literal) + (f"(?P<{name}>{inside})" if name else "")
