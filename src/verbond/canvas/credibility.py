"""Will customers believe a promise? Rules of thumb, each with advice; people decide.

Size: words that leave no exception, reach for the whole world, or promise what a customer feels; many things
promised at once; a value that customers see little of now. Measurable: does anything in it name a figure, a
period, or something that can be counted? Examples: what keeps it, what breaks it. Values: does it stand where
the chosen values stand, and does it stand on two legs?

The words are a list of ours (`data/promises.toml`). How often the rules agree with judgements by hand stands
in `tests/canvas/test_credibility.py`.

References
----------
Anderson, R. E. (1973). Consumer dissatisfaction: the effect of disconfirmed expectancy on perceived product
performance. Journal of Marketing Research, 10(1), 38-44.
Goldberg, M. E., & Hartwick, J. (1990). The effects of advertiser reputation and extremity of advertising
claim on advertising effectiveness. Journal of Consumer Research, 17(2), 172-179.
Darley, W. K., & Smith, R. E. (1993). Advertising claim objectivity: antecedents and effects. Journal of
Marketing, 57(4), 100-113.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from verbond.language import Place, Placer
from verbond.language.stems import plain
from verbond.language.wordlist import stems_of
from verbond.method import CIRCLE, opposition
from verbond.results import Estimate, Reason
from verbond.results.wording import LANGUAGES

__all__ = ["TOO_LARGE", "Check", "Chosen", "Size", "check_promise", "count_signs", "size_of"]

Aspect = Literal["size", "measure", "examples", "values", "legs"]
Kind = Literal["good", "look"]

TOO_LARGE = 2
"""Points from which a promise is called large."""
_POINTS = {"boundless": 2, "absolute": 1, "superlative": 1, "outcome": 1}
MANY = 4
"""So many things in one enumeration are many."""
_SHORT = 4
"""Words of a part of an enumeration."""
EXAMPLES = 4
"""So many of each kind make a message next to a promise easier to judge."""
NEAR, FAR = 60.0, 140.0
"""Degrees on the value circle within which a promise fits a value, and from which it goes against it: of the
values that the promise is about the one counts that lies nearest."""
_ABOUT = 0.25
LEAST_SURE = 0.3
"""A sentence of which less is known is not placed on the circle."""
_NOT = frozenset({"niet", "geen", "not", "no", "don't", "doesn't", "cannot"})
_REACH = 3
"""A word this far behind a negation is not promised."""
_NAMES = {v.id: v.name for v in CIRCLE}
_TOKEN = re.compile(r"\d+(?:[.,]\d+)?%|\d+/\d+|[a-z0-9]+(?:['’-][a-z0-9]+)*")
_FIGURE = re.compile(r"\d")
_ONE = re.compile(r"\b(?:één|eén|one)\s+\w", re.IGNORECASE)
_SENTENCE = re.compile(r"[.!?:;]+(?:\s|$)")
_APART = re.compile(r",|&|\+|\ben\b|\band\b")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to say of a promise.

    Attributes
    ----------
    aspect : {"size", "measure", "examples", "values", "legs"}
    kind : {"good", "look"}
        Whether it speaks for the promise, or asks for another look.
    reason : Reason
        The sentence, with its advice.
    """

    aspect: Aspect
    kind: Kind
    reason: Reason


@dataclass(frozen=True, slots=True)
class Chosen:
    """A value that the promise has to keep to.

    Attributes
    ----------
    word : str
    values : mapping of str to float
        Ids of the circle of ten, weights that sum to 1; empty where it is not known.
    relationship : str or None
        The relationship type that it belongs to.
    """

    word: str
    values: Mapping[str, float]
    relationship: str | None = None


@dataclass(frozen=True, slots=True)
class Size:
    """How large the words of a promise are.

    Attributes
    ----------
    points : int
        From `TOO_LARGE` on it is called large.
    words : tuple of str
        That gave points.
    kinds : tuple of str
        Of each: "boundless", "absolute", "superlative", "outcome".
    n_things : int
        In its longest enumeration; 0 where it enumerates nothing.
    """

    points: int
    words: tuple[str, ...]
    kinds: tuple[str, ...]
    n_things: int


def check_promise(
    text: str,
    *,
    measure: str = "",
    size: str = "",
    keeps: Sequence[str] = (),
    breaks: Sequence[str] = (),
    values: Sequence[Chosen] = (),
    seen: Mapping[str, Estimate] | None = None,
    placer: Placer | None = None,
) -> tuple[Check, ...]:
    """What there is to say of a promise, by rules of thumb.

    Parameters
    ----------
    text : str
        In Dutch or English; both are looked for.
    measure : str
        How people said that one would see it.
    size : {"", "small", "fitting", "too_large"}
        What people said of its size.
    keeps, breaks : sequence of str
        Examples of what keeps it and what breaks it.
    values : sequence of Chosen
        The chosen values.
    seen : mapping of str to Estimate, optional
        Value of the circle: what customers see of it in the company now, centred on each person's mean.
    placer : Placer, optional
        Places the words of the promise on the circle.

    Returns
    -------
    tuple of Check
        By aspect, in the order of the class; empty for an empty promise.

    Examples
    --------
    >>> for check in check_promise("Altijd de laagste prijs, voor iedereen"):
    ...     print(check.aspect, check.kind, check.reason.code)
    size look canvas.size_large
    measure look canvas.measure_missing
    examples look canvas.examples_none
    >>> [check.kind for check in check_promise("We bellen binnen een werkdag terug")]
    ['good', 'good', 'look']
    """
    if not plain(text):
        return ()
    place = (placer or Placer())(text)
    known = place if place.sureness >= LEAST_SURE else None
    return (
        *_size(text, size),
        *_distance(known, seen or {}),
        *_measure(text, measure),
        *_examples(keeps, breaks),
        *_fits(known, values),
        *_legs(text, place, values, placer or Placer()),
    )


# size


def size_of(text: str) -> Size:
    """How large the words of a promise are.

    Examples
    --------
    >>> size_of("Nooit meer zorgen, voor iedereen")
    Size(points=2, words=('nooit', 'iedereen'), kinds=('absolute', 'absolute'), n_things=0)
    >>> size_of("We beloven niet dat alles goed komt").points
    0
    """
    words = _words(text)
    hits = [(at, phrase, kind) for kind in _POINTS for at, phrase in _found(words, kind)]
    kept = sorted(hit for hit in hits if hit[2] == "outcome" or not _is_denied(words, hit[0]))
    kinds = {phrase: kind for _, phrase, kind in kept}
    n_things = max((_things(part) for part in _SENTENCE.split(text)), default=0)
    many = TOO_LARGE if n_things >= MANY else 0
    points = sum(_POINTS[kind] for kind in kinds.values())
    return Size(points + many, tuple(kinds), tuple(kinds.values()), n_things)


def _size(text: str, said: str) -> Iterator[Check]:
    found = size_of(text)
    if found.n_things >= MANY:
        yield _look("size", "size_many", n=found.n_things)
    if len(found.words) == 1 and found.kinds[0] != "boundless":
        yield _look("size", f"size_{found.kinds[0]}", words=list(found.words))
    elif found.words:
        yield _look("size", "size_large", words=list(found.words))
    if said == "too_large":
        yield _look("size", "size_said")
    elif found.points == 0:
        yield _good("size", "size_small")


def _distance(place: Place | None, seen: Mapping[str, Estimate]) -> Iterator[Check]:
    """Whether the promise is about values that customers clearly see less of than of the others."""
    if place is None:
        return
    for id, weight in place.values.items():
        now = seen.get(id)
        if weight < 1 / 3 or now is None or now.value is None or now.ci_upper is None or now.ci_lower is None:
            continue
        told = {
            "value": _NAMES[id], "now": now.value, "low": now.ci_lower, "high": now.ci_upper, "n": now.n_obs,
        }  # fmt: skip
        if now.ci_upper < 0:
            yield _look("size", "far_from_now", **told)
        elif now.ci_lower > 0:
            yield _good("size", "near_to_now", **told)


def _things(part: str) -> int:
    """Things in the longest enumeration of a sentence: short parts in a row, and the part before them."""
    longest, run = 0, 0
    for piece in _APART.split(plain(part)):
        n = len(piece.split())
        if n:
            run = run + 1 if n <= _SHORT else 1
            longest = max(longest, run)
    return longest if longest > 2 else 0


# measurable


def count_signs(text: str) -> tuple[str, ...]:
    """What in a text says that something can be counted: figures, periods, dates, words of counting.

    Examples
    --------
    >>> count_signs("Within two minutes, by March"), count_signs("Klanten zijn blij")
    (('two', 'march'), ())
    """
    words = _words(text)
    found = [phrase for kind in ("counted", "numbers", "months") for _, phrase in _found(words, kind)]
    found += [word for word in words if _FIGURE.search(word)]
    if _ONE.search(text):
        found.append("1")
    return tuple(dict.fromkeys(found))


def _measure(text: str, measure: str) -> Iterator[Check]:
    named = count_signs(measure) or count_signs(text)
    if named:
        yield _good("measure", "measure_named", found=list(named[:3]))
        return
    if not plain(measure):
        yield _look("measure", "measure_missing")
        return
    vague = [phrase for _, phrase in _found(_words(measure), "vague")]
    if vague:
        yield _look("measure", "measure_vague", words=vague[:3])
    else:
        yield _look("measure", "measure_not_counted")


# examples


def _examples(keeps: Sequence[str], breaks: Sequence[str]) -> Iterator[Check]:
    n, m = (sum(bool(plain(one)) for one in side) for side in (keeps, breaks))
    told = {"keeps": n, "breaks": m, "enough": EXAMPLES}
    if not n and not m:
        yield _look("examples", "examples_none", **told)
    elif not m:
        yield _look("examples", "examples_no_breaks", **told)
    elif not n:
        yield _look("examples", "examples_no_keeps", **told)
    elif min(n, m) < EXAMPLES:
        yield _good("examples", "examples_some", **told)
    else:
        yield _good("examples", "examples_enough", **told)


# values


def _fits(place: Place | None, values: Sequence[Chosen]) -> Iterator[Check]:
    known = [one for one in values if one.values]
    if not known:
        return
    if place is None:
        yield _look("values", "promise_not_placed")
        return
    about = [id for id, weight in place.values.items() if weight >= _ABOUT] or list(place.values)[:2]
    apart = {one.word: min(_degrees(id, one.values) for id in about) for one in known}
    near = [word for word, degrees in apart.items() if degrees <= NEAR]
    far = [word for word, degrees in apart.items() if degrees > FAR]
    names = [_NAMES[id] for id in about]
    if near:
        yield _good("values", "promise_fits", words=near, values=names)
    if far:
        yield _look("values", "promise_against", words=far, values=names)
    elif not near:
        yield _look("values", "promise_elsewhere", values=names)


def _is_said(part: str, text: str) -> bool:
    """Whether words of our list stand in a text as words of their own, in whatever inflection."""
    return any(set(stems_of(part, one)) <= set(stems_of(text, one)) for one in LANGUAGES)


def _legs(text: str, place: Place, values: Sequence[Chosen], placer: Placer) -> Iterator[Check]:
    """Does it speak for the deal and for care at once, or for one while the other was chosen?"""
    by_type: dict[str, list[str]] = {}
    for part in dict.fromkeys(part.text for part in place.parts):
        if any(_found(_words(part), "absolute")) or not _is_said(part, text):
            continue  # "for everyone" is no care yet, and a part of a compound may be another word
        if (kind := placer(part).relationship) is not None:
            by_type.setdefault(kind, []).append(part)
    if "market" in by_type and "meaning" in by_type:
        yield _look("legs", "promise_two_legs", market=by_type["market"], meaning=by_type["meaning"])
        return
    for own, other in (("market", "meaning"), ("meaning", "market")):
        against = [one.word for one in values if one.relationship == other]
        if own in by_type and against:
            yield _look("legs", f"promise_{own}_leg", words=by_type[own], values=against)


def _degrees(id: str, values: Mapping[str, float]) -> float:
    return sum(weight * opposition(id, other) for other, weight in values.items())


# words


def _words(text: str) -> list[str]:
    return _TOKEN.findall(plain(text).replace("’", "'"))


@cache
def _phrases(kind: str) -> dict[tuple[str, ...], str]:
    """Phrases of both languages by their words."""
    told = tomllib.loads((files("verbond.canvas") / "data" / "promises.toml").read_text("utf-8"))
    return {tuple(_words(one)): one for side in told[kind].values() for one in side}


@cache
def _longest(kind: str) -> int:
    return max(map(len, _phrases(kind)))


def _found(words: Sequence[str], kind: str) -> Iterator[tuple[int, str]]:
    """Where phrases of a kind stand: the longest from left to right."""
    known, at = _phrases(kind), 0
    while at < len(words):
        for n in range(min(_longest(kind), len(words) - at), 0, -1):
            if (phrase := known.get(tuple(words[at : at + n]))) is not None:
                yield at, phrase
                at += n
                break
        else:
            at += 1


def _is_denied(words: Sequence[str], at: int) -> bool:
    return not _NOT.isdisjoint(words[max(0, at - _REACH) : at])


def _look(aspect: Aspect, code: str, **told: Any) -> Check:
    return Check(aspect, "look", Reason(f"canvas.{code}", told))


def _good(aspect: Aspect, code: str, **told: Any) -> Check:
    return Check(aspect, "good", Reason(f"canvas.{code}", told))
