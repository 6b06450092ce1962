"""Experiments on how long until something happens, and on what scores measure."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from verbond.cli.main import cli
from verbond.effects import Experiment
from verbond.effects.experiment.latent import latent_effect, true_spread
from verbond.effects.experiment.results import EffectEstimate
from verbond.effects.experiment.survival import ArmTimes, compare_times, log_rank_pvalue, restricted_mean
from verbond.errors import OptionError

R = json.loads((Path(__file__).parents[1] / "reference" / "effects_survival.json").read_text("utf-8"))
ROWS = {name: np.array(R[name]) for name in ("arm", "days", "left")}
DIGITS = 1e-9
"""R's figures are written with twelve digits."""


def arm_of(name: str) -> ArmTimes:
    here = ROWS["arm"] == name
    times = np.unique(ROWS["days"][here]).astype(float)
    counts = [
        [((ROWS["days"][here] == t) & (ROWS["left"][here] == mark)).sum() for t in times] for mark in (1, 0)
    ]
    return ArmTimes(times, *(np.array(c) for c in counts))


@pytest.mark.parametrize("at", R["means"], ids=lambda at: str(at["tau"]))
def test_mean_times_are_those_of_r(at: dict[str, list[float]]) -> None:
    for name in ("price", "care"):
        mean, variance = restricted_mean(arm_of(name), at["tau"])
        assert [mean, math.sqrt(variance)] == pytest.approx(at[name], rel=DIGITS)
    data = {name: values.tolist() for name, values in ROWS.items()}
    found = Experiment("arm", "price", (), survivals=(("days", "left"),), horizon=at["tau"]).analyze(data)
    (row,) = found.effects
    assert row.effect_size == pytest.approx(at["care"][0] - at["price"][0], rel=DIGITS)
    assert row.standard_error == pytest.approx(math.hypot(at["care"][1], at["price"][1]), rel=DIGITS)
    assert row.logrank_pvalue == pytest.approx(R["log_rank"][1], rel=1e-8)
    assert (row.horizon, row.n_control, row.n_variant) == (at["tau"], 200, 200)
    assert row.verdict == "strengthens"
    assert found.headline.sentence("en").startswith("left comes ")
    assert found.headline.sentence("nl").startswith("left komt met care ")


def test_the_log_rank_test_is_that_of_r() -> None:
    assert log_rank_pvalue(arm_of("price"), arm_of("care")) == pytest.approx(R["log_rank"][1], rel=1e-8)


def test_without_censoring_it_is_a_difference_of_means() -> None:
    times, one = np.array([1.0, 2.0, 5.0, 9.0]), np.ones(4, dtype=int)
    first, second = ArmTimes(times, one, 0 * one), ArmTimes(times + 2, one, 0 * one)
    found = compare_times(first, second)
    assert found is not None
    assert found.horizon == 11
    assert found.comparison.effect_size == pytest.approx(2.0)
    assert found.comparison.standard_error**2 == pytest.approx(2 * times.var() / 4)


def test_what_was_not_followed_that_far_is_not_told() -> None:
    data = {name: values.tolist() for name, values in ROWS.items()}
    far = Experiment("arm", "price", (), survivals=(("days", "left"),), horizon=500).analyze(data)
    assert far.effects[0].reason is not None
    assert far.effects[0].reason.code == "effects.horizon_unseen"
    chosen = Experiment("arm", "price", (), survivals=(("days", "left"),)).analyze(data)
    assert chosen.effects[0].horizon == min(
        ROWS["days"][ROWS["arm"] == arm].max() for arm in ("price", "care")
    )
    odd = Experiment("arm", "price", (), survivals=(("days", "left"),)).analyze(
        data | {"left": [2, *data["left"][1:]]}
    )
    none = Experiment("arm", "price", (), survivals=(("days", "left"),)).analyze(
        data | {"left": [0] * len(data["left"])}
    )
    for result, code in ((odd, "odd_times"), (none, "nothing_happened")):
        reason = result.effects[0].reason
        assert reason is not None
        assert reason.code == f"effects.{code}"
        assert reason.sentence("nl") != reason.sentence("en")


def test_less_time_can_be_the_better_one_and_a_margin_can_be_agreed() -> None:
    data = {name: values.tolist() for name, values in ROWS.items()}
    options = {"survivals": (("days", "left"),), "horizon": 90.0}
    worse = Experiment("arm", "price", (), lower_is_better=("days:left",), **options).analyze(data)  # type: ignore[arg-type]
    assert worse.verdict == "weakens"
    same = Experiment("arm", "price", (), margin=40.0, **options).analyze(data)  # type: ignore[arg-type]
    assert same.verdict == "unchanged"
    for result in (worse, same):
        assert result.headline.sentence("nl") != result.headline.sentence("en")


def scored(
    n: int, rng: np.random.Generator, effect: float = 0.3, error: float = 10.0
) -> dict[str, np.ndarray]:
    """Trust on 0..100 with a spread of 15, measured with an error of its own for each."""
    care = rng.permutation(np.arange(n) % 2 == 1)
    trust = 50 + 15 * rng.standard_normal(n) + 15 * effect * care
    errors = error * rng.uniform(0.5, 1.5, n)
    score = trust + errors * rng.standard_normal(n)
    return {"folder": np.where(care, "care", "price"), "score": score, "error": errors, "trust": trust}


def test_what_scores_measure_is_known_parameters() -> None:
    data = scored(40_000, np.random.default_rng(2))
    found = Experiment("folder", "price", ("score",), errors={"score": "error"}).analyze(data)
    (one,), (row,) = found.latents, found.effects
    noise = 100 * (1 + 1 / 12)  # of uniform errors between 5 and 15: the mean square
    assert one.spread == pytest.approx(15, rel=0.02)
    assert one.reliability == pytest.approx(225 / (225 + noise), abs=0.01)
    assert one.effect_size_ci_lower < 0.3 < one.effect_size_ci_upper
    assert one.effect_size_observed == pytest.approx(0.3 * math.sqrt(225 / (225 + noise)), abs=0.025)
    assert row.effect_size_ci_lower < 4.5 < row.effect_size_ci_upper  # in points it is right as it is
    codes = [reason.code for reason in found.reasons]
    assert "effects.latent" in codes
    assert all(reason.sentence("nl") != reason.sentence("en") for reason in found.reasons)


def test_without_error_it_is_cohen_s_d_with_the_variance_of_hedges_and_olkin() -> None:
    data = scored(5000, np.random.default_rng(3), error=0.0)
    one = Experiment("folder", "price", ("score",), errors={"score": "error"}).analyze(data).latents[0]
    a, b = (data["score"][data["folder"] == arm] for arm in ("price", "care"))
    pooled = math.sqrt((a.var(ddof=1) * (len(a) - 1) + b.var(ddof=1) * (len(b) - 1)) / (len(a) + len(b) - 2))
    d = (b.mean() - a.mean()) / pooled
    assert one.reliability == 1.0
    assert one.effect_size == pytest.approx(d, rel=1e-6)
    theirs = math.sqrt((len(a) + len(b)) / (len(a) * len(b)) + d**2 / (2 * (len(a) + len(b))))
    assert one.standard_error == pytest.approx(theirs, rel=0.005)  # theirs takes scores for normal


def test_scores_that_are_all_error_measure_nothing() -> None:
    rng = np.random.default_rng(4)
    data = scored(400, rng) | {"error": np.full(400, 40.0)}
    result = Experiment("folder", "price", ("score",), errors={"score": "error"}).analyze(data)
    assert result.latents == ()
    assert "effects.only_noise" in [reason.code for reason in result.reasons]


@pytest.mark.parametrize(
    "error", [pytest.param(10.0), pytest.param(20.0, marks=pytest.mark.slow)], ids=["reliable", "noisy"]
)
def test_intervals_hold_the_truth_as_often_as_they_say(error: float) -> None:
    rng, held, runs = np.random.default_rng(23), 0, 400
    for _ in range(runs):
        data = scored(300, rng, error=error)
        arms, errors = (
            [data[c][data["folder"] == arm] for arm in ("price", "care")] for c in ("score", "error")
        )
        difference = float(arms[1].mean() - arms[0].mean())
        spread = math.sqrt(sum(scores.var(ddof=1) / len(scores) for scores in arms))
        row = EffectEstimate("score", "care", "mean", effect_size=difference, standard_error=spread, df=298.0)
        one = latent_effect(row, arms, errors, 0.95)
        assert one is not None
        held += one.effect_size_ci_lower < 0.3 < one.effect_size_ci_upper
    assert 0.925 <= held / runs <= 0.975  # 95%, give or take a bit more than two errors of the count


def test_spread_is_what_is_left_of_the_variance() -> None:
    variance, reliability, _ = true_spread([np.array([0.0, 2.0])] * 2, [np.array([0.5, 0.5])] * 2)
    assert (variance, reliability) == (1.75, 0.875)


@pytest.mark.parametrize(
    "wrong",
    [
        {"survivals": (("days", "left"),), "strata": ("region",)},
        {"survivals": (("days", "left"),), "any_look": True},
        {"survivals": (("days", "left"),), "horizon": 0.0},
        {"outcomes": ("trust",), "errors": {"love": "error"}},
        {"outcomes": ("trust",), "errors": {"trust": "error"}, "measures": {"trust": "ordinal"}},
        {"outcomes": ("trust",), "errors": {"trust": "trust"}},
        {"outcomes": ("trust",), "errors": {"trust": "error"}, "any_look": True},
    ],
    ids=["strata", "looks", "horizon", "no_outcome", "ordinal", "itself", "error_looks"],
)
def test_wrong_calls(wrong: dict[str, object]) -> None:
    with pytest.raises(OptionError):
        Experiment("arm", "price", **({"outcomes": ()} | wrong))  # type: ignore[arg-type]


def test_the_command(tmp_path: Path) -> None:
    data = scored(len(ROWS["arm"]), np.random.default_rng(5))
    lines = ["arm,days,left,score,error"]
    columns = (ROWS["arm"], ROWS["days"], ROWS["left"], data["score"], data["error"])
    lines += [",".join(map(str, row)) for row in zip(*columns, strict=True)]
    path = tmp_path / "units.csv"
    path.write_text("\n".join(lines), "utf-8")
    asked = ["--variant", "arm", "--control", "price", "--survival", "days:left", "--horizon", "60"]
    asked += ["--outcome", "score", "--error", "score=error", "--json"]
    ran = CliRunner().invoke(cli, ["effects", "analyze", str(path), *asked])
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    assert [row["outcome"] for row in told["effects"]] == ["score", "days:left"]
    assert told["effects"][1]["horizon"] == 60
    assert told["latents"][0]["outcome"] == "score"
    wrong = CliRunner().invoke(cli, ["effects", "analyze", str(path), *asked, "--survival", "days"])
    assert isinstance(wrong.exception, OptionError)
    assert "not a time and an event" in str(wrong.exception)
