"""Which slides a diagnosis has, what each says, and what a presenter can say with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from verbond.reports.behind import name_of, tables_behind, usable_ladder
from verbond.reports.page import Page, page_of
from verbond.reports.parts import Section
from verbond.reports.slides import charts
from verbond.reports.slides.charts import Chart
from verbond.reports.slides.steps import first_slides, plan_slides
from verbond.reports.slides.told import Grid, Slide
from verbond.reports.tables import Table
from verbond.results import Language, sentence
from verbond.results.wording import sentence_case
from verbond.tables import RUNG_CONSTRUCTS

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis

__all__ = ["first_sentence", "slides_of"]

_TONES = ("bad", "good", "neutral", "caution")
"""Of which finding a slide gets its title: of the first with the first of these."""
_STANDING = (
    "diagnosis.most_on_rung",
    "diagnosis.most_on_ground",
    "diagnosis.most_on_level",
    "diagnosis.blocking_rung",
    "diagnosis.levels_blur",
)
"""What is told beside the ladder: who stands where, not how well the ladder fits."""
_SHORTEST_TITLE, _LONGEST_TITLE, _MOST_POINTS = 20, 120, 3
_BRACKETS = re.compile(r" \([^()]*\)")
_CARDS = ("action", "sales_short", "sales_long", "relation_short", "relation_long", "by_lot")
_MOST_CARDS = 10


def slides_of(d: Diagnosis, language: Language) -> tuple[Slide, ...]:
    """The slides of a diagnosis, in the order in which they are told.

    Parameters
    ----------
    d : Diagnosis
    language : {"en", "nl"}

    Returns
    -------
    tuple of Slide
        None that would be empty.
    """
    return tuple(_Telling(d, language).slides())


class _Telling:
    """A diagnosis as somebody tells it."""

    def __init__(self, d: Diagnosis, language: Language) -> None:
        self.d, self.language = d, language
        self.page: Page = page_of(d, language)
        self.tables: Mapping[str, Table] = {t.name: t for t in tables_behind(d, language)}
        self.parts: Mapping[str, Section] = {s.id: s for s in (self.page.ladder, *self.page.found)}

    def slides(self) -> Iterator[Slide]:
        yield self._cover()
        yield self._standing()
        found = (self._blocking, self._moving, self._scores, self._values, self._intentions,
                 self._referral, self._growth, self._actions, self._words)  # fmt: skip
        yield from (slide for slide in (tell() for tell in found) if slide is not None)
        yield from self._steps()
        yield from self._unsaid()
        yield self._made()

    # what we found

    def _cover(self) -> Slide:
        lead = self.page.lead if usable_ladder(self.d) is not None else first_sentence(self.page.lead)
        points = (lead, *self.page.facts)
        notes = [self._say("notes_cover", company=self.d.name), self.page.lead]
        if self.d.simulated:
            notes.append(sentence("report.simulated_text", self.language))
        return Slide("cover", self.page.title, points, notes=tuple(notes))

    def _standing(self) -> Slide:
        part, chart = self.parts["ladder"], charts.standing_chart(self.tables, self.language)
        told = [f.reason.sentence(self.language) for f in self.d.findings if f.reason.code in _STANDING]
        first = told[0] if told and chart is not None else self.page.lead
        points = (
            (*told, *map(sentence_case, self.page.facts[1:])) if chart else (part.empty, *self._said(part))
        )
        return self._slide("stand", first_sentence(first), points, (part,), chart)

    def _blocking(self) -> Slide | None:
        codes = {f.reason.code: f.reason.sentence(self.language) for f in self.d.findings}
        said = codes.get("diagnosis.blocking_rung")
        chart = charts.blocking_chart(self.tables, self.language)
        if said is None or chart is None:
            return None
        part = self.parts.get("effort")
        points = self._said(part) if part is not None else ()
        return self._slide("blocking", first_sentence(said), points, (part,), chart)

    def _moving(self) -> Slide | None:
        chart = charts.movement_chart(self.tables, self.language)
        return self._found("movement", chart, more=("actions",)) if not self._empty("movement") else None

    def _scores(self) -> Slide | None:
        survey = self.d.survey
        wave = survey.waves[-1] if survey is not None and len(survey.waves) > 1 else None
        names = [name_of(construct, self.language) for construct in RUNG_CONSTRUCTS]
        chart = charts.scores_chart(self.tables, self.language, wave, names)
        return self._found("scores", chart, lead=self._finding("diagnosis.values_lag"))

    def _values(self) -> Slide | None:
        chart = charts.values_chart(self.tables, self.language)
        return self._found("values", chart, more=("house",), lead=self._finding("diagnosis.values_misfit"))

    def _intentions(self) -> Slide | None:
        return self._found(
            "intentions", charts.intentions_chart(self.tables, self.language), more=("hidden",)
        )

    def _referral(self) -> Slide | None:
        chart = charts.referral_chart(self.tables, self.language)
        last = next(reversed(self._said(self.parts.get("referral"))), "")  # the one about the segments
        return self._found("referral", chart, more=("longer", "growth"), lead=last)

    def _growth(self) -> Slide | None:
        """What the turnover is made of, where loyalty has nothing else to tell."""
        told = {"intentions", "loyalty-referral"} & set(self.tables)
        return None if told else self._found("growth", charts.growth_chart(self.tables, self.language))

    def _actions(self) -> Slide | None:
        cards = self.tables.get("cards")
        if cards is None:
            return self._found("winning", charts.winning_chart(self.tables, self.language))
        columns = [c for c in cards.columns if c.name in _CARDS]
        rows = tuple(tuple(cards.cell(row, c) for c in columns) for row in cards.rows[:_MOST_CARDS])
        widths = (2.0, *(1.0 for _ in columns[1:]))
        grid = Grid(tuple(c.label for c in columns), rows, widths, cards.name)
        told = [part for id, part in self.parts.items() if id.startswith("card-")]
        said = [text for part in (*told, self.parts.get("winning")) for text in self._said(part)]
        best = next((s for part in told for s in part.said if s.tone != "caution"), None)
        title = first_sentence(best.text) if best is not None else self._say("title_cards_unsure")
        firm = [s.text for part in told for s in part.said if s.tone != "caution"]
        points = tuple(dict.fromkeys([*firm, *self._said(self.parts.get("winning"))])) or tuple(said)
        parts = (self.parts.get("cards"), self.parts.get("winning"))
        return self._slide("actions", title, points, parts, None, grid=grid)

    def _words(self) -> Slide | None:
        chart = charts.sides_chart(self.tables, self.language)
        return self._found(
            "expressions_sides", chart, more=("expressions-legs", "expressions-told"), id="words"
        )

    def _found(
        self, part_id: str, chart: Chart | None, *, more: Sequence[str] = (), id: str = "", lead: str = ""
    ) -> Slide | None:
        """A slide for a section of the report; none where it has no chart.

        Its title is from `lead`, where that says anything, else from the most telling finding.
        """
        part = self.parts.get(part_id) or self.parts.get(part_id.replace("_", "-"))
        if part is None or chart is None:
            return None
        others = tuple(self.parts.get(one) for one in more)
        telling = next((s.text for tone in _TONES for s in part.said if s.tone == tone), "")
        first = lead or telling
        title = first_sentence(first) if first else self._say(f"title_{id or part_id}")
        points = [first]
        points += [text for one in (part, *others) for text in self._said(one)]
        return self._slide(id or part_id, title, tuple(dict.fromkeys(points)), (part, *others), chart)

    def _slide(
        self, id: str, title: str, points: Sequence[str], parts: Sequence[Section | None],
        chart: Chart | None, *, grid: Grid | None = None,
    ) -> Slide:  # fmt: skip
        known = [part for part in parts if part is not None]
        behind = (*chart.sources,) if chart is not None else (grid.source,) if grid is not None else ()
        said = tuple(p for p in points if p)
        rest = (p.removeprefix(title).strip() for p in said)  # what the title says already
        notes = [self._say(f"notes_{id}")] if chart is not None or grid is not None else []
        notes += [*([] if any(p.startswith(title[:-1]) for p in said) else [title]), *said]
        how = next((text for part in known for text in part.how), "")
        if how:
            notes.append(self._say("notes_how", how=how))
        if behind:
            notes.append(self._say("notes_source", sheets=list(behind)))
        points = tuple(p for p in rest if p)[:_MOST_POINTS]
        return Slide(id, title, points, chart, grid, notes=tuple(notes), sources=behind)

    # what to do

    def _steps(self) -> Iterator[Slide]:
        plan = self.d.plan
        if plan is not None and plan.steps:
            return plan_slides(plan, self.language, tuple(self.tables), self.d.name)
        return first_slides(self.page.steps, self.language)

    def _unsaid(self) -> Iterator[Slide]:
        said = self.page.unsaid
        if said:
            notes = (self._say("notes_unsaid"), *said, self._say("notes_source", sheets=["unsaid"]))
            yield Slide("unsaid", self._say("title_unsaid"), said, notes=notes, sources=("unsaid",))

    def _made(self) -> Slide:
        head = (self._say("made_what"), self._say("made_is"))
        grid = Grid(head, tuple(self.page.made.items()), (1.0, 2.6))
        text = sentence("report.made_text", self.language)
        notes = (self._say("notes_made"), text, self._say("notes_book"))
        points = (text, self._say("made_book"))
        return Slide("made", self._say("title_made"), points, grid=grid, notes=notes)

    def _finding(self, code: str) -> str:
        """The first finding with this code; empty where there is none."""
        found = (f.reason.sentence(self.language) for f in self.d.findings if f.reason.code == code)
        return next(found, "")

    def _said(self, part: Section | None) -> tuple[str, ...]:
        return tuple(said.text for said in part.said) if part is not None else ()

    def _empty(self, part: str) -> bool:
        return part not in self.parts or bool(self.parts[part].empty)

    def _say(self, code: str, **values: Any) -> str:
        return sentence(f"report_slides.{code}", self.language, **values)


def first_sentence(text: str, longest: int = _LONGEST_TITLE) -> str:
    """The first sentence of a finding; where it is long without what stands in brackets or after a colon.

    Examples
    --------
    >>> first_sentence("As many climb as fall: 4.2% and 3.3% a month. That is all.", 40)
    'As many climb as fall.'
    >>> first_sentence("Of 134 (about a tenth) 32% did it.", 30)
    'Of 134 32% did it.'
    """
    words = text.split(" ")
    for n, word in enumerate(words, start=1):
        opens = n < len(words) and words[n][:1].isupper()
        if word.endswith((".", "!", "?")) and (opens or n == len(words)) and n > 1:
            text = " ".join(words[:n])
            break
    if len(text) > longest:
        text = _BRACKETS.sub("", text)
    for mark in ("; ", ": "):
        if len(text) > longest and text.rfind(mark) >= _SHORTEST_TITLE:
            text = sentence_case(text[: text.rindex(mark)])
    return text
