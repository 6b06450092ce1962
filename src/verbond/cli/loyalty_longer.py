"""`verbond loyalty conscious` and `longer`: consuming consciously, and whether that costs growth."""

from __future__ import annotations

from pathlib import Path

import click

from verbond.cli.output import engine_option, language_option, progress_on_terminal, rows_output, say_found
from verbond.cli.sources import opened_for_groups
from verbond.results import Language, Result

__all__ = ["conscious", "longer"]


@click.command()
@click.argument("source")
@click.option(
    "--conscious", "marks", multiple=True, metavar="[NAME:]COLUMN=VALUE,...",
    help="What is a sign of it: a category, product or channel of purchases; may repeat.",
)  # fmt: skip
@click.option(
    "--signs", "signs_file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The same as a TOML file: [name], column = [values].",
)  # fmt: skip
@click.option("--by", multiple=True, help="Groups: an attribute of customers, rung or type; may repeat.")
@engine_option
@language_option
@rows_output
def conscious(
    source: str, marks: tuple[str, ...], signs_file: Path | None, by: tuple[str, ...], engine: str,
    language: Language,
) -> Result:  # fmt: skip
    """Read conscious consumption from purchases: on discount, sent back, and signs that you name.

    SOURCE is a folder of tables, "demo" or "complete-journey". What people said of it stands beside it where
    scores are there.

    \b
    Example:
      verbond loyalty conscious demo --conscious "saving energy:category=isolatie,zon" --by region --json
    """
    from verbond.loyalty.conscious import Conscious, read_signs, signs_of

    signs = (read_signs(signs_file) if signs_file is not None else {}) | signs_of(marks)
    with progress_on_terminal(language) as progress, opened_for_groups(source, engine) as tables:
        result = Conscious(signs, by=by).fit(tables, progress)
    say_found(result, language)
    return result


@click.command()
@click.argument("source")
@click.option(
    "--alike", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.1, show_default=True,
    help="At most this share less counts as buying as much; at most this share longer as not longer.",
)  # fmt: skip
@engine_option
@language_option
@rows_output
def longer(source: str, alike: float, engine: str, language: Language) -> Result:
    """Less but longer? What customers buy a year beside how long they stay, meaning against market.

    SOURCE is a folder of tables with scores of relationship type (see `verbond survey`), "demo" or
    "complete-journey".

    \b
    Example:
      verbond loyalty longer my-company/ --json
    """
    from verbond.loyalty.longer import Longer

    with progress_on_terminal(language) as progress, opened_for_groups(source, engine) as tables:
        result = Longer(alike).fit(tables, progress)
    say_found(result, language)
    return result
