"""`verbond canvas kit` writes what Python gives."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from verbond.cli.main import cli
from verbond.errors import OptionError
from verbond.reports.canvas.kit import kit


def pages(made: bytes) -> int:
    return made.count(b"/MediaBox")


def test_the_kit_goes_to_a_file(tmp_path: Path) -> None:
    target = tmp_path / "kit.pdf"
    done = CliRunner().invoke(
        cli, ["canvas", "kit", "--to", str(target), "--language", "nl", "--paper", "a3"]
    )
    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    assert pages(target.read_bytes()) == pages(kit("nl", "a3"))
    assert b"/Lang(nl)" in target.read_bytes()


def test_the_kit_goes_to_stdout() -> None:
    done = CliRunner().invoke(cli, ["canvas", "kit", "--to", "-", "--company", "Zonnewende"])
    assert done.exit_code == 0
    assert done.stdout_bytes.startswith(b"%PDF")


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["canvas", "kit", "--to", str(tmp_path / "no" / "kit.pdf")])
    assert isinstance(done.exception, OptionError)
