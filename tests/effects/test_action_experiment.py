"""Experiments in the tables, against sums worked out here by hand, and against effects that were set."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from verbond.cli.main import cli
from verbond.effects import ActionExperiment, Experiment, ExperimentResult
from verbond.errors import DataError, NotFoundError, OptionError
from verbond.tables import Tables
from verbond.tables.reads.experiments import BEHAVIOURS, experiment_units, known_experiment
from verbond.tables.simulate import TYPES, WORLDS, Company, Wave, simulate

STANDARD_ERRORS = 4.5
"""A right method leaves this band less than once in a hundred thousand checks."""
RUNS = 150
N = 240
DAYS = 30
KIND = {
    "complaints": "complaint", "referrals": "referral", "contributions": "contribution",
    "contacts": "contact",
}  # fmt: skip
ON = dt.date(2025, 4, 1)


def small(seed: int = 5) -> dict[str, dict[str, Any]]:
    """Some customers with a lot on two days, everything that can be measured, and holes in it."""
    rng = np.random.default_rng(seed)
    who = np.array([f"c{k:03d}" for k in range(N)], object)
    moments = np.datetime64("2025-01-01", "s") + rng.integers(0, 180 * 86_400, 6000)
    kinds = ["purchase", *KIND.values(), "cancellation"]
    score_on = np.array(["2025-03-10", "2025-04-20"], "M8[s]").repeat(N)
    return {
        "customers": {"customer_id": who, "region": rng.choice(["north", "south", "west"], N)},
        "events": {
            "customer_id": rng.choice(who, 6000),
            "occurred_at": moments,
            "kind": rng.choice(np.array(kinds, object), 6000, p=[0.5, 0.15, 0.1, 0.1, 0.13, 0.02]),
            "amount": np.where(rng.random(6000) < 0.9, rng.integers(-5, 80, 6000), np.nan).astype(float),
            "margin": rng.integers(0, 20, 6000).astype(float),
        },
        "assignments": {
            "customer_id": who,
            "action_id": ["letter"] * N,
            "occurred_at": np.where(rng.random(N) < 0.5, "2025-04-01T09:00:00", "2025-04-03T18:00:00").astype(
                "M8[s]"
            ),
            "variant": rng.permutation(np.array(["none", "warm"] * (N // 2), object)),
        },
        "responses": {
            "respondent_id": [*who, *who],
            "customer_id": [*who, *who],
            "wave": ["one"] * N + ["two"] * N,
            "occurred_at": score_on,
            "item": ["liking"] * (2 * N),
            "value": np.where(rng.random(2 * N) < 0.7, rng.integers(0, 11, 2 * N), np.nan).astype(float),
        },
        "scores": {
            "respondent_id": [*who, *who],
            "customer_id": [*who, *who],
            "wave": ["one"] * N + ["two"] * N,
            "occurred_at": score_on,
            "construct": ["trust"] * (2 * N),
            "score": rng.integers(0, 101, 2 * N).astype(float),
            "standard_error": np.full(2 * N, 5.0),
        },
        "rungs": {
            "customer_id": np.tile(who, 5).repeat(2),
            "period": np.array([f"2025-{m:02d}-01" for m in range(1, 6)], "M8[D]").repeat(2 * N),
            "rung": np.tile([1, 3], 5 * N),
            "probability": np.column_stack([p := rng.random(5 * N), 1 - p]).ravel(),
        },
    }


@pytest.fixture(scope="module")
def tables() -> Tables:
    with Tables.from_columns(small()) as found:
        yield found


def counted(data: dict[str, dict[str, Any]], after: bool) -> dict[str, dict[str, float]]:
    """Every behaviour of every customer, counted one event after another."""
    lots = data["assignments"]
    dealt = dict(zip(lots["customer_id"], lots["occurred_at"].astype("M8[D]"), strict=True))
    found = {c: dict.fromkeys(BEHAVIOURS, 0.0) | {"stays": 1.0} for c in dealt}
    days: dict[str, set[Any]] = {c: set() for c in dealt}
    events = data["events"]
    for c, at, kind, amount, margin in zip(*events.values(), strict=True):
        away = (at.astype("M8[D]") - dealt[c]).astype(int)
        if not (0 <= away < DAYS if after else -DAYS <= away < 0):
            continue
        if kind == "purchase" and not amount < 0:
            days[c].add(at.astype("M8[D]"))
            found[c]["revenue"] += 0.0 if np.isnan(amount) else amount
            found[c]["margin"] += margin
        if kind == "cancellation":
            found[c]["stays"] = 0.0
        for name, one in KIND.items():
            found[c][name] += kind == one
    return {c: {**row, "purchases": float(len(days[c]))} for c, row in found.items()}


def test_behaviour_is_what_counting_one_by_one_gives(tables: Tables) -> None:
    known = known_experiment(tables, "letter")
    with experiment_units(tables, known, "none", BEHAVIOURS, BEHAVIOURS, (), DAYS) as found:
        assert (found.n, found.n_open, found.n_clusters) == (N, 0, 0)
        rows = found.units.fetch(*found.units.numbers, "customer_id")
    assert set(found.covariates) == {f"{name}_before" for name in BEHAVIOURS}
    after, before = counted(small(), after=True), counted(small(), after=False)
    for i, c in enumerate(rows["customer_id"]):
        assert {name: rows[name][i] for name in BEHAVIOURS} == after[c]
        assert {name: rows[f"{name}_before"][i] for name in BEHAVIOURS} == before[c]


def test_answers_scores_and_rungs_stand_beside_the_arm(tables: Tables) -> None:
    data, names = small(), ("liking", "trust", "rung")
    known = known_experiment(tables, "letter")
    with experiment_units(tables, known, "none", names, names, ("region",), DAYS) as found:
        rows = found.units.fetch(*found.units.numbers, "customer_id", "region", "variant")
    order = np.argsort(rows["customer_id"].astype(str))
    rows = {name: values[order] for name, values in rows.items()}
    np.testing.assert_array_equal(rows["variant"], data["assignments"]["variant"])
    np.testing.assert_array_equal(rows["region"], data["customers"]["region"])
    first, second = data["scores"]["score"][:N], data["scores"]["score"][N:]
    np.testing.assert_array_equal(rows["trust"], second)
    np.testing.assert_array_equal(rows["trust_before"], first)
    np.testing.assert_array_equal(rows["trust_error"], np.full(N, 5.0))
    first, second = data["responses"]["value"][:N], data["responses"]["value"][N:]
    np.testing.assert_array_equal(rows["liking"], second)
    np.testing.assert_allclose(rows["liking_before"], np.where(np.isnan(first), np.nanmean(first), first))
    p = data["rungs"]["probability"].reshape(5, N, 2)
    expected = p[:, :, 0] + 3 * p[:, :, 1]
    # 30 days from 1 April hold the beginning of April itself, those from 3 April that of May
    on_first = data["assignments"]["occurred_at"].astype("M8[D]") == np.datetime64("2025-04-01")
    np.testing.assert_allclose(rows["rung"], np.where(on_first, expected[3], expected[4]))
    np.testing.assert_allclose(rows["rung_before"], expected[2])


def test_groups_are_as_known_before_the_lot(tables: Tables) -> None:
    known = known_experiment(tables, "letter")
    with experiment_units(tables, known, "none", ("purchases",), (), ("rung",), DAYS) as found:
        rows = found.units.fetch("customer_id", "rung")
    told = dict(zip(rows["customer_id"].tolist(), rows["rung"].tolist(), strict=True))
    march = small()["rungs"]["probability"].reshape(5, N, 2)[2]
    who = small()["customers"]["customer_id"].tolist()
    assert told == {c: "1" if p > q else "3" for c, (p, q) in zip(who, march.tolist(), strict=True)}


def test_the_effect_is_that_of_the_same_rows_in_a_file(tables: Tables) -> None:
    """`Experiment` is held to statsmodels elsewhere; here its answer on rows that were counted by hand."""
    after, before = counted(small(), after=True), counted(small(), after=False)
    lots = small()["assignments"]
    units = {
        "arm": lots["variant"],
        "purchases": [after[c]["purchases"] for c in lots["customer_id"]],
        "complaints": [after[c]["complaints"] for c in lots["customer_id"]],
        "p_before": [before[c]["purchases"] for c in lots["customer_id"]],
        "c_before": [before[c]["complaints"] for c in lots["customer_id"]],
    }
    outcomes = ("purchases", "complaints")
    by_hand = Experiment("arm", "none", outcomes, ("p_before", "c_before")).analyze(units)
    ours = ActionExperiment("letter", "none", outcomes, days=DAYS).analyze(tables)
    for a, b in zip(ours.effects, by_hand.effects, strict=True):
        assert a.effect_size == pytest.approx(b.effect_size, rel=1e-9)
        assert a.standard_error == pytest.approx(b.standard_error, rel=1e-9)


def test_complaints_are_better_fewer() -> None:
    data = small()
    warm = data["assignments"]["customer_id"][data["assignments"]["variant"] == "warm"]
    n = 3 * len(warm)
    more = {
        "customer_id": np.repeat(warm, 3), "occurred_at": np.full(n, np.datetime64("2025-04-08", "s")),
        "kind": np.array(["complaint"] * n, object), "amount": np.full(n, np.nan), "margin": np.zeros(n),
    }  # fmt: skip
    data["events"] = {name: np.concatenate([v, more[name]]) for name, v in data["events"].items()}
    result = of(data, ("complaints",))
    assert result.verdict == "weakens"
    assert 2 < result.effects[0].effect_size < 4


def of(data: dict[str, dict[str, Any]], outcomes: tuple[str, ...], **options: Any) -> ExperimentResult:
    with Tables.from_columns(data) as tables:
        return ActionExperiment("letter", "none", outcomes, **{"days": DAYS, **options}).analyze(tables)


def codes(result: ExperimentResult) -> set[str]:
    for reason in result.reasons:
        assert reason.sentence("en") != reason.sentence("nl")
    return {reason.code for reason in result.reasons}


def test_what_it_rests_on_is_said(tables: Tables) -> None:
    result = ActionExperiment("letter", "none", ("purchases", "rung"), days=DAYS).analyze(tables)
    told = codes(result)
    assert {f"effects_tables.{code}" for code in ("days", "rung_knows", "known_before")} <= told
    assert result.provenance.fingerprint == tables.fingerprint
    looked = ActionExperiment("letter", "none", ("trust",), any_look=True, planned_n=N).analyze(tables)
    assert not looked.latents
    [latent] = ActionExperiment("letter", "none", ("trust",)).analyze(tables).latents
    assert latent.reliability == pytest.approx(1 - 25 / small()["scores"]["score"][N:].var(), abs=0.01)
    late = ActionExperiment("letter", "none", ("purchases",), days=300).analyze(tables)
    assert late.effects[0].effect_size is None
    [told] = [r for r in late.reasons if r.code == "effects_tables.not_over"]
    assert told.values["n"] == N
    data = small()
    data["assignments"]["occurred_at"] = np.full(N, np.datetime64("2019-05-06", "s"))
    early = of(data, ("purchases",))
    assert early.effects[0].effect_size is None
    assert "effects_tables.too_early" in codes(early)


def test_who_was_reached_besides_the_lot() -> None:
    data = small()
    who, arm = data["assignments"]["customer_id"], data["assignments"]["variant"]
    none, warm = who[arm == "none"], who[arm == "warm"]
    reached = [*none[:12], *warm[:-24]]
    data["exposures"] = {
        "customer_id": reached,
        "action_id": ["letter"] * len(reached),
        "occurred_at": np.array(["2025-04-05"] * (len(reached) - 1) + ["2025-02-01"], "M8[s]"),
        "variant": ["warm"] * 12 + [None] * (len(reached) - 12),
    }  # fmt: skip
    told = {r.code: r.values for r in of(data, ("purchases",)).reasons}
    assert told["effects.contaminated"]["share"] == pytest.approx(12 / 120)
    assert told["effects.not_reached"]["share"] == pytest.approx(24 / 120)
    assert told["effects.reached_before"]["n"] == 1


def test_each_arm_with_a_letter_of_its_own_is_no_contamination() -> None:
    data = small()
    lots = data["assignments"]
    data["exposures"] = {**{k: lots[k] for k in ("customer_id", "action_id", "variant")}, "occurred_at": [
        np.datetime64("2025-04-05", "s")] * N}  # fmt: skip
    assert not {"effects.contaminated", "effects.not_reached"} & codes(of(data, ("purchases",)))


def test_who_stands_in_two_arms_is_left_out() -> None:
    data = small()
    lots = data["assignments"]
    other = {"none": "warm", "warm": "none"}
    again = {name: np.asarray(v, object)[:9] for name, v in lots.items()}
    again["variant"] = np.array([other[v] for v in again["variant"]], object)
    data["assignments"] = {k: np.concatenate([np.asarray(v, object), again[k]]) for k, v in lots.items()}
    result = of(data, ("purchases",))
    assert "effects.crossed_units" in codes(result)
    assert result.effects[0].n_obs == N - 9


def test_shops_that_were_dealt_out_whole() -> None:
    data = small()
    arm = data["assignments"]["variant"]
    shop = np.array([f"{v}{i % 8}" for i, v in enumerate(arm)], object)
    alone = of(data, ("revenue",))
    data["assignments"]["cluster"] = shop
    result = of(data, ("revenue",))
    assert "effects.clustered" in codes(result)
    assert result.effects[0].df < 20 < alone.effects[0].df


def test_without_a_lot_nothing_is_called_an_effect() -> None:
    data = small()
    lots = data.pop("assignments")
    data["exposures"] = lots
    with pytest.raises(DataError, match="no lot is recorded"):
        of(data, ("purchases",))
    data["actions"] = {"action_id": ["letter"], "kind": ["campaign"], "randomised": [False]}
    with pytest.raises(DataError, match="no lot is recorded"):
        of(data, ("purchases",))
    data["actions"]["randomised"] = [True]
    assert of(data, ("purchases",)).effects[0].n_obs == N
    data["exposures"] = {**lots, "variant": ["warm"] * N}
    with pytest.raises(DataError, match="has no two arms"):
        of(data, ("purchases",))


@pytest.mark.parametrize(("kind", "variants", "by_lot"), [
    ("campaign", [None, None], 1), ("campaign", ["warm", "cool"], 0), ("stimulus", ["warm", "warm"], 0),
])  # fmt: skip
def test_a_lot_of_variants_did_not_decide_who_was_reached(
    kind: str, variants: list[str | None], by_lot: int
) -> None:
    """As an action of the past it is then set beside customers whom no lot left out."""
    when = [np.datetime64("2025-04-01")] * 2
    exposures = {"customer_id": ["a", "b"], "action_id": ["x"] * 2, "occurred_at": when, "variant": variants}
    actions = {"action_id": ["x"], "kind": [kind], "randomised": [True]}
    with Tables.from_columns({"actions": actions, "exposures": exposures}) as tables:
        assert tables.select("past_actions", action="x")["by_lot"].tolist() == [by_lot]


def test_a_construct_of_which_nothing_is_known_is_not_suggested(tables: Tables) -> None:
    """Whoever asks for it has spelt it rightly."""
    bare = Tables.from_columns({name: tables.fetch(name) for name in ("customers", "assignments", "events")})
    with bare, pytest.raises(NotFoundError, match="nothing to look at") as caught:
        ActionExperiment("letter", "none", ("commitment",)).analyze(bare)
    assert "Did you mean" not in str(caught.value)


def test_wrong_calls(tables: Tables) -> None:
    with pytest.raises(NotFoundError, match="no action 'leter'") as caught:
        ActionExperiment("leter", "none", ("purchases",)).analyze(tables)
    assert "'letter'" in str(caught.value)
    with pytest.raises(NotFoundError, match="nothing to look at") as caught:
        ActionExperiment("letter", "none", ("purchase",)).analyze(tables)
    assert "'purchases'" in str(caught.value)
    with pytest.raises(NotFoundError, match="no groups 'colour'"):
        ActionExperiment("letter", "none", ("purchases",), by=("colour",)).analyze(tables)
    with pytest.raises(OptionError, match="no arm has the name of control"):
        ActionExperiment("letter", "cold", ("purchases",)).analyze(tables)
    with pytest.raises(OptionError, match="days"):
        ActionExperiment("letter", "none", ("purchases",), days=0)
    with pytest.raises(OptionError, match="an outcome is needed"):
        ActionExperiment("letter", "none", ())


def test_amounts_in_two_currencies_are_no_revenue() -> None:
    data = small()
    data["events"]["currency"] = np.where(np.arange(6000) % 2, "EUR", "USD").astype(object)
    with pytest.raises(DataError, match="more than one currency"):
        of(data, ("revenue",))
    assert of(data, ("purchases",)).effects[0].effect_size is not None


# the simulator's own folder experiment


FOLDER = WORLDS["zonnewende"].stimuli[0]
WORLD = dataclasses.replace(
    WORLDS["zonnewende"], n_periods=3, actions=(), effects=(), messages=(), departments=(),
    waves=(Wave("2026-05", 1, 0.6),),
    sources=tuple(dataclasses.replace(s, peaks={}) for s in WORLDS["zonnewende"].sources),
    answering=dataclasses.replace(WORLDS["zonnewende"].answering, anonymous=0.0),
)  # fmt: skip


def true_effects(company: Company) -> dict[str, float]:
    """What care adds to the mean answer of those who were shown a folder, by their true types."""
    shown = np.isin(company.truth.customer_ids, company.tables["exposures"]["customer_id"])
    code = np.array([TYPES.index(t) for t in company.truth.relationship_type[shown]])
    return {item: float(np.array(added)[code].mean()) for item, added in FOLDER.effects["care"].items()}


def test_the_true_effect_of_the_folder_is_found() -> None:
    company = simulate(WORLD, 6000, seed=1)
    with company.open() as tables:
        result = ActionExperiment(FOLDER.action_id, "price", tuple(FOLDER.items)).analyze(tables)
    truth = true_effects(company)
    for row in result.effects:
        assert row.n_obs > 1000
        assert abs(row.effect_size - truth[row.outcome]) < STANDARD_ERRORS * row.standard_error
    assert "effects_tables.same_sheet" in codes(result)


@pytest.mark.slow
def test_intervals_hold_the_true_effect_at_their_rate() -> None:
    held = asked = 0
    for seed in range(RUNS):
        company = simulate(WORLD, 700, seed=seed)
        truth = true_effects(company)
        with company.open() as tables:
            result = ActionExperiment(
                FOLDER.action_id, "price", tuple(FOLDER.items), covariates=("purchases",), ci_level=0.8
            ).analyze(tables)
        for row in result.effects:
            held += row.effect_size_ci_lower <= truth[row.outcome] <= row.effect_size_ci_upper
            asked += 1
    error = np.sqrt(0.8 * 0.2 / RUNS)  # items of one world go together: as if there were one
    assert abs(held / asked - 0.8) < 3 * error


def test_the_command_says_what_the_method_says(tables: Tables, tmp_path: Path) -> None:
    tables.save(tmp_path)
    done = CliRunner().invoke(
        cli,
        ["effects", "experiment", str(tmp_path), "--action", "letter", "--control", "none", "--outcome",
         "trust,purchases", "--by", "region", "--margin", "trust=9", "--days", str(DAYS), "--json"],
        catch_exceptions=False,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    ours = ActionExperiment(
        "letter", "none", ("trust", "purchases"), days=DAYS, by=("region",), margin={"trust": 9}
    ).analyze(tables)
    assert [e["effect_size"] for e in found["effects"]] == [e.effect_size for e in ours.effects]
    assert {g["group"] for g in found["groups"]} == {"north", "south", "west"}
    assert ours.headline.sentence("en") in done.stderr
