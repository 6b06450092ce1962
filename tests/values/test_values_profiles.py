"""Scoring by the published rules: by hand, by simulation, and against the keys' own arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verbond.errors import DataError, OptionError
from verbond.method import CIRCLE, CIRCLE_19
from verbond.values import Profiles, profile_result, score_profiles
from verbond.values.keys import KEYS, columns_of_key, value_columns
from verbond.values.profiles import HIERARCHY, association

TEN = tuple(v.id for v in CIRCLE)


def portrait_answers(n: int, seed: int = 0, *, reverse: bool = False) -> dict[str, np.ndarray]:
    """Answers on six steps of people who hold values as most people do; loud and quiet answerers."""
    rng = np.random.default_rng(seed)
    level = dict(zip(HIERARCHY, np.linspace(1.0, -1.0, 10), strict=True))
    loud = rng.normal(4, 0.7, n)
    columns = {}
    for value, numbers in KEYS["pvq21"].items():
        held = level[value] + rng.normal(0, 0.6, n)
        for number in numbers:
            answer = np.clip(np.round(loud + held + rng.normal(0, 0.6, n)), 1, 6)
            columns[f"v{number}"] = 7 - answer if reverse else answer
    return columns


@pytest.mark.parametrize(("key", "n_items"), [("pvq21", 21), ("pvq40", 40)])
def test_keys_use_every_item_once(key: str, n_items: int) -> None:
    numbers = sorted(number for items in KEYS[key].values() for number in items)
    assert numbers == list(range(1, n_items + 1))
    assert set(KEYS[key]) == set(TEN)


def test_centring_is_on_all_items_not_on_the_values() -> None:
    """Universalism has three of the 21 items, so that the two means differ; worked out by hand."""
    columns = {f"v{j}": np.array([1.0]) for j in range(1, 22)}
    for number in KEYS["pvq21"]["universalism"]:
        columns[f"v{number}"] = np.array([6.0])
    found = score_profiles(columns, columns_of_key("pvq21", columns), ends=(1, 6))
    assert found.person_means[0] == pytest.approx((18 * 1 + 3 * 6) / 21)
    centred = dict(zip(found.values, found.centred[0], strict=True))
    assert centred["universalism"] == pytest.approx(6 - 36 / 21)
    assert centred["power"] == pytest.approx(1 - 36 / 21)


def test_higher_orders_are_means_of_their_values() -> None:
    found = profile_result(
        score_profiles(portrait_answers(200), columns_of_key("pvq21", portrait_answers(2)))
    )
    level = {row.value: row.centred.value for row in found.values}
    order = {row.higher_order: row.centred.value for row in found.higher_orders}
    assert order["self_transcendence"] == pytest.approx((level["universalism"] + level["benevolence"]) / 2)
    assert order["self_enhancement"] == pytest.approx((level["achievement"] + level["power"]) / 2)
    conservation = (level["security"] + level["conformity"] + level["tradition"]) / 3
    assert order["conservation"] == pytest.approx(conservation)
    assert len(order) == 4


def test_nineteen_values_have_four_sides_too() -> None:
    rng = np.random.default_rng(1)
    columns = {f"own_{v.id}": rng.normal(3, 1, 40) for v in CIRCLE_19}
    found = profile_result(score_profiles(columns, value_columns(columns)))
    assert len(found.values) == 19
    assert {row.higher_order for row in found.higher_orders} == {v.higher_order for v in CIRCLE_19}


@given(st.floats(-3, 3), st.integers(0, 5))
def test_answering_higher_throughout_is_no_value(shift: float, seed: int) -> None:
    columns = portrait_answers(12, seed)
    key = columns_of_key("pvq21", columns)
    plain = score_profiles(columns, key, ends=(-9, 19))
    shifted = score_profiles({k: v + shift for k, v in columns.items()}, key, ends=(-9, 19))
    np.testing.assert_allclose(plain.centred, shifted.centred, atol=1e-9)


def test_a_reversed_key_is_asked_about_and_a_right_one_is_not() -> None:
    key = columns_of_key("pvq21", portrait_answers(2))
    for reverse in (False, True):
        scored = score_profiles(portrait_answers(150, 3, reverse=reverse), key)
        codes = [q.code for q in profile_result(scored).questions]
        assert ("values.key_reversed" in codes) is reverse
    turned = score_profiles(portrait_answers(150, 3, reverse=True), key, reverse=True)
    assert profile_result(turned).questions == ()
    np.testing.assert_allclose(
        turned.centred, score_profiles(portrait_answers(150, 3), key, ends=(1, 6)).centred, atol=1e-12
    )


def test_what_people_see_in_a_company_has_no_known_order() -> None:
    scored = score_profiles(
        portrait_answers(150, 3, reverse=True), columns_of_key("pvq21", portrait_answers(2))
    )
    assert profile_result(scored, own=False).questions == ()


def test_one_item_worded_the_other_way_round_is_named() -> None:
    columns = portrait_answers(300, 5)
    columns["v8"] = 7 - columns["v8"]
    asked = profile_result(score_profiles(columns, columns_of_key("pvq21", columns))).questions
    assert [q.code for q in asked] == ["values.item_reversed"]
    assert "v8" in asked[0].values["items"]


def test_answers_outside_the_scale_are_left_out() -> None:
    columns = {"a": np.array([1.0, 99.0]), "b": np.array([6.0, 2.0]), "c": np.array([3.0, 4.0])}
    found = score_profiles(columns, {"power": ["a"], "security": ["b"], "hedonism": ["c"]}, ends=(1, 6))
    assert np.isnan(found.scores[1][found.values.index("power")])
    assert found.person_means[1] == pytest.approx(3.0)


def test_fewer_than_five_people_have_no_figures() -> None:
    found = profile_result(score_profiles(portrait_answers(4), columns_of_key("pvq21", portrait_answers(4))))
    assert all(row.score.value is None and row.centred.value is None for row in found.values)


def test_columns_are_found_by_name_in_both_languages() -> None:
    names = ["id", "Macht", "own_security", "welwillendheid_1", "welwillendheid_2", "seen_power"]
    assert value_columns(names) == {
        "power": ("Macht",),
        "security": ("own_security",),
        "benevolence": ("welwillendheid_1", "welwillendheid_2"),
    }
    assert value_columns(names, "seen") == {"power": ("seen_power",)}


def test_what_is_wrong_is_named() -> None:
    with pytest.raises(OptionError, match=r"item 21 of pvq21 is not clear: found no column"):
        columns_of_key("pvq21", [f"v{j}" for j in range(1, 21)])
    with pytest.raises(OptionError, match="not values of one circle"):
        score_profiles({"a": np.ones(3), "b": np.ones(3)}, {"power": ["a"], "face": ["b"]})
    with pytest.raises(DataError, match="no answers about values"):
        score_profiles({"a": np.full(3, np.nan)}, {"power": ["a"]})


def test_association_under_no_relation_is_what_centring_makes() -> None:
    """-1 / (k - 1) for two single values, by simulation; two words about the same values go together."""
    rng = np.random.default_rng(6)
    scores = rng.normal(size=(60_000, 10))
    people = Profiles(TEN, scores, scores.mean(axis=1))
    for a, b in (
        ({"power": 1.0}, {"benevolence": 1.0}),
        ({"power": 0.7, "achievement": 0.3}, {"benevolence": 1.0}),
        ({"power": 0.7, "achievement": 0.3}, {"achievement": 1.0}),
    ):
        found, expected = association(people, a, b)
        assert found.ci_lower < expected < found.ci_upper
    assert association(people, {"power": 1.0}, {"benevolence": 1.0})[1] == pytest.approx(-1 / 9)


def test_association_needs_people_who_differ() -> None:
    few = Profiles(TEN, np.random.default_rng(0).normal(size=(3, 10)), np.zeros(3))
    found, _ = association(few, {"power": 1.0}, {"security": 1.0})
    assert (found.value, found.n_obs, found.reason.code) == (None, 0, "values.customers_too_few")


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ({"power": 1.0}, {"benevolence": 1.0}),
        ({"power": 0.7, "achievement": 0.3}, {"benevolence": 0.5, "universalism": 0.5}),
    ],
    ids=["two values", "two places between values"],
)
def test_a_spread_tells_what_the_answers_told(a: dict[str, float], b: dict[str, float]) -> None:
    """By hand: Pearson's correlation of the weighted sums, row by row."""
    scores = np.random.default_rng(9).normal(size=(80, 10)) @ np.random.default_rng(10).normal(size=(10, 10))
    people = Profiles(TEN, scores, scores.mean(axis=1))
    x, y = (
        sum(w * (scores[:, TEN.index(v)] - scores.mean(axis=1)) for v, w in place.items()) for place in (a, b)
    )
    spread = people.spread()
    assert spread is not None
    for asked in (people, spread):
        found, _ = association(asked, a, b)
        assert found.value == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-12)
        assert found.n_obs == 80


def test_a_spread_takes_ten_whole_profiles() -> None:
    scores = np.random.default_rng(0).normal(size=(12, 10))
    scores[:3, 4] = np.nan
    assert Profiles(TEN, scores, np.zeros(12)).spread() is None
    scores[0, 4] = 1.0
    kept = Profiles(TEN, scores, np.zeros(12)).spread()
    assert kept is not None
    assert kept.n_obs == 10


def test_a_spread_of_people_who_agree_gives_no_correlation() -> None:
    spread = Profiles(TEN, np.tile(np.arange(10.0), (20, 1)), np.zeros(20)).spread()
    found, _ = association(spread, {"power": 1.0}, {"security": 1.0})
    assert (found.value, found.reason.code) == (None, "values.customers_too_few")
