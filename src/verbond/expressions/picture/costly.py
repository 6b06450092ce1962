"""The messages that cost most: those that go against the promise and reach many."""

from __future__ import annotations

import numpy as np

from verbond.expressions.auditing import Judged
from verbond.expressions.cleaning import mask
from verbond.expressions.kinds import FITS
from verbond.expressions.picture.readings import Readings
from verbond.expressions.picture.results import CostlyMessage
from verbond.expressions.rating import Evidence

__all__ = ["MOST", "costly_messages"]

MOST = 10
LEAST_KNOWN = 0.8
"""Of what the company says, the share of which the reach is known, to count reach at all."""
LONGEST = 600
"""Characters of a message that are shown."""


def costly_messages(readings: Readings) -> tuple[tuple[CostlyMessage, ...], str]:
    """The ten that cost most, and whether cost counts reach ("reach") or not ("probability").

    Of messages whose reach is not known, the middle of the others counts.
    """
    places = np.flatnonzero(np.nan_to_num(readings.conflict) >= FITS)
    reach = _reach(readings)
    campaigns = readings.of_side("company")
    known = campaigns & (reach > 0)
    by = "reach" if campaigns.any() and known.sum() >= LEAST_KNOWN * campaigns.sum() else "probability"
    middle = float(np.median(reach[known])) if known.any() else 1.0
    weight = np.where(reach > 0, reach, middle) if by == "reach" else np.ones(len(reach))
    cost = np.nan_to_num(readings.conflict) * weight
    order = sorted(
        places.tolist(), key=lambda i: (-cost[i], -readings.conflict[i], readings.said.message_id[i])
    )
    once: dict[str, int] = {}
    for i in order:
        once.setdefault(readings.texts[i], i)
    found = tuple(
        _costly(readings, i, int(reach[i]) or None, float(cost[i])) for i in list(once.values())[:MOST]
    )
    return found, by if found else ""


def _reach(readings: Readings) -> np.ndarray:
    """Customers that each message reached, (n,); 0 where not known."""
    said = readings.said
    of_action = {action.action_id: action.n_reached for action in said.actions}
    of_message = {action.message_id: action.n_reached for action in said.actions if action.message_id}
    found = []
    for i in range(len(said)):
        sent = int(said.n_customers[i])
        action = of_action.get(said.action_id[i], 0) or of_message.get(said.message_id[i], 0)
        found.append(sent or action if said.speaker[i] == "company" else 1)
    return np.array(found, dtype=float)


def _costly(readings: Readings, i: int, reach: int | None, cost: float) -> CostlyMessage:
    said, judged = readings.said, readings.judged[i]
    assert judged is not None
    text, words = shown_text(judged)
    kinds = judged.rating.relationship
    day = said.day[i]
    return CostlyMessage(
        str(said.message_id[i]), str(said.speaker[i]), str(said.department[i]), str(said.channel[i]),
        None if np.isnat(day) else day.astype(object), judged.rating.language, text,
        float(readings.conflict[i]), reach, cost, max(kinds, key=lambda k: kinds[k], default=""), words,
        judged.reason,
    )  # fmt: skip


def shown_text(judged: Judged) -> tuple[str, tuple[Evidence, ...]]:
    """Its first words with personal data masked, and where those that did it stand now."""
    whole = judged.rating.text
    text = mask(whole).text
    if len(text) > LONGEST:
        text = text[: LONGEST - 1].rstrip() + "…"
    words, start = [], 0
    for word in judged.words:
        place = text.find(word.text, start)
        if place >= 0:
            words.append(Evidence(place, place + len(word.text), word.text, word.stands_for, word.is_negated))
            start = place + len(word.text)
    return text, tuple(words)
