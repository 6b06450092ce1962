"""What goes before an experiment: the design, who gets what, what is agreed, and what doing nothing finds."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy.stats import norm

from verbond.cli.main import cli
from verbond.effects import Assigner, Registration, Situation, Trial, check_registration, choose_design
from verbond.effects.planning.design import BY_LOT
from verbond.errors import DataError, OptionError

UNITS = Path(__file__).parents[1] / "reference" / "effects_units.csv"


def run(*arguments: object) -> dict:
    done = CliRunner().invoke(cli, ["effects", *map(str, arguments), "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


# the design


def test_every_situation_has_a_design_with_reasons_in_both_languages() -> None:
    for done, lot, steps, spills, others, before in itertools.product(
        (False, True), ("people", "clusters", "no"), (False, True), (False, True), (False, True), (0, 1, 6)
    ):
        choice = choose_design(Situation(done, lot, steps, spills, others, before))
        assert choice.reasons
        assert all(reason.sentence(language) for reason in choice.reasons for language in ("en", "nl"))
        assert choice.headline.sentence("nl")
        if done:
            assert not choice.by_lot
        if not before and not choice.by_lot:
            assert choice.design == "none"


def test_what_is_stronger_is_chosen_where_it_can_be() -> None:
    assert choose_design(Situation()).design == "randomised"
    assert choose_design(Situation(lot="no", in_steps=True)).design == "staggered"
    assert (
        choose_design(Situation(lot="no", others=True, periods_before=1)).design == "before_after_comparison"
    )
    assert choose_design(Situation(done=True, periods_before=9)).design == "before_after"
    assert run("design", "--spills")["design"] == "randomised_clusters"
    assert set(BY_LOT) == {"randomised", "randomised_clusters", "staggered"}


# who gets what


def customers(n: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    return {
        "id": np.array([f"c{i}" for i in range(n)], dtype=object),
        "region": np.array(["north", "south", None], dtype=object)[rng.integers(0, 3, n)],
    }


def test_the_order_of_the_list_is_nothing() -> None:
    data = customers(500)
    other = np.random.default_rng(2).permutation(500)
    assigner = Assigner({"price": 1, "care": 1}, strata=("region",), unasked=0.2, seed=4)
    first = assigner.assign(data, "id")
    second = assigner.assign({name: values[other] for name, values in data.items()}, "id")
    assert first.fingerprint == second.fingerprint
    assert all((first.rows[name] == second.rows[name]).all() for name in first.rows)
    assert Assigner({"price": 1, "care": 1}, seed=5).assign(data, "id").fingerprint != first.fingerprint


def test_strata_get_the_shares_as_nearly_as_whole_people_allow() -> None:
    data = customers(997)
    shares = {"control": 3.0, "price": 1.0, "care": 1.0}
    found = Assigner(shares, strata=("region",), unasked=0.25, seed=1).assign(data, "id")
    for stratum in {count.stratum for count in found.counts}:
        here = [count for count in found.counts if count.stratum == stratum]
        total = sum(count.n for count in here)
        for count in here:
            assert abs(count.n - total * shares[count.arm] / 5) < 1
            assert abs(count.n_asked - 0.75 * count.n) <= 0.5
    assert sum(count.n for count in found.counts) == 997


def test_the_lot_is_fair_over_seeds() -> None:
    """Each of ten people is in the variant half of the time; pairs are together as chance has it (4/9)."""
    names, labels, seeds = np.array([f"p{i}" for i in range(10)]), np.full(10, "", dtype=object), 2000
    arms = [Assigner({"a": 1, "b": 1}, seed=s)._within(names, labels) for s in range(seeds)]
    together = np.array(arms) == "b"
    assert together.mean(axis=0) == pytest.approx(0.5, abs=4.5 * math.sqrt(0.25 / seeds))
    same = np.mean(
        [[np.mean(together[:, i] == together[:, j]) for i in range(10) if i != j] for j in range(10)]
    )
    assert same == pytest.approx(4 / 9, abs=0.01)


def test_one_by_one_does_not_depend_on_who_else_is_there() -> None:
    data = customers(2000)
    assigner = Assigner({"a": 3, "b": 1}, one_by_one=True, seed=9)
    whole, part = assigner.assign(data, "id"), assigner.assign({"id": data["id"][:900]}, "id")
    of = dict(zip(whole.rows["unit"], whole.rows["arm"], strict=True))
    assert all(of[u] == a for u, a in zip(part.rows["unit"], part.rows["arm"], strict=True))
    assert (whole.rows["arm"] == "a").mean() == pytest.approx(0.75, abs=4 * math.sqrt(0.1875 / 2000))


def test_the_list_comes_out_as_a_file_and_the_analysis_takes_it(tmp_path: Path) -> None:
    target = tmp_path / "arms.csv"
    found = run("assign", UNITS, "--unit", "unit", "--arm", "price=2", "--arm", "care", "--seed", 3,
                "--stratum", "region", "--to", target)  # fmt: skip
    lines = target.read_text("utf-8").splitlines()
    assert len(lines) == 601
    assert lines[0] == "unit,stratum,arm"
    assert {c["stratum"] for c in found["counts"]} == {"north", "south", "west"}
    body = "\n".join("\t".join(line.split(",")[::2]) for line in lines[1:])
    assert hashlib.sha256(body.encode()).hexdigest() == found["fingerprint"]


def test_a_lot_that_was_drawn_is_not_written_over(tmp_path: Path) -> None:
    target = tmp_path / "arms.csv"
    target.write_text("drawn before", "utf-8")
    options = ("--unit", "unit", "--arm", "a", "--arm", "b", "--seed", "4", "--to", str(target))
    ran = CliRunner().invoke(cli, ["effects", "assign", str(UNITS), *options])
    assert isinstance(ran.exception, OptionError)
    assert "is there already" in str(ran.exception)
    assert target.read_text("utf-8") == "drawn before"


def test_a_list_with_somebody_twice_is_refused() -> None:
    with pytest.raises(DataError, match="stands twice"):
        Assigner({"a": 1, "b": 1}).assign({"id": ["x", "y", "x"]}, "id")
    with pytest.raises(DataError, match="without a name"):
        Assigner({"a": 1, "b": 1}).assign({"id": ["x", None, "z"]}, "id")
    with pytest.raises(DataError, match="fewer units"):
        Assigner({"a": 1, "b": 1}).assign({"id": ["x"]}, "id")
    for wrong in ({"a": 1}, {"a": 1, "b": 0}):
        with pytest.raises(OptionError):
            Assigner(wrong)


# what is agreed


AGREED = Registration(
    "Care builds more trust than <b>price</b>.", "the care folder", "the price folder", ("trust", "revenue"),
    3.0, 699, dt.date(2026, 5, 1), covariates=("before",), margin=1.0, ends_on=dt.date(2026, 6, 30),
)  # fmt: skip


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_page_that_was_changed_is_found(language: str) -> None:
    page = AGREED.page(language)
    assert check_registration(page).unchanged
    assert check_registration(page.replace("\n", "\r\n")).unchanged  # as Windows keeps it
    for wrong in (page.replace("699", "600"), page + "trust 2", page.replace("SHA-256: ", ""), ""):
        assert not check_registration(wrong).unchanged
    body, _, stated = page.rstrip("\n").rpartition("SHA-256: ")
    assert hashlib.sha256(body.encode()).hexdigest() == stated
    assert "<b>" not in page


def test_a_page_is_written_once(tmp_path: Path) -> None:
    page = tmp_path / "folder.md"
    given = ["register", page, "--hypothesis", "More trust.", "--action", "care", "--control", "price",
             "--outcome", "trust", "--effect", 3, "--n-per-arm", 699]  # fmt: skip
    assert run(*given)["unchanged"]
    again = CliRunner().invoke(cli, ["effects", *map(str, given)])
    assert "already" in str(again.exception)
    page.write_text(page.read_text("utf-8").replace("699", "69"), "utf-8")
    assert not run("register", page, "--check")["unchanged"]


def test_what_is_not_agreed_is_asked_for() -> None:
    with pytest.raises(OptionError, match="hypothesis is needed"):
        Registration("", "a", "b", ("y",), 1.0, 10, dt.date(2026, 1, 1))
    missing = CliRunner().invoke(cli, ["effects", "register", "x.md", "--hypothesis", "h"])
    assert "--effect is needed" in str(missing.exception)


# what doing nothing finds


def test_doing_nothing_finds_what_was_promised() -> None:
    found = run("simulate", UNITS, "--outcome", "revenue,satisfied", "--covariate", "before", "--runs", 1500)
    for outcome in found["outcomes"]:
        assert outcome["found"]["value"] == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / 1500))
    assert found["headline"]["code"] == "effects.trial_kept"


def test_forgetting_clusters_is_seen() -> None:
    rng = np.random.default_rng(3)
    shop = np.repeat(np.arange(20), 30)
    data = {"shop": shop.astype(str), "y": rng.normal(0, 1, 20)[shop] + rng.normal(size=600)}
    found = Trial(("y",), cluster="shop", runs=400).run(data)
    assert found.headline.code == "effects.trial_broken"
    assert found.outcomes[0].found.value > 0.4


def test_an_effect_is_found_as_often_as_the_power_says() -> None:
    y = np.random.default_rng(4).normal(size=500)
    found = Trial(("y",), effect=0.25 * float(y.std()), runs=1500).run({"y": y}).outcomes[0].found.value
    shift = 0.25 * math.sqrt(125)
    assert found == pytest.approx(norm.sf(1.96 - shift), abs=0.05)


def test_looking_at_any_moment_keeps_the_promise() -> None:
    data = {"y": np.random.default_rng(5).exponential(size=600)}
    assert Trial(("y",), any_look=True, runs=400).run(data).outcomes[0].found.value < 0.06


def test_too_little_to_deal_out_is_refused() -> None:
    with pytest.raises(DataError, match="too few units"):
        Trial(("y",)).run({"y": np.arange(10.0)})


@pytest.mark.parametrize(
    ("options", "y", "told"),
    [
        ({"share": 0.99}, np.arange(100.0), "too few units"),
        ({}, np.ones(100), "the same"),
        ({"cluster": "shop"}, np.arange(100.0), "too few clusters"),
    ],
    ids=["a small arm", "a constant", "few clusters"],
)
def test_what_can_find_nothing_is_no_promise_kept(options: dict, y: np.ndarray, told: str) -> None:
    with pytest.raises(DataError, match=told):
        Trial(("y",), runs=5, **options).run({"y": y, "shop": np.repeat(["a", "b"], 50)})


def test_the_outcome_that_breaks_the_promise_is_told_first() -> None:
    """A single giant never gives a find, which is further from 5% than what forgotten clusters give here."""
    rng = np.random.default_rng(8)
    shop = np.repeat(np.arange(60), 4)
    giant = np.zeros(240)
    giant[0] = 1e6
    y = rng.normal(0, 0.35, 60)[shop] + rng.normal(size=240)
    trial = Trial(("giant", "y"), cluster="shop", runs=1500, alpha=0.1)
    found = trial.run({"shop": shop.astype(str), "giant": giant, "y": y})
    quiet, loud = (outcome.found for outcome in found.outcomes)
    assert loud.ci_lower > 0.1 > quiet.value
    assert 0.1 - quiet.value > loud.value - 0.1
    assert (found.headline.code, found.headline.values["outcome"]) == ("effects.trial_broken", "y")


def test_figures_agreed_on_are_written_as_in_the_language() -> None:
    half = dataclasses.replace(AGREED, smallest_effect=0.25, margin=1234567.5)
    assert "een effect van 0,25 opvallen" in half.page("nl")
    assert "kleiner dan 1234567,5 " in half.page("nl")
    assert "een effect van 3 opvallen" in AGREED.page("nl")
    assert "an effect of 0.25 " in half.page("en")
