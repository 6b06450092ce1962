"""`verbond loyalty`: the command line does what the Python call does."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from verbond.cli.main import cli
from verbond.errors import NotFoundError, OptionError

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
        later = sorted({int(d) for d in rng.integers(0, first, rng.poisson(2))} - {first})
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
