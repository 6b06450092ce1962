"""`verbond effects winning` and `verbond effects channel`: who was won by what, and what channels do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

from verbond.cli.output import engine_option, language_option, rows_output
from verbond.results import Language, Reason, Result

__all__ = ["channel", "winning"]


@click.command()
@click.argument("source")
@click.option(
    "--days", type=click.IntRange(1), default=30, show_default=True,
    help="An action counts that reached somebody at most so many days before her first purchase.",
)  # fmt: skip
@click.option(
    "--months", default="3,6,12", show_default=True, help="How many months after the first purchase to look."
)
@click.option("--by", help="An attribute of customers that says what won them, in place of that.")
@click.option("--rungs", is_flag=True, help="Work out on which rung they stand too; that takes longer.")
@engine_option
@language_option
@rows_output
def winning(
    source: str, days: int, months: str, by: str | None, rungs: bool, engine: str, language: Language
) -> Result:
    """Who was won by what, what that cost, and what is left of it some months later.

    SOURCE is a folder of tables with events, "demo" or "complete-journey". Actions need an aim (win) or be of
    the kind discount; their cost is told where it is known.

    \b
    Example:
      verbond effects winning demo --json
    """
    from verbond.cli.sources import opened_for_groups
    from verbond.effects import Winning

    method = Winning(days, _numbers(months), by)
    with opened_for_groups(source, engine, by=("rung",) if rungs else ()) as tables:
        result = method.fit(tables)
    _say((result.headline, *result.reasons), language)
    return result


@click.command()
@click.argument("source")
@click.option(
    "--action", "actions", multiple=True,
    help="A kind of action, or an action; more than once for several. Without it: forced_channel and "
    "personal_contact.",
)  # fmt: skip
@engine_option
@language_option
@rows_output
def channel(source: str, actions: Sequence[str], engine: str, language: Language) -> Result:
    """What forced channels and personal contact do: complaints, contacts, purchases, leaving, trust and type.

    SOURCE is a folder of tables with events, actions and exposures, or "demo". Where people answered, their
    answers are scored first.

    \b
    Example:
      verbond effects channel demo --json
    """
    from verbond.cli.sources import opened_for_groups
    from verbond.effects import ChannelEffect

    method = ChannelEffect(actions) if actions else ChannelEffect()
    with opened_for_groups(source, engine) as tables:
        result = method.fit(tables)
    for one in result.channels:
        _say((one.headline, *one.reasons), language)
    _say(result.reasons, language)
    return result


def _say(reasons: Iterable[Reason | None], language: Language) -> None:
    for reason in reasons:
        if reason is not None:
            click.echo(reason.sentence(language), err=True)


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(sorted({int(one) for one in text.split(",")}))
    except ValueError:
        raise click.BadParameter(f"{text!r} are no whole numbers", param_hint="--months") from None
