"""How fast people leave: pure arrays in, estimates out. Curves are in `verbond.numerics.survival`.

- `cox`: `Cox`, hazard ratios, the baseline, robust errors; `proportional`: whether ratios stay the same;
  `kernel`: the pass behind them.
"""

from verbond.loyalty.survival.cox import Baseline, Cox, CoxFit
from verbond.loyalty.survival.proportional import Proportionality

__all__ = [
    "Baseline",
    "Cox",
    "CoxFit",
    "Proportionality",
]
