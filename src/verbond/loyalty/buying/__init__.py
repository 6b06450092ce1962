"""Models of buying and leaving.

- `model`: `BuyTillYouDie`, what is fitted; `fitting`: how a likelihood is maximised; `results`: what it says.
- `design`: covariates on the rates.
- `forecast`: what is expected of each customer, and its worth; `holdout`: a fit held against what came.
- `histories`: customers alike counted once.
- `kernel`: log-likelihoods with gradients (and what is behind them, compiled, in `compiled`).
- `expectations`: what follows from the parameters.
"""

from verbond.loyalty.buying.forecast import Forecast, forecast
from verbond.loyalty.buying.holdout import HoldOut, HoldOutRow, Tracking, TrackingRow, hold_out, track
from verbond.loyalty.buying.model import BuyTillYouDie
from verbond.loyalty.buying.results import MODELS, BuyingResult, Figures, Model

__all__ = [
    "MODELS",
    "BuyTillYouDie",
    "BuyingResult",
    "Figures",
    "Forecast",
    "HoldOut",
    "HoldOutRow",
    "Model",
    "Tracking",
    "TrackingRow",
    "forecast",
    "hold_out",
    "track",
]
