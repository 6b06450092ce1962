"""Parts of the model: what the data choose when the truth is known, and what is said about it."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from ladder_worlds import PURCHASES, Drawn, draw
from test_ladder_gone import with_leavers

from verbond.errors import OptionError
from verbond.ladder import Ladder, LadderResult
from verbond.ladder.coding.context import stock_of
from verbond.ladder.coding.encoding import encode
from verbond.ladder.coding.layout import look
from verbond.ladder.fit.choice import Parts
from verbond.ladder.fit.starts import first_parameters, with_one_class_less, with_one_class_more
from verbond.tables import Panel


def chosen(result: LadderResult) -> dict[str, str]:
    return {c.part: c.chosen for c in result.choices}


@pytest.fixture(scope="module")
def plain() -> LadderResult:
    panel = draw(1200, 12, asked=0.25, seed=3).panel
    return Ladder(n_starts=1, carry_over=None).fit(panel, uncertainty=False)


def test_nothing_is_added_to_a_plain_company(plain: LadderResult) -> None:
    assert chosen(plain) == {
        "n_classes": "1", "gone": "no", "class_movement": "no", "carry_over": "0.0", "by_rung": "no",
        "movement": "ladder",
    }  # fmt: skip
    by_part = {c.part: c for c in plain.choices}
    assert by_part["carry_over"].criterion == "none"  # there are no actions
    assert by_part["movement"].criterion == "given"
    for choice in plain.choices:
        for language in ("en", "nl"):
            assert choice.reason.sentence(language)  # type: ignore[arg-type]
        for other in choice.alternatives:
            assert other.criterion == pytest.approx(2 * other.n_parameters - 2 * other.loglik)


def test_the_numbers_behind_a_choice_are_in_the_json(plain: LadderResult) -> None:
    found = json.loads(json.dumps(plain.to_dict()))["choices"]
    gone = next(c for c in found if c["part"] == "gone")
    assert {a["value"] for a in gone["alternatives"]} == {"no", "yes"}
    assert gone["reason"]["code"] == "ladder.choice_gone_left"


def test_silent_leavers_are_noticed() -> None:
    drawn, gone = with_leavers(draw(1200, 14, asked=0.25, seed=12), 0.03, 2)
    result = Ladder(n_starts=1, n_classes=1).fit(drawn.panel, uncertainty=False)
    assert chosen(result)["gone"] == "yes"
    assert "ladder.choice_gone_taken" in {r.code for r in result.reasons}
    last = np.bincount(drawn.panel.row_periods, gone)[-1] / result.n_present[-1]
    assert result.gone[-1] == pytest.approx(last, abs=0.05)


def carried(seed: int, carry: float) -> Drawn:
    return draw(2500, 18, asked=0.25, seed=seed, effect=(1.0, -1.0), carry=carry)


@pytest.mark.slow
def test_carry_over_is_noticed_and_its_effect_found() -> None:
    """Truth: 0.6 of what works in a month still works in the next; 1 on going up, -1 on going down."""
    panel = carried(4, 0.6).panel
    result = Ladder(n_starts=1, n_classes=1, carry_over=None).fit(panel)
    assert chosen(result)["carry_over"] == "0.6"
    effects = {e.move: e.log_odds for e in result.effects}
    assert effects["up"].ci_lower < 1.0 < effects["up"].ci_upper
    assert effects["down"].ci_lower < -1.0 < effects["down"].ci_upper
    assert effects["up"].ci_lower > 0.5


def test_no_carry_over_is_made_up() -> None:
    options = {"carry_over": None, "gone": False}
    result = Ladder(n_starts=1, n_classes=1, **options).fit(carried(6, 0.0).panel, uncertainty=False)
    assert chosen(result)["carry_over"] == "0.0"


def test_an_exposure_works_on_the_move_into_its_own_period() -> None:
    """One period off costs likelihood and makes the effect smaller; rungs are not seen, so some is left."""
    panel = carried(4, 0.0).panel
    late = np.concatenate(([0], panel.exposures["invitation"][:-1]))
    late[panel.offsets[:-1]] = 0
    ups, logliks = [], []
    for exposures in (panel.exposures["invitation"], late):
        shifted = replace(panel, exposures={"invitation": exposures.astype(np.uint8)})
        options = {"carry_over": 0.0, "gone": False, "class_movement": False}
        result = Ladder(n_starts=1, n_classes=1, **options).fit(shifted, uncertainty=False)
        ups.append(next(e.log_odds.value for e in result.effects if e.move == "up"))
        logliks.append(result.loglik)
    assert logliks[0] > logliks[1] + 10
    assert ups[0] == pytest.approx(1.0, abs=0.25)
    assert ups[1] < ups[0] - 0.15


def test_stock_is_what_came_and_what_is_left() -> None:
    """z_t = x_t + 0.5 z_(t-1), by hand, within the rounding; nobody begins with another's stock."""
    panel = draw(60, 9, effect=(0.5, -0.5), seed=1).panel
    found, x = stock_of(panel, "invitation", 0.5), panel.exposures["invitation"]
    for low, high in zip(panel.offsets[:-1], panel.offsets[1:], strict=True):
        left = 0.0
        for row in range(low, high):
            left = x[row] + 0.5 * left
            assert 0.1 * found[row] == pytest.approx(left, abs=0.11)


def test_moves_that_differ_by_class_are_noticed() -> None:
    panel, rungs = _mixed_company()
    result = Ladder(n_starts=2).fit(panel, uncertainty=False)
    assert int(chosen(result)["n_classes"]) >= 2
    assert chosen(result)["class_movement"] == "yes"
    alike = Ladder(n_starts=2, class_movement=False).fit(panel, uncertainty=False)
    assert chosen(alike)["class_movement"] == "no"
    hit = np.eye(6)[rungs]
    ours, theirs = (((r.score(panel).probs - hit) ** 2).sum(axis=1).mean() for r in (result, alike))
    assert ours < theirs + 0.005


def _mixed_company() -> tuple[Panel, np.ndarray]:
    """Half buy three times as much, and they move as the world does; the others hardly ever move."""
    drawn = draw(2000, 18, asked=0.3, seed=8)
    panel, rng = drawn.panel, np.random.default_rng(2)
    busy = rng.random(panel.n_customers) < 0.5
    first = np.repeat(panel.offsets[:-1], panel.lengths)
    rungs = np.where(np.repeat(busy, panel.lengths), drawn.rungs, drawn.rungs[first])
    counts = dict(panel.counts)
    counts["purchase"] = rng.poisson(PURCHASES[rungs] * np.where(np.repeat(busy, panel.lengths), 3.0, 1.0))
    counts["purchase"] = counts["purchase"].astype(np.uint16)
    shift = (np.arange(1, 6) <= rungs[panel.scored_rows][:, None]).astype(float)
    was = (np.arange(1, 6) <= drawn.rungs[panel.scored_rows][:, None]).astype(float)
    moved = 25.0 * (shift - was) + 2.0 * (rungs - drawn.rungs)[panel.scored_rows][:, None]
    scores = (panel.scores + moved).astype(np.float32)
    return replace(panel, counts=counts, scores=scores), rungs


def test_what_was_asked_for_is_taken(plain: LadderResult) -> None:
    panel = draw(900, 10, asked=0.3, seed=3, effect=(0.5, -0.5)).panel
    options = {"n_classes": 2, "gone": True, "class_movement": True, "carry_over": 0.3, "movement": "ordered"}
    result = Ladder(n_starts=1, **options).fit(panel, uncertainty=False)
    assert chosen(result) == {
        "n_classes": "2", "gone": "yes", "class_movement": "yes", "carry_over": "0.3", "by_rung": "no",
        "movement": "ordered",
    }  # fmt: skip
    assert {c.criterion for c in result.choices} == {"given"}
    assert np.isfinite(result.loglik)
    assert {e.move for e in result.effects} == {"higher", "leave"}
    np.testing.assert_allclose(result.transition_matrix.sum(axis=1), 1)


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_impossible_carry_over_is_refused(share: float) -> None:
    with pytest.raises(OptionError, match="carry-over"):
        Ladder(carry_over=share)


def test_a_class_less_has_a_place_for_every_parameter() -> None:
    """Counts with habit, amounts and yes-or-no: the levels stay, two classes become their average."""
    panel = draw(400, 9, asked=0.5, seed=3).panel
    rng = np.random.default_rng(0)
    amounts = np.where(panel.counts["purchase"] > 0, rng.lognormal(3, 0.5, panel.n_rows), 0.0)
    panel = replace(panel, amounts={"purchase": amounts.astype(np.float32)})
    ladder = Ladder(amounts="gamma", feedback=True)
    encoded = encode(panel, ladder._layout(look(panel), ()))
    one, two, three = (ladder._model(panel, encoded, True, Parts(n_classes=n)) for n in (1, 2, 3))
    theta = first_parameters(one, encoded, rng, jitter=0.0)
    for old, new in ((one, two), (two, three)):
        theta = with_one_class_more(old, theta, new, rng)
    less = with_one_class_less(three, theta, two)
    assert len(less) == two.n_parameters
    assert len(with_one_class_less(two, less, one)) == one.n_parameters
    for old, new in zip(three.slices[2:], two.slices[2:], strict=True):
        assert less[new][-1] == pytest.approx(theta[old][-1])  # size, spread or the last level
    emission = next(e for e in two.emissions if e.name == "purchase")
    before, after = (
        m.emission_theta(t, "purchase")[-3:-1] for m, t in ((three, theta), (two, less))
    )  # habit stands before the size
    assert before[-1] == pytest.approx(after[-1])
    assert np.isfinite(emission.log_means(two.emission_theta(less, "purchase"))).all()
