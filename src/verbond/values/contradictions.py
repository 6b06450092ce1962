"""Which of the chosen values bite each other, and why.

A pair is judged by how far its two places stand apart on the value circle and by the relationship types that
the words belong to: a deal beside something that means something is one step worse than the circle alone
says. Given answers of customers, the correlation between the two among them stands beside the judgement; it
never replaces it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, Literal

from verbond.errors import OptionError
from verbond.language import Placer
from verbond.language.stems import plain
from verbond.method import CIRCLE, RELATIONSHIP_TYPES, opposition
from verbond.results import Estimate, Language, Provenance, Reason, Result
from verbond.results.wording import check_language
from verbond.values.names import circle_place, value_named
from verbond.values.profiles import Profiles, ValueSpread, association

__all__ = ["ChosenValue", "Contradictions", "PairVerdict", "Verdict", "check_values", "mean_opposition"]

Verdict = Literal["supporting", "neutral", "tense", "opposing"]
STEPS: tuple[Verdict, ...] = ("supporting", "neutral", "tense", "opposing")
BOUNDS = (60.0, 100.0, 140.0)
"""Degrees apart at which a verdict ends: halfway between neighbours (40), one between (80), and so on."""
DIVIDED = 70.0
"""A word whose own values stand more than this apart, on average, points two ways."""
_TYPES = {t.id: t for t in RELATIONSHIP_TYPES}
_NAMES = {v.id: v.name for v in CIRCLE}


@dataclass(frozen=True, slots=True)
class ChosenValue:
    """A word that somebody chose, and what it was taken for: to be confirmed.

    Attributes
    ----------
    word : str
        As given.
    values : mapping of str to float
        Ids of values on the circle of ten, weights that sum to 1; empty where it is not known.
    relationship : str or None
        The relationship type that it belongs to.
    sureness : float
        0..1; a judgement, no probability. 1 for names of the circle and for what somebody confirmed.
    how : str
        "name", "confirmed", or as in `verbond.language.Place`.
    found : tuple of str
        The words of our list that it rests on.
    suggestions : tuple of str
        Where it is not known: near words.
    taken_for : Reason
        What it was taken for, as a sentence.
    """

    word: str
    values: Mapping[str, float]
    relationship: str | None
    sureness: float
    how: str
    found: tuple[str, ...]
    suggestions: tuple[str, ...]
    taken_for: Reason


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """Two chosen values beside each other.

    Attributes
    ----------
    a, b : str
        The words.
    verdict : {"supporting", "neutral", "tense", "opposing"} or None
        None where a word is not known.
    degrees : float or None
        How far apart on the circle, 0..180; over words with several values the weighted mean.
    correlation : Estimate or None
        Between the two among the company's customers, each centred on the person's own mean; None without
        answers.
    expected_correlation : float or None
        What centring alone would give if the values had nothing to do with each other.
    reasons : tuple of Reason
        Why, most important first.
    """

    a: str
    b: str
    verdict: Verdict | None
    degrees: float | None
    correlation: Estimate | None
    expected_correlation: float | None
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Contradictions(Result):
    """Every pair of the chosen values, judged.

    Attributes
    ----------
    words : tuple of ChosenValue
    pairs : tuple of PairVerdict
        In the order of the words.
    warnings : tuple of Reason
    language : {"en", "nl"}
        In which `to_dict` gives the sentence of each pair under "reason".
    provenance : Provenance
    """

    words: tuple[ChosenValue, ...]
    pairs: tuple[PairVerdict, ...]
    warnings: tuple[Reason, ...] = ()
    language: Language = "en"
    provenance: Provenance = field(default_factory=Provenance)

    def to_dict(self) -> dict[str, Any]:
        """As any result; each pair has its sentence under "reason", each word under "sentence"."""
        whole = Result.to_dict(self)
        for row, pair in zip(whole["pairs"], self.pairs, strict=True):
            row["reason"] = self._sentence(pair)
        for row, word in zip(whole["words"], self.words, strict=True):
            row["sentence"] = word.taken_for.sentence(self.language)
        return whole

    def to_dicts(self) -> list[dict[str, Any]]:
        """One row a pair."""
        return [
            {
                "a": pair.a,
                "b": pair.b,
                "verdict": pair.verdict,
                "degrees": pair.degrees,
                "correlation": pair.correlation.value if pair.correlation is not None else None,
                "reason": self._sentence(pair),
            }
            for pair in self.pairs
        ]

    def _sentence(self, pair: PairVerdict) -> str:
        return " ".join(reason.sentence(self.language) for reason in pair.reasons)


def check_values(
    words: Sequence[str],
    *,
    confirmed: Mapping[str, Sequence[str]] | None = None,
    customers: Profiles | ValueSpread | None = None,
    language: Language = "en",
    placer: Placer | None = None,
) -> Contradictions:
    """Judge every pair of chosen values.

    Parameters
    ----------
    words : sequence of str
        Names of values on the circle, or free words in Dutch or English ("laagste prijs").
    confirmed : mapping of str to sequence of str, optional
        Word: the values that it stands for, where somebody has said so.
    customers : Profiles or ValueSpread, optional
        The customers' own values, for the correlations.
    language : {"en", "nl"}
        Of the sentences.
    placer : Placer, optional
        What places free words; by default our list, and the encoder that is installed.

    Returns
    -------
    Contradictions

    Raises
    ------
    OptionError
        Without words, for an empty word, and for a confirmed value that is not on the circle.

    Examples
    --------
    >>> result = check_values(["laagste prijs", "bijdragen aan een duurzame wereld", "zorg voor elkaar"])
    >>> [(pair.verdict, round(pair.degrees)) for pair in result.pairs]
    [('opposing', 160), ('opposing', 133), ('supporting', 40)]
    """
    check_language(language)
    if not words:
        raise OptionError("there is nothing to check", expected="two words or more")
    if any(not plain(word) for word in words):
        raise OptionError("a word is empty", expected="a value, or words for it")
    placer = placer or Placer()
    said = {plain(word): tuple(values) for word, values in (confirmed or {}).items()}
    different = {plain(word): word.strip() for word in reversed(words)}
    chosen = tuple(_choose(word, said.get(key), placer) for key, word in reversed(different.items()))
    warnings = []
    if len(different) < len(words):
        warnings.append(Reason("values.same_word_twice", {"n": len(words) - len(different)}))
    if len(chosen) < 2:
        warnings.append(Reason("values.one_word", {"word": chosen[0].word}))
    pairs = tuple(_judge(a, b, customers) for a, b in combinations(chosen, 2))
    source = customers.provenance if customers is not None else Provenance()
    return Contradictions(chosen, pairs, tuple(warnings), language, source)


def mean_opposition(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    """Degrees that two places stand apart on average over the values in them, weighted.

    Examples
    --------
    >>> mean_opposition({"power": 0.5, "achievement": 0.5}, {"benevolence": 1.0})
    140.0
    """
    return sum(wa * wb * opposition(va, vb) for va, wa in a.items() for vb, wb in b.items())


def _choose(word: str, confirmed: tuple[str, ...] | None, placer: Placer) -> ChosenValue:
    if confirmed is not None:
        ids = [value_named(name) for name in confirmed]
        values: Mapping[str, float] = {id: 1 / len(ids) for id in ids}
        return _chosen(word, values, _type_of(values), 1.0, "confirmed")
    named = circle_place(word)
    if named is not None:
        return _chosen(word, named, _type_of(named), 1.0, "name")
    place = placer(word)
    found = tuple(dict.fromkeys(part.text for part in place.parts))
    return _chosen(
        word, place.values, place.relationship, place.sureness, place.how, found, place.suggestions
    )


def _chosen(
    word: str,
    values: Mapping[str, float],
    relationship: str | None,
    sureness: float,
    how: str,
    found: tuple[str, ...] = (),
    suggestions: tuple[str, ...] = (),
) -> ChosenValue:
    told: dict[str, Any] = {"word": word}
    if not values:
        code = "values.word_negated" if how == "negated" else "values.word_unknown"
        if suggestions:
            code, told["suggestions"] = "values.word_unknown_near", list(suggestions)
    else:
        told |= {"values": [_NAMES[v] for v in values], "sureness": sureness, "found": list(found)}
        code = f"values.taken_{how}"
    return ChosenValue(
        word, dict(values), relationship, sureness, how, found, suggestions, Reason(code, told)
    )


def _type_of(values: Mapping[str, float]) -> str | None:
    """The relationship type on whose side of the circle all values lie."""
    sides = {v.higher_order for v in CIRCLE if v.id in values}
    return next((t.id for t in RELATIONSHIP_TYPES if {t.value_side} == sides), None)


def _judge(a: ChosenValue, b: ChosenValue, customers: Profiles | ValueSpread | None) -> PairVerdict:
    unknown = [word for word in (a, b) if not word.values]
    if unknown:
        return PairVerdict(a.word, b.word, None, None, None, None, tuple(w.taken_for for w in unknown))
    degrees = mean_opposition(a.values, b.values)
    if dict(a.values) == dict(b.values):
        degrees = 0.0
    step = sum(degrees > bound for bound in BOUNDS)
    clash = {a.relationship, b.relationship} == {"market", "meaning"}
    verdict = STEPS[min(step + clash, len(STEPS) - 1)]
    told = _told(a, b, degrees)
    by_name = all(w.how == "name" and len(w.values) == 1 for w in (a, b))
    code = f"pair_{verdict}{'_named' * by_name}" if degrees else "pair_same"
    reasons = [Reason(f"values.{code}", told)]
    if clash and not by_name:
        reasons.append(Reason("values.pair_types", told))
    reasons += [
        Reason("values.divided_word", {"word": w.word, "values": [_NAMES[v] for v in w.values]})
        for w in (a, b)
        if mean_opposition(w.values, w.values) > DIVIDED
    ]
    found = association(customers, a.values, b.values) if customers is not None else None
    if found is None or not degrees:
        return PairVerdict(a.word, b.word, verdict, round(degrees, 1), None, None, tuple(reasons))
    reasons.append(_among_customers(found[0], found[1], verdict))
    return PairVerdict(a.word, b.word, verdict, round(degrees, 1), found[0], found[1], tuple(reasons))


def _told(a: ChosenValue, b: ChosenValue, degrees: float) -> dict[str, Any]:
    told: dict[str, Any] = {"degrees": degrees}
    for side, word in (("a", a), ("b", b)):
        named = word.how == "name" and len(word.values) == 1
        told[side] = _NAMES[next(iter(word.values))] if named else word.word
        told[f"{side}_values"] = [_NAMES[v] for v in word.values]
        if word.relationship is not None:
            told[f"{side}_type"] = _TYPES[word.relationship].name
    return told


def _among_customers(found: Estimate, expected: float, verdict: Verdict) -> Reason:
    """What this company's customers say of the pair, beside what the circle says."""
    if found.value is None or found.ci_lower is None or found.ci_upper is None:
        return found.reason or Reason("values.customers_too_few")
    values = {"r": found.value, "low": found.ci_lower, "high": found.ci_upper, "n": found.n_obs}
    apart = STEPS.index(verdict) >= 2
    if found.ci_upper < expected:
        code = "customers_bite" if apart else "customers_bite_after_all"
    elif found.ci_lower > expected:
        code = "customers_fit_after_all" if apart else "customers_fit"
    else:
        code = "customers_silent"
    return Reason(f"values.{code}", values | {"expected": expected})
