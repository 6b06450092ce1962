"""The sections of a report: sentence first, picture second, table behind it, how we know third."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from verbond.method import CIRCLE, RUNGS
from verbond.numerics.disclosure import rounded_people
from verbond.plots import (
    Bar,
    Chance,
    Odds,
    draw_circle,
    draw_ladder,
    draw_ladder_result,
    draw_odds,
    draw_reliability,
    draw_segments,
    draw_shares_over_time,
    flow_window,
    state_names,
)
from verbond.reports import absent, behind, value_sections
from verbond.reports.effects import EFFECTS_SECTIONS, effects_sections
from verbond.reports.expressions import EXPRESSIONS_SECTIONS, expressions_section
from verbond.reports.filters import ladder_view
from verbond.reports.loyalty import LOYALTY_SECTIONS, loyalty_section
from verbond.reports.parts import (
    Picture,
    Said,
    Section,
    bar,
    bar_pictures,
    both,
    capital,
    filled,
    speaker,
    toned,
)
from verbond.results import Language, sentence
from verbond.results.groups import MIN_GROUP
from verbond.tables import RUNG_CONSTRUCTS

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis, Finding
    from verbond.ladder import LadderResult, MoveEffect

__all__ = ["found_among", "found_sections", "ladder_section", "said_in", "said_of"]

_SECTION_OF = {
    "most_on_rung": "ladder",
    "most_on_ground": "ladder",
    "most_on_level": "ladder",
    "blocking_rung": "ladder",
    "more_climbed": "movement",
    "busier": "movement",
    "quieter": "movement",
    "as_busy": "movement",
    "as_many_climbed": "movement",
    "goes_with_up": "actions",
    "goes_with_down": "actions",
    "levels_blur": "ladder",
    "more_fell": "movement",
    "segment_differs": "segments",
    "segment_differs_in_level": "segments",
    "largest_type": "types",
    "house_and_customers_clash": "house",
    "image_clashes": "house",
    "departments_differ": "house",
    "no_clear_type": "types",
}
"""Where a finding stands that has a place of its own; the others stand with their room."""
_SECTION_OF_ROOM = {
    "ladder": "ladder",
    "trial": "trial",
    "survey": "scores",
    "values": "values",
    "loyalty": "intentions",
    "effects": "cards",
    "expressions": "expressions_sides",
    "effort": "effort",
    "tables": "data",
}
"""Other rooms have a section of their own name."""
_MOVES = ("up", "higher", "down", "drop", "leave")
_TYPE_COLOURS = {
    "market": "rung-1",
    "authority": "rung-4",
    "meaning": "rung-3",
    "equality": "rung-5",
    "undecided": "rung-0",
}


def ladder_section(
    d: Diagnosis,
    language: Language,
    *,
    segment: tuple[str, str] | None = None,
    period: str | None = None,
) -> Section:
    """Who stands where, and which rung stops most; of all customers now, or of a part (see `filters`)."""
    say, ladder = speaker("report", language), behind.usable_ladder(d)
    if ladder is None:
        return Section(
            "ladder",
            say("title_ladder"),
            said=_said(d, "ladder", language),
            empty=absent.no_ladder(d, language),
        )
    if segment is not None or period is not None:
        return _ladder_of_part(d, ladder, language, segment, period)
    see = say("see_ladder" if ladder.anchored else "see_levels", window=flow_window(ladder, language))
    pictures = both(
        lambda **size: draw_ladder_result(ladder, language, simulated=d.simulated, **size), see, "ladder"
    )
    people = {"n": ladder.n_customers, "present": int(ladder.n_present[-1])}
    not_anchored = "how_not_anchored_answers" if absent.has_answers(d) else "how_not_anchored"
    how = (
        say("how_ladder" if ladder.anchored else "how_levels", **people),
        say("how_anchored", n=ladder.n_respondents) if ladder.anchored else say(not_anchored),
        say("how_fit", starts=ladder.n_starts, best=ladder.n_starts_at_best, periods=len(ladder.periods)),
    )
    return Section(
        "ladder",
        say("title_ladder" if ladder.anchored else "title_levels"),
        _said(d, "ladder", language),
        pictures,
        filled(behind.ladder_table(ladder, language)),
        how,
        filled(behind.rungs_table(ladder, language), behind.transitions_table(ladder, language)),
    )


def _ladder_of_part(
    d: Diagnosis,
    ladder: LadderResult,
    language: Language,
    segment: tuple[str, str] | None,
    period: str | None,
) -> Section:
    say, view = speaker("report", language), ladder_view(ladder, language, segment, period)
    title = say("title_ladder" if ladder.anchored else "title_levels")
    if isinstance(view, str):
        return Section("ladder", title, empty=view)
    pictures = both(
        lambda **size: draw_ladder(
            view.shares, view.ci_lower, view.ci_upper, moved_up=view.up, moved_down=view.down,
            blocking_rung=view.blocking, anchored=ladder.anchored, language=language, window=view.window,
            simulated=d.simulated, **size,
        ),
        say("see_view", where=view.where), "ladder",
    )  # fmt: skip
    how = (
        *view.unknown,
        say("how_view", n=view.n_customers, where=view.where, least=MIN_GROUP),
        say("how_view_ladder" if ladder.anchored else "how_not_anchored"),
    )
    table = behind.view_table(ladder, view, language)
    return Section("ladder", f"{title}: {view.where}", (), pictures, filled(table), how)


def found_sections(d: Diagnosis, language: Language) -> tuple[Section, ...]:
    """What we found, in the page's order."""
    return found_among(tuple(_FOUND), d, language)


def found_among(names: Sequence[str], d: Diagnosis, language: Language) -> tuple[Section, ...]:
    """Those sections of what we found that have these names, where there is anything to them."""
    found = (_FOUND[name](d, language) for name in names)
    return tuple(one for part in found for one in (part if isinstance(part, tuple) else (part,)) if one)


def _scores(d: Diagnosis, language: Language) -> Section:
    say, said = speaker("report", language), _said(d, "scores", language)
    if d.survey is None or not d.survey.n_respondents:
        why = absent.unsaid_as(d, "survey_failed", language) or say("empty_survey")
        return Section("scores", say("title_scores"), said, empty=why)
    survey = d.survey
    wave = survey.waves[-1] if len(survey.waves) > 1 else None
    shown = [c for c in survey.constructs if c.wave == wave and behind.may_be_shown(c.mean)]
    shown = [c for c in shown if c.construct not in ("values_own", "values_seen")]
    order = {name: i for i, name in enumerate(RUNG_CONSTRUCTS)}
    types = tuple(t.type for t in survey.relationship_types)
    shown = sorted((c for c in shown if c.construct not in types), key=lambda c: order.get(c.construct, 99))
    bars = [
        bar(
            capital(behind.name_of(c.construct, language)), c.mean, language,
            group=say("group_rungs" if c.construct in order else "group_other"),
            colour=f"rung-{order[c.construct] + 1}" if c.construct in order else "accent",
        )
        for c in shown
    ]  # fmt: skip
    see = say("see_scores_wave", wave=wave) if wave is not None else say("see_scores")
    flags = survey.flags
    how = (
        say("how_scores", n=survey.n_respondents, linked=survey.n_customers_linked),
        say("how_reliability"),
        say(
            "how_flags",
            lines=flags.n_straight_lines - flags.n_careless,
            identical=flags.n_identical,
            careless=flags.n_careless,
            range=flags.n_out_of_range,
        ),
    )
    return Section(
        "scores",
        say("title_scores"),
        said,
        bar_pictures(bars, say("title_scores"), see, "score", "scores", language),
        filled(behind.scores_table(survey, language)),
        how,
        filled(behind.reliability_table(survey, language)),
        empty="" if bars else say("empty_scores"),
    )


def _types(d: Diagnosis, language: Language) -> Section | None:
    if d.survey is None:
        return None
    say = speaker("report", language)
    bars = [
        bar(
            capital(behind.type_name(t.type, language)), t.share, language,
            colour=_TYPE_COLOURS.get(t.type, "accent"),
        )
        for t in d.survey.relationship_types
        if behind.may_be_shown(t.share)
    ]  # fmt: skip
    said = _said(d, "types", language)
    if not bars:
        return Section("types", say("title_types"), said, empty=say("empty_types"))
    how = [say("how_types")]
    if behind.may_be_shown(d.survey.distant):
        how.append(say("how_distant", share=d.survey.distant.value))
    return Section(
        "types",
        say("title_types"),
        said,
        bar_pictures(bars, say("title_types"), say("see_types"), "share", "types", language),
        filled(behind.types_table(d.survey, language)),
        tuple(how),
    )


def _values(d: Diagnosis, language: Language) -> Section | None:
    if d.survey is None:
        return None
    say, known = speaker("report", language), {v.id for v in CIRCLE}
    matches = d.survey.congruence.values if d.survey.congruence is not None else ()
    matches = [
        m for m in matches if m.value in known and behind.may_be_shown(m.own) and behind.may_be_shown(m.seen)
    ]
    if len(matches) < 3:
        return Section("values", say("title_values"), empty=say("empty_values"))
    profiles = {
        say("profile_own"): {m.value: m.own.value for m in matches},
        say("profile_seen"): {m.value: m.seen.value for m in matches},
    }
    circle = draw_circle(profiles, language=language, identity="values")
    return Section(
        "values",
        say("title_values"),
        _said(d, "values", language),
        (
            Picture(circle, "", say("see_values")),
            *(Picture(picture, "", see) for picture, see in value_sections.map_and_surface(d, language)),
        ),
        filled(behind.values_table(d.survey, language), *value_sections.map_and_surface_tables(d, language)),
        (say("how_values"), *((say("how_surfaces"),) if d.values is not None else ())),
    )


def _house(d: Diagnosis, language: Language) -> Section | None:
    if d.values is None or d.values.identity is None:
        return None
    say, circle = speaker("report", language), value_sections.house_picture(d, language)
    return Section(
        "house",
        say("title_house"),
        _said(d, "house", language),
        (Picture(circle, "", say("see_house")),) if circle else (),
        filled(*value_sections.house_tables(d, language)),
        (say("how_house"),),
    )


def _movement(d: Diagnosis, language: Language) -> Section:
    say, ladder = speaker("report", language), behind.usable_ladder(d)
    said = _said(d, "movement", language)
    if ladder is None:
        return Section("movement", say("title_movement"), said, empty=absent.no_movement(d, language))
    if len(ladder.periods) < 2:
        return Section("movement", say("title_movement"), said, empty=say("empty_movement_short"))
    still = float(np.nansum(ladder.moved_up) + np.nansum(ladder.moved_down)) < 1e-9
    pictures = both(
        lambda **size: draw_shares_over_time(ladder, language, title=say("title_movement"), **size),
        say("see_movement" if ladder.anchored else "see_movement_levels"),
        "movement",
    )
    return Section(
        "movement",
        say("title_movement"),
        said,
        () if still else pictures,
        filled(behind.shares_table(ladder, language)),
        (say("how_movement"),),
        empty=say("empty_movement" if ladder.anchored else "empty_movement_levels") if still else "",
    )


def _actions(d: Diagnosis, language: Language) -> Section | None:
    """What the company's actions go with, in climbing and in falling."""
    say, ladder = speaker("report", language), behind.usable_ladder(d)
    if ladder is None or not ladder.effects:
        return None
    shown = [e for e in ladder.effects if e.rung is None and behind.may_be_shown(e.log_odds)]
    odds = [_odds(e, ladder, language) for move in _MOVES for e in sorted(shown, key=_size) if e.move == move]
    pictures = ()
    if odds:
        pictures = both(
            lambda **size: draw_odds(odds, title=say("title_actions"), language=language, **size),
            say("see_actions"),
            "odds",
        )
    return Section(
        "actions",
        say("title_actions"),
        _said(d, "actions", language),
        pictures,
        filled(behind.effects_table(ladder, language)),
        (say("how_actions" if ladder.anchored else "how_actions_levels"),),
    )


def _size(effect: MoveEffect) -> float:
    return -float(effect.log_odds.value or 0.0)


def _odds(effect: MoveEffect, ladder: LadderResult, language: Language) -> Odds:
    ratio, low, high = behind.odds_of(effect)
    return Odds(
        capital(behind.name_of(effect.action, language)), ratio, low, high,
        note=sentence("report.n_reached", language, n=effect.log_odds.n_obs),
        group=behind.name_of_move(effect, ladder, language), good=effect.move in ("up", "higher"),
    )  # fmt: skip


def _trial(d: Diagnosis, language: Language) -> Section | None:
    """Whether the chances are right, and whether simpler ways are beaten."""
    if d.trial is None:
        return None
    say, said = speaker("report", language), _said(d, "trial", language)
    one = next((r for r in d.trial.reliability if r.variable == d.trial.kind), None)
    pictures, title = (), say("title_trial")
    if one is not None:
        chances = [Chance(b.predicted, b.observed, b.ci_lower, b.ci_upper) for b in one.bins]
        pictures = both(
            lambda **size: draw_reliability(chances, title=title, language=language, **size),
            say("see_trial", what=behind.name_of(one.variable, language)),
            "trial",
        )
    return Section(
        "trial",
        title,
        said,
        pictures,
        filled(behind.rivals_table(d.trial, language), behind.chances_table(d.trial, language)),
        (say("how_trial", n=len(d.trial.periods)),) if len(d.trial.periods) else (),
    )


def _segments(d: Diagnosis, language: Language) -> Section | None:
    say, ladder = speaker("report", language), behind.usable_ladder(d)
    if ladder is None:
        return None
    said, shown = _said(d, "segments", language), behind.segments_shown(ladder)
    if not shown:
        return Section("segments", say("title_segments"), said, empty=say("empty_segments"))
    rounded = [replace(s, n_customers=rounded_people(s.n_customers)) for s in shown]
    pictures = both(
        lambda **size: draw_segments(
            rounded, language, title=say("title_segments"), anchored=ladder.anchored, **size
        ),
        say("see_segments" if ladder.anchored else "see_segments_levels"),
        "segments",
    )
    table = behind.segments_table(ladder, language)
    return Section("segments", say("title_segments"), said, pictures, filled(table), (say("how_segments"),))


def _intentions(d: Diagnosis, language: Language) -> Section:
    say, said = speaker("report", language), _said(d, "intentions", language)
    gaps = behind.gaps_shown(d.intentions) if d.intentions is not None else ()
    rows = [r for r in d.intentions.rows if behind.may_be_shown(r.share)] if d.intentions is not None else []
    if d.intentions is None or not (gaps or rows):
        why = absent.unsaid_as(d, "intentions_failed", language) or say("empty_intentions")
        return Section("intentions", say("title_intentions"), said, empty=why)
    said_and_done = [
        bar(_pair(g.intention, g.behaviour, language), g.done, language, stated=g.intended) for g in gaps
    ]
    by_level = [
        bar(
            capital(say(f"level_{r.level}")), r.share, language, colour="rung-4",
            group=_pair(r.intention, r.behaviour, language),
        )
        for r in rows
    ]  # fmt: skip
    followed = sum(f.n_followed for f in d.intentions.follow_up)
    recent = sum(f.n_too_recent for f in d.intentions.follow_up)
    how = (
        say("how_intentions", days=d.intentions.horizon_days),
        say("how_followed", n=followed, recent=recent),
    )
    tables = (behind.intentions_table(d.intentions, language), behind.levels_table(d.intentions, language))
    see = say("see_intentions", days=d.intentions.horizon_days)
    return Section(
        "intentions",
        say("title_intentions"),
        said,
        (
            *bar_pictures(said_and_done, say("title_intentions"), see, "share", "intentions", language),
            *bar_pictures(
                by_level,
                say("see_intention_levels"),
                say("see_intention_levels"),
                "share",
                "levels",
                language,
            ),
        ),
        filled(*tables),
        how,
    )


def _pair(intention: str, behaviour: str, language: Language) -> str:
    said, done = (
        sentence(f"report.{c}", language) for c in (f"intention_{intention}", f"behaviour_{behaviour}")
    )
    return f"{capital(said)} → {done}"


def _effort(d: Diagnosis, language: Language) -> Section | None:
    if d.effort is None:
        return None
    say, names = speaker("report", language), state_names(len(RUNGS), True, language)
    said = _said(d, "effort", language)
    if not d.effort.rungs:
        return Section("effort", say("title_effort"), said, empty=say("empty_effort", n=d.effort.n_actions))
    bars = [
        Bar(
            f"{e.rung} {names[e.rung]}", e.share_of_actions, note=say("n_actions", n=e.n_actions),
            colour=f"rung-{e.rung}",
        )
        for e in reversed(d.effort.rungs)
    ]  # fmt: skip
    ladder = behind.usable_ladder(d)
    see = say("see_effort" if ladder is not None and ladder.blocking_rung else "see_effort_plain")
    return Section(
        "effort",
        say("title_effort"),
        said,
        bar_pictures(bars, say("title_effort"), see, "share", "effort", language),
        filled(behind.effort_table(d.effort, language)),
        (say("how_effort", n=d.effort.n_without_rung),),
    )


_FOUND: dict[str, Callable[[Diagnosis, Language], Section | tuple[Section, ...] | None]] = {
    "scores": _scores,
    "types": _types,
    "values": _values,
    "house": _house,
    "movement": _movement,
    "actions": _actions,
    "segments": _segments,
    "trial": _trial,
    "intentions": _intentions,
    **{name: partial(loyalty_section, name) for name in LOYALTY_SECTIONS},
    **{name: partial(effects_sections, name) for name in EFFECTS_SECTIONS},
    **{f"expressions_{name}": partial(expressions_section, name) for name in EXPRESSIONS_SECTIONS},
    "effort": _effort,
}
"""By name, in the report's order."""


def said_in(findings: Sequence[Finding], section: str, language: Language) -> tuple[Said, ...]:
    """Findings that belong in a section, as the page says them."""
    return tuple(
        said_of(f, language)
        for f in findings
        if _SECTION_OF.get(f.reason.code.split(".")[-1], _SECTION_OF_ROOM.get(f.room, f.room)) == section
    )


def said_of(finding: Finding, language: Language) -> Said:
    """A finding as a page says it."""
    return toned(finding.reason, finding.tone, language)


def _said(d: Diagnosis, section: str, language: Language) -> tuple[Said, ...]:
    return said_in(d.findings, section, language)
