"""What every room's tests share."""

import os
from collections.abc import Callable
from pathlib import Path

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
