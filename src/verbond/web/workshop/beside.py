"""What lies beside a board for one participant: what bites, what lights up, and whether a promise holds.

Everything is worked out from what this participant sees of the board (`verbond.canvas.Sight`), so nothing
that is private to others is in it, not even as a count. A plain function of that, of the language, and of
what the company's newest diagnosis knows; the sentences are ready, and only the picture is markup.

```
{"circle": svg, "lit": [...], "places": [...], "values": [...], "more": "", "pairs": [...], "tally": {...},
 "overlap": {...}, "legs": {...}, "promises": {id: [...]}, "promise_note": "..."}
```
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Any

from verbond.canvas.credibility import Check, Chosen, check_promise
from verbond.language import Place, Placer
from verbond.language.stems import plain
from verbond.method import CIRCLE
from verbond.plots import CircleTie, CircleValue, draw_lit_circle
from verbond.plots.circle import lit_sectors
from verbond.results import Estimate, Language, sentence

if TYPE_CHECKING:
    from verbond.values import ChosenValue, PairVerdict, ValueSpread

__all__ = ["KINDS", "MOST_PAIRS", "MOST_PROMISES", "MOST_VALUES", "Known", "of"]

KINDS = ("note", "value", "resolution", "promise")
"""What is looked at of a board."""
MOST_VALUES, MOST_PAIRS, MOST_PROMISES = 40, 60, 20
"""So many are looked at, chosen ones first: every pair is judged, and a board may hold thousands."""
SURE = 0.95
"""From here on no other places are proposed."""
_SPELLING = 0.85
_CIRCLE = {v.id: v for v in CIRCLE}
_BITE = ("opposing", "tense")
_KEPT = 8192
_MISSING = object()

Shown = Mapping[str, Any]
"""A thing, as `Sight` shows it."""
Told = dict[str, Any]


@lru_cache(maxsize=4096)
def _placed(text: str, suggests: bool) -> Place:
    return Placer(suggests=suggests)(text)


class _Remembering(Placer):
    """Places words as ever, and remembers them: colleagues look at the same words again and again."""

    def __call__(self, text: str, language: Language | None = None) -> Place:
        return _placed(text, self.suggests) if language is None else super().__call__(text, language)


_PLACER, _SENTENCES = _Remembering(), _Remembering(suggests=False)


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What a diagnosis knows that belongs beside a board; judgements that rest on it are kept with it.

    Attributes
    ----------
    spread : ValueSpread or None
        How the customers' own values go together.
    seen : mapping of str to Estimate
        Value of the circle: what customers see of it in the company, centred.
    """

    spread: ValueSpread | None = None
    seen: Mapping[str, Estimate] = field(default_factory=dict)
    _words: dict[tuple[str, str], ChosenValue] = field(default_factory=dict, init=False, repr=False)
    _pairs: dict[tuple[str, ...], PairVerdict | None] = field(default_factory=dict, init=False, repr=False)
    _reasons: dict[tuple[str, ...], Told] = field(default_factory=dict, init=False, repr=False)

    def word(self, name: str, place: str) -> ChosenValue:
        """What a name was taken for, or what people said that it stands for."""
        return _remembered(self._words, (name, place), lambda: self._checked((name, place)).words[0])

    def pair(self, one: tuple[str, str], other: tuple[str, str]) -> PairVerdict | None:
        """The verdict on two names with their places; None where they are the same word."""
        return _remembered(self._pairs, (*one, *other), lambda: self._judged(one, other))

    def reasons(self, one: tuple[str, str], other: tuple[str, str], language: Language) -> Told:
        """The verdict in words, and what the company's own customers say of it."""
        found = self.pair(one, other)
        return _remembered(self._reasons, (*one, *other, language), lambda: _in_words(found, language))

    def _judged(self, one: tuple[str, str], other: tuple[str, str]) -> PairVerdict | None:
        if plain(one[0]) == plain(other[0]):
            return None
        return self._checked(one, other).pairs[0]

    def _checked(self, *named: tuple[str, str]) -> Any:
        confirmed = {name: (place,) for name, place in named if place}
        from verbond.values import check_values  # it brings kernels along, which no page waits for

        return check_values(
            [name for name, _ in named], confirmed=confirmed, customers=self.spread, placer=_PLACER
        )


def _in_words(found: PairVerdict | None, language: Language) -> Told:
    reasons = found.reasons if found is not None and found.verdict is not None else ()
    customers = [one for one in reasons if one.code.startswith("values.customers_")]
    said = [one.sentence(language) for one in reasons if one not in customers]
    return {
        "said": said[0] if said else "",
        "why": said[1:],
        "correlation_said": " ".join(one.sentence(language) for one in customers),
    }


def _remembered(kept: dict[Any, Any], key: Any, make: Any) -> Any:
    found = kept.get(key, _MISSING)
    if found is _MISSING:
        if len(kept) >= _KEPT:
            kept.clear()  # others may look at this very moment: they make their own
        found = kept[key] = make()
    return found


@dataclass(frozen=True, slots=True)
class _Value:
    """A value that lies on the board, and what it was taken for."""

    id: str
    name: str
    chosen: bool
    word: ChosenValue
    place: str
    sides: Mapping[str, int]

    @property
    def side(self) -> str:
        """On which sides of the canvas notes speak for it."""
        ours, theirs = self.sides["identity"] > 0, self.sides["image"] > 0
        return "both" if ours and theirs else "ours" if ours else "theirs" if theirs else "none"


def of(things: Sequence[Shown], language: Language, known: Known | None = None) -> Told:
    """What lies beside a board.

    Parameters
    ----------
    things : sequence of mapping
        The things that a participant sees, as in `Sight.whole()["things"]`.
    language : {"en", "nl"}
        Hers.
    known : Known, optional
        What the newest diagnosis knows, where participants may see it.

    Returns
    -------
    dict
        As the module's text shows; plain values for JSON.
    """
    known = known or _NOTHING_KNOWN
    by_kind: dict[str, list[Shown]] = {}
    for one in things:
        by_kind.setdefault(one["kind"], []).append(one)
    named = [one for one in by_kind.get("value", []) if plain(one["values"]["name"])]
    values = _values(named, by_kind.get("note", []), known)
    decided = _decided(by_kind.get("resolution", []), {one.id for one in values})
    pairs = _pairs(values, decided, known)
    circle = [CircleValue(one.name, one.word.values, one.chosen) for one in values]
    return {
        "circle": _circle(circle, values, pairs, language),
        "lit": _lit(circle, values, language),
        "places": [
            {"id": v.id, "name": v.name.say(language), "meaning": v.meaning.say(language)} for v in CIRCLE
        ],
        "values": [_value(one, language) for one in values],
        "more": sentence("web_beside.more_values", language, n=len(values), all=len(named))
        if len(named) > len(values)
        else "",
        "pairs": [pair.told(known, language) for pair in pairs[:MOST_PAIRS]],
        "tally": _tally(values, pairs, language),
        "overlap": _overlap(values, language),
        "legs": _legs(values, decided, language),
        "promises": _promises(by_kind.get("promise", []), values, known, language),
        "promise_note": sentence("canvas.promise_note", language),
    }


_NOTHING_KNOWN = Known()


# values


def _values(named: Sequence[Shown], notes: Iterable[Shown], known: Known) -> list[_Value]:
    sides: dict[str, dict[str, int]] = {one["id"]: {"identity": 0, "image": 0} for one in named}
    for note in notes:
        group, side = note["values"]["group"], note["values"]["field"]
        if group in sides and side in sides[group]:
            sides[group][side] += 1
    ranked = sorted(named, key=lambda one: (not one["values"]["chosen"], one["values"]["order"], one["id"]))
    found = []
    for one in ranked[:MOST_VALUES]:
        told = one["values"]
        place = told["place"] if told["place"] in _CIRCLE else ""
        word = known.word(told["name"], place)
        found.append(_Value(one["id"], word.word, told["chosen"], word, place, sides[one["id"]]))
    return found


def _value(one: _Value, language: Language) -> Told:
    word = one.word
    return {
        "id": one.id,
        "name": one.name,
        "chosen": one.chosen,
        "place": one.place,
        "taken_for": [
            {"id": id, "name": _CIRCLE[id].name.say(language), "share": round(share, 2)}
            for id, share in word.values.items()
        ],
        "sureness": word.sureness,
        "how": word.how,
        "said": _taken_for(word, language),
        "suggestions": _suggested(word, language),
        "sides": dict(one.sides),
        "side": one.side,
        "side_said": sentence(f"web_beside.side_{one.side}", language, **one.sides),
    }


def _taken_for(word: ChosenValue, language: Language) -> str:
    if word.how == "confirmed":
        id = next(iter(word.values))
        return sentence("web_beside.word_confirmed", language, word=word.word, value=_CIRCLE[id].name)
    if not word.values:
        code = "negated" if word.how == "negated" else "unknown"
        return sentence(f"web_beside.word_{code}", language, word=word.word)
    return word.taken_for.sentence(language)


def _suggested(word: ChosenValue, language: Language) -> list[Told]:
    """Places to offer first where it is not sure: those it was taken for, else those of near words."""
    if word.sureness >= SURE:
        return []
    because = dict.fromkeys(word.values, ", ".join(word.found))
    for near in word.suggestions:
        place = _PLACER(near).values
        if place and _is_near(plain(word.word), plain(near)):
            because.setdefault(max(place, key=lambda id: place[id]), near)
    return [{"id": id, "name": _CIRCLE[id].name.say(language), "because": why} for id, why in because.items()]


def _is_near(word: str, near: str) -> bool:
    """One begins with the other, or is hardly another spelling: other near spellings mean something else."""
    begins = word.startswith(near) or near.startswith(word)
    return begins or SequenceMatcher(None, word, near).ratio() >= _SPELLING


def _overlap(values: Sequence[_Value], language: Language) -> Told | None:
    """How many values stand on both sides, on one, on none."""
    if not values:
        return None
    counts = {side: sum(one.side == side for one in values) for side in ("both", "ours", "theirs", "none")}
    return {"said": sentence("web_beside.overlap", language, n=len(values), **counts), **counts}


def _circle(
    circle: Sequence[CircleValue], values: Sequence[_Value], pairs: Sequence[_Pair], language: Language
) -> str:
    """The lit circle, with lines between chosen values that bite."""
    at = {one.id: k for k, one in enumerate(values)}
    ties = tuple(
        CircleTie(at[p.one.id], at[p.other.id], "decided" if p.resolution else str(p.verdict))
        for p in pairs
        if p.is_chosen and p.verdict in _BITE
    )
    return _drawn(tuple((one.name, tuple(one.place.items()), one.chosen) for one in circle), ties, language)


@lru_cache(maxsize=64)
def _drawn(
    values: tuple[tuple[str, tuple[tuple[str, float], ...], bool], ...],
    ties: tuple[CircleTie, ...],
    language: Language,
) -> str:
    circle = [CircleValue(name, dict(place), chosen) for name, place, chosen in values]
    return draw_lit_circle(circle, ties, language=language, identity="canvas-circle")


def _lit(circle: Sequence[CircleValue], values: Sequence[_Value], language: Language) -> list[Told]:
    lights = [(one.id, lit_sectors([CircleValue("", one.word.values)])) for one in values]
    return [
        {
            "id": id,
            "name": _CIRCLE[id].name.say(language),
            "chosen": chosen,
            "values": [one for one, inside in lights if id in inside],
        }
        for id, chosen in lit_sectors(circle).items()
    ]


# pairs


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two values that bite, or that somebody decided between."""

    one: _Value
    other: _Value
    found: PairVerdict | None
    resolution: Shown | None

    @property
    def verdict(self) -> str | None:
        """As in `PairVerdict`."""
        return self.found.verdict if self.found is not None else None

    @property
    def is_chosen(self) -> bool:
        """Whether both are chosen."""
        return self.one.chosen and self.other.chosen

    @property
    def rank(self) -> tuple[bool, bool, bool, float]:
        """Open before decided, chosen before others, contradictions first, furthest apart first."""
        degrees = (self.found.degrees if self.found is not None else None) or 0.0
        return self.resolution is not None, not self.is_chosen, self.verdict != "opposing", -degrees

    def told(self, known: Known, language: Language) -> Told:
        """For JSON."""
        return {
            "one": self.one.id,
            "other": self.other.id,
            "verdict": self.verdict,
            "degrees": self.found.degrees if self.found is not None else None,
            "chosen": self.is_chosen,
            **known.reasons((self.one.name, self.one.place), (self.other.name, self.other.place), language),
            "resolved": self.resolution["id"] if self.resolution is not None else "",
            "resolved_said": self._decision(language),
        }

    def _decision(self, language: Language) -> str:
        if self.resolution is None:
            return ""
        told = self.resolution["values"]
        names = {self.one.id: self.one.name, self.other.id: self.other.name}
        code = "decided_kept" if told["kept"] in names else "decided_both"
        words = {"one": self.one.name, "other": self.other.name, "kept": names.get(told["kept"], "")}
        said = [sentence(f"web_beside.{code}", language, **words)]
        for slot in ("concession", "reason"):
            if plain(told[slot]):
                said.append(sentence(f"web_beside.decided_{slot}", language, words=told[slot].strip()))
        return " ".join(said)


def _decided(resolutions: Sequence[Shown], here: set[str]) -> dict[frozenset[str], Shown]:
    """What was decided between two values that both lie there: the last word of each pair."""
    found: dict[frozenset[str], Shown] = {}
    for one in sorted(resolutions, key=lambda one: one["version"]):
        pair = frozenset((one["values"]["one"], one["values"]["other"]))
        if len(pair) == 2 and pair <= here:
            found[pair] = one
    return found


def _pairs(values: Sequence[_Value], decided: Mapping[frozenset[str], Shown], known: Known) -> list[_Pair]:
    found = []
    for one, other in combinations(values, 2):
        judged = known.pair((one.name, one.place), (other.name, other.place))
        resolution = decided.get(frozenset((one.id, other.id)))
        if resolution is not None or (judged is not None and judged.verdict in _BITE):
            found.append(_Pair(one, other, judged, resolution))
    return sorted(found, key=lambda pair: pair.rank)


def _tally(values: Sequence[_Value], pairs: Sequence[_Pair], language: Language) -> Told | None:
    if len(values) < 2:
        return None
    n = sum(bool(one.word.values) for one in values)
    told = {
        "pairs": n * (n - 1) // 2,
        "opposing": sum(pair.verdict == "opposing" for pair in pairs),
        "tense": sum(pair.verdict == "tense" for pair in pairs),
        "decided": sum(pair.resolution is not None for pair in pairs),
        "unknown": len(values) - n,
    }
    said = [sentence("web_beside.tally", language, **told)]
    if told["decided"]:
        said.append(sentence("web_beside.tally_decided", language, n=told["decided"]))
    if told["unknown"]:
        said.append(sentence("web_beside.tally_unknown", language, n=told["unknown"]))
    if len(pairs) > MOST_PAIRS:
        said.append(sentence("web_beside.tally_more", language, most=MOST_PAIRS))
    return {"said": " ".join(said), **told}


def _legs(
    values: Sequence[_Value], decided: Mapping[frozenset[str], Shown], language: Language
) -> Told | None:
    """Standing on two legs: chosen values of the deal and of care at once."""
    sides = {
        kind: [one for one in values if one.chosen and one.word.relationship == kind]
        for kind in ("market", "meaning")
    }
    market, meaning = sides["market"], sides["meaning"]
    if not market or not meaning:
        return None
    resolved = all(
        decided.get(frozenset((a.id, b.id)), {"values": {"kept": ""}})["values"]["kept"] in (a.id, b.id)
        for a in market
        for b in meaning
    )
    words = {kind: [one.name for one in there] for kind, there in sides.items()}
    return {
        "said": sentence("web_beside.legs_decided" if resolved else "web_beside.legs", language, **words),
        "resolved": resolved,
        **{kind: [one.id for one in there] for kind, there in sides.items()},
    }


# promises


def _promises(
    promises: Sequence[Shown], values: Sequence[_Value], known: Known, language: Language
) -> dict[str, list[Told]]:
    chosen = tuple(Chosen(one.name, one.word.values, one.word.relationship) for one in values if one.chosen)
    ranked = sorted(
        promises, key=lambda one: (not one["values"]["chosen"], one["values"]["order"], one["id"])
    )
    return {
        one["id"]: [_check(check, language) for check in _checked(one["values"], chosen, known)]
        for one in ranked[:MOST_PROMISES]
    }


def _checked(told: Mapping[str, Any], chosen: Sequence[Chosen], known: Known) -> tuple[Check, ...]:
    return check_promise(
        told["text"], measure=told["measure"], size=told["size"], keeps=told["keeps"], breaks=told["breaks"],
        values=chosen, seen=known.seen, placer=_SENTENCES,
    )  # fmt: skip


def _check(check: Check, language: Language) -> Told:
    return {
        "code": check.reason.code.partition(".")[2],
        "aspect": check.aspect,
        "kind": check.kind,
        "said": check.reason.sentence(language),
    }
