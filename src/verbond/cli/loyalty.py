"""`verbond loyalty`: what customers intend, what they do, and whether they will be back."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import click

from verbond.cli.output import engine_option, language_option, progress_on_terminal, rows_output
from verbond.results import Language, Reason, Result

__all__ = ["loyalty"]

MODELS = ("bg-nbd", "mbg-nbd", "pareto-nbd", "bg-bb", "gamma-gamma", "sbg")
_SURVIVORS = ("survivors", "n_survivors", "customers", "n_customers", "active")


@click.group()
def loyalty() -> None:
    """Loyalty is behaviour: what customers intend, what they do, and whether they will be back.

    \b
    Example:
      verbond loyalty intentions demo
    """


@loyalty.command()
@click.argument("source")
@click.option(
    "--horizon-days", type=click.IntRange(min=1), default=180, show_default=True,
    help="How long after an answer behaviour counts.",
)  # fmt: skip
@engine_option
@language_option
@rows_output
def intentions(source: str, horizon_days: int, engine: str, language: Language) -> Result:
    """Set what people said they would do beside what they did.

    SOURCE is a folder of tables, or "demo".

    \b
    Example:
      verbond loyalty intentions demo --horizon-days 90 --json
    """
    from verbond.loyalty import IntentionGap
    from verbond.tables import open_tables

    with open_tables(source, engine=engine) as tables, progress_on_terminal(language) as progress:
        result = IntentionGap(horizon_days=horizon_days).fit(tables, progress)
    _say(result.reasons, language)
    return result


@loyalty.command()
@click.argument("data")
@click.option("--model", type=click.Choice(MODELS), default="bg-nbd", show_default=True, help="Which model.")
@click.option(
    "--unit", type=click.Choice(["day", "week"]), default="week", show_default=True,
    help="Unit of time, where DATA holds events.",
)  # fmt: skip
@language_option
@rows_output
def fit(data: str, model: str, unit: str, language: Language) -> Result:
    """Fit a model of buying and leaving.

    DATA is a file with a row a customer (frequency, recency, T, and if there are any monetary_value and
    weight), for sbg a file with a column survivors (at the start, after one renewal, ...), or a file
    or folder with events.

    \b
    Example:
      verbond loyalty fit customers.csv --model bg-nbd --json
    """
    from verbond.loyalty import BuyTillYouDie

    result = BuyTillYouDie(model).fit(_data(data, model, unit))
    result = dataclasses.replace(result, provenance=dataclasses.replace(result.provenance, source=data))
    _say(result.reasons, language)
    return result


def _data(data: str, model: str, unit: str) -> Any:
    from verbond.errors import NotFoundError
    from verbond.loyalty.summary import summary_columns, summary_of
    from verbond.tables.column_file import ColumnFile

    if Path(data).is_file():
        with ColumnFile(data) as file:
            if model == "sbg":
                column = next((name for name in _SURVIVORS if name in file.names), None)
                if column is None:
                    raise NotFoundError(
                        "no column 'survivors'", got=", ".join(file.names), expected=" or ".join(_SURVIVORS)
                    )
                return file.numbers([column])[column]
            if columns := summary_columns(file.names):
                return summary_of(file.numbers(columns))
    return _of_events(data, 1 if unit == "day" else 7, model)


def _of_events(source: str, unit_days: int, model: str) -> Any:
    from verbond.errors import OptionError
    from verbond.loyalty.summary import Summary
    from verbond.tables import open_tables
    from verbond.tables.reads.purchases import purchases

    if model in ("sbg", "bg-bb"):
        raise OptionError(
            f"{model} is not fitted to events", expected="a file with a row a period or customer"
        )
    with open_tables(source) as tables:
        bought = purchases(tables, unit_days)
    return Summary(
        bought.frequency, bought.recency, bought.T, (bought.T >= 0).astype(float), bought.monetary_value
    )


def _say(reasons: tuple[Reason, ...], language: Language) -> None:
    for reason in reasons:
        click.echo(reason.sentence(language), err=True)
