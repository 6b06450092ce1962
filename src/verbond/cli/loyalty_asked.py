"""`verbond loyalty hidden` and `reactivity`: what lies behind answers, and what asking itself does."""

from __future__ import annotations

import click

from verbond.cli.output import engine_option, language_option, progress_on_terminal, rows_output, say_found
from verbond.cli.sources import opened_for_groups
from verbond.results import Language, Result

__all__ = ["hidden", "reactivity"]


@click.command()
@click.argument("source")
@click.option(
    "--horizon-days", type=click.IntRange(min=1), default=180, show_default=True,
    help="How long after an answer leaving counts.",
)  # fmt: skip
@click.option(
    "--satisfied-from", type=click.FloatRange(0, 100), default=60.0, show_default=True,
    help="Who is satisfied: the mean answer, with 0 and 100 the ends of the answer scale.",
)  # fmt: skip
@click.option(
    "--attractive-from", type=click.FloatRange(0, 100), default=50.0, show_default=True,
    help="Whom alternatives attract, on the same scale.",
)  # fmt: skip
@engine_option
@language_option
@rows_output
def hidden(
    source: str, horizon_days: int, satisfied_from: float, attractive_from: float, engine: str,
    language: Language,
) -> Result:  # fmt: skip
    """Find the customers whom satisfaction hides, and those whom it underrates.

    SOURCE is a folder of tables, or "demo".

    \b
    Example:
      verbond loyalty hidden demo --json
    """
    from verbond.loyalty import Hidden

    with progress_on_terminal(language) as progress, opened_for_groups(source, engine) as tables:
        result = Hidden(horizon_days, satisfied_from, attractive_from).fit(tables, progress)
    say_found(result, language)
    return result


@click.command()
@click.argument("source")
@click.option(
    "--control", metavar="ATTRIBUTE=VALUE",
    help="Customers who were left unasked by lot, by an attribute of customers.",
)  # fmt: skip
@click.option("--wave", help="Which round of asking; by default the last that is followed long enough.")
@click.option(
    "--horizon-days", type=click.IntRange(min=1), default=180, show_default=True,
    help="How long behaviour counts after asking began, and before it.",
)  # fmt: skip
@engine_option
@language_option
@rows_output
def reactivity(
    source: str, control: str | None, wave: str | None, horizon_days: int, engine: str, language: Language
) -> Result:
    """Set customers who were asked beside those who were not.

    With --control the difference is an effect of being chosen to be asked; without it, association.

    SOURCE is a folder of tables, or "demo".

    \b
    Example:
      verbond loyalty reactivity demo --json
    """
    from verbond.errors import OptionError
    from verbond.loyalty import Reactivity
    from verbond.tables import open_tables

    attribute, is_pair, value = (control or "").partition("=")
    if control is not None and not (attribute and is_pair):
        raise OptionError("--control is no pair", got=control, expected="ATTRIBUTE=VALUE")
    method = Reactivity(horizon_days, (attribute, value) if control is not None else None, wave)
    with open_tables(source, engine=engine) as tables, progress_on_terminal(language) as progress:
        result = method.fit(tables, progress)
    say_found(result, language)
    return result
