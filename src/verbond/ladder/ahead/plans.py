"""Plans of actions: which kind, how many exposures a period, for whom, when."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from verbond.errors import OptionError
from verbond.tables import Panel

__all__ = ["PLAN_FORM", "PlanStep", "check_plan", "in_segment", "parse_plan", "plan_of"]

_STEP = re.compile(r"^\s*(?P<kind>[^:\s]+)\s*:\s*(?P<n>\d+)\s*(?P<rest>(:[^:]*)*)$")
PLAN_FORM = "KIND:EXPOSURES, then :rungs=1-2 or :ATTRIBUTE=VALUE, then :periods=1-3 (each may be left out)"


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One line of a plan.

    Attributes
    ----------
    kind : str
        Action kind that the model knows.
    n : int
        Exposures a period.
    periods : tuple of int, optional
        From 1, the first period after the data; all when empty.
    rungs : tuple of int, optional
        Customers who today stand most probably on one of these; all when empty.
    segment : tuple of (str, str), optional
        Attribute and value; all when empty.

    Examples
    --------
    >>> PlanStep("invitation", 1, periods=(1, 2, 3), rungs=(1, 2))
    PlanStep(kind='invitation', n=1, periods=(1, 2, 3), rungs=(1, 2), segment=())
    """

    kind: str
    n: int
    periods: tuple[int, ...] = ()
    rungs: tuple[int, ...] = ()
    segment: tuple[str, ...] = ()


def parse_plan(lines: Iterable[str]) -> tuple[PlanStep, ...]:
    """Read plan lines as the command line takes them.

    Raises
    ------
    OptionError
        For a line that is not of the form KIND:EXPOSURES[:rungs=1-2|:ATTRIBUTE=VALUE][:periods=1-3].

    Examples
    --------
    >>> parse_plan(["invitation:1:rungs=1-2:periods=1-3"])[0].periods
    (1, 2, 3)
    """
    return tuple(map(_parse_step, lines))


def _parse_step(line: str) -> PlanStep:
    match = _STEP.match(line)
    if match is None:
        raise OptionError("this line of a plan cannot be read", got=repr(line), expected=PLAN_FORM)
    step = PlanStep(match["kind"], int(match["n"]))
    for part in filter(None, (p.strip() for p in match["rest"].split(":"))):
        name, equals, value = (p.strip() for p in part.partition("="))
        if not equals or not value:
            raise OptionError("this part of a plan cannot be read", got=repr(part), expected=PLAN_FORM)
        if name in ("rungs", "periods"):
            step = replace(step, **{name: _range(value, part)})
        else:
            step = replace(step, segment=(name, value))
    return step


def _range(text: str, part: str) -> tuple[int, ...]:
    found = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    low = int(found[1]) if found else 1
    high = int(found[2] or found[1]) if found else 0
    if high < low:
        raise OptionError("this range cannot be read", got=repr(part), expected="a number, or two as in 1-3")
    return tuple(range(low, high + 1))


def plan_of(steps: Iterable[PlanStep | str]) -> tuple[PlanStep, ...]:
    """Plan steps from steps and from lines."""
    return tuple(step if isinstance(step, PlanStep) else _parse_step(step) for step in steps)


def _may_meet(one: PlanStep, other: PlanStep) -> bool:
    """Whether two lines can reach the same customer in the same period."""

    def shared(a: tuple, b: tuple) -> bool:
        return not a or not b or bool(set(a) & set(b))

    same = not one.segment or not other.segment or one.segment[0] != other.segment[0]
    return (
        shared(one.periods, other.periods)
        and shared(one.rungs, other.rungs)
        and (same or one.segment == other.segment)
    )


def check_plan(
    steps: tuple[PlanStep, ...], panel: Panel, *, kinds: tuple[str, ...], n_rungs: int, n_periods: int
) -> None:
    """Refuse what cannot be carried forward.

    Raises
    ------
    OptionError
        For a kind, period, rung or segment that there is not, and exposures beyond any in the data.
    """
    for step in steps:
        if step.kind not in kinds:
            known = ", ".join(kinds) or "none: no action reached enough customers to learn from"
            raise OptionError(
                "the model knows nothing of this kind of action", got=repr(step.kind), expected=known
            )
        most = int(panel.exposures[step.kind].max(initial=0)) if step.kind in panel.exposures else 0
        together = step.n + sum(
            o.n for o in steps if o is not step and o.kind == step.kind and _may_meet(o, step)
        )
        if together > most:
            raise OptionError(
                f"nobody was ever reached by {step.kind!r} so often in a period", got=str(together),
                expected=f"at most {most}", hint="What lies outside the data cannot be carried forward.",
            )  # fmt: skip
        if any(not 1 <= t <= n_periods for t in step.periods):
            raise OptionError(
                "a period of the plan lies outside", got=f"{min(step.periods)}-{max(step.periods)}",
                expected=f"1..{n_periods}",
            )  # fmt: skip
        if any(not 0 <= k < n_rungs for k in step.rungs):
            raise OptionError(
                "there is no such rung", got=f"{min(step.rungs)}-{max(step.rungs)}",
                expected=f"0..{n_rungs - 1}",
            )  # fmt: skip
        if step.segment:
            in_segment(panel, step.segment)


def in_segment(panel: Panel, segment: tuple[str, ...]) -> np.ndarray:
    """(n_customers,) bool: who has this value of an attribute."""
    name, value = segment
    if name not in panel.segments:
        known = ", ".join(panel.segments) or "none in these tables"
        raise OptionError("unknown segment", got=repr(name), expected=known)
    labels = panel.segment_labels[name]
    if value not in labels:
        raise OptionError(f"no customer has this {name}", got=repr(value), expected=", ".join(labels[:20]))
    return panel.segments[name] == labels.index(value)
