"""A page for a part of the customers: its own figures, rounded, and nothing that is not known."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verbond.diagnosis import Diagnosis
from verbond.errors import OptionError
from verbond.ladder import LadderResult
from verbond.numerics.disclosure import rounded_people
from verbond.reports.filters import available_filters
from verbond.reports.parts import Section
from verbond.reports.sections import ladder_section

MakeDiagnosis = Callable[..., Diagnosis]
MakeLadder = Callable[..., LadderResult]


@pytest.fixture
def d(make_diagnosis: MakeDiagnosis, make_ladder: MakeLadder) -> Diagnosis:
    """Eighteen months; what moved in each of them is known."""
    plain = make_ladder()
    flows = plain.n_customers * plain.shares[:-1, :, None] * plain.transition_matrix
    return make_diagnosis(ladder=make_ladder(period_flows=flows))


def shares(section: Section) -> list[float]:
    return [row["share"] for row in section.tables[0].rows]


def test_what_can_be_chosen(d: Diagnosis) -> None:
    filters = available_filters(d, "nl")
    assert filters.segments == {"region": ("north", "=south")}  # west is too small, east would give it away
    assert list(filters.periods)[::17] == ["2024-07", "2025-12"]
    assert filters.periods["2025-12"] == "december 2025"


def test_nothing_can_be_chosen_without_a_ladder(make_diagnosis: MakeDiagnosis) -> None:
    filters = available_filters(make_diagnosis(ladder=None), "en")
    assert (filters.segments, filters.periods) == ({}, {})
    assert ladder_section(make_diagnosis(ladder=None), "en", period="2025-12").empty


def test_the_shares_of_a_segment(d: Diagnosis) -> None:
    section = ladder_section(d, "en", segment=("region", "north"))
    assert section.title == "Where your customers stand: region: north, December 2025"
    assert shares(section) == [0.04, 0.06, 0.1, 0.2, 0.3, 0.3]
    assert [r["ci_upper"] for r in section.tables[0].rows] == [0.06, 0.08, 0.12, 0.22, 0.32, 0.32]
    assert "climbed" not in section.tables[0].rows[1]
    assert "Who moved is not computed for a part of the customers" in section.how[0]
    assert 'class="flows"' not in section.pictures[0].wide
    assert section == ladder_section(d, "en", segment=("region", "north"), period="2025-12")


def test_the_shares_and_flows_of_a_period(d: Diagnosis) -> None:
    assert d.ladder is not None
    section = ladder_section(d, "en", period="2025-03")
    np.testing.assert_allclose(shares(section)[::-1], d.ladder.shares[8].round(3))
    # by hand: everybody climbs a step with the chance of the matrix, as the customers stood in February
    up = 8000 * d.ladder.shares[7, :-1] * np.diag(d.ladder.transition_matrix, 1)
    assert [row["climbed"] for row in section.tables[0].rows[:0:-1]] == np.rint(up).tolist()
    assert "March 2025" in section.tables[0].columns[-1].definition
    assert section.pictures[0].wide != ladder_section(d, "en", period="2025-04").pictures[0].wide


def test_a_range_adds_what_moved_in_it(d: Diagnosis) -> None:
    parts = [ladder_section(d, "nl", period=p).tables[0].rows for p in ("2025-02", "2025-03", "2025-04")]
    whole = ladder_section(d, "nl", period="2025-02..2025-04")
    assert whole.title.endswith("februari 2025 tot en met april 2025")
    assert shares(whole) == [row["share"] for row in parts[-1]]
    for k, row in enumerate(whole.tables[0].rows[1:], 1):
        assert abs(row["climbed"] - sum(part[k]["climbed"] for part in parts)) <= 2  # each is rounded


def test_what_is_not_known_is_said(d: Diagnosis, make_diagnosis: MakeDiagnosis) -> None:
    first = ladder_section(d, "en", period="2024-07")
    assert "nobody can be seen to have moved yet" in first.how[0]
    then = ladder_section(d, "en", segment=("region", "north"), period="2025-03")
    assert (then.tables, then.pictures) == ((), ())
    assert "only known where they stand in the last period, December 2025" in then.empty
    old = ladder_section(make_diagnosis(), "nl", period="2025-03")
    assert "niet bewaard" in old.how[0]


@pytest.mark.parametrize(
    "choice",
    [
        {"segment": ("region", "west")}, {"segment": ("region", "<east>")}, {"segment": ("region", "mars")},
        {"segment": ("shoe", "north")}, {"period": "2031-01"}, {"period": "2025-04..2025-02"}, {"period": ""},
        {"period": "2025-04.."  "x"},
    ],
)  # fmt: skip
def test_what_may_not_be_shown_is_not_there(d: Diagnosis, choice: dict) -> None:
    """Neither what is hidden nor what does not exist: the two look alike."""
    with pytest.raises(OptionError, match=r"no segment that can be shown|no such period"):
        ladder_section(d, "en", **choice)


def test_periods_with_few_customers_cannot_be_chosen(
    make_diagnosis: MakeDiagnosis, make_ladder: MakeLadder
) -> None:
    d = make_diagnosis(ladder=make_ladder(n_present=np.array([4, 5] + [8000] * 16)))
    assert "2024-07" not in available_filters(d, "en").periods
    with pytest.raises(OptionError):
        ladder_section(d, "en", period="2024-07")
    with pytest.raises(OptionError):
        ladder_section(d, "en", period="2024-07..2024-09")


def test_nothing_but_rounded_figures_leaves_the_page(
    make_diagnosis: MakeDiagnosis, make_ladder: MakeLadder, make_segments: Callable
) -> None:
    """Numbers of people in fives; not even the picture knows more than the table says."""
    plain = make_ladder()
    flows = 1237.7 * plain.shares[:-1, :, None] * plain.transition_matrix
    ladder = make_ladder(
        period_flows=flows, n_present=np.arange(1237, 1255), segments=make_segments(401, 302, 447, 104)
    )
    d, seen = make_diagnosis(ladder=ladder), []
    filters = available_filters(d, "en")
    choices = [{"period": p} for p in filters.periods]
    choices += [{"segment": (a, v)} for a, values in filters.segments.items() for v in values]
    for choice in choices:
        section = ladder_section(d, "en", **choice)
        caption = section.tables[0].caption.replace(",", "")
        seen.append(int(caption.split("about ")[1].split()[0]))
        for row in section.tables[0].rows:
            assert row["share"] == round(row["share"], 3)
            assert row.get("climbed", 0) == int(row.get("climbed", 0))
        for picture in section.pictures:
            assert all(float(n).is_integer() for n in _people(picture.wide) + _people(picture.tall))
    assert len(seen) == 22
    assert all(n % 5 == 0 for n in seen)
    assert all((b - a) % 5 == 0 for a, b in pairwise(seen))


@given(st.integers(0, 400), st.integers(0, 40))
def test_growth_by_a_few_cannot_be_told_from_none_or_more(n: int, growth: int) -> None:
    """Between two periods or two diagnoses: many pairs of numbers look like the pair that is shown."""
    after = n + growth
    alike = [
        [m for m in range(max(x - 5, 0), x + 6) if rounded_people(m) == rounded_people(x)] for x in (n, after)
    ]
    possible = {b - a for a in alike[0] for b in alike[1]}
    assert growth in possible
    assert not possible <= set(range(1, 5))


def _people(svg: str) -> list[str]:
    return [part.split('"')[0] for part in svg.split('data-people="')[1:]]
