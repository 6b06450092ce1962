"""An undertaking in words."""

from __future__ import annotations

from typing import Any

from verbond.errors import OptionError
from verbond.method import RUNGS, play
from verbond.results import Language, sentence
from verbond.web.store.models import Undertaking

__all__ = ["name_of", "row_of", "words_of"]

_TEXTS = ("what", "first_hour", "say", "stop", "not_for", "risk")


def name_of(undertaking: Undertaking, language: Language) -> str:
    """What the step is called; its id where the playbook does not have it any more."""
    try:
        return play(undertaking.play).name.say(language)
    except OptionError:
        return undertaking.play


def words_of(undertaking: Undertaking, language: Language) -> dict[str, str]:
    """What to do, as the playbook has it, with the organisation's name."""
    try:
        one = play(undertaking.play)
    except OptionError:
        return {}
    somebody = sentence("plan_told.somebody", language)
    said = {name: getattr(one, name).say(language) for name in _TEXTS}
    company = undertaking.organisation.name
    return {
        name: text.replace("{company}", company).replace("{name}", somebody) for name, text in said.items()
    }


def row_of(undertaking: Undertaking, language: Language) -> dict[str, Any]:
    """A line of the list."""
    outcome = undertaking.outcome
    said = outcome.get("said", {}).get(language) or [""]
    return {
        "of": undertaking,
        "name": name_of(undertaking, language),
        "rung": RUNGS[undertaking.rung].name.say(language) if undertaking.rung else "",
        "segment": undertaking.segment.replace("=", " "),
        "verdict": outcome.get("verdict", ""),
        "said": said[0],
    }
