"""A company's whole picture: what it promises, what marketing and service say, what customers say back.

- `results`: what comes out.
"""

from verbond.expressions.picture.results import (
    SIDES,
    Abstention,
    Change,
    CostlyMessage,
    Difference,
    ExpressionPicture,
    Leg,
    Legs,
    RungEffort,
    Share,
    Side,
    SideName,
    Told,
)

__all__ = [
    "SIDES",
    "Abstention",
    "Change",
    "CostlyMessage",
    "Difference",
    "ExpressionPicture",
    "Leg",
    "Legs",
    "RungEffort",
    "Share",
    "Side",
    "SideName",
    "Told",
]
