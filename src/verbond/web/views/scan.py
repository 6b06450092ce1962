"""The scan: ten questions that a team answers together, no files needed. Nothing of it is kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from verbond.method import RUNGS, SCAN, handle
from verbond.results import Language, sentence
from verbond.results.wording import sentence_case
from verbond.web.access import signed_in

__all__ = ["one"]


class ScanForm(forms.Form):
    """Ten questions, each with its own answers."""

    def __init__(self, *args: Any, language: Language, **kwargs: Any) -> None:
        super().__init__(*args, label_suffix="", **kwargs)
        for question in SCAN.questions:
            choices = [
                (str(n), option.text.say(language)) for n, option in enumerate(question.options, start=1)
            ]
            self.fields[question.id] = forms.ChoiceField(
                label=question.text.say(language), choices=choices, widget=forms.RadioSelect
            )


@signed_in
def one(request: HttpRequest) -> HttpResponse:
    """The questions; a POST gives what the answers come to, on the page itself."""
    form = ScanForm(request.POST or None, language=request.language)
    if not form.is_bound or not form.is_valid():
        return render(request, "scan/questions.html", {"form": form}, status=422 if form.is_bound else 200)
    result = SCAN.score([int(form.cleaned_data[question.id]) for question in SCAN.questions])
    shares = [option.text.say(request.language) for option in SCAN.questions[-1].options]
    rungs = [
        {
            "number": rung.number,
            "name": rung.name.say(request.language),
            "here": rung.number == result.standing,
            "guess": shares[result.guesses[rung.number - 1] - 1] if rung.number else "",
            "level": result.guesses[rung.number - 1] if rung.number else 0,
            "effort": result.effort[rung.number],
        }
        for rung in reversed(RUNGS)
    ]
    steps = [_step(step.handle_id, step.because.sentence(request.language), request) for step in result.steps]
    context = {"result": result, "rungs": rungs, "steps": steps, "most": len(shares)}
    return render(request, "scan/result.html", context)


def _step(handle_id: str, because: str, request: HttpRequest) -> dict[str, Any]:
    found, language = handle(handle_id), request.language
    said = {
        "why": because,
        "tomorrow": found.first_step.say(language),
        "who": sentence_case(found.who.say(language)),
        "when_not": found.when_not.say(language),
    }
    labels = {name: sentence(f"scan.label_{name}", language) for name in said}
    return {"name": found.name.say(language), "facts": [(labels[name], text) for name, text in said.items()]}
