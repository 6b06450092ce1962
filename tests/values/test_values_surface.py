"""Response surfaces against R's lm, in closed form, and by recovery."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from verbond.errors import DataError, OptionError
from verbond.method import CIRCLE, RUNGS
from verbond.values import ResponseSurface, SurfaceResult

REFERENCE = Path(__file__).parents[1] / "reference" / "values_surface.csv"
ROUNDING = 1e-8  # least squares on both sides; the file has twelve decimals


def made_by_formula() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The data of values_surface.R."""
    i = np.arange(1, 241, dtype=np.float64)
    own = np.round(3 * np.sin(1.7 * i) + 0.8 * np.cos(0.31 * i * i), 4)
    seen = np.round(0.4 * own + 2.2 * np.cos(2.9 * i) + 0.7 * np.sin(0.17 * i * i), 4)
    curved = -0.12 * own**2 + 0.2 * own * seen - 0.15 * seen**2
    outcome = np.round(5 + 0.3 * own + 0.5 * seen + curved + 1.5 * np.sin(12.9898 * i * i), 4)
    return own, seen, outcome, (i - 1) // 4


@pytest.mark.parametrize("model", ["single", "within"])
def test_equals_lm(model: str) -> None:
    own, seen, outcome, person = made_by_formula()
    people = person if model == "within" else None
    found = ResponseSurface().fit(own, seen, outcome, people=people)
    with REFERENCE.open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["model"] == model]
    assert len(rows) >= 10
    for row in rows:
        if row["se"] == "NA":
            assert getattr(found, row["name"]) == pytest.approx(float(row["estimate"]), rel=1e-6)
            continue
        told = getattr(found, row["name"])
        assert told.estimate == pytest.approx(float(row["estimate"]), abs=ROUNDING)
        assert told.se == pytest.approx(float(row["se"]), abs=ROUNDING)


def test_stationary_point_and_axes_in_closed_form() -> None:
    """Z = 7 - u^2 - 4 v^2 for u along the line Y = 2 + X / 2 and v across it, peak at (1, 2.5)."""
    rng = np.random.default_rng(1)
    own, seen = rng.uniform(-3, 3, (2, 500))
    along = np.array([1, 0.5]) / np.hypot(1, 0.5)
    across = np.array([-along[1], along[0]])
    u, v = (axis[0] * (own - 1) + axis[1] * (seen - 2.5) for axis in (along, across))
    found = ResponseSurface(n_bootstrap=20).fit(own, seen, 7 - u**2 - 4 * v**2 + 1e-6 * rng.normal(size=500))
    assert found.shape == "dome"
    for name, true in (
        ("stationary_own", 1.0), ("stationary_seen", 2.5), ("ridge_slope", 0.5), ("ridge_intercept", 2.0),
        ("second_slope", -2.0), ("second_intercept", 4.5),
    ):  # fmt: skip
        estimate = getattr(found, name)
        assert estimate.value == pytest.approx(true, abs=1e-4)
        assert (
            estimate.ci_lower - 1e-9 <= true <= estimate.ci_upper + 1e-9 or abs(estimate.value - true) < 1e-5
        )
    assert found.predict(np.array([1.0]), np.array([2.5]))[0] == pytest.approx(7, abs=1e-4)


@pytest.mark.parametrize(
    ("surface", "shape", "congruence"),
    [
        (lambda x, y: -((x - y) ** 2), "dome", True),
        (lambda x, y: (x - y) ** 2, "bowl", False),
        (lambda x, y: x * y, "saddle", True),  # falls off on both sides of a match, whatever happens along it
        (lambda x, y: x + y, "flat", False),
        (lambda x, y: -((x - y) ** 2) + 2 * (y - x), "dome", False),  # more is better too: a3 is not zero
    ],
)
def test_shapes_are_told(surface, shape: str, congruence: bool) -> None:
    rng = np.random.default_rng(7)
    own, seen = rng.normal(size=(2, 1500))
    found = ResponseSurface(n_bootstrap=100).fit(own, seen, surface(own, seen) + 0.3 * rng.normal(size=1500))
    assert (found.shape, found.congruence) == (shape, congruence)


def one_sided(little: float, much: float, n: int = 3000) -> SurfaceResult:
    """What little and what much costs, as smooth curves that bend at a match."""
    rng = np.random.default_rng(11)
    own = rng.normal(0, 1, n)
    gap = rng.normal(0, 1, n)
    trust = 60 + little * np.minimum(gap, 0) - much * np.maximum(gap, 0) + rng.normal(0, 3, n)
    names = ("own", "seen", RUNGS[3].name)
    return ResponseSurface().fit(own, own + gap, trust, names=names, value=CIRCLE[-1].name)


def test_the_sentence_says_which_side_goes_with_less() -> None:
    both = one_sided(4.0, 4.0)
    assert both.too_little.ci_upper < 0 > both.too_much.ci_upper
    assert "too little benevolence scores" in both.reasons[0].sentence("en")
    assert "lager op vertrouwen; wie er te veel van ziet" in both.reasons[0].sentence("nl")
    only_little = one_sided(6.0, -0.0)
    assert only_little.too_little.ci_upper < 0
    assert only_little.too_little.value < 3 * only_little.too_much.value
    nothing = one_sided(0.0, 0.0)
    assert "niet aantoonbaar anders op vertrouwen; wie er te veel van ziet, scoort niet" in (
        nothing.reasons[0].sentence("nl")
    )
    assert nothing.misfit_pvalue > 0.001


def test_a_side_without_people_is_not_spoken_of() -> None:
    rng = np.random.default_rng(2)
    own = rng.uniform(0, 1, 300)
    found = ResponseSurface().fit(own, own - rng.uniform(0.1, 1, 300), rng.normal(size=300))
    assert found.too_much.value is None
    assert "hardly anywhere" in found.reasons[0].sentence("en")


def test_intervals_cover_as_often_as_they_say() -> None:
    rng, hits, n_samples = np.random.default_rng(5), 0, 300
    for _ in range(n_samples):
        own, seen = rng.normal(size=(2, 80))
        z = 1 + 0.5 * own - 0.4 * seen - 0.3 * (own - seen) ** 2 + rng.normal(size=80)
        a4 = ResponseSurface().fit(own, seen, z).a4
        hits += a4.ci_lower <= -1.2 <= a4.ci_upper
    assert 0.91 <= hits / n_samples <= 0.985  # 0.95 give or take 3 standard errors


def test_missing_answers_are_left_out_and_rows_may_stand_in_any_order() -> None:
    own, seen, outcome, _ = made_by_formula()
    plain = ResponseSurface().fit(own, seen, outcome)
    more = [np.append(v, [np.nan, 1.0]) for v in (own, seen, outcome)]
    more[2][-1] = np.nan
    turned = ResponseSurface().fit(*(v[::-1] for v in more))
    assert turned.n_obs == 240
    assert turned.a4.estimate == pytest.approx(plain.a4.estimate, abs=1e-10)


def test_centring_changes_where_one_stands_and_not_the_surface() -> None:
    own, seen, outcome, _ = made_by_formula()
    plain, moved = (ResponseSurface(centre).fit(own, seen, outcome) for centre in (0.0, 1.5))
    at = np.array([0.3, -2.0]), np.array([1.0, 0.5])
    np.testing.assert_allclose(plain.predict(*at), moved.predict(*at), atol=1e-9)
    assert moved.a4.estimate == pytest.approx(plain.a4.estimate)
    assert moved.b1.estimate != pytest.approx(plain.b1.estimate)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_constant_column_is_named(which: int) -> None:
    columns = [np.arange(40.0), np.arange(40.0) ** 1.5, np.sin(np.arange(40.0))]
    columns[which] = np.full(40, 3.0)
    with pytest.raises(DataError, match=f"{('own', 'seen', 'outcome')[which]} is the same for everybody"):
        ResponseSurface().fit(*columns)


def test_what_cannot_be_fitted_is_refused() -> None:
    three = np.array([1.0, 2.0, 3.0])
    with pytest.raises(DataError, match="too few answers for a response surface: found 3 complete rows"):
        ResponseSurface().fit(three, three**2, three)
    own = np.arange(60.0)
    with pytest.raises(DataError, match="depend on each other"):
        ResponseSurface().fit(own, own + 1, np.sin(own))
    with pytest.raises(DataError, match="differ in length"):
        ResponseSurface().fit(own, own[:-1], own)
    with pytest.raises(DataError, match="answered more than once"):
        ResponseSurface().fit(own, np.cos(own), np.sin(own), people=own)
    with pytest.raises(OptionError):
        ResponseSurface(unit=0)
