"""Zonnewende, the demo: an energy cooperative that also shouts Black Friday deals.

Its true story: customers find the experience good, and most stay there. Its values are hardly seen: what
people see is a price fighter. Two discounts a year win many who want a deal and push down those who came for
the cooperative. What lifts trust is rare: putting things right, and a person who calls. Nobody here exists.
"""

from __future__ import annotations

import dataclasses
from datetime import date

from verbond.tables.simulate.parts import ANSWERING, CLASSES, EMISSIONS
from verbond.tables.simulate.speech import load_messages
from verbond.tables.simulate.world import (
    NEVER,
    Action,
    Amounts,
    Attribute,
    Department,
    Effect,
    Source,
    Stimulus,
    Values,
    Wave,
    World,
)

__all__ = ["ZONNEWENDE"]

_N = 30
_BLACK_FRIDAYS = {10: 5.0, 22: 5.0, 3: 1.8, 15: 1.8, 27: 1.8}

_SOURCES = (
    Source(
        "campaign", old=12.0, new=0.42, peaks=_BLACK_FRIDAYS,
        types={"market": 0.55, "authority": 0.15, "meaning": 0.12, "none": 0.18},
    ),
    Source(
        "neighbour", old=24.0, new=0.75, brought=True,
        types={"market": 0.12, "authority": 0.20, "meaning": 0.53, "none": 0.15},
    ),
    Source(
        "search", old=14.0, new=0.45,
        types={"market": 0.35, "authority": 0.27, "meaning": 0.18, "none": 0.20},
    ),
)  # fmt: skip

_OLD = {
    "market": (0.27, 0.51, 0.07, 0.08, 0.05, 0.02),
    "authority": (0.20, 0.50, 0.08, 0.11, 0.08, 0.03),
    "meaning": (0.15, 0.43, 0.10, 0.14, 0.11, 0.07),
    "none": (0.36, 0.50, 0.05, 0.05, 0.03, 0.01),
}
_NEW = {
    "market": (0.42, 0.51, 0.04, 0.02, 0.01, 0.00),
    "authority": (0.36, 0.52, 0.06, 0.04, 0.01, 0.01),
    "meaning": (0.27, 0.50, 0.12, 0.07, 0.03, 0.01),
    "none": (0.50, 0.45, 0.03, 0.01, 0.01, 0.00),
}

_EFFECTS = (
    Effect(
        "discount", (0.0, 0.15, 0.3), {0: (0.6, 0.0, 0.0)},
        {"meaning": (-0.7, 1.1, 0.9), "market": (0.3, -0.3, -0.3)}, {"purchase": 0.55},
    ),
    Effect("campaign", (0.3, -0.2, 0.0), {1: (0.8, 0.0, 0.0)}, {"meaning": (0.3, -0.1, 0.0)}, carry_over=0.4),
    Effect("personal_contact", (0.4, -0.5, -0.4), {2: (0.7, 0.0, 0.0)}),
    Effect("service_recovery", (0.5, -0.7, -1.2), {2: (0.8, 0.0, 0.0)}, lifts={"cancellation": -0.5}),
    Effect(
        "invitation", (0.15, -0.1, 0.0), {4: (1.1, 0.0, 0.0)}, {"none": (-0.4, 0.2, 0.0)},
        {"contribution": 0.5},
    ),
    Effect("loyalty_points", (0.0, 0.05, 0.0), {}, {"meaning": (-0.2, 0.1, 0.0)}, {"purchase": 0.15}),
    Effect("forced_channel", (-0.5, 0.7, 0.8), lifts={"contact": 0.6, "complaint": 0.7}),
    Effect("price_change", (-0.2, 0.3, 0.4), lifts={"complaint": 0.4, "cancellation": 0.4}),
)  # fmt: skip

_ALL = tuple(range(_N))
_ACTIONS = (
    Action(
        "lente-2024", "discount", "Lentedeal 2024", (3,), 0.4, depth=0.15, aim="win", cost=12_000,
        message_id="m-03",
    ),
    Action(
        "bf-2024", "discount", "Black Friday 2024", (10,), 0.85, depth=0.25, aim="win", cost=46_000,
        message_id="m-12",
    ),
    Action("lente-2025", "discount", "Lentedeal 2025", (15,), 0.4, depth=0.15, aim="win", cost=13_000),
    Action(
        "bf-2025", "discount", "Black Friday 2025", (22,), 0.85, depth=0.25, aim="win", cost=52_000,
        message_id="m-31",
    ),
    Action(
        "lente-2026", "discount", "Lentedeal 2026", (27,), 0.4, depth=0.15, aim="win", cost=13_000,
        message_id="m-40",
    ),
    Action(
        "welkom", "discount", "Welkomstkorting", _ALL, 0.5, "newcomers", depth=0.1, aim="win",
        cost=30_000,
    ),
    Action(
        "punten", "loyalty_points", "Zonnepunten sparen", _ALL[5:], 0.7, "heavy_buyers", cost=38_000,
        message_id="m-07",
    ),
    Action(
        "verhaal-2024", "campaign", "Van wie is de zon? (2024)", (8, 9), 0.3, randomised=True, rung=2,
        cost=6_000, message_id="m-09",
    ),
    Action(
        "verhaal-2025", "campaign", "Van wie is de zon? (2025)", (20, 21), 0.3, randomised=True, rung=2,
        cost=6_000, message_id="m-27",
    ),
    Action(
        "herstel", "service_recovery", "Goedmaken na een klacht", _ALL[1:], 0.55, "complainers", rung=3,
        cost=4_500,
    ),
    Action(
        "belrondje", "personal_contact", "Belrondje zonder aanbod", _ALL[2:], 0.03, randomised=True,
        rung=3, cost=7_000,
    ),
    Action(
        "inloop-oost", "personal_contact", "Inloopkantoor Oost", _ALL[6:], 0.05,
        where=("region", "Oost"), rung=3, cost=16_000,
    ),
    Action("alv", "invitation", "Ledenvergadering", (5, 17, 29), 0.3, rung=5, cost=5_000, message_id="m-06"),
    Action(
        "meedenkers", "invitation", "Meedenkavond", (2, 8, 14, 20, 26), 0.12, randomised=True, rung=5,
        cost=3_500, message_id="m-02",
    ),
    Action(
        "alleen-app", "forced_channel", "Klantenservice alleen nog in de app", (13, 14), 0.5,
        cost=9_000, message_id="m-17",
    ),
    Action(
        "tarief-2025", "price_change", "Nieuwe tarieven 2025", (12,), 1.0, price_factor=1.07,
        message_id="m-15",
    ),
    Action(
        "tarief-2026", "price_change", "Nieuwe tarieven 2026", (24,), 1.0, price_factor=1.05,
        message_id="m-36",
    ),
)  # fmt: skip

_REFERRALS = (0.007, 0.026, 0.050, 0.075, 0.115, 0.165)
"""So that of those who say that they would recommend, about three in ten do within half a year."""

_IMAGE = {
    "achievement": 68, "power": 64, "hedonism": 59, "stimulation": 60, "security": 52, "self_direction": 50,
    "universalism": 49, "conformity": 45, "tradition": 42, "benevolence": 43,
}  # fmt: skip


def _department(name: str, n: int, sees: tuple[str, ...], *levels: float) -> Department:
    constructs = ("customer_orientation", "experience", "congruence", "trust", "commitment", "engagement")
    return Department(name, n, sees, dict(zip(constructs, levels, strict=True)))


_DEPARTMENTS = (
    _department("klantenservice", 14, ("benevolence", "universalism"), 78, 62, 50, 60, 52, 42),
    _department("marketing", 8, ("achievement", "stimulation"), 60, 74, 68, 66, 62, 58),
    _department("verkoop", 9, ("power", "achievement"), 52, 72, 58, 62, 60, 48),
    _department("communicatie", 5, ("universalism", "self_direction"), 70, 68, 66, 62, 58, 56),
    _department("techniek", 12, ("security", "universalism"), 66, 66, 52, 64, 55, 40),
    _department("directie", 4, ("universalism", "achievement"), 68, 76, 74, 72, 68, 62),
)

_FOLDER = Stimulus(
    "folder-2026", "Folder: prijs of zorg", "2026-05", ("price", "care"),
    {"folder_appeal": 5.6, "folder_visit": 5.0, "folder_fits": 4.6},
    {
        "care": {  # market, authority, meaning, none
            "folder_appeal": (-0.8, 0.6, 1.6, 0.0),
            "folder_visit": (-0.6, 0.4, 1.3, 0.0),
            "folder_fits": (0.5, 1.2, 2.4, 0.6),
        }
    },
)  # fmt: skip
"""A folder of price beside one of care: who wants a deal likes the first, who came for meaning the second."""

ZONNEWENDE = World(
    name="zonnewende",
    title="Zonnewende",
    n_customers=6_000,
    n_periods=_N,
    start=date(2024, 1, 1),
    sources=_SOURCES,
    initial_old=_OLD,
    initial_new=_NEW,
    up=(-2.7, -4.2, -2.4, -2.9, -3.3, NEVER),
    down=(NEVER, -3.6, -2.9, -3.1, -3.2, -3.0),
    drop=(NEVER, NEVER, -5.2, -5.0, -5.2, -5.4),
    type_moves={
        "market": (-0.1, 0.1, 0.0),
        "meaning": (0.15, -0.1, 0.0),
        "none": (-0.5, 0.2, 0.1),
    },
    effects=_EFFECTS,
    emissions=tuple(
        dataclasses.replace(e, rates=_REFERRALS) if e.kind == "referral" else e for e in EMISSIONS
    ),
    amounts=Amounts(
        means=(48.0, 54.0, 57.0, 60.0, 66.0, 68.0),
        cost_share=0.7,
        categories={"stroom": 0.46, "gas": 0.2, "zon": 0.18, "isolatie": 0.1, "zondelen": 0.06},
    ),
    classes=CLASSES,
    attributes=(
        Attribute(
            "region",
            {"Noord": 0.16, "Oost": 0.27, "Midden": 0.22, "Zuid": 0.17, "West": 0.18},
            {"Oost": (0.1, -0.1, 0.0)},
        ),
        Attribute(
            "product",
            {"stroom": 0.5, "gas": 0.27, "zon": 0.23},
            {"zon": (0.25, -0.2, 0.0), "gas": (-0.1, 0.05, 0.0)},
        ),
        Attribute("age_band", {"18-34": 0.19, "35-49": 0.3, "50-64": 0.31, "65+": 0.2}),
    ),
    actions=_ACTIONS,
    values=Values(image=_IMAGE),
    waves=(Wave("2024-09", 8, 0.2), Wave("2025-05", 16, 0.2), Wave("2026-05", 28, 0.2)),
    answering=dataclasses.replace(ANSWERING, response_probs=(0.27, 0.38, 0.45, 0.5, 0.57, 0.65)),
    stimuli=(_FOLDER,),
    departments=_DEPARTMENTS,
    messages=load_messages("zonnewende"),
)
