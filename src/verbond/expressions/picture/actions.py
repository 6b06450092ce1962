"""Whether what an action says fits the promise: its messages, counted by verdict."""

from __future__ import annotations

from collections import Counter, defaultdict

from verbond.expressions.picture.readings import Readings
from verbond.expressions.picture.results import ActionMessages

__all__ = ["actions_of"]


def actions_of(readings: Readings) -> tuple[ActionMessages, ...]:
    """The messages of the company that an action carries, by action; none without a promise."""
    said = readings.said
    of_message = {one.message_id: one.action_id for one in said.actions if one.message_id}
    kinds = {one.action_id: one.kind for one in said.actions}
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for i, judged in enumerate(readings.judged):
        if judged is None or said.speaker[i] != "company":
            continue
        action = str(said.action_id[i]) or of_message.get(str(said.message_id[i]), "")
        if action:
            found[action][judged.verdict] += 1
    return tuple(
        ActionMessages(action, kinds.get(action, ""), n["fits"], n["check"], n["conflicts"], n[""])
        for action, n in sorted(found.items())
    )
