"""`verbond report`: what was found, in the form in which one forwards it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from verbond.cli.output import language_option, progress_on_terminal, report_folder
from verbond.results import Language

if TYPE_CHECKING:
    from verbond.diagnosis import Diagnosis

__all__ = ["report"]

_file = click.Path(dir_okay=False, path_type=Path)
_FORMS = ("folder", "html", "pdf", "board", "pptx", "xlsx", "md")


@click.command()
@click.argument("source")
@click.option(
    "--format", "form", type=click.Choice(_FORMS), default="folder", show_default=True,
    help="A folder with page and tables, or one file: a page, a PDF (PDF/UA), one A4 for the board, slides, "
    "a workbook, Markdown.",
)  # fmt: skip
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder or file to write.  [default: verbond-report/NAME, with the form's ending]",
)
@click.option("--brand", type=_file, help="TOML file with colour, accent, logo and name.")
@click.option("--since", type=_file, help="An earlier diagnosis: say what changed since.")
@language_option
def report(
    source: str, form: str, out: Path | None, brand: Path | None, since: Path | None, language: Language
) -> None:
    """The report of a diagnosis, in the form that is asked.

    SOURCE is what `verbond diagnose --save` wrote, and then nothing is computed again; or what
    `verbond diagnose` takes.

    \b
    Examples:
      verbond report march.verbond --language nl --out report
      verbond report march.verbond --format board --brand brand.toml
      verbond report my-data --format pdf --language nl
      verbond report march.verbond --since december.verbond
    """
    from verbond.diagnosis import compare, load_diagnosis
    from verbond.reports import write_report
    from verbond.reports.brand import read_brand
    from verbond.reports.writing import ENDINGS, write_as

    worn = read_brand(brand) if brand is not None else None
    diagnosis = _diagnosis_of(source, language)
    if since is not None:
        changes = compare(load_diagnosis(since), diagnosis)
        for reason in (*(f.reason for f in changes.findings), *changes.rests_on):
            click.echo(f"- {reason.sentence(language)}")
    folder = report_folder(diagnosis.name)
    if form == "folder":
        click.echo(f"{write_report(diagnosis, out or folder, language=language)}")
        return
    place = out or folder.with_name(f"{folder.name}{'-board' if form == 'board' else ''}.{ENDINGS[form]}")
    if out is None:
        place.parent.mkdir(parents=True, exist_ok=True)
    click.echo(f"{write_as(diagnosis, place, format=form, language=language, brand=worn)}")


def _diagnosis_of(source: str, language: Language) -> Diagnosis:
    """A kept diagnosis, or a new one of data."""
    from verbond.diagnosis import diagnose, load_diagnosis, promise_beside
    from verbond.tables import open_tables

    if source.endswith(".verbond") or (Path(source).is_file() and _is_kept(Path(source))):
        return load_diagnosis(source)
    with progress_on_terminal(language) as progress:
        return diagnose(open_tables(source), promise=promise_beside(source), progress=progress)


def _is_kept(path: Path) -> bool:
    """Whether a file of another name is a kept diagnosis: a packed one begins as a zip does."""
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04" and path.suffix not in (".xlsx", ".zip")
