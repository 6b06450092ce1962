"""Which rungs people say they have reached, which they skip, and whether the order of the ladder holds."""

from __future__ import annotations

from verbond.diagnosis import Diagnosis
from verbond.method import RUNGS
from verbond.plots import Bar, draw_interval_bars
from verbond.reports.behind import may_be_shown
from verbond.reports.parts import Picture, Said, Section
from verbond.reports.tables import Column, Table, estimate_values
from verbond.results import Estimate, Language, sentence
from verbond.survey import AskedRungsResult

__all__ = ["asked_section"]

_TONES = {"skips": "bad", "undecided": "caution"}


def asked_section(d: Diagnosis, language: Language) -> Section | None:
    """The section; None where nobody answered questions about the rungs.

    Parameters
    ----------
    d : Diagnosis
    language : {"en", "nl"}
    """
    asked = d.answers.rungs if d.answers is not None else None
    if asked is None or not all(may_be_shown(r.attained) for r in asked.rungs):
        return None
    tone = _TONES.get(asked.verdict, "neutral")
    said = Said(tone, sentence(f"report.tone_{tone}", language), asked.reason.sentence(language))
    skipped = _say("asked_skipped", language)
    bars = [
        *(
            _bar(r.rung, r.attained, _say("asked_attained", language), language)
            for r in reversed(asked.rungs)
        ),
        *(
            _bar(r.rung, r.skipped, skipped, language)
            for r in reversed(asked.rungs)
            if r.skipped is not None and may_be_shown(r.skipped)
        ),
    ]
    title = _say("asked_title", language)
    wide, tall = (
        draw_interval_bars(bars, title=title, language=language, layout=layout, identity=f"asked-{layout}")
        for layout in ("wide", "tall")
    )
    how = (_say("asked_how", language, n=asked.n_respondents), *(r.sentence(language) for r in asked.reasons))
    return Section(
        "asked", title, (said,), (Picture(wide, tall, _say("asked_see", language)),),
        (_table(asked, language),), how,
    )  # fmt: skip


def _bar(rung: int, estimate: Estimate, group: str, language: Language) -> Bar:
    note = sentence("report.n_people", language, n=estimate.n_obs)
    return Bar(
        f"{rung} {_name(rung, language)}", estimate.value, estimate.ci_lower, estimate.ci_upper, note=note,
        group=group, colour=f"rung-{rung}",
    )  # fmt: skip


def _table(asked: AskedRungsResult, language: Language) -> Table:
    def column(name: str, kind: str, words: str) -> Column:
        return Column(name, _say(words, language), _say(words, language), kind)

    rows = []
    for r in reversed(asked.rungs):
        row = {"rung": f"{r.rung} {_name(r.rung, language)}", **estimate_values("attained", r.attained)}
        if r.skipped is not None and may_be_shown(r.skipped):
            row |= {k: v for k, v in estimate_values("skipped", r.skipped).items() if k != "n_obs"}
        rows.append(row)
    columns = (
        column("rung", "text", "asked_rung"),
        column("attained", "percent1", "asked_attained"),
        column("attained_ci_lower", "percent1", "asked_from"),
        column("attained_ci_upper", "percent1", "asked_to"),
        column("skipped", "percent1", "asked_skipped"),
        column("skipped_ci_lower", "percent1", "asked_from"),
        column("skipped_ci_upper", "percent1", "asked_to"),
        column("n_obs", "count", "asked_people"),
    )
    return Table("asked", _say("asked_title", language), columns, tuple(rows), language=language)


def _name(rung: int, language: Language) -> str:
    name = RUNGS[rung].name.say(language)
    return name[:1].upper() + name[1:]


def _say(code: str, language: Language, **values: object) -> str:
    return sentence(f"web_rooms.{code}", language, **values)
