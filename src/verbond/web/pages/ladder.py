"""Ladder: who stands where, who moves, what goes with it, per segment, and how far to believe it."""

from __future__ import annotations

from dataclasses import replace

from verbond.diagnosis import Diagnosis
from verbond.errors import OptionError
from verbond.plots.ladder import share_text, state_names
from verbond.reports.behind import usable_ladder
from verbond.reports.filters import LadderView, ladder_view
from verbond.reports.page import facts_of, lead
from verbond.reports.parts import Said, Section
from verbond.reports.sections import found_among, ladder_section
from verbond.results import Language, sentence
from verbond.web.pages.asked import asked_section
from verbond.web.pages.content import Content, Filters

__all__ = ["content"]

_HELPS = (
    ("too_few_customers", "customers"),
    ("one_period", "periods"),
    ("all_the_same", "behaviour"),
    ("no_counts", "behaviour"),
    ("not_anchored", "answers"),
    ("few_answers", "answers"),
    ("partly_measured", "constructs"),
    ("not_told_apart", "rungs"),
)
"""Reasons of the ladder that something would take away, the first in the way first, and what would."""


def content(d: Diagnosis, language: Language, filters: Filters, before: Diagnosis | None) -> Content:
    """The page of a diagnosis."""
    if filters:
        return _part(d, language, filters)
    asked = asked_section(d, language)
    parts = found_among(("scores", "actions", "trial"), d, language)
    if asked is not None:
        parts = tuple(replace(p, said=tuple(s for s in p.said if s not in asked.said)) for p in parts)
    return Content(
        lead=lead(d, language),
        facts=facts_of(d, language),
        said=_helps(d, language),
        sections=(
            ladder_section(d, language),
            *found_among(("movement", "segments"), d, language),
            *((asked,) if asked is not None else ()),
            *parts,
        ),
    )


def _part(d: Diagnosis, language: Language, filters: Filters) -> Content:
    """The ladder of some customers alone, or of a period."""
    ladder = usable_ladder(d)
    if ladder is None:
        return Content(
            lead=lead(d, language), said=_helps(d, language), sections=(ladder_section(d, language),)
        )
    try:
        view = ladder_view(ladder, language, filters.segment, filters.period)
        section = ladder_section(d, language, segment=filters.segment, period=filters.period)
    except OptionError:
        nothing = Section(
            "ladder",
            sentence("report.title_ladder", language),
            empty=sentence("web_rooms.filter_empty", language),
        )
        return Content(lead=sentence("web_rooms.filter_nothing", language), sections=(nothing,))
    if isinstance(view, str):
        return Content(lead=sentence("web_rooms.filter_nothing", language), sections=(section,))
    names = state_names(ladder.n_states, ladder.anchored, language)
    return Content(lead=_lead(view, names, language), sections=(section,))


def _helps(d: Diagnosis, language: Language) -> tuple[Said, ...]:
    """What would help most, where nobody is placed, levels are no rungs, or rungs cannot be told apart."""
    reasons = d.ladder.reasons if d.ladder is not None else ()
    for code, entry in _HELPS:
        found = [reason.values for reason in reasons if reason.code == f"ladder.{code}"]
        if found:
            pairs = (pair[end] for pair in found for end in ("low", "high") if end in pair)
            places = list({repr(place): place for place in pairs}.values())
            said = sentence(f"web_rooms.helps_{entry}", language, **found[0], places=places)
            return (Said("neutral", sentence("report.tone_neutral", language), said),)
    return ()


def _lead(view: LadderView, names: tuple[str, ...], language: Language) -> str:
    top = int(view.shares.argmax())
    low, high = (share_text(float(bounds[top]), language) for bounds in (view.ci_lower, view.ci_upper))
    share = share_text(float(view.shares[top]), language)
    where = view.where[:1].upper() + view.where[1:]
    return sentence(
        "web_rooms.lead_part", language, where=where, share=share, name=names[top].lower(), low=low, high=high
    )
