"""What an experiment inside a survey says, while answers come and after."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from verbond.results import Reason, sentence
from verbond.web.access import for_role
from verbond.web.forms import worded
from verbond.web.listening.agreed import WORTHS, agree, may_agree
from verbond.web.listening.experimenting import SurveyExperiment, arm_of, experiments_of, n_for
from verbond.web.listening.flowing import in_steps
from verbond.web.store.acts import note
from verbond.web.store.models import Role, Survey
from verbond.web.templating import spoken
from verbond.web.views.surveys import found, framed

if TYPE_CHECKING:
    from verbond.reports.effects.experiment import Reading

__all__ = ["one"]


@dataclass(frozen=True, slots=True)
class Shown:
    """One experiment as the page shows it.

    Attributes
    ----------
    of : SurveyExperiment
    names : mapping of str to str
    form : AgreeForm or None
        None where nothing can be agreed on.
    reading : Reading or None
    why : Reason or None
        Why there is nothing to read.
    """

    of: SurveyExperiment
    names: dict[str, str]
    form: AgreeForm | None = None
    reading: Reading | None = None
    why: Reason | None = None

    def version(self, variant: str) -> str:
        """What a variant is called, with a capital."""
        return _capital(self.names[arm_of(variant)])


class AgreeForm(forms.Form):
    """What is agreed on about one experiment: from which difference on it matters, where lower is better."""

    worth = forms.TypedChoiceField(widget=forms.RadioSelect, coerce=float, empty_value=None, required=False)
    lower = forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, required=False)

    def __init__(self, data: Any, of: SurveyExperiment, names: Mapping[str, str], *, before: bool) -> None:
        agreed = of.agreed
        initial = {"worth": "" if agreed.worth is None else str(agreed.worth), "lower": agreed.lower}
        super().__init__(data, initial=initial, prefix=of.stimulus.id)
        self.is_before = before
        if before:
            self.fields["worth"].choices = [(str(part), _worth(of, part)) for part in WORTHS]
            self.fields["worth"].choices += [("", sentence("web_reading.worth_none", spoken()))]
        else:
            del self.fields["worth"]
        self.fields["lower"].choices = [(one.id, _capital(names[one.id])) for one in of.outcomes]
        worded(self, "agree", "web_reading")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _worth(of: SurveyExperiment, part: float) -> str:
    n = n_for(of.stimulus, len(of.outcomes), part)
    return sentence(f"web_reading.worth_{round(100 * part)}", spoken(), n=n)


@for_role(Role.FACILITATOR)
def one(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """What came of each stimulus, and what was agreed on; the page asks for its inside while answers come."""
    survey = found(request, id)
    shown = [_shown(request, survey, each, n) for n, each in enumerate(experiments_of(survey), start=1)]
    if not shown:
        raise Http404
    status = 200
    if request.method == "POST":
        status = _agreed(request, survey, shown)
        if status == 302:
            return redirect("survey_experiment", organisation=request.organisation.slug, id=survey.pk)
    stands = [(each.of, each.reading, each.why) for each in shown]
    state = hashlib.sha256(repr((survey.state, stands)).encode()).hexdigest()[:16]
    swapped = bool(request.headers.get("HX-Request")) and request.method == "GET"
    if swapped and request.GET.get("state") == state:
        return HttpResponse(status=204)  # nothing changed: nothing is swapped, and nothing is said
    context = framed(request, survey, "experiment", experiments=shown, state=state, swapped=swapped)
    context |= {"in_steps": in_steps(survey)}
    return render(request, f"reading/{'inside' if swapped else 'one'}.html", context, status=status)


def _agreed(request: HttpRequest, survey: Survey, shown: Sequence[Shown]) -> int:
    """Write down what was agreed on; the status of the answer."""
    one = next((each for each in shown if each.of.stimulus.id == request.POST.get("stimulus")), None)
    if one is None or one.form is None:
        raise Http404
    if not one.form.is_valid():
        return 422
    given = one.form.cleaned_data
    worth = given.get("worth", one.of.agreed.worth)
    if not agree(survey, one.of.stimulus.id, worth, given["lower"]):
        one.form.add_error(None, sentence("web_reading.agree_late", spoken()))
        return 422
    note(request, "survey_agreed", survey.name, survey=str(survey.pk), worth=worth, lower=given["lower"])
    return 302


def _shown(request: HttpRequest, survey: Survey, one: SurveyExperiment, n: int) -> Shown:
    language = request.language
    names = one.names(language, survey.company)
    form = None
    if one.outcomes and survey.state != Survey.State.CLOSED:
        mine = request.method == "POST" and request.POST.get("stimulus") == one.stimulus.id
        form = AgreeForm(request.POST if mine else None, one, names, before=may_agree(survey))
    if isinstance(one.result, Reason):
        return Shown(one, names, form, why=one.result)
    from verbond.reports.effects.experiment import read_result  # takes seconds: no other page waits for it

    more = [Reason("web_reading.said_not_done")]
    known = one.result.verdict in ("strengthens", "weakens")
    if known and survey.state == Survey.State.OPEN and one.n < one.n_planned:
        more.append(Reason("web_reading.early"))
    if one.left_out:
        more.append(Reason("web_reading.left_out"))
    read = read_result(one.result, language, names, units=one.units, more=more)
    return Shown(one, names, form, read.numbered(n))
