"""`verbond simulate`: make a company of which the truth is known."""

from __future__ import annotations

import click

from verbond.cli.output import language_option, progress_on_terminal, rows_output
from verbond.results import Language, Result

__all__ = ["simulate"]


@click.command()
@click.argument("world", required=False)
@click.option(
    "--customers", "n_customers", type=int, help="How many customers; the world's own number otherwise."
)
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same company.")
@click.option("--out", "folder", type=click.Path(file_okay=False), help="Folder to write to: new or empty.")
@click.option(
    "--form", "file_form", type=click.Choice(["parquet", "csv"]), default="parquet", show_default=True,
    help="Form of the files.",
)  # fmt: skip
@click.option(
    "--truth/--no-truth", "with_truth", default=True, help="Write the truth beside the tables (default)."
)
@click.option("--list", "list_worlds", is_flag=True, help="Show the worlds and what each is for.")
@language_option
@rows_output
def simulate(
    world: str | None, n_customers: int | None, seed: int, folder: str | None, file_form: str,
    with_truth: bool, list_worlds: bool, language: Language,
) -> Result:  # fmt: skip
    """Make a company of which the truth is known; every row of it is simulated.

    WORLD is the name of one of the worlds in `verbond simulate --list`.

    \b
    Example:
      verbond simulate zonnewende --seed 1 --out zonnewende/
    """
    from verbond.tables import simulate as simulator

    if list_worlds:
        return simulator.catalogue(language)
    if world is None:
        raise click.UsageError("Missing argument 'WORLD'. Try: verbond simulate --list")
    if folder is None:
        raise click.UsageError("Missing option '--out': the folder to write to.")
    company = simulator.simulate(world, n_customers, seed=seed)
    with progress_on_terminal(language) as progress:
        saved = company.save(folder, file_form, with_truth=with_truth, progress=progress)
    click.echo(f"{company.name} (simulated): nobody in these files exists. Written to {folder}", err=True)
    return saved
