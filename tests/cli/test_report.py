"""`verbond diagnose --save` and `verbond report`: the same report again, and what changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from verbond.cli.main import cli
from verbond.errors import DataError, NotFoundError, OptionError


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], catch_exceptions=False)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Purchases of one month: too little for a ladder, so that a diagnosis of it is quick."""
    folder = tmp_path_factory.mktemp("data")
    rows = "".join(f"c{i},2026-01-{1 + i % 28:02d},purchase\n" for i in range(40))
    (folder / "events.csv").write_text("customer_id,occurred_at,kind\n" + rows)
    return folder


@pytest.fixture(scope="module")
def saved(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("saved") / "march.verbond"
    result = run("diagnose", data, "--save", file, "--out", file.parent / "first", "--language", "nl")
    assert result.exit_code == 0
    return file


def test_the_report_again_is_the_same(saved: Path, tmp_path: Path) -> None:
    result = run("report", saved, "--language", "nl", "--out", tmp_path)
    assert result.stdout == f"{tmp_path / 'report.html'}\n"
    first = saved.parent / "first"
    files = sorted(f.relative_to(first) for f in first.rglob("*") if f.is_file())
    assert len(files) > 3
    for file in files:
        assert (tmp_path / file).read_bytes() == (first / file).read_bytes()


def test_what_changed_is_said(saved: Path, tmp_path: Path) -> None:
    result = run("report", saved, "--since", saved, "--out", tmp_path, "--language", "nl")
    assert result.stdout.splitlines()[0].startswith("- Beide diagnoses komen uit dezelfde gegevens")


def test_a_folder_that_is_not_there_stops_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="the folder is not there"):
        run("diagnose", tmp_path, "--save", tmp_path / "none" / "a.verbond")


def test_other_files_are_refused(data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.verbond"
    other.write_bytes((data / "events.csv").read_bytes())
    with pytest.raises(DataError, match=r"other\.verbond is not a diagnosis"):
        run("report", other, "--out", tmp_path)
    with pytest.raises(NotFoundError, match="verbond diagnose --save makes one"):
        run("report", tmp_path / "none.verbond")


@pytest.mark.parametrize("form", ["html", "pdf", "board", "pptx", "xlsx", "md"])
def test_a_report_goes_out_in_every_form(saved: Path, tmp_path: Path, form: str) -> None:
    (tmp_path / "brand.toml").write_text('colour = "#123456"\nname = "Another name"\n')
    out = tmp_path / f"report.{form}"
    options = ("--format", form, "--language", "nl", "--brand", tmp_path / "brand.toml", "--out", out)
    result = run("report", saved, *options)
    assert result.stdout.strip() == str(out)
    assert out.stat().st_size > 1000
