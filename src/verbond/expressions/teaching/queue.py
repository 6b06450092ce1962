"""Which messages people should read next: what teaches most, what is fair, and where raters differ.

Half of them are those of which the rater is least sure; three in ten are drawn by lot, so that what is
learned and measured holds for all messages; in two of ten the rater and the word list (or a second rater)
differ. One in five is given to a second person, to see how far people agree.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from verbond.expressions.auditing import Audit
from verbond.expressions.kinds import RELATIONSHIPS
from verbond.expressions.rating import Rating, Ratings, WordRater, rate
from verbond.expressions.teaching.labels import normal
from verbond.results import Reason, Result

__all__ = ["SHARES", "TWICE", "Queue", "Queued", "queue", "quotas"]

Share = Literal["uncertain", "random", "differs"]
SHARES: dict[Share, float] = {"uncertain": 0.5, "random": 0.3, "differs": 0.2}
TWICE = 0.2


@dataclass(frozen=True, slots=True)
class Queued:
    """A message to be read.

    Attributes
    ----------
    index : int
        Among the texts that were given.
    text, language : str
    share : {"uncertain", "random", "differs"}
        Why it stands there.
    twice : bool
        A second person should read it too.
    reason : Reason
        Why, as a sentence.
    """

    index: int
    text: str
    language: str
    share: Share
    twice: bool
    reason: Reason


@dataclass(frozen=True, slots=True)
class Queue(Result):
    """Messages to be read, in an order that says nothing.

    Attributes
    ----------
    messages : tuple of Queued
    n_candidates : int
        Different messages that could be chosen from.
    headline : Reason
    reasons : tuple of Reason
    """

    messages: tuple[Queued, ...]
    n_candidates: int
    headline: Reason
    reasons: tuple[Reason, ...] = ()

    def to_dicts(self) -> list[dict[str, Any]]:
        """A row a message, and one more where a second person should read it."""
        rows = [
            {"text": one.text, "language": one.language, "asked_because": one.reason.sentence("en")}
            for one in self.messages
        ]
        return rows + [row for row, one in zip(rows, self.messages, strict=True) if one.twice]


def queue(
    texts: Sequence[str],
    ratings: Ratings | Audit,
    n: int = 20,
    *,
    seed: int = 0,
    second: Ratings | None = None,
    known: Iterable[str] = (),
) -> Queue:
    """Choose messages to be labelled.

    Parameters
    ----------
    texts : (m,) sequence of str
    ratings : Ratings or Audit
        Of these texts. An audit adds how sure its verdicts are.
    n : int
        How many.
    seed : int
        Of the lot.
    second : Ratings, optional
        Of another rater; the word list where not given.
    known : iterable of str
        Messages that have labels already: they are left out.

    Examples
    --------
    >>> texts = ["Je krijgt korting op alles.", "Wij zorgen voor elkaar.", "Wij zorgen  voor elkaar."]
    >>> queue(texts, rate(texts, rater=WordRater()), 2).n_candidates
    2
    """
    rated = [one.rating for one in ratings.messages] if isinstance(ratings, Audit) else list(ratings.messages)
    left = _different(texts, [_readable(one) for one in rated], {normal(text) for text in known})
    rng = np.random.default_rng(seed)
    sure = _table([one.relationship for one in rated])
    conflict = [one.conflict for one in ratings.messages] if isinstance(ratings, Audit) else None
    if second is None:
        second = rate(texts, [one.language or None for one in rated], rater=WordRater())
    apart = _divergence(sure, _table([one.relationship for one in second.messages]))
    chosen = _chosen(left, _uncertainty(sure, conflict), apart, min(n, len(left)), rng)
    twice = set(rng.permutation(len(chosen))[: round(TWICE * len(chosen))].tolist())
    order = rng.permutation(len(chosen)).tolist()
    messages = tuple(
        Queued(
            chosen[k][0], texts[chosen[k][0]], rated[chosen[k][0]].language, chosen[k][1], k in twice,
            Reason(f"expressions_teaching.because_{chosen[k][1]}"),
        )
        for k in order
    )  # fmt: skip
    few = (Reason("expressions_teaching.queue_few", {"n": len(left), "asked": n}),) if len(left) < n else ()
    told = {"n": len(messages), "of": len(left), "twice": len(twice)}
    return Queue(messages, len(left), Reason("expressions_teaching.queued", told), few)


def quotas(n: int) -> dict[Share, int]:
    """How many of each kind among n."""
    uncertain, differs = round(SHARES["uncertain"] * n), round(SHARES["differs"] * n)
    return {"uncertain": uncertain, "differs": differs, "random": n - uncertain - differs}


def _readable(one: Rating) -> bool:
    """Also where the word list is silent."""
    return not one.abstained or (one.reason is not None and one.reason.code == "expressions.no_known_words")


def _different(texts: Sequence[str], readable: Sequence[bool], known: Collection[str]) -> list[int]:
    """The first of messages that are the same, of those that can be read and have no label."""
    first: dict[str, int] = {}
    for i, text in enumerate(texts):
        if readable[i] and (key := normal(text)) not in known:
            first.setdefault(key, i)
    return list(first.values())


def _chosen(
    left: list[int], uncertainty: np.ndarray, apart: np.ndarray, n: int, rng: np.random.Generator
) -> list[tuple[int, Share]]:
    """Where raters differ first, for these are rarest; what there is too little of, the lot fills."""
    wanted, taken = quotas(n), dict[int, Share]()
    for share, score in (("differs", apart), ("uncertain", uncertainty)):
        may = [i for i in rng.permutation(left).tolist() if i not in taken and score[i] > 0]
        for i in sorted(may, key=lambda i: -score[i])[: wanted[share]]:  # type: ignore[index]
            taken[i] = share  # type: ignore[assignment]
    rest = [i for i in rng.permutation(left).tolist() if i not in taken]
    return [*taken.items(), *((i, "random") for i in rest[: n - len(taken)])]


def _table(relationships: Sequence[Any]) -> np.ndarray:
    """(m, 5), NaN where abstained."""
    return np.array([[one.get(kind, np.nan) for kind in RELATIONSHIPS] for one in relationships]).reshape(
        -1, len(RELATIONSHIPS)
    )


def _uncertainty(p: np.ndarray, conflict: Sequence[float | None] | None) -> np.ndarray:
    """0..1: entropy of the relationship as a share of the most there can be; with that of the verdict."""
    of_kinds = _entropy(p) / np.log(len(RELATIONSHIPS))
    if conflict is None:
        return np.nan_to_num(of_kinds)
    c = np.array([np.nan if one is None else one for one in conflict], float)
    of_verdict = _entropy(np.column_stack([c, 1 - c])) / np.log(2)
    return np.where(np.isnan(c), np.nan_to_num(of_kinds), (np.nan_to_num(of_kinds) + of_verdict) / 2)


def _divergence(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Jensen and Shannon's, 0..log 2, where the likeliest relationships differ; else 0."""
    found = _entropy((p + q) / 2) - (_entropy(p) + _entropy(q)) / 2
    return np.where(
        np.nan_to_num(p).argmax(axis=1) != np.nan_to_num(q).argmax(axis=1), np.nan_to_num(found), 0.0
    )


def _entropy(p: np.ndarray) -> np.ndarray:
    return -(p * np.log(np.maximum(p, 1e-12))).sum(axis=1)
