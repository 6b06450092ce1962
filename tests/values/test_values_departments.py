"""Identity against image, and that no figure about fewer than five people can be had or reckoned."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verbond.method import CIRCLE
from verbond.values import Profiles, compare_identity

TEN = tuple(v.id for v in CIRCLE)
ANGLES = np.deg2rad([v.angle_degrees for v in CIRCLE])


def seeing(direction: float, n: int, rng: np.random.Generator, noise: float = 5.0) -> np.ndarray:
    return 50 + 20 * np.cos(np.deg2rad(direction) - ANGLES) + noise * rng.normal(size=(n, 10))


def profiles(scores: np.ndarray, groups=None) -> Profiles:
    there = np.isfinite(scores)
    n = np.maximum(there.sum(axis=1), 1)
    means = np.where(there.any(axis=1), np.where(there, scores, 0.0).sum(axis=1) / n, np.nan)
    return Profiles(TEN, scores, means, groups=groups)


def test_who_sees_the_company_as_its_customers_do() -> None:
    rng = np.random.default_rng(1)
    image = profiles(seeing(180, 300, rng))
    house = profiles(
        np.vstack([seeing(180, 12, rng), seeing(0, 12, rng), seeing(90, 12, rng)]),
        np.repeat(np.array(["same", "opposite", "across"], dtype=object), 12),
    )
    found = compare_identity(house, image)
    assert [d.department for d in found.departments] == ["same", "across", "opposite"]
    same, across, opposite = (d.match for d in found.departments)
    assert same.ci_lower > 0.9
    assert abs(across.value) < 0.2
    assert opposite.ci_upper < -0.9
    assert "universalism" in found.departments[2].too_high
    assert "power" in found.departments[2].too_low
    assert found.departments[0].distance.value < found.departments[2].distance.value


def test_difference_is_by_hand() -> None:
    rng = np.random.default_rng(2)
    house, image = seeing(20, 30, rng), seeing(200, 40, rng)
    found = compare_identity(profiles(house, np.array(["a"] * 30, dtype=object)), profiles(image))
    centred = house - house.mean(axis=1, keepdims=True), image - image.mean(axis=1, keepdims=True)
    for j, row in enumerate(found.values):
        assert row.difference.value == pytest.approx(centred[0][:, j].mean() - centred[1][:, j].mean())
        assert row.difference.ci_lower < row.difference.value < row.difference.ci_upper


def test_match_intervals_cover() -> None:
    """The correlation of true mean profiles lies in the interval about as often as it says."""
    rng, hits = np.random.default_rng(3), 0
    true = np.corrcoef(np.cos(np.deg2rad(50) - ANGLES), np.cos(-ANGLES))[0, 1]
    for _ in range(60):
        house = profiles(seeing(50, 30, rng, 15), np.array(["a"] * 30, dtype=object))
        match = compare_identity(house, profiles(seeing(0, 200, rng, 15))).departments[0].match
        hits += match.ci_lower <= true <= match.ci_upper
    assert hits >= 50  # 57 expected


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=6),
    st.integers(0, 8),
    st.integers(0, 10_000),
)
def test_nobody_can_be_reckoned_out(sizes: list[int], n_without: int, seed: int) -> None:
    """Totals minus what is shown rest on nobody or on five people and more, value by value."""
    rng = np.random.default_rng(seed)
    labels = [f"d{i}" for i, size in enumerate(sizes) for _ in range(size)] + [None] * n_without
    if not labels:
        return
    scores = seeing(10, len(labels), rng)
    scores[rng.random(scores.shape) < 0.15] = np.nan
    found = compare_identity(profiles(scores, np.array(labels, dtype=object)), profiles(seeing(10, 50, rng)))
    shown = {d.department: d for d in found.departments}
    for department in found.departments:
        assert department.n_people >= 5
    for j, row in enumerate(found.values):
        n_total = row.identity.n_obs
        assert n_total == 0 or n_total >= 5
        n_shown = 0
        for name, department in shown.items():
            if row.value in department.profile:
                n = int(np.isfinite(scores[[label == name for label in labels], j]).sum())
                assert n >= 5
                n_shown += n
        assert n_total - n_shown == 0 or n_total - n_shown >= 5
    assert found.n_hidden_people == 0 or found.n_hidden_people >= 5


def test_a_small_department_is_in_no_figure() -> None:
    rng = np.random.default_rng(5)
    big, small = seeing(0, 10, rng), seeing(180, 4, rng) + 40
    groups = np.array(["big"] * 10 + ["small"] * 4, dtype=object)
    image = profiles(seeing(0, 60, rng))
    with_small = compare_identity(profiles(np.vstack([big, small]), groups), image)
    without = compare_identity(profiles(big, groups[:10]), image)
    assert [row.identity for row in with_small.values] == [row.identity for row in without.values]
    assert with_small.match == without.match
    assert (with_small.n_hidden_departments, with_small.n_hidden_people) == (1, 0)
    assert with_small.reasons[0].code == "values.departments_hidden"


def test_fewer_than_five_customers_are_no_image() -> None:
    rng = np.random.default_rng(6)
    house = profiles(seeing(0, 10, rng), np.array(["a"] * 10, dtype=object))
    found = compare_identity(house, profiles(seeing(0, 4, rng)))
    assert found.match.value is None
    assert all(row.image.value is None and row.difference.value is None for row in found.values)
