"""`verbond loyalty`: the command line does what the Python call does."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from verbond.cli.main import cli
from verbond.errors import DataError, NotFoundError, OptionError

REFERENCE = Path(__file__).parents[1] / "reference"


def run(*arguments):
    return CliRunner().invoke(cli, ["loyalty", *map(str, arguments)], catch_exceptions=False)


def test_fit_reads_a_summary_and_prints_what_is_fixed():
    found = json.loads(run("fit", REFERENCE / "lifetimes_cdnow.csv", "--model", "bg-nbd", "--json").stdout)
    assert found["params"] == pytest.approx({"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}, abs=6e-4)
    assert found["n_customers"] == 2357
    assert found["loglik"] == pytest.approx(-9582.43, abs=0.01)
    assert set(found["standard_errors"]) == {"r", "alpha", "a", "b"}


def test_fit_reads_weights_and_survivors(tmp_path):
    donors = json.loads(
        run("fit", REFERENCE / "lifetimes_donations.csv", "--model", "bg-bb", "--json").stdout
    )
    assert donors["n_customers"] == 11_104
    (tmp_path / "contracts.csv").write_text("year;survivors\n0;1000\n1;869\n2;743\n3;653\n4;593\n", "utf-8")
    found = json.loads(run("fit", tmp_path / "contracts.csv", "--model", "sbg", "--json").stdout)
    assert found["n_customers"] == 1000


def shop(folder, n=200):
    """Simulated purchases; returns x, t_x and T in weeks, by hand."""
    rng = np.random.default_rng(2)
    end, rows, expected = dt.date(2026, 1, 1), ["customer_id,occurred_at,kind,amount"], []
    for i in range(n):
        first = int(rng.integers(100, 300))
        rate, leave, now, later = rng.gamma(1, 0.03), rng.beta(1, 3), 0.0, set()
        while (now := now + rng.exponential(1 / rate)) < first:
            later |= {first - int(now)}
            if rng.random() < leave:
                break
        later -= {first}
        days = [first, *sorted(later, reverse=True)]
        for ago in days:
            rows.append(f"c{i:03},{end - dt.timedelta(days=ago)},purchase,{rng.uniform(5, 50):.2f}")
        expected.append((len(days) - 1, (first - days[-1]) / 7, first / 7))
    rows.append(f"c000,{end},visit,")
    rows.append(rows[1])  # twice on a day is once
    (folder / "events.csv").write_text("\n".join(rows) + "\n", "utf-8")
    return np.array(expected)


def test_fit_makes_the_summary_from_events(tmp_path):
    from verbond.loyalty import BuyTillYouDie, Summary

    x, t_x, T = shop(tmp_path).T
    by_hand = BuyTillYouDie("bg-nbd").fit(Summary(x, t_x, T, np.ones(len(x))))
    for source in (tmp_path, tmp_path / "events.csv"):
        found = json.loads(run("fit", source, "--json").stdout)
        assert found["n_customers"] == 200
        assert found["params"] == pytest.approx(dict(by_hand.params), rel=1e-6)
    days = json.loads(run("fit", tmp_path, "--unit", "day", "--json").stdout)["params"]
    assert days["alpha"] == pytest.approx(7 * by_hand.params["alpha"], rel=1e-3)  # a rate a day
    with pytest.raises(OptionError, match="not fitted to events"):
        run("fit", tmp_path, "--model", "sbg")


def test_what_is_missing_is_named(tmp_path):
    (tmp_path / "a.csv").write_text("period,left\n1,2\n", "utf-8")
    with pytest.raises(NotFoundError, match="survivors"):
        run("fit", tmp_path / "a.csv", "--model", "sbg")


def test_intentions_are_set_beside_behaviour(tmp_path):
    shop(tmp_path)
    rows = ["respondent_id,customer_id,item,value,occurred_at"]
    rows += [f"r{i},c{i:03},rebuy_1,{1 + i % 7},2025-03-15" for i in range(100)]
    (tmp_path / "responses.csv").write_text("\n".join(rows) + "\n", "utf-8")
    done = run("intentions", tmp_path, "--horizon-days", "90", "--json", "--language", "nl")
    found = json.loads(done.stdout)
    assert {row["intention"] for row in found["rows"]} == {"rebuy"}
    assert sum(row["n_obs"] for row in found["rows"]) == found["follow_up"][0]["n_followed"] == 100
    assert "voornemen" in done.stderr


def few_rows(folder, rows):
    head = "customer_id,occurred_at,kind,amount,currency"
    (folder / "events.csv").write_text("\n".join([head, *rows]) + "\n", "utf-8")
    return folder


def test_refunds_are_no_purchases(tmp_path):
    shop(tmp_path)
    plain = json.loads(run("fit", tmp_path, "--json").stdout)
    with (tmp_path / "events.csv").open("a", encoding="utf-8") as file:
        file.write("c000,2025-12-30,purchase,-20\nc001,2025-12-30,purchase,-5\n")
    done = run("fit", tmp_path, "--json", "--language", "nl")
    found = json.loads(done.stdout)
    assert found["params"] == plain["params"]
    assert "terugbetaling" in done.stderr
    assert found["reasons"][0]["code"] == "loyalty_buying.refunds"


def test_money_in_two_currencies_is_no_mean(tmp_path):
    rows = [
        f"c{i},2025-0{1 + k}-1{i % 9},purchase,10,{'EUR' if i else 'USD'}"
        for i in range(30)
        for k in range(3)
    ]
    few_rows(tmp_path, rows)
    with pytest.raises(DataError, match=r"several currencies.*EUR, USD"):
        run("fit", tmp_path, "--model", "gamma-gamma", "--json")
    assert json.loads(run("fit", tmp_path, "--json").stdout)["n_customers"] == 30  # counting needs no money


def test_customers_without_money_are_left_out_and_said(tmp_path):
    rows = [
        f"c{i},2025-0{1 + k}-11,purchase,{(10 + i + k) * (i > 2)},EUR" for i in range(40) for k in range(3)
    ]
    found = json.loads(run("fit", few_rows(tmp_path, rows), "--model", "gamma-gamma", "--json").stdout)
    assert found["n_customers"] == 37
    assert found["reasons"][0]["code"] == "loyalty_buying.money_unknown"
    assert found["reasons"][0]["values"] == {"n": 3}


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        (["c1,2025-01-01,purchase,10,EUR", "c1,2025-02-01,purchase,10,EUR"], "loyalty.few_customers"),
        ([f"c{i},2025-01-{1 + i % 28:02},purchase,10,EUR" for i in range(60)], "loyalty.nobody_came_back"),
        (["c1,2025-01-01,visit,,"], "loyalty.few_customers"),
    ],
)
def test_events_that_hold_no_answer_give_a_reason(tmp_path, rows, code):
    found = json.loads(run("fit", few_rows(tmp_path, rows), "--json").stdout)
    assert [reason["code"] for reason in found["reasons"]] == [code]
    assert set(found["params"].values()) == {None}


def test_covariates_come_from_columns_or_attributes(tmp_path):
    from verbond.loyalty import BuyTillYouDie, summary_of

    x, t_x, T = shop(tmp_path, 400).T
    kind = np.where(np.arange(400) % 2, "meaning", "market")
    rows = [f"c{i:03},{kind[i]}" for i in range(399)]
    (tmp_path / "customers.csv").write_text("\n".join(["customer_id,relation", *rows]) + "\n", "utf-8")
    done = run("fit", tmp_path, "--covariate", "relation", "--json")
    found = json.loads(done.stdout)
    columns = {"x": x, "t_x": t_x, "T": T, "relation": kind}
    data = summary_of({k: v[:399] for k, v in columns.items()}, covariates=("relation",))
    by_hand = BuyTillYouDie("bg-nbd", ("relation=meaning",)).fit(data)
    assert found["n_customers"] == 399
    assert found["reasons"][0]["code"] == "loyalty_buying.covariate_unknown"
    assert found["loglik"] == pytest.approx(by_hand.loglik, rel=1e-9)
    lines = ["frequency,recency,T,relation"] + [
        f"{a},{b},{c},{k}" for a, b, c, k in zip(x, t_x, T, kind, strict=True)
    ]
    (tmp_path / "summary.csv").write_text("\n".join(lines) + "\n", "utf-8")
    file = json.loads(run("fit", tmp_path / "summary.csv", "--covariate", "relation", "--json").stdout)
    assert "alpha:relation=meaning" in file["params"]
    with pytest.raises(NotFoundError, match="no attribute 'rung'"):
        run("fit", tmp_path, "--covariate", "rung")
    with pytest.raises(OptionError, match="takes no covariates"):
        run("fit", tmp_path, "--model", "gamma-gamma", "--covariate", "relation")


def test_what_is_held_out_is_held_against_the_fit(tmp_path):
    shop(tmp_path, 2000)
    found = json.loads(run("holdout", tmp_path, "--until", "2025-10-01", "--json").stdout)
    weeks = found["tracking"]["rows"]
    assert found["horizon"] == pytest.approx(92 / 7)
    assert sum(row["n_obs"] for row in found["rows"]) == found["tracking"]["n_customers"]
    assert sum(row["observed"] * row["n_obs"] for row in found["rows"]) == pytest.approx(found["observed"])
    assert found["expected"]["value"] == pytest.approx(found["observed"], rel=0.1)
    assert weeks[-1]["observed_cumulative"] == sum(row["observed"] for row in weeks)
    assert weeks[-1]["expected_cumulative"]["value"] == pytest.approx(
        weeks[-1]["observed_cumulative"], rel=0.1
    )
    assert [week["held_out"] for week in weeks].count(True) in (13, 14)
    with pytest.raises(OptionError, match="nothing is held out"):
        run("holdout", tmp_path, "--until", "2025-12-31")


def test_a_file_with_misspelt_columns_is_told_which_ones_are_right(tmp_path):
    (tmp_path / "shop.csv").write_text("freq,rec,TT\n1,2,3\n2,3,4\n", "utf-8")
    with pytest.raises(DataError, match="frequency, recency and T"):
        run("fit", tmp_path / "shop.csv", "--model", "bg-nbd", "--json")
