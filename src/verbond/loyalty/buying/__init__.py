"""Models of buying and leaving.

- `model`: `BuyTillYouDie`, what is fitted; `fitting`: how a likelihood is maximised; `results`: what it says.
- `design`: covariates on the rates.
- `histories`: customers alike counted once.
- `kernel`: log-likelihoods with gradients (and what is behind them, compiled, in `compiled`).
- `expectations`: what follows from the parameters.
"""

from verbond.loyalty.buying.model import BuyTillYouDie
from verbond.loyalty.buying.results import MODELS, BuyingResult, Model

__all__ = ["MODELS", "BuyTillYouDie", "BuyingResult", "Model"]
