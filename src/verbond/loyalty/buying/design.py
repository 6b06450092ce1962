"""Covariates on the rates: how parameters differ from customer to customer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from verbond.loyalty.buying.histories import Histories
from verbond.loyalty.buying.kernel import LogLikelihood

__all__ = ["SIGNS", "Design", "params_of_rows"]

SIGNS: Mapping[str, Mapping[int, float]] = {
    "bg-nbd": {1: -1.0, 2: 1.0, 3: 1.0},
    "mbg-nbd": {1: -1.0, 2: 1.0, 3: 1.0},
    "pareto-nbd": {1: -1.0, 3: -1.0},
}
"""Which parameters covariates move, and with which sign, as Fader & Hardie (2007b) have it: alpha and beta
times exp(-sum of coefficient x covariate), so that above 0 is a higher rate; a and b times exp(that sum)."""


def params_of_rows(model: str, theta: np.ndarray, covariates: np.ndarray) -> np.ndarray:
    """Natural parameters of each row, (4, n), from logarithms of parameters and coefficients.

    Parameters
    ----------
    model : str
        One of `SIGNS`.
    theta : (4 + c m,) float64
        Four logarithms, then the m coefficients of each of the c parameters that covariates move.
    covariates : (n, m) float64
    """
    m, logs = covariates.shape[1], np.tile(theta[:4, None], len(covariates))
    for place, (j, sign) in enumerate(SIGNS[model].items()):
        logs[j] += sign * covariates @ theta[4 + place * m : 4 + (place + 1) * m]
    return np.exp(logs)


@dataclass(frozen=True, slots=True)
class Design:
    """A model with covariates, each brought to mean 0 and spread 1 while it is fitted.

    Attributes
    ----------
    model : str
    middle, spread : (m,) float64
    """

    model: str
    middle: np.ndarray = field(repr=False)
    spread: np.ndarray = field(repr=False)

    @classmethod
    def of(cls, model: str, covariates: Sequence[np.ndarray], weight: np.ndarray) -> Design:
        """Middle and spread over customers."""
        total = max(float(weight.sum()), 1e-300)
        z = np.column_stack([*covariates]) if covariates else np.zeros((len(weight), 0))
        middle = weight @ z / total
        spread = np.sqrt(weight @ (z - middle) ** 2 / total)
        return cls(model, middle, spread)

    def loglik(
        self, function: Callable[[np.ndarray, Histories], LogLikelihood], histories: Histories
    ) -> Callable[[np.ndarray], LogLikelihood]:
        """The log-likelihood as a function of four logarithms and the coefficients (mean 0, spread 1)."""
        z = (histories.covariates - self.middle) / self.spread
        parts = [np.ones((len(z), 1))] * 4
        for j, sign in SIGNS[self.model].items():
            parts[j] = np.column_stack([parts[j], sign * z])
        places = self._places()

        def of_theta(theta: np.ndarray) -> LogLikelihood:
            params = np.ascontiguousarray(params_of_rows(self.model, theta, z).T)
            found = function(params, histories)
            slope = found.gradient * params
            bend = found.hessian * params[:, :, None] * params[:, None, :]
            gradient, hessian = np.zeros(len(theta)), np.zeros((len(theta), len(theta)))
            for i in range(4):
                bend[:, i, i] += slope[:, i]
                gradient[places[i]] = parts[i].T @ slope[:, i]
                for j in range(4):
                    hessian[np.ix_(places[i], places[j])] = parts[i].T @ (bend[:, i, j, None] * parts[j])
            return LogLikelihood(found.value, gradient, hessian)

        return of_theta

    def _places(self) -> list[list[int]]:
        """Where in theta each parameter's logarithm and coefficients stand."""
        m, places = len(self.middle), [[j] for j in range(4)]
        for place, j in enumerate(SIGNS[self.model]):
            places[j] += range(4 + place * m, 4 + (place + 1) * m)
        return places

    def back(self) -> np.ndarray:
        """(p, p): from theta as fitted to theta for covariates in their own units."""
        m, signs = len(self.middle), SIGNS[self.model]
        matrix = np.diag([1.0] * 4 + [*(1 / self.spread)] * len(signs))
        for place, (j, sign) in enumerate(signs.items()):
            here = slice(4 + place * m, 4 + (place + 1) * m)
            matrix[j, here] = -sign * self.middle / self.spread
        return matrix
