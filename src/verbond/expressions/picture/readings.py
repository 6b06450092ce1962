"""What was said, cleaned and rated: each text once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from verbond.expressions.auditing import Judged, audit
from verbond.expressions.cleaning import clean
from verbond.expressions.kinds import RELATIONSHIPS, VALUES
from verbond.expressions.promise import Promise
from verbond.expressions.rating import Rater, Rating, rate
from verbond.results import Progress, ProgressFunction
from verbond.tables.reads.said import Said

__all__ = ["Readings", "has_caption", "read_said"]

BATCH = 256
STEP = "diagnosis.step_expressions"
_FILE = re.compile(r"\.[a-z0-9]{2,5}$", re.IGNORECASE)
_OUR_OWN = ("company", "employee")


@dataclass(frozen=True, slots=True)
class Readings:
    """Messages beside what they offer.

    Attributes
    ----------
    said : Said
    texts : tuple of str
        Cleaned; with the caption of a picture, where there is one.
    ratings : tuple of Rating
    judged : tuple of Judged or None
        Beside the promise; None for customers, and without a promise.
    kinds : (n, 5) float64
        NaN where not rated.
    values : (n, 10) float64
    conflict : (n,) float64
        NaN where not judged.
    cluster : (n,) int64
        What hangs together: messages of one action, else to or from one customer.
    person : (n,) int64
        The customer to or from whom, else the message by itself.
    """

    said: Said
    texts: tuple[str, ...] = field(repr=False)
    ratings: tuple[Rating, ...] = field(repr=False)
    judged: tuple[Judged | None, ...] = field(repr=False)
    kinds: np.ndarray = field(repr=False)
    values: np.ndarray = field(repr=False)
    conflict: np.ndarray = field(repr=False)
    cluster: np.ndarray = field(repr=False)
    person: np.ndarray = field(repr=False)

    @property
    def is_rated(self) -> np.ndarray:
        """Which messages are rated, (n,) bool."""
        return np.isfinite(self.kinds[:, 0])

    def of_side(self, side: str) -> np.ndarray:
        """Which messages a side says, (n,) bool; "said" is company and employee."""
        speakers = _OUR_OWN if side == "said" else (side,)
        return np.isin(self.said.speaker.astype(str), speakers)


def read_said(said: Said, rater: Rater, promise: Promise | None, progress: ProgressFunction) -> Readings:
    """Clean and rate messages; those of the company and its people are set beside the promise.

    Parameters
    ----------
    said : Said
    rater : Rater
    promise : Promise or None
    progress : callable
        Told after each batch of 256 different texts.
    """
    texts = _with_captions(_cleaned(said.text), said.image)
    own = np.isin(said.speaker.astype(str), _OUR_OWN) & (promise is not None)
    told = [language or None for language in said.language.tolist()]
    keys = list(zip(texts, told, own.tolist(), strict=True))
    ours, theirs = ([k for k in dict.fromkeys(keys) if k[2] is is_own] for is_own in (True, False))
    found: dict[tuple[str, str | None, bool], Rating | Judged] = {}
    n = len(ours) + len(theirs)

    def take(
        several: Sequence[tuple[str, str | None, bool]], way: Callable[..., tuple[Rating | Judged, ...]]
    ) -> None:
        for start in range(0, len(several), BATCH):
            batch = several[start : start + BATCH]
            results = way([text for text, _, _ in batch], [language for _, language, _ in batch])
            found.update(zip(batch, results, strict=True))
            progress(Progress(STEP, len(found) / n))

    if promise is not None:
        take(ours, lambda t, l: audit(t, promise, l, rater=rater).messages)
    take(theirs, lambda t, l: rate(t, l, rater=rater).messages)
    judged = tuple(one if isinstance(one := found[key], Judged) else None for key in keys)
    ratings = tuple(one.rating if isinstance(one := found[key], Judged) else one for key in keys)
    return Readings(
        said, texts, ratings, judged,
        _matrix([one.relationship for one in ratings], RELATIONSHIPS),
        _matrix([one.values for one in ratings], VALUES),
        np.array([np.nan if one is None or one.conflict is None else one.conflict for one in judged]),
        _codes(said, by_action=True),
        _codes(said, by_action=False),
    )  # fmt: skip


def _matrix(rows: Sequence[object], names: tuple[str, ...]) -> np.ndarray:
    return np.array([[row.get(name, np.nan) for name in names] for row in rows]).reshape(
        len(rows), len(names)
    )  # type: ignore[attr-defined]


def _codes(said: Said, *, by_action: bool) -> np.ndarray:
    names = [
        f"a {action}"
        if by_action and action and speaker == "company"
        else f"c {who}"
        if who
        else f"m {message}"
        for action, speaker, who, message in zip(
            said.action_id, said.speaker, said.customer_id, said.message_id, strict=True
        )
    ]
    return np.unique(np.array(names, dtype=str), return_inverse=True)[1].astype(np.int64).ravel()


def _cleaned(texts: np.ndarray) -> tuple[str, ...]:
    """Each text without markup, replies that it quotes, and signatures."""
    once = {text: clean(text).text for text in dict.fromkeys(texts.tolist())}
    return tuple(once[text] for text in texts.tolist())


def has_caption(image: str) -> bool:
    """Whether what is told of a picture are words that somebody wrote about it, and no file name."""
    return len(image.split()) >= 2 and not _FILE.search(image)


def _with_captions(texts: Sequence[str], images: np.ndarray) -> tuple[str, ...]:
    return tuple(
        f"{text}\n{image}" if has_caption(image) else text
        for text, image in zip(texts, images.tolist(), strict=True)
    )
