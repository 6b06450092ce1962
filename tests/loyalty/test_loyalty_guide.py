"""The guide's examples run."""

import doctest
import json
from itertools import pairwise
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "loyalty.md"
REFERENCE = Path(__file__).parents[1] / "reference"


def test_the_examples_give_what_the_guide_shows():
    made = json.loads((REFERENCE / "btyd.json").read_text(encoding="utf-8"))["observed_cumulative"]
    given = {
        "cdnow_file": REFERENCE / "lifetimes_cdnow.csv",
        "cdnow_weeks": [later - before for before, later in pairwise([0, *made])],
    }
    done = doctest.testfile(str(GUIDE), module_relative=False, encoding="utf-8", globs=given)
    assert done.attempted >= 8
    assert done.failed == 0
