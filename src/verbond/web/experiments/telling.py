"""Figures of an experiment in words that one would use oneself."""

from __future__ import annotations

from typing import Any

from verbond.results import Language, sentence
from verbond.results.wording import format_value
from verbond.web.experiments.agreeing import outcome_said
from verbond.web.experiments.ground import Ground
from verbond.web.experiments.settings import BEHAVIOUR, Settings
from verbond.web.experiments.sizing import Level, Measured, as_said, is_relative

__all__ = [
    "arm_inside",
    "arm_said",
    "difference",
    "group_said",
    "level_said",
    "now_said",
    "number",
    "unit_of",
]

ROOM = "web_experiments"
_ARTICLES = ("de", "het", "een", "the", "a", "an", "our", "onze", "ons")


def number(value: float, language: Language, step: float = 1.0) -> str:
    """With the digits that matter: 1.240, 12, 1,5 or 0,087; fine enough to see a step.

    Examples
    --------
    >>> number(1.50001, "nl"), number(51.83, "en"), number(51.83, "en", step=1.5), number(0.0869, "en")
    ('1,5', '52', '51.8', '0.09')
    """
    value = float(f"{value:.4g}")
    size = abs(value)
    digits = 0 if size >= 20 else 1 if size >= 2 else 2 if size >= 0.02 else 3
    if step != round(step):
        digits = max(digits, 1)
    while digits and round(value, digits - 1) == value:
        digits -= 1
    return format_value(value, f"number{digits}", language)


def unit_of(settings: Settings, measured: Measured) -> str:
    """In what a difference is said: "percent", "points" (of shares) or "score"."""
    if settings.main == "stays":
        return "points"
    if is_relative(settings, measured):
        return "percent"
    return "score" if settings.main not in BEHAVIOUR else "plain"


def difference(settings: Settings, measured: Measured, effect: float, language: Language) -> str:
    """A difference: "10%", "4 punten"."""
    said = as_said(settings, measured, effect)
    code = f"difference_{unit_of(settings, measured)}"
    return sentence(f"{ROOM}.{code}", language, n=round(said, 6), said=number(said, language))


def now_said(settings: Settings, measured: Measured, language: Language) -> str:
    """How the outcome is now, and how far people lie apart."""
    if measured.mean is None:
        return sentence(f"{ROOM}.now_unknown", language, sd=number(measured.sd, language))
    values: dict[str, Any] = {
        "n": measured.n, "days": settings.days, "mean": number(measured.mean, language),
        "sd": number(measured.sd, language), "outcome": outcome_said(settings.main, language),
    }  # fmt: skip
    if settings.main == "stays":
        return sentence(f"{ROOM}.now_stays", language, **values | {"mean": measured.mean})
    return sentence(
        f"{ROOM}.now_{settings.main if settings.main in BEHAVIOUR else 'score'}", language, **values
    )


def level_said(settings: Settings, measured: Measured, level: Level, language: Language) -> str:
    """A difference that one may want to see, from what to what, and what it takes."""
    less, then, moves = settings.main == "complaints", measured.mean, ""
    if then is not None:
        then = then - level.effect if less else then + level.effect
    if is_relative(settings, measured):
        moves = sentence(f"{ROOM}.{'less' if less else 'more'}", language)
    if then is not None and measured.mean is not None:
        is_share = settings.main == "stays"
        ends = {"mean": measured.mean, "then": then}
        if not is_share:
            ends = {name: number(end, language, level.effect) for name, end in ends.items()}
        moves += sentence(f"{ROOM}.moves{'_share' if is_share else ''}", language, **ends)
    return sentence(
        f"{ROOM}.level" + ("" if level.fits else "_too_many"),
        language,
        difference=difference(settings, measured, level.effect, language),
        moves=moves,
        n=level.plan.n_to_invite,
    )


def group_said(settings: Settings, ground: Ground, language: Language) -> str:
    """Who may take part."""
    n = ground.n_of(settings.group_by, settings.group)
    if not settings.group_by:
        return sentence(f"{ROOM}.everybody", language, n=n)
    return sentence(
        f"{ROOM}.some", language, of=settings.group_by.replace("_", " "), value=settings.group, n=n
    )


def arm_said(settings: Settings, arm: str, language: Language) -> str:
    """What an arm gets, as it stands by itself: in the list and in tables."""
    words = arm_inside(settings, arm, language)
    typed = {"action": settings.action, "control": settings.control_text}.get(arm)
    return typed or words[:1].upper() + words[1:]


def arm_inside(settings: Settings, arm: str, language: Language) -> str:
    """What an arm gets, as it stands inside a sentence: what somebody typed with a small article.

    Examples
    --------
    >>> arm_inside(Settings(action="De kaart"), "action", "nl"), arm_inside(Settings(), "control", "nl")
    ('de kaart', 'niets anders')
    """
    typed = {"action": settings.action, "control": settings.control_text}.get(arm)
    if typed:
        article, space, rest = typed.partition(" ")
        return f"{article.lower()}{space}{rest}" if article.lower() in _ARTICLES and rest else typed
    code = "later" if arm == "control" and settings.control == "later" else arm
    return sentence(f"{ROOM}.arm_{code}", language)
