"""Multidimensional scaling against R, known configurations and brute force."""

from __future__ import annotations

import csv
import math
from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import pytest

from verbond.values.kernel import (
    KINDS,
    circular_gaps,
    classical_scaling,
    order_agreement,
    procrustes,
    resampled_sums,
    scale_distances,
)

REFERENCE = Path(__file__).parents[1] / "reference" / "values_mds.csv"
CLOSED_FORM = 1e-8  # eigenvectors: both sides exact to rounding; the file has ten decimals
SAME_MINIMUM = 2e-3  # distances on maps of size 1, from two optimisers that stop at 1e-9 of stress


def reference(kind: str, what: str) -> np.ndarray:
    with REFERENCE.open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["kind"] == kind and r["what"] == what]
    n = max(int(r["i"]) for r in rows)
    if not n:
        return np.array([float(r["value"]) for r in rows])
    found = np.zeros((n, n))
    for r in rows:
        found[int(r["i"]) - 1, int(r["j"]) - 1] = float(r["value"])
    return found


def distances(points: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points[:, None] - points[None], axis=2)


def stress_of(found: np.ndarray, disparities: np.ndarray) -> float:
    """Kruskal's stress-1, from its definition, for the best stretch of the disparities."""
    d = distances(found)[np.triu_indices(len(found), 1)]
    scale = (d @ disparities) / (disparities @ disparities)
    return float(np.sqrt(((scale * disparities - d) ** 2).sum() / (d @ d)))


def test_classical_scaling_equals_cmdscale() -> None:
    found = distances(classical_scaling(reference("input", "dissimilarity")))
    np.testing.assert_allclose(found, reference("classical", "distance"), atol=CLOSED_FORM)


@pytest.mark.parametrize("kind", ["ordinal", "interval", "ratio"])
def test_no_optimiser_of_r_finds_less_stress(kind: str) -> None:
    found = scale_distances(reference("input", "dissimilarity"), kind, n_random=40)
    theirs = float(reference(kind, "stress")[0])
    assert found.converged
    assert found.stress <= theirs + 1e-5
    assert found.stress == pytest.approx(stress_of(found.points, found.disparities), abs=1e-9)


@pytest.mark.parametrize("kind", ["interval", "ratio"])
def test_the_map_is_the_map_of_r(kind: str) -> None:
    found = scale_distances(reference("input", "dissimilarity"), kind, n_random=40)
    assert found.stress == pytest.approx(float(reference(kind, "stress")[0]), abs=1e-5)
    theirs = reference(kind, "distance")
    off = np.triu_indices(len(theirs), 1)
    ours, theirs = distances(found.points)[off], theirs[off]
    np.testing.assert_allclose(
        ours / np.sqrt((ours**2).mean()), theirs / np.sqrt((theirs**2).mean()), atol=SAME_MINIMUM
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_known_configuration_comes_back(kind: str) -> None:
    rng = np.random.default_rng(4)
    points = rng.normal(size=(11, 2))
    seen = {"ratio": lambda d: 3 * d, "interval": lambda d: 2 + 3 * d, "ordinal": lambda d: d**2.5}[kind]
    dissimilarities = seen(distances(points)) * (1 - np.eye(11))
    found = scale_distances(dissimilarities, kind, rng=rng)
    off = np.abs(procrustes(found.points, points) - points).max()
    assert found.stress < 1e-3
    assert off < {"ratio": 1e-3, "interval": 1e-3, "ordinal": 0.1}[kind]  # order alone leaves some room


@pytest.mark.parametrize("kind", KINDS)
def test_the_transformation_is_admissible(kind: str) -> None:
    delta = reference("input", "dissimilarity")
    found = scale_distances(delta, kind)
    d = delta[np.triu_indices(len(delta), 1)]
    order = np.argsort(d)
    assert (np.diff(found.disparities[order]) >= -1e-12).all()
    if kind == "interval":
        line = np.polyval(np.polyfit(d, found.disparities, 1), d)
        np.testing.assert_allclose(found.disparities, line, atol=1e-9)
    if kind == "ratio":
        np.testing.assert_allclose(np.ptp(found.disparities / d), 0, atol=1e-12)


def test_turning_a_map_back() -> None:
    rng = np.random.default_rng(8)
    target, angle = rng.normal(size=(7, 2)), 1.1
    turn = np.array([[np.cos(angle), np.sin(angle)], [np.sin(angle), -np.cos(angle)]])  # mirrored too
    moved = 3 * target @ turn + [4, -2]
    np.testing.assert_allclose(procrustes(moved, target), target, atol=1e-12)


def test_agreement_by_brute_force() -> None:
    rng = np.random.default_rng(3)
    theory = np.array([0.0, 60.0, 120.0, 200.0, 290.0])
    dissimilarities = distances(rng.normal(size=(5, 2)))

    def index(angles: np.ndarray) -> float:
        pairs = list(combinations(range(5), 2))
        gap = dict(zip(pairs, circular_gaps(angles), strict=True))
        agree = total = 0
        for one, other in combinations(pairs, 2):
            if gap[one] != gap[other]:
                total += 1
                agree += np.sign(gap[one] - gap[other]) == np.sign(
                    dissimilarities[one] - dissimilarities[other]
                )
        return (2 * agree - total) / total

    found = order_agreement(dissimilarities, theory)
    everyone = [index(theory[list(order)]) for order in permutations(range(5))]
    assert found.index == pytest.approx(index(theory))
    assert found.index_pvalue == pytest.approx(np.mean(np.array(everyone) >= index(theory) - 1e-12))
    assert found.n_permutations == math.factorial(5)


def test_a_hexagon_makes_seventy_two_predictions() -> None:
    """As many as the randomisation test of Holland's hexagon counts (Hubert & Arabie 1987)."""
    hexagon = np.arange(6) * 60.0
    perfect = distances(np.column_stack([np.cos(np.deg2rad(hexagon)), np.sin(np.deg2rad(hexagon))]))
    found = order_agreement(perfect, hexagon, hexagon)
    assert found.n_predictions == 72
    assert found.index == pytest.approx(1.0)
    assert found.rank_correlation == pytest.approx(1.0)
    assert found.index_pvalue == pytest.approx(12 / 720)  # the twelve ways to turn and mirror a hexagon


def test_under_no_order_the_pvalue_is_even() -> None:
    rng = np.random.default_rng(12)
    theory = np.arange(8) * 45.0
    pvalues = []
    for _ in range(200):
        cor = np.corrcoef(rng.normal(size=(60, 8)), rowvar=False)
        pvalues.append(order_agreement(1 - cor, theory, n_permutations=199, rng=rng).index_pvalue)
    share = np.mean(np.array(pvalues) <= 0.1)
    assert 0.03 < share < 0.19  # 0.1 give or take 4 standard errors


@pytest.mark.parametrize("n", [300, 9_000])
def test_resampled_sums_vary_as_sums_do(n: int) -> None:
    """Mean n m and variance n s^2 of a sum over n draws; beyond 2,000 people in groups, the same."""
    rng = np.random.default_rng(2)
    rows = rng.normal(3, 2, (n, 1))
    drawn = resampled_sums(rows, 4_000, rng)[:, 0]
    assert drawn.mean() == pytest.approx(rows.sum(), abs=4 * np.sqrt(n * rows.var() / 4_000))
    assert drawn.var() == pytest.approx(n * rows.var(), rel=0.15)  # the groups themselves are drawn once


def test_people_are_drawn_whole() -> None:
    rows, people = np.ones((60, 1)), np.repeat(np.arange(20), 3)
    drawn = resampled_sums(rows, 50, np.random.default_rng(1), people)
    np.testing.assert_array_equal(drawn % 3, 0)
