"""What sides, relationships, values, departments and channels are called in pictures and tables."""

from __future__ import annotations

from collections.abc import Mapping

from verbond.expressions.picture import Side
from verbond.method import CIRCLE, NAMES
from verbond.plots import ShareCell
from verbond.reports.parts import capital
from verbond.results import Estimate, Language, sentence

__all__ = [
    "KINDS",
    "KIND_COLOURS",
    "ROOM",
    "SIDE_COLOURS",
    "cell",
    "group_name",
    "is_shown",
    "kind_name",
    "name_of",
    "side_name",
    "speaker_name",
]  # fmt: skip

ROOM = "expressions_told"
KINDS = ("market", "authority", "meaning", "equality", "none")
KIND_COLOURS: Mapping[str, str] = {
    "market": "rung-1", "authority": "rung-4", "meaning": "rung-3", "equality": "rung-5", "none": "rung-0",
}  # fmt: skip
SIDE_COLOURS: Mapping[str, str] = {
    "company": "block", "employee": "note", "customer": "accent", "said": "rung-4", "promise": "accent",
}  # fmt: skip
_VALUES = {value.id: value.name for value in CIRCLE}


def side_name(side: str, language: Language) -> str:
    """A side as the head of a column."""
    return sentence(f"{ROOM}.side_{side}", language)


def kind_name(kind: str, language: Language) -> str:
    """A relationship type in one or two words."""
    return sentence(f"{ROOM}.kind_{kind}", language)


def name_of(about: str, name: str, language: Language) -> str:
    """A relationship type or a value, with a capital."""
    return kind_name(name, language) if about == "relationship" else capital(_VALUES[name].say(language))


def group_name(by: str, group: str, language: Language) -> str:
    """A department or channel as people call it."""
    if not group:
        return sentence(f"{ROOM}.group_unknown", language)
    if by == "channel":
        known = NAMES.get(group)
        if known is not None:
            return capital(known.say(language))
        if group in _CHANNELS:
            return sentence(f"{ROOM}.channel_{group}", language)
    return capital(group.replace("_", " "))


_CHANNELS = ("mail", "letter", "phone", "chat", "app", "web", "social", "review", "shop")


def speaker_name(side: str, department: str, language: Language) -> str:
    """Who stands on a leg: a department, or a side."""
    return group_name("department", department, language) if department else side_name(side, language)


def cell(estimate: Estimate | None) -> ShareCell | None:
    """A share in a grid; None where it cannot be told."""
    if estimate is None or estimate.value is None:
        return None
    return ShareCell(estimate.value, estimate.ci_lower, estimate.ci_upper)


def is_shown(side: Side) -> bool:
    """Whether there are figures of it."""
    return bool(side.relationship) and any(e.value is not None for e in side.relationship.values())
