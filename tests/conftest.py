"""What every room's tests share."""

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

collect_ignore_glob = ["reference/*.py", "*conftest.py"]
"""Scripts that made what is stored there want packages that the tests do not; and several modules of one name
cannot be searched for doctests."""

_BESIDE = Path(__file__).parents[2] / "shared" / "data"
_TESTS = Path(__file__).parent
_TOGETHER = ("ladder", "web/browser")
"""Folders whose files stay in one process: they share what is fitted, or a browser and its servers."""

# Examples are the same in every run and on every machine, in whatever process a test lands: no clock, no
# lots, nothing of modules that tests before it imported. `--hypothesis-profile default` looks for more.
settings.register_profile(
    "same", deadline=None, derandomize=True, database=None, print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
settings.load_profile("same")
providers._get_local_constants = lambda: providers._local_constants

# Spark under test lives for a minute: what its Java compiles thoroughly never pays itself back
os.environ.setdefault("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Where processes share the tests: a file stays together, a folder, all files that start Spark.

    The largest first. xdist's own grouping by marker does nothing under pytest 9.2, which no longer reads the
    name that xdist gives a test.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByCompany(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _company_of(nodeid.partition("::")[0])

    return ByCompany(config, log)


@cache
def _company_of(file: str) -> str:
    here = file.removeprefix("tests/")
    for folder in _TOGETHER:
        if here.startswith(f"{folder}/"):
            return folder
    path = _TESTS.parent / file
    starts_spark = here != file and path.is_file() and "mark.spark" in path.read_text("utf-8")
    return "spark" if starts_spark else file


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
