"""What sides, relationships, values, departments and channels are called in pictures and tables."""

from __future__ import annotations

from collections.abc import Mapping

from verbond.expressions.picture import ExpressionPicture, Side
from verbond.method import CIRCLE, NAMES
from verbond.plots import ShareCell
from verbond.reports.parts import capital
from verbond.results import Estimate, Language, Reason, sentence

__all__ = [
    "KINDS",
    "KIND_COLOURS",
    "ROOM",
    "cell",
    "group_name",
    "is_shown",
    "kept",
    "kind_name",
    "name_of",
    "side_name",
    "speaker_name",
    "unplaced",
]

ROOM = "expressions_told"
KINDS = ("market", "authority", "meaning", "equality", "none")
KIND_COLOURS: Mapping[str, str] = {
    "market": "rung-1", "authority": "rung-4", "meaning": "rung-3", "equality": "rung-5", "none": "rung-0",
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


_PLACED = ("how_shares", "how_customers", "cost_by_reach", "cost_by_probability", "how_effort")
_PICTURE = "expressions_picture"


def kept(picture: ExpressionPicture, codes: tuple[str, ...], language: Language) -> tuple[str, ...]:
    """What to keep in mind, for the section that it is about."""
    whole = {f"{_PICTURE}.{code}" for code in codes}
    return tuple(one.sentence(language) for one in picture.reasons if one.code in whole)


def unplaced(picture: ExpressionPicture) -> tuple[Reason, ...]:
    """What to keep in mind that no section has."""
    placed = {f"{_PICTURE}.{code}" for code in _PLACED}
    return tuple(one for one in picture.reasons if one.code not in placed)
