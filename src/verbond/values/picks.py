"""The short way, for a workshop: from a list of words, pick ten of your own, ten seen, and ten wished for.

No scale and no scores: counts of words. What is shared is set beside what shared picks would be by chance.
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from verbond.errors import DataError, NotFoundError, ReadError
from verbond.language.stems import plain
from verbond.language.wordlist import WORDS, Word
from verbond.numerics.intervals import mean_interval
from verbond.results import Estimate, Language, Provenance, Reason, Result
from verbond.results.groups import MIN_GROUP

__all__ = [
    "N_PICKS",
    "SIDES",
    "PickList",
    "PickedWord",
    "PicksResult",
    "compare_picks",
    "read_picks",
    "words_to_pick",
]

N_PICKS = 10
"""Words that each person picks of each kind."""
SIDES = ("own", "seen", "wished")
"""One's own values, those seen in the company now, and those wished for."""
PER_VALUE = 6
"""Words of the list about each value."""


@dataclass(frozen=True, slots=True)
class PickedWord:
    """One word of the list.

    Attributes
    ----------
    word : str
    value : str
        The value of the circle that it stands for most.
    own, seen, wished : int or None
        People who picked it; None where those are fewer than five but not nobody, or can be reckoned.
    """

    word: str
    value: str
    own: int | None
    seen: int | None
    wished: int | None


@dataclass(frozen=True, slots=True)
class PicksResult(Result):
    """What a group picked.

    Attributes
    ----------
    n_people : int
    words : tuple of PickedWord
        Most picked first.
    own_in_seen, wished_in_seen, own_in_wished : Estimate
        Words that a person picked on both sides, on average, of the ten.
    by_chance : float
        What that would be if people picked at random from the list.
    values : dict of str to dict of str to float
        Side: share by value of the circle of the picks that are shown, 0..1.
    warnings : tuple of Reason
    provenance : Provenance
    """

    n_people: int
    words: tuple[PickedWord, ...]
    own_in_seen: Estimate
    wished_in_seen: Estimate
    own_in_wished: Estimate
    by_chance: float
    values: dict[str, dict[str, float]]
    warnings: tuple[Reason, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a word that anybody picked."""
        return [
            {"word": w.word, "value": w.value, "own": w.own, "seen": w.seen, "wished": w.wished}
            for w in self.words
        ]


@dataclass(frozen=True, slots=True)
class PickList(Result):
    """The list to pick from.

    Attributes
    ----------
    language : {"en", "nl"}
    words : tuple of str
    """

    language: Language
    words: tuple[str, ...]

    @classmethod
    def of(cls, language: Language) -> PickList:
        """The list in a language."""
        return cls(language, tuple(word for word, _ in words_to_pick(language)))

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a word."""
        return [{"word": word} for word in self.words]


def read_picks(path: Path | str) -> dict[str, dict[str, list[str]]]:
    """Read picks from a CSV with the columns person, side and word.

    Returns
    -------
    dict
        Person: side: words, as `compare_picks` takes them.

    Raises
    ------
    NotFoundError, ReadError
        If the file is not there, or lacks a column.
    """
    path = Path(path)
    if not path.is_file():
        raise NotFoundError(f"no file {path}")
    found: dict[str, dict[str, list[str]]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = [c for c in ("person", "side", "word") if c not in (rows.fieldnames or ())]
            if missing:
                got = ", ".join(rows.fieldnames or ()) or "no header"
                raise ReadError(
                    f"there is no column {missing[0]!r}", file=path.name, value=got,
                    expected="person, side, word",
                )  # fmt: skip
            for row in rows:
                if row["word"] and row["word"].strip():
                    found.setdefault(row["person"], {}).setdefault(row["side"], []).append(row["word"])
    except UnicodeDecodeError:
        raise ReadError("this is no text", file=path.name, expected="a CSV in UTF-8") from None
    return found


def words_to_pick(language: Language = "en") -> tuple[tuple[str, str], ...]:
    """The list to pick from: some sixty words, as many about each value as the list has, with their value.

    Parameters
    ----------
    language : {"en", "nl"}

    Returns
    -------
    tuple of (str, str)
        Word and value, in alphabetical order of the words: nobody should see the circle in it.

    Examples
    --------
    >>> len(words_to_pick("nl")) >= 50, ("duurzaam", "universalism") in words_to_pick("nl")
    (True, True)
    """
    found: dict[str, str] = {}
    for word in _usable():
        value = max(word.values, key=lambda v: word.values[v])
        if sum(v == value for v in found.values()) < PER_VALUE:
            found.setdefault(word.say(language), value)
    return tuple(sorted(found.items(), key=lambda pair: plain(pair[0])))


def _usable() -> list[Word]:
    """Lines clearly about one value, deals left out: nobody picks a discount as a value of their own."""
    return [w for w in WORDS if max(w.values.values()) >= 0.6 and w.relationship != "market"]


def compare_picks(
    picks: Mapping[str, Mapping[str, Sequence[str]]],
    *,
    language: Language = "en",
    ci_level: float = 0.95,
    provenance: Provenance | None = None,
) -> PicksResult:
    """Count what people picked, and what their own, seen and wished words share.

    Parameters
    ----------
    picks : mapping of str to mapping of str to sequence of str
        Person: side ("own", "seen", "wished"): words of `words_to_pick`.
    language : {"en", "nl"}
        Of the words.
    ci_level : float
    provenance : Provenance, optional

    Returns
    -------
    PicksResult
        With fewer than five people only their number.

    Raises
    ------
    DataError
        For a side or a word that does not exist.
    """
    listed = {plain(word): (word, value) for word, value in words_to_pick(language)}
    chosen = {who: _checked(who, sides, listed) for who, sides in picks.items()}
    if len(chosen) < MIN_GROUP:
        reason = Reason("values.too_small_group", {"least": MIN_GROUP})
        hidden, chance = Estimate(None, ci_level=ci_level, reason=reason), N_PICKS**2 / len(listed)
        nothing = PicksResult(len(chosen), (), hidden, hidden, hidden, chance, {}, (reason,))
        return nothing if provenance is None else dataclasses.replace(nothing, provenance=provenance)
    counts = {key: [sum(key in sides[s] for sides in chosen.values()) for s in SIDES] for key in listed}
    shown = _shown(counts)
    ranked = sorted((k for k in counts if any(counts[k])), key=lambda k: (-sum(counts[k]), k))
    several = sum(len(sides[s]) != N_PICKS for sides in chosen.values() for s in SIDES if sides[s])
    return PicksResult(
        n_people=len(chosen),
        words=tuple(PickedWord(*listed[k], *shown[k]) for k in ranked),
        own_in_seen=_shared(chosen, "own", "seen", ci_level),
        wished_in_seen=_shared(chosen, "wished", "seen", ci_level),
        own_in_wished=_shared(chosen, "own", "wished", ci_level),
        by_chance=N_PICKS**2 / len(listed),
        values={s: _shares(shown, listed, j) for j, s in enumerate(SIDES)},
        warnings=(Reason("values.not_ten_picks", {"n": several, "ten": N_PICKS}),) if several else (),
        provenance=provenance or Provenance(),
    )


def _checked(
    who: str, sides: Mapping[str, Sequence[str]], listed: Mapping[str, tuple[str, str]]
) -> dict[str, set[str]]:
    strange = [side for side in sides if side not in SIDES]
    if strange:
        raise DataError("no such side", got=repr(strange[0]), expected=", ".join(SIDES))
    unknown = [w for words in sides.values() for w in words if plain(w) not in listed]
    if unknown:
        raise DataError(
            f"{who} picked a word that is not in the list", got=repr(unknown[0]),
            expected="a word of words_to_pick()",
        )  # fmt: skip
    return {side: {plain(w) for w in sides.get(side, ())} for side in SIDES}


def _shown(counts: Mapping[str, list[int]]) -> dict[str, list[int | None]]:
    """Counts without those of one to four people; a single hidden one takes the smallest other with it.

    For everybody picks ten, so that all but one give the last away.
    """
    shown: dict[str, list[int | None]] = {key: list(count) for key, count in counts.items()}
    for side in range(len(SIDES)):
        picked = sorted((c[side], key) for key, c in counts.items() if c[side])
        hidden = [key for n, key in picked if n < MIN_GROUP]
        if len(hidden) == 1:
            hidden = [key for _, key in picked[:2]]
        for key in hidden:
            shown[key][side] = None
    return shown


def _shared(chosen: Mapping[str, Mapping[str, set[str]]], a: str, b: str, ci_level: float) -> Estimate:
    both = np.array([len(s[a] & s[b]) for s in chosen.values() if s[a] and s[b]], dtype=np.float64)
    if len(both) < MIN_GROUP:
        reason = Reason("values.too_small_group", {"least": MIN_GROUP})
        return Estimate(None, ci_level=ci_level, reason=reason)
    return Estimate(*mean_interval(both, ci_level=ci_level), len(both), ci_level)


def _shares(
    shown: Mapping[str, list[int | None]], listed: Mapping[str, tuple[str, str]], side: int
) -> dict[str, float]:
    """Share by value of the picks of a side that are shown."""
    found: dict[str, float] = {}
    for key, count in shown.items():
        if count[side]:
            found[listed[key][1]] = found.get(listed[key][1], 0.0) + count[side]
    total = sum(found.values())
    return {value: n / total for value, n in found.items()}
