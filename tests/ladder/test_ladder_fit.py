"""The ladder recovers a truth drawn by other code, says so honestly, and refuses what it cannot know."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ladder_coverage import share_hits
from ladder_worlds import ANSWERS, INITIAL_NEW, PURCHASES, Drawn, draw, transition_matrix

from verbond.errors import DataError, OptionError
from verbond.ladder import Ladder, LadderResult, answers_needed
from verbond.ladder.fit.figures import groups_of
from verbond.method import named
from verbond.tables import Panel


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return draw(1600, 12, asked=0.2, seed=5)


@pytest.fixture(scope="module")
def result(drawn: Drawn) -> LadderResult:
    return Ladder(n_starts=2, n_classes=1, segments=("region",)).fit(drawn.panel)


@pytest.fixture(scope="module")
def silent_company() -> Drawn:
    return draw(800, 12, seed=8, surveyed=False)


@pytest.fixture(scope="module")
def unanchored(silent_company: Drawn) -> LadderResult:
    return Ladder(n_states=3, n_starts=2, n_classes=1).fit(silent_company.panel)


def brier(probs: np.ndarray, rungs: np.ndarray) -> float:
    return float(((probs - np.eye(probs.shape[1])[rungs]) ** 2).sum(axis=1).mean())


def test_true_shares_lie_inside(drawn: Drawn, result: LadderResult) -> None:
    truth = drawn.true_shares()
    inside = (truth >= result.shares_ci_lower) & (truth <= result.shares_ci_upper)
    assert inside.mean() > 0.65  # neighbouring periods err together: single draws go from 0.7 to 1
    width = result.shares_ci_upper - result.shares_ci_lower
    assert width.mean() < 0.15  # and they are not wide enough to hold anything


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """A short version of the slow test below: four small draws."""
    assert share_hits(range(4), n_customers=700, n_periods=9).mean() > 0.80


@pytest.mark.slow
def test_intervals_hold_the_truth_at_their_rate() -> None:
    """95% over 100 draws; the standard error over draws is about 1.5 points."""
    hits = share_hits(range(1000, 1100))
    covered = hits.mean(axis=(1, 2))
    assert abs(covered.mean() - 0.95) < 0.02 + 2 * covered.std() / 10
    by_rung = hits.mean(axis=1)  # a rung may not be missed where the others make up for it
    assert (np.abs(by_rung.mean(axis=0) - 0.95) < 0.02 + 2 * by_rung.std(axis=0) / 10).all()


def test_parameters_are_found_again(result: LadderResult) -> None:
    truth = transition_matrix()
    inside = (truth >= result.transition_ci_lower) & (truth <= result.transition_ci_upper)
    assert inside[truth > 0].mean() > 0.8
    assert (result.transition_matrix[truth == 0] == 0).all()
    found = {e.variable: np.array(e.by_state) for e in result.emissions}
    np.testing.assert_allclose(found["purchase"], PURCHASES, rtol=0.25)
    np.testing.assert_allclose(found["answered"], ANSWERS, atol=0.15)
    assert np.abs(result.initial_probs - INITIAL_NEW).max() < 0.12


def test_probabilities_beat_naive_ones(drawn: Drawn, result: LadderResult) -> None:
    panel, rungs = drawn.panel, drawn.rungs
    probs = result.score(panel).probs
    rivals = {
        "everybody like the average": np.tile(np.bincount(rungs, minlength=6) / len(rungs), (len(rungs), 1)),
        "last survey carried forward": last_survey(panel),
        "quantiles of buying": buying_quantiles(panel),
    }
    ours = brier(probs, rungs)
    for name, rival in rivals.items():
        assert ours < brier(rival, rungs) - 0.02, name


def survey_level(scores: np.ndarray) -> np.ndarray:
    """Naive reading of a survey: how many constructs lie above the middle of the two levels."""
    return np.nansum(scores > 56, axis=1).astype(int)


def last_survey(panel: Panel) -> np.ndarray:
    """The level of a customer's last survey from then on, the average survey level before."""
    levels = survey_level(panel.scores)
    average = np.bincount(levels, minlength=6) / len(levels)
    probs = np.tile(average, (panel.n_rows, 1))
    owner = np.searchsorted(panel.offsets, panel.scored_rows, side="right") - 1
    for row, level, i in zip(panel.scored_rows, levels, owner, strict=True):
        probs[row : panel.offsets[i + 1]] = np.eye(6)[level]
    return probs


def buying_quantiles(panel: Panel) -> np.ndarray:
    """Six equal groups by what customers bought on average."""
    sums = np.add.reduceat(panel.counts["purchase"].astype(float), panel.offsets[:-1]) / panel.lengths
    rank = np.argsort(np.argsort(sums)) * 6 // len(sums)
    return np.eye(6)[np.repeat(rank, panel.lengths)]


def test_probabilities_are_calibrated(drawn: Drawn, result: LadderResult) -> None:
    probs = result.score(drawn.panel).probs
    hit = np.eye(6)[drawn.rungs]
    bins = np.minimum((probs * 10).astype(int), 9)
    error = sum(
        (bins == b).mean() * abs(probs[bins == b].mean() - hit[bins == b].mean())
        for b in range(10)
        if (bins == b).any()
    )
    assert error < 0.02


def test_states_are_rungs_where_answers_fix_them(result: LadderResult) -> None:
    assert result.anchored
    assert result.converged
    means = np.array([e.by_state for e in result.emissions if e.family == "normal"])
    assert (np.diff(means, axis=1) >= -1e-9).all()
    np.testing.assert_array_equal(np.diff(means, axis=1).argmax(axis=1), np.arange(5))


def test_shares_and_moves_add_up(drawn: Drawn, result: LadderResult) -> None:
    np.testing.assert_allclose(result.shares.sum(axis=1), 1)
    np.testing.assert_allclose(result.transition_matrix.sum(axis=1), 1)
    assert (result.shares_ci_lower <= result.shares).all()
    assert (result.shares <= result.shares_ci_upper).all()
    lengths = drawn.panel.lengths
    n_moves = np.minimum(lengths - 1, 12).sum()  # everybody is there in the last period
    assert result.flows.sum() == pytest.approx(n_moves)
    flows = result.period_flows
    assert flows is not None
    np.testing.assert_allclose(flows[-12:].sum(axis=0), result.flows)
    np.testing.assert_allclose(np.triu(flows, 1).sum(axis=(1, 2)) / flows.sum(axis=(1, 2)), result.moved_up)
    np.testing.assert_allclose(result.dwell_periods, 1 / (1 - np.diag(result.transition_matrix)))
    assert 1 <= result.blocking_rung <= 5


def test_segments_are_the_whole_cut_up(drawn: Drawn, result: LadderResult) -> None:
    n = np.array([s.n_customers for s in result.segments])
    assert n.sum() == drawn.panel.n_customers
    whole = sum(s.n_customers * s.shares for s in result.segments) / n.sum()
    np.testing.assert_allclose(whole, result.shares[-1], atol=1e-9)


def test_small_segments_are_hidden_and_cannot_be_reckoned_back() -> None:
    codes = np.array([0] * 20 + [1] * 8 + [2] * 3)
    everybody = np.ones(31, bool)
    shown = groups_of({"a": codes}, {"a": ("x", "y", "z")}, everybody, 5)
    assert [g.value for g in shown] == ["x"]  # z is too small, and y would give it away
    codes[:6] = 2
    shown = groups_of({"a": codes}, {"a": ("x", "y", "z")}, everybody, 5)
    assert [g.value for g in shown] == ["x", "y", "z"]


def test_segments_of_two_attributes_do_not_give_a_few_away() -> None:
    """Of twenty in the north seventeen have one product: the other three would be what is left."""
    region = np.array([0] * 20 + [1] * 40)
    product = np.array([0] * 17 + [1] * 3 + [1] * 9 + [2] * 31)
    codes = {"region": region, "product": product}
    labels = {"region": ("north", "south"), "product": ("x", "y", "z")}
    shown = groups_of(codes, labels, np.ones(60, bool), 5)
    assert [g.value for g in shown] == ["north", "south", "z"]  # x and y, or x, would tell
    alone = groups_of({"product": product}, labels, np.ones(60, bool), 5)
    assert [g.value for g in alone] == ["x", "y", "z"]


def test_filtered_equals_smoothed_in_the_last_period_and_not_before(
    drawn: Drawn, result: LadderResult
) -> None:
    smoothed, filtered = (result.score(drawn.panel, kind).probs for kind in ("smoothed", "filtered"))
    last = drawn.panel.offsets[1:] - 1
    np.testing.assert_allclose(smoothed[last], filtered[last], atol=1e-6)
    assert np.abs(smoothed - filtered).max() > 0.2
    np.testing.assert_allclose(smoothed.sum(axis=1), 1, atol=1e-5)


def test_scores_average_to_the_shares(drawn: Drawn, result: LadderResult) -> None:
    probs = result.score(drawn.panel, n_draws=0).probs
    periods = drawn.panel.row_periods
    means = np.array([probs[periods == t].mean(axis=0) for t in range(len(result.periods))])
    np.testing.assert_allclose(means, result.shares, atol=1e-5)


def test_other_customers_can_be_scored(result: LadderResult) -> None:
    other = draw(50, 9, seed=77, asked=0.3)
    some = replace(other.panel, counts={k: v for k, v in other.panel.counts.items() if k != "referral"})
    for panel in (other.panel, some, other.panel.select(np.arange(3))):
        probs = result.score(panel).probs
        assert probs.shape == (panel.n_rows, 6)
        np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_scores_are_written(
    drawn: Drawn, result: LadderResult, tmp_path: Path, form: str, read_rows: Callable[[Path], list[dict]]
) -> None:
    few = drawn.panel.select(slice(0, 4))
    scored = result.score(few)
    scored.write(tmp_path / f"rungs.{form}")
    rows = read_rows(tmp_path / f"rungs.{form}")
    assert list(rows[0]) == ["customer_id", "period", "p0", "p1", "p2", "p3", "p4", "p5"]
    assert len(rows) == few.n_rows
    assert rows[0]["customer_id"] == few.customer_ids[0]
    assert float(rows[-1]["p5"]) == pytest.approx(scored.probs[-1, 5], abs=1e-6)


@pytest.fixture
def read_rows() -> Callable[[Path], list[dict]]:
    def read(path: Path) -> list[dict]:
        if path.suffix == ".csv":
            with path.open(newline="") as file:
                return list(csv.DictReader(file))
        parquet = pytest.importorskip("pyarrow.parquet")
        return parquet.read_table(path).to_pylist()

    return read


def test_file_of_unknown_form_is_refused(drawn: Drawn, result: LadderResult, tmp_path: Path) -> None:
    scored = result.score(drawn.panel.select(slice(0, 2)))
    with pytest.raises(OptionError, match="form"):
        scored.write(tmp_path / "rungs.doc")
    with pytest.raises(OptionError, match="folder"):
        scored.write(tmp_path / "nowhere" / "rungs.csv")


def test_json_has_the_promised_keys(result: LadderResult) -> None:
    found = json.loads(json.dumps(result.to_dict()))
    promised = [
        "anchored",
        "n_customers",
        "n_states",
        "periods",
        "shares",
        "transition_matrix",
        "loglik",
        "converged",
    ]
    assert set(promised) <= set(found)
    assert found["anchored"] is True
    assert np.array(found["shares"]).shape == (12, 6)
    assert found["periods"][0] == "2024-01-01"
    assert "_fitted" not in found
    assert len(result.to_dicts()) == 12 * 6


def test_equal_seeds_give_equal_bits() -> None:
    panel = draw(300, 8, seed=2, asked=0.5).panel
    one, two = (Ladder(n_starts=2, n_classes=1, seed=4).fit(panel) for _ in range(2))
    np.testing.assert_array_equal(one.shares, two.shares)
    np.testing.assert_array_equal(one.shares_ci_upper, two.shares_ci_upper)
    assert one.loglik == two.loglik


def test_order_of_customers_is_nothing() -> None:
    panel = draw(300, 8, seed=2, asked=0.5).panel
    mixed = panel.select(np.random.default_rng(0).permutation(panel.n_customers))
    one, two = (Ladder(n_starts=2, n_classes=1).fit(p, uncertainty=False) for p in (panel, mixed))
    np.testing.assert_allclose(one.shares, two.shares, atol=2e-3)


def test_lasting_differences_are_kept_apart() -> None:
    """Customers of two kinds who never move: one state of movement must not be made of them."""
    drawn = draw(1500, 14, seed=3, asked=0.25)
    owner = np.repeat(np.arange(1500), drawn.panel.lengths)
    rng = np.random.default_rng(1)
    factor = np.where(rng.random(1500) < 0.3, 4.0, 1.0)[owner]
    counts = dict(drawn.panel.counts)
    counts["purchase"] = rng.poisson(PURCHASES[drawn.rungs] * factor).astype(np.uint16)
    panel = replace(drawn.panel, counts=counts)
    result = Ladder(n_starts=2).fit(panel, uncertainty=False)
    assert result.n_classes >= 2
    np.testing.assert_allclose(result.class_shares.sum(), 1)
    with_classes = brier(result.score(panel).probs, drawn.rungs)
    without = Ladder(n_starts=2, n_classes=1).fit(panel, uncertainty=False)
    assert with_classes < brier(without.score(panel).probs, drawn.rungs)


def codes_of(result: LadderResult) -> set[str]:
    return {reason.code for reason in result.reasons}


def test_without_answers_states_are_levels_of_behaviour(
    silent_company: Drawn, unanchored: LadderResult
) -> None:
    assert not unanchored.anchored
    assert unanchored.blocking_rung is None
    reason = next(r for r in unanchored.reasons if r.code == "ladder.not_anchored")
    assert reason.values["n"] == answers_needed(3)
    purchases = next(e.by_state for e in unanchored.emissions if e.variable == "purchase")
    assert (np.diff(purchases) >= 0).all()
    for language in ("en", "nl"):
        assert all(r.sentence(language) for r in unanchored.reasons)  # type: ignore[arg-type]


def test_too_few_answers_do_not_anchor() -> None:
    drawn = draw(400, 8, seed=1, asked=0.05)
    result = Ladder(n_starts=1, n_classes=1, n_states=6).fit(drawn.panel, uncertainty=False)
    assert not result.anchored
    reason = next(r for r in result.reasons if r.code == "ladder.few_answers")
    assert reason.values["n"] + reason.values["have"] == answers_needed(6)


def test_answers_about_some_rungs_only_do_not_anchor() -> None:
    panel = draw(600, 8, seed=1, asked=0.5).panel
    scores = panel.scores.copy()
    scores[:, 2] = np.nan
    result = Ladder(n_starts=1, n_classes=1).fit(replace(panel, scores=scores), uncertainty=False)
    assert not result.anchored
    reason = next(r for r in result.reasons if r.code == "ladder.partly_measured")
    assert reason.values["constructs"] == [named("trust")]


def test_one_period_gives_a_reason_and_no_picture() -> None:
    panel = draw(500, 3, seed=1).panel
    first = panel.offsets[:-1][panel.first_period == 0]
    one = replace(
        panel.select(panel.first_period == 0), periods=panel.periods[:1], offsets=np.arange(len(first) + 1),
        counts={k: v[first] for k, v in panel.counts.items()}, asked=None, scored_rows=np.zeros(0, np.int64),
        scores=np.zeros((0, 5), np.float32), standard_errors=np.zeros((0, 5), np.float32),
    )  # fmt: skip
    result = Ladder().fit(one)
    assert "ladder.one_period" in codes_of(result)
    assert np.isnan(result.shares).all()
    assert not result.converged
    assert json.loads(json.dumps(result.to_dict()))["shares"] == [[None] * 6]
    with pytest.raises(DataError, match="one complete period"):
        result.score(one)


def test_everybody_the_same_gives_a_reason() -> None:
    panel = draw(200, 8, seed=1, surveyed=False).panel
    same = replace(panel, counts={"purchase": np.ones(panel.n_rows, np.uint16)})
    result = Ladder().fit(same)
    assert "ladder.all_the_same" in codes_of(result)
    assert np.isnan(result.shares).all()


def test_nothing_but_rare_events_has_no_order() -> None:
    panel = draw(300, 8, seed=1, surveyed=False).panel
    rare = replace(panel, counts={"referral": panel.counts["referral"]})
    assert "ladder.no_counts" in codes_of(Ladder().fit(rare))


def test_few_customers_give_a_reason_with_a_number() -> None:
    result = Ladder().fit(draw(25, 8, seed=1).panel)
    reason = next(r for r in result.reasons if r.code == "ladder.too_few_customers")
    assert reason.values["n"] == 35
    assert np.isnan(result.shares).all()


def test_more_states_than_there_are_cannot_be_told_apart() -> None:
    """Everybody lives alike: any number of states is one too many, and it is said."""
    panel = draw(600, 12, seed=4, surveyed=False, scale=0.0).panel
    result = Ladder(n_states=4, n_starts=2, n_classes=1).fit(panel)
    assert {"ladder.not_told_apart", "ladder.nearly_empty"} & codes_of(result)


def test_customers_without_rows_do_no_harm() -> None:
    panel = draw(300, 8, seed=6, asked=0.5).panel
    offsets = np.concatenate((panel.offsets, panel.offsets[-1:]))
    more = replace(
        panel, offsets=offsets, customer_ids=np.append(panel.customer_ids, "zz"),
        first_period=np.append(panel.first_period, 0).astype(np.int32), is_new=np.append(panel.is_new, False),
        ended=np.append(panel.ended, False), segments={},
    )  # fmt: skip
    result = Ladder(n_starts=1, n_classes=1).fit(more)
    assert np.isfinite(result.shares).all()


@pytest.mark.parametrize(
    "options",
    [
        {"n_states": 1}, {"n_states": 40}, {"period": "year"}, {"n_starts": 0}, {"movement": "jump"},
        {"counts": "normal"}, {"n_classes": 9}, {"ci_level": 95},
    ],
)  # fmt: skip
def test_impossible_options_are_refused(options: dict) -> None:
    with pytest.raises(OptionError, match="found"):
        Ladder(**options)


def test_unknown_segment_is_refused(drawn: Drawn) -> None:
    with pytest.raises(OptionError, match="region"):
        Ladder(segments=("colour",)).fit(drawn.panel)


def test_progress_tells_where_it_is(drawn: Drawn) -> None:
    heard = []
    panel = drawn.panel.select(slice(0, 300))
    Ladder(n_starts=1, n_classes=1, n_states=3).fit(panel, progress=heard.append, uncertainty=False)
    assert heard[-1].done == 1.0
    assert all(0 <= p.done <= 1 for p in heard)
    assert any("log-likelihood" in p.detail for p in heard)
