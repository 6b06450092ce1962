"""Customer orientation by department: as R has it, and never about fewer than five people."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verbond.survey.employees import customer_orientation, orientation_by_department
from verbond.tables import open_tables

VALUES = [70, 72, 65, 80, 75, 71, 50, 55, 61, 48, 52, 66, 90, 45, 70, 62, 81, 58]
GROUPS = ["a"] * 6 + ["b"] * 5 + ["c"] * 7


def told(values, groups):
    people = [f"e{i}" for i in range(len(values))]
    scores = dict(zip(people, map(float, values), strict=True))
    return orientation_by_department(scores, dict(zip(people, groups, strict=True)))


def test_departments_are_compared_as_r_does():
    """R 4.2.2: oneway.test(v ~ g) and t.test of b against the rest, both with unequal variances."""
    found = told(VALUES, GROUPS)
    assert found.p_value == pytest.approx(0.000535956830899, rel=1e-9)
    lowest = found.departments[0]
    assert lowest.department == "b"
    bounds = lowest.difference.ci_lower, lowest.difference.ci_upper
    assert bounds == pytest.approx((-24.63129561614, -8.19947361463), rel=1e-9)
    assert found.reasons[0].code == "survey.orientation_differs"


@given(st.lists(st.tuples(st.floats(0, 100), st.sampled_from(["a", "b", "c", "d", None])), max_size=30))
def test_no_two_figures_differ_by_fewer_than_five_people(rows):
    """Each figure as the set of people it is about: sums and differences of sets never leave one to four."""
    values, groups = [v for v, _ in rows], [g for _, g in rows]
    found = told(values, groups)
    size = {g: groups.count(g) for g in set(groups)}
    shown = {d.department for d in found.departments}
    assert shown == {g for g, n in size.items() if g is not None and n >= 5}
    in_total = sum(n for n in size.values() if n >= 5)
    assert found.orientation.n_obs == (in_total if in_total else 0)
    for row in found.departments:
        assert row.orientation.n_obs >= 5
        if row.difference.value is not None:
            assert in_total - row.orientation.n_obs >= 5
    rest = in_total - sum(d.orientation.n_obs for d in found.departments)
    assert rest == 0 or rest >= 5  # people without a department


def test_departments_alike_are_called_alike_and_hidden_ones_are_counted():
    rng = np.random.default_rng(1)
    values = [*rng.normal(60, 8, 40), 5.0, 6.0]
    found = told(values, ["a"] * 20 + ["b"] * 20 + ["c"] * 2)
    assert [r.code for r in found.reasons] == ["survey.orientation_alike", "survey.orientation_hidden"]
    assert found.orientation.n_obs == 40  # the two of c are in no total
    assert {d.department for d in found.departments} == {"a", "b"}
    for reason in found.reasons:
        for language in ("en", "nl"):
            assert "{" not in reason.sentence(language)


def test_demo_departments_are_read_from_tables():
    with open_tables("demo") as tables:
        found = customer_orientation(tables)
    assert len(found.departments) > 1
    assert all(d.orientation.n_obs >= 5 for d in found.departments)
    assert found.provenance.simulated


def test_nobody_and_nobody_with_a_score():
    assert told([], []).orientation.value is None
    assert told([np.nan] * 9, ["a"] * 9).reasons[0].code == "survey.orientation_none"
    constant = told([50] * 12, ["a"] * 6 + ["b"] * 6)
    assert constant.p_value is None
    assert constant.departments[0].difference.value == 0
