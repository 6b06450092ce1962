"""What may be shown, and what things are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from verbond.method import RELATIONSHIP_TYPES, named, spoken
from verbond.numerics.disclosure import hidden_groups
from verbond.results import Estimate, Language, sentence
from verbond.results.groups import MIN_GROUP

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis
    from verbond.ladder import LadderResult, SegmentShares

__all__ = [
    "may_be_shown",
    "name_of",
    "segments_shown",
    "speaker",
    "type_name",
    "usable_ladder",
]


def name_of(id: str, language: Language) -> str:
    """What a construct or an event kind is called; other people's scales keep their own name."""
    return spoken(named(id), language)


def type_name(type_id: str, language: Language) -> str:
    """What a relationship type is called, "undecided" included."""
    names = {t.id: t.name.say(language) for t in RELATIONSHIP_TYPES}
    return names.get(type_id) or sentence("report.type_undecided", language)


def may_be_shown(estimate: Estimate | None) -> bool:
    """Whether an estimate has a value that rests on a group large enough."""
    return estimate is not None and estimate.value is not None and estimate.n_obs >= MIN_GROUP


def usable_ladder(d: Diagnosis) -> LadderResult | None:
    """The ladder, where it places anybody; None where its figures are missing or the group is too small."""
    ladder = d.ladder
    if ladder is None or not len(ladder.periods) or ladder.n_present[-1] < MIN_GROUP:
        return None
    return ladder if np.isfinite(np.asarray(ladder.shares)[-1]).all() else None


def segments_shown(ladder: LadderResult) -> tuple[SegmentShares, ...]:
    """Segments without groups under five, and without those from which these could be computed."""
    shown: list[SegmentShares] = []
    for attribute in dict.fromkeys(s.attribute for s in ladder.segments):
        group = [s for s in ladder.segments if s.attribute == attribute]
        hidden = hidden_groups([s.n_customers for s in group], MIN_GROUP)
        shown += [
            s for s, hide in zip(group, hidden, strict=True) if not hide and np.isfinite(s.shares).all()
        ]
    return tuple(shown)


def speaker(language: Language) -> Any:
    return lambda code, **values: sentence(f"report.{code}", language, **values)
