"""What every room's tests share."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_BESIDE = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def reference_data() -> Callable[[str], Path]:
    """Path of a public data set by file name; the test is skipped where it is not at hand.

    These files are not part of the project (several are under the GPL). They are looked for in the folder
    that VERBOND_REFERENCE_DATA names, then in `../shared/data`.
    """
    folders = [Path(os.environ["VERBOND_REFERENCE_DATA"])] if "VERBOND_REFERENCE_DATA" in os.environ else []

    def find(name: str) -> Path:
        for folder in (*folders, _BESIDE):
            if (folder / name).exists():
                return folder / name
        pytest.skip(f"needs the public data set {name}; set VERBOND_REFERENCE_DATA to its folder")

    return find


@pytest.fixture(scope="session")
def kept_diagnoses() -> dict[tuple[object, ...], Any]:
    """What `diagnosed_once` has diagnosed so far."""
    return {}


@pytest.fixture
def diagnosed_once(monkeypatch: pytest.MonkeyPatch, kept_diagnoses: dict[tuple[object, ...], Any]) -> None:
    """Commands that differ in what they write find the same: equal tables and options are diagnosed once."""
    import verbond.diagnosis as room

    diagnose = room.diagnose

    def shared(tables: Any, **options: Any) -> Any:
        asked = sorted((name, repr(value)) for name, value in options.items() if name != "progress")
        key = (tables.name, tables.fingerprint, *asked)
        if key not in kept_diagnoses:
            kept_diagnoses[key] = diagnose(tables, **options)
        return kept_diagnoses[key]

    monkeypatch.setattr(room, "diagnose", shared)
