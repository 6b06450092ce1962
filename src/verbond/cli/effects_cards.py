"""`verbond effects card`: what an action did, short and long side by side."""

from __future__ import annotations

from collections.abc import Sequence

import click

from verbond.cli.output import engine_option, language_option, rows_output
from verbond.results import Language, Result

__all__ = ["card"]


@click.command()
@click.argument("source")
@click.option(
    "--action", "actions", multiple=True,
    help="An action, or a kind of action; may repeat. Without it every kind, and the costliest campaigns.",
)  # fmt: skip
@engine_option
@language_option
@rows_output
def card(source: str, actions: Sequence[str], engine: str, language: Language) -> Result:
    """The card of an action: what it sold and what it did to the relationship, at once and later.

    SOURCE is a folder of tables with events, actions and exposures, or "demo". Where people answered, their
    answers are scored first, so that kinds of relationship can be told apart.

    \b
    Example:
      verbond effects card demo --action bf-2025 --json
    """
    from verbond.cli.sources import opened_for_groups
    from verbond.effects import ActionCards

    with opened_for_groups(source, engine, by=("type",)) as tables:
        result = ActionCards(tuple(actions)).fit(tables)
    for one in result.cards:
        click.echo(one.headline.sentence(language), err=True)
    for reason in result.reasons:
        click.echo(reason.sentence(language), err=True)
    return result
