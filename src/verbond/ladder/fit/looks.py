"""What more is looked at than counts and answers: last period's count, and what orders are worth.

Both can mislead. Who buys much this month because of last month's habit is not on a higher rung, and who
always spends more on an order than others is not either. So each is tried on a sample of customers:

- *feedback*, the count of the period before, comes in where the data ask for it by Akaike's criterion, beside
  baseline classes too;
- *amounts* come in where people on the same rung do not go on differing in what an order is worth, and then
  as the family, gamma or lognormal, that describes them best.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from verbond.ladder.coding.context import log_amounts
from verbond.ladder.coding.encoding import Encoded, encode
from verbond.ladder.coding.layout import Layout
from verbond.ladder.fit.estimation import Fit, search
from verbond.ladder.fit.starts import first_parameters, with_one_class_more
from verbond.ladder.kernel import state_probs
from verbond.ladder.model.emissions import Amounts, Counts
from verbond.ladder.model.model import LadderModel
from verbond.results import Reason
from verbond.tables import Panel

__all__ = ["Looks", "choose_looks", "lasting_share", "with_more"]

CLEARLY_BETTER = 10.0
"""Points of Akaike's criterion; fewer leave the plainer model with some support (Burnham & Anderson 2002)."""
LARGEST_LASTING = 0.2
"""Up to about here amounts help on simulated companies where they follow the rungs, and else do no harm."""
AMOUNT_FAMILIES = ("lognormal", "gamma")
Build = Callable[[Panel, Encoded, str, int], LadderModel]


@dataclass(frozen=True, slots=True)
class Looks:
    """What more is looked at.

    Attributes
    ----------
    feedback : bool
    feedback_gain : float
        Points of Akaike's criterion that it gains on the sample; NaN where it was not tried.
    amounts : {"none", "lognormal", "gamma"}
    lasting : float
        Share of the variance of the logarithm of amounts, the rung given, that lies between people for good;
        NaN where it was not looked at.
    """

    feedback: bool
    feedback_gain: float
    amounts: str
    lasting: float

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What the data chose, in words."""
        found = []
        if self.feedback and np.isfinite(self.feedback_gain):
            found.append(Reason("ladder.feedback", {"gain": self.feedback_gain}))
        if self.lasting > LARGEST_LASTING:
            found.append(Reason("ladder.amounts_lasting", {"share": self.lasting}))
        return tuple(found)


def choose_looks(
    panel: Panel,
    layouts: tuple[Layout, Layout, Layout],
    build: Build,
    rng: np.random.Generator,
    *,
    most_classes: int,
    feedback: bool | None,
    amounts: str | None,
) -> Looks:
    """Try on a sample what was not asked for or ruled out.

    Parameters
    ----------
    panel : Panel
        The sample.
    layouts : (plain, with feedback, with amounts)
    build : callable
        Panel, its codes, the family of amounts and the number of baseline classes in; a model out.
    rng : numpy Generator
    most_classes : int
        Habit has to be seen beside so many baseline classes, for lasting differences look like it.
    feedback, amounts
        As asked for; None: the data choose.
    """
    plain, with_feedback, with_amounts = layouts
    gain, lasting = float("nan"), float("nan")
    try_feedback = feedback is None and bool(with_feedback.feedback)
    try_amounts = amounts is None and bool(with_amounts.amount_cuts)
    if not (try_feedback or try_amounts):
        return Looks(bool(feedback), gain, amounts or "none", lasting)
    encoded = encode(panel, plain)
    model = build(panel, encoded, "lognormal", 1)
    start = first_parameters(model, encoded, rng, jitter=0.0)
    fit, _ = search(model, encoded.sequences, [start])
    if try_feedback:
        gain = _habit(panel, with_feedback, build, model, fit)
        if gain > CLEARLY_BETTER and most_classes > 1:
            gain = _habit(panel, with_feedback, build, *_with_classes(
                panel, encoded, build, model, fit, most_classes, rng,
            ))  # fmt: skip
        feedback = gain > CLEARLY_BETTER
    if try_amounts:
        lasting = lasting_share(panel, model, fit.theta, encoded)
        amounts = "none"
        if lasting <= LARGEST_LASTING:
            trials = {
                name: _tried(panel, with_amounts, build, model, fit, name)[1] for name in AMOUNT_FAMILIES
            }
            amounts = max(AMOUNT_FAMILIES, key=lambda name: trials[name].evaluation.objective)
    return Looks(bool(feedback), gain, amounts or "none", lasting)


def _habit(panel: Panel, layout: Layout, build: Build, model: LadderModel, fit: Fit) -> float:
    """Points of Akaike's criterion that the count before gains."""
    larger, trial = _tried(panel, layout, build, model, fit, "lognormal")
    return float(_aic(model, fit) - _aic(larger, trial))


def _with_classes(
    panel: Panel, encoded: Encoded, build: Build, model: LadderModel, fit: Fit, most: int,
    rng: np.random.Generator,
) -> tuple[LadderModel, Fit]:  # fmt: skip
    """The plain model with so many baseline classes."""
    for n_classes in range(2, most + 1):
        larger = build(panel, encoded, "lognormal", n_classes)
        first = with_one_class_more(model, fit.theta, larger, rng)
        model, fit = larger, search(larger, encoded.sequences, [first], em_steps=20, steps=80)[0]
    return model, fit


def _tried(
    panel: Panel, layout: Layout, build: Build, model: LadderModel, fit: Fit, amounts: str
) -> tuple[LadderModel, Fit]:
    encoded = encode(panel, layout)
    larger = build(panel, encoded, amounts, model.space.n_classes)
    first = with_more(model, fit.theta, larger)
    return larger, search(larger, encoded.sequences, [first], em_steps=10, steps=80)[0]


def _aic(model: LadderModel, fit: Fit) -> float:
    return -2 * fit.evaluation.loglik + 2 * model.n_parameters


def with_more(model: LadderModel, theta: np.ndarray, larger: LadderModel) -> np.ndarray:
    """Parameters of a model that looks at more, from those of one that does not: new slopes are 0."""
    start, movement, *rest = model.slices
    known = {e.name: (e, theta[where]) for e, where in zip(model.emissions, rest, strict=True)}
    pieces = [theta[start], theta[movement]]
    for emission in larger.emissions:
        if emission.name not in known:
            assert isinstance(emission, Amounts)
            pieces.append(emission.theta(np.full(emission.space.n_rungs, emission.average)))
            continue
        old, piece = known[emission.name]
        if isinstance(old, Counts) and isinstance(emission, Counts):
            added = len(emission.slopes) - len(old.slopes)
            piece = np.insert(piece, [old.n_linear] * added, 0.0)
        pieces.append(piece)
    return np.concatenate(pieces)


def lasting_share(panel: Panel, model: LadderModel, theta: np.ndarray, encoded: Encoded) -> float:
    """Share of the variance of log amounts, the rung given, that lies between people for good.

    What is left of the logarithm of a row's amount after the mean of its rungs (by their probabilities),
    split into what rows of one person have in common and the rest (one-way analysis of variance, unequal
    numbers of rows).

    Returns
    -------
    float
        Intraclass correlation; NaN with fewer than two rows for everybody.

    References
    ----------
    Donner (1986), International Statistical Review 54, 67-82 (the estimator for unequal numbers).
    """
    logs = log_amounts(panel)
    assert logs is not None
    rows = np.flatnonzero(np.isfinite(logs))
    probs = state_probs(encoded.sequences, model.tables(theta), 0, panel.n_customers)
    probs = model.space.by_rung(probs)[rows]
    y = logs[rows]
    left = y - probs @ np.linalg.lstsq(probs, y, rcond=None)[0]
    owner = np.searchsorted(panel.offsets, rows, side="right") - 1
    _, owner = np.unique(owner, return_inverse=True)
    n = np.bincount(owner)
    if len(n) < 2 or len(y) <= len(n):
        return float("nan")
    means = np.bincount(owner, left) / n
    between = float(n @ (means - left.mean()) ** 2) / (len(n) - 1)
    within = float(((left - means[owner]) ** 2).sum()) / (len(y) - len(n))
    typical = (len(y) - (n**2).sum() / len(y)) / (len(n) - 1)
    lasting = max((between - within) / typical, 0.0)
    return float(lasting / (lasting + within))
