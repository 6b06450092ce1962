"""Climbing: against plans of kinds that the model knows, closed forms, and a world's own effects."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ladder_fitted import EFFECT, PLAIN, company, fitted, fitted_classes, fitted_rich
from ladder_worlds import PURCHASES

from verbond.errors import DataError, OptionError
from verbond.ladder import Ladder, LadderResult, PlanStep, RungChain, climb, climb_of_kind
from verbond.ladder.ahead.climbing import pushed
from verbond.ladder.ahead.whatif import what_if
from verbond.ladder.model.space import Space

EXACT = 1e-8
N_PERIODS = 5


def plain_chain(n_draws: int = 1) -> RungChain:
    """Three rungs, all on the lowest; up with chance .2, down with .1, no drop; money 0, 10 and 30."""
    matrix = np.array([[0.8, 0.2, 0.0], [0.1, 0.7, 0.2], [0.0, 0.1, 0.9]])
    aimed = np.zeros((n_draws, 3, 3))
    aimed[:, 0, 0] = 1.0
    return RungChain(
        period="month", n_rungs=3, n_customers=100, space=Space(3), aimed=aimed,
        n_aimed=np.array([100, 0, 0]), matrices=np.tile(matrix, (n_draws, 1, 1)),
        value=np.tile([0.0, 10.0, 30.0], (n_draws, 1)), pushes={},
    )  # fmt: skip


def rungs_of_plan(result: LadderResult, rungs: tuple[int, ...], exposures: int) -> np.ndarray:
    """(n_periods,) of `what_if`: rungs gained a hundred reached."""
    step = PlanStep("invitation", 1, periods=tuple(range(1, exposures + 1)), rungs=rungs)
    found = what_if(result._fitted, company().panel, [step], n_periods=N_PERIODS, n_draws=19, seed=4)
    alike = 100 * found.n_customers / found.n_reached
    shares = np.zeros((N_PERIODS, 6))
    for figure in found.figures:
        if figure.figure == "share":
            t = int(np.searchsorted(found.periods, figure.period))
            shares[t, figure.rung] = alike * figure.difference.value
    return shares @ np.arange(6)


@pytest.mark.parametrize("rungs", [(), (1, 2), (4,)], ids=["all", "middle", "high"])
@pytest.mark.parametrize("exposures", [1, 3])
@pytest.mark.parametrize("classes", [False, True], ids=["one class", "two classes"])
def test_a_kind_that_the_model_knows_comes_to_what_its_plan_comes_to(
    rungs: tuple[int, ...], exposures: int, classes: bool
) -> None:
    result = fitted_classes() if classes else fitted()
    chain = result.chain(company().panel, n_draws=1)
    ours = climb_of_kind(chain, "invitation", rungs=rungs or None, n_periods=N_PERIODS, exposures=exposures)
    np.testing.assert_allclose(ours.higher[0], rungs_of_plan(result, rungs, exposures), atol=EXACT)
    # and so does the same push, given as log odds: slopes do not differ by rung in these fits
    up, down = chain.coefficients["invitation"][0]
    slopes = {e.move: e.log_odds.value for e in result.effects}
    assert (up, down) == pytest.approx((slopes["up"], slopes["down"]), abs=EXACT)


def test_draws_are_those_of_plans() -> None:
    """The same seed draws the same parameters; the interval of the top rung's share is that of the plan."""
    chain = fitted().chain(company().panel, n_draws=20, seed=4)
    ours = climb_of_kind(chain, "invitation", n_periods=N_PERIODS).estimate("engaged")
    step = PlanStep("invitation", 1, periods=(1,))
    found = what_if(fitted()._fitted, company().panel, [step], n_periods=N_PERIODS, n_draws=19, seed=4)
    top = next(f for f in found.figures if f.period == found.periods[-1] and f.rung == 5).difference
    theirs = (100 * top.value, 100 * top.ci_lower, 100 * top.ci_upper)
    # who stands where moves by rung here and for all alike there: not to the last digit
    assert (ours.value, ours.ci_lower, ours.ci_upper) == pytest.approx(theirs, rel=0.02)
    assert ours.ci_lower < ours.value < ours.ci_upper


def test_leaving_and_what_carries_over_as_the_plan_has_them() -> None:
    """Where gone is a state and exposures carry over: more on the top rung a hundred reached."""
    chain = fitted_rich().chain(company().panel, n_draws=1)
    bare = replace(fitted_rich()._fitted, layout=replace(fitted_rich()._fitted.layout, carry_over=0.0))
    without = replace(fitted_rich(), _fitted=bare).chain(company().panel, n_draws=1)
    ours = climb_of_kind(without, "invitation", n_periods=1)
    found = what_if(bare, company().panel, [PlanStep("invitation", 1)], n_periods=1)
    gone = next(f for f in found.figures if f.figure == "gone")
    top = next(f for f in found.figures if f.rung == 5)
    people = [(1 - side.value) for side in (gone.plan, gone.base)]
    expected = 100 * (people[0] * top.plan.value - people[1] * top.base.value)
    assert ours.engaged[0, 0] == pytest.approx(expected, abs=EXACT)
    assert chain.carry_over == 0.5
    longer = climb_of_kind(chain, "invitation", n_periods=4).higher[0]
    once = climb_of_kind(replace(chain, carry_over=0.0), "invitation", n_periods=4).higher[0]
    assert longer[0] == pytest.approx(once[0])
    assert (longer[1:] > once[1:] + 0.5).all()


def test_one_push_by_hand() -> None:
    """Odds of .2 : .8 times three are .6 : .8, or 3/7; then everybody moves on as before."""
    chain = plain_chain()
    found = climb(chain, np.log(3.0), 0.0, n_periods=2)
    more = 100 * (3 / 7 - 0.2)
    assert found.higher[0, 0] == pytest.approx(more)
    assert found.engaged[0].tolist() == pytest.approx([0.0, 0.2 * more])
    # of those brought to rung 1 a tenth falls back, a fifth climbs on; a fifth of the others comes up anyhow
    assert found.higher[0, 1] == pytest.approx(more * (1 + 0.2 - 0.1 - 0.2))
    assert found.revenue[0].tolist() == pytest.approx([10 * more, more * (0.7 * 10 + 0.2 * 30 - 0.2 * 10)])
    assert found.estimate("revenue").value == pytest.approx(found.revenue[0].sum())
    assert found.n_reached == 100
    half = climb(chain, np.log(3.0), 0.0, n_periods=2, share=0.5)
    assert half.higher[0] == pytest.approx(found.higher[0] / 2)
    assert half.n_reached == 50


def test_a_push_against_falling_by_hand() -> None:
    """On the top rung only falling can change: odds of .1 : .9 halved are .05 : .9."""
    chain = replace(plain_chain(), aimed=plain_chain().aimed[:, ::-1, ::-1], n_aimed=np.array([0, 0, 100]))
    found = climb(chain, 1.0, np.log(0.5), n_periods=1)
    assert found.higher[0, 0] == pytest.approx(100 * (0.1 - 0.05 / 0.95))


def test_draws_of_a_push_spread() -> None:
    """With a chain that is known, the interval is that of the push: a share's derivative times its spread."""
    n, sd = 4_001, 0.01
    rng = np.random.default_rng(0)
    up = np.concatenate(([0.1], 0.1 + sd * rng.standard_normal(n - 1)))
    found = climb(plain_chain(n), up, 0.0, n_periods=1).estimate()
    p = 0.2 * np.exp(0.1) / (0.8 + 0.2 * np.exp(0.1))
    assert found.value == pytest.approx(100 * (p - 0.2))
    half = (found.ci_upper - found.ci_lower) / 2
    assert half == pytest.approx(
        100 * p * (1 - p) * sd * 1.96, rel=0.08
    )  # quantiles of 4,000 draws: five times 1.5 %


def test_a_push_is_a_covariate_of_the_model() -> None:
    """By hand from the model's own edges: what a slope does to a multinomial logit."""
    fit = fitted()._fitted
    movement, theta = fit.model.movement, fit.theta[fit.model.slices[1]]
    source, target, _ = movement.kernel_edges
    at = [movement.edge_probs(theta, np.array([[x - movement.centre[0]]]))[0] for x in (0.0, 2.0)]
    matrices = np.zeros((2, 6, 6))
    matrices[:, source, target] = at
    chain = fitted().chain(company().panel, n_draws=1)
    np.testing.assert_allclose(chain.matrices[0], matrices[0], atol=EXACT)
    np.testing.assert_allclose(
        pushed(chain.matrices[0], chain.pushes["invitation"][0], 2.0), matrices[1], atol=EXACT
    )


def test_the_worlds_own_effect_lies_in_the_interval() -> None:
    """The company was drawn with log odds .9 up and -.6 down for everybody who is reached."""
    chain = fitted().chain(company().panel, n_draws=400, seed=1)
    low, high = np.quantile(chain.coefficients["invitation"][1:], [0.005, 0.995], axis=0)
    assert (low < EFFECT).all()
    assert (high > EFFECT).all()


def test_rungs_by_class_are_weighted_by_who_stands_there() -> None:
    chain = fitted_rich().chain(company().panel, n_draws=1)
    matrices = chain.rung_matrices()[0]
    np.testing.assert_allclose(matrices.sum(axis=1), 1.0)
    rungs = np.append(chain.space.by_rung(chain.standing[0]), chain.space.gone_share(chain.standing[0]))
    ahead = chain.standing[0] @ chain.matrices[0]
    np.testing.assert_allclose((rungs @ matrices)[:6], chain.space.by_rung(ahead), atol=EXACT)


def test_money_of_a_rung_is_that_of_the_world() -> None:
    """Orders of log mean 3 and log spread .5 bring exp(3.125) each, whoever gives them."""
    panel, rng = company().panel, np.random.default_rng(2)
    bought = panel.counts["purchase"]
    orders = np.zeros(panel.n_rows)
    np.add.at(orders, np.repeat(np.arange(panel.n_rows), bought), rng.lognormal(3, 0.5, int(bought.sum())))
    priced = replace(panel, amounts={"purchase": orders.astype(np.float32)})
    result = Ladder(n_classes=1, **(PLAIN | {"amounts": "lognormal"})).fit(priced, uncertainty=False)
    chain = result.chain(priced)
    assert chain.n_draws == 1  # the fit left out its uncertainty
    expected = np.exp(3.125) * np.array(PURCHASES)
    assert chain.value[0] == pytest.approx(expected, rel=0.12)
    # and a plan that reaches nobody expects as much money, period by period
    reach = PlanStep("invitation", 1, periods=(3,))
    found = what_if(result._fitted, priced, [reach], n_periods=3, n_draws=0)
    money = next(f.base.value for f in found.figures if f.figure == "amount")
    ahead = chain.standing[0] @ chain.matrices[0]
    assert chain.n_customers * ahead @ chain.value[0] == pytest.approx(money)


def test_a_segment_stands_where_its_own_customers_stand() -> None:
    panel = company().panel
    who = (np.arange(panel.n_customers) % 3 == 0).astype(np.int16)
    split = replace(panel, segments={"region": who}, segment_labels={"region": ("North", "South")})
    result = fitted()
    parts = [result.chain(split, n_draws=1, segment=("region", name)) for name in ("North", "South")]
    whole = result.chain(split, n_draws=1)
    n = np.array([part.n_customers for part in parts])
    assert n.sum() == whole.n_customers
    np.testing.assert_allclose(
        sum(k * part.standing[0] for k, part in zip(n, parts, strict=True)) / n.sum(), whole.standing[0]
    )
    rungs = result.filter_state(panel.select(np.flatnonzero(who == 1))).probs.probs
    np.testing.assert_allclose(parts[1].standing[0], rungs.mean(axis=0), atol=1e-6)
    few = replace(split, segments={"region": (np.arange(panel.n_customers) < 4).astype(np.int16)})
    with pytest.raises(DataError, match="too few"):
        result.chain(few, n_draws=1, segment=("region", "South"))


@pytest.mark.parametrize(
    "wrong", [{"rungs": (6,)}, {"n_periods": 0}, {"share": 1.5}], ids=["rung", "periods", "share"]
)
def test_what_cannot_be_is_refused(wrong: dict) -> None:
    with pytest.raises(OptionError):
        climb(plain_chain(), 0.1, 0.0, **wrong)


def test_refusals_name_what_there_is() -> None:
    with pytest.raises(OptionError, match="none"):
        climb_of_kind(plain_chain(), "discount")
    with pytest.raises(DataError, match="too few"):
        climb(plain_chain(), 0.1, 0.0, rungs=(2,))
    with pytest.raises(DataError, match="no money"):
        climb(replace(plain_chain(), value=None), 0.1, 0.0).estimate("revenue")
    with pytest.raises(OptionError, match="draws"):
        fitted().chain(company().panel, n_draws=0)
