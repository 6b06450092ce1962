"""Messages beside a promise: fits, look again, or conflicts, with the reason. Nothing is blocked by it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np

from verbond.expressions.judging import (
    Judge,
    VectorJudge,
    WordJudge,
    shipped_judge,
    words_against,
    words_refused,
)
from verbond.expressions.kinds import CONFLICTS, FITS, LIKE, Verdict
from verbond.expressions.lexicon import CLAUSE_END, idle_negations, is_declined
from verbond.expressions.promise import Promise
from verbond.expressions.rating import EncoderRater, Evidence, Rater, Rating, evidence_of, find_rater, rate
from verbond.expressions.reading import LONGEST
from verbond.language.stems import NEGATIONS
from verbond.method import RELATIONSHIP_TYPES
from verbond.results import ProgressFunction, Provenance, Reason, Result, plain, silent
from verbond.results.wording import Language

__all__ = ["Audit", "Judged", "Nearest", "audit"]

_CLEAR = 0.5
"""Probability of another relationship from which it is the reason."""
_REFUSED = 4
"""A never-word this many words behind a negation is refused."""
_WORD = re.compile(r"[\w'’]+")
_SENTENCE = re.compile(r"[^.!?;\n]+[.!?;]*")
_READ_ALL_THE_SAME = ("expressions.no_known_words", "expressions_teaching.colleagues_differ")
_NAMES = {kind.id: kind.name for kind in RELATIONSHIP_TYPES}


class Quoted(Protocol):
    """Words of a message."""

    text: str


class Judgement(Protocol):
    """What a rater says of a message beside a promise; with a reason of its own, or None."""

    conflict: float | None
    quote: Quoted | None
    reason: Reason | None


@runtime_checkable
class _Saying(Protocol):
    """A rater that says why by itself."""

    def verdicts(
        self, texts: Sequence[str], languages: Sequence[str], promise: Promise
    ) -> Sequence[Judgement]: ...


@dataclass(frozen=True, slots=True)
class _Said:
    conflict: float | None
    quote: Quoted | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Nearest:
    """The example of the promise that a message is most like.

    Attributes
    ----------
    text : str
    side : {"keeps", "breaks"}
    similarity : float
        Cosine, -1..1, less what all texts share.
    """

    text: str
    side: Literal["keeps", "breaks"]
    similarity: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A message beside the promise.

    Attributes
    ----------
    rating : Rating
        What it offers and expresses.
    verdict : {"fits", "check", "conflicts", ""}
        "" where it is not judged.
    conflict : float or None
        Calibrated probability.
    reason : Reason
        Why.
    nearest : Nearest or None
    words : tuple of Evidence
        Words that did it: of a rule, of our list, or the passage that weighs most.
    """

    rating: Rating
    verdict: Verdict
    conflict: float | None
    reason: Reason
    nearest: Nearest | None = None
    words: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Audit(Result):
    """Messages beside a promise.

    Attributes
    ----------
    promise : Promise
    messages : tuple of Judged
        In the order given.
    rater : str
        Name and version of what rated them.
    headline : Reason
    reasons : tuple of Reason
        What to know of the rater and the promise.
    provenance : Provenance
    """

    promise: Promise
    messages: tuple[Judged, ...]
    rater: str
    headline: Reason
    reasons: tuple[Reason, ...]
    provenance: Provenance

    def to_dict(self, language: Language = "en") -> dict[str, Any]:
        """As plain values; each message as a row of `to_dicts`, with its rating."""
        rows = [
            row | {"relationship": plain(one.rating.relationship), "values": plain(one.rating.values)}
            for row, one in zip(self.to_dicts(language), self.messages, strict=True)
        ]
        rest = {name: plain(getattr(self, name)) for name in self.__slots__ if name != "messages"}
        return {"messages": rows} | rest

    def to_dicts(self, language: Language = "en") -> list[dict[str, Any]]:
        """A row a message, with its reason in a language."""
        return [
            {
                "text": one.rating.text,
                "verdict": one.verdict,
                "conflict": one.conflict,
                "reason": one.reason.sentence(language),
                "nearest": one.nearest.text if one.nearest else None,
                "words": [word.text for word in one.words],
                "language": one.rating.language,
            }
            for one in self.messages
        ]


def audit(
    texts: Sequence[str],
    promise: Promise,
    languages: Sequence[str | None] | None = None,
    *,
    rater: Rater | None = None,
    name: str = "messages",
    progress: ProgressFunction = silent,
) -> Audit:
    """Set messages beside a promise.

    Parameters
    ----------
    texts : sequence of str
    promise : Promise
        Four examples that keep it and four that break it teach most of what can be taught so.
    languages : sequence of {"nl", "en", None}, optional
        Found out where not given.
    rater : Rater, optional
        The best that is installed where not given, the thorough one. One that has a method `judge` judges by
        itself.
    name : str
        Of the source.
    progress : callable
        Told after each batch of 64 different texts.

    Returns
    -------
    Audit
        "check" means: a person should look. Nothing here says that a message must not be sent.

    Examples
    --------
    >>> promise = Promise("Clothes that last.", words_never=("sale",))
    >>> found = audit(["Our sale starts today.", "There is no sale here."], promise, ["en", "en"])
    >>> found.messages[0].verdict
    'conflicts'
    """
    rater = find_rater(thorough=True) if rater is None else rater
    if isinstance(rater, EncoderRater):
        rater = rater.remembering()
    ratings = rate(texts, languages, rater=rater, name=name, progress=progress)
    here = [i for i, one in enumerate(ratings.messages) if one.language and not _unread(one)]
    read = [ratings.messages[i] for i in here]
    spoken = [one.text[:LONGEST] for one in read], [one.language for one in read]
    judge = _judge_of(rater)
    if isinstance(rater, _Saying):
        said = rater.verdicts(*spoken, promise)
    else:
        said = [_Said(None if np.isnan(p) else float(p)) for p in judge.judge(*spoken, promise)]  # type: ignore[arg-type]
    told = dict(zip(here, zip(said, _nearest(rater, read, promise), strict=True), strict=True))
    judged = tuple(
        _judged(one, promise, *told[i], judge) if i in told
        else _unread_judged(one, promise)
        for i, one in enumerate(ratings.messages)
    )  # fmt: skip
    n = {verdict: sum(one.verdict == verdict for one in judged) for verdict in ("fits", "check", "conflicts")}
    return Audit(
        promise, judged, ratings.rater,
        Reason("expressions.audited", {"n": n["conflicts"], "check": n["check"], "of": sum(n.values())}),
        (*_of_promise(promise), *ratings.reasons),
        Provenance(source=name, fingerprint=_fingerprint(texts, promise)),
    )  # fmt: skip


def _judge_of(rater: Rater) -> Judge:
    if hasattr(rater, "judge"):
        return rater  # type: ignore[return-value]
    if isinstance(rater, EncoderRater) and (against := shipped_judge(rater.name)) is not None:
        return VectorJudge(rater.encoder, rater.heads, against)
    return WordJudge()


def _unread(rating: Rating) -> bool:
    """It says too little, or in another language; one without a rating may yet break a promise."""
    return rating.abstained and (rating.reason is None or rating.reason.code not in _READ_ALL_THE_SAME)


def _unread_judged(rating: Rating, promise: Promise) -> Judged:
    """What says too little: a rule holds for it all the same ("Clearance!")."""
    language: Language = rating.language or "nl"  # type: ignore[assignment]
    if never := _found(rating.text[:LONGEST], promise.words_never, language):
        reason = Reason("expressions.word_never", {"word": never[0].text})
        return Judged(rating, "conflicts", 0.95, reason, None, never)
    return Judged(rating, "", None, rating.reason or Reason("expressions.empty"))


def _of_promise(promise: Promise) -> Iterable[Reason]:
    if min(len(promise.keeps), len(promise.breaks)) < 4:
        yield Reason("expressions.few_examples", {"keeps": len(promise.keeps), "breaks": len(promise.breaks)})


def _fingerprint(texts: Sequence[str], promise: Promise) -> str:
    told = [promise.text, promise.relationship, *promise.values, *promise.keeps, "|", *promise.breaks]
    return hashlib.sha256(
        "\0".join([*told, *promise.words_never, *promise.words_always, *texts]).encode()
    ).hexdigest()[:16]


def _judged(
    rating: Rating, promise: Promise, said: Judgement, nearest: Nearest | None, judge: Judge
) -> Judged:
    language: Language = rating.language  # type: ignore[assignment]
    text = rating.text[:LONGEST]
    sure = said.conflict
    if never := _found(text, promise.words_never, language):
        reason = Reason("expressions.word_never", {"word": never[0].text})
        return Judged(rating, "conflicts", max(sure or 0.0, 0.95), reason, nearest, never)
    if (always := [word for word in promise.words_always if word.strip()]) and not _found(
        text, always, language, refused=True
    ):
        told = {"words": always}
        if sure is None or sure < CONFLICTS:
            return Judged(rating, "check", sure, Reason("expressions.word_always", told), nearest)
    if sure is None:
        return Judged(rating, "", None, said.reason or Reason("expressions.no_known_words"), nearest)
    if said.reason is None and sure >= FITS and words_refused(text, language, promise):
        sure = FITS / 2  # "no sale here": what is refused does not count, and nothing else stands against it
    verdict: Verdict = "fits" if sure < FITS else "conflicts" if sure >= CONFLICTS else "check"
    if said.reason is not None:
        return Judged(rating, verdict, sure, said.reason, nearest, _quoted(text, said.quote))
    return Judged(
        rating, verdict, sure, _why(rating, promise, verdict, nearest), nearest,
        () if verdict == "fits" else _words(text, language, promise, sure, judge),
    )  # fmt: skip


def _quoted(text: str, quote: Quoted | None) -> tuple[Evidence, ...]:
    start = text.find(quote.text) if quote is not None and quote.text else -1
    return (Evidence(start, start + len(quote.text), quote.text, "passage"),) if quote and start >= 0 else ()


def _why(rating: Rating, promise: Promise, verdict: Verdict, nearest: Nearest | None) -> Reason:
    """What a person can check: an example, another relationship, words; else that it is no one thing."""
    if nearest is not None and nearest.similarity >= LIKE:
        if verdict == "fits" and nearest.side == "keeps":
            return Reason("expressions.like_keeps", {"example": nearest.text})
        if verdict != "fits" and nearest.side == "breaks":
            return Reason("expressions.like_breaks", {"example": nearest.text})
    if verdict == "fits":
        return Reason("expressions.nothing_against")
    other = {k: p for k, p in rating.relationship.items() if k not in ("none", promise.relationship)}
    strongest = max(other, key=lambda k: other[k], default="")
    if promise.relationship and strongest and other[strongest] >= _CLEAR:
        told = {"offers": _NAMES[strongest], "promised": _NAMES[promise.relationship]}
        return Reason("expressions.other_relationship", told)
    against = words_against(rating.text[:LONGEST], rating.language, promise)  # type: ignore[arg-type]
    if against:
        return Reason("expressions.words_against", {"words": [hit.text for hit in against[:3]]})
    return Reason("expressions.tone_against")


def _words(
    text: str, language: Language, promise: Promise, conflict: float, judge: Judge
) -> tuple[Evidence, ...]:
    """Words of our list that go against the promise; where there are none, the sentence that weighs most."""
    hits = tuple(evidence_of(hit) for hit in words_against(text, language, promise))
    parts = [found for found in _SENTENCE.finditer(text) if found[0].strip()]
    if hits or not 2 <= len(parts) <= 12:
        return hits
    without = [text[: part.start()] + text[part.end() :] for part in parts]
    left = judge.judge(without, [language] * len(parts), promise)
    if np.isnan(left).all() or conflict - np.nanmin(left) < 0.05:
        return ()
    part = parts[int(np.nanargmin(left))]
    start = part.start() + len(part[0]) - len(part[0].lstrip())
    return (Evidence(start, part.end(), text[start : part.end()], "passage"),)


def _found(
    text: str, words: Sequence[str], language: Language, *, refused: bool = False
) -> tuple[Evidence, ...]:
    """Where words of a rule stand, whole; without those that are refused ("no sale here") unless asked."""
    found, idle = [], idle_negations(text, language)
    for word in filter(None, (word.strip() for word in words)):
        for hit in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE):
            if refused or not (
                _is_refused(text, hit.start(), language, idle) or is_declined(text, hit.end(), language, idle)
            ):
                found.append(Evidence(hit.start(), hit.end(), text[hit.start() : hit.end()], "rule"))
    return tuple(found)


def _is_refused(text: str, at: int, language: Language, idle: tuple[tuple[int, int], ...]) -> bool:
    """Whether a negation stands a few words before, in the same clause."""
    since = max(0, at - 80)
    words = list(_WORD.finditer(text, since, at))[-_REFUSED:]
    return any(
        word[0].lower().replace("’", "'") in NEGATIONS[language]
        and not CLAUSE_END.search(text, word.end(), at)
        and not any(start <= word.start() < end for start, end in idle)
        for word in words
    )


def _nearest(rater: Rater, read: Sequence[Rating], promise: Promise) -> list[Nearest | None]:
    told = [*promise.keeps, *promise.breaks]
    if not isinstance(rater, EncoderRater) or not told or not read:
        return [None] * len(read)
    near = rater.similarity([one.text[:LONGEST] for one in read], told)
    best = near.argmax(axis=1)
    return [
        Nearest(told[j], "keeps" if j < len(promise.keeps) else "breaks", float(near[i, j]))
        for i, j in enumerate(best)
    ]
