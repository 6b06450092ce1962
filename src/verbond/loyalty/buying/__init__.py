"""Models of buying and leaving.

- `model`: `BuyTillYouDie`, what is fitted; `fitting`: how a likelihood is maximised; `results`: what it says.
- `design`: covariates on the rates.
- `forecast`: what is expected of each customer, and its worth; `holdout`: a fit held against what came.
- `reading`: purchases in tables as models read them; `outlook`: `Outlook`, who of a company will buy again.
- `segments`: `Segments`, a model for each segment, small ones drawn towards all.
- `histories`: customers alike counted once.
- `kernel`: log-likelihoods with gradients (and what is behind them, compiled, in `compiled` and `erlang`).
- `expectations`: what follows from the parameters.
"""

from verbond.loyalty.buying.forecast import Forecast, forecast
from verbond.loyalty.buying.holdout import HoldOut, HoldOutRow, Tracking, TrackingRow, hold_out, track
from verbond.loyalty.buying.model import BuyTillYouDie
from verbond.loyalty.buying.outlook import BuyingOutlook, Candidate, Outlook
from verbond.loyalty.buying.results import MODELS, BuyingResult, Figures, Model
from verbond.loyalty.buying.segments import Segment, Segments, SegmentsResult

__all__ = [
    "MODELS",
    "BuyTillYouDie",
    "BuyingOutlook",
    "BuyingResult",
    "Candidate",
    "Figures",
    "Forecast",
    "HoldOut",
    "HoldOutRow",
    "Model",
    "Outlook",
    "Segment",
    "Segments",
    "SegmentsResult",
    "Tracking",
    "TrackingRow",
    "forecast",
    "hold_out",
    "track",
]
