"""`verbond loyalty referrals`: what customers buy, beside what those buy whom they brought."""

from __future__ import annotations

import datetime as dt
from typing import Any

import click

from verbond.cli.output import engine_option, language_option, progress_on_terminal, rows_output, say_found
from verbond.cli.sources import opened_for_groups
from verbond.results import Language, Result

__all__ = ["referrals"]

_DAY = click.DateTime(["%Y-%m-%d"])
_SHARE = click.FloatRange(0, 1)
_MONEY = click.FloatRange(0)


@click.command()
@click.argument("source")
@click.option("--by", multiple=True, help="Groups: an attribute of customers, rung or type; may repeat.")
@click.option("--from", "start", type=_DAY, help="First day of the purchases that count.")
@click.option("--to", "last", type=_DAY, help="Last day of the purchases that count.")
@click.option(
    "--worth", type=click.Choice(["margin", "revenue"]),
    help="What a purchase is worth; by default margin where it is recorded, else revenue.",
)  # fmt: skip
@click.option(
    "--would-have-come", type=_SHARE, default=0.0, show_default=True,
    help="Share of those brought in who would have come anyway.",
)  # fmt: skip
@click.option(
    "--acquisition-cost", type=_MONEY, default=0.0, show_default=True,
    help="What winning a customer costs otherwise, less what a referral costs.",
)  # fmt: skip
@click.option(
    "--chain-share", type=_SHARE, default=0.0, show_default=True,
    help="What a bringer who was brought in passes on to who brought them.",
)  # fmt: skip
@click.option(
    "--discount-rate", type=_MONEY, default=0.0, show_default=True,
    help="A year: later money counts for less.",
)  # fmt: skip
@click.option(
    "--late-days", type=click.IntRange(min=0), default=31, show_default=True,
    help="So long after somebody came a referral may be recorded.",
)  # fmt: skip
@click.option("--purchase-threshold", type=_MONEY, help="Buys much: from here on (default: the median).")
@click.option("--referral-threshold", type=_MONEY, help="Brings in much: from here on (default: the median).")
@engine_option
@language_option
@rows_output
def referrals(source: str, start: Any, last: Any, engine: str, language: Language, **options: Any) -> Result:
    """Set what customers buy beside what they bring in.

    SOURCE is a folder of tables, or "demo". What somebody brings in is what those buy whom they brought;
    referrals must name who that is. Without dates: the last twelve complete months.

    \b
    Example:
      verbond loyalty referrals demo --by region --would-have-come 0.5 --json
    """
    from verbond.errors import OptionError
    from verbond.loyalty import ReferralValue

    if (start is None) != (last is None):
        raise OptionError("a period needs both ends", expected="--from and --to")
    days = None if start is None else (start.date(), last.date() + dt.timedelta(days=1))
    model = ReferralValue(days, **options)
    by = options["by"]
    with progress_on_terminal(language) as progress, opened_for_groups(source, engine, by=by) as tables:
        result = model.fit(tables, progress)
    say_found(result, language)
    return result
