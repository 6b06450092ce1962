"""Data that cannot answer say so, with a code; nothing is made up."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_ind

from verbond.effects import VERDICTS, Experiment
from verbond.errors import DataError, OptionError
from verbond.results.wording import entries

ARM = np.array(["a"] * 20 + ["b"] * 20, dtype=object)
Y = np.r_[np.arange(20.0), np.arange(20.0) + 1]


def read(data: dict, **options):
    return Experiment(**({"variant": "arm", "control": "a", "outcomes": ("y",)} | options)).analyze(data)


def test_everybody_in_one_arm() -> None:
    result = read({"arm": ["a"] * 30, "y": np.arange(30.0)})
    assert result.headline.code == "effects.one_arm"
    assert (result.effects, result.verdict) == ((), "cannot_tell")


def test_constant_outcome() -> None:
    result = read({"arm": ARM, "y": np.ones(40)})
    assert result.effects[0].reason.code == "effects.constant_outcome"
    assert result.effects[0].pvalue is None


@pytest.mark.parametrize("missing", [np.nan, np.inf], ids=["nan", "infinite"])
def test_an_arm_of_which_nothing_is_known(missing: float) -> None:
    result = read({"arm": ARM, "y": np.where(ARM == "b", missing, Y)})
    assert result.effects[0].reason.code == "effects.too_few"
    assert result.effects[0].n_variant == 0
    assert "effects.lost_unequally" in [reason.code for reason in result.reasons]


def test_missing_outcomes_are_left_out_and_counted() -> None:
    y = Y.copy()
    y[[3, 25, 26]] = np.nan
    result = read({"arm": ARM, "y": y})
    known = np.isfinite(y)
    assert result.effects[0].n_obs == 37
    expected = y[known & (ARM == "b")].mean() - y[known & (ARM == "a")].mean()
    assert result.effects[0].effect_size == pytest.approx(expected)
    assert result.attrition[0].missing == pytest.approx(0.1)


def test_units_without_an_arm_are_counted() -> None:
    arm = ARM.copy()
    arm[:2] = None
    result = read({"arm": arm, "y": Y})
    assert result.reasons[0].code == "effects.units_without_arm"
    assert result.effects[0].n_obs == 38


def test_an_assignment_that_changed_on_the_way() -> None:
    unit = [f"u{i}" for i in range(40)]
    unit[20] = "u0"  # stands in a and in b
    result = read({"arm": ARM, "y": Y, "who": unit}, unit="who")
    assert result.reasons[0].code == "effects.crossed_units"
    assert result.effects[0].n_obs == 38
    twice = read(
        {"arm": ARM, "y": Y, "who": ["u0", "u0", *unit[2:20], *(f"v{i}" for i in range(20))]}, unit="who"
    )
    assert twice.reasons[0].code == "effects.repeated_units"


def test_a_large_mean_beside_a_small_spread_keeps_its_digits() -> None:
    rng = np.random.default_rng(3)
    noise = rng.normal(size=4000)
    arm = np.where(np.arange(4000) % 2, "b", "a")
    far = read({"arm": arm, "y": 1e9 + noise}).effects[0]
    near = read({"arm": arm, "y": noise}).effects[0]
    assert far.standard_error == pytest.approx(near.standard_error, rel=1e-6)
    assert far.effect_size == pytest.approx(near.effect_size, abs=1e-6)


def test_a_covariate_that_says_nothing_changes_nothing() -> None:
    plain = read({"arm": ARM, "y": Y}).effects[0]
    constant = read({"arm": ARM, "y": Y, "x": np.ones(40)}, covariates=("x",)).effects[0]
    assert constant.effect_size == pytest.approx(plain.effect_size)
    assert constant.pvalue == pytest.approx(plain.pvalue)


def test_two_covariates_that_say_the_same_count_once() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=40)
    one = read({"arm": ARM, "y": Y + x, "x": x}, covariates=("x",)).effects[0]
    both = read({"arm": ARM, "y": Y + x, "x": x, "z": 1000 * x}, covariates=("x", "z")).effects[0]
    assert both.effect_size == pytest.approx(one.effect_size)
    assert both.standard_error == pytest.approx(one.standard_error)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_files_with_units_without_an_arm(form: str, tmp_path) -> None:
    from verbond.tables import write_columns

    arm = ARM.copy()
    arm[[0, 1, 39]] = None
    write_columns(tmp_path / f"units.{form}", {"arm": arm, "y": Y})
    result = Experiment("arm", "a", ("y",)).analyze(tmp_path / f"units.{form}")
    assert result.reasons[0].values == {"n": 3}
    assert [size.variant for size in result.arms] == ["a", "b"]


def test_values_beyond_what_can_be_squared_are_refused() -> None:
    with pytest.raises(DataError, match="too large"):
        read({"arm": ARM, "y": np.where(ARM == "a", 1e200, 2e200) + Y * 1e198})
    with pytest.raises(DataError, match="no unit has an arm"):
        read({"arm": [None] * 40, "y": Y})


def test_a_column_of_people_is_no_arm() -> None:
    with pytest.raises(DataError, match="too many values"):
        read({"arm": ["a", *map(str, range(60))], "y": np.arange(61.0)})
    with pytest.raises(DataError, match="no units"):
        read({"arm": np.array([], dtype=object), "y": np.array([])})
    with pytest.raises(OptionError, match="no arm has the name"):
        read({"arm": ARM, "y": Y}, control="c")


def test_every_verdict_has_its_sentences() -> None:
    said = entries("nl")
    for kind in ("", "_share", "_ordinal"):
        for verdict in (*VERDICTS, "not_worse"):
            both = verdict in ("strengthens", "weakens") and kind != "_ordinal"
            ways = ("_up", "_down") if both else ("",)
            assert all(f"effects.row_{verdict}{way}{kind}" in said for way in ways)


@pytest.mark.parametrize("lower_is_better", [False, True])
def test_doing_no_harm_is_a_one_sided_test(lower_is_better: bool) -> None:
    rng, seen = np.random.default_rng(14), set()
    for shift in np.linspace(-0.8, 0.8, 9):
        a, b = rng.normal(size=60), rng.normal(shift, 1.3, 50)
        data = {"arm": np.repeat(["a", "b"], [60, 50]), "y": np.r_[a, b]}
        found = read(data, margin=0.5, lower_is_better=("y",) if lower_is_better else ()).effects[0]
        if lower_is_better:
            test = ttest_ind(b - 0.5, a, equal_var=False, alternative="less")
        else:
            test = ttest_ind(b + 0.5, a, equal_var=False, alternative="greater")
        assert found.not_worse == (test.pvalue < 0.05)
        seen.add(found.not_worse)
        if found.verdict == "cannot_tell":
            assert ("not_worse" in found.headline.code) == found.not_worse
    assert seen == {True, False}


def test_less_is_better_where_that_is_said() -> None:
    assert read({"arm": ARM, "y": Y - 20 * (ARM == "b")}).verdict == "weakens"
    result = read({"arm": ARM, "y": Y - 20 * (ARM == "b")}, lower_is_better=("y",))
    assert result.verdict == "strengthens"
    assert result.headline.code == "effects.row_strengthens_down"


def test_unchanged_needs_a_margin() -> None:
    rng = np.random.default_rng(8)
    data = {"arm": np.repeat(["a", "b"], 2000), "y": np.tile(rng.normal(size=2000), 2)}
    assert read(data).verdict == "cannot_tell"
    assert read(data, margin=0.2).verdict == "unchanged"
    assert read(data, margin=0.01).verdict == "cannot_tell"


def test_sizes_that_were_not_meant_stop_the_verdict() -> None:
    data = {"arm": np.repeat(["a", "b"], [900, 600]), "y": np.r_[np.arange(900.0), np.arange(600.0) + 500]}
    unstated = read(data)
    assert "effects.unequal_arms" in [reason.code for reason in unstated.reasons]
    assert unstated.verdict == "strengthens"
    assert read(data, expected={"a": 0.5, "b": 0.5}).verdict == "cannot_tell"
    assert read(data, expected={"a": 0.6, "b": 0.4}).verdict == "strengthens"


def test_clusters_of_unlike_size_are_no_mismatch() -> None:
    """The lot dealt out ten shops evenly; that one of them is large is no fault of the lot."""
    rng = np.random.default_rng(10)
    shop = np.repeat(np.arange(10), [200, *[20] * 9])
    arm = np.where(shop % 2 == 0, "a", "b")
    data = {"arm": arm, "shop": shop.astype(str), "y": rng.normal(size=len(shop))}
    by_shop = read(data, cluster="shop", expected={"a": 1, "b": 1})
    assert [size.n for size in by_shop.arms] == [5, 5]
    assert by_shop.headline.code != "effects.sample_ratio_mismatch"
    assert read(data, expected={"a": 1, "b": 1}).headline.code == "effects.sample_ratio_mismatch"


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_arm_may_be_called_none(form: str, tmp_path) -> None:
    from verbond.tables import write_columns

    path = tmp_path / f"units.{form}"
    write_columns(path, {"arm": np.where(ARM == "a", "none", "NA").astype(object), "y": Y})
    result = Experiment("arm", "none", ("y",)).analyze(path)
    assert [row.variant for row in result.effects] == ["NA"]
    assert result.effects[0].n_obs == 40


def test_truth_values_and_numbers_are_arms_however_they_are_written() -> None:
    treated = ARM == "b"
    for column, control in ((treated, "False"), (treated.astype(float), "0"), (treated.astype(int), "0.0")):
        result = read({"arm": column, "y": Y}, control=control)
        assert result.effects[0].effect_size == pytest.approx(1.0)


@pytest.mark.parametrize("form", ["csv", "parquet", "columns"])
def test_who_was_reached_and_should_not_have_been(form: str, tmp_path) -> None:
    from verbond.tables import write_columns

    exposed = np.where(ARM == "b", "2026-05-03", None).astype(object)
    exposed[[0, 1]] = "2026-05-04 10:00:00"  # two of control got it anyway
    exposed[[20, 21, 22, 23, 24]] = [None, "", "0", "no", None]  # five of b did not
    exposed[30] = "2026-04-20"  # before the lot was drawn
    data = {"arm": ARM, "y": Y, "day": np.full(40, "2026-05-01", dtype=object), "got": exposed}
    if form != "columns":
        write_columns(tmp_path / f"units.{form}", data)
        data = tmp_path / f"units.{form}"
    found = read(data, day="day", exposed="got")
    said = {reason.code: reason.values for reason in found.reasons}
    assert said["effects.contaminated"]["share"] == pytest.approx(0.1)
    assert said["effects.not_reached"]["share"] == pytest.approx(0.25)
    assert said["effects.reached_before"] == {"n": 1}
    assert found.effects[0].n_obs == 40


def test_days_that_cannot_be_read_are_told() -> None:
    """A day written as in a Dutch spreadsheet is no day that comes before another; a mark needs none."""
    exposed = np.where(ARM == "b", "03-05-2026", "").astype(object)
    exposed[[20, 21]] = ["1", "ja"]
    days = np.full(40, "2026-05-01", dtype=object)
    found = {
        r.code: r.values
        for r in read({"arm": ARM, "y": Y, "day": days, "got": exposed}, day="day", exposed="got").reasons
    }
    assert found["effects.days_unread"] == {"n": 18}
    assert "effects.reached_before" not in found
    for got, day in (
        (np.where(ARM == "b", "2026-05-03", ""), days),
        (np.where(ARM == "b", "1", ""), np.repeat("week 1", 40)),
    ):
        told = read(
            {"arm": ARM, "y": Y, "day": day.astype(object), "got": got.astype(object)},
            day="day",
            exposed="got",
        )
        assert "effects.days_unread" not in {reason.code for reason in told.reasons}
