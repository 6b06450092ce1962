"""The rater that a company's people taught: heads learned anew, and a label where a message is the same."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from verbond.errors import DataError, MissingExtraError
from verbond.expressions.heads import shipped_heads
from verbond.expressions.judging import Judge, VectorJudge, WordJudge, shipped_judge
from verbond.expressions.kinds import RELATIONSHIPS, VALUES
from verbond.expressions.promise import Promise
from verbond.expressions.rating import EncoderRater
from verbond.expressions.teaching.labels import Opinion, normal
from verbond.expressions.teaching.lesson import Lesson
from verbond.language import Encoder, find_encoder
from verbond.results import Reason
from verbond.results.wording import Language

__all__ = ["SAME", "TaughtRater", "taught_promise", "taught_rater"]

SAME = 0.9
"""Cosine (centred) from which a message is nearly the same as one with a label."""
SURE = 0.9
"""What a label counts for beside what the heads say."""
MOST_EXAMPLES = 20
_CONFLICT = {"fits": 0.05, "check": 0.375, "conflicts": 0.95}
_ROOM = "expressions_teaching"


@dataclass(frozen=True, slots=True)
class _Said:
    conflict: float | None
    reason: Reason | None = None
    quote: str | None = None


class TaughtRater(EncoderRater):
    """Heads learned with a company's labels; its labels at once where a message is nearly the same.

    Where colleagues differ on such a message it says so, and gives no answer.

    Parameters
    ----------
    encoder : Encoder
        The one that the lesson was learned with.
    lesson : Lesson
    """

    beside = frozenset({f"{_ROOM}.like_label"})
    """Codes of reasons that stand beside a rating, and not instead of it."""

    def __init__(self, encoder: Encoder, lesson: Lesson) -> None:
        if encoder.name != lesson.encoder:
            raise DataError(
                "these labels were learned with another encoder", got=encoder.name, expected=lesson.encoder
            )
        super().__init__(encoder, lesson.heads)
        self.lesson = lesson
        self.version = hashlib.sha256(lesson.to_bytes()).hexdigest()[:12]
        self.reasons = (Reason(f"{_ROOM}.taught", {"n": len(lesson.opinions)}),)
        self._units = self.heads.unit(lesson.vectors)

    def remembering(self) -> TaughtRater:
        """See `EncoderRater`."""
        return TaughtRater(super().remembering().encoder, self.lesson)

    def rate(
        self, texts: Sequence[str], languages: Sequence[Language]
    ) -> tuple[np.ndarray, np.ndarray, Sequence[Reason | None]]:
        """See `Rater`."""
        kinds, values, _ = super().rate(texts, languages)
        reasons: list[Reason | None] = []
        for i, one in enumerate(self._labelled(texts)):
            reasons.append(_why(one))
            if one is not None and one.relationship:
                told = np.array([name == one.relationship for name in RELATIONSHIPS], float)
                kinds[i] = SURE * told + (1 - SURE) * kinds[i]
            if one is not None and one.values:
                shares = [sum(name in said for said in one.values) / len(one.values) for name in VALUES]
                values[i] = SURE * np.array(shares) + (1 - SURE) * values[i]
        return kinds, values, reasons

    def judge(self, texts: Sequence[str], languages: Sequence[Language], promise: Promise) -> np.ndarray:
        """Probabilities of conflict with a promise: what goes against one is not learned anew."""
        judge: Judge = WordJudge()
        heads, against = shipped_heads(self.encoder.name), shipped_judge(self.encoder.name)
        if heads is not None and against is not None:
            judge = VectorJudge(self.encoder, heads, against)
        return judge.judge(texts, languages, promise)

    def verdicts(
        self, texts: Sequence[str], languages: Sequence[Language], promise: Promise
    ) -> tuple[_Said, ...]:
        """What messages are beside a promise; the verdict of colleagues where one is the same."""
        found = self.judge(texts, languages, promise)
        near = self._labelled(texts) if self.lesson.promise in ("", promise.text) else [None] * len(texts)
        return tuple(_verdict(one, float(p)) for one, p in zip(near, found, strict=True))

    def _labelled(self, texts: Sequence[str]) -> list[Opinion | None]:
        """What was said of the message that each is nearly the same as; None where there is none."""
        opinions = self.lesson.opinions
        if not opinions or not texts:
            return [None] * len(texts)
        near = self.heads.unit(self.encoder.encode(texts)) @ self._units.T
        exact = {key: i for i, key in enumerate(self.lesson.keys)}
        at = [exact.get(normal(text), int(row.argmax())) for text, row in zip(texts, near, strict=True)]
        return [
            opinions[k] if near[i, k] >= SAME or exact.get(normal(texts[i])) == k else None
            for i, k in enumerate(at)
        ]


def _why(one: Opinion | None) -> Reason | None:
    if one is None or not one.relationships:
        return None
    if one.differs:
        return Reason(f"{_ROOM}.colleagues_differ", {"n": len(one.relationships)})
    return Reason(f"{_ROOM}.like_label", {"n": len(one.relationships)})


def _verdict(one: Opinion | None, p: float) -> _Said:
    if one is not None and one.verdict_differs:
        return _Said(None, Reason(f"{_ROOM}.colleagues_differ", {"n": len(one.verdicts)}))
    if one is not None and one.verdict:
        return _Said(_CONFLICT[one.verdict], Reason(f"{_ROOM}.like_verdict", {"n": len(one.verdicts)}))
    return _Said(None if np.isnan(p) else p)


def taught_rater(lesson: Lesson) -> TaughtRater:
    """The rater for a lesson, with the encoder that it was learned with.

    Raises
    ------
    MissingExtraError
        If that encoder is not installed.
    """
    for encoder in (find_encoder(), find_encoder(thorough=True)):
        if encoder is not None and encoder.name == lesson.encoder:
            return TaughtRater(encoder, lesson)
    raise MissingExtraError(f"the encoder {lesson.encoder}", extra="expressions")


def taught_promise(promise: Promise, opinions: Sequence[Opinion]) -> Promise:
    """A promise with messages of which all who read them said that they keep or break it, as examples.

    Parameters
    ----------
    promise : Promise
    opinions : sequence of Opinion
        The newest last: of each side the last twenty count.
    """
    known = {normal(text) for text in (*promise.keeps, *promise.breaks)}
    fresh = [one for one in opinions if one.text and one.verdict and normal(one.text) not in known]
    more = {
        side: tuple(one.text for one in fresh if one.verdict == verdict)[-MOST_EXAMPLES:]
        for side, verdict in (("keeps", "fits"), ("breaks", "conflicts"))
    }
    return dataclasses.replace(
        promise, keeps=(*promise.keeps, *more["keeps"]), breaks=(*promise.breaks, *more["breaks"])
    )
