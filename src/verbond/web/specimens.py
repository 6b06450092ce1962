"""What stands in the portfolio: made-up findings, fields, jobs and pictures."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from django import forms

from verbond.effects import VERDICTS
from verbond.method import CIRCLE
from verbond.plots import Bar, draw_circle, draw_interval_bars, draw_ladder
from verbond.reports.effects.experiment import Reading
from verbond.reports.parts import Picture, Said, Section
from verbond.reports.tables import Column, Table
from verbond.results import Language, sentence
from verbond.web.templating import spoken

__all__ = ["specimens"]

TONES = ("neutral", "good", "bad", "caution")
SHARES = (0.2, 0.43, 0.13, 0.1, 0.09, 0.05)
"""Made up, as everything on this page is."""


class _Form(forms.Form):
    name = forms.CharField(max_length=10, help_text="help")
    email = forms.EmailField()
    choice = forms.ChoiceField(choices=[("a", "A"), ("b", "B")], required=False)
    words = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    agreed = forms.BooleanField(required=False)


def specimens() -> dict[str, Any]:
    """By the name that the template gives them."""
    language = spoken()
    return {
        "said": _said(language),
        "section": _section(language),
        "empty": Section("nothing", "–", empty=sentence("report.empty_ladder", language)),
        "form": _labelled(_Form(initial={"name": "Els", "words": "…"}), language),
        "wrong": _labelled(
            _Form({"name": "x" * 20, "email": "els"}, prefix=None, auto_id="wrong_%s"), language
        ),
        "jobs": _jobs(),
        "readings": _readings(language),
        "organisation": SimpleNamespace(slug="portfolio"),
        "colours": ("text", "text-soft", "accent", "block", "note", "up", "down", *_rungs()),
    }


def _rungs() -> tuple[str, ...]:
    return tuple(f"rung-{k}" for k in range(6))


def _said(language: Language) -> tuple[Said, ...]:
    words = sentence("web_rooms.portfolio_text", language)
    return tuple(Said(tone, sentence(f"report.tone_{tone}", language), words) for tone in TONES)


def _readings(language: Language) -> tuple[Reading, ...]:
    """One of each word; the first with what may be wrong."""
    words = sentence("web_rooms.portfolio_text", language)
    doubts = tuple(
        Said(tone, sentence(f"effects_read.tone_{tone}", language), words)
        for tone in ("bad", "caution", "good")
    )
    return tuple(
        Reading(word, sentence(f"effects_read.verdict_{word}", language), "", words, doubts=doubts * (n == 0))
        for n, word in enumerate(VERDICTS)
    )


def _labelled(form: forms.Form, language: Language) -> forms.Form:
    for name in form.fields:
        form.fields[name].label = sentence(f"web_rooms.portfolio_{name}", language)
    form.fields["name"].help_text = sentence("web_rooms.portfolio_help", language)
    form.label_suffix = ""
    return form


def _jobs() -> list[Any]:
    def job(**values: Any) -> SimpleNamespace:
        known = {
            "id": "0",
            "kind": "diagnosis",
            "step": "diagnosis.step_ladder",
            "done": 0.4,
            "seconds_left": 40,
        }
        return SimpleNamespace(**(known | {"state": "running", "why": None, "is_over": True} | values))

    return [
        job(),
        job(id="1", kind="import", step="", done=0.0, seconds_left=None, state="waiting"),
        job(
            id="2",
            state="failed",
            done=0.7,
            seconds_left=None,
            why={"said": sentence("web.refusal_wrong_text", spoken())},
        ),
    ]


def _section(language: Language) -> Section:
    title = sentence("report.title_ladder", language)
    low, high = ([max(s + d, 0.0) for s in SHARES] for d in (-0.03, 0.03))
    ladder = [
        draw_ladder(
            SHARES, low, high, moved_up=(6, 5, 4, 2, 1), moved_down=(6, 7, 3, 1, 1), blocking_rung=2,
            language=language, layout=layout, identity=f"portfolio-{layout}", simulated=True,
        )
        for layout in ("wide", "tall")
    ]  # fmt: skip
    bars = [Bar("A", 0.6, 0.5, 0.7, note="412"), Bar("B", 0.3, 0.2, 0.4, stated=0.8, colour="rung-3")]
    both = [
        draw_interval_bars(bars, title="A, B", language=language, layout=layout, identity=f"bars-{layout}")
        for layout in ("wide", "tall")
    ]
    values = {"A": {v.id: 50.0 + 4 * i for i, v in enumerate(CIRCLE)}, "B": {v.id: 60.0 for v in CIRCLE}}
    circle = draw_circle(values, language=language, identity="portfolio-circle")
    words = sentence("web_rooms.portfolio_text", language)
    columns = (Column("name", "A", words), Column("share", "B", words, "percent1"))
    rows = tuple({"name": str(k), "share": share} for k, share in enumerate(SHARES))
    table = Table("portfolio", words, columns, rows, language=language)
    pictures = (Picture(*ladder, words), Picture(*both, words), Picture(circle, "", words))
    return Section("pictures", title, _said(language)[:1], pictures, (table,), (words,))
