"""The worlds by name: the demo, one after the textbook, and those in which the method is wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from verbond.tables.simulate.parts import (
    ANSWERING,
    CLASSES,
    DOORS,
    EMISSIONS,
    INITIAL,
    LEVELS,
    MOVES_OF_A_LADDER,
    REGIONS,
)
from verbond.tables.simulate.world import (
    NEVER,
    Action,
    BehaviourClass,
    Effect,
    Source,
    Wave,
    World,
)
from verbond.tables.simulate.zonnewende import ZONNEWENDE

__all__ = ["WORLDS"]

_SIXTH = (1 / 6,) * 6


def _campaigns(n_periods: int) -> tuple[Action, ...]:
    """Six kinds of action, each by lot to a known share of the customers."""
    every_month = tuple(range(n_periods))
    return (
        Action(
            "discounts", "discount", "Discount mail", every_month, 0.08, randomised=True, depth=0.2,
            aim="win", cost=24_000,
        ),
        Action(
            "stories", "campaign", "What we do and why", every_month, 0.08, randomised=True, rung=2,
            cost=9_000,
        ),
        Action(
            "visits", "personal_contact", "A call without an offer", every_month, 0.05, randomised=True,
            rung=3, cost=14_000,
        ),
        Action(
            "evenings", "invitation", "Evening to think along", every_month, 0.05, randomised=True,
            rung=5, cost=8_000,
        ),
        Action(
            "points", "loyalty_points", "Points for orders", every_month, 0.08, randomised=True, rung=4,
            cost=15_000,
        ),
        Action(
            "repairs", "service_recovery", "Put right after a complaint", every_month, 0.6,
            target="complainers", rung=3, cost=5_000,
        ),
    )  # fmt: skip


_EXPECTED = (
    Effect("discount", (0.0, 0.35, 0.45), {0: (0.6, 0.0, 0.0)}, lifts={"purchase": 0.5}),
    Effect("campaign", (0.45, -0.2, 0.0), {1: (0.5, 0.0, 0.0)}, carry_over=0.4),
    Effect("personal_contact", (0.5, -0.5, -0.3), {2: (0.5, 0.0, 0.0)}),
    Effect("invitation", (0.2, -0.2, 0.0), {4: (0.9, 0.0, 0.0)}, lifts={"contribution": 0.6}),
    Effect("loyalty_points", (0.0, 0.1, 0.0), lifts={"purchase": 0.2}),
    Effect("service_recovery", (0.7, -0.7, -1.0)),
)
"""Effects as the method expects them."""

TEXTBOOK = World(
    name="textbook",
    title="Textbook company",
    n_customers=5_000,
    n_periods=24,
    start=date(2024, 7, 1),
    sources=DOORS,
    **INITIAL,
    **MOVES_OF_A_LADDER,
    effects=_EXPECTED,
    emissions=EMISSIONS,
    classes=CLASSES,
    attributes=(REGIONS,),
    actions=_campaigns(24),
    waves=(Wave("first", 5, 0.25), Wave("second", 14, 0.25), Wave("third", 22, 0.25)),
    answering=ANSWERING,
)
"""Everything as the ladder's model has it: one population, actions by lot, effects alike for all types."""

_WON = dataclasses.replace(
    TEXTBOOK,
    name="discounts_win",
    title="Discount company",
    sources=(
        Source(
            "campaign", old=20.0, new=1.1,
            types={"market": 0.7, "authority": 0.1, "meaning": 0.1, "none": 0.1},
        ),
        Source(
            "search", old=16.0, new=0.5,
            types={"market": 0.5, "authority": 0.2, "meaning": 0.15, "none": 0.15},
        ),
    ),
    actions=(dataclasses.replace(_campaigns(24)[0], reach=0.25), *_campaigns(24)[1:]),
    effects=(
        Effect(
            "discount", (0.8, -0.5, -0.5),
            lifts={"purchase": 0.6, "cancellation": -0.7, "referral": 0.4}, carry_over=0.3,
        ),
        *(dataclasses.replace(e, moves=(0.0, 0.0, 0.0), by_rung={}) for e in _EXPECTED[1:]),
    ),
)  # fmt: skip

_SCATTERED = dataclasses.replace(
    ANSWERING, follows="scattered", type_levels={}, response_probs=(0.4, 0.4, 0.4, 0.4, 0.4, 0.4)
)

_DISORDERED_RATES = {
    "purchase": (0.50, 0.15, 0.70, 0.25, 0.60, 0.35),
    "visit": (0.60, 1.20, 0.30, 0.90, 0.50, 1.00),
    "contact": (0.09, 0.07, 0.12, 0.08, 0.10, 0.09),
    "complaint": (0.02, 0.03, 0.015, 0.03, 0.02, 0.025),
    "referral": (0.030, 0.035, 0.028, 0.033, 0.030, 0.034),
    "contribution": (0.02, 0.015, 0.02, 0.016, 0.018, 0.017),
    "return": (0.05, 0.06, 0.05, 0.06, 0.05, 0.06),
    "cancellation": (0.008, 0.010, 0.009, 0.008, 0.010, 0.009),
}

_NO_LADDER = dataclasses.replace(
    TEXTBOOK,
    name="no_ladder",
    title="Company without a ladder",
    initial_old=dict.fromkeys(INITIAL["initial_old"], _SIXTH),
    initial_new=dict.fromkeys(INITIAL["initial_new"], _SIXTH),
    emissions=tuple(dataclasses.replace(e, rates=_DISORDERED_RATES[e.kind]) for e in EMISSIONS),
    answering=_SCATTERED,
)

_SKIPPED = dataclasses.replace(
    TEXTBOOK, name="skipped_rungs", title="Company of shortcuts", skipped_rung=2, skipper_share=0.85
)

_SURPRISING = dataclasses.replace(
    TEXTBOOK,
    name="surprising_effects",
    title="Contrary company",
    effects=(
        Effect("discount", (0.6, -0.4, -0.3), {3: (0.4, 0.0, 0.0)}, lifts={"purchase": 0.3}),
        Effect("campaign", (-0.3, 0.4, 0.2), carry_over=0.4),
        Effect("personal_contact", (-0.5, 0.6, 0.5)),
        Effect("invitation", (-0.2, 0.4, 0.0), {4: (-0.5, 0.3, 0.0)}, lifts={"contribution": -0.3}),
        Effect("loyalty_points", (0.6, -0.3, -0.2), lifts={"purchase": 0.2}),
        Effect("service_recovery", (-0.4, 0.5, 0.7)),
    ),
)

_STANDING_STILL = (NEVER,) * 6
_ONLY_FIRST = (0.0, 1.0, 0.0, 0.0, 0.0, 0.0)

_HEAVY_ONLY = dataclasses.replace(
    TEXTBOOK,
    name="heavy_buyers_only",
    title="Company of habits",
    initial_old=dict.fromkeys(INITIAL["initial_old"], _ONLY_FIRST),
    initial_new=dict.fromkeys(INITIAL["initial_new"], _ONLY_FIRST),
    up=_STANDING_STILL,
    down=_STANDING_STILL,
    drop=_STANDING_STILL,
    effects=tuple(dataclasses.replace(e, moves=(0.0, 0.0, 0.0), by_rung={}) for e in _EXPECTED),
    classes=(
        BehaviourClass(
            "light", 0.45, {"purchase": 0.3, "visit": 0.4, "referral": 0.5, "contribution": 0.5},
            amount=0.7,
        ),
        BehaviourClass("medium", 0.35, {}, amount=1.0),
        BehaviourClass(
            "heavy", 0.20, {"purchase": 4.0, "visit": 3.0, "referral": 2.0, "contribution": 2.0},
            amount=1.6,
        ),
    ),
)  # fmt: skip

_SILENT = dataclasses.replace(TEXTBOOK, name="silent", title="Company that never asks", waves=())


def _scaled(values: tuple[float, ...], by: float, around: float = 0.0) -> Any:
    """Values drawn towards `around`, keeping the share `by` of the distance."""
    return tuple(around + by * (value - around) for value in values)


_QUIET = dataclasses.replace(
    TEXTBOOK,
    name="quiet",
    title="Quiet company",
    n_customers=500,
    n_periods=18,
    start=date(2025, 1, 1),
    effects=tuple(
        Effect(e.kind, _scaled(e.moves, 0.2), lifts={k: 0.2 * v for k, v in e.lifts.items()})
        for e in _EXPECTED
    ),
    emissions=tuple(dataclasses.replace(e, rates=_scaled(e.rates, 0.25, e.rates[2])) for e in EMISSIONS),
    actions=_campaigns(18),
    waves=(Wave("only", 12, 0.25, "short"),),
    answering=dataclasses.replace(
        ANSWERING,
        levels={construct: _scaled(level, 0.4, 50.0) for construct, level in LEVELS.items()},
        noise_sd=20.0,
        style_sd=8.0,
    ),
)

WORLDS: Mapping[str, World] = MappingProxyType(
    {
        world.name: world
        for world in (
            ZONNEWENDE, TEXTBOOK, _WON, _SURPRISING, _SKIPPED, _NO_LADDER, _HEAVY_ONLY, _SILENT, _QUIET,
        )
    }
)  # fmt: skip
"""Settings by name; `verbond simulate --list` says what each is for."""
