"""Climbing: what reaching people once does to where they stand later.

`what_if` carries plans of kinds of action that the model knows. Here the push may come from elsewhere: an
experiment, a study, what the company learned before. It is given as log odds of moving up and down, and the
fitted chain is carried forward with it and without, from where people stand today. Everything else stands
still: nobody is reached by anything else, and what is left in stock of earlier exposures is not counted.

The first draw is the best estimate; the others are drawn from the covariance of the parameters. Each draw
redoes where people stand, and goes with and without, so that what both share falls out of the difference.

References
----------
Netzer, Lattin & Srinivasan (2008), Marketing Science 27(2), section 5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from verbond.errors import DataError, OptionError
from verbond.ladder.ahead.ahead import Today, acting_kinds, event_names, state_worth, today
from verbond.ladder.ahead.chain import dense
from verbond.ladder.ahead.plans import in_segment
from verbond.ladder.coding.layout import AMOUNT
from verbond.ladder.model.fitted import Fitted, covariance_root
from verbond.ladder.model.space import Space
from verbond.results import Estimate
from verbond.results.groups import MIN_GROUP
from verbond.tables import Panel

__all__ = ["Climb", "RungChain", "chain_of", "climb", "climb_of_kind", "estimate_of", "pushed"]

SEASON_PERIODS = 12
"""Periods to come over which the worth of a rung is averaged: a year of months."""


@dataclass(frozen=True, slots=True)
class RungChain:
    """How customers move over the rungs when nothing is done, with draws of the parameters.

    States are rungs, rungs by baseline class where there are such, and gone where that is a state: see
    `space`. Draw 0 is the best estimate.

    Attributes
    ----------
    period : str
    n_rungs, n_customers : int
    space : Space
    aimed : (n_draws, n_rungs, n_states)
        Share of the customers who stand in each state, by the rung on which they most probably stand: the one
        by which they can be picked. Sums to 1 in each draw.
    n_aimed : (n_rungs,) int64
        Customers who most probably stand on each rung.
    matrices : (n_draws, n_states, n_states)
        Of a period in which nobody is reached.
    value : (n_draws, n_states) or None
        Money expected in a period: purchases times what an order brings, at no exposure, with the season and
        the count of the period before at their mean; None where there are no amounts.
    pushes : mapping of action kind to (n_draws, n_places, n_places)
        Log odds against staying that one exposure adds to each move.
    carry_over : float
        Share of an exposure of a known kind that still works in the next period.
    ci_level : float
    """

    period: str
    n_rungs: int
    n_customers: int
    space: Space
    aimed: np.ndarray
    n_aimed: np.ndarray
    matrices: np.ndarray
    value: np.ndarray | None
    pushes: Mapping[str, np.ndarray] = field(repr=False)
    carry_over: float = 0.0
    ci_level: float = 0.95

    @property
    def n_draws(self) -> int:
        """How many draws, the best estimate included."""
        return len(self.matrices)

    @property
    def standing(self) -> np.ndarray:
        """(n_draws, n_states) share of the customers in each state today."""
        return self.aimed.sum(axis=1)

    @property
    def coefficients(self) -> Mapping[str, np.ndarray]:
        """By kind of action: (n_draws, 2) log odds of up and of down, the mean over who stands where."""
        rungs = self.space.by_rung(self.standing)
        return {kind: _up_down(push, rungs) for kind, push in self.pushes.items()}

    def rung_matrices(self) -> np.ndarray:
        """(n_draws, n_places, n_places) over the rungs (and gone), classes weighted as they stand today."""
        return _over_classes(self.space, self.matrices, self.standing)

    def rung_value(self) -> np.ndarray | None:
        """(n_draws, n_places) money in a period by rung, classes weighted as they stand today."""
        if self.value is None:
            return None
        weights = self.space.by_class(self.standing) + 1e-12
        return (weights * self.space.by_class(self.value)).sum(axis=1) / weights.sum(axis=1)


@dataclass(frozen=True, slots=True)
class Climb:
    """What being reached comes to, period by period, a hundred customers meant.

    Attributes
    ----------
    higher : (n_draws, n_periods)
        Rungs gained: so many more customers stand on rung 1 or higher, plus so many more on rung 2 or higher,
        and so on. Who is gone stands on none.
    engaged : (n_draws, n_periods)
        How many more stand on the top rung.
    revenue : (n_draws, n_periods) or None
        More money in the period itself, because they stand elsewhere.
    n_reached : float
        Customers who most probably stand where they are meant to, times the share of them that is reached.
    n_customers : int
        Whom the chain rests on.
    ci_level : float
    """

    higher: np.ndarray
    engaged: np.ndarray
    revenue: np.ndarray | None
    n_reached: float
    n_customers: int
    ci_level: float

    def estimate(
        self, figure: Literal["higher", "engaged", "revenue"] = "higher", period: int | None = None
    ) -> Estimate:
        """One figure with its interval.

        Parameters
        ----------
        figure : {"higher", "engaged", "revenue"}
        period : int, optional
            From 1. When not given: the last for `higher` and `engaged`, the sum over all for `revenue`.

        Raises
        ------
        DataError
            For revenue where there are no amounts.
        """
        draws = getattr(self, figure)
        if draws is None:
            raise DataError("the chain knows of no money", hint="The purchases have no amounts.")
        if period is not None:
            return estimate_of(draws[:, period - 1], self.n_customers, self.ci_level)
        total = draws.sum(axis=1) if figure == "revenue" else draws[:, -1]
        return estimate_of(total, self.n_customers, self.ci_level)


def estimate_of(draws: np.ndarray, n_obs: int, level: float) -> Estimate:
    """The first of the draws, with quantiles of the others around it."""
    best = float(draws[0])
    if len(draws) == 1:
        return Estimate(best, None, None, n_obs, level)
    low, high = np.quantile(draws[1:], [(1 - level) / 2, (1 + level) / 2])
    return Estimate(best, min(float(low), best), max(float(high), best), n_obs, level)


def chain_of(
    fitted: Fitted,
    panel: Panel,
    *,
    n_draws: int = 200,
    seed: int = 0,
    segment: tuple[str, str] | None = None,
    ci_level: float = 0.95,
) -> RungChain:
    """The chain behind a fitted ladder, from where the customers of the last period stand.

    Parameters
    ----------
    fitted : Fitted
    panel : Panel
    n_draws : int
        The best estimate included; it is alone where the fit left out its uncertainty.
    seed : int
    segment : tuple of (str, str), optional
        Attribute and value: these customers only.
    ci_level : float

    Raises
    ------
    DataError
        If there are fewer than five customers.
    OptionError
        For a segment that there is not, and fewer than one draw.
    """
    if n_draws < 1:
        raise OptionError("impossible number of draws", got=str(n_draws), expected="1 or more")
    here = today(fitted, panel, SEASON_PERIODS)
    chosen = np.ones(len(here.present), bool)
    if segment is not None:
        chosen = in_segment(panel, segment)[here.present]
    if chosen.sum() < MIN_GROUP:
        raise DataError(
            "there are too few customers in this segment", got=str(int(chosen.sum())),
            expected=f"{MIN_GROUP} or more",
        )  # fmt: skip
    thetas = _thetas(fitted, n_draws, np.random.default_rng(seed))
    space = here.model.space
    likeliest = space.by_rung(here.states).argmax(axis=1)
    kinds = here.model.movement.names
    moves = np.array([_matrices(here, theta) for theta in thetas])
    money = AMOUNT in event_names(here.model)
    return RungChain(
        period=fitted.period, n_rungs=space.n_rungs, n_customers=int(chosen.sum()), space=space,
        aimed=np.array([_aimed(here, theta, chosen, likeliest) for theta in thetas]),
        n_aimed=np.bincount(likeliest[chosen], minlength=space.n_rungs), matrices=moves[:, 0],
        value=np.array([_money(here, theta) for theta in thetas]) if money else None,
        pushes={kind: _push_between(space, moves[:, 0], moves[:, 1 + j]) for j, kind in enumerate(kinds)},
        carry_over=here.layout.carry_over if kinds else 0.0, ci_level=ci_level,
    )  # fmt: skip


def _thetas(fitted: Fitted, n_draws: int, rng: np.random.Generator) -> list[np.ndarray]:
    """The best parameters, then draws of them, kept within their bounds."""
    root, lower = covariance_root(fitted.covariance), fitted.model.lower_bounds()
    if root is None:
        return [fitted.theta]
    away = rng.standard_normal((n_draws - 1, len(root))) @ root
    return [fitted.theta, *np.maximum(fitted.theta + away, lower)]


def _aimed(here: Today, theta: np.ndarray, chosen: np.ndarray, likeliest: np.ndarray) -> np.ndarray:
    """(n_rungs, n_states) where the chosen stand, by the rung on which they are taken to stand."""
    n_rungs, states = here.model.space.n_rungs, here.states
    found = np.zeros((n_rungs, states.shape[1]))
    np.add.at(found, likeliest[chosen], states[chosen])
    if theta is not here.fitted.theta:
        shift = here.standing(theta) - states[here.sample]
        n = np.bincount(likeliest[chosen], minlength=n_rungs)
        for k in range(n_rungs):
            among = likeliest[here.sample] == k
            if n[k] and among.any():
                elsewhere = np.maximum(found[k] + n[k] * shift[among].mean(axis=0), 0.0)
                found[k] = elsewhere * n[k] / elsewhere.sum()
    return found / chosen.sum()


def _matrices(here: Today, theta: np.ndarray) -> np.ndarray:
    """(1 + n_kinds, n_states, n_states) without exposures, then with one of each kind."""
    movement, own = here.model.movement, theta[here.kept]
    q = movement.n_covariates
    x = np.vstack((np.zeros((1, q)), np.eye(q))) - movement.centre
    return dense(here.tables, movement.edge_probs(own[here.model.slices[1]], x))


def _push_between(space: Space, without: np.ndarray, exposed: np.ndarray) -> np.ndarray:
    """(n_draws, n_places, n_places) log odds against staying between two matrices, alike in all classes."""
    n = space.n_places
    before, after = without[:, :n, :n], exposed[:, :n, :n]
    there = before > 0
    logs = np.log(np.where(there, after, 1.0)) - np.log(np.where(there, before, 1.0))
    return np.where(there, logs - np.einsum("dkk->dk", logs)[:, :, None], 0.0)


def _money(here: Today, theta: np.ndarray) -> np.ndarray:
    """(n_states,) money expected in a period; nothing of who is gone."""
    nobody = np.zeros(len(acting_kinds(here.model, here.layout)))
    return here.model.space.with_gone(state_worth(here, theta[here.kept], AMOUNT, nobody), 0.0)


def _up_down(push: np.ndarray, rungs: np.ndarray) -> np.ndarray:
    """(n_draws, 2) mean push of a step up and a step down, weighted by who could take it."""
    low = np.arange(rungs.shape[1] - 1)
    steps = (push[:, low, low + 1], push[:, low + 1, low])
    weights = (rungs[:, :-1] + 1e-12, rungs[:, 1:] + 1e-12)
    means = [(s * w).sum(axis=1) / w.sum(axis=1) for s, w in zip(steps, weights, strict=True)]
    return np.stack(means, axis=1)


def _over_classes(space: Space, matrices: np.ndarray, standing: np.ndarray) -> np.ndarray:
    """(n_draws, n_places, n_places): classes weighted by who stands on each rung."""
    shape = (len(matrices), space.n_classes, space.n_places, space.n_classes, space.n_places)
    blocks = matrices.reshape(shape).sum(axis=3)
    weights = space.by_class(standing) + 1e-12
    return np.einsum("dck,dckj->dkj", weights / weights.sum(axis=1, keepdims=True), blocks)


def pushed(matrices: np.ndarray, push: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """Transition matrices with log odds added to every move.

    Parameters
    ----------
    matrices : (…, n_states, n_states)
        States are the places of each class, class after class.
    push : (…, n_places, n_places)
        Against staying: 0 on the diagonal.
    strength : float
        How many exposures.

    Returns
    -------
    (…, n_states, n_states)
        Rows sum to 1.

    Notes
    -----
    P'(j | i) = P(j | i) exp(z b_ij) / Σ_j P(j | i) exp(z b_ij), with b_ii = 0: in a multinomial logit this is
    what a covariate with slope b does.

    Examples
    --------
    >>> pushed(np.array([[0.5, 0.5], [0.2, 0.8]]), np.array([[0.0, np.log(3.0)], [0.0, 0.0]])).round(2)
    array([[0.25, 0.75],
           [0.2 , 0.8 ]])
    """
    n_classes = matrices.shape[-1] // push.shape[-1]
    odds = np.exp(strength * push)
    found = matrices * np.tile(odds, (*(1,) * (odds.ndim - 2), n_classes, n_classes))
    return found / found.sum(axis=-1, keepdims=True)


def _push_of(chain: RungChain, up: np.ndarray | float, down: np.ndarray | float) -> np.ndarray:
    """(n_draws, n_places, n_places) log odds of every move up and every move down, the drop included.

    Going for good is neither: it keeps its odds against staying.
    """
    n, n_draws = chain.n_rungs, chain.n_draws
    found = np.zeros((n_draws, chain.space.n_places, chain.space.n_places))
    below = np.tri(n, k=-1, dtype=bool)
    rises, sinks = (np.broadcast_to(np.asarray(v, float), (n_draws,))[:, None, None] for v in (up, down))
    found[:, :n, :n] = np.where(below.T, rises, 0.0) + np.where(below, sinks, 0.0)
    return found


def climb(
    chain: RungChain,
    up: np.ndarray | float,
    down: np.ndarray | float,
    *,
    rungs: Sequence[int] | None = None,
    n_periods: int = 12,
    exposures: int = 1,
    share: float = 1.0,
) -> Climb:
    """What comes of reaching people, against leaving them alone.

    Parameters
    ----------
    chain : RungChain
    up, down : (n_draws,) or float
        Log odds of moving up, and of moving down or dropping, against staying, in a period in which somebody
        is reached. The first is the best estimate, as in the chain.
    rungs : sequence of int, optional
        Only customers who most probably stand on one of these today; all when not given.
    n_periods : int
        How far ahead.
    exposures : int
        In so many periods in a row, from the first on.
    share : float
        Of those who are meant, who are reached: 0..1. Figures are a hundred meant.

    Returns
    -------
    Climb

    Raises
    ------
    OptionError
        For a rung, a number or a share that there cannot be.
    DataError
        If fewer than five customers stand there.
    """
    strengths = (np.arange(max(n_periods, 0)) < exposures).astype(float)
    return _carried(chain, _push_of(chain, up, down), strengths, rungs, share)


def climb_of_kind(
    chain: RungChain,
    kind: str,
    *,
    rungs: Sequence[int] | None = None,
    n_periods: int = 12,
    exposures: int = 1,
    share: float = 1.0,
) -> Climb:
    """`climb` with what the model has for a kind of action: by rung, and with what carries over.

    Raises
    ------
    OptionError
        If the model knows nothing of this kind of action; else as in `climb`.
    """
    if kind not in chain.pushes:
        known = ", ".join(chain.pushes) or "none"
        raise OptionError("the model knows nothing of this kind of action", got=repr(kind), expected=known)
    strengths, stock = np.zeros(max(n_periods, 0)), 0.0
    for t in range(len(strengths)):
        stock = float(t < exposures) + chain.carry_over * stock
        strengths[t] = stock
    return _carried(chain, chain.pushes[kind], strengths, rungs, share)


def _carried(
    chain: RungChain, push: np.ndarray, strengths: np.ndarray, rungs: Sequence[int] | None, share: float
) -> Climb:
    """Everybody who is meant, with and without the push."""
    picked = _picked(chain, rungs, len(strengths), share)
    start = chain.aimed[:, picked].sum(axis=1)
    alone = ahead = (start / start.sum(axis=1, keepdims=True))[:, None, :]
    apart = np.empty((chain.n_draws, len(strengths), start.shape[1]))
    for t, strength in enumerate(strengths):
        alone = alone @ chain.matrices
        ahead = ahead @ (pushed(chain.matrices, push, strength) if strength else chain.matrices)
        apart[:, t] = 100 * share * (ahead - alone)[:, 0]
    rungs_apart = chain.space.by_rung(apart)
    return Climb(
        higher=rungs_apart @ np.arange(chain.n_rungs, dtype=float), engaged=rungs_apart[..., -1],
        revenue=None if chain.value is None else np.einsum("dtk,dk->dt", apart, chain.value),
        n_reached=share * float(chain.n_aimed[picked].sum()), n_customers=chain.n_customers,
        ci_level=chain.ci_level,
    )  # fmt: skip


def _picked(chain: RungChain, rungs: Sequence[int] | None, n_periods: int, share: float) -> np.ndarray:
    """(n_rungs,) bool: whose rungs are meant."""
    wanted = list(range(chain.n_rungs) if rungs is None else rungs)
    if any(not 0 <= k < chain.n_rungs for k in wanted):
        raise OptionError("there is no such rung", got=str(wanted), expected=f"0..{chain.n_rungs - 1}")
    if n_periods < 1 or not 0 <= share <= 1:
        raise OptionError(
            "impossible reach", got=f"{n_periods} periods, share {share}",
            expected="one period or more, a share from 0 to 1",
        )  # fmt: skip
    picked = np.isin(np.arange(chain.n_rungs), wanted)
    if chain.n_aimed[picked].sum() < MIN_GROUP:
        raise DataError(
            "too few customers stand there", got=str(int(chain.n_aimed[picked].sum())),
            expected=f"{MIN_GROUP} or more",
        )  # fmt: skip
    return picked
