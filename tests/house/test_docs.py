"""The documents are true: the reference is what the code says, and links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from docs.build import FOLDER, PAGES

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    file
    for file in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")]
    if "node_modules" not in file.parts
)


@pytest.mark.parametrize("name", PAGES)
def test_reference_is_what_the_code_says(name: str) -> None:
    """In a process of its own: click keeps a command's help option as it was first asked for."""
    program = f"import sys; from docs.build import PAGES; sys.stdout.write(PAGES[{name!r}]())"
    said = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", program],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert (FOLDER / name).read_text("utf-8") == said.stdout, "run `make docs`"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text("utf-8")
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) + re.findall(r'src="([^"]+)"', text)
    missing = [link for link in links if "://" not in link and not (document.parent / link).exists()]
    assert not missing


def test_targets_in_the_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {
        target for file in DOCUMENTS for target in re.findall(r"`make ([a-z-]+)", file.read_text("utf-8"))
    }
    assert named <= targets


def test_extras_in_the_errors_exist() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    named = {
        extra
        for file in (ROOT / "src").rglob("*.py")
        for extra in re.findall(r'extra="([a-z-]+)"', file.read_text("utf-8"))
    }
    assert named <= set(extras)
