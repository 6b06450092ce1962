"""The guide's examples run, and what it says of the code is so."""

import doctest
from pathlib import Path

from verbond.ladder import LadderResult, answers_needed
from verbond.ladder.model.movement import PSEUDO_MOVES, USUAL_MOVES

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "ladder.md"


def test_examples_run() -> None:
    run = doctest.testfile(str(GUIDE), module_relative=False)
    assert run.attempted >= 8
    assert run.failed == 0


def test_figures_and_fields_are_those_of_the_code() -> None:
    text = GUIDE.read_text("utf-8")
    assert str(answers_needed(6)) in text
    assert f"{PSEUDO_MOVES:.0f} customer-periods" in text
    assert (USUAL_MOVES["month"], USUAL_MOVES["week"], USUAL_MOVES["quarter"]) == (0.10, 0.03, 0.25)
    for field in ("shares_ci_lower", "moved_up", "dwell_periods", "blocking_rung", "n_starts_at_best"):
        assert field in text
        assert field in LadderResult.__slots__
