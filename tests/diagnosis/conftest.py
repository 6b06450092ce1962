"""One small diagnosis, made once."""

from __future__ import annotations

import pytest

from verbond.diagnosis import Diagnosis, diagnose
from verbond.ladder import Ladder
from verbond.tables import Tables
from verbond.tables.simulate import simulate

QUICK = {"n_starts": 1, "n_classes": 1, "feedback": False, "amounts": "none", "gone": False}


@pytest.fixture(scope="session")
def small_tables() -> Tables:
    """Four hundred customers of the demo company, some of whom answered."""
    return simulate("zonnewende", 400, seed=3).open()


@pytest.fixture(scope="session")
def small_diagnosis(small_tables: Tables) -> Diagnosis:
    """Its diagnosis, with a ladder that leaves nothing to the data to choose."""
    ladder = Ladder(segments=("region", "product"), class_movement=False, **QUICK)  # type: ignore[arg-type]
    return diagnose(small_tables, ladder=ladder)
