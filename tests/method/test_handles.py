"""The handles serve every rung, and say what is known, contrary findings included."""

from __future__ import annotations

import re

import pytest

from verbond.errors import OptionError
from verbond.method import HANDLES, Handle, handle, handles_for

N_STEPS = 3
EACH = pytest.mark.parametrize("one", HANDLES, ids=lambda one: one.id)


def test_ids_are_unique_and_found() -> None:
    assert len({one.id for one in HANDLES}) == len(HANDLES) >= 14
    assert all(handle(one.id) is one for one in HANDLES)


@pytest.mark.parametrize("rung", range(6))
def test_every_rung_has_enough_handles_for_three_steps(rung: int) -> None:
    serving = handles_for(rung)
    assert len(serving) >= N_STEPS
    assert all(rung in one.rungs for one in serving)
    efforts = [("small", "medium", "large").index(one.effort) for one in serving]
    assert efforts == sorted(efforts)
    assert efforts[0] == 0


@EACH
def test_rungs_and_effort_are_known(one: Handle) -> None:
    assert one.rungs == tuple(sorted(set(one.rungs)))
    assert set(one.rungs) <= set(range(6))
    assert one.rungs
    assert one.effort in ("small", "medium", "large")


@EACH
def test_evidence_names_a_source_or_says_that_there_is_none(one: Handle) -> None:
    assert re.search(r"\b(19|20)\d\d\b|Pine & Gilmore|Harald Pol", one.evidence.en)
    assert re.search(r"[Aa]gainst|no experiment|no study|not experiments|Surveys", one.evidence.en)


@EACH
def test_evidence_has_the_same_figures_in_both_languages(one: Handle) -> None:
    english = re.sub(r"(?<=\d),(?=\d{3})", "", one.evidence.en)
    dutch = re.sub(r"\b0,(?=\d)", ".", re.sub(r"(?<=\d)\.(?=\d{3})", "", one.evidence.nl))
    assert sorted(re.findall(r"\.?\d+", english)) == sorted(re.findall(r"\.?\d+", dutch))


@EACH
def test_first_step_can_be_done_tomorrow(one: Handle) -> None:
    """A step that a person can do: a few sentences, with an amount or a moment in it."""
    amount = r"\d|\b(one|two|three|five|ten|twenty|fifty|half|hundred|hour|today|same day|month|place)\b"
    assert re.search(amount, one.first_step.en)
    assert len(one.first_step.en.split()) <= 60


@pytest.mark.parametrize("wrong", [-1, 6])
def test_unknown_rung_is_named(wrong: int) -> None:
    with pytest.raises(OptionError, match=f"unknown rung: found {wrong}"):
        handles_for(wrong)


def test_unknown_handle_is_named() -> None:
    with pytest.raises(OptionError, match="unknown handle: found 'magic'"):
        handle("magic")
