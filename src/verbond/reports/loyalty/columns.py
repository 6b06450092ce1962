"""Columns of the tables behind what customers do, named in the wording of their own room."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from verbond.loyalty.staying import by_name, group_name
from verbond.method import spoken
from verbond.reports.parts import capital
from verbond.reports.tables import Column
from verbond.results import Estimate, Language, sentence

__all__ = ["bounds_of", "columns_of", "division_named", "group_named", "whole_divisions"]


def columns_of(room: str, language: Language, **kinds: str) -> tuple[Column, ...]:
    """A column each, by name and kind; labels stand in the wording as `label_...` and `define_...`."""
    return tuple(
        Column(name, *(sentence(f"{room}.{part}_{name}", language) for part in ("label", "define")), kind)
        for name, kind in kinds.items()
    )


def bounds_of(estimate: Estimate, name: str = "value") -> dict[str, float | None]:
    """A value with its bounds, as `lower` and `upper`."""
    return {name: estimate.value, "lower": estimate.ci_lower, "upper": estimate.ci_upper}


def group_named(by: str, group: str, everybody: str, language: Language) -> str:
    """What a group is called, with a capital."""
    return capital(spoken(group_name(by, group) if group else everybody, language))


def division_named(by: str, language: Language) -> str:
    """What customers are divided by, with a capital; empty for everybody. `age_band` is read as words."""
    return capital(spoken(by_name(by), language)) if by else ""


def whole_divisions(rows: Sequence[Any], most: int) -> list[Any]:
    """The first rows, about `most` at most, so that a picture never ends halfway a division (`by`).

    Only a division that would fill a picture by itself is cut.
    """
    kept: list[Any] = []
    for n, (_, run) in enumerate(groupby(rows, key=lambda row: row.by)):
        some = list(run)
        if len(kept) + len(some) > most and n > 1:
            break
        kept += some[: most - len(kept)]
    return kept
