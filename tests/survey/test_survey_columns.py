"""Scales of the user's own columns, and covariance matrices from a file."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from verbond.errors import NotFoundError, OptionError, ReadError
from verbond.survey.columns import covariance_reliabilities, read_covariance, scale_reliabilities

REFERENCE = Path(__file__).parents[1] / "reference"


def simulated(n=300, k=4):
    rng = np.random.default_rng(1)
    trait = rng.normal(size=n)
    return {f"q{j}": trait + rng.normal(size=n) for j in range(k)}


@pytest.fixture(scope="module")
def bfi(reference_data):
    with reference_data("psychtools_bfi.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {key: np.array([float(r[key] or "nan") for r in rows]) for key in rows[0] if key[1:].isdigit()}


@pytest.mark.parametrize(("scale", "turned"), [("A", "1"), ("C", "45"), ("E", "12"), ("N", ""), ("O", "25")])
def test_keys_that_the_bfi_manual_reverses_are_found_or_given(bfi, scale, turned):
    """psychTools marks A1, C4, C5, E1, E2, O2 and O5 as reversed; alphas in psych_reliability.csv."""
    items = [f"{scale}{i}" for i in range(1, 6)]
    signed = [("-" if item[1] in turned else "") + item for item in items]
    found, given = (scale_reliabilities(bfi, {scale: i}) for i in (items, signed))
    # with a minority of items reversed the direction of the scale is what most items say
    assert found.scales[0].alpha == pytest.approx(given.scales[0].alpha, abs=1e-12)
    assert [i.item for i in given.scales[0].items if i.reversed] == [i for i in items if i[1] in turned]
    assert not given.warnings
    assert bool(found.warnings) == bool(turned)
    with (REFERENCE / "psych_reliability.csv").open(encoding="utf-8") as file:
        truth = next(r for r in csv.DictReader(file) if (r["scale"], r["statistic"]) == (scale, "alpha"))
    assert given.scales[0].alpha == pytest.approx(float(truth["value"]), abs=1e-6)
    assert given.scales[0].n_obs == 2800


def test_a_scale_of_which_most_is_reversed_has_the_same_figures():
    columns = simulated()
    upright = scale_reliabilities(columns, {"s": list(columns)}).scales[0]
    upside_down = scale_reliabilities(
        columns | {f"q{j}": -columns[f"q{j}"] for j in range(3)}, {"s": list(columns)}
    )
    assert upside_down.scales[0].alpha == pytest.approx(upright.alpha)


def test_signs_given_are_never_overruled():
    columns = simulated()
    result = scale_reliabilities(columns, {"s": ["q0", "q1", "q2", "-q3"]}).scales[0]
    assert [i.item for i in result.items if i.runs_against] == ["q3"]
    assert result.reason.code == "survey.runs_against"
    assert result.alpha < scale_reliabilities(columns, {"s": list(columns)}).scales[0].alpha


def test_answers_and_covariances_agree():
    columns = simulated()
    matrix = np.cov(np.column_stack(list(columns.values())), rowvar=False)
    a = scale_reliabilities(columns, {"s": list(columns)}).scales[0]
    from verbond.survey.columns import CovarianceMatrix

    b = covariance_reliabilities(CovarianceMatrix(tuple(columns), matrix, 300), {"s": list(columns)}).scales[
        0
    ]
    for name in ("alpha", "alpha_ci_lower", "alpha_ci_upper", "alpha_standardized", "omega", "n_obs"):
        assert getattr(a, name) == pytest.approx(getattr(b, name))
    assert [i.item_rest for i in a.items] == pytest.approx([i.item_rest for i in b.items])


def test_a_published_matrix_is_read():
    matrix = read_covariance(REFERENCE / "satisfaction_n250.json")
    assert (len(matrix.names), matrix.n_obs) == (27, 250)
    assert read_covariance(REFERENCE / "satisfaction_n250.json", n_obs=99).n_obs == 99
    result = covariance_reliabilities(matrix, {"image": [f"imag{i}" for i in range(1, 6)]})
    assert result.scales[0].alpha_standardized == pytest.approx(0.830227, abs=6e-7)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no json", "no covariance matrix"),
        ("[1, 2]", "no covariance matrix"),
        (json.dumps({"n": 9, "names": ["a", "b"], "cov": [[1, 0]]}), "do not fit together"),
        (json.dumps({"n": 9, "names": ["a", "b"], "cov": [[1, 0.5], [0.2, 1]]}), "not symmetric"),
        (json.dumps({"n": 9, "names": ["a"], "cov": [[-1]]}), "negative"),
        (json.dumps({"names": ["a"], "cov": [[1]]}), "how many respondents"),
        (json.dumps({"n": 1, "names": ["a"], "cov": [[1]]}), "how many respondents"),
        (json.dumps({"n": 9, "names": ["a"], "cov": [["x"]]}), "no covariance matrix"),
    ],
)
def test_what_is_no_covariance_matrix_is_refused(tmp_path, text, said):
    (tmp_path / "m.json").write_text(text, "utf-8")
    with pytest.raises(ReadError, match=said):
        read_covariance(tmp_path / "m.json")
    with pytest.raises(NotFoundError):
        read_covariance(tmp_path / "none.json")


def test_scales_that_cannot_be_are_refused():
    with pytest.raises(OptionError, match="no items"):
        scale_reliabilities(simulated(), {"s": []})
    with pytest.raises(OptionError, match="twice"):
        scale_reliabilities(simulated(), {"s": ["q1", "-q1"]})
    with pytest.raises(NotFoundError, match="'q9' of scale 's'"):
        scale_reliabilities(simulated(), {"s": ["q1", "q9"]})


def test_three_respondents_and_constant_items_give_a_reason():
    few = scale_reliabilities({k: v[:3] for k, v in simulated().items()}, {"s": ["q0", "q1", "q2"]}).scales[0]
    assert few.alpha is None
    assert few.reason.sentence("nl") == "Te weinig mensen beantwoordden 's': met 7 meer lukt het."
    flat = scale_reliabilities(simulated() | {"q1": np.ones(300)}, {"s": ["q0", "q1", "q2", "q3"]}).scales[0]
    assert flat.reason.code == "survey.constant_item"
    assert flat.items[1].item_rest is None
    assert flat.alpha is not None
