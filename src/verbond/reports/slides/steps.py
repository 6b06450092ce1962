"""The steps of a plan on slides: the first ones each on their own, the others together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from verbond.method import RUNGS, play
from verbond.reports.plan import expects_of
from verbond.reports.slides.told import Grid, Slide
from verbond.results import Language, sentence
from verbond.results.wording import sentence_case

if TYPE_CHECKING:
    from verbond.diagnosis.plan import Plan, PlannedStep
    from verbond.reports.page import Step as FirstStep

__all__ = ["first_slides", "plan_slides"]

_OWN_SLIDE = 3


def plan_slides(plan: Plan, language: Language, known: Sequence[str], company: str) -> Iterator[Slide]:
    """Slides of a plan.

    Parameters
    ----------
    plan : Plan
    language : {"en", "nl"}
    known : sequence of str
        Names of the tables that the workbook has.
    company : str
        Stands in what a step says.
    """
    sources = tuple(name for name in ("plan",) if name in known)
    for number, step in enumerate(plan.steps[:_OWN_SLIDE], start=1):
        yield _planned(plan, number, step, language, sources, company)
    rest = plan.steps[_OWN_SLIDE:]
    if rest:
        columns = ("number", "what", "because", "expected")
        rows = tuple(
            (
                str(n),
                play(s.play_id).name.say(language),
                s.because.sentence(language),
                _short(s, language),
            )
            for n, s in enumerate(rest, start=_OWN_SLIDE + 1)
        )
        grid = Grid(_heads(columns, language), rows, (0.4, 2.3, 3.2, 2.0), "".join(sources[:1]))
        notes = [f"{play(s.play_id).name.say(language)}. {play(s.play_id).what.say(language)}" for s in rest]
        yield _together(grid, notes, language, sources, [r.sentence(language) for r in plan.reasons])


def first_slides(steps: Sequence[FirstStep], language: Language) -> Iterator[Slide]:
    """Slides of the first steps of a diagnosis that has no plan."""
    for step in steps[:_OWN_SLIDE]:
        yield _first(step, language)
    rest = steps[_OWN_SLIDE:]
    if rest:
        rows = tuple((str(s.number), s.name, s.because, s.who) for s in rest)
        grid = Grid(
            _heads(("number", "what", "because", "who"), language), rows, (0.35, 2.0, 3.6, 1.6), "steps"
        )
        yield _together(grid, [f"{s.name}. {s.first_step}" for s in rest], language, ("steps",), ())


def _planned(
    plan: Plan, number: int, step: PlannedStep, language: Language, sources: tuple[str, ...], company: str
) -> Slide:
    chosen, because = play(step.play_id), step.because.sentence(language)
    texts = {
        name: getattr(chosen, name).say(language)
        for name in (
            "what",
            "why",
            "owner",
            "first_hour",
            "say",
            "stop",
            "risk",
            "not_for",
            "evidence",
            "against",
        )
    }
    texts["say"] = texts["say"].replace("{company}", company).replace("{name}", _say("step_name", language))
    who = _say("step_owner", language, owner=texts["owner"], weeks=step.weeks_to_see)
    said = _blocks(language, {
        "because": because,
        "first": texts["first_hour"],
        "say": f"“{texts['say']}”" if texts["say"] else texts["what"],
        "who": f"{_capital(who)} {_cost(step, language)}",
        "expected": _gain(plan, step, language),
        "stop": texts["stop"],
        "mind": step.mind.sentence(language),
    })  # fmt: skip
    notes = [
        _say("notes_step", language, because=because),
        f"{texts['what']} {texts['why']}",
        _say("notes_first", language, first=texts["first_hour"]),
        *([_say("notes_say", language, say=texts["say"])] if texts["say"] else []),
        _say("notes_evidence", language, evidence=f"{texts['evidence']} {texts['against']}"),
        _say("notes_risk", language, risk=f"{texts['risk']} {texts['not_for']}"),
        *([_say("notes_source", language, sheets=list(sources))] if sources else []),
    ]
    if number == 1:
        notes.insert(0, plan.headline.sentence(language))
    serves = _say("kicker_serves", language, n=number, serves=_serves(step, language))
    title = sentence_case(chosen.name.say(language))
    return Slide(f"step_{number}", title, blocks=said, notes=tuple(notes), kicker=serves, sources=sources)


def _first(step: FirstStep, language: Language) -> Slide:
    said = _blocks(language, {
        "because": step.because,
        "first": step.first_step,
        "known": step.evidence,
        "who": f"{step.who} {_capital(step.effort)}, {step.serves}.",
        "worked": step.worked,
        "when_not": step.when_not,
    })  # fmt: skip
    notes = (
        _say("notes_step", language, because=step.because),
        step.why,
        _say("notes_first", language, first=step.first_step),
        _say("notes_evidence", language, evidence=step.evidence),
        _say("notes_when_not", language, when=step.when_not),
        _say("notes_source", language, sheets=["steps"]),
    )
    kicker, title = _say("kicker_step", language, n=step.number), sentence_case(step.name)
    return Slide(f"step_{step.number}", title, blocks=said, notes=notes, kicker=kicker, sources=("steps",))


def _together(
    grid: Grid, notes: Sequence[str], language: Language, sources: tuple[str, ...], points: Sequence[str]
) -> Slide:
    said = (_say("notes_steps_more", language), *notes)
    title = _say("title_steps_more", language)
    return Slide("steps_more", title, tuple(points), grid=grid, notes=said, sources=sources)


def _serves(step: PlannedStep, language: Language) -> str:
    rung = RUNGS[step.rung]
    if not rung.number:
        return sentence("report.step_serves_ground", language)
    return sentence("report.step_serves", language, rung=rung.number, name=rung.name.say(language))


def _gain(plan: Plan, step: PlannedStep, language: Language) -> str:
    """What to expect of a step, as every other form says it."""
    *said, rests = expects_of(step, plan, language)
    return " ".join([*said, rests]) if said else _say("expected_nothing", language)


def _short(step: PlannedStep, language: Language) -> str:
    """The same in a few words."""
    found = step.climb
    if found is None or found.value is None or found.ci_lower is None or found.ci_upper is None:
        return _say("expected_nothing", language)
    values = {"value": found.value, "low": found.ci_lower, "high": found.ci_upper}
    return _say("expected_short", language, **values)


def _cost(step: PlannedStep, language: Language) -> str:
    code = "step_cost" if step.n_reach else "step_cost_alone"
    return _say(code, language, cost=step.cost, n=step.n_reach)


def _blocks(language: Language, said: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((_say(f"step_{name}", language), words) for name, words in said.items() if words)


def _heads(names: Sequence[str], language: Language) -> tuple[str, ...]:
    return tuple(_say(f"step_{name}", language) for name in names)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _say(code: str, language: Language, **values: Any) -> str:
    return sentence(f"report_slides.{code}", language, **values)
