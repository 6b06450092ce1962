"""What is agreed on before an experiment begins: one page, frozen by its hash."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from verbond.results import Language, sentence
from verbond.web.experiments.settings import BEHAVIOUR, Settings
from verbond.web.experiments.sizing import Measured
from verbond.web.store.models import Experiment

if TYPE_CHECKING:
    from verbond.effects import ExperimentPlan

__all__ = [
    "agree",
    "control_said",
    "hypothesis_of",
    "is_unchanged",
    "outcome_said",
    "page_of",
]


def outcome_said(name: str, language: Language) -> str:
    """What an outcome is called inside a sentence."""
    if name in (*BEHAVIOUR, "stay", "recommend"):
        return sentence(f"web_experiments.outcome_{name}", language)
    from verbond.method import named

    found = named(name)
    return found if isinstance(found, str) else found.say(language)


def control_said(settings: Settings, language: Language) -> str:
    """What the control group gets, in words."""
    if settings.control == "other":
        return settings.control_text
    return sentence(f"web_experiments.control_{settings.control}", language)


def hypothesis_of(settings: Settings, language: Language) -> str:
    """What one expects, unless one says otherwise."""
    return sentence(
        f"web_experiments.hypothesis_{'less' if settings.main == 'complaints' else 'more'}",
        language,
        action=settings.action,
        control=control_said(settings, language),
        outcome=outcome_said(settings.main, language),
    )


def page_of(
    settings: Settings, plan: ExperimentPlan, language: Language, *, hypothesis: str, exclusions: str = ""
) -> str:
    """The page as it would be agreed on today."""
    from verbond.effects import Registration

    before = "covariate" if set(settings.outcomes) & set(BEHAVIOUR) else "covariate_asked"
    return Registration(
        hypothesis=hypothesis,
        action=settings.action,
        control=control_said(settings, language),
        outcomes=tuple(outcome_said(name, language) for name in settings.outcomes),
        smallest_effect=float(f"{settings.effect:.6g}"),
        n_per_arm=plan.n_per_arm,
        registered_on=timezone.localdate(),
        variants=len(settings.arms) - 1,
        covariates=(sentence(f"web_experiments.{before}", language, days=settings.days),),
        cluster=settings.cluster.replace("_", " ") or None,
        margin=float(f"{settings.effect:.6g}"),
        any_look=settings.any_look,
        ends_on=settings.ends_on,
        exclusions=exclusions,
    ).page(language)


def agree(experiment: Experiment, page: str, plan: ExperimentPlan, measured: Measured) -> bool:
    """Freeze the page, and what it rests on; False where it was frozen already."""
    sha256 = page.rstrip().rpartition(" ")[2]
    kept = {
        "n_per_arm": plan.n_per_arm,
        "n_total": plan.n_total,
        "n_to_invite": plan.n_to_invite,
        "margin": float(f"{experiment.settings['effect']:.6g}"),
        "measured": {n: v for n, v in dataclasses.asdict(measured).items() if v == v},  # JSON has no NaN
    }
    with transaction.atomic():
        here = Experiment.objects.filter(pk=experiment.pk, state=Experiment.State.DRAFT)
        n = here.update(
            state=Experiment.State.REGISTERED,
            registration=page,
            sha256=sha256,
            plan=kept,
            registered_at=timezone.now(),
        )
    return n == 1


def is_unchanged(experiment: Experiment) -> bool:
    """Whether the page is still what was agreed on, and its hash the one that was written down."""
    from verbond.effects import check_registration

    checked = check_registration(experiment.registration)
    return checked.unchanged and checked.fingerprint == experiment.sha256
