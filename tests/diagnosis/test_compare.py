"""What changed is what was put there, and not more: known truths, and noise that is no change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verbond.diagnosis import Changes, Diagnosis, Finding, compare
from verbond.diagnosis.compare import difference
from verbond.ladder import LadderResult
from verbond.method import RUNGS
from verbond.numerics.intervals import difference_interval
from verbond.results import Estimate, Provenance, Reason
from verbond.survey import ConstructScore
from verbond.tables import TableCheck, TablesCheck

START = np.array([0.30, 0.25, 0.20, 0.12, 0.08, 0.05])
MakeLadder = Callable[..., LadderResult]


@pytest.fixture(scope="module")
def ladder(small_diagnosis: Diagnosis) -> MakeLadder:
    """A ladder whose shares go in a straight line from those of the first period to those of the last."""

    def make(first: str, last: str, start: np.ndarray, end: np.ndarray, half: float = 0.01) -> LadderResult:
        periods = np.arange(first, np.datetime64(last) + 1, dtype="datetime64[M]").astype("datetime64[D]")
        shares = np.linspace(start, end, len(periods))
        assert small_diagnosis.ladder is not None
        return replace(
            small_diagnosis.ladder, anchored=True, n_states=6, periods=periods, blocking_rung=3,
            shares=shares,
            shares_ci_lower=shares - half, shares_ci_upper=shares + half, reasons=(),
            n_present=np.full(len(periods), 4000),
        )  # fmt: skip

    return make


@pytest.fixture(scope="module")
def bare(small_diagnosis: Diagnosis) -> Diagnosis:
    """A diagnosis without anything found."""
    parts = dict.fromkeys(("survey", "values", "trial", "answers", "intentions", "check"))
    return replace(
        small_diagnosis, **parts, findings=(), unsaid=(), provenance=Provenance("mine", "old", seed=0)
    )


def later(d: Diagnosis, **changes: object) -> Diagnosis:
    return replace(d, provenance=Provenance("mine", "new", seed=0), **changes)  # type: ignore[arg-type]


def codes(found: Changes) -> list[str]:
    return [f.reason.code.split(".")[1] for f in found.findings]


def rests(found: Changes) -> list[str]:
    return [r.code.split(".")[1].removeprefix("compare_") for r in found.rests_on]


def sentences(found: Changes) -> Iterator[str]:
    for language in ("en", "nl"):
        for reason in (*(f.reason for f in found.findings), *found.rests_on):
            yield reason.sentence(language)


def test_customers_who_climbed(bare: Diagnosis, ladder: MakeLadder) -> None:
    """Ten in a hundred went from not on the ladder to trust, over three months that are new."""
    end = START + np.array([-0.10, 0, 0, 0.10, 0, 0])
    before = replace(bare, ladder=ladder("2025-01", "2025-12", START, START))
    after = later(bare, ladder=ladder("2025-12", "2026-03", START, end))
    found = compare(before, after)
    assert sorted(codes(found)) == ["share_fell", "share_rose"]
    assert rests(found) == ["one_model"]
    assert {f.tone for f in found.findings} == {"good"}
    values = next(f.reason.values for f in found.findings if f.reason.code.endswith("rose"))
    assert values["difference"] == pytest.approx(10)
    # by hand: halves of .01 give sqrt(2) points; for six at once 2.638 errors, not 1.960 (Bonferroni)
    assert values["high"] - values["difference"] == pytest.approx(np.sqrt(2) * 2.638257 / 1.959964, rel=1e-5)
    text = next(f for f in found.findings if f.reason.code.endswith("rose")).reason.sentence("nl")
    assert "trede 3 (vertrouwen): 12% in december 2025, 22% in maart 2026" in text


def test_noise_is_no_change(bare: Diagnosis, ladder: MakeLadder) -> None:
    end = START + np.array([-0.015, 0, 0, 0.015, 0, 0])
    before = replace(bare, ladder=ladder("2025-01", "2025-12", START, START))
    found = compare(before, later(bare, ladder=ladder("2025-12", "2026-03", START, end)))
    assert codes(found) == ["shares_stayed"]
    values = found.findings[0].reason.values
    assert values["to"] - values["from"] == pytest.approx(-0.015)


def test_fitting_again_is_no_movement(bare: Diagnosis, ladder: MakeLadder) -> None:
    """The new computation puts every period elsewhere, and nobody moved: that is said as what it is."""
    elsewhere = START + np.array([-0.10, 0, 0, 0.10, 0, 0])
    before = replace(bare, ladder=ladder("2025-01", "2025-12", START, START))
    after = later(bare, ladder=ladder("2025-01", "2026-03", elsewhere, elsewhere))
    found = compare(before, after)
    assert codes(found) == ["shares_stayed", "revised_share"]
    assert "not movement of customers" in found.findings[1].reason.sentence("en")
    again = compare(before, later(bare, ladder=ladder("2025-01", "2025-12", elsewhere, elsewhere)))
    assert (codes(again), rests(again)) == (["revised_share"], ["same_period"])


def test_periods_that_the_new_data_do_not_hold(bare: Diagnosis, ladder: MakeLadder) -> None:
    before = replace(bare, ladder=ladder("2024-01", "2024-12", START, START))
    found = compare(before, later(bare, ladder=ladder("2025-06", "2026-03", START[::-1], START[::-1])))
    assert rests(found) == ["apart"]
    assert sorted(codes(found)) == ["share_fell", "share_fell", "share_rose"]  # the three clearest of six


def test_the_same_diagnosis_twice_says_nothing_but_that(bare: Diagnosis, small_diagnosis: Diagnosis) -> None:
    found = compare(small_diagnosis, small_diagnosis)
    assert (found.findings, rests(found), found.same_data) == ((), ["same_data", "same_period"], True)


def test_a_ladder_that_came_and_went(bare: Diagnosis, ladder: MakeLadder) -> None:
    here, gone = replace(bare, ladder=ladder("2025-01", "2025-12", START, START)), replace(bare, ladder=None)
    assert codes(compare(gone, later(here))) == ["ladder_came"]
    assert codes(compare(here, later(gone))) == ["ladder_went"]
    assert here.ladder is not None
    levels = replace(here, ladder=replace(here.ladder, anchored=False))
    assert codes(compare(levels, later(here))) == ["rungs_came"]
    assert codes(compare(here, later(levels))) == ["rungs_went"]


def test_another_rung_blocks(bare: Diagnosis, ladder: MakeLadder) -> None:
    one = ladder("2025-01", "2025-12", START, START)
    found = compare(replace(bare, ladder=one), later(bare, ladder=replace(one, blocking_rung=2)))
    assert codes(found) == ["blocking_moved"]
    assert found.findings[0].reason.values["share"] == pytest.approx(START[1])


def said(code: str, room: str = "ladder", tone: str = "neutral", **values: object) -> Finding:
    return Finding(Reason(f"diagnosis.{code}", values), room, tone, 400)  # type: ignore[arg-type]


def test_conclusions_that_turned_are_new_or_gone(bare: Diagnosis) -> None:
    climbing, falling = {"n": 12, "up": 0.03, "down": 0.02}, {"n": 12, "up": 0.02, "down": 0.03}
    odds = {"ratio": 1.4, "low": 1.1, "high": 1.8}
    old = replace(
        bare, ladder=None,
        findings=(said("more_climbed", **climbing), said("goes_with_up", action="invitation", **odds)),
    )  # fmt: skip
    new = later(
        bare, ladder=None,
        findings=(
            said("goes_with_up", action="letter", **odds), said("more_fell", tone="bad", **falling),
        ),
    )  # fmt: skip
    found = compare(old, new)
    assert codes(found) == ["turned", "new_finding", "gone_finding"]
    assert found.findings[0].tone == "bad"
    assert "letter" in found.findings[1].reason.sentence("en")
    assert "invitation" in found.findings[2].reason.sentence("en")
    assert "gone" in rests(found)


def test_other_figures_of_the_same_finding_are_no_news(bare: Diagnosis) -> None:
    values = {"rung": 1, "name": RUNGS[1].name, "share": 0.32, "low": 0.3, "high": 0.34}
    old = replace(bare, ladder=None, findings=(said("most_on_rung", **values),))
    new = later(bare, ladder=None, findings=(said("most_on_rung", **values | {"share": 0.33}),))
    assert codes(compare(old, new)) == []


def test_verdicts_on_the_order_are_followed_wherever_they_stand(bare: Diagnosis, ladder: MakeLadder) -> None:
    """One that fits the ladder is a finding, one that does not is a doubt."""
    one = ladder("2025-01", "2025-12", START, START)
    good, bad = Reason("ladder.order_undecided", {"n": 300}), Reason("ladder.order_scattered", {"n": 900})
    old = replace(bare, ladder=one, findings=(Finding(good, "ladder", "neutral", 300),))
    new = later(bare, ladder=replace(one, reasons=(bad,)), unsaid=(bad,))
    assert codes(compare(old, new)) == ["turned"]


def test_what_can_and_cannot_be_said(bare: Diagnosis) -> None:
    nobody, short = Reason("diagnosis.no_survey"), Reason("diagnosis.no_behaviour")
    found = compare(replace(bare, ladder=None, unsaid=(nobody,)), later(bare, ladder=None, unsaid=(short,)))
    assert [(f.reason.code.split(".")[1], f.tone) for f in found.findings] == [
        ("unsaid_went", "good"), ("unsaid_came", "caution"),
    ]  # fmt: skip


def test_scores_that_rose(small_diagnosis: Diagnosis, bare: Diagnosis) -> None:
    survey = small_diagnosis.survey
    assert survey is not None

    def asked(trust: float, n: int) -> object:
        scores = {"trust": trust, "experience": 70.0, "commitment": 49.0}
        means = tuple(ConstructScore(c, None, Estimate(m, m - 2, m + 2, n)) for c, m in scores.items())
        return replace(survey, constructs=means, n_respondents=n)

    found = compare(
        replace(bare, ladder=None, survey=asked(58, 612)), later(bare, ladder=None, survey=asked(66, 1003))
    )
    assert codes(found) == ["score_rose", "respondents_changed"]
    assert "from 58 to 66" in found.findings[0].reason.sentence("en")
    assert "about 1,005 people; there were of about 610" in found.findings[1].reason.sentence("en")
    same = compare(
        replace(bare, ladder=None, survey=asked(58, 612)), later(bare, ladder=None, survey=asked(61, 614))
    )
    assert codes(same) == []  # three points within two intervals of two, and two more people


def test_new_events(bare: Diagnosis) -> None:
    def read(n: int, last: dt.date) -> TablesCheck:
        return TablesCheck("mine", False, (TableCheck("events", n, dt.date(2025, 1, 1), last, {}),))

    old = replace(bare, ladder=None, check=read(1000, dt.date(2025, 12, 31)))
    found = compare(old, later(bare, ladder=None, check=read(3345, dt.date(2026, 3, 31))))
    assert [f.reason.sentence("nl") for f in found.findings] == [
        "Er kwamen 2.345 gebeurtenissen bij; de laatste is van 31 maart 2026."
    ]


def test_everything_is_said_in_both_languages(bare: Diagnosis, small_diagnosis: Diagnosis) -> None:
    other = replace(
        bare, ladder=None, provenance=Provenance("yours", "x", version="0.0.1", options={"segments": ["a"]})
    )
    for found in (compare(small_diagnosis, later(other)), compare(other, small_diagnosis)):
        assert found.findings
        assert {"sources", "options"} <= set(rests(found))
        assert all(text and "{" not in text for text in sentences(found))
        assert len(found.to_dicts()) == len(found.findings)
        assert found.to_dict()["findings"][0]["reason"]["sentence"]


def test_the_interval_of_a_difference_of_shares_is_newcombes() -> None:
    """Newcombe (1998), table II, method 10: 9/10 against 3/10 and 5/56 against 0/29."""
    from verbond.numerics import wilson_interval

    def share(x: int, n: int) -> tuple[float, float, float]:
        return (x / n, *wilson_interval(x, n))

    assert difference_interval(share(3, 10), share(9, 10)) == pytest.approx((0.1705, 0.8090), abs=5e-5)
    assert difference_interval(share(0, 29), share(5, 56)) == pytest.approx((-0.0381, 0.1926), abs=5e-5)


estimates = st.builds(
    lambda v, a, b, n: Estimate(v, v - a, v + b, n),
    st.floats(0, 1), st.floats(1e-3, 0.3), st.floats(1e-3, 0.3), st.integers(5, 10_000),
)  # fmt: skip


@given(estimates, estimates, st.integers(1, 20))
def test_differences_hang_together(a: Estimate, b: Estimate, n: int) -> None:
    there, back = difference(a, b, n), difference(b, a, n)
    assert there.value == -back.value  # type: ignore[operator]
    assert (there.ci_lower, there.ci_upper) == pytest.approx((-back.ci_upper, -back.ci_lower))  # type: ignore[operator]
    assert there.ci_lower <= there.value <= there.ci_upper  # type: ignore[operator]
    one = difference(a, b)
    assert there.ci_upper >= one.ci_upper - 1e-12  # type: ignore[operator]


def test_without_an_interval_nothing_is_certain(bare: Diagnosis, ladder: MakeLadder) -> None:
    end = START[::-1]
    found = compare(
        replace(bare, ladder=ladder("2025-01", "2025-12", START, START)),
        later(bare, ladder=ladder("2025-12", "2026-03", START, end, half=np.nan)),
    )
    assert codes(found) == ["shares_stayed"]
