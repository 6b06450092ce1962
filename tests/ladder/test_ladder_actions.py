"""What actions do to movement, and what they lift in the same month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from ladder_worlds import Drawn, draw, transition_matrix

from verbond.ladder import Ladder, LadderResult
from verbond.ladder.coding.encoding import encode
from verbond.ladder.coding.layout import acting_kinds, decide, look
from verbond.tables import Panel

EFFECT, LIFT = (0.9, -0.7), 0.6


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return draw(2500, 14, asked=0.2, seed=12, effect=EFFECT, lift=LIFT)


@pytest.fixture(scope="module")
def result(drawn: Drawn) -> LadderResult:
    return Ladder(n_starts=2, n_classes=1).fit(drawn.panel)


def test_effects_are_found_again(result: LadderResult) -> None:
    found = {e.move: e.log_odds for e in result.effects}
    assert {e.action for e in result.effects} == {"invitation"}
    for move, truth in zip(("up", "down"), EFFECT, strict=True):
        assert found[move].ci_lower < truth < found[move].ci_upper
        assert np.sign(found[move].value) == np.sign(truth)
    assert found["up"].ci_lower > 0
    assert found["up"].n_obs > 1000
    assert "ladder.association" in {r.code for r in result.reasons}


def test_the_matrix_is_at_mean_exposure(result: LadderResult) -> None:
    low, high = transition_matrix(), transition_matrix(EFFECT)
    truth = 0.8 * low + 0.2 * high
    inside = (truth >= result.transition_ci_lower) & (truth <= result.transition_ci_upper)
    assert inside[truth > 0].mean() > 0.8


def test_an_exposure_acts_on_the_move_into_its_own_month(drawn: Drawn) -> None:
    """One month later the same exposures explain less: an off-by-one would be silent."""
    panel = drawn.panel
    late = np.zeros_like(panel.exposures["invitation"])
    late[1:] = panel.exposures["invitation"][:-1]
    late[panel.offsets[:-1]] = 0
    shifted = replace(panel, exposures={"invitation": late})
    options = {"n_starts": 1, "n_classes": 1}
    right, wrong = (Ladder(**options).fit(p, uncertainty=False) for p in (panel, shifted))
    assert right.loglik > wrong.loglik + 20
    effect = next(e.log_odds.value for e in wrong.effects if e.move == "up")
    assert abs(effect) < 0.5 * EFFECT[0]


def test_lifts_are_seen_and_do_not_pass_for_movement(drawn: Drawn, result: LadderResult) -> None:
    encoded = encode(drawn.panel, moving=("invitation",))
    assert encoded.layout.lifts["purchase"] == ("invitation",)
    model, theta = result._fitted.model, result._fitted.theta
    purchase = next(e for e in model.emissions if e.name == "purchase")
    slope = purchase.slopes_of(model.emission_theta(theta, "purchase"))
    assert slope[0] == pytest.approx(LIFT, abs=0.08)


def test_effects_may_differ_by_rung(drawn: Drawn) -> None:
    result = Ladder(n_starts=1, n_classes=1, by_rung=True).fit(drawn.panel, uncertainty=False)
    ups = {e.rung: e.log_odds.value for e in result.effects if e.move == "up"}
    assert sorted(ups) == [0, 1, 2, 3, 4]
    assert np.mean(list(ups.values())) == pytest.approx(EFFECT[0], abs=0.35)


def test_actions_can_be_left_out(drawn: Drawn) -> None:
    result = Ladder(n_starts=1, n_classes=1, actions=False).fit(drawn.panel, uncertainty=False)
    assert result.effects == ()


def lifts_of(panel: Panel, counts: Mapping[str, np.ndarray]) -> Mapping[str, tuple[str, ...]]:
    small = {kind: values.astype(np.uint16) for kind, values in counts.items()}
    return decide(look(replace(panel, counts=small))).lifts


def with_exposures(panel: Panel, exposures: np.ndarray) -> Panel:
    return replace(panel, exposures={"price_change": exposures.astype(np.uint8)})


def test_what_reached_everybody_at_once_is_named() -> None:
    panel = draw(400, 8, seed=1, asked=0.4).panel
    at_once = with_exposures(panel, panel.row_periods == 4)
    assert acting_kinds(look(at_once)) == ((), ("price_change",))
    result = Ladder(n_starts=1, n_classes=1).fit(at_once, uncertainty=False)
    assert result.effects == ()
    assert "ladder.same_period" in {r.code for r in result.reasons}


def test_what_reached_hardly_anybody_is_left_out() -> None:
    panel = draw(400, 8, seed=1).panel
    few = np.zeros(panel.n_rows)
    few[:20] = 1
    assert acting_kinds(look(with_exposures(panel, few))) == ((), ())


def test_a_lift_of_nothing_is_not_seen() -> None:
    panel = draw(3000, 12, seed=3, surveyed=False, effect=(0.0, 0.0)).panel
    assert lifts_of(panel, dict(panel.counts)) == {}


def test_a_season_is_seen_in_two_years_and_not_in_one() -> None:
    panel = draw(1500, 26, seed=4, surveyed=False).panel
    rng = np.random.default_rng(0)
    wave = np.exp(0.3 * np.cos(2 * np.pi * (panel.row_periods - 11) / 12))
    purchases = rng.poisson(panel.counts["purchase"] * wave)
    assert lifts_of(panel, {"purchase": purchases}) == {"purchase": ("season",)}
    flat = lifts_of(panel, {"purchase": panel.counts["purchase"]})
    assert "purchase" not in flat
    short = draw(1500, 14, seed=4, surveyed=False).panel
    wave = np.exp(0.3 * np.cos(2 * np.pi * short.row_periods / 12))
    assert lifts_of(short, {"purchase": rng.poisson(short.counts["purchase"] * wave)}) == {}
