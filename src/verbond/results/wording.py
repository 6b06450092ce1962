"""Sentences in Dutch and English, kept as data and filled with values.

A code such as `ladder.not_anchored` names the entry `not_anchored` of `wording/LANGUAGE/ladder.toml`.
Placeholders are `str.format` fields with a kind after the colon, written the way each language writes it:
`{n:count}` 12,345 or 12.345; `{share:percent}` 12%; `{share:percent1}` 12.3% or 12,3%; `{difference:points1}`
12.3 percentage points or 12,3 procentpunt; `{x:number}` and `{x:number2}` 1.2 and 1.23 (decimal comma in
Dutch); `{day:date}` 1 May 2026 or 1 mei 2026; `{month:month}` May 2026 or mei 2026; `{names:list}` a, b and
c. A value that can speak both languages itself (it has `say(language)`, such as the texts of `method/`) does
so. An entry may be a table with `one` and `other`: the value `n` decides.
"""

from __future__ import annotations

import datetime as dt
import string
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

from verbond.errors import OptionError

__all__ = ["LANGUAGES", "Language", "check_language", "entries", "format_value", "sentence", "sentence_case"]

Language = Literal["en", "nl"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_MONTHS = {
    "en": "January,February,March,April,May,June,July,August,September,October,November,December",
    "nl": "januari,februari,maart,april,mei,juni,juli,augustus,september,oktober,november,december",
}
_POINTS = {"en": "percentage points", "nl": "procentpunt"}
_AND = {"en": " and ", "nl": " en "}


def check_language(language: str) -> Language:
    """Return `language` if Verbond speaks it.

    Raises
    ------
    OptionError
        If it is neither "en" nor "nl".
    """
    if language not in LANGUAGES:
        raise OptionError("unknown language", got=repr(language), expected="'en' or 'nl'")
    return language  # type: ignore[return-value]


@cache
def entries(language: Language) -> dict[str, str | dict[str, str]]:
    """All wording of a language, by full code."""
    folder = files("verbond.results") / "wording" / language
    found: dict[str, str | dict[str, str]] = {}
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.endswith(".toml"):
            room = file.name.removesuffix(".toml")
            found |= {f"{room}.{key}": text for key, text in tomllib.loads(file.read_text("utf-8")).items()}
    return found


def sentence(code: str, language: Language = "en", **values: Any) -> str:
    """Say `code` in `language`, filled with `values`.

    Parameters
    ----------
    code : str
        "room.entry"; an unknown code is a programming error and raises KeyError.
    language : {"en", "nl"}
    **values
        What the placeholders need.

    Returns
    -------
    str

    Examples
    --------
    >>> sentence("common.not_enough_data", "en", n=1400)
    'Not enough data: 1,400 more answers would do.'
    >>> sentence("common.not_enough_data", "nl", n=1)
    'Te weinig gegevens: met 1 antwoord meer lukt het.'
    """
    text = entries(check_language(language))[code]
    if isinstance(text, dict):
        text = text["one" if values.get("n") == 1 else "other"]
    return _Formatter(language).vformat(text, (), values)


def sentence_case(words: str) -> str:
    """A few words as a sentence: with a capital and a full stop.

    Examples
    --------
    >>> sentence_case("the shop")
    'The shop.'
    """
    words = words[:1].upper() + words[1:]
    return words if words.endswith((".", "!", "?")) else words + "."


def format_value(value: Any, kind: str, language: Language = "en") -> str:
    """Write one value the way `language` writes it (kinds: see the module's text).

    Examples
    --------
    >>> format_value(1234.5, "number", "nl"), format_value(0.123, "percent1", "en")
    ('1.234,5', '12.3%')
    """
    return _Formatter(check_language(language)).format_field(value, kind)


class _Formatter(string.Formatter):
    def __init__(self, language: Language) -> None:
        self.language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        value = self._spoken(value)
        if format_spec == "count":
            return self._localised(f"{round(value):,}")
        if format_spec.startswith("percent"):
            return self._localised(f"{100 * value:,.{format_spec[7:] or 0}f}") + "%"
        if format_spec.startswith("points"):
            written = self._localised(f"{100 * value:,.{format_spec[6:] or 0}f}")
            return f"{written} {_POINTS[self.language]}"
        if format_spec.startswith("number"):
            return self._localised(f"{value:,.{format_spec[6:] or 1}f}")
        if format_spec in ("date", "month"):
            return self._day(value, with_day=format_spec == "date")
        if format_spec == "list":
            return self._listed(value)
        return super().format_field(value, format_spec)

    def _spoken(self, value: Any) -> Any:
        return value.say(self.language) if hasattr(value, "say") else value

    def _localised(self, text: str) -> str:
        if text.startswith("-") and not text.strip("-0.,"):
            text = text[1:]
        return text.translate(str.maketrans(",.", ".,")) if self.language == "nl" else text

    def _day(self, value: Any, *, with_day: bool) -> str:
        day = dt.date.fromisoformat(str(value)[:10])
        text = f"{_MONTHS[self.language].split(',')[day.month - 1]} {day.year}"
        return f"{day.day} {text}" if with_day else text

    def _listed(self, values: Sequence[Any]) -> str:
        names = [str(self._spoken(v)) for v in values]
        return ", ".join(names[:-1]) + _AND[self.language] + names[-1] if len(names) > 1 else "".join(names)
