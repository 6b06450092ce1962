"""`verbond report`: the report of a diagnosis that was kept."""

from __future__ import annotations

from pathlib import Path

import click

from verbond.cli.output import language_option, report_folder
from verbond.results import Language

__all__ = ["report"]

_file = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=_file)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the report and its tables.  [default: verbond-report/NAME]",
)
@click.option("--since", type=_file, help="An earlier diagnosis: say what changed since.")
@language_option
def report(file: Path, out: Path | None, since: Path | None, language: Language) -> None:
    """Make the report of a diagnosis again, without computing anything.

    FILE is what `verbond diagnose --save` wrote.

    \b
    Examples:
      verbond report march.verbond --language nl --out report
      verbond report march.verbond --since december.verbond
    """
    from verbond.diagnosis import compare, load_diagnosis
    from verbond.reports import write_report

    diagnosis = load_diagnosis(file)
    if since is not None:
        changes = compare(load_diagnosis(since), diagnosis)
        for reason in (*(f.reason for f in changes.findings), *changes.rests_on):
            click.echo(f"- {reason.sentence(language)}")
    click.echo(f"{write_report(diagnosis, out or report_folder(diagnosis.name), language=language)}")
