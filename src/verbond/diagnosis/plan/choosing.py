"""Which steps come in question, why, and which of them are left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from verbond.diagnosis.findings import rung_named
from verbond.diagnosis.plan.results import Blocking, LeftOut
from verbond.diagnosis.steps import RULES, Evidence
from verbond.expressions.promise import Promise
from verbond.ladder import LadderResult, SegmentShares
from verbond.method import PLAYS, named
from verbond.method.types import Play
from verbond.numerics.disclosure import hidden_groups
from verbond.results import Reason
from verbond.results.groups import MIN_GROUP
from verbond.survey import SegmentTypes, SurveyResult, TypesResult

__all__ = ["Candidate", "blocking_of", "candidates", "filtered", "kept_by"]

MOST_SEGMENTS = 3
"""Segments that wait elsewhere than everybody, at most so many."""
LEAST_SEGMENT = 50
"""Customers below which a segment gets no step of its own."""
MOST = 0.5
"""Share above which a relationship type is the one of most people."""
LEAST_ASKED = 30
"""Respondents of a segment from which its own answers say what relationship it wants."""
_TRACES = {
    "because_blocking": "ladder", "because_segment": "segments", "because_lowest": "scores",
    "because_nobody_asked": "unsaid", "because_complaints": "ladder", "because_discounts": "data",
    "because_budget": "effort", "because_effort": "effort", "because_intention": "intentions",
    "because_distant": "types", "because_always": "unsaid",
}  # fmt: skip
"""The section of the report that holds the figure of a reason."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A play that suits, and why.

    Attributes
    ----------
    play : Play
    rung : int
        Whom it serves: it helps them on to this rung.
    segment : tuple of (str, str)
        Empty for everybody.
    because : Reason
    trace : str
    rank : int
        Order in which its reason had a say: 0 first.
    """

    play: Play
    rung: int
    segment: tuple[str, ...]
    because: Reason
    trace: str
    rank: int


def blocking_of(ladder: LadderResult | None) -> tuple[Blocking, ...]:
    """The rung below which most of everybody wait, and of segments that clearly wait elsewhere."""
    if ladder is None or not ladder.anchored or not ladder.blocking_rung:
        return ()
    rung, n = ladder.blocking_rung, int(ladder.n_present[-1])
    if n < MIN_GROUP:
        return ()
    found = [Blocking("", "", rung, float(ladder.shares[-1, rung - 1]), n)]
    for segment in _shown(ladder.segments):
        own = int(np.argmax(segment.shares[:-1])) + 1
        apart = segment.ci_lower[own - 1] > segment.ci_upper[rung - 1]
        if own != rung and apart and segment.n_customers >= LEAST_SEGMENT:
            share = float(segment.shares[own - 1])
            found.append(Blocking(segment.attribute, segment.value, own, share, segment.n_customers))
    elsewhere = sorted(found[1:], key=lambda one: -one.share * one.n)[:MOST_SEGMENTS]
    return (found[0], *elsewhere)


def _shown(segments: Iterable[SegmentShares]) -> Iterator[SegmentShares]:
    """Without groups under five, and without those from which these could be computed."""
    segments = list(segments)
    for attribute in dict.fromkeys(s.attribute for s in segments):
        group = [s for s in segments if s.attribute == attribute]
        hidden = hidden_groups([s.n_customers for s in group], MIN_GROUP)
        yield from (
            s for s, hide in zip(group, hidden, strict=True) if not hide and np.isfinite(s.shares).all()
        )


def candidates(evidence: Evidence, blocking: tuple[Blocking, ...], sector: str = "") -> list[Candidate]:
    """Plays that a figure in these data asks for, in the order in which those figures get a say."""
    found: list[Candidate] = []
    for rank, rule in enumerate(RULES):
        step = rule(evidence)
        if step is None:
            continue
        trace = _TRACES.get(step.because.code.split(".")[-1], "ladder")
        found += [
            Candidate(play, step.rung, (), step.because, trace, rank)
            for play in PLAYS
            if play.handle_id == step.handle_id and _suits(play, sector)
        ]
    for one in blocking:
        found += _of_blocking(one, len(RULES), sector)
    if not found:
        found = [
            Candidate(play, play.rungs[0], (), _always(play.rungs[0]), "unsaid", len(RULES) + 1)
            for play in PLAYS
            if play.effort == "small" and _suits(play, sector)
        ]
    return found


def _of_blocking(one: Blocking, rank: int, sector: str) -> Iterator[Candidate]:
    values = {
        "n": round(one.share * one.n),
        "share": one.share,
        "rung": one.rung,
        "name": rung_named(one.rung),
    }
    code = "because_segment" if one.attribute else "because_blocking"
    if one.attribute:
        values |= {"attribute": one.attribute, "value": one.value}
    because = Reason(f"{'plan' if one.attribute else 'diagnosis'}.{code}", values)
    segment = (one.attribute, one.value) if one.attribute else ()
    for play in PLAYS:
        if one.rung in play.rungs and _suits(play, sector):
            place = rank + play.rungs.index(one.rung)
            yield Candidate(play, one.rung, segment, because, _TRACES[code], place)


def _always(rung: int) -> Reason:
    return Reason("diagnosis.because_always", {"name": rung_named(rung)})


def _suits(play: Play, sector: str) -> bool:
    return not play.sectors or sector in play.sectors


def kept_by(play: Play, promise: Promise | None) -> str:
    """ "keeps" or "breaks" what is promised; "" where nothing is to be said."""
    if promise is None:
        return ""
    promised = {promise.relationship, *promise.values} - {""}
    if promised & set(play.breaks):
        return "breaks"
    return "keeps" if promised & set(play.keeps) else ""


def filtered(
    found: Iterable[Candidate],
    promise: Promise | None,
    survey: SurveyResult | None,
    consent: float | None,
    types: TypesResult | None = None,
) -> tuple[list[Candidate], list[LeftOut]]:
    """Candidates that may be done, and plays of which none may, with the reason.

    Parameters
    ----------
    found : iterable of Candidate
    promise : Promise or None
    survey : SurveyResult or None
        Says which relationship type most respondents lean to.
    consent : float or None
        Share of the customers who may be approached; None where that is not known.
    types : TypesResult, optional
        Says the same of segments.
    """
    kept: list[Candidate] = []
    left: dict[str, LeftOut] = {}
    for one in found:
        reason = _against_promise(one, promise) or _against_type(one, survey, types)
        if reason is None and one.play.needs_consent and consent == 0:
            reason = Reason("plan.left_consent")
        if reason is None:
            kept.append(one)
        else:
            left.setdefault(one.play.id, LeftOut(one.play.id, reason))
    stay = {one.play.id for one in kept}
    return kept, [one for id, one in left.items() if id not in stay]


def _against_promise(one: Candidate, promise: Promise | None) -> Reason | None:
    if promise is None or kept_by(one.play, promise) != "breaks":
        return None
    against = [name for name in one.play.breaks if name in {promise.relationship, *promise.values}]
    return Reason("plan.left_promise", {"what": [named(name) for name in against]})


def _against_type(one: Candidate, survey: SurveyResult | None, types: TypesResult | None) -> Reason | None:
    """Whether most of those whom it is for want another relationship: of a segment, by its own answers."""
    where = dict(zip(("attribute", "value"), one.segment, strict=False))
    own = _types_of(one.segment, types)
    if own is not None:
        share, name = max((share.value or 0.0, name) for name, share in own.shares.items())
        if share <= MOST or name not in one.play.not_for_types:
            return None
        values = {"type": named(name), "share": share, "n": own.n_obs, **where}
        return Reason("plan.left_type_segment", values)
    everybody = _main_type(survey)
    if everybody is None or everybody[0] not in one.play.not_for_types:
        return None
    values = {"type": named(everybody[0]), "share": everybody[1], **where}
    return Reason("plan.left_type_everybody" if where else "plan.left_type", values)


def _types_of(segment: tuple[str, ...], types: TypesResult | None) -> SegmentTypes | None:
    """Relationship types of a segment of which enough people answered."""
    for one in types.segments if types is not None and segment else ():
        if (one.attribute, one.value) == segment and one.n_obs >= LEAST_ASKED:
            return one
    return None


def _main_type(survey: SurveyResult | None) -> tuple[str, float] | None:
    """The type to which most respondents lean, where that is most of those who lean to any."""
    shares = [
        (one.type, one.share.value)
        for one in (survey.relationship_types if survey is not None else ())
        if one.share.value is not None and one.type != "undecided" and one.share.n_obs >= MIN_GROUP
    ]
    if not shares:
        return None
    name, share = max(shares, key=lambda one: one[1])
    return (name, share) if share > MOST * sum(value for _, value in shares) else None
