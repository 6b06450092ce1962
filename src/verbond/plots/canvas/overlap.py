"""Who we are and how we are seen: two areas, and between them what is shared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from verbond.canvas import FIELDS
from verbond.canvas.items import Note, Value
from verbond.method import CIRCLE
from verbond.plots.canvas.hand import MARGIN, Hand, empty, heading, points_first
from verbond.plots.lettering import LEADING
from verbond.plots.sheet import Area, Box, Letters, arc

__all__ = ["lay_overlap"]

_Place = tuple[float, float, float, float]
"""Left, top, width and height."""
_MOST_VALUES = 8
_MOST_NOTES = 60
_SMALL_NAME = 10.0
_NAMES = (24.0, 21.0, 18.0, 16.0, 14.0, 12.0, _SMALL_NAME)
_MARK = 24.0
_BETWEEN = 7.0
_PAD = 5.5
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PLACES = {value.id: value.name for value in CIRCLE}


def lay_overlap(hand: Hand) -> None:
    (x, y), r, half = hand.middle, hand.radius, hand.lens
    left, right = _half(hand, -1), _half(hand, 1)
    rise = math.degrees(math.acos((r - half) / r))
    lens = [*arc(x - half + r, y, r, 180 - rise, 180 + rise), *arc(x + half - r, y, r, -rise, rise)]
    hand.lay(
        Area(tuple(left), "accent-wash", "accent", 1.8, name="identity"),
        Area(tuple(right), "note-wash", "note", 1.8, dashed=True, name="image"),
        Area(tuple(lens), "raised", "text", 2.4, name="values"),
    )
    rows = _rows(hand)
    letters = {row.value.id: row.letter for row in rows if row.letter}
    inner = x - half - MARGIN - 34
    rooms = {
        key: (at, hand.top + 64, inner, 2 * r - 78)
        for key, at in (("identity", MARGIN + 20), ("image", x + half + 14))
    }
    ranked = {key: _ranked(hand.outcome.in_field(key), letters) for key in rooms}
    size = _size(hand, ranked, rooms, letters)
    for key, room in rooms.items():
        heading(hand, key, room[0], hand.top + 14, inner)
        asks = hand.fit(hand.say(f"asks_{key}"), inner, 17, (13, 11.5), ink="text-soft")
        hand.lay(Box(room[0], hand.top + 41, inner, 17, (asks,), name="asks"))
        _notes(hand, ranked[key], letters, size, room)
    _values(hand, rows)


def _half(hand: Hand, side: int) -> list[tuple[float, float]]:
    """The area of identity (-1) or image (1): round where they meet, nearly square outside."""
    (x, y), r, half, corner = hand.middle, hand.radius, hand.lens, 44.0
    edge, centre = MARGIN, x + half - r
    points = [
        *arc(centre, y, r, -90, 90),
        *arc(edge + corner, y + r - corner, corner, 90, 180, 6),
        *arc(edge + corner, y - r + corner, corner, 180, 270, 6),
    ]
    return points if side < 0 else [(2 * x - px, py) for px, py in points]


# what is shared


@dataclass(frozen=True, slots=True)
class _Row:
    """Where a value stands; its letter if it was chosen."""

    value: Value
    letter: str
    y: float
    height: float


def _reach(hand: Hand) -> float:
    """Half the height of the overlap."""
    return math.sqrt(hand.radius**2 - (hand.radius - hand.lens) ** 2)


def _rows(hand: Hand) -> list[_Row]:
    """Most points first; but where a long name would be cut, long names stand where the overlap is wide."""
    chosen = bool(hand.outcome.shared)
    wanted = points_first(hand.outcome.shared or hand.outcome.values)
    top, foot = (
        hand.middle[1] - 0.70 * _reach(hand) + (26 if chosen else 42),
        hand.middle[1] + 0.74 * _reach(hand),
    )
    least = max(_SMALL_NAME, hand.smallest) * LEADING + 2
    found = wanted[: min(_MOST_VALUES, int((foot - top) / least))]
    hand.left["values"] = len(hand.outcome.values) - len(found)
    if not found:
        return []
    each = min((foot - top) / len(found), 62.0)
    top += (foot - top - each * len(found)) / 2
    tops = [top + n * each for n in range(len(found))]
    rooms = [_room(hand, y, each) - _MARK for y in tops]
    wide = {one.id: hand.wide(one.name, _SMALL_NAME, bold=True) for one in found}
    if any(wide[one.id] > room for one, room in zip(found, rooms, strict=True)):
        spots = sorted(range(len(found)), key=lambda n: -rooms[n])
        longest = sorted(found, key=lambda one: -wide[one.id])
        placed = dict(zip(spots, longest, strict=True))
        found = [placed[n] for n in range(len(found))]
    letters = _LETTERS if chosen else [""] * len(found)
    return [_Row(one, letters[n], tops[n], each) for n, one in enumerate(found)]


def _values(hand: Hand, rows: Sequence[_Row]) -> None:
    x, y = hand.middle
    begin = y - 0.70 * _reach(hand)
    number = Letters((str(FIELDS.index("values") + 1),), 12.5, "page", bold=True, align="middle")
    room = 2 * _chord(hand, begin) - 8
    style = {"serif": True, "bold": True, "align": "middle", "level": 2}
    name = hand.fit(hand.say("field_values"), room, 22, (17, 15, 13, 11), **style)
    hand.lay(
        Box(x - 11, begin - 26, 22, 22, (number,), fill="text", radius=11, middle=True, name="number"),
        Box(x - room / 2, begin, room, 22, (name,), middle=True, name="heading"),
    )
    if not rows:
        hand.lay(empty(hand, x - 60, y - 10, 120, align="middle"))
    elif not rows[0].letter:
        room = 2 * _chord(hand, begin + 24) - 12
        told = hand.fit(hand.say("proposed"), room, 16, (10,), ink="text-soft", align="middle")
        hand.lay(Box(x - room / 2, begin + 24, room, 16, (told,), name="told"))
    smallest = min((_name(hand, row, _NAMES).size for row in rows), default=0.0)
    for row in rows:  # names of one size, as far as one long name does not make all of them small
        _value(hand, row, [size for size in _NAMES if size <= max(smallest, 16)])


def _chord(hand: Hand, y: float) -> float:
    """Half the width of the overlap at a height."""
    r = hand.radius
    return math.sqrt(max(r**2 - (y - hand.middle[1]) ** 2, 0.0)) - (r - hand.lens)


def _room(hand: Hand, y: float, height: float) -> float:
    """How wide words may be in the overlap from a height down."""
    return 2 * min(_chord(hand, y), _chord(hand, y + height)) - 14


def _name(hand: Hand, row: _Row, sizes: Sequence[float]) -> Letters:
    mark = _MARK if row.letter else 0.0
    tall = row.height - _below(hand, row)[1] - 2
    return hand.fit(row.value.name, _room(hand, row.y, row.height) - mark, tall, sizes, serif=True, bold=True)


def _below(hand: Hand, row: _Row) -> tuple[str, float]:
    """What stands below a name, and its height: nothing where there is no room for it."""
    told = _told(hand, row.value)
    tall = max(hand.smallest, 12.0 if row.height > 50 else 10.0) * LEADING
    room = tall + max(_SMALL_NAME, hand.smallest) * LEADING + 4
    return (told, tall) if told and row.height >= room else ("", 0.0)


def _value(hand: Hand, row: _Row, sizes: Sequence[float]) -> None:
    """A shared value, and from how many notes on either side it comes."""
    x, y, room = hand.middle[0], row.y, _room(hand, row.y, row.height)
    told, below = _below(hand, row)
    name, tall, mark = _name(hand, row, sizes), row.height - below - 2, _MARK if row.letter else 0.0
    wide = max(hand.wide(line, name.size, bold=True) for line in name.lines)
    left = min(x - (hand.face.usual * wide + mark) / 2, x + room / 2 - mark - wide)
    if row.letter:
        hand.lay(_badge(row.letter, left, y + (tall - 17) / 2))
    hand.lay(Box(left + mark, y, wide, tall, (name,), middle=True, name="value"))
    if told:
        words = hand.fit(told, room + 8, below, (12, 11, 10, 9), ink="text-soft", align="middle")
        hand.lay(Box(x - room / 2 - 4, y + tall, room + 8, below, (words,), name="told"))


def _told(hand: Hand, value: Value) -> str:
    identity, image = hand.outcome.sides(value.id)
    told = [hand.say("sides", identity=identity, image=image)] if identity or image else []
    if value.points:
        told.append(hand.say("points", n=value.points))
    return " · ".join(told) or (_PLACES[value.place].say(hand.language) if value.place else "")


def _badge(letter: str, x: float, y: float) -> Box:
    mark = Letters((letter,), 10.0, bold=True, align="middle")
    return Box(x, y, 17, 17, (mark,), "raised", "text", 1.2, 8.5, middle=True, name="badge")


# notes


def _ranked(notes: Sequence[Note], letters: dict[str, str]) -> list[Note]:
    """Most points first, then what speaks for a shared value."""
    return sorted(notes, key=lambda one: (-one.points, one.value not in letters))


def _size(
    hand: Hand, ranked: dict[str, list[Note]], rooms: dict[str, _Place], letters: dict[str, str]
) -> float:
    """The largest type at which all notes of both sides fit; 0 if there is none."""
    if any(len(notes) > _MOST_NOTES for notes in ranked.values()):
        return 0.0
    for size in (19.0, 17.0, 15.0, 13.5, 12.0, 11.0, 10.0, 9.0):
        if size >= hand.smallest and all(
            len(_cards(hand, ranked[key], letters, size, rooms[key])) == len(ranked[key]) for key in rooms
        ):
            return size
    return 0.0


def _notes(hand: Hand, notes: Sequence[Note], letters: dict[str, str], size: float, room: _Place) -> None:
    """Cards in columns; where not all fit the first ones, shortened, and how many more."""
    x, y, width, height = room
    if not notes:
        hand.lay(empty(hand, x, y, width))
        return
    cards = _cards(hand, notes, letters, size or hand.smallest, room)
    for most in (6, 5, 4, 3):  # shortened where that makes room for all
        if len(cards) == len(notes) or len(notes) > _MOST_NOTES:
            break
        cards = _cards(hand, notes, letters, hand.smallest, room, most)
    if len(cards) < len(notes):
        cards = _cards(hand, notes, letters, hand.smallest, (x, y, width, height - hand.line), most=3)
    hand.cut |= any(not whole for _, whole in cards)
    hand.lay(*(part for parts, _ in cards for part in parts))
    more = len(notes) - len(cards)
    hand.left["notes"] += more
    hand.more("more", more, x, y + height, width)


def _cards(
    hand: Hand, notes: Sequence[Note], letters: dict[str, str], size: float, room: _Place, most: int = 0
) -> list[tuple[list[Box], bool]]:
    """As many cards as fit, and whether each has all its words; `most` lines each, 0 for any number."""
    x, y, width, height = room
    wide = (width - _BETWEEN) / 2
    feet = [y, y]
    made = []
    for note in notes[:_MOST_NOTES]:
        column = feet.index(min(feet))
        at = x + column * (wide + _BETWEEN)
        card, whole = _card(hand, note, letters.get(note.value, ""), size, (at, feet[column], wide), most)
        over = feet[column] + card[0].height - (y + height)
        if over > 0:
            lines = len(card[0].letters[0].lines) - math.ceil(over / (size * LEADING))
            if not most or lines < 2:
                break
            card, _ = _card(hand, note, letters.get(note.value, ""), size, (at, feet[column], wide), lines)
            whole = False
        made.append((card, whole))
        feet[column] += card[0].height + _BETWEEN
    return made


def _card(
    hand: Hand, note: Note, letter: str, size: float, place: tuple[float, float, float], most: int
) -> tuple[list[Box], bool]:
    """A card, and whether all words are on it."""
    x, y, wide = place
    body = hand.short(note.text, wide - 14 - (20 if letter else 0), size, most or 99)
    words = [Letters.of(body, aside=20.0 if letter else 0.0)]
    points = hand.say("points", n=note.points) if note.points else ""
    if told := " · ".join(filter(None, (note.department or note.source, points))):
        small = max(hand.smallest, min(0.8 * size, 10.5))
        words.append(Letters.of(hand.short(told, wide - 14, small, 1), ink="text-soft", above=1.5))
    tall = max(sum(one.height for one in words) + 2 * _PAD, 25.0)
    card = [Box(x, y, wide, tall, tuple(words), "raised", "line", 1.0, 4, pad=_PAD, name="note")]
    if letter:
        card.append(_badge(letter, x + wide - 21, y + 4))
    return card, body.whole
