"""What keeps answers honest without asking anybody else: nobody is refused for a suspicion, only marked.

Nothing about who asks is written down: how often an address began is counted in memory, for a minute.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Mapping
from hashlib import blake2b
from itertools import groupby
from typing import Any

from verbond.listen import Questionnaire, numbers_of
from verbond.web.people import tokens
from verbond.web.people.limits import Limit, TooOften

__all__ = ["BEGINNING", "HONEYPOT", "flags_of", "let_begin", "opened_seconds", "rounded", "stamp"]

BEGINNING = Limit("beginning a questionnaire", 100, 60)
"""Generous: a whole office may stand behind one address."""
MOST_ADDRESSES = 100_000
HONEYPOT = "more"
"""A field that people do not see."""
MOST_SECONDS = 600
"""Longer than this on one page, and somebody was away."""
STAMP_SECONDS = 60 * 60 * 24 * 14
FAST_SECONDS = 2.0
"""For one item; whoever needs less has not read it (Huang and others, 2012)."""
STRAIGHT = 8
"""So many the same answers in a row, and at least half of all, make one wonder (Johnson, 2005)."""


class _Counter:
    """How often each subject came in this window, in the memory of this process."""

    def __init__(self) -> None:
        self._lock, self._key = threading.Lock(), secrets.token_bytes(32)
        self._window, self._n = 0, dict[bytes, int]()

    def spend(self, limit: Limit, subject: str) -> None:
        now = int(time.time())
        window = now - now % limit.seconds
        key = blake2b(subject.encode(), key=self._key, digest_size=16).digest()
        with self._lock:
            if window != self._window:
                self._window, self._n = window, {}
            n = self._n.get(key, 0)
            if n >= limit.n or (n == 0 and len(self._n) >= MOST_ADDRESSES):
                raise TooOften(window + limit.seconds - now)
            self._n[key] = n + 1

    def clear(self) -> None:
        with self._lock:
            self._n.clear()


_beginning = _Counter()


def let_begin(address: str) -> None:
    """Count a questionnaire that is begun.

    Parameters
    ----------
    address : str
        As `limits.address_of` gives it. It is kept nowhere.

    Raises
    ------
    TooOften
        If there were too many this minute from this address, or there are too many addresses to count.
    """
    _beginning.spend(BEGINNING, address)


def stamp(subject: str) -> str:
    """A sealed mark of when a page was opened, for the form on it."""
    return tokens.sealed("answering", subject, f"{time.time():.1f}")


def opened_seconds(subject: str, text: str) -> float | None:
    """Seconds since a page was opened, at most `MOST_SECONDS`; None where its mark is missing or not ours."""
    found = tokens.opened("answering", subject, text, seconds=STAMP_SECONDS)
    return None if found is None else min(max(time.time() - float(found), 0.0), MOST_SECONDS)


def rounded(seconds: float) -> int:
    """Seconds in tens: nobody is known again by them."""
    return round(seconds / 10) * 10


def flags_of(questionnaire: Questionnaire, answers: Mapping[str, Any], seconds: float) -> list[str]:
    """What makes one doubt the answers: "fast", "straight".

    Parameters
    ----------
    questionnaire : Questionnaire
    answers : mapping
        Question's id -> answer, with the variants of stimuli.
    seconds : float
        That pages stood open.

    Notes
    -----
    Fast is less than two seconds an item. Straight is the same answer eight times in a row or more, and in
    half of all items.

    References
    ----------
    Huang, J. L., Curran, P. G., Keeney, J., Poposki, E. M., & DeShon, R. P. (2012). Detecting and deterring
    insufficient effort responding to surveys. Journal of Business and Psychology, 27(1), 99-114.
    Johnson, J. A. (2005). Ascertaining the validity of individual protocols from web-based personality
    inventories. Journal of Research in Personality, 39(1), 103-129.
    """
    said = [n for n in numbers_of(questionnaire, answers).values() if n is not None]
    scales = [
        n
        for id, n in numbers_of(questionnaire, answers).items()
        if n is not None and _is_scale(questionnaire, id)
    ]
    run = max((len(list(same)) for _, same in groupby(scales)), default=0)
    flags = ["fast"] if said and seconds < FAST_SECONDS * len(said) else []
    return flags + (["straight"] if run >= STRAIGHT and 2 * run >= len(scales) else [])


def _is_scale(questionnaire: Questionnaire, item: str) -> bool:
    question = questionnaire.questions.get(item)
    return question.kind == "scale" if question is not None else item.startswith(("own_", "seen_"))
