"""`verbond effects past`: what an action of the past did to those whom it reached."""

from __future__ import annotations

import click

from verbond.cli.output import engine_option, language_option, rows_output
from verbond.results import Language, Result

__all__ = ["past"]


@click.command()
@click.argument("source")
@click.option("--action", required=True, help="An action, or a kind of action.")
@click.option(
    "--outcome",
    type=click.Choice([
        "purchases", "revenue", "margin", "discounted", "complaints", "contacts", "referrals",
        "contributions", "stays",
    ]),
    default="purchases", show_default=True,
    help="Per customer and month: days with a purchase, money and so on; shares on discount or staying.",
)  # fmt: skip
@click.option(
    "--comparison", type=click.Choice(["not_yet", "never"]), default="not_yet", show_default=True,
    help="Beside customers whom it had not reached yet, or whom it never reached.",
)  # fmt: skip
@click.option(
    "--margin",
    type=click.FloatRange(0, min_open=True),
    help="The largest difference that makes no difference.",
)
@click.option(
    "--only", metavar="BY=VALUE",
    help="Only customers of a group: tenure=new, tenure=established, type=meaning, rung=3, or an attribute.",
)  # fmt: skip
@click.option("--cluster", help="An attribute such as shop by which customers were reached: few of those.")
@engine_option
@language_option
@rows_output
def past(
    source: str,
    action: str,
    outcome: str,
    comparison: str,
    margin: float | None,
    only: str | None,
    cluster: str | None,
    engine: str,
    language: Language,
) -> Result:
    """Read an action of the past: those whom it reached beside those whom it had not reached.

    SOURCE is a folder of tables with events, actions and exposures, "demo" or "complete-journey". Short is
    the month in which it reached somebody and the two after it, long is 6 to 12 months later.

    \b
    Example:
      verbond effects past demo --action bf-2024 --outcome complaints --json
      verbond effects past demo --action bf-2024 --outcome revenue --only tenure=new
    """
    from verbond.effects import PastAction
    from verbond.tables import open_tables

    group = None if only is None else tuple(only.split("=", 1))
    options = {"comparison": comparison, "margin": margin, "only": group, "cluster": cluster}
    with open_tables(source, engine=engine) as tables:
        result = PastAction(action, outcome, **options).fit(tables)  # type: ignore[arg-type]
    others = [one.headline for one in result.effects if one.headline not in (None, result.headline)]
    for reason in (result.headline, *others, *result.reasons):
        click.echo(reason.sentence(language), err=True)  # type: ignore[union-attr]
    return result
