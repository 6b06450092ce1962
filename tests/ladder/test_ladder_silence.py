"""Who does not answer stands elsewhere: with answering as something that is seen, the shares stay right."""

from __future__ import annotations

from dataclasses import replace

import ladder_worlds
import numpy as np
import pytest
from ladder_worlds import Drawn, draw

from verbond.ladder import Ladder
from verbond.tables import Panel

ANSWERS = np.array([0.02, 0.1, 0.3, 0.5, 0.7, 0.9])
"""Hardly anybody at the bottom answers, and nearly everybody at the top."""
OPTIONS = {"n_starts": 1, "n_classes": 1, "gone": False, "amounts": "none", "feedback": False}


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    """Behaviour that says little, so that answers have to say it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ladder_worlds, "ANSWERS", ANSWERS)
        return draw(2000, 12, asked=0.4, seed=71, scale=0.15)


def mean_rung(panel: Panel) -> tuple[float, float]:
    result = Ladder(**OPTIONS).fit(panel, uncertainty=False)  # type: ignore[arg-type]
    n = panel.n_present
    rates = next((e.by_state for e in result.emissions if e.variable == "answered"), (0.0,) * 6)
    return float(n @ (result.shares @ np.arange(6)) / n.sum()), rates[0]


def test_silence_is_information(drawn: Drawn) -> None:
    """Without it, people of whom nobody knows anything pass for people like those who answer."""
    truth = float(drawn.rungs.mean())
    found, at_bottom = mean_rung(drawn.panel)
    forgotten, _ = mean_rung(replace(drawn.panel, asked=None))
    assert found == pytest.approx(truth, abs=0.12)
    assert forgotten > truth + 0.3
    assert at_bottom < 0.08
