"""What people do may fall with the rung: that is said, with the truth inside the interval."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ladder_worlds import Drawn, draw

from verbond.ladder import Ladder, LadderResult
from verbond.ladder.judging.falls import falls_of
from verbond.ladder.model.binary import Binary
from verbond.ladder.model.counts import Counts
from verbond.ladder.model.model import LadderModel
from verbond.ladder.model.movement import Movement, Start
from verbond.ladder.model.space import Space

DIP = np.array([0.3, 1.2, 1.4, 0.5, 0.9, 1.4])  # those on rung 3 buy less than those on rung 2


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return draw(1500, 14, asked=0.2, seed=61)


def fitted(drawn: Drawn) -> LadderResult:
    options = {"n_starts": 1, "n_classes": 1, "gone": False, "amounts": "none", "feedback": False}
    return Ladder(**options).fit(drawn.panel)  # type: ignore[arg-type]


def test_a_fall_is_said_with_its_interval(drawn: Drawn) -> None:
    rng = np.random.default_rng(1)
    counts = {**drawn.panel.counts, "purchase": rng.poisson(DIP[drawn.rungs]).astype(np.uint16)}
    result = fitted(replace(drawn, panel=replace(drawn.panel, counts=counts)))
    said = [r for r in result.reasons if r.code == "ladder.falls"]
    assert len(said) == 1
    assert said[0].values["lower"] < DIP[3] / DIP[2] < said[0].values["upper"] < 1
    for language, place in (("en", "rung 3"), ("nl", "trede 3")):
        assert place in said[0].sentence(language)


def test_where_all_rises_nothing_is_said(drawn: Drawn) -> None:
    assert "ladder.falls" not in {r.code for r in fitted(drawn).reasons}


def test_an_uncertain_fall_is_none_and_ratios_are_of_rates() -> None:
    space, one = Space(3), np.zeros(1, np.int64)
    count = Counts("purchase", space, one, np.ones(1), 1.0, poisson=True)
    flag = Binary("referral", space, one, np.ones(1), np.zeros(1), 0.1)
    complaint = Binary("complaint", space, one, np.ones(1), np.zeros(1), 0.1)
    model = LadderModel(
        space, Start(1, space), Movement(space, "ladder", np.zeros((1, 0))), (count, flag, complaint), 1
    )
    theta = np.zeros(model.n_parameters)
    probs = np.array([0.3, 0.2, 0.4])
    for where, values in zip(
        model.slices[2:], (np.log([1.0, 2.0, 1.9]), np.log(probs / (1 - probs)), [3.0, 0.0, 0.0]), strict=True
    ):
        theta[where] = values
    sure, unsure = (np.eye(len(theta)) * sd**2 for sd in (0.01, 1.0))
    assert falls_of(model, theta, unsure) == ()
    purchase, referral = falls_of(model, theta, sure)
    assert (purchase.low, purchase.high, referral.low, referral.high) == (1, 2, 0, 1)
    assert purchase.ratio.value == pytest.approx(0.95)
    assert referral.ratio.value == pytest.approx(0.2 / 0.3)
    error = 0.01 * np.hypot(0.8, 0.7)  # d log p = (1 - p) d log odds
    assert np.log(referral.ratio.ci_upper / referral.ratio.value) == pytest.approx(1.96 * error)
