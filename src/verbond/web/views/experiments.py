"""Experiments: all of them, a new one in steps, its plan, what is agreed on, the lot and its list."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_POST, require_safe

from verbond.results import Reason, sentence
from verbond.web.access import for_role, may
from verbond.web.contexts import frame
from verbond.web.experiments import agreeing, drawing, reading, telling
from verbond.web.experiments.forms import (
    EXAMPLES,
    AgreeForm,
    LotForm,
    OutcomeForm,
    SizeForm,
    WhatForm,
    WhomForm,
)
from verbond.web.experiments.ground import Ground, ground_of, measured_of
from verbond.web.experiments.settings import STEPS, Settings
from verbond.web.experiments.sizing import Measured, plan_of, seen_with
from verbond.web.forms import posted
from verbond.web.jobs import enqueue
from verbond.web.listening.experimenting import is_experiment
from verbond.web.listening.planning import expected_response
from verbond.web.store import asking
from verbond.web.store.acts import note
from verbond.web.store.audit import note_view
from verbond.web.store.models import Experiment, Import, Job, Role, Survey
from verbond.web.templating import spoken

if TYPE_CHECKING:
    from verbond.effects import DesignChoice, ExperimentPlan

__all__ = [
    "collection", "list_file", "lot", "making", "one", "registration", "registration_file", "removal",
    "result", "step",
]  # fmt: skip

ROOM = "web_experiments"
POWER = 0.8
MOST_SURVEYS = 50


def found(request: HttpRequest, id: uuid.UUID) -> Experiment:
    """The experiment of an address.

    Raises
    ------
    Http404
        If this organisation has none such.
    """
    experiment = Experiment.objects.filter(organisation=request.organisation, pk=id).first()
    if experiment is None:
        raise Http404
    return experiment


@for_role(Role.GUEST)
@require_safe
def collection(request: HttpRequest) -> HttpResponse:
    """All experiments, newest first."""
    rows = []
    for experiment in Experiment.objects.filter(organisation=request.organisation):
        settings = Settings.of(experiment.settings)
        said = [agreeing.outcome_said(name, spoken()) for name in settings.outcomes]
        rows.append(
            {
                "experiment": experiment, "outcomes": said, "starts_on": settings.starts_on,
                "ends_on": settings.ends_on,
            }
        )  # fmt: skip
    surveys = _in_surveys(request) if may(request, Role.FACILITATOR) else []
    context = frame(request, "experiments") | {"experiments": rows, "examples": EXAMPLES, "surveys": surveys}
    return render(request, "experiments/collection.html", context)


def _in_surveys(request: HttpRequest) -> list[Survey]:
    """The newest surveys that show different people different things: those are experiments too."""
    opened = asking.surveys_of(request.organisation).exclude(state=Survey.State.DRAFT)
    return [one for one in opened[:MOST_SURVEYS] if is_experiment(one)]


# the steps


@for_role(Role.MEMBER)
def making(request: HttpRequest) -> HttpResponse:
    """A new experiment begins: what some get, and what the others get."""
    form = WhatForm(posted(request), settings=_example(request.GET.get("example", "")))
    if not form.is_bound or not form.is_valid():
        return _shown(request, None, "what", form)
    settings = form.put_into(Settings())
    experiment = Experiment.objects.create(
        organisation=request.organisation,
        name=settings.action[:120],
        settings=settings.kept(),
        created_by=request.user,
    )
    note(request, "experiment_made", experiment.name, experiment=str(experiment.pk))
    return _to_step(request, experiment, "whom")


def _example(name: str) -> Settings:
    """The start of an example; an empty one where there is none such."""
    if name not in EXAMPLES:
        return Settings()

    def word(part: str) -> str:
        return sentence(f"{ROOM}.example_{name}_{part}", spoken())

    kinds = {"folder": "campaign", "call": "personal_contact", "discount": "discount"}
    if name == "folder":
        return Settings(
            action=word("action"), kind=kinds[name], control="other", control_text=word("control")
        )
    return Settings(action=word("action"), kind=kinds[name])


@for_role(Role.MEMBER)
def step(request: HttpRequest, id: uuid.UUID, step: str) -> HttpResponse:
    """One step of an experiment that is not agreed on yet."""
    experiment = found(request, id)
    if step not in STEPS or experiment.state != Experiment.State.DRAFT:
        raise Http404
    settings = Settings.of(experiment.settings)
    to_do = settings.step_to_do()
    if to_do is not None and STEPS.index(step) > STEPS.index(to_do):
        return _to_step(request, experiment, to_do)
    if step in ("outcome", "size") and not settings.by_lot:
        return _to_step(request, experiment, "whom")
    form = _form(request, step, settings)
    if not form.is_bound or not form.is_valid():
        return _shown(request, experiment, step, form)
    settings = form.put_into(settings)
    experiment.settings = settings.kept()
    experiment.name = settings.action[:120]
    experiment.save(update_fields=["settings", "name"])
    to_do = settings.step_to_do()
    return _to_step(request, experiment, to_do) if to_do else _to_one(request, experiment)


def _form(request: HttpRequest, name: str, settings: Settings) -> Any:
    data = posted(request)
    if name == "what":
        return WhatForm(data, settings=settings)
    ground = ground_of(request.organisation)
    if name == "whom":
        return WhomForm(data, settings=settings, ground=ground)
    if name == "outcome":
        return OutcomeForm(data, settings=settings, ground=ground)
    return SizeForm(
        data,
        settings=settings,
        ground=ground,
        measured=_measured(request, settings, ground),
        response=expected_response(request.organisation)[0],
    )


def _measured(request: HttpRequest, settings: Settings, ground: Ground) -> Measured:
    return measured_of(request.organisation, ground, settings.main, settings.days, settings.cluster)


def _shown(request: HttpRequest, experiment: Experiment | None, name: str, form: Any) -> HttpResponse:
    context = frame(request, "experiments") | {
        "experiment": experiment, "step": name, "steps": STEPS, "n_step": STEPS.index(name) + 1, "form": form,
        "examples": EXAMPLES, "now": "", "has_ground": True,
    }  # fmt: skip
    if name == "size":
        context["now"] = telling.now_said(form.settings, form.measured, spoken())
    elif name != "what":
        context["has_ground"] = ground_of(request.organisation).n > 0
    return render(request, "experiments/step.html", context, status=422 if form.is_bound else 200)


def _to_step(request: HttpRequest, experiment: Experiment, name: str) -> HttpResponse:
    return redirect("experiment_step", organisation=request.organisation.slug, id=experiment.pk, step=name)


def _to_one(request: HttpRequest, experiment: Experiment) -> HttpResponse:
    return redirect("experiment", organisation=request.organisation.slug, id=experiment.pk)


# the plan


@dataclass(frozen=True, slots=True)
class _Worked:
    """What is worked out of an experiment."""

    settings: Settings
    ground: Ground
    measured: Measured
    design: DesignChoice
    plan: ExperimentPlan | None
    n_there: int

    @property
    def is_late(self) -> bool:
        """Whether the first day has passed: what happened since cannot come of a lot to be drawn."""
        return self.settings.starts_on < timezone.localdate().isoformat()

    @property
    def fits(self) -> bool:
        settings = self.settings
        return self.plan is not None and self.ground.holds(
            self.plan.n_to_invite, settings.group_by, settings.group
        )


def _worked(request: HttpRequest, experiment: Experiment) -> _Worked:
    settings = Settings.of(experiment.settings)
    ground = ground_of(request.organisation)
    kept = experiment.plan.get("measured")  # what was agreed on rests on what was known then
    measured = Measured(**kept) if kept else _measured(request, settings, ground)
    return _Worked(
        settings=settings,
        ground=ground,
        measured=measured,
        design=settings.design(ground.months),
        plan=plan_of(settings, measured),
        n_there=ground.n_of(settings.group_by, settings.group),
    )


@for_role(Role.GUEST)
@require_safe
def one(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """The plan of an experiment, and how far it is."""
    return _one(request, found(request, id))


def _one(
    request: HttpRequest, experiment: Experiment, *, agree: Any = None, lots: Any = None
) -> HttpResponse:
    settings = Settings.of(experiment.settings)
    to_do = settings.step_to_do()
    if to_do is not None or not settings.by_lot:
        context = frame(request, "experiments") | {"experiment": experiment, "to_do": to_do}
        if to_do is None:
            context["design"] = settings.design(ground_of(request.organisation).months)
        return render(request, f"experiments/{'no_lot' if to_do is None else 'begun'}.html", context)
    worked = _worked(request, experiment)
    language = spoken()
    context = frame(request, "experiments") | _words(worked)
    context |= {
        "experiment": experiment, "worked": worked, "settings": worked.settings, "plan": worked.plan,
        "agree": None, "lots": None, "preview": "", "unchanged": True, "drawing": False, "is_listed": False,
        "has_ground": worked.ground.n > 0, "lead": _lead(experiment, worked),
        "may_remove": may(request, Role.ANALYST if experiment.lot else Role.MEMBER),
    }  # fmt: skip
    if worked.plan is not None:
        context["picture"] = _picture(worked.plan)
    if experiment.state == Experiment.State.DRAFT and worked.plan is not None and not worked.is_late:
        said = agreeing.hypothesis_of(worked.settings, language)
        context["agree"] = agree or AgreeForm(hypothesis=said)
        context["preview"] = agreeing.page_of(worked.settings, worked.plan, language, hypothesis=said)
    elif experiment.state != Experiment.State.DRAFT:
        context["unchanged"] = agreeing.is_unchanged(experiment)
        context |= _lot_of(request, experiment, worked, lots)
    bound = (agree is not None and agree.is_bound) or (lots is not None and lots.is_bound)
    return render(request, "experiments/one.html", context, status=422 if bound else 200)


def _lot_of(request: HttpRequest, experiment: Experiment, worked: _Worked, lots: Any) -> dict[str, Any]:
    """What the page says about the lot."""
    if experiment.state == Experiment.State.DRAWN:
        settings = worked.settings
        waits = not settings.any_look and timezone.localdate() < settings.ends_on
        until = settings.ends_on if waits else None
        return {
            "is_listed": _is_listed(experiment),
            "waits_until": until,
            "arms": _arms(experiment, worked.settings),
        }
    jobs = Job.objects.filter(
        organisation=request.organisation, kind=drawing.KIND, subject=str(experiment.pk)
    )
    mine = jobs.first()
    if mine is not None and not mine.is_over:
        return {"job": mine, "drawing": True}
    if worked.is_late:
        return {}
    n = experiment.plan["n_to_invite"]
    form = lots or LotForm(n_wanted=n, ground=worked.ground, settings=worked.settings)
    return {"lots": form, "failed": mine if mine is not None and mine.state == "failed" else None}


def _arms(experiment: Experiment, settings: Settings) -> list[tuple[str, int]]:
    """What each arm gets, and how many are in it."""
    n: dict[str, int] = {}
    for row in experiment.lot["counts"]:
        n[row["arm"]] = n.get(row["arm"], 0) + row["n"]
    return [(telling.arm_said(settings, arm, spoken()), n.get(arm, 0)) for arm in settings.arms]


def _words(worked: _Worked) -> dict[str, Any]:
    """What the page says in words."""
    settings, language = worked.settings, spoken()
    seen = None
    if worked.plan is not None and not worked.fits:
        least = seen_with(settings, worked.measured, worked.n_there)
        seen = telling.difference(settings, worked.measured, least, language) if least else None
    return {
        "control": agreeing.control_said(settings, language),
        "whom": telling.group_said(settings, worked.ground, language),
        "outcomes": [agreeing.outcome_said(name, language) for name in settings.outcomes],
        "difference": (
            telling.difference(settings, worked.measured, settings.effect, language) if worked.plan else ""
        ),
        "now": telling.now_said(settings, worked.measured, language),
        "seen": seen,
        "reasons": _reasons(worked),
        "arms": [],
        "picture": None,
    }


def _lead(experiment: Experiment, worked: _Worked) -> str:
    """What to know first: how many it takes, and from then on what to do now."""
    settings, plan, language = worked.settings, worked.plan, spoken()
    if experiment.state == Experiment.State.DRAFT:
        if plan is None:
            return sentence(f"{ROOM}.no_size", language)
        said = telling.difference(settings, worked.measured, settings.effect, language)
        code = "plan_lead" if worked.fits else "plan_lead_unfit"
        values = {"n": plan.n_to_invite, "there": worked.n_there, "difference": said, "power": POWER}
        return sentence(f"{ROOM}.{code}", language, **values)
    if experiment.state == Experiment.State.REGISTERED:
        return sentence(f"{ROOM}.registered_lead", language)
    today, days = timezone.localdate().isoformat(), {"start": settings.starts_on, "end": settings.ends_on}
    code = "waits" if today < settings.starts_on else "over" if today > str(settings.ends_on) else "runs"
    return sentence(f"{ROOM}.{code}_lead", language, **days)


def _reasons(worked: _Worked) -> tuple[Reason, ...]:
    return worked.plan.reasons if worked.plan is not None else ()


def _picture(plan: ExperimentPlan) -> dict[str, str]:
    from verbond.plots import draw_power

    title = sentence("effects_plan.power_title", spoken())
    return {
        layout: draw_power(
            plan.power_curve, plan.n_per_arm, spoken(), title=title, layout=layout, identity=f"power-{layout}"
        )
        for layout in ("wide", "tall")
    }  # type: ignore[return-value]


# agreeing, drawing


@for_role(Role.MEMBER)
@require_POST
def registration(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Freeze what is agreed on."""
    experiment = found(request, id)
    settings = Settings.of(experiment.settings)
    if experiment.state != Experiment.State.DRAFT or settings.step_to_do() or not settings.by_lot:
        raise Http404
    form = AgreeForm(request.POST, hypothesis="")
    if not form.is_valid():
        return _one(request, experiment, agree=form)
    worked = _worked(request, experiment)
    if worked.plan is None or worked.is_late:
        raise Http404
    page = agreeing.page_of(settings, worked.plan, spoken(), **form.cleaned_data)
    if agreeing.agree(experiment, page, worked.plan, worked.measured):
        note(request, "experiment_registered", experiment.name, experiment=str(experiment.pk))
    return _to_one(request, experiment)


@for_role(Role.GUEST)
@require_safe
def registration_file(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """The page that was agreed on."""
    experiment = found(request, id)
    if not experiment.registration:
        raise Http404
    answer = HttpResponse(experiment.registration, content_type="text/markdown; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{_file_name(experiment)}.md"'
    return answer


@for_role(Role.MEMBER)
@require_POST
def lot(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Draw the lot."""
    experiment = found(request, id)
    if experiment.state != Experiment.State.REGISTERED:
        raise Http404
    settings, ground = Settings.of(experiment.settings), ground_of(request.organisation)
    if settings.starts_on < timezone.localdate().isoformat():
        raise Http404
    form = LotForm(request.POST, n_wanted=experiment.plan["n_to_invite"], ground=ground, settings=settings)
    if not form.is_valid():
        return _one(request, experiment, lots=form)
    wish = drawing.Wish(form.cleaned_data.get("n", 0), tuple(form.cleaned_data.get("strata", ())))
    if drawing.begin(experiment, wish, by=request.user) is not None:
        note(request, "experiment_drawn", experiment.name, experiment=str(experiment.pk), n=wish.n)
    return _to_one(request, experiment)


@for_role(Role.ANALYST)
@require_safe
def list_file(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Who gets what; who took the list is written down."""
    experiment = found(request, id)
    if experiment.state != Experiment.State.DRAWN or not _is_listed(experiment):
        raise Http404
    settings, language = Settings.of(experiment.settings), spoken()
    words = {
        one: sentence(f"{ROOM}.list_{one}", language) for one in ("customer_id", "arm", "ask", "yes", "no")
    }
    words |= {arm: telling.arm_said(settings, arm, language) for arm in settings.arms}
    note(request, "experiment_list_taken", experiment.name, experiment=str(experiment.pk))
    answer = StreamingHttpResponse(
        drawing.list_csv(experiment, words), content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="{_file_name(experiment)}.csv"'
    return answer


def _file_name(experiment: Experiment) -> str:
    return slugify(experiment.name)[:60] or "experiment"


@for_role(Role.GUEST)
@require_safe
def result(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """What came of it."""
    experiment = found(request, id)
    if experiment.state != Experiment.State.DRAWN or not _is_listed(experiment):
        raise Http404
    told = reading.read(experiment, spoken())
    note_view(request, "experiment")
    context = frame(request, "experiments") | {
        "experiment": experiment, "reading": None if isinstance(told, str) else told,
        "why": told if isinstance(told, str) else "", "settings": Settings.of(experiment.settings),
    }  # fmt: skip
    return render(request, "experiments/result.html", context)


def _is_listed(experiment: Experiment) -> bool:
    """Whether its lot is in the tables."""
    brought = Import.objects.filter(organisation_id=experiment.organisation_id, state=Import.State.DONE)
    return brought.filter(pk=experiment.lot.get("import")).exists()


@for_role(Role.MEMBER)
@require_POST
def removal(request: HttpRequest, id: uuid.UUID) -> HttpResponse:
    """Throw an experiment away, with what its lot brought into the tables."""
    experiment = found(request, id)
    if experiment.lot and not may(request, Role.ANALYST):
        raise Http404
    brought = Import.objects.filter(
        organisation=request.organisation, pk=experiment.lot.get("import"), state=Import.State.DONE
    ).first()
    experiment.delete()
    if brought is not None:
        enqueue("undo", organisation=request.organisation, subject=brought.pk, by=request.user)
    note(request, "experiment_removed", experiment.name)
    return redirect("experiments", organisation=request.organisation.slug)
