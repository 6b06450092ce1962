"""What the values at work in a company say, as findings: each rule says at most one thing."""

from __future__ import annotations

from collections.abc import Iterator

from verbond.diagnosis.results import Finding
from verbond.results import Reason
from verbond.values import PairVerdict, ValuesResult
from verbond.values.profiles import value_names

__all__ = ["from_values"]


def from_values(values: ValuesResult) -> Iterator[Finding]:
    """Findings of the room `values`, most important first."""
    yield from _clashes(values)
    yield from _misfit(values)
    yield from _surface(values)
    yield from _departments(values)
    yield from _order(values)


def _clashes(values: ValuesResult) -> Iterator[Finding]:
    """Do house and customers see opposite things; do customers see two things that bite each other?"""
    pairs = values.contradictions.pairs if values.contradictions is not None else ()
    house, image = (set(values.leading.get(side, ())) for side in ("identity", "image"))
    n = values.image.n_obs if values.image is not None else 0
    for code, first, second in (
        ("diagnosis.house_and_customers_clash", house - image, image - house),
        ("diagnosis.image_clashes", image, image),
    ):
        hits = [p for p in pairs if p.verdict == "opposing" and _across(p, first, second)]
        if hits:
            worst = max(hits, key=lambda p: p.degrees or 0.0)
            one, other = (worst.a, worst.b) if worst.a in first else (worst.b, worst.a)
            names = value_names([one, other])
            told = {"a": names[one], "b": names[other], "degrees": worst.degrees}
            yield Finding(Reason(code, told), "values", "bad", n)


def _across(pair: PairVerdict, first: set[str], second: set[str]) -> bool:
    return (pair.a in first and pair.b in second) or (pair.b in first and pair.a in second)


def _misfit(values: ValuesResult) -> Iterator[Finding]:
    """The value that customers see most too little of, beside the one that they see most too much of."""
    rows = values.congruence.values if values.congruence is not None else ()
    short = [r for r in rows if r.direction == "too_little"]
    long = [r for r in rows if r.direction == "too_much"]
    if not short or not long:
        return
    least = min(short, key=lambda r: r.difference.value or 0.0)
    most = max(long, key=lambda r: r.difference.value or 0.0)
    names = value_names([least.value, most.value])
    told = {
        "little": names[least.value],
        "little_by": abs(least.difference.value or 0.0),
        "much": names[most.value],
        "much_by": most.difference.value,
    }
    n = least.difference.n_obs
    yield Finding(Reason("diagnosis.values_misfit", told), "values", "neutral", n)


def _surface(values: ValuesResult) -> Iterator[Finding]:
    """What misfit goes with, of the value of which that is surest."""
    if values.n_surfaces_told:
        surface = values.surfaces[0]
        costs = any((side.ci_upper or 0.0) < 0 for side in (surface.too_little, surface.too_much))
        yield Finding(surface.reasons[0], "values", "bad" if costs else "neutral", surface.n_obs)


def _departments(values: ValuesResult) -> Iterator[Finding]:
    """The departments that see the company most and least as its customers do, where that can be told."""
    rows = values.identity.departments if values.identity is not None else ()
    shown = [d for d in rows if d.match.value is not None]
    if len(shown) < 2:
        return
    best, worst = shown[0], shown[-1]
    if (best.match.ci_lower or 0.0) > (worst.match.ci_upper or 0.0):
        told = {
            "best": best.department,
            "best_match": best.match.value,
            "worst": worst.department,
            "worst_match": worst.match.value,
        }
        n = sum(d.n_people for d in shown)
        yield Finding(Reason("diagnosis.departments_differ", told), "values", "neutral", n)


def _order(values: ValuesResult) -> Iterator[Finding]:
    circle = values.circle
    if circle is not None and circle.agreement is not None:
        found = circle.reasons[0].code == "values.order_found"
        yield Finding(circle.reasons[0], "values", "neutral" if found else "caution", circle.n_obs or 0)
