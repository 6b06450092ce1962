"""What a section of a report is made of: what is said, pictures for desk and phone, tables behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from verbond.plots import Bar, draw_interval_bars
from verbond.reports.tables import Table
from verbond.results import Estimate, Language, Reason, sentence

__all__ = [
    "Picture",
    "Piece",
    "Quote",
    "Said",
    "Section",
    "bar",
    "bar_pictures",
    "both",
    "capital",
    "filled",
    "speaker",
    "toned",
]


@dataclass(frozen=True, slots=True)
class Said:
    """A finding as the page says it: its tone as a word too, never as a colour alone."""

    tone: str
    tone_word: str
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture for a desk and for a phone, and the sentence that says what to see.

    `tall` is empty where one drawing serves both.
    """

    wide: str
    tall: str
    see: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text.

    Attributes
    ----------
    text : str
    mark : {"", "counts", "refused"}
        Words that count, or that are there but refused.
    """

    text: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody said, with words marked in it.

    Attributes
    ----------
    number : int
        From 1.
    pieces : tuple of Piece
    language : str
        Of the text; "" where not known.
    facts, told : tuple of str
        Where it comes from; what there is to say to it: a few words each.
    why : str
        One sentence.
    words : tuple of (str, str)
        Each marked word with what it stands for: a mark is never seen by colour alone, nor heard.
    words_title : str
        What stands before those.
    tone : str
        What it is to the reader: "bad" or "caution"; `told` says it in words.
    """

    number: int
    pieces: tuple[Piece, ...]
    language: str
    facts: tuple[str, ...]
    told: tuple[str, ...]
    why: str
    words: tuple[tuple[str, str], ...] = ()
    words_title: str = ""
    tone: str = "bad"


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page.

    Attributes
    ----------
    id, title : str
    said : tuple of Said
        What was found.
    pictures : tuple of Picture
    tables : tuple of Table
        Behind the pictures.
    how : tuple of str
        Paragraphs of "how do we know?".
    how_tables : tuple of Table
        Its tables.
    empty : str
        What to say where there is nothing to show, and how that can change.
    facts : tuple of str
        A few words each, below the title.
    notes : tuple of (str, str)
        A word and what there is to say to it, below the pictures.
    fold : str
        On what one presses to see the pictures and what belongs to them; empty where they are seen at once.
    quotes : tuple of Quote
    """

    id: str
    title: str
    said: tuple[Said, ...] = ()
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()
    how: tuple[str, ...] = ()
    how_tables: tuple[Table, ...] = ()
    empty: str = ""
    facts: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    fold: str = ""
    quotes: tuple[Quote, ...] = ()


def toned(reason: Reason, tone: str, language: Language) -> Said:
    """A sentence with its tone, also as a word."""
    return Said(tone, sentence(f"report.tone_{tone}", language), reason.sentence(language))


def speaker(room: str, language: Language) -> Callable[..., str]:
    """Says entries of one room's wording: `say("title", n=3)`."""
    return lambda code, **values: sentence(f"{room}.{code}", language, **values)


def bar(
    label: str, estimate: Estimate, language: Language, *, group: str = "", colour: str = "accent",
    stated: Estimate | None = None,
) -> Bar:  # fmt: skip
    """A bar with the people it rests on; `stated` is a second figure marked on it: said beside done."""
    note, said = sentence("report.n_people", language, n=estimate.n_obs), None
    if stated is not None:
        said, note = stated.value, sentence("report.stated_note", language, said=stated.value, people=note)
    return Bar(label, estimate.value, estimate.ci_lower, estimate.ci_upper, said, note, group, colour)


def bar_pictures(
    bars: list[Bar], title: str, see: str, scale: Any, identity: str, language: Language
) -> tuple[Picture, ...]:
    """Bars with their intervals as one picture; nothing where there are no bars."""
    if not bars:
        return ()
    return both(
        lambda **size: draw_interval_bars(bars, title=title, scale=scale, language=language, **size),
        see,
        identity,
    )


def both(draw: Callable[..., str], see: str, identity: str) -> tuple[Picture, ...]:
    """A picture for desk and phone; `draw` is given the layout and an identity of its own for each."""
    wide, tall = (draw(layout=layout, identity=f"{identity}-{layout}") for layout in ("wide", "tall"))
    return (Picture(wide, tall, see),)


def filled(*tables: Table) -> tuple[Table, ...]:
    """Those tables that have rows."""
    return tuple(table for table in tables if table.rows)


def capital(words: str) -> str:
    """With a capital first."""
    return words[:1].upper() + words[1:]
