"""What the page shows of values beyond own and seen: the house, the map, the surface."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verbond.method import CIRCLE
from verbond.plots import draw_circle, draw_contour, draw_value_map
from verbond.reports.behind import values as tables
from verbond.reports.tables import Table
from verbond.results import Language, sentence
from verbond.values.profiles import value_names

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis

__all__ = ["house_picture", "house_tables", "map_and_surface", "map_and_surface_tables"]

_LEAST = 3
"""A circle of fewer values is no circle."""


def house_picture(d: Diagnosis, language: Language) -> str:
    """Identity, image and the customers' own values on one circle; empty where the house was not asked."""
    values = d.values
    if values is None or values.identity is None or values.own is None:
        return ""
    known = {v.id for v in CIRCLE}
    sides = {
        "profile_identity": {r.value: r.identity.value for r in values.identity.values},
        "profile_image": {r.value: r.image.value for r in values.identity.values},
        "profile_own": {r.value: r.centred.value for r in values.own.values},
    }
    sides = {name: {v: x for v, x in side.items() if x is not None} for name, side in sides.items()}
    if any(len(side) < _LEAST or not set(side) <= known for side in sides.values()):
        return ""
    reach = 1.15 * max(abs(x) for side in sides.values() for x in side.values())
    profiles = {sentence(f"report.{name}", language): side for name, side in sides.items()}
    return draw_circle(profiles, ends=(-reach, reach), language=language, identity="house")


def house_tables(d: Diagnosis, language: Language) -> tuple[Table, ...]:
    """Behind the picture of the house."""
    if d.values is None:
        return ()
    made = (tables.contradictions_table, tables.departments_table, tables.house_table)
    return tuple(make(d.values, language) for make in made)


def map_and_surface(d: Diagnosis, language: Language) -> tuple[tuple[str, str], ...]:
    """The map of the customers' own values and the strongest surface: picture, and what to see."""
    if d.values is None:
        return ()
    found = []
    circle = d.values.circle
    if circle is not None and circle.values:
        verdict = circle.reasons[0].sentence(language) if circle.reasons else ""
        see = sentence("report.see_value_map", language)
        found.append((draw_value_map(circle, language=language), f"{see} {verdict}".strip()))
    if d.values.n_surfaces_told:
        surface = d.values.surfaces[0]
        value = surface.seen.removeprefix("seen_")
        picture = draw_contour(
            surface,
            value=value_names([value])[value],
            outcome=tables.outcome_text(surface),
            language=language,
        )
        found.append((picture, sentence("report.see_contour", language)))
    return tuple(found)


def map_and_surface_tables(d: Diagnosis, language: Language) -> tuple[Table, ...]:
    """Behind those."""
    if d.values is None:
        return ()
    return (tables.surfaces_table(d.values, language), tables.value_map_table(d.values, language))
