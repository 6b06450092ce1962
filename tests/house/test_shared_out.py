"""Processes that share the tests leave each file to one of them, so that nothing is made twice."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

FILES, TESTS = 3, 4


def test_a_file_stays_in_one_process(tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    tests = "".join(f"def test_{k}(): pass\n" for k in range(TESTS))
    for n in range(FILES):
        (tmp_path / f"test_file_{n}.py").write_text(tests)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-n", "2", "-v", "-p", "tests.conftest", "-p", "no:django"]
    root = Path(__file__).parents[2]
    ran = subprocess.run(
        [*command, "-p", "no:cacheprovider", f"--rootdir={tmp_path}", "-c", "pytest.ini", "."],
        cwd=tmp_path, env={"PYTHONPATH": str(root)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found = set(re.findall(r"\[(gw\d)\].*PASSED (test_file_\d)", ran.stdout))
    assert len(found) == FILES, found
    assert len({worker for worker, _ in found}) == 2
