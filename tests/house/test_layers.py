"""The house keeps its layers, and each rule turns red when it is broken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PLANTED = {
    "A room imports only rooms below it": ("tables/planted.py", "import verbond.diagnosis\n"),
    "Sibling methods speak through tables and never import one another": (
        "ladder/planted.py",
        "import verbond.survey\n",
    ),
    "Only tables knows the engines": ("survey/planted.py", "import duckdb\n"),
    "Kernels take arrays and know no data frame": ("ladder/kernel.py", "import narwhals\n"),
    "Django lives on the top floor only": ("reports/planted.py", "import django\n"),
}
"""Contract: the file that breaks it, and the line that it gets."""


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the package in `folder`/src with the project's own contracts."""
    program = "from importlinter.cli import lint_imports_command as lint; lint()"
    return subprocess.run(
        [sys.executable, "-c", program, "--config", str(ROOT / "pyproject.toml"), "--no-cache"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder / "src"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copied_house(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__", "*.sql", "*.toml", "*.html", "*.css")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=ignored)
    return tmp_path


def test_every_contract_has_a_planted_violation() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert {c["name"] for c in config["tool"]["importlinter"]["contracts"]} == set(PLANTED)


def test_house_keeps_its_contracts() -> None:
    run = lint_imports(ROOT)
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"{len(PLANTED)} kept, 0 broken" in run.stdout


@pytest.mark.parametrize("contract", PLANTED)
def test_contract_turns_red(contract: str, copied_house: Path) -> None:
    place, line = PLANTED[contract]
    file = copied_house / "src/verbond" / place
    file.write_text(line + (file.read_text("utf-8") if file.exists() else ""), "utf-8")
    run = lint_imports(copied_house)
    assert run.returncode == 1, run.stdout + run.stderr
    assert f"{contract} BROKEN" in run.stdout
