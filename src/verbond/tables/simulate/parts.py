"""Settings that several worlds share: what people on each rung do and answer."""

from __future__ import annotations

from types import MappingProxyType

from verbond.tables.simulate.world import (
    NEVER,
    Answering,
    Attribute,
    BehaviourClass,
    Emission,
    PerRung,
    Source,
)

__all__ = [
    "ANSWERING",
    "CLASSES",
    "DOORS",
    "EMISSIONS",
    "INITIAL",
    "LEVELS",
    "MOVES_OF_A_LADDER",
    "REGIONS",
    "TYPE_LEVELS",
]

_WEB = MappingProxyType({"web": 0.6, "app": 0.25, "phone": 0.1, "counter": 0.05})
_SERVICE = MappingProxyType({"phone": 0.45, "mail": 0.3, "chat": 0.15, "counter": 0.1})

EMISSIONS: tuple[Emission, ...] = (
    Emission(
        "purchase", "negative_binomial", (0.14, 0.30, 0.36, 0.44, 0.54, 0.62),
        dispersion=2.5, season_amplitude=0.18, season_peak=12, channels=_WEB,
    ),
    Emission(
        "visit", "poisson", (0.20, 0.55, 0.75, 0.90, 1.10, 1.60),
        channels={"web": 0.5, "app": 0.45, "counter": 0.05},
    ),
    Emission("contact", "poisson", (0.07, 0.08, 0.08, 0.09, 0.10, 0.15), channels=_SERVICE),
    Emission("complaint", "bernoulli", (0.050, 0.028, 0.022, 0.014, 0.012, 0.014), channels=_SERVICE),
    Emission(
        "referral", "bernoulli", (0.004, 0.014, 0.034, 0.052, 0.080, 0.120),
        channels={"web": 0.7, "app": 0.3},
    ),
    Emission(
        "contribution", "bernoulli", (0.0005, 0.003, 0.008, 0.016, 0.045, 0.240),
        channels={"web": 0.6, "counter": 0.4},
    ),
    Emission("return", "per_purchase", (0.10, 0.06, 0.05, 0.04, 0.035, 0.03)),
    Emission(
        "cancellation", "bernoulli", (0.034, 0.012, 0.007, 0.004, 0.002, 0.0015),
        channels={"web": 0.7, "phone": 0.3},
    ),
)  # fmt: skip
"""Purchases and contributions rise with the rung, complaints and cancellations fall."""

LEVELS: MappingProxyType[str, PerRung] = MappingProxyType({
    "experience": (36, 66, 69, 72, 75, 78),
    "congruence": (33, 38, 63, 67, 71, 75),
    "trust": (38, 45, 50, 71, 75, 79),
    "commitment": (28, 35, 41, 49, 73, 78),
    "engagement": (18, 23, 29, 36, 46, 74),
    "satisfaction": (44, 66, 69, 72, 74, 76),
    "recommend": (60, 74, 78, 81, 86, 90),
    "stay": (52, 66, 71, 77, 86, 88),
    "rebuy": (50, 65, 70, 74, 80, 82),
    "alternatives": (70, 62, 55, 48, 40, 36),
    "market": (55, 52, 48, 45, 42, 40),
    "authority": (45, 47, 49, 52, 53, 53),
    "meaning": (34, 40, 49, 55, 60, 64),
    "equality": (45, 47, 48, 49, 50, 52),
    "closeness": (22, 31, 40, 49, 59, 69),
    "conscious_consumption": (44, 46, 50, 52, 55, 58),
})  # fmt: skip
"""Mean of each construct by rung, 0..100: the construct of a rung steps where that rung is reached."""

TYPE_LEVELS = MappingProxyType({
    "market": {"market": 18, "meaning": -10, "authority": -4, "conscious_consumption": -6, "alternatives": 6},
    "authority": {"authority": 18, "market": -4, "meaning": -2},
    "meaning": {"meaning": 18, "market": -16, "conscious_consumption": 12, "closeness": 5},
    "none": {"closeness": -14, "meaning": -8, "authority": -6, "market": 2},
})  # fmt: skip

ANSWERING = Answering(levels=LEVELS, type_levels=TYPE_LEVELS)

CLASSES = (
    BehaviourClass("light", 0.50, {"purchase": 0.6, "visit": 0.7}, amount=0.9),
    BehaviourClass("medium", 0.35, {}, amount=1.0),
    BehaviourClass("heavy", 0.15, {"purchase": 2.2, "visit": 1.6}, amount=1.25),
)

_MIX = MappingProxyType({"market": 0.30, "authority": 0.20, "meaning": 0.30, "none": 0.20})
DOORS = (
    Source("campaign", old=22.0, new=0.6, types=_MIX),
    Source("neighbour", old=20.0, new=0.5, types=_MIX, brought=True),
    Source("search", old=18.0, new=0.5, types=_MIX),
)

_OLD: PerRung = (0.20, 0.36, 0.18, 0.13, 0.08, 0.05)
_NEW: PerRung = (0.40, 0.42, 0.10, 0.05, 0.02, 0.01)
INITIAL = {
    "initial_old": dict.fromkeys(("market", "authority", "meaning", "none"), _OLD),
    "initial_new": dict.fromkeys(("market", "authority", "meaning", "none"), _NEW),
}

MOVES_OF_A_LADDER = {
    "up": (-2.3, -2.8, -2.7, -2.9, -3.2, NEVER),
    "down": (NEVER, -3.1, -3.2, -3.3, -3.3, -3.2),
    "drop": (NEVER, NEVER, -5.0, -5.0, -5.2, -5.4),
}
"""Months of staying put, then a step: about one in ten to twenty moves a month."""

REGIONS = Attribute("region", {"North": 0.25, "East": 0.3, "South": 0.2, "West": 0.25})
