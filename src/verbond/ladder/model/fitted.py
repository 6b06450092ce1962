"""`Fitted`: a model with its parameters, which is all that scoring needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from verbond.ladder.coding.layout import Layout
from verbond.ladder.model.model import LadderModel

__all__ = ["Fitted"]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model with its parameters: what scoring needs.

    Attributes
    ----------
    model : LadderModel
    theta : (n_parameters,)
    covariance : (n_parameters, n_parameters)
        Of `theta`; zero rows for parameters at a bound.
    period : str
    layout : Layout
        What the model looks at in a panel.
    """

    model: LadderModel
    theta: np.ndarray
    covariance: np.ndarray
    period: str
    layout: Layout
