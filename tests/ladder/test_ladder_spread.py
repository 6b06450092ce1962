"""A fit over chunks that stand elsewhere is the fit over everybody here; on a real cluster too."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from benchmarks._cluster import cluster
from ladder_worlds import draw

from verbond.ladder import Ladder
from verbond.ladder.coding.encoding import encode
from verbond.ladder.coding.layout import acting_kinds, decide
from verbond.ladder.fit.choice import Parts
from verbond.ladder.fit.figures import gone_variance, read_figures
from verbond.ladder.fit.spread import Elsewhere, Here
from verbond.ladder.fit.starts import first_parameters
from verbond.ladder.fit.uncertainty import group_scores, posterior_variance
from verbond.ladder.model.model import LadderModel
from verbond.survey import Survey
from verbond.tables import Panel, reads
from verbond.tables.engines.chunks import LocalChunks, pack, unpack
from verbond.tables.reads import PanelParts
from verbond.tables.simulate import simulate

ROUNDING = 1e-11
"""Relative: the same numbers, added in another order."""
SEGMENTS = ("region",)


class Packed(LocalChunks):
    """Chunks that go through blobs, as they do on Spark."""

    def keep(self, function: Callable[[Any, Any], Any], payload: Any = None) -> LocalChunks:
        kept = [unpack(pack(function(item, payload))) for item in self._make()]
        return LocalChunks(lambda: kept)


def in_chunks(panel: Panel, n_chunks: int) -> PanelParts:
    lots = np.random.default_rng(0).integers(0, n_chunks, panel.n_customers)
    chunks = [panel.select(lots == number) for number in range(n_chunks)]
    return PanelParts(panel.n_customers, Packed(lambda: chunks))


@pytest.fixture(scope="module")
def panel() -> Panel:
    return draw(1200, 12, seed=3, asked=0.25, effect=(0.3, -0.2)).panel


@pytest.fixture(scope="module")
def both(panel: Panel) -> Iterator[tuple[Here, Elsewhere]]:
    with ExitStack() as stack:
        yield Here(panel), Elsewhere(in_chunks(panel, 7), stack, 0)


def modelled(people: Here | Elsewhere, gone: bool) -> tuple[LadderModel, np.ndarray, Any]:
    layout = decide(people.summary, acting_kinds(people.summary)[0])
    encoded = people.code(layout, encode(people.panel, layout))
    model = Ladder()._model(people.panel, encoded, True, Parts(gone=gone))
    theta = first_parameters(model, encoded, np.random.default_rng(1))
    return model, theta, people.sequences(encoded, SEGMENTS)


@pytest.mark.parametrize("gone", [False, True])
def test_sums_over_chunks_are_the_sums(both: tuple[Here, Elsewhere], gone: bool) -> None:
    (model, theta, here), (other, same, there) = (modelled(people, gone) for people in both)
    assert theta.tolist() == same.tolist()
    assert (here.n_rows, here.n_codes, here.n_customers) == (there.n_rows, there.n_codes, there.n_customers)
    one, two = model.evaluate(here, theta, by_period=True), other.evaluate(there, theta, by_period=True)
    assert two.loglik == pytest.approx(one.loglik, rel=ROUNDING)
    scale = np.abs(one.gradient).max()
    np.testing.assert_allclose(two.gradient, one.gradient, rtol=0, atol=ROUNDING * scale)
    groups, units = both[0].groups(here, SEGMENTS, 5), both[1].groups(there, SEGMENTS, 5)
    assert [(g.value, g.n_customers) for g in groups] == [(g.value, g.n_customers) for g in units]
    figures = read_figures(model, theta, one.statistics, groups).flat()
    np.testing.assert_allclose(read_figures(other, theta, two.statistics, units).flat(), figures, rtol=1e-9)
    for a, b in zip(
        posterior_variance(model, here, theta, groups),
        posterior_variance(other, there, theta, units),
        strict=True,
    ):
        np.testing.assert_allclose(b, a, rtol=1e-9)
    np.testing.assert_allclose(
        gone_variance(other, there, theta), gone_variance(model, here, theta), rtol=1e-9
    )
    total, squares, n = there.group_scores(other, theta)
    scores = group_scores(model, here, theta, 256)
    np.testing.assert_allclose(total, scores.sum(axis=0), rtol=0, atol=1e-9 * np.abs(scores).max())
    assert n >= 256
    ratio = np.diag(squares) / np.diag(scores.T @ scores)
    assert np.median(ratio) == pytest.approx(1.0, abs=0.1)  # other lots: 256 groups know a variance to 9%


def test_more_of_everybody_is_told_than_is_here(panel: Panel) -> None:
    with ExitStack() as stack:
        people = Elsewhere(in_chunks(panel, 5), stack, 3, others=200)
        again = Elsewhere(in_chunks(panel, 2), stack, 3, others=200)
    answered = np.unique(np.searchsorted(panel.offsets, panel.scored_rows, side="right") - 1)
    assert set(panel.customer_ids[answered]) < set(people.panel.customer_ids)
    others = panel.n_customers - len(answered)
    drawn, expected = people.panel.n_customers - len(answered), 200 / panel.n_customers * others
    assert abs(drawn - expected) < 4 * np.sqrt(expected)  # a lot for each: four standard deviations
    assert [reason.code for reason in people.reasons] == ["ladder.by_sample"]
    assert all(str(drawn) in reason.sentence("nl") for reason in people.reasons)
    assert people.panel.customer_ids.tolist() == again.panel.customer_ids.tolist()
    np.testing.assert_array_equal(people.panel.scores, panel.scores)
    assert people.summary.get("present", size=12).tolist() == panel.n_present.tolist()


def test_parts_of_scores_are_the_scores(tmp_path: Path) -> None:
    tables = simulate("textbook", 400, seed=5).open()
    tables = tables.add("scores", Survey().fit(tables).scores)
    result = Ladder(n_starts=1, n_classes=1, amounts="none", feedback=False).fit(tables, judging=False)
    whole = result.score(tables, "filtered").to_columns()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reads.parts, "CUSTOMERS_PER_CHUNK", 150)
        result.write_scores(tables, tmp_path / "scores", "filtered")
    assert len(list((tmp_path / "scores").iterdir())) == 3
    found = pl.read_parquet(tmp_path / "scores" / "*.parquet").sort("customer_id", "period")
    assert found.columns == list(whole)
    assert found["customer_id"].to_list() == whole["customer_id"].tolist()
    np.testing.assert_allclose(found["p3"].to_numpy(), whole["p3"], atol=1e-6)  # float32


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.skipif(sys.platform != "linux", reason="the cluster ends with its parent on Linux only")
def test_a_real_cluster_gives_the_same_also_when_a_worker_dies() -> None:
    """A standalone master and two workers, in a process of its own, bounded in time."""
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("pyspark is not installed")
    script = Path(__file__).parents[2] / "benchmarks" / "ladder_spark.py"
    command = [sys.executable, str(script), "--customers", "1500", "--chunk", "250", "--kill", "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=1500, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]
    found = json.loads(ran.stdout)
    assert found["pass_difference"] < 1e-12
    assert found["pass_spread"] == 0.0  # bit for bit, also after a worker was killed
    assert found["workers_killed"] == 1
    assert found["loglik_difference"] < 1e-8
    assert found["theta_difference"] < 1e-5  # found: 1e-7; both stop where nothing is left to gain
    assert found["shares_difference"] < 1e-6
    assert found["segments_difference"] < 1e-6
    assert found["scores_difference"] < 1e-6  # of 32 bits
    assert found["same_fingerprint"]


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.skipif(sys.platform != "linux", reason="the cluster ends with its parent on Linux only")
def test_the_commands_give_the_same_on_a_real_cluster(tmp_path: Path) -> None:
    """`verbond ladder fit` and `score` over Parquet: a standalone master and two workers beside DuckDB."""
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("pyspark is not installed")
    company = tmp_path / "company"
    with simulate("textbook", 1500, seed=11).open() as tables:
        tables.add("scores", Survey().fit(tables).scores).save(company)
    plain = ["--starts", "1", "--classes", "1", "--feedback", "no", "--gone", "no", "--class-movement", "no"]

    def run(verb: str, engine: str, *options: str) -> str:
        command = [sys.executable, "-m", "verbond", "ladder", verb, str(company), "--engine", engine]
        ran = subprocess.run([*command, *options], capture_output=True, text=True, timeout=1500, check=False)
        assert ran.returncode == 0, ran.stderr[-3000:]
        return ran.stdout

    def both(engine: str, name: str) -> tuple[dict[str, object], pl.DataFrame]:
        kept = ["--save", str(tmp_path / f"{name}.ladder")]
        found = json.loads(run("fit", engine, "--json", *plain, *kept))
        out, model = tmp_path / name, tmp_path / "there.ladder"  # other lots draw others
        run("score", engine, "--kind", "filtered", "--model", str(model), "--out", str(out))
        return found, pl.read_parquet(out / "*.parquet").sort("customer_id", "period")

    with cluster(2) as workers:
        there, rows_there = both(workers.address, "there")
    here, rows_here = both("duckdb", "here")
    assert there["converged"]
    assert there["n_customers"] == here["n_customers"]
    assert there["loglik"] == pytest.approx(here["loglik"], rel=1e-8)
    np.testing.assert_allclose(there["shares"], here["shares"], atol=1e-6)
    np.testing.assert_allclose(
        there["shares_ci_lower"], here["shares_ci_lower"], atol=0.02
    )  # other groups by lot
    assert rows_there.columns == rows_here.columns
    assert rows_there["customer_id"].to_list() == rows_here["customer_id"].to_list()
    for name in (f"p{k}" for k in range(6)):
        np.testing.assert_allclose(rows_there[name], rows_here[name], atol=1e-5)
