"""Mission, promise and first steps: the row to which the shared values lead."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from verbond.canvas.items import Promise
from verbond.canvas.telling import day_text
from verbond.method import RUNGS
from verbond.plots.canvas.hand import GAP, Hand, empty, heading, points_first, proposed
from verbond.plots.sheet import Box, Letters, Part, Rule

__all__ = ["lay_mission", "lay_promise", "lay_steps"]

_RUNGS = {rung.id: rung.name for rung in RUNGS}


def lay_mission(hand: Hand) -> None:
    made, (x, width) = hand.outcome, hand.columns()[0]
    (middle, y), foot = hand.middle, hand.row
    reach = math.sqrt(hand.radius**2 - (hand.radius - hand.lens) ** 2)
    bend = foot - 0.42 * GAP
    hand.lay(
        Rule(
            ((middle, y + reach + 2), (middle, bend), (x + 11, bend), (x + 11, foot - 12)), "wood", 2.2, True
        )
    )
    heading(hand, "mission", x, foot, width)
    room, at = hand.low - 32, foot + 32
    mission = made.mission or next(iter(points_first(made.missions)), None)
    hand.left["missions"] = len(made.missions) - bool(mission)
    if mission is None:
        hand.lay(empty(hand, x, foot + 34, width))
        tall = 26.0
    else:
        told = [] if mission.chosen else [proposed(hand, width)]
        most = room * (0.42 if made.resolutions else 1.0) - 6 - sum(one.height for one in told)
        words = hand.fit(mission.text, width, most, (22, 19, 17, 15, 13, 12, 11, 10), serif=True)
        tall = sum(one.height for one in (*told, words))
        hand.lay(Box(x, at, width, tall, (*told, words), name="mission"))
    if made.resolutions:
        _choices(hand, x, at + tall + 14, width, room - tall - 14)


def _choices(hand: Hand, x: float, y: float, width: float, height: float) -> None:
    """Contradictions that were decided, and what we stop doing for them."""
    head = hand.fit(hand.say("choices"), width, 20, (14, 12), serif=True, bold=True, level=2)
    hand.lay(
        Rule(((x, y), (x + width, y)), "line", 1.2),
        Box(x, y + 5, width, 20, (head,), name="heading"),
    )
    rows = [_choice_words(hand, one) for one in hand.outcome.resolutions]
    hand.left["choices"] = _listed(hand, rows, x, y + 27, width, height - 27, (13.5, 12.5, 11.5, 10.5, 9.5))


def _choice_words(hand: Hand, one: Any) -> tuple[str, str]:
    names = {end: hand.outcome.value(getattr(one, end)).name for end in ("one", "other")}  # type: ignore[union-attr]
    if one.kept:
        kept, other = ("one", "other") if one.kept == one.one else ("other", "one")
        head = hand.say("kept", kept=names[kept], other=names[other])
    else:
        head = hand.say("both", **names)
    return head, hand.say("concession", text=one.concession) if one.concession.strip() else one.reason


def _listed(
    hand: Hand, rows: Sequence[tuple[str, str]], x: float, y: float, width: float, height: float,
    sizes: Sequence[float], mark: Callable[[float, float, int], Iterable[Part]] | None = None,
) -> int:  # fmt: skip
    """Rows of a bold and a soft part, at the largest type at which all fit; how many found no room."""
    indent = 24.0 if mark else 0.0
    tried = sorted({max(size, hand.smallest) for size in sizes}, reverse=True)
    for size, most in [*((size, 99) for size in tried), *((tried[-1], most) for most in (6, 5, 4, 3, 2))]:
        blocks = [_row(hand, row, width - indent, size, most) for row in rows]
        gap = 0.55 * size
        if sum(sum(one.height for one in block) + gap for block in blocks) - gap <= height:
            break
    at, done = y, 0
    for n, block in enumerate(blocks):
        tall = sum(one.height for one in block)
        spare = 0 if n == len(blocks) - 1 else hand.line
        if at + tall > y + height - spare + 0.01:
            break
        if mark:
            hand.lay(*mark(x, at, n))
        hand.cut |= any(one.lines[-1].endswith("…") for one in block)
        hand.lay(Box(x + indent, at, width - indent, tall, tuple(block), name="row"))
        at += tall + gap
        done += 1
    more = len(rows) - done
    hand.more("more_rows", more, x, y + height, width)
    return more


def _row(hand: Hand, row: tuple[str, str], width: float, size: float, most: int) -> list[Letters]:
    head, body = row
    made = [Letters.of(hand.short(head, width, size, most, bold=True), bold=True)]
    if body:
        small = max(hand.smallest, 0.92 * size)
        made.append(Letters.of(hand.short(body, width, small, most), ink="text-soft", above=0.5))
    return made


def lay_promise(hand: Hand) -> None:
    made, (x, width), y = hand.outcome, hand.columns()[1], hand.row
    hand.lay(Rule(((x - 25, y + 12.5), (x - 12, y + 12.5)), "wood", 2.2, True))
    heading(hand, "promise", x, y, width)
    promise = made.promise or next(iter(points_first(made.promises)), None)
    hand.left["promises"] = len(made.promises) - bool(promise)
    if promise is None:
        hand.lay(empty(hand, x, y + 34, width))
        return
    if not _below(promise):
        _hero(hand, promise, x, y + 32, width, hand.low - 32)
        return
    for share in (0.47, 0.40, 0.34):  # the promise stands back a little where its examples need the room
        trial = replace(hand, parts=[], left=Counter(), cut=False)
        _with_details(trial, promise, x, y + 32, width, share)
        if not trial.cut and not trial.left["examples"]:
            break
    _with_details(hand, promise, x, y + 32, width, share)


def _with_details(hand: Hand, promise: Promise, x: float, y: float, width: float, share: float) -> None:
    room = hand.low - 32
    tall = _hero(hand, promise, x, y, width, room * share)
    _details(hand, promise, x, y + tall + 9, width, room - tall - 9)


def _below(promise: Promise) -> bool:
    return bool(promise.measure or promise.keeps or promise.breaks or promise.progression)


def _hero(hand: Hand, promise: Promise, x: float, y: float, width: float, most: float) -> float:
    """The promise itself, in the largest words of the sheet; in outline only as long as nobody chose it.

    Gives back how high it is.
    """
    told = [] if promise.chosen else [proposed(hand, width - 36)]
    room = most - 24 - sum(one.height for one in told)
    style = {"serif": True, "bold": True, "ink": "page" if promise.chosen else "text"}
    words = hand.fit(promise.text, width - 36, room, (34, 30, 27, 24, 21, 18, 16, 14, 12, 10.5), **style)
    tall = min(most, max(72.0, sum(one.height for one in (*told, words)) + 34))
    hand.lay(Box(
        x, y, width, tall, (*told, words), fill="accent" if promise.chosen else "raised", stroke="accent",
        stroke_width=2.0, radius=10, dashed=not promise.chosen, pad=18, middle=True, name="promise",
    ))  # fmt: skip
    return tall


def _details(hand: Hand, promise: Promise, x: float, y: float, width: float, height: float) -> None:
    """By what one sees it, where the offering stands, and examples of both sides."""
    words = [hand.say("measure", text=promise.measure)] if promise.measure else []
    if promise.progression:
        stage = hand.say(f"progression_{promise.progression}")
        words.append(hand.say("progression", stage=stage))
    sides = [side for side in ("keeps", "breaks") if getattr(promise, side)]
    for line, room in zip(words, (0.30 if sides else 0.7, 0.17 if sides else 0.3), strict=False):
        letters = hand.fit(line, width, max(room * height, 15), (13, 12, 11, 10))
        hand.lay(Box(x, y, width, letters.height, (letters,), name="measure"))
        y, height = y + letters.height + 4, height - letters.height - 4
    if sides:
        _sides(hand, promise, sides, x, y, width, height)


def _sides(
    hand: Hand, promise: Promise, sides: Sequence[str], x: float, y: float, width: float, height: float
) -> None:
    """Examples of what keeps the promise beside those of what breaks it."""
    wide, room = (width - 18) / 2, height - 24
    size = next((
        size for size in (13.0, 12.0, 11.0, 10.0)
        if size >= hand.smallest
        and all(_tall(hand, getattr(promise, side), wide - 10, size) <= room for side in sides)
    ), hand.smallest)  # fmt: skip
    for n, side in enumerate(sides):
        at = x + n * (wide + 18)
        head = hand.fit(hand.say(side), wide, 17, (12.5, 11), serif=True, bold=True, level=3)
        hand.lay(
            Rule(((at, y + 2), (at + wide, y + 2)), "accent" if side == "keeps" else "block", 2.2),
            Box(at, y + 5, wide, 17, (head,), name="heading"),
        )
        hand.left["examples"] += _examples(hand, getattr(promise, side), size, (at, y + 24, wide, room))


def _tall(hand: Hand, examples: Sequence[str], width: float, size: float, most: int = 99) -> float:
    return sum(hand.short(one, width, size, most).height + 3 for one in examples) - 3


def _examples(
    hand: Hand, examples: Sequence[str], size: float, place: tuple[float, float, float, float]
) -> int:
    """As many as fit, each with a dot; how many did not."""
    x, y, width, height = place
    mosts = [most for most in (99, 4, 3, 2) if _tall(hand, examples, width - 10, size, most) <= height]
    most = mosts[0] if mosts else 2
    at, done = y, 0
    for n, one in enumerate(examples):
        body = hand.short(one, width - 10, size, most)
        spare = 0 if n == len(examples) - 1 else hand.line
        if at + body.height > y + height - (0 if mosts else spare) + 0.01:
            break
        hand.cut |= not body.whole
        dot = Box(x, at + 0.5 * size, 3.4, 3.4, fill="text-soft", radius=1.7, name="dot")
        hand.lay(dot, Box(x + 10, at, width - 10, body.height, (Letters.of(body),), name="example"))
        at += body.height + 3
        done += 1
    more = len(examples) - done
    hand.more("more_rows", more, x, y + height, width)
    return more


def lay_steps(hand: Hand) -> None:
    made, (x, width), y = hand.outcome, hand.columns()[2], hand.row
    hand.lay(Rule(((x - 25, y + 12.5), (x - 12, y + 12.5)), "wood", 2.2, True))
    heading(hand, "steps", x, y, width)
    if not made.steps:
        hand.lay(empty(hand, x, y + 34, width))
        return
    rows = [(one.text, _step_told(hand, one)) for one in made.steps]
    sizes = (17, 15, 13.5, 12.5, 11.5, 10.5, 9.5)

    def mark(left: float, top: float, n: int) -> list[Part]:
        return _tick(left, top, made.steps[n].done)

    hand.left["steps"] = _listed(hand, rows, x, y + 36, width, hand.low - 36, sizes, mark)


def _step_told(hand: Hand, step: Any) -> str:
    rung = _RUNGS[step.rung].say(hand.language) if step.rung else ""
    told = (step.who, day_text(step.when, hand.language), rung, hand.say("done") if step.done else "")
    return " · ".join(filter(None, told))


def _tick(x: float, y: float, done: bool) -> list[Part]:
    box = Box(x, y + 1.5, 14, 14, fill="raised", stroke="text", stroke_width=1.5, radius=3, name="tick")
    if not done:
        return [box]
    return [box, Rule(((x + 3, y + 8.5), (x + 6, y + 11.8), (x + 11.2, y + 4.8)), "text", 2.0)]
