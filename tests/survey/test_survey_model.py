"""`Survey().fit(tables)` on simulated answers of which everything is known."""

import numpy as np
import pytest

from verbond.errors import OptionError
from verbond.method import ITEMS, named
from verbond.survey import Survey
from verbond.survey.leanings import leanings
from verbond.tables.reads.answers import answers
from verbond.tables.tables import Tables

LIKERT = ("experience", "trust", "commitment", "market", "authority", "meaning", "equality", "closeness")


def items_of(*constructs):
    return [i for i, item in ITEMS.items() if item.construct in constructs and item.group != "employee"]


def likert(rng, truth, item):
    """A whole answer on the item's scale for true scores on 0..100, with noise of 10."""
    share = np.clip((truth + 10 * rng.normal(size=len(truth))) / 100, 0, 1)
    share = 1 - share if item.reversed else share
    return np.round(item.min + share * (item.max - item.min))


def long(ids, customers, waves, columns, days=None):
    """Canonical responses from a dict of item -> values."""
    n, k = len(ids), len(columns)
    return {
        "respondent_id": np.tile(np.asarray(ids, object), k),
        "customer_id": np.tile(np.asarray(customers, object), k),
        "wave": np.tile(np.asarray(waves, object), k),
        "occurred_at": np.tile(np.full(n, np.datetime64("2026-03-01")) if days is None else days, k),
        "item": np.repeat(np.array(list(columns), object), n),
        "value": np.concatenate([np.asarray(v, float) for v in columns.values()]),
    }


def opened(responses, items=ITEMS, **more):
    return Tables.from_columns({"responses": responses, **more}, items=items)


def company(rng, n=600, **truths):
    truths = {name: truths.get(name, 50 + 15 * rng.normal(size=n)) for name in LIKERT} | truths
    columns = {i: likert(rng, truths[ITEMS[i].construct], ITEMS[i]) for i in items_of(*truths)}
    return truths, columns


def names(n, letter="r"):
    return [f"{letter}{i:05d}" for i in range(n)]


@pytest.fixture(scope="module")
def simulated():
    rng = np.random.default_rng(20)
    truths, columns = company(rng)
    waves = np.where(np.arange(600) < 300, "spring", "autumn")
    tables = opened(long(names(600), names(600, "c"), waves, columns))
    return truths, Survey().fit(tables), tables


def test_matrix_holds_each_answer_where_it_belongs():
    rng = np.random.default_rng(1)
    _, columns = company(rng, n=20)
    given = long(names(20), [None] * 20, [None] * 20, columns)
    order = rng.permutation(len(given["item"]))
    found = answers(opened({k: np.asarray(v)[order] for k, v in given.items()}))
    assert found.respondent_ids.tolist() == names(20)
    assert list(found.items) == [i for i in ITEMS if i in columns]
    expected = np.column_stack([columns[i] for i in found.items])
    assert np.array_equal(found.values, expected.astype(np.float32))
    assert found.customer_ids.tolist() == [None] * 20


def test_employees_and_customers_stay_apart():
    given = long(["a", "b"], [None] * 2, [None] * 2, {"trust_1": [3, 5]})
    tables = opened(given | {"group": np.array([None, "employee"], object)})
    assert answers(tables, "customer").respondent_ids.tolist() == ["a"]
    assert answers(tables, "employee").respondent_ids.tolist() == ["b"]


def test_scores_lie_within_their_errors_of_the_truth(simulated):
    """Errors of rounding and of the scale's ends come on top of the noise: 90% and more inside two errors."""
    truths, result, _ = simulated
    for construct in LIKERT:
        rows = result.scores["construct"] == construct
        assert result.scores["respondent_id"][rows].tolist() == names(600)
        error = (result.scores["score"][rows] - truths[construct]) / result.scores["standard_error"][rows]
        assert (np.abs(error) < 2).mean() > 0.90
        assert np.corrcoef(result.scores["score"][rows], truths[construct])[0, 1] > 0.9


def test_scores_are_a_canonical_table_with_what_ladder_reads(simulated):
    _, result, tables = simulated
    again = tables.add("scores", result.scores)
    assert again.n_rows("scores") == 600 * len(LIKERT)
    found = again.fetch("scores")
    assert set(found["construct"]) == set(LIKERT)
    assert ((found["score"] >= 0) & (found["score"] <= 100)).all()
    assert (found["standard_error"] > 0).all()
    assert found["customer_id"][0].startswith("c")


def test_means_cover_the_truth_by_wave_and_together(simulated):
    truths, result, _ = simulated
    trust = [row for row in result.constructs if row.construct == "trust"]
    assert [row.wave for row in trust] == [None, "autumn", "spring"]
    for row, people in zip(trust, (slice(None), slice(300, None), slice(300)), strict=True):
        sample = truths["trust"][people].mean()
        assert row.mean.ci_lower - 1 < sample < row.mean.ci_upper + 1  # sample mean: inside but for rounding
        assert row.mean.n_obs == len(truths["trust"][people])


def test_reliability_is_the_simulated_one(simulated):
    """Item variance 15^2 signal and 10^2 + (100/6)^2/12 noise: alpha of k such items by Spearman-Brown."""
    _, result, _ = simulated
    single = 225 / (225 + 100 + (100 / 6) ** 2 / 12)
    for scale in result.scales:
        k = scale.n_items
        assert scale.alpha == pytest.approx(k * single / (1 + (k - 1) * single), abs=0.04)
        assert scale.alpha_ci_lower < scale.alpha < scale.alpha_ci_upper
        assert not any(item.runs_against for item in scale.items)
        assert scale.reason is None


def test_leanings_are_found_and_types_scored_on_their_own():
    rng = np.random.default_rng(21)
    n = 900
    kind = np.repeat([0, 1, 2], 300)  # market, meaning, neither
    low, high = 35 + 4 * rng.normal(size=n), 85 + 4 * rng.normal(size=n)
    _, columns = company(
        rng, n, market=np.where(kind == 0, high, low), meaning=np.where(kind == 1, high, low),
        authority=low, equality=low, closeness=np.where(kind == 2, 10.0, 70.0),
    )  # fmt: skip
    result = Survey().fit(opened(long(names(n), [None] * n, [None] * n, columns)))
    shares = {t.type: t.share for t in result.relationship_types}
    assert set(shares) == {"market", "authority", "meaning", "equality", "undecided"}
    assert sum(s.value for s in shares.values()) == pytest.approx(1.0)
    for name in ("market", "meaning"):
        assert shares[name].value == pytest.approx(1 / 3, abs=0.04)
        assert shares[name].ci_lower < shares[name].value < shares[name].ci_upper
    assert shares["undecided"].value == pytest.approx(1 / 3, abs=0.06)
    assert result.distant.value == pytest.approx(1 / 3, abs=0.02)
    assert result.waves == ()


def test_a_reversed_key_is_said_and_never_changed():
    rng = np.random.default_rng(22)
    _, columns = company(rng, n=200)
    item = next(i for i in items_of("trust") if not ITEMS[i].reversed)
    columns[item] = ITEMS[item].min + ITEMS[item].max - columns[item]
    result = Survey().fit(opened(long(names(200), [None] * 200, [None] * 200, columns)))
    trust = next(s for s in result.scales if s.scale == "trust")
    assert [i.item for i in trust.items if i.runs_against] == [item]
    assert trust.reason.code == "survey.runs_against"
    assert item in trust.reason.sentence("nl")
    assert trust.reason in result.warnings


def test_congruence_is_computed_from_pairs_where_it_was_not_asked():
    rng = np.random.default_rng(23)
    n = 300
    own_items = {ITEMS[i].value: i for i in ITEMS if ITEMS[i].construct == "values_own"}
    columns = {}
    for value, item in own_items.items():
        own = rng.integers(1, 8, n)
        gap = 2 if value == "power" else 0
        columns[item] = own
        columns[f"seen_{value}"] = np.clip(own + gap, 1, 7)
    result = Survey().fit(opened(long(names(n), [None] * n, [None] * n, columns)))
    found = result.congruence
    assert found.asked is None
    gaps = np.abs(columns["seen_power"] - columns[own_items["power"]]) / 6 * 100
    assert found.computed.value == pytest.approx(100 - gaps.mean() / 10)
    by_value = {v.value: v for v in found.values}
    assert by_value["power"].difference.value == pytest.approx(gaps.mean())
    assert by_value["security"].difference.value == 0
    assert by_value["power"].relative_difference.value > 0 > by_value["security"].relative_difference.value
    assert found.profile_correlation.value > 0.8


def test_congruence_asked_directly_is_kept_apart_from_the_computed_one():
    rng = np.random.default_rng(24)
    n = 100
    columns = {i: rng.integers(1, 8, n) for i in ITEMS if i.startswith(("own_", "seen_"))}
    columns |= {i: likert(rng, 50 + 15 * np.linspace(-2, 2, n), ITEMS[i]) for i in items_of("congruence")}
    result = Survey().fit(opened(long(names(n), [None] * n, [None] * n, columns)))
    rows = result.scores["construct"] == "congruence"
    assert result.congruence.asked.value == pytest.approx(result.scores["score"][rows].mean())
    assert result.congruence.asked.value != pytest.approx(result.congruence.computed.value)
    assert [s.scale for s in result.scales].count("congruence") == 1


def test_groups_under_five_are_never_shown_nor_can_be_reckoned_back():
    rng = np.random.default_rng(25)
    _, columns = company(rng, n=44)
    waves = np.array(["first"] * 40 + ["second"] * 4, object)
    result = Survey().fit(opened(long(names(44), [None] * 44, waves, columns)))
    rows = {row.wave: row.mean for row in result.constructs if row.construct == "trust"}
    assert rows["second"].value is None
    assert rows["second"].n_obs == 0
    assert rows["second"].reason.code == "survey.too_small_group"
    assert rows[None].value == rows["first"].value  # the total leaves the four out
    waves = np.array(["first"] * 36 + ["second"] * 4 + ["third"] * 4, object)
    result = Survey().fit(opened(long(names(44), [None] * 44, waves, columns)))
    rows = {row.wave: row.mean for row in result.constructs if row.construct == "trust"}
    assert rows[None].n_obs == 44  # eight hidden people hide one another
    four = Survey().fit(opened(long(names(4), [None] * 4, [None] * 4, {"trust_1": [1, 2, 3, 4]})))
    assert all(r.mean.value is None for r in four.constructs)
    assert all(i.mean is None for s in four.scales for i in s.items)


def test_answering_in_two_waves_does_not_make_two_people():
    rng = np.random.default_rng(26)
    _, columns = company(rng, n=50)
    twice = {k: np.concatenate([v, v]) for k, v in columns.items()}
    waves = np.repeat(np.array(["a", "b"], object), 50)
    days = np.repeat(np.array(["2026-01-01", "2026-06-01"], "datetime64[D]"), 50)
    once = Survey().fit(opened(long(names(50), [None] * 50, ["a"] * 50, columns)))
    both = Survey().fit(opened(long(names(50) * 2, [None] * 100, waves, twice, days)))
    assert both.n_respondents == 50
    a, b = (next(r.mean for r in x.constructs if r.construct == "trust") for x in (once, both))
    assert (a.value, a.ci_lower, a.n_obs) == pytest.approx((b.value, b.ci_lower, b.n_obs))


def test_flags_count_and_drop_nothing():
    rng = np.random.default_rng(27)
    _, columns = company(rng, n=60)
    for item in columns:
        columns[item][0] = 4
        columns[item][2] = columns[item][1]
    columns["trust_1"][5] = 9
    customers = names(60, "c")
    customers[8] = customers[7]
    given = long(names(60), customers, ["w"] * 60, columns | {"strange": np.ones(60)})
    result = Survey().fit(opened(given))
    flags = result.flags
    assert (flags.n_straight_lines, flags.n_identical, flags.n_answered_twice) == (1, 1, 1)
    assert (flags.n_out_of_range, flags.n_unknown_items) == (1, 1)
    assert result.n_respondents == 60
    assert (result.scores["construct"] == "experience").sum() == 60
    said = {w.code for w in result.warnings}
    assert {"survey.straight_lines", "survey.identical", "survey.unknown_items"} <= said


def test_no_answers_is_a_result_that_says_so():
    result = Survey().fit(Tables.from_columns({"customers": {"customer_id": ["a"]}}, items=ITEMS))
    assert [w.code for w in result.warnings] == ["survey.no_answers"]
    assert (result.scales, result.constructs, result.relationship_types) == ((), (), ())
    assert len(result.scores["score"]) == 0
    assert result.to_dict()["congruence"] is None


def test_single_items_are_named_in_one_warning():
    rng = np.random.default_rng(28)
    columns = {i: rng.integers(1, 8, 50) for i in ("trust_1", "commitment_1", "own_power", "own_security")}
    result = Survey().fit(opened(long(names(50), [None] * 50, [None] * 50, columns)))
    (said,) = (w for w in result.warnings if w.code == "survey.single_items")
    assert said.values["scales"] == [named("trust"), named("commitment")]
    assert {s.scale for s in result.scales} == {"trust", "commitment"}


def test_every_warning_speaks_both_languages(simulated):
    rng = np.random.default_rng(29)
    _, columns = company(rng, n=30)
    columns = {i: v for i, v in columns.items() if i != "trust_2"}
    columns["trust_1"][:] = 4
    result = Survey(min_reliability=0.99).fit(opened(long(names(30), [None] * 30, [None] * 30, columns)))
    for warning in result.warnings:
        for language in ("en", "nl"):
            assert "{" not in warning.sentence(language)
    assert "survey.low_reliability" in {w.code for w in result.warnings}


def test_options_are_checked_at_the_door():
    with pytest.raises(OptionError, match="between 0 and 1"):
        Survey(single_item_reliability=1.5)
    with pytest.raises(OptionError, match="group"):
        Survey(group="everyone")


def test_result_says_how_it_came_to_be(simulated):
    _, result, tables = simulated
    assert result.provenance.fingerprint == tables.fingerprint
    assert result.provenance.options["min_reliability"] == 0.6
    assert "scores" not in result.to_dict()
    assert len(result.to_dicts()) == len(result.constructs)


def test_leanings_are_mostly_right_where_they_are_said():
    """A simulated company of which every customer's type is known; types shift a little over time."""
    from verbond.tables.simulate import simulate

    company = simulate("textbook", seed=1)
    result = Survey().fit(company.open())
    types = ("market", "authority", "meaning")
    table = dict(result.scores)
    kind = dict(zip(company.truth.customer_ids, company.truth.relationship_type, strict=True))
    of = {t: table["construct"] == t for t in (*types, "equality")}
    score = np.column_stack([table["score"][rows] for rows in of.values()])
    error = np.column_stack([table["standard_error"][rows] for rows in of.values()])
    lean = leanings(score, error)
    truth = np.array([kind.get(c, "") for c in table["customer_id"][of["market"]]])
    for j, name in enumerate(types):
        known = (lean == j) & (truth != "")
        assert known.sum() > 30
        assert (truth[known] == name).mean() > 0.8
        assert (truth == name).mean() < 0.4
