"""A rater that asks a model at an endpoint; never chosen by itself, and never shown personal data."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np

from verbond.errors import EndpointError
from verbond.expressions.kinds import RELATIONSHIPS, VALUES
from verbond.expressions.promise import Promise
from verbond.expressions.raters.answers import PLACEHOLDER, Judgement, Reading, read_judgement, read_rating
from verbond.expressions.raters.asking import MOST_TOKENS, Asker, Endpoint
from verbond.expressions.raters.calibrating import Calibration, stored_calibration
from verbond.expressions.raters.prompt import (
    JUDGE_SCHEMA,
    RATE_SCHEMA,
    as_data,
    gives_orders,
    judge_task,
    plain_characters,
    rate_task,
)
from verbond.expressions.reading import LONGEST, unreadable
from verbond.results import Reason
from verbond.results.wording import Language

__all__ = ["EndpointRater"]

IN_A_ROW = 5
"""So many messages without an answer, one after another, and the host counts as gone."""
_OVERLAP = 200
"""Characters at the end of a message that was cut: a number cut in half is not known for what it is."""
_NO_ANSWER = "expressions_raters.no_answer"
_DOUBT = 1 / 3, 2 / 3
T = TypeVar("T", Reading, Judgement)


class EndpointRater:
    """A model behind the chat interface that OpenAI made and many hosts speak.

    Each message travels alone, masked and as data. What the model says counts only where it quotes words that
    stand in the message. Its probabilities are calibrated where `calibrate` was run for it.

    Parameters
    ----------
    endpoint : Endpoint
    folder : Path, optional
        Where its calibration is kept, if it has one.
    calibration : Calibration, optional
        In place of the kept one.
    sleep : callable
        Waits so many seconds before it asks again.
    """

    passing = frozenset({_NO_ANSWER, "expressions_raters.refused"})
    """Codes of reasons that may be others tomorrow: nothing to keep in a cache."""

    def __init__(
        self,
        endpoint: Endpoint,
        folder: Path | None = None,
        calibration: Calibration | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.endpoint, self._sleep = endpoint, sleep
        self.name = f"endpoint:{endpoint.model}"
        asked = [
            endpoint.url,
            endpoint.model,
            rate_task(),
            judge_task(),
            RATE_SCHEMA,
            JUDGE_SCHEMA,
            MOST_TOKENS,
        ]
        self.model_version = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:12]
        self.calibration = calibration or stored_calibration(folder, self.name, self.model_version)

    @property
    def version(self) -> str:
        """Hash of what is asked of whom, and of how sure the answers are taken to be."""
        if self.calibration is None:
            return self.model_version
        told = json.dumps(dataclasses.asdict(self.calibration), sort_keys=True)
        return hashlib.sha256((self.model_version + told).encode()).hexdigest()[:12]

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Where the messages went, and how far to believe the figures."""
        went = Reason("expressions_raters.endpoint_used", {"host": self.endpoint.host})
        if self.calibration is None:
            return went, Reason("expressions_raters.not_calibrated")
        return went, Reason("expressions_raters.calibrated", {"n": self.calibration.n_messages})

    def calibrated(self, calibration: Calibration) -> EndpointRater:
        """The same model, believed as far as it was found right."""
        return EndpointRater(self.endpoint, calibration=calibration, sleep=self._sleep)

    def uncalibrated(self) -> EndpointRater:
        """The same model at its word."""
        return EndpointRater(self.endpoint, sleep=self._sleep)

    def rate(
        self, texts: Sequence[str], languages: Sequence[Language]
    ) -> tuple[np.ndarray, np.ndarray, Sequence[Reason | None]]:
        """See `Rater`.

        Raises
        ------
        EndpointError
            If the host cannot be reached, does not answer, or refuses the key or the model.
        MissingExtraError
            If httpx is not installed.
        """
        found = self.read(texts, languages)
        kinds, values = np.zeros((len(found), len(RELATIONSHIPS))), np.zeros((len(found), len(VALUES)))
        for i, one in enumerate(found):
            if one.relationship is not None and one.values is not None:
                kinds[i], values[i] = one.relationship, one.values
        if self.calibration is not None and len(found):
            rated = np.array([one.reason is None for one in found])
            kinds[rated], values[rated] = self.calibration.apply(kinds[rated], values[rated])
        return kinds, values, [one.reason for one in found]

    def read(self, texts: Sequence[str], languages: Sequence[str]) -> tuple[Reading, ...]:
        """What the model says of each message, with the words that it quotes; not calibrated."""
        task = rate_task()

        def one(asker: Asker, text: str, language: str) -> Reading:
            message, reason = _sendable(text)
            if reason is not None:
                return Reading(reason=reason)
            said = asker.ask(task, as_data(message, language), "rating", RATE_SCHEMA)
            return Reading(reason=said) if isinstance(said, Reason) else read_rating(said, message)

        return self._each(one, texts, languages)

    def judge(self, texts: Sequence[str], languages: Sequence[str], promise: Promise) -> np.ndarray:
        """How likely each message breaks a promise, shape (n,); NaN where it is not judged.

        Raises
        ------
        EndpointError, MissingExtraError
            As `rate`.
        """
        found = self.verdicts(texts, languages, promise)
        return np.array([np.nan if one.conflict is None else one.conflict for one in found], float)

    def verdicts(
        self, texts: Sequence[str], languages: Sequence[str], promise: Promise
    ) -> tuple[Judgement, ...]:
        """As `judge`, with the words that each rests on, or why it is not judged."""
        if any(map(gives_orders, map(plain_characters, (promise.text, *promise.keeps, *promise.breaks)))):
            return (Judgement(None, None, Reason("expressions_raters.promise_orders")),) * len(texts)
        sent, task = _masked_promise(promise), judge_task()

        def one(asker: Asker, text: str, language: str) -> Judgement:
            message, reason = _sendable(text)
            if reason is not None:
                return Judgement(None, None, reason)
            said = asker.ask(task, as_data(message, language, sent), "verdict", JUDGE_SCHEMA)
            if isinstance(said, Reason):
                return Judgement(None, None, said)
            return self._believed(read_judgement(said, message))

        return self._each(one, texts, languages)

    def _believed(self, judged: Judgement) -> Judgement:
        if judged.conflict is None:
            return judged
        p = judged.conflict if self.calibration is None else self.calibration.conflict_of(judged.conflict)
        code = "keeps" if p < _DOUBT[0] else "breaks" if p > _DOUBT[1] else "in_doubt"
        return Judgement(p, judged.quote, Reason(f"expressions_raters.{code}"))

    def _each(
        self, one: Callable[[Asker, str, str], T], texts: Sequence[str], languages: Sequence[str]
    ) -> tuple[T, ...]:
        """Ask for each message by itself, a few at a time."""
        if not texts:
            return ()
        with (
            Asker(self.endpoint, self._sleep) as asker,
            ThreadPoolExecutor(self.endpoint.n_at_once) as pool,
        ):
            asked = [pool.submit(one, asker, *both) for both in zip(texts, languages, strict=True)]
            try:
                return tuple(self._still_there(future.result() for future in asked))
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _still_there(self, found: Iterable[T]) -> Iterable[T]:
        silent = 0
        for one in found:
            silent = silent + 1 if one.reason is not None and one.reason.code == _NO_ANSWER else 0
            if silent == IN_A_ROW:
                raise EndpointError(
                    "the model does not answer", got=f"{IN_A_ROW} messages in a row without an answer",
                    expected="an answer in time", hint="Try again later, or give it more time.",
                )  # fmt: skip
            yield one


def _sendable(text: str) -> tuple[str, Reason | None]:
    """A message as it may leave this machine, or why it does not."""
    seen = plain_characters(text[:LONGEST])
    if gives_orders(seen):
        return "", Reason("expressions_raters.orders")
    masked = _masked(seen)
    if len(text) >= LONGEST:
        masked = masked[:-_OVERLAP]
    if unreadable(PLACEHOLDER.sub("", masked)) is not None:
        return "", Reason("expressions_raters.nothing_left")
    return masked, None


def _masked(text: str) -> str:
    from verbond.expressions.cleaning import mask

    return mask(text).text


def _masked_promise(promise: Promise) -> Promise:
    def safe(text: str) -> str:
        return _masked(plain_characters(text[:LONGEST]))

    return dataclasses.replace(
        promise, text=safe(promise.text),
        keeps=tuple(map(safe, promise.keeps)), breaks=tuple(map(safe, promise.breaks)),
    )  # fmt: skip
