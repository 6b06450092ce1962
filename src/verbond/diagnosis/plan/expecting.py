"""What a step is expected to bring: what the playbook believes, weighed with what this company saw itself.

Two normal distributions of the same log-odds are put together by their precision: what is surer counts
more. What the company's own past goes with may have another cause, so it gets an error more (`HIDDEN_SD`);
where a lot decided whom an action reached, it does not.

References
----------
Gelman et al. (2013), Bayesian Data Analysis, 3rd ed., equations 2.9-2.10 (normal data, normal prior).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from verbond.diagnosis.plan.results import Learned, RestsOn
from verbond.ladder import RungChain
from verbond.method.types import Play

__all__ = ["HIDDEN_SD", "Push", "draws_of", "push_of", "standing_on", "together"]

HIDDEN_SD = 0.3
"""Error of the log-odds that hidden causes may add to what the past goes with; ours."""


@dataclass(frozen=True, slots=True)
class Push:
    """What a step does to the log-odds of moving, as far as is known.

    Attributes
    ----------
    up, down : (float, float)
        Mean and standard deviation.
    rests_on : {"lot", "past", "learned", "prior"}
        "prior" only where nothing of the company's own counts in it.
    kind : str
        Kind of action whose own figures count; "" for none.
    """

    up: tuple[float, float]
    down: tuple[float, float]
    rests_on: RestsOn
    kind: str = ""


def together(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """Mean and standard deviation of two normal beliefs put together.

    Examples
    --------
    >>> together((0.0, 1.0), (1.0, 1.0))
    (0.5, 0.7071067811865476)
    """
    weights = np.array([one[1], other[1]]) ** -2.0
    mean = float(weights @ [one[0], other[0]] / weights.sum())
    return mean, float(weights.sum() ** -0.5)


def push_of(
    play: Play, chain: RungChain | None, by_lot: Mapping[str, bool], learned: Learned | None = None
) -> Push:
    """What is known of a play here.

    Parameters
    ----------
    play : Play
    chain : RungChain or None
        Knows kinds of actions that reached somebody; None where there is no ladder.
    by_lot : mapping of action kind to bool
        Whether a lot decided whom all actions of the kind reached.
    learned : Learned, optional
        What came of it when it was done here before. It is not put together with the actions of its kind,
        which it is among: the surer of the two counts.
    """
    prior, down = (play.climbs.mean, play.climbs.sd), (play.falls.mean, play.falls.sd)
    found = Push(prior, down, "prior")
    own = [(kind, _own(chain, kind)) for kind in play.action_kinds] if chain is not None else []
    beliefs = [
        (kind, mean, np.hypot(sd, 0.0 if by_lot.get(kind, False) else HIDDEN_SD))
        for kind, (mean, sd) in ((kind, known) for kind, known in own if known is not None)
    ]
    if beliefs:
        kind, mean, sds = min(beliefs, key=lambda one: one[2][0])
        up, down = together(prior, (mean[0], sds[0])), together(down, (mean[1], sds[1]))
        found = Push(up, down, "lot" if by_lot.get(kind, False) else "past", kind)
    if learned is not None and learned.n_times and learned.climbs_sd <= found.up[1]:
        return Push((learned.climbs_mean, learned.climbs_sd), down, "learned")
    return found


def _own(chain: RungChain, kind: str) -> tuple[np.ndarray, np.ndarray] | None:
    """((2,) means, (2,) standard deviations) of up and down; None for a kind that the model does not know."""
    drawn = chain.coefficients.get(kind)
    if drawn is None or len(drawn) < 3:
        return None
    return drawn[0], np.maximum(drawn[1:].std(axis=0, ddof=1), 1e-6)


def standing_on(chain: RungChain) -> RungChain:
    """The same chain by the rung on which people stand, not the one on which each most probably stands.

    A step reaches who complained or who opened a mail: nobody picks customers by their likeliest rung for it.
    """
    states = np.arange(chain.space.n_states) % chain.space.n_places
    on = (states == np.arange(chain.n_rungs)[:, None]).astype(float)
    aimed = chain.standing[:, None, :] * on
    return replace(chain, aimed=aimed, n_aimed=np.rint(chain.n_customers * aimed[0].sum(axis=1)).astype(int))


def draws_of(belief: tuple[float, float], n: int, rng: np.random.Generator) -> np.ndarray:
    """(n,) draws of a belief, its mean first."""
    drawn = belief[0] + belief[1] * rng.standard_normal(n)
    drawn[0] = belief[0]
    return drawn
