"""`verbond ladder`: fit the ladder, and score customers."""

from __future__ import annotations

from typing import Any

import click

from verbond.cli.output import engine_option, language_option, progress_on_terminal, rows_output

__all__ = ["ladder"]


@click.group()
def ladder() -> None:
    """Who stands on which rung, and what moves them.

    \b
    Example:
      verbond ladder fit demo --json
    """


_source = click.argument("source")
_states = click.option(
    "--states", default=6, show_default=True, help="Number of states; six are the rungs 0 to 5."
)
_period = click.option(
    "--period", type=click.Choice(["month", "week", "quarter"]), default="month", show_default=True,
    help="Length of a step in time.",
)  # fmt: skip
_starts = click.option(
    "--starts", default=10, show_default=True, help="Starts of the fit, each a little off."
)
_classes = click.option(
    "--classes", type=click.IntRange(1, 4), default=None,
    help="Baseline classes for lasting differences between people; chosen by the data when not given.",
)  # fmt: skip
_seed = click.option("--seed", default=0, show_default=True, help="Of everything random.")


@ladder.command()
@_source
@_states
@_period
@_starts
@_classes
@_seed
@click.option(
    "--segment", "segments", multiple=True, help="Customer attribute to break out; may be given again."
)
@engine_option
@language_option
@rows_output
def fit(source: str, segments: tuple[str, ...], engine: str, language: str, **options: Any) -> Any:
    """Fit the ladder to SOURCE: a folder of tables, demo or complete-journey.

    The survey is scored first where there are answers. The table is the share of customers on each rung per
    period, with intervals; --json gives everything.

    \b
    Example:
      verbond ladder fit demo --json
    """
    with progress_on_terminal(language) as progress:
        _, result = _fit(source, engine, progress, segments=segments, **options)
    for reason in result.reasons:
        click.echo(reason.sentence(language), err=True)
    return result


@ladder.command()
@_source
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False), help="File to write: .csv or .parquet."
)
@click.option(
    "--kind", type=click.Choice(["smoothed", "filtered"]), default="smoothed", show_default=True,
    help="Given everything known of a customer, or only what was known by then.",
)  # fmt: skip
@_states
@_period
@_starts
@_classes
@_seed
@engine_option
@language_option
def score(source: str, out: str, kind: str, engine: str, language: str, **options: Any) -> None:
    """Fit the ladder to SOURCE and write the probability of each rung per customer and period.

    \b
    Example:
      verbond ladder score demo --out rungs.csv
    """
    from verbond.tables import check_writable

    check_writable(out)
    with progress_on_terminal(language) as progress:
        tables, result = _fit(source, engine, progress, uncertainty=False, **options)
    for reason in result.reasons:
        click.echo(reason.sentence(language), err=True)
    result.score(tables, kind).write(out)  # type: ignore[arg-type]


def _fit(source: str, engine: str, progress: Any, *, states: int, classes: int | None, **options: Any) -> Any:
    """Tables with scores, and the fitted ladder."""
    from verbond.ladder import Ladder
    from verbond.survey import Survey
    from verbond.tables import open_tables

    tables = open_tables(source, engine=engine)
    if "responses" in tables and "scores" not in tables:
        scores = Survey().fit(tables, progress=progress).scores
        if len(scores["respondent_id"]):
            tables = tables.add("scores", scores)
    options["n_starts"] = options.pop("starts")
    uncertainty = options.pop("uncertainty", True)
    model = Ladder(n_states=states, n_classes=classes, **options)
    return tables, model.fit(tables, progress=progress, uncertainty=uncertainty)
