"""The guide's examples run, and it names every world."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

from verbond.tables.simulate import WORLDS

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "simulate.md"


def test_the_examples_give_what_the_guide_shows() -> None:
    done = doctest.testfile(str(GUIDE), module_relative=False)
    assert done.attempted >= 8
    assert done.failed == 0


def test_the_guide_has_a_row_a_world() -> None:
    table = GUIDE.read_text("utf-8").partition("## The worlds")[2].partition("## In Python")[0]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == list(WORLDS)
