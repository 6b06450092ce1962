"""Which parts the model has: asked for, or chosen by the data; with what else was tried and by what measure.

A part comes in where it gains on a sample of customers by Akaike's criterion, -2 log-likelihood plus twice
the number of parameters. Baseline classes stay for any gain: one too many costs little precision, one too few
passes people off as movement. The other parts need a clear gain, ten points: fewer leave the plainer model
with some support.

References
----------
Akaike (1974), IEEE Transactions on Automatic Control 19, 716-723; Burnham & Anderson (2002), *Model Selection
and Multimodel Inference*, section 2.6 (ten points).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from verbond.ladder.fit.estimation import Fit, search
from verbond.ladder.fit.starts import with_one_class_less, with_other_moves
from verbond.ladder.kernel import Sequences
from verbond.ladder.model.model import LadderModel
from verbond.ladder.words import Word
from verbond.results import Reason

__all__ = ["CARRY_OVERS", "Alternative", "Choice", "Found", "Parts", "choose_parts"]

MOST_CLASSES = 3
CLEARLY_BETTER = 10.0
CARRY_OVERS = (0.3, 0.6)
_WORTH_SAYING = (
    "ladder.choice_class_movement_taken",
    "ladder.choice_gone_taken",
    "ladder.choice_carry_over_taken",
    "ladder.choice_movement_taken",
)
Built = tuple[LadderModel, Sequences]
Listen = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a model is made of.

    Attributes
    ----------
    n_classes : int
        Baseline classes for lasting differences between people.
    class_movement : bool
        Classes move differently.
    gone : bool
        Silent leavers are a state.
    carry_over : float
        Of actions, from a period to the next.
    by_rung : bool
        An action's effect differs by rung of origin.
    movement : str
        Its shape.
    """

    n_classes: int = 1
    class_movement: bool = False
    gone: bool = False
    carry_over: float = 0.0
    by_rung: bool = False
    movement: str = "ladder"


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to have a part, fitted to the same sample of customers as the others.

    Attributes
    ----------
    value : str
    loglik : float
        Of the sample.
    n_parameters : int
    criterion : float
        Akaike's; lower is better.
    """

    value: str
    loglik: float
    n_parameters: int
    criterion: float


@dataclass(frozen=True, slots=True)
class Choice:
    """A part of the model, what was chosen, and what the data said.

    Attributes
    ----------
    part : {"n_classes", "class_movement", "gone", "carry_over", "by_rung", "movement"}
    chosen : str
    criterion : {"aic", "given", "none"}
        "given": set beforehand, so that nothing else was tried; "none": these data leave nothing to choose.
    alternatives : tuple of Alternative
        What was fitted, the chosen one among them.
    reason : Reason
        In words.
    """

    part: str
    chosen: str
    criterion: str
    alternatives: tuple[Alternative, ...]
    reason: Reason


@dataclass(frozen=True, slots=True)
class Found:
    """Where the choice ended.

    Attributes
    ----------
    parts : Parts
    theta : (n_parameters,)
    choices : tuple of Choice
    """

    parts: Parts
    theta: np.ndarray
    choices: tuple[Choice, ...]

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What of it changes how the figures are read."""
        return tuple(c.reason for c in self.choices if c.reason.code in _WORTH_SAYING)


@dataclass(slots=True)
class _Search:
    """The best model so far, and how to build others over the same sample."""

    build: Callable[[Parts], Built]
    listen: Listen
    parts: Parts
    model: LadderModel
    fit: Fit

    def tried(self, parts: Parts) -> tuple[LadderModel, Fit]:
        """Another model, fitted from where the best one stands."""
        self.listen(1.0, ", ".join(f"{k} {v}" for k, v in _differences(self.parts, parts).items()))
        model, sample = self.build(parts)
        if parts.n_classes < self.parts.n_classes:
            first = with_one_class_less(self.model, self.fit.theta, model)
            return model, search(model, sample, [first], em_steps=10, steps=60)[0]
        first = with_other_moves(self.model, self.fit.theta, model)
        waking = parts.gone and not self.parts.gone
        steps = {"em_steps": 20, "steps": 80} if waking else {"em_steps": 5, "steps": 40}
        return model, search(model, sample, [first], **steps)[0]

    def take(self, parts: Parts, model: LadderModel, fit: Fit) -> None:
        self.parts, self.model, self.fit = parts, model, fit


def choose_parts(
    build: Callable[[Parts], Built],
    first: Parts,
    theta: np.ndarray,
    asked: Mapping[str, object],
    listen: Listen,
) -> Found:
    """Try on a sample what was not asked for or ruled out, one part after the other.

    Parameters
    ----------
    build : callable
        Parts in; a model and the sample's codes out.
    first : Parts
        As many baseline classes as there may be, nothing else.
    theta : (n_parameters,)
        Of the model with these parts, near its best.
    asked : mapping of a part's name to its value, None where the data choose
    listen : callable
    """
    model, sample = build(first)
    fit, _ = search(model, sample, [theta], em_steps=5)
    one = _Search(build, listen, first, model, fit)
    choices = [_classes(one, asked.get("n_classes"))]
    for part in ("gone", "class_movement", "carry_over", "by_rung", "movement"):
        choices.append(_one_part(one, part, _ways(one, part, asked), asked.get(part)))
    return Found(one.parts, one.fit.theta, tuple(choices))


def _ways(one: _Search, part: str, asked: Mapping[str, object]) -> tuple[object, ...]:
    """What a part could be besides what it is; nothing where the data leave no choice."""
    moving, shape = one.model.movement.n_covariates > 0, one.parts.movement
    possible = {
        "gone": True,
        "class_movement": one.parts.n_classes > 1 and shape != "free",
        "carry_over": moving,
        "by_rung": moving and shape in ("ladder", "neighbours"),
        "movement": asked.get("movement") is None,
    }
    values = {"carry_over": CARRY_OVERS, "movement": ("ordered",)}.get(part, (True,))
    return values if possible[part] else ()


def _classes(one: _Search, asked: object) -> Choice:
    """Fewer baseline classes while that loses nothing, unless their number was asked for."""
    tried, most = [_alternative(str(one.parts.n_classes), one.model, one.fit)], one.parts.n_classes
    for n_classes in range(most - 1, 0, -1) if asked is None else ():
        parts = replace(one.parts, n_classes=n_classes)
        model, fit = one.tried(parts)
        tried.append(_alternative(str(n_classes), model, fit))
        if tried[-1].criterion > tried[-2].criterion:
            break
        one.take(parts, model, fit)
    tried.sort(key=lambda t: int(t.value))
    return _choice("n_classes", str(one.parts.n_classes), tried, asked is not None, most > 1)


def _one_part(one: _Search, part: str, values: tuple[object, ...], asked: object) -> Choice:
    now = getattr(one.parts, part)
    if asked is not None:
        if asked != now:
            parts = replace(one.parts, **{part: asked})
            one.take(parts, *one.tried(parts))
        return _choice(part, _said(asked), [], True, True)
    tried, best = [_alternative(_said(now), one.model, one.fit)], None
    for value in values:
        parts = replace(one.parts, **{part: value})
        trial = (parts, *one.tried(parts))
        tried.append(_alternative(_said(value), *trial[1:]))
        bar = [tried[0].criterion - CLEARLY_BETTER, *(t.criterion for t in tried[1:-1])]
        if tried[-1].criterion < min(bar):
            best = trial
    if best is not None:
        one.take(*best)
    return _choice(part, _said(getattr(one.parts, part)), tried, False, bool(values))


def _choice(part: str, chosen: str, tried: list[Alternative], asked: bool, possible: bool) -> Choice:
    own = next((t for t in tried if t.value == chosen), None)
    if asked or not possible:
        criterion = ending = "given" if asked else "none"
        values: dict[str, object] = {"value": chosen}
    else:
        others = [t for t in tried if t.value != chosen]
        near = min(others, key=lambda t: t.criterion, default=own)
        assert own is not None
        assert near is not None
        taken = chosen not in ("1", "no", "0.0", "ladder")
        gain = near.criterion - own.criterion
        criterion, ending = "aic", "taken" if taken else "left"
        values = {"value": chosen, "other": near.value, "gain": gain if taken else -gain}
    code = f"ladder.choice_{part}_{ending}" if criterion == "aic" else f"ladder.choice_{ending}"
    if criterion != "aic":
        values["part"] = Word(f"ladder.part_{part}")
    return Choice(part, chosen, criterion, tuple(tried), Reason(code, values))


def _alternative(value: str, model: LadderModel, fit: Fit) -> Alternative:
    loglik, n = fit.evaluation.loglik, model.n_parameters
    return Alternative(value, loglik, n, -2 * loglik + 2 * n)


def _said(value: object) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _differences(old: Parts, new: Parts) -> dict[str, str]:
    return {k: _said(getattr(new, k)) for k in Parts.__slots__ if getattr(old, k) != getattr(new, k)}
