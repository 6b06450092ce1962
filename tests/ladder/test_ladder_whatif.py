"""Plans carried forward: against people drawn one by one, and against a world whose effects are known."""

from __future__ import annotations

import numpy as np
import pytest
from ladder_fitted import EFFECT, LIFT, company, fitted, fitted_classes, fitted_rich
from ladder_worlds import PURCHASES, transition_matrix

from verbond.errors import OptionError
from verbond.ladder import PlanStep, WhatIfResult, parse_plan
from verbond.ladder.ahead.whatif import what_if

PERIODS, PEOPLE = 5, 400_000
CHANCE = 4 * np.sqrt(0.25 / PEOPLE)  # four standard errors of a share at its widest
ALL = (PlanStep("invitation", 1),)


def figure(found: WhatIfResult, name: str, rung: int | None = None) -> list:
    return [f for f in found.figures if f.figure == name and f.rung == rung]


def by_hand(exposed: bool) -> np.ndarray:
    """The fitted transition matrix, its softmax written out from the parameters."""
    movement, where = fitted()._fitted.model.movement, fitted()._fitted.model.slices[1]
    theta = fitted()._fitted.theta[where]
    x = float(exposed) - movement.centre[0]
    matrix, edge = np.zeros((6, 6)), 0
    slopes = theta[-3:]  # up, down, drop
    for k in range(6):
        logits = {k: 0.0}
        for j in sorted({k - 1, k + 1, 0} - {k}):
            if 0 <= j <= 5:
                kind = 0 if j > k else (1 if j == k - 1 else 2)
                logits[j] = theta[edge] + slopes[kind] * x
                edge += 1
        total = sum(np.exp(v) for v in logits.values())
        for j, v in logits.items():
            matrix[k, j] = np.exp(v) / total
    return matrix


@pytest.fixture(scope="module")
def targeted() -> WhatIfResult:
    """Invitations in the first two months for whoever stands on rungs 1 and 2."""
    step = PlanStep("invitation", 1, periods=(1, 2), rungs=(1, 2))
    return what_if(fitted()._fitted, company().panel, [step], n_periods=PERIODS, n_draws=20)


def test_people_drawn_one_by_one_agree(targeted: WhatIfResult) -> None:
    """No product code but the fitted parameters: start, softmax, moves and purchases are drawn here."""
    rng, panel = np.random.default_rng(5), company().panel
    start = fitted().score(panel, "filtered", n_draws=0).probs[panel.offsets[1:] - 1].astype(float)
    reached = np.isin(start.argmax(axis=1), (1, 2))
    model, theta = fitted()._fitted.model, fitted()._fitted.theta
    index = next(j for j, e in enumerate(model.emissions) if e.name == "purchase")
    emission, own = model.emissions[index], theta[model.slices[2 + index]]
    who = rng.integers(0, len(start), PEOPLE)
    state = (rng.random(PEOPLE)[:, None] > start[who].cumsum(axis=1)).sum(axis=1).clip(max=5)
    matrices = (by_hand(False).cumsum(axis=1), by_hand(True).cumsum(axis=1))
    levels, slopes = np.exp(own[:6]), dict(zip(emission.slopes, own[6:], strict=False))
    for t in range(PERIODS):
        invited = reached[who] & (t < 2)
        chance = np.where(invited[:, None], matrices[1][state], matrices[0][state])
        state = (rng.random(PEOPLE)[:, None] > chance).sum(axis=1).clip(max=5)
        shares = np.bincount(state, minlength=6) / PEOPLE
        ours = [figure(targeted, "share", k)[t].plan.value for k in range(6)]
        np.testing.assert_allclose(ours, shares, atol=CHANCE)
        bought = rng.poisson(levels[state] * np.exp(slopes.get("invitation", 0.0) * invited))
        expected = figure(targeted, "purchase")[t].plan.value / panel.n_customers
        assert expected == pytest.approx(bought.mean(), abs=4 * bought.std() / np.sqrt(PEOPLE))


def test_people_of_a_rich_model_drawn_one_by_one_agree() -> None:
    """Feedback, carry-over, leaving and classes: each person has a state, a last count and a stock."""
    rng, panel, result = np.random.default_rng(8), company().panel, fitted_rich()
    fit = result._fitted
    step = PlanStep("invitation", 1, periods=(1, 2), rungs=(1, 2))
    found = what_if(fit, panel, [step], n_periods=4)
    model, theta, space = fit.model, fit.theta, fit.model.space
    state = result.filter_state(panel).states
    reached = np.isin(space.by_rung(state).argmax(axis=1), (1, 2))
    who = rng.integers(0, len(state), PEOPLE)
    at = (rng.random(PEOPLE)[:, None] > state[who].cumsum(axis=1)).sum(axis=1).clip(max=space.n_states - 1)
    last = panel.counts["purchase"][panel.offsets[1:] - 1].astype(float)[who]
    steps = np.array([0, 1, 2, 3, 4, 6, 9, 14, 22, 40, 80])
    stock = np.zeros(panel.n_customers)
    for lag in range(6):  # what is left of each customer's last months, in tenths
        there = panel.lengths > lag
        rows = panel.offsets[1:][there] - 1 - lag
        stock[there] += 0.5**lag * panel.exposures["invitation"][rows]
    stock = np.round(stock, 1)[who]
    index = next(j for j, e in enumerate(model.emissions) if e.name == "purchase")
    emission, own = model.emissions[index], theta[model.slices[2 + index]]
    slopes = dict(zip(emission.slopes, emission.slopes_of(own), strict=True))
    levels = emission.log_means(own).reshape(2, 6)
    source, target, n_repeat = model.movement.kernel_edges
    for t in range(4):
        invited = reached[who] & (t < 2)
        stock = 0.5 * stock + invited
        values, which = np.unique(np.round(stock, 9), return_inverse=True)
        covariates = (values - model.movement.centre[0])[:, None]
        edges = model.movement.edge_probs(theta[model.slices[1]], covariates)
        matrices = np.zeros((len(values), space.n_states, space.n_states))
        for first in range(0, space.n_states, n_repeat):
            matrices[:, first + source, first + target] = edges
        cumulative = matrices.cumsum(axis=2)[which, at]
        at = (rng.random(PEOPLE)[:, None] > cumulative).sum(axis=1).clip(max=space.n_states - 1)
        klass, rung = at // 7, at % 7
        gone = rung == 6
        assert figure(found, "gone")[t].plan.value == pytest.approx(gone.mean(), abs=CHANCE)
        ours = [figure(found, "share", k)[t].plan.value for k in range(6)]
        np.testing.assert_allclose(ours, np.bincount(rung[~gone], minlength=6) / (~gone).sum(), atol=CHANCE)
        before = np.log1p(steps[np.searchsorted(steps, last, side="right") - 1])
        eta = levels[klass, np.minimum(rung, 5)] + slopes.get("invitation", 0.0) * invited
        eta = eta + slopes["purchase_before"] * (before - fit.layout.feedback["purchase"])
        last = rng.poisson(np.exp(eta) * rng.gamma(np.exp(own[-1]), np.exp(-own[-1]), PEOPLE)) * ~gone * 1.0
        expected = figure(found, "purchase")[t].plan.value / panel.n_customers
        assert expected == pytest.approx(last.mean(), abs=4 * last.std() / np.sqrt(PEOPLE))


def test_the_known_counterfactual_lies_in_the_interval() -> None:
    """Actions were given by lot: what the world would really have done is known exactly."""
    drawn = company()
    found = what_if(fitted()._fitted, drawn.panel, ALL, n_periods=6, n_draws=200, randomised=("invitation",))
    assert found.by_lot
    assert [r.code for r in found.reasons][:2] == ["ladder.plan_more", "ladder.plan_by_lot"]
    stand = np.bincount(drawn.rungs[drawn.panel.offsets[1:] - 1], minlength=6).astype(float)
    with_it, without = (np.linalg.matrix_power(transition_matrix(e), 6) for e in (EFFECT, (0.0, 0.0)))
    n = stand.sum()
    true = (stand @ with_it - stand @ without) / n
    inside = [
        figure(found, "share", k)[-1].difference.ci_lower
        <= true[k]
        <= figure(found, "share", k)[-1].difference.ci_upper
        for k in range(6)
    ]
    assert sum(inside) >= 5
    bought = 0.0
    here, there = stand, stand
    for _ in range(6):
        here, there = here @ transition_matrix(EFFECT), there @ transition_matrix()
        bought += (here * np.exp(LIFT) - there) @ PURCHASES
    total = next(f for f in found.total if f.figure == "purchase").difference
    assert total.ci_lower < bought < total.ci_upper
    assert total.ci_lower > 0


def test_the_same_plan_twice_makes_no_difference() -> None:
    found = what_if(fitted()._fitted, company().panel, ALL, base=ALL, n_periods=3, n_draws=10)
    assert found.n_reached == 0
    for f in found.figures:
        assert f.difference.value == f.difference.ci_lower == f.difference.ci_upper == 0


def test_shares_sum_to_one_and_classes_carry_through() -> None:
    found = what_if(fitted_classes()._fitted, company().panel, ALL, n_periods=3)
    for side in ("base", "plan"):
        total = sum(getattr(figure(found, "share", k)[2], side).value for k in range(6))
        assert total == pytest.approx(1, abs=1e-9)
    assert figure(found, "up")[0].difference.value > 0
    assert found.figures[0].difference.ci_lower is None  # fitted without its uncertainty
    assert "ladder.plan_unsure" in [r.code for r in found.reasons]


def test_rung_values_are_the_discounted_sum() -> None:
    """(I - d A)^-1 r against its series, summed term by term."""
    found = what_if(fitted()._fitted, company().panel, ALL, n_periods=1, n_draws=5, discount=0.9)
    model, theta = fitted()._fitted.model, fitted()._fitted.theta
    index = next(j for j, e in enumerate(model.emissions) if e.name == "purchase")
    emission, own = model.emissions[index], theta[model.slices[2 + index]]
    usual = company().panel.exposures["invitation"].mean()
    lift = dict(zip(emission.slopes, own[6:], strict=False)).get("invitation", 0.0)
    reward = np.exp(own[:6] + lift * usual)
    movement = model.movement
    matrix = movement.matrix(theta[model.slices[1]])
    total, ahead = np.zeros(6), np.eye(6)
    for t in range(400):
        total += 0.9**t * ahead @ reward
        ahead = ahead @ matrix
    np.testing.assert_allclose([v.value.value for v in found.rung_values], total, rtol=1e-9)
    assert found.valued == "purchase"


def test_segments_and_rungs_choose_people() -> None:
    panel = company().panel
    step = parse_plan(["invitation:1:region=north"])
    found = what_if(fitted()._fitted, panel, step, n_periods=1, n_draws=2)
    assert found.n_reached == int((panel.segments["region"] == 0).sum())


@pytest.mark.parametrize(
    ("line", "options", "says"),
    [
        ("discount:1", {}, "knows nothing of this kind of action.*'discount'.*invitation"),
        ("invitation:9", {}, "so often in a period: found 9, expected at most 1"),
        ("invitation:1:periods=3-9", {}, "outside: found 3-9, expected 1..6"),
        ("invitation:1:rungs=4-7", {}, "no such rung: found 4-7, expected 0..5"),
        ("invitation:1:region=east", {}, "'east', expected north, middle, south"),
        ("invitation:1:town=x", {}, "unknown segment: found 'town', expected region"),
        ("invitation:1", {"n_periods": 0}, "number of periods: found 0, expected 1..120"),
        ("invitation:1", {"discount": 1.0}, "discount"),
        ("invitation:1", {"valued": "smile"}, "kind of event: found 'smile', expected purchase"),
        ("invitation", {}, "cannot be read: found 'invitation', expected KIND:EXPOSURES"),
        ("invitation:1:periods=3-1", {}, "range cannot be read"),
        ("invitation:1:somewhere", {}, "part of a plan cannot be read: found 'somewhere'"),
    ],
)
def test_what_cannot_be_carried_forward_is_refused(line: str, options: dict, says: str) -> None:
    with pytest.raises(OptionError, match=says):
        what_if(fitted()._fitted, company().panel, parse_plan([line]), **({"n_periods": 6} | options))


def test_lines_of_one_plan_count_together_where_they_may_meet() -> None:
    both = ["invitation:1:rungs=0-2:periods=1-2", "invitation:1:rungs=2-3:periods=2"]
    with pytest.raises(OptionError, match="so often in a period: found 2, expected at most 1"):
        what_if(fitted()._fitted, company().panel, parse_plan(both), n_periods=6)
    apart = ["invitation:1:rungs=0-2", "invitation:1:rungs=3-5"]
    assert what_if(fitted()._fitted, company().panel, parse_plan(apart), n_periods=2, n_draws=2).total


def test_an_empty_plan_is_refused() -> None:
    with pytest.raises(OptionError, match="the plan is empty"):
        what_if(fitted()._fitted, company().panel, [])


def test_more_than_the_data_saw_is_said() -> None:
    found = what_if(fitted()._fitted, company().panel, ALL, n_periods=20, n_draws=2)
    codes = [r.code for r in found.reasons]
    assert {"ladder.plan_far", "ladder.plan_longer", "ladder.plan_association"} <= set(codes)
    assert not found.by_lot
