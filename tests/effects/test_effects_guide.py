"""The guide's examples run."""

import doctest
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "effects.md"


def test_the_examples_give_what_the_guide_shows():
    done = doctest.testfile(str(GUIDE), module_relative=False, encoding="utf-8")
    assert done.attempted >= 8
    assert done.failed == 0
