"""`verbond effects targeted`: what an action did to the customers it was aimed at."""

from __future__ import annotations

from typing import Any

import click

from verbond.cli.output import engine_option, language_option, rows_output
from verbond.results import Language, Result

__all__ = ["targeted"]


@click.command()
@click.argument("source")
@click.option("--action", required=True, help="An action, or a kind of action of which there is one.")
@click.option(
    "--outcome", default="purchases", show_default=True,
    type=click.Choice(["purchases", "revenue", "complaints", "referrals", "contributions"]),
    help="Per customer and month: days with a purchase, money, and how many of the others.",
)  # fmt: skip
@click.option(
    "--attributes/--no-attributes", default=True, show_default=True,
    help="Compare by what the list of customers says of them too; right only if it was known before.",
)  # fmt: skip
@click.option(
    "--margin",
    type=click.FloatRange(0, min_open=True),
    help="The largest difference that makes no difference.",
)
@engine_option
@language_option
@rows_output
def targeted(source: str, engine: str, language: Language, **options: Any) -> Result:
    """Compare those an action was aimed at with others who looked like them before.

    SOURCE is a folder of tables with events, actions and exposures, "demo" or "complete-journey". Use it
    where the company chose whom to reach by what it knew, all about the same time.

    \b
    Example:
      verbond effects targeted complete-journey --action 8 --outcome revenue --json
    """
    from verbond.effects import TargetedAction
    from verbond.tables import open_tables

    with open_tables(source, engine=engine) as tables:
        result = TargetedAction(**options).fit(tables)
    others = [one.headline for one in result.effects if one.headline not in (None, result.headline)]
    for reason in (result.headline, *others, *result.reasons):
        click.echo(reason.sentence(language), err=True)  # type: ignore[union-attr]
    return result
