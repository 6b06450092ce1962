"""A company's whole picture: what it promises, what marketing and service say, what customers say back.

- `model`: `CompanyPicture`, which looks from every side; `results`: what comes out.
- `readings`: messages, cleaned and rated once.
- `shares`: shares out of probabilities, with intervals and tests.
- `sides`: what each side says, by department, channel and month; `comparing`: differences and changes.
- `legs`, `told`, `costly`, `effort`: what contradicts, what is promised and not told, which messages cost
  most, which rungs are worked on; `actions`: whether what an action says fits.
"""

from verbond.expressions.picture.model import MOST_MESSAGES, CompanyPicture
from verbond.expressions.picture.results import (
    SIDES,
    Abstention,
    ActionMessages,
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
    "MOST_MESSAGES",
    "SIDES",
    "Abstention",
    "ActionMessages",
    "Change",
    "CompanyPicture",
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
