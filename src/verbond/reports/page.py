"""What a page says, before it is a page: every string ready, nothing left for the templates to decide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from verbond.method import RUNGS, handle
from verbond.reports.absent import has_answers
from verbond.reports.behind import data_table, refused_table, usable_ladder
from verbond.reports.parts import Said, Section
from verbond.reports.plan import StepTold, plan_section, steps_told
from verbond.reports.sections import found_sections, ladder_section, said_in
from verbond.reports.tables import Table
from verbond.results import Language, sentence
from verbond.results.groups import MIN_GROUP
from verbond.results.wording import sentence_case

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis
    from verbond.diagnosis import Step as FirstStep

__all__ = ["Page", "Step", "facts_of", "lead", "page_of", "steps_of", "unsaid_of"]

N_FIRST = 3


@dataclass(frozen=True, slots=True)
class Step:
    """A first step as the page shows it; `planned` where it is one of the plan."""

    number: int
    name: str
    serves: str
    effort: str
    who: str
    first_step: str
    because: str
    worked: str
    when_not: str
    why: str
    evidence: str
    planned: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """The report of one diagnosis in one language.

    Attributes
    ----------
    language : {"en", "nl"}
    title, name : str
        Of the document; of the company or source.
    lead : str
        Where most customers stand, and what blocks.
    facts : tuple of str
        Period, customers, respondents.
    simulated : bool
    ladder : Section
    steps : tuple of Step
    found : tuple of Section
    unsaid : tuple of str
    data, refused : Table or None
        What was read, and why rows were refused; None where there is nothing to tell.
    notes : tuple of str
        What else was noticed while reading.
    data_said : tuple of Said
    made : mapping of str to str
        How it came to be.
    version : str
    plan : Section or None
        What the steps of the plan bring; None where there is no plan, and `steps` stand in its place.
    planned : tuple of StepTold
    plan_lead : str
    homes : mapping of str to str
        Pages of sections that stand elsewhere; none here.
    """

    language: Language
    title: str
    name: str
    lead: str
    facts: tuple[str, ...]
    simulated: bool
    ladder: Section
    steps: tuple[Step, ...]
    found: tuple[Section, ...]
    unsaid: tuple[str, ...]
    data: Table | None
    refused: Table | None
    notes: tuple[str, ...]
    data_said: tuple[Said, ...]
    made: Mapping[str, str]
    version: str
    plan: Section | None = None
    planned: tuple[StepTold, ...] = ()
    plan_lead: str = ""
    homes: Mapping[str, str] = field(default_factory=dict)


def page_of(d: Diagnosis, language: Language) -> Page:
    """Put a diagnosis into words and pictures.

    Parameters
    ----------
    d : Diagnosis
    language : {"en", "nl"}
    """
    data, refused = data_table(d, language), refused_table(d, language)
    return Page(
        language=language,
        title=sentence("report.html_title", language, company=d.name),
        name=d.name,
        lead=lead(d, language),
        facts=facts_of(d, language),
        simulated=d.simulated,
        ladder=ladder_section(d, language),
        steps=steps_of(d, language),
        found=found_sections(d, language),
        unsaid=unsaid_of(d, language),
        data=data if data.rows else None,
        refused=refused if refused.rows else None,
        notes=tuple(note.sentence(language) for note in d.check.notes) if d.check is not None else (),
        data_said=said_in(d.findings, "data", language),
        made=_made(d, language),
        version=d.provenance.version,
        plan=plan_section(d, language),
        planned=steps_told(d.plan, language, d.name) if d.plan is not None else (),
        plan_lead=d.plan.headline.sentence(language) if d.plan is not None else "",
    )


def lead(d: Diagnosis, language: Language) -> str:
    """The one sentence: where most customers stand, and what stops most."""
    ladder = usable_ladder(d)
    if ladder is None:
        return sentence("report.lead_nothing", language, company=d.name)
    last = np.asarray(ladder.shares)[-1]
    top = int(np.argmax(last))
    values = {"company": d.name, "share": float(last[top])}
    if not ladder.anchored and any(f.reason.code == "diagnosis.levels_blur" for f in d.findings):
        return sentence("diagnosis.levels_blur", language, n=ladder.n_states)
    if not ladder.anchored:
        code = "report.lead_level_answers" if has_answers(d) else "report.lead_level"
        return sentence(code, language, level=top + 1, levels=ladder.n_states, **values)
    names = {rung.number: rung.name.say(language) for rung in RUNGS}
    if top == 0:
        said = sentence("report.lead_ground", language, **values)
    else:
        said = sentence("report.lead_rung", language, rung=top, name=names[top], **values)
    if ladder.blocking_rung:
        values = {"rung": ladder.blocking_rung, "name": names[ladder.blocking_rung]}
        said += " " + sentence("report.lead_blocking", language, **values)
    return said


def steps_of(d: Diagnosis, language: Language) -> tuple[Step, ...]:
    """The first steps, as a page shows them: those of the plan, where there is one."""
    if d.plan is not None and d.plan.steps:
        return tuple(map(_of_plan, steps_told(d.plan, language, d.name)[:N_FIRST]))
    return tuple(_step(number, step, language) for number, step in enumerate(d.steps, start=1))


def unsaid_of(d: Diagnosis, language: Language) -> tuple[str, ...]:
    """What cannot be said, and what it would take."""
    return tuple(dict.fromkeys(reason.sentence(language) for reason in d.unsaid))


def facts_of(d: Diagnosis, language: Language) -> tuple[str, ...]:
    """Period, customers and respondents, a few words each."""
    facts, ladder = [], usable_ladder(d)
    if ladder is not None:
        first, last = str(ladder.periods[0])[:10], str(ladder.periods[-1])[:10]
        facts.append(sentence("report.period", language, first=first, last=last))
        present = int(ladder.n_present[-1])
        facts.append(sentence("report.n_customers_read", language, n=ladder.n_customers, present=present))
    else:
        facts += _facts_as_read(d, language)
    if d.survey is not None and d.survey.n_respondents:
        facts.append(sentence("report.n_respondents_read", language, n=d.survey.n_respondents))
    return tuple(facts)


def _facts_as_read(d: Diagnosis, language: Language) -> Iterator[str]:
    """Period and customers as the tables hold them, where no ladder tells."""
    read = {t.table: t for t in d.check.tables} if d.check is not None else {}
    events, customers = read.get("events"), read.get("customers")
    if events is not None and events.first is not None and events.last is not None:
        first, last = events.first.isoformat(), events.last.isoformat()
        if first[:7] == last[:7]:
            yield sentence("report.period_one_month", language, first=first)
        else:
            yield sentence("report.period", language, first=first, last=last)
    known = customers.n_rows if customers is not None else 0
    n = known or (d.ladder.n_customers if d.ladder is not None else 0)
    if n >= MIN_GROUP:
        yield sentence("report.n_customers_known", language, n=n)


def _step(number: int, step: FirstStep, language: Language) -> Step:
    chosen, rung = handle(step.handle_id), RUNGS[step.rung]
    if rung.number:
        name = rung.name.say(language)
        serves = sentence("report.step_serves", language, rung=rung.number, name=name)
    else:
        serves = sentence("report.step_serves_ground", language)
    return Step(
        number=number,
        name=chosen.name.say(language),
        serves=serves,
        effort=sentence(f"report.effort_{chosen.effort}", language),
        who=sentence_case(chosen.who.say(language)),
        first_step=chosen.first_step.say(language),
        because=step.because.sentence(language),
        worked=sentence(f"report.worked_{rung.number}", language),
        when_not=chosen.when_not.say(language),
        why=chosen.why.say(language),
        evidence=chosen.evidence.say(language),
    )


def _of_plan(step: StepTold) -> Step:
    return Step(
        number=step.number, name=step.name, serves=step.serves, effort=step.effort, who=step.owner,
        first_step=step.first_hour, because=step.because, worked=step.experiment, when_not=step.stop,
        why=step.why, evidence=f"{step.evidence} {step.against}", planned=True,
    )  # fmt: skip


def _made(d: Diagnosis, language: Language) -> dict[str, str]:
    made = d.provenance
    options = ", ".join(f"{key} = {_option(value, language)}" for key, value in made.options.items())
    rows = {
        "made_source": made.source,
        "made_simulated": sentence("report.yes" if made.simulated else "report.no", language),
        "made_fingerprint": made.fingerprint,
        "made_engine": made.engine,
        "made_seed": "" if made.seed is None else str(made.seed),
        "made_options": options,
        "made_version": made.version,
    }
    return {sentence(f"report.{code}", language): said for code, said in rows.items() if said}


def _option(value: object, language: Language) -> str:
    if isinstance(value, bool):
        return sentence("report.yes" if value else "report.no", language)
    if isinstance(value, (list, tuple)):
        return " + ".join(map(str, value)) or "–"
    return str(value)
