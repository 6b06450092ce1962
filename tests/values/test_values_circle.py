"""The map of values: known circles come back, chance is called chance, bad input is named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from verbond.errors import DataError, NotFoundError, OptionError, ReadError
from verbond.method import CIRCLE, CIRCLE_19
from verbond.values import Profiles, ValueCircle
from verbond.values.circle import read_correlations

TEN = tuple(v.id for v in CIRCLE)


def people(n: int, seed: int = 0, noise: float = 0.6, circle=CIRCLE) -> Profiles:
    """People who each point in one direction of the circle."""
    rng = np.random.default_rng(seed)
    angles = np.deg2rad([v.angle_degrees for v in circle])
    at = rng.uniform(0, 2 * np.pi, (n, 1))
    scores = np.cos(at - angles) + noise * rng.normal(size=(n, len(circle)))
    return Profiles(tuple(v.id for v in circle), scores, scores.mean(axis=1))


@pytest.mark.parametrize("kind", ["ordinal", "interval"])
def test_the_true_circle_is_found(kind: str) -> None:
    found = ValueCircle(kind, n_bootstrap=100).fit(people(600))
    off = [abs((row.angle_degrees - row.theory_degrees + 180) % 360 - 180) for row in found.values]
    assert max(off) < 15
    assert found.stress < 0.1
    assert found.agreement.index > 0.9
    assert found.agreement.index_pvalue < 0.001
    assert found.reasons[0].code == "values.order_found"
    inside = sum(row.angle_ci_lower <= row.angle_degrees <= row.angle_ci_upper for row in found.values)
    assert inside >= 9
    nine = [v for v in found.order if v not in ("conformity", "tradition")]
    assert nine == [v for v in TEN if v not in ("conformity", "tradition")]


def test_nineteen_values_find_their_order() -> None:
    found = ValueCircle(n_bootstrap=0).fit(people(1500, 2, 0.4, CIRCLE_19))
    assert found.agreement.index > 0.9
    assert all(row.region is None for row in found.values)


def test_without_structure_the_order_is_not_found() -> None:
    rng = np.random.default_rng(4)
    scores = rng.normal(size=(400, 10))
    found = ValueCircle(n_bootstrap=0).fit(Profiles(TEN, scores, scores.mean(axis=1)))
    assert found.reasons[0].code == "values.order_not_found"
    assert found.stress > 0.1


def test_another_order_is_not_taken_for_the_theory() -> None:
    true = people(800)
    mixed = tuple(np.random.default_rng(9).permutation(TEN))
    found = ValueCircle(n_bootstrap=0).fit(Profiles(mixed, true.scores, true.person_means))
    assert found.agreement.index < 0.5


def test_regions_shrink_with_more_people() -> None:
    areas = []
    for n in (100, 1600):
        found = ValueCircle("interval", n_bootstrap=80).fit(people(n, 1))
        areas.append(np.median([row.region[2] * row.region[3] for row in found.values]))
    assert areas[1] < areas[0] / 6  # variance goes with 1/n: a sixteenth, give or take


def test_equal_seeds_give_equal_maps_and_row_order_is_nothing() -> None:
    given = people(80, 3)
    turned = Profiles(given.values, given.scores[::-1], given.person_means[::-1])
    one, two = (ValueCircle(n_bootstrap=20, seed=5).fit(given) for _ in range(2))
    assert one == two
    assert ValueCircle(n_bootstrap=0).fit(turned).angles == pytest.approx(
        ValueCircle(n_bootstrap=0).fit(given).angles, abs=1e-6
    )


def test_names_of_your_own_get_a_map_without_a_verdict() -> None:
    angles = np.arange(6) * 60.0
    cor = np.cos(np.deg2rad(angles[:, None] - angles))
    names = ["a", "b", "c", "d", "e", "f"]
    found = ValueCircle("ratio").fit_correlations(names, cor)
    assert found.agreement is None
    assert found.order == tuple(names)
    assert [round(found.angles[n]) for n in names] == [0, 60, 120, 180, 240, 300]


def test_a_matrix_that_cannot_be_is_drawn_and_said() -> None:
    cor = np.full((5, 5), -0.6)
    np.fill_diagonal(cor, 1.0)
    found = ValueCircle().fit_correlations(TEN[:5], cor)
    assert "values.not_positive_definite" in [r.code for r in found.reasons]


def test_constant_columns_are_left_out_and_said() -> None:
    given = people(120)
    scores = given.scores.copy()
    scores[:, TEN.index("power")] = 3.0
    found = ValueCircle(n_bootstrap=10).fit(Profiles(TEN, scores, given.person_means))
    assert "power" not in found.angles
    assert "values.circle_constant" in [r.code for r in found.reasons]
    assert "macht" in found.reasons[-1].sentence("nl")


def test_bad_input_is_named() -> None:
    with pytest.raises(DataError, match="too few respondents for a map of values: found 3 complete profiles"):
        ValueCircle().fit(people(3))
    constant = Profiles(TEN, np.ones((40, 10)), np.ones(40))
    with pytest.raises(DataError, match="too few values for a map"):
        ValueCircle().fit(constant)
    eye = np.eye(5)
    for names, cor, problem in (
        (TEN[:4], np.eye(4), "too few values"),
        (TEN[:5], np.eye(4), "do not fit together"),
        (("a", "a", "b", "c", "d"), eye, "stands twice"),
        (TEN[:5], eye * 2, "between -1 and 1"),
        (TEN[:5], np.where(np.eye(5), 1, np.nan), "must be known"),
        (TEN[:5], eye + np.triu(np.full((5, 5), 0.5), 1), "symmetric"),
    ):
        with pytest.raises(DataError, match=problem):
            ValueCircle().fit_correlations(names, cor)
    with pytest.raises(OptionError):
        ValueCircle("metric")


def test_a_covariance_file_will_do(tmp_path: Path) -> None:
    sd = np.array([1.0, 2.0, 3.0, 1.0, 2.0])
    cor = np.eye(5) * 0.5 + 0.5
    file = tmp_path / "cov.json"
    file.write_text(json.dumps({"names": TEN[:5], "n": 90, "cov": (cor * np.outer(sd, sd)).tolist()}))
    names, found, n = read_correlations(file)
    np.testing.assert_allclose(found, cor)
    assert (names, n) == (TEN[:5], 90)
    rows = [",".join(["", *TEN[:5]])] + [
        ",".join([name, *map(str, row)]) for name, row in zip(TEN[:5], cor.tolist(), strict=True)
    ]
    table = tmp_path / "cor.csv"
    for text in (
        "\n".join(rows),
        "\n".join(row.partition(",")[2] for row in rows),
    ):  # with names of rows or not
        table.write_text(text)
        names, found, n = read_correlations(table)
        np.testing.assert_allclose(found, cor)
        assert (names, n) == (TEN[:5], None)
    table.write_text("a,b\nx,y\n")
    with pytest.raises(ReadError, match="this is no correlation matrix"):
        read_correlations(table)
    file.write_text("[1, 2]")
    with pytest.raises(ReadError, match="this is no correlation matrix"):
        read_correlations(file)
    with pytest.raises(NotFoundError):
        read_correlations(tmp_path / "none.json")
